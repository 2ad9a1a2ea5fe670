//! The rigid-ion potential of Pedone et al. for oxides (J. Phys. Chem. B 110, 11780, 2006).

use super::coulomb::{Charges, DampedShiftedForce, Ewald};
use super::morse::{Morse, MorsePair};
use super::{ByPair, Potential, Sum, Truncation};
use crate::base::Element;

/// The constant that the parameters go with, eV Å/e².
const COULOMB_EV_ANG: f64 = 14.399645;
/// Where its short-range part ends.
pub const SHORT_CUTOFF_ANG: f64 = 5.5;
const OXYGEN_CHARGE_E: f64 = -1.2;

/// Pairs with oxygen (Table 2 of the paper): element, its charge in e, D in eV, a in 1/Å, r₀ in Å, C in eV Å¹².
const TABLE: [(&str, f64, [f64; 4]); 13] = [
    ("Na", 0.6, [0.023363, 1.763867, 3.006315, 5.0]),
    ("K", 0.6, [0.011612, 2.062605, 3.305308, 5.0]),
    ("Be", 1.2, [0.239919, 2.527420, 1.815405, 1.0]),
    ("Mg", 1.2, [0.038908, 2.281000, 2.586153, 5.0]),
    ("Ca", 1.2, [0.030211, 2.241334, 2.923245, 5.0]),
    ("Sr", 1.2, [0.019623, 1.886000, 3.328330, 3.0]),
    ("Ba", 1.2, [0.065011, 1.547596, 3.393410, 5.0]),
    ("Ti", 2.4, [0.024235, 2.254703, 2.708943, 1.0]),
    ("Zr", 2.4, [0.206237, 2.479675, 2.436997, 1.0]),
    ("Al", 1.8, [0.361581, 1.900442, 2.164818, 0.9]),
    ("Si", 2.4, [0.340554, 2.006700, 2.100000, 1.0]),
    ("P", 3.0, [0.831326, 2.585833, 1.800790, 1.0]),
    ("O", OXYGEN_CHARGE_E, [0.042395, 1.379316, 3.618701, 22.0]),
];

/// The elements that it knows.
pub const ELEMENTS: [&str; 13] = {
    let mut symbols = [""; 13];
    let mut at = 0;
    while at < symbols.len() {
        symbols[at] = TABLE[at].0;
        at += 1;
    }
    symbols
};

/// How the charges of [`pmmcs`] are summed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PmmcsCoulomb {
    /// Damped shifted force, 0.25 /Å and 8 Å: the published use for glasses.
    DampedShiftedForce,
    /// Over all images, to this accuracy of a force relative to that of two unit charges at 1 Å.
    Ewald { accuracy: f64 },
}

/// Charges and Morse pairs with repulsion between oxygen and everything, shifted to end at 5.5 Å. `truncation` is
/// `Shifted` in the published form, whose force jumps there by some 8 meV/Å; a smooth one has none.
pub fn pmmcs(coulomb: PmmcsCoulomb, truncation: Truncation) -> Sum {
    let element = |symbol| Element::from_symbol(symbol).expect("an element");
    let oxygen = element("O");
    let mut pairs = ByPair::new();
    for (
        symbol,
        _,
        [
            depth_ev,
            stiffness_per_ang,
            distance_ang,
            repulsion_ev_ang12,
        ],
    ) in TABLE
    {
        let pair = MorsePair {
            depth_ev,
            stiffness_per_ang,
            distance_ang,
            repulsion_ev_ang12,
        };
        pairs = pairs.with(element(symbol), oxygen, pair);
    }
    let mut charges = Charges::new(TABLE.map(|(symbol, charge, _)| (element(symbol), charge)));
    charges.coulomb_ev_ang = COULOMB_EV_ANG;
    let coulomb: Box<dyn Potential> = match coulomb {
        PmmcsCoulomb::DampedShiftedForce => Box::new(DampedShiftedForce {
            charges,
            alpha_per_ang: 0.25,
            cutoff_ang: 8.0,
        }),
        PmmcsCoulomb::Ewald { accuracy } => Box::new(Ewald::new(charges, 8.0, accuracy)),
    };
    Sum::new(vec![
        coulomb,
        Box::new(Morse {
            pairs,
            cutoff_ang: SHORT_CUTOFF_ANG,
            truncation,
        }),
    ])
}
