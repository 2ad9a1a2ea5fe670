//! The rigid-ion potential of Tosi and Fumi for sodium chloride (J. Phys. Chem. Solids 25, 45, 1964).

use super::coulomb::{Charges, Ewald};
use super::exponential::{BornMayerHuggins, BornMayerHugginsPair};
use super::{ByPair, Sum, Truncation};
use crate::base::Element;

const RHO_ANG: f64 = 0.317;
/// Elements, A in eV, σ in Å, C in eV Å⁶, D in eV Å⁸.
const TABLE: [(&str, &str, [f64; 4]); 3] = [
    ("Na", "Na", [0.26370, 2.340, 1.048553, 0.49935]),
    ("Na", "Cl", [0.21096, 2.755, 6.9905, 8.6758]),
    ("Cl", "Cl", [0.15822, 3.170, 72.4022, 145.4285]),
];
const CHARGES_E: [(&str, f64); 2] = [("Na", 1.0), ("Cl", -1.0)];

/// Charges summed over all images and guarded Born-Mayer-Huggins pairs, to one cutoff.
pub fn tosi_fumi(cutoff_ang: f64, accuracy: f64, truncation: Truncation) -> Sum {
    let element = |symbol| Element::from_symbol(symbol).expect("an element");
    let mut pairs = ByPair::new();
    for (first, second, [a_ev, sigma_ang, c_ev_ang6, d_ev_ang8]) in TABLE {
        let pair = BornMayerHugginsPair {
            a_ev,
            sigma_ang,
            rho_ang: RHO_ANG,
            c_ev_ang6,
            d_ev_ang8,
        };
        pairs = pairs.with(element(first), element(second), pair);
    }
    let charges = Charges::new(CHARGES_E.map(|(symbol, charge)| (element(symbol), charge)));
    Sum::new(vec![
        Box::new(Ewald::new(charges, cutoff_ang, accuracy)),
        Box::new(BornMayerHuggins {
            pairs,
            cutoff_ang,
            truncation,
            guard: true,
        }),
    ])
}
