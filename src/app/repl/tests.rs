//! Transcripts: what is entered, and exactly what is answered.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::recipe::Recipe;
use super::{Session, Step};
use crate::lang::diag::Style;
use crate::lang::sema::{Options, check};
use crate::lang::source::DiskLoader;

struct Bench {
    folder: tempfile::TempDir,
    session: Session,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("store");
        let session = Session::open(
            crate::kinds::registry(),
            Box::new(DiskLoader),
            Some(store.as_path()),
            Style::PLAIN,
        );
        Bench { folder, session }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The answer, with this test's folder as `DIR`.
    fn enter(&mut self, input: &str) -> String {
        self.enter_until(input, &AtomicBool::new(false))
    }

    fn enter_until(&mut self, input: &str, cancel: &AtomicBool) -> String {
        let input = input.replace("DIR", &self.folder.path().display().to_string());
        let mut out = Vec::new();
        let step = self.session.enter(&input, &mut out, cancel);
        assert_eq!(step, Step::Continue, "after {input}");
        let out = String::from_utf8(out).expect("text");
        out.replace(&self.folder.path().display().to_string(), "DIR")
    }

    /// Runs a transcript of entries behind `> ` (continued by `| `), each followed by its answer.
    fn follow(&mut self, transcript: &str) {
        let mut said = String::new();
        let mut entry: Option<String> = None;
        let mut finish = |entry: &mut Option<String>, said: &mut String| {
            if let Some(input) = entry.take() {
                said.push_str(&self.enter(&input));
            }
        };
        for line in transcript.lines() {
            if let Some(first) = line.strip_prefix("> ") {
                finish(&mut entry, &mut said);
                entry = Some(first.to_owned());
            } else if let (Some(more), Some(entry)) = (line.strip_prefix("| "), &mut entry) {
                entry.push('\n');
                entry.push_str(more);
            } else {
                continue;
            }
            said.push_str(line);
            said.push('\n');
        }
        finish(&mut entry, &mut said);
        let tidy = |text: &str| {
            text.lines()
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(tidy(&said), tidy(transcript), "the transcript:\n{said}");
    }

    /// The texts that complete a line at `|`, with the line up to where they begin.
    fn complete(&self, line: &str) -> (String, Vec<String>) {
        let (before, after) = line.split_once('¦').expect("a cursor");
        let whole = format!("{before}{after}");
        let (start, found) = self.session.complete(&whole, before.len());
        let texts = found.into_iter().map(|one| one.text).collect();
        (whole[start..before.len()].to_owned(), texts)
    }
}

/// A study that runs in a moment.
const STUDY: &str = "\
//! Two ratios.

use std.batio

/// As high as it gets.
param top = 1100 °C  // at most

// What takes part.
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
// The end.
";

fn with_study() -> Bench {
    let mut bench = Bench::new();
    std::fs::write(bench.path("study.synth"), STUDY).expect("written");
    assert_eq!(
        bench.enter(":load DIR/study.synth"),
        "DIR/study.synth: 6 nodes in 5 declarations, 0 of 8 tasks stored\n"
    );
    bench
}

#[test]
fn expressions_are_answered_with_their_units_and_faults_leave_the_session_as_it_was() {
    Bench::new().follow(
        "\
> (300 K) in degC
26.85 °C
> 1 +
| 2
3
> let t = 1100 °C
t = 1100 °C
> t + 5 K
1105 °C
> 300 K + 5 eV
  ✗ a temperature and an energy do not go together with `+` [E0302]
   ╭─[entry:1:1]
 1 │ 300 K + 5 eV
   · ──┬──   ──┬─
   ·   │       ╰── an energy
   ·   ╰── a temperature
   ╰────
  help: give both in units of one kind, like `K` or `°C`

1 error; `synth explain E0302` tells more
> // nothing but a comment
> BaO + TiO2 -> BaTiO3
BaO + TiO2 -> BaTiO3
> :type t
a temperature
> :type 2 BaO + TiO2
a mixture
> t
1100 °C
",
    );
}

#[test]
fn a_node_is_declared_mended_and_declared_anew() {
    let mut bench = Bench::new();
    bench.follow(
        "\
> use std.batio
batio: module
> system s { elements: [Ba, Ti, O] }
s: system
> phases hull {
|   system: s
|   sorce: batio.thermochemistry
| }
  ✗ `hull` needs the field `source` [E0207]
   ╭─[entry:1:8]
 1 │ phases hull {
   ·        ──┬─
   ·          ╰── a `phases` without `source`
   ╰────
  help: add `source: batio.thermochemistry`
        note: `source`: Where energies and volumes come from.

  ✗ a `phases` has no field `sorce` [E0204]
   ╭─[entry:3:3]
 3 │   sorce: batio.thermochemistry
   ·   ──┬──
   ·     ╰── unknown field
   ╰────
  help: did you mean `source`?

2 errors; `synth explain E0207` tells more
> phases hull { system: s, source: batio.thermochemistry }
hull: phases
> hull
hull: phases, not run yet: `:run hull`
> :type hull
a node of kind `phases` that gives a phase set
> system s { elements: [Ba, Ti, O, C] }
s: system, in place of the earlier one
> study { seed: 3 }
study: settings
> :text
use std.batio

study { seed: 3 }

system s { elements: [Ba, Ti, O, C] }

phases hull { system: s, source: batio.thermochemistry }
> :undo
`study` taken back
> :undo
`s` taken back
> :show
s: system, described inline
hull: phases, not run yet: `:run hull`
",
    );
}

#[test]
fn what_breaks_another_item_is_shown_there_and_not_kept() {
    Bench::new().follow(
        "\
> let a = 2 K
a = 2 K
> let b = a + 1 K
b = 3 K
> let a = 1 eV
  ✗ an energy and a temperature do not go together with `+` [E0302]
   ╭─[session.synth:3:9]
 3 │ let b = a + 1 K
   ·         ┬   ─┬─
   ·         │    ╰── a temperature
   ·         ╰── an energy
   ╰────
  help: give both in units of one kind, like `eV`, `meV` or `kJ/mol`

1 error; `synth explain E0302` tells more
> a
2 K
> let a = 4 K // warmer
a = 4 K, in place of the earlier one
> b
5 K
",
    );
}

#[test]
fn results_are_there_after_a_run_and_gone_after_a_change() {
    let mut bench = with_study();
    bench.follow(
        "\
> fired[ratio: 1].final(BaTiO3)
not run yet: `:run fired[ratio: 1]`
> expect fired[ratio: 2].final(Ba2TiO4) > 0 %
expect fired[ratio: 2].final(Ba2TiO4) > 0 %: not run yet, `:run`
> :why library
library: to run, not run before
  hull: to run, not run before
",
    );
    let said = bench.enter(":run fired[ratio: 1]");
    assert!(said.ends_with("tasks: 5 run\n"), "{said}");
    bench.follow(
        "\
> fired
fired[ratio: 1]: synthesis, stored
fired[ratio: 2]: synthesis, not run yet: `:run fired[ratio: 2]`
",
    );
    let said = bench.enter(":run");
    assert!(
        said.contains(
            "tasks: 3 run, 5 stored before\nholds: fired[ratio: 2].final(Ba2TiO4) > 0 %\n"
        ),
        "{said}"
    );
    let said = bench.enter("fired.final(Ba2TiO4)");
    assert!(
        said.starts_with("fired[ratio: 1]  ") && said.contains("\nfired[ratio: 2]  "),
        "{said}"
    );
    assert!(said.contains(" ± ") && said.ends_with(" %\n"), "{said}");
    let said = bench.enter("expect hull.gibbs(BaTiO3, 1200 K) < 0 eV");
    assert!(
        said.starts_with("holds: hull.gibbs(BaTiO3, 1200 K) < 0 eV\n"),
        "{said}"
    );
    bench.follow(
        "\
> param top = 1000 °C
top = 1000 °C, in place of the earlier one
> :plan fired[ratio: 1]
  node                            why
  ─────────────────────────  ───  ───────────────────────────────────────────────────────────────────────
  fired[ratio: 1] replica 1  run  steps schedule: ramp to 1100 °C at 5 K/min → ramp to 1000 °C at 5 K/min
  fired[ratio: 1] replica 2  run  steps schedule: ramp to 1100 °C at 5 K/min → ramp to 1000 °C at 5 K/min
  fired[ratio: 1]            run  steps schedule: ramp to 1100 °C at 5 K/min → ramp to 1000 °C at 5 K/min
3 of 3 tasks would run
> fired[ratio: 1].final(BaTiO3)
not run yet: `:run fired[ratio: 1]`
> :undo
`top` taken back
",
    );
    let said = bench.enter(":run");
    assert!(said.starts_with("tasks: 8 stored before\n"), "{said}");
}

#[test]
fn a_recipe_is_saved_as_check_accepts_it_and_no_other_file_is_lost() {
    let mut bench = with_study();
    std::fs::write(bench.path("other.synth"), "let mine = 1\n").expect("written");
    bench.follow(
        "\
> param top = 1000 °C
top = 1000 °C, in place of the earlier one
> expect fired.final(BaTiO3) > 0 %
expect fired.final(BaTiO3) > 0 %: not run yet, `:run`
> expect fired.final(BaTiO3)   > 0 %
expect fired.final(BaTiO3) > 0 %: not run yet, `:run`, in place of the earlier one
> :save DIR/other.synth
`DIR/other.synth` is there already and is not this recipe's file; `:save! DIR/other.synth` replaces it
> :save
DIR/study.synth is written
> :save DIR/new
DIR/new.synth is written
> :save DIR/nowhere/new.synth
`DIR/nowhere/new.synth` could not be written: No such file or directory (os error 2)
",
    );
    let saved = std::fs::read_to_string(bench.path("study.synth")).expect("saved");
    let expected = STUDY.replace("param top = 1100 °C  // at most", "param top = 1000 °C");
    assert_eq!(
        saved,
        expected + "\nexpect fired.final(BaTiO3) > 0 %\n",
        "only what was entered has changed"
    );
    let registry = crate::kinds::registry();
    let checked = check(
        &bench.path("study.synth"),
        &DiskLoader,
        registry.vocabulary(),
        &Options::default(),
    );
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let other = std::fs::read_to_string(bench.path("other.synth")).expect("there");
    assert_eq!(other, "let mine = 1\n");
    std::fs::write(bench.path("study.synth"), "let theirs = 1\n").expect("written");
    bench.follow(
        "\
> :save
`DIR/study.synth` has changed since it was read; `:save! DIR/study.synth` replaces it
> :save! DIR/other.synth
DIR/other.synth is written
> :load DIR/study.synth
DIR/study.synth: 0 nodes in 0 declarations, 0 of 0 tasks stored
> :show
let theirs = 1
",
    );
}

/// A recipe with an entry in it, as text.
fn joined(recipe: &str, entry: &str) -> String {
    let recipe = Recipe::load(recipe).expect("a sound recipe");
    let entry = Recipe::read(entry).expect("a sound entry");
    recipe.with(&entry).text().0
}

#[test]
fn an_entry_goes_where_a_reader_looks_for_it_and_comments_stay() {
    assert_eq!(
        joined("//! About it.\n\nlet a = 1\n", "use std.batio"),
        "//! About it.\n\nuse std.batio\n\nlet a = 1\n"
    );
    assert_eq!(
        joined("use std.batio  // data\n\nlet a = 1\n", "study { seed: 1 }"),
        "use std.batio  // data\n\nstudy { seed: 1 }\n\nlet a = 1\n"
    );
    assert_eq!(
        joined("use std.batio\n\nlet a = 1\n", "use std.thermo"),
        "use std.batio\nuse std.thermo\n\nlet a = 1\n"
    );
    assert_eq!(
        joined("let a = 1\n// end\n", "let b = 2"),
        "let a = 1\n// end\n\nlet b = 2\n"
    );
    assert_eq!(
        joined("// only this\n", "let b = 2"),
        "// only this\n\nlet b = 2\n"
    );
    assert_eq!(joined("", "let b = 2 // two"), "let b = 2 // two\n");
    let documented = "// Why.\n/// Old.\nlet a = 1\n\nlet b = a\n";
    assert_eq!(
        joined(documented, "let a = 2"),
        "// Why.\n/// Old.\nlet a = 2\n\nlet b = a\n"
    );
    assert_eq!(
        joined(documented, "/// New.\nlet a = 2"),
        "// Why.\n/// New.\nlet a = 2\n\nlet b = a\n"
    );
    assert_eq!(
        joined("let a = 1\n", "let b = 2\nlet a = 3\nlet c = 4"),
        "let a = 3\n\nlet b = 2\n\nlet c = 4\n"
    );
}

#[test]
fn a_recipe_with_faults_is_not_loaded() {
    let mut bench = with_study();
    std::fs::write(bench.path("bad.synth"), "let a = b\n").expect("written");
    let said = bench.enter(":load DIR/bad.synth");
    assert!(said.contains("─[DIR/bad.synth:1:9]"), "{said}");
    assert!(said.ends_with("`DIR/bad.synth` is not loaded\n"), "{said}");
    bench.follow(
        "\
> :load DIR/absent.synth
there is no file `DIR/absent.synth`
> top
1100 °C
",
    );
}

#[test]
fn commands_help_and_suggest() {
    let mut bench = with_study();
    bench.follow(
        "\
> :grph
there is no command `:grph`; did you mean `:graph`?
> :zzz
there is no command `:zzz`; `:help` lists them
> :why
`:why` needs a node; `:plan` lists them
> :doc gibs
there is no kind or function `gibs`; did you mean `gibbs`?
> :graph pdf
the graph is drawn as `mermaid` or `dot`, not `pdf`
> :type
`:type` needs an expression
",
    );
    let said = bench.enter(":run fird");
    assert!(said.contains("did you mean `fired`?"), "{said}");
    assert!(bench.enter(":graph dot").starts_with("digraph"));
    assert!(bench.enter(":doc gibbs").starts_with("gibbs: "));
    assert!(bench.enter(":doc synthesis").starts_with("synthesis: "));
    assert!(bench.enter(":show hull").starts_with("hull (phases)\n"));
    let help = bench.enter(":help");
    for command in super::commands::COMMANDS {
        assert!(help.contains(&format!("  :{}", command.name)), "{help}");
        if command.name != "quit" {
            let said = bench.enter(&format!(":{}", command.name));
            assert!(!said.contains("there is no command"), "{said}");
        }
    }
    let mut out = Vec::new();
    let step = bench
        .session
        .enter(":quit", &mut out, &AtomicBool::new(false));
    assert_eq!((step, out.len()), (Step::Quit, 0));
}

#[test]
fn completion_knows_fields_kinds_names_units_and_commands() {
    let bench = with_study();
    let only = |line: &str, word: &str, texts: &[&str]| {
        let (at, found) = bench.complete(line);
        assert_eq!(at, word, "{line}");
        assert_eq!(found, texts, "{line}");
    };
    only("synth¦", "synth", &["synthesis "]);
    only("sche¦", "sche", &["schedule "]);
    only("1 + to¦", "to", &["top"]);
    only("molar¦", "molar", &["molar_mass("]);
    only("synthesis more {\n  gri¦", "gri", &["grid: "]);
    only(
        "synthesis more { grid: [6, 6, 6], realis¦",
        "realis",
        &["realisations: "],
    );
    only("synthesis more {\n  grid: [6, 6, 6]\n  gri¦", "gri", &[]);
    only("synthesis more { reactions: li¦", "li", &["library"]);
    only("phases p { system: ba¦", "ba", &["ba_ti_o", "batio"]);
    only(
        "phases p { source: batio.therm¦",
        "therm",
        &["thermochemistry"],
    );
    only("synthesis more like fi¦", "fi", &["fired"]);
    only("schedule s {\n  ra¦", "ra", &["ramp"]);
    only("schedule s {\n  hold fo¦", "fo", &["for"]);
    only("fired.fin¦", "fin", &["final("]);
    only("fired[ratio: 1].fin¦", "fin", &["final("]);
    only("fired.rat¦", "rat", &["ratio"]);
    only("fired[rat¦", "rat", &["ratio: "]);
    only("use std.ba¦", "std.ba", &["std.batio"]);
    only(":pl¦", "pl", &["plan"]);
    only(":why fi¦", "fi", &["firing", "fired"]);
    only(":doc gib¦", "gib", &["gibbs"]);
    only(":type to¦", "to", &["top"]);
    only("\"sche¦", "sche", &[]);
    only("// sche¦", "sche", &[]);
    let (_, units) = bench.complete("(300 K) in deg¦");
    assert!(units.contains(&"degC".to_owned()), "{units:?}");
    let (_, scores) = bench.complete("reactions r { kinetics: ta¦");
    assert!(
        scores.iter().any(|word| word.starts_with("tammann")),
        "{scores:?}"
    );
}

#[test]
fn names_that_are_entered_are_completed_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.complete("hold_t¦").1, Vec::<String>::new());
    bench.enter("let hold_time = 6 h");
    assert_eq!(bench.complete("hold_t¦").1, ["hold_time"]);
    bench.enter(":undo");
    assert_eq!(bench.complete("hold_t¦").1, Vec::<String>::new());
}

#[test]
fn hints_finish_words_and_show_examples() {
    let bench = with_study();
    let hint = |line: &str| {
        let hint = bench.session.hint(line, line.len());
        hint.map(|hint| (hint.text, hint.can_be_taken))
    };
    assert_eq!(hint("molar"), Some(("_mass(".into(), true)));
    assert_eq!(hint(":run "), Some(("[NODE …]".into(), false)));
    assert_eq!(hint("t"), None);
    let example = hint("synthesis more { grid:").expect("an example");
    assert!(example.0.starts_with(" [") && !example.1, "{example:?}");
}

/// Whatever is typed, and wherever the cursor is, there is an answer.
#[test]
fn every_beginning_of_a_study_can_be_completed_and_entered() {
    let mut bench = with_study();
    for (at, _) in STUDY.char_indices() {
        let beginning = &STUDY[..at];
        let (start, _) = bench.session.complete(beginning, at);
        assert!(start <= at && beginning.is_char_boundary(start));
        bench.session.hint(beginning, at);
    }
    for input in [
        "}", "{", "let", "let =", "fired[", "\"", ".", "..", ":", ": ", "ä", "expect", "use",
        "1 K K",
    ] {
        bench.enter(input);
        bench.session.complete(input, input.len());
        bench.session.hint(input, input.len());
    }
    assert_eq!(bench.enter("top"), "1100 °C\n");
}

#[test]
fn a_computation_is_stopped_and_the_session_goes_on() {
    let mut bench = with_study();
    bench.enter("synthesis long like fired { grid: [40, 40, 40], sweeps_per_hour: 100000 }");
    let cancel = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&cancel);
    let begun = Instant::now();
    let impatient = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(600));
        raised.store(true, Ordering::SeqCst);
    });
    let said = bench.enter_until(":run long[ratio: 1]", &cancel);
    impatient.join().expect("no panic");
    assert!(
        said.ends_with("stopped; what is finished is kept\n"),
        "{said}"
    );
    assert!(begun.elapsed() < Duration::from_secs(30));
    bench.follow(
        "\
> long[ratio: 1].final(BaTiO3)
not run yet: `:run long[ratio: 1]`
> library
library: reactions, stored
> 1 + 1
2
",
    );
    assert!(Path::new(&bench.path("store")).is_dir());
}
