use std::sync::Arc;

use super::Trajectory;
use crate::base::Element;
use crate::physics::io::trajectory::{Frames, Snapshot, TrajectoryError};
use crate::physics::md::MdError;

/// A trajectory on disk as every analysis reads trajectories. `positions_ang` of a frame are its images,
/// `unwrapped_ang` the ways of the atoms.
#[derive(Debug)]
pub struct StoredFrames {
    trajectory: Trajectory,
    elements: Arc<[Element]>,
    next: usize,
    segment: Option<usize>,
}

impl Trajectory {
    /// All frames, from the first on.
    pub fn into_frames(self) -> StoredFrames {
        StoredFrames {
            elements: self.elements().into(),
            trajectory: self,
            next: 0,
            segment: None,
        }
    }

    /// The frames of the last segment that has any: those of the production.
    pub fn into_production(mut self) -> Result<StoredFrames, MdError> {
        let segment = self.production_segment()?;
        Ok(StoredFrames {
            segment,
            ..self.into_frames()
        })
    }

    /// The last segment with frames.
    pub fn production_segment(&mut self) -> Result<Option<usize>, MdError> {
        match self.len() {
            0 => Ok(None),
            count => Ok(Some(self.frame(count - 1)?.segment)),
        }
    }
}

impl StoredFrames {
    fn next(&mut self) -> Result<Option<super::Frame>, MdError> {
        while self.next < self.trajectory.len() {
            let frame = self.trajectory.frame(self.next)?;
            self.next += 1;
            if self.segment.is_none_or(|segment| segment == frame.segment) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

impl Frames for StoredFrames {
    fn read(&mut self, into: &mut Snapshot) -> Result<bool, TrajectoryError> {
        let number = self.next + 1;
        let next = self.next().map_err(|error| {
            self.next = usize::MAX;
            TrajectoryError::new(
                number,
                error.to_string(),
                "run the node that made it again: what is damaged is computed anew",
            )
        })?;
        let Some(frame) = next else {
            return Ok(false);
        };
        into.unwrapped_ang = frame.unwrapped_ang();
        into.step = Some(frame.step);
        into.time_fs = Some(frame.time_fs);
        into.energy_ev = frame.potential_ev.is_finite().then_some(frame.potential_ev);
        into.cell = frame.cell;
        into.elements = Arc::clone(&self.elements);
        into.positions_ang = frame.images_ang;
        into.wrapped = true;
        into.velocities_ang_per_fs = frame.velocities.unwrap_or_default();
        Ok(true)
    }
}
