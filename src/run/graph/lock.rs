use std::collections::{BTreeMap, BTreeSet};

use super::{Graph, Plan, PlannedTask, State};
use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::run as codes;
use crate::lang::sema::{DeclarationId, Role};
use crate::run::store::{Key, Lock, LockedNode};

/// What a lock says about this plan: keys of all tasks, digests of the files that they read, and digests of
/// the artifacts that are there.
pub fn lock_of(graph: &Graph<'_>, plan: &Plan) -> Lock {
    let mut lock = Lock {
        synth_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Lock::default()
    };
    for task in &plan.tasks {
        let node = LockedNode {
            key: task.key,
            artifact: match &task.state {
                State::Stored(artifact) => Some(*artifact),
                State::Run(_) => None,
            },
        };
        lock.files.extend(files(graph, task));
        lock.nodes.insert(task.label.clone(), node);
    }
    lock
}

/// Names and digests of the files that a task and the inline nodes within it read.
fn files(graph: &Graph<'_>, task: &PlannedTask) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![task.member];
    while let Some(id) = open.pop() {
        for source in graph.sources_of(id) {
            files.insert(source.name.clone(), source.digest.clone());
        }
        let inline = graph.study.member(id).inputs.iter();
        open.extend(
            inline
                .filter_map(|input| matches!(input.role, Role::Inline(_)).then_some(input.member)),
        );
    }
    files
}

/// What keeps a lock from allowing this plan: tasks whose keys it does not hold. Only where the differences
/// begin is told, once for each declaration. A renamed node has the keys that it had, and is allowed.
pub fn compare_keys(graph: &Graph<'_>, plan: &Plan, lock: &Lock) -> Vec<Diagnostic> {
    let known: BTreeSet<Key> = lock.nodes.values().map(|node| node.key).collect();
    let differs = |task: &PlannedTask| !known.contains(&task.key);
    let mut at: BTreeMap<DeclarationId, (&PlannedTask, usize)> = BTreeMap::new();
    for task in &plan.tasks {
        if differs(task)
            && !task
                .inputs
                .iter()
                .any(|input| differs(plan.task(input.task)))
        {
            at.entry(graph.study.member(task.member).declaration)
                .or_insert((task, 0))
                .1 += 1;
        }
    }
    at.into_iter()
        .map(|(declaration, (task, count))| {
            let span = graph.study.declaration(declaration).name_span;
            let before = lock.nodes.get(&task.label);
            let what = match before {
                None => "is not in the lock",
                Some(_) => "is not what was locked",
            };
            let mut finding = Diagnostic::new(
                codes::LOCK_DIFFERS,
                format!("`{}` {what}", task.label),
            )
            .at(span, "another key than in the lock")
            .help("run without `--locked` if the change is meant; the lock is then written anew");
            for (name, digest) in files(graph, task) {
                if lock
                    .files
                    .get(&name)
                    .is_some_and(|locked| *locked != digest)
                {
                    finding = finding.note(format!("the file {name} has changed"));
                }
            }
            if count > 1 {
                finding = finding.note(format!(
                    "and {} more of `{}`",
                    count - 1,
                    graph.study.declaration(declaration).name
                ));
            }
            finding
        })
        .collect()
}

/// Artifacts with other bytes than the lock says under the same key.
pub fn compare_bits(graph: &Graph<'_>, plan: &Plan, lock: &Lock) -> Vec<Diagnostic> {
    let known: BTreeMap<Key, &LockedNode> =
        lock.nodes.values().map(|node| (node.key, node)).collect();
    plan.tasks
        .iter()
        .filter_map(|task| {
            let State::Stored(artifact) = &task.state else { return None };
            let locked = known.get(&task.key)?.artifact?;
            (locked != *artifact).then(|| {
                Diagnostic::new(
                    codes::LOCKED_BITS_DIFFER,
                    format!("the result of `{}` has other bits than the lock says", task.label),
                )
                .at(graph.study.declaration_of(task.member).name_span, "computed from the same key")
                .note(format!("locked {locked}, here {artifact}"))
                .help("run on the machine and with the program that wrote the lock, or use `--locked` alone")
            })
        })
        .collect()
}
