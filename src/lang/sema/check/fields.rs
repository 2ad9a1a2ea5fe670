//! The bodies of nodes: fields by name, fitted to their declared types, for each member of a family.

use std::collections::HashMap;
use std::sync::Arc;

use super::expand::{Call, Layer};
use super::scope::Scope;
use super::steps::{StepRef, Steps};
use super::{Checker, codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{self, Default, KindSchema, Type};
use crate::lang::sema::evaluate::{Evaluator, Names};
use crate::lang::sema::{DeclarationId, Given, Input, MemberId, Role, Step, Value};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{self, Entry, Expr, ExprKind, Template};

/// A field as written, with the layer that says which names it sees.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub field: &'static schema::Field,
    pub value: &'a Expr,
    pub layer: usize,
}

/// The names that the arguments of a template stand for in one member.
#[derive(Default, Clone)]
pub(super) struct Locals {
    pub values: Vec<(String, Value)>,
    pub poisoned: Vec<String>,
}

impl<'a> Checker<'a> {
    /// Evaluates the bodies of all members of a declaration.
    pub(super) fn fill(&self, id: DeclarationId) {
        let (item, kind, members, name_span) = {
            let state = self.state.borrow();
            let declaration = &state.declarations[id.0 as usize];
            (
                state.items[id.0 as usize],
                declaration.kind,
                declaration.members.clone(),
                declaration.name_span,
            )
        };
        let layers = self.layers(item);
        let (fields, steps) = self.written(kind, &layers);
        let name = self.state.borrow().declarations[id.0 as usize].name.clone();
        // A line that could not be read may hold what seems to be missing.
        let readable = layers.iter().filter_map(|layer| layer.body).all(|body| {
            !body
                .entries
                .iter()
                .any(|entry| matches!(entry, Entry::Bad(_)))
        });
        if readable {
            self.missing(kind, &fields, name_span, &name);
        }
        let mut fixed: Vec<Option<Option<Given>>> = vec![None; fields.len()];
        let mut fixed_steps: Option<Steps> = None;
        let mut broken: Vec<&'static str> = Vec::new();
        let is_family = members.len() > 1;
        for member in members {
            let bindings = self.state.borrow().bindings[member as usize].clone();
            let locals: Vec<Locals> = layers
                .iter()
                .map(|layer| self.locals(layer, &bindings))
                .collect();
            let mut given = Vec::new();
            for (written, fixed) in fields.iter().zip(&mut fixed) {
                let name = written.field.name;
                if broken.contains(&name) {
                    continue;
                }
                if let Some(known) = fixed {
                    given.extend(known.clone());
                    continue;
                }
                let layer = &layers[written.layer];
                let local = &locals[written.layer];
                let scope = Scope::with_local(self, layer.module, &local.values, &local.poisoned);
                let value = Self::field(&scope, kind, written);
                if value.is_none() {
                    broken.push(name);
                }
                // What reads no axis and no argument is the same for all members.
                if is_family && !scope.touched.get() && local.poisoned.is_empty() {
                    *fixed = Some(value.clone());
                }
                given.extend(value);
            }
            let steps = match &fixed_steps {
                Some(known) => known.clone(),
                None => {
                    let (placed, touched) = self.place_steps(kind.steps, &steps, &layers, &locals);
                    if is_family && !touched {
                        fixed_steps = Some(placed.clone());
                    }
                    placed
                }
            };
            let inputs = self.inputs(&given, &steps.placed);
            let mut state = self.state.borrow_mut();
            let member = &mut state.members[member as usize];
            member.given = given;
            member.steps = steps.placed;
            member.broken = !steps.sound || !broken.is_empty();
            member.inputs = inputs;
        }
    }

    /// The fields in schema order and the steps in order, after overriding.
    fn written(
        &self,
        kind: &'static KindSchema,
        layers: &[Layer<'a>],
    ) -> (Vec<Written<'a>>, Vec<StepRef<'a>>) {
        let mut fields: Vec<Option<Written<'a>>> = vec![None; kind.fields.len()];
        let mut steps: Vec<StepRef<'a>> = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            let Some(body) = layer.body else { continue };
            let first = at == 0;
            let own = at + 1 == layers.len();
            let mut seen: Vec<Option<Span>> = vec![None; kind.fields.len()];
            for entry in &body.entries {
                let field = match entry {
                    Entry::Bad(_) => continue,
                    Entry::Step(step) => {
                        self.add_step(kind, StepRef::of_step(step, at), first, &mut steps);
                        continue;
                    }
                    Entry::Field(field) => field,
                };
                let name = field.name.text.as_str();
                let Some(position) = kind.fields.iter().position(|known| known.name == name) else {
                    // `grind: regrind` is a labelled step of one word.
                    if let ExprKind::Name(verb) = &field.value.kind
                        && kind.verb(verb).is_some()
                    {
                        self.add_step(kind, StepRef::of_field(field, at), first, &mut steps);
                    } else if own || first {
                        self.unknown_field(kind, &field.name);
                    }
                    continue;
                };
                if let Some(first) = seen[position].replace(field.name.span) {
                    self.report(
                        Diagnostic::new(codes::GIVEN_TWICE, format!("`{name}` is given twice"))
                            .at(field.name.span, "a second time")
                            .at(first, "first here")
                            .help("keep one of them"),
                    );
                    continue;
                }
                fields[position] = Some(Written {
                    field: &kind.fields[position],
                    value: &field.value,
                    layer: at,
                });
            }
        }
        (fields.into_iter().flatten().collect(), steps)
    }

    fn unknown_field(&self, kind: &KindSchema, name: &ast::Word) {
        let mut known: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
        known.sort_unstable();
        let finding = Diagnostic::new(
            codes::UNKNOWN_FIELD,
            format!("a `{}` has no field `{}`", kind.name, name.text),
        )
        .at(name.span, "unknown field");
        self.report(match did_you_mean(&name.text, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(name.span, near),
            None if kind.verb(&name.text).is_some() => finding.help(format!(
                "`{}` is a step: write it without the colon",
                name.text
            )),
            None if known.is_empty() => finding.help("it has steps only"),
            None => finding.help(format!("its fields are {}", list_words(&known, "and"))),
        });
    }

    /// Required fields that no layer gives.
    fn missing(
        &self,
        kind: &'static KindSchema,
        fields: &[Written<'_>],
        name_span: Span,
        name: &str,
    ) {
        for field in kind.fields {
            if field.default == Default::Required
                && !fields
                    .iter()
                    .any(|written| written.field.name == field.name)
            {
                self.report(
                    Diagnostic::new(
                        codes::MISSING_FIELD,
                        format!("`{name}` needs the field `{}`", field.name),
                    )
                    .at(
                        name_span,
                        format!("a `{}` without `{}`", kind.name, field.name),
                    )
                    .help(format!("add `{}: {}`", field.name, field.example))
                    .note(format!("`{}`: {}", field.name, field.doc)),
                );
            }
        }
    }

    fn field(scope: &Scope<'_, '_>, kind: &KindSchema, written: &Written<'_>) -> Option<Given> {
        let field = written.field;
        let what = format!("the field `{}` of a `{}`", field.name, kind.name);
        let value = scope.fit(written.value, &field.ty, field.range, &what)?;
        Some(Given {
            field,
            value,
            span: written.value.span,
            parts: Evaluator::parts(written.value).into(),
        })
    }

    /// The axes of a member, and the arguments of its template, as names.
    fn locals(&self, layer: &Layer<'a>, bindings: &Arc<Vec<(String, Value)>>) -> Locals {
        match layer.call {
            None => Locals {
                values: bindings.to_vec(),
                poisoned: Vec::new(),
            },
            Some(call) => self.arguments(layer, &call, bindings),
        }
    }

    fn arguments(
        &self,
        layer: &Layer<'a>,
        call: &Call<'a>,
        bindings: &[(String, Value)],
    ) -> Locals {
        let template = call.template;
        let outer = Scope::with_local(self, call.module, bindings, &[]);
        let mut locals = Locals::default();
        let mut given: HashMap<&str, &Expr> = HashMap::new();
        for (at, argument) in call.arguments.iter().enumerate() {
            let parameter = match &argument.name {
                Some(name) => template
                    .parameters
                    .iter()
                    .find(|one| one.name.text == name.text),
                None => template.parameters.get(at),
            };
            let Some(parameter) = parameter else {
                self.unknown_argument(template, argument);
                continue;
            };
            if given
                .insert(&parameter.name.text, &argument.value)
                .is_some()
            {
                self.report(
                    Diagnostic::new(
                        codes::TEMPLATE,
                        format!("`{}` is given twice", parameter.name.text),
                    )
                    .at(argument.value.span, "a second time")
                    .help("keep one of them"),
                );
            }
        }
        for parameter in &template.parameters {
            let name = &parameter.name.text;
            let value = match (given.get(name.as_str()), &parameter.default) {
                (Some(expr), _) => outer.evaluate_or_word(expr, &[]),
                (None, Some(default)) => {
                    Scope::of_module(self, layer.module).evaluate_or_word(default, &[])
                }
                (None, None) => {
                    self.report(
                        Diagnostic::new(
                            codes::TEMPLATE,
                            format!("the template `{}` needs `{name}`", template.name.text),
                        )
                        .at(call.span, "not given here")
                        .at(parameter.name.span, "declared here, without a default")
                        .help(format!("add `{name}: …`")),
                    );
                    None
                }
            };
            match value {
                Some(value) => locals.values.push((name.clone(), value)),
                None => locals.poisoned.push(name.clone()),
            }
        }
        locals
    }

    fn unknown_argument(&self, template: &Template, argument: &ast::Argument) {
        let known: Vec<&str> = template
            .parameters
            .iter()
            .map(|one| one.name.text.as_str())
            .collect();
        let (headline, span) = match &argument.name {
            Some(name) => (
                format!(
                    "the template `{}` has no argument `{}`",
                    template.name.text, name.text
                ),
                name.span,
            ),
            None => (
                format!(
                    "the template `{}` takes {} arguments",
                    template.name.text,
                    known.len()
                ),
                argument.value.span,
            ),
        };
        let finding = Diagnostic::new(codes::TEMPLATE, headline)
            .at(span, "one too many")
            .at(template.name.span, "declared here");
        let near = argument
            .name
            .as_ref()
            .and_then(|name| did_you_mean(&name.text, known.iter().copied()));
        self.report(match near {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(span, near),
            None if known.is_empty() => finding.help("leave it out"),
            None => finding.help(format!("its arguments are {}", list_words(&known, "and"))),
        });
    }

    /// Fields and steps of a template that no node may use yet: names are checked, values need arguments.
    pub(super) fn check_template(&self, template: &'a Template) {
        let Some(kind) = self.kind(&template.kind) else {
            return;
        };
        for entry in &template.body.entries {
            if let Entry::Field(field) = entry
                && kind.field(&field.name.text).is_none()
                && kind.verb(&field.name.text).is_none()
                && !matches!(&field.value.kind, ExprKind::Name(verb) if kind.verb(verb).is_some())
            {
                self.unknown_field(kind, &field.name);
            }
        }
    }

    /// What the values refer to, in the order of the fields.
    fn inputs(&self, given: &[Given], steps: &[Step]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for one in given {
            self.references(
                one.field.name,
                &one.field.ty,
                &one.value,
                one.span,
                &mut inputs,
            );
        }
        for (at, step) in steps.iter().enumerate() {
            for (argument, value, span) in &step.arguments {
                let port = format!("steps[{at}].{}", argument.name);
                self.references(&port, &argument.ty, value, *span, &mut inputs);
            }
        }
        inputs
    }

    fn references(&self, port: &str, ty: &Type, value: &Value, span: Span, into: &mut Vec<Input>) {
        let mut add = |member: MemberId, role: Role| {
            into.push(Input {
                port: port.to_owned(),
                member,
                role,
                span,
            });
        };
        match (value, ty) {
            (Value::Nodes(members), _) => {
                let scope = Scope::of_module(self, 0);
                for member in members.iter() {
                    if let Some(role) = role(ty, scope.kind_of(*member)) {
                        add(*member, role);
                    }
                }
            }
            (Value::Deferred(deferred), _) => {
                let mut nodes = Vec::new();
                deferred.nodes(&mut nodes);
                nodes.sort_unstable();
                nodes.dedup();
                for member in nodes {
                    add(member, Role::Value);
                }
            }
            (Value::Each(values), _) => {
                for (_, value) in values.iter() {
                    self.references(port, ty, value, span, into);
                }
            }
            (_, Type::Either(types)) => {
                // Only one of them can hold nodes of this value's form; the others find nothing.
                let before = into.len();
                for ty in *types {
                    if into.len() == before {
                        self.references(port, ty, value, span, into);
                    }
                }
            }
            (Value::List(values), Type::List(inner)) => {
                for (at, value) in values.iter().enumerate() {
                    self.references(&format!("{port}[{at}]"), inner, value, span, into);
                }
            }
            (Value::Record(entries), Type::Record(fields)) => {
                for (name, value) in entries.iter() {
                    if let Some(field) = fields.iter().find(|field| field.name == name) {
                        self.references(&format!("{port}.{name}"), &field.ty, value, span, into);
                    }
                }
            }
            (Value::Record(entries), Type::Map(_, inner)) => {
                for (name, value) in entries.iter() {
                    self.references(&format!("{port}.{name}"), inner, value, span, into);
                }
            }
            (Value::Choice(word, entries), Type::Choice(choices)) => {
                let arguments = choices
                    .iter()
                    .find(|choice| choice.name == word.as_ref())
                    .map_or(&[][..], |choice| choice.arguments);
                for (name, value) in entries.iter() {
                    if let Some(field) = arguments.iter().find(|field| field.name == name) {
                        self.references(&format!("{port}.{name}"), &field.ty, value, span, into);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What a reference of this type reads of a node of this kind.
fn role(ty: &Type, kind: &KindSchema) -> Option<Role> {
    match ty {
        Type::Inline(name, reads) if *name == kind.name => Some(Role::Inline(reads)),
        Type::Artifact(artifact) => Some(Role::Artifact(*artifact)),
        Type::Either(types) => types.iter().find_map(|ty| role(ty, kind)),
        Type::List(inner) => role(inner, kind),
        Type::Result => Some(Role::Value),
        _ => None,
    }
}
