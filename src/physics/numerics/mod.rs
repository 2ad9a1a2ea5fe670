//! Numerical ground of the physics: random streams whose bits are part of a study's result.

mod normal;
pub mod random;

pub use random::Stream;
