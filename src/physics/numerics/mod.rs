//! Numerical ground of the physics: random streams whose bits are part of a study's result.

pub mod random;

pub use random::Stream;
