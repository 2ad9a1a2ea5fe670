use std::fmt;

use thiserror::Error;

/// What is wrong with a potential, where in its file, and an edit that would mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ModelError {
    /// Line of the file, from 1, where one line is to blame.
    pub line: Option<usize>,
    /// The keys that lead to it, as in `bonds[0, 1].rcut`; empty for the file as a whole.
    pub path: String,
    pub problem: String,
    pub help: String,
}

impl ModelError {
    pub fn new(
        path: impl Into<String>,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        ModelError {
            line: None,
            path: path.into(),
            problem: problem.into(),
            help: help.into(),
        }
    }

    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}
