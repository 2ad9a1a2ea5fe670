//! The structure of the atoms of several runs, all of it in two readings of their frames.

use std::sync::Arc;

use super::{
    Census, Curves, Displacements, Fineness, Mean, SeriesError, Species, StructureCurves,
    Velocities,
};
use crate::base::Element;
use crate::physics::host::Host;
use crate::physics::io::trajectory::{Frames, Snapshot, TrajectoryError};

/// What is looked for, and how finely.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub fineness: Fineness,
    /// Centres, ends and, where it is not to be the first minimum of g(r), the longest bond; empty: all pairs.
    pub bonds: Vec<(Element, Element, Option<f64>)>,
    /// The lattice vector, from 0, along which densities are taken in so many slabs.
    pub slabs: Option<(usize, usize)>,
    /// Pairs and waves are summed over at most so many frames of each run, evenly chosen.
    pub most_frames: usize,
}

/// One run.
pub struct Run<'a> {
    pub frames: usize,
    /// Why unwrapped positions do not follow the atoms, if they do not.
    pub unfollowed: Option<String>,
    /// Its frames, from the first on.
    pub open: Box<dyn Fn() -> Result<Box<dyn Frames + 'a>, TrajectoryError> + 'a>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SurveyError {
    #[error("there are no frames")]
    NoFrames,
    #[error("run {run} has other atoms than the first")]
    OtherAtoms { run: usize },
    #[error("there is no {element} in the trajectory")]
    NoElement { element: Element },
    #[error("run {run}: {error}")]
    Frames { run: usize, error: TrajectoryError },
    #[error("cancelled")]
    Cancelled,
}

/// Atoms times frames of a run that are kept in memory at once; of longer runs every second frame, third, … is taken.
const MOST_KEPT: usize = 40_000_000;

impl Survey {
    /// Reads all runs twice: bonds end where the distributions of the first reading say.
    pub fn of(&self, runs: &[Run<'_>], host: &dyn Host) -> Result<StructureCurves, SurveyError> {
        let mut reader = Reader {
            host,
            elements: None,
            done: 0,
            total: 2 * runs.iter().map(|run| run.frames as u64).sum::<u64>(),
        };
        let mut census: Option<Census> = None;
        let (mut displacements, mut velocities) = (Vec::new(), Vec::new());
        for (at, run) in runs.iter().enumerate() {
            let mut motion = None;
            reader.read(at, run, |number, frame| {
                let census = census.get_or_insert_with(|| {
                    Census::new(&self.fineness, &frame.elements, self.slabs)
                });
                census.add(&frame.cell, &frame.positions_ang);
                if number.is_multiple_of(self.stride(run)) {
                    census.add_pairs(&frame.cell, &frame.positions_ang);
                }
                motion
                    .get_or_insert_with(|| Motion::new(&census.species, run))
                    .add(number, frame);
            })?;
            if let (Some(census), Some(motion)) = (&mut census, motion) {
                census.end_run();
                displacements.push(motion.displacements());
                velocities.push(motion.velocities());
            }
        }
        let census = census.ok_or(SurveyError::NoFrames)?;
        let mut bonds = census.bonds(&self.bonds)?;
        for (at, run) in runs.iter().enumerate() {
            reader.read(at, run, |number, frame| {
                if number.is_multiple_of(self.stride(run)) {
                    for bond in &mut bonds {
                        bond.add(&frame.cell, &frame.positions_ang);
                    }
                }
            })?;
            for bond in &mut bonds {
                bond.end_run();
            }
        }
        Ok(census.curves(
            &bonds,
            over_time(&census, &displacements),
            over_time(&census, &velocities),
        ))
    }

    fn stride(&self, run: &Run<'_>) -> usize {
        run.frames.div_ceil(self.most_frames.max(1)).max(1)
    }
}

/// Reads runs, and sees that they are of the same atoms.
struct Reader<'a> {
    host: &'a dyn Host,
    elements: Option<Arc<[Element]>>,
    done: u64,
    total: u64,
}

impl Reader<'_> {
    fn read(
        &mut self,
        at: usize,
        run: &Run<'_>,
        mut each: impl FnMut(usize, &Snapshot),
    ) -> Result<(), SurveyError> {
        let of_run = |error| SurveyError::Frames { run: at + 1, error };
        let mut frames = (run.open)().map_err(of_run)?;
        let mut frame = Snapshot::default();
        let mut number = 0;
        while frames.read(&mut frame).map_err(of_run)? {
            if self.host.cancelled() {
                return Err(SurveyError::Cancelled);
            }
            let elements = self.elements.get_or_insert_with(|| frame.elements.clone());
            if *elements != frame.elements {
                return Err(SurveyError::OtherAtoms { run: at + 1 });
            }
            each(number, &frame);
            number += 1;
            self.done += 1;
            self.host.progress(self.done.min(self.total), self.total);
        }
        Ok(())
    }
}

/// How the atoms of one run move.
struct Motion {
    stride: usize,
    unfollowed: Option<String>,
    displacements: Displacements,
    velocities: Option<Velocities>,
}

impl Motion {
    fn new(species: &Species, run: &Run<'_>) -> Self {
        let atoms = species.of.len();
        Motion {
            stride: (run.frames * atoms).div_ceil(MOST_KEPT).max(1),
            unfollowed: run.unfollowed.clone(),
            displacements: Displacements::new(species.clone()),
            velocities: Some(Velocities::new(species.clone())),
        }
    }

    fn add(&mut self, number: usize, frame: &Snapshot) {
        if !number.is_multiple_of(self.stride) {
            return;
        }
        let Some(time_fs) = frame.time_fs else {
            self.unfollowed = Some("its frames have no times".into());
            return;
        };
        if self.unfollowed.is_none() {
            self.displacements.add(time_fs, &frame.unwrapped_ang);
        }
        if frame.velocities_ang_per_fs.is_empty() {
            self.velocities = None;
        } else if let Some(velocities) = &mut self.velocities {
            velocities.add(time_fs, &frame.velocities_ang_per_fs);
        }
    }

    fn displacements(&self) -> Result<(f64, Vec<Vec<Mean>>), String> {
        match &self.unfollowed {
            Some(why) => Err(why.clone()),
            None => self.displacements.with_errors().map_err(of_series),
        }
    }

    fn velocities(&self) -> Result<(f64, Vec<Vec<Mean>>), String> {
        match &self.velocities {
            None => Err("the trajectory has no velocities".into()),
            Some(velocities) => velocities.autocorrelation().map_err(of_series),
        }
    }
}

fn of_series(error: SeriesError) -> String {
    error.to_string()
}

/// Interval in fs, then by species over lags.
type Series = Result<(f64, Vec<Vec<Mean>>), String>;

/// Curves of all runs, as long as the shortest.
fn over_time(census: &Census, runs: &[Series]) -> Result<Curves, String> {
    let runs: Vec<&(f64, Vec<Vec<Mean>>)> = runs
        .iter()
        .map(|run| run.as_ref().map_err(Clone::clone))
        .collect::<Result<_, _>>()?;
    let Some((interval_fs, _)) = runs.first() else {
        return Err("there are no frames".into());
    };
    if runs
        .iter()
        .any(|run| (run.0 - interval_fs).abs() > 1e-6 * interval_fs)
    {
        return Err("the runs have frames at other intervals".into());
    }
    let lags = runs.iter().map(|run| run.1[0].len()).min().unwrap_or(0);
    let mut curves = Curves {
        x: (0..lags).map(|lag| lag as f64 * interval_fs).collect(),
        curves: Vec::new(),
    };
    for species in &census.order {
        let of_lag = |lag: usize| match runs.as_slice() {
            [only] => only.1[*species][lag],
            several => {
                let values = several.iter().map(|run| run.1[*species][lag].value);
                Mean::of(&values.collect::<Vec<f64>>())
            }
        };
        curves.push(
            census.element(*species).to_string(),
            (0..lags).map(of_lag).collect(),
        );
    }
    Ok(curves)
}
