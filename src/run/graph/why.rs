use std::collections::BTreeSet;
use std::fmt;

use super::{Forerunner, Part, Plan, State, TaskId};
use crate::run::store::Store;

/// Why a task has to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Nothing of this name has run in this store.
    First,
    /// Parts of the key differ from those of the last run under this name.
    Changed(Vec<Change>),
    /// It ran with this very key; the result has been removed or damaged since.
    Lost,
}

/// One part of a key that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `field hold`, `steps schedule`, `input reactions`, `file 1`, `kind version`, `seed`.
    pub part: String,
    pub before: Option<String>,
    pub after: Option<String>,
    /// The input that differs, if it is one.
    pub input: Option<TaskId>,
}

/// What `why` tells about one task: its own state, and under it the inputs that made it so, down to the root.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    pub task: TaskId,
    pub label: String,
    pub state: State,
    /// The stored result that it goes on from.
    pub goes_on: Option<String>,
    pub causes: Vec<Story>,
    /// Told already further up; the causes are not repeated.
    pub repeated: bool,
    /// How many more replicas of the same node are in the same state for the same reason.
    pub alike: usize,
}

/// Compares with what ran last under the same name.
pub(super) fn reason(plan: &Plan, store: &Store, id: TaskId) -> Reason {
    let task = plan.task(id);
    let Some(last) = store.last(&plan.remembered_as(task)) else {
        return Reason::First;
    };
    if last.key == task.key {
        return Reason::Lost;
    }
    let mut changes: Vec<Change> = last
        .parts
        .diff(&task.parts)
        .into_iter()
        .map(|difference| {
            let input = difference.name.strip_prefix("input ").and_then(|port| {
                task.inputs
                    .iter()
                    .find(|input| input.port == port)
                    .map(|input| input.task)
            });
            Change {
                part: difference.name,
                before: difference.before,
                after: difference.after,
                input,
            }
        })
        .collect();
    if matches!(task.part, Part::Gather(_)) {
        // Why the replicas changed says more than that they did.
        let of_replicas = |change: &Change| change.part.starts_with("input replica ");
        let replica =
            changes
                .iter()
                .filter_map(|change| change.input)
                .find_map(|input| match &plan.task(input).state {
                    State::Run(Reason::Changed(changes)) => Some(changes.clone()),
                    _ => None,
                });
        if let Some(replica) = replica {
            changes.retain(|change| !of_replicas(change));
            changes.extend(replica);
            changes.sort_by(|one, other| one.part.cmp(&other.part));
            changes.dedup_by(|one, other| one.part == other.part);
        } else if changes.iter().any(|change| !of_replicas(change)) {
            changes.retain(|change| !of_replicas(change));
        }
    }
    // What the user changed here first, then what came from above.
    changes.sort_by_key(|change| change.part.starts_with("input "));
    Reason::Changed(changes)
}

/// The whole story of a task.
pub fn why(plan: &Plan, id: TaskId) -> Story {
    story(plan, id, &mut BTreeSet::new(), 0)
}

/// A longer chain of causes is cut; [`root_causes`] has its end.
const DEEPEST: usize = 60;

/// The tasks at which the need to run begins: those that would run even if all of their inputs were as before.
/// In the order of the plan.
pub fn root_causes(plan: &Plan, id: TaskId) -> Vec<TaskId> {
    let mut seen = BTreeSet::from([id]);
    let mut open = vec![id];
    let mut roots = BTreeSet::new();
    while let Some(id) = open.pop() {
        let causes: BTreeSet<TaskId> = causes(plan, id);
        let of_its_own = match &plan.task(id).state {
            State::Stored(_) => false,
            State::Run(Reason::Changed(changes)) => {
                // An input that is stored differs because another node stands there now.
                changes
                    .iter()
                    .any(|change| change.input.is_none_or(|input| plan.is_stored(input)))
            }
            State::Run(Reason::First | Reason::Lost) => causes.is_empty(),
        };
        if of_its_own {
            roots.insert(id);
        }
        open.extend(causes.into_iter().filter(|cause| seen.insert(*cause)));
    }
    roots.into_iter().collect()
}

/// The inputs that made a task run.
fn causes(plan: &Plan, id: TaskId) -> BTreeSet<TaskId> {
    let task = plan.task(id);
    match &task.state {
        State::Stored(_) => BTreeSet::new(),
        State::Run(Reason::Changed(changes)) => {
            changes.iter().filter_map(|change| change.input).collect()
        }
        State::Run(Reason::First | Reason::Lost) => task
            .inputs
            .iter()
            .map(|input| input.task)
            .filter(|input| !plan.is_stored(*input))
            .collect(),
    }
}

fn story(plan: &Plan, id: TaskId, told: &mut BTreeSet<TaskId>, depth: usize) -> Story {
    let task = plan.task(id);
    let repeated = !told.insert(id);
    let mut stories: Vec<Story> = Vec::new();
    if !repeated && depth < DEEPEST {
        for cause in causes(plan, id) {
            match stories
                .iter_mut()
                .find(|story| are_alike(plan, story.task, cause))
            {
                Some(story) => story.alike += 1,
                None => stories.push(story(plan, cause, told, depth + 1)),
            }
        }
    }
    Story {
        task: id,
        label: task.label.clone(),
        state: task.state.clone(),
        goes_on: forerunner(plan, id).map(|from| from.label.clone()),
        causes: stories,
        repeated,
        alike: 0,
    }
}

/// What a task goes on from, or the first of the replicas that it joins.
fn forerunner(plan: &Plan, id: TaskId) -> Option<&Forerunner> {
    let task = plan.task(id);
    match task.part {
        Part::Gather(_) => {
            let mut replicas = task.inputs.iter();
            replicas.find_map(|input| plan.task(input.task).goes_on.as_ref())
        }
        Part::Whole | Part::Replica(_) => task.goes_on.as_ref(),
    }
}

/// Whether these are replicas of one node that run for the same reason.
fn are_alike(plan: &Plan, one: TaskId, other: TaskId) -> bool {
    let (one, other) = (plan.task(one), plan.task(other));
    let replicas = matches!((one.part, other.part), (Part::Replica(_), Part::Replica(_)));
    replicas
        && one.member == other.member
        && match (&one.state, &other.state) {
            // Seeds differ, and read the same.
            (State::Run(one), State::Run(other)) => one.to_string() == other.to_string(),
            (State::Stored(_), State::Stored(_)) => true,
            _ => false,
        }
}

impl Reason {
    /// One line for each change; none when there is nothing to compare with.
    pub fn lines(&self) -> Vec<String> {
        let Reason::Changed(changes) = self else {
            return Vec::new();
        };
        let is_replica = |change: &&Change| change.part.starts_with("input replica ");
        let replicas = changes.iter().filter(is_replica).count();
        let mut lines: Vec<String> = changes
            .iter()
            .filter(|change| !is_replica(change))
            .map(ToString::to_string)
            .collect();
        match replicas {
            0 => {}
            1 => lines.push("a replica changed".to_owned()),
            many => lines.push(format!("{many} replicas changed")),
        }
        lines
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::First => out.write_str("not run before"),
            Reason::Lost => out.write_str("its result is no longer in the store"),
            Reason::Changed(_) => out.write_str(&self.lines().join("; ")),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change {
            part,
            before,
            after,
            ..
        } = self;
        if let Some(port) = part.strip_prefix("input ") {
            return match (before, after) {
                (None, _) => write!(out, "input {port} is new"),
                (_, None) => write!(out, "input {port} is gone"),
                _ => write!(out, "input {port} changed"),
            };
        }
        if part.starts_with("file ") {
            return match (before, after) {
                (Some(before), Some(after)) if before != after => {
                    write!(out, "file {before} → {after}")
                }
                (_, Some(name)) | (Some(name), None) => write!(out, "file {name} changed"),
                (None, None) => out.write_str("a file changed"),
            };
        }
        if part == "seed" {
            return out.write_str("seed changed");
        }
        if part.starts_with("steps") {
            return steps(
                out,
                part,
                before.as_deref().unwrap_or(""),
                after.as_deref().unwrap_or(""),
            );
        }
        match (before, after) {
            (Some(before), Some(after)) => write!(out, "{part}: {before} → {after}"),
            (None, Some(after)) => write!(out, "{part}: default → {after}"),
            (Some(before), None) => write!(out, "{part}: {before} → default"),
            (None, None) => write!(out, "{part} changed"),
        }
    }
}

/// The lines in which two lists of steps differ, after what they share at both ends.
fn steps(out: &mut fmt::Formatter<'_>, part: &str, before: &str, after: &str) -> fmt::Result {
    // Steps of a block stand in one line.
    let old: Vec<&str> = before.split(['\n', ';']).map(str::trim).collect();
    let new: Vec<&str> = after.split(['\n', ';']).map(str::trim).collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let old = old[head..old.len() - tail].join("; ");
    let new = new[head..new.len() - tail].join("; ");
    match (old.as_str(), new.as_str()) {
        ("", "") => write!(out, "{part} changed"),
        ("", new) => write!(out, "{part}: added {new}"),
        (old, "") => write!(out, "{part}: removed {old}"),
        (old, new) => write!(out, "{part}: {old} → {new}"),
    }
}

impl fmt::Display for Story {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(out, 0)
    }
}

impl Story {
    fn lines(&self, out: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        let label = match self.alike {
            0 => self.label.clone(),
            more => format!("{} and {more} more like it", self.label),
        };
        match &self.state {
            State::Stored(_) => writeln!(out, "{indent}{label}: stored")?,
            State::Run(_) if self.repeated => writeln!(out, "{indent}{label}: see above")?,
            State::Run(reason @ Reason::Changed(_)) => {
                writeln!(out, "{indent}{label}: to run")?;
                for line in reason.lines() {
                    writeln!(out, "{indent}  - {line}")?;
                }
            }
            State::Run(reason) => writeln!(out, "{indent}{label}: to run, {reason}")?,
        }
        if let (Some(from), false) = (&self.goes_on, self.repeated) {
            writeln!(out, "{indent}  - goes on from the end of {from}")?;
        }
        self.causes
            .iter()
            .try_for_each(|cause| cause.lines(out, depth + 1))
    }
}
