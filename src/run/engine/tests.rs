use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fake::World;
use super::{Event, Exit, Locked, Options, Results, RunReport, TaskState, Verdict, run};
use crate::lang::diag::codes::run as codes;
use crate::lang::sema::Study;
use crate::run::graph::{State, compare_keys, elaborate, find_members, lock_of, plan};
use crate::run::store::{Lock, Store};

/// Checks, plans and runs a recipe on a store.
fn run_with(world: &mut World, store: &Store, text: &str, options: &Options) -> (Study, RunReport) {
    let study = world.study(text);
    world.cancel.store(false, Ordering::SeqCst);
    let graph = elaborate(&study, &world.registry, &world.loader);
    assert!(!graph.has_errors(), "{:#?}", graph.diagnostics);
    let report = run(&graph, store, options, &|_| {}, &world.cancel);
    drop(graph);
    (study, report)
}

/// Runs a study and says what its lock holds then.
fn locked(world: &mut World, store: &Store, text: &str) -> Lock {
    let (study, report) = run_with(world, store, text, &Options::default());
    let graph = elaborate(&study, &world.registry, &world.loader);
    lock_of(&graph, &report.plan)
}

fn quick(world: &mut World, store: &Store, text: &str) -> RunReport {
    run_with(world, store, text, &Options::default()).1
}

fn fresh() -> (World, tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join(".synth"));
    (World::new(), folder, store)
}

#[test]
fn a_second_run_does_nothing_and_a_change_runs_what_depends_on_it() {
    let (mut world, _folder, store) = fresh();
    let text = "source a { number: 2 }\nsource b { of: a }\nsource c { number: 5 }\nsource d { of: b, and: c }\n";
    let report = quick(&mut world, &store, text);
    assert_eq!(report.exit(), Exit::Fine);
    assert_eq!(world.taken(), ["a", "b", "c", "d"]);
    let report = quick(&mut world, &store, text);
    assert!(world.taken().is_empty());
    assert!(
        report
            .tasks
            .iter()
            .all(|task| task.state == TaskState::Stored)
    );
    quick(&mut world, &store, &text.replace("number: 5", "number: 6"));
    assert_eq!(world.taken(), ["c", "d"]);
    // Back to the first: nothing is lost.
    quick(&mut world, &store, text);
    assert!(world.taken().is_empty());
}

#[test]
fn replicas_are_nodes_of_their_own() {
    let (mut world, _folder, store) = fresh();
    quick(&mut world, &store, "noisy n { replicas: 8 }\n");
    assert_eq!(world.taken().len(), 8);
    quick(&mut world, &store, "noisy n { replicas: 16 }\n");
    let mut expected: Vec<String> = (8..16).map(|replica| format!("n {replica}")).collect();
    expected.sort();
    assert_eq!(world.taken(), expected);
}

#[test]
fn growing_a_family_leaves_the_others_alone() {
    let (mut world, _folder, store) = fresh();
    let text = |list: &str| format!("noisy n for x in [{list}] {{ scale: x, replicas: 2 }}\n");
    let (first_study, first) = run_with(&mut world, &store, &text("1, 2"), &Options::default());
    world.taken();
    let (second_study, second) =
        run_with(&mut world, &store, &text("3, 1, 2"), &Options::default());
    assert_eq!(world.taken(), ["n[x: 3] 0", "n[x: 3] 1"]);
    for label in ["n[x: 1]", "n[x: 2]"] {
        let state = |study: &Study, report: &RunReport| {
            let member = find_members(study, label).unwrap()[0];
            report
                .plan
                .task(report.plan.of_member(member).unwrap())
                .state
                .clone()
        };
        assert_eq!(
            state(&first_study, &first),
            state(&second_study, &second),
            "{label}"
        );
    }
}

#[test]
fn an_input_rerun_to_the_same_bytes_stops_there() {
    let (mut world, _folder, store) = fresh();
    let text = |number: &str| {
        format!(
            "source a {{ number: {number}, act: round_down }}\nsource b {{ of: a }}\nsource c {{ of: b, shape: 5 }}\n"
        )
    };
    quick(&mut world, &store, &text("1.2"));
    assert_eq!(world.taken(), ["a", "b", "c"]);
    let report = quick(&mut world, &store, &text("1.4"));
    assert_eq!(world.taken(), ["a"]);
    let states: Vec<&TaskState> = report.tasks.iter().map(|task| &task.state).collect();
    assert_eq!(
        states,
        [&TaskState::Finished, &TaskState::Reused, &TaskState::Reused]
    );
    quick(&mut world, &store, &text("1.4"));
    assert!(world.taken().is_empty());
    quick(&mut world, &store, &text("2.4"));
    assert_eq!(world.taken(), ["a", "b", "c"]);
}

#[test]
fn a_failure_leaves_independent_branches_running() {
    let (mut world, _folder, store) = fresh();
    let text = "source bad { act: fail }\nsource behind { of: bad }\nsource further { of: behind }\nsource good { number: 3 }\n\
                expect good.value > 2\nexpect behind.value > 2\n";
    let report = quick(&mut world, &store, text);
    assert_eq!(world.taken(), ["bad", "good"]);
    assert_eq!(report.exit(), Exit::Node);
    let failed = report.tasks[0].task;
    assert!(
        matches!(&report.tasks[0].state, TaskState::Failed(fault) if fault.text == "the crucible broke")
    );
    assert_eq!(report.tasks[1].state, TaskState::Skipped(failed));
    assert_eq!(report.tasks[2].state, TaskState::Skipped(failed));
    assert_eq!(report.tasks[3].state, TaskState::Finished);
    let finding = &report.diagnostics[0];
    assert_eq!(finding.code, codes::NODE_FAILED);
    assert_eq!(finding.help.as_deref(), Some("buy another one"));
    assert_eq!(finding.notes, ["2 nodes were not run because of this"]);
    assert_eq!(report.outcomes[0].verdict, Verdict::Holds);
    assert!(
        matches!(&report.outcomes[1].verdict, Verdict::Undecided(reason) if reason.contains("behind"))
    );
    // What failed is tried again, what is there is not.
    quick(&mut world, &store, text);
    assert_eq!(world.taken(), ["bad"]);
}

#[test]
fn a_fault_of_the_program_is_told_and_takes_nothing_with_it() {
    let (mut world, _folder, store) = fresh();
    let report = quick(
        &mut world,
        &store,
        "source bad { act: fault }\nsource good { number: 3 }\n",
    );
    assert_eq!(report.exit(), Exit::Node);
    assert_eq!(report.diagnostics[0].code, codes::FAULT_OF_THE_PROGRAM);
    assert!(
        report.diagnostics[0]
            .headline
            .contains("a crack in the program")
    );
    assert_eq!(report.tasks[1].state, TaskState::Finished);
}

#[test]
fn stopping_keeps_what_is_finished() {
    let (mut world, _folder, store) = fresh();
    let text = "source a { number: 1 }\nsource b { of: a, act: stop }\nsource c { of: b }\n";
    let report = run_with(
        &mut world,
        &store,
        text,
        &Options {
            threads: 1,
            ..Options::default()
        },
    )
    .1;
    assert_eq!(report.exit(), Exit::Cancelled);
    let states: Vec<&TaskState> = report.tasks.iter().map(|task| &task.state).collect();
    assert_eq!(
        states,
        [
            &TaskState::Finished,
            &TaskState::Stopped,
            &TaskState::Stopped
        ]
    );
    world.taken();
    let report = quick(&mut world, &store, &text.replace(", act: stop", ""));
    assert_eq!(world.taken(), ["b", "c"]);
    assert_eq!(report.exit(), Exit::Fine);
}

#[test]
fn a_field_may_be_the_result_of_a_run() {
    let (mut world, _folder, store) = fresh();
    let text =
        "source a { number: 3 }\nsource b { number: 2 * a.value + 1 }\nexpect b.value == 7\n";
    let report = quick(&mut world, &store, text);
    assert_eq!(
        report.exit(),
        Exit::Fine,
        "{:?} {:?}",
        report.diagnostics,
        report.outcomes
    );
    let report = quick(&mut world, &store, &text.replace("+ 1", "- 10"));
    assert_eq!(report.exit(), Exit::Node);
    let finding = &report.diagnostics[0];
    assert_eq!(finding.code, codes::VALUE_OUT_OF_RANGE);
    assert!(
        finding.headline.contains("`number` of `b` came out as -4"),
        "{}",
        finding.headline
    );
    let report = quick(
        &mut world,
        &store,
        "source a { number: 404 }\nsource b { number: a.value }\n",
    );
    assert_eq!(report.diagnostics[0].code, codes::NO_VALUE);
    assert!(report.diagnostics[0].headline.contains("it never formed"));
}

#[test]
fn expectations_count_standard_errors() {
    let (mut world, _folder, store) = fresh();
    let text = "noisy n { replicas: 16 }\nnoisy one { replicas: 1 }\n\
                expect n.value > 0 by 2 sigma\nexpect n.value > 128 by 50 sigma\nexpect n.value < 1 by 1000\n\
                expect 3 > 2 by 2 sigma\nexpect n.value < 256\n";
    let report = quick(&mut world, &store, text);
    let verdicts: Vec<&Verdict> = report
        .outcomes
        .iter()
        .map(|outcome| &outcome.verdict)
        .collect();
    assert_eq!(verdicts[0], &Verdict::Holds);
    assert_eq!(verdicts[1], &Verdict::Fails);
    assert_eq!(verdicts[2], &Verdict::Fails);
    assert!(matches!(verdicts[3], Verdict::Undecided(_)));
    assert_eq!(verdicts[4], &Verdict::Holds);
    assert_eq!(report.exit(), Exit::Expectation);
    let first = &report.outcomes[0];
    let sigmas = first.margin_in_sigmas().unwrap();
    let (mean, error) = (
        first.margin.as_ref().unwrap().as_f64().unwrap(),
        first.standard_error.unwrap(),
    );
    assert!((sigmas - mean / error).abs() < 1e-12);
    // The margin is positive in the claimed direction.
    let last = &report.outcomes[4];
    assert!((last.margin.as_ref().unwrap().as_f64().unwrap() - (256.0 - mean)).abs() < 1e-9);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let text = "noisy n for x in [1, 2, 3] { scale: x, replicas: 5 }\nsource s { of: n[x: 2] }\n";
    let states = [1, 2, 4].map(|threads| {
        let (mut world, _folder, store) = fresh();
        let options = Options {
            threads,
            ..Options::default()
        };
        let report = run_with(&mut world, &store, text, &options).1;
        let all: Vec<(String, State)> = report
            .plan
            .tasks
            .iter()
            .map(|task| (task.key.to_string(), task.state.clone()))
            .collect();
        assert!(
            all.iter()
                .all(|(_, state)| matches!(state, State::Stored(_)))
        );
        all
    });
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], states[2]);
}

#[test]
fn a_locked_run_refuses_other_keys() {
    let (mut world, _folder, store) = fresh();
    let text = "source a { number: 3 }\nsource b { of: a }\nsource c { of: b }\n";
    let lock = locked(&mut world, &store, text);
    let locked = |bits| Options {
        locked: Some(Locked {
            lock: lock.clone(),
            bits,
        }),
        ..Options::default()
    };
    assert_eq!(
        run_with(&mut world, &store, text, &locked(true)).1.exit(),
        Exit::Fine
    );
    let renamed = text
        .replace("source a", "source first")
        .replace("of: a", "of: first");
    assert_eq!(
        run_with(&mut world, &store, &renamed, &locked(false))
            .1
            .exit(),
        Exit::Fine
    );
    world.taken();
    let (_, report) = run_with(&mut world, &store, &text.replace('3', "4"), &locked(false));
    assert_eq!(report.exit(), Exit::Check);
    assert!(world.taken().is_empty());
    // Only where it begins.
    assert_eq!(report.diagnostics.len(), 1);
    assert!(
        report.diagnostics[0].headline.contains("`a`"),
        "{:?}",
        report.diagnostics
    );
    // Other bits under the same key.
    let mut tampered = lock.clone();
    tampered.nodes.get_mut("b").unwrap().artifact = lock.nodes["a"].artifact.map(|mut digest| {
        digest.0[0] ^= 1;
        digest
    });
    let options = Options {
        locked: Some(Locked {
            lock: tampered,
            bits: true,
        }),
        ..Options::default()
    };
    let (_, report) = run_with(&mut world, &store, text, &options);
    assert_eq!(report.diagnostics[0].code, codes::LOCKED_BITS_DIFFER);
    assert_eq!(report.exit(), Exit::Check);
}

#[test]
fn a_study_that_does_not_fit_the_lock_names_the_file() {
    let (mut world, _folder, store) = fresh();
    world.loader.files.insert("data.csv".into(), b"1".to_vec());
    let text = "source a { file: \"data.csv\" }\n";
    let lock = locked(&mut world, &store, text);
    world.loader.files.insert("data.csv".into(), b"2".to_vec());
    let study = world.study(text);
    let graph = elaborate(&study, &world.registry, &world.loader);
    let found = compare_keys(&graph, &plan(&graph, &store, &[]), &lock);
    assert_eq!(found[0].notes, ["the file data has changed"]);
}

#[test]
fn events_tell_the_whole_run() {
    let (mut world, _folder, store) = fresh();
    let study = world.study("source a { act: fail }\nsource b { of: a }\nsource c { number: 1 }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    let seen = Mutex::new(Vec::new());
    let options = Options {
        threads: 1,
        ..Options::default()
    };
    run(
        &graph,
        &store,
        &options,
        &|event| {
            let text = match event {
                Event::Planned { plan } => format!("planned {}", plan.tasks.len()),
                Event::Started { task } => format!("started {}", task.0),
                Event::Progress { task, done, total } => {
                    format!("progress {} {done}/{total}", task.0)
                }
                Event::Finished { task, .. } => format!("finished {}", task.0),
                Event::Failed { task, text } => format!("failed {} {text}", task.0),
                Event::Skipped { task, because } => {
                    format!("skipped {} because {}", task.0, because.0)
                }
                other => format!("{other:?}"),
            };
            seen.lock().unwrap().push(text);
        },
        &AtomicBool::new(false),
    );
    assert_eq!(
        seen.into_inner().unwrap(),
        [
            "planned 3",
            "started 0",
            "failed 0 the crucible broke",
            "started 2",
            "progress 2 1/1",
            "finished 2",
            "skipped 1 because 0"
        ]
    );
}

#[test]
fn two_runs_on_one_store_compute_everything_once() {
    let (mut world, folder, _) = fresh();
    let study = world.study("noisy n { replicas: 12 }\nsource s { of: n }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Each with a store object of its own, as two processes have.
                let store = Store::open(folder.path().join(".synth"));
                let report = run(
                    &graph,
                    &store,
                    &Options::default(),
                    &|_| {},
                    &AtomicBool::new(false),
                );
                assert_eq!(report.exit(), Exit::Fine, "{:?}", report.diagnostics);
            });
        }
    });
    assert_eq!(world.taken().len(), 13);
}

#[test]
fn a_store_that_cannot_be_written_is_a_clear_failure() {
    let (mut world, folder, _) = fresh();
    std::fs::write(folder.path().join("file"), "not a folder").unwrap();
    let store = Store::open(folder.path().join("file"));
    let report = quick(&mut world, &store, "source a { number: 1 }\n");
    assert_eq!(report.exit(), Exit::Node);
    assert_eq!(report.diagnostics[0].code, codes::STORE);
}

#[test]
fn with_targets_only_their_expectations_are_looked_at() {
    let (mut world, _folder, store) = fresh();
    let text = "source a { number: 3 }\nsource b { number: 4 }\nexpect a.value == 3\nexpect b.value == 5\n";
    let study = world.study(text);
    let targets = find_members(&study, "a").unwrap();
    let report = run_with(
        &mut world,
        &store,
        text,
        &Options {
            targets,
            ..Options::default()
        },
    )
    .1;
    assert_eq!(world.taken(), ["a"]);
    assert_eq!(report.outcomes.len(), 1);
    assert_eq!(report.exit(), Exit::Fine);
}

#[test]
fn results_are_there_after_the_run() {
    let (mut world, _folder, store) = fresh();
    let (study, report) = run_with(
        &mut world,
        &store,
        "source a { number: 3 }\nlet twice = 2 * a.value\n",
        &Options::default(),
    );
    let graph = elaborate(&study, &world.registry, &world.loader);
    let results = Results::new(&graph, &report.plan, &store);
    assert_eq!(results.value(&study.lets[0].1).unwrap().as_f64(), Some(6.0));
}

/// `cargo test --release -- --ignored no_op --nocapture`
#[test]
#[ignore = "measures"]
fn no_op_run_of_3000_nodes() {
    let (mut world, folder, store) = fresh();
    let mut text = String::new();
    for chain in 0..1000 {
        text.push_str(&format!(
            "source a{chain} {{ number: {chain} }}\nsource b{chain} {{ of: a{chain} }}\nsource c{chain} {{ of: b{chain} }}\n"
        ));
    }
    let study = world.study(&text);
    let graph = elaborate(&study, &world.registry, &world.loader);
    let started = std::time::Instant::now();
    run(
        &graph,
        &store,
        &Options::default(),
        &|_| {},
        &AtomicBool::new(false),
    );
    println!("first run: {:?}", started.elapsed());
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let store = Store::open(folder.path().join(".synth"));
        let opened = started.elapsed();
        let started = std::time::Instant::now();
        let graph = elaborate(&study, &world.registry, &world.loader);
        let elaborated = started.elapsed();
        let started = std::time::Instant::now();
        let report = run(
            &graph,
            &store,
            &Options::default(),
            &|_| {},
            &AtomicBool::new(false),
        );
        let ran = started.elapsed();
        assert!(
            report
                .tasks
                .iter()
                .all(|task| task.state == TaskState::Stored)
        );
        println!("open {opened:?}, elaborate {elaborated:?}, run {ran:?}");
    }
}
