//! Pure functions on the shipped table of measured thermochemistry.

use crate::lang::schema::{Default, Field, FunctionSchema, Range, ResultType, Type};
use crate::lang::units::{Dimension, Quantity};
use crate::physics::thermo::{Atmosphere, library};
use crate::run::kind::{Function, Value};

const ENERGY: ResultType = ResultType::Quantity(Dimension::ENERGY, "eV");
const AT: Field = Field::new(
    "t",
    Type::Quantity(Dimension::TEMPERATURE, "K"),
    Default::Required,
    "The temperature.",
    "1200 K",
)
.range(Range::Above(0.0));

pub const FUNCTIONS: &[Function] = &[
    Function {
        schema: &FunctionSchema {
            name: "gibbs",
            doc: "Gibbs energy of formation of one formula unit from the elements, from the shipped table of measured \
                  values (`std.thermo`); gases at 1 bar.",
            example: "gibbs(Ba2TiO4, 1200 K)",
            parameters: &[
                Field::new(
                    "phase",
                    Type::Phase,
                    Default::Required,
                    "The phase.",
                    "Ba2TiO4",
                ),
                AT,
            ],
            result: ENERGY,
        },
        call: |values| {
            let phase = values
                .first()
                .and_then(Value::as_phase)
                .ok_or("a phase is needed")?;
            let t_k = values
                .get(1)
                .and_then(Value::as_f64)
                .ok_or("a temperature is needed")?;
            match library().formation_ev(phase, t_k) {
                Ok(ev) => Ok(Value::Quantity(Quantity::new(ev, Dimension::ENERGY))),
                Err(error) => Err(with_help(&error.to_string(), error.help())),
            }
        },
    },
    Function {
        schema: &FunctionSchema {
            name: "reaction_energy",
            doc: "Energy of a reaction as it is balanced, from the shipped table of measured values; gases at 1 bar.",
            example: "reaction_energy(BaO + TiO2(rutile) -> BaTiO3, 1200 K)",
            parameters: &[
                Field::new(
                    "reaction",
                    Type::Reaction,
                    Default::Required,
                    "The reaction.",
                    "BaO + TiO2(rutile) -> BaTiO3",
                ),
                AT,
            ],
            result: ENERGY,
        },
        call: |values| {
            let Some(Value::Reaction(reaction)) = values.first() else {
                return Err("a reaction is needed".into());
            };
            let t_k = values
                .get(1)
                .and_then(Value::as_f64)
                .ok_or("a temperature is needed")?;
            match library().reaction_energy_ev(reaction, t_k, &Atmosphere::standard()) {
                Ok(ev) => Ok(Value::Quantity(Quantity::new(ev, Dimension::ENERGY))),
                Err(error) => Err(with_help(&error.to_string(), error.help())),
            }
        },
    },
];

fn with_help(text: &str, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{text} ({help})"),
        None => text.to_owned(),
    }
}
