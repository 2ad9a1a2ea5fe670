//! `evaluation`: what a potential says of configurations, and how far it is from their labels.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::host::TaskHost;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Artifact as ArtifactType, Default, Field, KindSchema, Outcome, ResultField, ResultType, Type,
};
use crate::lang::units::{Dimension, Quantity};
use crate::physics::ace::Expansion;
use crate::physics::host::{Host, Quiet};
use crate::physics::io::{Column as AtomColumn, Frame, Structures, Values, read_structures};
use crate::physics::oracle::{Errors, PartialLabel, StoredPotential, evaluate, names};
use crate::physics::potential::Potential;
use crate::run::kind::{
    Checked, Column, Export, Failure, Finding, Kind, Node, Source, Table, Task, Value,
};
use crate::run::store::Artifact;

pub struct Evaluation;

/// What an artifact of this kind is called, and its file.
const TYPE: &str = "evaluated structures";
const FILE: &str = "evaluated.xyz";

/// eV/Å³ in GPa.
const GPA_PER_EV_ANG3: f64 = crate::base::constants::ELEMENTARY_CHARGE_C * 1e21;

const fn field(
    name: &'static str,
    ty: Type,
    default: Default,
    doc: &'static str,
    example: &'static str,
) -> Field {
    Field::new(name, ty, default, doc, example)
}

const SCHEMA: KindSchema = KindSchema {
    name: "evaluation",
    version: 1,
    summary: "what a potential says of structures, and how far it is from their labels",
    doc: "Energies, forces, stresses and extrapolation grades of structures; with labels (in an extended XYZ file: `energy`, \
          `forces`, `stress` or `virial`), or with another potential as `reference`, also the errors. A structure that the \
          potential cannot take is left out, with a warning.",
    example: "potential argon { file: \"argon.yaml\", active_set: \"argon.asi\" }\n\
              oracle exact { method: analytic(lennard_jones(epsilon: 0.0103236 eV, sigma: 3.405 Å, cutoff: 7 Å)) }\n\
              structure distorted {\n  prototype: fcc(a: 5.3 Å)\n  formula: Ar\n  copies: 10\n  supercell [2, 2, 2]\n  \
              rattle 0.1 Å\n}\n\
              evaluation accuracy { potential: argon, structures: distorted, reference: exact }",
    outcome: Outcome::Artifact(ArtifactType(TYPE)),
    fields: &[
        field(
            "potential",
            Type::Artifact(ArtifactType(StoredPotential::TYPE)),
            Default::Required,
            "What is asked.",
            "argon",
        ),
        field(
            "structures",
            Type::Either(&[
                Type::Artifact(ArtifactType(Structures::TYPE)),
                Type::Path,
                Type::List(&Type::Path),
            ]),
            Default::Required,
            "What it is asked about: a `structure`, or files (extended XYZ with labels, CIF, POSCAR, LAMMPS data).",
            "\"test.extxyz\"",
        ),
        field(
            "reference",
            Type::Artifact(ArtifactType(StoredPotential::TYPE)),
            Default::Absent,
            "A potential that says what is right, in place of labels in the files.",
            "exact",
        ),
    ],
    steps: &[],
    results: &[
        ResultField::new(
            "energy_rmse",
            "Root mean square error of energies, per atom.",
            "accuracy.energy_rmse",
            ResultType::Quantity(Dimension::ENERGY, "meV"),
        ),
        ResultField::new(
            "force_rmse",
            "Root mean square error of force components.",
            "accuracy.force_rmse",
            ResultType::Quantity(Dimension::FORCE, "meV/Å"),
        ),
        ResultField::new(
            "stress_rmse",
            "Root mean square error of stress components.",
            "accuracy.stress_rmse",
            ResultType::Quantity(Dimension::PRESSURE, "GPa"),
        ),
        ResultField::new(
            "gamma",
            "The largest extrapolation grade of any atom.",
            "accuracy.gamma",
            ResultType::Quantity(Dimension::NONE, ""),
        ),
        ResultField::new(
            "errors",
            "Root mean square, mean absolute and largest errors of energies, forces and stresses.",
            "accuracy.errors",
            ResultType::Table,
        ),
        ResultField::new(
            "structures",
            "Energy, largest force, pressure and largest grade of each structure.",
            "accuracy.structures",
            ResultType::Table,
        ),
        ResultField::new(
            "atoms",
            "Energy, force and grade of each atom.",
            "accuracy.atoms",
            ResultType::Table,
        ),
        ResultField::new(
            "energy_parity",
            "Energies against their labels.",
            "accuracy.energy_parity",
            ResultType::Table,
        ),
        ResultField::new(
            "force_parity",
            "Force components against their labels.",
            "accuracy.force_parity",
            ResultType::Table,
        ),
    ],
    random: false,
    replicated_by: None,
};

impl Kind for Evaluation {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        for path in paths(node) {
            match read_file(node, &path) {
                Ok((digest, _)) => checked.sources.push(Source { name: path, digest }),
                Err((problem, help)) => checked.finding(
                    Finding::new("structures", codes::STRUCTURE_FILE, problem, "this file")
                        .help(help),
                ),
            }
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let node = &task.node;
        let mut frames = Vec::new();
        if let Some(artifact) = task.inputs.get("structures") {
            let read = Structures::read(&artifact.read(Structures::FILE)?);
            frames = read
                .map_err(|error| Failure::new(error.to_string()))?
                .frames;
        }
        for path in paths(node) {
            let (_, own) = read_file(node, &path)
                .map_err(|(problem, help)| Failure::new(problem).help(help))?;
            frames.extend(own);
        }
        let potential = stored(task, "potential")?.potential();
        let reference = if task.inputs.contains_key("reference") {
            Some(stored(task, "reference")?.potential())
        } else {
            None
        };
        let host = TaskHost(task);
        let (made, warnings) = evaluated(&frames, &*potential, reference.as_deref(), &host)?;
        for warning in warnings {
            task.warn(&warning);
        }
        let mut bytes = Vec::new();
        Structures { frames: made }.write(&mut bytes)?;
        task.work.write(FILE, &bytes)?;
        Ok(())
    }

    fn exports(&self) -> &'static [Export] {
        &[Export {
            name: "extxyz",
            doc: "Extended XYZ, as ASE and pacemaker's collectors read it: energies, forces, stresses and grades.",
        }]
    }

    fn export(
        &self,
        artifact: &Artifact,
        _: &Export,
        stem: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        let file = stem.with_extension("extxyz");
        std::fs::write(&file, artifact.read(FILE)?)?;
        Ok(vec![file])
    }

    fn result(
        &self,
        name: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let bytes = artifact.read(FILE).map_err(|error| error.to_string())?;
        let frames = Structures::read(&bytes)
            .map_err(|error| error.to_string())?
            .frames;
        let rmse = |pairs: Vec<[f64; 2]>, factor: f64, dimension, label: &str| {
            let errors = Errors::of(pairs).ok_or_else(|| {
                format!("no structure has a `{label}` to compare with; name a `reference`")
            })?;
            let value = errors.root_mean_square * factor;
            Ok(Value::Quantity(Quantity::new(value, dimension)))
        };
        let table = match name {
            "energy_rmse" => return rmse(energies(&frames), 1.0, Dimension::ENERGY, names::ENERGY),
            "force_rmse" => return rmse(forces(&frames), 1.0, Dimension::FORCE, names::FORCES),
            "stress_rmse" => {
                return rmse(stresses(&frames), 1.0, Dimension::PRESSURE, names::STRESS);
            }
            "gamma" => {
                let grades = frames.iter().flat_map(|frame| numbers(frame, names::GRADE));
                let largest = grades.copied().reduce(f64::max);
                let largest = largest.ok_or("the potential has no extrapolation grades")?;
                return Ok(Value::Quantity(Quantity::number(largest)));
            }
            "errors" => error_table(&frames)?,
            "structures" => structure_table(&frames),
            "atoms" => atom_table(&frames),
            "energy_parity" => parity("energy", "eV/atom", energies(&frames)),
            _ => parity("force", "eV/Å", forces(&frames)),
        };
        Ok(Value::Table(Arc::new(table)))
    }
}

fn paths(node: &Node<'_>) -> Vec<String> {
    let path = |value: &Value| match value {
        Value::Path(path) => Some(path.to_string()),
        _ => None,
    };
    match node.value("structures") {
        Value::List(all) => all.iter().filter_map(path).collect(),
        one => path(&one).into_iter().collect(),
    }
}

/// The digest of a file and its structures; what is wrong and a mend, if it cannot be read.
fn read_file(node: &Node<'_>, path: &str) -> Result<(String, Vec<Frame>), (String, String)> {
    let help = "give the name of a file of structures beside the recipe";
    let bytes = node
        .bytes(path)
        .map_err(|error| (error.to_string(), help.to_owned()))?;
    let frames = frames_of(path, &bytes)?;
    Ok((blake3::hash(&bytes).to_hex().to_string(), frames))
}

fn frames_of(path: &str, bytes: &[u8]) -> Result<Vec<Frame>, (String, String)> {
    use crate::physics::io::StructureFileError as Fault;
    let frames = read_structures(path, bytes).map_err(|error| {
        let help = match &error {
            Fault::Fault { error, .. } => error.help.clone(),
            Fault::UnknownForm(_) => {
                "name it `.extxyz`, `.cif`, `.vasp` or `.data` after what it is".to_owned()
            }
        };
        (error.to_string(), help)
    })?;
    if frames.is_empty() {
        let help = "give a file with at least one structure".to_owned();
        return Err((format!("{path} holds no structure"), help));
    }
    Ok(frames)
}

fn stored(task: &Task<'_>, field: &str) -> Result<StoredPotential, Failure> {
    let artifact = task.input(field)?;
    let read = |name: &str| artifact.read(name).map_err(|error| error.to_string());
    StoredPotential::load(&read).map_err(|error| Failure::new(error.to_string()))
}

/// All configurations that the potential can take, with what it says of them; and what it could not take.
fn evaluated(
    frames: &[Frame],
    potential: &dyn Potential,
    reference: Option<&dyn Potential>,
    host: &dyn Host,
) -> Result<(Vec<Frame>, Vec<String>), Failure> {
    let cannot = |at: usize, error: &dyn std::fmt::Display| {
        format!("structure {} is left out: {error}", at + 1)
    };
    let labels: Vec<Result<PartialLabel, String>> = match reference {
        None => frames
            .iter()
            .map(|frame| Ok(PartialLabel::of(frame)))
            .collect(),
        Some(reference) => {
            let made = evaluate(reference, frames, host).into_iter().enumerate();
            made.map(|(at, made)| match made {
                None => Err(Failure::cancelled()),
                Some(made) => Ok(made
                    .map(|made| made.label.into())
                    .map_err(|error| cannot(at, &format!("the reference says: {error}")))),
            })
            .collect::<Result<_, _>>()?
        }
    };
    let (mut out, mut warnings) = (Vec::new(), Vec::new());
    let made = evaluate(potential, frames, host).into_iter();
    for (at, ((frame, made), label)) in frames.iter().zip(made).zip(labels).enumerate() {
        match (made.ok_or_else(Failure::cancelled)?, label) {
            (Err(error), _) => warnings.push(cannot(at, &error)),
            (_, Err(text)) => warnings.push(text),
            (Ok(made), Ok(label)) => out.push(made.written_to(frame, &label)),
        }
    }
    if out.is_empty() {
        let why = warnings.into_iter().next().unwrap_or_default();
        return Err(
            Failure::new(format!("no structure could be evaluated; {why}"))
                .help("give structures of the elements that the potential knows, without overlaps"),
        );
    }
    Ok((out, warnings))
}

fn numbers<'a>(frame: &'a Frame, column: &str) -> &'a [f64] {
    match frame.columns.get(column) {
        Some(AtomColumn {
            values: Values::Reals(values),
            ..
        }) => values,
        _ => &[],
    }
}

fn named(name: &str) -> String {
    format!("{}{name}", names::REFERENCE)
}

/// Per atom, eV: what is and what should be.
fn energies(frames: &[Frame]) -> Vec<[f64; 2]> {
    let pair = |frame: &Frame| {
        let atoms = frame.structure.len() as f64;
        let reference = frame.real(&named(names::ENERGY))?;
        Some([frame.energy_ev()? / atoms, reference / atoms])
    };
    frames.iter().filter_map(pair).collect()
}

/// Components, eV/Å.
fn forces(frames: &[Frame]) -> Vec<[f64; 2]> {
    let reference = named(names::FORCES);
    let pairs = frames.iter().flat_map(|frame| {
        let pairs = numbers(frame, names::FORCES)
            .iter()
            .zip(numbers(frame, &reference));
        pairs.map(|(is, should)| [*is, *should])
    });
    pairs.collect()
}

/// Components, eV/Å³.
fn stresses(frames: &[Frame]) -> Vec<[f64; 2]> {
    use crate::physics::io::Info;
    let reals = |frame: &Frame, name: &str| match frame.info.get(name) {
        Some(Info::Reals(values)) => values.clone(),
        _ => Vec::new(),
    };
    let reference = named(names::STRESS);
    let pairs = frames.iter().flat_map(|frame| {
        let (is, should) = (reals(frame, names::STRESS), reals(frame, &reference));
        is.into_iter()
            .zip(should)
            .map(|(is, should)| [is, should])
            .collect::<Vec<_>>()
    });
    pairs.collect()
}

fn error_table(frames: &[Frame]) -> Result<Table, String> {
    let energies = energies(frames);
    let rows = [
        (
            "energy",
            "meV/atom",
            1e3,
            Errors::of(energies.iter().copied()),
        ),
        (
            "energy but for the mean difference",
            "meV/atom",
            1e3,
            Errors::but_for_the_mean(&energies),
        ),
        ("force component", "meV/Å", 1e3, Errors::of(forces(frames))),
        (
            "stress component",
            "GPa",
            GPA_PER_EV_ANG3,
            Errors::of(stresses(frames)),
        ),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(name, unit, factor, errors)| Some((name, unit, factor, errors?)))
        .collect();
    if rows.is_empty() {
        return Err("no structure has labels to compare with; name a `reference`".into());
    }
    let texts = |of: &dyn Fn(&(&'static str, &'static str, f64, Errors)) -> String| {
        rows.iter().map(of).collect::<Vec<String>>()
    };
    let column = |name: &str, of: fn(&Errors) -> f64| {
        let values = rows
            .iter()
            .map(|(_, _, factor, errors)| factor * of(errors));
        Column::numbers(name, "", values.collect())
    };
    let counts = rows.iter().map(|row| row.3.count as f64).collect();
    Ok(Table::new("errors against labels")
        .with(Column::texts("of", texts(&|row| row.0.to_owned())))
        .with(Column::texts("unit", texts(&|row| row.1.to_owned())))
        .with(Column::numbers("count", "", counts))
        .with(column("root_mean_square", |errors| errors.root_mean_square))
        .with(column("mean_absolute", |errors| errors.mean_absolute))
        .with(column("largest", |errors| errors.largest)))
}

fn structure_table(frames: &[Frame]) -> Table {
    let column = |name: &str, unit: &str, of: &dyn Fn(&Frame) -> f64| {
        Column::numbers(name, unit, frames.iter().map(of).collect())
    };
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let formula = |frame: &Frame| {
        crate::physics::structure::elements_of(&frame.structure.elements)
            .into_iter()
            .map(|element| {
                let atoms = frame.structure.elements.iter();
                format!("{element}{}", atoms.filter(|one| **one == element).count())
            })
            .collect()
    };
    let numbers_of = (1..=frames.len()).map(|number| number as f64);
    let mut table = Table::new("structures")
        .with(Column::numbers("structure", "", numbers_of.collect()))
        .with(Column::texts("atoms", frames.iter().map(formula).collect()))
        .with(column("energy", "eV/atom", &|frame| {
            frame.energy_ev().unwrap_or(f64::NAN) / frame.structure.len() as f64
        }))
        .with(column("largest_force", "eV/Å", &|frame| {
            let forces = frame.forces().unwrap_or_default();
            let sizes = forces
                .iter()
                .map(|f| f.iter().map(|x| x * x).sum::<f64>().sqrt());
            largest(&sizes.collect::<Vec<f64>>())
        }))
        .with(column("pressure", "GPa", &|frame| {
            let stress = frame.stress_ev_per_ang3().unwrap_or([[f64::NAN; 3]; 3]);
            -GPA_PER_EV_ANG3 * (stress[0][0] + stress[1][1] + stress[2][2]) / 3.0
        }));
    if frames
        .iter()
        .any(|frame| frame.columns.contains_key(names::GRADE))
    {
        table = table.with(column("gamma", "", &|frame| {
            largest(numbers(frame, names::GRADE))
        }));
    }
    table
}

fn atom_table(frames: &[Frame]) -> Table {
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 7];
    let mut elements = Vec::new();
    let mut graded = true;
    for (at, frame) in frames.iter().enumerate() {
        let (energies, grades) = (
            numbers(frame, names::ATOMIC_ENERGY),
            numbers(frame, names::GRADE),
        );
        let forces = frame.forces().unwrap_or_default();
        graded &= !grades.is_empty();
        for (atom, element) in frame.structure.elements.iter().enumerate() {
            elements.push(element.to_string());
            let force = forces.get(atom).copied().unwrap_or([f64::NAN; 3]);
            let row = [
                (at + 1) as f64,
                (atom + 1) as f64,
                energies.get(atom).copied().unwrap_or(f64::NAN),
                force[0],
                force[1],
                force[2],
                grades.get(atom).copied().unwrap_or(f64::NAN),
            ];
            columns
                .iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(value));
        }
    }
    let heads = [
        ("structure", ""),
        ("atom", ""),
        ("energy", "eV"),
        ("force_x", "eV/Å"),
        ("force_y", "eV/Å"),
        ("force_z", "eV/Å"),
        ("gamma", ""),
    ];
    let mut table = Table::new("atoms").with(Column::texts("element", elements));
    for ((name, unit), values) in heads.into_iter().zip(columns) {
        if name != "gamma" || graded {
            table = table.with(Column::numbers(name, unit, values));
        }
    }
    table
}

fn parity(what: &str, unit: &str, pairs: Vec<[f64; 2]>) -> Table {
    let (is, should): (Vec<f64>, Vec<f64>) =
        pairs.into_iter().map(|[is, should]| (is, should)).unzip();
    Table::new(format!("{what} of the potential"))
        .with(Column::numbers("label", unit, should).as_axis())
        .with(Column::numbers(what, unit, is).as_points())
}

/// `synth eval-potential`: structures of a file with what a potential of a file says of them, as extended XYZ; a table of the
/// structures and, where the file has labels, one of errors; and warnings. The error is a sentence and a mend.
pub fn evaluate_files(
    potential: &[u8],
    active_set: Option<&[u8]>,
    (name, structures): (&str, &[u8]),
) -> Result<(Vec<u8>, Vec<Table>, Vec<String>), (String, String)> {
    let expansion =
        Expansion::read(potential, active_set).map_err(|error| (error.to_string(), error.help))?;
    let frames = frames_of(name, structures)?;
    let (made, warnings) = evaluated(&frames, &expansion.potential(), None, &Quiet)
        .map_err(|failure| (failure.text, failure.help.unwrap_or_default()))?;
    let tables = [Ok(structure_table(&made)), error_table(&made)];
    let tables = tables.into_iter().flatten().collect();
    let mut bytes = Vec::new();
    Structures { frames: made }
        .write(&mut bytes)
        .map_err(|error| (error.to_string(), String::new()))?;
    Ok((bytes, tables, warnings))
}
