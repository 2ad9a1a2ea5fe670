//! Values that are known after the run only: trees of results and operators, closed over everything else.

use std::sync::Arc;

use super::evaluate::{apply, apply_unary};
use super::{Function, MemberId, Value, ValueType};
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Operator, Unary};
use crate::lang::units::Unit;

/// An expression in which only results of nodes are still open. Its type is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Deferred {
    pub ty: ValueType,
    pub tree: Tree,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Known(Value),
    /// `node.name(arguments)`; arguments in the order of the parameters, by name, defaults filled in.
    Result {
        node: MemberId,
        name: &'static str,
        arguments: Vec<(&'static str, Value)>,
    },
    Unary(Unary, Arc<Deferred>),
    Binary(Operator, Arc<Deferred>, Arc<Deferred>),
    /// In another unit, for people.
    Shown(Arc<Deferred>, Arc<Unit>),
    /// A pure function of the vocabulary.
    Call(Function, Vec<Arc<Deferred>>),
}

/// Gives the results of nodes that have run.
pub trait Resolve {
    /// The value of `node.name(arguments)`.
    fn result(
        &self,
        node: MemberId,
        name: &'static str,
        arguments: &[(&'static str, Value)],
    ) -> Result<Value, Unresolved>;
}

/// Why a deferred value has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The node was not run, or failed.
    #[error("`{0}` has no result")]
    NotRun(String),
    /// The node ran, and this result does not exist in it; the text says why.
    #[error("{0}")]
    NoSuchResult(String),
    /// An operator has no value here (division by zero, overflow).
    #[error("{0}")]
    Undefined(String),
}

impl Deferred {
    pub fn known(value: Value, span: Span) -> Self {
        Deferred {
            ty: value.ty(),
            tree: Tree::Known(value),
            span,
        }
    }

    /// Whether the tree has at most `left` nodes; counts down. Parts that are shared count each time, as whoever
    /// walks the tree meets them each time.
    pub(super) fn fits_within(&self, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else {
            return false;
        };
        *left = fewer;
        match &self.tree {
            Tree::Known(_) | Tree::Result { .. } => true,
            Tree::Unary(_, operand) | Tree::Shown(operand, _) => operand.fits_within(left),
            Tree::Binary(_, a, b) => a.fits_within(left) && b.fits_within(left),
            Tree::Call(_, arguments) => arguments.iter().all(|one| one.fits_within(left)),
        }
    }

    /// The value, now that results are there.
    pub fn force(&self, resolve: &dyn Resolve) -> Result<Value, Unresolved> {
        match &self.tree {
            Tree::Known(value) => Ok(value.clone()),
            Tree::Result {
                node,
                name,
                arguments,
            } => resolve.result(*node, name, arguments),
            Tree::Unary(operator, operand) => {
                apply_unary(*operator, &operand.force(resolve)?).map_err(Unresolved::Undefined)
            }
            Tree::Binary(operator, left, right) => {
                apply(*operator, &left.force(resolve)?, &right.force(resolve)?)
                    .map_err(Unresolved::Undefined)
            }
            Tree::Shown(value, unit) => Ok(value.force(resolve)?.shown_in(unit)),
            Tree::Call(function, arguments) => {
                let values: Result<Vec<Value>, Unresolved> = arguments
                    .iter()
                    .map(|argument| argument.force(resolve))
                    .collect();
                (function.call)(&values?).map_err(Unresolved::Undefined)
            }
        }
    }

    /// The nodes whose results it needs.
    pub fn nodes(&self, into: &mut Vec<MemberId>) {
        match &self.tree {
            Tree::Known(_) => {}
            Tree::Result { node, .. } => into.push(*node),
            Tree::Unary(_, operand) | Tree::Shown(operand, _) => operand.nodes(into),
            Tree::Binary(_, left, right) => {
                left.nodes(into);
                right.nodes(into);
            }
            Tree::Call(_, arguments) => arguments.iter().for_each(|argument| argument.nodes(into)),
        }
    }

    /// Every result that it needs, with the arguments.
    pub fn results<'a>(
        &'a self,
        into: &mut Vec<(MemberId, &'static str, &'a [(&'static str, Value)])>,
    ) {
        match &self.tree {
            Tree::Known(_) => {}
            Tree::Result {
                node,
                name,
                arguments,
            } => into.push((*node, name, arguments)),
            Tree::Unary(_, operand) | Tree::Shown(operand, _) => operand.results(into),
            Tree::Binary(_, left, right) => {
                left.results(into);
                right.results(into);
            }
            Tree::Call(_, arguments) => {
                arguments.iter().for_each(|argument| argument.results(into));
            }
        }
    }

    /// See [`Value::canonical`].
    pub(super) fn canonical(&self, node_key: &dyn Fn(MemberId) -> String) -> String {
        match &self.tree {
            Tree::Known(value) => value.canonical(node_key),
            Tree::Result {
                node,
                name,
                arguments,
            } => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", value.canonical(node_key)))
                    .collect();
                format!(
                    "result {}.{name}({})",
                    node_key(*node),
                    arguments.join(", ")
                )
            }
            Tree::Unary(operator, operand) => {
                format!("{operator:?} ({})", operand.canonical(node_key))
            }
            // The unit is for people.
            Tree::Shown(value, _) => value.canonical(node_key),
            Tree::Binary(operator, left, right) => format!(
                "({}) {} ({})",
                left.canonical(node_key),
                operator.symbol(),
                right.canonical(node_key)
            ),
            Tree::Call(function, arguments) => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| argument.canonical(node_key))
                    .collect();
                format!("call {}({})", function.schema.name, arguments.join(", "))
            }
        }
    }
}
