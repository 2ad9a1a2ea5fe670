//! Coulomb sums that end at a cutoff.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use serde::{Deserialize, Serialize};

use super::Charges;
use super::screened::screened;
use crate::base::Element;
use crate::physics::potential::pair::{Term, Terms};
use crate::physics::potential::{PairPotential, PotentialError};

/// The damped shifted force of Fennell and Gezelter (J. Chem. Phys. 124, 234104, 2006): energy and force vanish at
/// the cutoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DampedShiftedForce {
    pub charges: Charges,
    pub alpha_per_ang: f64,
    pub cutoff_ang: f64,
}

/// The sum of Wolf et al. (J. Chem. Phys. 110, 8254, 1999): the energy vanishes at the cutoff, the force jumps by what
/// little the damping leaves of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wolf {
    pub charges: Charges,
    pub alpha_per_ang: f64,
    pub cutoff_ang: f64,
}

impl PairPotential for DampedShiftedForce {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let (alpha, rc) = (self.alpha_per_ang, self.cutoff_ang);
        let at_cutoff = libm::erfc(alpha * rc) / rc;
        let slope = (at_cutoff + FRAC_2_SQRT_PI * alpha * (-(alpha * rc).powi(2)).exp()) / rc;
        terms(
            &self.charges,
            elements,
            alpha,
            rc,
            [-at_cutoff - slope * rc, slope],
        )
    }
}

impl PairPotential for Wolf {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let (alpha, rc) = (self.alpha_per_ang, self.cutoff_ang);
        terms(
            &self.charges,
            elements,
            alpha,
            rc,
            [-libm::erfc(alpha * rc) / rc, 0.0],
        )
    }
}

fn terms(
    charges: &Charges,
    elements: &[Element],
    alpha: f64,
    cutoff_ang: f64,
    line: [f64; 2],
) -> Result<Terms, PotentialError> {
    let charges_e = charges.by_species(elements)?;
    let coulomb = charges.coulomb_ev_ang;
    let form = screened(&charges_e, coulomb, alpha, cutoff_ang, line).ok_or(
        PotentialError::Overdamped {
            alpha_per_ang: alpha,
            cutoff_ang,
        },
    )?;
    // An atom also meets the charge that neutralises its surroundings at the cutoff, and its own Gaussian.
    let own = -coulomb * (-0.5 * line[0] + alpha / PI.sqrt());
    Ok(Terms {
        terms: vec![Term { cutoff_ang, form }],
        own_ev: charges_e.iter().map(|q| own * q * q).collect(),
        ..Terms::default()
    })
}
