use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Graph;
use super::keys::{Keys, MemberInput, Seeds, Sink};
use super::stages::{Forerunner, forerunner};
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
    /// A stored result that it goes on from, if it is to run.
    pub goes_on: Option<Forerunner>,
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
    let members: Vec<MemberId> = graph
        .order
        .iter()
        .copied()
        .filter(|id| needed.contains(id) && graph.has_artifact(*id))
        .collect();
    for (id, begun) in members.iter().zip(begin(graph, &members)) {
        planner.member(*id, begun);
    }
    planner.look_up(store);
    let mut plan = planner.plan;
    plan.give_reasons(store);
    plan
}

/// What of a member's tasks does not hang on the keys of others.
struct Begun {
    label: String,
    seeds: Seeds,
    /// The key as far as it says what the node itself is.
    head: KeyHasher,
    inputs: Vec<MemberInput>,
}

/// Does for many members at once what needs no order.
fn begin(graph: &Graph<'_>, members: &[MemberId]) -> Vec<Begun> {
    members
        .par_chunks(worth_a_thread(members.len()))
        .flat_map_iter(|members| {
            let keys = Keys::new(graph);
            members.iter().map(move |id| {
                let mut head = KeyHasher::default();
                let inputs = keys.parts(*id, &mut head);
                Begun {
                    label: graph.study.label(*id),
                    seeds: keys.seeds(*id),
                    head,
                    inputs,
                }
            })
        })
        .collect()
}

/// How many of `count` pieces of such work one thread takes.
fn worth_a_thread(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads()).max(64)
}

struct Planner<'a, 'g> {
    graph: &'a Graph<'g>,
    keys: Keys<'a, 'g>,
    plan: Plan,
}

impl Planner<'_, '_> {
    /// The task of a member, or its replicas and the task that joins them.
    fn member(&mut self, id: MemberId, begun: Begun) {
        let kind = self.graph.study.kind_of(id);
        let Begun {
            label, seeds, head, ..
        } = begun;
        let inputs = self.inputs(begun.inputs);
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

    /// Completes a key that `head` has begun.
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
        let id = TaskId(self.plan.tasks.len() as u32);
        self.plan.tasks.push(PlannedTask {
            member,
            part,
            label,
            key,
            parts: KeyParts::default(),
            seed,
            inputs,
            state: State::Run(Reason::First),
            goes_on: None,
            found_under: key,
        });
        if !matches!(part, Part::Replica(_)) {
            self.plan.of_member[member.0 as usize] = Some(id);
        }
        id
    }

    /// Finds out what the store has. Keys hang on keys alone, so all of them are looked up at once; what is not there
    /// under its own key may be there as the same content, for which inputs come first.
    fn look_up(&mut self, store: &Store) {
        let tasks = &self.plan.tasks;
        let stored: Vec<Option<Digest>> = tasks
            .par_chunks(worth_a_thread(tasks.len()))
            .flat_map_iter(|tasks| {
                let mut survey = Survey::new(store);
                tasks
                    .iter()
                    .map(move |task| survey.artifact_digest(&task.key))
            })
            .collect();
        let mut survey = Survey::new(store);
        for (at, stored) in stored.into_iter().enumerate() {
            if let Some(artifact) = stored {
                self.plan.tasks[at].state = State::Stored(artifact);
                continue;
            }
            let task = &self.plan.tasks[at];
            let mut parts = KeyParts::default();
            match task.part {
                Part::Whole | Part::Replica(_) => {
                    self.keys.parts(task.member, &mut parts);
                }
                Part::Gather(_) => self.keys.kind(task.member, &mut parts),
            }
            self.tail(task.member, task.part, &task.seed, &task.inputs, &mut parts);
            self.plan.tasks[at].parts = parts;
            let plan = &mut self.plan;
            let content = content_parts(&plan.tasks[at], |input| match plan.task(input).state {
                State::Stored(digest) => Some(digest),
                State::Run(_) => None,
            });
            if let Some((key, artifact)) = content.and_then(|content| survey.by_content(&content)) {
                plan.tasks[at].found_under = key;
                plan.tasks[at].state = State::Stored(artifact);
            } else {
                plan.tasks[at].goes_on = forerunner(self.graph, plan, store, &plan.tasks[at]);
            }
        }
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
