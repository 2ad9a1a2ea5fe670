//! Runs that go on until what is wanted of them has converged.

use std::sync::Arc;

use super::super::transport_charges::charges;
use crate::base::Element;
use crate::physics::io::trajectory::Snapshot;
use crate::physics::md::{Condition, Judge, MdError, Protocol, Segment, Trajectory};
use crate::physics::transport::{Target, TransportAnalysis, TransportMonitor};
use crate::run::kind::{Node, Value};

/// A look is taken when a run has grown by this factor since the last one.
const GROWTH: f64 = 1.1;

/// Asks the estimator of `transport` nodes whether a segment may end.
pub(super) struct Convergence {
    /// By segment of the protocol.
    segments: Vec<Option<Wanted>>,
    charges: Vec<(String, f64)>,
}

struct Wanted {
    target: Target,
    tolerance: f64,
    temperature_k: f64,
    /// Frames from one look to the next.
    frames: usize,
}

/// What a segment waits for, in words that belong to its identity.
pub(super) fn condition(word: &str, tolerance: f64, node: &Node<'_>) -> Condition {
    let charges = charges(node);
    Condition::Judged {
        by: format!("{word} to {tolerance} with {charges:?}"),
    }
}

impl Convergence {
    /// For the segments of a protocol that wait for it.
    pub fn new(node: &Node<'_>, protocol: &Protocol) -> Self {
        let steps = node.steps().first().map_or(&[][..], |block| &block.block);
        let wanted = |(step, segment): (&crate::run::kind::Step, &Segment)| {
            let Segment::Dynamics(dynamics) = segment else {
                return None;
            };
            let until = dynamics.until.as_ref()?;
            let Condition::Judged { .. } = until.condition else {
                return None;
            };
            let word = step.argument("until").and_then(Value::as_choice);
            let frames = (until.every_fs / dynamics.sample_fs?).round().max(1.0);
            Some(Wanted {
                target: match word {
                    Some(("conductivity", _)) => Target::Conductivity,
                    _ => Target::Tensor,
                },
                tolerance: step
                    .argument("tolerance")
                    .and_then(Value::as_f64)
                    .unwrap_or(0.2),
                temperature_k: dynamics.ensemble.only_temperature_k()?,
                frames: frames as usize,
            })
        };
        Convergence {
            segments: steps.iter().zip(&protocol.segments).map(wanted).collect(),
            charges: charges(node),
        }
    }
}

impl Judge for Convergence {
    fn settled(&self, trajectory: &mut Trajectory, segment: usize) -> Result<bool, MdError> {
        let Some(wanted) = self.segments.get(segment).and_then(Option::as_ref) else {
            return Err(MdError::NoJudge);
        };
        let mut first = trajectory.len();
        while first > 0 && trajectory.frame(first - 1)?.segment == segment {
            first -= 1;
            // Frames of a segment lie together: a jump back over most of them.
            if first > 64 && trajectory.frame(first - 64)?.segment == segment {
                first -= 64;
            }
        }
        let frames = trajectory.len() - first;
        // What was looked at does not depend on where the run was stopped and taken up again.
        let looks = |frames: usize| ((frames.max(1) as f64).ln() / GROWTH.ln()).floor();
        if looks(frames) == looks(frames.saturating_sub(wanted.frames)) {
            return Ok(false);
        }
        let judge = |error: &dyn std::fmt::Display| MdError::Judge(error.to_string());
        let analysis = TransportAnalysis {
            charges_e: self.charges.clone(),
            tolerance: wanted.tolerance,
            momentum_conserved: true,
            ..TransportAnalysis::new(wanted.temperature_k)
        };
        let elements: Arc<[Element]> = trajectory.elements().into();
        let mut monitor =
            TransportMonitor::new(analysis, &elements, 1, frames).map_err(|error| judge(&error))?;
        for at in first..trajectory.len() {
            let frame = trajectory.frame(at)?;
            let snapshot = Snapshot {
                time_fs: Some(frame.time_fs),
                cell: frame.cell,
                elements: Arc::clone(&elements),
                unwrapped_ang: frame.unwrapped_ang(),
                positions_ang: frame.images_ang,
                ..Snapshot::default()
            };
            monitor.add(0, &snapshot).map_err(|error| judge(&error))?;
        }
        let found = monitor
            .judge(wanted.target)
            .map_err(|error| judge(&error))?;
        Ok(found.converged)
    }
}
