//! The table of codes. A code is stable: it is never given another meaning, and never reused.
//!
//! `E01xx` form of the text · `E02xx` names · `E03xx` types and units · `E04xx` chemistry and data ·
//! `E05xx` the graph · `E06xx` the store and the outside world · `E07xx` while running · `W0xxx` warnings.

pub mod chemistry;
pub mod names;
pub mod run;
pub mod syntax;
pub mod values;

use super::Severity;

/// A stable code such as `E0201`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl Code {
    /// Codes that begin with `W` warn; all others are errors.
    pub fn severity(self) -> Severity {
        if self.0.starts_with('W') {
            Severity::Warning
        } else {
            Severity::Error
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.0)
    }
}

/// What `synth explain CODE` says. `failing` is a whole recipe that `synth check` answers with this code and
/// `mended` one that it accepts; a test runs both. Codes that no recipe alone can provoke (a full disk) have
/// `failing` empty, and `text` says how one meets them.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    pub code: Code,
    /// The fault in a few words, lower case, no full stop.
    pub title: &'static str,
    pub text: &'static str,
    pub failing: &'static str,
    pub mended: &'static str,
}

/// Every code of the product, in order.
pub fn all() -> impl Iterator<Item = &'static Explanation> {
    [
        syntax::TABLE,
        names::TABLE,
        values::TABLE,
        chemistry::TABLE,
        run::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// The explanation of a code as the user typed it (`E0201`, `e0201`).
pub fn explain(code: &str) -> Option<&'static Explanation> {
    all().find(|one| one.code.0.eq_ignore_ascii_case(code))
}
