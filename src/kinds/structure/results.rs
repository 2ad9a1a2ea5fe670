//! What can be read off structures.

use std::sync::Arc;

use crate::base::Element;
use crate::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::io::Structures;
use crate::physics::structure::{Environment, Neighbours, Structure, Symmetry};
use crate::run::kind::{Column, Table, Value};

pub(super) fn evaluate(
    structures: &Structures,
    name: &str,
    arguments: &[(&'static str, Value)],
) -> Result<Value, String> {
    let argument = |name: &str| {
        let found = arguments.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| value)
            .ok_or("an argument is missing")
    };
    let mean = |dimension: Dimension, of: &dyn Fn(&Structure) -> f64| {
        let values: Vec<f64> = structures
            .frames
            .iter()
            .map(|frame| of(&frame.structure))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        // Of one and the same number the mean is that number, without what a sum rounds off.
        let same = values.iter().all(|value| *value == values[0]);
        let value = if same { values[0] } else { mean };
        Ok(Value::Quantity(Quantity::new(value, dimension)))
    };
    if structures.frames.is_empty() {
        return Err("there are no structures".into());
    }
    match name {
        "atoms" => mean(Dimension::NONE, &|one| one.len() as f64),
        "density" => mean(Dimension::DENSITY, &|one| {
            one.mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2 / one.cell.volume_ang3()
        }),
        "volume" => mean(Dimension::VOLUME, &|one| one.cell.volume_ang3()),
        "a" => mean(Dimension::LENGTH, &|one| one.cell.lengths_ang()[0]),
        "b" => mean(Dimension::LENGTH, &|one| one.cell.lengths_ang()[1]),
        "c" => mean(Dimension::LENGTH, &|one| one.cell.lengths_ang()[2]),
        "shortest" => {
            let element = |name| argument(name)?.as_element().ok_or("an element is needed");
            let (one, other) = (element("one")?, element("other")?);
            let mut shortest = f64::INFINITY;
            for frame in &structures.frames {
                shortest = shortest.min(shortest_ang(&frame.structure, one, other)?);
            }
            Ok(Value::Quantity(Quantity::new(shortest, Dimension::LENGTH)))
        }
        "space_group" => {
            let tolerance = argument("tolerance")?
                .as_f64()
                .ok_or("a length is needed")?;
            let mut found: Vec<String> = Vec::new();
            for frame in &structures.frames {
                let group = Symmetry::of(&frame.structure, tolerance)
                    .map_err(|error| error.to_string())?
                    .group
                    .to_string();
                if !found.contains(&group) {
                    found.push(group);
                }
            }
            Ok(Value::Text(found.join(", ").into()))
        }
        "composition" => Ok(Value::Table(Arc::new(composition(structures)))),
        "cells" => Ok(Value::Table(Arc::new(cells(structures)))),
        "positions" => Ok(Value::Table(Arc::new(positions(
            &structures.frames[0].structure,
        )))),
        _ => Err(format!("a structure has no result `{name}`")),
    }
}

/// The shortest distance of two atoms of these elements, Å; images count.
fn shortest_ang(structure: &Structure, one: Element, other: Element) -> Result<f64, String> {
    for element in [one, other] {
        if !structure.elements.contains(&element) {
            return Err(format!("there is no {element} in the structure"));
        }
    }
    // An atom meets its own image at the shortest lattice vector at the latest.
    let mut reach = (structure.cell.volume_ang3() / structure.len() as f64).cbrt() * 2.0;
    loop {
        let mut neighbours = Neighbours::new(reach, 0.0);
        neighbours
            .rebuild(&structure.cell, &structure.positions_ang)
            .map_err(|error| error.to_string())?;
        let mut around = Environment::default();
        let mut shortest = f64::INFINITY;
        for (atom, own) in structure.elements.iter().enumerate() {
            if *own != one {
                continue;
            }
            neighbours.environment(atom, reach, &mut around);
            for k in 0..around.len() {
                if structure.elements[around.atom(k)] == other {
                    shortest = shortest.min(around.distance_ang(k));
                }
            }
        }
        if shortest.is_finite() {
            return Ok(shortest);
        }
        reach *= 2.0;
    }
}

/// Elements in the order of their first atoms.
fn composition(structures: &Structures) -> Table {
    let mut counts: Vec<(Element, f64)> = Vec::new();
    let frames = structures.frames.iter();
    for element in frames.flat_map(|frame| &frame.structure.elements) {
        match counts.iter_mut().find(|(known, _)| known == element) {
            Some((_, count)) => *count += 1.0,
            None => counts.push((*element, 1.0)),
        }
    }
    let all: f64 = counts.iter().map(|(_, count)| count).sum();
    let each = 1.0 / structures.frames.len() as f64;
    let column = |factor: f64| counts.iter().map(|(_, count)| count * factor).collect();
    let names = counts.iter().map(|(element, _)| element.to_string());
    Table::new("composition")
        .with(Column::texts("element", names.collect()))
        .with(Column::numbers("atoms", "", column(each)))
        .with(Column::numbers("part", "", column(1.0 / all)))
}

fn cells(structures: &Structures) -> Table {
    let all: Vec<&Structure> = structures
        .frames
        .iter()
        .map(|frame| &frame.structure)
        .collect();
    let column = |name: &str, unit: &str, of: &dyn Fn(&Structure) -> f64| {
        Column::numbers(name, unit, all.iter().map(|one| of(one)).collect())
    };
    let numbers = (1..=all.len()).map(|number| number as f64).collect();
    Table::new("cells")
        .with(Column::numbers("number", "", numbers).as_axis())
        .with(column("a", "Å", &|one| one.cell.lengths_ang()[0]))
        .with(column("b", "Å", &|one| one.cell.lengths_ang()[1]))
        .with(column("c", "Å", &|one| one.cell.lengths_ang()[2]))
        .with(column("alpha", "°", &|one| one.cell.angles_deg()[0]))
        .with(column("beta", "°", &|one| one.cell.angles_deg()[1]))
        .with(column("gamma", "°", &|one| one.cell.angles_deg()[2]))
        .with(column("atoms", "", &|one| one.len() as f64))
        .with(column("volume", "Å^3", &|one| one.cell.volume_ang3()))
        .with(column("density", "g/cm^3", &Structure::density_g_per_cm3))
}

fn positions(structure: &Structure) -> Table {
    let inside: Vec<[f64; 3]> = structure
        .positions_ang
        .iter()
        .map(|position| {
            structure
                .cell
                .to_fractional(structure.cell.wrap(*position).0)
        })
        .collect();
    let along = |axis: usize| inside.iter().map(|point| point[axis]).collect();
    let symbols = structure.elements.iter().map(ToString::to_string).collect();
    Table::new("positions")
        .with(Column::texts("element", symbols))
        .with(Column::numbers("x", "", along(0)))
        .with(Column::numbers("y", "", along(1)))
        .with(Column::numbers("z", "", along(2)))
}
