//! Declared ranges of numbers and lengths of lists.

use super::super::super::Value;
use super::super::{Evaluator, codes};
use crate::lang::diag::Diagnostic;
use crate::lang::schema::{Range, Type};
use crate::lang::source::Span;
use crate::lang::units::{self, Quantity};

impl Evaluator<'_> {
    pub(super) fn in_range(
        &mut self,
        value: Value,
        ty: &Type,
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        match check_range(&value, range, ty) {
            Ok(()) => Some(value),
            Err(text) => self.report(
                Diagnostic::new(codes::OUT_OF_RANGE, format!("{what} {text}"))
                    .at(span, format!("{value}"))
                    .help(range_help(range, ty)),
            ),
        }
    }

    /// A range whose ends are fitted already.
    pub(super) fn rising(&mut self, low: Value, high: Value, span: Span) -> Option<Value> {
        if let (Some(x), Some(y)) = (low.as_f64(), high.as_f64())
            && x > y
        {
            return self.report(
                Diagnostic::new(codes::RANGE_LIST, "this range ends before it begins")
                    .at(span, format!("{low} is more than {high}"))
                    .help(format!("write `{high} .. {low}`"))
                    .edit(span, format!("{high} .. {low}")),
            );
        }
        Some(Value::Span(Box::new((low, high))))
    }
}

/// The range of the elements of a list: counts belong to the list itself.
pub(super) fn inner_range(range: Range) -> Range {
    match range {
        Range::Count(_) => Range::Any,
        other => other,
    }
}

/// Whether a known value lies in the declared range; the error completes the sentence "X …". Lists are checked
/// element by element.
pub fn check_range(value: &Value, range: Range, ty: &Type) -> Result<(), String> {
    if let (Value::List(values), Range::Count(least)) = (value, range) {
        return if values.len() >= least {
            Ok(())
        } else {
            Err(format!("needs at least {least} elements"))
        };
    }
    if let Value::List(values) = value {
        let inner = match ty {
            Type::List(inner) => inner,
            other => other,
        };
        return values
            .iter()
            .try_for_each(|value| check_range(value, range, inner));
    }
    let Some(number) = value.as_f64() else {
        return Ok(());
    };
    let fits = match range {
        Range::Any | Range::Count(_) => true,
        Range::AtLeast(low) => number >= low,
        Range::Above(low) => number > low,
        Range::Within(low, high) => (low..=high).contains(&number),
    };
    if fits && number.is_finite() {
        Ok(())
    } else {
        Err(format!("must be {}", bounds(range, ty)))
    }
}

fn bounds(range: Range, ty: &Type) -> String {
    let show = |value: f64| match ty {
        Type::Quantity(dimension, unit) => {
            let quantity = Quantity::new(value, *dimension);
            match units::parse_unit(unit) {
                Ok(unit) => quantity.shown_in(&unit).to_string(),
                Err(_) => quantity.to_string(),
            }
        }
        _ => crate::lang::units::number_text(value),
    };
    match range {
        Range::Any => "a number".into(),
        Range::AtLeast(low) => format!("at least {}", show(low)),
        Range::Above(low) => format!("greater than {}", show(low)),
        Range::Within(low, high) => format!("from {} to {}", show(low), show(high)),
        Range::Count(least) => format!("a list of at least {least}"),
    }
}

fn range_help(range: Range, ty: &Type) -> String {
    match range {
        Range::Count(least) => format!("give at least {least}"),
        _ => format!("give a value that is {}", bounds(range, ty)),
    }
}
