use std::io::{self, BufRead, Write};
use std::sync::Arc;

use super::{Frames, ReadOptions, Snapshot, TrajectoryError};
use crate::physics::io::{Extxyz, Frame, Info, write_extxyz};

/// Extended XYZ as a trajectory: all configurations have the same atoms. Times are taken from `time` (fs), steps from
/// `step`; velocities in Å/fs from `velocities`. Positions count as unwrapped where `unwrapped=T` says so.
pub struct ExtxyzFrames<R> {
    from: Extxyz<R>,
    step_fs: Option<f64>,
    frame: usize,
    ended: bool,
    elements: Option<Arc<[crate::base::Element]>>,
}

impl<R: BufRead> ExtxyzFrames<R> {
    pub fn new(from: R, options: ReadOptions) -> Self {
        ExtxyzFrames {
            from: Extxyz::new(from),
            step_fs: options.step_fs,
            frame: 0,
            ended: false,
            elements: None,
        }
    }

    fn next(&mut self, into: &mut Snapshot) -> Result<bool, TrajectoryError> {
        self.frame += 1;
        let Some(next) = self.from.next() else {
            return Ok(false);
        };
        let frame = next.map_err(|error| TrajectoryError::of_file(self.frame, error))?;
        let fault = |problem: &str, help: &str| TrajectoryError::new(self.frame, problem, help);
        if frame.periodic != [true; 3] {
            return Err(fault(
                "the cell does not repeat along all axes",
                "atoms stand in a periodic cell here: write `pbc=\"T T T\"`, with empty space where it is needed",
            ));
        }
        let elements = match &self.elements {
            None => Arc::from(frame.structure.elements.as_slice()),
            Some(first) if **first == *frame.structure.elements => Arc::clone(first),
            Some(_) => {
                return Err(fault(
                    "the atoms are not those of the first configuration",
                    "a trajectory has the same atoms in the same order throughout; read other files as structures",
                ));
            }
        };
        self.elements = Some(Arc::clone(&elements));
        into.step = match frame.info.get("step") {
            Some(Info::Integer(step)) => u64::try_from(*step).ok(),
            _ => None,
        };
        let before = (self.frame - 1) as f64;
        into.time_fs = frame
            .real("time")
            .or(self.step_fs.map(|step_fs| before * step_fs));
        into.energy_ev = frame.real("energy");
        into.cell = frame.structure.cell;
        into.elements = elements;
        into.velocities_ang_per_fs = frame.vectors("velocities").unwrap_or_default();
        into.wrapped = frame.info.get("unwrapped") != Some(&Info::Boolean(true));
        into.positions_ang = frame.structure.positions_ang;
        into.unwrapped_ang.clear();
        Ok(true)
    }
}

impl<R: BufRead> Frames for ExtxyzFrames<R> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        if self.ended {
            return Ok(false);
        }
        let read = self.next(frame);
        self.ended = !matches!(read, Ok(true));
        read
    }
}

/// Writes extended XYZ with what [`ExtxyzFrames`] reads.
pub struct ExtxyzWriter<W> {
    to: W,
}

impl<W: Write> ExtxyzWriter<W> {
    pub fn new(to: W) -> Self {
        ExtxyzWriter { to }
    }

    pub fn write(&mut self, frame: &Snapshot) -> io::Result<()> {
        let mut out = Frame::from(frame.structure());
        if let Some(step) = frame.step {
            out.info
                .insert("step".into(), Info::Integer(step.cast_signed()));
        }
        if let Some(time_fs) = frame.time_fs {
            out.info.insert("time".into(), Info::Real(time_fs));
        }
        if let Some(energy_ev) = frame.energy_ev {
            out.info.insert("energy".into(), Info::Real(energy_ev));
        }
        if !frame.wrapped {
            out.info.insert("unwrapped".into(), Info::Boolean(true));
        }
        if !frame.velocities_ang_per_fs.is_empty() {
            out.set_vectors("velocities", &frame.velocities_ang_per_fs);
        }
        write_extxyz(&mut self.to, &out)
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}
