//! The loop over pairs that all pair potentials share.
//!
//! For each atom the neighbours within the cutoff are written down densely; each term then adds its force and energy
//! to every one of them, a vector at a time; what has a shorter cutoff works on what is left within it. Lists are
//! full, so that each pair is computed from both sides and each atom's force is its own sum: the same bits on any
//! number of threads.

pub(super) mod form;
mod forms;

use rayon::prelude::*;

use crate::base::Element;
use crate::physics::numerics::simd::{Kernel, Level, TABLE, Vector, dispatch};
use crate::physics::structure::{CHUNK, Cell, Environment, Neighbours, species_of};

use super::{Bound, Evaluation, PotentialError, Want};
use form::Accumulator;
pub(super) use forms::Form;

/// Atoms closer than this overlap: no potential means anything there.
pub const OVERLAP_ANG: f64 = 0.1;

/// A form with its cutoff.
#[derive(Debug, Clone)]
pub struct Term {
    pub cutoff_ang: f64,
    pub form: Form,
}

/// What a potential of pairs adds up to for certain elements.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    pub terms: Vec<Term>,
    /// Energy that an atom has by itself, eV, by species; empty when there is none.
    pub own_ev: Vec<f64>,
    /// What the pairs beyond the cutoff make in a uniform fluid, eV Å³: energy times volume, and each diagonal
    /// component of the virial times volume.
    pub tail_ev_ang3: [f64; 2],
}

impl Terms {
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.own_ev.is_empty()
    }

    pub fn extend(&mut self, other: Terms) {
        self.terms.extend(other.terms);
        if self.own_ev.is_empty() {
            self.own_ev = other.own_ev;
        } else {
            for (own, more) in self.own_ev.iter_mut().zip(other.own_ev) {
                *own += more;
            }
        }
        for k in 0..2 {
            self.tail_ev_ang3[k] += other.tail_ev_ang3[k];
        }
    }
}

/// Pair terms made ready for certain atoms.
pub struct Pairs {
    pub(super) level: Level,
    species: Vec<u8>,
    /// By falling cutoff.
    groups: Vec<Group>,
    own_ev: Vec<f64>,
    tail_ev_ang3: [f64; 2],
    /// By rank.
    forces: Vec<[f64; 3]>,
    energies: Vec<f64>,
    sums: Vec<Sums>,
}

struct Group {
    cutoff_ang: f64,
    forms: Vec<Form>,
}

/// What a chunk of atoms adds up to.
#[derive(Debug, Clone, Default)]
struct Sums {
    energy: f64,
    /// xx, yy, zz, yz, xz, xy.
    virial: [f64; 6],
    /// Ranks of the first atom that overlaps with something.
    overlap: Option<usize>,
}

impl Pairs {
    pub fn new(mut terms: Terms, elements: &[Element]) -> Self {
        terms
            .terms
            .sort_by(|a, b| b.cutoff_ang.total_cmp(&a.cutoff_ang));
        let mut groups: Vec<Group> = Vec::new();
        for Term { cutoff_ang, form } in terms.terms {
            match groups.last_mut() {
                Some(group) if group.cutoff_ang == cutoff_ang => group.forms.push(form),
                _ => groups.push(Group {
                    cutoff_ang,
                    forms: vec![form],
                }),
            }
        }
        Pairs {
            level: Level::detect(),
            species: species_of(elements),
            groups,
            own_ev: terms.own_ev,
            tail_ev_ang3: terms.tail_ev_ang3,
            forces: Vec::new(),
            energies: Vec::new(),
            sums: Vec::new(),
        }
    }

    fn overlap(&self, neighbours: &Neighbours, rank: usize) -> PotentialError {
        let mut near = Environment::default();
        let first = neighbours.order()[rank] as usize;
        neighbours.environment(first, self.groups[0].cutoff_ang, &mut near);
        let nearest =
            (0..near.len()).min_by(|&a, &b| near.distance_ang(a).total_cmp(&near.distance_ang(b)));
        let nearest = nearest.expect("an overlap has a neighbour");
        PotentialError::Overlap {
            first,
            second: near.atom(nearest),
            distance_ang: near.distance_ang(nearest),
        }
    }
}

impl Bound for Pairs {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let atoms = positions_ang.len();
        let cutoff_ang = self.groups.first().map_or(0.0, |group| group.cutoff_ang);
        if neighbours.cutoff_ang() < cutoff_ang {
            return Err(PotentialError::ShortList {
                cutoff_ang,
                list_ang: neighbours.cutoff_ang(),
            });
        }
        if neighbours.species() != self.species || atoms != self.species.len() {
            return Err(PotentialError::OtherAtoms);
        }
        self.forces.resize(atoms, [0.0; 3]);
        self.energies.resize(atoms, 0.0);
        self.sums.resize(atoms.div_ceil(CHUNK), Sums::default());
        let Pairs {
            level,
            groups,
            own_ev,
            species,
            forces,
            energies,
            sums,
            ..
        } = self;
        let (level, groups, own_ev, species) = (*level, &**groups, &**own_ev, &**species);
        let work = forces
            .par_chunks_mut(CHUNK)
            .zip(energies.par_chunks_mut(CHUNK))
            .zip(sums);
        work.enumerate().for_each_init(
            Scratch::default,
            |scratch, (chunk, ((forces, energies), sums))| {
                let first = chunk * CHUNK;
                let chunk = Chunk {
                    level,
                    groups,
                    own_ev,
                    species,
                    neighbours,
                    first,
                    want,
                    scratch,
                    forces,
                    energies,
                    sums,
                };
                dispatch(level, chunk);
            },
        );
        if let Some(rank) = self.sums.iter().find_map(|sums| sums.overlap) {
            return Err(self.overlap(neighbours, rank));
        }
        let volume = cell.volume_ang3();
        let [tail_energy, tail_virial] = self.tail_ev_ang3.map(|tail| tail / volume);
        let ranks = neighbours.ranks();
        out.forces.resize(atoms, [0.0; 3]);
        let forces = out.forces.par_iter_mut().with_min_len(2048).zip(ranks);
        forces.for_each(|(force, &rank)| *force = self.forces[rank as usize]);
        if want.energies {
            out.energies_ev.resize(atoms, 0.0);
            for (energy, &rank) in out.energies_ev.iter_mut().zip(ranks) {
                *energy = self.energies[rank as usize] + tail_energy / atoms as f64;
            }
        }
        if want.energy || want.energies {
            out.energy_ev = self.sums.iter().map(|sums| sums.energy).sum::<f64>() + tail_energy;
        }
        if want.virial {
            let [xx, yy, zz, yz, xz, xy] =
                std::array::from_fn(|k| self.sums.iter().map(|sums| sums.virial[k]).sum::<f64>());
            let t = tail_virial;
            out.virial_ev = [[xx + t, xy, xz], [xy, yy + t, yz], [xz, yz, zz + t]];
        }
        Ok(())
    }
}

/// Buffers of a thread.
#[derive(Default)]
struct Scratch {
    near: [Environment; 2],
    accumulator: Accumulator,
}

/// The atoms of a chunk.
struct Chunk<'a> {
    level: Level,
    groups: &'a [Group],
    own_ev: &'a [f64],
    species: &'a [u8],
    neighbours: &'a Neighbours,
    first: usize,
    want: Want,
    scratch: &'a mut Scratch,
    forces: &'a mut [[f64; 3]],
    energies: &'a mut [f64],
    sums: &'a mut Sums,
}

impl Kernel for Chunk<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        let want_energy = self.want.energy || self.want.energies;
        *self.sums = Sums::default();
        let Scratch {
            near: [near, nearer],
            accumulator,
        } = self.scratch;
        for (k, (force, energy)) in self.forces.iter_mut().zip(self.energies).enumerate() {
            let rank = self.first + k;
            let species = usize::from(self.species[self.neighbours.order()[rank] as usize]);
            *force = [0.0; 3];
            *energy = self.own_ev.get(species).copied().unwrap_or(0.0);
            for (which, group) in self.groups.iter().enumerate() {
                if which == 0 {
                    let least = self.neighbours.gather::<V>(rank, group.cutoff_ang, near);
                    if least < OVERLAP_ANG * OVERLAP_ANG {
                        self.sums.overlap.get_or_insert(rank);
                    }
                } else {
                    nearer.narrow::<V>(near, group.cutoff_ang * group.cutoff_ang);
                    std::mem::swap(near, nearer);
                }
                accumulator.clear::<V>(near.len(), want_energy);
                for form in &group.forms {
                    form.add(self.level, species, near, accumulator, want_energy);
                }
                accumulator.finish::<V>(
                    near,
                    force,
                    self.want.virial.then_some(&mut self.sums.virial),
                );
                if want_energy {
                    *energy += accumulator.energy::<V>();
                }
            }
            self.sums.energy += *energy;
        }
    }
}

/// One value for each species that a neighbour may be of.
pub(super) fn table(species: usize, value: impl Fn(usize) -> f64) -> [f64; TABLE] {
    std::array::from_fn(|k| if k < species { value(k) } else { 0.0 })
}
