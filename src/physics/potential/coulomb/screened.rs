//! The Coulomb law of Gaussian charges as polynomials.
//!
//! `erfc(αr)/r = 1/r − α E(α²r²)` where `E(t) = erf(√t)/√t` is an entire function, and so is that of the force,
//! `erfc(αr)/r³ + 2α/√π e^(−α²r²)/r² = 1/r³ − α³ G(α²r²)` with `G = −2 E'`. Polynomials of r² therefore give both to
//! the last digits over any range, with no exponential to take.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use crate::physics::numerics::simd::{Table, Vector};
use crate::physics::potential::pair::form::PairFunction;
use crate::physics::potential::pair::{Form, table};

/// `k q q' [erfc(αr)/r + constant + slope r]` by polynomials of `N` terms.
#[derive(Debug, Clone)]
pub struct Screened<const N: usize> {
    /// k q q' by species.
    strengths: Vec<Table>,
    /// r² → [−1, 1].
    scale: f64,
    energy: [f64; N],
    force: [f64; N],
    constant: f64,
    slope: f64,
}

/// The form that reaches up to `cutoff_ang` with as few terms as keep all digits; none if `α · cutoff` is so large
/// that there would be nothing left of the charges there.
pub fn screened(
    charges_e: &[f64],
    coulomb_ev_ang: f64,
    alpha_per_ang: f64,
    cutoff_ang: f64,
    [constant, slope]: [f64; 2],
) -> Option<Form> {
    let count = charges_e.len();
    let row = |&q: &f64| table(count, |other| coulomb_ev_ang * q * charges_e[other]);
    let strengths: Vec<Table> = charges_e.iter().map(row).collect();
    let half = 0.5 * (alpha_per_ang * cutoff_ang).powi(2);
    let alpha = alpha_per_ang;
    let energy = fit(half, |t| -alpha * smeared_energy(t));
    let force = fit(half, |t| -alpha.powi(3) * smeared_force(t));
    let terms = energy.len().max(force.len());
    let scale = 2.0 / (cutoff_ang * cutoff_ang);
    macro_rules! of {
        ($form:path) => {
            $form(Screened {
                strengths,
                scale,
                energy: padded(&energy),
                force: padded(&force),
                constant,
                slope,
            })
        };
    }
    Some(match terms {
        ..=20 => of!(Form::Screened20),
        21..=32 => of!(Form::Screened32),
        33..=64 => of!(Form::Screened64),
        _ => return None,
    })
}

/// `erf(√t)/√t`.
fn smeared_energy(t: f64) -> f64 {
    if t == 0.0 {
        FRAC_2_SQRT_PI
    } else {
        libm::erf(t.sqrt()) / t.sqrt()
    }
}

/// `(erf(√t)/√t − 2/√π e^(−t))/t`.
fn smeared_force(t: f64) -> f64 {
    if t > 1.0 {
        return (smeared_energy(t) - FRAC_2_SQRT_PI * (-t).exp()) / t;
    }
    // Its series where the difference would cancel: 2/√π Σ (−1)ⁿ⁺¹ tⁿ⁻¹/n! · 2n/(2n + 1).
    let (mut sum, mut term) = (0.0, 1.0);
    for n in 1..30 {
        let n = f64::from(n);
        sum += term * 2.0 / (2.0 * n + 1.0);
        term *= -t / n;
    }
    FRAC_2_SQRT_PI * sum
}

/// Coefficients, lowest first, of the polynomial in x that follows `function(half (1 + x))` on [−1, 1]: interpolation
/// at Chebyshev points, cut where the Chebyshev coefficients vanish among the last digits.
fn fit(half: f64, function: impl Fn(f64) -> f64) -> Vec<f64> {
    const POINTS: usize = 96;
    // cos(n θ) at the k-th point, from a whole number of parts of a turn.
    let cosine = |n: usize, k: usize| {
        (PI * ((2 * k + 1) * n % (4 * POINTS)) as f64 / (2 * POINTS) as f64).cos()
    };
    let values: Vec<f64> = (0..POINTS)
        .map(|k| function(half * (1.0 + cosine(1, k))))
        .collect();
    let coefficient = |n: usize| {
        let sum: f64 = (0..POINTS).map(|k| values[k] * cosine(n, k)).sum();
        sum * if n == 0 { 1.0 } else { 2.0 } / POINTS as f64
    };
    let chebyshev: Vec<f64> = (0..POINTS).map(coefficient).collect();
    let largest = chebyshev.iter().fold(0.0f64, |most, c| most.max(c.abs()));
    let vanish = |window: &[f64]| window.iter().all(|c| c.abs() < 1e-16 * largest);
    let terms = chebyshev
        .windows(3)
        .position(vanish)
        .unwrap_or(POINTS)
        .max(1);
    // T₀ = 1, T₁ = x, Tₙ₊₁ = 2 x Tₙ − Tₙ₋₁
    let mut powers = vec![0.0; terms];
    let (mut previous, mut current) = (vec![0.0; terms + 1], vec![0.0; terms + 1]);
    previous[0] = 1.0;
    current[1.min(terms)] = 1.0;
    for (n, c) in chebyshev[..terms].iter().enumerate() {
        for (power, x) in powers.iter_mut().zip(&previous) {
            *power += c * x;
        }
        if n + 1 < terms {
            let mut next: Vec<f64> = previous.iter().map(|x| -x).collect();
            for k in 0..terms {
                next[k + 1] += 2.0 * current[k];
            }
            previous = std::mem::replace(&mut current, next);
        }
    }
    powers
}

fn padded<const N: usize>(coefficients: &[f64]) -> [f64; N] {
    std::array::from_fn(|k| coefficients.get(k).copied().unwrap_or(0.0))
}

/// `Σ c[k] xᵏ`, even and odd powers apart, so that one does not wait for the other.
#[inline(always)]
fn series<V: Vector, const N: usize>(coefficients: &[f64; N], x: V) -> V {
    let x2 = x * x;
    let (mut even, mut odd) = (V::splat(coefficients[N - 2]), V::splat(coefficients[N - 1]));
    for k in (0..N / 2 - 1).rev() {
        even = even.mul_add(x2, V::splat(coefficients[2 * k]));
        odd = odd.mul_add(x2, V::splat(coefficients[2 * k + 1]));
    }
    odd.mul_add(x, even)
}

impl<const N: usize> PairFunction for Screened<N> {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let strength = V::lookup(&self.strengths[species], tags);
        let inverse = r2.rsqrt();
        let x = r2.mul_add(V::splat(self.scale), V::splat(-1.0));
        let inverse2 = inverse * inverse;
        let shifted = inverse2 - V::splat(self.slope);
        let slope = inverse.mul_add(shifted, series(&self.force, x));
        let mut energy = V::zero();
        if ENERGY {
            energy = inverse + series(&self.energy, x);
            energy = energy + (r2 * inverse).mul_add(V::splat(self.slope), V::splat(self.constant));
        }
        [strength * slope, strength * energy]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_follow_the_error_function_to_the_last_digits() {
        for (alpha, cutoff) in [
            (0.25, 8.0),
            (0.2, 10.0),
            (0.35, 10.0),
            (0.45, 12.0),
            (0.1, 3.0),
        ] {
            let form = screened(&[1.0], 1.0, alpha, cutoff, [0.0; 2]).unwrap();
            for k in 1..2000 {
                let r = cutoff * f64::from(k) / 2000.0;
                let [energy, derivative] = form.value(0, 0, r);
                let right = libm::erfc(alpha * r) / r;
                let gauss = FRAC_2_SQRT_PI * alpha * (-(alpha * r).powi(2)).exp();
                let slope = -(right + gauss) / r;
                assert!(
                    (energy - right).abs() <= 1e-15 / r.min(1.0),
                    "{alpha} {r}: {energy} {right}"
                );
                assert!(
                    (derivative - slope).abs() <= 1e-15 / (r * r).min(1.0),
                    "{alpha} {r}"
                );
            }
        }
        assert!(screened(&[1.0], 1.0, 1.0, 15.0, [0.0; 2]).is_none());
    }
}
