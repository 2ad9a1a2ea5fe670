//! From frames to a file of another program.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use thiserror::Error;

use super::netcdf::write_netcdf;
use super::{DcdWriter, ExtxyzWriter, Frames, LammpsDumpWriter, Snapshot, TrajectoryError};
use crate::physics::structure::Cell;

/// A form that trajectories are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenForm {
    LammpsDump,
    Extxyz,
    Dcd,
    Netcdf,
}

#[derive(Debug, Error)]
pub enum WriteError {
    #[error("{0}")]
    Frames(#[from] TrajectoryError),
    #[error("{0}")]
    File(#[from] io::Error),
}

/// Writes all frames, of which there are `count`, to a new file and gives their number. As long as the cell stays that of the first frame, positions follow
/// the atoms from where they stand in it, if the frames know their ways; in a cell that breathes they stay as they are, right
/// up to lattice vectors.
pub fn write_trajectory(
    frames: &mut dyn Frames,
    count: usize,
    form: WrittenForm,
    to: &Path,
) -> Result<usize, WriteError> {
    let create = || File::create(to).map(BufWriter::new);
    match form {
        WrittenForm::LammpsDump => {
            let mut writer = LammpsDumpWriter::new(create()?);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
        WrittenForm::Extxyz => {
            let mut writer = ExtxyzWriter::new(create()?);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
        WrittenForm::Dcd => {
            let mut writer = DcdWriter::new(create()?);
            let count = each(frames, &mut |frame| writer.write(frame))?;
            writer.finish()?;
            Ok(count)
        }
        WrittenForm::Netcdf => write_netcdf(frames, count, to),
    }
}

pub(super) fn each(
    frames: &mut dyn Frames,
    write: &mut dyn FnMut(&Snapshot) -> io::Result<()>,
) -> Result<usize, WriteError> {
    let mut frame = Snapshot::default();
    let mut first: Option<(Cell, Vec<[f64; 3]>)> = None;
    let mut count = 0;
    while frames.read(&mut frame)? {
        if frame.wrapped && !frame.unwrapped_ang.is_empty() {
            let ways = frame.unwrapped_ang.iter().zip(&frame.positions_ang);
            let offsets = ways.map(|(way, image)| std::array::from_fn(|k| way[k] - image[k]));
            let (cell, begin) = first.get_or_insert_with(|| (frame.cell, offsets.collect()));
            if *cell == frame.cell {
                for ((position, way), begin) in frame
                    .positions_ang
                    .iter_mut()
                    .zip(&frame.unwrapped_ang)
                    .zip(begin)
                {
                    *position = std::array::from_fn(|k| way[k] - begin[k]);
                }
                frame.wrapped = false;
            }
        }
        write(&frame)?;
        count += 1;
    }
    Ok(count)
}
