//! What the recipes of `examples/` and the reference pages print, against what they printed before
//! (`tests/golden/examples` and `tests/golden/reference`; see `common` for how to write these anew).

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use common::{root, synth, text};
use serde_json::Value as Json;

fn recipes() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("examples"))
        .expect("a folder")
        .filter_map(|entry| {
            let name = entry.expect("an entry").file_name();
            Some(name.to_str()?.strip_suffix(".synth")?.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// What a command prints that succeeds, and what it says besides.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = synth(folder, arguments);
    assert!(output.status.success(), "{arguments:?}\n{}", text(&output));
    text(&output)
}

fn snapshot(folder: &str, name: &str, shown: &str) {
    insta::with_settings!(
        { snapshot_path => format!("golden/{folder}"), prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name, shown) }
    );
}

/// The text of a golden file without its head; empty where there is none yet.
fn golden(folder: &str, name: &str) -> String {
    let path = root().join(format!("tests/golden/{folder}/{name}.snap"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.splitn(3, "---\n")
        .nth(2)
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// Tasks with what they read, in the order in which they stand; no keys, no states.
fn plan(folder: &Path, recipe: &str) -> String {
    let json = printed(folder, &["plan", recipe, "--json"]);
    let tasks: Json = serde_json::from_str(&json).expect("JSON");
    let tasks = tasks.as_array().expect("a list");
    let mut out = printed(folder, &["show", recipe]);
    let _ = writeln!(out, "\n{} tasks", tasks.len());
    for task in tasks {
        assert_eq!(task["state"], "run");
        let inputs: Vec<&str> = task["inputs"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Json::as_str)
            .collect();
        let node = task["node"].as_str().expect("a name");
        let _ = writeln!(out, "{node} <- {}", inputs.join(", "));
    }
    out.replace(" <- \n", "\n")
}

/// A number with its standard error, if it is a mean over realisations.
type Number = (f64, Option<f64>);

/// Twelve significant digits.
fn shown((value, error): Number) -> String {
    let short = |value: f64| format!("{value:.11e}").parse::<f64>().expect("a number");
    match error {
        Some(error) => format!("{} ± {}", short(value), short(error)),
        None => short(value).to_string(),
    }
}

fn number(text: &str) -> Option<Number> {
    match text.split_once(" ± ") {
        Some((value, error)) => Some((value.parse().ok()?, Some(error.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// The reports of a run as lines `file: column, row = value`: all rows of a short table (by the text in its first
/// column, where that is what it holds), five of a long one.
fn results(reports: &Path) -> String {
    let mut files = Vec::new();
    for report in std::fs::read_dir(reports).expect("reports") {
        for file in std::fs::read_dir(report.expect("a report").path()).expect("a report") {
            files.push(file.expect("a file").path());
        }
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
            // Of single runs of dynamics, whose course a last digit changes.
            && !file.to_string_lossy().contains(".course")
    });
    files.sort();
    let mut out = String::new();
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy();
        let bytes = std::fs::read(&file).expect("a file");
        let json: Json = serde_json::from_slice(&bytes).expect("JSON");
        if let Some(values) = json.as_array() {
            for value in values {
                let member = value["member"].as_str().unwrap_or("value");
                let shown = match value["value"].as_f64() {
                    Some(number) => shown((number, value["standard_error"].as_f64())),
                    None => value["text"].as_str().expect("a text").to_owned(),
                };
                let _ = writeln!(out, "{name}: {member} = {shown}");
            }
            continue;
        }
        let columns = json["columns"].as_array().expect("columns");
        let texts = columns[0]["texts"].as_array();
        let of = |column: &Json, part: &str, row: usize| column[part][row].as_f64();
        let rows = texts
            .or_else(|| columns[0]["numbers"].as_array())
            .map_or(0, Vec::len);
        let picked: Vec<usize> = if texts.is_some() || rows <= 8 {
            (0..rows).collect()
        } else {
            (0..5).map(|at| at * (rows - 1) / 4).collect()
        };
        for column in columns {
            let heading = column["name"].as_str().expect("a name");
            for &row in &picked {
                let key = texts.map_or_else(
                    || format!("row {row} of {rows}"),
                    |texts| texts[row].as_str().expect("a text").to_owned(),
                );
                if let Some(value) = of(column, "numbers", row) {
                    let value = shown((value, of(column, "errors", row)));
                    let _ = writeln!(out, "{name}: {heading}, {key} = {value}");
                }
            }
        }
    }
    out
}

/// The tolerance of results. A number without a standard error is the outcome of plain arithmetic: 1e-9 of itself. A
/// mean over realisations depends on each random decision, which a last digit can turn on another machine: four of the
/// standard errors that it had before, or 0.02 of the largest number of its column (of a fraction, in short). The errors
/// themselves scatter more: within a factor of three, but for 0.002 of that number. What is missing is zero, for a trace
/// of a phase may not form at all. Gives what differs.
fn differences(before: &str, now: &str) -> Vec<String> {
    fn parse(text: &str) -> BTreeMap<&str, &str> {
        text.lines()
            .filter_map(|line| line.rsplit_once(" = "))
            .collect()
    }
    let column = |key: &str| key.split(", ").next().unwrap_or(key).to_owned();
    let (before, now) = (parse(before), parse(now));
    let mut largest: BTreeMap<String, f64> = BTreeMap::new();
    for (key, value) in before.iter().chain(&now) {
        if let Some((value, _)) = number(value) {
            let so_far = largest.entry(column(key)).or_default();
            *so_far = so_far.max(value.abs());
        }
    }
    let mut out = Vec::new();
    for key in before
        .keys()
        .chain(now.keys().filter(|key| !before.contains_key(*key)))
    {
        let (old, new) = (before.get(key).copied(), now.get(key).copied());
        let read = |text: Option<&str>| text.map_or(Some((0.0, Some(0.0))), number);
        let close = match (read(old), read(new)) {
            (Some((a, Some(error))), Some((b, Some(other)))) => {
                let scale = largest[&column(key)];
                let at_most = |one: f64, other: f64| one <= 3.0 * other + 0.002 * scale;
                let alike = at_most(error, other) && at_most(other, error);
                let missing = old.is_none() || new.is_none();
                (a - b).abs() <= f64::max(4.0 * error, 0.02 * scale) && (alike || missing)
            }
            (Some((a, None)), Some((b, None))) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            _ => old == new,
        };
        if !close {
            out.push(format!("{key}: {old:?} became {new:?}"));
        }
    }
    out
}

#[test]
fn results_are_compared_within_their_tolerance() {
    let before =
        "a: x, BaO = 0.5 ± 0.001\na: x, TiO2 = 0.0001 ± 0.0001\nb: value = 2.5\nc: value = [BaO]\n";
    let differ = |from: &str, to: &str| differences(before, &before.replace(from, to)).len();
    assert_eq!(differences(before, before), Vec::<String>::new());
    assert_eq!(differ("0.5 ±", "0.508 ±"), 0);
    assert_eq!(differ("0.5 ±", "0.53 ±"), 1);
    // An error that has grown is no excuse for its number, and one that has shrunk to nothing is none.
    assert_eq!(differ("0.5 ± 0.001", "0.53 ± 0.003"), 1);
    assert_eq!(differ("± 0.001", "± 0.003"), 0);
    assert_eq!(differ("± 0.001", "± 0.006"), 1);
    let rough = before.replace("± 0.001", "± 0.02");
    assert_eq!(
        differences(&rough, &before.replace("± 0.001", "± 0.01")).len(),
        0
    );
    assert_eq!(differences(&rough, before).len(), 1);
    assert_eq!(differ("a: x, TiO2 = 0.0001 ± 0.0001\n", ""), 0);
    assert_eq!(differ("a: x, BaO = 0.5 ± 0.001\n", ""), 1);
    assert_eq!(differ("2.5", "2.5000000001"), 0);
    assert_eq!(differ("2.5", "2.50000001"), 1);
    assert_eq!(differ("b: value = 2.5\n", ""), 1);
    assert_eq!(differ("[BaO]", "[BaO2]"), 1);
}

#[test]
fn every_example_gives_what_it_gave() {
    let names = recipes();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let folder = tempfile::tempdir().expect("a folder");
        for entry in std::fs::read_dir(root().join("examples")).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let to = folder.path().join(path.file_name().expect("a name"));
                std::fs::copy(&path, to).expect("copied");
            }
        }
        let recipe = format!("{name}.synth");
        let at = folder.path();
        snapshot(
            "examples",
            &format!("{name}.check"),
            &printed(at, &["check", &recipe]),
        );
        snapshot("examples", &format!("{name}.plan"), &plan(at, &recipe));
        let drawn = format!(
            "{}\n{}",
            printed(at, &["graph", &recipe]),
            printed(at, &["graph", &recipe, "--format", "dot"])
        );
        snapshot("examples", &format!("{name}.graph"), &drawn);

        let told = printed(at, &["run", &recipe, "--quiet"]);
        let verdicts: Vec<&str> = told
            .lines()
            .filter(|line| {
                ["holds: ", "FAILS: ", "undecided: "]
                    .iter()
                    .any(|mark| line.starts_with(mark))
            })
            .collect();
        let declared = std::fs::read_to_string(at.join(&recipe)).expect("the recipe");
        assert!(
            declared.contains("\nexpect ")
                && verdicts.len() >= declared.matches("\nexpect ").count()
        );
        let now = format!(
            "{}\n\n{}",
            verdicts.join("\n"),
            results(&at.join("reports"))
        );
        let name = format!("{name}.results");
        let before = golden("examples", &name);
        let verdicts_before: Vec<&str> =
            before.lines().take_while(|line| !line.is_empty()).collect();
        let differ = differences(&before, &now);
        if verdicts == verdicts_before && differ.is_empty() {
            // Within the tolerance what was there stays, to the digit.
            snapshot("examples", &name, &before);
        } else {
            eprintln!("{name} differs:\n{}", differ.join("\n"));
            snapshot("examples", &name, &now);
        }
    }
}

#[test]
fn the_reference_pages_say_what_they_said() {
    let here = root();
    snapshot("reference", "list", &printed(here, &["doc"]));
    let registry = synth::kinds::registry();
    for kind in registry.kinds() {
        let name = kind.schema().name;
        snapshot(
            "reference",
            name,
            &printed(here, &["doc", name, "--format", "markdown"]),
        );
        // The page at the terminal says the same in another form.
        let page = printed(here, &["doc", name]);
        for field in kind.schema().fields {
            assert!(page.contains(field.name), "{name}.{}\n{page}", field.name);
        }
    }
    let mut functions = String::new();
    for function in registry.vocabulary().functions() {
        let name = function.schema.name;
        let _ = writeln!(functions, "{}", printed(here, &["doc", name]));
    }
    snapshot("reference", "functions", &functions);
    snapshot(
        "reference",
        "json_schema",
        &printed(here, &["doc", "--format", "json-schema"]),
    );
}
