//! `ensemble`: atoms taken through a protocol of molecular dynamics.

mod protocol;
mod results;
mod schema;

use std::sync::Arc;

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::KindSchema;
use crate::physics::host::Host;
use crate::physics::io::{Frame, Structures, write_extxyz};
use crate::physics::md::{MdError, Protocol, Trajectories, TrajectoryRecord, files, run};
use crate::physics::oracle::Analytic;
use crate::physics::structure::Recipe;
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task, Value};
use crate::run::store::Artifact;
use results::Replica;

pub struct Ensemble;

impl Kind for Ensemble {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let known = node
            .input("potential")
            .and_then(|potential| potential.facts::<Analytic>())
            .and_then(Analytic::elements);
        let wanted = node
            .input("start")
            .and_then(|start| start.facts::<Recipe>())
            .map(Recipe::elements);
        if let (Some(known), Some(wanted)) = (known, wanted)
            && let Some(strange) = wanted.iter().find(|element| !known.contains(element))
        {
            let known: Vec<String> = known.iter().map(Element::to_string).collect();
            checked.finding(
                Finding::new(
                    "potential",
                    codes::POTENTIAL,
                    format!(
                        "the potential has no parameters for {strange}, which `start` contains"
                    ),
                    format!("knows {}", known.join(", ")),
                )
                .help("start from other atoms, or name another potential"),
            );
        }
        if let Some(protocol) = protocol::protocol(node, &mut checked)
            && checked.findings.is_empty()
        {
            checked.facts = Some(Arc::new(protocol));
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let protocol = task
            .node
            .facts::<Protocol>()
            .ok_or_else(|| Failure::new("the protocol could not be read"))?;
        let model: Analytic = task.input("potential")?.json(Analytic::FILE)?;
        let start = task.input("start")?.read(Structures::FILE)?;
        let start = Structures::read(&start).map_err(|error| Failure::new(error.to_string()))?;
        // Replicas start from the structures in turn.
        let replica = task.replica.unwrap_or(0) as usize;
        let start = start
            .frames
            .get(replica % start.frames.len().max(1))
            .ok_or_else(|| Failure::new("there is no structure to start from"))?;
        let folder = task.work.unfinished()?;
        let summary = run(
            &start.structure,
            model.potential().as_ref(),
            protocol,
            task.seed,
            folder,
            &TaskHost(task),
        )
        .map_err(|error| failure(&error))?;
        let mut record =
            TrajectoryRecord::of_run(protocol, &summary).map_err(|error| failure(&error))?;
        record.file = results::TRAJECTORY.into();
        record.log = Some(files::LOG.into());
        let runs = vec![record];
        task.work
            .write_json(Trajectories::FILE, &Trajectories { runs })?;
        task.work.take(&summary.trajectory, results::TRAJECTORY)?;
        task.work.take(&summary.log, files::LOG)?;
        let mut last = Vec::new();
        write_extxyz(&mut last, &Frame::from(summary.structure.clone()))?;
        task.work.write("final.xyz", &last)?;
        task.work.write_json(
            results::SUMMARY,
            &Replica {
                atoms: summary.structure.len(),
                segments: summary.segments,
            },
        )?;
        Ok(())
    }

    fn gather(&self, task: &Task<'_>, replicas: &[Artifact]) -> Result<(), Failure> {
        let mut summaries: Vec<Replica> = Vec::new();
        let mut logs = Vec::new();
        let mut trajectories = Trajectories::default();
        for (at, artifact) in replicas.iter().enumerate() {
            summaries.push(artifact.json(results::SUMMARY)?);
            let take = |name: &str| {
                let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
                let name_here = format!("{stem}_{at}.{ending}");
                match artifact.path(name) {
                    Some(path) => task.work.take(&path, &name_here)?,
                    None => task.work.write(&name_here, &artifact.read(name)?)?,
                }
                Ok::<_, Failure>(name_here)
            };
            let own: Trajectories = artifact.json(Trajectories::FILE)?;
            for mut run in own.runs {
                run.file = take(&run.file)?;
                run.log = run.log.as_deref().map(take).transpose()?;
                trajectories.runs.push(run);
            }
            take("final.xyz")?;
            logs.push(artifact.read(files::LOG)?);
        }
        task.work.write_json(Trajectories::FILE, &trajectories)?;
        task.work.write_json(results::SUMMARY, &summaries)?;
        task.work
            .write_json(results::COURSE, &results::course(&logs))?;
        Ok(())
    }

    fn result(
        &self,
        name: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        results::evaluate(name, artifact)
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

fn failure(error: &MdError) -> Failure {
    match error {
        MdError::Cancelled => Failure::cancelled(),
        other => Failure::new(other.to_string()),
    }
}
