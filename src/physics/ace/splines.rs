//! Radial functions in tables.

use super::core_repulsion::CorePair;
use super::model::Interactions;
use super::radial::RadialBasis;

/// All functions of the distance between a centre and a neighbour of given elements, as cubic Hermite splines on bins
/// of equal width: `g_1 .. g_nradbase`, then R_nl with l running fastest, then the core repulsion φ.
///
/// The spacing of the tables is part of a potential, because other programs evaluate it from such tables. Nodes lie at
/// multiples of the width, and functions are zero at nodes that are not below the cutoff: one that does not vanish there
/// (ChebLinear) runs down to zero in the last bin, unless the last node is rounded to less than the cutoff.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialTable {
    pub nradbase: usize,
    pub lmax: usize,
    /// Number of R_nl.
    pub radials: usize,
    pub cutoff_ang: f64,
    /// Width of a bin, Å. Nothing is known below it: atoms so close have run into each other.
    pub width_ang: f64,
    pub bins: usize,
    /// `coefficients[(bin * functions + f) * 4 + power]` of the part of a bin that lies to the left of r, from 0 to 1.
    pub coefficients: Vec<f64>,
}

impl RadialTable {
    /// Tabulates a bond of a valid model.
    pub fn new(interactions: &Interactions, centre: usize, neighbour: usize) -> Self {
        let bond = interactions.bond(centre, neighbour);
        let radials = bond.nradmax * (bond.lmax + 1);
        let functions = bond.nradbase + radials + 1;
        let bins = match &bond.basis {
            RadialBasis::Tabulated(table) => table.bins,
            _ => (bond.cutoff_ang / interactions.spline_bin_ang) as usize,
        };
        // In this order, so that the last node is on the side of the cutoff where python-ace 0.4.0rc1 has it.
        let width = 1.0 / (bins as f64 / bond.cutoff_ang);
        let charge = |element: usize| f64::from(interactions.elements[element].number());
        let core = CorePair {
            kind: interactions.inner_cutoff,
            core: bond.core,
            inner: bond.inner,
            cutoff_ang: bond.cutoff_ang,
            cutoff_width_ang: bond.cutoff_width_ang,
            charges: [charge(centre), charge(neighbour)],
        };
        let evaluate = |r: f64, values: &mut [f64], slopes: &mut [f64]| {
            let (base, rest) = values.split_at_mut(bond.nradbase);
            let (base_slopes, rest_slopes) = slopes.split_at_mut(bond.nradbase);
            bond.basis
                .evaluate(bond, interactions.inner_cutoff, r, base, base_slopes);
            for (nl, row) in bond.coefficients.chunks_exact(bond.nradbase).enumerate() {
                let dot = |g: &[f64]| row.iter().zip(g).map(|(c, g)| c * g).sum();
                rest[nl] = dot(base);
                rest_slopes[nl] = dot(base_slopes);
            }
            [rest[radials], rest_slopes[radials]] = core.evaluate(r);
        };
        let mut coefficients = vec![0.0; bins * functions * 4];
        let mut left = [vec![0.0; functions], vec![0.0; functions]];
        let mut right = left.clone();
        // What a file tabulates holds up to its last node.
        let last = match bond.basis {
            RadialBasis::Tabulated(_) => bond.cutoff_ang.next_down(),
            _ => f64::INFINITY,
        };
        // The first bin stays empty: repulsion has no value at zero.
        let [values, slopes] = &mut left;
        evaluate(width, values, slopes);
        for bin in 1..bins {
            let [values, slopes] = &mut right;
            evaluate(((bin + 1) as f64 * width).min(last), values, slopes);
            let row = &mut coefficients[bin * functions * 4..][..functions * 4];
            for (f, c) in row.chunks_exact_mut(4).enumerate() {
                let (f0, d0) = (left[0][f], left[1][f] * width);
                let (f1, d1) = (right[0][f], right[1][f] * width);
                c.copy_from_slice(&[
                    f0,
                    d0,
                    3.0 * (f1 - f0) - d1 - 2.0 * d0,
                    -2.0 * (f1 - f0) + d1 + d0,
                ]);
            }
            std::mem::swap(&mut left, &mut right);
        }
        RadialTable {
            nradbase: bond.nradbase,
            lmax: bond.lmax,
            radials,
            cutoff_ang: bond.cutoff_ang,
            width_ang: width,
            bins,
            coefficients,
        }
    }

    /// Number of R_nl of an n.
    pub fn orders(&self) -> usize {
        self.lmax + 1
    }

    /// Number of functions: g, R and φ.
    pub fn functions(&self) -> usize {
        self.nradbase + self.radials + 1
    }

    /// All functions at r and their slopes; both slices are as long as there are functions. Zero from the cutoff on.
    pub fn evaluate(&self, r: f64, values: &mut [f64], slopes: &mut [f64]) {
        if r >= self.cutoff_ang {
            values.fill(0.0);
            slopes.fill(0.0);
            return;
        }
        let scaled = r / self.width_ang;
        let bin = (scaled as usize).min(self.bins - 1);
        let x = scaled - bin as f64;
        let row = &self.coefficients[bin * self.functions() * 4..][..self.functions() * 4];
        for ((c, value), slope) in row.chunks_exact(4).zip(values).zip(slopes) {
            *value = c[0] + x * (c[1] + x * (c[2] + x * c[3]));
            *slope = (c[1] + x * (2.0 * c[2] + x * 3.0 * c[3])) / self.width_ang;
        }
    }
}
