//! What the truth may be, given an estimate.

use super::bootstrap;
use super::einstein::PairCurves;
use super::matrix::{Matrix, inverse, product, transposed};
use super::tensor::Freedom;
use crate::physics::numerics::Stream;

/// How many samples intervals are made of.
pub const SAMPLES: usize = 4096;
const SEED: [u8; 32] = *b"transport coefficients, sampled.";

/// Tensors from the distribution of the truth, `F W⁻¹ Fᵀ`, for an estimate `F Fᵀ` of p modes with ν degrees of freedom: W
/// is Wishart distributed with ν + p − 2 degrees of freedom, so that the marginal of every pair of directions is that of
/// Jeffreys' prior for two dimensions. Of the priors that Berger and Sun (Ann. Stat. 36, 963, 2008) compare it is the one
/// whose intervals for variances and covariances alike hold the truth nearly as often as they say. Modes may have degrees
/// of freedom of their own. The same numbers are drawn every time; `label` tells independent tensors apart. Where errors
/// are those of replicas alone, theirs.
pub fn samples(freedom: &Freedom, label: u64) -> Vec<Matrix> {
    if let Some(replicas) = &freedom.drawn {
        return bootstrap::samples(&freedom.factor, replicas, label);
    }
    let order = freedom.degrees.len();
    let mut stream = Stream::new(SEED, &[label]);
    (0..SAMPLES)
        .map(|_| {
            let wider = match freedom.excess {
                Some([excess, of]) => 2.0 * stream.gamma(0.5 * of) / (of * excess),
                None => 1.0,
            };
            // Bartlett's decomposition, W = B Bᵀ, in units of the degrees of freedom.
            let mut bartlett = vec![vec![0.0; order]; order];
            for (at, (row, degrees)) in bartlett.iter_mut().zip(&freedom.degrees).enumerate() {
                let degrees = degrees * wider;
                let left = degrees + order.saturating_sub(2) as f64 - at as f64;
                for (other, off) in row[..at].iter_mut().enumerate() {
                    *off = stream.normal() / (freedom.between(at, other) * wider).sqrt();
                }
                row[at] = (2.0 * stream.gamma(0.5 * left.max(LEAST)) / degrees).sqrt();
            }
            let back = inverse(&bartlett).unwrap_or_else(|| vec![vec![f64::NAN; order]; order]);
            let factor = product(&freedom.factor, &transposed(&back));
            product(&factor, &transposed(&factor))
        })
        .collect()
}

/// Degrees of freedom, however few are left where replicas scatter much.
const LEAST: f64 = 0.5;

/// Covariance of the entries i ≤ j of an estimate: for one number ν of degrees of freedom
/// `(L_ik L_jl + L_il L_jk) / ν`.
pub fn covariance(freedom: &Freedom) -> Matrix {
    if let Some(replicas) = &freedom.drawn {
        return bootstrap::covariance(&freedom.factor, replicas);
    }
    let factor = &freedom.factor;
    let excess = freedom.excess.map_or(1.0, |[excess, _]| excess);
    let pairs: Vec<(usize, usize)> = PairCurves::pairs(factor.len()).collect();
    let mode_pairs: Vec<(usize, usize)> = PairCurves::pairs(freedom.degrees.len()).collect();
    // What an element of W adds to an entry of the tensor.
    let weight = |(i, j): (usize, usize), (m, n): (usize, usize)| {
        if m == n {
            return factor[i][m] * factor[j][m];
        }
        factor[i][m] * factor[j][n] + factor[i][n] * factor[j][m]
    };
    let variance = |(m, n): (usize, usize)| {
        let both = excess / freedom.between(m, n);
        if m == n { 2.0 * both } else { both }
    };
    let entry = |a: (usize, usize), b: (usize, usize)| -> f64 {
        let modes = mode_pairs.iter();
        modes
            .map(|modes| weight(a, *modes) * weight(b, *modes) * variance(*modes))
            .sum()
    };
    let row = |a: &(usize, usize)| pairs.iter().map(|b| entry(*a, *b)).collect();
    pairs.iter().map(row).collect()
}
