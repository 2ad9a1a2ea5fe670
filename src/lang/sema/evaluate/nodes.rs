//! References to nodes: members of families, coordinates and results.

use std::sync::Arc;

use super::super::deferred::Tree;
use super::super::{Deferred, MemberId, Value};
use super::{Evaluator, Lookup, codes, name_codes, result_type};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Outcome, ResultField};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Argument, Expr, ExprKind, Word};

impl Evaluator<'_> {
    /// `base.word`, or `base.word(arguments)` and `base.word[arguments]`.
    pub(super) fn member(
        &mut self,
        base: &Expr,
        word: &Word,
        arguments: Option<&[Argument]>,
        span: Span,
    ) -> Option<Value> {
        if let ExprKind::Name(name) = &base.kind
            && let Lookup::Module(module) = self.names.name(name, base.span)
        {
            let value = self.module_member(&module, word)?;
            return self.without_arguments(value, word, arguments, span);
        }
        let value = self.evaluate(base)?;
        self.part_of(value, word, arguments, base.span, span)
    }

    /// What `word` names in a value that is there already.
    fn part_of(
        &mut self,
        value: Value,
        word: &Word,
        arguments: Option<&[Argument]>,
        base: Span,
        span: Span,
    ) -> Option<Value> {
        match value {
            Value::Nodes(members) => self.of_nodes(&members, word, arguments, base, span),
            Value::Record(entries) | Value::Choice(_, entries) => {
                match entries.iter().find(|(key, _)| *key == word.text) {
                    Some((_, value)) => {
                        self.without_arguments(value.clone(), word, arguments, span)
                    }
                    None => {
                        let known: Vec<&str> =
                            entries.iter().map(|(key, _)| key.as_str()).collect();
                        let finding = Diagnostic::new(
                            name_codes::UNKNOWN_NAME,
                            format!("there is no `{}` in it", word.text),
                        )
                        .at(word.span, "unknown entry");
                        self.report(match did_you_mean(&word.text, known.iter().copied()) {
                            Some(near) => finding
                                .help(format!("did you mean `{near}`?"))
                                .edit(word.span, near),
                            None => finding.help(format!("it has {}", list_words(&known, "and"))),
                        })
                    }
                }
            }
            other => self.report(
                Diagnostic::new(
                    codes::MEMBER,
                    format!("{} has no parts to name", other.ty()),
                )
                .at(base, other.ty().to_string())
                .help("a dot goes with a node, a module or a record"),
            ),
        }
    }

    /// What is no result takes no arguments.
    fn without_arguments(
        &mut self,
        value: Value,
        word: &Word,
        arguments: Option<&[Argument]>,
        span: Span,
    ) -> Option<Value> {
        if arguments.is_none() {
            return Some(value);
        }
        let parentheses = Span {
            start: word.span.end,
            ..span
        };
        self.report(
            Diagnostic::new(
                codes::CALL,
                format!("`{}` is no result and takes no arguments", word.text),
            )
            .at(parentheses, "arguments")
            .help("leave them out")
            .edit(parentheses, ""),
        )
    }

    fn module_member(&mut self, module: &str, word: &Word) -> Option<Value> {
        match self.names.module_member(module, &word.text, word.span) {
            Lookup::Value(value) => Some(value),
            Lookup::Poisoned | Lookup::Module(_) => None,
            Lookup::Unknown => {
                let known = self.names.module_candidates(module);
                let finding = Diagnostic::new(
                    name_codes::UNKNOWN_NAME,
                    format!("the module `{module}` has no `{}`", word.text),
                )
                .at(word.span, "unknown name");
                self.report(
                    match did_you_mean(&word.text, known.iter().map(String::as_str)) {
                        Some(near) => finding
                            .help(format!("did you mean `{near}`?"))
                            .edit(word.span, near),
                        None if known.is_empty() => finding.help("it declares nothing"),
                        None => finding.help(format!("it has {}", list_words(&known, "and"))),
                    },
                )
            }
        }
    }

    /// A coordinate or a result of one or several members.
    fn of_nodes(
        &mut self,
        members: &[MemberId],
        word: &Word,
        arguments: Option<&[Argument]>,
        base: Span,
        span: Span,
    ) -> Option<Value> {
        let first = *members.first()?;
        let kind = self.names.kind_of(first);
        let name = word.text.as_str();
        let coordinates: Vec<(MemberId, Value)> = members
            .iter()
            .filter_map(|member| {
                let coordinates = self.names.coordinates(*member);
                let value = coordinates.iter().find(|(axis, _)| axis == name)?.1.clone();
                Some((*member, value))
            })
            .collect();
        let is_coordinate = coordinates.len() == members.len();
        if is_coordinate && (arguments.is_none() || kind.result(name).is_none()) {
            return self.without_arguments(each(coordinates), word, arguments, span);
        }
        let Some(result) = kind.result(name) else {
            return self.unknown_result(first, word, base);
        };
        let what = format!("the result `{}`", result.name);
        let fitted =
            self.fit_arguments(result.parameters, arguments.unwrap_or(&[]), &what, span)?;
        if fitted.iter().any(|(_, value)| value.is_deferred()) {
            return self.report(
                Diagnostic::new(
                    codes::DEFERRED,
                    format!("the arguments of `{name}` must be known before the run"),
                )
                .at(span, "a result of a run")
                .help("write the value out"),
            );
        }
        Some(each(
            members
                .iter()
                .map(|member| {
                    let deferred = Deferred {
                        ty: result_type(&result.ty),
                        tree: Tree::Result {
                            node: *member,
                            name: result.name,
                            arguments: fitted.clone(),
                        },
                        span,
                    };
                    (*member, Value::Deferred(Arc::new(deferred)))
                })
                .collect(),
        ))
    }

    fn unknown_result<T>(&mut self, member: MemberId, word: &Word, base: Span) -> Option<T> {
        let kind = self.names.kind_of(member);
        let coordinates = self.names.coordinates(member);
        let known: Vec<&str> = kind
            .results
            .iter()
            .map(|result: &ResultField| result.name)
            .chain(coordinates.iter().map(|(axis, _)| axis.as_str()))
            .collect();
        let finding = Diagnostic::new(
            codes::RESULT,
            format!("a `{}` has no result `{}`", kind.name, word.text),
        )
        .at(word.span, "unknown result")
        .at(base, format!("a `{}`", kind.name));
        self.report(match did_you_mean(&word.text, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(word.span, near),
            None if kind.outcome == Outcome::Inline => finding.help(format!(
                "a `{}` is described inline and has no results",
                kind.name
            )),
            None if known.is_empty() => finding.help("it has no results"),
            None => finding.help(format!("its results are {}", list_words(&known, "and"))),
        })
    }

    /// `name[BaTiO3, 1200 K]`, `name[ratio: 1]`, and `node.result[…]`.
    pub(super) fn index(
        &mut self,
        base: &Expr,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let value = match &base.kind {
            ExprKind::Member(inner, word)
                if !matches!(
                    &inner.kind,
                    ExprKind::Name(name)
                        if matches!(self.names.name(name, inner.span), Lookup::Module(_))
                ) =>
            {
                // Evaluated once: chains of dots and brackets would double the work at each link.
                let value = self.evaluate(inner)?;
                if let Value::Nodes(members) = &value
                    && members.first().is_some_and(|first| {
                        self.names.kind_of(*first).result(&word.text).is_some()
                    })
                {
                    return self.part_of(value, word, Some(arguments), inner.span, span);
                }
                self.part_of(value, word, None, inner.span, base.span)?
            }
            _ => self.evaluate(base)?,
        };
        match value {
            Value::Nodes(members) => self.pick(&members, arguments, base.span, span),
            other => self.report(
                Diagnostic::new(
                    codes::INDEX,
                    format!("{} has no members to pick", other.ty()),
                )
                .at(base.span, other.ty().to_string())
                .help("an index goes with a family of nodes, like `fired[ratio: 1]`"),
            ),
        }
    }

    /// The members whose coordinates agree with an index.
    fn pick(
        &mut self,
        members: &[MemberId],
        arguments: &[Argument],
        base: Span,
        span: Span,
    ) -> Option<Value> {
        let first = *members.first()?;
        let name = self.names.declaration_name(first);
        let axes: Vec<String> = self
            .names
            .coordinates(first)
            .iter()
            .map(|(axis, _)| axis.clone())
            .collect();
        if axes.is_empty() {
            return self.report(
                Diagnostic::new(codes::INDEX, format!("`{name}` is a single node"))
                    .at(span, "an index")
                    .help("leave the index out")
                    .edit(span, name),
            );
        }
        let mut left: Vec<MemberId> = members.to_vec();
        let mut used: Vec<usize> = Vec::new();
        for argument in arguments {
            let any = matches!(argument.value.kind, ExprKind::Any);
            let value = if any {
                None
            } else {
                Some(self.evaluate(&argument.value)?)
            };
            let axis = match &argument.name {
                Some(word) => match axes.iter().position(|axis| *axis == word.text) {
                    Some(axis) => axis,
                    None => {
                        let finding = Diagnostic::new(
                            codes::INDEX,
                            format!("`{name}` has no coordinate `{}`", word.text),
                        )
                        .at(word.span, "unknown coordinate");
                        return self.report(
                            match did_you_mean(&word.text, axes.iter().map(String::as_str)) {
                                Some(near) => finding
                                    .help(format!("did you mean `{near}`?"))
                                    .edit(word.span, near),
                                None => finding.help(format!(
                                    "its coordinates are {}",
                                    list_words(&axes, "and")
                                )),
                            },
                        );
                    }
                },
                None => {
                    let bare = value
                        .as_ref()
                        .and_then(Value::as_quantity)
                        .is_some_and(|quantity| quantity.dimension.is_none());
                    let axis = if any {
                        (0..axes.len()).find(|axis| !used.contains(axis))
                    } else {
                        self.axis_of(members, value.as_ref(), &used)
                    };
                    if bare {
                        let wanted =
                            axis.map_or_else(|| axes[0].clone(), |axis| axes[axis].clone());
                        let written = argument.value.span;
                        let shown = value.map(|value| value.to_string()).unwrap_or_default();
                        return self.report(
                            Diagnostic::new(
                                codes::INDEX,
                                "a bare number could be any coordinate, or a position",
                            )
                            .at(written, "which coordinate?")
                            .help(format!("write `{name}[{wanted}: {shown}]`"))
                            .edit(written.before(), format!("{wanted}: ")),
                        );
                    }
                    match axis {
                        Some(axis) => axis,
                        None => {
                            return self.report(
                                Diagnostic::new(
                                    codes::INDEX,
                                    format!("no coordinate of `{name}` takes this value"),
                                )
                                .at(argument.value.span, "fits no coordinate")
                                .help(self.values_of(members)),
                            );
                        }
                    }
                }
            };
            if used.contains(&axis) {
                return self.report(
                    Diagnostic::new(
                        codes::INDEX,
                        format!("the coordinate `{}` is given twice", axes[axis]),
                    )
                    .at(argument.value.span, "a second time")
                    .help("keep one of them"),
                );
            }
            used.push(axis);
            let Some(value) = value else { continue };
            let before = left.len();
            left.retain(|member| {
                self.names
                    .coordinates(*member)
                    .get(axis)
                    .is_some_and(|(_, coordinate)| *coordinate == value)
            });
            if left.is_empty() && before > 0 {
                return self.report(
                    Diagnostic::new(
                        codes::INDEX,
                        format!("`{name}` has no member with {} {value}", axes[axis]),
                    )
                    .at(argument.value.span, "no such member")
                    .at(base, "this family")
                    .help(self.values_of(members)),
                );
            }
        }
        Some(Value::Nodes(Arc::new(left)))
    }

    /// The first free axis with a coordinate equal to the value, else one with values of its type.
    fn axis_of(
        &self,
        members: &[MemberId],
        value: Option<&Value>,
        used: &[usize],
    ) -> Option<usize> {
        let value = value?;
        let first = self.names.coordinates(*members.first()?);
        let free = (0..first.len()).filter(|axis| !used.contains(axis));
        let equal = free.clone().find(|axis| {
            members.iter().any(|member| {
                self.names
                    .coordinates(*member)
                    .get(*axis)
                    .is_some_and(|(_, coordinate)| coordinate == value)
            })
        });
        equal.or_else(|| {
            free.into_iter()
                .find(|axis| first[*axis].1.ty() == value.ty())
        })
    }

    /// The values of all coordinates, for help.
    fn values_of(&self, members: &[MemberId]) -> String {
        let Some(first) = members.first() else {
            return String::new();
        };
        let axes = self.names.coordinates(*first);
        let all: Vec<String> = axes
            .iter()
            .enumerate()
            .map(|(at, (axis, _))| {
                let mut values: Vec<String> = Vec::new();
                for member in members {
                    let shown = self
                        .names
                        .coordinates(*member)
                        .get(at)
                        .map(|(_, value)| value.to_string());
                    if let Some(shown) = shown
                        && !values.contains(&shown)
                    {
                        values.push(shown);
                    }
                }
                format!("`{axis}` is {}", list_words(&values, "or"))
            })
            .collect();
        all.join("; ")
    }
}

/// One value as itself, several as one for each member.
fn each(mut values: Vec<(MemberId, Value)>) -> Value {
    if values.len() == 1 {
        values.remove(0).1
    } else {
        Value::Each(Arc::new(values))
    }
}
