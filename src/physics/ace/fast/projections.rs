//! Functions of the B basis of atoms side by side, and what follows from them: extrapolation grades, and the seeds of
//! their derivatives.
//!
//! Functions of the B basis are sums of the same products as the densities, so once the nodes of the graph are there a
//! function costs a few multiplications a term. The product with the inverse of the active set, n² for n functions, is
//! what a grade costs; eight atoms share every entry of the matrix that is loaded.

use super::LANES;
use super::products::{Products, complex};
use crate::physics::ace::active_set::Extent;
use crate::physics::numerics::Aligned;
use crate::physics::numerics::simd::Vector;

/// Columns of the inverse that are multiplied at once.
const TILE: usize = 8;

/// The functions of centres of one element.
#[derive(Debug)]
pub(super) struct Projections {
    /// How many there are.
    pub functions: usize,
    pub rank_one: Vec<RankOne>,
    pub ranks_beyond: Vec<Beyond>,
    /// Leaves or nodes of the two parts of each term, and what couples it into its function.
    pub terms: Vec<([u32; 2], f64)>,
    pub inverse: Option<Inverse>,
}

/// A function of rank one: a moment of g_n and its factor.
#[derive(Debug)]
pub(super) struct RankOne {
    pub function: usize,
    pub element: usize,
    pub n: usize,
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

/// The inverse of an active set.
#[derive(Debug)]
pub(super) struct Inverse {
    extent: Extent,
    densities: usize,
    rows: usize,
    /// `[tile][row][column of the tile]`
    tiles: Aligned,
}

impl Inverse {
    /// `inverse` is square, by rows.
    pub fn new(extent: Extent, densities: usize, rows: usize, inverse: &[f64]) -> Self {
        let mut tiles = Aligned::default();
        tiles.hold(rows * rows.next_multiple_of(TILE));
        for row in 0..rows {
            for column in 0..rows {
                let at = (column / TILE * rows + row) * TILE + column % TILE;
                tiles[at] = inverse[row * rows + column];
            }
        }
        Inverse {
            extent,
            densities,
            rows,
            tiles,
        }
    }
}

impl Projections {
    /// Values of the functions of the atoms from `lane` on, `[function][atom]`. `first` holds the moments of g_k, `values` the
    /// leaves and nodes of products.
    #[inline(always)]
    pub fn evaluate<V: Vector>(
        &self,
        lane: usize,
        first: &[f64],
        values: &[f64],
        projections: &mut Aligned,
    ) {
        projections.hold(self.functions * LANES);
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
    }

    /// The derivatives of one function by all leaves, for the atoms from `lane` on; `adjoints` begins as zeros.
    #[inline(always)]
    pub fn derivatives<V: Vector>(
        &self,
        one: &Beyond,
        products: &Products,
        lane: usize,
        values: &[f64],
        adjoints: &mut [f64],
    ) {
        for &(parts, factor) in &self.terms[one.terms.clone()] {
            Products::seed::<V>(parts, factor, lane, values, adjoints);
        }
        products.reverse::<V>(lane, values, adjoints);
    }
}

impl Inverse {
    /// Grades the atoms from `lane` on; `slopes` is dE/dρ by density before core repulsion, `projections` the functions, with
    /// room for as many vectors as there are rows.
    #[inline(always)]
    pub fn grade<V: Vector>(
        &self,
        lane: usize,
        slopes: &[f64],
        projections: &mut Aligned,
        grades: &mut [f64; LANES],
    ) {
        let rows = self.rows;
        projections.hold(rows * LANES);
        if self.extent == Extent::Full {
            let functions = rows / self.densities;
            // The first density last, as it stands where the functions do.
            for p in (0..self.densities).rev() {
                let slope = V::load(&slopes[p * LANES + lane..]);
                for k in 0..functions {
                    let value = V::load(&projections[k * LANES + lane..]) * slope;
                    value.store(&mut projections[(p * functions + k) * LANES + lane..]);
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
