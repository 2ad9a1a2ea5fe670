//! What holds for all kinds together.

use crate::lang::schema::{Place, Verb};
use crate::lang::units::all_words;

/// Verbs and the words before their arguments, with those in blocks.
fn words(verbs: &[Verb], into: &mut Vec<&'static str>) {
    for verb in verbs {
        into.push(verb.name);
        into.extend(verb.arguments.iter().filter_map(|one| match one.place {
            Place::After(word) | Place::Flag(word) => Some(word),
            Place::Positional => None,
        }));
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
