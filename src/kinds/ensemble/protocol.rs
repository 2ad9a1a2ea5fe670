//! Steps, made into segments. Findings go to `checked`.

use super::super::curves;
use super::super::transport_charges::charges;
use super::convergence;
use crate::lang::diag::codes::chemistry as codes;
use crate::physics::analysis::Observe;
use crate::physics::md::{
    Barostat, Condition, Dynamics, Ensemble, Freedom, Method, Minimize, Protocol, Ramp, Segment,
    Thermostat, Until,
};
use crate::run::kind::{Checked, Finding, Node, Step, Value};

pub(super) fn protocol(node: &Node<'_>, checked: &mut Checked) -> Option<Protocol> {
    let blocks = node.steps();
    let [block] = blocks else {
        checked.finding(
            Finding::new(
                if blocks.is_empty() { "" } else { "steps[1]" },
                codes::PROTOCOL,
                "an ensemble has one protocol",
                if blocks.is_empty() {
                    "it has none"
                } else {
                    "a second one"
                },
            )
            .help("write `protocol { nvt 1400 K for 20 ps sample 50 fs }`"),
        );
        return None;
    };
    let number = |field: &str| node.value(field).as_f64();
    let default = Protocol::default();
    let mut protocol = Protocol {
        timestep_fs: number("timestep")?,
        log_fs: number("log")?,
        drift_bound: number("drift")?,
        keep_velocities: matches!(node.value("velocities"), Value::Boolean(true)),
        observe: observe(node)?,
        ..default
    };
    let mut sound = true;
    for (at, step) in block.block.iter().enumerate() {
        let path = format!("steps[0].block[{at}]");
        match segment(node, step, &path, checked) {
            Some(segment) => protocol.segments.push(segment),
            None => sound = false,
        }
    }
    if !sound {
        return None;
    }
    let moves = protocol
        .segments
        .iter()
        .any(|segment| matches!(segment, Segment::Dynamics(_) | Segment::Minimize(_)));
    if !moves {
        checked.finding(
            Finding::new(
                "steps[0]",
                codes::PROTOCOL,
                "this protocol does nothing",
                "no segment moves atoms",
            )
            .help("add a segment like `nvt 1400 K for 20 ps sample 50 fs`"),
        );
        return None;
    }
    if let Err(error) = protocol.check() {
        checked.finding(
            Finding::new("steps[0]", codes::PROTOCOL, error.to_string(), "here")
                .help("correct the segments; each goes on from the one before it"),
        );
        return None;
    }
    Some(protocol)
}

fn observe(node: &Node<'_>) -> Option<Observe> {
    let observed = node.value("observed");
    let field = |name: &str| observed.get(name).cloned().unwrap_or(Value::Nothing);
    let bonds = curves::bonds(&field("bonds"))?.into_iter();
    let bonds = bonds.map(|(centre, end, longest)| Some((centre, end, longest?)));
    Some(Observe {
        fineness: curves::fineness(&field)?,
        bonds: bonds.collect::<Option<_>>()?,
    })
}

fn segment(node: &Node<'_>, step: &Step, path: &str, checked: &mut Checked) -> Option<Segment> {
    let number = |name: &str| step.argument(name).and_then(Value::as_f64);
    match step.verb.name {
        "minimize" => Some(Segment::Minimize(Minimize {
            method: match step.argument("method").and_then(Value::as_choice) {
                Some(("lbfgs", _)) => Method::Lbfgs,
                _ => Method::Fire,
            },
            pressure: number("pressure"),
            force_ev_per_ang: number("force")?,
            most_steps: step.argument("steps")?.as_integer()?.unsigned_abs(),
            ..Minimize::default()
        })),
        "rescale" => Some(Segment::RescaleToMeanVolume {
            within: number("within"),
        }),
        "nve" => dynamics(
            node,
            step,
            path,
            checked,
            Ensemble::Nve {
                temperature_k: number("temperature"),
            },
        ),
        "nvt" => {
            let (word, _) = step.argument("thermostat")?.as_choice()?;
            let ensemble = Ensemble::Nvt {
                temperature_k: ramp(step.argument("temperature")?)?,
                thermostat: match word {
                    "nose_hoover" => Thermostat::NoseHoover,
                    "langevin" => Thermostat::Langevin,
                    _ => Thermostat::Rescaling,
                },
                time_fs: step.argument("thermostat")?.get("time")?.as_f64()?,
            };
            dynamics(node, step, path, checked, ensemble)
        }
        _ => {
            let barostat = step.argument("barostat")?;
            let argument = |name: &str| barostat.get(name).and_then(Value::as_f64);
            let ensemble = Ensemble::Npt {
                temperature_k: ramp(step.argument("temperature")?)?,
                thermostat_time_fs: argument("thermostat")?,
                pressure_ev_per_ang3: ramp(step.argument("pressure")?)?,
                barostat: match barostat.as_choice()? {
                    ("mtk", _) => Barostat::Mtk(match barostat.get("cell")?.as_choice()? {
                        ("full", _) => Freedom::Full,
                        ("anisotropic", _) => Freedom::Anisotropic,
                        _ => Freedom::Isotropic,
                    }),
                    _ => Barostat::Rescaling {
                        compressibility_ang3_per_ev: 1.0 / argument("bulk_modulus")?,
                    },
                },
                barostat_time_fs: argument("time")?,
            };
            dynamics(node, step, path, checked, ensemble)
        }
    }
}

fn dynamics(
    node: &Node<'_>,
    step: &Step,
    path: &str,
    checked: &mut Checked,
    ensemble: Ensemble,
) -> Option<Segment> {
    let mut fault = |at: &str, headline: &str, help: &str| {
        let place = match at {
            "" => path.to_owned(),
            at => format!("{path}.{at}"),
        };
        checked.finding(Finding::new(place, codes::PROTOCOL, headline, "here").help(help));
    };
    let duration = step.argument("duration");
    let rate = step.argument("rate").and_then(Value::as_f64);
    let ends = ensemble
        .temperature_k()
        .filter(|ends| ends.start != ends.end);
    let (least_fs, longest_fs) = match (duration, rate, ends) {
        (Some(Value::Span(ends)), None, _) => (ends.0.as_f64()?, ends.1.as_f64()?),
        (Some(value), None, _) => (0.0, value.as_f64()?),
        (None, Some(rate), Some(ends)) => (0.0, (ends.end - ends.start).abs() / rate),
        (None, Some(_), None) => {
            fault(
                "rate",
                "a rate is one of a ramp, and this temperature is held",
                "write `nvt 4000 K to 1400 K at 200 K/ps`, or give a time: `for 20 ps`",
            );
            return None;
        }
        (Some(_), Some(_), _) => {
            fault(
                "rate",
                "a segment has a duration or a rate, not both",
                "leave `at …` or `for …` out",
            );
            return None;
        }
        (None, None, _) => {
            fault(
                "",
                "this segment does not say how long it lasts",
                "add a time, like `for 20 ps`; a ramp may have a rate instead, like `at 200 K/ps`",
            );
            return None;
        }
    };
    let until = match step
        .argument("until")
        .filter(|value| value.as_choice().is_some())
    {
        None => {
            if matches!(duration, Some(Value::Span(_))) {
                fault(
                    "duration",
                    "a range of durations needs a condition that ends it",
                    "add `until density_settled`, `until displaced`, `until gamma > 10` or `until conductivity converged 20 %`, or give one duration",
                );
                return None;
            }
            None
        }
        Some(condition) => Some(Until {
            at_least_fs: least_fs,
            every_fs: step.argument("every")?.as_f64()?,
            condition: match condition.as_choice()? {
                ("displaced", _) => Condition::SlowestBeyond {
                    distance_ang: condition.get("by")?.as_f64()?,
                },
                ("gamma", _) => Condition::GradeAbove {
                    grade: condition.get("above")?.as_f64()?,
                },
                (word @ ("conductivity" | "transport"), _) => {
                    if word == "conductivity" && charges(node).is_empty() {
                        fault(
                            "until",
                            "a conductivity needs charges",
                            "add `charges: { Ba: +2, Ti: +4, O: -2 }` to the ensemble, or `system: name` of a system that has them",
                        );
                        return None;
                    }
                    let tolerance = step.argument("tolerance").and_then(Value::as_f64);
                    convergence::condition(word, tolerance.unwrap_or_default(), node)
                }
                _ => Condition::DensitySettled {
                    within: condition.get("within")?.as_f64()?,
                },
            },
        }),
    };
    let tolerance = step.argument("tolerance").and_then(Value::as_f64);
    let judged = until
        .as_ref()
        .is_some_and(|until| matches!(until.condition, Condition::Judged { .. }));
    if judged != tolerance.is_some() {
        let help = "write `until conductivity converged 20 %` or `until transport converged 20 %`";
        let headline = if judged {
            "the condition does not say how well it has to converge"
        } else {
            "`converged` belongs to `until conductivity` or `until transport`"
        };
        fault(if judged { "until" } else { "tolerance" }, headline, help);
        return None;
    }
    if judged && ensemble.only_temperature_k().is_none() {
        fault(
            "until",
            "transport coefficients belong to one temperature, and this segment has none or several",
            "wait in an `nvt` or `npt` segment at one temperature",
        );
        return None;
    }
    if judged && step.argument("sample").is_none() {
        fault(
            "until",
            "how ions move is read off frames, and this segment keeps none",
            "add `sample 20 fs`",
        );
        return None;
    }
    Some(Segment::Dynamics(Dynamics {
        ensemble,
        duration_fs: longest_fs,
        until,
        sample_fs: step.argument("sample").and_then(Value::as_f64),
        observe_fs: step.argument("observe").and_then(Value::as_f64),
    }))
}

fn ramp(value: &Value) -> Option<Ramp> {
    Some(match value {
        Value::Ramp(ends) => Ramp {
            start: ends.0.as_f64()?,
            end: ends.1.as_f64()?,
        },
        value => Ramp::constant(value.as_f64()?),
    })
}
