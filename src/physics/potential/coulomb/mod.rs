//! Charges: damped and truncated, or summed over all images.

mod ewald;
mod mesh;
mod reciprocal;
mod screened;
mod truncated;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use ewald::{Ewald, Summation};
pub(super) use screened::Screened;
pub use truncated::{DampedShiftedForce, Wolf};

use super::PotentialError;
use super::parameters::distinct;
use crate::base::Element;
use crate::base::constants::COULOMB_EV_ANG;
use crate::physics::structure::species_of;

/// Charges of ions by element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Charges {
    by_element_e: BTreeMap<Element, f64>,
    /// 1/(4 π ε₀) in eV Å/e². Some parameter sets fix a rounded one.
    pub coulomb_ev_ang: f64,
}

impl Charges {
    pub fn new(charges_e: impl IntoIterator<Item = (Element, f64)>) -> Self {
        Charges {
            by_element_e: charges_e.into_iter().collect(),
            coulomb_ev_ang: COULOMB_EV_ANG,
        }
    }

    pub fn get(&self, element: Element) -> Option<f64> {
        self.by_element_e.get(&element).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Element, f64)> {
        self.by_element_e
            .iter()
            .map(|(element, charge)| (*element, *charge))
    }

    /// Charges by species, if every element has one and the atoms are neutral together.
    fn by_species(&self, elements: &[Element]) -> Result<Vec<f64>, PotentialError> {
        let charge = |&element: &Element| {
            self.get(element)
                .ok_or(PotentialError::UnknownElement(element))
        };
        let charges = distinct(elements)?
            .iter()
            .map(charge)
            .collect::<Result<Vec<_>, _>>()?;
        let mut counts = vec![0.0; charges.len()];
        for species in species_of(elements) {
            counts[usize::from(species)] += 1.0;
        }
        let total = |value: &dyn Fn(f64) -> f64| -> f64 {
            charges
                .iter()
                .zip(&counts)
                .map(|(charge, count)| count * value(*charge))
                .sum()
        };
        let net_e = total(&|charge| charge);
        if net_e.abs() > 1e-9 * total(&f64::abs) {
            return Err(PotentialError::Charged { net_e });
        }
        Ok(charges)
    }
}
