//! How near atoms of two elements are expected to come.

use crate::base::Element;

/// Covalent radii, Å, by atomic number from hydrogen to curium (Cordero et al., Dalton Trans. 2008, 2832; high spin for
/// Mn, Fe and Co, sp³ for C).
const COVALENT_ANG: [f64; 96] = [
    0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11, 1.07, 1.05,
    1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.61, 1.52, 1.50, 1.24, 1.32, 1.22, 1.22, 1.20,
    1.19, 1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46, 1.42, 1.39, 1.45, 1.44,
    1.42, 1.39, 1.39, 1.38, 1.39, 1.40, 2.44, 2.15, 2.07, 2.04, 2.03, 2.01, 1.99, 1.98, 1.98, 1.96,
    1.94, 1.92, 1.92, 1.89, 1.90, 1.87, 1.87, 1.75, 1.70, 1.62, 1.51, 1.44, 1.41, 1.36, 1.36, 1.32,
    1.45, 1.46, 1.48, 1.40, 1.50, 1.50, 2.60, 2.21, 2.15, 2.06, 2.00, 1.96, 1.90, 1.87, 1.80, 1.69,
];

/// Radii of anions with six neighbours, Å (Shannon, Acta Cryst. A32, 751, 1976; N³⁻ with four).
const ANIONS_ANG: [(&str, f64); 8] = [
    ("N", 1.46),
    ("O", 1.40),
    ("F", 1.33),
    ("S", 1.84),
    ("Cl", 1.81),
    ("Se", 1.98),
    ("Br", 1.96),
    ("I", 2.20),
];

fn covalent_ang(element: Element) -> f64 {
    // Beyond curium nobody has measured: as curium.
    let at = usize::from(element.number()).min(COVALENT_ANG.len()) - 1;
    COVALENT_ANG[at]
}

fn anion_ang(element: Element) -> Option<f64> {
    ANIONS_ANG
        .iter()
        .find(|(symbol, _)| *symbol == element.symbol())
        .map(|(_, radius)| *radius)
}

/// The sum of radii of a pair, Å: ionic between two anions, whose electrons repel (in an oxide no O–O distance is that of
/// an O₂ molecule), covalent else.
pub fn contact_ang(one: Element, other: Element) -> f64 {
    match (anion_ang(one), anion_ang(other)) {
        (Some(a), Some(b)) => a + b,
        _ => covalent_ang(one) + covalent_ang(other),
    }
}
