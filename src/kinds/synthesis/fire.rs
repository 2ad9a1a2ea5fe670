//! One realisation.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;

use ndarray::{ArrayView3, aview1};

use super::SNAPSHOT_PHASES;
use crate::physics::automaton::{
    AutomatonError, Conserve, Firing, FiringError, Neighbours, Network, Observer, Programme,
    Record, Recorder, Rules, Setup, Snapshot, Start, State, Sweeps, run,
};
use crate::physics::host::Host;
use crate::physics::io::NpzWriter;
use crate::run::kind::{Failure, Node, Task, Value};

/// fs in an hour
const HOUR_FS: f64 = 3.6e18;
/// Records of a firing when nothing else is asked for.
const RECORDS: f64 = 200.0;

/// Listens to a run: keeps records, writes snapshots as they come.
struct Writer {
    recorder: Recorder,
    snapshots: Option<NpzWriter<BufWriter<File>>>,
    snapshot_count: usize,
}

impl Observer for Writer {
    fn record(&mut self, record: &Record) -> std::io::Result<()> {
        self.recorder.record(record)
    }

    fn snapshot(&mut self, snapshot: &Snapshot<'_>) -> std::io::Result<()> {
        let Some(writer) = &mut self.snapshots else {
            return Ok(());
        };
        let name = format!("cells_{:04}", self.snapshot_count);
        let shape = snapshot.shape.map(|side| side as usize);
        let cells = ArrayView3::from_shape(shape, snapshot.cells).map_err(std::io::Error::other)?;
        writer.add(&name, cells)?;
        let moment = [snapshot.sweeps.0, snapshot.temperature_k];
        writer.add(
            &format!("sweeps_and_K_{:04}", self.snapshot_count),
            aview1(&moment),
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
pub(super) fn fire(task: &Task<'_>, network: &Network) -> Result<(), Failure> {
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
    let mut writer = Writer {
        recorder: Recorder::new(&chemistry, sweeps_per_hour),
        snapshots: match rules.snapshot_every {
            Some(_) => Some(NpzWriter::new(BufWriter::new(
                task.work.create("snapshots.npz")?,
            ))),
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
        &mut writer,
        &TaskHost(task),
    )
    .map_err(fault)?;
    if let Some(snapshots) = writer.snapshots {
        snapshots.finish()?;
        // Which number in the cells is which phase; one more means empty.
        let names: BTreeMap<usize, &str> = chemistry
            .phases()
            .iter()
            .map(|phase| phase.name.as_str())
            .enumerate()
            .collect();
        task.work.write_json(SNAPSHOT_PHASES, &names)?;
    }
    task.work
        .write_json("evolution.json", &writer.recorder.finish())?;
    task.work.write_json("state.json", &state)?;
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
