//! The ground that both languages stand on: constants, elements, formulas, phases, exact balancing. Imports nothing.

pub mod constants;
mod element;
mod formula;
mod phase;
#[cfg(test)]
mod properties;
mod rational;
mod reaction;

pub use element::Element;
pub use formula::{Formula, FormulaError, FormulaErrorKind};
pub use phase::Phase;
pub use rational::Rational;
pub use reaction::{Balance, BalanceError, Imbalance, Reaction, balance, imbalances};
