//! `synthesis`: powders fired by a schedule, in a reaction cellular automaton.

mod check;
mod fire;
mod results;

use crate::lang::schema::{
    Affects, Artifact as ArtifactType, Choice, Default, Field, KindSchema, Outcome, Range,
    ResultField, ResultType, Type,
};
use crate::lang::units::Dimension;
use crate::physics::automaton::{By, Network, Realisations};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task, Value};
use crate::run::store::Artifact;

pub struct Synthesis;

const ARTIFACT: ArtifactType = ArtifactType("a phase evolution");
const REACTIONS: ArtifactType = ArtifactType("reactions");

/// Names of the phases by their numbers in the snapshots.
const SNAPSHOT_PHASES: &str = "snapshot_phases.json";

const fn word(name: &'static str, doc: &'static str) -> Choice {
    Choice {
        name,
        doc,
        arguments: &[],
    }
}

const BY: Field = Field::new(
    "by",
    Type::Choice(&[
        word("mass", "Mass fractions."),
        word("mole", "Fractions of formula units."),
        word("volume", "Volume fractions."),
    ]),
    Default::Is("mass"),
    "What fractions are counted by.",
    "mole",
);
const PHASE: Field = Field::new(
    "phase",
    Type::Phase,
    Default::Required,
    "The phase.",
    "BaTiO3",
);
const PURE: ResultType = ResultType::Quantity(Dimension::NONE, "%");

const SCHEMA: KindSchema = KindSchema {
    name: "synthesis",
    version: 2,
    summary: "powders fired by a schedule, as a cellular automaton of reacting cells",
    doc: "Each site of a periodic grid holds a phase; sites react with their neighbours and with the gas by the rates of \
          a reaction library, at the temperature and gas pressures of the moment. The rule is that of ReactCA (Gallant \
          et al., Chem. Mater. 37, 210, 2025); `neighbours: one` and `conserve: statistical` reproduce its public code.\n\n\
          The automaton counts sweeps, not hours. A schedule in hours needs `sweeps_per_hour`, which is a choice, not \
          a property of the sample: results are given in sweeps and against temperature.\n\n\
          Realisations differ in their random numbers and are stored one by one: raising their number runs the new \
          ones only. Results are means over realisations with standard errors.",
    example: "use std.batio\nsystem ba_ti_o { elements: [Ba, Ti, O] }\nphases hull { system: ba_ti_o, source: batio.thermochemistry }\n\
              reactions library { phases: hull, between: [BaO, TiO2(rutile)] }\n\
              schedule firing {\n  start 25 °C\n  ramp to 1100 °C at 5 K/min\n  hold for 6 h\n}\n\
              synthesis fired for ratio in [1, 2] {\n  reactions: library\n  precursors: ratio * BaO + TiO2(rutile)\n  \
              schedule: firing\n  sweeps_per_hour: 100\n  grid: [12, 12, 12]\n  realisations: 4\n}",
    outcome: Outcome::Artifact(ARTIFACT),
    fields: &[
        Field::new(
            "reactions",
            Type::Artifact(REACTIONS),
            Default::Required,
            "What may react, and how fast.",
            "library",
        ),
        Field::new(
            "precursors",
            Type::Mixture,
            Default::Absent,
            "The powders; this or `start_from`.",
            "2 * BaCO3 + TiO2(rutile)",
        ),
        Field::new(
            "start_from",
            Type::Artifact(ARTIFACT),
            Default::Absent,
            "The end of another synthesis, realisation by realisation.",
            "calcined",
        ),
        Field::new(
            "schedule",
            Type::Inline("schedule", &["atmosphere", "steps"]),
            Default::Required,
            "What is done to the sample.",
            "firing",
        ),
        Field::new(
            "sweeps_per_hour",
            Type::Number,
            Default::Absent,
            "How many sweeps stand for an hour of the schedule; needed where it is timed in hours.",
            "100",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "grid",
            Type::List(&Type::Integer),
            Default::Is("[15, 15, 15]"),
            "Cells along each axis.",
            "[30, 30, 30]",
        )
        .range(Range::Count(3)),
        Field::new(
            "setup",
            Type::Choice(&[
                word("noise", "Every cell on its own: the finest mixture."),
                Choice {
                    name: "grains",
                    doc: "Grains grown from nuclei.",
                    arguments: &[Field::new(
                        "cells",
                        Type::Number,
                        Default::Is("4"),
                        "Cells in a grain on average.",
                        "4",
                    )
                    .range(Range::AtLeast(1.0))],
                },
            ]),
            Default::Is("noise"),
            "How the grid is filled at first.",
            "grains(cells: 8)",
        ),
        Field::new(
            "neighbours",
            Type::Choice(&[
                word("all", "A site may react with any of its six neighbours."),
                word(
                    "one",
                    "With one of them, drawn anew at each update, as the published code does.",
                ),
            ]),
            Default::Is("all"),
            "Which neighbours count.",
            "one",
        ),
        Field::new(
            "conserve",
            Type::Choice(&[
                word("exact", "Every element to the last digit, gases included."),
                word(
                    "statistical",
                    "On average only, as the published code does.",
                ),
            ]),
            Default::Is("exact"),
            "How elements are conserved.",
            "statistical",
        ),
        Field::new(
            "packing_fraction",
            Type::Number,
            Default::Is("1"),
            "Part of the grid that is filled; reactions with the gas need empty neighbours.",
            "60 %",
        )
        .range(Range::Within(0.01, 1.0)),
        Field::new(
            "inertia",
            Type::Number,
            Default::Is("2"),
            "The weight of doing nothing, against the scores of the reactions.",
            "2",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "separate_melt",
            Type::Number,
            Default::Absent,
            "Set melts apart where more than this part of the volume is molten.",
            "30 %",
        )
        .range(Range::Within(0.0, 1.0)),
        Field::new(
            "only",
            Type::List(&Type::Phase),
            Default::Absent,
            "Only reactions between these phases (and gases).",
            "[BaO, TiO2(rutile), BaTiO3]",
        )
        .range(Range::Count(1)),
        Field::new(
            "realisations",
            Type::Integer,
            Default::Is("3"),
            "Independent samples.",
            "8",
        )
        .range(Range::Within(1.0, 10_000.0))
        .affects(Affects::Replicas),
        Field::new(
            "seed",
            Type::Integer,
            Default::Is("0"),
            "Other random numbers.",
            "1",
        )
        .range(Range::AtLeast(0.0)),
        Field::new(
            "record",
            Type::Quantity(Dimension::SWEEP, "sweeps"),
            Default::Absent,
            "Time between records; left out: some two hundred in all.",
            "10 sweeps",
        )
        .range(Range::AtLeast(1.0)),
        Field::new(
            "snapshots",
            Type::Quantity(Dimension::SWEEP, "sweeps"),
            Default::Absent,
            "Time between snapshots of the grid (`snapshots.npz`).",
            "500 sweeps",
        )
        .range(Range::AtLeast(1.0)),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "final",
            doc: "The fraction of a phase at the end.",
            example: "fired.final(BaTiO3)",
            parameters: &[PHASE, BY],
            ty: PURE,
        },
        ResultField {
            name: "peak",
            doc: "The largest fraction that a phase reaches on the way.",
            example: "fired.peak(Ba2TiO4)",
            parameters: &[PHASE, BY],
            ty: PURE,
        },
        ResultField {
            name: "onset",
            doc: "The temperature at which a phase first reaches a fraction.",
            example: "fired.onset(BaTiO3)",
            parameters: &[
                PHASE,
                Field::new(
                    "threshold",
                    Type::Number,
                    Default::Is("1 %"),
                    "The fraction that counts.",
                    "1 %",
                )
                .range(Range::Within(0.0, 1.0)),
                BY,
            ],
            ty: ResultType::Quantity(Dimension::TEMPERATURE, "°C"),
        },
        ResultField {
            name: "fractions",
            doc: "Fractions of the phases against time and temperature.",
            example: "fired.fractions",
            parameters: &[BY],
            ty: ResultType::Table,
        },
        ResultField {
            name: "composition",
            doc: "The phases at the end.",
            example: "fired.composition",
            parameters: &[BY],
            ty: ResultType::Table,
        },
        ResultField {
            name: "reactions",
            doc: "How often each reaction was chosen, on average over realisations.",
            example: "fired.reactions",
            parameters: &[],
            ty: ResultType::Table,
        },
        ResultField {
            name: "gases",
            doc: "Gas given off and taken up, in molecules for each formula unit of the sample at the start.",
            example: "fired.gases",
            parameters: &[],
            ty: ResultType::Table,
        },
        ResultField {
            name: "imbalance",
            doc: "The largest relative change of the amount of any element, gases included.",
            example: "fired.imbalance",
            parameters: &[],
            ty: ResultType::Quantity(Dimension::NONE, ""),
        },
    ],
    random: true,
    replicated_by: Some("realisations"),
};
impl Kind for Synthesis {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        check::check(node, &mut checked);
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let network: Network = task.input("reactions")?.json("reactions.json")?;
        fire::fire(task, &network)
    }

    fn gather(&self, task: &Task<'_>, replicas: &[Artifact]) -> Result<(), Failure> {
        let mut realisations = Vec::new();
        for (at, artifact) in replicas.iter().enumerate() {
            realisations.push(artifact.json("evolution.json")?);
            task.work
                .write(&format!("state_{at}.json"), &artifact.read("state.json")?)?;
            if artifact.files().any(|name| name == "snapshots.npz") {
                task.work.write(
                    &format!("snapshots_{at}.npz"),
                    &artifact.read("snapshots.npz")?,
                )?;
            }
        }
        // Every realisation numbers its phases alike.
        if let Some(first) = replicas
            .iter()
            .find(|one| one.files().any(|name| name == SNAPSHOT_PHASES))
        {
            task.work
                .write(SNAPSHOT_PHASES, &first.read(SNAPSHOT_PHASES)?)?;
        }
        let gathered = Realisations::new(realisations);
        for (by, name) in [
            (By::Mass, "mass"),
            (By::Mole, "mole"),
            (By::Volume, "volume"),
        ] {
            task.work.write(
                &format!("fractions_by_{name}.csv"),
                results::fractions(&gathered, by).to_csv().as_bytes(),
            )?;
        }
        task.work.write(
            "reactions.csv",
            results::reactions(&gathered).to_csv().as_bytes(),
        )?;
        task.work
            .write("gases.csv", results::gases(&gathered).to_csv().as_bytes())?;
        task.work.write_json("evolution.json", &gathered)?;
        Ok(())
    }

    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        arguments: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        let phase = arguments
            .iter()
            .find(|(name, _)| *name == "phase")
            .and_then(|(_, value)| value.as_phase());
        let network = node
            .input("reactions")
            .and_then(|input| input.facts::<Network>());
        let (Some(phase), Some(network)) = (phase, network) else {
            return Vec::new();
        };
        if network.find(phase).is_some() {
            return Vec::new();
        }
        vec![check::no_such_phase(
            "phase",
            phase,
            network,
            &format!("the result `{name}`"),
        )]
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let gathered: Realisations = artifact
            .json("evolution.json")
            .map_err(|error| error.to_string())?;
        results::evaluate(&gathered, name, arguments)
    }
}
