//! Files that other programs read and write.

mod npz;

pub use npz::{Array, NpzWriter};
