//! The program as a user meets it: the README's commands, what runs again after a change, and bad input.

mod common;

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Output};

use synth::physics::io::NpzReader;

use common::{Bench, STUDY, root, synth, text};

#[test]
fn a_phase_is_known_by_its_atoms_however_it_is_spelled() {
    let spelled = STUDY.replace("TiO2(rutile)", "O2Ti(rutile)");
    let bench = Bench::new(&format!("{spelled}expect fired.final(O2Ti(rutile)) < 1\n"));
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn only_what_changed_runs_again() {
    let bench = Bench::new(STUDY);
    assert_eq!(bench.open(&[]).len(), 8);
    let (code, shown) = bench.run(&[]);
    assert_eq!(code, 0, "{shown}");
    assert!(bench.open(&[]).is_empty());
    // Other words for the same thing.
    let same = STUDY
        .replace("hold for 6 h", "hold for 3 h // half\n  hold for 180 min")
        .replace("1100 °C", "1373.15 K")
        .replace("hull", "candidates")
        .replace(
            "  grid: [6, 6, 6]\n  realisations: 2\n",
            "  realisations: 2\n  conserve: exact\n  grid: [6, 6, 6]\n",
        );
    bench.write(&same);
    assert_eq!(bench.open(&[]), Vec::<String>::new());
    // A longer hold: the firings, not the reactions.
    bench.write(&STUDY.replace("6 h", "7 h"));
    let open = bench.open(&[]);
    assert_eq!(open.len(), 6, "{open:?}");
    assert!(open.iter().all(|name| name.starts_with("fired")));
    let why = synth(
        bench.folder.path(),
        &["why", "study.synth", "fired[ratio: 1]"],
    );
    assert!(
        text(&why).contains("6 h") && text(&why).contains("7 h"),
        "{}",
        text(&why)
    );
    // More realisations: the new ones, and what joins them.
    bench.write(&STUDY.replace("realisations: 2", "realisations: 3"));
    let open = bench.open(&[]);
    assert_eq!(open.len(), 4, "{open:?}");
    // Another member: the old ones stay.
    bench.write(&STUDY.replace("[1, 2]", "[1, 2, 0.5]"));
    let open = bench.open(&[]);
    assert!(
        open.len() == 3 && open.iter().all(|name| name.contains("0.5")),
        "{open:?}"
    );
    assert_eq!(
        bench
            .open(&["--set", "top=1000 °C"])
            .iter()
            .filter(|name| name.starts_with("fired"))
            .count(),
        9
    );
}

/// Every cell of a snapshot has a name in the artifact that the run gathered from its realisations.
#[test]
fn snapshots_are_stored_with_the_names_of_their_phases() {
    let bench = Bench::new(&STUDY.replace(
        "  realisations: 2\n",
        "  realisations: 2\n  snapshots: 40 sweeps\n",
    ));
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    let store = bench.folder.path().join(".synth");
    let files = gathered_files(&store, "fired[ratio: 2]");
    let read = |name: &str| {
        let digest = files[name]["digest"].as_str().expect("a digest");
        let digest = digest.split(':').next_back().expect("hexadecimal");
        std::fs::read(store.join("blobs").join(&digest[..2]).join(digest)).expect("a blob")
    };
    let names: std::collections::BTreeMap<u16, String> =
        serde_json::from_slice(&read("snapshot_phases.json")).expect("names by number");
    assert!(files.contains_key("snapshots_1.npz"), "{files:?}");
    let mut snapshots = NpzReader::new(Cursor::new(read("snapshots_0.npz"))).expect("an archive");
    let cells = snapshots.array::<u16>("cells_0000").expect("cells");
    assert_eq!(cells.shape(), [6, 6, 6]);
    let mut counts = std::collections::BTreeMap::new();
    for cell in &cells {
        *counts.entry(names[cell].as_str()).or_insert(0) += 1;
    }
    // What was mixed, two to one in moles: of 216 cells, by volume, 216 · 2 · 41.8 / (2 · 41.8 + 31.2) are BaO.
    assert_eq!(
        counts.keys().copied().collect::<Vec<_>>(),
        ["BaO", "TiO2(rutile)"]
    );
    assert!((140..=175).contains(&counts["BaO"]), "{counts:?}");
}

/// The files of the stored result of a replicated node as a whole, by name.
fn gathered_files(store: &Path, node: &str) -> serde_json::Map<String, serde_json::Value> {
    let mut folders = vec![store.join("keys")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(path).expect("a manifest");
            let manifest: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            let files = manifest["files"].as_object().expect("files");
            let name = manifest["node"].as_str().expect("a name");
            if name.starts_with(node) && files.contains_key("fractions_by_mass.csv") {
                return files.clone();
            }
        }
    }
    panic!("`{node}` is not stored")
}

#[test]
fn one_and_two_threads_give_the_same_bytes_and_the_lock_holds_them() {
    let (one, two) = (Bench::new(STUDY), Bench::new(STUDY));
    assert_eq!(one.run(&["--threads", "1"]).0, 0);
    assert_eq!(two.run(&["--threads", "2"]).0, 0);
    assert_eq!(one.lock(), two.lock());
    assert_eq!(one.run(&["--locked"]).0, 0);
    assert_eq!(one.run(&["--locked=bits"]).0, 0);
    one.write(&STUDY.replace("6 h", "7 h"));
    let (code, shown) = one.run(&["--locked"]);
    assert_eq!(code, 1, "{shown}");
    assert_eq!(Bench::new(STUDY).run(&["--locked"]).0, 1);
}

#[test]
fn exit_codes_say_what_happened() {
    let bench = Bench::new(&STUDY.replace('>', "<"));
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("FAILS"), "{shown}");
    let (code, shown) = Bench::new(&STUDY.replace("hold for 6 h", "hold for 6 K")).run(&[]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("E0303"), "{shown}");
}

#[test]
fn bad_input_is_answered_clearly() {
    let bench = Bench::new("");
    let path = bench.folder.path().join("study.synth");
    let check = |expected: &str| {
        let output = synth(bench.folder.path(), &["check", "study.synth"]);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("panicked"), "{shown}");
    };
    std::fs::write(&path, b"let x = \xff\xfe\n").expect("written");
    check("not valid UTF-8");
    std::fs::write(&path, "(".repeat(200_000)).expect("written");
    check("E0112");
    let file = std::fs::File::create(&path).expect("a file");
    file.set_len(100 << 20).expect("a large file");
    drop(file);
    check("larger than 16 MB");
    std::fs::remove_file(&path).expect("removed");
    check("there is no file");
    bench.write(&STUDY.replace("batio.thermochemistry", "\"rows.csv\""));
    check("there is no file `rows.csv`");
    let rows = bench.folder.path().join("rows.csv");
    for broken in [
        "",
        "phase,T_K,dGf_eV\nBaO,300",
        "phase,T_K,dGf_eV\nBaO,hot,-5\nXx,300,-1\n",
        "\u{0}\u{1}",
    ] {
        std::fs::write(&rows, broken).expect("written");
        let shown = text(&synth(bench.folder.path(), &["check", "study.synth"]));
        assert!(
            shown.contains("rows.csv") && !shown.contains("panicked"),
            "{shown}"
        );
    }
    let shown = text(&synth(
        bench.folder.path(),
        &["run", "study.synth", "--set", "topp=3 K"],
    ));
    assert!(shown.contains("top") && shown.contains("E0211"), "{shown}");
}

#[test]
fn a_store_that_cannot_be_written_fails_the_nodes_and_says_so() {
    let bench = Bench::new(STUDY);
    std::fs::write(bench.folder.path().join("file"), "").expect("written");
    let (code, shown) = bench.run(&["--store", "file/store", "--quiet"]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("could not be created"), "{shown}");
}

#[test]
fn two_runs_on_one_store_agree() {
    let bench = Bench::new(STUDY);
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_synth"))
            .args(["run", "study.synth", "--quiet", "--no-lock"])
            .current_dir(bench.folder.path())
            .output()
            .expect("the program runs")
    };
    let outputs: Vec<Output> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(start)).collect();
        runs.into_iter()
            .map(|run| run.join().expect("no panic"))
            .collect()
    });
    for output in &outputs {
        assert_eq!(output.status.code(), Some(0), "{}", text(output));
    }
    assert!(bench.open(&[]).is_empty());
}

#[test]
fn examples_are_sound_and_in_standard_form() {
    for folder in ["examples", "stdlib"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_none_or(|extension| extension != "synth")
            {
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            let output = synth(root(), &["fmt", "--check", &name]);
            assert!(output.status.success(), "{}", text(&output));
            if folder == "examples" {
                let output = synth(root(), &["check", &name]);
                assert!(output.status.success(), "{}", text(&output));
            }
        }
    }
}

/// The commands of the console blocks, each with the lines that must appear, in order, in what it prints.
fn readme_commands() -> Vec<(String, Vec<String>)> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), Vec::new())),
                None if line != "…" => {
                    if let Some((_, lines)) = commands.last_mut() {
                        lines.push(line.to_owned());
                    }
                }
                None => {}
            }
        }
    }
    commands
}

/// Words of a command line; double quotes keep spaces.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("a word").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    for name in ["batio3.synth", "argon.synth", "argon.yaml", "argon.asi"] {
        let from = root().join("examples").join(name);
        std::fs::copy(from, folder.path().join("examples").join(name)).expect("copied");
    }
    let commands = readme_commands();
    assert!(commands.len() > 10);
    for (command, expected) in commands {
        let mut words = words(&command);
        if command.starts_with("cargo run --release -- ") {
            words.drain(..4);
            // What the first block stores must not decide what the second one shows.
            words.extend(["--store".into(), "first".into(), "--no-lock".into()]);
        } else if command.starts_with("cargo ") {
            // This very test, and the benchmarks.
            continue;
        } else {
            assert_eq!(words.remove(0), "synth", "{command}");
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = synth(folder.path(), &words);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(0), "{command}\n{shown}");
        let mut rest = shown.as_str();
        for line in expected {
            let at = rest
                .find(&line)
                .unwrap_or_else(|| panic!("`{command}` does not print `{line}`:\n{shown}"));
            rest = &rest[at + line.len()..];
        }
    }
}

/// What the prompt answers to these lines.
fn prompt(folder: &Path, arguments: &[&str], lines: &str) -> String {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_synth"))
        .arg("repl")
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(lines.as_bytes())
        .expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

#[test]
fn the_prompt_answers_redefines_recovers_and_saves() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = prompt(
        folder.path(),
        &[],
        "(300 K) in degC\nlet hold = 6 h\n2 * hold\nlet hold = 7 h\n2 * hold\nsystem s {\n  elements: [Ba, Xx]\n}\n\
         system s {\n  elements: [Ba, O]\n}\n:type hold\n:hlep\n:save saved.synth\n:quit\n",
    );
    let mut rest = shown.as_str();
    for line in [
        "26.85 °C",
        "12 h",
        "14 h",
        "`Xx` is not an element",
        "a time",
        "did you mean `:help`?",
        "saved.synth is written",
    ] {
        let at = rest
            .find(line)
            .unwrap_or_else(|| panic!("no `{line}` in\n{shown}"));
        rest = &rest[at + line.len()..];
    }
    let saved = std::fs::read_to_string(folder.path().join("saved.synth")).expect("saved");
    assert!(
        saved.contains("let hold = 7 h") && saved.contains("[Ba, O]") && !saved.contains("6 h"),
        "{saved}"
    );
    let output = synth(folder.path(), &["check", "saved.synth"]);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_prompt_runs_a_study_and_reads_its_results() {
    let bench = Bench::new(STUDY);
    let shown = prompt(
        bench.folder.path(),
        &["study.synth"],
        "fired[ratio: 2].final(Ba2TiO4)\n:run\nfired[ratio: 2].final(Ba2TiO4)\n:plan\n",
    );
    assert!(shown.contains("not run yet"), "{shown}");
    assert!(
        shown.contains('%') && shown.contains("0 of 8 tasks would run"),
        "{shown}"
    );
}

/// Potentials written out in a recipe relax crystals to the lattices that another program (ASE) found with the same models,
/// charges by the damped shifted force to 10 Å: Pedone et al. (2006), Lewis and Catlow (1985), Matsui and Akaogi (1991). It printed
/// lengths to 1e-3 Å and stopped at forces of 1e-2 eV/Å, which leaves 3e-3 Å.
#[test]
fn crystals_relax_to_the_lattices_that_another_program_found() {
    let pedone = "[damped(charges: { Ba: 1.2, Ti: 2.4, O: -1.2 }, alpha: 0.2 /Å, cutoff: 10 Å), morse(cutoff: 10 Å, pairs: [\
        { between: [Ba, O], depth: 0.065011 eV, stiffness: 1.547596 /Å, distance: 3.393410 Å, repulsion: 5 eV*Å^12 }, \
        { between: [Ti, O], depth: 0.024235 eV, stiffness: 2.254703 /Å, distance: 2.708943 Å, repulsion: 1 eV*Å^12 }, \
        { between: [O, O], depth: 0.042395 eV, stiffness: 1.379316 /Å, distance: 3.618701 Å, repulsion: 22 eV*Å^12 }])]";
    let lewis = "[damped(charges: { Ba: 2, Ti: 4, O: -2 }, alpha: 0.2 /Å, cutoff: 10 Å), buckingham(cutoff: 10 Å, pairs: [\
        { between: [Ba, O], a: 931.7 eV, rho: 0.3949 Å }, { between: [Ti, O], a: 754.2 eV, rho: 0.3879 Å }, \
        { between: [O, O], a: 22764.3 eV, rho: 0.149 Å, c: 27.88 eV*Å^6 }])]";
    let matsui = "[damped(charges: { Ti: 2.196, O: -1.098 }, alpha: 0.2 /Å, cutoff: 10 Å), buckingham(cutoff: 10 Å, pairs: [\
        { between: [Ti, Ti], a: 31120.1 eV, rho: 0.154 Å, c: 5.25 eV*Å^6 }, \
        { between: [Ti, O], a: 16957.53 eV, rho: 0.194 Å, c: 12.59 eV*Å^6 }, \
        { between: [O, O], a: 11782.76 eV, rho: 0.234 Å, c: 30.22 eV*Å^6 }])]";
    let cases = [
        (pedone, "BaO", 5.490, None),
        (pedone, "TiO2(rutile)", 4.567, Some(3.014)),
        (pedone, "BaTiO3(cubic)", 4.000, None),
        (lewis, "BaO", 5.497, None),
        (lewis, "BaTiO3(cubic)", 4.069, None),
        (lewis, "TiO2(rutile)", 4.476, Some(3.263)),
        (matsui, "TiO2(rutile)", 4.492, Some(3.011)),
    ];
    let mut study = String::from("use std.batio\n");
    for (at, (model, phase, a, c)) in cases.iter().enumerate() {
        study.push_str(&format!(
            "oracle o{at} {{ method: analytic({model}) }}\n\
             structure s{at} {{ crystal: {phase}, structures: batio.crystals }}\n\
             ensemble e{at} {{ potential: o{at}, start: s{at}, protocol {{ minimize pressure 0 bar force 1e-4 eV/Å method lbfgs }} }}\n\
             expect e{at}.a > {} Å\nexpect e{at}.a < {} Å\n",
            a - 0.004,
            a + 0.004
        ));
        if let Some(c) = c {
            study.push_str(&format!(
                "expect e{at}.c > {} Å\nexpect e{at}.c < {} Å\n",
                c - 0.004,
                c + 0.004
            ));
        }
    }
    let bench = Bench::new(&study.replace(", protocol {", "\n  protocol {"));
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
}

/// A potential in a file says the same of structures by the command as by a recipe; what it cannot take is left out.
#[test]
fn potentials_in_files_are_asked_without_a_recipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let examples = root().join("examples");
    let path = |name: &str| examples.join(name).to_string_lossy().into_owned();
    std::fs::write(
        folder.path().join("two.extxyz"),
        "4\nLattice=\"5.3 0 0 0 5.3 0 0 0 5.3\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-0.3\n\
         Ar 0 0 0.1 0 0 0\nAr 0 2.65 2.65 0 0 0\nAr 2.65 0 2.65 0 0 0\nAr 2.65 2.65 0 0 0 0\n\
         1\nLattice=\"5.3 0 0 0 5.3 0 0 0 5.3\" Properties=species:S:1:pos:R:3\nKr 0 0 0\n",
    )
    .expect("written");
    let (potential, set) = (path("argon.yaml"), path("argon.asi"));
    let output = synth(
        folder.path(),
        &[
            "eval-potential",
            &potential,
            "two.extxyz",
            "--out",
            "labelled.extxyz",
            "--active-set",
            &set,
        ],
    );
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("structure 2 is left out"), "{shown}");
    assert!(shown.contains("errors against labels"), "{shown}");
    let written = std::fs::read_to_string(folder.path().join("labelled.extxyz")).expect("a file");
    for name in [
        "energy=",
        "forces:R:3",
        "atomic_energy:R:1",
        "gamma:R:1",
        "stress=",
        "reference_energy=",
    ] {
        assert!(written.contains(name), "{name}\n{written}");
    }
    let output = synth(
        folder.path(),
        &["potential", "info", &potential, "--active-set", &set],
    );
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    for says in [
        "elements           Ar",
        "cutoff             7 Å",
        "SBessel",
        "linear",
        "rank 3",
    ] {
        assert!(shown.contains(says), "{says}\n{shown}");
    }
    let output = synth(folder.path(), &["potential", "info", "two.extxyz"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("help:"), "{}", text(&output));
    let output = synth(
        folder.path(),
        &["eval-potential", "none.yace", "two.extxyz"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("none.yace"), "{}", text(&output));
}

/// A run that cannot go on names the step, the atom and a way out, and what it has computed can be read.
#[test]
fn dynamics_that_break_keep_what_they_have() {
    let bench = Bench::new(
        "oracle o { method: analytic(lennard_jones(epsilon: 0.0103 eV, sigma: 3.4 Å, cutoff: 8 Å)) }\n\
         structure s { prototype: fcc(a: 5.3 Å), formula: Ar, supercell [3, 3, 3] }\n\
         ensemble e {\n  potential: o\n  start: s\n  timestep: 1 fs\n  protocol {\n    nvt 50 K for 1 ps sample 20 fs\n    \
         nvt 50 K to 1e7 K for 1 ps sample 20 fs\n  }\n}\n"
            .replace(", supercell", "\n  supercell")
            .replace("structure s { prototype", "structure s {\n  prototype")
            .replace("[3, 3, 3] }", "[3, 3, 3]\n}")
            .as_str(),
    );
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("step") && shown.contains("fs)"), "{shown}");
    let kept = shown.replace(['\n', '│'], " ");
    assert!(
        kept.contains("what was computed up to there is kept"),
        "{shown}"
    );
    let unfinished = bench.folder.path().join(".synth/unfinished");
    let folder = std::fs::read_dir(unfinished)
        .expect("a folder")
        .flatten()
        .next();
    let log = folder.expect("a run").path().join("thermo.csv");
    assert!(std::fs::read_to_string(log).expect("a log").lines().count() > 100);
}
