use crate::base::{Element, Phase};
use crate::physics::thermo::hull::HullError;

/// Why a reaction network cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    #[error("there are no phases to react")]
    NoPhases,
    #[error("{0} is listed twice")]
    Duplicate(Phase),
    #[error("{phase} has {given} Gibbs energies for {temperatures} temperatures")]
    GibbsTable {
        phase: Phase,
        given: usize,
        temperatures: usize,
    },
    #[error("a Gibbs energy or volume of {0} is not a finite number")]
    NotFinite(Phase),
    #[error("temperatures must be above 0 K, finite and rising")]
    Temperatures,
    #[error("{0} is not among the phases")]
    Unknown(Phase),
    #[error("{0} is open to the surroundings, but it is no gas")]
    NotGas(Phase),
    #[error("{bar} bar is no partial pressure of {gas}")]
    Pressure { gas: Phase, bar: f64 },
    #[error(
        "{0} is open to the surroundings, but the other open gases can already make it: the pressures of all of \
             them would have to agree"
    )]
    DependentGas(Phase),
    #[error("the open gases are unstable at {t_k} K: {phase} forms from them without limit")]
    UnstableGases { phase: Phase, t_k: f64 },
    #[error("{t_k} K is outside the temperatures of the network, {from_k} K to {to_k} K")]
    OutOfRange { t_k: f64, from_k: f64, to_k: f64 },
    #[error("no phase consists of {} alone", .0.iter().map(|one| one.symbol()).collect::<Vec<_>>().join(", "))]
    EmptySystem(Vec<Element>),
    #[error("the stable phases at {t_k} K could not be found: {error}")]
    Hull { t_k: f64, error: HullError },
    #[error("{0} has amounts too large for whole coefficients")]
    Coefficients(String),
    #[error("the network has no phase number {0}")]
    NoPhase(usize),
    #[error("reaction number {0} of the file does not balance among its phases")]
    NoReaction(usize),
}

impl NetworkError {
    /// An edit that works.
    pub fn help(&self) -> Option<String> {
        match self {
            NetworkError::Duplicate(phase) => Some(format!(
                "keep one, or tell polymorphs apart by a label, like `{}(\"name\")`",
                phase.formula
            )),
            NetworkError::Unknown(phase) => Some(format!(
                "add {phase} to the phases, or leave it out of the gases"
            )),
            NetworkError::NotGas(phase) => Some(format!("leave {phase} out of the open gases")),
            NetworkError::DependentGas(phase) => Some(format!(
                "leave {phase} out of the open gases: it can still be released"
            )),
            NetworkError::UnstableGases { phase, .. } => Some(format!(
                "lower the pressures of the open gases, or leave {phase} out"
            )),
            NetworkError::OutOfRange { from_k, to_k, .. } => {
                Some(format!("stay within {from_k} K .. {to_k} K"))
            }
            _ => None,
        }
    }
}
