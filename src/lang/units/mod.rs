//! Dimensions, units and quantities. Base units: Å, eV, fs, e, K, and the automaton's sweep.

mod dimension;
#[cfg(test)]
mod properties;
mod quantity;
mod unit;

pub use dimension::Dimension;
pub(crate) use quantity::number_text;
pub use quantity::{Quantity, QuantityError};
pub use unit::{Unit, UnitError, all_words, is_unit_word, parse_unit, units_of};
