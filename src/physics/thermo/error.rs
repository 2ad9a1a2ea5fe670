//! What thermochemistry cannot answer, and what to do about it.

use crate::base::{Element, Phase};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThermoError {
    #[error("the data of {phase} reach from {from_k} K to {to_k} K; {asked_k} K is outside")]
    OutOfRange {
        phase: Phase,
        asked_k: f64,
        from_k: f64,
        to_k: f64,
    },
    #[error("there are no data for {phase}")]
    Unknown { phase: Phase, near: Vec<Phase> },
    #[error("{phase} has several candidates: {}", list(candidates))]
    Ambiguous {
        phase: Phase,
        candidates: Vec<Phase>,
    },
    #[error("{phase} has a volume but no energy")]
    NoEnergy { phase: Phase },
    #[error(
        "{phase} needs a volume: its energy follows temperature by a descriptor of volume and mass"
    )]
    NoVolume { phase: Phase },
    #[error("there is no reference Gibbs energy of {element}, which {phase} contains")]
    NoElement { element: Element, phase: Phase },
    #[error("{phase} is given twice: {first}; {second}")]
    Duplicate {
        phase: Phase,
        first: String,
        second: String,
    },
    #[error(
        "measured and computed energies stand side by side ({} measured, {} computed)",
        list(measured),
        list(computed)
    )]
    MixedScales {
        measured: Vec<Phase>,
        computed: Vec<Phase>,
    },
    #[error(
        "{phase} cannot be anchored: {element} has no measured compound here that a computed one matches"
    )]
    NoAnchor { phase: Phase, element: Element },
    #[error("{bar} bar is no partial pressure of {gas}")]
    Pressure { gas: String, bar: f64 },
    #[error("the sides of {reaction} hold different amounts of {element}")]
    Unbalanced { reaction: String, element: Element },
    #[error("{0}")]
    Model(String),
}

impl ThermoError {
    /// An edit that works.
    pub fn help(&self) -> Option<String> {
        match self {
            ThermoError::OutOfRange { from_k, to_k, .. } => Some(format!(
                "stay within {from_k} K .. {to_k} K, or give a table that reaches further; tables are not extrapolated"
            )),
            ThermoError::Unknown { near, .. } if !near.is_empty() => {
                Some(format!("the data have {}", list(near)))
            }
            ThermoError::Unknown { phase, .. } => {
                Some(format!("add rows for {phase} to a table and name it as a source"))
            }
            ThermoError::Ambiguous { candidates, .. } => {
                candidates.first().map(|first| format!("name one, for example `{first}`"))
            }
            ThermoError::NoEnergy { phase } => Some(format!("add dGf or dHf of {phase} to the table")),
            ThermoError::NoVolume { .. } => Some("add a column `volume_A3` or `volume_A3_per_atom`".into()),
            ThermoError::Duplicate { phase, .. } => Some(format!(
                "keep one, or tell polymorphs apart by a label, for example `{}(\"name\")`",
                phase.formula
            )),
            ThermoError::MixedScales { .. } => Some(
                "name a scheme: `scheme: anchored` (measured values, computed reaction energies between them), \
                 `scheme: measured` or `scheme: computed`"
                    .into(),
            ),
            ThermoError::NoAnchor { element, .. } => Some(format!(
                "add a compound of {element} that is both measured and computed, or use `scheme: computed`"
            )),
            ThermoError::Pressure { gas, .. } => {
                Some(format!("a partial pressure is above zero; leave {gas} out for a trace of it"))
            }
            ThermoError::NoElement { .. } | ThermoError::Unbalanced { .. } | ThermoError::Model(_) => None,
        }
    }
}

/// At most six names, then how many more.
pub(super) fn list(phases: &[Phase]) -> String {
    const SHOWN: usize = 6;
    let mut text = phases
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if phases.len() > SHOWN {
        text.push_str(" and ");
        text.push_str(&(phases.len() - SHOWN).to_string());
        text.push_str(" more");
    }
    text
}
