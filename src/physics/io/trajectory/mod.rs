//! Trajectories of other programs, frame by frame: LAMMPS dumps, extended XYZ, XDATCAR and DCD, packed by gzip or
//! Zstandard or not.
//!
//! A file is never held as a whole. A fault ends it with the frame and the line; the frames before it are sound.

mod dcd;
mod error;
mod extxyz;
mod lammps;
mod lines;
mod netcdf;
mod open;
#[cfg(test)]
mod tests;
mod unwrap;
mod write;
mod xdatcar;

use std::sync::Arc;

use crate::base::Element;
use crate::physics::structure::{Cell, Structure};

pub use dcd::{Dcd, DcdWriter};
pub use error::TrajectoryError;
pub use extxyz::{ExtxyzFrames, ExtxyzWriter};
pub use lammps::{LammpsDump, LammpsDumpWriter};
pub use open::{Format, format_of, open_trajectory, read_trajectory};
pub use unwrap::Unwrapper;
pub use write::{WriteError, WrittenForm, write_trajectory};
pub use xdatcar::Xdatcar;

/// A moment of a trajectory.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Step of the dynamics, where the file numbers them.
    pub step: Option<u64>,
    pub time_fs: Option<f64>,
    /// Potential energy in eV, where the trajectory has it.
    pub energy_ev: Option<f64>,
    pub cell: Cell,
    /// Length n, the same in every frame of a trajectory.
    pub elements: Arc<[Element]>,
    /// Å, length n, in the order of `elements`; the cell begins at the origin. Right up to lattice vectors: distances
    /// between atoms are taken from these.
    pub positions_ang: Vec<[f64; 3]>,
    /// Whether `positions_ang` may jump by lattice vectors between frames.
    pub wrapped: bool,
    /// Positions that follow each atom's own way, whose differences between frames are displacements of atoms also
    /// when the cell breathes; empty until [`Unwrapper`] fills them, unless the trajectory has them.
    pub unwrapped_ang: Vec<[f64; 3]>,
    /// Å/fs, length n, or empty where the file has none.
    pub velocities_ang_per_fs: Vec<[f64; 3]>,
}

/// Frames one after another.
pub trait Frames {
    /// Reads the next frame into `frame`, whose memory is used again. False at the end, and after an error.
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError>;

    /// All frames that are left, up to the first fault, and the fault.
    fn read_all(&mut self) -> (Vec<Snapshot>, Option<TrajectoryError>) {
        let mut all = Vec::new();
        let mut frame = Snapshot::default();
        loop {
            match self.read(&mut frame) {
                Ok(true) => all.push(frame.clone()),
                Ok(false) => return (all, None),
                Err(error) => return (all, Some(error)),
            }
        }
    }
}

impl<F: Frames + ?Sized> Frames for Box<F> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        (**self).read(frame)
    }
}

/// What a file of a trajectory may leave open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// Which element the atom types 1, 2, … of a LAMMPS dump are, or the species of an XDATCAR without names.
    pub types: Vec<Element>,
    /// The element of each atom, for a DCD file, which has none.
    pub elements: Vec<Element>,
    /// Time of a step for LAMMPS dumps and DCD files, of a frame for XDATCAR and extended XYZ files; where a file has
    /// times of its own, they stand.
    pub step_fs: Option<f64>,
    /// Units of a LAMMPS dump that does not name them.
    pub units: LammpsUnits,
}

/// The unit styles of LAMMPS with lengths in Å.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LammpsUnits {
    /// Times in ps.
    #[default]
    Metal,
    /// Times in fs.
    Real,
}

impl Default for Snapshot {
    /// No atoms in a unit cube, to be read into.
    fn default() -> Self {
        Snapshot {
            step: None,
            time_fs: None,
            energy_ev: None,
            cell: Cell::orthorhombic([1.0; 3]).expect("a cube is a cell"),
            elements: Arc::new([]),
            positions_ang: Vec::new(),
            wrapped: false,
            unwrapped_ang: Vec::new(),
            velocities_ang_per_fs: Vec::new(),
        }
    }
}

impl Snapshot {
    pub fn structure(&self) -> Structure {
        Structure {
            cell: self.cell,
            elements: self.elements.to_vec(),
            positions_ang: self.positions_ang.clone(),
        }
    }

    /// Cell, positions and velocities turned so that `a` lies along x and `b` in the xy plane, as LAMMPS and DCD files
    /// have them. Distances and angles stay.
    fn in_standard_orientation(&self) -> Self {
        let [a, b, _] = self.cell.rows_ang();
        let upright = a[1] == 0.0 && a[2] == 0.0 && b[2] == 0.0 && a[0] > 0.0;
        let standard = Cell::from_parameters(self.cell.lengths_ang(), self.cell.angles_deg());
        let (false, Ok(standard)) = (upright, standard) else {
            return self.clone();
        };
        let turned = |all: &[[f64; 3]]| {
            let turn = |one: &[f64; 3]| standard.to_cartesian(self.cell.to_fractional(*one));
            all.iter().map(turn).collect()
        };
        Snapshot {
            cell: standard,
            positions_ang: turned(&self.positions_ang),
            unwrapped_ang: turned(&self.unwrapped_ang),
            velocities_ang_per_fs: turned(&self.velocities_ang_per_fs),
            ..self.clone()
        }
    }
}

/// Reads frames that stand in memory.
pub struct InMemory<'a> {
    frames: std::slice::Iter<'a, Snapshot>,
}

impl<'a> InMemory<'a> {
    pub fn new(frames: &'a [Snapshot]) -> Self {
        InMemory {
            frames: frames.iter(),
        }
    }
}

impl Frames for InMemory<'_> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        let next = self.frames.next();
        if let Some(next) = next {
            frame.clone_from(next);
        }
        Ok(next.is_some())
    }
}
