//! Values where a type is expected: words of closed sets, phases, units, ranges, nodes of the right kind.

mod choice;
mod node;
mod range;
mod record;

pub use range::check_range;

use std::sync::Arc;

use range::inner_range;

use super::super::{Value, ValueType};
use super::chemistry::as_mixture;
use super::{Evaluator, Lookup, codes};
use crate::base::Element;
use crate::lang::diag::{Diagnostic, list_words};
use crate::lang::schema::{Range, Type};
use crate::lang::source::{Span, join};
use crate::lang::syntax::ast::{Expr, ExprKind, Word};
use crate::lang::units::{self, Dimension, Quantity};

impl Evaluator<'_> {
    /// The value where a field or argument of this declaration is expected. Defaults of arguments and of the fields
    /// of records are filled in. `what` names the place: "the field `hold` of a `schedule`".
    pub fn fit(&mut self, expr: &Expr, ty: &Type, range: Range, what: &str) -> Option<Value> {
        if let ExprKind::Parenthesis(inner) = &expr.kind {
            return self.fit(inner, ty, range, what);
        }
        match (ty, &expr.kind) {
            (_, ExprKind::Bad) => None,
            (Type::Either(types), _) => self.fit_either(expr, types, range, what),
            (Type::Choice(choices), ExprKind::Name(name)) => {
                self.choice_word(choices, name, expr.span, what)
            }
            (Type::Choice(choices), ExprKind::Call(callee, arguments)) => match &callee.kind {
                ExprKind::Name(name) if self.vocabulary.function(name).is_none() => {
                    self.choice_call(choices, name, callee.span, arguments, what)
                }
                _ => {
                    let value = self.evaluate(expr)?;
                    self.fit_value(value, ty, range, what, expr.span)
                }
            },
            (Type::Choice(choices), ExprKind::Binary(left, operator, _, right))
                if operator.is_strict_order() && matches!(left.kind, ExprKind::Name(_)) =>
            {
                self.choice_compared(choices, left, *operator, right, what)
            }
            (Type::List(inner), ExprKind::List(elements)) => {
                let values: Vec<Option<Value>> = elements
                    .iter()
                    .map(|element| self.fit(element, inner, inner_range(range), what))
                    .collect();
                let values: Option<Vec<Value>> = values.into_iter().collect();
                let value = Value::list(values?);
                self.in_range(value, ty, range, what, expr.span)
            }
            (Type::Record(fields), ExprKind::Record(entries)) => {
                self.record(fields, entries, what, expr.span)
            }
            (Type::Map(key, inner), ExprKind::Record(entries)) => {
                self.map(key, inner, range, entries, what)
            }
            (Type::Span(inner), ExprKind::Range(low, high, None)) => {
                let low_value = self.fit(low, inner, range, what);
                let high_value = self.fit(high, inner, range, what);
                self.rising(low_value?, high_value?, expr.span)
            }
            (Type::Ramp(inner), ExprKind::Ramp(from, to)) => {
                let from = self.fit(from, inner, range, what);
                let to = self.fit(to, inner, range, what);
                Some(Value::Ramp(Box::new((from?, to?))))
            }
            // Only here is the place right behind the literal, so that the edit works.
            (Type::Quantity(dimension, unit), ExprKind::Number(number))
                if number.tails.is_empty() && !dimension.is_none() =>
            {
                let quantity = self.literal(number, None, expr.span)?;
                self.needs_unit(&quantity, *dimension, unit, what, expr.span, true)
            }
            (Type::Element | Type::Formula | Type::Phase | Type::Mixture | Type::Reaction, _) => {
                let value = self.value(expr, true)?;
                self.fit_value(value, ty, range, what, expr.span)
            }
            (Type::Inline(..) | Type::Artifact(_), ExprKind::Name(name))
                if matches!(self.names.name(name, expr.span), Lookup::Unknown) =>
            {
                self.unknown_node(name, ty, expr.span)
            }
            _ => {
                let value = self.evaluate(expr)?;
                self.fit_value(value, ty, range, what, expr.span)
            }
        }
    }

    /// Same for a value that is there already, with the span to blame.
    pub fn fit_value(
        &mut self,
        value: Value,
        ty: &Type,
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        if let Value::Deferred(deferred) = &value {
            let fits = match ty {
                Type::Quantity(dimension, _) => deferred.ty == ValueType::Quantity(*dimension),
                Type::Number => deferred.ty == ValueType::Quantity(Dimension::NONE),
                Type::AnyQuantity => deferred.ty.dimension().is_some(),
                Type::Boolean => deferred.ty == ValueType::Boolean,
                Type::Result => true,
                Type::Either(types) => {
                    let fitting = types.iter().find(|ty| {
                        let before = self.diagnostics.len();
                        let fits = self
                            .fit_value(value.clone(), ty, range, what, span)
                            .is_some();
                        self.diagnostics.truncate(before);
                        fits
                    });
                    fitting.is_some()
                }
                _ => {
                    return self.report(
                        Diagnostic::new(codes::DEFERRED, format!("{what} must be known before the run"))
                            .at(span, "a result of a run")
                            .help("write the value out; results may stand in scalar fields, `let`, `expect` and `report`"),
                    );
                }
            };
            if fits {
                return Some(value);
            }
            return self.wrong_type(&value, ty, what, span);
        }
        let fitted = match (ty, value) {
            (Type::Either(types), value) => {
                return self.fit_value_either(value, types, range, what, span);
            }
            // The values of a family are a list of numbers.
            (Type::List(Type::AnyQuantity), Value::Each(values)) => {
                let values = values.iter().map(|(_, value)| value.clone()).collect();
                return self.fit_value(Value::list(values), ty, range, what, span);
            }
            // So are its members where nodes are listed.
            (Type::List(Type::Artifact(_)), Value::Nodes(members)) => {
                let members = members.iter().map(|&one| Value::Nodes(Arc::new(vec![one])));
                return self.fit_value(Value::list(members.collect()), ty, range, what, span);
            }
            (_, Value::Each(values)) if self.lifts && !matches!(ty, Type::Result) => {
                let each: Option<Vec<_>> = values
                    .iter()
                    .map(|(member, value)| {
                        let value = self.fit_value(value.clone(), ty, range, what, span)?;
                        Some((*member, value))
                    })
                    .collect();
                return each.map(|each| Value::Each(Arc::new(each)));
            }
            (Type::Result, value @ Value::Each(_)) => value,
            (Type::Quantity(dimension, unit), value) => match value.as_quantity() {
                Some(quantity) if quantity.dimension == *dimension => value,
                Some(quantity) if quantity.dimension.is_none() => {
                    return self.needs_unit(quantity, *dimension, unit, what, span, false);
                }
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Number, value) => match value.as_quantity() {
                Some(quantity) if quantity.dimension.is_none() => value,
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::AnyQuantity, value) => match value.as_quantity() {
                Some(_) => value,
                None => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Integer, value) => match value.as_quantity() {
                Some(quantity) if quantity.is_integer() => value,
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Boolean, value @ Value::Boolean(_))
            | (Type::Text, value @ Value::Text(_))
            | (Type::Phase, value @ Value::Phase(_))
            | (Type::Mixture, value @ Value::Mixture(_))
            | (Type::Reaction, value @ Value::Reaction(_)) => value,
            (Type::Span(inner), Value::Span(ends)) => {
                let low = self.fit_value(ends.0, inner, range, what, span)?;
                let high = self.fit_value(ends.1, inner, range, what, span)?;
                return self.rising(low, high, span);
            }
            (Type::Ramp(inner), Value::Ramp(ends)) => {
                let from = self.fit_value(ends.0, inner, range, what, span)?;
                let to = self.fit_value(ends.1, inner, range, what, span)?;
                return Some(Value::Ramp(Box::new((from, to))));
            }
            (Type::Path, Value::Text(text)) => return self.path(&text, span),
            (Type::Path, Value::Path(path)) => return self.existing(path.to_string(), span),
            (Type::Formula, Value::Phase(phase)) => {
                if phase.label.is_some() {
                    return self.report(
                        Diagnostic::new(
                            codes::TYPE,
                            format!("{what} takes a formula without a label"),
                        )
                        .at(span, "with a label")
                        .help(format!("write `{}`", phase.formula))
                        .edit(span, phase.formula.to_string()),
                    );
                }
                Value::Phase(phase)
            }
            (Type::Element, Value::Phase(phase)) => {
                if phase.label.is_none() && Element::from_symbol(phase.formula.text()).is_some() {
                    Value::Phase(phase)
                } else {
                    return self.report(
                        Diagnostic::new(
                            codes::TYPE,
                            format!("{what} takes an element, and {phase} is a compound"),
                        )
                        .at(span, "not an element")
                        .help("write the symbol of an element, like `Ba`"),
                    );
                }
            }
            (Type::Mixture, value @ Value::Phase(_)) => match as_mixture(&value) {
                Some(mixture) => Value::Mixture(mixture),
                None => return None,
            },
            (Type::Choice(choices), Value::Choice(word, entries)) => {
                return self.choice_value(choices, &word, &entries, what, span);
            }
            (Type::List(inner), Value::List(values)) => {
                let fitted: Vec<Option<Value>> = values
                    .iter()
                    .map(|value| {
                        self.fit_value(value.clone(), inner, inner_range(range), what, span)
                    })
                    .collect();
                let fitted: Option<Vec<Value>> = fitted.into_iter().collect();
                Value::list(fitted?)
            }
            (Type::Record(fields), Value::Record(entries)) => {
                let mut fitted = Vec::new();
                for (name, value) in entries.iter() {
                    let Some(field) = fields.iter().find(|field| field.name == name) else {
                        let word = Word {
                            text: name.clone(),
                            span,
                        };
                        return self.unknown_entry(fields, &word, what);
                    };
                    let value =
                        self.fit_value(value.clone(), &field.ty, field.range, what, span)?;
                    fitted.push((field.name, value));
                }
                return self.complete(fields, fitted, what, span);
            }
            (Type::Map(key, inner), Value::Record(entries)) => {
                let mut fitted = Vec::new();
                for (name, value) in entries.iter() {
                    self.map_key(key, name, span, what)?;
                    fitted.push((
                        name.clone(),
                        self.fit_value(value.clone(), inner, range, what, span)?,
                    ));
                }
                return Some(Value::Record(Arc::new(fitted)));
            }
            (Type::Inline(..) | Type::Artifact(_), value @ Value::Nodes(_)) => {
                return self.node(value, ty, what, span);
            }
            (_, value) => return self.wrong_type(&value, ty, what, span),
        };
        self.in_range(fitted, ty, range, what, span)
    }

    fn wrong_type<T>(&mut self, value: &Value, ty: &Type, what: &str, span: Span) -> Option<T> {
        let found = value.ty();
        let help = match (ty, value) {
            (Type::Quantity(dimension, unit), _) => {
                let units = units::units_of(*dimension);
                format!(
                    "write {}, with a unit like {}",
                    dimension.named(),
                    list_words(
                        if units.is_empty() {
                            std::slice::from_ref(unit)
                        } else {
                            &units
                        },
                        "or"
                    )
                )
            }
            (Type::Inline(..) | Type::Artifact(_), _) => format!("write {}", ty.describe()),
            (Type::List(inner), _) => format!(
                "write it in brackets: a list of which each element is {}",
                inner.describe()
            ),
            (Type::Integer, Value::Quantity(quantity)) if quantity.dimension.is_none() => {
                format!("write a whole number, like `{}`", quantity.value.round())
            }
            _ => format!("write {}", ty.describe()),
        };
        self.report(
            Diagnostic::new(
                codes::TYPE,
                format!("{what} takes {}, and this is {found}", short(ty)),
            )
            .at(span, found.to_string())
            .help(help),
        )
    }

    fn needs_unit<T>(
        &mut self,
        quantity: &Quantity,
        dimension: Dimension,
        unit: &str,
        what: &str,
        span: Span,
        literal: bool,
    ) -> Option<T> {
        let finding = Diagnostic::new(
            codes::NEEDS_UNIT,
            format!(
                "{what} takes {}, and this number has no unit",
                dimension.named()
            ),
        )
        .at(span, "no unit");
        self.report(if literal {
            finding
                .help(format!("say which unit, like `{quantity} {unit}`"))
                .edit(span.after(), format!(" {unit}"))
        } else {
            finding.help(format!(
                "give a unit to the numbers that it is made of, like `1 {unit}`"
            ))
        })
    }

    fn path(&mut self, text: &str, span: Span) -> Option<Value> {
        self.existing(join(&self.names.file_name(span.file), text), span)
    }

    fn existing(&mut self, path: String, span: Span) -> Option<Value> {
        if self.names.file_exists(&path) {
            return Some(Value::Path(path.into()));
        }
        self.report(
            Diagnostic::new(codes::NO_FILE, format!("there is no file `{path}`"))
                .at(span, "named here")
                .help("relative paths start at the folder of the recipe that names them"),
        )
    }

    fn fit_either(
        &mut self,
        expr: &Expr,
        types: &'static [Type],
        range: Range,
        what: &str,
    ) -> Option<Value> {
        let before = self.diagnostics.len();
        let mut faults: Vec<(usize, Vec<Diagnostic>)> = Vec::new();
        for (at, ty) in types.iter().enumerate() {
            if let Some(value) = self.fit(expr, ty, range, what)
                && !self.diagnostics[before..].iter().any(Diagnostic::is_error)
            {
                return Some(value);
            }
            faults.push((at, self.diagnostics.split_off(before)));
        }
        // The faults of the type that the form of the expression speaks for.
        let fitting = faults
            .iter()
            .position(|(at, _)| form_fits(&types[*at], expr))
            .or_else(|| (faults.len() == 1).then_some(0));
        if let Some(position) = fitting {
            let (_, own) = faults.swap_remove(position);
            self.diagnostics.extend(own);
            return None;
        }
        // A fault within the expression itself shows for every type alike.
        if let Some((_, own)) = faults.first()
            && own
                .iter()
                .any(|finding| finding.code != codes::TYPE && finding.code != codes::WORD)
        {
            let own = own.clone();
            self.diagnostics.extend(own);
            return None;
        }
        let shown = self.evaluate(expr)?;
        let all: Vec<String> = types.iter().map(Type::describe).collect();
        self.report(
            Diagnostic::new(codes::TYPE, format!("{what} does not take {}", shown.ty()))
                .at(expr.span, shown.ty().to_string())
                .help(format!("write {}", all.join(", or "))),
        )
    }

    fn fit_value_either(
        &mut self,
        value: Value,
        types: &'static [Type],
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let before = self.diagnostics.len();
        let mut best: Option<Vec<Diagnostic>> = None;
        for ty in types {
            if let Some(fitted) = self.fit_value(value.clone(), ty, range, what, span) {
                return Some(fitted);
            }
            let faults = self.diagnostics.split_off(before);
            if best.is_none() || faults.iter().any(|finding| finding.code != codes::TYPE) {
                best = Some(faults);
            }
        }
        self.diagnostics.extend(best.unwrap_or_default());
        None
    }
}

/// The type without its example.
fn short(ty: &Type) -> String {
    match ty {
        Type::Quantity(dimension, _) => dimension.named(),
        Type::Choice(choices) => {
            let words: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            format!("one of the words {}", list_words(&words, "or"))
        }
        other => other.describe(),
    }
}

/// Whether the form of an expression speaks for a type.
fn form_fits(ty: &Type, expr: &Expr) -> bool {
    matches!(
        (&expr.kind, ty),
        (
            ExprKind::Name(_),
            Type::Choice(_) | Type::Inline(..) | Type::Artifact(_),
        ) | (ExprKind::Call(..) | ExprKind::Binary(..), Type::Choice(_))
            | (ExprKind::Record(_), Type::Record(_) | Type::Map(..))
            | (ExprKind::List(_), Type::List(_))
            | (ExprKind::Text(_), Type::Path | Type::Text)
            | (ExprKind::Number(_), Type::Quantity(..))
            | (ExprKind::Range(..), Type::Span(_))
            | (ExprKind::Ramp(..), Type::Ramp(_))
    )
}
