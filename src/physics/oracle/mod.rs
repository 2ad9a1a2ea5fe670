//! What labels configurations with energies, forces and stresses.

mod analytic;
mod evaluation;
mod label;
mod stored;

pub use analytic::{Analytic, Gap};
pub use evaluation::{Errors, Evaluated, PartialLabel, evaluate, names};
pub use label::{Label, label};
pub use stored::{StoredPotential, StoredPotentialError};
