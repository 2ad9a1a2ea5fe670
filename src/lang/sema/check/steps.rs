//! Steps of a body: the verb, then arguments by place, by the word before them, or as a word alone.

use std::cell::Cell;

use super::expand::Layer;
use super::fields::Locals;
use super::scope::Scope;
use super::{Checker, codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Argument, Default, KindSchema, Place, Verb};
use crate::lang::sema::{Step, Value};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{self, Body, Entry, Expr, ExprKind, Field, Word};
use crate::lang::syntax::unknown_unit;

/// Those of a body that were understood.
#[derive(Clone)]
pub(super) struct Steps {
    pub placed: Vec<Step>,
    /// Whether they are all that is written.
    pub sound: bool,
}

/// A step as written, whatever form it was written in.
#[derive(Clone, Copy)]
pub(super) struct StepRef<'a> {
    label: Option<&'a Word>,
    parts: &'a [Expr],
    block: Option<&'a Body>,
    span: Span,
    layer: usize,
}

impl<'a> StepRef<'a> {
    pub fn of_step(step: &'a ast::Step, layer: usize) -> Self {
        StepRef {
            label: step.label.as_ref(),
            parts: &step.parts,
            block: step.block.as_ref(),
            span: step.span,
            layer,
        }
    }

    /// `label: verb`, which reads like a field.
    pub fn of_field(field: &'a Field, layer: usize) -> Self {
        StepRef {
            label: Some(&field.name),
            parts: std::slice::from_ref(&field.value),
            block: None,
            span: field.span,
            layer,
        }
    }
}

impl<'a> Checker<'a> {
    /// Appends a step, or puts it in the place of the one with its label when the body is like another.
    pub(super) fn add_step(
        &self,
        kind: &KindSchema,
        step: StepRef<'a>,
        first: bool,
        steps: &mut Vec<StepRef<'a>>,
    ) {
        if kind.steps.is_empty() {
            self.no_steps(kind, &step);
            return;
        }
        let label = step.label.map(|word| word.text.as_str());
        let position = steps.iter().position(|known| {
            label.is_some() && known.label.map(|word| word.text.as_str()) == label
        });
        match (first, label, position) {
            (true, Some(label), Some(position)) => self.report(
                Diagnostic::new(codes::LABEL, format!("two steps have the label `{label}`"))
                    .at(step.span, "a second time")
                    .at(steps[position].span, "first here")
                    .help("give one of them another label"),
            ),
            (true, ..) => steps.push(step),
            (false, _, Some(position)) => steps[position] = step,
            (false, Some(label), None) => {
                let known: Vec<&str> = steps
                    .iter()
                    .filter_map(|known| known.label.map(|word| word.text.as_str()))
                    .collect();
                let finding =
                    Diagnostic::new(codes::LABEL, format!("no step has the label `{label}`")).at(
                        step.label.map_or(step.span, |word| word.span),
                        "unknown label",
                    );
                self.report(match did_you_mean(label, known.iter().copied()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None if known.is_empty() => finding.help(format!(
                        "label the step that this one replaces: `{label}: …` in the original"
                    )),
                    None => finding.help(format!("the labels are {}", list_words(&known, "and"))),
                });
            }
            (false, None, None) => self.report(
                Diagnostic::new(codes::LABEL, "this step does not say which one it replaces")
                    .at(
                        step.span,
                        "a step without a label, in a node that is like another",
                    )
                    .help("label it here and in the original, like `soak: hold for 6 h`"),
            ),
        }
    }

    fn no_steps(&self, kind: &KindSchema, step: &StepRef<'_>) {
        let known: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
        let finding = Diagnostic::new(
            codes::UNKNOWN_STEP,
            format!("a `{}` has fields, no steps", kind.name),
        )
        .at(step.span, "read as a step");
        let word = step.parts.first().and_then(|part| match &part.kind {
            ExprKind::Name(name) => Some((name, part.span)),
            _ => None,
        });
        self.report(match word {
            Some((name, span)) if known.contains(&name.as_str()) => finding
                .help(format!("write `{name}: …`"))
                .edit(span.after(), ":"),
            Some((name, _)) if did_you_mean(name, known.iter().copied()).is_some() => {
                finding.help(format!(
                    "did you mean `{}: …`?",
                    did_you_mean(name, known.iter().copied()).unwrap_or_default()
                ))
            }
            _ => finding.help(format!(
                "write fields as `name: value`; its fields are {}",
                list_words(&known, "and")
            )),
        });
    }

    /// The steps of one member, and whether any of them reads an axis or an argument.
    pub(super) fn place_steps(
        &self,
        verbs: &'static [Verb],
        steps: &[StepRef<'a>],
        layers: &[Layer<'a>],
        locals: &[Locals],
    ) -> (Steps, bool) {
        let mut touched = false;
        let all = Cell::new(true);
        let placed = steps
            .iter()
            .filter_map(|step| {
                let local = &locals[step.layer];
                let scope = Scope::with_local(
                    self,
                    layers[step.layer].module,
                    &local.values,
                    &local.poisoned,
                );
                let placed = self.place(verbs, step, &scope, 0, &all);
                touched |= scope.touched.get() || !local.poisoned.is_empty();
                placed
            })
            .collect();
        let sound = all.get();
        (Steps { placed, sound }, touched)
    }

    /// None where it was not understood, which `all` then says of the body.
    fn place(
        &self,
        verbs: &'static [Verb],
        step: &StepRef<'a>,
        scope: &Scope<'_, '_>,
        depth: usize,
        all: &Cell<bool>,
    ) -> Option<Step> {
        let placed = self.understood(verbs, step, scope, depth, all);
        all.set(all.get() && placed.is_some());
        placed
    }

    fn understood(
        &self,
        verbs: &'static [Verb],
        step: &StepRef<'a>,
        scope: &Scope<'_, '_>,
        depth: usize,
        all: &Cell<bool>,
    ) -> Option<Step> {
        let known: Vec<&str> = verbs.iter().map(|verb| verb.name).collect();
        let first = step.parts.first()?;
        let name = match &first.kind {
            ExprKind::Name(name) => name.as_str(),
            ExprKind::Bad => return None,
            _ => "",
        };
        let Some(verb) = verbs.iter().find(|verb| verb.name == name) else {
            let finding = if name.is_empty() {
                Diagnostic::new(codes::UNKNOWN_STEP, "a step begins with a word")
                    .at(first.span, "not a word")
            } else {
                Diagnostic::new(
                    codes::UNKNOWN_STEP,
                    format!("there is no step `{name}` here"),
                )
                .at(first.span, "unknown step")
            };
            self.report(match did_you_mean(name, known.iter().copied()) {
                Some(near) => finding
                    .help(format!("did you mean `{near}`?"))
                    .edit(first.span, near),
                None => finding.help(format!("the steps are {}", list_words(&known, "and"))),
            });
            return None;
        };
        let mut arguments: Vec<(&'static Argument, Value, Span)> = Vec::new();
        let mut sound = true;
        let mut parts = step.parts[1..].iter();
        while let Some(part) = parts.next() {
            let word = match &part.kind {
                ExprKind::Name(word) => Some(word.as_str()),
                _ => None,
            };
            let by_word = verb.arguments.iter().find(|argument| match argument.place {
                Place::After(known) | Place::Flag(known) => word == Some(known),
                Place::Positional => false,
            });
            let (argument, value) = match by_word {
                Some(argument) if matches!(argument.place, Place::Flag(_)) => (argument, None),
                Some(argument) => match parts.next() {
                    Some(value) => (argument, Some(value)),
                    None => {
                        self.report(
                            Diagnostic::new(
                                codes::STEP_ARGUMENT,
                                format!("nothing follows `{}`", word.unwrap_or_default()),
                            )
                            .at(part.span, "a value belongs here")
                            .help(format!("write it like `{}`", verb.example)),
                        );
                        sound = false;
                        continue;
                    }
                },
                None => {
                    let next = verb.arguments.iter().find(|argument| {
                        argument.place == Place::Positional
                            && !arguments
                                .iter()
                                .any(|(known, ..)| known.name == argument.name)
                    });
                    match next {
                        Some(argument) => (argument, Some(part)),
                        None => {
                            self.unexpected(verb, part, word);
                            sound = false;
                            continue;
                        }
                    }
                }
            };
            if let Some((_, _, first)) = arguments
                .iter()
                .find(|(known, ..)| known.name == argument.name)
            {
                self.report(
                    Diagnostic::new(
                        codes::STEP_ARGUMENT,
                        format!("the {} is given twice", spoken(argument)),
                    )
                    .at(part.span, "a second time")
                    .at(*first, "first here")
                    .help("keep one of them"),
                );
                sound = false;
                continue;
            }
            match value {
                None => arguments.push((argument, Value::Boolean(true), part.span)),
                Some(expr) if self.unknown_unit(verb, expr, parts.as_slice().first()) => {
                    parts.next();
                    sound = false;
                }
                Some(expr) => {
                    let what = format!("the {} of `{}`", spoken(argument), verb.name);
                    match scope.fit(expr, &argument.ty, argument.range, &what) {
                        Some(value) => arguments.push((argument, value, expr.span)),
                        None => sound = false,
                    }
                }
            }
        }
        for argument in verb.arguments {
            let given = arguments
                .iter()
                .any(|(known, ..)| known.name == argument.name);
            if given {
                continue;
            }
            match argument.default {
                Default::Required if sound => {
                    self.report(
                        Diagnostic::new(
                            codes::STEP_ARGUMENT,
                            format!("`{}` needs its {}", verb.name, spoken(argument)),
                        )
                        .at(step.span, format!("no {} here", spoken(argument)))
                        .help(format!("write it like `{}`", verb.example)),
                    );
                    sound = false;
                }
                Default::Is(text) => {
                    let expr = crate::lang::syntax::parse_expression(step.span.file, text).0;
                    if let Some(value) =
                        scope.fit(&expr, &argument.ty, argument.range, argument.name)
                    {
                        arguments.push((argument, value, step.span));
                    }
                }
                _ => {}
            }
        }
        let block = self.block(verb, step, scope, depth, all)?;
        if !sound {
            return None;
        }
        arguments.sort_by_key(|(argument, ..)| {
            verb.arguments
                .iter()
                .position(|one| one.name == argument.name)
        });
        Some(Step {
            verb,
            label: step.label.map(|word| word.text.clone()),
            arguments,
            block,
            span: step.span,
        })
    }

    fn block(
        &self,
        verb: &'static Verb,
        step: &StepRef<'a>,
        scope: &Scope<'_, '_>,
        depth: usize,
        all: &Cell<bool>,
    ) -> Option<Vec<Step>> {
        let Some(body) = step.block else {
            return Some(Vec::new());
        };
        if verb.block.is_empty() || depth > 16 {
            self.report(
                Diagnostic::new(
                    codes::UNKNOWN_STEP,
                    format!("`{}` takes no block of steps", verb.name),
                )
                .at(body.span, "a block")
                .help(format!("write it like `{}`", verb.example)),
            );
            return None;
        }
        let mut placed = Vec::new();
        for entry in &body.entries {
            match entry {
                Entry::Bad(_) => all.set(false),
                Entry::Step(inner) => {
                    placed.extend(self.place(
                        verb.block,
                        &StepRef::of_step(inner, step.layer),
                        scope,
                        depth + 1,
                        all,
                    ));
                }
                Entry::Field(field) => self.report(
                    Diagnostic::new(
                        codes::UNKNOWN_FIELD,
                        format!("`{}` has no fields", verb.name),
                    )
                    .at(field.span, "a field in a block of steps")
                    .help("move it out of the block"),
                ),
            }
        }
        Some(placed)
    }

    /// Whether a bare number stands before a word that the step does not know, which is then told of as a unit.
    fn unknown_unit(&self, verb: &Verb, value: &Expr, next: Option<&Expr>) -> bool {
        let bare = matches!(&value.kind, ExprKind::Number(number) if number.tails.is_empty());
        let Some((span, ExprKind::Name(word))) = next.map(|part| (part.span, &part.kind)) else {
            return false;
        };
        let known = verb.words();
        let of_step = known.contains(&word.as_str()) || did_you_mean(word, known).is_some();
        if bare && !of_step {
            self.report(unknown_unit(word, span));
        }
        bare && !of_step
    }

    fn unexpected(&self, verb: &Verb, part: &Expr, word: Option<&str>) {
        let known = verb.words();
        if matches!(part.kind, ExprKind::Bad) {
            return;
        }
        let finding = match word {
            Some(word) => Diagnostic::new(
                codes::STEP_ARGUMENT,
                format!("`{}` does not know the word `{word}`", verb.name),
            )
            .at(part.span, "unknown word"),
            None => Diagnostic::new(
                codes::STEP_ARGUMENT,
                format!("`{}` has no place for this value", verb.name),
            )
            .at(part.span, "one value too many"),
        };
        let near = word.and_then(|word| did_you_mean(word, known.iter().copied()));
        self.report(match near {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(part.span, near),
            None => finding.help(format!("write it like `{}`", verb.example)),
        });
    }
}

/// An argument in the user's words: the word before it, else its name.
fn spoken(argument: &Argument) -> String {
    match argument.place {
        Place::After(word) => format!("`{word}`"),
        Place::Flag(word) => format!("word `{word}`"),
        Place::Positional => argument.name.replace('_', " "),
    }
}
