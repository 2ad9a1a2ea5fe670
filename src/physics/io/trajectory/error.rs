use std::fmt;

use crate::physics::io::FileError;

/// What is wrong in a trajectory, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TrajectoryError {
    /// From 1; the frames before it are sound.
    pub frame: usize,
    /// From 1; none in binary files.
    pub line: Option<usize>,
    pub problem: String,
    /// A change that would work.
    pub help: String,
}

impl TrajectoryError {
    pub fn new(frame: usize, problem: impl Into<String>, help: impl Into<String>) -> Self {
        TrajectoryError {
            frame,
            line: None,
            problem: problem.into(),
            help: help.into(),
        }
    }

    #[must_use]
    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn cut_off(frame: usize) -> Self {
        TrajectoryError::new(
            frame,
            "the file ends within a frame",
            "leave this frame out; the ones before it are whole",
        )
    }

    pub(super) fn unreadable(frame: usize, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return TrajectoryError::cut_off(frame);
        }
        TrajectoryError::new(
            frame,
            format!("the file cannot be read further: {error}"),
            "copy the file anew",
        )
    }
}

impl fmt::Display for TrajectoryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "frame {}", self.frame)?;
        if let Some(line) = self.line {
            write!(out, " (line {line})")?;
        }
        write!(out, ": {}", self.problem)
    }
}

impl TrajectoryError {
    pub(super) fn of_file(frame: usize, error: FileError) -> Self {
        TrajectoryError {
            frame,
            line: Some(error.line),
            problem: error.problem,
            help: error.help,
        }
    }
}
