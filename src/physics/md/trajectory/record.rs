//! What nodes hand to one another as trajectories.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StoredFrames, Trajectory};
use crate::physics::md::{Ensemble, MdError, Protocol, Segment, Summary};

/// Independent runs of the same atoms under the same conditions, ours or read from files: a file of frames for each,
/// which [`Trajectory`] reads, and this list.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trajectories {
    pub runs: Vec<TrajectoryRecord>,
}

/// What is known of one run besides its frames. All of it is about its production: the last segment with frames.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrajectoryRecord {
    /// Name of the file of frames.
    pub file: String,
    /// Name of the thermodynamic log (CSV), for runs of ours.
    pub log: Option<String>,
    /// That of the thermostat where it is constant, the mean where there is none; for files what the user said.
    pub temperature_k: Option<f64>,
    pub segment: usize,
    /// Segments of the log along which the temperature was led from one value to another.
    #[serde(default)]
    pub ramps: Vec<usize>,
    pub frames: usize,
    pub atoms: usize,
    /// Mean over frames.
    pub density_g_per_cm3: Option<f64>,
    /// Why unwrapped positions do not follow the atoms, if they do not.
    pub unfollowed: Option<String>,
}

impl Trajectories {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "trajectories";
    /// The file of such an artifact that holds this list.
    pub const FILE: &'static str = "trajectories.json";
}

impl TrajectoryRecord {
    /// Of a run that has ended.
    pub fn of_run(protocol: &Protocol, summary: &Summary) -> Result<Self, MdError> {
        let mut trajectory = Trajectory::open(&summary.trajectory)?;
        let segment = trajectory.production_segment()?.unwrap_or(0);
        let last = trajectory.len();
        let first = (0..last).find_map(|at| match trajectory.frame(at) {
            Ok(frame) if frame.segment < segment => None,
            other => Some(other.map(|_| at)),
        });
        let temperature = |segment: &Segment| match segment {
            Segment::Dynamics(dynamics) => match dynamics.ensemble {
                Ensemble::Nvt { temperature_k, .. } | Ensemble::Npt { temperature_k, .. } => {
                    Some(temperature_k)
                }
                Ensemble::Nve { .. } => None,
            },
            _ => None,
        };
        let is_ramp = |at: &usize| {
            temperature(&protocol.segments[*at]).is_some_and(|ends| ends.start != ends.end)
        };
        let held = protocol.segments.get(segment).and_then(temperature);
        let held = held.filter(|ends| ends.start == ends.end);
        let course = summary.segments.get(segment);
        Ok(TrajectoryRecord {
            temperature_k: held
                .map(|ends| ends.start)
                .or(course.map(|course| course.temperature_k)),
            segment,
            ramps: (0..protocol.segments.len()).filter(is_ramp).collect(),
            frames: first.transpose()?.map_or(0, |first| last - first),
            atoms: summary.structure.len(),
            density_g_per_cm3: course.map(|course| course.density_g_per_cm3),
            ..TrajectoryRecord::default()
        })
    }

    /// The frames of the production, from where the file lies.
    pub fn open(&self, path: &Path) -> Result<StoredFrames, MdError> {
        let trajectory = Trajectory::open(path)?;
        if trajectory.is_cut() || trajectory.len() < self.frames {
            return Err(MdError::Damaged {
                path: path.to_owned(),
                what: "it ends before its last frame".to_owned(),
            });
        }
        trajectory.into_production()
    }
}
