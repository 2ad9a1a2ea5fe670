//! Parameters by pair of elements.

use std::collections::BTreeMap;

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
#[derive(Debug, Clone, PartialEq)]
pub struct ByPair<P> {
    pairs: BTreeMap<(Element, Element), P>,
    /// For every pair that has none of its own.
    every: Option<P>,
}

impl<P> Default for ByPair<P> {
    fn default() -> Self {
        ByPair {
            pairs: BTreeMap::new(),
            every: None,
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
            pairs: BTreeMap::new(),
            every: Some(parameters),
        }
    }

    pub fn with(mut self, first: Element, second: Element, parameters: P) -> Self {
        self.pairs
            .insert((first.min(second), first.max(second)), parameters);
        self
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
            self.every.is_some() || self.pairs.keys().any(|(a, b)| a == element || b == element)
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
