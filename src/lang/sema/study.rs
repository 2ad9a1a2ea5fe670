//! A checked study: every name resolved, every value typed and in base units, every family expanded.

use std::ops::Range;
use std::sync::Arc;

use super::{Deferred, Value};
use crate::lang::schema::{self, Artifact, KindSchema};
use crate::lang::source::Span;

/// What the checker has proven about a recipe. It may be incomplete when there were errors: what could not
/// be understood is left out, and whoever runs it looks at the diagnostics first.
#[derive(Debug, Clone, Default)]
pub struct Study {
    /// The loader name of the recipe.
    pub name: String,
    pub doc: Option<String>,
    pub seed: u64,
    /// Node declarations in source order; those of modules, as far as they are referred to, come first.
    pub declarations: Vec<Declaration>,
    /// All members of all declarations; the members of one declaration are adjacent.
    pub members: Vec<Member>,
    pub expectations: Vec<Expectation>,
    /// `param` names with the values in force, and whether each was set from outside.
    pub parameters: Vec<(String, Value, bool)>,
    /// `let` names of the recipe itself, with their values.
    pub lets: Vec<(String, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclarationId(pub u32);

/// One member of a family; a node without axes is a family of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u32);

/// `KIND name …`, once for all members.
#[derive(Debug, Clone)]
pub struct Declaration {
    pub kind: &'static KindSchema,
    /// `fired`, or `module.name` for a node that a module declares.
    pub name: String,
    pub doc: Option<String>,
    /// Axis names in order; empty for a single node.
    pub axes: Vec<String>,
    /// Indices into [`Study::members`].
    pub members: Range<u32>,
    pub name_span: Span,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub declaration: DeclarationId,
    /// Axis name and value, in the order of the axes.
    pub coordinates: Arc<Vec<(String, Value)>>,
    /// The fields that are written (directly, by a template or by `like`), in schema order.
    pub given: Vec<Given>,
    /// Steps in order, with defaults of their arguments filled in.
    pub steps: Vec<Step>,
    /// Every node that this one refers to, in field order: artifacts, inline nodes, deferred values.
    pub inputs: Vec<Input>,
    /// Whether a field or a step is missing here that is written, but was not understood.
    pub broken: bool,
}

/// A field with its value. Arguments of choices and fields of records have their defaults filled in.
#[derive(Debug, Clone)]
pub struct Given {
    pub field: &'static schema::Field,
    pub value: Value,
    /// The span of the value.
    pub span: Span,
    /// Spans of parts, by path relative to the field: `[1]` for the second element of a list or part of a
    /// mixture, `.name` for an entry of a record or an argument of a call. May be empty.
    pub parts: Arc<[(String, Span)]>,
}

/// A step with its arguments by name; arguments that are absent without a default are left out.
#[derive(Debug, Clone)]
pub struct Step {
    pub verb: &'static schema::Verb,
    pub label: Option<String>,
    pub arguments: Vec<(&'static schema::Argument, Value, Span)>,
    pub block: Vec<Step>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Input {
    /// The field or step path in which the reference stands: `reactions`, `steps[2].until`.
    pub port: String,
    pub member: MemberId,
    pub role: Role,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The node's artifact is read.
    Artifact(Artifact),
    /// The node is described inline; these of its fields are read.
    Inline(&'static [&'static str]),
    /// A result of the node is needed for a value of this one.
    Value,
}

/// `expect CONDITION [by …]`
#[derive(Debug, Clone)]
pub struct Expectation {
    pub doc: Option<String>,
    /// As written, on one line.
    pub text: String,
    /// Comparisons, one for each member when the condition speaks of a family. The member list is empty
    /// when the condition is about single nodes.
    pub claims: Vec<Claim>,
    pub span: Span,
}

/// A truth value that may be deferred.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The member of the family that the claim is about, to be shown beside the outcome.
    pub about: Option<MemberId>,
    pub condition: Arc<Deferred>,
    /// `by N sigma`: how many standard errors of the difference the margin must have.
    pub sigmas: Option<f64>,
    /// `by VALUE`: the margin that the difference must have, of the compared type.
    pub margin: Option<Value>,
}

impl Study {
    pub fn member(&self, id: MemberId) -> &Member {
        &self.members[id.0 as usize]
    }

    pub fn declaration(&self, id: DeclarationId) -> &Declaration {
        &self.declarations[id.0 as usize]
    }

    pub fn declaration_of(&self, id: MemberId) -> &Declaration {
        self.declaration(self.member(id).declaration)
    }

    pub fn kind_of(&self, id: MemberId) -> &'static KindSchema {
        self.declaration_of(id).kind
    }

    pub fn find(&self, name: &str) -> Option<DeclarationId> {
        self.declarations
            .iter()
            .position(|one| one.name == name)
            .map(|at| DeclarationId(at as u32))
    }

    pub fn members_of(&self, id: DeclarationId) -> impl Iterator<Item = MemberId> + use<> {
        self.declaration(id).members.clone().map(MemberId)
    }

    /// `fired[ratio: 1]`, or the bare name of a single node: how a member is written in a recipe and shown.
    pub fn label(&self, id: MemberId) -> String {
        let member = self.member(id);
        let name = &self.declaration(member.declaration).name;
        if member.coordinates.is_empty() {
            return name.clone();
        }
        let coordinates: Vec<String> = member
            .coordinates
            .iter()
            .map(|(axis, value)| format!("{axis}: {value}"))
            .collect();
        format!("{name}[{}]", coordinates.join(", "))
    }

    /// The span of a path such as `between[1]`, `source.measured` or `steps[2].to` of a member; the
    /// declaration's name if the recipe does not write that path.
    pub fn span_of(&self, id: MemberId, path: &str) -> Span {
        let member = self.member(id);
        if let Some(rest) = path.strip_prefix("steps[") {
            let whole = self.declaration(member.declaration).name_span;
            return span_in_steps(&member.steps, rest).unwrap_or(whole);
        }
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (field, rest) = path.split_at(end);
        match member.given.iter().find(|given| given.field.name == field) {
            None => self.declaration(member.declaration).name_span,
            Some(given) => given
                .parts
                .iter()
                .filter(|(part, _)| rest.starts_with(part.as_str()))
                .max_by_key(|(part, _)| part.len())
                .map_or(given.span, |(_, span)| *span),
        }
    }
}

/// Of the step, its argument, or a step in its block, that a path names which begins with a number: `2].until`,
/// `0].block[3].duration`.
fn span_in_steps(steps: &[Step], path: &str) -> Option<Span> {
    let (index, rest) = path.split_once(']')?;
    let step = steps.get(index.parse::<usize>().ok()?)?;
    let rest = rest.trim_start_matches('.');
    if let Some(inner) = rest.strip_prefix("block[") {
        return Some(span_in_steps(&step.block, inner).unwrap_or(step.span));
    }
    let mut arguments = step.arguments.iter();
    let argument = arguments.find(|(argument, ..)| argument.name == rest);
    Some(argument.map_or(step.span, |(.., span)| *span))
}

impl Member {
    pub fn given(&self, field: &str) -> Option<&Value> {
        self.given
            .iter()
            .find(|given| given.field.name == field)
            .map(|given| &given.value)
    }

    pub fn coordinate(&self, axis: &str) -> Option<&Value> {
        self.coordinates
            .iter()
            .find(|(name, _)| name == axis)
            .map(|(_, value)| value)
    }
}

impl Step {
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments
            .iter()
            .find(|(argument, ..)| argument.name == name)
            .map(|(_, value, _)| value)
    }
}
