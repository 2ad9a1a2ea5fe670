//! Molecular dynamics: a protocol of segments, run in a directory that holds all of it.
//!
//! [`run`] takes a structure and a potential through a [`Protocol`]. Its directory holds the trajectory
//! ([`Trajectory`] reads it), the thermodynamic log (CSV) and a checkpoint; called again with the same arguments it
//! goes on where it stood, to the last bit. Lengthening the last segment of a finished run continues it.
//!
//! Units are eV, Å, fs, u, K; pressures eV/Å³; velocities Å/fs. Momentum is zero, so that n atoms have 3n − 3 degrees
//! of freedom in every ensemble.

mod checkpoint;
mod course;
mod error;
mod guard;
mod integrator;
mod log;
mod matrix;
mod minimize;
mod passes;
mod protocol;
mod run;
mod system;
#[cfg(test)]
mod tests;
pub mod trajectory;

pub use course::Grade;
pub use error::MdError;
pub use minimize::{Minimum, minimize};
pub use protocol::{
    Barostat, Condition, Dynamics, Ensemble, Freedom, Method, Minimize, Protocol, Ramp, Segment,
    Thermostat, Until,
};
pub use run::{Ended, Judge, SegmentSummary, Summary, files, run, run_judged};
pub use trajectory::{
    Frame, ImportError, StoredFrames, Trajectories, Trajectory, TrajectoryRecord, import,
};
