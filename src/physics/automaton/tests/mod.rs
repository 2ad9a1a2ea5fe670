//! The automaton against itself, against hand-made cases, and against runs of the Python one.

mod invariants;
mod reference;
mod setups;
mod small;
