//! `synth`: a language and an interpreter for computational solid-state synthesis.

pub mod base;
pub mod lang;
