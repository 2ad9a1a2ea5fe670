//! The vocabulary as the checker uses it: kinds, pure functions, and defaults as values.

use std::collections::HashMap;
use std::sync::Arc;

use super::built_in::BUILT_IN;
use super::evaluate::{Evaluator, Lookup, Names};
use super::{MemberId, Value};
use crate::lang::schema::{Default, Field, FunctionSchema, KindSchema, Type, Verb};
use crate::lang::source::{FileId, Span};

/// A pure function: its declaration and what it computes. Arguments come in the order of the parameters, with
/// defaults filled in; a function whose only parameter is a list gets the elements. The error is a sentence for the
/// user.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    pub schema: &'static FunctionSchema,
    pub call: fn(&[Value]) -> Result<Value, String>,
}

impl Function {
    /// Whether its only parameter is a list, of which it gets the elements as its values.
    pub(super) fn gathers(&self) -> bool {
        matches!(self.schema.parameters, [one] if matches!(one.ty, Type::List(_)))
    }
}

/// Functions are known by their names.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.schema.name == other.schema.name
    }
}

/// Everything that a recipe may name without declaring it.
pub struct Vocabulary {
    kinds: Vec<&'static KindSchema>,
    by_name: HashMap<&'static str, &'static KindSchema>,
    functions: Vec<Function>,
    defaults: HashMap<(&'static str, &'static str), Value>,
}

impl Vocabulary {
    /// The built-in functions are added to those given.
    ///
    /// # Panics
    /// When two kinds or functions share a name, or a default cannot be read: faults of the program, which the
    /// first test that builds a registry finds.
    pub fn new(kinds: Vec<&'static KindSchema>, functions: Vec<Function>) -> Self {
        let mut all = BUILT_IN.to_vec();
        all.extend(functions);
        for (at, function) in all.iter().enumerate() {
            assert!(
                !all[..at].contains(function),
                "two functions `{}`",
                function.schema.name
            );
        }
        let mut by_name = HashMap::new();
        for kind in &kinds {
            assert!(
                by_name.insert(kind.name, *kind).is_none(),
                "two kinds `{}`",
                kind.name
            );
        }
        let mut vocabulary = Vocabulary {
            kinds,
            by_name,
            functions: all,
            defaults: HashMap::new(),
        };
        let mut defaults = HashMap::new();
        for kind in &vocabulary.kinds {
            for field in kind.fields {
                if let Default::Is(text) = field.default {
                    let value = vocabulary.read_default(field, text);
                    assert!(
                        value.is_some(),
                        "the default of `{}.{}` cannot be read: {text}",
                        kind.name,
                        field.name
                    );
                    defaults.insert((kind.name, field.name), value.unwrap_or(Value::Nothing));
                }
            }
        }
        vocabulary.defaults = defaults;
        vocabulary
    }

    fn read_default(&self, field: &Field, text: &str) -> Option<Value> {
        let (expr, faults) = crate::lang::syntax::parse_expression(FileId(0), text);
        if !faults.is_empty() {
            return None;
        }
        let mut evaluator = Evaluator::new(&NoNames, self);
        let value = evaluator.fit(&expr, &field.ty, field.range, field.name);
        value.filter(|_| evaluator.diagnostics.is_empty())
    }

    pub fn kind(&self, name: &str) -> Option<&'static KindSchema> {
        self.by_name.get(name).copied()
    }

    pub fn kinds(&self) -> impl Iterator<Item = &'static KindSchema> + '_ {
        self.kinds.iter().copied()
    }

    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.schema.name == name)
    }

    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Whether some field or argument of a step takes this word of a closed set.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kinds.iter().any(|kind| {
            kind.fields.iter().any(|field| takes_word(&field.ty, word))
                || kind.steps.iter().any(|verb| verb_takes_word(verb, word))
        })
    }

    /// The default of a field as a value; nothing if it has none.
    pub fn default(&self, kind: &str, field: &str) -> Value {
        let Some((kind, field)) = self
            .kind(kind)
            .and_then(|kind| Some((kind.name, kind.field(field)?.name)))
        else {
            return Value::Nothing;
        };
        self.defaults
            .get(&(kind, field))
            .cloned()
            .unwrap_or(Value::Nothing)
    }
}

fn verb_takes_word(verb: &Verb, word: &str) -> bool {
    verb.arguments.iter().any(|one| takes_word(&one.ty, word))
        || verb.block.iter().any(|inner| verb_takes_word(inner, word))
}

fn takes_word(ty: &Type, word: &str) -> bool {
    match ty {
        Type::Choice(choices) => choices.iter().any(|choice| {
            choice.name == word || choice.arguments.iter().any(|one| takes_word(&one.ty, word))
        }),
        Type::List(inner) | Type::Span(inner) | Type::Ramp(inner) => takes_word(inner, word),
        Type::Map(key, value) => takes_word(key, word) || takes_word(value, word),
        Type::Record(fields) => fields.iter().any(|field| takes_word(&field.ty, word)),
        Type::Either(types) => types.iter().any(|one| takes_word(one, word)),
        _ => false,
    }
}

/// A place without any names.
pub(crate) struct NoNames;

impl Names for NoNames {
    fn name(&self, _name: &str, _span: Span) -> Lookup {
        Lookup::Unknown
    }
    fn module_member(&self, _module: &str, _name: &str, _span: Span) -> Lookup {
        Lookup::Unknown
    }
    fn candidates(&self) -> Vec<String> {
        Vec::new()
    }
    fn module_candidates(&self, _module: &str) -> Vec<String> {
        Vec::new()
    }
    fn kind_of(&self, _id: MemberId) -> &'static KindSchema {
        unreachable!("there are no nodes here")
    }
    fn declaration_name(&self, _id: MemberId) -> String {
        String::new()
    }
    fn coordinates(&self, _id: MemberId) -> Arc<Vec<(String, Value)>> {
        Arc::default()
    }
    fn file_name(&self, _file: FileId) -> String {
        String::new()
    }
    fn file_exists(&self, _path: &str) -> bool {
        true
    }
}
