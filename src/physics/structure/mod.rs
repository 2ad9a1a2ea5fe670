//! Atoms in periodic cells: what a configuration is, and how one is made, changed and searched.

mod cell;
mod configuration;
mod neighbours;

pub use cell::{Cell, CellError};
pub use configuration::Structure;
pub use neighbours::{Environment, NeighbourError, Neighbours};
