//! `potential`: an atomic cluster expansion, from its files.

use std::sync::Arc;

use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Artifact as ArtifactType, Default, Field, KindSchema, Outcome, ResultField, ResultType, Type,
};
use crate::lang::units::{Dimension, Quantity};
use crate::physics::ace::{Expansion, Function};
use crate::physics::oracle::StoredPotential;
use crate::run::kind::{Checked, Column, Failure, Finding, Kind, Node, Source, Table, Task, Value};
use crate::run::store::Artifact;

pub struct Potential;

const SCHEMA: KindSchema = KindSchema {
    name: "potential",
    version: 1,
    summary: "an atomic cluster expansion, from a file of pacemaker",
    doc: "The file is read and checked before anything runs. `.yace` holds a potential as it is evaluated, `.yaml` as it was \
          fitted; only with the latter an active set can tell extrapolation grades.",
    example: "potential argon { file: \"argon.yaml\", active_set: \"argon.asi\" }",
    outcome: Outcome::Artifact(ArtifactType(StoredPotential::TYPE)),
    fields: &[
        Field::new(
            "file",
            Type::Path,
            Default::Required,
            "The potential: `.yace` or `.yaml`.",
            "\"ba_ti_o.yace\"",
        ),
        Field::new(
            "active_set",
            Type::Path,
            Default::Absent,
            "The active set of a `.yaml` file: `.asi`, linear or full.",
            "\"ba_ti_o.asi\"",
        ),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "cutoff",
            doc: "The farthest that two atoms see each other.",
            example: "ace.cutoff",
            parameters: &[],
            ty: ResultType::Quantity(Dimension::LENGTH, "Å"),
        },
        ResultField {
            name: "functions",
            doc: "Number of functions by element of the centre and rank.",
            example: "ace.functions",
            parameters: &[],
            ty: ResultType::Table,
        },
    ],
    random: false,
    replicated_by: None,
};

impl Kind for Potential {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let file = read(node, "file", &mut checked);
        let set = read(node, "active_set", &mut checked);
        if let Some((name, bytes)) = file
            && checked.findings.is_empty()
        {
            let set = set.as_ref().map(|(_, bytes)| &**bytes);
            match Expansion::read(&bytes, set) {
                Ok(expansion) => {
                    let stored = StoredPotential::Expansion(Arc::new(expansion));
                    checked.facts = Some(Arc::new(stored));
                }
                Err(error) => checked.finding(
                    Finding::new(
                        "file",
                        codes::STRUCTURE_FILE,
                        format!("{name}: {error}"),
                        "this potential",
                    )
                    .help(error.help),
                ),
            }
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let mut names = Vec::new();
        for (field, name) in [("file", "potential"), ("active_set", "active_set")] {
            let Value::Path(path) = task.node.value(field) else {
                continue;
            };
            let bytes = task
                .node
                .bytes(&path)
                .map_err(|error| Failure::new(error.to_string()))?;
            let ending = path.rsplit_once('.').map_or("yace", |(_, ending)| ending);
            let name = format!("{name}.{ending}");
            task.work.write(&name, &bytes)?;
            names.push(name);
        }
        let Some((file, set)) = names.split_first() else {
            return Err(Failure::new("there is no file"));
        };
        let record = StoredPotential::record_of_expansion(file, set.first().map(String::as_str));
        task.work.write_json(StoredPotential::FILE, &record)?;
        Ok(())
    }

    fn result(
        &self,
        name: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let read = |name: &str| artifact.read(name).map_err(|error| error.to_string());
        let stored = StoredPotential::load(&read).map_err(|error| error.to_string())?;
        let StoredPotential::Expansion(expansion) = stored else {
            return Err("it is no cluster expansion".into());
        };
        match name {
            "cutoff" => {
                let cutoff = expansion.model.interactions.cutoff_ang();
                Ok(Value::Quantity(Quantity::new(cutoff, Dimension::LENGTH)))
            }
            _ => Ok(Value::Table(Arc::new(functions(&expansion)))),
        }
    }
}

/// Reads the file of a field, and notes that the node reads it.
fn read(node: &Node<'_>, field: &str, checked: &mut Checked) -> Option<(String, Vec<u8>)> {
    let Value::Path(path) = node.value(field) else {
        return None;
    };
    match node.bytes(&path) {
        Ok(bytes) => {
            checked.sources.push(Source {
                name: path.to_string(),
                digest: blake3::hash(&bytes).to_hex().to_string(),
            });
            Some((path.to_string(), bytes))
        }
        Err(error) => {
            checked.finding(
                Finding::new(field, codes::STRUCTURE_FILE, error.to_string(), "this file")
                    .help("give the name of a file beside the recipe"),
            );
            None
        }
    }
}

fn functions(expansion: &Expansion) -> Table {
    let model = &expansion.model;
    let most = model.functions.iter().flatten().map(Function::rank).max();
    let elements = model.interactions.elements.iter();
    let mut columns = vec![Column::texts(
        "centre",
        elements.map(ToString::to_string).collect(),
    )];
    for rank in 1..=most.unwrap_or(0) {
        let count = model.functions.iter().map(|of| {
            let of_rank = of.iter().filter(|one| one.rank() == rank);
            of_rank.count() as f64
        });
        columns.push(Column::numbers(format!("rank {rank}"), "", count.collect()));
    }
    Table {
        title: "functions of the expansion".into(),
        columns,
        ..Table::default()
    }
}
