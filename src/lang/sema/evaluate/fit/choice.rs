//! Words of closed sets, with their arguments.

use std::sync::Arc;

use super::super::super::Value;
use super::super::{Evaluator, Lookup, codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Choice, Range, Type};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Argument, Expr, ExprKind, Operator, Word};

impl Evaluator<'_> {
    pub(super) fn choice_word(
        &mut self,
        choices: &'static [Choice],
        name: &str,
        span: Span,
        what: &str,
    ) -> Option<Value> {
        let known = choices.iter().find(|choice| choice.name == name);
        match (known, self.names.name(name, span)) {
            // A node is no word: only where a name might stand for one is it open which is meant.
            (Some(choice), Lookup::Unknown | Lookup::Value(Value::Nodes(_))) => {
                self.chosen(choice, &[], span)
            }
            (Some(_), _) => self.report(
                Diagnostic::new(
                    codes::SHADOWED,
                    format!("`{name}` is a word of {what}, and a name of yours"),
                )
                .at(span, "which of them?")
                .help("give your name another spelling"),
            ),
            (None, Lookup::Value(value)) => {
                self.fit_value(value, &Type::Choice(choices), Range::Any, what, span)
            }
            (None, Lookup::Poisoned) => None,
            (None, _) => self.unknown_word(choices, name, span, what),
        }
    }

    pub(super) fn choice_call(
        &mut self,
        choices: &'static [Choice],
        name: &str,
        span: Span,
        arguments: &[Argument],
        what: &str,
    ) -> Option<Value> {
        let Some(choice) = choices.iter().find(|choice| choice.name == name) else {
            return self.unknown_word(choices, name, span, what);
        };
        self.chosen(choice, arguments, span)
    }

    /// `gamma > 10`: a word with its argument `above`, or `below` for `<`.
    pub(super) fn choice_compared(
        &mut self,
        choices: &'static [Choice],
        left: &Expr,
        operator: Operator,
        right: &Expr,
        what: &str,
    ) -> Option<Value> {
        let ExprKind::Name(name) = &left.kind else {
            return None;
        };
        let side = match operator {
            Operator::Less => "below",
            _ => "above",
        };
        let argument = Argument {
            name: Some(Word {
                text: side.into(),
                span: left.span,
            }),
            value: right.clone(),
        };
        self.choice_call(choices, name, left.span, &[argument], what)
    }

    /// A word that a `let` or parameter holds, with arguments that were evaluated without a type.
    pub(super) fn choice_value(
        &mut self,
        choices: &'static [Choice],
        word: &str,
        entries: &[(String, Value)],
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let Some(choice) = choices.iter().find(|choice| choice.name == word) else {
            return self.unknown_word(choices, word, span, what);
        };
        let mut fitted: Vec<(&'static str, Value)> = Vec::new();
        for (key, value) in entries {
            let field = match key.parse::<usize>() {
                Ok(at) => choice.arguments.get(at),
                Err(_) => choice.arguments.iter().find(|field| field.name == key),
            };
            let Some(field) = field else {
                let known: Vec<&str> = choice.arguments.iter().map(|field| field.name).collect();
                return self.report(
                    Diagnostic::new(codes::CALL, format!("`{word}` has no argument `{key}`"))
                        .at(span, "in this value")
                        .help(format!("its arguments are {}", list_words(&known, "and"))),
                );
            };
            let inner = format!("the argument `{}` of `{word}`", field.name);
            fitted.push((
                field.name,
                self.fit_value(value.clone(), &field.ty, field.range, &inner, span)?,
            ));
        }
        let fields = choice.arguments;
        let Value::Record(entries) = self.complete(fields, fitted, &format!("`{word}`"), span)?
        else {
            return None;
        };
        Some(Value::Choice(choice.name.into(), entries))
    }

    /// A word with its arguments; those that are left out take their defaults.
    pub(super) fn chosen(
        &mut self,
        choice: &'static Choice,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let what = format!("`{}`", choice.name);
        let fitted = self.fit_arguments(choice.arguments, arguments, &what, span)?;
        Some(Value::Choice(
            choice.name.into(),
            Arc::new(
                fitted
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            ),
        ))
    }

    pub(super) fn unknown_word<T>(
        &mut self,
        choices: &[Choice],
        name: &str,
        span: Span,
        what: &str,
    ) -> Option<T> {
        let known: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
        let finding = Diagnostic::new(codes::WORD, format!("{what} does not know `{name}`"))
            .at(span, "unknown word");
        self.report(match did_you_mean(name, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(span, near),
            None => finding.help(format!("write {}", list_words(&known, "or"))),
        })
    }
}
