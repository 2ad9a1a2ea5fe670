use crate::base::{Formula, Rational, balance};

use super::{NetworkError, NetworkPhase};

/// A balanced reaction between phases of a library.
///
/// Coefficients are the smallest whole numbers of formula units as the formulas are written. Each side is sorted by
/// phase, and no phase stands on both.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct NetworkReaction {
    /// Coefficient and index of the phase.
    pub reactants: Vec<(i64, usize)>,
    pub products: Vec<(i64, usize)>,
}

impl NetworkReaction {
    /// Balances two sets of phases, given sorted; indices are of phases. None where they do not balance in exactly one way with each
    /// phase on its side.
    pub(super) fn balanced(
        phases: &[NetworkPhase],
        reactants: &[usize],
        products: &[usize],
    ) -> Result<Option<Self>, NetworkError> {
        let formulas = |side: &[usize]| -> Vec<Formula> {
            side.iter()
                .map(|&at| phases[at].phase.formula.clone())
                .collect()
        };
        let Ok(found) = balance(&formulas(reactants), &formulas(products)) else {
            return Ok(None);
        };
        let side = |amounts: &[Rational], side: &[usize]| -> Option<Vec<(i64, usize)>> {
            amounts
                .iter()
                .zip(side)
                .map(|(amount, &at)| Some((amount.to_i64()?, at)))
                .collect()
        };
        let whole = side(&found.reactants, reactants).zip(side(&found.products, products));
        let (reactants, products) = whole.ok_or_else(|| {
            let names: Vec<String> = reactants
                .iter()
                .map(|&at| phases[at].phase.to_string())
                .collect();
            NetworkError::Coefficients(names.join(" + "))
        })?;
        Ok(Some(NetworkReaction {
            reactants,
            products,
        }))
    }

    /// The same reaction, run backwards.
    pub fn reversed(&self) -> Self {
        NetworkReaction {
            reactants: self.products.clone(),
            products: self.reactants.clone(),
        }
    }

    /// Every phase with its signed coefficient: negative for reactants.
    pub fn changes(&self) -> impl Iterator<Item = (i64, usize)> + '_ {
        let left = self.reactants.iter().map(|&(amount, at)| (-amount, at));
        left.chain(self.products.iter().copied())
    }

    /// Signed coefficient of a phase; zero if it takes no part.
    pub fn change(&self, phase: usize) -> i64 {
        self.changes()
            .find(|&(_, at)| at == phase)
            .map_or(0, |(amount, _)| amount)
    }
}
