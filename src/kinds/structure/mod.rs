//! `structure`: atoms in a cell, from a file, a crystal or a random packing, and what is done to them.

mod export;
mod read;
mod results;
mod schema;

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::lang::schema::KindSchema;
use crate::physics::io::{Frame, Info, Structures};
use crate::physics::structure::{Change, Recipe};
use crate::run::kind::{Checked, Export, Failure, Kind, Node, Task, Value};
use crate::run::store::Artifact;

pub struct Structure;

impl Kind for Structure {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if let Some(recipe) = read::recipe(node, &mut checked)
            && checked.findings.is_empty()
        {
            match recipe.check() {
                Ok(()) => checked.facts = Some(Arc::new(recipe)),
                Err(error) => checked.finding(read::finding_of(&error)),
            }
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let mut recipe = task
            .node
            .facts::<Recipe>()
            .ok_or_else(|| Failure::new("the structure could not be put together"))?
            .clone();
        for (at, change) in recipe.changes.iter_mut().enumerate() {
            if let Change::Stack { others, .. } = change {
                let artifact = task.input(&read::port_of_stack(at))?;
                *others = structures_of(artifact)?
                    .frames
                    .into_iter()
                    .map(|frame| frame.structure)
                    .collect();
            }
        }
        let mut made = Structures::default();
        for number in 0..recipe.len() {
            if task.cancelled() {
                return Err(Failure::cancelled());
            }
            let structure = recipe.build(number, task.seed).map_err(|error| {
                let finding = read::finding_of(&error);
                Failure {
                    help: finding.help,
                    ..Failure::new(finding.headline)
                }
            })?;
            let mut frame = Frame::from(structure);
            frame
                .info
                .insert("number".into(), Info::Integer(number as i64 + 1));
            made.frames.push(frame);
            task.progress(number as u64 + 1, recipe.len() as u64);
        }
        let mut file = BufWriter::new(task.work.create(Structures::FILE)?);
        made.write(&mut file)?;
        std::io::Write::flush(&mut file)?;
        Ok(())
    }

    fn exports(&self) -> &'static [Export] {
        export::FORMS
    }

    fn export(
        &self,
        artifact: &Artifact,
        form: &Export,
        stem: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        export::export(artifact, form, stem)
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let structures = structures_of(artifact).map_err(|failure| failure.text)?;
        results::evaluate(&structures, name, arguments)
    }
}

fn structures_of(artifact: &Artifact) -> Result<Structures, Failure> {
    let bytes = artifact.read(Structures::FILE)?;
    Structures::read(&bytes).map_err(|error| Failure::new(error.to_string()))
}
