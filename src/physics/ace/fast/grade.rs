//! Extrapolation grades of atoms side by side.
//!
//! Functions of the B basis are sums of the same products as the densities, so once the nodes of the graph are there a
//! function costs a few multiplications a term. The product with the inverse of the active set, n² for n functions, is
//! what a grade costs; eight atoms share every entry of the matrix that is loaded.

use super::LANES;
use super::products::complex;
use crate::physics::ace::active_set::Extent;
use crate::physics::numerics::Aligned;
use crate::physics::numerics::simd::Vector;

/// Columns of the inverse that are multiplied at once.
const TILE: usize = 8;

/// How atoms of one element are graded.
#[derive(Debug)]
pub(super) struct Grade {
    functions: usize,
    densities: usize,
    extent: Extent,
    rank_one: Vec<RankOne>,
    ranks_beyond: Vec<Beyond>,
    /// Leaves or nodes of the two parts of each term, and what couples it into its function.
    terms: Vec<([u32; 2], f64)>,
    /// The inverse, `[tile][row][column of the tile]`.
    tiles: Aligned,
}

/// A function of rank one: a moment of g_k and its factor.
#[derive(Debug)]
pub(super) struct RankOne {
    pub function: usize,
    /// Into [`super::batch::Scratch::first`], without the lanes.
    pub moment: usize,
    pub factor: f64,
}

/// A function of a higher rank, with its terms.
#[derive(Debug)]
pub(super) struct Beyond {
    pub function: usize,
    pub terms: std::ops::Range<usize>,
}

impl Grade {
    /// `inverse` is square, by rows, with as many rows as functions (times densities, if the extent is full).
    pub fn new(
        (functions, densities, extent): (usize, usize, Extent),
        rank_one: Vec<RankOne>,
        ranks_beyond: Vec<Beyond>,
        terms: Vec<([u32; 2], f64)>,
        inverse: &[f64],
    ) -> Self {
        let mut grade = Grade {
            functions,
            densities,
            extent,
            rank_one,
            ranks_beyond,
            terms,
            tiles: Aligned::default(),
        };
        let rows = grade.rows();
        grade.tiles.hold(rows * rows.next_multiple_of(TILE));
        for row in 0..rows {
            for column in 0..rows {
                let at = (column / TILE * rows + row) * TILE + column % TILE;
                grade.tiles[at] = inverse[row * rows + column];
            }
        }
        grade
    }

    fn rows(&self) -> usize {
        match self.extent {
            Extent::Linear => self.functions,
            Extent::Full => self.functions * self.densities,
        }
    }

    /// Grades the atoms from `lane` on. `first` holds the moments of g_k, `values` the leaves and nodes of products, `slopes`
    /// dE/dρ by density before core repulsion; `projections` is room for as many vectors as there are rows.
    #[inline(always)]
    pub fn evaluate<V: Vector>(
        &self,
        lane: usize,
        first: &[f64],
        values: &[f64],
        slopes: &[f64],
        projections: &mut Aligned,
        grades: &mut [f64; LANES],
    ) {
        let rows = self.rows();
        projections.hold(rows * LANES);
        for one in &self.rank_one {
            let moment = V::load(&first[one.moment * LANES + lane..]);
            let value = moment * V::splat(one.factor);
            value.store(&mut projections[one.function * LANES + lane..]);
        }
        for one in &self.ranks_beyond {
            let mut sum = V::zero();
            for &([left, right], factor) in &self.terms[one.terms.clone()] {
                let left = complex::<V>(values, left as usize * 2 * LANES + lane);
                let right = complex::<V>(values, right as usize * 2 * LANES + lane);
                let product = left.re * right.re - left.im * right.im;
                sum = product.mul_add(V::splat(factor), sum);
            }
            sum.store(&mut projections[one.function * LANES + lane..]);
        }
        if self.extent == Extent::Full {
            // The first density last, as it stands where the projections do.
            for p in (0..self.densities).rev() {
                let slope = V::load(&slopes[p * LANES + lane..]);
                for k in 0..self.functions {
                    let value = V::load(&projections[k * LANES + lane..]) * slope;
                    value.store(&mut projections[(p * self.functions + k) * LANES + lane..]);
                }
            }
        }
        let mut least = V::zero();
        for tile in self.tiles.chunks_exact(rows * TILE) {
            let mut sums = [V::zero(); TILE];
            for k in 0..rows {
                let value = V::load(&projections[k * LANES + lane..]);
                let row = &tile[k * TILE..(k + 1) * TILE];
                for c in 0..TILE {
                    sums[c] = V::splat(row[c]).mul_add(value, sums[c]);
                }
            }
            for sum in sums {
                least = least.min(sum.min(-sum));
            }
        }
        (-least).store(&mut grades[lane..]);
    }
}
