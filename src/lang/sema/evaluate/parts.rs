//! Places of the parts of a literal, for findings that name a part.

use super::{Evaluator, chemistry};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Expr, ExprKind};

impl Evaluator<'_> {
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
