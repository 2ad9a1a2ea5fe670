//! Atoms in periodic cells: what a configuration is, and how one is made, changed and searched.

mod cell;
mod configuration;

pub use cell::{Cell, CellError};
pub use configuration::Structure;
