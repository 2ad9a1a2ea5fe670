use thiserror::Error;

/// What is wrong in a file of structures, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct FileError {
    /// From 1.
    pub line: usize,
    pub problem: String,
    /// A change to the file that would work.
    pub help: String,
}

impl FileError {
    pub fn new(line: usize, problem: impl Into<String>, help: impl Into<String>) -> Self {
        FileError {
            line,
            problem: problem.into(),
            help: help.into(),
        }
    }
}

/// A number as Fortran, C and Python write it (`1.5`, `-2E-3`, `1.0D+02`); the error tells a word from a number that
/// is not finite.
pub(super) fn number(line: usize, what: &str, text: &str) -> Result<f64, FileError> {
    let read = text.parse::<f64>().or_else(|error| {
        if text.contains(['d', 'D']) {
            text.replace(['d', 'D'], "e").parse()
        } else {
            Err(error)
        }
    });
    match read {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(FileError::new(
            line,
            format!("{what} is `{}`, which is no finite number", clipped(text)),
            "the program that wrote the file failed before; leave this configuration out",
        )),
        Err(_) => Err(FileError::new(
            line,
            format!("{what} is `{}`, which is no number", clipped(text)),
            "write a number like 1.25 or -3e-4",
        )),
    }
}

/// What a message shows of a text of the file.
pub(super) fn clipped(text: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
