use serde::{Deserialize, Serialize};

use super::Mean;

/// What atoms do while the temperature is led along ramps, means over runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cooling {
    /// In the course of the ramps.
    pub temperature_k: Vec<f64>,
    pub density_g_per_cm3: Vec<Mean>,
    /// Potential energy.
    pub energy_ev_per_atom: Vec<Mean>,
}

/// The thermodynamic log of one run: CSV with a head.
#[derive(Debug, Clone, Copy)]
pub struct RampLog<'a> {
    pub csv: &'a str,
    pub atoms: usize,
    /// Segments that are ramps.
    pub ramps: &'a [usize],
}

/// Points of a ramp: equal parts of its time, for the temperature of few atoms fluctuates.
const POINTS: usize = 40;
const WANTED: [&str; 4] = [
    "segment",
    "temperature_k",
    "density_g_per_cm3",
    "potential_ev",
];

impl Cooling {
    /// None where no run has a ramp.
    pub fn of(runs: &[RampLog<'_>]) -> Option<Self> {
        let points: Vec<Vec<[f64; 3]>> = runs.iter().map(points).collect();
        let count = points
            .iter()
            .map(Vec::len)
            .min()
            .filter(|count| *count > 0)?;
        let mean = |at: usize, column: usize| {
            let values: Vec<f64> = points.iter().map(|run| run[at][column]).collect();
            Mean::of(&values)
        };
        Some(Cooling {
            temperature_k: (0..count).map(|at| mean(at, 0).value).collect(),
            density_g_per_cm3: (0..count).map(|at| mean(at, 1)).collect(),
            energy_ev_per_atom: (0..count).map(|at| mean(at, 2)).collect(),
        })
    }
}

/// Temperature, density and energy of an atom along the ramps of one run.
fn points(run: &RampLog<'_>) -> Vec<[f64; 3]> {
    let mut lines = run.csv.lines();
    let head: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    let at = WANTED.map(|name| head.iter().position(|column| *column == name));
    let rows: Vec<[f64; 4]> = lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let mut row = [0.0; 4];
            for (value, column) in row.iter_mut().zip(at) {
                *value = cells.get(column?)?.parse().ok()?;
            }
            Some(row)
        })
        .collect();
    let mut out = Vec::new();
    for ramp in run.ramps {
        let own: Vec<&[f64; 4]> = rows.iter().filter(|row| row[0] == *ramp as f64).collect();
        let parts = own.len().min(POINTS);
        for part in 0..parts {
            let rows = &own[part * own.len() / parts..(part + 1) * own.len() / parts];
            let mean =
                |column: usize| rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64;
            out.push([mean(1), mean(2), mean(3) / run.atoms as f64]);
        }
    }
    out
}
