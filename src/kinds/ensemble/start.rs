//! Where the atoms of an ensemble start.

use super::super::packing::packing;
use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::io::Structures;
use crate::physics::md::Protocol;
use crate::physics::oracle::StoredPotential;
use crate::physics::potential::PotentialError;
use crate::physics::structure::{Recipe, Source, Structure};
use crate::run::kind::{Checked, Failure, Finding, Node, Task, Value};

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

/// What this replica starts from: a packing of its own, or the structures in turn.
pub(super) fn structure(task: &Task<'_>, protocol: &Protocol) -> Result<Structure, Failure> {
    if let Some(recipe) = packed(&task.node, protocol, &mut Checked::default()) {
        return recipe.build(0, task.seed).map_err(|error| {
            Failure::new(error.to_string())
                .help("lower the density, or allow shorter distances with `closest`")
        });
    }
    let start = task.input("start")?.read(Structures::FILE)?;
    let start = Structures::read(&start).map_err(|error| Failure::new(error.to_string()))?;
    let replica = task.replica.unwrap_or(0) as usize;
    let frame = start.frames.get(replica % start.frames.len().max(1));
    frame
        .map(|frame| frame.structure.clone())
        .ok_or_else(|| Failure::new("there is no structure to start from"))
}
