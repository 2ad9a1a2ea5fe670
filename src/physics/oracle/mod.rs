//! What labels configurations with energies and forces.

mod analytic;

pub use analytic::Analytic;
