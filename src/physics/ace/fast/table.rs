//! Functions of a distance as piecewise polynomials, many of them side by side.
//!
//! Every bin holds polynomials of degree seven through Chebyshev nodes, coefficient by coefficient with the functions
//! side by side, so that a lookup is a few contiguous loads and one Horner scheme for all functions. Such bins are
//! some fifty times wider than those of a cubic table of the same error: the tables of a potential stay in the
//! second cache. Segments between the points where a function is not smooth (the beginning of a switch) have widths
//! of their own.

use crate::physics::numerics::Aligned;
use crate::physics::numerics::simd::{MOST_LANES, Vector};

/// Coefficients of a polynomial.
const TERMS: usize = 8;
/// Largest error of a function between nodes, relative to its largest value.
const TOLERANCE: f64 = 2e-13;
const WIDEST_BIN_ANG: f64 = 0.1;
/// A segment is not cut finer than this, whatever the error.
const MOST_BINS: usize = 4096;

/// `columns` functions of a distance and their derivatives, and possibly one more that stands apart: a ninth function
/// among eight would take a vector for itself.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// By falling distance, as most neighbours are far.
    segments: Vec<Segment>,
    /// Functions, padded with zeros to whole vectors.
    columns: usize,
    apart: bool,
    /// By bin: `[term][column]`, then `[term]` of the function apart.
    coefficients: Aligned,
}

/// What is looked up of the function apart, neighbour by neighbour, until it is evaluated for all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Apart {
    t: [f64; MOST_LANES],
    per_ang: [f64; MOST_LANES],
    /// `[neighbour][term]`
    coefficients: [f64; MOST_LANES * TERMS],
}

impl Apart {
    pub const NONE: Apart = Apart {
        t: [0.0; MOST_LANES],
        per_ang: [0.0; MOST_LANES],
        coefficients: [0.0; MOST_LANES * TERMS],
    };

    /// Values and slopes (per Å) of the neighbours from a first one on.
    #[inline(always)]
    pub fn evaluate<V: Vector>(&self, first: usize) -> (V, V) {
        let mut terms = [0.0; TERMS * MOST_LANES];
        for term in (0..TERMS).step_by(V::LANES) {
            let from = &self.coefficients[first * TERMS + term..];
            V::transpose(from, TERMS, &mut terms[term * MOST_LANES..], MOST_LANES);
        }
        let t = V::load(&self.t[first..]);
        let mut value = V::load(&terms[(TERMS - 1) * MOST_LANES..]);
        let mut slope = V::zero();
        for term in (0..TERMS - 1).rev() {
            slope = slope.mul_add(t, value);
            value = value.mul_add(t, V::load(&terms[term * MOST_LANES..]));
        }
        (value, slope * V::load(&self.per_ang[first..]))
    }
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    start_ang: f64,
    bins_per_ang: f64,
    first: usize,
    bins: usize,
}

impl Table {
    /// Tabulates what `function` writes for distances from the first to the last of `breaks`, which are where some
    /// function is not smooth, in rising order: values of the columns, then of the function apart.
    pub fn new(
        columns: usize,
        apart: bool,
        breaks: &[f64],
        function: &dyn Fn(f64, &mut [f64]),
    ) -> Self {
        let padded = columns.next_multiple_of(MOST_LANES).max(MOST_LANES);
        let columns = columns + usize::from(apart);
        let size = TERMS * (padded + usize::from(apart));
        let mut table = Table {
            segments: Vec::new(),
            columns: padded,
            apart,
            coefficients: Aligned::default(),
        };
        let mut coefficients: Vec<f64> = Vec::new();
        let fit = Fit::new();
        let mut scale = vec![f64::MIN_POSITIVE; columns];
        let (first, last) = (breaks[0], breaks[breaks.len() - 1]);
        let mut values = vec![0.0; columns];
        // Near the origin a repulsion may be enormous; what counts is the scale at distances that atoms have.
        for k in 0..200 {
            let r = first.max(0.5 * last.min(1.0)) + (last - first.max(0.5)) * f64::from(k) / 200.0;
            function(r.min(last - 1e-9), &mut values);
            for (scale, value) in scale.iter_mut().zip(&values) {
                *scale = scale.max(value.abs());
            }
        }
        for ends in breaks.windows(2).rev() {
            let length = ends[1] - ends[0];
            let mut bins = (length / WIDEST_BIN_ANG).ceil().max(1.0) as usize;
            loop {
                let (fitted, error) = fit.segment(ends, bins, (padded, apart), &scale, function);
                if error <= TOLERANCE || bins >= MOST_BINS {
                    table.segments.push(Segment {
                        start_ang: ends[0],
                        bins_per_ang: bins as f64 / length,
                        first: coefficients.len() / size,
                        bins,
                    });
                    coefficients.extend(fitted);
                    break;
                }
                // The error falls with the eighth power of the width.
                let finer = (error / TOLERANCE).powf(0.125).clamp(1.1, 8.0);
                bins = (bins as f64 * finer).ceil() as usize;
            }
        }
        table.coefficients = Aligned::from(&*coefficients);
        table
    }

    /// Functions with padding: how far apart those of neighbours lie.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All functions and their derivatives (per Å) at a distance below the end of the table; that apart of a neighbour
    /// is only looked up.
    #[inline(always)]
    pub fn at<V: Vector>(
        &self,
        distance_ang: f64,
        values: &mut [f64],
        slopes: &mut [f64],
        neighbour: usize,
        apart: &mut Apart,
    ) {
        let mut segment = &self.segments[0];
        for one in &self.segments[1..] {
            if distance_ang >= segment.start_ang {
                break;
            }
            segment = one;
        }
        let x = (distance_ang - segment.start_ang) * segment.bins_per_ang;
        let bin = (x.max(0.0) as usize).min(segment.bins - 1);
        let columns = self.columns;
        let size = TERMS * (columns + usize::from(self.apart));
        let at = (segment.first + bin) * size;
        let coefficients = &self.coefficients[at..at + size];
        let (t, per_ang) = (2.0 * (x - bin as f64) - 1.0, 2.0 * segment.bins_per_ang);
        if self.apart {
            apart.t[neighbour] = t;
            apart.per_ang[neighbour] = per_ang;
            for term in (0..TERMS).step_by(V::LANES) {
                let one = V::load(&coefficients[TERMS * columns + term..]);
                one.store(&mut apart.coefficients[neighbour * TERMS + term..]);
            }
        }
        let (t, per_ang) = (V::splat(t), V::splat(per_ang));
        for column in (0..columns).step_by(V::LANES) {
            let mut value = V::load(&coefficients[(TERMS - 1) * columns + column..]);
            let mut slope = V::zero();
            for term in (0..TERMS - 1).rev() {
                slope = slope.mul_add(t, value);
                value = value.mul_add(t, V::load(&coefficients[term * columns + column..]));
            }
            value.store(&mut values[column..]);
            (slope * per_ang).store(&mut slopes[column..]);
        }
    }
}

/// How polynomials on −1…1 follow from values at Chebyshev nodes.
struct Fit {
    nodes: [f64; TERMS],
    /// `coefficient[i] = Σ inverse[i][k] value[k]`
    inverse: [[f64; TERMS]; TERMS],
}

impl Fit {
    fn new() -> Self {
        let n = TERMS as f64;
        let nodes: [f64; TERMS] =
            std::array::from_fn(|k| -libm::cos(std::f64::consts::PI * (k as f64 + 0.5) / n));
        // Chebyshev coefficients are sums over the nodes; then T_n to powers.
        let mut chebyshev = [[0.0; TERMS]; TERMS];
        chebyshev[0][0] = 1.0;
        chebyshev[1][1] = 1.0;
        for order in 2..TERMS {
            for power in 0..TERMS {
                let lifted = if power == 0 {
                    0.0
                } else {
                    2.0 * chebyshev[order - 1][power - 1]
                };
                chebyshev[order][power] = lifted - chebyshev[order - 2][power];
            }
        }
        let value = |order: usize, x: f64| -> f64 {
            (0..TERMS)
                .rev()
                .fold(0.0, |sum, power| sum * x + chebyshev[order][power])
        };
        let inverse = std::array::from_fn(|power| {
            std::array::from_fn(|node| {
                (0..TERMS)
                    .map(|order| {
                        let weight = if order == 0 { 1.0 } else { 2.0 } / n;
                        weight * value(order, nodes[node]) * chebyshev[order][power]
                    })
                    .sum()
            })
        });
        Fit { nodes, inverse }
    }

    /// Coefficients of equal bins between two ends, and the largest error relative to the scale of each function.
    fn segment(
        &self,
        ends: &[f64],
        bins: usize,
        (padded, apart): (usize, bool),
        scale: &[f64],
        function: &dyn Fn(f64, &mut [f64]),
    ) -> (Vec<f64>, f64) {
        let columns = scale.len();
        let size = TERMS * (padded + usize::from(apart));
        let mut coefficients = vec![0.0; bins * size];
        let place_of = |power: usize, column: usize| {
            if apart && column + 1 == columns {
                TERMS * padded + power
            } else {
                power * padded + column
            }
        };
        let mut worst: f64 = 0.0;
        let width = (ends[1] - ends[0]) / bins as f64;
        let mut values = vec![vec![0.0; columns]; TERMS];
        let mut probe = vec![0.0; columns];
        for bin in 0..bins {
            let place = |t: f64| ends[0] + width * (bin as f64 + 0.5 * (t + 1.0));
            for (node, values) in self.nodes.iter().zip(&mut values) {
                function(place(*node), values);
            }
            let bin = &mut coefficients[bin * size..][..size];
            for column in 0..columns {
                for power in 0..TERMS {
                    bin[place_of(power, column)] = (0..TERMS)
                        .map(|node| self.inverse[power][node] * values[node][column])
                        .sum();
                }
            }
            for t in [-0.99, -0.4, 0.2, 0.93] {
                function(place(t), &mut probe);
                for column in 0..columns {
                    let fitted = (0..TERMS)
                        .rev()
                        .fold(0.0, |sum, power| sum * t + bin[place_of(power, column)]);
                    let largest = scale[column].max(probe[column].abs());
                    worst = worst.max((fitted - probe[column]).abs() / largest);
                }
            }
        }
        (coefficients, worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::numerics::simd::{Kernel, Level, dispatch};

    struct At<'a>(&'a Table, f64, &'a mut [f64], &'a mut [f64]);
    impl Kernel for At<'_> {
        type Output = ();
        #[inline(always)]
        fn run<V: Vector>(self) {
            let mut apart = Apart::NONE;
            self.0.at::<V>(self.1, self.2, self.3, 5, &mut apart);
            let (value, slope) = apart.evaluate::<V>(5 / V::LANES * V::LANES);
            let mut lanes = [0.0; MOST_LANES];
            value.store(&mut lanes);
            self.2[11] = lanes[5 % V::LANES];
            slope.store(&mut lanes);
            self.3[11] = lanes[5 % V::LANES];
        }
    }

    #[test]
    fn functions_and_slopes_are_met_on_every_level() {
        // Ten waves, a wall, and a switch within a hundredth of an ångström.
        let switch = |r: f64| {
            if r < 5.99 {
                1.0
            } else {
                0.5 + 0.5 * libm::cos(std::f64::consts::PI * (r - 5.99) / 0.01)
            }
        };
        let function = |r: f64, out: &mut [f64]| {
            for (k, out) in out[..10].iter_mut().enumerate() {
                *out = libm::sin((k + 1) as f64 * r);
            }
            out[10] = libm::exp(-r * r) / r;
            out[11] = switch(r);
        };
        let table = Table::new(11, true, &[0.01, 0.1, 0.5, 5.99, 6.0], &function);
        assert_eq!(table.columns(), 16);
        let (mut values, mut slopes) = ([0.0; 16], [0.0; 16]);
        let (mut before, mut after) = ([0.0; 12], [0.0; 12]);
        for level in Level::all() {
            for at in 0..5000 {
                let r = 0.02 + 5.9799 * f64::from(at) / 5000.0;
                dispatch(level, At(&table, r, &mut values, &mut slopes));
                function(r, &mut after);
                for k in 0..12 {
                    let scale = 1.0_f64.max(after[k].abs());
                    assert!((values[k] - after[k]).abs() < 1e-12 * scale, "{k} at {r}");
                }
                let h = 1e-5;
                function(r - h, &mut before);
                function(r + h, &mut after);
                for k in 0..11 {
                    let slope = (after[k] - before[k]) / (2.0 * h);
                    assert!(
                        (slopes[k] - slope).abs() < 1e-6 * slope.abs().max(1.0),
                        "{k} at {r}"
                    );
                }
                assert_eq!(&values[12..], &[0.0; 4]);
            }
        }
        assert!(
            table.coefficients.len() < 400 * TERMS * 17,
            "{}",
            table.coefficients.len()
        );
    }
}
