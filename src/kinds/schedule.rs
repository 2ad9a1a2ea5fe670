//! `schedule`: what is done to a sample, step by step.

use std::sync::Arc;

use crate::base::Formula;
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA, ELEMENTARY_CHARGE_C};
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Affects, Argument, Choice, Default, Field, KindSchema, Outcome, Place, Range, Type, Verb,
};
use crate::lang::units::Dimension;
use crate::physics::automaton::{Duration, Firing, FiringStep, Pace};
use crate::physics::thermo::Atmosphere;
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Step, Task, Value};

pub struct Schedule;

const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");
const DURATION: Type = Type::Either(&[
    Type::Quantity(Dimension::TIME, "h"),
    Type::Quantity(Dimension::SWEEP, "sweeps"),
]);
const RATE: Type = Type::Either(&[
    Type::Quantity(Dimension::HEATING_RATE, "K/min"),
    Type::Quantity(Dimension::HEATING_RATE_PER_SWEEP, "K/sweep"),
]);
const ATMOSPHERE: Type = Type::Either(&[
    Type::Choice(&[
        Choice {
            name: "air",
            doc: "Dry air at 1 atm with 400 ppm CO2 (CIPM-2007).",
            arguments: &[],
        },
        Choice {
            name: "inert",
            doc: "No reactive gas beyond traces of 1e-6 bar each.",
            arguments: &[],
        },
    ]),
    Type::Map(
        &Type::Formula,
        &Type::Either(&[Type::Quantity(Dimension::PRESSURE, "bar"), Type::Number]),
    ),
]);

const fn argument(
    place: Place,
    name: &'static str,
    ty: Type,
    default: Default,
    range: Range,
    doc: &'static str,
) -> Argument {
    Argument {
        place,
        name,
        ty,
        default,
        range,
        doc,
        affects: Affects::Result,
    }
}

const TO: Argument = argument(
    Place::After("to"),
    "to",
    TEMPERATURE,
    Default::Required,
    Range::Above(0.0),
    "The temperature at the end.",
);
const AT: Argument = argument(
    Place::After("at"),
    "rate",
    RATE,
    Default::Absent,
    Range::Above(0.0),
    "How fast; this or `for`.",
);
const FOR: Argument = argument(
    Place::After("for"),
    "duration",
    DURATION,
    Default::Absent,
    Range::Above(0.0),
    "How long; this or `at`.",
);

const fn verb(
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    arguments: &'static [Argument],
) -> Verb {
    Verb {
        name,
        doc,
        example,
        arguments,
        block: &[],
    }
}

const SCHEMA: KindSchema = KindSchema {
    name: "schedule",
    version: 1,
    summary: "what is done to a sample: temperatures, times, atmospheres, grinding",
    doc: "Steps follow one another. The temperature changes continuously along a ramp.\n\n\
          Times are hours or sweeps. The automaton counts sweeps (as many site updates as its grid has sites); a \
          schedule in hours needs a `synthesis` with `sweeps_per_hour`, and results say sweeps and that conversion.",
    example: "schedule firing {\n  atmosphere: air\n  start 25 °C\n  ramp to 1100 °C at 5 K/min\n  hold for 6 h\n  \
              regrind\n  cool to 25 °C at 10 K/min\n}",
    outcome: Outcome::Inline,
    fields: &[Field::new(
        "atmosphere",
        ATMOSPHERE,
        Default::Is("air"),
        "Gases above the sample: a word, or partial pressures; a bare number is a fraction of 1 atm.",
        "{ O2: 0.21 bar, CO2: 400 ppm }",
    )],
    steps: &[
        verb(
            "start",
            "The temperature at the beginning; the first step.",
            "start 25 °C",
            &[argument(
                Place::Positional,
                "temperature",
                TEMPERATURE,
                Default::Required,
                Range::Above(0.0),
                "The temperature.",
            )],
        ),
        verb(
            "ramp",
            "Heat or cool steadily.",
            "ramp to 1100 °C at 5 K/min",
            &[TO, AT, FOR],
        ),
        verb(
            "cool",
            "Cool steadily; the same as `ramp`, for the reader.",
            "cool to 25 °C at 10 K/min",
            &[TO, AT, FOR],
        ),
        verb(
            "hold",
            "Stay at the temperature.",
            "hold for 6 h",
            &[argument(
                Place::After("for"),
                "duration",
                DURATION,
                Default::Required,
                Range::Above(0.0),
                "How long.",
            )],
        ),
        verb(
            "quench",
            "Change the temperature at once.",
            "quench to 25 °C",
            &[TO],
        ),
        verb(
            "regrind",
            "Grind and press the sample anew: the same amounts in a fresh mixture.",
            "regrind",
            &[],
        ),
        verb(
            "add",
            "Add precursors and grind; amounts in the measure of the first ones.",
            "add 0.1 BaCO3",
            &[argument(
                Place::Positional,
                "amounts",
                Type::Mixture,
                Default::Required,
                Range::Any,
                "What is added.",
            )],
        ),
        verb(
            "switch",
            "Change the atmosphere.",
            "switch to { CO2: 1 bar }",
            &[argument(
                Place::After("to"),
                "atmosphere",
                ATMOSPHERE,
                Default::Required,
                Range::Any,
                "The new atmosphere.",
            )],
        ),
    ],
    results: &[],
    random: false,
    replicated_by: None,
};

impl Kind for Schedule {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let firing = read(&node.value("atmosphere"), node.steps(), &mut checked);
        if let Some(firing) = firing
            && checked.findings.is_empty()
        {
            checked.facts = Some(Arc::new(firing.merged()));
        }
        checked
    }

    fn canonical_steps(&self, steps: &[Step]) -> Option<String> {
        let mut ignored = Checked::default();
        let firing = read(&Value::Nothing, steps, &mut ignored)?.merged();
        Some(format!("start {:?} {:?}", firing.start_k, firing.steps))
    }

    fn run(&self, _: &Task<'_>) -> Result<(), Failure> {
        Err(Failure::new("a schedule is never run"))
    }
}

/// The firing that the steps describe; findings go to `checked`.
fn read(atmosphere: &Value, steps: &[Step], checked: &mut Checked) -> Option<Firing> {
    let fault = |checked: &mut Checked, path: String, headline: &str, label: &str, help: &str| {
        checked.finding(Finding::new(path, codes::SCHEDULE, headline, label).help(help));
    };
    let atmosphere = read_atmosphere(atmosphere, "atmosphere", checked);
    let Some((first, rest)) = steps.split_first() else {
        fault(
            checked,
            String::new(),
            "a schedule needs steps",
            "no steps",
            "begin with `start 25 °C`, then `ramp to …`, `hold for …`",
        );
        return None;
    };
    if first.verb.name != "start" {
        fault(
            checked,
            "steps[0]".into(),
            "a schedule begins with `start`",
            "the first step",
            "write `start 25 °C` before it",
        );
        return None;
    }
    let start_k = first.argument("temperature").and_then(Value::as_f64)?;
    let mut temperature_k = start_k;
    let mut read = Vec::new();
    for (at, step) in rest.iter().enumerate() {
        let path = format!("steps[{}]", at + 1);
        match step.verb.name {
            "start" => fault(
                checked,
                path,
                "a schedule starts once",
                "a second start",
                "use `quench to …` to change the temperature at once",
            ),
            "ramp" | "cool" => {
                let to_k = step.argument("to").and_then(Value::as_f64)?;
                if step.verb.name == "cool" && to_k > temperature_k {
                    fault(
                        checked,
                        format!("{path}.to"),
                        "this cools to a higher temperature",
                        "higher than before",
                        "use `ramp to …` for heating",
                    );
                }
                temperature_k = to_k;
                let pace = match (step.argument("rate"), step.argument("duration")) {
                    (Some(rate), None) => pace_of_rate(rate),
                    (None, Some(duration)) => duration_of(duration).map(Pace::For),
                    (Some(_), Some(_)) => {
                        fault(
                            checked,
                            path,
                            "a ramp has a rate or a duration, not both",
                            "both are given",
                            "leave `at …` or `for …` out",
                        );
                        None
                    }
                    (None, None) => {
                        fault(
                            checked,
                            path,
                            "a ramp needs a rate or a duration",
                            "neither is given",
                            "write `ramp to 1100 °C at 5 K/min`, or `ramp to 1100 °C for 4 h`",
                        );
                        None
                    }
                };
                read.extend(pace.map(|pace| FiringStep::Ramp { to_k, pace }));
            }
            "hold" => read.extend(
                step.argument("duration")
                    .and_then(duration_of)
                    .map(FiringStep::Hold),
            ),
            "quench" => {
                let to_k = step.argument("to").and_then(Value::as_f64)?;
                temperature_k = to_k;
                read.push(FiringStep::Quench { to_k });
            }
            "regrind" => read.push(FiringStep::Regrind),
            "add" => {
                if let Some(Value::Mixture(mixture)) = step.argument("amounts") {
                    let parts = mixture
                        .parts
                        .iter()
                        .map(|(amount, phase)| (phase.clone(), amount.value))
                        .collect();
                    if mixture.basis == crate::run::kind::MixtureBasis::Mass {
                        fault(
                            checked,
                            format!("{path}.amounts"),
                            "what is added is in moles, in the measure of the first precursors",
                            "by mass",
                            "write it like `add 0.1 BaCO3`",
                        );
                    }
                    read.push(FiringStep::Add(parts));
                }
            }
            "switch" => {
                let value = step
                    .argument("atmosphere")
                    .cloned()
                    .unwrap_or(Value::Nothing);
                let atmosphere = read_atmosphere(&value, &format!("{path}.atmosphere"), checked);
                read.extend(atmosphere.map(FiringStep::Atmosphere));
            }
            _ => {}
        }
    }
    Some(Firing {
        start_k,
        atmosphere: atmosphere?,
        steps: read,
    })
}

fn duration_of(value: &Value) -> Option<Duration> {
    let quantity = value.as_quantity()?;
    Some(if quantity.dimension == Dimension::SWEEP {
        Duration::Sweeps(quantity.value)
    } else {
        Duration::Femtoseconds(quantity.value)
    })
}

fn pace_of_rate(value: &Value) -> Option<Pace> {
    let quantity = value.as_quantity()?;
    Some(if quantity.dimension == Dimension::HEATING_RATE {
        Pace::PerFemtosecond(quantity.value)
    } else {
        Pace::PerSweep(quantity.value)
    })
}

/// eV/Å³ in one bar.
const BAR: f64 = BAR_PA * 1e-30 / ELEMENTARY_CHARGE_C;

fn read_atmosphere(value: &Value, path: &str, checked: &mut Checked) -> Option<Atmosphere> {
    let entries = match value {
        Value::Choice(word, _) if word.as_ref() == "inert" => {
            return Atmosphere::custom(Vec::new()).ok();
        }
        Value::Record(entries) => entries,
        _ => return Some(Atmosphere::air()),
    };
    let mut gases: Vec<(Formula, f64)> = Vec::new();
    for (name, value) in entries.iter() {
        let Ok(formula) = Formula::parse(name) else {
            continue;
        };
        let Some(quantity) = value.as_quantity() else {
            continue;
        };
        let bar = if quantity.dimension.is_none() {
            quantity.value * ATMOSPHERE_PA / BAR_PA
        } else {
            quantity.value / BAR
        };
        gases.push((formula, bar));
    }
    match Atmosphere::custom(gases) {
        Ok(atmosphere) => Some(atmosphere),
        Err(error) => {
            let mut finding =
                Finding::new(path, codes::SCHEDULE, error.to_string(), "this atmosphere");
            if let Some(help) = error.help() {
                finding = finding.help(help);
            }
            checked.finding(finding);
            None
        }
    }
}
