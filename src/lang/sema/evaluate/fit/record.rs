//! Records with declared entries, and maps from elements or phases.

use std::sync::Arc;

use super::super::super::Value;
use super::super::{Evaluator, chemistry_codes, name_codes};
use crate::base::Element;
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Default, Field, Range, Type};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Expr, Word};

impl Evaluator<'_> {
    pub(super) fn record(
        &mut self,
        fields: &'static [Field],
        entries: &[(Word, Expr)],
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let mut fitted: Vec<(&'static str, Value)> = Vec::new();
        let mut sound = true;
        for (key, value) in entries {
            let Some(field) = fields.iter().find(|field| field.name == key.text) else {
                sound = self.unknown_entry::<()>(fields, key, what).is_some();
                continue;
            };
            if fitted.iter().any(|(name, _)| *name == field.name) {
                self.diagnostics.push(
                    Diagnostic::new(
                        name_codes::GIVEN_TWICE,
                        format!("`{}` is given twice", field.name),
                    )
                    .at(key.span, "a second time")
                    .help("keep one of them"),
                );
                sound = false;
                continue;
            }
            let inner = format!("`{}` in {what}", field.name);
            match self.fit(value, &field.ty, field.range, &inner) {
                Some(value) => fitted.push((field.name, value)),
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        self.complete(fields, fitted, what, span)
    }

    pub(super) fn unknown_entry<T>(
        &mut self,
        fields: &[Field],
        key: &Word,
        what: &str,
    ) -> Option<T> {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let finding = Diagnostic::new(
            name_codes::UNKNOWN_FIELD,
            format!("{what} has no entry `{}`", key.text),
        )
        .at(key.span, "unknown entry");
        self.report(match did_you_mean(&key.text, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(key.span, near),
            None => finding.help(format!("its entries are {}", list_words(&known, "and"))),
        })
    }

    /// Entries in the order of the fields, with defaults.
    pub(super) fn complete(
        &mut self,
        fields: &'static [Field],
        mut given: Vec<(&'static str, Value)>,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let mut entries = Vec::new();
        for field in fields {
            if let Some(at) = given.iter().position(|(name, _)| *name == field.name) {
                entries.push((field.name.to_owned(), given.swap_remove(at).1));
                continue;
            }
            match field.default {
                Default::Required => {
                    return self.report(
                        Diagnostic::new(
                            name_codes::MISSING_FIELD,
                            format!("{what} needs `{}`", field.name),
                        )
                        .at(span, "not given here")
                        .help(format!("add `{}: {}`", field.name, field.example)),
                    );
                }
                Default::Absent => {}
                Default::Is(text) => {
                    entries.push((field.name.to_owned(), self.default(field, text)?));
                }
            }
        }
        Some(Value::Record(Arc::new(entries)))
    }

    pub(super) fn map(
        &mut self,
        key: &'static Type,
        inner: &'static Type,
        range: Range,
        entries: &[(Word, Expr)],
        what: &str,
    ) -> Option<Value> {
        let mut fitted: Vec<(String, Value)> = Vec::new();
        let mut sound = true;
        for (word, value) in entries {
            if self.map_key(key, &word.text, word.span, what).is_none() {
                sound = false;
                continue;
            }
            if fitted.iter().any(|(name, _)| *name == word.text) {
                self.diagnostics.push(
                    Diagnostic::new(
                        name_codes::GIVEN_TWICE,
                        format!("`{}` is given twice", word.text),
                    )
                    .at(word.span, "a second time")
                    .help("keep one of them"),
                );
                sound = false;
                continue;
            }
            let place = format!("the value of `{}` in {what}", word.text);
            match self.fit(value, inner, range, &place) {
                Some(value) => fitted.push((word.text.clone(), value)),
                None => sound = false,
            }
        }
        sound.then(|| Value::Record(Arc::new(fitted)))
    }

    pub(super) fn map_key(&mut self, key: &Type, text: &str, span: Span, what: &str) -> Option<()> {
        let fits = match key {
            Type::Element => Element::from_symbol(text).is_some(),
            _ => return self.phase(text, span).map(|_| ()),
        };
        if fits {
            return Some(());
        }
        self.report(
            Diagnostic::new(
                chemistry_codes::FORMULA,
                format!("`{text}` is not an element"),
            )
            .at(span, format!("in {what}"))
            .help("write a symbol of an element, like `Ba`"),
        )
    }
}
