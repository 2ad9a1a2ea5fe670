//! Trajectories on disk: chunks of frames, each frame the difference to the one before it.
//!
//! Lengths are kept to 1e-6 Å (an error of at most 5e-7 Å, which does not add up along a trajectory), velocities to
//! 1e-9 Å/fs, cells, times and energies in full. A chunk is read without the others; a file cut in the middle of one
//! is good up to it.

mod codec;
mod frames;
#[cfg(test)]
mod fuzz;
mod import;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use crate::physics::structure::Cell;

pub use frames::StoredFrames;
pub use import::{ImportError, Imported, import};
pub use reader::Trajectory;
pub use record::{Trajectories, TrajectoryRecord};
pub(super) use writer::{Tail, Writer};

const MAGIC: &[u8; 8] = b"SYNTHTRJ";
const VERSION: u32 = 2;
/// Length, number of frames and checksum before each chunk.
const CHUNK_HEAD: usize = 12;

/// Of a chunk: where in the file it begins, its length, the number of its frames, and the frames.
fn checksum(offset: u64, frames: u32, bytes: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&offset.to_le_bytes());
    checksum.update(&(bytes.len() as u64).to_le_bytes());
    checksum.update(&frames.to_le_bytes());
    checksum.update(bytes);
    checksum.finalize()
}

/// Atoms at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub step: u64,
    pub time_fs: f64,
    /// Of the protocol, from 0.
    pub segment: usize,
    pub potential_ev: f64,
    pub cell: Cell,
    /// One periodic image of each atom, right up to lattice vectors of `cell`.
    pub images_ang: Vec<[f64; 3]>,
    /// What to add for positions that follow each atom's own way. Under a barostat these are not images of the atoms
    /// any more: distances between atoms are to be taken from `images_ang`.
    pub offsets_ang: Vec<[f64; 3]>,
    /// Å/fs, where the trajectory keeps them.
    pub velocities: Option<Vec<[f64; 3]>>,
}

impl Frame {
    /// Unwrapped positions: their differences between frames are displacements of atoms, also when the cell breathes.
    pub fn unwrapped_ang(&self) -> Vec<[f64; 3]> {
        self.images_ang
            .iter()
            .zip(&self.offsets_ang)
            .map(|(image, offset)| std::array::from_fn(|k| image[k] + offset[k]))
            .collect()
    }
}
