//! Declarations of nodes: their kind, what they are built from, and the members of a family.

use std::sync::Arc;

use super::modules::Binding;
use super::scope::Scope;
use super::{Checker, DEEPEST, ItemRef, Slot, codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::KindSchema;
use crate::lang::sema::evaluate::Names;
use crate::lang::sema::{Declaration, DeclarationId, Member, MemberId, Value};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{
    self, Argument, Axis, Body, Expr, ExprKind, ItemKind, Origin, Template, Word,
};

/// Kinds that belong to the language and are not in the registry yet.
const NOT_BUILT: &[&str] = &[
    "structure",
    "oracle",
    "dataset",
    "potential",
    "evaluation",
    "ensemble",
    "structure_analysis",
    "transport",
    "pathways",
    "precursors",
    "kinetics",
    "optimise",
];

/// The most members that one family may have.
const LARGEST_FAMILY: usize = 1_000_000;

/// One body of which a node is made. Later layers replace fields of earlier ones.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub body: Option<&'a Body>,
    /// The file whose names the body sees.
    pub module: usize,
    pub call: Option<Call<'a>>,
}

/// `= template(…)`
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub template: &'a Template,
    pub arguments: &'a [Argument],
    /// The file whose names the arguments see.
    pub module: usize,
    pub span: Span,
}

/// What a member is called by, and what the axes' names stand for in it.
struct Coordinates {
    shown: Vec<(String, Value)>,
    bound: Vec<(String, Value)>,
}

impl<'a> Checker<'a> {
    fn node(&self, at: ItemRef) -> Option<&'a ast::Node> {
        match &self.item(at).kind {
            ItemKind::Node(node) => Some(node),
            _ => None,
        }
    }

    pub(super) fn kind(&self, word: &Word) -> Option<&'static KindSchema> {
        if let Some(kind) = self.vocabulary.kind(&word.text) {
            return Some(kind);
        }
        let known: Vec<&str> = self.vocabulary.kinds().map(|kind| kind.name).collect();
        let mut finding = Diagnostic::new(
            codes::UNKNOWN_KIND,
            format!("there is no kind `{}`", word.text),
        );
        if NOT_BUILT.contains(&word.text.as_str()) {
            finding.headline = format!("the kind `{}` is not built yet", word.text);
            finding = finding
                .at(word.span, "not in this version")
                .help(format!("this version knows {}", list_words(&known, "and")));
        } else if let Some(near) = did_you_mean(&word.text, known.iter().copied()) {
            finding = finding
                .at(word.span, "unknown kind")
                .help(format!("did you mean `{near}`?"))
                .edit(word.span, near);
        } else {
            finding = finding
                .at(word.span, "unknown kind")
                .help(format!("the kinds are {}", list_words(&known, "and")));
        }
        self.report(finding);
        None
    }

    /// The declaration of a node with its members (fields are filled in later); none when a fault in its head
    /// was reported.
    pub(super) fn declaration(&self, at: ItemRef) -> Option<DeclarationId> {
        let known = self.state.borrow().declared.get(&at).cloned();
        match known {
            Some(Slot::Done(id)) => return Some(id),
            Some(Slot::Poisoned) => return None,
            Some(Slot::Working) => {
                let (name, span) = self.name_of(at);
                self.report(
                    Diagnostic::new(
                        codes::RING_OF_NAMES,
                        format!("the family `{name}` is taken over itself"),
                    )
                    .at(span, "its members depend on its members")
                    .help("take the family over a list, or over another node"),
                );
                self.state.borrow_mut().declared.insert(at, Slot::Poisoned);
                return None;
            }
            None => {}
        }
        self.state.borrow_mut().declared.insert(at, Slot::Working);
        let id = self.deeper(at, || self.declare(at));
        let slot = id.map_or(Slot::Poisoned, Slot::Done);
        self.state.borrow_mut().declared.insert(at, slot);
        id
    }

    fn declare(&self, at: ItemRef) -> Option<DeclarationId> {
        let node = self.node(at)?;
        let kind = self.kind(&node.kind)?;
        self.check_origin(at, node)?;
        let (axes_of, axes) = self.axes(at)?;
        let families = self.expand(axes_of, axes)?;
        let mut state = self.state.borrow_mut();
        let id = DeclarationId(state.declarations.len() as u32);
        let first = state.members.len() as u32;
        let axes = families.first().map_or_else(Vec::new, |one| {
            one.shown.iter().map(|(name, _)| name.clone()).collect()
        });
        for one in families {
            state.members.push(Member {
                declaration: id,
                coordinates: Arc::new(one.shown),
                given: Vec::new(),
                steps: Vec::new(),
                inputs: Vec::new(),
                broken: false,
            });
            state.bindings.push(Arc::new(one.bound));
        }
        let members = first..state.members.len() as u32;
        let item = self.item(at);
        state.declarations.push(Declaration {
            kind,
            name: if at.0 == 0 {
                node.name.text.clone()
            } else {
                format!(
                    "{}.{}",
                    module_word(&self.modules[at.0].name),
                    node.name.text
                )
            },
            doc: item.doc.as_ref().map(|doc| doc.text.clone()),
            axes,
            members,
            name_span: node.name.span,
            span: item.span,
        });
        state.items.push(at);
        Some(id)
    }

    /// What `like` names, as an item.
    fn original(&self, module: usize, expr: &Expr) -> Option<ItemRef> {
        self.find_item(module, expr, |binding| match binding {
            Binding::Node(at) => Some(at),
            _ => None,
        })
    }

    fn find_item(
        &self,
        module: usize,
        expr: &Expr,
        wanted: impl Fn(Binding) -> Option<usize>,
    ) -> Option<ItemRef> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let (binding, _) = self.modules[module].names.get(name)?;
                Some((module, wanted(*binding)?))
            }
            ExprKind::Member(base, word) => {
                let ExprKind::Name(alias) = &base.kind else {
                    return None;
                };
                let (Binding::Module(Some(target)), _) = self.modules[module].names.get(alias)?
                else {
                    return None;
                };
                let (binding, _) = self.modules[*target].names.get(&word.text)?;
                Some((*target, wanted(*binding)?))
            }
            _ => None,
        }
    }

    /// That `like` or `= template(…)` names something of the same kind.
    fn check_origin(&self, at: ItemRef, node: &'a ast::Node) -> Option<()> {
        match &node.origin {
            None => Some(()),
            Some(Origin::Like(expr)) => {
                let Some(original) = self.original(at.0, expr) else {
                    self.report(self.not_there(at.0, expr, "node", |binding| {
                        matches!(binding, Binding::Node(_))
                    }));
                    return None;
                };
                let other = self.node(original)?;
                if other.kind.text != node.kind.text {
                    self.report(
                        Diagnostic::new(
                            codes::LIKE,
                            format!(
                                "a `{}` cannot be like `{}`, which is a `{}`",
                                node.kind.text, other.name.text, other.kind.text
                            ),
                        )
                        .at(expr.span, format!("a `{}`", other.kind.text))
                        .at(node.kind.span, format!("a `{}`", node.kind.text))
                        .help(format!("name a `{}` after `like`", node.kind.text)),
                    );
                    return None;
                }
                self.original_of(original, at, expr.span)
            }
            Some(Origin::Call(expr)) => {
                let call = self.call(at.0, expr)?;
                if call.template.kind.text != node.kind.text {
                    self.report(
                        Diagnostic::new(
                            codes::TEMPLATE,
                            format!(
                                "the template `{}` makes a `{}`, not a `{}`",
                                call.template.name.text, call.template.kind.text, node.kind.text
                            ),
                        )
                        .at(node.kind.span, "another kind")
                        .at(call.template.kind.span, "declared here")
                        .help(format!("write `{}`", call.template.kind.text))
                        .edit(node.kind.span, call.template.kind.text.clone()),
                    );
                    return None;
                }
                Some(())
            }
        }
    }

    /// Walks a chain of `like` to its end, so that rings and endless chains are found here.
    fn original_of(&self, mut original: ItemRef, at: ItemRef, span: Span) -> Option<()> {
        for _ in 0..DEEPEST {
            if original == at {
                break;
            }
            match self.node(original)?.origin.as_ref() {
                Some(Origin::Like(expr)) => match self.original(original.0, expr) {
                    Some(next) => original = next,
                    // Reported where that node is declared.
                    None => return None,
                },
                _ => return Some(()),
            }
        }
        self.report(
            Diagnostic::new(
                codes::LIKE,
                "nodes are like each other in a ring, or through too many others",
            )
            .at(span, format!("no end is found within {DEEPEST} steps"))
            .help("write the fields out in one of them"),
        );
        None
    }

    fn call(&self, module: usize, expr: &'a Expr) -> Option<Call<'a>> {
        let ExprKind::Call(callee, arguments) = &expr.kind else {
            self.report(
                Diagnostic::new(
                    codes::TEMPLATE,
                    "after `=` comes a template with its arguments",
                )
                .at(expr.span, "not the use of a template")
                .help("write `= name(…)`, or a body in `{ }`"),
            );
            return None;
        };
        let found = self.find_item(module, callee, |binding| match binding {
            Binding::Template(at) => Some(at),
            _ => None,
        });
        let Some(found) = found else {
            self.report(self.not_there(module, callee, "template", |binding| {
                matches!(binding, Binding::Template(_))
            }));
            return None;
        };
        match &self.item(found).kind {
            ItemKind::Template(template) => Some(Call {
                template,
                arguments,
                module,
                span: expr.span,
            }),
            _ => None,
        }
    }

    fn not_there(
        &self,
        module: usize,
        expr: &Expr,
        noun: &str,
        wanted: impl Fn(Binding) -> bool,
    ) -> Diagnostic {
        let written = self.sources.text(expr.span);
        let names = &self.modules[module];
        let known: Vec<&str> = names
            .order
            .iter()
            .filter(|name| {
                names
                    .names
                    .get(*name)
                    .is_some_and(|(binding, _)| wanted(*binding))
            })
            .map(String::as_str)
            .collect();
        let finding = Diagnostic::new(
            codes::UNKNOWN_NAME,
            format!("there is no {noun} `{written}`"),
        )
        .at(expr.span, format!("unknown {noun}"));
        match did_you_mean(written, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(expr.span, near),
            None if known.is_empty() => finding.help(format!("the recipe declares no {noun}")),
            None => finding.help(format!("there is {}", list_words(&known, "and"))),
        }
    }

    /// The bodies of a node from the first to the one that overrides all.
    pub(super) fn layers(&self, at: ItemRef) -> Vec<Layer<'a>> {
        let mut layers = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next.take() {
            let Some(node) = self.node(at) else { break };
            if let Some(body) = &node.body {
                layers.push(Layer {
                    body: Some(body),
                    module: at.0,
                    call: None,
                });
            }
            match &node.origin {
                Some(Origin::Like(expr)) if layers.len() <= DEEPEST + 1 => {
                    next = self.original(at.0, expr);
                }
                Some(Origin::Call(expr)) => {
                    if let ExprKind::Call(callee, arguments) = &expr.kind
                        && let Some(found) = self.find_item(at.0, callee, |binding| match binding {
                            Binding::Template(item) => Some(item),
                            _ => None,
                        })
                        && let ItemKind::Template(template) = &self.item(found).kind
                    {
                        layers.push(Layer {
                            body: Some(&template.body),
                            module: found.0,
                            call: Some(Call {
                                template,
                                arguments,
                                module: at.0,
                                span: expr.span,
                            }),
                        });
                    }
                }
                _ => {}
            }
        }
        layers.reverse();
        layers
    }

    /// The axes of a node: its own, or those of the one that it is like.
    fn axes(&self, at: ItemRef) -> Option<(usize, &'a [Axis])> {
        let mut at = at;
        for _ in 0..=DEEPEST {
            let node = self.node(at)?;
            if !node.axes.is_empty() {
                return Some((at.0, &node.axes));
            }
            match &node.origin {
                Some(Origin::Like(expr)) => at = self.original(at.0, expr)?,
                _ => return Some((at.0, &[])),
            }
        }
        None
    }

    /// All combinations of the axes, the last one running fastest.
    fn expand(&self, module: usize, axes: &'a [Axis]) -> Option<Vec<Coordinates>> {
        let mut members = vec![Coordinates {
            shown: Vec::new(),
            bound: Vec::new(),
        }];
        let mut sound = true;
        for axis in axes {
            let name = &axis.name.text;
            if let Some((_, first)) = self.modules[module].names.get(name) {
                self.report(
                    Diagnostic::new(
                        codes::AXIS_NAME,
                        format!("the axis `{name}` has the name of something else"),
                    )
                    .at(axis.name.span, "an axis")
                    .at(*first, format!("`{name}` is declared here"))
                    .help("give one of them another name"),
                );
                sound = false;
                continue;
            }
            let Some(elements) = self.elements(module, axis) else {
                sound = false;
                continue;
            };
            if members.len().saturating_mul(elements.len()) > LARGEST_FAMILY {
                self.report(
                    Diagnostic::new(codes::AXIS, "this family has more than a million members")
                        .at(
                            axis.list.span,
                            format!("{} more for each member so far", elements.len()),
                        )
                        .help("take fewer values"),
                );
                return None;
            }
            if let (Some(member), Some((first, _))) = (members.first(), elements.first())
                && let Some((twice, _)) = first
                    .iter()
                    .find(|(name, _)| member.shown.iter().any(|(one, _)| one == name))
            {
                self.report(
                    Diagnostic::new(
                        codes::AXIS_NAME,
                        format!("two axes give the coordinate `{twice}`"),
                    )
                    .at(axis.name.span, "a second time")
                    .help("give the axes different names, or take the family over one of them"),
                );
                sound = false;
                continue;
            }
            members = members
                .iter()
                .flat_map(|member| {
                    elements.iter().map(move |(shown, bound)| Coordinates {
                        shown: member.shown.iter().chain(shown).cloned().collect(),
                        bound: member
                            .bound
                            .iter()
                            .cloned()
                            .chain(std::iter::once((name.clone(), bound.clone())))
                            .collect(),
                    })
                })
                .collect();
        }
        sound.then_some(members)
    }

    /// Coordinates and value of each element of an axis.
    fn elements(&self, module: usize, axis: &Axis) -> Option<Vec<(Vec<(String, Value)>, Value)>> {
        let scope = Scope::of_module(self, module);
        let value = scope.evaluate(&axis.list)?;
        let fault = |headline: String, label: &str, help: &str| {
            self.report(
                Diagnostic::new(codes::AXIS, headline)
                    .at(axis.list.span, label)
                    .help(help),
            );
            None
        };
        let name = &axis.name.text;
        match &value {
            Value::List(values) => {
                if values.is_empty() {
                    return fault(
                        format!("the axis `{name}` is empty"),
                        "no values",
                        "give at least one value, like `[1]`",
                    );
                }
                let mut shown: Vec<String> = values.iter().map(ToString::to_string).collect();
                if values
                    .iter()
                    .any(|value| matches!(value, Value::Deferred(_) | Value::Each(_)))
                {
                    return fault(
                        format!("the values of the axis `{name}` are known after the run only"),
                        "a result of a run",
                        "write the values out: what a family consists of must be known before the run",
                    );
                }
                shown.sort_unstable();
                let repeated = (1..shown.len()).find(|at| shown[at - 1] == shown[*at]);
                if let Some(twice) = repeated {
                    return fault(
                        format!("the axis `{name}` has the value {} twice", shown[twice]),
                        "a value is repeated",
                        "leave one of them out",
                    );
                }
                if let [Value::Nodes(_), ..] = values.as_slice() {
                    return fault(
                        format!("the axis `{name}` is a list of nodes"),
                        "a list of names",
                        "take the family over one node or family by its name, like `for run in interphase`",
                    );
                }
                Some(
                    values
                        .iter()
                        .map(|value| (vec![(name.clone(), value.clone())], value.clone()))
                        .collect(),
                )
            }
            Value::Nodes(members) => Some(
                members
                    .iter()
                    .map(|id| {
                        let shown = scope.coordinates(*id);
                        (shown.to_vec(), Value::Nodes(Arc::new(vec![MemberId(id.0)])))
                    })
                    .collect(),
            ),
            Value::Span(_) => fault(
                format!("the axis `{name}` is a range without steps"),
                "a range",
                "say which values: `a .. b step c` or `a .. b count n`",
            ),
            Value::Deferred(_) | Value::Each(_) => fault(
                format!("the values of the axis `{name}` are known after the run only"),
                "a result of a run",
                "write the values out: what a family consists of must be known before the run",
            ),
            other => fault(
                format!("the axis `{name}` needs a list, and this is {}", other.ty()),
                "not a list",
                "write the values in brackets, like `[1, 2]`",
            ),
        }
    }
}

/// `common` for `lib/common.synth`.
fn module_word(name: &str) -> String {
    std::path::Path::new(name).file_stem().map_or_else(
        || name.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
