//! Nodes where a field takes one.

use super::super::super::Value;
use super::super::{Evaluator, Lookup, codes, name_codes};
use super::short;
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Outcome, Type};
use crate::lang::source::Span;

impl Evaluator<'_> {
    pub(super) fn unknown_node<T>(&mut self, name: &str, ty: &Type, span: Span) -> Option<T> {
        let fitting: Vec<String> = self
            .names
            .candidates()
            .into_iter()
            .filter(|candidate| match self.names.name(candidate, span) {
                Lookup::Value(Value::Nodes(members)) => members.first().is_some_and(|first| {
                    kind_fits(
                        self.names.kind_of(*first).name,
                        self.names.kind_of(*first).outcome,
                        ty,
                    )
                }),
                _ => false,
            })
            .collect();
        let finding = Diagnostic::new(
            name_codes::UNKNOWN_NAME,
            format!("there is no node `{name}`"),
        )
        .at(span, format!("{} belongs here", ty.describe()));
        self.report(
            match did_you_mean(name, fitting.iter().map(String::as_str)) {
                Some(near) => finding
                    .help(format!("did you mean `{near}`?"))
                    .edit(span, near),
                None if fitting.is_empty() => finding.help(match ty {
                    Type::Inline(kind, _) => format!("declare one: `{kind} {name} {{ … }}`"),
                    _ => format!("declare one with the name `{name}`"),
                }),
                None => finding.help(format!("there is {}", list_words(&fitting, "and"))),
            },
        )
    }

    /// One node of the right kind.
    pub(super) fn node(
        &mut self,
        value: Value,
        ty: &Type,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let Value::Nodes(members) = &value else {
            return None;
        };
        let first = *members.first()?;
        let kind = self.names.kind_of(first);
        let name = self.names.declaration_name(first);
        if !kind_fits(kind.name, kind.outcome, ty) {
            return self.report(
                Diagnostic::new(
                    codes::WRONG_NODE,
                    format!(
                        "{what} takes {}, and `{name}` is a `{}`",
                        short(ty),
                        kind.name
                    ),
                )
                .at(span, format!("a `{}`", kind.name))
                .help(format!("write {}", ty.describe())),
            );
        }
        if members.len() > 1 {
            let coordinates = self.names.coordinates(first);
            let index: Vec<String> = coordinates
                .iter()
                .map(|(axis, value)| format!("{axis}: {value}"))
                .collect();
            return self.report(
                Diagnostic::new(
                    codes::FAMILY,
                    format!(
                        "{what} takes one node, and `{name}` is a family of {}",
                        members.len()
                    ),
                )
                .at(span, format!("{} members", members.len()))
                .help(format!(
                    "pick one, like `{name}[{}]`, or make a family too: `for one in {name}`",
                    index.join(", ")
                )),
            );
        }
        Some(value)
    }
}

fn kind_fits(kind: &str, outcome: Outcome, ty: &Type) -> bool {
    match (ty, outcome) {
        (Type::Inline(wanted, _), _) => kind == *wanted,
        (Type::Artifact(wanted), Outcome::Artifact(artifact)) => artifact == *wanted,
        _ => false,
    }
}
