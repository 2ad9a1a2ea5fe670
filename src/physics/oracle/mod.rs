//! What labels configurations with energies, forces and stresses.

mod analytic;
mod label;

pub use analytic::{Analytic, Gap};
pub use label::{Label, label};
