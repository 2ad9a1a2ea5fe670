//! What trajectories and structures show. Accumulators are fed frame by frame, so that a run can feed them on the fly;
//! their memory does not grow with the number of frames, but for [`Displacements`] and [`Velocities`], which keep them
//! all.

mod angles;
mod blocks;
mod census;
mod cooling;
mod correlation;
mod correlator;
mod curves;
mod displacements;
mod observation;
mod pairs;
mod profile;
mod radial;
mod species;
mod structure_factor;
mod survey;
#[cfg(test)]
mod tests;
mod velocities;

pub use angles::BondAngles;
pub use blocks::{BlockMeans, Blocking, Mean};
use census::Bonds;
pub use census::{Census, Fineness};
pub use cooling::{Cooling, RampLog};
pub(super) use correlation::Correlation;
pub use correlator::{Correlated, Correlator};
pub use curves::{Bond, Curve, Curves, Shell, StructureCurves};
pub(super) use displacements::even;
pub use displacements::{Displacements, SeriesError};
pub use observation::{Look, Observation, Observe};
pub use pairs::for_each_pair;
pub use profile::SlabProfile;
pub use radial::{FirstShell, PairCurve, PairDistribution};
pub use species::Species;
pub use structure_factor::{PartialStructureFactor, StructureFactor};
pub use survey::{Run, Survey, SurveyError};
pub use velocities::Velocities;
