//! `transport`: Onsager's coefficients of a trajectory, over temperature, or as published.

mod published;
mod results;
mod schema;
#[cfg(test)]
mod tests;
mod viscosity;

use super::host::TaskHost;
use super::runs::runs_of;
use super::transport_charges::charges;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::KindSchema;
use crate::physics::md::{Ensemble, Protocol, Segment, Thermostat, Trajectories};
use crate::physics::transport::{
    Errors, Estimate, ReferenceFrame, TemperatureSeries, TransportAnalysis, TransportError,
    TransportTensor,
};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task, Value};
use crate::run::store::Artifact;

pub struct Transport;

/// Ways to tensors, and the fields that belong to each beside it.
const WAYS: [(&str, &[&str]); 3] = [
    (
        "trajectory",
        &[
            "temperature",
            "system",
            "charges",
            "method",
            "frame",
            "window",
            "plateau",
            "errors",
            "tolerance",
            "positive",
        ],
    ),
    ("tensors", &[]),
    (
        "source",
        &["composition", "temperature", "system", "charges"],
    ),
];

impl Kind for Transport {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        match way(node, &mut checked) {
            Some("source") => published::check(node, &mut checked),
            Some("trajectory") => {
                check_runs(node, &mut checked);
                check_replicas(node, &mut checked);
                if node
                    .value("frame")
                    .as_choice()
                    .is_some_and(|(word, _)| word == "volume")
                {
                    check_volumes(node, &mut checked);
                }
            }
            Some("tensors")
                if node
                    .value("tensors")
                    .as_list()
                    .is_some_and(<[Value]>::is_empty) =>
            {
                let text = "there are no tensors in this list";
                let finding = Finding::new("tensors", codes::TRANSPORT, text, "empty");
                checked.finding(finding.help("name `transport` nodes, or a family of them"));
            }
            _ => {}
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let tensors = match way(&task.node, &mut Checked::default()) {
            Some("trajectory") => vec![of_trajectory(task)?],
            Some("source") => published::tensors(&task.node)?,
            _ => {
                let artifacts = task
                    .inputs
                    .iter()
                    .filter(|(port, _)| port.starts_with("tensors"));
                let all = artifacts.map(|(_, artifact)| tensors_of(artifact));
                let all: Vec<Vec<TransportTensor>> = all.collect::<Result<_, _>>()?;
                let all: Vec<TransportTensor> = all.into_iter().flatten().collect();
                // At one temperature they are of cells of several sizes.
                if all
                    .iter()
                    .any(|one| one.temperature_k != all[0].temperature_k)
                {
                    TemperatureSeries::new(&all.iter().collect::<Vec<_>>())
                        .map_err(|error| failure(&error))?;
                }
                all
            }
        };
        for note in notes(&tensors) {
            task.warn(&note);
        }
        task.work.write_json(TransportTensor::FILE, &tensors)?;
        let viscosity = match (task.inputs.get("trajectory"), tensors.as_slice()) {
            (Some(artifact), [tensor]) => {
                let trajectories: Trajectories = artifact.json(Trajectories::FILE)?;
                viscosity::of(artifact, &trajectories, tensor.temperature_k)
            }
            _ => Err("it is that of one run".to_owned()),
        };
        task.work.write_json(viscosity::FILE, &viscosity)?;
        Ok(())
    }

    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        arguments: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        results::check(node, name, arguments)
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let tensors = tensors_of(artifact).map_err(|failure| failure.text)?;
        let viscosity: Result<Estimate, String> = artifact
            .json(viscosity::FILE)
            .map_err(|error| error.to_string())?;
        results::evaluate(name, arguments, &tensors, viscosity)
    }
}

/// What is said of tensors, each sentence once with the temperatures that it is about.
fn notes(tensors: &[TransportTensor]) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<String>)> = Vec::new();
    for tensor in tensors {
        for note in &tensor.notes {
            let kelvin = tensor.temperature_k.to_string();
            match notes.iter_mut().find(|(text, _)| text == note) {
                Some((_, at)) => at.push(kelvin),
                None => notes.push((note, vec![kelvin])),
            }
        }
    }
    let one = |(text, at): (&str, Vec<String>)| {
        if at.len() == tensors.len() {
            text.to_owned()
        } else {
            format!("at {} K: {text}", at.join(", "))
        }
    };
    notes.into_iter().map(one).collect()
}

fn tensors_of(artifact: &Artifact) -> Result<Vec<TransportTensor>, Failure> {
    Ok(artifact.json(TransportTensor::FILE)?)
}

/// The one way that is given.
fn way(node: &Node<'_>, checked: &mut Checked) -> Option<&'static str> {
    let given: Vec<&(&str, &[&str])> = WAYS.iter().filter(|(way, _)| node.is_given(way)).collect();
    let [(way, own)] = given.as_slice() else {
        let second = given.get(1).map_or("", |(way, _)| *way);
        let finding = Finding::new(
            second,
            codes::TRANSPORT,
            "transport coefficients come from one source",
            if given.is_empty() {
                "it has none"
            } else {
                "a second source"
            },
        );
        checked
            .finding(finding.help(
                "keep one of `trajectory: name`, `tensors: name` and `source: \"file.csv\"`",
            ));
        return None;
    };
    let others = WAYS.iter().flat_map(|(_, fields)| *fields);
    for field in others.filter(|field| !own.contains(field)) {
        if node.is_given(field) && !checked.findings.iter().any(|one| one.path == *field) {
            let text = format!("`{field}` has no meaning for transport coefficients from `{way}`");
            let finding = Finding::new(*field, codes::TRANSPORT, text, "has no meaning here");
            checked.finding(finding.help(format!("leave `{field}` out")));
        }
    }
    Some(way)
}

/// What the runs are made for: the segment whose frames are kept has to give what is asked of it.
fn check_runs(node: &Node<'_>, checked: &mut Checked) {
    let Some(ensemble) = node.input("trajectory") else {
        return;
    };
    let given = node.value("temperature").as_f64();
    let of_file = ensemble.value("temperature").as_f64();
    let mut fault = |field: &'static str, text: String, label: &'static str, help: &str| {
        checked.finding(Finding::new(field, codes::TRANSPORT, text, label).help(help));
    };
    let mut other_temperature = |told: Option<f64>| {
        if let (Some(given), Some(told)) = (given, told)
            && (given - told).abs() > 1e-6 * told
        {
            fault(
                "temperature",
                format!("the runs are at {told} K, not at {given} K"),
                "another temperature",
                "leave `temperature` out: the runs say theirs",
            );
        }
    };
    let Some(protocol) = ensemble.facts::<Protocol>() else {
        other_temperature(of_file);
        return;
    };
    let mut segments = protocol.segments.iter().rev();
    let sampled = segments.find_map(|segment| match segment {
        Segment::Dynamics(dynamics) if dynamics.sample_fs.is_some() => Some(dynamics),
        _ => None,
    });
    let Some(dynamics) = sampled else {
        fault(
            "trajectory",
            "no segment of the ensemble keeps frames".into(),
            "without frames",
            "add `sample 20 fs` to its last segment: how atoms move is read off the frames of a run",
        );
        return;
    };
    other_temperature(dynamics.ensemble.only_temperature_k());
    // Langevin dynamics gives and takes momentum: what diffuses is not what would diffuse.
    let langevin = Thermostat::Langevin;
    if matches!(&dynamics.ensemble, Ensemble::Nvt { thermostat, .. } if *thermostat == langevin) {
        fault(
            "trajectory",
            "the thermostat of this ensemble does not conserve momentum".into(),
            "moved by Langevin's noise",
            "Langevin dynamics changes how atoms diffuse; use `thermostat rescaling` or `thermostat nose_hoover`, or `nve`, in \
             the segment that is sampled",
        );
    }
    let needs = [
        ("method", by_velocities(node)),
        ("plateau", node.is_given("plateau")),
    ];
    if !protocol.keep_velocities
        && let Some((field, _)) = needs.into_iter().find(|(_, needed)| *needed)
    {
        fault(
            field,
            "the ensemble keeps no velocities to integrate".into(),
            "needs velocities",
            "add `velocities: true` to the ensemble",
        );
    }
}

fn by_velocities(node: &Node<'_>) -> bool {
    matches!(node.value("method").as_choice(), Some(("green_kubo", _)))
}

fn errors(node: &Node<'_>) -> Errors {
    match node.value("errors").as_choice() {
        Some(("replicas", _)) => Errors::Replicas,
        _ => Errors::Lengths,
    }
}

/// Errors of replicas need some.
fn check_replicas(node: &Node<'_>, checked: &mut Checked) {
    let Some(ensemble) = node.input("trajectory") else {
        return;
    };
    let count = if ensemble.is_given("file") {
        ensemble.value("file").as_list().map_or(1, <[Value]>::len)
    } else {
        let replicas = ensemble.value("replicas").as_integer();
        replicas.and_then(|one| one.try_into().ok()).unwrap_or(1)
    };
    if let Err(error) = errors(node).allow(count) {
        let text = format!("the ensemble has too few runs: {error}");
        let finding = Finding::new("errors", codes::TRANSPORT, text, "of these runs");
        checked.finding(finding.help(if ensemble.is_given("file") {
            "give more files, or leave `errors` out"
        } else {
            "write `replicas: 5` in the ensemble, or leave `errors` out"
        }));
    }
}

fn check_volumes(node: &Node<'_>, checked: &mut Checked) {
    let frame = node.value("frame");
    let Some(Value::Record(volumes)) = frame.get("partial") else {
        return;
    };
    if !volumes
        .iter()
        .any(|(_, volume)| volume.as_f64().is_some_and(|one| one != 0.0))
    {
        let text = "partial molar volumes that are all zero give no frame";
        let finding = Finding::new("frame", codes::TRANSPORT, text, "all zero");
        checked.finding(finding.help("give them: `volume(partial: { Na: 10, Cl: 27 })`"));
    }
}

fn of_trajectory(task: &Task<'_>) -> Result<TransportTensor, Failure> {
    let node = &task.node;
    let artifact = task.input("trajectory")?;
    let trajectories: Trajectories = artifact.json(Trajectories::FILE)?;
    let told = trajectories.runs.first().and_then(|run| run.temperature_k);
    let temperature_k = node.value("temperature").as_f64().or(told).ok_or_else(|| {
        Failure::new("the trajectory does not say its temperature")
            .help("add `temperature: 1200 K` to this node or to the ensemble of the file")
    })?;
    let span = |field: &str| match node.value(field) {
        Value::Span(ends) => Some((ends.0.as_f64()?, ends.1.as_f64()?)),
        _ => None,
    };
    let ours = trajectories.runs.iter().all(|run| run.log.is_some());
    let mut analysis = TransportAnalysis {
        charges_e: charges(node),
        window_fs: span("window"),
        plateau_fs: span("plateau"),
        by_velocities: by_velocities(node),
        errors: errors(node),
        tolerance: node.value("tolerance").as_f64().unwrap_or(0.2),
        momentum_conserved: ours,
        project: matches!(node.value("positive"), Value::Boolean(true)),
        ..TransportAnalysis::new(temperature_k)
    };
    let runs = runs_of(artifact, &trajectories);
    let frame = node.value("frame");
    analysis.frame = match frame.as_choice() {
        Some(("number", _)) => ReferenceFrame::Number,
        Some(("lattice", _)) => {
            let of = frame.get("of").and_then(Value::as_phase);
            let name = of
                .map(|phase| phase.formula.text().to_owned())
                .unwrap_or_default();
            ReferenceFrame::Species { name }
        }
        Some(("volume", _)) => {
            let Some(Value::Record(volumes)) = frame.get("partial") else {
                return Err(Failure::new("there are no partial molar volumes"));
            };
            // In the order of the species, which the first frame tells.
            let mut first = crate::physics::io::trajectory::Snapshot::default();
            let run = runs
                .first()
                .ok_or_else(|| failure(&TransportError::NoFrames))?;
            (run.open)()
                .and_then(|mut frames| frames.read(&mut first))
                .map_err(|error| Failure::new(error.to_string()))?;
            let species = crate::physics::structure::elements_of(&first.elements);
            let volume = |name: &str| {
                let own = volumes.iter().find(|(known, _)| known == name);
                own.and_then(|(_, value)| value.as_f64()).ok_or_else(|| {
                    Failure::new(format!("there is no partial molar volume of {name}"))
                        .help(format!("add `{name}: …` to `partial`"))
                })
            };
            let partial_volumes = species.iter().map(|one| volume(one.symbol()));
            ReferenceFrame::Volume {
                partial_volumes: partial_volumes.collect::<Result<_, _>>()?,
            }
        }
        _ => ReferenceFrame::Barycentric,
    };
    analysis
        .of(&runs, &TaskHost(task))
        .map_err(|error| failure(&error))
}

pub(super) fn failure(error: &TransportError) -> Failure {
    if matches!(error, TransportError::Cancelled) {
        return Failure::cancelled();
    }
    let mut failure = Failure::new(error.to_string());
    failure.help = error.help();
    failure
}
