//! `potential`: an atomic cluster expansion, from its files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Artifact as ArtifactType, Default, Field, KindSchema, Outcome, ResultField, ResultType, Type,
};
use crate::lang::units::{Dimension, Quantity};
use crate::physics::ace::{
    Expansion, Extent, Function, discontinuities, missing_parts, write_asi, write_basis, write_yace,
};
use crate::physics::oracle::StoredPotential;
use crate::run::kind::{
    Checked, Column, Export, Failure, Finding, Kind, Node, Source, Table, Task, Value,
};
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

    fn exports(&self) -> &'static [Export] {
        &[
            Export {
                name: "yace",
                doc: "The form that LAMMPS evaluates.",
            },
            Export {
                name: "yaml",
                doc: "The basis, as pacemaker and python-ace read it; with its active set, if it has one.",
            },
        ]
    }

    fn export(
        &self,
        artifact: &Artifact,
        form: &Export,
        stem: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        let expansion = expansion(artifact).map_err(Failure::new)?;
        let file = |ending: &str| stem.with_extension(ending);
        if form.name == "yace" {
            std::fs::write(file("yace"), write_yace(&expansion.model))?;
            return Ok(vec![file("yace")]);
        }
        let Some(basis) = &expansion.basis else {
            return Err(Failure::new(
                "its file has no basis any more, only the form that is evaluated",
            )
            .help("export it as `yace`, or name the `.yaml` file that it was made from"));
        };
        std::fs::write(file("yaml"), write_basis(basis))?;
        let mut files = vec![file("yaml")];
        if let Some(set) = &expansion.active_set {
            let bytes = write_asi(set, basis).map_err(|error| Failure::new(error.to_string()))?;
            std::fs::write(file("asi"), bytes)?;
            files.push(file("asi"));
        }
        Ok(files)
    }

    fn result(
        &self,
        name: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let expansion = expansion(artifact)?;
        match name {
            "cutoff" => {
                let cutoff = expansion.model.interactions.cutoff_ang();
                Ok(Value::Quantity(Quantity::new(cutoff, Dimension::LENGTH)))
            }
            _ => Ok(Value::Table(Arc::new(functions(&expansion)))),
        }
    }
}

fn expansion(artifact: &Artifact) -> Result<Arc<Expansion>, String> {
    let read = |name: &str| artifact.read(name).map_err(|error| error.to_string());
    match StoredPotential::load(&read).map_err(|error| error.to_string())? {
        StoredPotential::Expansion(expansion) => Ok(expansion),
        StoredPotential::Analytic(_) => Err("it is no cluster expansion".into()),
    }
}

/// `synth potential info`: what is in a file of a potential, as text and a table of its functions. The error is a sentence
/// and a mend.
pub fn describe(
    potential: &[u8],
    active_set: Option<&[u8]>,
) -> Result<(String, Table), (String, String)> {
    let expansion =
        Expansion::read(potential, active_set).map_err(|error| (error.to_string(), error.help))?;
    let interactions = &expansion.model.interactions;
    let elements = &interactions.elements;
    let mut out = String::new();
    let mut line = |name: &str, text: String| {
        let _ = writeln!(out, "{name:<18} {text}");
    };
    let symbols: Vec<&str> = elements.iter().map(|one| one.symbol()).collect();
    line("elements", symbols.join(" "));
    line(
        "form",
        match &expansion.basis {
            Some(_) => "basis (.yaml): coefficients of invariant functions".to_owned(),
            None => "evaluated form (.yace): coefficients of products".to_owned(),
        },
    );
    line("cutoff", format!("{} Å", interactions.cutoff_ang()));
    if let Some(basis) = &expansion.basis {
        let counts = elements.iter().zip(&basis.functions);
        let counts: Vec<String> = counts
            .map(|(one, of)| format!("{one} {}", of.len()))
            .collect();
        line("basis functions", counts.join(", "));
    }
    for (element, site) in elements.iter().zip(&interactions.sites) {
        let terms: Vec<String> = site
            .embedding
            .terms
            .iter()
            .map(|term| format!("{} F(ρ; {})", term.weight, term.exponent))
            .collect();
        let name = format!("embedding {element}");
        line(
            &name,
            format!("{}: {}", site.embedding.form.name(), terms.join(" + ")),
        );
        if site.energy_ev != 0.0 {
            line(
                &format!("energy {element}"),
                format!("{} eV of a lone atom", site.energy_ev),
            );
        }
    }
    for (first, one) in elements.iter().enumerate() {
        for (second, other) in elements.iter().enumerate().skip(first) {
            let bond = interactions.bond(first, second);
            let mut text = format!(
                "{}, {} functions g and {} R up to l = {}, cutoff {} Å",
                bond.basis.name(),
                bond.nradbase,
                bond.nradmax,
                bond.lmax,
                bond.cutoff_ang
            );
            if bond.core.prefactor != 0.0 {
                let _ = write!(
                    text,
                    ", core repulsion ({})",
                    interactions.inner_cutoff.name()
                );
            }
            if bond.inner.end > 0.0 {
                let _ = write!(text, ", inner cutoff {} Å", bond.inner.end);
            }
            line(&format!("bond {one} {other}"), text);
        }
    }
    if let Some(set) = &expansion.active_set {
        line(
            "active set",
            match set.extent {
                Extent::Linear => "linear: grades from the values of the functions".to_owned(),
                Extent::Full => "full: grades from all derivatives by coefficients".to_owned(),
            },
        );
    }
    for jump in discontinuities(&expansion.model) {
        line("discontinuity", jump);
    }
    for part in missing_parts(&expansion.model) {
        line("missing", part);
    }
    Ok((out, functions(&expansion)))
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
