//! Whether a run that is still going has gone on for long enough.

use std::sync::Arc;

use super::analysis::{System, TransportAnalysis};
use super::motion::Motion;
use super::tensor::{Convergence, TransportTensor};
use super::{Estimate, TransportError};
use crate::base::Element;
use crate::physics::io::trajectory::Snapshot;

/// What has to converge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The tensor: the largest standard error of L_ij over `√(L_ii L_jj)`.
    Tensor,
    /// The conductivity: its standard error over it.
    Conductivity,
}

/// Fed with the frames of one run or of several at once, asked now and then: the estimator is that of
/// [`TransportAnalysis`], with the displacements of atoms in bounded memory. Of the collective displacements
/// three numbers stay for each species and frame.
pub struct TransportMonitor {
    analysis: TransportAnalysis,
    system: System,
    runs: Vec<Motion>,
}

impl TransportMonitor {
    /// For runs of these atoms; `frames` is about how many there will be of each.
    pub fn new(
        analysis: TransportAnalysis,
        elements: &Arc<[Element]>,
        runs: usize,
        frames: usize,
    ) -> Result<Self, TransportError> {
        let system = System::new(&analysis, elements)?;
        let motion = |run| {
            Motion::new(
                run,
                &system.of,
                &system.species,
                &system.weights,
                frames,
                true,
            )
        };
        Ok(TransportMonitor {
            runs: (1..=runs).map(motion).collect(),
            analysis,
            system,
        })
    }

    /// Adds a frame, with unwrapped positions, of a run from 0.
    pub fn add(&mut self, run: usize, frame: &Snapshot) -> Result<(), TransportError> {
        let runs = self.runs.len();
        let motion = self.runs.get_mut(run);
        motion
            .ok_or_else(|| TransportError::Malformed(format!("run {run} of {runs} runs from 0")))?
            .add(frame)
    }

    /// The tensor of what has been seen.
    pub fn tensor(&mut self) -> Result<TransportTensor, TransportError> {
        self.analysis.of_motions(&self.system, &mut self.runs)
    }

    /// Whether it has converged. A run that is too short for an answer has not, and the length says what it would take.
    pub fn judge(&mut self, target: Target) -> Result<Convergence, TransportError> {
        let tensor = match self.tensor() {
            Err(TransportError::TooShort {
                length_fs,
                needed_fs,
                ..
            }) => return Ok(self.not_yet(length_fs, needed_fs)),
            Err(TransportError::NotDiffusive { length_fs }) => {
                return Ok(self.not_yet(length_fs, 2.0 * length_fs));
            }
            other => other?,
        };
        tensor.judged(target)
    }

    fn not_yet(&self, length_fs: f64, needed_fs: f64) -> Convergence {
        Convergence {
            converged: false,
            relative_error: None,
            tolerance: self.analysis.tolerance,
            length_fs,
            needed_fs,
        }
    }
}

impl TransportTensor {
    /// Whether the target has converged to the tolerance that the tensor was computed with; an error where the tensor
    /// has no errors.
    pub fn judged(&self, target: Target) -> Result<Convergence, TransportError> {
        let whole = self.convergence.clone().ok_or_else(|| {
            TransportError::Malformed(
                "a tensor without errors has neither converged nor not".into(),
            )
        })?;
        if target == Target::Tensor {
            return Ok(whole);
        }
        let Estimate { value, error, .. } = self.conductivity()?;
        let relative = error.map(|error| error / value.abs());
        Ok(Convergence {
            converged: relative.is_some_and(|relative| relative <= whole.tolerance),
            relative_error: relative,
            needed_fs: relative.map_or(whole.needed_fs, |relative| {
                whole.length_fs * (relative / whole.tolerance).powi(2)
            }),
            ..whole
        })
    }
}
