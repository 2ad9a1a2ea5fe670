//! Trajectories from files of other programs, as ensembles.

use std::io::Cursor;
use std::sync::Arc;

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::host::Host;
use crate::physics::io::Structures;
use crate::physics::io::trajectory::{
    Format, Frames, LammpsUnits, ReadOptions, Snapshot, TrajectoryError, format_of, read_trajectory,
};
use crate::physics::md::{ImportError, MdError, Trajectories, import};
use crate::run::kind::{Checked, Failure, Finding, Node, Source, Task, Value};

use super::results::{DENSITY_BASE_PER_G_CM3, of_values};

/// Fields that belong to a trajectory from a file alone.
pub(super) const OWN: [&str; 5] = ["types", "units", "interval", "temperature", "discard"];

/// Looks at the head of each file.
pub(super) fn check(node: &Node<'_>, checked: &mut Checked) {
    for field in [
        "potential",
        "replicas",
        "observed",
        "log",
        "drift",
        "velocities",
    ] {
        if node.is_given(field) {
            checked.finding(
                Finding::new(
                    field,
                    codes::STRUCTURE_FILE,
                    format!("`{field}` says how atoms are moved, and these come from a file"),
                    "has no meaning here",
                )
                .help(format!("leave `{field}` out; each file is one replica")),
            );
        }
    }
    if !node.steps().is_empty() {
        checked.finding(
            Finding::new(
                "steps[0]",
                codes::STRUCTURE_FILE,
                "a trajectory from a file has no protocol",
                "has no meaning here",
            )
            .help("leave the protocol out, or leave out `file` and start from a structure"),
        );
    }
    let mut elements: Option<Vec<Element>> = None;
    for path in paths(node) {
        let bytes: Arc<[u8]> = match node.bytes(&path) {
            Ok(bytes) => bytes.into(),
            Err(error) => {
                checked.finding(
                    Finding::new(
                        "file",
                        codes::STRUCTURE_FILE,
                        error.to_string(),
                        "this file",
                    )
                    .help("give the name of a file beside the recipe"),
                );
                continue;
            }
        };
        checked.sources.push(Source {
            name: path.clone(),
            digest: blake3::hash(&bytes).to_hex().to_string(),
        });
        let format = format_of(Cursor::new(Arc::clone(&bytes)));
        // The atoms of a DCD file are those of `start`, which is known at the run.
        if format == Some(Format::Dcd) {
            if node.input("start").is_none() {
                checked.finding(
                    Finding::new(
                        "file",
                        codes::STRUCTURE_FILE,
                        format!("{path} is a DCD file, which does not say what its atoms are"),
                        "atoms without elements",
                    )
                    .help("add `start: name` of a structure with the same atoms in the same order"),
                );
            }
            continue;
        }
        match first_frame(bytes, options(node, format, None)) {
            Err(error) => checked.finding(
                Finding::new(
                    "file",
                    codes::STRUCTURE_FILE,
                    format!("{path}: {error}"),
                    "this file",
                )
                .help(error.help),
            ),
            Ok(first) => {
                if let (None, Some(format)) = (first.time_fs, format) {
                    needs_times(node, &path, format, checked);
                }
                if elements
                    .as_ref()
                    .is_some_and(|before| **before != *first.elements)
                {
                    checked.finding(
                        Finding::new(
                            "file",
                            codes::STRUCTURE_FILE,
                            format!("the atoms of {path} are not those of the first file"),
                            "other atoms",
                        )
                        .help("files of one ensemble are replicas of the same atoms; make two ensembles of them"),
                    );
                }
                elements.get_or_insert_with(|| first.elements.to_vec());
            }
        }
    }
}

/// A file that has no times of its own needs the field that belongs to its form.
fn needs_times(node: &Node<'_>, path: &str, format: Format, checked: &mut Checked) {
    let (field, what) = match format {
        Format::LammpsDump | Format::Dcd => (
            "timestep",
            "numbers its steps but does not say how long one is",
        ),
        Format::Extxyz | Format::Xdatcar => {
            ("interval", "does not say how far apart its frames are")
        }
    };
    if !node.is_given(field) {
        let example = node.schema().field(field).map_or("", |field| field.example);
        checked.finding(
            Finding::new(
                "file",
                codes::STRUCTURE_FILE,
                format!("{path} {what}"),
                "frames without times",
            )
            .help(format!(
                "add `{field}: {example}`, as the run that wrote it had"
            )),
        );
    }
}

/// Writes all files in our form, one replica each.
pub(super) fn run(task: &Task<'_>, host: &dyn Host) -> Result<(), Failure> {
    let node = &task.node;
    let atoms = match task.inputs.get("start") {
        None => None,
        Some(artifact) => {
            let structures = Structures::read(&artifact.read(Structures::FILE)?)
                .map_err(|error| Failure::new(error.to_string()))?;
            structures.frames.into_iter().next()
        }
    };
    let atoms = atoms.map(|frame| frame.structure.elements);
    let number = |field: &str| node.value(field).as_f64();
    let mut all = Trajectories::default();
    for (at, path) in paths(node).iter().enumerate() {
        let bytes: Arc<[u8]> = node
            .bytes(path)
            .map_err(|error| Failure::new(error.to_string()))?
            .into();
        let format = format_of(Cursor::new(Arc::clone(&bytes)));
        let options = options(node, format, atoms.clone());
        let mut frames =
            read_trajectory(Cursor::new(bytes), options).map_err(|error| of_file(path, &error))?;
        let name = format!("trajectory_{at}.synthtrj");
        let to = task.work.unfinished()?.join(&name);
        let imported =
            import(&mut frames, &to, number("discard").unwrap_or(0.0), host).map_err(|error| {
                match error {
                    ImportError::Frames(error) => of_file(path, &error),
                    ImportError::Store(MdError::Cancelled) => Failure::cancelled(),
                    other => Failure::new(format!("{path}: {other}")),
                }
            })?;
        task.work.take(&to, &name)?;
        if let Some(fault) = imported.fault {
            task.warn(&format!("{path}: {fault}; the frames before it are used"));
        }
        let mut record = imported.record;
        if let Some(why) = &record.unfollowed {
            task.warn(&format!(
                "{path}: {why}; there are no displacements of its atoms"
            ));
        }
        record.file = name;
        record.temperature_k = number("temperature");
        all.runs.push(record);
    }
    task.work.write_json(Trajectories::FILE, &all)?;
    Ok(())
}

/// What a trajectory from a file has of the results of an ensemble.
pub(super) fn evaluate(name: &str, all: &Trajectories) -> Result<Value, String> {
    match name {
        "density" => {
            let densities = all.runs.iter().filter_map(|run| run.density_g_per_cm3);
            let densities: Vec<f64> = densities.collect();
            Ok(of_values(
                &densities,
                DENSITY_BASE_PER_G_CM3,
                Dimension::DENSITY,
            ))
        }
        "temperature" => match all.runs.first().and_then(|run| run.temperature_k) {
            Some(kelvin) => Ok(Value::Quantity(Quantity::new(
                kelvin,
                Dimension::TEMPERATURE,
            ))),
            None => Err("the ensemble does not say it: add `temperature: 1200 K`".into()),
        },
        other => Err(format!("a trajectory from a file has no `{other}`")),
    }
}

/// What cannot be asked of a trajectory from a file.
pub(super) fn check_result(name: &str) -> Vec<Finding> {
    if matches!(name, "density" | "temperature") {
        return Vec::new();
    }
    let finding = Finding::new(
        "",
        codes::STRUCTURE_FILE,
        format!("a trajectory from a file has no `{name}`"),
        "not in the file",
    );
    vec![
        finding
            .help("its `density` and `temperature` are known; a `structure_analysis` knows more"),
    ]
}

fn paths(node: &Node<'_>) -> Vec<String> {
    let path = |value: &Value| match value {
        Value::Path(path) => Some(path.to_string()),
        _ => None,
    };
    match node.value("file") {
        Value::List(all) => all.iter().filter_map(path).collect(),
        one => path(&one).into_iter().collect(),
    }
}

fn options(node: &Node<'_>, format: Option<Format>, atoms: Option<Vec<Element>>) -> ReadOptions {
    let types = match node.value("types") {
        Value::List(all) => all.iter().filter_map(Value::as_element).collect(),
        _ => Vec::new(),
    };
    // The default is for runs of ours; a file's step is not to be guessed.
    let field = match format {
        Some(Format::Extxyz | Format::Xdatcar) => "interval",
        _ => "timestep",
    };
    let given = node.is_given(field).then(|| node.value(field).as_f64());
    ReadOptions {
        types,
        elements: atoms.unwrap_or_default(),
        step_fs: given.flatten(),
        units: match node.value("units").as_choice() {
            Some(("real", _)) => LammpsUnits::Real,
            _ => LammpsUnits::Metal,
        },
    }
}

fn first_frame(bytes: Arc<[u8]>, options: ReadOptions) -> Result<Snapshot, TrajectoryError> {
    let mut first = Snapshot::default();
    if read_trajectory(Cursor::new(bytes), options)?.read(&mut first)? {
        Ok(first)
    } else {
        Err(TrajectoryError::new(
            1,
            "the file is empty",
            "give a file with at least one frame",
        ))
    }
}

fn of_file(path: &str, error: &TrajectoryError) -> Failure {
    Failure::new(format!("{path}: {error}")).help(error.help.clone())
}
