//! What labels configurations with energies, forces and stresses.

mod analytic;
mod label;
mod stored;

pub use analytic::{Analytic, Gap};
pub use label::{Label, label};
pub use stored::{StoredPotential, StoredPotentialError};
