//! `structure_analysis`: where the atoms of an ensemble stand, and how they move.

mod results;
mod schema;

use super::curves;
use super::host::TaskHost;
use super::runs::runs_of;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::KindSchema;
use crate::physics::analysis::{
    Cooling, Observation, RampLog, StructureCurves, Survey, SurveyError,
};
use crate::physics::md::{Protocol, Trajectories};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task, Value};
use crate::run::store::Artifact;

pub struct StructureAnalysis;

/// The file of the curves along ramps.
const COOLING: &str = "cooling.json";

const NOT_OBSERVED: &str = "no segment of the protocol looks at its atoms while they move";
const OBSERVE: &str = "add `observe 10 fs` to one, or leave `observed` out and `sample` frames";

impl Kind for StructureAnalysis {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let artifact = task.input("trajectory")?;
        let trajectories: Trajectories = artifact.json(Trajectories::FILE)?;
        let curves = if matches!(task.node.value("observed"), Value::Boolean(true)) {
            observed(artifact)?
        } else {
            let survey =
                survey(&task.node).ok_or_else(|| Failure::new("a field cannot be read"))?;
            let runs = runs_of(artifact, &trajectories);
            survey.of(&runs, &TaskHost(task)).map_err(failure)?
        };
        task.work.write_json(StructureCurves::FILE, &curves)?;
        task.work
            .write_json(COOLING, &cooling(artifact, &trajectories)?)?;
        Ok(())
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if !matches!(node.value("observed"), Value::Boolean(true)) {
            return checked;
        }
        let protocol: Option<&Protocol> = node
            .input("trajectory")
            .and_then(|trajectory| trajectory.facts());
        if protocol.is_some_and(|protocol| !protocol.observes()) {
            let label = "nothing was observed";
            let finding = Finding::new("observed", codes::STRUCTURE, NOT_OBSERVED, label);
            checked.finding(finding.help(OBSERVE));
        }
        for field in schema::OF_FRAMES
            .iter()
            .filter(|field| node.is_given(field))
        {
            let text = format!(
                "`{field}` is about frames, and this analysis is of what the run itself saw"
            );
            let finding = Finding::new(*field, codes::STRUCTURE, text, "has no meaning here");
            checked.finding(finding.help(format!(
                "leave `{field}` out; say how finely the run looks with `observed: {{ … }}` in the ensemble"
            )));
        }
        checked
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
    Some(Survey {
        fineness: curves::fineness(&|name| node.value(name).clone())?,
        bonds: curves::bonds(&node.value("bonds"))?,
        slabs: number("slabs").map(|slabs| (axis, slabs as usize)),
        most_frames: number("frames")? as usize,
    })
}

/// What the runs themselves saw.
fn observed(artifact: &Artifact) -> Result<StructureCurves, Failure> {
    if artifact.path(Observation::FILE).is_none() && artifact.read(Observation::FILE).is_err() {
        return Err(Failure::new(NOT_OBSERVED).help(OBSERVE));
    }
    let observation: Observation = artifact.json(Observation::FILE)?;
    Ok(observation.curves())
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
