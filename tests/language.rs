//! The language as a whole: every code has a failing and a mended recipe, kinds have examples that are sound, recipes
//! with faults give the findings that stand beside them.

use synth::lang::diag::{Diagnostic, Style, codes, render};
use synth::lang::sema::{Options, check};
use synth::lang::source::MemoryLoader;
use synth::run::graph::elaborate;
use synth::run::kind::Registry;

/// What `synth check` finds in a text, as printed.
fn findings(registry: &Registry, name: &str, text: &str) -> (Vec<Diagnostic>, String) {
    let loader = MemoryLoader::default()
        .with(name, text)
        .with("argon.yaml", include_str!("../examples/argon.yaml"))
        .with("argon.asi", include_bytes!("../examples/argon.asi"));
    let checked = check(name, &loader, registry.vocabulary(), &Options::default());
    let graph = elaborate(&checked.study, registry, &loader);
    let all = graph.findings_after(&checked.diagnostics);
    let shown = render(&all, &checked.sources, &Style::PLAIN);
    (all, shown)
}

fn errors(all: &[Diagnostic]) -> Vec<&'static str> {
    let mut codes: Vec<&str> = all
        .iter()
        .filter(|one| one.is_error())
        .map(|one| one.code.0)
        .collect();
    codes.dedup();
    codes
}

#[test]
fn every_code_has_a_failing_and_a_mended_recipe() {
    let registry = synth::kinds::registry();
    let mut seen = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for one in codes::all() {
        assert!(seen.insert(one.code.0), "{} stands twice", one.code);
        assert!(one.text.len() > 30, "{} explains nothing", one.code);
        if one.failing.is_empty() {
            continue;
        }
        let (failing, shown) = findings(&registry, "failing.synth", one.failing);
        if !failing.iter().any(|finding| finding.code == one.code) {
            wrong.push(format!(
                "{}: the failing recipe does not give it:\n{}\n{shown}",
                one.code, one.failing
            ));
        }
        let (mended, shown) = findings(&registry, "mended.synth", one.mended);
        if mended.iter().any(Diagnostic::is_error)
            || mended.iter().any(|finding| finding.code == one.code)
        {
            wrong.push(format!(
                "{}: the mended recipe still fails:\n{}\n{shown}",
                one.code, one.mended
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_explained() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lang/diag/codes");
    let known: std::collections::BTreeSet<&str> = codes::all().map(|one| one.code.0).collect();
    let mut declared = 0;
    for entry in std::fs::read_dir(folder).expect("the tables") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a table");
        for code in text
            .split("Code = Code(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            declared += 1;
            assert!(known.contains(code), "{code} has no explanation");
        }
    }
    assert_eq!(declared, known.len());
}

#[test]
fn every_kind_has_an_example_that_is_sound_and_formatted() {
    let registry = synth::kinds::registry();
    for kind in registry.kinds() {
        let schema = kind.schema();
        let (all, shown) = findings(&registry, "example.synth", schema.example);
        assert!(
            errors(&all).is_empty(),
            "{}:\n{}\n{shown}",
            schema.name,
            schema.example
        );
        for field in schema.fields {
            assert!(
                field.doc.ends_with('.'),
                "{}.{}: a sentence ends with a stop",
                schema.name,
                field.name
            );
        }
    }
}

#[test]
fn every_edit_that_is_offered_changes_something_for_the_better() {
    let registry = synth::kinds::registry();
    let mut offered = 0;
    for one in codes::all().filter(|one| !one.failing.is_empty()) {
        let (before, _) = findings(&registry, "a.synth", one.failing);
        let Some(edit) = before
            .iter()
            .find(|finding| finding.code == one.code)
            .and_then(|finding| finding.edit.clone())
        else {
            continue;
        };
        offered += 1;
        let mut text = one.failing.to_owned();
        text.replace_range(edit.span.range(), &edit.replacement);
        let (after, shown) = findings(&registry, "a.synth", &text);
        let count = |all: &[Diagnostic]| {
            all.iter()
                .filter(|finding| finding.code == one.code)
                .count()
        };
        assert!(
            count(&after) < count(&before),
            "{}: the edit does not mend it:\n{text}\n{shown}",
            one.code
        );
    }
    println!("{offered} codes offer an edit");
    assert!(offered >= 20, "{offered} codes offer an edit");
}

#[test]
fn faulty_recipes_give_the_findings_beside_them() {
    let registry = synth::kinds::registry();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/errors");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "synth")
        })
        .collect();
    paths.sort();
    assert!(paths.len() >= 6);
    insta::with_settings!({ snapshot_path => "golden/errors", prepend_module_to_snapshot => false, omit_expression => true }, {
        for path in paths {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a recipe");
            let (_, shown) = findings(&registry, &name, &text);
            insta::assert_snapshot!(name.trim_end_matches(".synth"), shown);
        }
    });
}

#[test]
fn six_faults_are_six_errors_in_one_run() {
    let registry = synth::kinds::registry();
    let text = include_str!("golden/errors/six_faults.synth");
    let (all, shown) = findings(&registry, "six_faults.synth", text);
    let count = all.iter().filter(|one| one.is_error()).count();
    assert!(count >= 6, "{count}\n{shown}");
    for finding in all.iter().filter(|one| one.is_error()) {
        assert!(!finding.labels.is_empty(), "{finding:?}");
        assert!(finding.help.is_some(), "{}\n{shown}", finding.headline);
    }
}

#[test]
fn the_whole_study_of_the_design_names_only_what_is_not_built() {
    let registry = synth::kinds::registry();
    let (all, shown) = findings(
        &registry,
        "study.synth",
        include_str!("golden/language/study.synth"),
    );
    let unknown: Vec<&str> = all
        .iter()
        .map(|one| one.headline.as_str())
        .filter(|headline| headline.contains("not built yet"))
        .collect();
    assert_eq!(unknown.len(), 1, "{shown}");
}

/// Seeded mutations of real recipes: whatever the text is, checking returns, findings point into their texts, and
/// what can be formatted stays as it is when formatted again. `SYNTH_FUZZ_SECONDS` sets how long (two by default).
#[test]
fn mutated_recipes_are_checked_without_a_panic() {
    let seconds = std::env::var("SYNTH_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2.0);
    let registry = synth::kinds::registry();
    let mut corpus: Vec<String> = codes::all()
        .flat_map(|one| [one.failing, one.mended])
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect();
    corpus.extend(
        registry
            .kinds()
            .map(|kind| kind.schema().example.to_owned()),
    );
    corpus.push(include_str!("golden/language/study.synth").to_owned());
    corpus.push(include_str!("../examples/batio3.synth").to_owned());
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let start = std::time::Instant::now();
    let mut rounds = 0;
    while start.elapsed().as_secs_f64() < seconds {
        let mut text: Vec<char> = corpus[random(corpus.len())].chars().collect();
        for _ in 0..=random(6) {
            let at = random(text.len());
            match random(5) {
                0 if !text.is_empty() => {
                    text.remove(at);
                }
                1 => text.insert(
                    at.min(text.len()),
                    [
                        '{', '}', '(', ')', '[', ']', '"', '\n', '=', '.', '-', '1', 'K',
                    ][random(13)],
                ),
                2 => {
                    let end = (at + random(30)).min(text.len());
                    text.drain(at.min(end)..end);
                }
                3 => {
                    // A piece of another recipe.
                    let other: Vec<char> = corpus[random(corpus.len())].chars().collect();
                    let from = random(other.len());
                    let to = (from + random(60)).min(other.len());
                    let at = at.min(text.len());
                    text.splice(at..at, other[from..to].iter().copied());
                }
                _ => {
                    let end = (at + random(20)).min(text.len());
                    let piece: Vec<char> = text[at.min(end)..end].to_vec();
                    text.splice(at.min(end)..at.min(end), piece);
                }
            }
        }
        let text: String = text.into_iter().collect();
        let (all, _) = findings(&registry, "fuzzed.synth", &text);
        for label in all.iter().flat_map(|finding| &finding.labels) {
            assert!(label.span.start <= label.span.end, "{text}");
            if label.span.file.0 == 0 {
                assert!(text.get(label.span.range()).is_some(), "{label:?}\n{text}");
            }
        }
        if let Ok(once) = synth::lang::syntax::format(&text) {
            let again = synth::lang::syntax::format(&once)
                .unwrap_or_else(|faults| panic!("{text}\n→\n{once}\n{faults:#?}"));
            assert_eq!(again, once, "{text}");
        }
        rounds += 1;
    }
    eprintln!("{rounds} mutated recipes");
}

/// Large recipes are checked by several threads; nobody may notice.
#[test]
fn a_large_recipe_reads_the_same_on_any_number_of_threads() {
    let registry = synth::kinds::registry();
    let mut text = String::from(
        "use \"lib.synth\"\n\
         phases p { system: lib.ternary, source: batio.measured_only }\n\
         use std.batio\n\
         reactions r { phases: p, between: [BaO, TiO2(rutile)], every: 500 K }\n",
    );
    for at in 0..700 {
        // A fault, a node of a module that is met for the first time, and what is plain.
        let more = match at % 97 {
            13 => "hold: 3 kg",
            29 => "grid: [3, 3",
            41 => "schedule: lib.slow",
            43 => "schedule: lib.broken",
            _ => "schedule: lib.fast",
        };
        text.push_str(&format!(
            "synthesis s_{at} {{ reactions: r, precursors: BaO + TiO2(rutile), seed: {at}, {more} }}\n"
        ));
    }
    let library = "system ternary { elements: [Ba, Ti, O] }\n\
         schedule fast { start 1000 K\n hold for 1 h }\n\
         schedule slow { start 1000 K\n hold for 9 h }\n\
         schedule broken { start 1000 s\n hold for 9 h }\n";
    let loader = MemoryLoader::default()
        .with("study.synth", &text)
        .with("lib.synth", library);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads").install(|| {
            let checked = check(
                "study.synth",
                &loader,
                registry.vocabulary(),
                &Options::default(),
            );
            let shown = render(&checked.diagnostics, &checked.sources, &Style::PLAIN);
            (format!("{:#?}", checked.study), shown)
        })
    };
    let (study, shown) = on(1);
    assert!(shown.contains("needs") || shown.contains("kg"), "{shown}");
    assert!(study.contains("lib.slow"));
    for threads in [2, 5] {
        let (other, other_shown) = on(threads);
        assert_eq!(shown, other_shown);
        assert!(study == other, "another study on {threads} threads");
    }
}
