//! Files that other programs read and write.

mod cif;
mod extxyz;
mod file_error;
mod frame;
#[cfg(test)]
mod fuzz;
mod lammps_data;
mod npz;
mod poscar;
mod structures;
pub mod trajectory;

pub use cif::{read_cif, write_cif};
pub use extxyz::{Extxyz, read_extxyz, write_extxyz};
pub use file_error::FileError;
use file_error::clipped;
pub use frame::{Column, Frame, Info, Values};
pub use lammps_data::{CHARGE, read_lammps_data, write_lammps_data};
pub use npz::{Element, NpzError, NpzReader, NpzWriter};
pub use poscar::{SELECTIVE, read_poscar, write_poscar};
pub use structures::{StructureFileError, Structures, read_structures};
