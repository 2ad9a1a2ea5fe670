//! What one atom sees, expanded in radial functions and harmonics.

use rustfft::num_complex::Complex64;

use super::harmonics::{self, Harmonics};
use super::model::{Factor, Interactions};
use super::splines::RadialTable;

/// One neighbour within the cutoff of its bond.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    pub atom: usize,
    pub element: u8,
    /// From the centre to it, Å.
    pub vector: [f64; 3],
    pub distance_ang: f64,
}

/// The sums of an atom over its neighbours, and what they are made of.
#[derive(Debug)]
pub struct Neighbourhood {
    pub neighbours: Vec<Neighbour>,
    /// `Σ_j g_k(r_ij)` by [`Neighbourhood::base_index`].
    pub base: Vec<f64>,
    /// `Σ_j R_nl(r_ij) Y_lm(r̂_ij)` for −l ≤ m ≤ l by [`Neighbourhood::index`].
    pub sums: Vec<Complex64>,
    /// Where the sums of each element begin, in `base` and `sums`.
    base_starts: Vec<usize>,
    starts: Vec<usize>,
    lmax: usize,
    harmonics: Harmonics,
    /// Of each neighbour: tabulated functions and slopes, harmonics and gradients.
    values: Vec<f64>,
    slopes: Vec<f64>,
    directions: Vec<Complex64>,
    gradients: Vec<[Complex64; 3]>,
    functions: usize,
}

impl Neighbourhood {
    pub fn new(interactions: &Interactions) -> Self {
        let lmax = interactions.lmax();
        let count = interactions.elements.len();
        let most = |size: &dyn Fn(&super::Bond) -> usize| {
            interactions.bonds.iter().map(size).max().unwrap_or(0)
        };
        let (nradbase, nradmax) = (most(&|bond| bond.nradbase), most(&|bond| bond.nradmax));
        let sums = nradmax * (lmax + 1) * (lmax + 1);
        Neighbourhood {
            neighbours: Vec::new(),
            base: vec![0.0; count * nradbase],
            sums: vec![Complex64::default(); count * sums],
            base_starts: (0..count).map(|element| element * nradbase).collect(),
            starts: (0..count).map(|element| element * sums).collect(),
            lmax,
            harmonics: Harmonics::new(lmax),
            values: Vec::new(),
            slopes: Vec::new(),
            directions: Vec::new(),
            gradients: Vec::new(),
            functions: most(&|bond| bond.nradbase + bond.nradmax * (bond.lmax + 1) + 1),
        }
    }

    /// Expands these neighbours; tables are those of the centre, one for each element of a neighbour.
    pub fn fill(&mut self, tables: &[RadialTable], neighbours: impl Iterator<Item = Neighbour>) {
        self.neighbours.clear();
        self.neighbours.extend(
            neighbours
                .filter(|near| near.distance_ang < tables[usize::from(near.element)].cutoff_ang),
        );
        let (count, harmonics) = (self.neighbours.len(), self.harmonics.values.len());
        self.values.resize(count * self.functions, 0.0);
        self.slopes.resize(count * self.functions, 0.0);
        self.directions
            .resize(count * harmonics, Complex64::default());
        self.gradients
            .resize(count * harmonics, [Complex64::default(); 3]);
        self.base.fill(0.0);
        self.sums.fill(Complex64::default());
        for (k, near) in self.neighbours.iter().enumerate() {
            let table = &tables[usize::from(near.element)];
            let at = k * self.functions;
            let values = &mut self.values[at..][..table.functions()];
            let slopes = &mut self.slopes[at..][..table.functions()];
            table.evaluate(near.distance_ang, values, slopes);
            let unit = near.vector.map(|x| x / near.distance_ang);
            self.harmonics.evaluate(unit, near.distance_ang);
            self.directions[k * harmonics..][..harmonics].copy_from_slice(&self.harmonics.values);
            self.gradients[k * harmonics..][..harmonics].copy_from_slice(&self.harmonics.gradients);
            let element = usize::from(near.element);
            for (g, value) in values[..table.nradbase].iter().enumerate() {
                self.base[self.base_starts[element] + g] += value;
            }
            let radials = &values[table.nradbase..][..table.radials];
            for (nl, radial) in radials.iter().enumerate() {
                let (n, l) = (nl / table.orders(), nl % table.orders());
                let zero = self.starts[element] + n * (self.lmax + 1).pow(2) + l * l + l;
                for m in 0..=l {
                    let term = radial * self.harmonics.values[harmonics::index(l, m)];
                    self.sums[zero + m] += term;
                    if m > 0 {
                        self.sums[zero - m] += mirrored(m, term);
                    }
                }
            }
        }
    }

    /// Where a factor of rank one stands in `base`.
    pub fn base_index(&self, factor: Factor) -> usize {
        self.base_starts[usize::from(factor.element)] + usize::from(factor.n)
    }

    /// Where a factor stands in `sums`.
    pub fn index(&self, factor: Factor, m: i8) -> usize {
        let l = usize::from(factor.l);
        let zero = self.starts[usize::from(factor.element)]
            + usize::from(factor.n) * (self.lmax + 1).pow(2)
            + l * l
            + l;
        zero.wrapping_add_signed(isize::from(m))
    }

    /// φ(r) of core repulsion of the k-th neighbour, and its slope.
    pub fn core(&self, k: usize, table: &RadialTable) -> [f64; 2] {
        let at = k * self.functions + table.nradbase + table.radials;
        [self.values[at], self.slopes[at]]
    }

    /// The derivative by the vector to the k-th neighbour of a quantity whose derivatives by the sums are
    /// `base_weights` and `weights`: d = Σ w dA₁ + Re Σ w dA.
    pub fn gradient(
        &self,
        k: usize,
        table: &RadialTable,
        base_weights: &[f64],
        weights: &[Complex64],
    ) -> [f64; 3] {
        let near = &self.neighbours[k];
        let element = usize::from(near.element);
        let values = &self.values[k * self.functions..][..table.functions()];
        let slopes = &self.slopes[k * self.functions..][..table.functions()];
        let harmonics = self.harmonics.values.len();
        let directions = &self.directions[k * harmonics..][..harmonics];
        let gradients = &self.gradients[k * harmonics..][..harmonics];
        let unit = near.vector.map(|x| x / near.distance_ang);
        let base = &base_weights[self.base_starts[element]..][..table.nradbase];
        let radial: f64 = base.iter().zip(slopes).map(|(w, slope)| w * slope).sum();
        let mut gradient = unit.map(|x| radial * x);
        for nl in 0..table.radials {
            let (n, l) = (nl / table.orders(), nl % table.orders());
            let (value, slope) = (values[table.nradbase + nl], slopes[table.nradbase + nl]);
            let zero = self.starts[element] + n * (self.lmax + 1).pow(2) + l * l + l;
            for m in 0..=l {
                let at = harmonics::index(l, m);
                for axis in 0..3 {
                    let term = slope * unit[axis] * directions[at] + value * gradients[at][axis];
                    gradient[axis] += (weights[zero + m] * term).re;
                    if m > 0 {
                        gradient[axis] += (weights[zero - m] * mirrored(m, term)).re;
                    }
                }
            }
        }
        gradient
    }
}

/// What belongs to −m if `term` belongs to m.
fn mirrored(m: usize, term: Complex64) -> Complex64 {
    if m.is_multiple_of(2) {
        term.conj()
    } else {
        -term.conj()
    }
}

/// The product of some of the sums.
pub fn product(sums: &[Complex64], factors: &[usize]) -> Complex64 {
    factors.iter().map(|&at| sums[at]).product()
}

/// Adds `weight · ∂(Π A)/∂A` to the derivatives by each factor.
pub fn add_derivatives(
    sums: &[Complex64],
    factors: &[usize],
    weight: f64,
    derivatives: &mut [Complex64],
) {
    for (t, &at) in factors.iter().enumerate() {
        let others = factors.iter().enumerate().filter(|(s, _)| *s != t);
        derivatives[at] += weight * others.map(|(_, &other)| sums[other]).product::<Complex64>();
    }
}
