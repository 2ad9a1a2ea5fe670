//! Exponential repulsion with dispersion: Buckingham (Proc. R. Soc. A 168, 264, 1938), Born and Mayer (Z. Phys. 75,
//! 1, 1932), Huggins and Mayer (J. Chem. Phys. 1, 643, 1933).

use serde::{Deserialize, Serialize};

use super::pair::form::PairFunction;
use super::pair::{Form, Terms};
use super::{ByPair, PairPotential, PotentialError, Truncation};
use crate::base::Element;
use crate::physics::numerics::simd::{Table, Vector};

/// `A e^(−r/ρ) − C/r⁶`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Buckingham {
    pub pairs: ByPair<BuckinghamPair>,
    pub cutoff_ang: f64,
    pub truncation: Truncation,
    /// Continues each pair that falls into itself at short distances by a wall, see [`Wall`].
    pub guard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BuckinghamPair {
    pub a_ev: f64,
    pub rho_ang: f64,
    pub c_ev_ang6: f64,
}

/// `A e^((σ − r)/ρ) − C/r⁶ − D/r⁸`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BornMayerHuggins {
    pub pairs: ByPair<BornMayerHugginsPair>,
    pub cutoff_ang: f64,
    pub truncation: Truncation,
    /// As for [`Buckingham`].
    pub guard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BornMayerHugginsPair {
    pub a_ev: f64,
    pub sigma_ang: f64,
    pub rho_ang: f64,
    pub c_ev_ang6: f64,
    pub d_ev_ang8: f64,
}

impl PairPotential for Buckingham {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let parameters = |p: &BuckinghamPair| BornMayerHugginsPair {
            a_ev: p.a_ev,
            sigma_ang: 0.0,
            rho_ang: p.rho_ang,
            c_ev_ang6: p.c_ev_ang6,
            d_ev_ang8: 0.0,
        };
        terms(
            &self.pairs,
            parameters,
            elements,
            self.cutoff_ang,
            self.truncation,
            self.guard,
        )
    }
}

impl PairPotential for BornMayerHuggins {
    fn reach_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        terms(
            &self.pairs,
            |p| *p,
            elements,
            self.cutoff_ang,
            self.truncation,
            self.guard,
        )
    }
}

fn terms<P>(
    pairs: &ByPair<P>,
    parameters: impl Fn(&P) -> BornMayerHugginsPair,
    elements: &[Element],
    cutoff_ang: f64,
    truncation: Truncation,
    guard: bool,
) -> Result<Terms, PotentialError> {
    let species = pairs.species(elements)?;
    let tables = |value: &dyn Fn(&BornMayerHugginsPair) -> f64| {
        pairs.tables(&species, |p| value(&parameters(p)))
    };
    let wall = |p: &BornMayerHugginsPair| {
        let wall = if guard { Wall::of(p) } else { None };
        wall.unwrap_or(Wall {
            from_ang: 0.0,
            energy_ev: 0.0,
            slope: 0.0,
            strength_ev_ang6: 0.0,
        })
    };
    let form = Form::Exponential(Exponential {
        amplitude: tables(&|p| p.a_ev * (p.sigma_ang / p.rho_ang).exp()),
        // Where there is no repulsion there is no length either.
        inverse_rho: tables(&|p| if p.a_ev == 0.0 { 0.0 } else { 1.0 / p.rho_ang }),
        six: tables(&|p| p.c_ev_ang6),
        eight: tables(&|p| p.d_ev_ang8),
        guarded: guard,
        wall_from: tables(&|p| wall(p).from_ang),
        wall_energy: tables(&|p| wall(p).energy_ev),
        wall_slope: tables(&|p| wall(p).slope),
        wall_strength: tables(&|p| wall(p).strength_ev_ang6),
    });
    let terms = form.truncated(species.len(), cutoff_ang, truncation);
    Ok(Terms {
        terms,
        ..Terms::default()
    })
}

/// What takes the place of a pair that would collapse: below the distance of the steepest repulsion, where the
/// second derivative vanishes, `u + u' (r − r₀) + B (r₀ − r)³/r⁹` with `B = −u' r₀⁷`. Energy, force and its derivative
/// are continuous, and what is left of an attraction by dispersion or charge loses against the last term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wall {
    pub from_ang: f64,
    pub energy_ev: f64,
    /// eV/Å.
    pub slope: f64,
    pub strength_ev_ang6: f64,
}

impl Wall {
    /// Where the repulsion of a pair is steepest; none if it has no dispersion to fall into.
    pub fn of(pair: &BornMayerHugginsPair) -> Option<Self> {
        let p = pair;
        let derivatives = |r: f64| {
            let repulsion = p.a_ev * ((p.sigma_ang - r) / p.rho_ang).exp();
            let (six, eight) = (p.c_ev_ang6 / r.powi(6), p.d_ev_ang8 / r.powi(8));
            [
                repulsion - six - eight,
                -repulsion / p.rho_ang + 6.0 * six / r + 8.0 * eight / r,
                repulsion / p.rho_ang.powi(2) - (42.0 * six + 72.0 * eight) / (r * r),
            ]
        };
        if p.a_ev <= 0.0 || (p.c_ev_ang6 <= 0.0 && p.d_ev_ang8 <= 0.0) {
            return None;
        }
        // From the largest distance inwards: first repulsion gets steeper, then it gives way to the collapse. Only
        // where it is a repulsion at all.
        let step = 0.01 * p.rho_ang;
        let mut r = 40.0 * p.rho_ang;
        let mut repels = false;
        while r > step {
            let [_, slope, curvature] = derivatives(r);
            repels |= slope < 0.0 && curvature > 0.0;
            if repels && curvature <= 0.0 {
                let (mut inner, mut outer) = (r, r + step);
                for _ in 0..60 {
                    let middle = 0.5 * (inner + outer);
                    if derivatives(middle)[2] > 0.0 {
                        outer = middle;
                    } else {
                        inner = middle;
                    }
                }
                let [energy_ev, slope, _] = derivatives(outer);
                let strength_ev_ang6 = -slope * outer.powi(7);
                return Some(Wall {
                    from_ang: outer,
                    energy_ev,
                    slope,
                    strength_ev_ang6,
                });
            }
            r -= step;
        }
        None
    }
}

#[derive(Debug, Clone)]
pub struct Exponential {
    amplitude: Vec<Table>,
    inverse_rho: Vec<Table>,
    six: Vec<Table>,
    eight: Vec<Table>,
    guarded: bool,
    wall_from: Vec<Table>,
    wall_energy: Vec<Table>,
    wall_slope: Vec<Table>,
    wall_strength: Vec<Table>,
}

impl PairFunction for Exponential {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let inverse = r2.rsqrt();
        let r = r2 * inverse;
        let inverse2 = inverse * inverse;
        let inverse6 = inverse2 * inverse2 * inverse2;
        let inverse_rho = V::lookup(&self.inverse_rho[species], tags);
        let repulsion = V::lookup(&self.amplitude[species], tags) * (-(r * inverse_rho)).exp();
        let six = V::lookup(&self.six[species], tags) * inverse6;
        let eight = V::lookup(&self.eight[species], tags) * inverse6 * inverse2;
        let dispersion = six.mul_add(V::splat(6.0), eight * V::splat(8.0));
        let slope = (repulsion * inverse_rho).mul_add(inverse, -(dispersion * inverse2));
        let energy = repulsion - six - eight;
        if !self.guarded {
            return [slope, energy];
        }
        let from = V::lookup(&self.wall_from[species], tags);
        let inside = r.less(from);
        if V::bits(inside) == 0 {
            return [slope, energy];
        }
        let wall_slope = V::lookup(&self.wall_slope[species], tags);
        let strength = V::lookup(&self.wall_strength[species], tags);
        let depth = from - r;
        let inverse9 = inverse6 * inverse2 * inverse;
        let rise = strength * depth * depth * inverse9;
        let wall_energy =
            V::lookup(&self.wall_energy[species], tags) - wall_slope * depth + rise * depth;
        // −d/dr of (r₀ − r)³/r⁹ = (r₀ − r)² (3 + 9 (r₀ − r)/r)/r⁹
        let push = rise * (depth * inverse).mul_add(V::splat(9.0), V::splat(3.0)) - wall_slope;
        [
            V::select(inside, push * inverse, slope),
            V::select(inside, wall_energy, energy),
        ]
    }
}
