//! Shear viscosity from the logs of runs of ours.

use crate::physics::md::Trajectories;
use crate::physics::transport::{Estimate, StressSeries};
use crate::run::store::Artifact;

/// The file of it beside the tensors: an estimate in eV fs/Å³, or why there is none.
pub(super) const FILE: &str = "viscosity.json";

/// Mean over the runs that have logs at constant volume; the error of several is that of their scatter.
pub(super) fn of(
    artifact: &Artifact,
    trajectories: &Trajectories,
    temperature_k: f64,
) -> Result<Estimate, String> {
    let none = "the run has no log at constant volume to take the viscosity from";
    let each = trajectories.runs.iter().map(|run| {
        let log = run.log.as_ref().ok_or(none)?;
        let bytes = artifact.read(log).map_err(|error| error.to_string())?;
        let log = String::from_utf8_lossy(&bytes);
        let series = series(&log, run.segment, temperature_k).ok_or(none)?;
        let found = series.viscosity(None).map_err(|error| error.to_string())?;
        Ok(found.value)
    });
    let each: Vec<Estimate> = each.collect::<Result<_, String>>()?;
    let count = each.len() as f64;
    let value = each.iter().map(|one| one.value).sum::<f64>() / count;
    let error = if each.len() > 1 {
        let squares: f64 = each.iter().map(|one| (one.value - value).powi(2)).sum();
        Some((squares / (count * (count - 1.0))).sqrt())
    } else {
        each.first().and_then(|one| one.error)
    };
    Ok(Estimate {
        value,
        error,
        ..Estimate::default()
    })
}

/// The pressure of a segment, if its rows are evenly apart and its volume is constant.
fn series(log: &str, segment: usize, temperature_k: f64) -> Option<StressSeries> {
    let mut lines = log.lines();
    let head: Vec<&str> = lines.next()?.split(',').collect();
    let column = |name: &str| head.iter().position(|one| *one == name);
    let names = [
        "segment",
        "time_fs",
        "volume_ang3",
        "pxx",
        "pyy",
        "pzz",
        "pyz",
        "pxz",
        "pxy",
    ];
    let columns = names.map(column);
    let mut rows: Vec<[f64; 9]> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let row = columns.map(|at| cells.get(at?)?.parse().ok());
        let row: Vec<f64> = row.into_iter().collect::<Option<_>>()?;
        if row[0] == segment as f64 {
            rows.push(row.try_into().ok()?);
        }
    }
    let [first, second, ..] = rows.as_slice() else {
        return None;
    };
    let (interval_fs, volume_ang3) = (second[1] - first[1], first[2]);
    let last = rows.len() - 1;
    // The end of a run may come before its last interval is over.
    let even = |pair: &[[f64; 9]]| ((pair[1][1] - pair[0][1]) / interval_fs - 1.0).abs() < 1e-6;
    if !rows[..last].windows(2).all(even) || rows.iter().any(|row| row[2] != volume_ang3) {
        return None;
    }
    let stress = rows[..last]
        .iter()
        .map(|row| [row[3], row[4], row[5], row[6], row[7], row[8]]);
    Some(StressSeries {
        interval_fs,
        stress_ev_per_ang3: stress.collect(),
        volume_ang3,
        temperature_k,
    })
}
