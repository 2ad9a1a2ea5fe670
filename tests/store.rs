//! The store under hostile conditions: no room, no right to write, processes that die, files that are damaged. Whatever
//! happens, a clear error and no panic; and once the cause is gone, a run completes to the same bytes.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Bench, STUDY, root, synth, text};

/// The lock of an undisturbed run: keys and digests of all results.
fn reference() -> String {
    let bench = Bench::new(STUDY);
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    bench.lock()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a shell script where it may mount file systems; `$DISK` is an empty folder for one, `$OUT` a folder for what it
/// has to say, `$SYNTH` the program. None where the system does not allow that, which is a failure in CI.
#[cfg(target_os = "linux")]
fn with_a_disk_of_its_own(study: &str, script: &str) -> Option<tempfile::TempDir> {
    let out = tempfile::tempdir().expect("a folder");
    let disk = tempfile::tempdir().expect("a folder");
    std::fs::write(out.path().join("study.synth"), study).expect("written");
    let script =
        format!("mount -t tmpfs -o size=4m none \"$DISK\" || exit 77\ncd \"$DISK\"\n{script}");
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-u",
            "-c",
            &script,
        ])
        .env("DISK", disk.path())
        .env("OUT", out.path())
        .env("SYNTH", env!("CARGO_BIN_EXE_synth"))
        .env("NO_COLOR", "1")
        .output();
    match output {
        Ok(output) if output.status.success() => Some(out),
        other => {
            assert!(
                std::env::var_os("SYNTH_REQUIRE_PEERS").is_none(),
                "cannot mount a small file system: {other:?}"
            );
            eprintln!("skipped: cannot mount a small file system");
            None
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_nodes_and_harms_nothing() {
    // Room in KiB, from none to about enough.
    let rooms = [0, 120, 250, 400, 500, 600, 700, 800, 900, 1000, 1150, 1300];
    let script = format!(
        r#"
for room in {}; do
  rm -rf ./* .synth
  cp "$OUT/study.synth" .
  head -c $(((4096 - room - 4) * 1024)) /dev/zero > ballast
  "$SYNTH" run study.synth --quiet > "$OUT/full.$room" 2>&1
  echo "exit $?" >> "$OUT/full.$room"
  rm ballast
  "$SYNTH" run study.synth --quiet > "$OUT/after.$room" 2>&1
  echo "exit $?" >> "$OUT/after.$room"
  cp study.lock "$OUT/lock.$room"
  find .synth/work -mindepth 1 > "$OUT/left.$room"
done
"#,
        rooms.map(|room| room.to_string()).join(" ")
    );
    let Some(out) = with_a_disk_of_its_own(STUDY, &script) else {
        return;
    };
    let reference = reference();
    let mut first_to_fail = std::collections::BTreeSet::new();
    let mut failed = 0;
    for room in rooms {
        let of = |what: &str| read(&out.path().join(format!("{what}.{room}")));
        let full = of("full");
        if full.contains("exit 0") {
            continue;
        }
        failed += 1;
        assert!(full.contains("exit 2"), "{room} KiB:\n{full}");
        assert!(
            full.contains("[E0604]") && full.contains("the disk is full: make room"),
            "{full}"
        );
        assert!(
            !full.contains("panicked") && !full.contains("[E0704]"),
            "{full}"
        );
        first_to_fail.extend(
            full.split('✗')
                .nth(1)
                .and_then(|it| it.split('`').nth(1))
                .map(str::to_owned),
        );
        let after = of("after");
        assert!(after.contains("exit 0"), "{room} KiB:\n{after}");
        assert_eq!(of("lock"), reference, "{room} KiB");
        assert_eq!(of("left"), "", "{room} KiB");
    }
    assert!(failed >= 8, "only {failed} runs met the end of the disk");
    assert!(first_to_fail.len() >= 3, "{first_to_fail:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_may_only_be_read_serves_what_it_has() {
    let script = r#"
cp "$OUT/study.synth" .
"$SYNTH" run study.synth --quiet > "$OUT/first" 2>&1
echo "exit $?" >> "$OUT/first"
mount -o remount,ro "$DISK" || exit 77
"$SYNTH" run study.synth --quiet > "$OUT/same" 2>&1
echo "exit $?" >> "$OUT/same"
"$SYNTH" run study.synth --quiet --set top="1000 °C" > "$OUT/other" 2>&1
echo "exit $?" >> "$OUT/other"
"$SYNTH" run study.synth --quiet --set top="1000 °C" --no-lock --store "$OUT/elsewhere" > "$OUT/moved" 2>&1
echo "exit $?" >> "$OUT/moved"
"#;
    let Some(out) = with_a_disk_of_its_own(STUDY, script) else {
        return;
    };
    let of = |what: &str| read(&out.path().join(what));
    assert!(of("first").contains("exit 0"), "{}", of("first"));
    // Nothing has to be written, so nothing fails.
    assert!(of("same").contains("exit 0"), "{}", of("same"));
    let other = of("other");
    assert!(
        other.contains("exit 2") && other.contains("[E0604]"),
        "{other}"
    );
    assert!(
        other.contains("use `--store PATH` for another place"),
        "{other}"
    );
    // The help is true.
    assert!(of("moved").contains("exit 0"), "{}", of("moved"));
}

/// Needs no privilege: the shell forbids files beyond some 8 KiB, so that writing fails in the middle of a file.
#[cfg(unix)]
#[test]
fn files_that_may_not_grow_stop_nodes_and_harm_nothing() {
    let bench = Bench::new(STUDY);
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 16; exec \"$SYNTH\" run study.synth --quiet",
        ])
        .env("SYNTH", env!("CARGO_BIN_EXE_synth"))
        .env("NO_COLOR", "1")
        .current_dir(bench.folder.path())
        .output()
        .expect("a shell");
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(
        shown.contains("[E0604]") && shown.contains("ulimit -f"),
        "{shown}"
    );
    assert!(!shown.contains("panicked"), "{shown}");
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(bench.lock(), reference());
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_taken_up_again() {
    let reference = reference();
    let mut killed = 0;
    for milliseconds in [5, 15, 25, 35, 50, 65, 80, 100, 120, 150] {
        let bench = Bench::new(STUDY);
        let mut child = Command::new(env!("CARGO_BIN_EXE_synth"))
            .args(["run", "study.synth", "--quiet", "--threads", "1"])
            .current_dir(bench.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("killed");
        let status = child.wait().expect("it ends");
        killed += usize::from(!status.success());
        let (code, shown) = bench.run(&["--quiet"]);
        assert_eq!(code, 0, "after {milliseconds} ms:\n{shown}");
        assert_eq!(bench.lock(), reference, "after {milliseconds} ms");
    }
    assert!(killed >= 3, "{killed} of the runs were killed");
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
    into.sort();
}

/// Whether a file of the store is gone or says what it said when it was whole: to the byte, but a manifest tells when it
/// was made and how long that took.
fn is_mended(path: &Path, whole: &[u8]) -> bool {
    let timeless = |bytes: &[u8]| -> Option<serde_json::Value> {
        let mut json: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let fields = json.as_object_mut()?;
        fields.remove("seconds")?;
        fields.remove("created")?;
        Some(json)
    };
    let Ok(now) = std::fs::read(path) else {
        return true;
    };
    now == whole || timeless(&now).is_some_and(|now| Some(now) == timeless(whole))
}

#[test]
fn whatever_file_of_the_store_is_damaged_a_run_mends_it() {
    let bench = Bench::new(STUDY);
    assert_eq!(bench.run(&["--quiet"]).0, 0);
    let reference = bench.lock();
    let mut all = Vec::new();
    let store = bench.folder.path().join(".synth");
    files(&store, &mut all);
    assert!(all.len() > 20, "{all:?}");
    let damages: [fn(&[u8]) -> Vec<u8>; 3] = [
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |_| Vec::new(),
        // Same length, so that only the digest tells.
        |bytes| bytes.iter().map(|byte| byte ^ 1).collect(),
    ];
    let mut mended = 0;
    for path in all {
        let Ok(whole) = std::fs::read(&path) else {
            continue;
        };
        for damage in damages {
            let damaged = damage(&whole);
            std::fs::write(&path, &damaged).expect("written");
            let what = format!("{} of {} bytes", path.display(), whole.len());
            // Bytes that are wrong in their place are found when they are read; then the run says so.
            let (code, shown) = bench.run(&["--quiet"]);
            assert!(!shown.contains("panicked"), "{what}\n{shown}");
            assert!(code == 0 || shown.contains("is damaged"), "{what}\n{shown}");
            let (code, shown) = bench.run(&["--quiet"]);
            assert_eq!(code, 0, "{what}\n{shown}");
            assert_eq!(bench.lock(), reference, "{what}");
            let is_manifest = path.starts_with(store.join("keys"));
            let is_cut = damaged.len() < whole.len();
            if is_cut && (is_manifest || path.starts_with(store.join("blobs"))) {
                if is_manifest && !is_mended(&path, &whole) {
                    // Nobody reads it as long as the index speaks for it.
                    std::fs::remove_file(store.join("index")).expect("removed");
                    let (code, shown) = bench.run(&["--quiet"]);
                    assert_eq!(code, 0, "{what}\n{shown}");
                }
                assert!(is_mended(&path, &whole), "{what} stays cut");
                mended += 1;
            }
            std::fs::write(&path, &whole).expect("written");
        }
    }
    assert!(mended > 50, "{mended}");
    assert_eq!(bench.run(&["--locked=bits", "--quiet"]).0, 0);
}

#[test]
fn a_table_that_changes_during_a_run_cannot_mix_with_its_results() {
    let study = STUDY
        .replace("batio.thermochemistry", "\"rows.csv\"")
        .replace("sweeps_per_hour: 10", "sweeps_per_hour: 2000")
        .replace("expect ", "// expect ");
    let rows = read(&root().join("stdlib/data/batio_measured.csv"));
    // BaTiO3 two electronvolts worse.
    let changed: String = rows
        .lines()
        .map(
            |line| match line.split(',').collect::<Vec<_>>().as_slice() {
                ["BaTiO3", kelvin, energy, rest @ ..] => {
                    let energy: f64 = energy.parse().expect("a number");
                    format!("BaTiO3,{kelvin},{},{}\n", energy + 2.0, rest.join(","))
                }
                _ => format!("{line}\n"),
            },
        )
        .collect();
    let undisturbed = |rows: &str| {
        let bench = Bench::new(&study);
        std::fs::write(bench.folder.path().join("rows.csv"), rows).expect("written");
        let (code, shown) = bench.run(&["--quiet"]);
        assert_eq!(code, 0, "{shown}");
        bench.lock()
    };
    let (before, after) = (undisturbed(&rows), undisturbed(&changed));
    assert_ne!(before, after);

    let bench = Bench::new(&study);
    let table = bench.folder.path().join("rows.csv");
    std::fs::write(&table, &rows).expect("written");
    let run = Command::new(env!("CARGO_BIN_EXE_synth"))
        .args(["run", "study.synth", "--threads", "1"])
        .current_dir(bench.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // The table was read, and the firing has not begun.
    let keys = bench.folder.path().join(".synth/keys");
    while !keys.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::fs::write(&table, &changed).expect("written");
    let output = run.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output));
    // What ran belongs to the table as it was; the new one is another study.
    assert_eq!(bench.lock(), before);
    assert_eq!(bench.open(&[]).len(), 8);
    assert_eq!(bench.run(&["--quiet"]).0, 0);
    assert_eq!(bench.lock(), after);
    std::fs::write(&table, &rows).expect("written");
    assert!(bench.open(&[]).is_empty());
    let output = synth(bench.folder.path(), &["check", "study.synth"]);
    assert!(output.status.success(), "{}", text(&output));
}

/// Hot barium oxide, first at constant volume, then at constant pressure.
const DYNAMICS: &str = "\
oracle reference { method: analytic(pmmcs) }

structure oxide {
  prototype: rocksalt(a: 5.5 Å)
  formula: BaO
  supercell [3, 3, 3]
}

ensemble hot {
  potential: reference
  start: oxide
  protocol {
    nvt 1000 K for 15 ps sample 100 fs
    npt 1000 K pressure 0 bar for 15 ps sample 100 fs barostat mtk
  }
}
";

/// Every file of a result by its digest.
fn files_of(bench: &Bench, node: &str) -> String {
    let shown = synth(
        bench.folder.path(),
        &["show", "study.synth", node, "--json"],
    );
    let shown: serde_json::Value =
        serde_json::from_slice(&shown.stdout).unwrap_or_else(|_| panic!("{}", text(&shown)));
    let files = &shown[0]["stored"]["files"];
    assert!(files.is_object(), "{shown}");
    files.to_string()
}

#[cfg(unix)]
#[test]
fn dynamics_that_were_stopped_go_on_to_the_same_bytes() {
    let whole = Bench::new(DYNAMICS);
    let (code, shown) = whole.run(&["--threads", "1"]);
    assert_eq!(code, 0, "{shown}");
    let stopped = Bench::new(DYNAMICS);
    let folder = stopped.folder.path();
    let unfinished = folder.join(".synth/unfinished");
    let begun = || {
        let mut inside = std::fs::read_dir(&unfinished).ok()?;
        let log = inside.next()?.ok()?.path().join("thermo.csv");
        (std::fs::metadata(log).ok()?.len() > 0).then_some(())
    };
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_synth"))
        .args(["run", "study.synth", "--quiet", "--threads", "2"])
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    while begun().is_none() {
        assert!(
            child.try_wait().expect("a state").is_none(),
            "it ran through"
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
    assert_eq!(child.wait().expect("a status").code(), Some(130));
    assert!(begun().is_some(), "nothing to go on with");
    let (code, shown) = stopped.run(&["--threads", "2"]);
    assert_eq!(code, 0, "{shown}");
    assert!(begun().is_none(), "what is finished leaves nothing behind");
    assert_eq!(files_of(&whole, "hot"), files_of(&stopped, "hot"));
}

/// Killed at any moment, a run goes on from what it saved last, and comes to the same bytes.
#[test]
fn dynamics_that_were_killed_go_on_from_the_last_checkpoint() {
    let often = DYNAMICS.replace("  start: oxide\n", "  start: oxide\n  checkpoint: 0.15 s\n");
    let whole = Bench::new(&often);
    assert_eq!(whole.run(&["--quiet"]).0, 0);
    let killed = Bench::new(&often);
    for times in 1..=3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_synth"))
            .args(["run", "study.synth", "--quiet", "--threads", "1"])
            .current_dir(killed.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let unfinished = killed.folder.path().join(".synth/unfinished");
        let saved = || {
            let folders = std::fs::read_dir(&unfinished)
                .into_iter()
                .flatten()
                .flatten();
            let files = folders.map(|folder| folder.path().join("checkpoint"));
            files
                .filter_map(|file| file.metadata().ok()?.modified().ok())
                .max()
        };
        let before = saved();
        while saved() == before && child.try_wait().expect("it runs").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Further on than the checkpoint: what stands behind it in the files is of no worth.
        std::thread::sleep(Duration::from_millis(60));
        child.kill().expect("killed");
        let status = child.wait().expect("it ends");
        assert!(!status.success(), "it was killed before its end, {times}");
        assert!(saved().is_some());
    }
    assert_eq!(killed.run(&["--quiet"]).0, 0);
    assert_eq!(files_of(&whole, "hot"), files_of(&killed, "hot"));
}

/// An exported trajectory follows the atoms, and is read by the program itself as what it was.
#[test]
fn exported_trajectories_are_read_again() {
    let short = DYNAMICS
        .replace("nvt 1000 K for 15 ps sample 100 fs", "npt 1000 K for 1 ps")
        .replace(
            "npt 1000 K pressure 0 bar for 15 ps sample 100 fs barostat mtk",
            "nvt 3000 K for 2 ps sample 100 fs",
        );
    let bench = Bench::new(&short);
    assert_eq!(bench.run(&["--quiet"]).0, 0);
    for (form, file) in [("lammps_dump", "hot.lammpstrj"), ("extxyz", "hot.extxyz")] {
        let arguments = ["export", "study.synth", "hot", "--as", form, "--to", "out"];
        let output = synth(bench.folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output));
        assert!(
            bench.folder.path().join("out").join(file).exists(),
            "{}",
            text(&output)
        );
    }
    let again = format!(
        "{short}
ensemble dump {{ file: \"out/hot.lammpstrj\" }}
ensemble extended {{ file: \"out/hot.extxyz\" }}
structure_analysis ours {{ trajectory: hot }}
structure_analysis of_dump {{ trajectory: dump }}
structure_analysis of_extended {{ trajectory: extended }}
report numbers {{
  table ours.displacements
  table of_dump.displacements
  table of_extended.displacements
  table ours.pair_distribution
  table of_dump.pair_distribution
}}
"
    );
    bench.write(&again);
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    let numbers = |name: &str| -> Vec<f64> {
        let folder = bench.folder.path().join("reports/numbers");
        let files = std::fs::read_dir(folder).expect("a report").flatten();
        let mut files = files.map(|file| file.path());
        let file = files.find(|file| file.to_string_lossy().ends_with(name));
        let text = std::fs::read_to_string(file.expect(name)).expect(name);
        let cells = text.split([',', '\n']).filter_map(|cell| cell.parse().ok());
        cells.collect()
    };
    for curve in ["displacements", "pair_distribution"] {
        let ours = numbers(&format!("_ours.{curve}.csv"));
        assert!(ours.len() > 20, "{curve}");
        for other in ["of_dump", "of_extended"] {
            if (curve, other) == ("pair_distribution", "of_extended") {
                continue;
            }
            let theirs = numbers(&format!("_{other}.{curve}.csv"));
            assert_eq!(ours.len(), theirs.len(), "{other}");
            for (a, b) in ours.iter().zip(&theirs) {
                assert!(
                    (a - b).abs() < 1e-4 * b.abs().max(1.0),
                    "{other}.{curve}: {a} {b}"
                );
            }
        }
    }
    let xyz = std::fs::read_to_string(bench.folder.path().join("out/hot.extxyz")).expect("a file");
    assert!(
        xyz.contains("energy=") && xyz.contains("unwrapped=T"),
        "{}",
        &xyz[..400]
    );
}

/// A run whose last segment is lengthened, and one with segments more, begin where the stored one ended; the result is
/// that of a run from the start, under the same key.
#[test]
fn a_longer_protocol_goes_on_from_the_stored_run() {
    let longer = DYNAMICS.replace("15 ps", "3 ps").replace("100 fs", "50 fs");
    let shorter = longer.replace("0 bar for 3 ps", "0 bar for 1 ps");
    let more = longer.replace("barostat mtk", "barostat mtk\n    minimize");
    let most = more.replace("minimize", "minimize\n    nvt 300 K for 1 ps sample 50 fs");
    let bench = Bench::new(&shorter);
    assert_eq!(bench.run(&["--quiet"]).0, 0);
    for recipe in [&longer, &more, &most] {
        bench.write(recipe);
        let why = synth(bench.folder.path(), &["why", "study.synth", "hot"]);
        assert!(
            text(&why).contains("goes on from the end of hot replica 1"),
            "{}",
            text(&why)
        );
        assert_eq!(bench.run(&["--quiet"]).0, 0);
        let fresh = Bench::new(recipe);
        let plan = synth(fresh.folder.path(), &["plan", "study.synth"]);
        assert!(!text(&plan).contains("goes on"), "{}", text(&plan));
        assert_eq!(fresh.run(&["--quiet"]).0, 0);
        assert_eq!(files_of(&fresh, "hot"), files_of(&bench, "hot"));
        assert_eq!(fresh.lock(), bench.lock());
    }
    // Nothing goes on from a run that went further, or that had another seed.
    for recipe in [
        longer.replace("0 bar for 3 ps", "0 bar for 0.5 ps"),
        format!("study {{ seed: 2 }}\n{longer}"),
        longer.replace("fs barostat", "fs barostat mtk(time: 2 ps) //"),
    ] {
        bench.write(&recipe);
        let why = synth(bench.folder.path(), &["why", "study.synth", "hot"]);
        assert!(!text(&why).contains("goes on"), "{}", text(&why));
    }
}
