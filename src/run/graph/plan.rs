use std::collections::BTreeSet;

use super::Graph;
use super::keys::{Keys, MemberInput, Sink};
use super::why::{Reason, reason};
use crate::lang::sema::MemberId;
use crate::run::store::{Digest, Key, KeyHasher, KeyParts, Store, Survey};

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
    /// What the key consists of; left out where the result is stored.
    pub parts: KeyParts,
    pub seed: [u8; 32],
    pub inputs: Vec<TaskInput>,
    pub state: State,
    /// The key under which the store has the result, if it has: another than `key` when an input was computed
    /// anew to the same bytes.
    pub found_under: Key,
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
    let mut planner = Planner {
        graph,
        keys: Keys::new(graph),
        survey: Survey::new(store),
        plan: Plan {
            tasks: Vec::with_capacity(needed.len()),
            of_member: vec![None; study.members.len()],
            recipe: study
                .name
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned(),
        },
    };
    for id in graph.order.iter().copied().filter(|id| needed.contains(id)) {
        if graph.has_artifact(id) {
            planner.member(id);
        }
    }
    let mut plan = planner.plan;
    plan.give_reasons(store);
    plan
}

struct Planner<'a, 'g> {
    graph: &'a Graph<'g>,
    keys: Keys<'a, 'g>,
    survey: Survey<'a>,
    plan: Plan,
}

impl Planner<'_, '_> {
    /// The task of a member, or its replicas and the task that joins them.
    fn member(&mut self, id: MemberId) {
        let kind = self.graph.study.kind_of(id);
        let label = self.graph.study.label(id);
        let seeds = self.keys.seeds(id);
        let mut head = KeyHasher::default();
        let inputs = self.keys.parts(id, &mut head);
        let inputs = self.inputs(inputs);
        let Some(replicas) = kind.replicated_by else {
            self.task(id, Part::Whole, label, seeds.of(None), &head, inputs);
            return;
        };
        let count = self.graph.node(id).value(replicas);
        let count = count
            .as_integer()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1)
            .max(1);
        let mut joined = Vec::with_capacity(count as usize);
        for replica in 0..count {
            let (part, seed) = (Part::Replica(replica), seeds.of(Some(replica)));
            let label = format!("{label} replica {}", replica + 1);
            let task = self.task(id, part, label, seed, &head, inputs.clone());
            joined.push(TaskInput {
                port: format!("replica {}", replica + 1),
                task,
                is_read: true,
            });
        }
        // Whatever else decides the result is in the keys of the replicas.
        let mut head = KeyHasher::default();
        self.keys.kind(id, &mut head);
        let part = Part::Gather(count);
        self.task(id, part, label, seeds.of(None), &head, joined);
    }

    /// Completes a key that `head` has begun, and looks it up.
    fn task(
        &mut self,
        member: MemberId,
        part: Part,
        label: String,
        seed: [u8; 32],
        head: &KeyHasher,
        inputs: Vec<TaskInput>,
    ) -> TaskId {
        let mut hasher = head.clone();
        self.tail(member, part, &seed, &inputs, &mut hasher);
        let key = hasher.key();
        let mut task = PlannedTask {
            member,
            part,
            label,
            key,
            parts: KeyParts::default(),
            seed,
            inputs,
            state: State::Run(Reason::First),
            found_under: key,
        };
        if let Some(artifact) = self.survey.artifact_digest(&key) {
            task.state = State::Stored(artifact);
        } else {
            match part {
                Part::Whole | Part::Replica(_) => {
                    self.keys.parts(member, &mut task.parts);
                }
                Part::Gather(_) => self.keys.kind(member, &mut task.parts),
            }
            self.tail(member, part, &seed, &task.inputs, &mut task.parts);
            let plan = &self.plan;
            let content = content_parts(&task, |input| match plan.task(input).state {
                State::Stored(digest) => Some(digest),
                State::Run(_) => None,
            });
            if let Some((key, artifact)) =
                content.and_then(|content| self.survey.by_content(&content))
            {
                task.found_under = key;
                task.state = State::Stored(artifact);
            }
        }
        let id = TaskId(self.plan.tasks.len() as u32);
        self.plan.tasks.push(task);
        if !matches!(part, Part::Replica(_)) {
            self.plan.of_member[member.0 as usize] = Some(id);
        }
        id
    }

    /// What tells replicas and their joining apart, the seed, and the keys of the inputs.
    fn tail(
        &self,
        member: MemberId,
        part: Part,
        seed: &[u8; 32],
        inputs: &[TaskInput],
        sink: &mut dyn Sink,
    ) {
        let kind = self.graph.study.kind_of(member);
        let mut plain = |name: &str, value: &str| sink.part(name, value, &|| value.to_owned());
        match part {
            Part::Whole => {}
            Part::Replica(replica) => plain("replica", &replica.to_string()),
            Part::Gather(count) => {
                let field = kind.replicated_by.unwrap_or("replicas");
                plain(&format!("field {field}"), &count.to_string());
            }
        }
        if kind.random && !matches!(part, Part::Gather(_)) {
            plain("seed", &Digest(*seed).to_string());
        }
        let mut name = String::new();
        for input in inputs {
            name.clear();
            name.push_str(INPUT);
            name.push_str(&input.port);
            plain(&name, &self.plan.task(input.task).key.to_string());
        }
    }

    /// Nodes without an artifact are no tasks.
    fn inputs(&self, inputs: Vec<MemberInput>) -> Vec<TaskInput> {
        inputs
            .into_iter()
            .filter_map(|input| {
                Some(TaskInput {
                    port: input.port,
                    task: self.plan.of_member(input.member)?,
                    is_read: input.is_read,
                })
            })
            .collect()
    }
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

    /// The name under which the store remembers what ran last: with the recipe's file, as several recipes may share a
    /// store.
    pub(crate) fn remembered_as(&self, task: &PlannedTask) -> String {
        format!("{} in {}", task.label, self.recipe)
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

/// The name of a part that is the key of an input begins so.
pub(super) const INPUT: &str = "input ";

/// Own parts with the digests of the artifacts that are read: when an input was computed anew to the same
/// bytes, this is the same as before. None if there are no inputs, as the key itself says it all then.
pub(crate) fn content_parts(
    task: &PlannedTask,
    artifact: impl Fn(TaskId) -> Option<Digest>,
) -> Option<KeyParts> {
    if task.inputs.is_empty() {
        return None;
    }
    let mut parts = KeyParts::default();
    for (name, value) in task.parts.iter() {
        if !name.starts_with(INPUT) {
            parts.push(name, value);
        }
    }
    for input in &task.inputs {
        parts.push(
            &format!("{INPUT}{}", input.port),
            &artifact(input.task)?.to_string(),
        );
    }
    Some(parts)
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
