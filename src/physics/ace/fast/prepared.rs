//! A model made ready for evaluation: tables, contractions and product graphs by element of the centre.

use std::sync::Arc;

use super::harmonics::{Harmonics, components};
use super::products::{Products, Term};
use super::projections::{Beyond, Inverse, Projections, RankOne};
use super::table::Table;
use crate::physics::ace::active_set::{ActiveSet, Extent};
use crate::physics::ace::core_repulsion::{CorePair, InnerCutoff, Switch};
use crate::physics::ace::embedding::Embedding;
use crate::physics::ace::model::{Bond, Function, Interactions, Model};
use crate::physics::numerics::Aligned;
use crate::physics::numerics::simd::MOST_LANES;

/// Below this distance there are no values: atoms so close have run into each other.
pub(super) const LEAST_ANG: f64 = crate::physics::potential::OVERLAP_ANG;

/// The functions of a B basis by element of the centre, and the inverses of an active set of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis<'a> {
    pub functions: &'a [Vec<Function>],
    pub inverses: Option<(Extent, &'a [Vec<f64>])>,
}

impl<'a> From<&'a ActiveSet> for Basis<'a> {
    fn from(set: &'a ActiveSet) -> Self {
        Basis {
            functions: &set.projections,
            inverses: Some((set.extent, &set.inverses)),
        }
    }
}

#[derive(Debug)]
pub(super) struct Prepared {
    pub cutoff_ang: f64,
    pub inner_cutoff: InnerCutoff,
    /// By element of the centre.
    pub centres: Vec<Centre>,
}

/// All that the energy of an atom of one element needs.
#[derive(Debug)]
pub(super) struct Centre {
    pub energy_ev: f64,
    pub embedding: Embedding,
    pub core_density: Switch,
    /// Farthest of any neighbour, Å.
    pub cutoff_ang: f64,
    /// By element of the neighbour.
    pub pairs: Vec<Pair>,
    pub products: Products,
    /// Of the greatest degree of any pair.
    pub harmonics: Harmonics,
    /// With a basis.
    pub projections: Option<Projections>,
}

/// A centre and neighbours of one element.
#[derive(Debug)]
pub(super) struct Pair {
    pub cutoff_ang: f64,
    /// The functions g_k, and apart from them the core repulsion where there is any.
    pub table: Arc<Table>,
    /// Functions in the table, without padding.
    pub functions: usize,
    pub has_core: bool,
    pub inner: Switch,
    pub degree: usize,
    pub nradmax: usize,
    /// `nradmax` in whole vectors.
    pub n_padded: usize,
    /// `C[l][k][n]`, padded: from moments of g_k to those of R_nl.
    pub to_radial: Aligned,
    /// `C[l][n][k]`, padded: from adjoints of R_nl to those of g_k.
    pub from_radial: Aligned,
    /// `[density][k]`: functions of rank one.
    pub rank_one: Aligned,
    /// The first leaf: that of `(l, m, n)` is `leaves + (l² + l + m) nradmax + n`.
    pub leaves: usize,
}

impl Pair {
    pub fn components(&self) -> usize {
        components(self.degree)
    }

    fn leaf(&self, n: usize, l: usize, m: isize) -> u32 {
        let lm = (l * l + l).wrapping_add_signed(m);
        (self.leaves + lm * self.nradmax + n) as u32
    }
}

impl Prepared {
    /// `model` is valid.
    pub fn new(model: &Model, basis: Option<Basis<'_>>) -> Self {
        let interactions = &model.interactions;
        let count = interactions.elements.len();
        let mut tables: Vec<(usize, usize, Arc<Table>)> = Vec::new();
        let centres = (0..count)
            .map(|centre| {
                let mut table = |neighbour: usize| {
                    let bond = interactions.bond(centre, neighbour);
                    let known = tables.iter().find(|(a, b, _)| {
                        (*a, *b) == (neighbour, centre)
                            && have_one_table(bond, interactions.bond(*a, *b))
                    });
                    if let Some((.., table)) = known {
                        return Arc::clone(table);
                    }
                    let table = Arc::new(tabulate(interactions, centre, neighbour));
                    tables.push((centre, neighbour, Arc::clone(&table)));
                    table
                };
                let tables = (0..count).map(&mut table).collect();
                Centre::new(model, centre, tables, basis)
            })
            .collect();
        Prepared {
            cutoff_ang: interactions.cutoff_ang(),
            inner_cutoff: interactions.inner_cutoff,
            centres,
        }
    }
}

fn has_core(bond: &Bond) -> bool {
    bond.core.prefactor != 0.0
}

/// Whether two bonds have the same functions of the distance.
fn have_one_table(a: &Bond, b: &Bond) -> bool {
    let known = |bond: &Bond| {
        (
            bond.nradbase,
            bond.basis.clone(),
            bond.cutoff_ang,
            bond.cutoff_width_ang,
            bond.core,
            bond.inner,
        )
    };
    known(a) == known(b)
}

fn tabulate(interactions: &Interactions, centre: usize, neighbour: usize) -> Table {
    let bond = interactions.bond(centre, neighbour);
    let charge = |element: usize| f64::from(interactions.elements[element].number());
    let core = CorePair {
        kind: interactions.inner_cutoff,
        core: bond.core,
        inner: bond.inner,
        cutoff_ang: bond.cutoff_ang,
        cutoff_width_ang: bond.cutoff_width_ang,
        charges: [charge(centre), charge(neighbour)],
    };
    let cutoff = bond.cutoff_ang;
    // Where a switch begins or ends, and ever closer to where a repulsion grows without bound.
    let mut breaks = vec![LEAST_ANG, 0.3, 1.0, cutoff];
    breaks.extend([bond.inner.end - bond.inner.width, bond.inner.end]);
    breaks.push(cutoff - bond.cutoff_width_ang);
    breaks.retain(|r| (LEAST_ANG..=cutoff).contains(r));
    breaks.sort_by(f64::total_cmp);
    breaks.dedup_by(|next, last| *next - *last < 1e-9);
    let slopes = std::cell::RefCell::new(vec![0.0; bond.nradbase]);
    Table::new(bond.nradbase, has_core(bond), &breaks, &|r, values| {
        bond.basis.evaluate(
            bond,
            interactions.inner_cutoff,
            r,
            &mut values[..bond.nradbase],
            &mut slopes.borrow_mut(),
        );
        if has_core(bond) {
            values[bond.nradbase] = core.evaluate(r)[0];
        }
    })
}

impl Centre {
    fn new(
        model: &Model,
        centre: usize,
        tables: Vec<Arc<Table>>,
        basis: Option<Basis<'_>>,
    ) -> Self {
        let interactions = &model.interactions;
        let site = &interactions.sites[centre];
        let densities = site.embedding.terms.len();
        let functions = basis.map_or(&[][..], |basis| &basis.functions[centre]);
        let mut leaves = 0;
        let mut pairs: Vec<Pair> = Vec::new();
        for (neighbour, table) in tables.into_iter().enumerate() {
            let bond = interactions.bond(centre, neighbour);
            let used = model.functions[centre]
                .iter()
                .chain(functions)
                .filter(|function| function.rank() > 1)
                .flat_map(|function| &function.factors)
                .filter(|factor| usize::from(factor.element) == neighbour);
            // What no function uses need not be summed.
            let degree = used
                .clone()
                .map(|factor| usize::from(factor.l))
                .max()
                .unwrap_or(0);
            let nradmax = used
                .map(|factor| usize::from(factor.n) + 1)
                .max()
                .unwrap_or(0);
            let (k_padded, n_padded) = (table.columns(), nradmax.next_multiple_of(MOST_LANES));
            let mut to_radial = vec![0.0; (degree + 1) * k_padded * n_padded];
            let mut from_radial = vec![0.0; (degree + 1) * nradmax * k_padded];
            for l in 0..=degree {
                for n in 0..nradmax {
                    for k in 0..bond.nradbase {
                        let c = bond.coefficients[bond.radial(n, l) * bond.nradbase + k];
                        to_radial[(l * k_padded + k) * n_padded + n] = c;
                        from_radial[(l * nradmax + n) * k_padded + k] = c;
                    }
                }
            }
            pairs.push(Pair {
                cutoff_ang: bond.cutoff_ang,
                functions: bond.nradbase,
                has_core: has_core(bond),
                inner: bond.inner,
                degree,
                nradmax,
                n_padded,
                to_radial: Aligned::from(&*to_radial),
                from_radial: Aligned::from(&*from_radial),
                rank_one: Aligned::from(&*vec![0.0; densities * k_padded]),
                leaves,
                table,
            });
            leaves += nradmax * components(degree);
        }
        let mut terms = Vec::new();
        for function in &model.functions[centre] {
            if let [factor] = function.factors.as_slice() {
                let pair = &mut pairs[usize::from(factor.element)];
                let columns = pair.table.columns();
                for (_, coefficients) in function.terms() {
                    for (p, c) in coefficients.iter().enumerate() {
                        pair.rank_one[p * columns + usize::from(factor.n)] += c;
                    }
                }
                continue;
            }
            for (ms, coefficients) in function.terms() {
                terms.push(Term {
                    factors: leaves_of(&pairs, function, ms),
                    coefficients: coefficients.to_vec(),
                });
            }
        }
        let degree = pairs.iter().map(|pair| pair.degree).max().unwrap_or(0);
        let mut others = Vec::new();
        for function in functions.iter().filter(|one| one.rank() > 1) {
            others.extend(
                function
                    .terms()
                    .map(|(ms, _)| leaves_of(&pairs, function, ms)),
            );
        }
        let (products, others) = Products::new(leaves, densities, &terms, &others);
        let projections = basis.map(|basis| {
            let (mut rank_one, mut ranks_beyond, mut terms) = (Vec::new(), Vec::new(), Vec::new());
            let mut others = others.into_iter();
            for (at, function) in functions.iter().enumerate() {
                if let [factor] = function.factors.as_slice() {
                    let element = usize::from(factor.element);
                    let columns = pairs[..element].iter().map(|pair| pair.table.columns());
                    rank_one.push(RankOne {
                        function: at,
                        element,
                        n: usize::from(factor.n),
                        moment: columns.sum::<usize>() + usize::from(factor.n),
                        factor: function.coefficients.iter().sum(),
                    });
                } else {
                    let start = terms.len();
                    let factors = function.terms().map(|(_, coefficients)| coefficients[0]);
                    terms.extend(others.by_ref().zip(factors));
                    ranks_beyond.push(Beyond {
                        function: at,
                        terms: start..terms.len(),
                    });
                }
            }
            let inverse = basis.inverses.map(|(extent, inverses)| {
                let rows = match extent {
                    Extent::Linear => functions.len(),
                    Extent::Full => functions.len() * densities,
                };
                Inverse::new(extent, densities, rows, &inverses[centre])
            });
            Projections {
                functions: functions.len(),
                rank_one,
                ranks_beyond,
                terms,
                inverse,
            }
        });
        Centre {
            energy_ev: site.energy_ev,
            embedding: site.embedding.clone(),
            core_density: site.core_density,
            cutoff_ang: pairs.iter().map(|pair| pair.cutoff_ang).fold(0.0, f64::max),
            products,
            projections,
            harmonics: Harmonics::new(degree),
            pairs,
        }
    }
}

/// The leaves that are multiplied in a term.
fn leaves_of(pairs: &[Pair], function: &Function, ms: &[i8]) -> Vec<u32> {
    let factors = function.factors.iter().zip(ms);
    factors
        .map(|(factor, m)| {
            let pair = &pairs[usize::from(factor.element)];
            pair.leaf(
                usize::from(factor.n),
                usize::from(factor.l),
                isize::from(*m),
            )
        })
        .collect()
}
