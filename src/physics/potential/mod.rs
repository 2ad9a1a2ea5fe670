//! What atoms feel: potentials behind one trait.

pub mod coulomb;
mod exponential;
mod lennard_jones;
mod matsui_akaogi;
mod morse;
mod pair;
mod parameters;
mod pmmcs;
mod sum;
mod tabulated;
#[cfg(test)]
mod tests;
mod tosi_fumi;
mod zbl;

use thiserror::Error;

pub use exponential::{BornMayerHuggins, BornMayerHugginsPair, Buckingham, BuckinghamPair, Wall};
pub use lennard_jones::{LennardJones, LennardJonesPair};
pub use matsui_akaogi::matsui_akaogi;
pub use morse::{Morse, MorsePair};
pub use pair::{OVERLAP_ANG, Terms};
pub use parameters::{ByPair, Truncation};
pub use pmmcs::{
    ELEMENTS as PMMCS_ELEMENTS, PmmcsCoulomb, SHORT_CUTOFF_ANG as PMMCS_SHORT_CUTOFF_ANG, pmmcs,
};
pub use sum::Sum;
pub use tabulated::{Tabulated, TabulatedPair};
pub use tosi_fumi::tosi_fumi;
pub use zbl::Zbl;

use super::structure::{Cell, NeighbourError, Neighbours, species_of};
use crate::base::Element;

/// What an evaluation is asked for besides forces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    pub energy: bool,
    /// Energy of each atom; implies `energy`.
    pub energies: bool,
    pub virial: bool,
    /// Extrapolation grades, of a potential that has them.
    pub grades: bool,
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
    /// The extrapolation grade of each atom (Podryabinkin and Shapeev, Comput. Mater. Sci. 140, 171, 2017): above 1 its
    /// surroundings are outside of what the potential was made from. Empty of a potential that does not know.
    pub grades: Vec<f64>,
}

/// A model of the energy of atoms: parameters, without atoms.
pub trait Potential: Send + Sync {
    /// Beyond this distance in Å atoms do not meet (0 for one that needs no list).
    fn cutoff_ang(&self) -> f64;

    /// Makes it ready for atoms of these elements (one entry an atom), or says why it cannot: an element without
    /// parameters, charges that do not balance.
    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError>;

    /// What of it are functions of pairs, which a sum of potentials evaluates in one loop.
    fn pair_terms(&self, _: &[Element]) -> Result<Terms, PotentialError> {
        Ok(Terms::default())
    }

    /// Whether it can tell how far atoms are from what it was made from, see [`Evaluation::grades`].
    fn has_grades(&self) -> bool {
        false
    }

    /// What is left of it besides.
    fn other_parts(&self, elements: &[Element]) -> Result<Vec<Box<dyn Bound>>, PotentialError> {
        Ok(vec![self.bind(elements)?])
    }
}

/// A potential that is a function of pairs and nothing else.
trait PairPotential: Send + Sync {
    fn reach_ang(&self) -> f64;
    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError>;
}

macro_rules! pair_potentials {
    ($($name:ty),*) => {$(
        impl Potential for $name {
            fn cutoff_ang(&self) -> f64 {
                self.reach_ang()
            }

            fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
                Ok(sum::bind_parts(self.terms(elements)?, Vec::new(), elements))
            }

            fn pair_terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
                self.terms(elements)
            }

            fn other_parts(&self, _: &[Element]) -> Result<Vec<Box<dyn Bound>>, PotentialError> {
                Ok(Vec::new())
            }
        }
    )*};
}
pair_potentials!(
    LennardJones,
    Buckingham,
    BornMayerHuggins,
    Morse,
    Zbl,
    Tabulated,
    coulomb::DampedShiftedForce,
    coulomb::Wolf
);

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
    /// Places from 0; people count from 1.
    #[error("atoms {} and {} overlap: they are {distance_ang:.3} Å apart", first + 1, second + 1)]
    Overlap {
        first: usize,
        second: usize,
        distance_ang: f64,
    },
    #[error("the potential distinguishes {most} elements at most, not {found}")]
    TooManyElements { found: usize, most: usize },
    #[error("the charges of the atoms add up to {net_e:+.3} e; a periodic cell must be neutral")]
    Charged { net_e: f64 },
    #[error("charges damped by {alpha_per_ang} /Å vanish long before a cutoff of {cutoff_ang} Å")]
    Overdamped { alpha_per_ang: f64, cutoff_ang: f64 },
    #[error("the neighbour list ends at {list_ang} Å, the potential at {cutoff_ang} Å")]
    ShortList { cutoff_ang: f64, list_ang: f64 },
    #[error(
        "the neighbour list is one of other atoms than those that the potential was made ready for"
    )]
    OtherAtoms,
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
            neighbours: Neighbours::new(potential.cutoff_ang(), skin_ang)
                .with_species(species_of(elements)),
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
        if want.grades {
            self.out.grades.clear();
        }
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
