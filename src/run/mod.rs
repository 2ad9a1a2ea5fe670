//! What a study needs, and doing it: kinds as the engine sees them, the graph, the store, the engine.
//! Imports `lang` and `base`; sees kinds as a `&Registry`, never by name.

pub mod engine;
pub mod graph;
pub mod kind;
pub mod store;
