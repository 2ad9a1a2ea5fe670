//! What may stand at the cursor, read off the registry and the recipe.

use std::collections::BTreeMap;

use super::commands::COMMANDS;
use super::recipe::Recipe;
use crate::lang::schema::{Argument, Choice, Field, KindSchema, Outcome, Place, Type, Verb};
use crate::lang::sema::{Study, Vocabulary};
use crate::lang::source::{FileId, Loader};
use crate::lang::syntax::ast::{ItemKind, UseTarget};
use crate::lang::syntax::parse;
use crate::lang::units;

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
                UseTarget::Module(words) => format!("std/{}.synth", words[1..].join("/")),
                UseTarget::Path(path) => crate::lang::source::join(&study.name, path),
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

/// An open bracket with what stands before it in its entry.
struct Open {
    bracket: char,
    head: String,
    /// What its entries say so far, without brackets within: `name: value`.
    entries: Vec<String>,
}

/// Where the cursor is: in which brackets, and behind what in its entry.
struct Cursor {
    open: Vec<Open>,
    segment: String,
}

impl Cursor {
    /// None within a text or a comment.
    fn at(before: &str) -> Option<Cursor> {
        let mut open: Vec<Open> = Vec::new();
        let mut segment = String::new();
        let mut quoted = false;
        let mut comment = false;
        let mut previous = ' ';
        for c in before.chars() {
            if comment {
                comment = c != '\n';
                if comment {
                    continue;
                }
            }
            if quoted {
                quoted = c != '"';
                segment.push(c);
                continue;
            }
            match c {
                '"' => {
                    quoted = true;
                    segment.push(c);
                }
                '/' if previous == '/' => {
                    comment = true;
                    segment.pop();
                }
                '(' | '[' | '{' => open.push(Open {
                    bracket: c,
                    head: std::mem::take(&mut segment),
                    entries: Vec::new(),
                }),
                ')' | ']' | '}' => {
                    if let Some(closed) = open.pop() {
                        segment = closed.head;
                        segment.push(closed.bracket);
                        segment.push(c);
                    }
                }
                ',' | '\n' => {
                    let entry = std::mem::take(&mut segment);
                    if let Some(inner) = open.last_mut() {
                        inner.entries.push(entry.trim().to_owned());
                    }
                }
                _ => segment.push(c),
            }
            previous = c;
        }
        (!quoted && !comment).then(|| Cursor {
            open,
            segment: segment.trim_start().to_owned(),
        })
    }
}

/// What the brackets around the cursor ask for.
#[derive(Clone, Copy)]
enum Scene {
    /// Outside of all items.
    Top,
    Body(&'static KindSchema),
    /// `{ name: value }` or arguments of a call. The words that stand for a field without its name are values.
    Fields(&'static [Field]),
    Verbs(&'static [Verb]),
    /// A value, perhaps of a known type.
    Value(Option<Type>),
    /// The axes of a family.
    Index,
}

impl Scene {
    fn of(vocabulary: &Vocabulary, outline: &Outline, cursor: &Cursor) -> Scene {
        cursor.open.iter().fold(Scene::Top, |scene, open| {
            scene.within(vocabulary, outline, open)
        })
    }

    fn within(self, vocabulary: &Vocabulary, outline: &Outline, open: &Open) -> Scene {
        let head = open.head.trim();
        let touching = open.head.ends_with(is_word);
        let last = head.rsplit(|c| !is_word(c)).next().unwrap_or_default();
        let of_field = || match self.field(head) {
            Some(field) => Scene::Value(Some(field.ty)),
            None => match self {
                Scene::Value(ty) => Scene::Value(ty),
                _ => Scene::Value(None),
            },
        };
        match open.bracket {
            '[' if touching && outline.names.iter().any(|one| one.name == last) => Scene::Index,
            '[' => match of_field() {
                Scene::Value(Some(ty)) => Scene::Value(element_type(&ty)),
                other => other,
            },
            '(' if touching => {
                let choice = match of_field() {
                    Scene::Value(Some(ty)) => choices(&ty).find(|choice| choice.name == last),
                    _ => None,
                };
                if let Some(choice) = choice {
                    return Scene::Fields(choice.arguments);
                }
                if let Some(function) = vocabulary.function(last) {
                    return Scene::Fields(function.schema.parameters);
                }
                let result = vocabulary
                    .kinds()
                    .filter_map(|kind| kind.result(last))
                    .find(|result| !result.parameters.is_empty());
                result.map_or(Scene::Value(None), |result| {
                    Scene::Fields(result.parameters)
                })
            }
            '{' => match self {
                Scene::Top => body_of(vocabulary, head),
                Scene::Body(_) | Scene::Fields(_) | Scene::Verbs(_) => {
                    if let Some(verb) = self.verb(head) {
                        return Scene::Verbs(verb.block);
                    }
                    match of_field() {
                        Scene::Value(Some(ty)) => {
                            record_fields(&ty).map_or(Scene::Value(None), Scene::Fields)
                        }
                        other => other,
                    }
                }
                Scene::Value(Some(ty)) => {
                    record_fields(&ty).map_or(Scene::Value(None), Scene::Fields)
                }
                Scene::Value(None) | Scene::Index => Scene::Value(None),
            },
            _ => of_field(),
        }
    }

    fn fields(self) -> &'static [Field] {
        match self {
            Scene::Body(kind) => kind.fields,
            Scene::Fields(fields) => fields,
            _ => &[],
        }
    }

    /// The field that an entry begins with: `grid: …`.
    fn field(self, entry: &str) -> Option<&'static Field> {
        let (name, _) = entry.split_once(':')?;
        self.fields().iter().find(|field| field.name == name.trim())
    }

    /// The verb that an entry begins with, perhaps behind a label.
    fn verb(self, entry: &str) -> Option<&'static Verb> {
        let verbs = match self {
            Scene::Body(kind) => kind.steps,
            Scene::Verbs(verbs) => verbs,
            _ => return None,
        };
        let entry = entry.split_once(':').map_or(entry, |(_, rest)| rest);
        let first = entry.split_whitespace().next()?;
        verbs.iter().find(|verb| verb.name == first)
    }

    fn candidates(
        self,
        vocabulary: &Vocabulary,
        outline: &Outline,
        cursor: &Cursor,
        word: &str,
    ) -> Vec<Candidate> {
        let segment = cursor.segment.as_str();
        let is_start = segment.trim().is_empty();
        if segment.ends_with(" in ") && !segment.contains(" for ") {
            return units::all_words().map(|unit| candidate(unit, "")).collect();
        }
        if segment.ends_with(" like ") {
            let kind = segment.split_whitespace().next().unwrap_or_default();
            return outline
                .names
                .iter()
                .filter(|one| one.kind.as_deref() == Some(kind))
                .map(|one| candidate(&one.name, ""))
                .collect();
        }
        let expected = match self {
            Scene::Value(ty) => ty,
            _ => self
                .field(segment)
                .map(|field| field.ty)
                .or_else(|| argument_type(self.verb(segment)?, segment)),
        };
        let number = segment.trim_end();
        if segment.ends_with(' ') && number.ends_with(|c: char| c.is_ascii_digit()) {
            let mut found: Vec<Candidate> = expected
                .iter()
                .flat_map(dimension_units)
                .map(|unit| candidate(unit, ""))
                .collect();
            if found.is_empty() && !word.is_empty() {
                found.extend(units::all_words().map(|unit| candidate(unit, "")));
            }
            found.extend(self.argument_words(segment));
            return found;
        }
        let mut found = Vec::new();
        match self {
            Scene::Top if is_start => {
                for head in ["use ", "study ", "param ", "let ", "template ", "expect "] {
                    found.push(candidate(head, ""));
                }
                for kind in vocabulary.kinds() {
                    found.push(candidate(&format!("{} ", kind.name), kind.summary));
                }
            }
            Scene::Body(_) | Scene::Fields(_) if is_start => {
                let given = cursor.open.last().map_or(&[][..], |open| &open.entries);
                for field in self.fields() {
                    let is_given = given.iter().any(|entry| {
                        entry
                            .split_once(':')
                            .is_some_and(|(name, _)| name.trim() == field.name)
                    });
                    if !is_given {
                        found.push(candidate(&format!("{}: ", field.name), field.doc));
                    }
                }
                if let Scene::Body(kind) = self {
                    for verb in kind.steps {
                        found.push(candidate(verb.name, verb.doc));
                    }
                    return found;
                }
            }
            Scene::Verbs(verbs) if is_start => {
                return verbs
                    .iter()
                    .map(|verb| candidate(verb.name, verb.doc))
                    .collect();
            }
            Scene::Index if is_start => {
                let family = cursor.open.last().map(|open| open.head.trim());
                let name = family.map(|head| head.rsplit(|c| !is_word(c)).next());
                let known = outline
                    .names
                    .iter()
                    .find(|one| name == Some(Some(one.name.as_str())));
                for axis in known.iter().flat_map(|one| &one.axes) {
                    found.push(candidate(&format!("{axis}: "), "a coordinate"));
                }
            }
            _ => {}
        }
        found.extend(self.argument_words(segment));
        if let Some(ty) = expected {
            found.extend(words_of(vocabulary, outline, &ty));
        }
        found.extend(outline.names.iter().map(|one| candidate(&one.name, "")));
        for function in vocabulary.functions() {
            let text = format!("{}(", function.schema.name);
            found.push(candidate(&text, function.schema.doc));
        }
        found
    }

    /// The words that may follow within a step.
    fn argument_words(self, segment: &str) -> Vec<Candidate> {
        let Some(verb) = self.verb(segment) else {
            return Vec::new();
        };
        let said = |word: &str| segment.split_whitespace().any(|one| one == word);
        verb.arguments
            .iter()
            .filter_map(|argument| match argument.place {
                Place::After(word) | Place::Flag(word) => Some((word, argument.doc)),
                Place::Positional => None,
            })
            .filter(|(word, _)| !said(word))
            .map(|(word, doc)| candidate(word, doc))
            .collect()
    }
}

/// What `KIND name … {` opens.
fn body_of(vocabulary: &Vocabulary, head: &str) -> Scene {
    let kind = if head.starts_with("template ") {
        head.rsplit(':').next().unwrap_or_default().trim()
    } else {
        head.split_whitespace().next().unwrap_or_default()
    };
    vocabulary
        .kind(kind)
        .map_or(Scene::Value(None), Scene::Body)
}

/// The type of the argument that the step has come to: the one behind the last argument word.
fn argument_type(verb: &Verb, segment: &str) -> Option<Type> {
    let behind = |argument: &&Argument| match argument.place {
        Place::After(word) => segment.split_whitespace().any(|one| one == word),
        Place::Positional | Place::Flag(_) => false,
    };
    let position = |argument: &&Argument| match argument.place {
        Place::After(word) => segment.rfind(&format!(" {word} ")),
        Place::Positional | Place::Flag(_) => None,
    };
    verb.arguments
        .iter()
        .filter(behind)
        .max_by_key(position)
        .or_else(|| {
            verb.arguments
                .iter()
                .find(|argument| argument.place == Place::Positional)
        })
        .map(|argument| argument.ty)
}

/// Every type that this one may be.
fn alternatives(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Either(types) => types.iter().flat_map(alternatives).collect(),
        other => vec![*other],
    }
}

fn choices(ty: &Type) -> impl Iterator<Item = &'static Choice> {
    alternatives(ty).into_iter().flat_map(|ty| match ty {
        Type::Choice(choices) => choices,
        Type::List(Type::Choice(choices)) => choices,
        _ => &[],
    })
}

fn record_fields(ty: &Type) -> Option<&'static [Field]> {
    alternatives(ty).into_iter().find_map(|ty| match ty {
        Type::Record(fields) => Some(fields),
        Type::List(Type::Record(fields)) => Some(*fields),
        _ => None,
    })
}

fn element_type(ty: &Type) -> Option<Type> {
    alternatives(ty).into_iter().find_map(|ty| match ty {
        Type::List(element) => Some(*element),
        _ => None,
    })
}

fn dimension_units(ty: &Type) -> Vec<&'static str> {
    alternatives(ty)
        .into_iter()
        .flat_map(|ty| match ty {
            Type::Span(inner) | Type::Ramp(inner) => dimension_units(inner),
            Type::Quantity(dimension, _) => units::units_of(dimension),
            _ => Vec::new(),
        })
        .collect()
}

/// Words and names that a type asks for.
fn words_of(vocabulary: &Vocabulary, outline: &Outline, ty: &Type) -> Vec<Candidate> {
    let nodes = |fits: &dyn Fn(&KindSchema) -> bool| -> Vec<Candidate> {
        outline
            .names
            .iter()
            .filter(|one| {
                let kind = one.kind.as_deref().and_then(|kind| vocabulary.kind(kind));
                kind.is_some_and(fits)
            })
            .map(|one| candidate(&one.name, ""))
            .collect()
    };
    let mut found = Vec::new();
    for ty in alternatives(ty) {
        match ty {
            Type::Choice(choices) => found.extend(choices.iter().map(|choice| {
                let open = if choice.arguments.is_empty() { "" } else { "(" };
                candidate(&format!("{}{open}", choice.name), choice.doc)
            })),
            Type::Boolean => found.extend(["true", "false"].map(|word| candidate(word, ""))),
            Type::Inline(kind, _) => found.extend(nodes(&|one| one.name == kind)),
            Type::Artifact(artifact) => {
                found.extend(nodes(&|one| one.outcome == Outcome::Artifact(artifact)));
            }
            _ => {}
        }
    }
    found
}
