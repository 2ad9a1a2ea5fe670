//! Published tensors as tables.

use crate::base::Formula;
use crate::lang::diag::codes::chemistry as codes;
use crate::physics::transport::{PublishedTable, TransportTensor};
use crate::run::kind::{Checked, Failure, Finding, Node, Source, Value};

/// Reads the table and looks for the rows.
pub(super) fn check(node: &Node<'_>, checked: &mut Checked) {
    let Value::Path(path) = node.value("source") else {
        return;
    };
    let bytes = match node.bytes(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let finding = Finding::new("source", codes::TRANSPORT, error.to_string(), "this file");
            checked.finding(finding.help("give the name of a table beside the recipe"));
            return;
        }
    };
    checked.sources.push(Source {
        name: path.to_string(),
        digest: blake3::hash(&bytes).to_hex().to_string(),
    });
    if let Err((field, problem, help)) = chosen(node, &bytes) {
        let finding = Finding::new(field, codes::TRANSPORT, problem, "here");
        checked.finding(finding.help(help));
    }
}

pub(super) fn tensors(node: &Node<'_>) -> Result<Vec<TransportTensor>, Failure> {
    let Value::Path(path) = node.value("source") else {
        return Err(Failure::new("there is no table"));
    };
    let bytes = node
        .bytes(&path)
        .map_err(|error| Failure::new(error.to_string()))?;
    let mut tensors =
        chosen(node, &bytes).map_err(|(_, problem, help)| Failure::new(problem).help(help))?;
    let charges = super::super::transport_charges::charges(node);
    for species in tensors.iter_mut().flat_map(|tensor| &mut tensor.species) {
        let own = charges.iter().find(|(name, _)| *name == species.name);
        species.charge_e = own.map(|(_, charge)| *charge);
    }
    Ok(tensors)
}

type Fault = (&'static str, String, String);

/// The tensors of the rows that the node asks for, or the field that is to blame, why, and a mend.
fn chosen(node: &Node<'_>, bytes: &[u8]) -> Result<Vec<TransportTensor>, Fault> {
    let table = PublishedTable::read(bytes)
        .map_err(|error| ("source", error.to_string(), error.help.clone()))?;
    let composition = match node.value("composition") {
        Value::Phase(phase) => Some(phase.formula),
        _ => None,
    };
    let same = |formula: &Formula| {
        composition
            .as_ref()
            .is_none_or(|one| one.same_composition(formula))
    };
    let mut rows: Vec<_> = table
        .rows
        .iter()
        .filter(|row| same(&row.composition))
        .collect();
    let names = || {
        let mut names: Vec<String> = Vec::new();
        for row in &table.rows {
            let name = row.composition.text().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    };
    if rows.is_empty() {
        let problem = "the table has no tensor of this composition".to_owned();
        return Err(("composition", problem, format!("it has {}", names())));
    }
    let first = &rows[0].composition;
    if rows
        .iter()
        .any(|row| !row.composition.same_composition(first))
    {
        let problem = "the table has tensors of several compositions".to_owned();
        let help = format!("add `composition: {first}`; it has {}", names());
        return Err(("source", problem, help));
    }
    if let Some(kelvin) = node.value("temperature").as_f64() {
        let known: Vec<String> = rows
            .iter()
            .map(|row| row.temperature_k.to_string())
            .collect();
        rows.retain(|row| (row.temperature_k - kelvin).abs() < 1e-6 * kelvin);
        if rows.is_empty() {
            let problem = format!("the table has no tensor of {first} at {kelvin} K");
            let help = format!(
                "it has those at {} K; without `temperature` all are taken",
                known.join(", ")
            );
            return Err(("temperature", problem, help));
        }
    }
    rows.into_iter()
        .map(|row| {
            row.tensor().map_err(|error| {
                let help = error.help().unwrap_or_else(|| "correct the row".into());
                ("source", format!("line {}: {error}", row.line), help)
            })
        })
        .collect()
}
