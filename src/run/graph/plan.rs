use std::collections::BTreeSet;
use std::sync::Arc;

use super::Graph;
use super::keys::{InputUse, Keys, Own, Parts, Scope, key_parts};
use super::why::{Reason, reason};
use crate::lang::sema::MemberId;
use crate::run::store::{Digest, Key, KeyParts, Store};

/// A task by its place in [`Plan::tasks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// What a study needs, in an order in which inputs come first.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub tasks: Vec<PlannedTask>,
    /// The task that gives a member's artifact, by the member's number.
    of_member: Vec<Option<TaskId>>,
    /// The recipe's file without its folder.
    recipe: String,
}

#[derive(Debug, Clone)]
pub struct PlannedTask {
    pub member: MemberId,
    pub part: Part,
    /// `fired[ratio: 1]`, `fired[ratio: 1] replica 3`
    pub label: String,
    pub key: Key,
    pub parts: KeyParts,
    pub seed: [u8; 32],
    pub inputs: Vec<TaskInput>,
    pub state: State,
    /// The key under which the store has the result, if it has: another than `key` when an input was computed
    /// anew to the same bytes.
    pub found_under: Key,
    /// The name under which the store remembers what ran last: with the recipe's file, as several recipes may
    /// share a store.
    pub(crate) remembered_as: String,
    /// What the second index needs: the parts without the inputs.
    pub(super) own: Arc<[Own]>,
}

/// Which part of a member's work a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// From 0.
    Replica(u32),
    /// Joins this many replicas.
    Gather(u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskInput {
    /// `reactions`, `kinetics.transport`; `replica 3` for what a gather joins.
    pub port: String,
    pub task: TaskId,
    /// Whether the kind reads the artifact; else a result of it stands in a field.
    pub is_read: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The store has it; with the digest of the artifact.
    Stored(Digest),
    Run(Reason),
}

/// Keys every task that the targets need (all members if there are none) and looks it up. What the store says
/// is the only thing that this depends on beside the graph, so a plan is what a run would do now.
pub fn plan(graph: &Graph<'_>, store: &Store, targets: &[MemberId]) -> Plan {
    let study = graph.study;
    let needed = needed(graph, targets);
    let keys = Keys::new(graph);
    let mut plan = Plan {
        tasks: Vec::with_capacity(needed.len()),
        of_member: vec![None; study.members.len()],
        recipe: study
            .name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    for id in graph.order.iter().copied().filter(|id| needed.contains(id)) {
        if !graph.has_artifact(id) {
            continue;
        }
        let kind = study.kind_of(id);
        let label = study.label(id);
        let random = kind.random;
        let Some(count) = kind.replicated_by.map(|field| graph.node(id).value(field)) else {
            let parts = keys.parts(id, Scope::Replicas);
            let seed = keys.seed(id, None);
            plan.add(store, id, Part::Whole, label, parts, random, seed, &[]);
            continue;
        };
        let count = count
            .as_integer()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1)
            .max(1);
        let each = keys.parts(id, Scope::Result);
        let mut replicas = Vec::with_capacity(count as usize);
        for replica in 0..count {
            let mut parts = each.clone();
            parts.own.push(Own::plain("replica", &replica.to_string()));
            let label = format!("{label} replica {}", replica + 1);
            let seed = keys.seed(id, Some(replica));
            replicas.push(plan.add(
                store,
                id,
                Part::Replica(replica),
                label,
                parts,
                random,
                seed,
                &[],
            ));
        }
        let mut parts = keys.parts(id, Scope::Replicas);
        parts.own.push(Own::plain("replicas", &count.to_string()));
        let seed = keys.seed(id, None);
        plan.add(
            store,
            id,
            Part::Gather(count),
            label,
            parts,
            random,
            seed,
            &replicas,
        );
    }
    plan.give_reasons(store);
    plan
}

impl Plan {
    pub fn task(&self, id: TaskId) -> &PlannedTask {
        &self.tasks[id.0 as usize]
    }

    /// The task that gives the artifact of a member, if it is in the plan.
    pub fn of_member(&self, id: MemberId) -> Option<TaskId> {
        self.of_member.get(id.0 as usize).copied().flatten()
    }

    pub fn ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.tasks.len() as u32).map(TaskId)
    }

    pub fn is_stored(&self, id: TaskId) -> bool {
        matches!(self.task(id).state, State::Stored(_))
    }

    /// How many tasks the store has already.
    pub fn stored(&self) -> usize {
        self.tasks
            .iter()
            .filter(|task| matches!(task.state, State::Stored(_)))
            .count()
    }

    fn add(
        &mut self,
        store: &Store,
        member: MemberId,
        part: Part,
        label: String,
        mut parts: Parts,
        random: bool,
        seed: [u8; 32],
        replicas: &[TaskId],
    ) -> TaskId {
        if random {
            parts
                .own
                .push(Own::plain("seed", &Digest(seed).to_string()));
        }
        let mut inputs: Vec<TaskInput> = Vec::with_capacity(parts.inputs.len() + replicas.len());
        for (port, member, used) in parts.inputs {
            if let Some(task) = self.of_member(member) {
                inputs.push(TaskInput {
                    port,
                    task,
                    is_read: used == InputUse::Artifact,
                });
            }
        }
        for (at, task) in replicas.iter().enumerate() {
            inputs.push(TaskInput {
                port: format!("replica {}", at + 1),
                task: *task,
                is_read: true,
            });
        }
        let identities: Vec<(String, String)> = inputs
            .iter()
            .map(|input| (input.port.clone(), self.task(input.task).key.to_string()))
            .collect();
        let key_parts = key_parts(&parts.own, &identities);
        let key = key_parts.key();
        let mut task = PlannedTask {
            member,
            part,
            remembered_as: format!("{} in {}", label, self.recipe),
            label,
            key,
            parts: key_parts,
            seed,
            inputs,
            state: State::Run(Reason::First),
            found_under: key,
            own: parts.own.into(),
        };
        if let Some(artifact) = store.artifact_digest(&task.key) {
            task.state = State::Stored(artifact);
        } else if let Some(content) = self.content_of(&task)
            && let Some((key, artifact)) = store.by_content(&content)
        {
            task.found_under = key;
            task.state = State::Stored(artifact);
        }
        let id = TaskId(self.tasks.len() as u32);
        self.tasks.push(task);
        if !matches!(part, Part::Replica(_)) {
            self.of_member[member.0 as usize] = Some(id);
        }
        id
    }

    /// The key of a task in the second index, if all of its inputs are there.
    fn content_of(&self, task: &PlannedTask) -> Option<KeyParts> {
        content_parts(task, |input| match self.task(input).state {
            State::Stored(digest) => Some(digest),
            State::Run(_) => None,
        })
    }

    fn give_reasons(&mut self, store: &Store) {
        for at in 0..self.tasks.len() {
            if matches!(self.tasks[at].state, State::Run(_)) {
                let reason = reason(self, store, TaskId(at as u32));
                self.tasks[at].state = State::Run(reason);
            }
        }
    }
}

/// Own parts with the digests of the artifacts that are read: when an input was computed anew to the same
/// bytes, this is the same as before. None if there are no inputs, as the key itself says it all then.
pub(crate) fn content_parts(
    task: &PlannedTask,
    artifact: impl Fn(TaskId) -> Option<Digest>,
) -> Option<KeyParts> {
    if task.inputs.is_empty() {
        return None;
    }
    let digests: Option<Vec<(String, String)>> = task
        .inputs
        .iter()
        .map(|input| Some((input.port.clone(), artifact(input.task)?.to_string())))
        .collect();
    Some(key_parts(&task.own, &digests?))
}

/// The targets and everything that they need.
fn needed(graph: &Graph<'_>, targets: &[MemberId]) -> BTreeSet<MemberId> {
    if targets.is_empty() {
        return graph.order.iter().copied().collect();
    }
    let mut needed: BTreeSet<MemberId> = targets.iter().copied().collect();
    let mut open: Vec<MemberId> = targets.to_vec();
    while let Some(id) = open.pop() {
        for input in &graph.study.member(id).inputs {
            if needed.insert(input.member) {
                open.push(input.member);
            }
        }
    }
    needed
}
