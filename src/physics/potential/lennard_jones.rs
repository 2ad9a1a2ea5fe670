//! Lennard-Jones (Proc. Phys. Soc. 43, 461, 1931).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::pair::form::PairFunction;
use super::pair::{Form, Terms};
use super::{ByPair, PairPotential, PotentialError, Truncation};
use crate::base::Element;
use crate::physics::numerics::simd::{Table, Vector};
use crate::physics::structure::species_of;

/// `4 ε [(σ/r)¹² − (σ/r)⁶]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LennardJones {
    pub pairs: ByPair<LennardJonesPair>,
    pub cutoff_ang: f64,
    pub truncation: Truncation,
    /// Adds what the pairs beyond the cutoff make where they are spread evenly: for `Truncation::Cut`, energy and
    /// pressure of Allen and Tildesley (Computer Simulation of Liquids, 2017, eq. 2.144 and 2.145).
    pub tail: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LennardJonesPair {
    pub epsilon_ev: f64,
    pub sigma_ang: f64,
}

impl LennardJones {
    /// The same between all atoms, cut.
    pub fn new(epsilon_ev: f64, sigma_ang: f64, cutoff_ang: f64) -> Self {
        LennardJones {
            pairs: ByPair::every(LennardJonesPair {
                epsilon_ev,
                sigma_ang,
            }),
            cutoff_ang,
            truncation: Truncation::Cut,
            tail: false,
        }
    }

    pub fn truncated(mut self, truncation: Truncation) -> Self {
        self.truncation = truncation;
        self
    }

    pub fn with_tail(mut self) -> Self {
        self.tail = true;
        self
    }

    /// Energy and virial of the tail times the volume, eV Å³.
    fn tail_ev_ang3(&self, elements: &[Element], species: &[Element]) -> [f64; 2] {
        let mut counts = vec![0.0; species.len()];
        for kind in species_of(elements) {
            counts[usize::from(kind)] += 1.0;
        }
        let mut tail = [0.0; 2];
        for (i, &first) in species.iter().enumerate() {
            for (j, &second) in species.iter().enumerate() {
                let Some(pair) = self.pairs.get(first, second) else {
                    continue;
                };
                let (s3, rc3) = (pair.sigma_ang.powi(3), self.cutoff_ang.powi(3));
                let (s6, s9) = (s3 / rc3, (s3 / rc3).powi(3));
                let scale = 8.0 / 3.0 * PI * pair.epsilon_ev * s3 * counts[i] * counts[j];
                tail[0] += scale * (s9 / 3.0 - s6);
                tail[1] += 2.0 * scale * (2.0 / 3.0 * s9 - s6);
            }
        }
        tail
    }
}

impl PairPotential for LennardJones {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let species = self.pairs.species(elements)?;
        let form = Form::Powers(Powers {
            twelve: self
                .pairs
                .tables(&species, |p| 4.0 * p.epsilon_ev * p.sigma_ang.powi(12)),
            six: self
                .pairs
                .tables(&species, |p| 4.0 * p.epsilon_ev * p.sigma_ang.powi(6)),
        });
        let tail_ev_ang3 = if self.tail {
            self.tail_ev_ang3(elements, &species)
        } else {
            [0.0; 2]
        };
        let terms = form.truncated(species.len(), self.cutoff_ang, self.truncation);
        Ok(Terms {
            terms,
            tail_ev_ang3,
            ..Terms::default()
        })
    }
}

/// `a/r¹² − b/r⁶`.
#[derive(Debug, Clone)]
pub struct Powers {
    twelve: Vec<Table>,
    six: Vec<Table>,
}

impl PairFunction for Powers {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let inverse2 = r2.recip();
        let inverse6 = inverse2 * inverse2 * inverse2;
        let repulsion = V::lookup(&self.twelve[species], tags) * inverse6;
        let attraction = V::lookup(&self.six[species], tags);
        let twelfth = V::splat(12.0) * repulsion - V::splat(6.0) * attraction;
        [
            twelfth * inverse6 * inverse2,
            (repulsion - attraction) * inverse6,
        ]
    }
}
