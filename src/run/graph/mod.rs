//! The graph of a study: what depends on what, what each node's result is called in the store (its key), what
//! would run and why, and pictures of it.
//!
//! study → [`elaborate`] → [`Graph`] (in dependence order, checked by the kinds) → [`plan`] → [`Plan`] (keyed
//! tasks, each stored or to run for a stated reason) → the engine. `plan` and `run` share all of it.

mod cycle;
mod elaborate;
mod keys;
mod lock;
mod names;
mod plan;
mod render;
mod snapshot;
mod stages;
mod why;

pub use elaborate::{Graph, elaborate};
pub use lock::{compare_bits, compare_keys, lock_of};
pub use names::find_members;
pub use plan::{Part, Plan, PlannedTask, State, TaskId, TaskInput, plan};
pub use render::{dot, mermaid, svg};
pub use stages::Forerunner;
pub use why::{Change, Reason, Story, root_causes, why};

pub(crate) use plan::content_parts;
pub(crate) use stages::stages;

#[cfg(test)]
mod tests;
