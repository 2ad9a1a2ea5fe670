//! What can be read off an analysis.

use std::sync::Arc;

use super::COOLING;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::analysis::{Cooling, Curve, Curves, FirstShell, Mean, StructureCurves};
use crate::run::kind::{Column, Finding, Node, Table, Value};
use crate::run::store::Artifact;

/// What is asked for and will not be there.
pub(super) fn check(node: &Node<'_>, name: &str) -> Vec<Finding> {
    if name == "profile" && !node.is_given("slabs") {
        let finding = Finding::new(
            "",
            codes::STRUCTURE,
            "this analysis takes no densities in slabs",
            "there is no profile",
        );
        return vec![finding.help("add `slabs: 40` to it")];
    }
    Vec::new()
}

pub(super) fn evaluate(
    name: &str,
    arguments: &[(&'static str, Value)],
    artifact: &Artifact,
) -> Result<Value, String> {
    let found: StructureCurves = artifact
        .json(StructureCurves::FILE)
        .map_err(|error| error.to_string())?;
    let element = |at: usize| {
        let element = arguments.get(at).and_then(|(_, value)| value.as_element());
        let element = element.ok_or("an element is needed")?;
        if found.elements.contains(&element) {
            Ok(element)
        } else {
            Err(format!("there is no {element} in the trajectory"))
        }
    };
    let table = match name {
        "density" => {
            return Ok(measured(
                found.density_g_per_cm3.times(DENSITY_BASE_PER_G_CM3),
                Dimension::DENSITY,
            ));
        }
        "coordination" => {
            let (centre, end) = (element(0)?, element(1)?);
            let bond = found
                .bonds
                .iter()
                .find(|bond| bond.centre == centre && bond.end == end)
                .ok_or(format!("`bonds` does not name those of {centre} to {end}"))?;
            let coordination = bond.coordination.ok_or(format!(
                "g(r) of {centre} and {end} has no first minimum; say where bonds end: \
                 `bonds: [{{ centre: {centre}, end: {end}, longest: 3 Å }}]`"
            ))?;
            return Ok(measured(coordination, Dimension::NONE));
        }
        "distance" => {
            let pair = [element(0)?, element(1)?];
            let shell = found
                .shells
                .iter()
                .find(|shell| shell.pair == pair || shell.pair == [pair[1], pair[0]]);
            let first = shell.and_then(|shell| shell.first);
            let first = first.ok_or("g(r) has no peak within `reach`")?;
            return Ok(Value::Quantity(Quantity::new(
                first.peak_ang,
                Dimension::LENGTH,
            )));
        }
        "pair_distribution" => curves("g(r)", ("distance", "Å"), "", &found.pair_distribution),
        "running_coordination" => curves(
            "atoms within r",
            ("distance", "Å"),
            "",
            &found.running_coordination,
        ),
        "shells" => shells(&found),
        "bonds" => bonds(&found),
        "coordination_numbers" => curves(
            "part of the atoms",
            ("neighbours", ""),
            "",
            &found.coordination,
        ),
        "angles" => curves("angles", ("angle", "°"), "/°", &found.angles),
        "structure_factor" => curves("S(q)", ("wave_number", "/Å"), "", &found.structure_factor),
        "displacements" => curves(
            "mean squared displacement",
            ("time", "ps"),
            "Å^2",
            &in_ps(found.displacements?),
        ),
        "velocities" => curves(
            "velocity autocorrelation",
            ("time", "ps"),
            "",
            &in_ps(
                found
                    .velocities
                    .map_err(|why| format!("{why}; set `velocities: true` in the ensemble"))?,
            ),
        ),
        "profile" => {
            let profile = found.profile.ok_or("the analysis has no `slabs`")?;
            curves("density", ("position", "Å"), "g/cm^3", &profile)
        }
        "density_on_cooling" => {
            let cooling = cooling(artifact)?;
            let density = one("density", cooling.temperature_k, cooling.density_g_per_cm3);
            curves("density", ("temperature", "K"), "g/cm^3", &density)
        }
        "energy_on_cooling" => {
            let cooling = cooling(artifact)?;
            let energy = one("energy", cooling.temperature_k, cooling.energy_ev_per_atom);
            curves("potential energy", ("temperature", "K"), "eV/atom", &energy)
        }
        other => return Err(format!("there is no result `{other}`")),
    };
    Ok(Value::Table(Arc::new(table)))
}

/// 1 g/cm³ in eV fs²/Å⁵.
const DENSITY_BASE_PER_G_CM3: f64 = crate::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2
    / (crate::base::constants::ATOMIC_MASS_KG * 1e27);

fn measured(mean: Mean, dimension: Dimension) -> Value {
    let quantity = Quantity::new(mean.value, dimension);
    match mean.error {
        Some(_) => Value::Measured(quantity, mean.error),
        None => Value::Quantity(quantity),
    }
}

fn cooling(artifact: &Artifact) -> Result<Cooling, String> {
    let found: Option<Cooling> = artifact.json(COOLING).map_err(|error| error.to_string())?;
    found.ok_or("no segment of the protocol leads the temperature along a ramp".into())
}

fn one(name: &str, x: Vec<f64>, y: Vec<Mean>) -> Curves {
    let name = name.to_owned();
    Curves {
        x,
        curves: vec![Curve { name, y }],
    }
}

fn in_ps(mut curves: Curves) -> Curves {
    curves.x.iter_mut().for_each(|time| *time *= 1e-3);
    curves
}

fn with_errors(column: Column, means: &[Mean]) -> Column {
    let errors: Option<Vec<f64>> = means.iter().map(|mean| mean.error).collect();
    match errors {
        Some(errors) => column.with_errors(errors),
        None => column,
    }
}

fn curves(title: &str, (axis, axis_unit): (&str, &str), unit: &str, curves: &Curves) -> Table {
    let axis = Column::numbers(axis, axis_unit, curves.x.clone()).as_axis();
    curves
        .curves
        .iter()
        .fold(Table::new(title).with(axis), |table, curve| {
            let values = curve.y.iter().map(|mean| mean.value).collect();
            let column = Column::numbers(curve.name.clone(), unit, values);
            table.with(with_errors(column, &curve.y))
        })
}

fn shells(found: &StructureCurves) -> Table {
    let names = found.shells.iter().map(|shell| {
        let [a, b] = shell.pair;
        format!("{a}-{b}")
    });
    let column = |name: &str, unit: &str, of: &dyn Fn(&FirstShell) -> Option<f64>| {
        let values = found.shells.iter().map(|shell| {
            let value = shell.first.as_ref().and_then(of);
            value.unwrap_or(f64::NAN)
        });
        Column::numbers(name, unit, values.collect())
    };
    Table::new("first shells of g(r)")
        .with(Column::texts("pair", names.collect()))
        .with(column("peak", "Å", &|first| Some(first.peak_ang)))
        .with(column("height", "", &|first| Some(first.peak_height)))
        .with(column("minimum", "Å", &|first| first.minimum_ang))
}

fn bonds(found: &StructureCurves) -> Table {
    let counted: Vec<_> = found
        .bonds
        .iter()
        .filter_map(|bond| Some((bond, bond.longest_ang?, bond.coordination?)))
        .collect();
    let names = counted
        .iter()
        .map(|(bond, ..)| format!("{} around {}", bond.end, bond.centre));
    let longest = counted.iter().map(|(_, longest, _)| *longest).collect();
    let means: Vec<Mean> = counted.iter().map(|(.., mean)| *mean).collect();
    let values = means.iter().map(|mean| mean.value).collect();
    Table::new("bonds")
        .with(Column::texts("bonds", names.collect()))
        .with(Column::numbers("longest", "Å", longest))
        .with(with_errors(
            Column::numbers("bonds of an atom", "", values),
            &means,
        ))
}
