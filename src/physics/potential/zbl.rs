//! The universal repulsion of nuclei screened by their electrons (Ziegler, Biersack, Littmark, 1985).

use serde::{Deserialize, Serialize};

use super::pair::form::PairFunction;
use super::pair::{Form, Terms, table};
use super::parameters::distinct;
use super::{PairPotential, PotentialError, Truncation};
use crate::base::Element;
use crate::base::constants::{BOHR_ANG, COULOMB_EV_ANG};
use crate::physics::numerics::simd::{Table, Vector};

/// `k Z Z'/r · φ(r/a)` between all atoms, `a = 0.88534 a₀/(Z^0.23 + Z'^0.23)`, brought to zero smoothly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Zbl {
    /// Where it begins to be brought to zero.
    pub from_ang: f64,
    pub cutoff_ang: f64,
}

/// Weights and exponents of the universal screening function φ.
const SCREENING: [(f64, f64); 4] = [
    (0.18175, 3.1998),
    (0.50986, 0.94229),
    (0.28022, 0.4029),
    (0.02817, 0.20162),
];

impl PairPotential for Zbl {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let species = distinct(elements)?;
        let charge = |k: usize| f64::from(species[k].number());
        let tables = |value: &dyn Fn(f64, f64) -> f64| {
            let row = |first| table(species.len(), |second| value(charge(first), charge(second)));
            (0..species.len()).map(row).collect::<Vec<_>>()
        };
        let form = Form::Universal(Universal {
            strength: tables(&|z, w| COULOMB_EV_ANG * z * w),
            inverse_length: tables(&|z, w| (z.powf(0.23) + w.powf(0.23)) / (0.88534 * BOHR_ANG)),
        });
        let truncation = Truncation::Smooth {
            from_ang: self.from_ang,
        };
        let terms = form.truncated(species.len(), self.cutoff_ang, truncation);
        Ok(Terms {
            terms,
            ..Terms::default()
        })
    }
}

#[derive(Debug, Clone)]
pub struct Universal {
    strength: Vec<Table>,
    inverse_length: Vec<Table>,
}

impl PairFunction for Universal {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let inverse = r2.rsqrt();
        let inverse_length = V::lookup(&self.inverse_length[species], tags);
        let x = r2 * inverse * inverse_length;
        let (mut screening, mut fall) = (V::zero(), V::zero());
        for (weight, exponent) in SCREENING {
            let part = V::splat(weight) * (x * V::splat(-exponent)).exp();
            screening = screening + part;
            fall = part.mul_add(V::splat(exponent), fall);
        }
        let strength = V::lookup(&self.strength[species], tags) * inverse;
        let slope = screening.mul_add(inverse, fall * inverse_length);
        [strength * slope * inverse, strength * screening]
    }
}
