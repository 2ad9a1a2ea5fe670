//! Morse (Phys. Rev. 34, 57, 1929), with the repulsion that keeps ions of opposite charge apart.

use serde::{Deserialize, Serialize};

use super::pair::form::PairFunction;
use super::pair::{Form, Terms};
use super::{ByPair, PairPotential, PotentialError, Truncation};
use crate::base::Element;
use crate::physics::numerics::simd::{Table, Vector};

/// `D [(1 − e^(−a (r − r₀)))² − 1] + C/r¹²`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Morse {
    pub pairs: ByPair<MorsePair>,
    pub cutoff_ang: f64,
    pub truncation: Truncation,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MorsePair {
    pub depth_ev: f64,
    pub stiffness_per_ang: f64,
    pub distance_ang: f64,
    /// C in eV Å¹²; none in Morse's own form.
    pub repulsion_ev_ang12: f64,
}

impl PairPotential for Morse {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let species = self.pairs.species(elements)?;
        let form = Form::MorsePower(MorsePower {
            depth: self.pairs.tables(&species, |p| p.depth_ev),
            stiffness: self.pairs.tables(&species, |p| p.stiffness_per_ang),
            offset: self
                .pairs
                .tables(&species, |p| p.stiffness_per_ang * p.distance_ang),
            twelve: self.pairs.tables(&species, |p| p.repulsion_ev_ang12),
        });
        let terms = form.truncated(species.len(), self.cutoff_ang, self.truncation);
        Ok(Terms {
            terms,
            ..Terms::default()
        })
    }
}

/// `D (x² − 2 x) + C/r¹²` with `x = e^(offset − stiffness r)`.
#[derive(Debug, Clone)]
pub struct MorsePower {
    depth: Vec<Table>,
    stiffness: Vec<Table>,
    offset: Vec<Table>,
    twelve: Vec<Table>,
}

impl PairFunction for MorsePower {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let inverse = r2.rsqrt();
        let r = r2 * inverse;
        let stiffness = V::lookup(&self.stiffness[species], tags);
        let depth = V::lookup(&self.depth[species], tags);
        let x = (V::lookup(&self.offset[species], tags) - stiffness * r).exp();
        let inverse2 = inverse * inverse;
        let inverse4 = inverse2 * inverse2;
        let repulsion = V::lookup(&self.twelve[species], tags) * inverse4 * inverse4 * inverse4;
        let bond = depth * x;
        let pull = (stiffness + stiffness) * bond * (x - V::splat(1.0)) * inverse;
        [
            (V::splat(12.0) * repulsion).mul_add(inverse2, pull),
            bond.mul_add(x - V::splat(2.0), repulsion),
        ]
    }
}
