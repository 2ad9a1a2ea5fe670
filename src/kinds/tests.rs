//! What holds for all kinds together.

use crate::lang::diag::Diagnostic;
use crate::lang::schema::Verb;
use crate::lang::sema::{MemberId, Options, check};
use crate::lang::source::MemoryLoader;
use crate::lang::units::all_words;
use crate::run::graph::elaborate;

/// What a node of a recipe that is sound says about itself.
pub(super) fn facts<T: Clone + 'static>(text: &str, label: &str) -> T {
    let registry = super::registry();
    let loader = MemoryLoader::default().with("study.synth", text);
    let checked = check(
        "study.synth",
        &loader,
        registry.vocabulary(),
        &Options::default(),
    );
    let graph = elaborate(&checked.study, &registry, &loader);
    let findings = graph.findings_after(&checked.diagnostics);
    assert!(
        findings.iter().all(|one| !one.is_error()),
        "{text}\n{findings:?}"
    );
    let members = (0..checked.study.members.len()).map(|at| MemberId(at as u32));
    let member = members
        .into_iter()
        .find(|id| checked.study.label(*id) == label);
    let node = graph.node(member.expect("a member of this name"));
    node.facts::<T>().expect("facts of this type").clone()
}

/// The headlines of what is wrong with a recipe.
pub(super) fn faults(text: &str) -> Vec<String> {
    let registry = super::registry();
    let loader = MemoryLoader::default().with("study.synth", text);
    let checked = check(
        "study.synth",
        &loader,
        registry.vocabulary(),
        &Options::default(),
    );
    let graph = elaborate(&checked.study, &registry, &loader);
    let findings = graph.findings_after(&checked.diagnostics).into_iter();
    findings
        .filter(Diagnostic::is_error)
        .map(|one| one.headline)
        .collect()
}

/// Verbs and the words before their arguments, with those in blocks.
fn words(verbs: &[Verb], into: &mut Vec<&'static str>) {
    for verb in verbs {
        into.push(verb.name);
        into.extend(verb.words());
        words(verb.block, into);
    }
}

/// The words that the grammar itself knows, but for the units that it lists to tell them from formulas.
fn keywords() -> Vec<&'static str> {
    let rules = include_str!("../../grammar/synth.pest").lines();
    let mut found = Vec::new();
    let mut in_units = false;
    for line in rules.filter(|line| !line.trim_start().starts_with("//")) {
        in_units = line.starts_with("unit_name") || in_units && line.starts_with(' ');
        if !in_units && !line.starts_with("number") {
            let quoted = line.split('"').skip(1).step_by(2);
            found.extend(quoted.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())));
        }
    }
    found
}

/// So that `atoms 60 temperature 3000 K` and `2 h for` have one reading.
#[test]
fn units_share_no_word_with_keywords_verbs_and_argument_words() {
    let mut taken = keywords();
    for word in [
        "use", "let", "for", "in", "to", "by", "step", "count", "select", "template",
    ] {
        assert!(
            taken.contains(&word),
            "`{word}` was not found in the grammar"
        );
    }
    let registry = super::registry();
    for kind in registry.vocabulary().kinds() {
        taken.push(kind.name);
        words(kind.steps, &mut taken);
    }
    for word in ["synthesis", "ramp", "hold", "at", "against"] {
        assert!(
            taken.contains(&word),
            "`{word}` was not found in the registry"
        );
    }
    let shared: Vec<&str> = all_words().filter(|unit| taken.contains(unit)).collect();
    assert!(
        shared.is_empty(),
        "units and words of the language: {shared:?}"
    );
}
