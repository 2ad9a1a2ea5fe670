//! Results that a task can go on from.

use super::keys::Keys;
use super::plan::{INPUT, Plan, PlannedTask};
use super::{Graph, Part};
use crate::run::kind::Stage;
use crate::run::store::{Digest, Key, KeyHasher, Store};

/// A stored result whose end is a part of the way of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forerunner {
    pub key: Key,
    /// What it was computed as: `glass replica 1`.
    pub label: String,
}

/// The stages of a task by what decides them, with how far each goes. The last one is its end.
pub(crate) fn stages(graph: &Graph<'_>, plan: &Plan, task: &PlannedTask) -> Vec<(Digest, f64)> {
    let node = graph.node(task.member);
    let stages: Vec<Stage> = match (task.part, graph.kind(task.member)) {
        (Part::Gather(_), _) | (_, None) => Vec::new(),
        (_, Some(kind)) => kind.stages(&node),
    };
    if stages.is_empty() {
        return Vec::new();
    }
    let mut head = KeyHasher::default();
    Keys::new(graph).kind(task.member, &mut head);
    if let Part::Replica(replica) = task.part {
        head.part("replica", &replica.to_string());
    }
    head.part("seed", &Digest(task.seed).to_string());
    for input in &task.inputs {
        let key = plan.task(input.task).key.to_string();
        head.part(&format!("{INPUT}{}", input.port), &key);
    }
    let digest = |stage: Stage| {
        let mut hasher = head.clone();
        hasher.part("stage", &stage.text);
        (hasher.key().0, stage.reach)
    };
    stages.into_iter().map(digest).collect()
}

/// The stored result that goes furthest along the way of a task.
pub(super) fn forerunner(
    graph: &Graph<'_>,
    plan: &Plan,
    store: &Store,
    task: &PlannedTask,
) -> Option<Forerunner> {
    if !store.has_stages() {
        return None;
    }
    let stages = stages(graph, plan, task);
    let key = stages
        .iter()
        .rev()
        .find_map(|(stage, reach)| store.furthest(stage, *reach))?;
    let named = store.manifest(&key)?.node;
    let label = named.split(" in ").next().unwrap_or_default().to_owned();
    Some(Forerunner { key, label })
}
