//! The tables shipped with the program.

use std::sync::OnceLock;

use super::{PhaseData, PhaseSet, Scheme, read_table};
use crate::base::Phase;

pub(super) const ELEMENTS_GIBBS: &str = include_str!("../../../stdlib/data/elements_gibbs.csv");

/// Name and text of each table of phases in `stdlib/data`.
pub const TABLES: [(&str, &str); 3] = [
    (
        "thermo.csv",
        include_str!("../../../stdlib/data/thermo.csv"),
    ),
    (
        "batio_measured.csv",
        include_str!("../../../stdlib/data/batio_measured.csv"),
    ),
    (
        "batio_computed.csv",
        include_str!("../../../stdlib/data/batio_computed.csv"),
    ),
];

/// Measured thermochemistry of common solids and gases (`thermo.csv`).
pub fn library() -> &'static PhaseSet {
    static SET: OnceLock<PhaseSet> = OnceLock::new();
    SET.get_or_init(|| {
        let read = read_table(TABLES[0].1).unwrap_or_default();
        PhaseSet::assemble(read.entries, Some(Scheme::Measured)).unwrap_or_default()
    })
}

/// Phases of `thermo.csv` whose volume was measured, with that volume in Å³ per formula unit.
pub fn reference_volumes() -> &'static [(Phase, f64)] {
    static VOLUMES: OnceLock<Vec<(Phase, f64)>> = OnceLock::new();
    VOLUMES.get_or_init(|| measured_among(&read_table(TABLES[0].1).unwrap_or_default().entries))
}

pub(super) fn measured_among(phases: &[PhaseData]) -> Vec<(Phase, f64)> {
    phases
        .iter()
        .filter(|data| data.volume_measured)
        .filter_map(|data| Some((data.phase.clone(), data.volume_ang3?)))
        .collect()
}
