//! Correlations of collective displacements and fluxes.

use super::matrix::{Matrix, zeros};
use super::motion::Collective;
use super::own::add_squared_displacements;
use crate::physics::analysis::Correlation;

/// Symmetric matrices over lags, from lag 0, by pair of species i ≤ j.
#[derive(Debug, Clone, PartialEq)]
pub struct PairCurves {
    pub species: usize,
    pub curves: Vec<Vec<f64>>,
}

impl PairCurves {
    pub fn pairs(species: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..species).flat_map(move |i| (i..species).map(move |j| (i, j)))
    }

    pub fn at(&self, lag: usize) -> Matrix {
        self.combined(&[(lag, 1.0)])
    }

    /// `Σ w X(lag)`
    pub fn combined(&self, parts: &[(usize, f64)]) -> Matrix {
        let mut sum = zeros(self.species, self.species);
        for ((i, j), curve) in Self::pairs(self.species).zip(&self.curves) {
            sum[i][j] = parts.iter().map(|(lag, weight)| weight * curve[*lag]).sum();
            sum[j][i] = sum[i][j];
        }
        sum
    }
}

/// `A S`, of the first `frames` frames.
pub fn in_frame(series: &Collective, a: &[Vec<f64>], frames: usize) -> Collective {
    let row = |row: &Vec<f64>| {
        std::array::from_fn(|axis| {
            let mut sum = vec![0.0; frames];
            for (part, series) in row.iter().zip(series) {
                sum.iter_mut()
                    .zip(&series[axis])
                    .for_each(|(sum, x)| *sum += part * x);
            }
            sum
        })
    };
    a.iter().map(row).collect()
}

/// `⟨ΔS_i(t)·ΔS_j(t)⟩` over all origins: mean over origins, sum over axes.
pub fn displacements(series: &Collective) -> PairCurves {
    correlated(series, true, |correlation, series, sums| {
        add_squared_displacements(correlation, series, sums);
    })
}

/// `½ ⟨V_i(t)·V_j(0) + V_j(t)·V_i(0)⟩` over all origins.
pub fn fluxes(series: &Collective) -> PairCurves {
    correlated(series, false, |correlation, series, sums| {
        let count = series.len();
        for (lag, product) in correlation.sums(series).iter().enumerate() {
            sums[lag] += product / (count - lag) as f64;
        }
    })
}

/// From a quadratic functional its symmetric bilinear one, `B(a, b) = ½ [Q(a + b) − Q(a) − Q(b)]`, with a and b brought
/// to the same size first so that digits do not cancel.
fn correlated(
    series: &Collective,
    centred: bool,
    add: impl Fn(&mut Correlation, &mut [f64], &mut [f64]),
) -> PairCurves {
    let species = series.len();
    let frames = series.first().map_or(0, |one| one[0].len());
    let mut correlation = Correlation::new(frames);
    let mut of_sum = |parts: &[(usize, f64)]| {
        let mut sums = vec![0.0; frames];
        let mut along = [const { Vec::new() }; 3];
        for (at, factor) in parts {
            for (sum, series) in along.iter_mut().zip(&series[*at]) {
                sum.resize(frames, 0.0);
                let each = sum.iter_mut().zip(series);
                each.for_each(|(sum, x): (&mut f64, &f64)| *sum += factor * x);
            }
        }
        for mut sum in along {
            add(&mut correlation, &mut sum, &mut sums);
        }
        sums
    };
    let sizes: Vec<f64> = series.iter().map(|one| size(one, centred)).collect();
    let own: Vec<Vec<f64>> = (0..species).map(|at| of_sum(&[(at, 1.0)])).collect();
    let curves = PairCurves::pairs(species).map(|(i, j)| {
        if i == j {
            return own[i].clone();
        }
        if sizes[i] == 0.0 || sizes[j] == 0.0 {
            return vec![0.0; frames];
        }
        let both = of_sum(&[(i, 1.0 / sizes[i]), (j, 1.0 / sizes[j])]);
        let (first, second) = (sizes[i].powi(-2), sizes[j].powi(-2));
        let half = 0.5 * sizes[i] * sizes[j];
        let each = both.iter().zip(own[i].iter().zip(&own[j]));
        each.map(|(both, (a, b))| half * (both - first * a - second * b))
            .collect()
    });
    PairCurves {
        species,
        curves: curves.collect(),
    }
}

/// Root of the sum of squares, about the mean if `centred`.
fn size(series: &[Vec<f64>; 3], centred: bool) -> f64 {
    let of_axis = |values: &Vec<f64>| {
        let mean = if centred {
            values.iter().sum::<f64>() / values.len() as f64
        } else {
            0.0
        };
        values.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    series.iter().map(of_axis).sum::<f64>().sqrt()
}
