//! Numerical ground of the physics: random streams whose bits are part of a study's result, vectors
//! in the widest registers of the processor and buffers for them, Fourier transforms.

mod aligned;
pub mod fft;
mod normal;
pub mod random;
pub mod simd;
#[cfg(test)]
pub mod testing;

pub use aligned::Aligned;
pub use random::Stream;
