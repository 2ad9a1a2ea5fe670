use std::collections::BTreeMap;

use super::Node;
use crate::lang::diag::{Code, codes::run as codes};
use crate::run::store::{Artifact, StoreError, Work};

/// Everything that a computation gets: its node, the artifacts that it reads, its seed, a place to write,
/// and a line to the person who waits.
pub struct Task<'a> {
    pub node: Node<'a>,
    /// Which replica this is, from 0; `None` for a node without replicas and while gathering.
    pub replica: Option<u32>,
    /// Derived from the root seed, the kind, the node's `seed:` field, its coordinates and the replica.
    pub seed: [u8; 32],
    /// Artifacts by the field that refers to them.
    pub inputs: &'a BTreeMap<String, Artifact>,
    /// A stored result of which this one is the continuation, see [`super::Kind::stages`].
    pub forerunner: Option<Artifact>,
    /// Where the files of the artifact are written.
    pub work: &'a Work,
    pub(crate) monitor: &'a dyn Monitor,
}

/// Progress and cancellation, as the engine gives them.
pub(crate) trait Monitor: Sync {
    fn progress(&self, done: u64, total: u64);
    fn cancelled(&self) -> bool;
    fn warn(&self, text: &str);
}

impl Task<'_> {
    /// The artifact that a field refers to.
    pub fn input(&self, field: &str) -> Result<&Artifact, Failure> {
        self.inputs
            .get(field)
            .ok_or_else(|| Failure::new(format!("`{field}` has no artifact to read")))
    }

    pub fn progress(&self, done: u64, total: u64) {
        self.monitor.progress(done, total);
    }

    pub fn cancelled(&self) -> bool {
        self.monitor.cancelled()
    }

    /// A warning about the result, kept with it and shown with the run.
    pub fn warn(&self, text: &str) {
        self.monitor.warn(text);
    }
}

/// Why a computation gave no result: a sentence for the user and, if there is one, a way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    pub text: String,
    pub help: Option<String>,
    /// What it is told under; a result that could not be written is the store's fault, not the node's.
    pub code: Code,
    /// The user asked to stop: not a fault.
    pub cancelled: bool,
}

impl Failure {
    pub fn new(text: impl Into<String>) -> Self {
        Failure {
            text: text.into(),
            help: None,
            code: codes::NODE_FAILED,
            cancelled: false,
        }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn cancelled() -> Self {
        Failure {
            cancelled: true,
            ..Failure::new("stopped")
        }
    }
}

/// A result that another node left could not be read.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure {
            help: error.help().map(Into::into),
            code: codes::STORE,
            ..Failure::new(error.to_string())
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure {
            help: StoreError::help_for(error.kind()).map(Into::into),
            code: codes::STORE,
            ..Failure::new(format!(
                "a file of the result could not be written: {error}"
            ))
        }
    }
}
