//! `synth repl [study.synth]`: a prompt at which a study is tried out and written.
//!
//! The session's state is a recipe's text. What is entered either becomes an item of it, is an expression that is
//! answered with its names, or is a command that begins with a colon. [`Session`] knows no terminal; `terminal`
//! puts it behind a line editor.

mod commands;
mod completion;
mod recipe;
mod session;
mod terminal;
#[cfg(test)]
mod tests;

pub use completion::Candidate;
pub use session::{Session, Step};
pub use terminal::repl;
