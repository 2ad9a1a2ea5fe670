//! The import rule of the architecture, read off the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of sources")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every path that begins with `crate::` or `super::`, as its words from the root, in `use` lines and in expressions
/// alike. `module` is the module that the text is; tests that stand in it are left out.
fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let code = code
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut all = paths_after(code, "crate::");
    for depth in 1..=module.len() {
        let above = &module[..module.len() - depth];
        let mut rests = paths_after(code, &"super::".repeat(depth));
        // These go further up.
        rests.retain(|rest| rest.first().is_none_or(|word| word != "super"));
        all.extend(
            rests
                .into_iter()
                .map(|rest| [above.to_vec(), rest].concat()),
        );
    }
    all
}

/// The rests of paths behind a beginning, as their words.
fn paths_after(code: &str, beginning: &str) -> Vec<Vec<String>> {
    let rests = code.match_indices(beginning).filter(|(at, _)| {
        !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
    });
    rests
        .map(|(at, _)| &code[at + beginning.len()..])
        .flat_map(|rest| {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                .unwrap_or(rest.len());
            let head: Vec<String> = rest[..end]
                .split("::")
                .filter(|word| !word.is_empty())
                .map(Into::into)
                .collect();
            // `crate::lang::{a, b::c}`: one path for each first word of the group.
            if rest[end..].starts_with('{') {
                let group: String = rest[end + 1..].chars().take_while(|c| *c != '}').collect();
                group
                    .split(',')
                    .filter_map(|one| one.trim().split("::").next().map(str::to_owned))
                    .filter(|word| !word.is_empty())
                    .map(|word| head.iter().cloned().chain([word]).collect())
                    .collect()
            } else {
                vec![head]
            }
        })
        .collect()
}

/// What a room may import, as prefixes of paths.
fn allowed(room: &str) -> &'static [&'static [&'static str]] {
    match room {
        "base" => &[&["base"]],
        "lang" => &[&["lang"], &["base"]],
        "run" => &[&["run"], &["lang"], &["base"]],
        "physics" => &[&["physics"], &["base"]],
        "kinds" => &[
            &["run", "kind"],
            &["run", "store"],
            &["lang", "schema"],
            &["lang", "units"],
            &["lang", "diag"],
            &["physics"],
            &["base"],
        ],
        "app" => &[&["app"], &["lang"], &["run"], &["kinds"], &["base"]],
        _ => &[],
    }
}

/// Modules that are kinds: those of which `kinds/mod.rs` lists something.
fn kinds(root: &Path) -> BTreeSet<String> {
    let list = std::fs::read_to_string(root.join("kinds/mod.rs")).expect("the list of kinds");
    let kinds: BTreeSet<String> = list
        .split("Box::new(")
        .skip(1)
        .filter_map(|rest| rest.split("::").next())
        .map(str::to_owned)
        .collect();
    assert!(kinds.len() > 10, "{kinds:?}");
    kinds
}

/// Modules of a room from the ground up: each may import those before it.
const ORDER: &[(&str, &[&str])] = &[
    (
        "lang",
        &["source", "diag", "units", "syntax", "schema", "sema"],
    ),
    ("run", &["store", "kind", "graph", "engine"]),
];

#[test]
fn rooms_import_only_what_the_rule_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let kinds = kinds(&root);
    let mut breaches: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in &files {
        let relative = path.strip_prefix(&root).expect("below src");
        let words: Vec<String> = relative
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        // Tests may look at the whole house.
        let is_test = words
            .iter()
            .any(|word| matches!(word.as_str(), "tests" | "tests.rs" | "properties.rs"));
        if words.len() < 2 || is_test {
            continue;
        }
        let room = words[0].as_str();
        let mut module = words.clone();
        let name = module.pop().expect("a name");
        module.extend((name != "mod.rs").then(|| name.trim_end_matches(".rs").to_owned()));
        let text = std::fs::read_to_string(path).expect("a source file");
        for import in paths(&text, &module) {
            let fits = allowed(room).iter().any(|prefix| {
                prefix.iter().zip(&import).all(|(a, b)| a == b) && import.len() >= prefix.len()
            });
            // A kind never imports another kind, but what kinds share.
            let own_house = room == "kinds" && import.first().is_some_and(|word| word == "kinds");
            let other_kind = own_house
                && import.get(1) != module.get(1)
                && import.get(1).is_some_and(|to| kinds.contains(to));
            let fits = fits || own_house;
            let upwards = ORDER.iter().any(|(of, order)| {
                *of == room
                    && import.first().is_some_and(|first| first == room)
                    && match (
                        order
                            .iter()
                            .position(|one| Some(*one) == module.get(1).map(String::as_str)),
                        import
                            .get(1)
                            .and_then(|to| order.iter().position(|one| one == to)),
                    ) {
                        (Some(from), Some(to)) => to > from,
                        _ => false,
                    }
            });
            if !fits || other_kind || upwards {
                breaches
                    .entry(relative.display().to_string())
                    .or_default()
                    .push(import.join("::"));
            }
        }
    }
    assert!(files.len() > 40, "the sources were not found");
    assert!(
        breaches.is_empty(),
        "imports against the rule:\n{breaches:#?}"
    );
}

#[test]
fn paths_are_counted_from_the_root() {
    let module = ["kinds", "ensemble", "start"].map(str::to_owned);
    let text = "use crate::run::{kind::Kind, store};\n// use super::comment;\nuse super::super::packing::{self, ATOMS};\n\
                fn f() { super::schema::of(my::super_::x, not_super::y) }\n\
                pub(super) use super::super::super::base::Element;\n#[cfg(test)]\nmod tests {\n use super::f;\n}";
    let found: Vec<String> = paths(text, &module)
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(
        found,
        [
            "run::kind",
            "run::store",
            "kinds::ensemble::schema::of",
            "kinds::packing::self",
            "kinds::packing::ATOMS",
            "base::Element",
        ]
    );
}

#[test]
fn unsafe_code_lives_in_numerics_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let inside = path.to_string_lossy().contains("physics/numerics");
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        // As a word: `unsafe fn` and `unsafe impl`, too, but not `unsafe_code`.
        let found = code
            .flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')))
            .any(|word| word == "unsafe");
        assert!(inside || !found, "unsafe code in {}", path.display());
    }
}
