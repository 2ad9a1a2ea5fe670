//! `synth`: a language and an interpreter for computational solid-state synthesis.
//!
//! Six rooms, one way through. The import rule, held by `tests/architecture.rs`:
//!
//! | room | what it is | may import |
//! |---|---|---|
//! | [`base`] | constants, elements, formulas, exact balancing | nothing |
//! | [`lang`] | what a study says | `base` |
//! | [`run`] | what a study needs, and doing it | `lang`, `base` |
//! | [`physics`] | a library that could be used alone | `base` |
//! | [`kinds`] | one file for each kind of node | `run::kind`, `run::store`, `lang::{schema, units, diag}`, `physics`, `base` |
//! | [`app`] | talking to a person | everything but `physics` |
//!
//! Inside a room, only downwards in the order in which its `mod.rs` lists the modules. To add a kind: one file
//! in `kinds/` and one module in `physics/`.

// What `pest_derive` writes without its `std` feature names this crate.
extern crate alloc;

pub mod app;
pub mod base;
pub mod kinds;
pub mod lang;
pub mod physics;
pub mod run;
