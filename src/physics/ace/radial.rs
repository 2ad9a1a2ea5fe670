//! Radial bases g_k(r).

use std::sync::Arc;

use super::acejl::{NodalTable, PolynomialBase};
use super::core_repulsion::{InnerCutoff, cosine};
use super::error::ModelError;
use super::model::Bond;

/// Family of the functions g_k, k = 1 .. nradbase. All vanish from the cutoff of their bond on.
#[derive(Debug, Clone, PartialEq)]
pub enum RadialBasis {
    /// Chebyshev polynomials of a distance scaled exponentially, times a cosine that ends at the cutoff and another
    /// that ends there over its width.
    ChebExpCos { lambda: f64 },
    /// `(1 − T_k(x))/2` of a distance scaled by a power λ: smooth at the cutoff if λ > 1.
    ChebPow { lambda: f64 },
    /// `(1 − T_k(x))/2` of `x = 1 − r/r_c`. Does not vanish at the cutoff for every k: the energy jumps there.
    ChebLinear,
    /// The simplified spherical Bessel functions of Kocer, Mason and Erturk (2020), smooth at the cutoff up to the
    /// second derivative.
    SphericalBessel,
    /// Polynomials of the Julia packages ACE1 and ACEpotentials.
    Polynomials(Arc<PolynomialBase>),
    /// What these packages tabulated.
    Tabulated(Arc<NodalTable>),
}

impl RadialBasis {
    /// Names in files, of the bases that have a name alone.
    pub const NAMES: [&'static str; 4] = ["ChebExpCos", "ChebPow", "ChebLinear", "SBessel"];

    pub fn name(&self) -> &'static str {
        match self {
            Self::ChebExpCos { .. } => "ChebExpCos",
            Self::ChebPow { .. } => "ChebPow",
            Self::ChebLinear => "ChebLinear",
            Self::SphericalBessel => "SBessel",
            Self::Polynomials(_) => "ACE.jl.base",
            Self::Tabulated(_) => "ACE.jl",
        }
    }

    /// The basis of a name with the first of its parameters, if it is known.
    pub fn from_name(name: &str, lambda: f64) -> Option<Self> {
        Some(match name {
            "ChebExpCos" => Self::ChebExpCos { lambda },
            "ChebPow" => Self::ChebPow { lambda },
            "ChebLinear" => Self::ChebLinear,
            "SBessel" | "TEST_SBessel" => Self::SphericalBessel,
            _ => return None,
        })
    }

    /// λ, where the basis has one.
    pub fn lambda(&self) -> Option<f64> {
        match self {
            Self::ChebExpCos { lambda } | Self::ChebPow { lambda } => Some(*lambda),
            _ => None,
        }
    }

    /// Whether it is one of ACE1 and ACEpotentials.
    pub fn is_julian(&self) -> bool {
        matches!(self, Self::Polynomials(_) | Self::Tabulated(_))
    }

    pub(super) fn validate(&self, path: &str, nradbase: usize) -> Result<(), ModelError> {
        let size = match self {
            Self::Polynomials(base) => {
                base.validate(path)?;
                base.len()
            }
            Self::Tabulated(table) => {
                table.validate(path)?;
                table.functions
            }
            _ => nradbase,
        };
        if size != nradbase {
            return Err(ModelError::new(
                format!("{path}.nradbasemax"),
                format!("the base has {size} functions, not {nradbase}"),
                format!("give {size}"),
            ));
        }
        match self.lambda() {
            Some(lambda) if !(lambda.is_finite() && lambda > 0.0) => Err(ModelError::new(
                format!("{path}.radparameters[0]"),
                format!("it is {lambda}"),
                "give a number above 0; pacemaker's own is 5.25",
            )),
            _ => Ok(()),
        }
    }

    /// The functions of a bond at r, and their slopes; both slices are of the length nradbase. Inner cutoffs of
    /// distance are in.
    pub fn evaluate(
        &self,
        bond: &Bond,
        inner: InnerCutoff,
        r: f64,
        values: &mut [f64],
        slopes: &mut [f64],
    ) {
        let cutoff = bond.cutoff_ang;
        if r >= cutoff {
            values.fill(0.0);
            slopes.fill(0.0);
            return;
        }
        match self {
            &Self::ChebExpCos { lambda } => {
                let (decay, end) = ((-lambda * r / cutoff).exp(), (-lambda).exp());
                let x = 1.0 - 2.0 * (decay - end) / (1.0 - end);
                let slope = 2.0 * lambda / cutoff * decay / (1.0 - end);
                // T_0 = 1 stands for the first function, which is the envelope alone.
                chebyshev(x, slope, 0, values, slopes);
                (values[0], slopes[0]) = (1.0, 0.0);
                multiply(values, slopes, cosine(r, cutoff));
                let width = bond.cutoff_width_ang;
                if r > cutoff - width {
                    multiply(values, slopes, cosine(r - (cutoff - width), width));
                }
            }
            &Self::ChebPow { lambda } => {
                let u = 1.0 - r / cutoff;
                let power = u.powf(lambda - 1.0);
                let slope = 2.0 * lambda * power / cutoff;
                chebyshev(1.0 - 2.0 * power * u, slope, 1, values, slopes);
            }
            Self::ChebLinear => chebyshev(1.0 - r / cutoff, -1.0 / cutoff, 1, values, slopes),
            Self::SphericalBessel => spherical_bessel(r, cutoff, values, slopes),
            Self::Polynomials(base) => base.evaluate(r, values, slopes),
            Self::Tabulated(table) => table.evaluate(cutoff, r, values, slopes),
        }
        if inner == InnerCutoff::Distance {
            let [value, slope] = bond.inner.evaluate(r);
            multiply(values, slopes, [1.0 - value, -slope]);
        }
    }
}

/// Multiplies all functions by one.
fn multiply(values: &mut [f64], slopes: &mut [f64], [factor, slope]: [f64; 2]) {
    for (value, derivative) in values.iter_mut().zip(slopes) {
        *derivative = *derivative * factor + *value * slope;
        *value *= factor;
    }
}

/// `(1 − T_n(x))/2` for successive n from `first` on, where `slope` is dx/dr.
fn chebyshev(x: f64, slope: f64, first: usize, values: &mut [f64], slopes: &mut [f64]) {
    // T_n and T_{n+1}, U_{n−1} and U_n; T_n' = n U_{n−1}.
    let (mut t, mut t_next, mut u, mut u_next) = (1.0, x, 0.0, 1.0);
    let count = values.len();
    for n in 0..first + count {
        if n >= first {
            values[n - first] = 0.5 * (1.0 - t);
            slopes[n - first] = -0.5 * n as f64 * u * slope;
        }
        (t, t_next) = (t_next, 2.0 * x * t_next - t);
        (u, u_next) = (u_next, 2.0 * x * u_next - u);
    }
}

/// Pairs of sines that vanish at the cutoff, made orthogonal one after the other.
fn spherical_bessel(r: f64, cutoff: f64, values: &mut [f64], slopes: &mut [f64]) {
    use std::f64::consts::{PI, SQRT_2};
    let sinc = |k: f64| {
        let z = k * PI * r / cutoff;
        if r == 0.0 {
            [1.0, 0.0]
        } else {
            [z.sin() / z, (z.cos() - z.sin() / z) / r]
        }
    };
    let mut d: f64 = 1.0;
    for n in 0..values.len() {
        let number = n as f64;
        let (a, b) = (number + 1.0, number + 2.0);
        let sign = if n % 2 == 0 { 1.0 } else { -1.0 };
        let scale = sign * SQRT_2 * PI / cutoff.powf(1.5) * a * b / a.hypot(b);
        let (first, second) = (sinc(a), sinc(b));
        let mut function = [
            scale * (first[0] + second[0]),
            scale * (first[1] + second[1]),
        ];
        if n > 0 {
            let e = (number * b).powi(2) / (4.0 * a.powi(4) + 1.0);
            let share = (e / d).sqrt();
            d = 1.0 - e / d;
            function[0] = (function[0] + share * values[n - 1]) / d.sqrt();
            function[1] = (function[1] + share * slopes[n - 1]) / d.sqrt();
        }
        [values[n], slopes[n]] = function;
    }
}
