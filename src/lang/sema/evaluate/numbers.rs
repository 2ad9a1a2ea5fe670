//! Numbers with units, ranges of them, and conversions.

use super::super::Value;
use super::{Evaluator, LONGEST_LIST, codes};
use crate::base::Phase;
use crate::lang::diag::{Diagnostic, list_words};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Expr, ExprKind, Number, Spacing, Word};
use crate::lang::units::{self, Quantity, QuantityError, Unit, UnitError};

impl Evaluator<'_> {
    /// A literal number with what follows it.
    pub(super) fn number(&mut self, number: &Number, span: Span, chemical: bool) -> Option<Value> {
        let Some((first, second)) = number
            .tails
            .split_first()
            .map(|(first, rest)| (first, rest.first()))
        else {
            return self.literal(number, None, span).map(Value::Quantity);
        };
        let unit = units::parse_unit(&first.text);
        let capital = first.text.starts_with(|c: char| c.is_ascii_uppercase());
        if let Some(second) = second {
            return match unit {
                Ok(unit) => self.amount_of(number, &unit, first, second, span),
                Err(_) => self.report(
                    Diagnostic::new(codes::UNIT, "two words follow this number")
                        .at(
                            first.span.to(second.span),
                            "a unit and a formula, or one of them",
                        )
                        .help("write an amount like `80 g TiO2`, `1 mol BaO` or `2 BaO`"),
                ),
            };
        }
        let formula = Phase::parse(&first.text);
        match (unit, formula) {
            (Ok(unit), Err(_)) => self.literal(number, Some(&unit), span).map(Value::Quantity),
            (Ok(unit), Ok(_)) if !chemical => {
                self.literal(number, Some(&unit), span).map(Value::Quantity)
            }
            (_, Ok(phase)) => self.coefficient(number, phase, span),
            (Err(error), Err(_))
                if capital && !error_is_near(&error) && !first.text.contains(['/', '^']) =>
            {
                self.phase(&first.text, first.span).map(Value::Phase)
            }
            (Err(error), Err(_)) => self.unknown_unit(&error, first.span),
        }
    }

    pub(super) fn literal(
        &mut self,
        number: &Number,
        unit: Option<&Unit>,
        span: Span,
    ) -> Option<Quantity> {
        match Quantity::from_literal(&number.text, unit) {
            Ok(quantity) => Some(quantity),
            Err(error) => self.arithmetic(&error, span),
        }
    }

    pub(super) fn unknown_unit<T>(&mut self, error: &UnitError, span: Span) -> Option<T> {
        let here = span.part(error.offset, error.len.max(1));
        let finding = Diagnostic::new(codes::UNIT, error.to_string()).at(here, "unknown unit");
        let finding = match &error.near {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(here, near.clone()),
            None => finding.help("units are words like `K`, `K/min`, `Å`, `eV`, `h`, `%`"),
        };
        self.report(finding)
    }

    pub(super) fn arithmetic<T>(&mut self, error: &QuantityError, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(codes::ARITHMETIC, error.to_string())
                .at(span, "no value")
                .help("look at the numbers that enter here"),
        )
    }

    pub(super) fn celsius_operand<T>(&mut self, expr: &Expr) -> Option<T> {
        let kelvin = match self.value(expr, false) {
            Some(Value::Quantity(mut quantity)) => {
                quantity.shown_in = None;
                quantity.to_string()
            }
            _ => "a value in K".into(),
        };
        self.report(
            Diagnostic::new(
                codes::CELSIUS,
                "a temperature in °C cannot be calculated with",
            )
            .at(
                expr.span,
                "°C counts from the freezing point of water, not from zero",
            )
            .help(format!(
                "write it in kelvin: `{kelvin}`; a difference of temperatures is in K as well"
            ))
            .edit(expr.span, kelvin),
        )
    }

    pub(super) fn range(
        &mut self,
        low: &Expr,
        high: &Expr,
        spacing: Option<&(Spacing, Box<Expr>)>,
        span: Span,
    ) -> Option<Value> {
        let a = self.evaluate(low);
        let b = self.evaluate(high);
        let step = match spacing {
            None => None,
            Some((_, step)) if is_celsius(step) => return self.celsius_operand(step),
            Some((kind, step)) => Some((*kind, self.evaluate(step)?, step.span)),
        };
        let (a, b) = (a?, b?);
        let Some((kind, step, step_span)) = step else {
            if let (Some(from), Some(to)) = (a.as_quantity(), b.as_quantity())
                && from.dimension != to.dimension
            {
                return self.mismatch("..", &a, &b, low.span, span, high.span);
            }
            return self.bounded(Value::Span(Box::new((a, b))), span);
        };
        let (Some(from), Some(to), Some(by)) =
            (a.as_quantity(), b.as_quantity(), step.as_quantity())
        else {
            return self.report(
                Diagnostic::new(
                    codes::RANGE_LIST,
                    "a range with steps goes from number to number",
                )
                .at(span, "not numbers")
                .help("write `a .. b step c` or `a .. b count n`"),
            );
        };
        if from.dimension != to.dimension {
            return self.mismatch("..", &a, &b, low.span, span, high.span);
        }
        match kind {
            Spacing::Step => {
                if by.dimension != from.dimension {
                    return self.mismatch("step", &a, &step, low.span, span, step_span);
                }
                let steps = to
                    .subtract(from)
                    .and_then(|width| width.divide(by))
                    .map(|steps| steps.value);
                let count = match steps {
                    Ok(steps) if (0.0..LONGEST_LIST as f64).contains(&steps) => {
                        (steps + 1e-9).floor() as i64
                    }
                    Ok(steps) if steps >= 0.0 => return self.too_long(step_span),
                    _ => {
                        return self.report(
                            Diagnostic::new(
                                codes::RANGE_LIST,
                                "these steps do not lead from one end to the other",
                            )
                            .at(step_span, "this step")
                            .help(
                                "the step points from the first end to the second, and is not zero",
                            ),
                        );
                    }
                };
                let values: Result<Vec<Value>, QuantityError> = (0..=count)
                    .map(|at| {
                        Ok(Value::Quantity(
                            from.add(&by.multiply(&Quantity::integer(at))?)?,
                        ))
                    })
                    .collect();
                match values {
                    Ok(values) => Some(Value::list(values)),
                    Err(error) => self.arithmetic(&error, span),
                }
            }
            Spacing::Count => {
                if step.as_integer().is_some_and(|count| count > LONGEST_LIST) {
                    return self.too_long(step_span);
                }
                let Some(count) = step.as_integer().filter(|count| *count >= 2) else {
                    return self.report(
                        Diagnostic::new(
                            codes::RANGE_LIST,
                            "a count of values is a whole number from 2 up",
                        )
                        .at(step_span, "not such a number")
                        .help("write `a .. b count 5`"),
                    );
                };
                let values: Result<Vec<Value>, QuantityError> = (0..count)
                    .map(|at| {
                        let share = Quantity::integer(at).divide(&Quantity::integer(count - 1))?;
                        Ok(Value::Quantity(
                            from.add(&to.subtract(from)?.multiply(&share)?)?,
                        ))
                    })
                    .collect();
                match values {
                    Ok(values) => Some(Value::list(values)),
                    Err(error) => self.arithmetic(&error, span),
                }
            }
        }
    }

    pub(super) fn too_long<T>(&mut self, step: Span) -> Option<T> {
        self.report(
            Diagnostic::new(
                codes::RANGE_LIST,
                format!("this range would make more than {LONGEST_LIST} values"),
            )
            .at(step, "too fine")
            .help("take a wider step, or a smaller count"),
        )
    }

    pub(super) fn convert(&mut self, value: &Expr, word: &Word) -> Option<Value> {
        let unit = match units::parse_unit(&word.text) {
            Ok(unit) => unit,
            Err(error) => return self.unknown_unit(&error, word.span),
        };
        let found = self.evaluate(value)?;
        let dimension = found.ty().dimension();
        if dimension != Some(unit.dimension) {
            return self.report(
                Diagnostic::new(
                    codes::DIMENSION,
                    format!("{} cannot be given in `{}`", found.ty(), word.text),
                )
                .at(value.span, found.ty().to_string())
                .at(word.span, format!("for {}", unit.dimension.named()))
                .help(match dimension {
                    Some(dimension) => {
                        format!("use {}", list_words(&units::units_of(dimension), "or"))
                    }
                    None => "convert a number with a unit".into(),
                }),
            );
        }
        Some(found.shown_in(&unit.into()))
    }
}

/// Whether an expression is a literal in degrees Celsius.
pub(super) fn is_celsius(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Parenthesis(inner) => is_celsius(inner),
        ExprKind::Number(number) => match number.tails.as_slice() {
            [only] => units::parse_unit(&only.text).is_ok_and(|unit| unit.offset),
            _ => false,
        },
        _ => false,
    }
}

fn error_is_near(error: &UnitError) -> bool {
    error.near.is_some()
}
