//! `synth run`

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use indexmap::IndexMap;

use super::StudyArguments;
use super::progress::{Progress, time};
use super::study::{Opened, open};
use crate::app::report::{draw, value_text};
use crate::app::table;
use crate::lang::diag::to_json;
use crate::lang::sema::Study;
use crate::run::engine::{
    Exit, Locked, Options, Outcome, Results, RunReport, TaskState, Verdict, run as run_study,
};
use crate::run::graph::{Graph, find_members, lock_of};
use crate::run::store::{Lock, Store};

#[derive(Debug, Clone, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Nodes to run, with what they need; left out: all
    nodes: Vec<String>,
    /// Threads to compute on; 0: all that there are
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Refuse to run anything but what the lock holds; `bits`: compare the results too
    #[arg(long, value_name = "bits", num_args = 0..=1, require_equals = true, default_missing_value = "keys")]
    locked: Option<String>,
    /// Stop at the first failure
    #[arg(long)]
    fail_fast: bool,
    /// Do not write the lock
    #[arg(long)]
    no_lock: bool,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
    /// Print for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &RunArguments) -> u8 {
    // What is stored is read while the recipe is checked.
    let root = arguments.study.store_root();
    let store = std::thread::spawn(move || Store::open(root));
    let Some(opened) = open(&arguments.study, arguments.json) else {
        return Exit::Check.code();
    };
    let Some((graph, warnings)) = opened.sound() else {
        return Exit::Check.code();
    };
    if !opened.json {
        opened.print(&warnings);
    }
    let Some(options) = options(arguments, &opened, &graph) else {
        return Exit::Check.code();
    };
    let store = store
        .join()
        .unwrap_or_else(|_| Store::open(opened.store_root()));
    let cancel = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&cancel);
    // A second Ctrl-C ends the process at once; what is stored is whole in either case.
    let _ = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Cancelled.code()));
        }
        eprintln!("stopping; what is finished is kept (Ctrl-C again: at once)");
    });
    let progress = Progress::new(arguments.quiet || opened.json);
    let report = run_study(
        &graph,
        &store,
        &options,
        &|event| progress.event(event),
        &cancel,
    );
    progress.finish();
    let exit = report.exit();
    if opened.json {
        print_json(&opened, &graph, &report);
        return exit.code();
    }
    print_tasks(&report);
    opened.print(&report.diagnostics);
    let results = Results::new(&graph, &report.plan, &store);
    if exit != Exit::Cancelled && !report.refused {
        let drawn = draw(
            &opened.checked.study,
            &opened.checked.sources,
            &results,
            &opened.reports(),
        );
        print!("{}", drawn.text);
        for missing in &drawn.missing {
            eprintln!("not shown: {missing}");
        }
        let outcomes = outcomes_text(&opened.checked.study, &report.outcomes);
        if !outcomes.is_empty() {
            print!("\n{outcomes}");
        }
        if let Some(folder) = drawn.files.first().and_then(|file| file.parent()) {
            println!("\n{} files in {}", drawn.files.len(), folder.display());
        }
        let whole = !report
            .tasks
            .iter()
            .any(|task| matches!(task.state, TaskState::Failed(_) | TaskState::Skipped(_)));
        if whole && options.locked.is_none() && options.targets.is_empty() && !arguments.no_lock {
            write_lock(&opened, &graph, &report);
        }
    }
    let code = exit.code();
    // The process ends here and its memory with it: taking a large study apart first would be for nothing.
    drop(results);
    std::mem::forget((report, graph));
    std::mem::forget(opened);
    code
}

fn options(arguments: &RunArguments, opened: &Opened, graph: &Graph<'_>) -> Option<Options> {
    let mut targets = Vec::new();
    for node in &arguments.nodes {
        match find_members(graph.study, node) {
            Ok(members) => targets.extend(members),
            Err(finding) => {
                opened.print_one(*finding);
                return None;
            }
        }
    }
    let locked = match arguments.locked.as_deref() {
        None => None,
        Some(form @ ("keys" | "bits")) => match Lock::read(&opened.lock_path()) {
            Ok(Some(lock)) => Some(Locked {
                lock,
                bits: form == "bits",
            }),
            Ok(None) => {
                eprintln!(
                    "there is no lock `{}`; a run without `--locked` writes it",
                    opened.lock_path().display()
                );
                return None;
            }
            Err(error) => {
                eprintln!("{error}");
                return None;
            }
        },
        Some(other) => {
            eprintln!("`--locked={other}` is not known; write `--locked` or `--locked=bits`");
            return None;
        }
    };
    Some(Options {
        threads: arguments.threads,
        targets,
        keep_going: !arguments.fail_fast,
        locked,
    })
}

fn write_lock(opened: &Opened, graph: &Graph<'_>, report: &RunReport) {
    let mut lock = lock_of(graph, &report.plan);
    env!("CARGO_PKG_VERSION").clone_into(&mut lock.synth_version);
    let path = opened.lock_path();
    if Lock::read(&path).ok().flatten().as_ref() == Some(&lock) {
        return;
    }
    if let Err(error) = lock.write(&path) {
        eprintln!("the lock was not written: {error}");
    }
}

/// The most nodes that are listed one by one.
const MOST_ROWS: usize = 40;

/// A table of nodes: families and replicas are counted together.
fn print_tasks(report: &RunReport) {
    let mut rows: IndexMap<&str, ([usize; 4], f64)> = IndexMap::new();
    for task in &report.tasks {
        let planned = report.plan.task(task.task);
        let name = planned
            .label
            .split(['[', ' '])
            .next()
            .unwrap_or(&planned.label);
        let (counts, seconds) = rows.entry(name).or_default();
        let column = match task.state {
            TaskState::Stored | TaskState::Reused => 0,
            TaskState::Finished | TaskState::Superseded => 1,
            TaskState::Failed(_) => 2,
            TaskState::Skipped(_) | TaskState::Stopped => 3,
        };
        counts[column] += 1;
        *seconds += task.seconds;
    }
    let count = |number: usize| {
        if number == 0 {
            String::new()
        } else {
            number.to_string()
        }
    };
    let all = rows.len();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .take(MOST_ROWS)
        .map(|(name, (counts, seconds))| {
            let mut row = vec![name.to_owned()];
            row.extend(counts.map(count));
            row.push(if seconds > 0.0 {
                time(seconds)
            } else {
                String::new()
            });
            row
        })
        .collect();
    let header = ["tasks of", "stored", "run", "failed", "not run", "time"].map(str::to_owned);
    print!("{}", table::aligned(&header, &rows));
    if all > MOST_ROWS {
        println!("  … and {} more nodes", all - MOST_ROWS);
    }
}

/// What became of the claims of a study: a line for each, with its reason and the two sides below.
pub(crate) fn outcomes_text(study: &Study, outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let mark = match &outcome.verdict {
            Verdict::Holds => "holds",
            Verdict::Fails => "FAILS",
            Verdict::Undecided(_) => "undecided",
        };
        let about = outcome
            .about
            .map(|member| format!(" for {}", study.label(member)))
            .unwrap_or_default();
        let _ = writeln!(out, "{mark}: {}{about}", outcome.text);
        if let Some(doc) = &outcome.doc {
            let _ = writeln!(out, "    {}", doc.replace('\n', "\n    "));
        }
        if let (Some(left), Some(right)) = (&outcome.left, &outcome.right) {
            let sigmas = outcome
                .margin_in_sigmas()
                .map(|sigmas| format!(", margin {sigmas:.1} standard errors"))
                .unwrap_or_default();
            let (left, right) = (value_text(left), value_text(right));
            let _ = writeln!(out, "    {left} against {right}{sigmas}");
        }
        if let Verdict::Undecided(reason) = &outcome.verdict {
            let _ = writeln!(out, "    {reason}");
        }
    }
    out
}

fn print_json(opened: &Opened, graph: &Graph<'_>, report: &RunReport) {
    let tasks: Vec<serde_json::Value> = report
        .tasks
        .iter()
        .map(|task| {
            let planned = report.plan.task(task.task);
            let (state, text) = match &task.state {
                TaskState::Stored => ("stored", None),
                TaskState::Finished => ("finished", None),
                TaskState::Superseded => ("superseded", None),
                TaskState::Reused => ("reused", None),
                TaskState::Failed(fault) => ("failed", Some(fault.text.clone())),
                TaskState::Skipped(_) => ("skipped", None),
                TaskState::Stopped => ("stopped", None),
            };
            serde_json::json!({
                "node": planned.label,
                "key": planned.key.to_string(),
                "state": state,
                "text": text,
                "seconds": task.seconds,
                "warnings": task.warnings,
            })
        })
        .collect();
    let outcomes: Vec<serde_json::Value> = report
        .outcomes
        .iter()
        .map(|outcome| {
            serde_json::json!({
                "text": outcome.text,
                "about": outcome.about.map(|member| graph.study.label(member)),
                "verdict": match &outcome.verdict { Verdict::Holds => "holds", Verdict::Fails => "fails", Verdict::Undecided(_) => "undecided" },
                "reason": match &outcome.verdict { Verdict::Undecided(reason) => Some(reason.clone()), _ => None },
                "left": outcome.left.as_ref().and_then(crate::lang::sema::Value::as_f64),
                "right": outcome.right.as_ref().and_then(crate::lang::sema::Value::as_f64),
                "standard_error": outcome.standard_error,
            })
        })
        .collect();
    let all = serde_json::json!({
        "study": opened.path.display().to_string(),
        "exit": report.exit().code(),
        "tasks": tasks,
        "expectations": outcomes,
        "diagnostics": to_json(&report.diagnostics, &opened.checked.sources),
    });
    println!("{all:#}");
}
