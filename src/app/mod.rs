//! Talking to a person: the command line, the prompt, reports. Imports everything but `physics`.

pub mod cli;
pub mod repl;
pub mod report;
pub mod table;
