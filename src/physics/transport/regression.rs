//! A line through mean squared displacements at several lags, and what it is worth.

use super::matrix::{Matrix, between, inverse, zeros};

/// Weights of the displacements at some lags whose sum is the slope: `Σ w = 0` and `Σ w m = 1`, the lag m in frames. The
/// intercept, which motion on short times leaves, does not enter.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    pub lags: Vec<usize>,
    pub weights: Vec<f64>,
}

/// How many lags a regression has at most: in a window that is given they may be many, and more hardly tell more.
const MOST_LAGS: usize = 128;

impl Regression {
    /// Generalised least squares at lags `from`, 1.5 `from`, 2 `from`, … up to `to`, with the covariance of the lags of a
    /// particle with this memory of which `frames` positions are known; evenly some of them where they are more than 128.
    pub fn generalised(
        frames: usize,
        from: usize,
        to: usize,
        memory: impl Fn(usize) -> f64,
    ) -> Option<Self> {
        let mut lags: Vec<usize> = (2..=2 * to)
            .map(|halves| (from * halves).div_ceil(2))
            .take_while(|lag| *lag <= to)
            .collect();
        lags.dedup();
        let step = lags.len().div_ceil(MOST_LAGS);
        let lags: Vec<usize> = lags.into_iter().step_by(step.max(1)).collect();
        let covariance = lag_covariance(frames, &lags, from, memory);
        Regression::with(lags, &inverse(&covariance)?)
    }

    /// Ordinary least squares at all lags between, or at some of them evenly where they are more than 128.
    pub fn unweighted(from: usize, to: usize) -> Option<Self> {
        let lags: Vec<usize> = (from..=to)
            .step_by((to + 1).saturating_sub(from).div_ceil(MOST_LAGS).max(1))
            .collect();
        let mut unit = zeros(lags.len(), lags.len());
        for (at, row) in unit.iter_mut().enumerate() {
            row[at] = 1.0;
        }
        Regression::with(lags, &unit)
    }

    fn with(lags: Vec<usize>, precision: &Matrix) -> Option<Self> {
        let ones = vec![1.0; lags.len()];
        let times: Vec<f64> = lags.iter().map(|lag| *lag as f64).collect();
        let of = |a: &[f64], b: &[f64]| between(a, precision, b);
        let (one, mixed, two) = (of(&ones, &ones), of(&ones, &times), of(&times, &times));
        let determinant = one * two - mixed * mixed;
        if lags.len() < 2 || determinant.abs() <= 1e-12 * one * two {
            return None;
        }
        let weight = |row: &Vec<f64>| {
            let [with_ones, with_times] =
                [&ones, &times].map(|other| row.iter().zip(other).map(|(x, y)| x * y).sum::<f64>());
            (one * with_times - mixed * with_ones) / determinant
        };
        Some(Regression {
            weights: precision.iter().map(weight).collect(),
            lags,
        })
    }

    /// Per frame.
    pub fn slope(&self, curve: impl Fn(usize) -> f64) -> f64 {
        let each = self.lags.iter().zip(&self.weights);
        each.map(|(lag, weight)| weight * curve(*lag)).sum()
    }

    pub fn parts(&self, factor: f64) -> Vec<(usize, f64)> {
        let each = self.lags.iter().zip(&self.weights);
        each.map(|(lag, weight)| (*lag, weight * factor)).collect()
    }

    /// Degrees of freedom ν of the slope of the squared displacement of one Gaussian process along three axes: its
    /// relative variance is 2/ν. `memory` is the mean squared displacement over lags in units of the slope.
    pub fn degrees(&self, frames: usize, memory: impl Fn(usize) -> f64) -> f64 {
        self.degrees_between(frames, [&memory, &memory])
    }

    /// The same of the slope of the products of the displacements of two independent processes: its variance over the
    /// product of their slopes is 1/ν. It is what both remember that counts: ν is not less than the geometric mean of
    /// those of both (Cauchy and Schwarz), and much above it where one runs on and the other turns back.
    pub fn degrees_between(&self, frames: usize, memories: [&dyn Fn(usize) -> f64; 2]) -> f64 {
        let covariance = product_covariance(frames, &self.lags, self.lags[0], memories);
        2.0 / between(&self.weights, &covariance, &self.weights)
    }
}

/// Covariance of mean squared displacements over all origins at pairs of lags, for a Gaussian process with stationary
/// and isotropic increments along three axes, of which the mean squared displacement is φ(m):
/// `cov(X_a, X_b) = 2/3 Σ_kl g_kl² / ((N − a)(N − b))`, with the covariance of the increments from k to k + a and from l
/// to l + b `g = ½ [φ(k + a − l) + φ(k − l − b) − φ(k − l) − φ(k + a − l − b)]` (Isserlis' theorem; for φ = m this is what
/// Qian, Sheetz and Elson, Biophys. J. 60, 910, 1991, give on the diagonal). Increments that do not overlap are taken
/// into account up to a distance of `beyond`.
pub fn lag_covariance(
    frames: usize,
    lags: &[usize],
    beyond: usize,
    memory: impl Fn(usize) -> f64,
) -> Matrix {
    product_covariance(frames, lags, beyond, [&memory, &memory])
}

/// The same with `g g'` instead of `g²`, for the displacements of two independent processes with memories of their own:
/// twice the covariance of the means of their products.
fn product_covariance(
    frames: usize,
    lags: &[usize],
    beyond: usize,
    memories: [&dyn Fn(usize) -> f64; 2],
) -> Matrix {
    let most = lags.last().map_or(0, |last| 2 * last + beyond);
    let memories: [Vec<f64>; 2] = memories.map(|memory| (0..=most).map(memory).collect());
    let increments = |memory: &[f64], apart: i64, a: i64, b: i64| {
        let phi = |lag: i64| memory[(lag.unsigned_abs() as usize).min(most)];
        0.5 * (phi(apart + a) + phi(apart - b) - phi(apart) - phi(apart + a - b))
    };
    let frames = frames as i64;
    let mut covariance = zeros(lags.len(), lags.len());
    for (row, a) in lags.iter().map(|lag| *lag as i64).enumerate() {
        for (column, b) in lags[..=row].iter().map(|lag| *lag as i64).enumerate() {
            let (origins_a, origins_b) = (frames - a, frames - b);
            let beyond = beyond as i64;
            let mut sum = 0.0;
            for apart in -(a + beyond)..=b + beyond {
                let pairs = origins_a.min(origins_b + apart) - apart.max(0);
                if pairs > 0 {
                    let [one, other] =
                        [0, 1].map(|at: usize| increments(&memories[at], apart, a, b));
                    sum += pairs as f64 * one * other;
                }
            }
            covariance[row][column] = 2.0 / 3.0 * sum / (origins_a * origins_b) as f64;
            covariance[column][row] = covariance[row][column];
        }
    }
    covariance
}
