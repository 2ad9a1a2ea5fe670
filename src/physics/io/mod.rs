//! Files that other programs read and write.

mod extxyz;
mod file_error;
mod frame;
mod npz;

pub use extxyz::{Extxyz, read_extxyz, write_extxyz};
pub use file_error::FileError;
pub use frame::{Column, Frame, Info, Values};
pub use npz::{Element, NpzError, NpzReader, NpzWriter};
