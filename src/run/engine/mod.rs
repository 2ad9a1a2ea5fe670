//! Doing what a plan says: tasks on an executor, events for whoever watches, results for whoever asks, and
//! whether the study's expectations hold. Nothing is printed here.

mod event;
mod executor;
mod expectations;
mod forced;
mod job;
mod report;
mod results;
mod run;

pub use event::Event;
pub use executor::{Executor, Local};
pub use expectations::{Outcome, Verdict, evaluate_expectations};
pub use report::{Exit, Fault, RunReport, TaskReport, TaskState};
pub use results::Results;
pub use run::{Locked, Options, run};

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
