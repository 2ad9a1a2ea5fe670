//! What is wrong with a recipe, and how it is told: one `Diagnostic` type, a table of stable codes with an
//! explanation each, rendering for people (miette) and for programs (JSON).

pub mod codes;
mod diagnostic;
mod render;
mod suggest;

pub use codes::{Code, Explanation};
pub use diagnostic::{Diagnostic, Edit, Label, Severity, in_source_order};
pub use render::{Style, render, to_json};
pub use suggest::{did_you_mean, list_words, nearest};
