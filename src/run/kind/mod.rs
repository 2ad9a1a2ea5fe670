//! What the engine knows of a kind of node: the trait that each file in `kinds/` implements, and the registry.

mod finding;
mod node;
mod registry;
mod task;

pub use finding::{Checked, Facts, Finding, Source};
pub use node::Node;
pub use registry::Registry;
pub(crate) use task::Monitor;
pub use task::{Failure, Task};

use std::path::{Path, PathBuf};

use crate::lang::schema::KindSchema;
pub use crate::lang::sema::{Column, Function, Mixture, MixtureBasis, Step, Table, Value};
use crate::run::store::Artifact;

/// A part of a course, from its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Everything in the node itself that decides it but how far it goes: the same for all that can take each other up.
    pub text: String,
    /// How far it goes; another can go on from it if it goes at least as far.
    pub reach: f64,
}

/// A form in which other programs take what a node has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// As it is asked for: `lammps_dump`.
    pub name: &'static str,
    pub doc: &'static str,
}

/// One kind of node. Implementations hold no state: everything comes in through the arguments.
pub trait Kind: Send + Sync {
    fn schema(&self) -> &'static KindSchema;

    /// What only the kind can know before the run: findings by field path, facts for those who read this
    /// node, and the files and table rows that it will read. Must be fast (milliseconds) and total.
    fn check(&self, node: &Node<'_>) -> Checked {
        let _ = node;
        Checked::default()
    }

    /// The steps in a form that is the same for all spellings of the same thing; part of the keys of those
    /// who read them. The default writes the steps out one by one.
    fn canonical_steps(&self, steps: &[Step]) -> Option<String> {
        let _ = steps;
        None
    }

    /// How far a computation of this node goes, stage by stage, the last to its end. It can go on from a stored result whose
    /// end is one of its stages, see [`Task::forerunner`]; kind, inputs and seed are compared besides. None where each
    /// computation begins at the beginning.
    fn stages(&self, node: &Node<'_>) -> Vec<Stage> {
        let _ = node;
        Vec::new()
    }

    /// Computes the node, or one replica of it when [`Task::replica`] is given, and writes the artifact's
    /// files through [`Task::work`]. Only for kinds with an artifact.
    fn run(&self, task: &Task<'_>) -> Result<(), Failure>;

    /// Joins the artifacts of the replicas, in order, into the artifact of the node. Only for kinds that are
    /// replicated. What comes out depends on the replicas alone, as its key does: not on fields, inputs or the seed.
    fn gather(&self, task: &Task<'_>, replicas: &[Artifact]) -> Result<(), Failure> {
        let _ = (task, replicas);
        Err(Failure::new("this kind has no replicas to join"))
    }

    /// What is wrong with asking for this result of this node, as far as it is known before the run
    /// ("there is no such phase in the library"). The path of a finding is the parameter's name.
    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        arguments: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        let _ = (node, name, arguments);
        Vec::new()
    }

    /// Forms in which its artifacts can be handed to other programs, the most usual first.
    fn exports(&self) -> &'static [Export] {
        &[]
    }

    /// Writes an artifact in one of them, to files whose names begin with `stem`, and gives their paths.
    fn export(
        &self,
        artifact: &Artifact,
        form: &Export,
        stem: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        let _ = (artifact, stem);
        Err(Failure::new(format!("there is no form `{}`", form.name)))
    }

    /// Reads a declared result off an artifact. `arguments` are in the order of the parameters, with defaults
    /// filled in. The error is a sentence for the user.
    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let _ = (arguments, artifact);
        Err(format!("this node has no result `{name}`"))
    }
}
