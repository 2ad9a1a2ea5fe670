//! The import rule of the architecture, read off the sources.

use std::collections::BTreeMap;
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

/// Every path that begins with `crate::`, as its words, in `use` lines and in expressions alike.
fn crate_paths(text: &str) -> Vec<Vec<String>> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    code.split("crate::")
        .skip(1)
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
        let text = std::fs::read_to_string(path).expect("a source file");
        for import in crate_paths(&text) {
            let fits = allowed(room).iter().any(|prefix| {
                prefix.iter().zip(&import).all(|(a, b)| a == b) && import.len() >= prefix.len()
            });
            // A kind never imports another kind; `kinds/mod.rs` lists them.
            let other_kind = room == "kinds" && import.first().is_some_and(|word| word == "kinds");
            let upwards = ORDER.iter().any(|(of, order)| {
                *of == room
                    && import[0] == room
                    && match (
                        order
                            .iter()
                            .position(|one| *one == words[1].trim_end_matches(".rs")),
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
fn unsafe_code_lives_in_numerics_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let inside = path.to_string_lossy().contains("physics/numerics");
        let found = text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
        assert!(inside || !found, "unsafe code in {}", path.display());
    }
}
