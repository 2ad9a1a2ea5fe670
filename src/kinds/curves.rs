//! How finely structure is looked at, the same for an analysis and for a run that looks at its own atoms.

use crate::base::Element;
use crate::lang::schema::{Default, Field, Range, Type};
use crate::lang::units::Dimension;
use crate::physics::analysis::Fineness;
use crate::run::kind::Value;

const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");
const WAVE_NUMBER: Type = Type::Quantity(Dimension::of(-1, 0, 0, 0, 0, 0), "/Å");

pub(super) const REACH: Field = Field::new(
    "reach",
    LENGTH,
    Default::Is("8 Å"),
    "The longest distance of g(r).",
    "10 Å",
)
.range(Range::Within(0.5, 100.0));

pub(super) const BIN: Field = Field::new(
    "bin",
    LENGTH,
    Default::Is("0.05 Å"),
    "The width of its bins.",
    "0.02 Å",
)
.range(Range::Within(1e-3, 10.0));

pub(super) const WAVE: Field = Field::new(
    "wave_number",
    WAVE_NUMBER,
    Default::Is("8 /Å"),
    "The largest wave number of S(q).",
    "12 /Å",
)
.range(Range::Within(0.1, 50.0));

pub(super) const SHELL: Field = Field::new(
    "shell",
    WAVE_NUMBER,
    Default::Is("0.1 /Å"),
    "The width of its shells.",
    "0.05 /Å",
)
.range(Range::Within(1e-3, 10.0));

const fn element(name: &'static str, doc: &'static str, example: &'static str) -> Field {
    Field::new(name, Type::Element, Default::Required, doc, example)
}

pub(super) const CENTRE: Field = element("centre", "The element whose bonds are counted.", "Ti");
pub(super) const END: Field = element("end", "The element that they lead to.", "O");
pub(super) const LONGEST: Field = Field::new(
    "longest",
    LENGTH,
    Default::Absent,
    "The longest bond; left out, the first minimum of g(r).",
    "2.6 Å",
)
.range(Range::Above(0.0));

/// Of the fields above; with defaults where nothing is given.
pub(super) fn fineness(field: &dyn Fn(&str) -> Value) -> Option<Fineness> {
    let number = |name: &str| field(name).as_f64();
    Some(Fineness {
        reach_ang: number("reach")?,
        bin_ang: number("bin")?,
        longest_per_ang: number("wave_number")?,
        shell_per_ang: number("shell")?,
    })
}

/// Centres, ends and longest bonds of a list of them.
pub(super) fn bonds(value: &Value) -> Option<Vec<(Element, Element, Option<f64>)>> {
    let Value::List(bonds) = value else {
        return Some(Vec::new());
    };
    let bond = |bond: &Value| {
        let longest = bond.get("longest").and_then(Value::as_f64);
        Some((
            bond.get("centre")?.as_element()?,
            bond.get("end")?.as_element()?,
            longest,
        ))
    };
    bonds.iter().map(bond).collect()
}
