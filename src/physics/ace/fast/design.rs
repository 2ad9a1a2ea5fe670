//! Rows of a linear fit: what each function of a B basis adds to the energy of a structure, to its forces and to its
//! virial.

use super::batch::{Evaluate, Pulling, Scratch, Sums};
use super::layout::Layout;
use super::prepared::{Basis, Centre, Prepared};
use super::{Atoms, LANES};
use crate::base::Element;
use crate::physics::ace::model::{Function, Interactions, Model};
use crate::physics::numerics::simd::{Kernel, Level, Vector, dispatch};
use crate::physics::potential::PotentialError;
use crate::physics::structure::{Neighbours, Structure};

/// Functions of a B basis, ready for structures. Functions are counted element after element of the centre.
#[derive(Debug)]
pub struct Design {
    elements: Vec<Element>,
    prepared: Prepared,
    /// Where those of each element begin.
    starts: Vec<usize>,
    count: usize,
}

/// With K functions and n atoms; multiplied with K coefficients, rows give an energy in eV, forces in eV/Å and a virial in
/// eV. Core repulsion and the energies of free atoms are not in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DesignRows {
    /// K.
    pub energy: Vec<f64>,
    /// `[atom][axis][function]`
    pub forces: Vec<f64>,
    /// `[xx, yy, zz, yz, xz, xy][function]`
    pub virial: Vec<f64>,
    /// By atom: values of the functions of its element, from which active sets are chosen.
    pub projections: Vec<Vec<f64>>,
}

impl Design {
    /// `functions` by element of the centre, with one coefficient a term; both are valid.
    pub fn new(interactions: &Interactions, functions: &[Vec<Function>]) -> Self {
        let model = Model {
            interactions: interactions.clone(),
            functions: vec![Vec::new(); functions.len()],
        };
        let basis = Basis {
            functions,
            inverses: None,
        };
        let mut count = 0;
        let starts = functions.iter().map(|of| {
            count += of.len();
            count - of.len()
        });
        Design {
            elements: interactions.elements.clone(),
            prepared: Prepared::new(&model, Some(basis)),
            starts: starts.collect(),
            count,
        }
    }

    /// How many functions there are.
    pub fn functions(&self) -> usize {
        self.count
    }

    /// The rows of one structure.
    pub fn rows(&self, structure: &Structure) -> Result<DesignRows, PotentialError> {
        let level = Level::detect();
        let atoms = Atoms::new(&self.elements, &structure.elements)?;
        let mut neighbours =
            Neighbours::new(self.prepared.cutoff_ang, 0.0).with_species(atoms.species);
        neighbours.update(&structure.cell, &structure.positions_ang)?;
        let mut layout = Layout::default();
        layout.update(&neighbours, &atoms.centres);
        let mut rows = DesignRows {
            energy: vec![0.0; self.count],
            forces: vec![0.0; structure.len() * 3 * self.count],
            virial: vec![0.0; 6 * self.count],
            projections: vec![Vec::new(); structure.len()],
        };
        let (mut scratch, mut pulls, mut sums) = (Scratch::default(), Vec::new(), Sums::default());
        let (mut energies, mut forces) = ([0.0; LANES], [[0.0; 3]; LANES]);
        for batch in &layout.batches {
            let places = batch.first..batch.first + batch.count;
            let starts = &layout.starts[batch.first..=batch.first + batch.count];
            pulls.resize((starts[batch.count] - starts[0]) as usize, [0.0; 3]);
            let evaluate = Evaluate {
                prepared: &self.prepared,
                species: &atoms.by_element,
                neighbours: &neighbours,
                batch: *batch,
                ranks: &layout.ranks[places],
                starts,
                scratch: &mut scratch,
                energies: &mut energies[..batch.count],
                forces: &mut forces[..batch.count],
                pulls: &mut pulls,
                sums: &mut sums,
                grades: &mut [],
            };
            let first = self.starts[batch.centre];
            dispatch(
                level,
                Rows {
                    evaluate,
                    first,
                    into: &mut rows,
                },
            );
            if let Some(rank) = sums.overlap {
                return Err(super::overlap(&neighbours, rank, self.prepared.cutoff_ang));
            }
        }
        Ok(rows)
    }
}

/// The functions of a batch of atoms.
struct Rows<'a> {
    evaluate: Evaluate<'a>,
    /// Where the functions of the centre begin.
    first: usize,
    into: &'a mut DesignRows,
}

impl Kernel for Rows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(mut self) {
        let evaluate = &mut self.evaluate;
        let centre: &Centre = &evaluate.prepared.centres[evaluate.batch.centre];
        evaluate.forward::<V>(centre, true);
        let Some(projections) = &centre.projections else {
            return;
        };
        evaluate.project::<V>(projections);
        let order = evaluate.neighbours.order();
        for (lane, &rank) in evaluate.ranks.iter().enumerate() {
            let values = evaluate.scratch.projections.chunks_exact(LANES);
            let values = values.take(projections.functions).map(|atoms| atoms[lane]);
            self.into.projections[order[rank as usize] as usize] = values.collect();
        }
        for one in &projections.rank_one {
            self.add::<V>(centre, one.function, Pulling::RankOne(one));
        }
        let floats = centre.products.floats();
        for one in &projections.ranks_beyond {
            let scratch = &mut *self.evaluate.scratch;
            scratch.adjoints.hold(floats);
            scratch.adjoints[..floats].fill(0.0);
            for lane in (0..LANES).step_by(V::LANES) {
                let (values, adjoints) = (&scratch.values, &mut scratch.adjoints);
                projections.derivatives::<V>(one, &centre.products, lane, values, adjoints);
            }
            self.add::<V>(centre, one.function, Pulling::Beyond);
        }
    }
}

impl Rows<'_> {
    /// Adds a function of all atoms of the batch to the rows.
    #[inline(always)]
    fn add<V: Vector>(&mut self, centre: &Centre, function: usize, what: Pulling<'_>) {
        let evaluate = &mut self.evaluate;
        evaluate.sums.virial = [0.0; 6];
        let (column, count) = (self.first + function, self.into.energy.len());
        let order = evaluate.neighbours.order();
        let start = evaluate.starts[0];
        for lane in 0..evaluate.batch.count {
            self.into.energy[column] += evaluate.scratch.projections[function * LANES + lane];
            evaluate.pull::<V>(centre, lane, what);
            let rank = evaluate.ranks[lane] as usize;
            let mut add = |atom: usize, sign: f64, force: [f64; 3]| {
                for (axis, f) in force.into_iter().enumerate() {
                    self.into.forces[(atom * 3 + axis) * count + column] += sign * f;
                }
            };
            add(order[rank] as usize, 1.0, evaluate.forces[lane]);
            let slots = (evaluate.starts[lane] - start) as usize..;
            let pulls = &evaluate.pulls[slots];
            for (atom, pull) in evaluate.neighbours.listed_atoms(rank).zip(pulls) {
                if let Some(atom) = atom {
                    add(atom as usize, -1.0, *pull);
                }
            }
        }
        for (axis, virial) in evaluate.sums.virial.into_iter().enumerate() {
            self.into.virial[axis * count + column] += virial;
        }
    }
}
