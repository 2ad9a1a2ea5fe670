//! The one evaluator: values of expressions, with or without an expected type.
//!
//! What depends on results of nodes becomes a [`Deferred`](super::Deferred) tree of known type. A fault is reported
//! once; what builds on it yields nothing and says nothing.

mod calls;
mod chemistry;
mod fit;
mod nodes;
mod numbers;
mod operators;
mod parts;
#[cfg(test)]
mod tests;

pub(crate) use calls::result_type;
pub use fit::check_range;
pub use operators::{apply, apply_unary};

use std::sync::Arc;

use super::deferred::Tree;
use super::{Deferred, MemberId, Value, ValueType, Vocabulary};
use crate::base::Phase;
use crate::lang::diag::codes::{
    chemistry as chemistry_codes, names as name_codes, values as codes,
};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::KindSchema;
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::ast::{Expr, ExprKind, Operator, Unary, Word};
use crate::lang::units;
use numbers::is_celsius;

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
}
