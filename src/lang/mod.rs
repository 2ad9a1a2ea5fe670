//! What a study says: text, tree, vocabulary, and the checked study. Imports `base` only.

pub mod diag;
pub mod schema;
pub mod sema;
pub mod source;
pub mod syntax;
pub mod units;
