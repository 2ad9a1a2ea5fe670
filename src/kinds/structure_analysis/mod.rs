//! `structure_analysis`: where the atoms of an ensemble stand, and how they move.

mod results;
mod schema;

use super::host::TaskHost;
use super::runs::runs_of;
use crate::base::Element;
use crate::lang::schema::KindSchema;
use crate::physics::analysis::{Cooling, RampLog, StructureCurves, Survey, SurveyError};
use crate::physics::md::Trajectories;
use crate::run::kind::{Failure, Finding, Kind, Node, Task, Value};
use crate::run::store::Artifact;

pub struct StructureAnalysis;

/// The file of the curves along ramps.
const COOLING: &str = "cooling.json";

impl Kind for StructureAnalysis {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let artifact = task.input("trajectory")?;
        let trajectories: Trajectories = artifact.json(Trajectories::FILE)?;
        let survey = survey(&task.node).ok_or_else(|| Failure::new("a field cannot be read"))?;
        let runs = runs_of(artifact, &trajectories);
        let curves = survey.of(&runs, &TaskHost(task)).map_err(failure)?;
        task.work.write_json(StructureCurves::FILE, &curves)?;
        task.work
            .write_json(COOLING, &cooling(artifact, &trajectories)?)?;
        Ok(())
    }

    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        _: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        results::check(node, name)
    }

    fn result(
        &self,
        name: &str,
        arguments: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        results::evaluate(name, arguments, artifact)
    }
}

fn survey(node: &Node<'_>) -> Option<Survey> {
    let number = |field: &str| node.value(field).as_f64();
    let along = node.value("along");
    let (along, _) = along.as_choice()?;
    let axis = schema::AXES.iter().position(|axis| axis.name == along)?;
    let bonds = match node.value("bonds") {
        Value::List(bonds) => bonds
            .iter()
            .map(|bond| {
                Some((
                    element(bond.get("centre")?)?,
                    element(bond.get("end")?)?,
                    bond.get("longest").and_then(Value::as_f64),
                ))
            })
            .collect::<Option<Vec<_>>>()?,
        _ => Vec::new(),
    };
    Some(Survey {
        reach_ang: number("reach")?,
        bin_ang: number("bin")?,
        longest_per_ang: number("wave_number")?,
        shell_per_ang: number("shell")?,
        bonds,
        slabs: number("slabs").map(|slabs| (axis, slabs as usize)),
        most_frames: number("frames")? as usize,
    })
}

fn element(value: &Value) -> Option<Element> {
    Element::from_symbol(value.as_phase()?.formula.text())
}

fn cooling(artifact: &Artifact, trajectories: &Trajectories) -> Result<Option<Cooling>, Failure> {
    let mut logs = Vec::new();
    for record in &trajectories.runs {
        let Some(log) = &record.log else {
            return Ok(None);
        };
        let bytes = artifact.read(log)?;
        logs.push((String::from_utf8_lossy(&bytes).into_owned(), record));
    }
    let ramps: Vec<RampLog<'_>> = logs
        .iter()
        .map(|(csv, record)| RampLog {
            csv,
            atoms: record.atoms,
            ramps: &record.ramps,
        })
        .collect();
    Ok(Cooling::of(&ramps))
}

fn failure(error: SurveyError) -> Failure {
    match error {
        SurveyError::Cancelled => Failure::cancelled(),
        SurveyError::NoFrames => Failure::new("the trajectory has no frames").help(
            "keep some in the last segment of the protocol: `nvt 1400 K for 20 ps sample 50 fs`",
        ),
        SurveyError::NoElement { .. } => {
            Failure::new(error.to_string()).help("name elements of the trajectory in `bonds`")
        }
        SurveyError::OtherAtoms { .. } => Failure::new(error.to_string())
            .help("make ensembles of their own of runs with other atoms"),
        SurveyError::Frames { error, run } => {
            Failure::new(format!("run {run}: {error}")).help(error.help)
        }
    }
}
