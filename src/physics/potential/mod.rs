//! What atoms feel: potentials behind one trait.

mod lennard_jones;

use thiserror::Error;

pub use lennard_jones::LennardJones;

use super::structure::{Cell, NeighbourError, Neighbours};
use crate::base::Element;

/// What an evaluation is asked for besides forces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    pub energy: bool,
    /// Energy of each atom; implies `energy`.
    pub energies: bool,
    pub virial: bool,
}

/// What came of it. What was not asked for holds what it held before.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    pub energy_ev: f64,
    /// Length n; sums to `energy_ev`.
    pub energies_ev: Vec<f64>,
    /// eV/Å, length n.
    pub forces: Vec<[f64; 3]>,
    /// Σ r ⊗ F over pairs, eV: −∂E/∂ε for strained lattice vectors `h (1 + ε)`. Pressure is its trace/(3 V) plus the
    /// kinetic part; stress (tension positive) is −virial/V.
    pub virial_ev: [[f64; 3]; 3],
}

/// A model of the energy of atoms: parameters, without atoms.
pub trait Potential: Send + Sync {
    /// Beyond this distance in Å atoms do not meet (0 for one that needs no list).
    fn cutoff_ang(&self) -> f64;

    /// Makes it ready for atoms of these elements (one entry an atom), or says why it cannot: an element without
    /// parameters, charges that do not balance.
    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError>;
}

/// A potential made ready for certain atoms, with whatever it keeps between evaluations (tables, scratch, meshes).
/// Its results depend on its arguments alone.
pub trait Bound: Send {
    /// `positions_ang` is in the order of the atoms that it was bound to, unwrapped or not; `neighbours` is valid
    /// for them. Forces are always made.
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError>;
}

/// Why a potential cannot answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PotentialError {
    #[error("the potential has no parameters for {0}")]
    UnknownElement(Element),
    #[error("atoms {first} and {second} overlap: they are {distance_ang:.3} Å apart")]
    Overlap {
        first: usize,
        second: usize,
        distance_ang: f64,
    },
    #[error(transparent)]
    Neighbours(#[from] NeighbourError),
}

/// Evaluates a potential along a trajectory: owns the neighbour list, and rebuilds it when atoms or cell have moved
/// further than its skin allows.
pub struct Calculator {
    potential: Box<dyn Bound>,
    neighbours: Neighbours,
    out: Evaluation,
}

impl Calculator {
    pub fn new(
        potential: &dyn Potential,
        elements: &[Element],
        skin_ang: f64,
    ) -> Result<Self, PotentialError> {
        Ok(Calculator {
            potential: potential.bind(elements)?,
            neighbours: Neighbours::new(potential.cutoff_ang(), skin_ang),
            out: Evaluation::default(),
        })
    }

    pub fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        want: Want,
    ) -> Result<&Evaluation, PotentialError> {
        self.neighbours.update(cell, positions_ang)?;
        self.potential
            .evaluate(cell, positions_ang, &self.neighbours, want, &mut self.out)?;
        Ok(&self.out)
    }

    /// The evaluation made last.
    pub fn evaluation(&self) -> &Evaluation {
        &self.out
    }

    /// Cell and positions for which the list was built: part of a checkpoint, because the order of a list, and so the
    /// last bits of a force, come from them.
    pub fn reference(&self) -> Option<(Cell, &[[f64; 3]])> {
        self.neighbours.reference()
    }

    /// Takes up a list as it was built for `cell` and `positions_ang`.
    pub fn restore(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
    ) -> Result<(), PotentialError> {
        Ok(self.neighbours.rebuild(cell, positions_ang)?)
    }
}
