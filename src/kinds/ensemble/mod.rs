//! `ensemble`: atoms taken through a protocol of molecular dynamics.

mod convergence;
mod export;
mod import;
mod protocol;
mod results;
mod schema;
mod start;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::host::TaskHost;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::KindSchema;
use crate::physics::analysis::Observation;
use crate::physics::io::{Frame, write_extxyz};
use crate::physics::md::{MdError, Protocol, Trajectories, TrajectoryRecord, files, run_judged};
use crate::physics::oracle::StoredPotential;
use crate::run::kind::{Checked, Export, Failure, Finding, Kind, Node, Stage, Task, Value};
use crate::run::store::Artifact;
use convergence::Convergence;
use results::Replica;

pub struct Ensemble;

impl Kind for Ensemble {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if node.is_given("file") {
            import::check(node, &mut checked);
            return checked;
        }
        if !is_complete(node, &mut checked) {
            return checked;
        }
        let protocol = protocol::protocol(node, &mut checked);
        let packed = match &protocol {
            Some(protocol) => start::packed(node, protocol, &mut checked),
            None => None,
        };
        let recipe = packed.as_ref().or_else(|| node.input("start")?.facts());
        let model = node
            .input("potential")
            .and_then(|potential| potential.facts::<StoredPotential>());
        if model.is_some_and(|model| !model.has_grades())
            && protocol.as_ref().is_some_and(Protocol::needs_grades)
        {
            checked.finding(
                Finding::new(
                    "steps[0]",
                    codes::PROTOCOL,
                    "a segment waits for an extrapolation grade, and the potential has none",
                    "waits for `gamma`",
                )
                .help("name a potential with an `active_set`, or another condition"),
            );
        }
        if let (Some(recipe), Some(model)) = (recipe, model) {
            start::suits(recipe, model, &mut checked);
        }
        if let (Some(recipe), Some(protocol)) = (recipe, &protocol) {
            start::has_bonds(recipe, protocol, &mut checked);
        }
        if let Some(protocol) = protocol
            && checked.findings.is_empty()
        {
            checked.facts = Some(Arc::new(protocol));
        }
        checked
    }

    fn stages(&self, node: &Node<'_>) -> Vec<Stage> {
        let Some(protocol) = node.facts::<Protocol>() else {
            return Vec::new();
        };
        let packed = start::packed(node, protocol, &mut Checked::default());
        let stages = protocol.stages().into_iter();
        stages
            .map(|(text, reach)| Stage {
                text: format!("{packed:?} {text}"),
                reach,
            })
            .collect()
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        if task.node.is_given("file") {
            return import::run(task, &TaskHost(task));
        }
        let protocol = task
            .node
            .facts::<Protocol>()
            .ok_or_else(|| Failure::new("the protocol could not be read"))?;
        let stored = task.input("potential")?;
        let read = |name: &str| stored.read(name).map_err(|error| error.to_string());
        let model =
            StoredPotential::load(&read).map_err(|error| Failure::new(error.to_string()))?;
        let start = start::structure(task, protocol)?;
        let folder = task.work.unfinished()?;
        if let Some(forerunner) = &task.forerunner {
            take_up(forerunner, folder)?;
        }
        let summary = run_judged(
            &start,
            model.potential().as_ref(),
            protocol,
            task.seed,
            folder,
            &TaskHost(task),
            Some(&Convergence::new(&task.node, protocol)),
        )
        .map_err(|error| {
            let mut failure = failure(&error);
            if !failure.cancelled && folder.join(files::LOG).exists() {
                failure.help = Some(format!(
                    "what was computed up to there is kept: `{}` and `{}` in {}",
                    files::LOG,
                    files::TRAJECTORY,
                    folder.display()
                ));
            }
            failure
        })?;
        let mut record =
            TrajectoryRecord::of_run(protocol, &summary).map_err(|error| failure(&error))?;
        record.file = results::TRAJECTORY.into();
        record.log = Some(files::LOG.into());
        let runs = vec![record];
        task.work
            .write_json(Trajectories::FILE, &Trajectories { runs })?;
        task.work.take(&summary.trajectory, results::TRAJECTORY)?;
        task.work.take(&summary.log, files::LOG)?;
        // So that a longer run can go on from here.
        task.work
            .take(&folder.join(files::CHECKPOINT), files::CHECKPOINT)?;
        if let Some(observation) = &summary.observation {
            task.work.write_json(Observation::FILE, observation)?;
        }
        let mut last = Vec::new();
        write_extxyz(&mut last, &Frame::from(summary.structure.clone()))?;
        task.work.write("final.xyz", &last)?;
        task.work.write_json(
            results::SUMMARY,
            &Replica {
                atoms: summary.structure.len(),
                cell: Some((
                    summary.structure.cell.lengths_ang(),
                    summary.structure.cell.angles_deg(),
                )),
                segments: summary.segments,
            },
        )?;
        Ok(())
    }

    fn gather(&self, task: &Task<'_>, replicas: &[Artifact]) -> Result<(), Failure> {
        let mut summaries: Vec<Replica> = Vec::new();
        let mut logs = Vec::new();
        let mut trajectories = Trajectories::default();
        let mut observation: Option<Observation> = None;
        for (at, artifact) in replicas.iter().enumerate() {
            if let Ok(seen) = artifact.json::<Observation>(Observation::FILE) {
                let joined = match &mut observation {
                    None => {
                        observation = Some(seen);
                        true
                    }
                    Some(all) => all.join(seen),
                };
                if !joined {
                    return Err(Failure::new("replicas have looked at other atoms"));
                }
            }
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
            let is_ours = own.runs.iter().any(|run| run.log.is_some());
            for mut run in own.runs {
                run.file = take(&run.file)?;
                run.log = run.log.as_deref().map(take).transpose()?;
                trajectories.runs.push(run);
            }
            if is_ours {
                summaries.push(artifact.json(results::SUMMARY)?);
                take("final.xyz")?;
                logs.push(artifact.read(files::LOG)?);
            }
        }
        task.work.write_json(Trajectories::FILE, &trajectories)?;
        if let Some(mut observation) = observation {
            observation.end_run();
            task.work.write_json(Observation::FILE, &observation)?;
        }
        if !logs.is_empty() {
            task.work.write_json(results::SUMMARY, &summaries)?;
            task.work
                .write_json(results::COURSE, &results::course(&logs))?;
        }
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

    fn check_result(
        &self,
        node: &Node<'_>,
        name: &str,
        _: &[(&'static str, Value)],
    ) -> Vec<Finding> {
        if node.is_given("file") {
            return import::check_result(name);
        }
        Vec::new()
    }

    fn result(
        &self,
        name: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let all: Trajectories = artifact
            .json(Trajectories::FILE)
            .map_err(|error| error.to_string())?;
        if all.runs.iter().all(|run| run.log.is_none()) {
            return import::evaluate(name, &all);
        }
        results::evaluate(name, artifact)
    }
}

/// Whether it says all that a run needs, and nothing that belongs to a trajectory from a file.
fn is_complete(node: &Node<'_>, checked: &mut Checked) -> bool {
    for field in import::OWN.iter().filter(|field| node.is_given(field)) {
        let text = format!("`{field}` is about a trajectory from a file, and there is no `file`");
        let finding = Finding::new(*field, codes::PROTOCOL, text, "has no meaning here");
        let help = format!("leave `{field}` out, or add `file: \"dump.lammpstrj\"`");
        checked.finding(finding.help(help));
    }
    let needed = [
        ("potential", "moves its atoms"),
        ("start", "they start from"),
    ];
    for (field, what) in needed.iter().filter(|(field, _)| !node.is_given(field)) {
        let text = format!("this ensemble does not say what {what}");
        let finding = Finding::new("", codes::PROTOCOL, text, format!("`{field}` is missing"));
        let help = format!(
            "add `{field}: name`, or `file: \"dump.lammpstrj\"` for a trajectory that is there"
        );
        checked.finding(finding.help(help));
    }
    checked.findings.is_empty()
}

/// Puts the end of another run where this one looks for its own last state, unless it has one.
fn take_up(forerunner: &Artifact, folder: &Path) -> Result<(), Failure> {
    if folder.join(files::CHECKPOINT).exists() {
        return Ok(());
    }
    // The checkpoint last: without it what else is there counts for nothing.
    for (name, stored) in [
        (files::TRAJECTORY, results::TRAJECTORY),
        (files::LOG, files::LOG),
        (files::CHECKPOINT, files::CHECKPOINT),
    ] {
        match forerunner.read(stored) {
            Ok(bytes) => std::fs::write(folder.join(name), bytes)?,
            // Then it begins at the beginning.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

fn failure(error: &MdError) -> Failure {
    match error {
        MdError::Cancelled => Failure::cancelled(),
        other => Failure::new(other.to_string()),
    }
}
