//! Reaction networks: which reactions a set of phases allows, and their energies at any temperature and gas
//! pressure.
//!
//! [`Enumeration`] finds them; a [`ReactionLibrary`] holds phases, their Gibbs energies and the reactions.

mod combinations;
mod enumerate;
mod error;
mod library;
mod mixing;
mod reaction;
#[cfg(test)]
mod tests;

pub use enumerate::{Enumeration, OTHER_GASES_BAR};
pub use error::NetworkError;
pub use library::{NetworkPhase, ReactionLibrary};
pub use reaction::NetworkReaction;
