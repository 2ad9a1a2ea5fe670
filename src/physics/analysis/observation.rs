//! The structure and the motion of atoms, seen while they move.

use serde::{Deserialize, Serialize};

use super::{
    Bonds, Census, Correlated, Correlator, Curves, Fineness, StructureCurves, SurveyError,
};
use crate::base::Element;
use crate::physics::structure::Cell;

/// What is looked for in a run, and how finely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observe {
    pub fineness: Fineness,
    /// Centres, ends and the longest bond: of these there are angles.
    pub bonds: Vec<(Element, Element, f64)>,
}

impl Default for Observe {
    fn default() -> Self {
        Observe {
            fineness: Fineness {
                reach_ang: 8.0,
                bin_ang: 0.05,
                longest_per_ang: 8.0,
                shell_per_ang: 0.1,
            },
            bonds: Vec::new(),
        }
    }
}

/// Pairs, waves and bonds, which cost most and change little from one look to the next, are looked at every so many times.
const SELDOM: u64 = 20;

/// What the looks at one run, or at several of the same atoms, add up to. No frame is stored but those from which lags are
/// seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Observation {
    how: Observe,
    interval_fs: f64,
    masses_u: Vec<f64>,
    looks: u64,
    census: Census,
    bonds: Vec<Bonds>,
    displacements: Correlator,
    velocities: Correlator,
}

/// What is seen at one look.
pub struct Look<'a> {
    pub cell: &'a Cell,
    pub positions_ang: &'a [[f64; 3]],
    pub unwrapped_ang: Vec<[f64; 3]>,
    /// Å/fs.
    pub velocities: &'a [[f64; 3]],
}

impl Observation {
    /// The file of an artifact in which it is kept.
    pub const FILE: &'static str = "observation.json";

    /// # Errors
    /// Where a bond is asked for whose elements are not there.
    pub fn new(how: &Observe, elements: &[Element], interval_fs: f64) -> Result<Self, SurveyError> {
        let census = Census::new(&how.fineness, elements, None);
        let correlator = |of| Correlator::new(of, census.species.clone());
        let wanted = how.bonds.iter();
        let wanted: Vec<_> = wanted.map(|(a, b, most)| (*a, *b, Some(*most))).collect();
        let bonds = if wanted.is_empty() {
            Vec::new()
        } else {
            census.bonds(&wanted)?
        };
        Ok(Observation {
            how: how.clone(),
            interval_fs,
            masses_u: elements.iter().map(|element| element.mass_u()).collect(),
            looks: 0,
            bonds,
            displacements: correlator(Correlated::Displacements),
            velocities: correlator(Correlated::Velocities),
            census,
        })
    }

    /// Looks must come evenly.
    pub fn add(&mut self, mut look: Look<'_>) {
        self.census.add(look.cell, look.positions_ang);
        if self.looks.is_multiple_of(SELDOM) {
            self.census.add_pairs(look.cell, look.positions_ang);
            for bond in &mut self.bonds {
                bond.add(look.cell, look.positions_ang);
            }
        }
        self.looks += 1;
        // About the centre of mass.
        let total: f64 = self.masses_u.iter().sum();
        for axis in 0..3 {
            let atoms = look.unwrapped_ang.iter().zip(&self.masses_u);
            let centre = atoms.map(|(r, mass)| mass * r[axis]).sum::<f64>() / total;
            for r in &mut look.unwrapped_ang {
                r[axis] -= centre;
            }
        }
        self.displacements.add(&look.unwrapped_ang);
        self.velocities.add(look.velocities);
    }

    /// No look belongs to the same run from here on.
    pub fn end_run(&mut self) {
        self.census.end_run();
        self.bonds.iter_mut().for_each(Bonds::end_run);
        self.displacements.end_run();
        self.velocities.end_run();
    }

    /// Takes up what was seen of other runs; false if it is not of the same atoms and in the same way.
    pub fn join(&mut self, other: Observation) -> bool {
        let key = |one: &Observation| (one.how.clone(), one.interval_fs, one.masses_u.clone());
        if key(self) != key(&other) {
            return false;
        }
        self.looks += other.looks;
        self.census.join(other.census);
        for (own, other) in self.bonds.iter_mut().zip(other.bonds) {
            own.join(other);
        }
        self.displacements.join(other.displacements);
        self.velocities.join(other.velocities);
        true
    }

    /// Frames that the serialised state leaves out.
    pub fn frames(&self) -> Vec<[f64; 3]> {
        let mut frames = self.displacements.frames();
        frames.extend(self.velocities.frames());
        frames
    }

    /// Takes up a state that was read back, with the frames that it leaves out; none if they do not fit each other, these
    /// atoms or this way of looking.
    pub fn restored(
        mut self,
        how: &Observe,
        elements: &[Element],
        mut frames: &[[f64; 3]],
    ) -> Option<Self> {
        if self.how != *how {
            return None;
        }
        let empty = Observation::new(how, elements, self.interval_fs).ok()?;
        let bonds = self.bonds.iter().zip(&empty.bonds);
        let species = &empty.census.species;
        let fits = self.census.is_like(&empty.census)
            && self.masses_u == empty.masses_u
            && self.bonds.len() == empty.bonds.len()
            && bonds.into_iter().all(|(own, empty)| own.is_like(empty))
            && self.displacements.restore(species, &mut frames)
            && self.velocities.restore(species, &mut frames)
            && frames.is_empty();
        fits.then_some(self)
    }

    /// Bonds of pairs that were not asked for end at the first minimum of g(r); they have no angles.
    pub fn curves(&self) -> StructureCurves {
        let over_time = |correlator: &Correlator| -> Result<Curves, String> {
            let curves = correlator.curves(self.interval_fs, &self.census.order);
            if curves.x.is_empty() {
                return Err("the run is too short for it".into());
            }
            Ok(curves)
        };
        let mut curves = self.census.curves(
            &self.bonds,
            over_time(&self.displacements),
            over_time(&self.velocities),
        );
        if self.bonds.is_empty() {
            curves.bonds = self.census.bonds_within_minima();
        }
        curves
    }
}
