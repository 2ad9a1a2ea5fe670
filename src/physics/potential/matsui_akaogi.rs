//! The rigid-ion potential of Matsui and Akaogi for TiO₂ (Mol. Simul. 6, 239, 1991).

use super::coulomb::{Charges, Ewald};
use super::exponential::{Buckingham, BuckinghamPair};
use super::{ByPair, Sum, Truncation};
use crate::base::Element;

/// Elements, A in eV, ρ in Å, C in eV Å⁶.
const TABLE: [(&str, &str, [f64; 3]); 3] = [
    ("Ti", "Ti", [31120.1, 0.154, 5.25]),
    ("Ti", "O", [16957.53, 0.194, 12.59]),
    ("O", "O", [11782.76, 0.234, 30.22]),
];
const CHARGES_E: [(&str, f64); 2] = [("Ti", 2.196), ("O", -1.098)];

/// Charges summed over all images and guarded Buckingham pairs, to one cutoff.
pub fn matsui_akaogi(cutoff_ang: f64, accuracy: f64, truncation: Truncation) -> Sum {
    let element = |symbol| Element::from_symbol(symbol).expect("an element");
    let mut pairs = ByPair::new();
    for (first, second, [a_ev, rho_ang, c_ev_ang6]) in TABLE {
        pairs = pairs.with(
            element(first),
            element(second),
            BuckinghamPair {
                a_ev,
                rho_ang,
                c_ev_ang6,
            },
        );
    }
    let charges = Charges::new(CHARGES_E.map(|(symbol, charge)| (element(symbol), charge)));
    Sum::new(vec![
        Box::new(Ewald::new(charges, cutoff_ang, accuracy)),
        Box::new(Buckingham {
            pairs,
            cutoff_ang,
            truncation,
            guard: true,
        }),
    ])
}
