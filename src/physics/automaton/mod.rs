//! A cellular automaton of solid-state synthesis: what powders become when they are fired together.
//!
//! # The rule
//!
//! Cells on a periodic cubic grid hold one phase each, or nothing. Time is counted in *sweeps*: as many updates as the
//! grid has cells, each at a random cell ([`Sweeps`]; there is no second in it). An update of a cell that holds a
//! phase at temperature T:
//!
//! 1. **Flow.** With chance ½ + u/(2√(u² + 1)), u = 20 T/T_melt − 18.5, swap with a random neighbour, and that is all.
//! 2. **Lottery** among doing nothing (twice the inertia, 2 each), falling apart alone, and what the contacts with
//!    the neighbours offer: a reaction of the two phases, with or without gases of the atmosphere, or, beside an
//!    empty cell, of the phase with such gases. Reactions of the same reactants share the weight of the highest
//!    [score](crate::physics::rates::Scorer) among them and then draw by their own scores. A contact of two cells
//!    of one phase offers that phase's decomposition to both.
//! 3. **Reaction.** The unit of reaction consumes one cell's volume of condensed reactants, shared as the volumes
//!    in the balanced equation are. Each cell that takes part converts as a whole, with the chance (its share) /
//!    (its volume), into a condensed product drawn by volume.
//!
//! That is ReactCA (Gallant, McDermott, Li and Persson, Chem. Mater. 37, 210, 2025) as its public code has it.
//! [`Rules::published`] and [`VolumeRounding::HundredthAng3`] keep to that code; the defaults depart where it loses
//! matter or says one thing and does another:
//!
//! * **All six neighbours** ([`Neighbours::All`]) offer contacts, as the paper says; the code lets one count, a random
//!   one at each update. A reacting sample goes up to six times as fast a sweep.
//! * **Exact conservation** ([`Conserve::Exact`]). The published cells own their volumes, convert independently of
//!   each other and so conserve matter on average: a random walk of one or two percent in tens of sweeps. Here the
//!   amounts of the phases are the state, and every event moves them by the balanced equation, gases included
//!   ([`State::released`], [`State::absorbed`]). All cells of a phase share its amount, so that the cells say where
//!   a phase is and the amounts how much of it there is. Converting keeps the published chances. An event stops at
//!   what is left of a reactant; the last cell of a phase stays until its amount is used up; an amount too small
//!   for a cell is carried until there is one. Amounts therefore are never negative, and never rounded.
//! * **Gases have no volume.** In the published lottery of products a gas takes part by a volume (and slows its own
//!   reaction by its share); with exact conservation it leaves with the event. Where a reaction leaves nothing
//!   condensed, the cell becomes empty. What an atmosphere gives is recorded; the published code does not.
//! * **Regrinding** keeps absolute amounts and the gas ledger; a cell then stands for another volume
//!   ([`State::cell_volume`]). The published code starts again from mole fractions and drops what is below 1 %.
//! * **Several gases** in one reaction are allowed if all are in the atmosphere, and a group with gases has the weight
//!   of its highest score, like the others; the published code takes the first match.
//! * **Temperature** is continuous, that of the middle of each sweep; stairs are available.
//! * **Melts** can be set apart from the grid as published (`separate_melt`), and return when they freeze.
//!
//! # Use
//!
//! [`Chemistry`] (phases, balanced reactions), [`Kinetics`] (scores by temperature and atmosphere; [`Scored`] makes
//! them from energies), [`Programme`] (the firing), [`Start::build`] (the sample), [`run`], which tells an [`Observer`]
//! [records](Record) and [snapshots](Snapshot) and returns the final [`State`]. A [`Recorder`] keeps the records as an
//! [`Evolution`]; several [`Realisations`] have means and errors. A run is serial; realisations are
//! independent. Random numbers come from the sample's own [stream](crate::physics::numerics::Stream), which the state
//! carries, so a run that is cut and taken up again gives the same bits.

mod chemistry;
mod error;
mod evolution;
mod firing;
mod kinetics;
mod network;
mod programme;
mod record;
mod run;
mod setup;
mod state;
mod statistics;
mod table;
#[cfg(test)]
mod tests;

pub use chemistry::{Chemistry, MOST_PHASES, PhaseSpec, Reaction, ReactionSpec, VolumeRounding};
pub use error::AutomatonError;
pub use evolution::{Evolution, Realisations, Recorder};
pub use firing::{Duration, Firing, FiringError, FiringStep, Pace};
pub use kinetics::{Energies, GibbsTable, Kinetics, Scored, TabulatedScores};
pub use network::Network;
pub use programme::{Atmosphere, Programme, Step, Sweeps};
pub use record::{By, Observer, Occasion, Record, Snapshot};
pub use run::{Conserve, Neighbours, Rules, run};
pub use setup::{Setup, Start};
pub use state::State;
pub use statistics::{Moments, Onset, onset, spread};
