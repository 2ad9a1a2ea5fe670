//! Parameters by pair of elements.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::PotentialError;
use super::pair::table;
use crate::base::Element;
use crate::physics::numerics::simd::{TABLE, Table};
use crate::physics::structure::elements_of;

/// How a function of the distance ends at its cutoff.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// Energy and force jump to zero.
    Cut,
    /// The energy is shifted to end at zero; the force jumps.
    Shifted,
    /// A linear term lets energy and force end at zero.
    ForceShifted,
    /// The energy is multiplied by a polynomial that falls from one to zero from here to the cutoff, with two smooth
    /// derivatives.
    Smooth { from_ang: f64 },
}

/// Parameters of pairs of elements, whichever way round. A pair that is not in it does not interact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    from = "Written<P>",
    into = "Written<P>",
    bound(
        serialize = "P: Serialize + Clone",
        deserialize = "P: Deserialize<'de>"
    )
)]
pub struct ByPair<P> {
    pairs: BTreeMap<(Element, Element), P>,
    /// For every pair that has none of its own.
    every: Option<P>,
    /// Elements that need no pair.
    others: BTreeSet<Element>,
}

/// As it is written to files.
#[derive(Serialize, Deserialize)]
struct Written<P> {
    pairs: Vec<(Element, Element, P)>,
    every: Option<P>,
}

impl<P> From<Written<P>> for ByPair<P> {
    fn from(written: Written<P>) -> Self {
        ByPair {
            every: written.every,
            ..written.pairs.into_iter().collect()
        }
    }
}

impl<P> From<ByPair<P>> for Written<P> {
    fn from(by_pair: ByPair<P>) -> Self {
        let pairs = by_pair.pairs.into_iter();
        Written {
            pairs: pairs
                .map(|((first, second), parameters)| (first, second, parameters))
                .collect(),
            every: by_pair.every,
        }
    }
}

impl<P> FromIterator<(Element, Element, P)> for ByPair<P> {
    fn from_iter<I: IntoIterator<Item = (Element, Element, P)>>(rows: I) -> Self {
        rows.into_iter()
            .fold(ByPair::new(), |pairs, (first, second, parameters)| {
                pairs.with(first, second, parameters)
            })
    }
}

impl<P> Default for ByPair<P> {
    fn default() -> Self {
        ByPair {
            pairs: BTreeMap::new(),
            every: None,
            others: BTreeSet::new(),
        }
    }
}

impl<P> ByPair<P> {
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for all pairs of any elements.
    pub fn every(parameters: P) -> Self {
        ByPair {
            every: Some(parameters),
            ..ByPair::default()
        }
    }

    pub fn with(mut self, first: Element, second: Element, parameters: P) -> Self {
        self.pairs
            .insert((first.min(second), first.max(second)), parameters);
        self
    }

    /// For every pair that has no parameters of its own.
    pub fn otherwise(mut self, parameters: P) -> Self {
        self.every = Some(parameters);
        self
    }

    /// These elements may occur, whether they are in a pair or not.
    pub fn beside(mut self, elements: impl IntoIterator<Item = Element>) -> Self {
        self.others.extend(elements);
        self
    }

    /// The elements that are in a pair; none where it takes any.
    pub fn elements(&self) -> Option<BTreeSet<Element>> {
        let elements = || self.pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
        self.every.is_none().then(elements)
    }

    pub fn get(&self, first: Element, second: Element) -> Option<&P> {
        self.pairs
            .get(&(first.min(second), first.max(second)))
            .or(self.every.as_ref())
    }

    /// All that there are.
    pub fn values(&self) -> impl Iterator<Item = &P> {
        self.pairs.values().chain(&self.every)
    }

    pub fn iter(&self) -> impl Iterator<Item = ((Element, Element), &P)> {
        self.pairs
            .iter()
            .map(|(pair, parameters)| (*pair, parameters))
    }

    /// The distinct elements, if there are parameters for each.
    pub(super) fn species(&self, elements: &[Element]) -> Result<Vec<Element>, PotentialError> {
        let species = distinct(elements)?;
        let known = |element: &Element| {
            self.every.is_some()
                || self.others.contains(element)
                || self.pairs.keys().any(|(a, b)| a == element || b == element)
        };
        match species.iter().find(|element| !known(element)) {
            Some(unknown) => Err(PotentialError::UnknownElement(*unknown)),
            None => Ok(species),
        }
    }

    /// For each species the values of `value` by species of the neighbour; zero for a pair that does not interact.
    pub(super) fn tables(&self, species: &[Element], value: impl Fn(&P) -> f64) -> Vec<Table> {
        let row = |&first: &Element| {
            table(species.len(), |second| {
                self.get(first, species[second]).map_or(0.0, &value)
            })
        };
        species.iter().map(row).collect()
    }
}

/// The distinct elements, if there are not too many for a table.
pub(super) fn distinct(elements: &[Element]) -> Result<Vec<Element>, PotentialError> {
    let species = elements_of(elements);
    if species.len() > TABLE {
        return Err(PotentialError::TooManyElements {
            found: species.len(),
            most: TABLE,
        });
    }
    Ok(species)
}
