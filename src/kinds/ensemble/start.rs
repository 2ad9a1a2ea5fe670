//! Where the atoms of an ensemble start.

use super::super::packing::packing;
use super::super::runs::runs_of;
use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::io::Structures;
use crate::physics::io::trajectory::{Snapshot, TrajectoryError};
use crate::physics::md::{Protocol, Trajectories};
use crate::physics::oracle::StoredPotential;
use crate::physics::potential::PotentialError;
use crate::physics::structure::{Recipe, Source, Structure};
use crate::run::kind::{Checked, Failure, Finding, Node, Task, Value};
use crate::run::store::Artifact;

/// The packing that `start` describes, if it does.
pub(super) fn packed(
    node: &Node<'_>,
    protocol: &Protocol,
    checked: &mut Checked,
) -> Option<Recipe> {
    let start = node.value("start");
    start.as_choice()?;
    let field = |name: &str| {
        let name = if name == "amorphous" {
            "composition"
        } else {
            name
        };
        match (name, start.get(name)) {
            ("density", None | Some(Value::Nothing)) => protocol
                .first_temperature_k()
                .map_or(Value::Nothing, melt_at),
            (_, given) => given.cloned().unwrap_or(Value::Nothing),
        }
    };
    if matches!(field("density"), Value::Nothing) {
        checked.finding(
            Finding::new(
                "start",
                codes::STRUCTURE,
                "no segment has a temperature from which the density of the packing could be taken",
                "how dense?",
            )
            .help("add `density: 4.5 g/cm³`"),
        );
        return None;
    }
    // What is wrong with it stands in one place.
    let mut found = Checked::default();
    let packing = packing(&field, "", &mut found);
    for mut finding in found.findings {
        finding.path = "start".into();
        checked.finding(finding);
    }
    Some(Recipe {
        source: Source::Packed(packing?),
        changes: Vec::new(),
        copies: 1,
    })
}

/// `melt(t)`
fn melt_at(temperature_k: f64) -> Value {
    let temperature = Value::Quantity(Quantity::new(temperature_k, Dimension::TEMPERATURE));
    Value::Choice(
        "melt".into(),
        vec![("temperature".to_owned(), temperature)].into(),
    )
}

/// That the potential can move these atoms.
pub(super) fn suits(recipe: &Recipe, model: &StoredPotential, checked: &mut Checked) {
    let (wanted, known) = (recipe.elements(), model.elements());
    let strange = known
        .iter()
        .filter_map(|known| wanted.iter().find(|element| !known.contains(element)));
    if let Some(strange) = strange.into_iter().next() {
        let known: Vec<String> = known.iter().flatten().map(Element::to_string).collect();
        checked.finding(
            Finding::new(
                "potential",
                codes::POTENTIAL,
                format!("the potential has no parameters for {strange}, which `start` contains"),
                format!("knows {}", known.join(", ")),
            )
            .help("start from other atoms, or name another potential"),
        );
        return;
    }
    let Ok(Some(sample)) = recipe.sample() else {
        return;
    };
    if let Err(error @ PotentialError::Charged { .. }) = model.suits(&sample.elements) {
        checked.finding(
            Finding::new("start", codes::POTENTIAL, error.to_string(), "these atoms").help(
                "start from atoms whose charges balance, or correct the charges of the potential",
            ),
        );
    }
}

/// That the bonds that a run is to look at are there.
pub(super) fn has_bonds(recipe: &Recipe, protocol: &Protocol, checked: &mut Checked) {
    let there = recipe.elements();
    let bonds = protocol.observe.bonds.iter();
    let mut wanted = bonds.flat_map(|(centre, end, _)| [centre, end]);
    if let Some(strange) = wanted.find(|element| !there.contains(element)) {
        let there: Vec<String> = there.iter().map(Element::to_string).collect();
        let text = format!("`bonds` names {strange}, which `start` does not contain");
        let label = format!("there are {}", there.join(", "));
        checked.finding(
            Finding::new("observed", codes::STRUCTURE, text, label)
                .help("name elements of the atoms that move"),
        );
    }
}

/// What this replica starts from: a packing of its own, or the structures or the runs of another ensemble in turn.
pub(super) fn structure(task: &Task<'_>, protocol: &Protocol) -> Result<Structure, Failure> {
    if let Some(recipe) = packed(&task.node, protocol, &mut Checked::default()) {
        return recipe.build(0, task.seed).map_err(|error| {
            Failure::new(error.to_string())
                .help("lower the density, or allow shorter distances with `closest`")
        });
    }
    let artifact = task.input("start")?;
    let replica = task.replica.unwrap_or(0) as usize;
    let Ok(start) = artifact.read(Structures::FILE) else {
        return of_ensemble(artifact, replica);
    };
    let start = Structures::read(&start).map_err(|error| Failure::new(error.to_string()))?;
    let frame = start.frames.get(replica % start.frames.len().max(1));
    frame
        .map(|frame| frame.structure.clone())
        .ok_or_else(|| Failure::new("there is no structure to start from"))
}

/// Runs in turn; of each first the last frame, then such as halve, quarter, … what lies between those before: however many
/// replicas there are, they are spread evenly, and a replica keeps its frame when there are more.
fn of_ensemble(artifact: &Artifact, replica: usize) -> Result<Structure, Failure> {
    let trajectories: Trajectories = artifact.json(Trajectories::FILE)?;
    let count = trajectories.runs.len();
    let runs = runs_of(artifact, &trajectories);
    let run = runs
        .get(replica % count.max(1))
        .ok_or_else(|| Failure::new("the ensemble to start from has no runs"))?;
    if run.frames == 0 {
        let bytes = artifact.read(&format!("final_{}.xyz", replica % count))?;
        let last = Structures::read(&bytes).map_err(|error| Failure::new(error.to_string()))?;
        let last = last.frames.into_iter().next();
        return last
            .map(|frame| frame.structure)
            .ok_or_else(|| Failure::new("the ensemble to start from kept no structure"));
    }
    let unreadable = |error: TrajectoryError| {
        Failure::new(format!("the ensemble to start from: {error}")).help(error.help)
    };
    let wanted = (halving(replica / count) * (run.frames - 1) as f64).round() as usize;
    let mut frames = (run.open)().map_err(unreadable)?;
    let mut frame = Snapshot::default();
    for _ in 0..=wanted {
        if !frames.read(&mut frame).map_err(unreadable)? {
            break;
        }
    }
    Ok(frame.structure())
}

/// 1, 1/2, 1/4, 3/4, 1/8, 5/8, … (van der Corput).
fn halving(at: usize) -> f64 {
    if at == 0 {
        return 1.0;
    }
    let bits = usize::BITS - at.leading_zeros();
    (0..bits)
        .filter(|bit| at >> bit & 1 == 1)
        .map(|bit| 0.5f64.powi(bit as i32 + 1))
        .sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn frames_to_start_from_are_spread_evenly_whatever_their_number() {
        let first: Vec<f64> = (0..8).map(super::halving).collect();
        assert_eq!(first, [1.0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875]);
    }
}
