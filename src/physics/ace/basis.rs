//! The B basis: functions that do not change under rotation, with one coefficient for each density.

use std::collections::BTreeMap;

use super::coupling::{half_terms, sort_among_equals};
use super::model::{Factor, Function, Interactions, Model};

/// A potential as it is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    pub interactions: Interactions,
    /// By element of the centre, in the order of active sets: [`Basis::sort`].
    pub functions: Vec<Vec<BasisFunction>>,
}

/// One function: factors whose degrees are coupled to a scalar.
#[derive(Debug, Clone, PartialEq)]
pub struct BasisFunction {
    /// As many as the rank.
    pub factors: Vec<Factor>,
    /// Intermediate degrees, see [`super::coupling`].
    pub intermediate: Vec<u8>,
    /// One a density.
    pub coefficients: Vec<f64>,
}

impl BasisFunction {
    fn degrees(&self) -> Vec<u8> {
        self.factors.iter().map(|factor| factor.l).collect()
    }

    /// The function itself, without the coefficients of the potential: terms with the one coefficient that couples each.
    pub fn projection(&self) -> Function {
        let ls = self.degrees();
        let kinds = kinds(&self.factors);
        // In the order in which they first occur, which is part of the order of functions.
        let mut places: BTreeMap<Vec<i8>, usize> = BTreeMap::new();
        let mut terms: Vec<(Vec<i8>, f64)> = Vec::new();
        for (mut ms, coefficient) in half_terms(&ls, &self.intermediate) {
            sort_among_equals(&kinds, &ls, &mut ms);
            match places.get(&ms) {
                Some(&at) => terms[at].1 += coefficient,
                None => {
                    places.insert(ms.clone(), terms.len());
                    terms.push((ms, coefficient));
                }
            }
        }
        terms.sort_by(|a, b| a.0.cmp(&b.0));
        Function {
            factors: self.factors.clone(),
            coefficients: terms.iter().map(|(_, coefficient)| *coefficient).collect(),
            ms: terms.into_iter().flat_map(|(ms, _)| ms).collect(),
        }
    }
}

/// Which factors are of one element and n.
fn kinds(factors: &[Factor]) -> Vec<usize> {
    let kind = |factor: &Factor| usize::from(factor.element) << 16 | usize::from(factor.n);
    factors.iter().map(kind).collect()
}

impl Basis {
    /// Sorts functions as pacemaker does, which is the order of the columns of active sets: by rank, elements, n and l; those
    /// that differ in their intermediate degrees alone by their terms.
    pub fn sort(&mut self) {
        for functions in &mut self.functions {
            functions.sort_by_cached_key(|function| {
                let projection = function.projection();
                let of = |part: fn(&Factor) -> u16| -> Vec<u16> {
                    function.factors.iter().map(part).collect()
                };
                (
                    function.factors.len(),
                    of(|factor| u16::from(factor.element)),
                    of(|factor| factor.n),
                    of(|factor| u16::from(factor.l)),
                    projection.coefficients.len(),
                    projection.ms,
                )
            });
        }
    }

    /// The functions without coefficients, by element of the centre.
    pub fn projections(&self) -> Vec<Vec<Function>> {
        let of = |functions: &Vec<BasisFunction>| {
            functions.iter().map(BasisFunction::projection).collect()
        };
        self.functions.iter().map(of).collect()
    }

    /// The form in which potentials are evaluated: functions that differ in their couplings alone become one.
    pub fn to_model(&self) -> Model {
        let functions = self
            .functions
            .iter()
            .enumerate()
            .map(|(centre, functions)| {
                let densities = self.interactions.densities(centre);
                let mut order: Vec<Vec<Factor>> = Vec::new();
                let mut joined: BTreeMap<Vec<(u8, u16, u8)>, BTreeMap<Vec<i8>, Vec<f64>>> =
                    BTreeMap::new();
                for function in functions {
                    let key: Vec<(u8, u16, u8)> = function
                        .factors
                        .iter()
                        .map(|factor| (factor.element, factor.n, factor.l))
                        .collect();
                    let terms = joined.entry(key).or_insert_with(|| {
                        order.push(function.factors.clone());
                        BTreeMap::new()
                    });
                    let projection = function.projection();
                    for (ms, coupling) in projection.terms() {
                        let sums = terms
                            .entry(ms.to_vec())
                            .or_insert_with(|| vec![0.0; densities]);
                        for (sum, c) in sums.iter_mut().zip(&function.coefficients) {
                            *sum += c * coupling[0];
                        }
                    }
                }
                order
                    .into_iter()
                    .map(|factors| {
                        let key: Vec<(u8, u16, u8)> = factors
                            .iter()
                            .map(|factor| (factor.element, factor.n, factor.l))
                            .collect();
                        let terms = joined.remove(&key).unwrap_or_default();
                        Function {
                            factors,
                            coefficients: terms.values().flatten().copied().collect(),
                            ms: terms.into_keys().flatten().collect(),
                        }
                    })
                    .collect()
            });
        Model {
            functions: functions.collect(),
            interactions: self.interactions.clone(),
        }
    }
}
