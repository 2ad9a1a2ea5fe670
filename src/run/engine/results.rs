use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::forced::force;
use crate::lang::sema::{MemberId, Resolve, Unresolved, Value};
use crate::run::graph::{Graph, Plan, State, TaskId};
use crate::run::store::{Artifact, Digest, Key, Store};

/// What the nodes of a study have given: the one place from which expectations, reports, the REPL and fields
/// that depend on a run take results. Artifacts are opened when they are first asked for.
pub struct Results<'a> {
    graph: &'a Graph<'a>,
    plan: &'a Plan,
    store: &'a Store,
    done: Vec<OnceLock<Done>>,
    artifacts: Mutex<BTreeMap<TaskId, Artifact>>,
    values: Mutex<BTreeMap<String, Result<Value, Unresolved>>>,
}

/// Where the result of a task is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub key: Key,
    pub artifact: Digest,
}

impl<'a> Results<'a> {
    /// Knows what the plan says is stored.
    pub fn new(graph: &'a Graph<'a>, plan: &'a Plan, store: &'a Store) -> Self {
        let done: Vec<OnceLock<Done>> = plan
            .tasks
            .iter()
            .map(|task| match &task.state {
                State::Stored(artifact) => OnceLock::from(Done {
                    key: task.found_under,
                    artifact: *artifact,
                }),
                State::Run(_) => OnceLock::new(),
            })
            .collect();
        Results {
            graph,
            plan,
            store,
            done,
            artifacts: Mutex::default(),
            values: Mutex::default(),
        }
    }

    /// The artifact of a member; none if it has not run or failed, or if it has been damaged.
    pub fn artifact(&self, member: MemberId) -> Option<Artifact> {
        self.of_task(self.plan.of_member(member)?)
    }

    /// A value with everything in it that was deferred.
    pub fn value(&self, value: &Value) -> Result<Value, Unresolved> {
        match value {
            // Shown with its standard error, which a field would not have.
            Value::Deferred(deferred) => deferred.force(self),
            Value::Each(values) => {
                let all: Result<Vec<_>, Unresolved> = values
                    .iter()
                    .map(|(member, value)| Ok((*member, self.value(value)?)))
                    .collect();
                Ok(Value::Each(Arc::new(all?)))
            }
            other => force(other, self),
        }
    }

    pub(super) fn of_task(&self, task: TaskId) -> Option<Artifact> {
        let done = self.done(task)?;
        let mut artifacts = self
            .artifacts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(artifact) = artifacts.get(&task) {
            return Some(artifact.clone());
        }
        let artifact = self.store.artifact(&done.key)?;
        artifacts.insert(task, artifact.clone());
        Some(artifact)
    }

    pub(super) fn done(&self, task: TaskId) -> Option<Done> {
        self.done.get(task.0 as usize)?.get().copied()
    }

    pub(super) fn put(&self, task: TaskId, done: Done) {
        if let Some(slot) = self.done.get(task.0 as usize) {
            let _ = slot.set(done);
        }
    }
}

impl Resolve for Results<'_> {
    fn result(
        &self,
        node: MemberId,
        name: &'static str,
        arguments: &[(&'static str, Value)],
    ) -> Result<Value, Unresolved> {
        let forced: Result<Vec<(&'static str, Value)>, Unresolved> = arguments
            .iter()
            .map(|(name, value)| Ok((*name, force(value, self)?)))
            .collect();
        let arguments = forced?;
        let mut asked = format!("{} {name}", node.0);
        for (name, value) in &arguments {
            asked.push_str(&format!(
                "\u{1f}{name}: {}",
                value.canonical(&|member| member.0.to_string())
            ));
        }
        if let Some(known) = self
            .values
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&asked)
        {
            return known.clone();
        }
        let label = || self.graph.study.label(node);
        let (Some(artifact), Some(kind)) = (self.artifact(node), self.graph.kind(node)) else {
            let task = self.plan.of_member(node);
            if task.is_some_and(|task| self.done(task).is_some()) {
                return Err(Unresolved::NoSuchResult(format!(
                    "the stored result of `{}` is damaged: run the study again to compute it anew",
                    label()
                )));
            }
            // Not remembered: it may run yet.
            return Err(Unresolved::NotRun(label()));
        };
        let read = catch_unwind(AssertUnwindSafe(|| {
            kind.result(name, &arguments, &artifact)
        }));
        let value = read
            .unwrap_or_else(|_| Err("a fault of the program; please report it".to_owned()))
            .map_err(|reason| Unresolved::NoSuchResult(format!("`{}.{name}`: {reason}", label())));
        self.values
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(asked, value.clone());
        value
    }
}
