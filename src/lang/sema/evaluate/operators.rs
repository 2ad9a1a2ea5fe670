//! Operators on values: known ones at once, deferred ones as trees, families member by member.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::deferred::Tree;
use super::super::{Deferred, Value, ValueType};
use super::{Evaluator, codes};
use crate::lang::diag::{Diagnostic, list_words};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Operator, Unary};
use crate::lang::units::{self, Quantity};

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, operator: Unary, value: Value, span: Span) -> Option<Value> {
        match value {
            Value::Each(values) => {
                let each: Option<Vec<_>> = values
                    .iter()
                    .map(|(member, value)| {
                        Some((*member, self.unary(operator, value.clone(), span)?))
                    })
                    .collect();
                each.map(|each| Value::Each(Arc::new(each)))
            }
            Value::Deferred(deferred) => {
                let fits = match operator {
                    Unary::Not => deferred.ty == ValueType::Boolean,
                    Unary::Minus => deferred.ty.dimension().is_some(),
                };
                if !fits {
                    return self.no_operand(
                        if operator == Unary::Not { "not" } else { "-" },
                        &Value::Deferred(deferred),
                        span,
                    );
                }
                self.deferred(deferred.ty.clone(), Tree::Unary(operator, deferred), span)
            }
            known => match apply_unary(operator, &known) {
                Ok(value) => Some(value),
                Err(_) => self.no_operand(
                    if operator == Unary::Not { "not" } else { "-" },
                    &known,
                    span,
                ),
            },
        }
    }

    fn no_operand<T>(&mut self, sign: &str, value: &Value, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(
                codes::DIMENSION,
                format!("`{sign}` does not go with {}", value.ty()),
            )
            .at(span, value.ty().to_string())
            .help(if sign == "not" {
                "`not` takes a truth value, like `not (a > b)`"
            } else {
                "`-` takes a number"
            }),
        )
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: Value,
        right: Value,
        left_span: Span,
        at: Span,
        right_span: Span,
    ) -> Option<Value> {
        match (&left, &right) {
            (Value::Each(a), Value::Each(b)) => {
                if a.len() != b.len() {
                    return self.report(
                        Diagnostic::new(
                            codes::FAMILY,
                            format!(
                                "a family of {} and a family of {} do not go together",
                                a.len(),
                                b.len()
                            ),
                        )
                        .at(left_span, format!("{} members", a.len()))
                        .at(right_span, format!("{} members", b.len()))
                        .help("pick members by an index, or compare families over the same values"),
                    );
                }
                let mut each = Vec::new();
                for (member, value) in a.iter() {
                    let coordinates = self.names.coordinates(*member);
                    let partner = b
                        .iter()
                        .find(|(other, _)| self.names.coordinates(*other) == coordinates)
                        .map(|(_, value)| value.clone());
                    let Some(partner) = partner else {
                        return self.report(
                            Diagnostic::new(
                                codes::FAMILY,
                                "these families do not have the same members",
                            )
                            .at(left_span, "a member of this one")
                            .at(right_span, "has no partner here")
                            .help("compare families over the same values"),
                        );
                    };
                    each.push((
                        *member,
                        self.binary(operator, value.clone(), partner, left_span, at, right_span)?,
                    ));
                }
                return Some(Value::Each(Arc::new(each)));
            }
            (Value::Each(values), other) => {
                let each: Option<Vec<_>> = values
                    .iter()
                    .map(|(member, value)| {
                        Some((
                            *member,
                            self.binary(
                                operator,
                                value.clone(),
                                other.clone(),
                                left_span,
                                at,
                                right_span,
                            )?,
                        ))
                    })
                    .collect();
                return each.map(|each| Value::Each(Arc::new(each)));
            }
            (other, Value::Each(values)) => {
                let each: Option<Vec<_>> = values
                    .iter()
                    .map(|(member, value)| {
                        Some((
                            *member,
                            self.binary(
                                operator,
                                other.clone(),
                                value.clone(),
                                left_span,
                                at,
                                right_span,
                            )?,
                        ))
                    })
                    .collect();
                return each.map(|each| Value::Each(Arc::new(each)));
            }
            _ => {}
        }
        if left.is_deferred() || right.is_deferred() {
            let Some(ty) = type_of(operator, &left.ty(), &right.ty(), right.as_f64()) else {
                return self.mismatch(operator.symbol(), &left, &right, left_span, at, right_span);
            };
            let tree = |value: Value, span: Span| match value {
                Value::Deferred(deferred) => deferred,
                known => Arc::new(Deferred::known(known, span)),
            };
            let span = left_span.to(right_span);
            let tree = Tree::Binary(operator, tree(left, left_span), tree(right, right_span));
            return self.deferred(ty, tree, span);
        }
        if let Some(mixture) = self.mixture(operator, &left, &right, left_span, right_span) {
            return mixture;
        }
        match apply(operator, &left, &right) {
            Ok(value) => Some(value),
            Err(text) => {
                let typed = type_of(operator, &left.ty(), &right.ty(), right.as_f64()).is_some();
                if typed {
                    self.report(
                        Diagnostic::new(codes::ARITHMETIC, text)
                            .at(at, "no value")
                            .help("look at the numbers that enter here"),
                    )
                } else {
                    self.mismatch(operator.symbol(), &left, &right, left_span, at, right_span)
                }
            }
        }
    }

    /// Two values that do not go together.
    pub(super) fn mismatch<T>(
        &mut self,
        sign: &str,
        left: &Value,
        right: &Value,
        left_span: Span,
        at: Span,
        right_span: Span,
    ) -> Option<T> {
        let (a, b) = (left.ty(), right.ty());
        let help = match (a.dimension(), b.dimension()) {
            _ if matches!(sign, "and" | "or") => {
                format!("`{sign}` takes truth values, like `a > b {sign} c > d`")
            }
            (Some(a), Some(b)) if sign != "^" => {
                let units = units::units_of(if a.is_none() { b } else { a });
                if units.is_empty() {
                    "leave the unit out on one side".to_owned()
                } else if a.is_none() || b.is_none() {
                    format!("give the number a unit, like {}", list_words(&units, "or"))
                } else {
                    format!(
                        "give both in units of one kind, like {}",
                        list_words(&units, "or")
                    )
                }
            }
            (Some(_), Some(_)) => "a power is a whole number; a unit cannot stand above".to_owned(),
            _ if matches!(sign, "==" | "!=") => {
                format!("`{sign}` compares two values of one type")
            }
            _ => format!("`{sign}` takes numbers"),
        };
        let mut finding = Diagnostic::new(
            codes::DIMENSION,
            format!("{a} and {b} do not go together with `{sign}`"),
        )
        .at(left_span, a.to_string())
        .at(right_span, b.to_string())
        .help(help);
        if left_span.is_empty() {
            finding = finding.at(at, "here");
        }
        self.report(finding)
    }
}

/// The type of an operation, if its operands go together. `power` is the right operand where it is known.
fn type_of(
    operator: Operator,
    left: &ValueType,
    right: &ValueType,
    power: Option<f64>,
) -> Option<ValueType> {
    let numbers = left.dimension().zip(right.dimension());
    match operator {
        Operator::Add | Operator::Subtract => {
            let (a, b) = numbers?;
            (a == b).then_some(ValueType::Quantity(a))
        }
        Operator::Multiply => numbers
            .and_then(|(a, b)| a.times(b))
            .map(ValueType::Quantity),
        Operator::Divide => numbers.and_then(|(a, b)| a.per(b)).map(ValueType::Quantity),
        Operator::Power => {
            let (a, b) = numbers?;
            if !b.is_none() {
                return None;
            }
            if a.is_none() {
                return Some(ValueType::Quantity(a));
            }
            let power = power.filter(|power| power.fract() == 0.0)?;
            a.power(power as i32).map(ValueType::Quantity)
        }
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            let (a, b) = numbers?;
            (a == b).then_some(ValueType::Boolean)
        }
        Operator::Equal | Operator::NotEqual => {
            let comparable = match numbers {
                Some((a, b)) => a == b,
                None => left == right && !matches!(left, ValueType::Nodes(..)),
            };
            comparable.then_some(ValueType::Boolean)
        }
        Operator::And | Operator::Or => (*left == ValueType::Boolean
            && *right == ValueType::Boolean)
            .then_some(ValueType::Boolean),
    }
}

/// A unary operator on a known value.
pub fn apply_unary(operator: Unary, value: &Value) -> Result<Value, String> {
    match (operator, value) {
        (Unary::Minus, Value::Quantity(quantity)) => Ok(Value::Quantity(quantity.negate())),
        (Unary::Minus, Value::Measured(quantity, error)) => {
            Ok(Value::Measured(quantity.negate(), *error))
        }
        (Unary::Not, Value::Boolean(value)) => Ok(Value::Boolean(!value)),
        (_, other) => Err(format!("this operator does not go with {}", other.ty())),
    }
}

/// A binary operator on known values. Errors of measured values propagate to first order, as independent ones;
/// comparisons look at the values alone.
pub fn apply(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Some(a), Some(b)) = (left.as_quantity(), right.as_quantity()) {
        let value = match operator {
            Operator::Add => a.add(b),
            Operator::Subtract => a.subtract(b),
            Operator::Multiply => a.multiply(b),
            Operator::Divide => a.divide(b),
            Operator::Power => a.power(b),
            Operator::And | Operator::Or => return Err("`and` and `or` take truth values".into()),
            _ => {
                let order = a.compare(b).map_err(|error| error.to_string())?;
                return Ok(Value::Boolean(holds(operator, order)));
            }
        }
        .map_err(|error| error.to_string())?;
        return Ok(match propagated(operator, left, right, a, b) {
            Some(error) => Value::Measured(value, error),
            None => Value::Quantity(value),
        });
    }
    match (operator, left, right) {
        (Operator::And, Value::Boolean(a), Value::Boolean(b)) => Ok(Value::Boolean(*a && *b)),
        (Operator::Or, Value::Boolean(a), Value::Boolean(b)) => Ok(Value::Boolean(*a || *b)),
        (Operator::Equal, a, b) if a.ty() == b.ty() => Ok(Value::Boolean(a == b)),
        (Operator::NotEqual, a, b) if a.ty() == b.ty() => Ok(Value::Boolean(a != b)),
        (_, a, b) => Err(format!(
            "{} and {} do not go together with `{}`",
            a.ty(),
            b.ty(),
            operator.symbol()
        )),
    }
}

fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order == Ordering::Less,
        Operator::LessEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterEqual => order != Ordering::Less,
        Operator::NotEqual => order != Ordering::Equal,
        _ => order == Ordering::Equal,
    }
}

/// The standard error of an operation if an operand was measured; inner `None` where an error is unknown.
#[allow(clippy::option_option)]
fn propagated(
    operator: Operator,
    left: &Value,
    right: &Value,
    a: &Quantity,
    b: &Quantity,
) -> Option<Option<f64>> {
    let error = |value: &Value| match value {
        Value::Measured(_, error) => Some(*error),
        _ => None,
    };
    let (x, y) = (error(left), error(right));
    if x.is_none() && y.is_none() {
        return None;
    }
    // A value that was not measured is exact.
    let (Some(x), Some(y)) = (x.unwrap_or(Some(0.0)), y.unwrap_or(Some(0.0))) else {
        return Some(None);
    };
    Some(Some(match operator {
        Operator::Multiply => (x * b.value).hypot(y * a.value),
        Operator::Divide => (x / b.value).hypot(y * a.value / (b.value * b.value)),
        Operator::Power => (x * b.value * libm::pow(a.value, b.value - 1.0)).abs(),
        _ => x.hypot(y),
    }))
}
