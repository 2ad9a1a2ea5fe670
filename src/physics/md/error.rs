//! What stops a run.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::base::Element;
use crate::physics::analysis::SurveyError;
use crate::physics::potential::PotentialError;
use crate::physics::structure::CellError;

/// In the words of someone who set up the run. Everything computed before it is in the directory.
#[derive(Debug, Error)]
pub enum MdError {
    #[error("{name} must be {range}, not {value}")]
    OutOfRange {
        name: &'static str,
        range: &'static str,
        value: f64,
    },
    #[error("there are no atoms")]
    NoAtoms,
    #[error(
        "atoms at rest have no constant-energy dynamics: give it a temperature, or put a segment with one before it"
    )]
    AtRest,
    #[error(
        "there is no mean volume to rescale to: put a constant-pressure segment directly before it"
    )]
    NoMeanVolume,
    #[error("the protocol waits for a condition judged outside, and nobody judges")]
    NoJudge,
    #[error("the protocol waits for an extrapolation grade, and the potential has none")]
    NoGrade,
    #[error("the condition that a segment waits for cannot be judged: {0}")]
    Judge(String),
    #[error("{0}")]
    Potential(#[source] PotentialError),
    #[error("step {step} ({time_fs} fs): {source}; minimise first, or take a smaller timestep")]
    Evaluation {
        step: u64,
        time_fs: f64,
        source: PotentialError,
    },
    #[error(
        "step {step} ({time_fs} fs): atom {} ({element}) is lost, it would move by {moved_ang:.3} Å within a step; minimise first, or take a smaller timestep",
        atom + 1
    )]
    Lost {
        step: u64,
        time_fs: f64,
        atom: usize,
        element: Element,
        moved_ang: f64,
    },
    #[error(
        "step {step} ({time_fs} fs): the conserved quantity drifts by {drift:.2e} kT per atom and ps, more than {bound:.0e}; take a smaller timestep, or a smoother potential"
    )]
    Drift {
        step: u64,
        time_fs: f64,
        drift: f64,
        bound: f64,
    },
    #[error(
        "step {step} ({time_fs} fs): the conserved quantity has left its value by {change:.2e} kT per atom; minimise first, or take a smaller timestep"
    )]
    Blown {
        step: u64,
        time_fs: f64,
        change: f64,
    },
    #[error(
        "step {step} ({time_fs} fs): the cell changes by {percent:.1} % within a step; equilibrate at constant volume first, or take a longer barostat time"
    )]
    CellRuns {
        step: u64,
        time_fs: f64,
        percent: f64,
    },
    #[error(
        "step {step} ({time_fs} fs): the cell has gone flat, {height_ang:.2} Å high for a volume of {volume_ang3:.0} Å³; a melt keeps no shape of its own, use a barostat that changes the volume alone"
    )]
    Flat {
        step: u64,
        time_fs: f64,
        height_ang: f64,
        volume_ang3: f64,
    },
    #[error("step {step}: {source}")]
    Cell { step: u64, source: CellError },
    #[error("{0}")]
    Observation(SurveyError),
    #[error("{path} holds another run: {what}")]
    OtherRun { path: PathBuf, what: String },
    #[error("{path} is damaged: {what}")]
    Damaged { path: PathBuf, what: String },
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cancelled")]
    Cancelled,
}

impl MdError {
    /// What was wrong with a file, from what the system said.
    pub(super) fn file(path: &Path) -> impl Fn(std::io::Error) -> MdError + Copy + use<'_> {
        move |source| MdError::File {
            path: path.to_owned(),
            source,
        }
    }
}
