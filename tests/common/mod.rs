//! What the tests of the program share: running it in a folder of its own, and a small study.
//!
//! Expected outputs ("goldens") lie in `tests/golden`. After a change that is meant to alter them,
//! `INSTA_UPDATE=always cargo test --release` writes them anew; read the difference before you commit it.
#![allow(
    dead_code,
    reason = "each test program that includes this uses a part of it"
)]

use std::path::Path;
use std::process::{Command, Output};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn synth(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_synth"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs")
}

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A small study that runs in a moment.
pub const STUDY: &str = "\
use std.batio

study { seed: 1 }

param top = 1100 °C

system ba_ti_o { elements: [Ba, Ti, O] }

phases hull { system: ba_ti_o, source: batio.thermochemistry }

reactions library { phases: hull, between: [BaO, TiO2(rutile)], within: 0 eV, every: 100 K }

schedule firing {
  start 25 °C
  ramp to top at 5 K/min
  hold for 6 h
}

synthesis fired for ratio in [1, 2] {
  reactions: library
  precursors: ratio * BaO + TiO2(rutile)
  schedule: firing
  sweeps_per_hour: 10
  grid: [6, 6, 6]
  realisations: 2
}

expect fired[ratio: 2].final(Ba2TiO4) > fired[ratio: 1].final(Ba2TiO4)
";

pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new(study: &str) -> Self {
        let bench = Bench {
            folder: tempfile::tempdir().expect("a folder"),
        };
        bench.write(study);
        bench
    }

    pub fn write(&self, study: &str) {
        std::fs::write(self.folder.path().join("study.synth"), study).expect("written");
    }

    pub fn run(&self, arguments: &[&str]) -> (i32, String) {
        let all: Vec<&str> = ["run", "study.synth"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let output = synth(self.folder.path(), &all);
        (output.status.code().unwrap_or(-1), text(&output))
    }

    /// Names of the tasks that a run would do now.
    pub fn open(&self, arguments: &[&str]) -> Vec<String> {
        let all: Vec<&str> = ["plan", "study.synth", "--json"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let output = synth(self.folder.path(), &all);
        let tasks: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
        tasks
            .as_array()
            .expect("a list")
            .iter()
            .filter(|task| task["state"] == "run")
            .map(|task| task["node"].as_str().expect("a name").to_owned())
            .collect()
    }

    pub fn lock(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("study.lock")).expect("a lock")
    }
}
