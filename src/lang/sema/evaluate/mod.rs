//! The one evaluator: values of expressions, with or without an expected type.
//!
//! What depends on results of nodes becomes a [`Deferred`](super::Deferred) tree of known type. A fault is reported
//! once; what builds on it yields nothing and says nothing.

mod chemistry;
mod fit;
mod nodes;
mod operators;
#[cfg(test)]
mod tests;

pub use fit::check_range;
pub use operators::{apply, apply_unary};

use std::sync::Arc;

use super::deferred::Tree;
use super::{Deferred, MemberId, NoNames, Value, ValueType, Vocabulary};
use crate::base::Phase;
use crate::lang::diag::codes::{
    chemistry as chemistry_codes, names as name_codes, values as codes,
};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Default, Field, KindSchema, Range, ResultType};
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::ast::{Argument, Expr, ExprKind, Number, Operator, Spacing, Unary, Word};
use crate::lang::units::{self, Quantity, QuantityError, Unit, UnitError};

/// How a name reads: implemented by the checker and the REPL.
pub trait Names {
    /// A bare name in the scope of the expression.
    fn name(&self, name: &str, span: Span) -> Lookup;
    /// `module.name`
    fn module_member(&self, module: &str, name: &str, span: Span) -> Lookup;
    /// Names that are legal here, for suggestions.
    fn candidates(&self) -> Vec<String>;
    fn module_candidates(&self, module: &str) -> Vec<String>;
    fn kind_of(&self, id: MemberId) -> &'static KindSchema;
    fn declaration_name(&self, id: MemberId) -> String;
    fn coordinates(&self, id: MemberId) -> Arc<Vec<(String, Value)>>;
    /// The loader's name of a file, from which its relative paths start.
    fn file_name(&self, file: FileId) -> String;
    fn file_exists(&self, path: &str) -> bool;
}

/// What a name stands for.
pub enum Lookup {
    Value(Value),
    Module(String),
    /// Known to be there, without a value because of a fault that was reported.
    Poisoned,
    Unknown,
}

/// Evaluates expressions in one place; findings are collected.
pub struct Evaluator<'a> {
    pub names: &'a dyn Names,
    pub vocabulary: &'a Vocabulary,
    pub diagnostics: Vec<Diagnostic>,
    /// While the arguments of a function are fitted: values of a family are fitted member by member.
    lifts: bool,
}

/// The most elements that a list may have, with those of the lists in it.
const LONGEST_LIST: i64 = 1_000_000;

/// How deep lists and records may stand in each other.
const DEEPEST_VALUE: usize = 64;

/// The most operators and results that a value may be made of that is known after the run only.
const LARGEST_TREE: usize = 1_000;

impl<'a> Evaluator<'a> {
    pub fn new(names: &'a dyn Names, vocabulary: &'a Vocabulary) -> Self {
        Evaluator {
            names,
            vocabulary,
            diagnostics: Vec::new(),
            lifts: false,
        }
    }

    fn report<T>(&mut self, finding: Diagnostic) -> Option<T> {
        self.diagnostics.push(finding);
        None
    }

    /// The value of an expression where nothing in particular is expected. None: a fault was reported.
    pub fn evaluate(&mut self, expr: &Expr) -> Option<Value> {
        let chemical = chemistry::is_chemical(expr);
        self.value(expr, chemical)
    }

    /// `chemical`: a word behind a number that is both a unit and a formula is the formula.
    fn value(&mut self, expr: &Expr, chemical: bool) -> Option<Value> {
        match &expr.kind {
            ExprKind::Bad => None,
            ExprKind::Number(number) => self.number(number, expr.span, chemical),
            ExprKind::Text(text) => Some(Value::text(text)),
            ExprKind::True => Some(Value::Boolean(true)),
            ExprKind::False => Some(Value::Boolean(false)),
            ExprKind::Nothing => Some(Value::Nothing),
            ExprKind::Formula(text) => self.phase(text, expr.span).map(Value::Phase),
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Any => self.report(
                Diagnostic::new(
                    codes::INDEX,
                    "`_` stands for all values of a coordinate, in an index",
                )
                .at(expr.span, "not in an index")
                .help("write it in brackets after a family, like `fired[_]`"),
            ),
            ExprKind::Parenthesis(inner) => self.value(inner, chemical),
            ExprKind::List(elements) => {
                let values: Vec<Option<Value>> = elements
                    .iter()
                    .map(|element| self.value(element, chemical))
                    .collect();
                let values: Option<Vec<Value>> = values.into_iter().collect();
                self.bounded(Value::list(values?), expr.span)
            }
            ExprKind::Record(entries) => {
                for (at, (key, _)) in entries.iter().enumerate() {
                    if entries[..at].iter().any(|(one, _)| one.text == key.text) {
                        self.diagnostics.push(
                            Diagnostic::new(
                                name_codes::GIVEN_TWICE,
                                format!("`{}` is given twice", key.text),
                            )
                            .at(key.span, "a second time")
                            .help("keep one of them"),
                        );
                        return None;
                    }
                }
                let values: Vec<Option<(String, Value)>> = entries
                    .iter()
                    .map(|(key, value)| Some((key.text.clone(), self.evaluate(value)?)))
                    .collect();
                let values: Option<Vec<(String, Value)>> = values.into_iter().collect();
                self.bounded(Value::Record(Arc::new(values?)), expr.span)
            }
            ExprKind::Unary(operator, operand) => {
                if *operator == Unary::Minus && is_celsius(operand) {
                    return self.celsius_operand(operand);
                }
                let value = self.value(operand, chemical)?;
                self.unary(*operator, value, expr.span)
            }
            ExprKind::Binary(left, operator, at, right) => {
                self.binary_expression(left, *operator, *at, right, chemical)
            }
            ExprKind::Range(low, high, spacing) => {
                self.range(low, high, spacing.as_ref(), expr.span)
            }
            ExprKind::Ramp(from, to) => {
                let start = self.evaluate(from);
                let end = self.evaluate(to);
                let (start, end) = (start?, end?);
                if let (Some(a), Some(b)) = (start.ty().dimension(), end.ty().dimension())
                    && a != b
                {
                    return self.mismatch("to", &start, &end, from.span, expr.span, to.span);
                }
                self.bounded(Value::Ramp(Box::new((start, end))), expr.span)
            }
            ExprKind::Reaction(left, right) => self.reaction(left, right, expr.span),
            ExprKind::Convert(value, unit) => self.convert(value, unit),
            ExprKind::Select(name, arms) => self.select(name, arms, expr.span),
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, expr.span),
            ExprKind::Index(base, arguments) => self.index(base, arguments, expr.span),
            ExprKind::Member(base, word) => self.member(base, word, None, expr.span),
        }
    }

    /// Refuses values that are built by doubling: a few lines could ask for more than any memory holds.
    fn bounded(&mut self, value: Value, span: Span) -> Option<Value> {
        let mut left = LONGEST_LIST as usize;
        if value.fits_within(&mut left, DEEPEST_VALUE) {
            return Some(value);
        }
        self.report(
            Diagnostic::new(
                codes::RANGE_LIST,
                format!(
                    "this has more than {LONGEST_LIST} values, or lists in lists more than {DEEPEST_VALUE} deep"
                ),
            )
            .at(span, "too large")
            .help("make it smaller"),
        )
    }

    /// A value that is known after the run only, unless it is built from too many parts.
    fn deferred(&mut self, ty: ValueType, tree: Tree, span: Span) -> Option<Value> {
        let deferred = Deferred { ty, tree, span };
        let mut left = LARGEST_TREE;
        if deferred.fits_within(&mut left) {
            return Some(Value::Deferred(Arc::new(deferred)));
        }
        self.report(
            Diagnostic::new(
                codes::ARITHMETIC,
                format!("this is calculated from more than {LARGEST_TREE} results and operators"),
            )
            .at(span, "too many parts")
            .help("build on fewer results"),
        )
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Value> {
        match self.names.name(name, span) {
            Lookup::Value(value) => Some(value),
            Lookup::Poisoned => None,
            Lookup::Module(_) => self.report(
                Diagnostic::new(
                    name_codes::UNKNOWN_NAME,
                    format!("`{name}` is a module, not a value"),
                )
                .at(span, "a module")
                .help(format!("name something in it: `{name}.…`")),
            ),
            Lookup::Unknown => self.unknown_name(name, span),
        }
    }

    fn unknown_name<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let candidates = self.names.candidates();
        let finding = Diagnostic::new(
            name_codes::UNKNOWN_NAME,
            format!("there is no `{name}` here"),
        )
        .at(span, "unknown name");
        let finding = match did_you_mean(name, candidates.iter().map(String::as_str)) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(span, near),
            None if self.vocabulary.function(name).is_some() => {
                finding.help(format!("`{name}` is a function: write `{name}(…)`"))
            }
            None if units::is_unit_word(name) => {
                finding.help("a unit stands behind a number, like `1 h`")
            }
            None if candidates.is_empty() => {
                finding.help("no names are declared; declare one with `let`")
            }
            None => finding.help(format!(
                "the names here are {}",
                list_words(&candidates, "and")
            )),
        };
        self.report(finding)
    }

    fn phase(&mut self, text: &str, span: Span) -> Option<Phase> {
        match Phase::parse(text) {
            Ok(phase) => Some(phase),
            Err(error) => {
                let mut finding = Diagnostic::new(chemistry_codes::FORMULA, error.to_string())
                    .at(span.part(error.offset, error.len.max(1)), "in this formula");
                if let Some(help) = error.help() {
                    finding = finding.help(help);
                }
                self.report(finding)
            }
        }
    }

    /// A literal number with what follows it.
    fn number(&mut self, number: &Number, span: Span, chemical: bool) -> Option<Value> {
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

    fn literal(&mut self, number: &Number, unit: Option<&Unit>, span: Span) -> Option<Quantity> {
        match Quantity::from_literal(&number.text, unit) {
            Ok(quantity) => Some(quantity),
            Err(error) => self.arithmetic(&error, span),
        }
    }

    fn unknown_unit<T>(&mut self, error: &UnitError, span: Span) -> Option<T> {
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

    fn arithmetic<T>(&mut self, error: &QuantityError, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(codes::ARITHMETIC, error.to_string())
                .at(span, "no value")
                .help("look at the numbers that enter here"),
        )
    }

    fn celsius_operand<T>(&mut self, expr: &Expr) -> Option<T> {
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

    fn binary_expression(
        &mut self,
        left: &Expr,
        operator: Operator,
        at: Span,
        right: &Expr,
        chemical: bool,
    ) -> Option<Value> {
        let calculates = matches!(
            operator,
            Operator::Add
                | Operator::Subtract
                | Operator::Multiply
                | Operator::Divide
                | Operator::Power
        );
        if calculates {
            for side in [left, right] {
                if is_celsius(side) {
                    return self.celsius_operand(side);
                }
            }
        }
        if operator == Operator::Add && self.mixed_amounts(left, right) {
            return None;
        }
        let deeper = |expr: &Expr| {
            if calculates {
                chemical
            } else {
                chemistry::is_chemical(expr)
            }
        };
        let a = self.value(left, deeper(left));
        let b = self.value(right, deeper(right));
        self.binary(operator, a?, b?, left.span, at, right.span)
    }

    fn range(
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

    fn too_long<T>(&mut self, step: Span) -> Option<T> {
        self.report(
            Diagnostic::new(
                codes::RANGE_LIST,
                format!("this range would make more than {LONGEST_LIST} values"),
            )
            .at(step, "too fine")
            .help("take a wider step, or a smaller count"),
        )
    }

    fn convert(&mut self, value: &Expr, word: &Word) -> Option<Value> {
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
        match found {
            Value::Quantity(quantity) => Some(Value::Quantity(quantity.shown_in(&unit))),
            Value::Measured(quantity, error) => {
                Some(Value::Measured(quantity.shown_in(&unit), error))
            }
            other => Some(other),
        }
    }

    fn select(&mut self, name: &Word, arms: &[(Word, Expr)], span: Span) -> Option<Value> {
        let value = self.name(&name.text, name.span)?;
        let word = match &value {
            Value::Choice(word, _) => word.to_string(),
            other => other.to_string(),
        };
        match arms.iter().find(|(arm, _)| arm.text == word) {
            Some((_, value)) => self.evaluate(value),
            None => {
                let known: Vec<&str> = arms.iter().map(|(arm, _)| arm.text.as_str()).collect();
                self.report(
                    Diagnostic::new(
                        codes::SELECT,
                        format!("there is no value for `{word}` here"),
                    )
                    .at(span, format!("`{}` is `{word}`", name.text))
                    .help(format!(
                        "add `{word}: …`; there is {}",
                        list_words(&known, "and")
                    )),
                )
            }
        }
    }

    fn call(&mut self, callee: &Expr, arguments: &[Argument], span: Span) -> Option<Value> {
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

    fn call_function(
        &mut self,
        function: super::Function,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let what = format!("`{}`", function.schema.name);
        let lifts = std::mem::replace(&mut self.lifts, true);
        let fitted = self.fit_arguments(function.schema.parameters, arguments, &what, span);
        self.lifts = lifts;
        let values: Vec<Value> = fitted?.into_iter().map(|(_, value)| value).collect();
        self.call_with(function, values, span)
    }

    /// A function of fitted values; of a family, member by member.
    fn call_with(
        &mut self,
        function: super::Function,
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
        if values.iter().any(Value::is_deferred) {
            let ty = result_type(&function.schema.result);
            let arguments = values
                .into_iter()
                .map(|value| match value {
                    Value::Deferred(deferred) => deferred,
                    known => Arc::new(Deferred::known(known, span)),
                })
                .collect();
            return self.deferred(ty, Tree::Call(function, arguments), span);
        }
        match (function.call)(&values) {
            Ok(value) => Some(value),
            Err(text) => self.report(
                Diagnostic::new(codes::ARITHMETIC, text)
                    .at(span, "no value")
                    .help(format!("see `synth doc {}`", function.schema.name)),
            ),
        }
    }

    /// `ace(cutoff: 6 Å)` where no type is expected yet.
    fn constructor(&mut self, name: &str, span: Span, arguments: &[Argument]) -> Option<Value> {
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
    fn fit_arguments(
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
    fn default(&self, field: &Field, text: &str) -> Option<Value> {
        let (expr, _) = crate::lang::syntax::parse_expression(FileId(0), text);
        Evaluator::new(&NoNames, self.vocabulary).fit(&expr, &field.ty, Range::Any, field.name)
    }

    /// Spans of the parts of a literal list, record, mixture or call, by path relative to the whole.
    pub fn parts(expr: &Expr) -> Vec<(String, Span)> {
        let mut parts = Vec::new();
        collect_parts(expr, "", &mut parts);
        parts
    }
}

fn collect_parts(expr: &Expr, path: &str, into: &mut Vec<(String, Span)>) {
    let mut add = |path: String, expr: &Expr| {
        into.push((path.clone(), expr.span));
        collect_parts(expr, &path, into);
    };
    match &expr.kind {
        ExprKind::Parenthesis(inner) => collect_parts(inner, path, into),
        ExprKind::List(elements) => {
            for (at, element) in elements.iter().enumerate() {
                add(format!("{path}[{at}]"), element);
            }
        }
        ExprKind::Record(entries) => {
            for (key, value) in entries {
                add(format!("{path}.{}", key.text), value);
            }
        }
        ExprKind::Call(_, arguments) => {
            for (at, argument) in arguments.iter().enumerate() {
                match &argument.name {
                    Some(name) => add(format!("{path}.{}", name.text), &argument.value),
                    None => add(format!("{path}[{at}]"), &argument.value),
                }
            }
        }
        ExprKind::Binary(..) => {
            let mut terms = Vec::new();
            chemistry::terms(expr, &mut terms);
            if terms.len() > 1 {
                for (at, term) in terms.into_iter().enumerate() {
                    into.push((format!("{path}[{at}]"), term.span));
                }
            }
        }
        _ => {}
    }
}

/// Whether an expression is a literal in degrees Celsius.
fn is_celsius(expr: &Expr) -> bool {
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

/// The type of a declared result.
pub(crate) fn result_type(ty: &ResultType) -> ValueType {
    match ty {
        ResultType::Quantity(dimension, _) => ValueType::Quantity(*dimension),
        ResultType::Boolean => ValueType::Boolean,
        ResultType::Text => ValueType::Text,
        ResultType::Table => ValueType::Table,
        ResultType::Phases => ValueType::List,
    }
}
