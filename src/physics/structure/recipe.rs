//! How configurations are made: where they come from, and what is done to them, one change after another.

use thiserror::Error;

use super::change::{Amount, ChangeError};
use super::configuration::Structure;
use super::packing::{Packing, PackingError};
use super::symmetry::{Symmetry, SymmetryError};
use crate::base::Element;
use crate::physics::numerics::Stream;

/// Atoms that lie this near to where a symmetry puts them are taken to be there, Å.
pub const SYMMETRY_TOLERANCE_ANG: f64 = 0.01;

/// The most atoms for which a recipe is tried out.
const MOST_TRIED: usize = 100_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub source: Source,
    pub changes: Vec<Change>,
    /// How many are made of each configuration of the source; they differ where something is random.
    pub copies: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// At least one.
    Given(Vec<Structure>),
    Packed(Packing),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The standard primitive cell.
    Primitive,
    /// The standard conventional cell.
    Conventional,
    /// Niggli's reduced cell.
    Reduced,
    Supercell(Size),
    /// Voigt's six components.
    Strain([f64; 6]),
    /// Standard deviation of each coordinate, Å.
    Rattle(f64),
    Substitute {
        from: Element,
        to: Element,
        amount: Amount,
    },
    Vacancies {
        of: Element,
        amount: Amount,
    },
    Vacuum {
        axis: usize,
        height_ang: f64,
    },
    /// Another configuration on top, see [`Structure::joined`]: the one of these that has the number of the configuration,
    /// counted round. None are known before they are made; then nothing changes.
    Stack {
        others: Vec<Structure>,
        axis: usize,
        gap_ang: f64,
        mismatch: f64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// Rows in units of the lattice vectors.
    Matrix([[i32; 3]; 3]),
    /// At least this many atoms, as near to a cube as may be.
    Atoms(usize),
    /// Every height at least this, Å.
    Height(f64),
}

/// Why a recipe gives nothing, and at which of its changes.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{reason}")]
pub struct RecipeError {
    /// Counted from 0; none where the source is at fault.
    pub change: Option<usize>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum Reason {
    #[error(transparent)]
    Packing(#[from] PackingError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Symmetry(#[from] SymmetryError),
    #[error("a random packing has no symmetry")]
    PackedSymmetry,
}

impl Recipe {
    /// The elements that can occur, by atomic number.
    pub fn elements(&self) -> Vec<Element> {
        let mut elements: Vec<Element> = match &self.source {
            Source::Given(structures) => {
                let all = structures.iter().flat_map(|one| &one.elements);
                all.copied().collect()
            }
            Source::Packed(packing) => packing.counts.iter().map(|(element, _)| *element).collect(),
        };
        for change in &self.changes {
            if let Change::Substitute { to, .. } = change {
                elements.push(*to);
            }
        }
        elements.sort_unstable();
        elements.dedup();
        elements
    }

    /// How many configurations it gives.
    pub fn len(&self) -> usize {
        let given = match &self.source {
            Source::Given(structures) => structures.len(),
            Source::Packed(_) => 1,
        };
        given * self.copies
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The configuration with this number, the copies of one following one another. It depends on the seed and the number
    /// alone: more copies leave the first ones as they are.
    pub fn build(&self, number: usize, seed: [u8; 32]) -> Result<Structure, RecipeError> {
        let (which, copy) = (number / self.copies, number % self.copies);
        let stream = Stream::new(seed, &[which as u64, copy as u64]);
        let start = match &self.source {
            Source::Given(structures) => structures[which].clone(),
            Source::Packed(packing) => {
                packing
                    .pack(&mut stream.child(0))
                    .map_err(|error| RecipeError {
                        change: None,
                        reason: error.into(),
                    })?
            }
        };
        self.changed(start, &stream, number)
    }

    fn changed(
        &self,
        start: Structure,
        stream: &Stream,
        number: usize,
    ) -> Result<Structure, RecipeError> {
        let mut structure = start;
        for (at, change) in self.changes.iter().enumerate() {
            let mut own = stream.child(at as u64 + 1);
            structure = change
                .of(&structure, &mut own, number)
                .map_err(|reason| RecipeError {
                    change: Some(at),
                    reason,
                })?;
        }
        Ok(structure)
    }

    /// Whether building one takes no time: nothing is packed, and there are not many atoms.
    pub fn is_quick(&self) -> bool {
        match &self.source {
            Source::Given(structures) => structures
                .first()
                .is_some_and(|start| self.atoms_at_most(start) <= MOST_TRIED),
            Source::Packed(_) => false,
        }
    }

    /// How many atoms the changes can make of these.
    fn atoms_at_most(&self, start: &Structure) -> usize {
        let mut atoms = start.len();
        for change in &self.changes {
            atoms = match change {
                Change::Supercell(Size::Atoms(wanted)) => atoms.max(wanted.saturating_mul(2)),
                Change::Supercell(Size::Matrix(rows)) => {
                    let copies: i64 = rows
                        .iter()
                        .map(|row| row.iter().map(|x| i64::from(x.unsigned_abs())).sum::<i64>())
                        .fold(1, i64::saturating_mul);
                    atoms.saturating_mul(copies as usize)
                }
                Change::Supercell(Size::Height(height)) => {
                    let repeats = start.repeats_to_height(*height);
                    atoms.saturating_mul(repeats.iter().map(|x| *x as usize).product())
                }
                _ => atoms,
            };
        }
        atoms
    }

    /// Tries the changes out, without packing anything and only where that takes no time.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.sample().map(|_| ())
    }

    /// The first configuration with all of its atoms, of which packed ones are nowhere yet; none where making it takes
    /// time, or where others are stacked on it that are not known.
    pub fn sample(&self) -> Result<Option<Structure>, RecipeError> {
        let stand_in = match &self.source {
            Source::Given(structures) => structures.first().cloned(),
            Source::Packed(packing) => {
                let symmetric =
                    |change: &Change| matches!(change, Change::Primitive | Change::Conventional);
                if let Some(at) = self.changes.iter().position(symmetric) {
                    return Err(RecipeError {
                        change: Some(at),
                        reason: Reason::PackedSymmetry,
                    });
                }
                packing.unpacked()
            }
        };
        let Some(start) = stand_in else {
            return Ok(None);
        };
        if self.atoms_at_most(&start) > MOST_TRIED {
            return Ok(None);
        }
        let sample = self.changed(start, &Stream::new([0; 32], &[]), 0)?;
        let open =
            |change: &Change| matches!(change, Change::Stack { others, .. } if others.is_empty());
        Ok((!self.changes.iter().any(open)).then_some(sample))
    }
}

impl Change {
    fn of(
        &self,
        structure: &Structure,
        stream: &mut Stream,
        number: usize,
    ) -> Result<Structure, Reason> {
        Ok(match self {
            Change::Primitive => Symmetry::of(structure, SYMMETRY_TOLERANCE_ANG)?.primitive,
            Change::Conventional => Symmetry::of(structure, SYMMETRY_TOLERANCE_ANG)?.conventional,
            Change::Reduced => structure.reduced()?,
            Change::Supercell(size) => {
                let diagonal = |[x, y, z]: [i32; 3]| [[x, 0, 0], [0, y, 0], [0, 0, z]];
                let matrix = match size {
                    Size::Matrix(matrix) => *matrix,
                    Size::Atoms(atoms) => diagonal(structure.repeats_to_atoms(*atoms)),
                    Size::Height(height) => diagonal(structure.repeats_to_height(*height)),
                };
                structure.supercell(matrix)?
            }
            Change::Strain(voigt) => structure.strained(*voigt)?,
            Change::Rattle(deviation) => structure.rattled(*deviation, stream),
            Change::Substitute { from, to, amount } => {
                structure.substituted(*from, *to, *amount, stream)?
            }
            Change::Vacancies { of, amount } => structure.with_vacancies(*of, *amount, stream)?,
            Change::Stack {
                others,
                axis,
                gap_ang,
                mismatch,
            } => match others.get(number % others.len().max(1)) {
                Some(other) => structure.joined(other, *axis, *gap_ang, *mismatch)?,
                None => structure.clone(),
            },
            Change::Vacuum { axis, height_ang } => structure.with_vacuum(*axis, *height_ang)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::prototype::Prototype;
    use super::*;
    use crate::base::Formula;

    fn perovskite() -> Recipe {
        let formula = Formula::parse("BaTiO3").unwrap();
        let built = Prototype::named("perovskite")
            .unwrap()
            .build(&formula, 4.0, None, &[]);
        Recipe {
            source: Source::Given(vec![built.unwrap()]),
            changes: vec![
                Change::Supercell(Size::Matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2]])),
                Change::Vacancies {
                    of: Element::from_symbol("O").unwrap(),
                    amount: Amount::Count(1),
                },
                Change::Rattle(0.05),
            ],
            copies: 3,
        }
    }

    #[test]
    fn more_copies_leave_the_first_as_they_are() {
        let few = perovskite();
        let more = Recipe {
            copies: 5,
            ..few.clone()
        };
        assert_eq!(few.check(), Ok(()));
        let first: Vec<_> = (0..3).map(|at| few.build(at, [1; 32]).unwrap()).collect();
        assert!((0..3).all(|at| more.build(at, [1; 32]).unwrap() == first[at]));
        assert_ne!(first[0], first[1]);
        assert_eq!(first[0].len(), 39);
    }

    #[test]
    fn the_change_that_fails_is_named() {
        let mut recipe = perovskite();
        recipe.changes.push(Change::Vacancies {
            of: Element::from_symbol("Na").unwrap(),
            amount: Amount::Count(1),
        });
        let error = recipe.check().unwrap_err();
        assert_eq!(error.change, Some(3));
        assert_eq!(error.to_string(), "there is no Na in the structure");
    }
}
