//! What makes a reaction fast: scores by which the automaton weighs reactions against each other.

mod scorer;

pub use scorer::{ScoreInput, Scorer};
