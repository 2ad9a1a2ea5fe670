//! The evaluator for dynamics: a model compiled to tables and graphs, evaluated with vectors.
//!
//! What an atom costs, with N neighbours, K radial functions g_k, C = (l_max + 1)² components of harmonics, L leaves
//! and T distinct terms of products:
//!
//! | step | multiplications | side by side |
//! |---|---|---|
//! | radial functions and slopes | 15 K N | functions |
//! | harmonics, and their gradients | 3 C N + 9 C N | neighbours |
//! | moments Σ g Y | K C N | functions |
//! | contraction to R_nl and back | 2 K L | radial functions |
//! | products and back | ≈ 12 nodes + 6 T | atoms |
//! | forces along and across | 2 K C N | neighbours |
//!
//! R_nl is linear in g_k, so neighbours meet the K functions alone and only the moments of an atom are contracted:
//! nothing that is done for each neighbour grows with the number of functions of the potential. Products share their
//! parts ([`products`]), and moments of an atom, tables ([`table`]) and the values of a batch of eight atoms stay in
//! the first two caches.
//!
//! Forces are sums in a fixed order (`layout`): each pair of a list has a slot for what its centre pulls with, so no
//! two threads add to one number, and results do not depend on their number.

mod batch;
mod design;
mod harmonics;
mod layout;
mod prepared;
mod products;
mod projections;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::active_set::ActiveSet;
use super::model::Model;
use crate::base::Element;
use crate::physics::numerics::simd::{Level, TABLE, dispatch};
use crate::physics::potential::{Bound, Evaluation, Potential, PotentialError, Want};
use crate::physics::structure::{Cell, Environment, Neighbours, elements_of, species_of};
use batch::{Evaluate, Scratch, Sums};
pub use design::{Design, DesignRows};
use layout::Layout;
use prepared::Prepared;

/// Atoms that are evaluated side by side.
const LANES: usize = 8;

/// An atomic cluster expansion as a potential.
#[derive(Debug, Clone)]
pub struct AtomicClusterExpansion {
    elements: Vec<Element>,
    prepared: Arc<Prepared>,
}

impl AtomicClusterExpansion {
    /// `model` has been validated.
    pub fn new(model: &Model) -> Self {
        AtomicClusterExpansion {
            elements: model.interactions.elements.clone(),
            prepared: Arc::new(Prepared::new(model, None)),
        }
    }

    /// The same, with the extrapolation grades of atoms; the set is one of this model.
    pub fn with_grades(model: &Model, active_set: &ActiveSet) -> Self {
        AtomicClusterExpansion {
            elements: model.interactions.elements.clone(),
            prepared: Arc::new(Prepared::new(model, Some(active_set.into()))),
        }
    }
}

impl Potential for AtomicClusterExpansion {
    fn has_grades(&self) -> bool {
        let mut centres = self.prepared.centres.iter();
        centres.any(|centre| {
            let projections = centre.projections.as_ref();
            projections.is_some_and(|projections| projections.inverse.is_some())
        })
    }

    fn cutoff_ang(&self) -> f64 {
        self.prepared.cutoff_ang
    }

    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(BoundExpansion::new(
            self,
            elements,
            Level::detect(),
        )?))
    }
}

/// Which elements atoms are.
#[derive(Debug)]
struct Atoms {
    /// By atom, as the lists have it.
    species: Vec<u8>,
    /// By atom, as the model has it.
    centres: Vec<u8>,
    /// Which species an element of the model is.
    by_element: Vec<Option<u8>>,
}

impl Atoms {
    fn new(known: &[Element], atoms: &[Element]) -> Result<Self, PotentialError> {
        let found = elements_of(atoms);
        if found.len() > TABLE {
            return Err(PotentialError::TooManyElements {
                found: found.len(),
                most: TABLE,
            });
        }
        let mut by_element = vec![None; known.len()];
        let mut elements = Vec::new();
        for (species, element) in found.iter().enumerate() {
            let place = known.iter().position(|one| one == element);
            let place = place.ok_or(PotentialError::UnknownElement(*element))?;
            by_element[place] = Some(species as u8);
            elements.push(place as u8);
        }
        let species = species_of(atoms);
        let centres = species.iter().map(|&one| elements[usize::from(one)]);
        Ok(Atoms {
            centres: centres.collect(),
            species,
            by_element,
        })
    }
}

/// It, for certain atoms.
struct BoundExpansion {
    level: Level,
    prepared: Arc<Prepared>,
    atoms: Atoms,
    has_grades: bool,
    layout: Layout,
    /// In the order of the batches.
    energies: Vec<f64>,
    grades: Vec<f64>,
    forces: Vec<[f64; 3]>,
    pulls: Vec<[f64; 3]>,
    sums: Vec<Sums>,
    /// Buffers that no thread uses.
    scratch: Mutex<Vec<Scratch>>,
}

impl BoundExpansion {
    fn new(
        potential: &AtomicClusterExpansion,
        atoms: &[Element],
        level: Level,
    ) -> Result<Self, PotentialError> {
        Ok(BoundExpansion {
            level,
            prepared: Arc::clone(&potential.prepared),
            atoms: Atoms::new(&potential.elements, atoms)?,
            has_grades: potential.has_grades(),
            layout: Layout::default(),
            energies: Vec::new(),
            grades: Vec::new(),
            forces: Vec::new(),
            pulls: Vec::new(),
            sums: Vec::new(),
            scratch: Mutex::default(),
        })
    }

    /// Evaluates all batches.
    fn run(&mut self, neighbours: &Neighbours, want_grades: bool) {
        self.layout.update(neighbours, &self.atoms.centres);
        let atoms = self.atoms.centres.len();
        self.energies.resize(atoms, 0.0);
        self.grades.resize(if want_grades { atoms } else { 0 }, 0.0);
        self.forces.resize(atoms, [0.0; 3]);
        self.pulls.resize(self.layout.slots(), [0.0; 3]);
        self.sums.resize(self.layout.batches.len(), Sums::default());
        let (level, prepared) = (self.level, &*self.prepared);
        let (species, layout) = (&*self.atoms.by_element, &self.layout);
        let (mut energies, mut forces) = (&mut *self.energies, &mut *self.forces);
        let mut grades = &mut *self.grades;
        let (mut pulls, mut sums) = (&mut *self.pulls, &mut *self.sums);
        let mut work = Vec::with_capacity(layout.batches.len());
        for batch in &layout.batches {
            let places = batch.first..batch.first + batch.count;
            let starts = &layout.starts[batch.first..=batch.first + batch.count];
            let slots = (starts[batch.count] - starts[0]) as usize;
            work.push((
                *batch,
                &layout.ranks[places],
                starts,
                energies.split_off_mut(..batch.count).unwrap_or_default(),
                forces.split_off_mut(..batch.count).unwrap_or_default(),
                pulls.split_off_mut(..slots).unwrap_or_default(),
                sums.split_off_mut(..1).unwrap_or_default(),
                grades.split_off_mut(..batch.count).unwrap_or_default(),
            ));
        }
        let spare = &self.scratch;
        work.into_par_iter().for_each_init(
            || Borrowed::from(spare),
            |scratch, (batch, ranks, starts, energies, forces, pulls, sums, grades)| {
                let evaluate = Evaluate {
                    prepared,
                    species,
                    neighbours,
                    batch,
                    ranks,
                    starts,
                    scratch: &mut scratch.0,
                    energies,
                    forces,
                    pulls,
                    sums: &mut sums[0],
                    grades,
                };
                dispatch(level, evaluate);
            },
        );
    }
}

/// What is said of an atom that is too close to another.
fn overlap(neighbours: &Neighbours, rank: u32, cutoff_ang: f64) -> PotentialError {
    let mut near = Environment::default();
    let first = neighbours.order()[rank as usize] as usize;
    neighbours.environment(first, cutoff_ang, &mut near);
    let nearest = (0..near.len())
        .min_by(|&a, &b| near.distance_ang(a).total_cmp(&near.distance_ang(b)))
        .expect("an overlap has a neighbour");
    PotentialError::Overlap {
        first,
        second: near.atom(nearest),
        distance_ang: near.distance_ang(nearest),
    }
}

/// Buffers of a thread, put back when it is done: what they hold is not looked at again, but they are warm.
struct Borrowed<'a>(Scratch, &'a Mutex<Vec<Scratch>>);

impl<'a> From<&'a Mutex<Vec<Scratch>>> for Borrowed<'a> {
    fn from(spare: &'a Mutex<Vec<Scratch>>) -> Self {
        let mut all = spare.lock().unwrap_or_else(PoisonError::into_inner);
        Borrowed(all.pop().unwrap_or_default(), spare)
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut all = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(std::mem::take(&mut self.0));
    }
}

impl Bound for BoundExpansion {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        if neighbours.cutoff_ang() < self.prepared.cutoff_ang {
            return Err(PotentialError::ShortList {
                cutoff_ang: self.prepared.cutoff_ang,
                list_ang: neighbours.cutoff_ang(),
            });
        }
        let atoms = positions_ang.len();
        if neighbours.species() != self.atoms.species || atoms != self.atoms.species.len() {
            return Err(PotentialError::OtherAtoms);
        }
        self.run(neighbours, want.grades && self.has_grades);
        if let Some(rank) = self.sums.iter().find_map(|sums| sums.overlap) {
            return Err(overlap(neighbours, rank, self.prepared.cutoff_ang));
        }
        let (layout, own, pulls) = (&self.layout, &self.forces, &self.pulls);
        out.forces.resize(atoms, [0.0; 3]);
        out.forces
            .par_iter_mut()
            .with_min_len(64)
            .enumerate()
            .for_each(|(atom, force)| {
                let mut sum = own[layout.place(atom)];
                for &slot in layout.incoming(atom) {
                    let pull = pulls[slot as usize];
                    for k in 0..3 {
                        sum[k] -= pull[k];
                    }
                }
                *force = sum;
            });
        if want.energies {
            out.energies_ev.resize(atoms, 0.0);
            for (atom, energy) in out.energies_ev.iter_mut().enumerate() {
                *energy = self.energies[layout.place(atom)];
            }
        }
        if want.grades {
            out.grades.clear();
            let places = (0..self.grades.len()).map(|atom| layout.place(atom));
            out.grades.extend(places.map(|place| self.grades[place]));
        }
        if want.energy || want.energies {
            out.energy_ev = self.energies.iter().sum();
        }
        if want.virial {
            let [xx, yy, zz, yz, xz, xy] =
                std::array::from_fn(|k| self.sums.iter().map(|sums| sums.virial[k]).sum::<f64>());
            out.virial_ev = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
        }
        Ok(())
    }
}
