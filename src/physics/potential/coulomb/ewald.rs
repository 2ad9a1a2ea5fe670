//! The Coulomb energy of all images (Ewald, Ann. Phys. 369, 253, 1921), surrounded by a conductor.

use serde::{Deserialize, Serialize};

use super::Charges;
use super::mesh::Mesh;
use super::reciprocal::Waves;
use super::screened::screened;
use crate::base::Element;
use crate::physics::potential::pair::{Term, Terms};
use crate::physics::potential::sum::bind_parts;
use crate::physics::potential::{Bound, Potential, PotentialError};
use crate::physics::structure::species_of;

/// Charges in Gaussian clouds: what they lack of points is summed up to the cutoff, the clouds by their waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ewald {
    pub charges: Charges,
    pub cutoff_ang: f64,
    /// Root mean square error of a force, relative to that between two unit charges 1 Å apart.
    pub accuracy: f64,
    /// Inverse width of the clouds; chosen for the cutoff and the accuracy where it is not given.
    pub alpha_per_ang: Option<f64>,
    pub summation: Summation,
}

/// How the waves are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Summation {
    /// Directly for few atoms, on a mesh for many.
    Automatic,
    /// Atom by atom: exact for the waves that are summed, and slow for many atoms.
    Direct,
    /// Smooth particle mesh (Essmann et al., J. Chem. Phys. 103, 8577, 1995) of sixth order.
    Mesh,
}

/// Up to so many atoms the direct sum is the faster.
const MOST_DIRECT: usize = 100;

impl Ewald {
    pub fn new(charges: Charges, cutoff_ang: f64, accuracy: f64) -> Self {
        Ewald {
            charges,
            cutoff_ang,
            accuracy,
            alpha_per_ang: None,
            summation: Summation::Automatic,
        }
    }

    /// α and the exponent x at which both sums are cut: what is left out of either falls as `e^(−x²)`.
    ///
    /// The force that the cutoff leaves out is about `2 q² √(ρ/rc) e^(−α²rc²)` in units of the unit pair (Kolafa and
    /// Perram, Mol. Simul. 9, 351, 1992), with q² the mean square of the charges and ρ the density of ions, for which
    /// that of a dense oxide is taken: the cell is not known here, and must not matter.
    fn damping(&self, elements: &[Element]) -> Result<(f64, f64), PotentialError> {
        const DENSITY_PER_ANG3: f64 = 0.12;
        let charges_e = self.charges.by_species(elements)?;
        let squares: f64 = species_of(elements)
            .iter()
            .map(|&k| charges_e[usize::from(k)].powi(2))
            .sum();
        let scale = 2.0 * squares / elements.len().max(1) as f64
            * (DENSITY_PER_ANG3 / self.cutoff_ang).sqrt();
        let exponent = (scale / self.accuracy).ln().max(1.0).sqrt();
        Ok(match self.alpha_per_ang {
            Some(alpha) => (alpha, exponent),
            None => (exponent / self.cutoff_ang, exponent),
        })
    }
}

impl Potential for Ewald {
    fn cutoff_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(bind_parts(
            self.pair_terms(elements)?,
            self.other_parts(elements)?,
            elements,
        ))
    }

    fn pair_terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let charges_e = self.charges.by_species(elements)?;
        let (alpha, _) = self.damping(elements)?;
        let coulomb = self.charges.coulomb_ev_ang;
        let form = screened(&charges_e, coulomb, alpha, self.cutoff_ang, [0.0; 2]).ok_or(
            PotentialError::Overdamped {
                alpha_per_ang: alpha,
                cutoff_ang: self.cutoff_ang,
            },
        )?;
        // The energy of each cloud with itself, which the waves count.
        let own = -coulomb * alpha / std::f64::consts::PI.sqrt();
        Ok(Terms {
            terms: vec![Term {
                cutoff_ang: self.cutoff_ang,
                form,
            }],
            own_ev: charges_e.iter().map(|q| own * q * q).collect(),
            ..Terms::default()
        })
    }

    fn other_parts(&self, elements: &[Element]) -> Result<Vec<Box<dyn Bound>>, PotentialError> {
        let charges_e = self.charges.by_species(elements)?;
        let charges_e = species_of(elements)
            .iter()
            .map(|&k| charges_e[usize::from(k)])
            .collect();
        let (alpha, exponent) = self.damping(elements)?;
        let coulomb = self.charges.coulomb_ev_ang;
        let direct = match self.summation {
            Summation::Automatic => elements.len() <= MOST_DIRECT,
            summation => summation == Summation::Direct,
        };
        Ok(vec![if direct {
            Box::new(Waves::new(charges_e, coulomb, alpha, exponent))
        } else {
            Box::new(Mesh::new(charges_e, coulomb, alpha, self.accuracy))
        }])
    }
}
