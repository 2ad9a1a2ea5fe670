//! What trajectories and structures show. Accumulators are fed frame by frame, so that a run can feed them on the fly;
//! their memory does not grow with the number of frames, but for [`Displacements`], which keeps all positions.

mod angles;
mod blocks;
mod displacements;
mod pairs;
mod radial;
mod species;
mod structure_factor;
#[cfg(test)]
mod tests;

pub use angles::BondAngles;
pub use blocks::{BlockMeans, Blocking, Mean};
pub use displacements::{DisplacementError, Displacements};
pub use pairs::for_each_pair;
pub use radial::{FirstShell, PairCurve, PairDistribution};
pub use species::Species;
pub use structure_factor::{PartialStructureFactor, StructureFactor};
