//! From trees to a checked `Study`: imports, names, templates, values, types, units, families.
//!
//! There is one evaluator. What it cannot know before the run (a node's results) it leaves as a
//! [`Deferred`] tree whose type is known; [`Deferred::force`] finishes it once the results are there.

mod built_in;
mod check;
pub(crate) mod deferred;
pub(crate) mod evaluate;
mod functions;
mod study;
mod table;
mod value;

pub use check::{Checked, Options, Override, check};
pub use deferred::{Deferred, Resolve, Tree, Unresolved};
pub use evaluate::{Evaluator, Lookup, Names, apply, check_range};
pub(crate) use functions::NoNames;
pub use functions::{Function, Vocabulary};
pub use study::{
    Claim, Declaration, DeclarationId, Expectation, Given, Input, Member, MemberId, Role, Step,
    Study,
};
pub use table::{Column, Table};
pub use value::{Amount, Mixture, MixtureBasis, Value, ValueType};
