//! What may stand at the cursor, read off the registry and the recipe.

mod scene;

use std::collections::BTreeMap;

use scene::{Cursor, Scene};

use super::commands::COMMANDS;
use super::recipe::Recipe;
use crate::lang::sema::{Study, Vocabulary};
use crate::lang::source::{FileId, Loader, join};
use crate::lang::syntax::ast::{ItemKind, UseTarget};
use crate::lang::syntax::parse;

/// A word that fits at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What takes the place of the word at the cursor.
    pub text: String,
    /// One sentence about it; may be empty.
    pub doc: String,
}

/// What is shown in pale behind the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub text: String,
    /// Whether it can be taken over as it is; else it is an example to look at.
    pub can_be_taken: bool,
}

/// A name that a recipe or module binds.
#[derive(Debug, Clone)]
struct Known {
    name: String,
    /// Of a node.
    kind: Option<String>,
    axes: Vec<String>,
}

/// The names of a recipe and of the modules that it uses.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    names: Vec<Known>,
    modules: BTreeMap<String, Vec<Known>>,
    /// Modules that can be used: `std.batio`.
    library: Vec<String>,
}

impl Outline {
    pub fn of(study: &Study, recipe: &Recipe, loader: &dyn Loader) -> Self {
        let (text, _) = recipe.text();
        let mut outline = Outline {
            names: Vec::new(),
            modules: BTreeMap::new(),
            library: loader
                .library()
                .into_iter()
                .map(|name| format!("std.{name}"))
                .collect(),
        };
        outline.names = known(&text, &mut |name, target| {
            let file = match target {
                UseTarget::Module(words) => {
                    format!("std/{}.synth", words.get(1..).unwrap_or_default().join("/"))
                }
                UseTarget::Path(path) => join(&study.name, path),
            };
            let module = loader.text(&file).map(|module| module.text);
            outline.modules.insert(
                name.to_owned(),
                known(&module.unwrap_or_default(), &mut |_, _| ()),
            );
        });
        // `like` copies the axes of another node; the checked study knows them.
        for one in &mut outline.names {
            if let Some(id) = study.find(&one.name) {
                one.axes.clone_from(&study.declaration(id).axes);
            }
        }
        outline
    }

    /// The byte at which the word at the cursor begins, and what may stand there.
    pub fn complete(
        &self,
        vocabulary: &Vocabulary,
        line: &str,
        pos: usize,
    ) -> (usize, Vec<Candidate>) {
        let before = line.get(..pos).unwrap_or(line);
        if let Some(command) = before.trim_start().strip_prefix(':') {
            return self.complete_command(vocabulary, before, command);
        }
        self.complete_code(vocabulary, before)
    }

    fn complete_command(
        &self,
        vocabulary: &Vocabulary,
        before: &str,
        command: &str,
    ) -> (usize, Vec<Candidate>) {
        let Some((name, argument)) = command.split_once(' ') else {
            let start = before.len() - command.len();
            let fitting = COMMANDS
                .iter()
                .map(|one| candidate(one.name, one.doc))
                .filter(|one| one.text.starts_with(command))
                .collect();
            return (start, fitting);
        };
        if matches!(name, "type" | "show") {
            let (start, found) = self.complete_code(vocabulary, argument);
            return (before.len() - argument.len() + start, found);
        }
        let start = word_start(before);
        let word = &before[start..];
        let found: Vec<Candidate> = match name {
            "run" | "plan" | "why" => self
                .names
                .iter()
                .filter(|one| one.kind.is_some())
                .map(|one| candidate(&one.name, ""))
                .collect(),
            "doc" => vocabulary
                .kinds()
                .map(|kind| candidate(kind.name, kind.summary))
                .chain(
                    vocabulary
                        .functions()
                        .iter()
                        .map(|function| candidate(function.schema.name, function.schema.doc)),
                )
                .collect(),
            "graph" => vec![candidate("mermaid", ""), candidate("dot", "")],
            _ => Vec::new(),
        };
        (start, fitting(found, word))
    }

    fn complete_code(&self, vocabulary: &Vocabulary, before: &str) -> (usize, Vec<Candidate>) {
        let start = word_start(before);
        let word = &before[start..];
        let Some(found) = Cursor::at(&before[..start]) else {
            return (start, Vec::new());
        };
        // A word behind a dot belongs to what is before the dot.
        if let Some(owner) = before[..start].strip_suffix('.')
            && !owner.ends_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            if found.segment.starts_with("use ") {
                return self.complete_use(before, start);
            }
            return (start, fitting(self.members(vocabulary, owner), word));
        }
        if found.segment.starts_with("use ") || found.segment == "use" {
            return self.complete_use(before, start);
        }
        let scene = Scene::of(vocabulary, self, &found);
        let all = scene.candidates(vocabulary, self, &found, word);
        (start, fitting(all, word))
    }

    /// Dotted names of modules are completed as a whole.
    fn complete_use(&self, before: &str, start: usize) -> (usize, Vec<Candidate>) {
        let start = before[..start].rfind(' ').map_or(start, |at| at + 1);
        let all = self.library.iter().map(|name| candidate(name, ""));
        (start, fitting(all.collect(), &before[start..]))
    }

    /// What can be read off a node or a module.
    fn members(&self, vocabulary: &Vocabulary, owner: &str) -> Vec<Candidate> {
        let path = owner_path(owner);
        let node = match path.as_slice() {
            [name] => {
                if let Some(names) = self.modules.get(*name) {
                    return names.iter().map(|one| candidate(&one.name, "")).collect();
                }
                self.names.iter().find(|one| one.name == *name)
            }
            [module, name] => self
                .modules
                .get(*module)
                .and_then(|names| names.iter().find(|one| one.name == *name)),
            _ => None,
        };
        let Some(node) = node else { return Vec::new() };
        let kind = node.kind.as_deref().and_then(|kind| vocabulary.kind(kind));
        let results = kind.map_or(&[][..], |kind| kind.results);
        results
            .iter()
            .map(|result| {
                let open = if result.parameters.is_empty() {
                    ""
                } else {
                    "("
                };
                candidate(&format!("{}{open}", result.name), result.doc)
            })
            .chain(node.axes.iter().map(|axis| candidate(axis, "a coordinate")))
            .collect()
    }

    /// What could be written at the end of the line.
    pub fn hint(&self, vocabulary: &Vocabulary, line: &str, pos: usize) -> Option<Hint> {
        if pos != line.len() || line.trim().is_empty() {
            return None;
        }
        let example = |text: String| Hint {
            text,
            can_be_taken: false,
        };
        if let Some(command) = line.strip_prefix(':')
            && let Some(name) = command.strip_suffix(' ')
        {
            let known = COMMANDS.iter().find(|one| one.name == name)?;
            return Some(example(known.argument.to_owned())).filter(|hint| !hint.text.is_empty());
        }
        let (start, found) = self.complete(vocabulary, line, pos);
        let word = &line[start..];
        if word.is_empty() {
            let cursor = Cursor::at(line)?;
            let scene = Scene::of(vocabulary, self, &cursor);
            let field = scene.field(&cursor.segment)?;
            let gap = if line.ends_with(' ') { "" } else { " " };
            let is_open = cursor.segment.trim_end().ends_with(':');
            return is_open.then(|| example(format!("{gap}{}", field.example)));
        }
        let [only] = found.as_slice() else {
            return None;
        };
        let rest = only.text.strip_prefix(word)?;
        (word.len() > 1 && !rest.is_empty()).then(|| Hint {
            text: rest.to_owned(),
            can_be_taken: true,
        })
    }
}

fn candidate(text: &str, doc: &str) -> Candidate {
    Candidate {
        text: text.to_owned(),
        doc: doc.to_owned(),
    }
}

/// Those that begin with the word, in their order, each once.
fn fitting(all: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for one in all {
        if one.text.starts_with(word) && !found.iter().any(|known| known.text == one.text) {
            found.push(one);
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word_start(before: &str) -> usize {
    before.trim_end_matches(is_word).len()
}

/// `fired` of `x + fired[ratio: 1]`; `batio`, `crystals` of `batio.crystals`.
fn owner_path(owner: &str) -> Vec<&str> {
    let mut rest = owner;
    if rest.ends_with(']') {
        let mut depth = 0;
        let open = rest.char_indices().rev().find(|(_, c)| {
            match c {
                ']' => depth += 1,
                '[' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        rest = open.map_or("", |(at, _)| &rest[..at]);
    }
    let start = rest.trim_end_matches(|c| is_word(c) || c == '.').len();
    rest[start..].split('.').collect()
}

/// The names that a text binds; `uses` is told of the modules.
fn known(text: &str, uses: &mut dyn FnMut(&str, &UseTarget)) -> Vec<Known> {
    let plain = |name: &str| Known {
        name: name.to_owned(),
        kind: None,
        axes: Vec::new(),
    };
    let mut names = Vec::new();
    for item in parse(FileId(0), text).file.items {
        match item.kind {
            ItemKind::Param(one) => names.push(plain(&one.name.text)),
            ItemKind::Let(one) => names.push(plain(&one.name.text)),
            ItemKind::Node(one) => names.push(Known {
                name: one.name.text,
                kind: Some(one.kind.text),
                axes: one.axes.into_iter().map(|axis| axis.name.text).collect(),
            }),
            ItemKind::Template(one) => names.push(plain(&one.name.text)),
            ItemKind::Use(one) => {
                let name = match (&one.alias, &one.target) {
                    (Some(alias), _) => alias.text.clone(),
                    (None, UseTarget::Module(words)) => words.last().cloned().unwrap_or_default(),
                    (None, UseTarget::Path(_)) => continue,
                };
                uses(&name, &one.target);
                names.push(plain(&name));
            }
            ItemKind::Study(_) | ItemKind::Expect(_) | ItemKind::Bad(_) => {}
        }
    }
    names
}
