//! Numerical ground of the physics: random streams whose bits are part of a study's result, vectors
//! in the widest registers of the processor, Fourier transforms.

pub mod fft;
mod normal;
pub mod random;
pub mod simd;

pub use random::Stream;
