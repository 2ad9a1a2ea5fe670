//! The tensor from velocities.

use super::bootstrap::Replica;
use super::einstein::{self, PairCurves};
use super::matrix::{Matrix, zeros};
use super::motion::Collective;
use super::tensor::{GreenKubo, RunningIntegral};
use super::{Component, ReferenceFrame, TransportError};
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::analysis::even;

/// From one time to the next velocities and stresses may forget so much, if their correlation is to be integrated.
pub const RESOLVED: f64 = 0.7;
/// How many times of a running integral are kept.
const MOST_TIMES: usize = 200;

/// Integrates, by trapezoids, the correlation of the fluxes of several runs, in the frame that they are given in, and
/// averages the running integral over the plateau, both ends included. Fluxes are `Σ v` of each species, Å/fs.
pub fn integrate(
    runs: &[Collective],
    interval_fs: f64,
    plateau_fs: (f64, f64),
    kt_volume: f64,
) -> Result<GreenKubo, TransportError> {
    let species = runs.first().map_or(0, Vec::len);
    let lengths: Vec<usize> = runs
        .iter()
        .map(|run| run.first().map_or(0, |one| one[0].len()))
        .collect();
    let shortest = lengths.iter().copied().min().unwrap_or(0);
    let total: usize = lengths.iter().sum();
    let [from, to] = [plateau_fs.0, plateau_fs.1].map(|time| (time / interval_fs).round() as usize);
    if from > to || to == 0 || to >= shortest {
        return Err(TransportError::Window {
            from_fs: plateau_fs.0,
            to_fs: plateau_fs.1,
            length_fs: shortest.saturating_sub(1) as f64 * interval_fs,
            interval_fs,
        });
    }
    // Beyond a few plateaus the running integral is noise.
    let kept = (3 * to).min(shortest - 1);
    let factor = interval_fs / (3.0 * kt_volume);
    let running = |correlation: &Vec<f64>| -> Vec<f64> {
        let mut sum = 0.0;
        let areas = correlation[..=kept].windows(2).map(|pair| {
            sum += factor * f64::midpoint(pair[0], pair[1]);
            sum
        });
        std::iter::once(0.0).chain(areas).collect()
    };
    let tensor = |running: &[Vec<f64>]| {
        let mut l = zeros(species, species);
        for ((i, j), running) in PairCurves::pairs(species).zip(running) {
            let plateau = &running[from..=to];
            l[i][j] = plateau.iter().sum::<f64>() / plateau.len() as f64;
            l[j][i] = l[i][j];
        }
        l
    };
    let mut correlations = vec![vec![0.0; kept + 1]; species * (species + 1) / 2];
    let mut replicas = Vec::new();
    for (run, length) in runs.iter().zip(&lengths) {
        let part = *length as f64 / total as f64;
        let curves = einstein::fluxes(run).curves;
        for (sum, own) in correlations.iter_mut().zip(&curves) {
            sum.iter_mut()
                .zip(own)
                .for_each(|(sum, x)| *sum += part * x);
        }
        let own: Vec<Vec<f64>> = curves.iter().map(running).collect();
        replicas.push(Replica {
            part,
            l: tensor(&own),
        });
    }
    let first_correlation = first_correlation(&correlations, species);
    let running: Vec<Vec<f64>> = correlations.iter().map(running).collect();
    let l = tensor(&running);
    // The mean over the plateau weighs the correlation with 1 up to it, and from there on with less along a line.
    let kernel = from as f64 + (to - from) as f64 / 3.0;
    let degrees = 3.0 * total as f64 / (2.0 * kernel);
    let times = thinned(kept + 1);
    Ok(GreenKubo {
        errors: errors(&l, degrees),
        l,
        degrees,
        replicas,
        plateau_fs: [from as f64 * interval_fs, to as f64 * interval_fs],
        times_fs: times.iter().map(|at| *at as f64 * interval_fs).collect(),
        running: PairCurves::pairs(species)
            .zip(&running)
            .map(|((i, j), running)| RunningIntegral {
                i,
                j,
                l: times.iter().map(|at| running[*at]).collect(),
            })
            .collect(),
        first_correlation,
    })
}

/// Evenly, the first and nearly the last.
fn thinned(count: usize) -> Vec<usize> {
    (0..count)
        .step_by(count.div_ceil(MOST_TIMES).max(1))
        .collect()
}

fn first_correlation(correlations: &[Vec<f64>], species: usize) -> f64 {
    let own = PairCurves::pairs(species)
        .zip(correlations)
        .filter(|((i, j), _)| i == j);
    let ratios: Vec<f64> = own
        .filter(|(_, curve)| curve[0] > 0.0)
        .map(|(_, curve)| curve[1] / curve[0])
        .collect();
    ratios.iter().sum::<f64>() / ratios.len().max(1) as f64
}

/// Of entries of a tensor with so many degrees of freedom.
pub fn errors(l: &Matrix, degrees: f64) -> Matrix {
    let error =
        |i: usize, j: usize| ((l[i][j].powi(2) + l[i][i] * l[j][j]).max(0.0) / degrees).sqrt();
    (0..l.len())
        .map(|i| (0..l.len()).map(|j| error(i, j)).collect())
        .collect()
}

/// Mean velocities of the atoms of each species, frame by frame, as MD programs write them often where positions are
/// written seldom.
#[derive(Debug, Clone, PartialEq)]
pub struct VelocitySeries {
    pub times_fs: Vec<f64>,
    /// By species and frame, Å/fs.
    pub velocities_ang_per_fs: Vec<Vec<[f64; 3]>>,
}

impl VelocitySeries {
    /// The tensor of several runs, with the running integral averaged over the plateau.
    pub fn green_kubo(
        series: &[VelocitySeries],
        species: &[Component],
        frame: &ReferenceFrame,
        temperature_k: f64,
        volume_ang3: f64,
        plateau_fs: (f64, f64),
    ) -> Result<GreenKubo, TransportError> {
        let a = frame.transformation(species)?;
        let mut interval_fs = 0.0;
        let mut fluxes = Vec::new();
        for (run, one) in (1..).zip(series) {
            let (interval, frames) =
                even(&one.times_fs).map_err(|error| TransportError::Times { run, error })?;
            if run == 1 {
                interval_fs = interval;
            } else if (interval - interval_fs).abs() > 1e-6 * interval_fs {
                return Err(TransportError::OtherInterval {
                    run,
                    interval_fs: interval,
                    first_fs: interval_fs,
                });
            }
            let whole = one
                .velocities_ang_per_fs
                .iter()
                .all(|own| own.len() >= frames);
            if one.velocities_ang_per_fs.len() != species.len() || !whole {
                return Err(TransportError::Malformed(format!(
                    "run {run} has not a velocity of each species for each time"
                )));
            }
            let sums: Collective = species
                .iter()
                .zip(&one.velocities_ang_per_fs)
                .map(|(one, velocities)| {
                    std::array::from_fn(|axis| {
                        let sum = |velocity: &[f64; 3]| one.count as f64 * velocity[axis];
                        velocities[..frames].iter().map(sum).collect()
                    })
                })
                .collect();
            fluxes.push(einstein::in_frame(&sums, &a, frames));
        }
        if fluxes.is_empty() {
            return Err(TransportError::NoVelocities);
        }
        integrate(
            &fluxes,
            interval_fs,
            plateau_fs,
            BOLTZMANN_EV_PER_K * temperature_k * volume_ang3,
        )
    }
}
