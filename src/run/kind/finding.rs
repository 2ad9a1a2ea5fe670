use std::any::Any;
use std::sync::Arc;

use crate::lang::diag::Code;

/// What a node says about itself before it runs, for those who read it: a physics type of the artifact
/// (`PhaseSet` for phases), not of the kind, so that any kind with that artifact can give it.
pub type Facts = Option<Arc<dyn Any + Send + Sync>>;

/// The outcome of [`super::Kind::check`].
#[derive(Default, Clone)]
pub struct Checked {
    pub findings: Vec<Finding>,
    pub facts: Facts,
    pub sources: Vec<Source>,
}

/// Something that only the kind can find. The path (`between[1]`, `source.measured`, `steps[2].to`, or empty
/// for the node as a whole) is turned into a span by the caller.
#[derive(Debug, Clone)]
pub struct Finding {
    pub path: String,
    pub code: Code,
    pub headline: String,
    /// Stands under the place.
    pub label: String,
    pub help: Option<String>,
}

/// A file, or the rows of a table, that a node reads: part of its key by digest, never by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How the user knows it: a file name, or `std.batio: 12 rows`.
    pub name: String,
    pub digest: String,
}

impl Checked {
    pub fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

impl Finding {
    pub fn new(
        path: impl Into<String>,
        code: Code,
        headline: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Finding {
            path: path.into(),
            code,
            headline: headline.into(),
            label: label.into(),
            help: None,
        }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
