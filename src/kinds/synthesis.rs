//! `synthesis`: powders fired by a schedule, in a reaction cellular automaton.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Element, Phase};
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Affects, Artifact as ArtifactType, Choice, Default, Field, KindSchema, Outcome, Range,
    ResultField, ResultType, Type,
};
use crate::lang::units::{Dimension, Quantity, parse_unit};
use crate::physics::automaton::{
    AutomatonError, By, Conserve, Firing, FiringError, Moments, Neighbours, Network, Observer,
    Programme, Record, Rules, Setup, Snapshot, Start, State, Sweeps, onset, run,
};
use crate::physics::host::Host;
use crate::physics::io::{Array, NpzWriter};
use crate::run::kind::{
    Checked, Column, Failure, Finding, Kind, Mixture, Node, Table, Task, Value,
};
use crate::run::store::Artifact;

pub struct Synthesis;

const ARTIFACT: ArtifactType = ArtifactType("a phase evolution");
const REACTIONS: ArtifactType = ArtifactType("reactions");

/// The cells at chosen moments, and which number in them is which phase.
const SNAPSHOTS: &str = "snapshots.npz";
const SNAPSHOT_PHASES: &str = "snapshot_phases.json";

/// fs in an hour
const HOUR_FS: f64 = 3.6e18;
/// Names of the phases by their numbers in the snapshots.
const SNAPSHOT_PHASES: &str = "snapshot_phases.json";
/// Records of a firing when nothing else is asked for.
const RECORDS: f64 = 200.0;

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

/// One realisation, or the mean over several with standard errors.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Evolution {
    /// Names of the condensed phases and gases, in the order of the columns below.
    phases: Vec<String>,
    gases: Vec<String>,
    reactions: Vec<String>,
    time_sweeps: Vec<f64>,
    #[serde(rename = "temperature_K")]
    temperature_k: Vec<f64>,
    /// By record, then by phase.
    mass_fractions: Vec<Vec<f64>>,
    mole_fractions: Vec<Vec<f64>>,
    volume_fractions: Vec<Vec<f64>>,
    /// By record, then by gas: molecules given off less taken up, for each formula unit at the start.
    gas_released: Vec<Vec<f64>>,
    gas_absorbed: Vec<Vec<f64>>,
    /// By reaction, at the end.
    chosen: Vec<f64>,
    largest_relative_imbalance: f64,
    sweeps_per_hour: Option<f64>,
}

impl Evolution {
    fn fractions(&self, by: By) -> &[Vec<f64>] {
        match by {
            By::Mass => &self.mass_fractions,
            By::Mole => &self.mole_fractions,
            By::Volume => &self.volume_fractions,
        }
    }
}

/// What `gather` writes and results are read from.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Gathered {
    realisations: Vec<Evolution>,
}

impl Kind for Synthesis {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        check(node, &mut checked);
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let network: Network = task.input("reactions")?.json("reactions.json")?;
        fire(task, &network)
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
        let gathered = Gathered { realisations };
        for (by, name) in [
            (By::Mass, "mass"),
            (By::Mole, "mole"),
            (By::Volume, "volume"),
        ] {
            task.work.write(
                &format!("fractions_by_{name}.csv"),
                fractions(&gathered, by).to_csv().as_bytes(),
            )?;
        }
        task.work.write(
            "reactions.csv",
            reaction_table(&gathered).to_csv().as_bytes(),
        )?;
        task.work
            .write("gases.csv", gas_table(&gathered).to_csv().as_bytes())?;
        task.work.write_json_line("evolution.json", &gathered)?;
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
        vec![no_such_phase(
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
        let gathered: Gathered = artifact
            .json("evolution.json")
            .map_err(|error| error.to_string())?;
        evaluate(&gathered, name, arguments)
    }
}

fn no_such_phase(path: &str, phase: &Phase, network: &Network, what: &str) -> Finding {
    let known: Vec<String> = network
        .library()
        .phases()
        .iter()
        .map(|one| one.phase.to_string())
        .filter(|name| name.starts_with(phase.formula.text()))
        .collect();
    let finding = Finding::new(
        path,
        if known.len() > 1 {
            codes::SEVERAL_PHASES
        } else {
            codes::NO_SUCH_PHASE
        },
        format!("{what}: {phase} is not among the phases of the reactions"),
        "no such phase",
    );
    if known.is_empty() {
        finding.help("add it to the phases, or its elements to `between`")
    } else {
        finding.help(format!("there is {}", known.join(", ")))
    }
}

/// Everything that can be wrong before the run.
fn check(node: &Node<'_>, checked: &mut Checked) -> Option<()> {
    let grid = node.value("grid");
    let sides: Vec<i64> = grid
        .as_list()
        .unwrap_or(&[])
        .iter()
        .filter_map(Value::as_integer)
        .collect();
    if sides.len() != 3 || sides.iter().any(|side| !(3..=4096).contains(side)) {
        checked.finding(
            Finding::new(
                "grid",
                codes::GRID,
                "a grid has three sides of 3 to 4096 cells each",
                "not such a grid",
            )
            .help("write it like `grid: [15, 15, 15]`"),
        );
    }
    let has_precursors = node.is_given("precursors");
    if has_precursors == node.is_given("start_from") {
        checked.finding(
            Finding::new(
                if has_precursors { "start_from" } else { "" },
                codes::GRID,
                "a synthesis has either `precursors` or `start_from`",
                if has_precursors {
                    "both are given"
                } else {
                    "neither is given"
                },
            )
            .help(if has_precursors {
                "leave one of them out"
            } else {
                "add `precursors: BaO + TiO2(rutile)`"
            }),
        );
    }
    let network = node
        .input("reactions")
        .and_then(|input| input.facts::<Network>());
    let firing = node
        .inline("schedule")
        .and_then(|schedule| schedule.facts::<Firing>());
    let (network, firing) = (network?, firing?);
    if let Value::Mixture(mixture) = node.value("precursors") {
        check_precursors(&mixture, network, checked);
    }
    let only = node.value("only");
    for (at, value) in only.as_list().unwrap_or(&[]).iter().enumerate() {
        if let Some(phase) = value
            .as_phase()
            .filter(|phase| network.find(phase).is_none())
        {
            checked.finding(no_such_phase(
                &format!("only[{at}]"),
                phase,
                network,
                "`only`",
            ));
        }
    }
    let (_, highest_k) = network.range_k();
    if let Some(too_hot) = firing
        .temperatures_k()
        .into_iter()
        .find(|t_k| *t_k > highest_k)
    {
        checked.finding(
            Finding::new(
                "schedule",
                codes::TEMPERATURES,
                format!("the schedule goes to {too_hot:.0} K, and the energies of the reactions end at {highest_k:.0} K"),
                "too hot",
            )
            .help("lower the temperature, or widen `temperatures:` of the reactions as far as the data reach"),
        );
    }
    if firing.needs_clock() && !node.is_given("sweeps_per_hour") {
        checked.finding(
            Finding::new(
                "schedule",
                codes::CLOCK,
                "this schedule is timed in hours, and the automaton counts sweeps",
                "hours",
            )
            .help(
                "declare a conversion, like `sweeps_per_hour: 100`, or time the schedule in sweeps",
            ),
        );
    }
    for (phase, _) in firing.steps.iter().flat_map(added) {
        if network.find(phase).is_none() {
            checked.finding(no_such_phase(
                "schedule",
                phase,
                network,
                "what the schedule adds",
            ));
        }
    }
    Some(())
}

fn added(step: &crate::physics::automaton::FiringStep) -> &[(Phase, f64)] {
    match step {
        crate::physics::automaton::FiringStep::Add(parts) => parts,
        _ => &[],
    }
}

fn check_precursors(mixture: &Mixture, network: &Network, checked: &mut Checked) {
    let elements: Vec<Element> = {
        let mut all: Vec<Element> = network
            .library()
            .phases()
            .iter()
            .flat_map(|one| one.phase.formula.elements())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    for (at, (_, phase)) in mixture.parts.iter().enumerate() {
        let path = format!("precursors[{at}]");
        match network.find(phase) {
            Some(found) if network.library().phases()[found].gas => checked.finding(
                Finding::new(
                    &path,
                    codes::GAS,
                    format!("{phase} is a gas, not a powder"),
                    "a gas",
                )
                .help("give it in the schedule's `atmosphere`"),
            ),
            Some(_) => {}
            None => match phase
                .formula
                .elements()
                .find(|element| !elements.contains(element))
            {
                Some(outside) => checked.finding(
                    Finding::new(
                        &path,
                        codes::ELEMENT_OUTSIDE,
                        format!(
                            "{phase} has {}, which no phase of the reactions has",
                            outside.name()
                        ),
                        "an element too many",
                    )
                    .help(format!(
                        "add {outside} to the system and to `between` of the reactions"
                    )),
                ),
                None => checked.finding(no_such_phase(&path, phase, network, "the precursors")),
            },
        }
    }
}

/// The reader of a run: collects records, writes snapshots as they come.
struct Recorder {
    evolution: Evolution,
    condensed: Vec<usize>,
    gases: Vec<usize>,
    start_moles: f64,
    start_balance: Vec<f64>,
    snapshots: Option<NpzWriter<BufWriter<std::fs::File>>>,
    snapshot_count: usize,
}

impl Observer for Recorder {
    fn record(&mut self, record: &Record) -> std::io::Result<()> {
        let evolution = &mut self.evolution;
        if evolution.time_sweeps.is_empty() {
            self.start_moles = record.moles.iter().sum();
            self.start_balance.clone_from(&record.balance);
        }
        evolution.time_sweeps.push(record.sweeps.0);
        evolution.temperature_k.push(record.temperature_k);
        for (by, rows) in [
            (By::Mass, &mut evolution.mass_fractions),
            (By::Mole, &mut evolution.mole_fractions),
            (By::Volume, &mut evolution.volume_fractions),
        ] {
            let all = record.fractions(by);
            rows.push(self.condensed.iter().map(|at| all[*at]).collect());
        }
        let per_unit = |amounts: &[f64]| {
            self.gases
                .iter()
                .map(|at| amounts[*at] / self.start_moles)
                .collect()
        };
        evolution.gas_released.push(per_unit(&record.released));
        evolution.gas_absorbed.push(per_unit(&record.absorbed));
        evolution.chosen = record.chosen.iter().map(|count| *count as f64).collect();
        for (now, start) in record.balance.iter().zip(&self.start_balance) {
            if *start > 0.0 {
                evolution.largest_relative_imbalance = evolution
                    .largest_relative_imbalance
                    .max(((now - start) / start).abs());
            }
        }
        Ok(())
    }

    fn snapshot(&mut self, snapshot: &Snapshot<'_>) -> std::io::Result<()> {
        let Some(writer) = &mut self.snapshots else {
            return Ok(());
        };
        let name = format!("cells_{:04}", self.snapshot_count);
        let shape = snapshot.shape.map(|side| side as usize);
        writer.add(&name, &shape, Array::U16(snapshot.cells))?;
        let moment = [snapshot.sweeps.0, snapshot.temperature_k];
        writer.add(
            &format!("sweeps_and_K_{:04}", self.snapshot_count),
            &[2],
            Array::F64(&moment),
        )?;
        self.snapshot_count += 1;
        Ok(())
    }
}

struct TaskHost<'a>(&'a Task<'a>);

impl Host for TaskHost<'_> {
    fn progress(&self, done: u64, total: u64) {
        self.0.progress(done, total);
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// One realisation.
fn fire(task: &Task<'_>, network: &Network) -> Result<(), Failure> {
    let node = &task.node;
    let fault = |error: AutomatonError| match error {
        AutomatonError::Cancelled => Failure::cancelled(),
        AutomatonError::Observer(error) => Failure::from(error),
        other => Failure::new(other.to_string()),
    };
    let mut chemistry = network.chemistry().map_err(fault)?;
    if let Value::List(only) = node.value("only") {
        let kept: Vec<String> = only
            .iter()
            .filter_map(|value| network.find(value.as_phase()?))
            .map(|at| network.library().phases()[at].phase.to_string())
            .collect();
        chemistry = chemistry.restricted_to(|phase| phase.is_gas || kept.contains(&phase.name));
    }
    let kinetics = network.kinetics(&chemistry).map_err(fault)?;
    let firing = node
        .inline("schedule")
        .and_then(|schedule| schedule.facts::<Firing>())
        .ok_or_else(|| Failure::new("the schedule could not be read"))?;
    let sweeps_per_hour = node.value("sweeps_per_hour").as_f64();
    let programme = firing
        .programme(
            sweeps_per_hour.map(|rate| rate / HOUR_FS),
            &|formula| network.gas(formula),
            &|phase| network.find(phase),
        )
        .map_err(|error: FiringError| Failure::new(error.to_string()))?;
    let rules = rules(node, &programme);
    let seed = task.seed;
    let state = match task.inputs.get("start_from") {
        Some(earlier) => {
            let count = earlier
                .files()
                .filter(|name| name.starts_with("state_"))
                .count()
                .max(1);
            let which = task.replica.unwrap_or(0) as usize % count;
            let mut state: State = earlier.json(&format!("state_{which}.json"))?;
            state.reseed(seed);
            state
        }
        None => {
            let Value::Mixture(mixture) = node.value("precursors") else {
                return Err(Failure::new("there are no precursors"));
            };
            let precursors = mixture
                .mole_fractions()
                .into_iter()
                .map(|(phase, amount)| Some((network.find(&phase)?, amount)))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| {
                    Failure::new("a precursor is not among the phases of the reactions")
                })?;
            let grid = node.value("grid");
            let sides: Vec<u32> = grid
                .as_list()
                .unwrap_or(&[])
                .iter()
                .filter_map(|side| u32::try_from(side.as_integer()?).ok())
                .collect();
            let [x, y, z] = sides.as_slice() else {
                return Err(Failure::new("a grid has three sides"));
            };
            let setup = node.value("setup");
            Start {
                shape: [*x, *y, *z],
                precursors,
                packing_fraction: node.value("packing_fraction").as_f64().unwrap_or(1.0),
                setup: match setup.get("cells").and_then(Value::as_f64) {
                    Some(cells_per_grain) => Setup::Grains { cells_per_grain },
                    None => Setup::Noise,
                },
                conserve: rules.conserve,
                seed,
            }
            .build(&chemistry)
            .map_err(fault)?
        }
    };
    let phases = chemistry.phases();
    let (gases, condensed): (Vec<usize>, Vec<usize>) =
        (0..phases.len()).partition(|at| phases[*at].is_gas);
    let names = |which: &[usize]| which.iter().map(|at| phases[*at].name.clone()).collect();
    let mut recorder = Recorder {
        evolution: Evolution {
            phases: names(&condensed),
            gases: names(&gases),
            reactions: chemistry
                .reactions()
                .iter()
                .map(|reaction| chemistry.equation(&reaction.spec))
                .collect(),
            time_sweeps: Vec::new(),
            temperature_k: Vec::new(),
            mass_fractions: Vec::new(),
            mole_fractions: Vec::new(),
            volume_fractions: Vec::new(),
            gas_released: Vec::new(),
            gas_absorbed: Vec::new(),
            chosen: Vec::new(),
            largest_relative_imbalance: 0.0,
            sweeps_per_hour,
        },
        condensed,
        gases,
        start_moles: 1.0,
        start_balance: Vec::new(),
        snapshots: match rules.snapshot_every {
            Some(_) => Some(NpzWriter::new(BufWriter::new(task.work.create(SNAPSHOTS)?))),
            None => None,
        },
        snapshot_count: 0,
    };
    let state = run(
        &chemistry,
        &kinetics,
        &rules,
        &programme,
        state,
        &mut recorder,
        &TaskHost(task),
    )
    .map_err(fault)?;
    if let Some(writer) = recorder.snapshots.take() {
        writer.finish()?;
        // Which number in the cells is which phase; one more means empty.
        let names: BTreeMap<usize, &str> = phases
            .iter()
            .map(|phase| phase.name.as_str())
            .enumerate()
            .collect();
        task.work.write_json(SNAPSHOT_PHASES, &names)?;
    }
    task.work
        .write_json_line("evolution.json", &recorder.evolution)?;
    task.work.write_json_line("state.json", &state)?;
    Ok(())
}

fn rules(node: &Node<'_>, programme: &Programme) -> Rules {
    let is = |field: &str, wanted: &str| {
        node.value(field)
            .as_choice()
            .is_some_and(|(word, _)| word == wanted)
    };
    Rules {
        neighbours: if is("neighbours", "one") {
            Neighbours::One
        } else {
            Neighbours::All
        },
        conserve: if is("conserve", "statistical") {
            Conserve::Statistical
        } else {
            Conserve::Exact
        },
        inertia: node.value("inertia").as_f64().unwrap_or(2.0),
        separate_melt: node.value("separate_melt").as_f64(),
        record_every: Sweeps(
            node.value("record")
                .as_f64()
                .unwrap_or_else(|| (programme.sweeps().0 / RECORDS).ceil().max(1.0)),
        ),
        snapshot_every: node.value("snapshots").as_f64().map(Sweeps),
    }
}

/// A result of the gathered realisations.
fn evaluate(
    gathered: &Gathered,
    name: &str,
    arguments: &[(&'static str, Value)],
) -> Result<Value, String> {
    let argument = |wanted: &str| {
        arguments
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    };
    let by = match argument("by").and_then(Value::as_choice) {
        Some(("mole", _)) => By::Mole,
        Some(("volume", _)) => By::Volume,
        _ => By::Mass,
    };
    let first = gathered
        .realisations
        .first()
        .ok_or("there are no realisations")?;
    let column = || -> Result<usize, String> {
        let phase = argument("phase")
            .and_then(Value::as_phase)
            .ok_or("a phase is needed")?;
        let text = phase.to_string();
        let exact = first.phases.iter().position(|known| *known == text);
        let same: Vec<usize> = (0..first.phases.len())
            .filter(|at| {
                phase.label.is_none()
                    && first.phases[*at].split('(').next() == Some(phase.formula.text())
            })
            .collect();
        match (exact, same.as_slice()) {
            (Some(at), _) => Ok(at),
            (None, [only]) => Ok(*only),
            _ => Err(format!("{text} is not among the phases of this synthesis")),
        }
    };
    let percent = parse_unit("%").ok();
    let fraction = |values: Moments| {
        let mut quantity = Quantity::number(values.mean());
        if let Some(percent) = &percent {
            quantity = quantity.shown_in(percent);
        }
        Value::Measured(quantity, values.standard_error())
    };
    match name {
        "final" => {
            let at = column()?;
            Ok(fraction(
                gathered
                    .realisations
                    .iter()
                    .filter_map(|one| one.fractions(by).last().map(|row| row[at]))
                    .collect(),
            ))
        }
        "peak" => {
            let at = column()?;
            Ok(fraction(
                gathered
                    .realisations
                    .iter()
                    .map(|one| {
                        one.fractions(by)
                            .iter()
                            .map(|row| row[at])
                            .fold(0.0, f64::max)
                    })
                    .collect(),
            ))
        }
        "onset" => {
            let at = column()?;
            let threshold = argument("threshold")
                .and_then(Value::as_f64)
                .unwrap_or(0.01);
            let onsets: Vec<f64> = gathered
                .realisations
                .iter()
                .filter_map(|one| {
                    let series = one
                        .time_sweeps
                        .iter()
                        .zip(&one.temperature_k)
                        .zip(one.fractions(by))
                        .map(|((time, t_k), row)| (Sweeps(*time), *t_k, row[at]));
                    onset(series, threshold).map(|found| found.temperature_k)
                })
                .collect();
            if onsets.len() < gathered.realisations.len() {
                return Err(format!(
                    "{} never reaches {} % in {} of {} realisations",
                    first.phases[at],
                    threshold * 100.0,
                    gathered.realisations.len() - onsets.len(),
                    gathered.realisations.len()
                ));
            }
            let moments: Moments = onsets.into_iter().collect();
            let quantity = Quantity::new(moments.mean(), Dimension::TEMPERATURE);
            Ok(Value::Measured(quantity, moments.standard_error()))
        }
        "fractions" => Ok(Value::Table(Arc::new(fractions(gathered, by)))),
        "composition" => Ok(Value::Table(Arc::new(composition(gathered, by)))),
        "reactions" => Ok(Value::Table(Arc::new(reaction_table(gathered)))),
        "gases" => Ok(Value::Table(Arc::new(gas_table(gathered)))),
        "imbalance" => {
            let largest = gathered
                .realisations
                .iter()
                .map(|one| one.largest_relative_imbalance)
                .fold(0.0, f64::max);
            Ok(Value::Quantity(Quantity::number(largest)))
        }
        other => Err(format!("there is no result `{other}`")),
    }
}

fn by_name(by: By) -> &'static str {
    match by {
        By::Mass => "mass fraction",
        By::Mole => "mole fraction",
        By::Volume => "volume fraction",
    }
}

/// What an hour of the schedule was declared to be; sweeps are the automaton's own time.
fn conversion(one: &Evolution) -> String {
    one.sweeps_per_hour.map_or_else(String::new, |rate| {
        format!(
            "{rate} sweeps stand for an hour, as declared; the automaton has no clock of its own"
        )
    })
}

/// Means and standard errors, record by record; phases that never appear are left out.
fn fractions(gathered: &Gathered, by: By) -> Table {
    let Some(first) = gathered.realisations.first() else {
        return Table::default();
    };
    let mut table = Table::new(by_name(by))
        .with_note(conversion(first))
        .with(Column::numbers("time", "sweeps", first.time_sweeps.clone()).as_axis())
        .with(Column::numbers("temperature", "K", first.temperature_k.clone()).as_axis());
    for (at, phase) in first.phases.iter().enumerate() {
        let moments: Vec<Moments> = (0..first.time_sweeps.len())
            .map(|record| {
                gathered
                    .realisations
                    .iter()
                    .filter_map(|one| one.fractions(by).get(record).map(|row| row[at]))
                    .collect()
            })
            .collect();
        if moments.iter().all(|moment: &Moments| moment.mean() == 0.0) {
            continue;
        }
        let errors = moments
            .iter()
            .map(|moment| moment.standard_error().unwrap_or(0.0))
            .collect();
        table = table.with(
            Column::numbers(
                phase.clone(),
                "",
                moments.iter().map(Moments::mean).collect(),
            )
            .with_errors(errors),
        );
    }
    table
}

/// The phases at the end, the most abundant first.
fn composition(gathered: &Gathered, by: By) -> Table {
    let Some(first) = gathered.realisations.first() else {
        return Table::default();
    };
    let mut rows: Vec<(String, f64, f64)> = first
        .phases
        .iter()
        .enumerate()
        .map(|(at, phase)| {
            let moments: Moments = gathered
                .realisations
                .iter()
                .filter_map(|one| one.fractions(by).last().map(|row| row[at]))
                .collect();
            (
                phase.clone(),
                moments.mean(),
                moments.standard_error().unwrap_or(0.0),
            )
        })
        .filter(|(_, mean, _)| *mean > 0.0)
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Table::new(format!("{} at the end", by_name(by)))
        .with(Column::texts(
            "phase",
            rows.iter().map(|row| row.0.clone()).collect(),
        ))
        .with(
            Column::numbers(
                by_name(by),
                "%",
                rows.iter().map(|row| row.1 * 100.0).collect(),
            )
            .with_errors(rows.iter().map(|row| row.2 * 100.0).collect()),
        )
}

/// Reactions that were chosen at all, the most frequent first.
fn reaction_table(gathered: &Gathered) -> Table {
    let Some(first) = gathered.realisations.first() else {
        return Table::default();
    };
    let mut rows: Vec<(String, Moments)> = first
        .reactions
        .iter()
        .enumerate()
        .map(|(at, equation)| {
            let counts: Moments = gathered
                .realisations
                .iter()
                .filter_map(|one| one.chosen.get(at).copied())
                .collect();
            (equation.clone(), counts)
        })
        .filter(|(_, counts)| counts.mean() > 0.0)
        .collect();
    rows.sort_by(|a, b| {
        b.1.mean()
            .total_cmp(&a.1.mean())
            .then_with(|| a.0.cmp(&b.0))
    });
    Table::new("reactions chosen, mean over realisations")
        .with(Column::texts(
            "reaction",
            rows.iter().map(|row| row.0.clone()).collect(),
        ))
        .with(
            Column::numbers("times", "", rows.iter().map(|row| row.1.mean()).collect())
                .with_errors(
                    rows.iter()
                        .map(|row| row.1.standard_error().unwrap_or(0.0))
                        .collect(),
                ),
        )
}

fn gas_table(gathered: &Gathered) -> Table {
    let Some(first) = gathered.realisations.first() else {
        return Table::default();
    };
    let mut table = Table::new("gas per formula unit at the start")
        .with_note(conversion(first))
        .with(Column::numbers("time", "sweeps", first.time_sweeps.clone()).as_axis())
        .with(Column::numbers("temperature", "K", first.temperature_k.clone()).as_axis());
    for (at, gas) in first.gases.iter().enumerate() {
        for (what, rows) in [("released", 0), ("absorbed", 1)] {
            let moments: Vec<Moments> = (0..first.time_sweeps.len())
                .map(|record| {
                    gathered
                        .realisations
                        .iter()
                        .filter_map(|one| {
                            let all = if rows == 0 {
                                &one.gas_released
                            } else {
                                &one.gas_absorbed
                            };
                            all.get(record).map(|row| row[at])
                        })
                        .collect()
                })
                .collect();
            let errors = moments
                .iter()
                .map(|moment: &Moments| moment.standard_error().unwrap_or(0.0))
                .collect();
            table = table.with(
                Column::numbers(
                    format!("{gas} {what}"),
                    "",
                    moments.iter().map(Moments::mean).collect(),
                )
                .with_errors(errors),
            );
        }
    }
    table
}
