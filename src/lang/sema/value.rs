//! Values of the language after evaluation.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::{Deferred, MemberId, Table, Tree};
use crate::base::{Element, Formula, Phase, Rational, Reaction};
use crate::lang::units::{Dimension, Quantity, Unit};

/// What an expression evaluates to. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Boolean(bool),
    Text(Arc<str>),
    /// A file as its loader name, resolved against the recipe that names it.
    Path(Arc<str>),
    /// Any number, with its dimension. Whole numbers are those whose exact form is an integer.
    Quantity(Quantity),
    /// A number that was measured in a run, with its standard error (in base units; `None` if it has none).
    Measured(Quantity, Option<f64>),
    /// A formula with or without a label.
    Phase(Phase),
    Mixture(Mixture),
    Reaction(Arc<Reaction>),
    List(Arc<Vec<Value>>),
    Record(Arc<Vec<(String, Value)>>),
    /// `a .. b`
    Span(Box<(Value, Value)>),
    /// `a to b`
    Ramp(Box<(Value, Value)>),
    /// A word of a closed set with its arguments (defaults not filled in).
    Choice(Arc<str>, Arc<Vec<(String, Value)>>),
    /// One node, or several members of a family in the order of their expansion.
    Nodes(Arc<Vec<MemberId>>),
    /// One value for each member of a family; operators act on each.
    Each(Arc<Vec<(MemberId, Value)>>),
    Table(Arc<Table>),
    /// Known after the run only.
    Deferred(Arc<Deferred>),
}

/// `ratio * BaO + TiO2(rutile)`: amounts of phases.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    pub basis: MixtureBasis,
    /// In the order written; amounts are positive. Moles, or grams for [`MixtureBasis::Mass`].
    pub parts: Arc<Vec<(Amount, Phase)>>,
}

/// An amount as an exact number where it has one, and as a float.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    pub exact: Option<Rational>,
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixtureBasis {
    /// Bare coefficients: relative numbers of formula units.
    Bare,
    /// The same numbers, in moles. Results are those of bare coefficients, and so are keys.
    Mole,
    Mass,
}

/// The type of a value, for error messages, `:type` and checks of deferred values.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueType {
    Nothing,
    Boolean,
    Text,
    Path,
    Quantity(Dimension),
    Phase,
    Mixture,
    Reaction,
    List,
    Record,
    Span,
    Ramp,
    Choice,
    Table,
    /// A node of this kind; the number is how many members.
    Nodes(String, usize),
    /// One of these for each member.
    Each(Box<ValueType>),
}

impl Mixture {
    /// Moles of each phase; bare amounts count as moles.
    pub fn moles(&self) -> Vec<(Phase, f64)> {
        self.parts
            .iter()
            .map(|(amount, phase)| {
                let moles = match self.basis {
                    MixtureBasis::Bare | MixtureBasis::Mole => amount.value,
                    MixtureBasis::Mass => amount.value / phase.formula.mass_u(),
                };
                (phase.clone(), moles)
            })
            .collect()
    }

    /// Moles of each phase, normalised so that they sum to one.
    pub fn mole_fractions(&self) -> Vec<(Phase, f64)> {
        let moles = self.moles();
        let total: f64 = moles.iter().map(|(_, moles)| moles).sum();
        moles
            .into_iter()
            .map(|(phase, moles)| (phase, moles / total))
            .collect()
    }
}

impl Value {
    pub fn formula(formula: Formula) -> Self {
        Value::Phase(Phase {
            formula,
            label: None,
        })
    }

    pub fn text(text: &str) -> Self {
        Value::Text(text.into())
    }

    pub fn list(values: Vec<Value>) -> Self {
        Value::List(Arc::new(values))
    }

    pub fn as_quantity(&self) -> Option<&Quantity> {
        match self {
            Value::Quantity(quantity) | Value::Measured(quantity, _) => Some(quantity),
            _ => None,
        }
    }

    /// The number in base units.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_quantity().map(|quantity| quantity.value)
    }

    /// The number if it is whole and fits.
    pub fn as_integer(&self) -> Option<i64> {
        let quantity = self.as_quantity()?;
        (quantity.value.fract() == 0.0 && quantity.value.abs() < 9e15)
            .then_some(quantity.value as i64)
    }

    /// The element that a formula of one is.
    pub fn as_element(&self) -> Option<Element> {
        Element::from_symbol(self.as_phase()?.formula.text())
    }

    pub fn as_phase(&self) -> Option<&Phase> {
        match self {
            Value::Phase(phase) => Some(phase),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(values) => Some(values),
            _ => None,
        }
    }

    /// The word and the arguments of a choice.
    pub fn as_choice(&self) -> Option<(&str, &[(String, Value)])> {
        match self {
            Value::Choice(word, arguments) => Some((word, arguments)),
            _ => None,
        }
    }

    pub fn as_nodes(&self) -> Option<&[MemberId]> {
        match self {
            Value::Nodes(members) => Some(members),
            _ => None,
        }
    }

    /// The same with its numbers given in another unit of their dimension.
    pub fn shown_in(self, unit: &Arc<Unit>) -> Self {
        match self {
            Value::Quantity(quantity) => Value::Quantity(quantity.shown_in(unit)),
            Value::Measured(quantity, error) => Value::Measured(quantity.shown_in(unit), error),
            Value::Each(values) => Value::Each(Arc::new(
                values
                    .iter()
                    .map(|(member, value)| (*member, value.clone().shown_in(unit)))
                    .collect(),
            )),
            Value::Deferred(deferred) => Value::Deferred(Arc::new(Deferred {
                ty: deferred.ty.clone(),
                span: deferred.span,
                tree: Tree::Shown(deferred, Arc::clone(unit)),
            })),
            other => other,
        }
    }

    /// The value of a record, or of a choice's argument, by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(entries) | Value::Choice(_, entries) => entries
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

impl Value {
    /// The type, in as much detail as messages need.
    pub fn ty(&self) -> ValueType {
        match self {
            Value::Nothing => ValueType::Nothing,
            Value::Boolean(_) => ValueType::Boolean,
            Value::Text(_) => ValueType::Text,
            Value::Path(_) => ValueType::Path,
            Value::Quantity(quantity) | Value::Measured(quantity, _) => {
                ValueType::Quantity(quantity.dimension)
            }
            Value::Phase(_) => ValueType::Phase,
            Value::Mixture(_) => ValueType::Mixture,
            Value::Reaction(_) => ValueType::Reaction,
            Value::List(_) => ValueType::List,
            Value::Record(_) => ValueType::Record,
            Value::Span(_) => ValueType::Span,
            Value::Ramp(_) => ValueType::Ramp,
            Value::Choice(..) => ValueType::Choice,
            Value::Nodes(members) => ValueType::Nodes(String::new(), members.len()),
            Value::Each(values) => ValueType::Each(Box::new(
                values
                    .first()
                    .map_or(ValueType::Nothing, |(_, value)| value.ty()),
            )),
            Value::Table(_) => ValueType::Table,
            Value::Deferred(deferred) => deferred.ty.clone(),
        }
    }

    /// Whether it has at most `left` parts, with the parts of the parts, and those at most `deep` levels down. Counts
    /// down, and stops as soon as it is too large.
    pub(super) fn fits_within(&self, left: &mut usize, deep: usize) -> bool {
        let (Some(fewer), Some(deep)) = (left.checked_sub(1), deep.checked_sub(1)) else {
            return false;
        };
        *left = fewer;
        match self {
            Value::List(values) => values.iter().all(|value| value.fits_within(left, deep)),
            Value::Record(entries) | Value::Choice(_, entries) => entries
                .iter()
                .all(|(_, value)| value.fits_within(left, deep)),
            Value::Each(values) => values
                .iter()
                .all(|(_, value)| value.fits_within(left, deep)),
            Value::Span(ends) | Value::Ramp(ends) => {
                ends.0.fits_within(left, deep) && ends.1.fits_within(left, deep)
            }
            _ => true,
        }
    }

    /// Whether it is known after the run only, wholly or in part.
    pub fn is_deferred(&self) -> bool {
        match self {
            Value::Deferred(_) => true,
            Value::Each(values) => values.iter().any(|(_, value)| value.is_deferred()),
            Value::List(values) => values.iter().any(Value::is_deferred),
            Value::Record(entries) | Value::Choice(_, entries) => {
                entries.iter().any(|(_, value)| value.is_deferred())
            }
            Value::Span(ends) | Value::Ramp(ends) => ends.0.is_deferred() || ends.1.is_deferred(),
            _ => false,
        }
    }

    /// One text for all spellings of one value, for cache keys: `2 fs` and `0.002 ps` agree, as do `50 %` and
    /// `0.5`, and the parts of a mixture in any order. Nodes are written as `node_key` gives them.
    pub fn canonical(&self, node_key: &dyn Fn(MemberId) -> String) -> String {
        let mut out = String::new();
        self.write_canonical(node_key, &mut out);
        out
    }

    fn write_canonical(&self, node_key: &dyn Fn(MemberId) -> String, out: &mut String) {
        // Texts are quoted, so no value can look like another.
        let _ = match self {
            Value::Nothing => out.write_str("none"),
            Value::Boolean(value) => write!(out, "{value}"),
            Value::Text(text) => write!(out, "{text:?}"),
            Value::Path(path) => write!(out, "path {path:?}"),
            Value::Quantity(quantity) => out.write_str(&quantity.canonical()),
            Value::Measured(quantity, error) => {
                write!(
                    out,
                    "{} ± {:?}",
                    quantity.canonical(),
                    error.map(f64::to_bits)
                )
            }
            Value::Phase(phase) => write!(out, "{phase}"),
            Value::Mixture(mixture) => {
                let mut parts: Vec<String> = mixture
                    .parts
                    .iter()
                    .map(|(amount, phase)| {
                        let amount = match &amount.exact {
                            Some(exact) => {
                                let (numerator, denominator) = exact.parts();
                                format!("{numerator}/{denominator}")
                            }
                            None => format!("{:e}", amount.value),
                        };
                        format!("{amount} {phase}")
                    })
                    .collect();
                parts.sort_unstable();
                let counted = match mixture.basis {
                    MixtureBasis::Bare | MixtureBasis::Mole => "Mole",
                    MixtureBasis::Mass => "Mass",
                };
                write!(out, "{counted} mixture {}", parts.join(" + "))
            }
            Value::Reaction(reaction) => write!(out, "reaction {reaction}"),
            Value::List(values) => {
                out.push('[');
                for value in values.iter() {
                    value.write_canonical(node_key, out);
                    out.push_str(", ");
                }
                out.write_str("]")
            }
            Value::Record(entries) => {
                let mut sorted: Vec<&(String, Value)> = entries.iter().collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (name, value) in sorted {
                    let _ = write!(out, "{name}: ");
                    value.write_canonical(node_key, out);
                    out.push_str(", ");
                }
                out.write_str("}")
            }
            Value::Choice(word, entries) => {
                let _ = write!(out, "{word}(");
                for (name, value) in entries.iter() {
                    let _ = write!(out, "{name}: ");
                    value.write_canonical(node_key, out);
                    out.push_str(", ");
                }
                out.write_str(")")
            }
            Value::Span(ends) | Value::Ramp(ends) => {
                ends.0.write_canonical(node_key, out);
                out.push_str(if matches!(self, Value::Span(_)) {
                    " .. "
                } else {
                    " to "
                });
                ends.1.write_canonical(node_key, out);
                Ok(())
            }
            Value::Nodes(members) => {
                let keys: Vec<String> = members.iter().map(|member| node_key(*member)).collect();
                write!(out, "nodes {}", keys.join(" "))
            }
            Value::Each(values) => {
                out.push_str("each [");
                for (member, value) in values.iter() {
                    let _ = write!(out, "{} ", node_key(*member));
                    value.write_canonical(node_key, out);
                    out.push_str(", ");
                }
                out.write_str("]")
            }
            Value::Table(table) => write!(
                out,
                "table {:?}",
                serde_json::to_string(table.as_ref()).unwrap_or_default()
            ),
            Value::Deferred(deferred) => out.write_str(&deferred.canonical(node_key)),
        };
    }
}

impl ValueType {
    /// The dimension if it is a number.
    pub fn dimension(&self) -> Option<Dimension> {
        match self {
            ValueType::Quantity(dimension) => Some(*dimension),
            _ => None,
        }
    }
}

/// In the user's words, with an article.
impl fmt::Display for ValueType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            ValueType::Nothing => "nothing",
            ValueType::Boolean => "a truth value",
            ValueType::Text => "a text",
            ValueType::Path => "a file name",
            ValueType::Quantity(dimension) => return out.write_str(&dimension.named()),
            ValueType::Phase => "a formula",
            ValueType::Mixture => "a mixture",
            ValueType::Reaction => "a reaction",
            ValueType::List => "a list",
            ValueType::Record => "a record",
            ValueType::Span => "a range",
            ValueType::Ramp => "a ramp",
            ValueType::Choice => "a word",
            ValueType::Table => "a table",
            ValueType::Nodes(_, 1) => "a node",
            ValueType::Nodes(_, count) => return write!(out, "a family of {count} nodes"),
            ValueType::Each(inner) => return write!(out, "{inner} for each member of a family"),
        };
        out.write_str(text)
    }
}

/// As one would write it in a recipe.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = |out: &mut fmt::Formatter<'_>, entries: &[(String, Value)]| {
            for (at, (name, value)) in entries.iter().enumerate() {
                write!(out, "{}{name}: {value}", if at > 0 { ", " } else { "" })?;
            }
            Ok(())
        };
        match self {
            Value::Nothing => out.write_str("none"),
            Value::Boolean(value) => write!(out, "{value}"),
            Value::Text(text) => write!(
                out,
                "\"{}\"",
                text.replace('\\', "\\\\").replace('"', "\\\"")
            ),
            Value::Path(path) => write!(out, "\"{path}\""),
            Value::Quantity(quantity) => write!(out, "{quantity}"),
            Value::Measured(quantity, None) => write!(out, "{quantity}"),
            Value::Measured(quantity, Some(error)) => {
                let mut spread = Quantity::new(*error, quantity.dimension);
                spread.shown_in.clone_from(&quantity.shown_in);
                write!(out, "{quantity} ± {spread}")
            }
            Value::Phase(phase) => write!(out, "{phase}"),
            Value::Mixture(mixture) => {
                for (at, (amount, phase)) in mixture.parts.iter().enumerate() {
                    if at > 0 {
                        out.write_str(" + ")?;
                    }
                    let unit = match mixture.basis {
                        MixtureBasis::Bare => "",
                        MixtureBasis::Mole => "mol ",
                        MixtureBasis::Mass => "g ",
                    };
                    match &amount.exact {
                        Some(exact) if unit.is_empty() && *exact == Rational::one() => {}
                        Some(exact) => write!(out, "{exact} {unit}")?,
                        None => write!(out, "{} {unit}", amount.value)?,
                    }
                    write!(out, "{phase}")?;
                }
                Ok(())
            }
            Value::Reaction(reaction) => write!(out, "{reaction}"),
            Value::List(values) => {
                out.write_str("[")?;
                for (at, value) in values.iter().enumerate() {
                    write!(out, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                out.write_str("]")
            }
            Value::Record(values) => {
                out.write_str("{ ")?;
                entries(out, values)?;
                out.write_str(" }")
            }
            Value::Choice(word, values) if values.is_empty() => out.write_str(word),
            Value::Choice(word, values) => {
                write!(out, "{word}(")?;
                entries(out, values)?;
                out.write_str(")")
            }
            Value::Span(ends) => write!(out, "{} .. {}", ends.0, ends.1),
            Value::Ramp(ends) => write!(out, "{} to {}", ends.0, ends.1),
            Value::Nodes(members) => match members.len() {
                1 => out.write_str("a node"),
                count => write!(out, "{count} nodes"),
            },
            Value::Each(values) => {
                out.write_str("[")?;
                for (at, (_, value)) in values.iter().enumerate() {
                    write!(out, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                out.write_str("]")
            }
            Value::Table(table) => {
                write!(out, "table “{}” with {} rows", table.title, table.rows())
            }
            Value::Deferred(deferred) => write!(out, "{}, known after the run", deferred.ty),
        }
    }
}
