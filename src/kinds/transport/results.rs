//! What can be read off transport coefficients.

use std::sync::Arc;

use crate::base::constants::ELEMENTARY_CHARGE_C;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::units::{Dimension, Quantity};
use crate::physics::transport::{
    Component, Estimate, Quantity as Followed, TemperatureSeries, TransportError, TransportTensor,
    extrapolate_sizes, yeh_hummer,
};
use crate::run::kind::{Column, Finding, Node, Table, Value};

/// From base units (eV, Å, fs, e) to those of tables.
const L_PER_EV_ANG_PS: f64 = 1e3;
const D_CM2_PER_S: f64 = 0.1;
const MOBILITY_CM2_PER_V_S: f64 = 0.1;
/// Of e²/(eV Å fs).
const S_PER_M: f64 = 1e25 * ELEMENTARY_CHARGE_C;

/// Results that need several temperatures.
const OF_SERIES: [&str; 7] = [
    "activation",
    "activation_conductivity",
    "at",
    "diffusion_at",
    "conductivity_at",
    "arrhenius",
    "vogel",
];
/// Results that need a trajectory.
const OF_RUNS: [&str; 6] = [
    "viscosity",
    "displacements",
    "collective",
    "running_integral",
    "converged",
    "needed",
];

/// What is asked for and will not be there.
pub(super) fn check(
    node: &Node<'_>,
    name: &str,
    arguments: &[(&'static str, Value)],
) -> Vec<Finding> {
    let finding = |text: String, help: String| {
        vec![Finding::new("", codes::TRANSPORT, text, "not known here").help(help)]
    };
    let several =
        node.is_given("tensors") || node.is_given("source") && !node.is_given("temperature");
    if OF_SERIES.contains(&name) && !several {
        return finding(
            format!("`{name}` needs tensors at several temperatures"),
            "make a `transport` with `tensors: name`, the name of a family over temperatures, and ask that".into(),
        );
    }
    let of_both = name == "diffusion_unbounded";
    if !OF_SERIES.contains(&name) && !of_both && node.is_given("tensors") {
        return finding(
            format!("`{name}` is one of a tensor at one temperature"),
            match name {
                "l_ij" => "ask a member of the family in `tensors`, or `at(1100 K)`".into(),
                _ => "ask a member of the family in `tensors`".into(),
            },
        );
    }
    if OF_RUNS.contains(&name) && !node.is_given("trajectory") {
        return finding(
            format!("a published tensor has no `{name}`"),
            "it is known of tensors from a `trajectory` alone".into(),
        );
    }
    let given = arguments
        .iter()
        .filter(|(_, value)| *value != Value::Nothing)
        .count();
    if name == "l_ij" && given == 1 {
        return finding(
            "a coefficient is one of two elements".into(),
            "write `l_ij(Ba, O)`, or `l_ij` for all".into(),
        );
    }
    let charged = [
        "conductivity",
        "nernst_einstein",
        "haven_ratio",
        "transference",
        "mobility",
        "activation_conductivity",
        "conductivity_at",
    ];
    if charged.contains(&name)
        && !node.is_given("tensors")
        && super::super::transport_charges::charges(node).is_empty()
    {
        return finding(
            format!("`{name}` needs charges"),
            "add `charges: { Ba: +2, O: -2 }`, or `system: name` of a system that has them".into(),
        );
    }
    Vec::new()
}

pub(super) fn evaluate(
    name: &str,
    arguments: &[(&'static str, Value)],
    tensors: &[TransportTensor],
    viscosity: Result<Estimate, String>,
) -> Result<Value, String> {
    if name == "diffusion_unbounded" {
        return unbounded(arguments, tensors, viscosity).map_err(|error| said(&error));
    }
    if name == "viscosity" {
        return Ok(measured(&viscosity?, Dimension::VISCOSITY));
    }
    if OF_SERIES.contains(&name) {
        return of_series(name, arguments, tensors).map_err(|error| said(&error));
    }
    let [tensor] = tensors else {
        return Err(format!("`{name}` is one of a tensor at one temperature"));
    };
    of_tensor(name, arguments, tensor).map_err(|error| said(&error))
}

/// Self-diffusion without the cell.
fn unbounded(
    arguments: &[(&'static str, Value)],
    tensors: &[TransportTensor],
    viscosity: Result<Estimate, String>,
) -> Result<Value, TransportError> {
    let first = tensors.first().ok_or(missing("tensors"))?;
    if let Some(other) = tensors
        .iter()
        .find(|one| one.temperature_k != first.temperature_k)
    {
        return Err(TransportError::Malformed(format!(
            "cells of different sizes are compared at one temperature, and these are at {} K and {} K: ask a member of them, or \
             give `tensors` of one temperature",
            first.temperature_k, other.temperature_k
        )));
    }
    let points: Vec<(f64, Estimate)> = tensors
        .iter()
        .map(|tensor| {
            let of = place(arguments, 0, &tensor.species)?;
            let diffusion = tensor.diffusion.as_ref().ok_or(missing("self-diffusion"))?;
            let edge_ang = tensor.cube_edge_ang.ok_or_else(|| {
                TransportError::Malformed("the correction is known for cubic cells alone".into())
            })?;
            Ok((edge_ang, diffusion[of]))
        })
        .collect::<Result<_, TransportError>>()?;
    let found = if let [(edge_ang, diffusion)] = points.as_slice() {
        let given = arguments.get(1).and_then(|(_, value)| value.as_f64());
        let viscosity = given
            .map_or(viscosity, |given| Ok(Estimate::exact(given)))
            .map_err(|why| {
                TransportError::Malformed(format!(
                    "{why}: give it, as in `diffusion_unbounded(Na, viscosity: 1e-3 Pa*s)`"
                ))
            })?;
        yeh_hummer(*diffusion, first.temperature_k, *edge_ang, viscosity)?
    } else {
        extrapolate_sizes(&points)?.value
    };
    Ok(measured(&found, Dimension::DIFFUSION))
}

fn said(error: &TransportError) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}

/// The place of the element that an argument names.
fn place(
    arguments: &[(&'static str, Value)],
    at: usize,
    species: &[Component],
) -> Result<usize, TransportError> {
    let phase = arguments.get(at).and_then(|(_, value)| value.as_phase());
    let name = phase.map_or("", |phase| phase.formula.text());
    let found = species.iter().position(|one| one.name == name);
    found.ok_or_else(|| TransportError::NoSpecies {
        name: name.to_owned(),
        known: species.iter().map(|one| one.name.clone()).collect(),
    })
}

fn measured(estimate: &Estimate, dimension: Dimension) -> Value {
    let value = Quantity::new(estimate.value, dimension);
    match estimate.error {
        Some(error) => Value::Measured(value, Some(error)),
        None => Value::Quantity(value),
    }
}

fn missing(what: &'static str) -> TransportError {
    TransportError::NoSelf { what }
}

fn of_tensor(
    name: &str,
    arguments: &[(&'static str, Value)],
    tensor: &TransportTensor,
) -> Result<Value, TransportError> {
    let species = &tensor.species;
    let of = || place(arguments, 0, species);
    let quantity = |estimate: &Estimate, dimension| Ok(measured(estimate, dimension));
    let table = match name {
        "l_ij" => {
            let given = |at: usize| {
                arguments
                    .get(at)
                    .is_some_and(|(_, value)| *value != Value::Nothing)
            };
            if given(0) || given(1) {
                let (i, j) = (of()?, place(arguments, 1, species)?);
                return quantity(&tensor.estimates[i][j], Dimension::ONSAGER);
            }
            coefficients(tensor)
        }
        "own" => {
            return quantity(
                &tensor.own.as_ref().ok_or(missing("the self part"))?[of()?],
                Dimension::ONSAGER,
            );
        }
        "distinct" => {
            let distinct = tensor
                .distinct
                .as_ref()
                .ok_or(missing("the distinct part"))?;
            return quantity(&distinct[of()?], Dimension::ONSAGER);
        }
        "diffusion" => {
            let diffusion = tensor.diffusion.as_ref().ok_or(missing("self-diffusion"))?;
            return quantity(&diffusion[of()?], Dimension::DIFFUSION);
        }
        "conductivity" => return quantity(&tensor.conductivity()?, Dimension::CONDUCTIVITY),
        "nernst_einstein" => return quantity(&tensor.nernst_einstein()?, Dimension::CONDUCTIVITY),
        "haven_ratio" => return quantity(&tensor.haven_ratio()?, Dimension::NONE),
        "transference" => {
            let all = tensor.transference()?;
            return quantity(&all.numbers[of()?], Dimension::NONE);
        }
        "mobility" => return quantity(&tensor.mobilities()?[of()?], Dimension::MOBILITY),
        "converged" | "needed" => {
            let convergence = tensor.convergence.as_ref();
            let convergence = convergence.ok_or_else(|| {
                TransportError::Malformed(
                    "a tensor without errors has neither converged nor not".into(),
                )
            })?;
            return Ok(if name == "converged" {
                Value::Boolean(convergence.converged)
            } else {
                Value::Quantity(Quantity::new(convergence.needed_fs, Dimension::TIME))
            });
        }
        "species" => species_table(tensor),
        "correlations" => correlations(tensor),
        "friction" => friction(tensor)?,
        "checks" => checks(tensor),
        "displacements" => displacements(tensor)?,
        "collective" => collective(tensor)?,
        _ => running_integral(tensor)?,
    };
    Ok(Value::Table(Arc::new(table)))
}

fn in_frame(title: &str, tensor: &TransportTensor) -> Table {
    let mut note = format!("{} frame, {} K", tensor.frame, tensor.temperature_k);
    if let Some(convergence) = &tensor.convergence {
        let word = if convergence.converged {
            "converged"
        } else {
            "not converged"
        };
        note.push_str(&format!("; {word}"));
        if !convergence.converged {
            note.push_str(&format!(
                ": {:.3} ns of runs in all would do, {:.3} ns there are",
                convergence.needed_fs * 1e-6,
                convergence.length_fs * 1e-6
            ));
        }
    }
    let freedom = tensor.freedom.as_ref();
    if let Some(drawn) = freedom.and_then(|freedom| freedom.drawn.as_ref()) {
        note.push_str(&format!("; errors of {} replicas alone", drawn.len()));
    }
    for own in &tensor.notes {
        note.push_str(&format!("; {own}"));
    }
    Table::new(title).with_note(note)
}

/// Value, standard error where all have one, and the interval of 95 % in three columns.
fn estimates(table: Table, name: &str, unit: &str, factor: f64, all: &[Estimate]) -> Table {
    let values = all.iter().map(|one| factor * one.value).collect();
    let column = Column::numbers(name, unit, values);
    let errors: Option<Vec<f64>> = all.iter().map(|one| Some(factor * one.error?)).collect();
    let table = table.with(match errors {
        Some(errors) => column.with_errors(errors),
        None => column,
    });
    if all.iter().all(|one| one.interval_95.is_none()) {
        return table;
    }
    let end = |at: usize| {
        let end = |one: &Estimate| one.interval_95.map_or(f64::NAN, |ends| factor * ends[at]);
        all.iter().map(end).collect()
    };
    table
        .with(Column::numbers(format!("{name}_low"), unit, end(0)))
        .with(Column::numbers(format!("{name}_high"), unit, end(1)))
}

fn coefficients(tensor: &TransportTensor) -> Table {
    let order = tensor.species.len();
    let pairs: Vec<(usize, usize)> = (0..order)
        .flat_map(|i| (i..order).map(move |j| (i, j)))
        .collect();
    let names = |of: fn(&(usize, usize)) -> usize| {
        pairs
            .iter()
            .map(|pair| tensor.species[of(pair)].name.clone())
            .collect()
    };
    let all: Vec<Estimate> = pairs.iter().map(|&(i, j)| tensor.estimates[i][j]).collect();
    let table = in_frame("Onsager coefficients, between their ends of 95 %", tensor)
        .with(Column::texts("i", names(|pair| pair.0)))
        .with(Column::texts("j", names(|pair| pair.1)));
    estimates(table, "L", "/eV/Å/ps", L_PER_EV_ANG_PS, &all)
}

fn species_table(tensor: &TransportTensor) -> Table {
    let names = tensor.species.iter().map(|one| one.name.clone()).collect();
    let mut table =
        in_frame("how each element moves", tensor).with(Column::texts("element", names));
    let counts = tensor.species.iter().map(|one| one.count as f64).collect();
    table = table.with(Column::numbers("atoms", "", counts));
    let column = |name: &str, unit: &str, factor: f64, all: &[Estimate]| {
        let column = Column::numbers(
            name,
            unit,
            all.iter().map(|one| factor * one.value).collect(),
        );
        match all.iter().map(|one| Some(factor * one.error?)).collect() {
            Some(errors) => column.with_errors(errors),
            None => column,
        }
    };
    if let Some(diffusion) = &tensor.diffusion {
        table = table.with(column("D", "cm^2/s", D_CM2_PER_S, diffusion));
    }
    for (name, part) in [("L_self", &tensor.own), ("L_distinct", &tensor.distinct)] {
        if let Some(part) = part {
            table = table.with(column(name, "/eV/Å/ps", L_PER_EV_ANG_PS, part));
        }
    }
    if let Ok(transference) = tensor.transference() {
        let title = if transference.kinematic {
            // With two species the frame alone decides it.
            "transference (of the frame alone)"
        } else {
            "transference"
        };
        let numbers = transference.numbers.iter().map(|one| Estimate {
            error: one.error.filter(|_| !transference.kinematic),
            ..*one
        });
        table = table.with(column(title, "", 1.0, &numbers.collect::<Vec<_>>()));
    }
    if let Ok(mobilities) = tensor.mobilities() {
        table = table.with(column(
            "mobility",
            "cm^2/V/s",
            MOBILITY_CM2_PER_V_S,
            &mobilities,
        ));
    }
    table
}

fn correlations(tensor: &TransportTensor) -> Table {
    let names: Vec<String> = tensor.species.iter().map(|one| one.name.clone()).collect();
    let mut table = in_frame("L_ij / √(L_ii L_jj)", tensor)
        .with(Column::texts("species", names.clone()).as_axis());
    for (j, name) in names.into_iter().enumerate() {
        let l = &tensor.l;
        let values = (0..tensor.species.len()).map(|i| l[i][j] / (l[i][i] * l[j][j]).abs().sqrt());
        table = table.with(Column::numbers(name, "", values.collect()));
    }
    table
}

fn friction(tensor: &TransportTensor) -> Result<Table, TransportError> {
    let found = tensor.stefan_maxwell()?;
    let name = |at: usize| tensor.species[at].name.clone();
    let diffusivities: Vec<Estimate> = found.pairs.iter().map(|pair| pair.diffusivity).collect();
    let table = in_frame("Stefan and Maxwell's diffusivities", tensor)
        .with_note(format!(
            "condition number of the inverse {:.3e}",
            found.condition
        ))
        .with(Column::texts(
            "i",
            found.pairs.iter().map(|pair| name(pair.i)).collect(),
        ))
        .with(Column::texts(
            "j",
            found.pairs.iter().map(|pair| name(pair.j)).collect(),
        ));
    Ok(estimates(table, "D", "cm^2/s", D_CM2_PER_S, &diffusivities))
}

fn checks(tensor: &TransportTensor) -> Table {
    let checks = &tensor.checks;
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut row = |name: &str, value: f64| {
        names.push(name.to_owned());
        values.push(value);
    };
    row("asymmetry, of the largest entry", checks.asymmetry);
    row(
        "residual of the frame, of the largest entry",
        checks.null_residual,
    );
    row(
        "smallest eigenvalue, of the largest",
        checks.smallest_eigenvalue / checks.largest_eigenvalue,
    );
    row(
        "positive semi-definite",
        f64::from(u8::from(checks.positive_semidefinite)),
    );
    if let Some(ratio) = checks.green_kubo_ratio {
        row("Green and Kubo over Einstein", ratio);
    }
    for (species, exponent) in tensor.species.iter().zip(&checks.exponent) {
        if let Some(exponent) = exponent {
            row(
                &format!("exponent of the displacement of {}", species.name),
                *exponent,
            );
        }
    }
    if let Some(samples) = checks.effective_samples {
        row("effective samples", samples);
    }
    if let Some(later) = &checks.later_slope {
        row("slope past the window, of that within", later.value);
        if let Some(error) = later.error {
            row("its standard error", error);
        }
    }
    for (at, drift) in checks.drift_ang.iter().enumerate() {
        let size = drift.iter().map(|x| x * x).sum::<f64>().sqrt();
        row(&format!("drift taken out of run {}, Å", at + 1), size);
    }
    if let Some(window) = &tensor.window {
        row("window from, ps", window.from_fs * 1e-3);
        row("window to, ps", window.to_fs * 1e-3);
    }
    if let Some(convergence) = &tensor.convergence {
        if let Some(error) = convergence.relative_error {
            row("largest error, of √(L_ii L_jj)", error);
        }
        row("converged", f64::from(u8::from(convergence.converged)));
        row("length of all runs, ns", convergence.length_fs * 1e-6);
        row("length that would do, ns", convergence.needed_fs * 1e-6);
    }
    let mut table = in_frame("checks", tensor);
    if let Some(window) = &tensor.window {
        table.note.push_str(&format!("; window: {}", window.reason));
    }
    table
        .with(Column::texts("check", names))
        .with(Column::numbers("value", "", values))
}

fn shaded(mut table: Table, tensor: &TransportTensor) -> Table {
    let window = tensor.window.as_ref();
    table.shaded = window.map(|window| [window.from_fs * 1e-3, window.to_fs * 1e-3]);
    table
}

fn displacements(tensor: &TransportTensor) -> Result<Table, TransportError> {
    let curves = tensor.curves.as_ref().ok_or(TransportError::NoFrames)?;
    let times = curves.lags_fs.iter().map(|fs| fs * 1e-3).collect();
    let mut table = Table::new("mean squared displacement, the window shaded")
        .with(Column::numbers("time", "ps", times).as_axis());
    for (species, curve) in tensor.species.iter().zip(&curves.mean_squared_ang2) {
        table = table.with(Column::numbers(species.name.clone(), "Å^2", curve.clone()));
    }
    Ok(shaded(table, tensor))
}

fn collective(tensor: &TransportTensor) -> Result<Table, TransportError> {
    let curves = tensor.curves.as_ref().ok_or(TransportError::NoFrames)?;
    let times = curves.lags_fs.iter().map(|fs| fs * 1e-3).collect();
    let atoms: f64 = tensor.species.iter().map(|one| one.count as f64).sum();
    let mut table = in_frame(
        "collective displacements an atom, the window shaded",
        tensor,
    )
    .with(Column::numbers("time", "ps", times).as_axis());
    for curve in &curves.collective {
        let name = format!(
            "{}-{}",
            tensor.species[curve.i].name, tensor.species[curve.j].name
        );
        let values = curve.ang2.iter().map(|x| x / atoms).collect();
        table = table.with(Column::numbers(name, "Å^2", values));
    }
    Ok(shaded(table, tensor))
}

fn running_integral(tensor: &TransportTensor) -> Result<Table, TransportError> {
    let found = tensor
        .green_kubo
        .as_ref()
        .ok_or(TransportError::NoVelocities)?;
    let times = found.times_fs.iter().map(|fs| fs * 1e-3).collect();
    let mut table = in_frame(
        "running integrals of Green and Kubo, the plateau shaded",
        tensor,
    )
    .with(Column::numbers("time", "ps", times).as_axis());
    for running in &found.running {
        let name = format!(
            "{}-{}",
            tensor.species[running.i].name, tensor.species[running.j].name
        );
        let values = running.l.iter().map(|l| l * L_PER_EV_ANG_PS).collect();
        table = table.with(Column::numbers(name, "/eV/Å/ps", values));
    }
    table.shaded = Some(found.plateau_fs.map(|fs| fs * 1e-3));
    Ok(table)
}

fn of_series(
    name: &str,
    arguments: &[(&'static str, Value)],
    tensors: &[TransportTensor],
) -> Result<Value, TransportError> {
    let series = TemperatureSeries::new(&tensors.iter().collect::<Vec<_>>())?;
    let species = &tensors[0].species;
    let diffuse = tensors.iter().all(|one| one.diffusion.is_some());
    let kelvin = || {
        let given = arguments.first().and_then(|(_, value)| value.as_f64());
        given.unwrap_or(f64::NAN)
    };
    let table = match name {
        "activation" => {
            let of = place(arguments, 0, species)?;
            let fit = series.arrhenius(Followed::SelfPart(of))?;
            return Ok(measured(&fit.activation_ev, Dimension::ENERGY));
        }
        "activation_conductivity" => {
            let fit = series.arrhenius(Followed::Conductivity)?;
            return Ok(measured(&fit.activation_ev, Dimension::ENERGY));
        }
        "at" => {
            let found = series.at(kelvin())?;
            coefficients(&found.tensor)
        }
        "diffusion_at" => {
            let followed = (0..species.len()).map(Followed::Diffusion);
            let table = Table::new("self-diffusion by the law of Arrhenius");
            let names = species.iter().map(|one| one.name.clone()).collect();
            let table = table.with(Column::texts("element", names));
            let unit = ("D", "cm^2/s", D_CM2_PER_S);
            by_law(&series, followed.collect(), kelvin(), unit, table)?
        }
        "conductivity_at" => {
            let table = Table::new("conductivity by the law of Arrhenius");
            let followed = vec![Followed::Conductivity];
            let unit = ("conductivity", "S/m", S_PER_M);
            by_law(&series, followed, kelvin(), unit, table)?
        }
        "vogel" => vogel(&series, species, diffuse)?,
        _ => arrhenius(&series, species, diffuse)?,
    };
    Ok(Value::Table(Arc::new(table)))
}

/// Values at a temperature, with whether it lies outside of those of the series.
fn by_law(
    series: &TemperatureSeries<'_>,
    followed: Vec<Followed>,
    kelvin: f64,
    (name, unit, factor): (&str, &str, f64),
    table: Table,
) -> Result<Table, TransportError> {
    let laws: Vec<_> = followed
        .into_iter()
        .map(|one| series.arrhenius(one))
        .collect::<Result<_, _>>()?;
    let found: Vec<Estimate> = laws.iter().map(|law| law.at(kelvin).0).collect();
    let [coldest, hottest] = series.range_k();
    let beyond = (coldest - kelvin).max(kelvin - hottest);
    let mut note = format!("at {kelvin} K, from {coldest} K to {hottest} K");
    if beyond > 0.0 {
        note.push_str(&format!("; extrapolated by {beyond} K"));
    }
    Ok(estimates(table, name, unit, factor, &found).with_note(note))
}

/// Points of the lines.
const POINTS: usize = 60;

fn arrhenius(
    series: &TemperatureSeries<'_>,
    species: &[Component],
    diffuse: bool,
) -> Result<Table, TransportError> {
    let [coldest, hottest] = series.range_k();
    let (first, last) = (1000.0 / hottest, 1000.0 / coldest);
    let margin = 0.05 * (last - first);
    let mut grid: Vec<f64> = (0..POINTS)
        .map(|at| first - margin + (last - first + 2.0 * margin) * at as f64 / (POINTS - 1) as f64)
        .collect();
    let fits: Vec<_> = (0..species.len())
        .map(|at| {
            series.arrhenius(if diffuse {
                Followed::Diffusion(at)
            } else {
                Followed::Diagonal(at)
            })
        })
        .collect::<Result<_, _>>()?;
    for fit in &fits {
        grid.extend(fit.points.iter().map(|point| 1000.0 / point.temperature_k));
    }
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    let (what, unit, factor) = if diffuse {
        ("log10 of D in cm²/s", "", D_CM2_PER_S)
    } else {
        ("log10 of L in 1/(eV Å ps)", "", L_PER_EV_ANG_PS)
    };
    let mut table = Table::new(what)
        .with(Column::numbers("inverse_temperature", "1000/K", grid.clone()).as_axis());
    let mut note = Vec::new();
    for (one, fit) in species.iter().zip(&fits) {
        let values: Vec<Estimate> = grid.iter().map(|x| fit.at(1000.0 / x).0).collect();
        let logarithms = values
            .iter()
            .map(|one| (factor * one.value).log10())
            .collect();
        let line = Column::numbers(one.name.clone(), unit, logarithms);
        let errors = values
            .iter()
            .map(|one| Some(one.error? / one.value / std::f64::consts::LN_10));
        table = table.with(match errors.collect::<Option<Vec<f64>>>() {
            Some(errors) => line.with_errors(errors),
            None => line,
        });
        let point = |x: &f64| {
            let found = fit
                .points
                .iter()
                .find(|point| 1000.0 / point.temperature_k == *x);
            found.map_or(f64::NAN, |point| (factor * point.value).log10())
        };
        let points = Column::numbers(
            format!("{} computed", one.name),
            unit,
            grid.iter().map(point).collect(),
        );
        table = table.with(points.as_points());
        let error = fit
            .activation_ev
            .error
            .map_or(String::new(), |error| format!(" ± {error:.3}"));
        note.push(format!(
            "{}: {:.3}{error} eV",
            one.name, fit.activation_ev.value
        ));
    }
    Ok(table.with_note(format!("activation energies {}", note.join(", "))))
}

fn vogel(
    series: &TemperatureSeries<'_>,
    species: &[Component],
    diffuse: bool,
) -> Result<Table, TransportError> {
    let fits: Vec<_> = (0..species.len())
        .map(|at| {
            let followed = if diffuse {
                Followed::Diffusion(at)
            } else {
                Followed::Diagonal(at)
            };
            series.vogel_tammann_fulcher(followed)
        })
        .collect::<Result<_, _>>()?;
    let names = species.iter().map(|one| one.name.clone()).collect();
    let mut table = Table::new("ln y = ln A − B / (T − T₀)").with(Column::texts("element", names));
    let of = |part: fn(&crate::physics::transport::VogelTammannFulcher) -> &Estimate| {
        fits.iter().map(|fit| *part(fit)).collect::<Vec<Estimate>>()
    };
    let factor = if diffuse {
        D_CM2_PER_S
    } else {
        L_PER_EV_ANG_PS
    };
    let in_unit = |one: Estimate| {
        let moved = |ends: [f64; 2]| ends.map(|end| end + factor.ln());
        Estimate {
            value: one.value + factor.ln(),
            error: one.error,
            interval_68: one.interval_68.map(moved),
            interval_95: one.interval_95.map(moved),
        }
    };
    let ln_a: Vec<Estimate> = of(|fit| &fit.ln_prefactor)
        .into_iter()
        .map(in_unit)
        .collect();
    table = estimates(table, "ln_A", "", 1.0, &ln_a).with_note(if diffuse {
        "A in cm²/s"
    } else {
        "of L, A in 1/(eV Å ps)"
    });
    table = estimates(table, "B", "K", 1.0, &of(|fit| &fit.b_k));
    Ok(estimates(table, "T0", "K", 1.0, &of(|fit| &fit.t0_k)))
}
