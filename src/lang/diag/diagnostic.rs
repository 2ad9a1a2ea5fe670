//! The one type in which everything that is wrong is said.

use super::Code;
use crate::lang::source::Span;

/// How bad it is. An error keeps the study from running; a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A place in a recipe with a few words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// An edit that mends the fault: replace what `span` covers by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

/// One finding about a recipe.
///
/// The headline says what is wrong in the user's nouns, the first label says where, further labels where
/// the expectation came from, and the help is an edit that would work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub headline: String,
    /// The first is the place of the fault. Empty only for faults outside of any recipe (command line).
    pub labels: Vec<Label>,
    pub help: Option<String>,
    pub notes: Vec<String>,
    pub edit: Option<Edit>,
}

impl Diagnostic {
    /// A finding with the severity that its code implies (`W…` warns, everything else is an error).
    pub fn new(code: Code, headline: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            headline: headline.into(),
            labels: Vec::new(),
            help: None,
            notes: Vec::new(),
            edit: None,
        }
    }

    /// Adds a label; the first one added is the place of the fault.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says how to mend it exactly: editors and `--json` offer this as an edit.
    #[must_use]
    pub fn edit(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit = Some(Edit {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// The place of the fault, if it is in a recipe.
    pub fn primary(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts findings by file and place, keeps the order of those at one place, and drops exact repetitions.
pub fn in_source_order(mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    all.sort_by_key(|one| {
        one.primary()
            .map_or((0, 0), |span| (span.file.0, span.start))
    });
    all.dedup();
    all
}
