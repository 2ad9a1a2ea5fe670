//! Files that other programs read and write.

mod npz;

pub use npz::{Element, NpzError, NpzReader, NpzWriter};
