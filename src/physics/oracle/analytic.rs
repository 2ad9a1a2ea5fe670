//! Potentials with published parameters.

use serde::{Deserialize, Serialize};

use crate::base::Element;
use crate::physics::potential::{
    LennardJones, PmmcsCoulomb, Potential, Sum, Truncation, Zbl, matsui_akaogi, pmmcs, tosi_fumi,
};

/// A potential that is known to the last digit, so that these few numbers are all there is to keep of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analytic {
    /// Pedone et al. 2006: Ba, Ti, O. Without `ewald_accuracy` charges are damped and truncated at 8 Å, the published
    /// use for glasses.
    Pmmcs {
        ewald_accuracy: Option<f64>,
        truncation: Truncation,
    },
    /// Matsui and Akaogi 1991: Ti, O.
    MatsuiAkaogi {
        cutoff_ang: f64,
        accuracy: f64,
        truncation: Truncation,
    },
    /// Tosi and Fumi 1964: Na, Cl.
    TosiFumi {
        cutoff_ang: f64,
        accuracy: f64,
        truncation: Truncation,
    },
    /// The same between all atoms of any elements.
    LennardJones {
        epsilon_ev: f64,
        sigma_ang: f64,
        cutoff_ang: f64,
        truncation: Truncation,
    },
    /// Screened nuclear repulsion of any elements, brought to zero between two distances.
    Zbl { from_ang: f64, cutoff_ang: f64 },
    /// All of these together.
    Sum(Vec<Analytic>),
}

impl Analytic {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "a potential";
    /// The file of such an artifact.
    pub const FILE: &'static str = "potential.json";

    pub fn potential(&self) -> Box<dyn Potential> {
        match self {
            Analytic::Pmmcs {
                ewald_accuracy,
                truncation,
            } => {
                let coulomb = ewald_accuracy.map_or(PmmcsCoulomb::DampedShiftedForce, |accuracy| {
                    PmmcsCoulomb::Ewald { accuracy }
                });
                Box::new(pmmcs(coulomb, *truncation))
            }
            Analytic::MatsuiAkaogi {
                cutoff_ang,
                accuracy,
                truncation,
            } => Box::new(matsui_akaogi(*cutoff_ang, *accuracy, *truncation)),
            Analytic::TosiFumi {
                cutoff_ang,
                accuracy,
                truncation,
            } => Box::new(tosi_fumi(*cutoff_ang, *accuracy, *truncation)),
            Analytic::LennardJones {
                epsilon_ev,
                sigma_ang,
                cutoff_ang,
                truncation,
            } => Box::new(
                LennardJones::new(*epsilon_ev, *sigma_ang, *cutoff_ang).truncated(*truncation),
            ),
            Analytic::Zbl {
                from_ang,
                cutoff_ang,
            } => Box::new(Zbl {
                from_ang: *from_ang,
                cutoff_ang: *cutoff_ang,
            }),
            Analytic::Sum(parts) => {
                Box::new(Sum::new(parts.iter().map(Analytic::potential).collect()))
            }
        }
    }

    /// The elements that it knows; none where it takes any.
    pub fn elements(&self) -> Option<Vec<Element>> {
        let known = |symbols: &[&str]| {
            let elements = symbols.iter().copied().filter_map(Element::from_symbol);
            Some(elements.collect())
        };
        match self {
            Analytic::Pmmcs { .. } => known(&["Ba", "Ti", "O"]),
            Analytic::MatsuiAkaogi { .. } => known(&["Ti", "O"]),
            Analytic::TosiFumi { .. } => known(&["Na", "Cl"]),
            Analytic::LennardJones { .. } | Analytic::Zbl { .. } => None,
            // What all of those that are particular know.
            Analytic::Sum(parts) => parts.iter().filter_map(Analytic::elements).reduce(
                |mut common: Vec<Element>, next| {
                    common.retain(|element| next.contains(element));
                    common
                },
            ),
        }
    }
}
