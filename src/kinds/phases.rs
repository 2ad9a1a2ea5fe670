//! `phases`: candidate phases with their Gibbs energies on one scale.

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
use crate::physics::thermo::{
    Equilibrium, PhaseData, PhaseSet, Scheme, State, ThermoError, ThermoWarning, read_table,
};
use crate::run::kind::{Checked, Column, Failure, Finding, Kind, Node, Source, Table, Task, Value};
use crate::run::store::Artifact;

pub struct Phases;

/// The artifact that this kind gives: `phases.json`, a [`PhaseSet`].
const ARTIFACT: ArtifactType = ArtifactType("a phase set");

const SCHEMES: &[Choice] = &[
    Choice {
        name: "measured",
        doc: "Measured energies only; phases that are only computed are left out.",
        arguments: &[],
    },
    Choice {
        name: "computed",
        doc: "Computed energies only; phases that are only measured are left out.",
        arguments: &[],
    },
    Choice {
        name: "anchored",
        doc: "Measured energies where there are any; a phase that is only computed takes the measured energies of the \
              phases that it is made from plus the computed energy of that reaction.",
        arguments: &[],
    },
    Choice {
        name: "anchored_enthalpy",
        doc: "Like `anchored`, with the computed enthalpy of that reaction: the entropy of solids is taken not to \
              change, that of a gaseous element that goes in counts.",
        arguments: &[],
    },
];

const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");
const ENERGY: ResultType = ResultType::Quantity(Dimension::ENERGY, "eV");
const AT: Field = Field::new(
    "t",
    TEMPERATURE,
    Default::Required,
    "The temperature.",
    "1200 K",
)
.range(Range::Above(0.0));

/// Where a table of chemical potentials ends that has no end of its own.
const LOWEST_POTENTIAL_EV: f64 = -20.0;

const PHASE: Field = Field::new(
    "phase",
    Type::Phase,
    Default::Required,
    "The phase.",
    "BaTi2O5",
);

const SCHEMA: KindSchema = KindSchema {
    name: "phases",
    version: 1,
    summary: "candidate phases with Gibbs energies and volumes",
    doc: "Energies come from tables: the shipped ones (`batio.thermochemistry`), or your own CSV and JSON files with \
          measured Gibbs energies by temperature, formation enthalpies, or entries in the manner of the Materials \
          Project. A phase set has one energy scale: tables that mix measured and computed energies need a scheme.\n\n\
          Polymorphs of one formula are kept apart by their labels, each with its own volume. Tables are not \
          extrapolated.",
    example: "use std.batio\nsystem ba_ti_o { elements: [Ba, Ti, O] }\nphases hull { system: ba_ti_o, source: batio.thermochemistry }",
    outcome: Outcome::Artifact(ARTIFACT),
    fields: &[
        Field::new(
            "system",
            Type::Inline("system", &["elements"]),
            Default::Required,
            "Phases with other elements are left out.",
            "ba_ti_o",
        ),
        Field::new(
            "source",
            Type::Either(&[
                Type::Choice(&[Choice {
                    name: "tables",
                    doc: "One or several tables on one scale.",
                    arguments: &[
                        Field::new(
                            "files",
                            Type::List(&Type::Path),
                            Default::Required,
                            "CSV or JSON files.",
                            "[\"measured.csv\", \"computed.csv\"]",
                        )
                        .range(Range::Count(1)),
                        Field::new(
                            "scheme",
                            Type::Choice(SCHEMES),
                            Default::Absent,
                            "How measured and computed energies come onto one scale; needed where both are there.",
                            "anchored",
                        ),
                    ],
                }]),
                Type::Path,
            ]),
            Default::Required,
            "Where energies and volumes come from.",
            "batio.thermochemistry",
        ),
        Field::new(
            "hypothetical",
            Type::Boolean,
            Default::Is("false"),
            "Whether phases count that were computed and, as far as the source knows, never made.",
            "true",
        ),
        Field::new(
            "without",
            Type::List(&Type::Phase),
            Default::Absent,
            "Phases to leave out.",
            "[TiO, Ti2O3]",
        ),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "gibbs",
            doc: "Gibbs energy of formation of one formula unit from the elements; gases at 1 bar.",
            example: "hull.gibbs(Ba2TiO4, 1200 K)",
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
            ty: ENERGY,
        },
        ResultField {
            name: "reaction_energy",
            doc: "Energy of a reaction as it is balanced; gases at 1 bar.",
            example: "hull.reaction_energy(BaO + TiO2(rutile) -> BaTiO3, 1200 K)",
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
            ty: ENERGY,
        },
        ResultField {
            name: "above_hull",
            doc: "Energy above the convex hull for one atom: zero for a stable phase.",
            example: "hull.above_hull(BaTi2O5, 1200 K)",
            parameters: &[PHASE, AT],
            ty: ENERGY,
        },
        ResultField {
            name: "decomposition",
            doc: "What a phase or mixture becomes at equilibrium: stable phases and their formula units.",
            example: "hull.decomposition(Ba2TiO4 + TiO2(rutile), 1200 K)",
            parameters: &[
                Field::new(
                    "of",
                    Type::Mixture,
                    Default::Required,
                    "A phase or a mixture of phases.",
                    "Ba2TiO4 + TiO2(rutile)",
                ),
                AT,
            ],
            ty: ResultType::Table,
        },
        ResultField {
            name: "decomposition_energy",
            doc: "Energy for one atom of a phase less that of the best mixture of all others: negative for a stable phase, \
                  by how much.",
            example: "hull.decomposition_energy(BaTiO3, 1200 K)",
            parameters: &[PHASE, AT],
            ty: ENERGY,
        },
        ResultField {
            name: "domain",
            doc: "Corners of the region of chemical potentials in which a phase is stable, eV for one atom and against \
                  the elements in their standard states. The potential of an element that the phase lacks has no end \
                  below: the table ends it at -20 eV. Empty for a phase above the hull.",
            example: "hull.domain(BaTiO3, 1200 K)",
            parameters: &[PHASE, AT],
            ty: ResultType::Table,
        },
        ResultField {
            name: "stable",
            doc: "The phases on the convex hull.",
            example: "hull.stable(1200 K)",
            parameters: &[AT],
            ty: ResultType::Phases,
        },
        ResultField {
            name: "energies",
            doc: "Gibbs energies of formation of all phases against temperature.",
            example: "hull.energies",
            parameters: &[],
            ty: ResultType::Table,
        },
    ],
    random: false,
    replicated_by: None,
};

impl Kind for Phases {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if let Some(set) = build(node, &mut checked) {
            checked.facts = Some(Arc::new(set));
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let set = task
            .node
            .facts::<PhaseSet>()
            .ok_or_else(|| Failure::new("the phases of this node could not be put together"))?;
        for warning in set.warnings() {
            task.warn(&warning.to_string());
        }
        task.work.write_json("phases.json", set)?;
        task.work.write("gibbs.csv", csv(set).as_bytes())?;
        Ok(())
    }

    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        arguments: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        let Some(set) = node.facts::<PhaseSet>() else {
            return Vec::new();
        };
        match evaluate(set, name, arguments) {
            Ok(_) => Vec::new(),
            Err(error) => vec![finding_of(&error, String::new())],
        }
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let set: PhaseSet = artifact
            .json("phases.json")
            .map_err(|error| error.to_string())?;
        evaluate(&set, name, arguments).map_err(|error| error.to_string())
    }
}

/// The phase set that a node describes; findings go to `checked`.
fn build(node: &Node<'_>, checked: &mut Checked) -> Option<PhaseSet> {
    let elements: Vec<Element> = node.inline("system")?.facts::<Vec<Element>>()?.clone();
    let source = node.value("source");
    let (files, scheme) = match &source {
        Value::Path(path) => (vec![path.to_string()], None),
        other => {
            let files = other.get("files").and_then(Value::as_list).unwrap_or(&[]);
            let files = files
                .iter()
                .filter_map(|value| match value {
                    Value::Path(path) => Some(path.to_string()),
                    _ => None,
                })
                .collect();
            let scheme =
                other
                    .get("scheme")
                    .and_then(Value::as_choice)
                    .map(|(word, _)| match word {
                        "computed" => Scheme::Computed,
                        "anchored" => Scheme::Anchored,
                        "anchored_enthalpy" => Scheme::AnchoredEnthalpy,
                        _ => Scheme::Measured,
                    });
            (files, scheme)
        }
    };
    let mut entries: Vec<PhaseData> = Vec::new();
    let mut warnings: Vec<ThermoWarning> = Vec::new();
    for file in &files {
        let bytes = match node.bytes(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                checked.finding(Finding::new(
                    "source",
                    codes::DATA_TABLE,
                    error.to_string(),
                    "named here",
                ));
                continue;
            }
        };
        checked.sources.push(Source {
            name: file.clone(),
            digest: blake3::hash(&bytes).to_hex().to_string(),
        });
        let Ok(text) = String::from_utf8(bytes) else {
            checked.finding(
                Finding::new(
                    "source",
                    codes::DATA_TABLE,
                    format!("`{file}` is not UTF-8 text"),
                    "named here",
                )
                .help("save the table as UTF-8 text"),
            );
            continue;
        };
        match read_table(&text) {
            Ok(read) => {
                entries.extend(read.entries);
                warnings.extend(read.warnings);
            }
            Err(errors) => {
                for error in errors.iter().take(10) {
                    let mut finding = Finding::new(
                        "source",
                        codes::DATA_TABLE,
                        format!("{file}:{}:{}: {}", error.line, error.column, error.message),
                        "this table",
                    );
                    if let Some(help) = &error.help {
                        finding = finding.help(help);
                    }
                    checked.finding(finding);
                }
            }
        }
    }
    if !checked.findings.is_empty() {
        return None;
    }
    let set = match PhaseSet::assemble(entries, scheme) {
        Ok(set) => set.with_warnings(warnings),
        Err(error) => {
            checked.finding(finding_of(&error, "source".into()));
            return None;
        }
    };
    let hypothetical = matches!(node.value("hypothetical"), Value::Boolean(true));
    let mut left_out: Vec<Phase> = Vec::new();
    let without = node.value("without");
    let set = set.restricted_to(&elements);
    for (at, value) in without.as_list().unwrap_or(&[]).iter().enumerate() {
        let Some(phase) = value.as_phase() else {
            continue;
        };
        match set.get(phase) {
            Ok(data) => left_out.push(data.phase.clone()),
            Err(error) => checked.finding(finding_of(&error, format!("without[{at}]"))),
        }
    }
    let set = set.filtered(|data| {
        (hypothetical || data.observed != Some(false))
            && data.gibbs.is_some()
            && !left_out.contains(&data.phase)
    });
    if set.phases().is_empty() {
        checked.finding(
            Finding::new(
                "system",
                codes::NO_SUCH_PHASE,
                "no phase of the source consists of these elements alone",
                "this system",
            )
            .help("add elements to the system, or name another source"),
        );
        return None;
    }
    Some(set)
}

fn evaluate(
    set: &PhaseSet,
    name: &str,
    arguments: &[(&'static str, Value)],
) -> Result<Value, ThermoError> {
    let argument = |wanted: &str| {
        arguments
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    };
    let t_k = argument("t").and_then(Value::as_f64).unwrap_or(298.15);
    let energy = |ev: f64| Value::Quantity(Quantity::new(ev, Dimension::ENERGY));
    let phase = || {
        argument("phase")
            .and_then(Value::as_phase)
            .ok_or_else(|| ThermoError::Model("a phase is needed".into()))
    };
    match name {
        "gibbs" => Ok(energy(set.formation_ev(phase()?, t_k)?)),
        "reaction_energy" => {
            let Some(Value::Reaction(reaction)) = argument("reaction") else {
                return Err(ThermoError::Model("a reaction is needed".into()));
            };
            let standard = crate::physics::thermo::Atmosphere::standard();
            Ok(energy(set.reaction_energy_ev(reaction, t_k, &standard)?))
        }
        "above_hull" => Ok(energy(Equilibrium::new(set, t_k)?.above_hull_ev(phase()?)?)),
        "decomposition_energy" => {
            let found = Equilibrium::new(set, t_k)?.decomposition_ev(phase()?)?;
            found.map(energy).ok_or_else(|| {
                ThermoError::Model("the other phases of this set cannot make it up".into())
            })
        }
        "decomposition" => {
            let Some(Value::Mixture(mixture)) = argument("of") else {
                return Err(ThermoError::Model("a mixture is needed".into()));
            };
            let equilibrium = Equilibrium::new(set, t_k)?;
            let found = equilibrium.decomposition(&mixture.moles())?;
            let (phases, amounts): (Vec<String>, Vec<f64>) = found
                .into_iter()
                .map(|(phase, amount)| (phase.to_string(), amount))
                .unzip();
            Ok(Value::Table(Arc::new(
                Table::new(format!("At equilibrium at {t_k} K"))
                    .with(Column::texts("phase", phases))
                    .with(Column::numbers("amount", "mol", amounts)),
            )))
        }
        "domain" => {
            let equilibrium = Equilibrium::new(set, t_k)?;
            let corners = equilibrium.domain_ev(phase()?, LOWEST_POTENTIAL_EV)?;
            let mut table = Table::new(format!(
                "Chemical potentials at which {} is stable at {t_k} K",
                phase()?
            ));
            for (at, element) in equilibrium.elements().iter().enumerate() {
                let values = corners.iter().map(|corner| corner[at]).collect();
                table = table.with(Column::numbers(element.symbol(), "eV", values));
            }
            Ok(Value::Table(Arc::new(table)))
        }
        "stable" => Ok(Value::list(
            Equilibrium::new(set, t_k)?
                .stable()
                .into_iter()
                .map(|phase| Value::Phase(phase.clone()))
                .collect(),
        )),
        _ => Ok(Value::Table(Arc::new(table(set)))),
    }
}

/// Temperatures of tables that people read, K.
fn temperatures_k(set: &PhaseSet) -> Vec<f64> {
    (3..=20)
        .map(|at| f64::from(at) * 100.0)
        .filter(|t_k| {
            set.phases()
                .iter()
                .any(|data| data.formation_ev(*t_k).is_ok())
        })
        .collect()
}

fn table(set: &PhaseSet) -> Table {
    let temperatures = temperatures_k(set);
    let mut table = Table::new("Gibbs energy of formation per formula unit")
        .with(Column::numbers("temperature", "K", temperatures.clone()).as_axis());
    for data in set.phases() {
        let values = temperatures
            .iter()
            .map(|t_k| data.formation_ev(*t_k).unwrap_or(f64::NAN))
            .collect();
        table = table.with(Column::numbers(data.phase.to_string(), "eV", values));
    }
    table
}

/// One row a phase and temperature, with what else is known about it in the first row of each phase.
fn csv(set: &PhaseSet) -> String {
    let mut out = String::from(
        "phase,state,T_K,dGf_eV_per_formula_unit,volume_A3_per_formula_unit,melting_K,evidence,origin\n",
    );
    for data in set.phases() {
        let state = match data.state {
            State::Solid => "solid",
            State::Liquid => "liquid",
            State::Gas => "gas",
        };
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        for t_k in temperatures_k(set) {
            let Ok(energy) = data.formation_ev(t_k) else {
                continue;
            };
            let _ = writeln!(
                out,
                "\"{}\",{state},{t_k},{energy},{},{},{:?},\"{}\"",
                data.phase.to_string().replace('"', "\"\""),
                number(data.volume_ang3),
                number(data.melting_k),
                data.evidence,
                data.origin.replace('"', "\"\"")
            );
        }
    }
    out
}
