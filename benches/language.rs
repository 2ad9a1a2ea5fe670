//! How long checking takes, and how long a run takes that has nothing to do.
//!
//! `cargo bench --bench language`. The ratio to Snakemake is printed where `snakemake` is installed.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use synth::lang::sema::{Options, check};
use synth::lang::source::MemoryLoader;
use synth::run::graph::elaborate;

fn best_of<T>(times: usize, mut work: impl FnMut() -> T) -> f64 {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Half `let`, half schedules of three or four steps; 65 bytes each.
fn declarations(count: usize) -> String {
    let mut text = String::from("param top = 1100 °C\n\n");
    for at in 0..count / 2 {
        let _ = writeln!(text, "let value_{at} = 2 * {at} K + 3 K");
        let _ = writeln!(
            text,
            "schedule firing_{at} {{\n  start 25 °C\n  ramp to top at 5 K/min\n  hold for {at} min\n  cool to 25 °C at 10 K/min\n}}"
        );
    }
    text.replace("hold for 0 min", "hold for 1 min")
}

fn checking() {
    let registry = synth::kinds::registry();
    let mut seconds = Vec::new();
    for count in [10_000, 20_000] {
        let text = declarations(count);
        let loader = MemoryLoader::default().with("study.synth", &text);
        let time = best_of(3, || {
            let checked = check(
                "study.synth",
                &loader,
                registry.vocabulary(),
                &Options::default(),
            );
            assert!(!checked.has_errors(), "{:#?}", checked.diagnostics.first());
            elaborate(&checked.study, &registry, &loader)
                .diagnostics
                .len()
        });
        println!(
            "check {count} declarations ({:.1} MB): {:.3} s",
            text.len() as f64 / 1e6,
            time
        );
        seconds.push(time);
    }
    println!(
        "  twice as many take {:.2} times as long (bar: about 2)",
        seconds[1] / seconds[0]
    );
    println!("  bar: 20000 in 0.5 s; here {:.3} s", seconds[1]);
    let ordinary = include_str!("../examples/batio3.synth");
    let loader = MemoryLoader::default().with("study.synth", ordinary);
    let time = best_of(5, || {
        let checked = check(
            "study.synth",
            &loader,
            registry.vocabulary(),
            &Options::default(),
        );
        elaborate(&checked.study, &registry, &loader)
            .diagnostics
            .len()
    });
    println!("check an ordinary study: {:.1} ms (bar: 10 ms)", time * 1e3);
}

const HEAD: &str = "use std.batio\nsystem e { elements: [Ba, Ti, O] }\nphases p { system: e, source: batio.measured_only }\n\
                    reactions r { phases: p, between: [BaO, TiO2(rutile)], every: 500 K, within: 0 eV }\n\
                    schedule s {\n  start 1000 K\n  hold for 1 sweeps\n}\n";

fn written_out(chains: usize) -> String {
    let mut text = String::from(HEAD);
    for at in 0..chains {
        let common = "reactions: r, schedule: s, grid: [3, 3, 3], realisations: 1";
        let _ = writeln!(
            text,
            "synthesis a_{at} {{ {common}, seed: {at}, precursors: BaO + TiO2(rutile) }}"
        );
        let _ = writeln!(text, "synthesis b_{at} {{ {common}, start_from: a_{at} }}");
        let _ = writeln!(text, "synthesis c_{at} {{ {common}, start_from: b_{at} }}");
    }
    text
}

fn as_families(chains: usize) -> String {
    let common = "reactions: r\n  schedule: s\n  grid: [3, 3, 3]\n  realisations: 1";
    format!(
        "{HEAD}synthesis a for n in 1 .. {chains} step 1 {{\n  {common}\n  seed: n\n  precursors: BaO + TiO2(rutile)\n}}\n\
         synthesis b for one in a {{\n  {common}\n  start_from: one\n}}\n\
         synthesis c for one in b {{\n  {common}\n  start_from: one\n}}\n"
    )
}

fn synth(folder: &Path, study: &str) -> f64 {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_synth"))
        .args([
            "run",
            study,
            "--quiet",
            "--no-lock",
            "--store",
            &format!("store_{study}"),
        ])
        .current_dir(folder)
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    start.elapsed().as_secs_f64()
}

fn nothing_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ours = f64::INFINITY;
    for (name, text) in [
        ("written.synth", written_out(1000)),
        ("families.synth", as_families(1000)),
    ] {
        std::fs::write(folder.path().join(name), text).expect("written");
        let first = synth(folder.path(), name);
        let again = (0..5)
            .map(|_| synth(folder.path(), name))
            .fold(f64::INFINITY, f64::min);
        println!(
            "3000 nodes in 1000 chains ({name}): first run {first:.1} s, with nothing to do {:.0} ms (bar: 60 ms)",
            again * 1e3
        );
        ours = ours.min(again);
    }
    let snakefile = "rule all:\n    input: expand('c_{n}', n=range(1000))\n\
                     rule a:\n    output: 'a_{n}'\n    shell: 'touch {output}'\n\
                     rule b:\n    input: 'a_{n}'\n    output: 'b_{n}'\n    shell: 'touch {output}'\n\
                     rule c:\n    input: 'b_{n}'\n    output: 'c_{n}'\n    shell: 'touch {output}'\n";
    std::fs::write(folder.path().join("Snakefile"), snakefile).expect("written");
    for prefix in ["a", "b", "c"] {
        for at in 0..1000 {
            std::fs::write(folder.path().join(format!("{prefix}_{at}")), "").expect("written");
        }
    }
    let snakemake = |arguments: &[&str]| {
        Command::new("snakemake")
            .args(arguments)
            .current_dir(folder.path())
            .output()
    };
    match snakemake(&["--cores", "1", "--touch"]) {
        Ok(output) if output.status.success() => {
            let time = best_of(3, || {
                snakemake(&["--cores", "1"])
                    .expect("it ran before")
                    .status
                    .success()
            });
            println!(
                "Snakemake with nothing to do on the same graph: {time:.2} s, {:.0} times ours",
                time / ours
            );
        }
        _ => println!("Snakemake is not installed: no ratio"),
    }
}

fn main() {
    checking();
    nothing_to_do();
}
