//! In which brackets of a recipe the cursor is, and what the registry lets stand there.

use super::{Candidate, Outline, candidate, is_word};
use crate::lang::schema::{Argument, Choice, Field, KindSchema, Outcome, Place, Type, Verb};
use crate::lang::sema::Vocabulary;
use crate::lang::units;

/// An open bracket with what stands before it in its entry.
struct Open {
    bracket: char,
    head: String,
    /// What its entries say so far, without brackets within: `name: value`.
    entries: Vec<String>,
}

/// Where the cursor is: in which brackets, and behind what in its entry.
pub(super) struct Cursor {
    open: Vec<Open>,
    pub segment: String,
}

impl Cursor {
    /// None within a text or a comment.
    pub fn at(before: &str) -> Option<Cursor> {
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
pub(super) enum Scene {
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
    pub fn of(vocabulary: &Vocabulary, outline: &Outline, cursor: &Cursor) -> Scene {
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
    pub fn field(self, entry: &str) -> Option<&'static Field> {
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

    pub fn candidates(
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
