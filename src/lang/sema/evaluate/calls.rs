//! Functions, constructors and their arguments.

use std::sync::Arc;

use super::super::deferred::Tree;
use super::super::{Deferred, Function, NoNames, Value, ValueType};
use super::{Evaluator, Lookup, codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Default, Field, Range, ResultType};
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::ast::{Argument, Expr, ExprKind};
use crate::lang::units::{Dimension, Quantity};

impl Evaluator<'_> {
    pub(super) fn call(
        &mut self,
        callee: &Expr,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        match &callee.kind {
            ExprKind::Name(name) => match self.vocabulary.function(name).copied() {
                Some(function) => self.call_function(function, arguments, span),
                None => self.constructor(name, callee.span, arguments),
            },
            ExprKind::Member(base, word) => self.member(base, word, Some(arguments), span),
            _ => self.report(
                Diagnostic::new(
                    codes::CALL,
                    "only functions and results take arguments in parentheses",
                )
                .at(callee.span, "neither of them")
                .help("write `function(argument)` or `node.result(argument)`"),
            ),
        }
    }

    pub(super) fn call_function(
        &mut self,
        function: Function,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let what = format!("`{}`", function.schema.name);
        let gathers = function.gathers();
        let list: Vec<Argument>;
        let arguments = if gathers && arguments.len() > 1 {
            list = vec![as_list(arguments, span)];
            &list
        } else {
            arguments
        };
        let lifts = std::mem::replace(&mut self.lifts, true);
        let fitted = self.fit_arguments(function.schema.parameters, arguments, &what, span);
        self.lifts = lifts;
        let values: Vec<Value> = fitted?.into_iter().map(|(_, value)| value).collect();
        let values = match values.as_slice() {
            [Value::List(elements)] if gathers => elements.as_ref().clone(),
            _ => values,
        };
        self.call_with(function, values, span)
    }

    /// A function of fitted values; of a family, member by member.
    pub(super) fn call_with(
        &mut self,
        function: Function,
        values: Vec<Value>,
        span: Span,
    ) -> Option<Value> {
        let family = values.iter().find_map(|value| match value {
            Value::Each(members) => Some(Arc::clone(members)),
            _ => None,
        });
        if let Some(family) = family {
            let mut each = Vec::new();
            for (member, _) in family.iter() {
                let coordinates = self.names.coordinates(*member);
                let own: Option<Vec<Value>> = values
                    .iter()
                    .map(|value| match value {
                        Value::Each(others) if others.len() == family.len() => others
                            .iter()
                            .find(|(other, _)| self.names.coordinates(*other) == coordinates)
                            .map(|(_, value)| value.clone()),
                        Value::Each(_) => None,
                        single => Some(single.clone()),
                    })
                    .collect();
                let Some(own) = own else {
                    return self.report(
                        Diagnostic::new(
                            codes::FAMILY,
                            "these families do not have the same members",
                        )
                        .at(span, "arguments of different families")
                        .help("pick members by an index, or take families over the same values"),
                    );
                };
                each.push((*member, self.call_with(function, own, span)?));
            }
            return Some(Value::Each(Arc::new(each)));
        }
        if function.schema.result == ResultType::OfArguments {
            self.of_one_kind(function, &values, span)?;
        }
        if values.iter().any(Value::is_deferred) {
            let ty = match (function.schema.result, values.first()) {
                // One in place of each: what such a function may be taken of hangs on the dimension alone.
                (ResultType::OfArguments, Some(first)) => {
                    let one = Quantity::new(1.0, first.ty().dimension().unwrap_or(Dimension::NONE));
                    let ones = vec![Value::Quantity(one); values.len()];
                    self.called(function, &ones, span)?.ty()
                }
                (declared, _) => result_type(&declared),
            };
            let arguments = values
                .into_iter()
                .map(|value| match value {
                    Value::Deferred(deferred) => deferred,
                    known => Arc::new(Deferred::known(known, span)),
                })
                .collect();
            return self.deferred(ty, Tree::Call(function, arguments), span);
        }
        self.called(function, &values, span)
    }

    fn called(&mut self, function: Function, values: &[Value], span: Span) -> Option<Value> {
        match (function.call)(values) {
            Ok(value) => Some(value),
            Err(text) => self.report(
                Diagnostic::new(codes::ARITHMETIC, text)
                    .at(span, "no value")
                    .help(format!("see `synth doc {}`", function.schema.name)),
            ),
        }
    }

    /// Whether all numbers have the same dimension.
    fn of_one_kind(&mut self, function: Function, values: &[Value], span: Span) -> Option<()> {
        let mut kinds = values.iter().map(Value::ty);
        let first = kinds.next()?;
        let name = function.schema.name;
        if let Some(other) = kinds.find(|kind| *kind != first) {
            return self.report(
                Diagnostic::new(
                    codes::DIMENSION,
                    format!("{first} and {other} do not go together in `{name}`"),
                )
                .at(span, "numbers of different kinds")
                .help("give all of them in units of one kind"),
            );
        }
        Some(())
    }

    /// `ace(cutoff: 6 Å)` where no type is expected yet.
    pub(super) fn constructor(
        &mut self,
        name: &str,
        span: Span,
        arguments: &[Argument],
    ) -> Option<Value> {
        let functions: Vec<&str> = self
            .vocabulary
            .functions()
            .iter()
            .map(|one| one.schema.name)
            .collect();
        if !self.vocabulary.is_word(name)
            && let Some(near) = did_you_mean(name, functions.iter().copied())
        {
            return self.report(
                Diagnostic::new(codes::CALL, format!("there is no function `{name}`"))
                    .at(span, "unknown function")
                    .help(format!("did you mean `{near}`?"))
                    .edit(span, near),
            );
        }
        if name != "file" && !self.vocabulary.is_word(name) {
            return self.report(
                Diagnostic::new(codes::CALL, format!("there is no function `{name}`"))
                    .at(span, "unknown function")
                    .help(format!(
                        "the functions are {}",
                        list_words(&functions, "and")
                    )),
            );
        }
        let mut entries = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            let key = argument
                .name
                .as_ref()
                .map_or_else(|| at.to_string(), |word| word.text.clone());
            let value = match &argument.value.kind {
                // A word that means nothing here may be a word of a closed set.
                ExprKind::Name(word)
                    if matches!(self.names.name(word, argument.value.span), Lookup::Unknown) =>
                {
                    Value::Choice(word.as_str().into(), Arc::default())
                }
                _ => self.evaluate(&argument.value)?,
            };
            entries.push((key, value));
        }
        if name == "file"
            && let [(_, Value::Text(path))] = entries.as_slice()
        {
            // A path that keeps the place at which it was written.
            let joined = crate::lang::source::join(&self.names.file_name(span.file), path);
            return Some(Value::Path(joined.into()));
        }
        self.bounded(Value::Choice(name.into(), Arc::new(entries)), span)
    }

    /// Arguments of a function, constructor or result by place or name, in the order of the parameters, with
    /// defaults filled in; those that are absent are left out.
    pub(super) fn fit_arguments(
        &mut self,
        parameters: &'static [Field],
        arguments: &[Argument],
        what: &str,
        span: Span,
    ) -> Option<Vec<(&'static str, Value)>> {
        let mut given: Vec<Option<&Expr>> = vec![None; parameters.len()];
        let mut sound = true;
        for (at, argument) in arguments.iter().enumerate() {
            let position = match &argument.name {
                Some(name) => parameters.iter().position(|one| one.name == name.text),
                None => (at < parameters.len()).then_some(at),
            };
            let Some(position) = position else {
                let known: Vec<&str> = parameters.iter().map(|one| one.name).collect();
                let finding = match &argument.name {
                    Some(name) => {
                        let finding = Diagnostic::new(
                            codes::CALL,
                            format!("{what} has no argument `{}`", name.text),
                        )
                        .at(name.span, "unknown argument");
                        match did_you_mean(&name.text, known.iter().copied()) {
                            Some(near) => finding
                                .help(format!("did you mean `{near}`?"))
                                .edit(name.span, near),
                            None if known.is_empty() => finding.help("leave it out"),
                            None => finding
                                .help(format!("its arguments are {}", list_words(&known, "and"))),
                        }
                    }
                    None => Diagnostic::new(
                        codes::CALL,
                        format!("{what} takes {} arguments", known.len()),
                    )
                    .at(argument.value.span, "one too many")
                    .help("leave it out"),
                };
                self.diagnostics.push(finding);
                sound = false;
                continue;
            };
            if given[position].replace(&argument.value).is_some() {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::CALL,
                        format!("`{}` is given twice", parameters[position].name),
                    )
                    .at(argument.value.span, "a second time")
                    .help("keep one of them"),
                );
                sound = false;
            }
        }
        let mut values = Vec::new();
        for (parameter, given) in parameters.iter().zip(given) {
            let name = format!("the argument `{}` of {what}", parameter.name);
            match (given, parameter.default) {
                (Some(expr), _) => match self.fit(expr, &parameter.ty, parameter.range, &name) {
                    Some(value) => values.push((parameter.name, value)),
                    None => sound = false,
                },
                // An argument whose name is misspelt is not missing as well.
                (None, Default::Required) if !sound => {}
                (None, Default::Required) => {
                    self.diagnostics.push(
                        Diagnostic::new(codes::CALL, format!("{what} needs `{}`", parameter.name))
                            .at(span, "not given here")
                            .help(format!("add `{}`: {}", parameter.example, parameter.doc)),
                    );
                    sound = false;
                }
                (None, Default::Is(text)) => {
                    if let Some(value) = self.default(parameter, text) {
                        values.push((parameter.name, value));
                    }
                }
                (None, Default::Absent) => {}
            }
        }
        sound.then_some(values)
    }

    /// The default of a field or argument. It is read without the names of the study: a `let` with the spelling
    /// of one of its words changes nothing.
    pub(super) fn default(&self, field: &Field, text: &str) -> Option<Value> {
        let (expr, _) = crate::lang::syntax::parse_expression(FileId(0), text);
        Evaluator::new(&NoNames, self.vocabulary).fit(&expr, &field.ty, Range::Any, field.name)
    }
}

/// `max(a, b)` as `max([a, b])`; an argument with a name is left for the checks of arguments to find.
fn as_list(arguments: &[Argument], span: Span) -> Argument {
    let span = match arguments {
        [first, .., last] => first.value.span.to(last.value.span),
        _ => span,
    };
    Argument {
        name: arguments.iter().find_map(|one| one.name.clone()),
        value: Expr {
            kind: ExprKind::List(arguments.iter().map(|one| one.value.clone()).collect()),
            span,
        },
    }
}

/// The type of a declared result.
pub(crate) fn result_type(ty: &ResultType) -> ValueType {
    match ty {
        ResultType::Quantity(dimension, _) => ValueType::Quantity(*dimension),
        ResultType::Boolean => ValueType::Boolean,
        ResultType::Text => ValueType::Text,
        ResultType::Table => ValueType::Table,
        ResultType::Phases => ValueType::List,
        // Callers look at the arguments.
        ResultType::OfArguments => ValueType::Quantity(Dimension::NONE),
    }
}
