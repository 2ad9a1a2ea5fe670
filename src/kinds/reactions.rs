//! `reactions`: every reaction that a phase set allows, with energies by temperature and a rule for rates.

use std::fmt::Write;
use std::sync::Arc;

use super::thermo_finding::finding_of;
use crate::base::{Element, Phase};
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Artifact as ArtifactType, Choice, Default, Field, KindSchema, Outcome, Range, ResultField,
    ResultType, Type,
};
use crate::lang::units::{Dimension, Quantity};
use crate::physics::automaton::Network;
use crate::physics::networks::{Enumeration, NetworkPhase, ReactionLibrary};
use crate::physics::rates::Scorer;
use crate::physics::thermo::{Atmosphere, PhaseSet, State, ThermoError};
use crate::run::kind::{Checked, Column, Failure, Finding, Kind, Node, Table, Task, Value};
use crate::run::store::Artifact;

pub struct Reactions;

/// The artifact that this kind gives: `reactions.json`, a [`Network`].
const ARTIFACT: ArtifactType = ArtifactType("reactions");
const PHASES: ArtifactType = ArtifactType("a phase set");

const SCORERS: &[Choice] = &[
    Choice {
        name: "tamman_huttig_erf",
        doc: "Reaction energy through an error function, from the Hüttig or Tammann temperature of the reactants on.",
        arguments: &[],
    },
    Choice {
        name: "tamman",
        doc: "The published score on the Tammann temperature alone.",
        arguments: &[],
    },
    Choice {
        name: "tamman_huttig_softplus",
        doc: "Like `tamman_huttig_erf`, with a soft threshold in energy.",
        arguments: &[],
    },
    Choice {
        name: "tamman_huttig_exponential",
        doc: "Like `tamman_huttig_erf`, exponential in energy.",
        arguments: &[],
    },
    Choice {
        name: "gibbs_erf",
        doc: "Reaction energy through an error function, whatever the temperature.",
        arguments: &[],
    },
    Choice {
        name: "tamman_tight_linear",
        doc: "Linear in energy above a sharp Tammann threshold.",
        arguments: &[],
    },
    Choice {
        name: "constant",
        doc: "The same rate for every reaction that releases energy.",
        arguments: &[],
    },
];

const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");

const SCHEMA: KindSchema = KindSchema {
    name: "reactions",
    version: 1,
    summary: "a reaction library over a temperature range, with a rule for rates",
    doc: "Reactions are found between every two phases: where the line that mixes them crosses the convex hull, at each \
          temperature of the range, with the gases named in `gases` as open reservoirs; and what each phase falls apart \
          into. The library holds the union over the range with Gibbs energies by temperature; a `synthesis` scores \
          them at its own temperature and gas pressures.\n\n\
          Gases that are not named do not take part. `kinetics: tammann` turns energies into relative rates by the \
          published score; flux-limited growth is not built yet.",
    example: "use std.batio\nsystem ba_ti_o { elements: [Ba, Ti, O] }\nphases hull { system: ba_ti_o, source: batio.thermochemistry }\n\
              reactions library {\n  phases: hull\n  between: [BaO, TiO2(rutile)]\n  gases: [O2]\n  kinetics: tammann\n}",
    outcome: Outcome::Artifact(ARTIFACT),
    fields: &[
        Field::new(
            "phases",
            Type::Artifact(PHASES),
            Default::Required,
            "The phases that may react.",
            "hull",
        ),
        Field::new(
            "between",
            Type::List(&Type::Phase),
            Default::Absent,
            "Precursors: only phases made of their elements (and of the gases) take part. Left out: all phases do.",
            "[BaO, TiO2(rutile)]",
        )
        .range(Range::Count(1)),
        Field::new(
            "gases",
            Type::List(&Type::Formula),
            Default::Absent,
            "Gases that the surroundings give and take.",
            "[O2, CO2]",
        ),
        Field::new(
            "kinetics",
            Type::Choice(&[Choice {
                name: "tammann",
                doc: "A published score of reaction energy and melting points (Tammann and Hüttig temperatures).",
                arguments: &[Field::new(
                    "score",
                    Type::Choice(SCORERS),
                    Default::Is("tamman_huttig_erf"),
                    "Which of the published scores.",
                    "tamman_huttig_erf",
                )],
            }]),
            Default::Is("tammann"),
            "How energies become rates.",
            "tammann(score: gibbs_erf)",
        ),
        Field::new(
            "temperatures",
            Type::Span(&TEMPERATURE),
            Default::Absent,
            "The range of temperatures; a firing must stay below its upper end. Left out: from 300 K as far as the \
             energies of all phases reach, at most to 2000 K.",
            "300 K .. 1700 K",
        )
        .range(Range::Within(1.0, 10_000.0)),
        Field::new(
            "every",
            TEMPERATURE,
            Default::Is("50 K"),
            "The step in temperature at which the hull is evaluated; energies are linear between.",
            "25 K",
        )
        .range(Range::Within(1.0, 1000.0)),
        Field::new(
            "within",
            Type::Quantity(Dimension::ENERGY, "eV"),
            Default::Is("0.03 eV"),
            "Products this far above the hull (for one atom) count too: data are no better than that, and what is \
             metastable forms first.",
            "0 eV",
        )
        .range(Range::Within(0.0, 1.0)),
        Field::new(
            "search",
            Type::Choice(&[
                Choice {
                    name: "hull",
                    doc: "Stable products along the mixing line of every two phases, and decompositions.",
                    arguments: &[],
                },
                Choice {
                    name: "all",
                    doc: "These, and every balanced reaction of one or two phases to one or two others.",
                    arguments: &[],
                },
            ]),
            Default::Is("hull"),
            "How reactions are found.",
            "all",
        ),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "count",
            doc: "The number of reactions.",
            example: "library.count",
            parameters: &[],
            ty: ResultType::Quantity(Dimension::NONE, ""),
        },
        ResultField {
            name: "table",
            doc: "All reactions with energies for one atom that takes part, gases at 1 bar.",
            example: "library.table(t: 1200 K)",
            parameters: &[Field::new(
                "t",
                TEMPERATURE,
                Default::Is("1200 K"),
                "The temperature.",
                "1200 K",
            )],
            ty: ResultType::Table,
        },
    ],
    random: false,
    replicated_by: None,
};

impl Kind for Reactions {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if let Some(library) = prepare(node, &mut checked) {
            // Without reactions yet: those who read this node look at phases and temperatures.
            checked.facts = Some(Arc::new(Network::new(scorer(node), library)));
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let set: PhaseSet = task.input("phases")?.json("phases.json")?;
        let mut ignored = Checked::default();
        let library = prepare_from(&task.node, &set, &mut ignored)
            .ok_or_else(|| Failure::new("the phases of this node could not be put together"))?;
        let open: Vec<Phase> = library
            .phases()
            .iter()
            .filter(|one| one.gas)
            .map(|one| one.phase.clone())
            .collect();
        let all = task
            .node
            .value("search")
            .as_choice()
            .is_some_and(|(word, _)| word == "all");
        let air = Atmosphere::air();
        let enumeration = Enumeration {
            combinations: all,
            within_ev_per_atom: task.node.value("within").as_f64().unwrap_or(0.0),
            pressures_bar: open
                .iter()
                .map(|gas| (gas.clone(), air.pressure_bar(&gas.formula)))
                .collect(),
            open,
            ..Enumeration::default()
        };
        let network = enumeration.run(library).map_err(|error| {
            let failure = Failure::new(error.to_string());
            match error.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
        let table = csv(&network);
        let network = Network::new(scorer(&task.node), network);
        task.work.write_json("reactions.json", &network)?;
        task.work.write("reactions.csv", table.as_bytes())?;
        Ok(())
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let network: Network = artifact
            .json("reactions.json")
            .map_err(|error| error.to_string())?;
        let library = network.library();
        if name == "count" {
            return Ok(Value::Quantity(Quantity::integer(
                library.reactions().len() as i64,
            )));
        }
        let t_k = arguments
            .iter()
            .find(|(name, _)| *name == "t")
            .and_then(|(_, value)| value.as_f64())
            .unwrap_or(1200.0);
        let mut equations = Vec::new();
        let mut energies = Vec::new();
        for reaction in library.reactions() {
            equations.push(library.equation(reaction));
            let energy = library
                .reaction_ev_per_atom(reaction, t_k, &|_| 1.0)
                .map_err(|error| error.to_string())?;
            energies.push(energy * 1000.0);
        }
        Ok(Value::Table(Arc::new(
            Table::new(format!("Reactions at {t_k} K"))
                .with(Column::texts("reaction", equations))
                .with(Column::numbers("energy", "meV/atom", energies)),
        )))
    }
}

fn scorer(node: &Node<'_>) -> Scorer {
    node.value("kinetics")
        .get("score")
        .and_then(Value::as_choice)
        .and_then(|(word, _)| Scorer::from_name(word))
        .unwrap_or(Scorer::TammanHuttigErf)
}

fn prepare(node: &Node<'_>, checked: &mut Checked) -> Option<ReactionLibrary> {
    let set = node.input("phases")?.facts::<PhaseSet>()?;
    prepare_from(node, set, checked)
}

/// The phases that take part, with their energies on the grid of temperatures; findings go to `checked`.
fn prepare_from(node: &Node<'_>, set: &PhaseSet, checked: &mut Checked) -> Option<ReactionLibrary> {
    let mut elements: Vec<Element> = Vec::new();
    let between = node.value("between");
    for (at, value) in between.as_list().unwrap_or(&[]).iter().enumerate() {
        let Some(phase) = value.as_phase() else {
            continue;
        };
        match set.get(phase) {
            Ok(data) if data.state == State::Gas => checked.finding(
                Finding::new(
                    format!("between[{at}]"),
                    codes::GAS,
                    format!("{phase} is a gas, not a precursor"),
                    "a gas",
                )
                .help(format!("name it in `gases: [{}]`", phase.formula)),
            ),
            Ok(data) => elements.extend(data.phase.formula.elements()),
            Err(error) => checked.finding(finding_of(&error, format!("between[{at}]"))),
        }
    }
    let gases_value = node.value("gases");
    let mut gases: Vec<Phase> = Vec::new();
    for (at, value) in gases_value.as_list().unwrap_or(&[]).iter().enumerate() {
        let Some(phase) = value.as_phase() else {
            continue;
        };
        let gas = set.phases().iter().find(|data| {
            data.state == State::Gas && data.phase.formula.same_composition(&phase.formula)
        });
        match gas {
            Some(data) => {
                elements.extend(data.phase.formula.elements());
                gases.push(data.phase.clone());
            }
            None => {
                let known: Vec<String> = set
                    .phases()
                    .iter()
                    .filter(|data| data.state == State::Gas)
                    .map(|data| data.phase.formula.to_string())
                    .collect();
                checked.finding(
                    Finding::new(
                        format!("gases[{at}]"),
                        codes::GAS,
                        format!("the phase set has no gas {phase}"),
                        "not among its gases",
                    )
                    .help(if known.is_empty() {
                        "add the gas's elements to the system".to_owned()
                    } else {
                        format!(
                            "its gases are {}; another gas needs its elements in the system",
                            known.join(", ")
                        )
                    }),
                );
            }
        }
    }
    if !checked.findings.is_empty() {
        return None;
    }
    let taking_part = |data: &&crate::physics::thermo::PhaseData| {
        if data.state == State::Gas {
            return gases.contains(&data.phase);
        }
        between.as_list().is_none()
            || data
                .phase
                .formula
                .elements()
                .all(|element| elements.contains(&element))
    };
    let (low, high) = match node.value("temperatures") {
        Value::Span(ends) => (ends.0.as_f64()?, ends.1.as_f64()?),
        _ => set
            .phases()
            .iter()
            .filter(taking_part)
            .filter_map(crate::physics::thermo::PhaseData::range_k)
            .fold((300.0, 2000.0), |(low, high): (f64, f64), (from, to)| {
                (low.max(from), high.min(to))
            }),
    };
    let every = node.value("every").as_f64()?;
    let steps = ((high - low) / every).round().max(1.0);
    let temperatures: Vec<f64> = (0..=steps as usize)
        .map(|at| low + (high - low) * at as f64 / steps)
        .collect();
    let mut phases = Vec::new();
    for data in set.phases().iter().filter(taking_part) {
        let energies: Result<Vec<f64>, ThermoError> = temperatures
            .iter()
            .map(|t_k| data.formation_ev(*t_k))
            .collect();
        let energies = match energies {
            Ok(energies) => energies,
            Err(error) => {
                checked.finding(finding_of(&error, "temperatures".into()));
                continue;
            }
        };
        if data.state != State::Gas && data.volume_ang3.is_none() {
            checked.finding(
                Finding::new(
                    "phases",
                    codes::NO_VOLUME,
                    format!("{} has no volume", data.phase),
                    "a phase of this set",
                )
                .help(
                    "add a column `volume_A3` to its table, or leave the phase out with `without:`",
                ),
            );
            continue;
        }
        phases.push(NetworkPhase {
            phase: data.phase.clone(),
            gas: data.state == State::Gas,
            volume_ang3: data.volume_ang3,
            melting_k: data.melting_k,
            gibbs_ev: energies,
        });
    }
    if !checked.findings.is_empty() {
        return None;
    }
    match ReactionLibrary::new(temperatures, phases) {
        Ok(library) => Some(library),
        Err(error) => {
            checked.finding(Finding::new(
                "phases",
                codes::DATA_TABLE,
                error.to_string(),
                "this phase set",
            ));
            None
        }
    }
}

/// One row a reaction and temperature; gases at 1 bar.
fn csv(library: &ReactionLibrary) -> String {
    let mut out = String::from("reaction");
    for t_k in library.temperatures_k() {
        let _ = write!(out, ",dG_eV_per_atom_at_{t_k}_K");
    }
    out.push('\n');
    for reaction in library.reactions() {
        let _ = write!(
            out,
            "\"{}\"",
            library.equation(reaction).replace('"', "\"\"")
        );
        for t_k in library.temperatures_k() {
            match library.reaction_ev_per_atom(reaction, *t_k, &|_| 1.0) {
                Ok(energy) => {
                    let _ = write!(out, ",{energy}");
                }
                Err(_) => out.push(','),
            }
        }
        out.push('\n');
    }
    out
}
