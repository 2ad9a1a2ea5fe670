use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::executor::{Executor, Local};
use super::job::Jobs;
use super::report::{RunReport, TaskReport, TaskState};
use super::{Event, Results, expectations};
use crate::lang::diag::codes::run as codes;
use crate::lang::diag::{Diagnostic, in_source_order};
use crate::lang::sema::{Claim, MemberId};
use crate::run::graph::{Graph, Part, Plan, State, TaskId, compare_bits, compare_keys, plan};
use crate::run::store::{Lock, Store};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many threads compute; 0 for all that the machine has.
    pub threads: usize,
    /// Members that are wanted, with what they need; empty for all.
    pub targets: Vec<MemberId>,
    /// Whether independent nodes go on after a failure.
    pub keep_going: bool,
    pub locked: Option<Locked>,
}

/// The lock that a run has to agree with.
#[derive(Debug, Clone)]
pub struct Locked {
    pub lock: Lock,
    /// Compare the results as well, not the keys alone.
    pub bits: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            threads: 0,
            targets: Vec::new(),
            keep_going: true,
            locked: None,
        }
    }
}

/// Plans, runs what is not stored, and looks whether the expectations hold. Raising `cancel` stops it: running
/// tasks give up when they next look, and what is finished is kept.
pub fn run(
    graph: &Graph<'_>,
    store: &Store,
    options: &Options,
    observer: &(dyn Fn(Event<'_>) + Sync),
    cancel: &AtomicBool,
) -> RunReport {
    let plan = plan(graph, store, &options.targets);
    if let Some(locked) = &options.locked {
        let differences = compare_keys(graph, &plan, &locked.lock);
        if !differences.is_empty() {
            return RunReport {
                tasks: plan.ids().map(|task| untouched(&plan, task)).collect(),
                plan,
                diagnostics: differences,
                refused: true,
                ..RunReport::default()
            };
        }
    }
    observer(Event::Planned { plan: &plan });
    let jobs = Jobs {
        graph,
        plan: &plan,
        store,
        results: Results::new(graph, &plan, store),
        observer,
        cancel,
        stop_at_failure: !options.keep_going,
        failed: AtomicBool::new(false),
        reports: plan.ids().map(|_| Mutex::new(None)).collect(),
    };
    work_off(&jobs, options.threads);
    let tasks = reports(&jobs);
    let outcomes = if cancel.load(Ordering::SeqCst) {
        Vec::new()
    } else {
        // With targets, a claim about something that was not asked for says nothing.
        let asked = |claim: &Claim| {
            let mut nodes = Vec::new();
            claim.condition.nodes(&mut nodes);
            options.targets.is_empty() || nodes.iter().all(|node| plan.of_member(*node).is_some())
        };
        expectations::evaluate(graph.study, &jobs.results, &asked)
    };
    let done: Vec<_> = plan.ids().map(|task| jobs.results.done(task)).collect();
    drop(jobs);
    let mut report = RunReport {
        plan,
        tasks,
        outcomes,
        diagnostics: Vec::new(),
        refused: false,
        cancelled: cancel.load(Ordering::SeqCst),
    };
    for (task, done) in report.plan.tasks.iter_mut().zip(done) {
        if let Some(done) = done {
            task.state = State::Stored(done.artifact);
            task.found_under = done.key;
        }
    }
    let mut found = diagnostics(graph, &report);
    if let Some(locked) = options.locked.as_ref().filter(|locked| locked.bits) {
        found.extend(compare_bits(graph, &report.plan, &locked.lock));
    }
    report.diagnostics = in_source_order(found);
    report
}

/// Hands what is not stored to the executor. When everything is stored no thread is started.
fn work_off(jobs: &Jobs<'_>, threads: usize) {
    let plan = jobs.plan;
    let open: Vec<TaskId> = plan.ids().filter(|task| !plan.is_stored(*task)).collect();
    jobs.store.remember_all(
        plan.tasks
            .iter()
            .filter(|task| matches!(task.state, State::Stored(_)))
            .map(|task| (plan.remembered_as(task), &task.found_under)),
    );
    if open.is_empty() {
        return;
    }
    let mut place = vec![usize::MAX; plan.tasks.len()];
    for (at, task) in open.iter().enumerate() {
        place[task.0 as usize] = at;
    }
    let after: Vec<Vec<usize>> = open
        .iter()
        .map(|task| {
            let mut needs: Vec<usize> = plan
                .task(*task)
                .inputs
                .iter()
                .map(|input| place[input.task.0 as usize])
                .filter(|at| *at != usize::MAX)
                .collect();
            needs.sort_unstable();
            needs.dedup();
            needs
        })
        .collect();
    Local::new(threads).execute(&after, &|at, room| jobs.job(open[at], room));
}

fn untouched(plan: &Plan, task: TaskId) -> TaskReport {
    let state = if plan.is_stored(task) {
        TaskState::Stored
    } else {
        TaskState::Stopped
    };
    TaskReport {
        task,
        state,
        seconds: 0.0,
        warnings: Vec::new(),
    }
}

/// What became of every task. Those behind a failure are told from those that the user stopped.
fn reports(jobs: &Jobs<'_>) -> Vec<TaskReport> {
    let plan = jobs.plan;
    let mut all: Vec<TaskReport> = Vec::with_capacity(plan.tasks.len());
    for task in plan.ids() {
        let report = jobs
            .reports
            .get(task.0 as usize)
            .and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        let report = report.unwrap_or_else(|| {
            let mut report = untouched(plan, task);
            let because = plan.task(task).inputs.iter().find_map(|input| {
                match &all[input.task.0 as usize].state {
                    TaskState::Failed(_) => Some(input.task),
                    TaskState::Skipped(because) => Some(*because),
                    _ => None,
                }
            });
            if let (TaskState::Stopped, Some(because)) = (&report.state, because) {
                report.state = TaskState::Skipped(because);
                (jobs.observer)(Event::Skipped { task, because });
            }
            report
        });
        all.push(report);
    }
    all
}

/// Failures and warnings at their places. What replicas of a node have in common is said once.
fn diagnostics(graph: &Graph<'_>, report: &RunReport) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut told: BTreeSet<(MemberId, String)> = BTreeSet::new();
    let mut skipped: BTreeMap<TaskId, BTreeSet<MemberId>> = BTreeMap::new();
    for task in &report.tasks {
        let member = report.plan.task(task.task).member;
        if let TaskState::Skipped(because) = task.state
            && report.plan.task(because).member != member
        {
            skipped.entry(because).or_default().insert(member);
        }
    }
    for task in &report.tasks {
        let planned = report.plan.task(task.task);
        let label = graph.study.label(planned.member);
        let span = graph.study.declaration_of(planned.member).name_span;
        for warning in &task.warnings {
            if told.insert((planned.member, warning.clone())) {
                let finding = Diagnostic::new(codes::NODE_WARNING, format!("`{label}`: {warning}"));
                found.push(finding.at(span, "warned while it ran"));
            }
        }
        if task.state == TaskState::Superseded {
            let headline =
                format!("`{label}` came out with other bytes than another run has stored");
            let finding = Diagnostic::new(codes::RESULT_DIFFERS, headline)
                .at(span, "the result that was first stands");
            found.push(finding);
        }
        if let TaskState::Failed(fault) = &task.state
            && told.insert((planned.member, fault.text.clone()))
        {
            let who = match planned.part {
                Part::Replica(replica) => format!("`{label}` (replica {})", replica + 1),
                Part::Whole | Part::Gather(_) => format!("`{label}`"),
            };
            let mut finding = Diagnostic::new(fault.code, format!("{who} failed: {}", fault.text))
                .at(fault.span, "this has no result");
            if let Some(help) = &fault.help {
                finding = finding.help(help.clone());
            }
            if let Some(behind) = skipped.get(&task.task).map(BTreeSet::len) {
                let noun = if behind == 1 {
                    "node was"
                } else {
                    "nodes were"
                };
                finding = finding.note(format!("{behind} {noun} not run because of this"));
            }
            found.push(finding);
        }
    }
    found
}
