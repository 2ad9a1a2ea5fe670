//! Stored trajectories as analyses read them.

use crate::physics::analysis::Run;
use crate::physics::io::trajectory::{Frames, TrajectoryError};
use crate::physics::md::{Trajectories, TrajectoryRecord};
use crate::run::store::Artifact;

/// The runs of an artifact, each with the frames of its production.
pub fn runs_of<'a>(artifact: &'a Artifact, trajectories: &'a Trajectories) -> Vec<Run<'a>> {
    let records = trajectories.runs.iter();
    records.map(|record| run_of(artifact, record)).collect()
}

fn run_of<'a>(artifact: &'a Artifact, record: &'a TrajectoryRecord) -> Run<'a> {
    Run {
        frames: record.frames,
        unfollowed: record.unfollowed.clone(),
        open: Box::new(|| {
            let unreadable = |text: String| {
                TrajectoryError::new(
                    1,
                    text,
                    "run the ensemble again: what is lost is computed anew",
                )
            };
            let path = artifact
                .path(&record.file)
                .ok_or_else(|| unreadable("the file of the trajectory is missing".into()))?;
            let frames = record
                .open(&path)
                .map_err(|error| unreadable(error.to_string()))?;
            Ok(Box::new(frames) as Box<dyn Frames>)
        }),
    }
}
