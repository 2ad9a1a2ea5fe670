//! Errors that replicas alone tell, whatever their lengths allow.

use serde::{Deserialize, Serialize};

use super::TransportError;
use super::einstein::PairCurves;
use super::estimation::add;
use super::matrix::{Matrix, composed, congruent, eigen, inverse, product, transposed, zeros};
use super::posterior::SAMPLES;
use super::tensor::Freedom;
use crate::physics::numerics::Stream;

const SEED: [u8; 32] = *b"transport, replicas, resampled..";
/// Of fewer replicas too few different draws can be made.
pub const FEWEST: usize = 5;
/// How small a drawn mean may be beside that of the replicas: the truth may be so many times larger.
const LEAST: f64 = 0.02;

/// Beyond which scatter of the replicas, as a quantile of the normal distribution, their variance is taken from it: one
/// in a thousand.
const SCATTER: f64 = 3.09;

/// The tensor of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Of the run in the mean.
    pub part: f64,
    /// 1/(eV Å fs), where it is stored.
    pub l: Vec<Vec<f64>>,
}

/// The same against the mean `L = F Fᵀ`: `W = F⁻¹ L_r F⁻ᵀ`, whose mean is the unit matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relative {
    pub part: f64,
    pub w: Vec<Vec<f64>>,
}

/// Replicas against a factor whose columns are as many as there are modes.
pub fn relative(replicas: &[Replica], factor: &Matrix) -> Result<Vec<Relative>, TransportError> {
    let turned = transposed(factor);
    let square = inverse(&product(&turned, factor))
        .ok_or_else(|| TransportError::Singular("modes depend on each other".into()))?;
    let back = product(&square, &turned);
    let each = replicas.iter().map(|one| Relative {
        part: one.part,
        w: congruent(&back, &one.l),
    });
    Ok(each.collect())
}

/// Deviations of the replicas from their mean.
fn apart(replicas: &[Relative]) -> Vec<Matrix> {
    let order = replicas[0].w.len();
    let mut mean = zeros(order, order);
    for one in replicas {
        add(&mut mean, &one.w, one.part);
    }
    let each = replicas.iter().map(|one| {
        let mut apart = one.w.clone();
        add(&mut apart, &mean, -1.0);
        apart
    });
    each.collect()
}

/// By how much the variance of means of drawn replicas is too small: they scatter about the mean of the few that there
/// are, not about the truth.
fn wider(replicas: &[Relative]) -> f64 {
    replicas.len() as f64 / (replicas.len() - 1) as f64
}

/// Tensors that the truth may be, `F W⁻¹ Fᵀ`: W is the mean of as many replicas, drawn with replacement (Efron, Ann. Stat.
/// 7, 1, 1979), with a deviation from the unit matrix that is made `√(R/(R − 1))` times as large, and as much larger as
/// Student's distribution of R − 1 degrees of freedom is wider than the normal one. That W and not its inverse scatters as
/// the drawn means do makes the intervals hold for what is skewed as squares of displacements are. The same numbers are
/// drawn every time; `label` tells independent tensors apart.
pub fn samples(factor: &Matrix, replicas: &[Relative], label: u64) -> Vec<Matrix> {
    let apart = apart(replicas);
    let count = replicas.len();
    let degrees = (count - 1) as f64;
    let wider = wider(replicas).sqrt();
    let mut stream = Stream::new(SEED, &[label]);
    (0..SAMPLES)
        .map(|_| {
            let drawn: Vec<usize> = (0..count)
                .map(|_| stream.below(count as u64) as usize)
                .collect();
            let all: f64 = drawn.iter().map(|at| replicas[*at].part).sum();
            let chi = (2.0 * stream.gamma(0.5 * degrees) / degrees).sqrt();
            let mut w = zeros(apart[0].len(), apart[0].len());
            for (at, row) in w.iter_mut().enumerate() {
                row[at] = 1.0;
            }
            for at in drawn {
                add(&mut w, &apart[at], replicas[at].part / all * wider / chi);
            }
            let (values, vectors) = eigen(&w);
            let back: Vec<f64> = values.iter().map(|value| 1.0 / value.max(LEAST)).collect();
            congruent(factor, &composed(&back, &vectors))
        })
        .collect()
}

/// Covariance of the entries i ≤ j of the mean: `R/(R − 1) Σ_r w_r² δ_r δ_rᵀ`, w_r being the part of a replica and δ_r its
/// deviation; that of the means of drawn replicas, widened as they are.
pub fn covariance(factor: &Matrix, replicas: &[Relative]) -> Matrix {
    let pairs: Vec<(usize, usize)> = PairCurves::pairs(factor.len()).collect();
    let mut covariance = zeros(pairs.len(), pairs.len());
    for (one, apart) in replicas.iter().zip(apart(replicas)) {
        let weight = wider(replicas) * one.part * one.part;
        let apart = congruent(factor, &apart);
        for (row, (i, j)) in covariance.iter_mut().zip(&pairs) {
            for (entry, (k, l)) in row.iter_mut().zip(&pairs) {
                *entry += weight * apart[*i][*j] * apart[*k][*l];
            }
        }
    }
    covariance
}

/// Whether replicas scatter more than their lengths allow, by which factor and with how many degrees of freedom: each mode
/// and pair of modes having degrees of freedom of its own, `Σ_r Σ_{m≤n} (W_r − 1)²_mn ν_mn r / (1 + δ_mn)`, r being the part
/// of the run, is χ² distributed with (R − 1) p (p + 1)/2 degrees of freedom where they do not. Those of the atoms will not
/// do: a mode with more memory than theirs scatters more, and would be taken for replicas that differ.
pub fn excess(replicas: &[Relative], freedom: &Freedom) -> Option<[f64; 2]> {
    let mut sum = 0.0;
    for (one, apart) in replicas.iter().zip(apart(replicas)) {
        sum += PairCurves::pairs(apart.len())
            .map(|(m, n)| {
                let times = if m == n { 0.5 } else { 1.0 };
                times * one.part * freedom.between(m, n) * apart[m][n].powi(2)
            })
            .sum::<f64>();
    }
    let modes = freedom.degrees.len() as f64;
    let of = (replicas.len() - 1) as f64 * modes * (modes + 1.0) / 2.0;
    // Wilson and Hilferty's approximation of the quantile.
    let third = 2.0 / (9.0 * of);
    let most = of * (1.0 - third + SCATTER * third.sqrt()).powi(3);
    (of > 0.0 && sum > most).then(|| [sum / of, of])
}

/// Degrees of freedom of the Wishart distribution that scatters as far in the mean over the entries: its variances are
/// `(1 + δ_mn)/ν`.
pub fn degrees(replicas: &[Relative]) -> f64 {
    let order = replicas[0].w.len() as f64;
    let each = replicas.iter().zip(apart(replicas));
    let variance: f64 = each
        .map(|(one, apart)| {
            let squares: f64 = apart.iter().flatten().map(|x| x * x).sum();
            wider(replicas) * one.part * one.part * squares
        })
        .sum();
    order * (order + 1.0) / variance
}
