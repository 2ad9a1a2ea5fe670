//! What can be read off an ensemble.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::lang::units::{Dimension, Quantity};
use crate::physics::md::{Ended, SegmentSummary};
use crate::run::kind::{Column, Table, Value};
use crate::run::store::Artifact;

pub(super) const TRAJECTORY: &str = "trajectory.synthtrj";
pub(super) const SUMMARY: &str = "segments.json";
pub(super) const COURSE: &str = "course.json";

/// Rows of a course that people look at.
const ROWS: usize = 500;
/// eV/Å³ in GPa.
const GPA_PER_EV_ANG3: f64 = crate::base::constants::ELEMENTARY_CHARGE_C * 1e21;

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Replica {
    pub atoms: usize,
    /// Lengths in Å and angles in degrees at the end.
    #[serde(default)]
    pub cell: Option<([f64; 3], [f64; 3])>,
    pub segments: Vec<SegmentSummary>,
}

/// Columns of the thermodynamic logs, block means over time of means over replicas.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Course {
    pub time_fs: Vec<f64>,
    pub temperature_k: Vec<f64>,
    pub potential_ev: Vec<f64>,
    pub density_g_per_cm3: Vec<f64>,
    pub pressure_ev_per_ang3: Vec<f64>,
}

/// From CSV logs; replicas that ran longer than the shortest are cut there.
pub(super) fn course(logs: &[Vec<u8>]) -> Course {
    let wanted = [
        "time_fs",
        "temperature_k",
        "potential_ev",
        "density_g_per_cm3",
        "pressure_ev_per_ang3",
    ];
    let tables: Vec<Vec<[f64; 5]>> = logs
        .iter()
        .map(|log| {
            let text = String::from_utf8_lossy(log);
            let mut lines = text.lines();
            let head: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
            let at = wanted.map(|name| head.iter().position(|column| *column == name));
            lines
                .map(|line| {
                    let cells: Vec<&str> = line.split(',').collect();
                    at.map(|column| {
                        column
                            .and_then(|column| cells.get(column)?.parse().ok())
                            .unwrap_or(f64::NAN)
                    })
                })
                .collect()
        })
        .collect();
    let rows = tables.iter().map(Vec::len).min().unwrap_or(0);
    let block = rows.div_ceil(ROWS).max(1);
    let mut course = Course::default();
    for begin in (0..rows).step_by(block) {
        let end = (begin + block).min(rows);
        let count = ((end - begin) * tables.len()) as f64;
        let mean: [f64; 5] = std::array::from_fn(|column| {
            let sum: f64 = tables
                .iter()
                .flat_map(|table| &table[begin..end])
                .map(|row| row[column])
                .sum();
            sum / count
        });
        course.time_fs.push(mean[0]);
        course.temperature_k.push(mean[1]);
        course.potential_ev.push(mean[2]);
        course.density_g_per_cm3.push(mean[3]);
        course.pressure_ev_per_ang3.push(mean[4]);
    }
    course
}

pub(super) fn evaluate(name: &str, artifact: &Artifact) -> Result<Value, String> {
    let replicas: Vec<Replica> = artifact.json(SUMMARY).map_err(|error| error.to_string())?;
    let last = replicas
        .first()
        .and_then(|first| {
            first
                .segments
                .iter()
                .rposition(|one| !matches!(one.ended, Ended::Rescaled | Ended::Restored))
        })
        .ok_or("no segment moved atoms")?;
    let of_last = |dimension, of: &dyn Fn(&Replica, &SegmentSummary) -> f64| {
        let values: Vec<f64> = replicas
            .iter()
            .map(|replica| of(replica, &replica.segments[last]))
            .collect();
        Ok(of_values(&values, 1.0, dimension))
    };
    match name {
        "density" => of_last(Dimension::DENSITY, &|_, one| {
            one.density_g_per_cm3 * DENSITY_BASE_PER_G_CM3
        }),
        "temperature" => of_last(Dimension::TEMPERATURE, &|_, one| one.temperature_k),
        "pressure" => of_last(Dimension::PRESSURE, &|_, one| one.pressure_ev_per_ang3),
        "pressure_tensor" => {
            let of = |component: usize| {
                let last = replicas.iter().map(|replica| &replica.segments[last]);
                let values = last.map(|one| Some(one.pressure_tensor?[component]));
                values.collect::<Option<Vec<f64>>>()
            };
            let names = ["xx", "yy", "zz", "yz", "xz", "xy"].map(str::to_owned);
            let rows: Option<Vec<Vec<f64>>> = (0..6).map(of).collect();
            let rows = rows.ok_or("no segment moved atoms")?;
            let table = Table::new("mean pressure").with(Column::texts("component", names.into()));
            let column = means("pressure", "GPa", &rows, GPA_PER_EV_ANG3);
            Ok(Value::Table(Arc::new(table.with(column))))
        }
        "a" | "b" | "c" => {
            let axis = usize::from(name.as_bytes()[0] - b'a');
            let lengths: Vec<f64> = cells(&replicas)?.iter().map(|cell| cell.0[axis]).collect();
            Ok(of_values(&lengths, 1.0, Dimension::LENGTH))
        }
        "cell" => {
            let cells = cells(&replicas)?;
            let of = |part: fn(&([f64; 3], [f64; 3])) -> [f64; 3]| -> Vec<Vec<f64>> {
                let of = |axis: usize| cells.iter().map(|cell| part(cell)[axis]).collect();
                (0..3).map(of).collect()
            };
            let names = ["a", "b", "c"].map(str::to_owned);
            let opposite = Column::texts("vector", names.into());
            let table = Table::new("cell at the end; the angle is the one opposite the vector")
                .with(opposite)
                .with(means("length", "Å", &of(|cell| cell.0), 1.0))
                .with(means("angle", "deg", &of(|cell| cell.1), 1.0));
            Ok(Value::Table(Arc::new(table)))
        }
        "energy" => of_last(Dimension::ENERGY, &|replica, one| {
            one.potential_ev / replica.atoms as f64
        }),
        "drift" => {
            let largest = replicas
                .iter()
                .flat_map(|replica| &replica.segments)
                .map(|one| one.drift.abs())
                .fold(0.0, f64::max);
            Ok(Value::Quantity(Quantity::number(largest)))
        }
        "gamma" => {
            let segments = replicas.iter().flat_map(|replica| &replica.segments);
            let grades = segments.filter_map(|one| Some(one.grade?.grade));
            let largest = grades.reduce(f64::max);
            let largest =
                largest.ok_or("no segment looked at grades: add `until gamma > 5` to one")?;
            Ok(Value::Quantity(Quantity::number(largest)))
        }
        "segments" => Ok(Value::Table(Arc::new(segments(&replicas)))),
        "course" => {
            let course: Course = artifact.json(COURSE).map_err(|error| error.to_string())?;
            let atoms = replicas[0].atoms as f64;
            Ok(Value::Table(Arc::new(course_table(course, atoms))))
        }
        other => Err(format!("there is no result `{other}`")),
    }
}

/// 1 g/cm³ in eV fs²/Å⁵.
pub(super) const DENSITY_BASE_PER_G_CM3: f64 = crate::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2
    / (crate::base::constants::ATOMIC_MASS_KG * 1e27);

/// The mean over replicas times a factor, with its standard error.
pub(super) fn of_values(values: &[f64], factor: f64, dimension: Dimension) -> Value {
    let quantity = Quantity::new(mean(values) * factor, dimension);
    match standard_error(values) {
        Some(error) => Value::Measured(quantity, Some(error * factor)),
        None => Value::Quantity(quantity),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of the mean of independent values; none of a single one.
fn standard_error(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count * (count - 1.0))).sqrt())
}

/// Lengths and angles of the cells at the end.
fn cells(replicas: &[Replica]) -> Result<Vec<([f64; 3], [f64; 3])>, String> {
    let cells: Option<Vec<_>> = replicas.iter().map(|replica| replica.cell).collect();
    cells.ok_or_else(|| "the run does not tell its cell".into())
}

/// A column of means over replicas with their standard errors, where there are several; a row of values each.
fn means(name: &str, unit: &str, rows: &[Vec<f64>], factor: f64) -> Column {
    let column = Column::numbers(
        name,
        unit,
        rows.iter().map(|row| factor * mean(row)).collect(),
    );
    let errors = rows.iter().map(|row| Some(factor * standard_error(row)?));
    match errors.collect::<Option<Vec<f64>>>() {
        Some(errors) => column.with_errors(errors),
        None => column,
    }
}

fn segments(replicas: &[Replica]) -> Table {
    let count = replicas
        .iter()
        .map(|replica| replica.segments.len())
        .min()
        .unwrap_or(0);
    let column = |name: &str, unit: &str, of: &dyn Fn(&Replica, &SegmentSummary) -> f64| {
        let (means, errors): (Vec<f64>, Vec<Option<f64>>) = (0..count)
            .map(|at| {
                let values: Vec<f64> = replicas
                    .iter()
                    .map(|replica| of(replica, &replica.segments[at]))
                    .collect();
                (mean(&values), standard_error(&values))
            })
            .unzip();
        let column = Column::numbers(name, unit, means);
        match errors.into_iter().collect::<Option<Vec<f64>>>() {
            Some(errors) => column.with_errors(errors),
            None => column,
        }
    };
    let ended = (0..count)
        .map(|at| {
            let mut words: Vec<&str> = replicas
                .iter()
                .map(|replica| match replica.segments[at].ended {
                    Ended::Duration => "done",
                    Ended::Condition => "condition met",
                    Ended::Unmet => "condition not met",
                    Ended::Minimum => "minimum found",
                    Ended::MostSteps => "no minimum found",
                    Ended::Rescaled => "rescaled",
                    Ended::Restored => "mean volume too far off, restored",
                })
                .collect();
            words.sort_unstable();
            words.dedup();
            words.join(", ")
        })
        .collect();
    let numbers = (1..=count).map(|number| number as f64).collect();
    Table::new("segments, means over the second half of each")
        .with(Column::numbers("segment", "", numbers).as_axis())
        .with(Column::texts("ended", ended))
        .with(column("steps", "", &|_, one| one.steps as f64))
        .with(column("temperature", "K", &|_, one| one.temperature_k))
        .with(column("density", "g/cm^3", &|_, one| one.density_g_per_cm3))
        .with(column("energy", "eV/atom", &|replica, one| {
            one.potential_ev / replica.atoms as f64
        }))
        .with(column("pressure", "GPa", &|_, one| {
            one.pressure_ev_per_ang3 * GPA_PER_EV_ANG3
        }))
        .with(column("drift", "kT/atom/ps", &|_, one| one.drift))
}

fn course_table(course: Course, atoms: f64) -> Table {
    let scaled = |values: Vec<f64>, factor: f64| values.iter().map(|one| one * factor).collect();
    Table::new("course of the runs, mean over replicas")
        .with(Column::numbers("time", "ps", scaled(course.time_fs, 1e-3)).as_axis())
        .with(Column::numbers("temperature", "K", course.temperature_k))
        .with(Column::numbers(
            "density",
            "g/cm^3",
            course.density_g_per_cm3,
        ))
        .with(Column::numbers(
            "energy",
            "eV/atom",
            scaled(course.potential_ev, 1.0 / atoms),
        ))
        .with(Column::numbers(
            "pressure",
            "GPa",
            scaled(course.pressure_ev_per_ang3, GPA_PER_EV_ANG3),
        ))
}
