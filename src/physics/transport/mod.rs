//! Transport coefficients: Onsager's tensor of collective diffusion from trajectories, with errors, and what follows
//! from it.
//!
//! A species moves with `J_i = −Σ_j L_ij ∇μ_j` against a reference velocity ([`ReferenceFrame`]). Displacements of all
//! atoms of a species together give L by Einstein's relation, `L_ij = 1/(6 kT V) d/dt ⟨ΔS_i·ΔS_j⟩`, their velocities by
//! that of Green and Kubo. Collective displacements are one sample where those of atoms are many: what decides a result
//! is its error, and the estimator is built around it ([`TransportAnalysis`]).

mod analysis;
mod bootstrap;
mod convergence;
mod derived;
mod einstein;
mod error;
mod estimate;
mod estimation;
mod finite_size;
mod fluxes;
mod frame;
mod green_kubo;
mod import;
mod matrix;
mod motion;
mod own;
mod posterior;
mod regression;
mod student;
mod table;
mod temperature;
mod tensor;
#[cfg(test)]
mod tests;
mod window;

pub use analysis::{Errors, TransportAnalysis};
pub use bootstrap::{Relative, Replica};
pub use convergence::{Target, TransportMonitor};
pub use derived::{Friction, StefanMaxwell, Transference};
pub use error::TransportError;
pub use estimate::Estimate;
pub use estimation::Fit;
pub use finite_size::{
    SizeExtrapolation, StressSeries, Viscosity, YEH_HUMMER_XI, extrapolate_sizes, yeh_hummer,
};
pub use frame::ReferenceFrame;
pub use green_kubo::VelocitySeries;
pub use import::PublishedTensor;
pub use motion::CollectiveSeries;
pub use table::{PublishedRow, PublishedTable};
pub use temperature::{
    Arrhenius, Interpolated, Quantity, TemperaturePoint, TemperatureSeries, VogelTammannFulcher,
};
pub use tensor::{
    Checks, CollectiveCurve, Component, Convergence, Freedom, GreenKubo, RunningIntegral,
    TransportCurves, TransportTensor, Window,
};
