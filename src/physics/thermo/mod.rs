//! Thermochemistry: Gibbs energies of formation as functions of temperature, gases at their partial pressures,
//! and sets of phases on one energy scale.
//!
//! Energies are eV per formula unit as written, relative to the elements in their reference states; the
//! standard pressure is 1 bar.

mod atmosphere;
mod elements;
mod equilibrium;
mod error;
mod gibbs;
pub mod hull;
mod library;
mod phase_data;
mod phase_set;
mod polynomial;
mod scale;
mod table;
#[cfg(test)]
mod tests;
mod warning;

pub use atmosphere::{Atmosphere, TRACE_BAR};
pub use elements::ElementGibbs;
pub use equilibrium::Equilibrium;
pub use error::ThermoError;
pub use gibbs::{Anchor, Anchored, Descriptor, Gibbs, GibbsTable};
pub use library::{TABLES, library, reference_volumes};
pub use phase_data::{Evidence, PhaseData, State};
pub use phase_set::PhaseSet;
pub use polynomial::{Nasa7, Nasa7Piece, Shomate, ShomatePiece};
pub use scale::Scheme;
pub use table::{TableError, TableRead, carbonate_correction_ev, read_table};
pub use warning::ThermoWarning;
