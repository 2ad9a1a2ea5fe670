//! What thermochemistry could not answer, as kinds report it.

use crate::lang::diag::codes::chemistry as codes;
use crate::physics::thermo::ThermoError;
use crate::run::kind::Finding;

/// A finding at the field with this path.
pub(super) fn finding_of(error: &ThermoError, path: String) -> Finding {
    let code = match error {
        ThermoError::Ambiguous { .. } => codes::SEVERAL_PHASES,
        ThermoError::Unknown { .. } => codes::NO_SUCH_PHASE,
        ThermoError::MixedScales { .. } => codes::MIXED_SCALES,
        ThermoError::OutOfRange { .. } => codes::TEMPERATURES,
        ThermoError::NoVolume { .. } => codes::NO_VOLUME,
        _ => codes::DATA_TABLE,
    };
    let finding = Finding::new(path, code, error.to_string(), "here");
    match error.help() {
        Some(help) => finding.help(help),
        None => finding,
    }
}
