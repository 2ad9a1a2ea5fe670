//! Products of atomic base functions as a graph in which equal partial products are computed once.
//!
//! A term is Re(Π A) over up to a handful of factors. Its factors are parted in two; each part is a leaf (one A) or
//! a node (the product of two others), and the product of both parts is never written down: terms with the same left
//! part are summed over their right parts first. So a term costs a few multiplications whatever its rank, and the
//! number of nodes is far below the number of terms. Values are complex, eight atoms side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::LANES;
use crate::physics::numerics::simd::Vector;

/// One product with what it adds to each density.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// Leaves, two or more.
    pub factors: Vec<u32>,
    /// One a density.
    pub coefficients: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Products {
    leaves: usize,
    densities: usize,
    /// Node `leaves + k` is the product of these two.
    nodes: Vec<[u32; 2]>,
    groups: Vec<Group>,
    rights: Vec<u32>,
    /// `[right][density]`
    coefficients: Vec<f64>,
}

/// Terms that share their left part.
#[derive(Debug, Clone)]
struct Group {
    left: u32,
    rights: Range<u32>,
}

/// How many floats a complex value of all lanes takes.
const COMPLEX: usize = 2 * LANES;

impl Products {
    /// `others` are factors of products that are asked for one by one: gives the two parts of each.
    pub fn new(
        leaves: usize,
        densities: usize,
        terms: &[Term],
        others: &[Vec<u32>],
    ) -> (Self, Vec<[u32; 2]>) {
        let mut builder = Builder {
            leaves,
            nodes: Vec::new(),
            known: BTreeMap::new(),
            uses: BTreeMap::new(),
        };
        let mut order: Vec<usize> = (0..terms.len()).collect();
        order.sort_by_key(|&k| terms[k].factors.len());
        let factors: Vec<Vec<u32>> = terms
            .iter()
            .map(|term| {
                let mut factors = term.factors.clone();
                factors.sort_unstable();
                factors
            })
            .collect();
        for factors in &factors {
            builder.count(factors);
        }
        let mut by_left: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for k in order {
            let (left, right) = builder.part(&factors[k]);
            let (left, right) = (builder.node(&left), builder.node(&right));
            // The rarer part is on the left, where it is read once.
            let (left, right) = (left.max(right), left.min(right));
            by_left.entry(left).or_default().push((right, k));
        }
        let others = others
            .iter()
            .map(|factors| {
                let mut factors = factors.clone();
                factors.sort_unstable();
                let (left, right) = builder.part(&factors);
                [builder.node(&left), builder.node(&right)]
            })
            .collect();
        let mut products = Products {
            leaves,
            densities,
            nodes: builder.nodes,
            ..Products::default()
        };
        for (left, mut rights) in by_left {
            rights.sort_unstable();
            let start = products.rights.len() as u32;
            for (right, k) in rights {
                products.rights.push(right);
                products.coefficients.extend(&terms[k].coefficients);
            }
            let end = products.rights.len() as u32;
            products.groups.push(Group {
                left,
                rights: start..end,
            });
        }
        (products, others)
    }

    /// Leaves and nodes.
    pub fn len(&self) -> usize {
        self.leaves + self.nodes.len()
    }

    /// How many floats the values of all leaves and nodes take.
    pub fn floats(&self) -> usize {
        self.len() * COMPLEX
    }

    /// How many of them are those of the leaves.
    pub fn leaf_floats(&self) -> usize {
        self.leaves * COMPLEX
    }

    /// Adds the terms to `densities[p · LANES..]`; `values` holds the leaves and takes the nodes. `lane` is the first of
    /// the lanes.
    #[inline(always)]
    pub fn forward<V: Vector>(&self, lane: usize, values: &mut [f64], densities: &mut [f64]) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        let mut to = self.leaves * COMPLEX + lane;
        for &[a, b] in &self.nodes {
            let (a, b) = (complex::<V>(values, at(a)), complex::<V>(values, at(b)));
            (a.re * b.re - a.im * b.im).store(&mut values[to..]);
            a.re.mul_add(b.im, a.im * b.re)
                .store(&mut values[to + LANES..]);
            to += COMPLEX;
        }
        match self.densities {
            1 => self.sums::<V, 1>(lane, values, densities),
            2 => self.sums::<V, 2>(lane, values, densities),
            3 => self.sums::<V, 3>(lane, values, densities),
            _ => {
                for p in 0..self.densities {
                    self.sum_of::<V>(p, lane, values, &mut densities[p * LANES..]);
                }
            }
        }
    }

    #[inline(always)]
    fn sums<V: Vector, const P: usize>(&self, lane: usize, values: &[f64], densities: &mut [f64]) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        let mut total = [V::zero(); P];
        for group in &self.groups {
            let mut re = [V::zero(); P];
            let mut im = [V::zero(); P];
            let range = group.rights.start as usize..group.rights.end as usize;
            for k in range {
                let (right, c) = (self.rights[k], &self.coefficients[k * P..(k + 1) * P]);
                let right = complex::<V>(values, at(right));
                for p in 0..P {
                    let c = V::splat(c[p]);
                    re[p] = c.mul_add(right.re, re[p]);
                    im[p] = c.mul_add(right.im, im[p]);
                }
            }
            let left = complex::<V>(values, at(group.left));
            for p in 0..P {
                total[p] = left.re.mul_add(re[p], total[p]) - left.im * im[p];
            }
        }
        for (p, total) in total.into_iter().enumerate() {
            let to = &mut densities[p * LANES + lane..];
            (V::load(to) + total).store(to);
        }
    }

    #[inline(always)]
    fn sum_of<V: Vector>(&self, p: usize, lane: usize, values: &[f64], density: &mut [f64]) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        let mut total = V::zero();
        for group in &self.groups {
            let (mut re, mut im) = (V::zero(), V::zero());
            for k in group.rights.clone() {
                let right = complex::<V>(values, at(self.rights[k as usize]));
                let c = V::splat(self.coefficients[k as usize * self.densities + p]);
                re = c.mul_add(right.re, re);
                im = c.mul_add(right.im, im);
            }
            let left = complex::<V>(values, at(group.left));
            total = left.re.mul_add(re, total) - left.im * im;
        }
        (V::load(&density[lane..]) + total).store(&mut density[lane..]);
    }

    /// From dE/dρ of each density to dE/dRe and dE/dIm of every leaf, added to `adjoints`, which begins as zeros.
    #[inline(always)]
    pub fn backward<V: Vector>(
        &self,
        lane: usize,
        values: &[f64],
        slopes: &[f64],
        adjoints: &mut [f64],
    ) {
        match self.densities {
            1 => self.spread::<V, 1>(lane, values, slopes, adjoints),
            2 => self.spread::<V, 2>(lane, values, slopes, adjoints),
            3 => self.spread::<V, 3>(lane, values, slopes, adjoints),
            _ => self.spread_any::<V>(lane, values, slopes, adjoints),
        }
        self.reverse::<V>(lane, values, adjoints);
    }

    /// Adds the derivatives of `factor · Re(left · right)` by its two parts to `adjoints`.
    #[inline(always)]
    pub fn seed<V: Vector>(
        [left, right]: [u32; 2],
        factor: f64,
        lane: usize,
        values: &[f64],
        adjoints: &mut [f64],
    ) {
        let factor = V::splat(factor);
        for (part, other) in [(left, right), (right, left)] {
            let other = complex::<V>(values, other as usize * COMPLEX + lane);
            let adjoint = Complex {
                re: factor * other.re,
                im: -(factor * other.im),
            };
            add(adjoints, part as usize * COMPLEX + lane, adjoint);
        }
    }

    /// From adjoints of nodes to those of the leaves.
    #[inline(always)]
    pub fn reverse<V: Vector>(&self, lane: usize, values: &[f64], adjoints: &mut [f64]) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        let mut from = self.floats() + lane;
        for &[a, b] in self.nodes.iter().rev() {
            from -= COMPLEX;
            let z = complex::<V>(adjoints, from);
            let (left, right) = (complex::<V>(values, at(a)), complex::<V>(values, at(b)));
            // d(ab) = b da + a db, and the adjoint of a factor is that of the product times the conjugate of the other.
            add(adjoints, at(a), z.times_conjugate(right));
            add(adjoints, at(b), z.times_conjugate(left));
        }
    }

    #[inline(always)]
    fn spread<V: Vector, const P: usize>(
        &self,
        lane: usize,
        values: &[f64],
        slopes: &[f64],
        adjoints: &mut [f64],
    ) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        let mut slope = [V::zero(); P];
        for (p, slope) in slope.iter_mut().enumerate() {
            *slope = V::load(&slopes[p * LANES + lane..]);
        }
        for group in &self.groups {
            let left = complex::<V>(values, at(group.left));
            let (mut re, mut im) = (V::zero(), V::zero());
            let range = group.rights.start as usize..group.rights.end as usize;
            for k in range {
                let (right, c) = (self.rights[k], &self.coefficients[k * P..(k + 1) * P]);
                let mut theta = V::splat(c[0]) * slope[0];
                for p in 1..P {
                    theta = V::splat(c[p]).mul_add(slope[p], theta);
                }
                let value = complex::<V>(values, at(right));
                re = theta.mul_add(value.re, re);
                im = theta.mul_add(value.im, im);
                let to = &mut adjoints[at(right)..at(right) + LANES + V::LANES];
                theta.mul_add(left.re, V::load(to)).store(to);
                let to = &mut to[LANES..];
                (V::load(to) - theta * left.im).store(to);
            }
            add(adjoints, at(group.left), Complex { re, im: -im });
        }
    }

    #[inline(always)]
    fn spread_any<V: Vector>(
        &self,
        lane: usize,
        values: &[f64],
        slopes: &[f64],
        adjoints: &mut [f64],
    ) {
        let at = |index: u32| index as usize * COMPLEX + lane;
        for group in &self.groups {
            let left = complex::<V>(values, at(group.left));
            let (mut re, mut im) = (V::zero(), V::zero());
            for k in group.rights.clone() {
                let mut theta = V::zero();
                for p in 0..self.densities {
                    let c = self.coefficients[k as usize * self.densities + p];
                    theta = V::splat(c).mul_add(V::load(&slopes[p * LANES + lane..]), theta);
                }
                let right = self.rights[k as usize];
                let value = complex::<V>(values, at(right));
                re = theta.mul_add(value.re, re);
                im = theta.mul_add(value.im, im);
                let adjoint = Complex {
                    re: theta * left.re,
                    im: -(theta * left.im),
                };
                add(adjoints, at(right), adjoint);
            }
            add(adjoints, at(group.left), Complex { re, im: -im });
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Complex<V> {
    pub re: V,
    pub im: V,
}

impl<V: Vector> Complex<V> {
    #[inline(always)]
    fn times_conjugate(self, other: Self) -> Self {
        Complex {
            re: self.re.mul_add(other.re, self.im * other.im),
            im: self.im * other.re - self.re * other.im,
        }
    }
}

#[inline(always)]
pub(super) fn complex<V: Vector>(values: &[f64], at: usize) -> Complex<V> {
    let values = &values[at..at + LANES + V::LANES];
    Complex {
        re: V::load(values),
        im: V::load(&values[LANES..]),
    }
}

#[inline(always)]
fn add<V: Vector>(values: &mut [f64], at: usize, more: Complex<V>) {
    let to = &mut values[at..at + LANES + V::LANES];
    (V::load(to) + more.re).store(to);
    let to = &mut to[LANES..];
    (V::load(to) + more.im).store(to);
}

/// Finds the partial products that most terms share.
struct Builder {
    leaves: usize,
    nodes: Vec<[u32; 2]>,
    /// Sorted factors of each node.
    known: BTreeMap<Vec<u32>, u32>,
    /// How many terms contain these factors.
    uses: BTreeMap<Vec<u32>, u32>,
}

impl Builder {
    fn count(&mut self, factors: &[u32]) {
        let parts: BTreeSet<Vec<u32>> = partitions(factors)
            .into_iter()
            .flat_map(|(left, right)| [left, right])
            .filter(|part| part.len() > 1)
            .collect();
        for part in parts {
            *self.uses.entry(part).or_default() += 1;
        }
    }

    /// New nodes that a product needs.
    fn cost(&self, factors: &[u32]) -> usize {
        if factors.len() == 1 || self.known.contains_key(factors) {
            return 0;
        }
        let cheapest = partitions(factors)
            .iter()
            .map(|(left, right)| self.cost(left) + self.cost(right))
            .min();
        1 + cheapest.unwrap_or(0)
    }

    /// Two parts such that the fewest nodes are new, and those that are serve many terms.
    fn part(&self, factors: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let uses = |part: &Vec<u32>| -> u32 {
            if part.len() == 1 {
                u32::MAX / 4
            } else {
                self.uses.get(part).copied().unwrap_or(0)
            }
        };
        let parts = partitions(factors);
        let best = parts.into_iter().min_by_key(|(left, right)| {
            (
                self.cost(left) + self.cost(right),
                std::cmp::Reverse(uses(left).min(uses(right))),
            )
        });
        best.expect("two factors or more")
    }

    fn node(&mut self, factors: &[u32]) -> u32 {
        if let [leaf] = factors {
            return *leaf;
        }
        if let Some(&known) = self.known.get(factors) {
            return known;
        }
        let (left, right) = self.part(factors);
        let (left, right) = (self.node(&left), self.node(&right));
        let id = (self.leaves + self.nodes.len()) as u32;
        self.nodes.push([left, right]);
        self.known.insert(factors.to_vec(), id);
        id
    }
}

/// All ways to part factors in two, each once; parts stay sorted.
fn partitions(factors: &[u32]) -> Vec<(Vec<u32>, Vec<u32>)> {
    let n = factors.len();
    let mut parts: Vec<(Vec<u32>, Vec<u32>)> = Vec::new();
    // The last factor is always on the right.
    for bits in 1..1u32 << (n - 1) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (k, &factor) in factors.iter().enumerate() {
            if bits >> k & 1 == 1 {
                &mut left
            } else {
                &mut right
            }
            .push(factor);
        }
        if !parts.contains(&(left.clone(), right.clone())) {
            parts.push((left, right));
        }
    }
    parts
}
