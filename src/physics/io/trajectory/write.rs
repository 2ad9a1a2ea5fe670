//! From frames to a file of another program.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use thiserror::Error;

use super::{DcdWriter, ExtxyzWriter, Frames, LammpsDumpWriter, Snapshot, TrajectoryError};

/// A form that trajectories are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenForm {
    LammpsDump,
    Extxyz,
    Dcd,
}

#[derive(Debug, Error)]
pub enum WriteError {
    #[error("{0}")]
    Frames(#[from] TrajectoryError),
    #[error("{0}")]
    File(#[from] io::Error),
}

/// Writes all frames to a new file and gives their number. Positions stay as they are, right up to lattice vectors.
pub fn write_trajectory(
    frames: &mut dyn Frames,
    form: WrittenForm,
    to: &Path,
) -> Result<usize, WriteError> {
    let to = BufWriter::new(File::create(to)?);
    match form {
        WrittenForm::LammpsDump => {
            let mut writer = LammpsDumpWriter::new(to);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
        WrittenForm::Extxyz => {
            let mut writer = ExtxyzWriter::new(to);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
        WrittenForm::Dcd => {
            let mut writer = DcdWriter::new(to);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
    }
}

fn each(
    frames: &mut dyn Frames,
    write: &mut dyn FnMut(&Snapshot) -> io::Result<()>,
) -> Result<usize, WriteError> {
    let mut frame = Snapshot::default();
    let mut count = 0;
    while frames.read(&mut frame)? {
        write(&frame)?;
        count += 1;
    }
    Ok(count)
}
