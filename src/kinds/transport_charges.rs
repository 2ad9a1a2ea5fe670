//! Charges of ions, as nodes about transport take them.

use crate::lang::schema::{Default, Field, Type};
use crate::run::kind::{Node, Value};

/// A system that has them.
pub const SYSTEM: Field = Field::new(
    "system",
    Type::Inline("system", &["charges"]),
    Default::Absent,
    "Where charges are taken from, unless they are given here.",
    "ba_ti_o",
);

/// Themselves.
pub const CHARGES: Field = Field::new(
    "charges",
    Type::Map(&Type::Element, &Type::Number),
    Default::Absent,
    "Charges of the ions, in elementary charges: for conductivity and transference.",
    "{ Ba: +2, Ti: +4, O: -2 }",
);

/// By symbol of the element; empty where there are none.
pub fn charges(node: &Node<'_>) -> Vec<(String, f64)> {
    let given = match node.value("charges") {
        Value::Record(entries) => Some(entries),
        _ => match node.inline("system").map(|system| system.value("charges")) {
            Some(Value::Record(entries)) => Some(entries),
            _ => None,
        },
    };
    let entries = given.iter().flat_map(|entries| entries.iter());
    let charges = entries.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)));
    charges.collect()
}
