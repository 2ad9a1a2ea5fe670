//! `expect CONDITION [by …]`

use std::sync::Arc;

use super::scope::Scope;
use super::{Checker, codes};
use crate::lang::diag::Diagnostic;
use crate::lang::schema::{Range, Type};
use crate::lang::sema::deferred::Tree;
use crate::lang::sema::{Claim, Deferred, Expectation, Value, ValueType};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{self, ExprKind, Operator};

impl<'a> Checker<'a> {
    pub(super) fn expectation(
        &self,
        expect: &'a ast::Expect,
        doc: Option<String>,
        span: Span,
    ) -> Option<Expectation> {
        let scope = Scope::of_module(self, 0);
        let condition = scope.evaluate(&expect.condition);
        let by = self.by(expect, &scope);
        let condition = condition?;
        let (sigmas, margin) = by?;
        let claims = match condition {
            Value::Each(each) => each
                .iter()
                .map(|(member, value)| {
                    Some(Claim {
                        about: Some(*member),
                        condition: truth(value, expect.condition.span)?,
                        sigmas,
                        margin: margin.clone(),
                    })
                })
                .collect(),
            value => truth(&value, expect.condition.span).map(|condition| {
                vec![Claim {
                    about: None,
                    condition,
                    sigmas,
                    margin,
                }]
            }),
        };
        let Some(claims) = claims else {
            self.report(
                Diagnostic::new(
                    codes::EXPECTATION,
                    "`expect` needs something that is true or false",
                )
                .at(expect.condition.span, "not a comparison")
                .help("compare a result, like `expect fired.final(BaTiO3) > 90 %`"),
            );
            return None;
        };
        let text = self.sources.text(span);
        let text = text.strip_prefix("expect").unwrap_or(text);
        Some(Expectation {
            doc,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            claims,
            span,
        })
    }

    /// The standard errors or the margin that are asked for.
    fn by(
        &self,
        expect: &ast::Expect,
        scope: &Scope<'_, '_>,
    ) -> Option<(Option<f64>, Option<Value>)> {
        let Some(by) = &expect.by else {
            return Some((None, None));
        };
        let mut condition = &expect.condition;
        while let ExprKind::Parenthesis(inner) = &condition.kind {
            condition = inner;
        }
        let ordered = matches!(
            &condition.kind,
            ExprKind::Binary(
                _,
                Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual,
                ..
            )
        );
        if !ordered {
            self.report(
                Diagnostic::new(
                    codes::EXPECTATION,
                    "`by` belongs to a comparison with `<` or `>`",
                )
                .at(by.span, "a margin")
                .at(expect.condition.span, "not such a comparison")
                .help("leave `by` out, or compare with `<` or `>`"),
            );
            return None;
        }
        if by.sigma {
            let sigmas = scope.fit(
                &by.amount,
                &Type::Number,
                Range::AtLeast(0.0),
                "the number of standard errors",
            )?;
            return Some((sigmas.as_f64(), None));
        }
        let margin = scope.evaluate(&by.amount)?;
        if margin.as_f64().is_none() {
            self.report(
                Diagnostic::new(
                    codes::EXPECTATION,
                    format!("a margin is a number with a unit, not {}", margin.ty()),
                )
                .at(by.amount.span, "not a number")
                .help("write `by 2 sigma`, or a value of the compared kind, like `by 5 %`"),
            );
            return None;
        }
        Some((None, Some(margin)))
    }
}

fn truth(value: &Value, span: Span) -> Option<Arc<Deferred>> {
    match value {
        Value::Boolean(_) => Some(Arc::new(Deferred {
            ty: ValueType::Boolean,
            tree: Tree::Known(value.clone()),
            span,
        })),
        Value::Deferred(deferred) if deferred.ty == ValueType::Boolean => Some(deferred.clone()),
        _ => None,
    }
}
