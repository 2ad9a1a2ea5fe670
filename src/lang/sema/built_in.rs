//! Functions that need no data.

use std::cmp::Ordering;

use super::evaluate::{apply, apply_unary};
use super::{Function, Value};
use crate::base::constants;
use crate::lang::schema::{Default, Field, FunctionSchema, Range, ResultType, Type};
use crate::lang::syntax::ast::{Operator, Unary};
use crate::lang::units::{Dimension, Quantity};

const NUMBER: Type = Type::Number;
const PURE: ResultType = ResultType::Quantity(Dimension::NONE, "");

const fn parameter(
    name: &'static str,
    ty: Type,
    doc: &'static str,
    example: &'static str,
) -> Field {
    Field::new(name, ty, Default::Required, doc, example)
}

macro_rules! of_number {
    ($name:literal, $doc:literal, $example:literal, $call:expr) => {
        Function {
            schema: &FunctionSchema {
                name: $name,
                doc: $doc,
                example: $example,
                parameters: &[parameter("x", NUMBER, "A number.", "2")],
                result: PURE,
            },
            call: |values| number(values, 0).and_then(|x| finite($call(x))),
        }
    };
}

const NUMBERS: Field = parameter(
    "numbers",
    Type::List(&Type::AnyQuantity),
    "The numbers.",
    "[2 h, 90 min]",
)
.range(Range::Count(1));

/// A function of numbers of one kind, with a result of that kind. The caller has looked at the kinds.
macro_rules! of_quantities {
    ($name:literal, $parameter:expr, $doc:literal, $example:literal, $call:expr) => {
        Function {
            schema: &FunctionSchema {
                name: $name,
                doc: $doc,
                example: $example,
                parameters: &[$parameter],
                result: ResultType::OfArguments,
            },
            call: $call,
        }
    };
}

pub(super) const BUILT_IN: &[Function] = &[
    Function {
        schema: &FunctionSchema {
            name: "molar_mass",
            doc: "The mass of one formula unit (times N_A: of one mole).",
            example: "molar_mass(BaTiO3)",
            parameters: &[parameter("formula", Type::Phase, "The formula.", "BaTiO3")],
            result: ResultType::Quantity(Dimension::MASS, "g/mol"),
        },
        call: |values| {
            let phase = values
                .first()
                .and_then(Value::as_phase)
                .ok_or("a formula is needed")?;
            let mass = phase.formula.mass_u() * constants::ATOMIC_MASS_EV_FS2_PER_ANG2;
            let quantity = Quantity::new(mass, Dimension::MASS);
            let unit =
                crate::lang::units::parse_unit("g/mol").map_err(|error| error.to_string())?;
            Ok(Value::Quantity(quantity.shown_in(&unit)))
        },
    },
    of_quantities!(
        "abs",
        parameter("x", Type::AnyQuantity, "The number.", "-3 eV"),
        "A number without its sign.",
        "abs(-3 eV)",
        |values| match values {
            [one] if one.as_f64().is_some_and(|x| x < 0.0) => apply_unary(Unary::Minus, one),
            [one] => Ok(one.clone()),
            _ => Err("one number is needed".into()),
        }
    ),
    of_quantities!(
        "min",
        NUMBERS,
        "The least of several numbers of one kind, given one by one, as a list, or as the result of a family.",
        "min(2 h, 90 min)",
        |values| extreme(values, Ordering::Less)
    ),
    of_quantities!(
        "max",
        NUMBERS,
        "The greatest of several numbers of one kind, given one by one, as a list, or as the result of a family.",
        "max([2 h, 90 min])",
        |values| extreme(values, Ordering::Greater)
    ),
    of_quantities!(
        "sum",
        NUMBERS,
        "The sum of several numbers of one kind. Temperatures have none; they have a mean.",
        "sum([2 h, 90 min])",
        |values| {
            match values.first().and_then(Value::as_quantity) {
            Some(first) if first.dimension == Dimension::TEMPERATURE => Err(
                "temperatures have no sum: take their `mean`, or add differences to one of them, like `t + 50 K`".into()
            ),
            _ => total(values),
        }
        }
    ),
    of_quantities!(
        "mean",
        NUMBERS,
        "The mean of several numbers of one kind; the mean of temperatures is a temperature.",
        "mean(900 °C, 1100 °C)",
        |values| {
            let count = Quantity::integer(values.len() as i64);
            apply(Operator::Divide, &total(values)?, &Value::Quantity(count))
        }
    ),
    of_number!("sqrt", "The square root of a number.", "sqrt(2)", f64::sqrt),
    of_number!("exp", "The exponential function.", "exp(1)", libm::exp),
    of_number!("ln", "The natural logarithm.", "ln(2)", libm::log),
    of_number!(
        "log10",
        "The logarithm to base ten.",
        "log10(100)",
        libm::log10
    ),
    of_number!(
        "round",
        "The nearest whole number.",
        "round(2.6)",
        f64::round
    ),
    of_number!(
        "floor",
        "The next whole number below.",
        "floor(2.6)",
        f64::floor
    ),
    of_number!(
        "ceil",
        "The next whole number above.",
        "ceil(2.4)",
        f64::ceil
    ),
];

fn number(values: &[Value], at: usize) -> Result<f64, String> {
    values
        .get(at)
        .and_then(Value::as_f64)
        .ok_or_else(|| "a number is needed".to_owned())
}

fn finite(value: f64) -> Result<Value, String> {
    if value.is_finite() {
        Ok(Value::Quantity(Quantity::number(value)))
    } else {
        Err("this has no finite value".into())
    }
}

/// The first value of which none is further to this side.
fn extreme(values: &[Value], side: Ordering) -> Result<Value, String> {
    let mut best: Option<(&Value, &Quantity)> = None;
    for value in values {
        let quantity = value.as_quantity().ok_or("a number is needed")?;
        let further = match best {
            Some((_, best)) => quantity.compare(best).map_err(|error| error.to_string())? == side,
            None => true,
        };
        if further {
            best = Some((value, quantity));
        }
    }
    best.map(|(value, _)| value.clone())
        .ok_or_else(|| "at least one number is needed".into())
}

/// With standard errors of measured values as of independent ones.
fn total(values: &[Value]) -> Result<Value, String> {
    let (first, rest) = values
        .split_first()
        .ok_or("at least one number is needed")?;
    rest.iter().try_fold(first.clone(), |total, value| {
        apply(Operator::Add, &total, value)
    })
}
