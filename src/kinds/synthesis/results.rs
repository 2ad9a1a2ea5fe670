//! Results of gathered realisations: values and tables.

use std::sync::Arc;

use crate::lang::units::{Dimension, Quantity, parse_unit};
use crate::physics::automaton::{By, Evolution, Moments, Realisations};
use crate::run::kind::{Column, Table, Value};

/// The result of this name.
pub(super) fn evaluate(
    gathered: &Realisations,
    name: &str,
    arguments: &[(&'static str, Value)],
) -> Result<Value, String> {
    let argument = |wanted: &str| {
        arguments
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    };
    let by = match argument("by").and_then(Value::as_choice) {
        Some(("mole", _)) => By::Mole,
        Some(("volume", _)) => By::Volume,
        _ => By::Mass,
    };
    let first = gathered.first().ok_or("there are no realisations")?;
    let phase = || -> Result<usize, String> {
        let phase = argument("phase")
            .and_then(Value::as_phase)
            .ok_or("a phase is needed")?;
        first
            .find(phase)
            .ok_or_else(|| format!("{phase} is not among the phases of this synthesis"))
    };
    let table = |table: Table| Ok(Value::Table(Arc::new(table)));
    match name {
        "final" => Ok(percent(gathered.final_fraction(phase()?, by))),
        "peak" => Ok(percent(gathered.peak_fraction(phase()?, by))),
        "onset" => {
            let threshold = argument("threshold")
                .and_then(Value::as_f64)
                .unwrap_or(0.01);
            let phase = phase()?;
            let onset = gathered.onset_k(phase, by, threshold);
            let all = gathered.count();
            let never = all - onset.count() as usize;
            if never > 0 {
                return Err(format!(
                    "{} never reaches {} % in {never} of {all} realisations",
                    first.phases[phase],
                    threshold * 100.0,
                ));
            }
            let quantity = Quantity::new(onset.mean(), Dimension::TEMPERATURE);
            Ok(Value::Measured(quantity, onset.standard_error()))
        }
        "fractions" => table(fractions(gathered, by)),
        "composition" => table(composition(gathered, by)),
        "reactions" => table(reactions(gathered)),
        "gases" => table(gases(gathered)),
        "imbalance" => Ok(Value::Quantity(Quantity::number(
            gathered.largest_relative_imbalance(),
        ))),
        other => Err(format!("there is no result `{other}`")),
    }
}

fn percent(fraction: Moments) -> Value {
    let mut quantity = Quantity::number(fraction.mean());
    if let Ok(percent) = parse_unit("%") {
        quantity = quantity.shown_in(&percent);
    }
    Value::Measured(quantity, fraction.standard_error())
}

fn by_name(by: By) -> &'static str {
    match by {
        By::Mass => "mass fraction",
        By::Mole => "mole fraction",
        By::Volume => "volume fraction",
    }
}

/// What an hour of the schedule was declared to be; sweeps are the automaton's own time.
fn conversion(one: &Evolution) -> String {
    one.sweeps_per_hour.map_or_else(String::new, |rate| {
        format!(
            "{rate} sweeps stand for an hour, as declared; the automaton has no clock of its own"
        )
    })
}

/// A table against time and temperature, without columns of its own yet.
fn against_time(gathered: &Realisations, title: &str) -> Table {
    let Some(first) = gathered.first() else {
        return Table::default();
    };
    Table::new(title)
        .with_note(conversion(first))
        .with(Column::numbers("time", "sweeps", first.time_sweeps.clone()).as_axis())
        .with(Column::numbers("temperature", "K", first.temperature_k.clone()).as_axis())
}

/// Means with standard errors, both times a factor.
fn means(name: impl Into<String>, unit: &str, factor: f64, moments: &[Moments]) -> Column {
    let values = moments.iter().map(|one| one.mean() * factor).collect();
    let errors = moments
        .iter()
        .map(|one| one.standard_error().unwrap_or(0.0) * factor)
        .collect();
    Column::numbers(name, unit, values).with_errors(errors)
}

/// Record by record; phases that never appear are left out.
pub(super) fn fractions(gathered: &Realisations, by: By) -> Table {
    let mut table = against_time(gathered, by_name(by));
    let records = gathered.fractions(by);
    let phases = gathered.first().map_or(&[][..], |first| &first.phases);
    for (at, phase) in phases.iter().enumerate() {
        let moments: Vec<Moments> = records.iter().map(|row| row[at]).collect();
        if moments.iter().any(|one| one.mean() != 0.0) {
            table = table.with(means(phase.clone(), "", 1.0, &moments));
        }
    }
    table
}

/// The phases at the end, the most abundant first.
fn composition(gathered: &Realisations, by: By) -> Table {
    let phases = gathered.first().map_or(&[][..], |first| &first.phases);
    let (names, moments) = ranked(
        phases
            .iter()
            .enumerate()
            .map(|(at, phase)| (phase.clone(), gathered.final_fraction(at, by))),
    );
    Table::new(format!("{} at the end", by_name(by)))
        .with(Column::texts("phase", names))
        .with(means(by_name(by), "%", 100.0, &moments))
}

/// Reactions that were chosen at all, the most frequent first.
pub(super) fn reactions(gathered: &Realisations) -> Table {
    let reactions = gathered.first().map_or(&[][..], |first| &first.reactions);
    let (names, moments) = ranked(reactions.iter().cloned().zip(gathered.chosen()));
    Table::new("reactions chosen, mean over realisations")
        .with(Column::texts("reaction", names))
        .with(means("times", "", 1.0, &moments))
}

/// What is not zero, the largest first.
fn ranked(all: impl Iterator<Item = (String, Moments)>) -> (Vec<String>, Vec<Moments>) {
    let mut rows: Vec<(String, Moments)> = all.filter(|(_, one)| one.mean() > 0.0).collect();
    rows.sort_by(|a, b| {
        let falling = b.1.mean().total_cmp(&a.1.mean());
        falling.then_with(|| a.0.cmp(&b.0))
    });
    rows.into_iter().unzip()
}

pub(super) fn gases(gathered: &Realisations) -> Table {
    let mut table = against_time(gathered, "gas per formula unit at the start");
    let (released, absorbed) = (gathered.gas_released(), gathered.gas_absorbed());
    let gases = gathered.first().map_or(&[][..], |first| &first.gases);
    for (at, gas) in gases.iter().enumerate() {
        for (what, records) in [("released", &released), ("absorbed", &absorbed)] {
            let moments: Vec<Moments> = records.iter().map(|row| row[at]).collect();
            table = table.with(means(format!("{gas} {what}"), "", 1.0, &moments));
        }
    }
    table
}
