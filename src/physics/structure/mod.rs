//! Atoms in periodic cells: what a configuration is, and how one is made, changed and searched.

mod cell;
mod change;
mod configuration;
mod crystal;
pub mod linear;
mod neighbours;
mod packing;
mod prototype;
mod radii;
mod recipe;
mod symmetry;

pub use cell::{Cell, CellError};
pub use change::{Amount, ChangeError};
pub use configuration::{Structure, elements_of, species_of};
pub use crystal::{CrystalError, Site, crystal};
pub use neighbours::{CHUNK, Environment, NeighbourError, Neighbours};
pub use packing::{
    FLOOR_OF_CONTACT, Packing, PackingError, counts_of, edge_at_density_ang, edge_of_melt_ang,
};
pub use prototype::{PROTOTYPES, Prototype, PrototypeError};
pub use recipe::{Change, Reason, Recipe, RecipeError, SYMMETRY_TOLERANCE_ANG, Size, Source};
pub use symmetry::{Operation, SpaceGroup, Symmetry, SymmetryError};
