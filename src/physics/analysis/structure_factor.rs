//! Static structure factors by direct sums over the reciprocal vectors of the cell.

use std::f64::consts::TAU;
use std::ops::Range;

use rustfft::num_complex::Complex64;

use super::{BlockMeans, Mean, Species};
use crate::physics::structure::Cell;

/// Partial structure factors of all pairs of elements. The reciprocal vectors are chosen for the first frame by their
/// indices, at most `MOST` in a shell, evenly; in a cell that breathes they go with it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct StructureFactor {
    species: Species,
    /// Atoms, those of one species next to each other.
    by_species: Vec<usize>,
    longest_per_ang: f64,
    shells: usize,
    /// The largest index along each axis.
    most: [i32; 3],
    /// Indices, and the shell.
    vectors: Vec<([i32; 3], usize)>,
    in_shell: Vec<usize>,
    lengths: Vec<f64>,
    /// By pair and shell, mean over its vectors.
    sums: BlockMeans,
}

/// By shell; shells without vectors are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialStructureFactor {
    /// Mean length of the vectors of the shell in the first frame, 1/Å.
    pub q_per_ang: Vec<f64>,
    /// Faber and Ziman: `1 + (⟨ρ_a ρ_b*⟩/√(N_a N_b) − δ_ab)/√(c_a c_b)`.
    pub s: Vec<Mean>,
}

/// Vectors of a shell that are summed over.
const MOST: usize = 60;
/// Of a vector in a state that was read back.
const MOST_INDEX: i32 = 10_000;

impl StructureFactor {
    pub fn new(species: Species, longest_per_ang: f64, shells: usize) -> Self {
        let pairs = species.pairs().count();
        let shells = shells.max(1);
        let mut by_species: Vec<usize> = (0..species.of.len()).collect();
        by_species.sort_by_key(|atom| species.of[*atom]);
        StructureFactor {
            by_species,
            species,
            longest_per_ang,
            shells,
            most: [0; 3],
            vectors: Vec::new(),
            in_shell: vec![0; shells],
            lengths: vec![0.0; shells],
            sums: BlockMeans::new(pairs * shells),
        }
    }

    fn choose(&mut self, cell: &Cell) {
        let inverse = cell.inverse();
        let most = cell
            .lengths_ang()
            .map(|length| (self.longest_per_ang * length / TAU).floor() as i32);
        let mut shells: Vec<Vec<([i32; 3], f64)>> = vec![Vec::new(); self.shells];
        for h in 0..=most[0] {
            for k in -most[1]..=most[1] {
                for l in -most[2]..=most[2] {
                    // One of q and −q.
                    if [h, k, l] <= [0, 0, 0] {
                        continue;
                    }
                    let q: [f64; 3] = std::array::from_fn(|axis| {
                        let row = inverse[axis];
                        TAU * (row[0] * f64::from(h)
                            + row[1] * f64::from(k)
                            + row[2] * f64::from(l))
                    });
                    let length = q.iter().map(|x| x * x).sum::<f64>().sqrt();
                    let shell = (length / self.longest_per_ang * self.shells as f64) as usize;
                    if shell < self.shells {
                        shells[shell].push(([h, k, l], length));
                    }
                }
            }
        }
        for (shell, all) in shells.iter().enumerate() {
            let kept = all.len().min(MOST);
            for at in 0..kept {
                let (indices, length) = all[at * all.len() / kept];
                self.vectors.push((indices, shell));
                for (most, index) in self.most.iter_mut().zip(indices) {
                    *most = index.abs().max(*most);
                }
                self.in_shell[shell] += 1;
                self.lengths[shell] += length;
            }
        }
    }

    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        if self.vectors.is_empty() {
            self.choose(cell);
        }
        let waves = Waves::new(cell, positions_ang, &self.by_species, self.most);
        let species = self.species.elements.len();
        let mut sums = vec![0.0; self.species.pairs().count() * self.shells];
        let mut rho = vec![Complex64::default(); species];
        for (indices, shell) in &self.vectors {
            let mut from = 0;
            for (rho, count) in rho.iter_mut().zip(&self.species.counts) {
                *rho = waves.sum(*indices, from..from + count);
                from += count;
            }
            for (a, b) in self.species.pairs() {
                let product = (rho[a] * rho[b].conj()).re;
                let in_shell = self.in_shell[*shell] as f64;
                sums[self.species.pair(a, b) * self.shells + shell] += product / in_shell;
            }
        }
        self.sums.add(&sums);
    }

    /// Whether it could have come of this empty one.
    pub(super) fn is_like(&self, empty: &Self) -> bool {
        let shape = |one: &Self| {
            let atoms = (one.species.clone(), one.by_species.clone());
            (atoms, one.longest_per_ang, one.shells)
        };
        let fits = |(indices, shell): &([i32; 3], usize)| {
            let mut each = indices.iter().zip(&self.most);
            each.all(|(index, most)| index.abs() <= *most)
                && self.in_shell.get(*shell).is_some_and(|count| *count > 0)
        };
        shape(self) == shape(empty)
            && self.most.iter().all(|most| (0..=MOST_INDEX).contains(most))
            && self.in_shell.len() == empty.shells
            && self.lengths.len() == empty.shells
            && self.vectors.iter().all(fits)
            && self
                .sums
                .is_of(empty.species.pairs().count() * empty.shells)
    }

    /// What is added from here on belongs to another run.
    pub fn end_run(&mut self) {
        self.sums.end_run();
    }

    /// Takes up the runs of others of the same atoms, whose cells may differ: a shell that has no vectors in one of them is
    /// left out.
    pub fn join(&mut self, other: Self) {
        for (own, others) in self.in_shell.iter_mut().zip(&other.in_shell) {
            if *others == 0 {
                *own = 0;
            }
        }
        self.sums.join(other.sums);
    }

    pub fn partial(&self, a: usize, b: usize) -> PartialStructureFactor {
        let means = self.sums.means();
        let atoms = self.species.of.len() as f64;
        let [of_a, of_b] = [a, b].map(|one| self.species.counts[one] as f64);
        let weight = (of_a * of_b).sqrt();
        let like = if a == b { 1.0 } else { 0.0 };
        let at = self.species.pair(a, b) * self.shells;
        let mut out = PartialStructureFactor {
            q_per_ang: Vec::new(),
            s: Vec::new(),
        };
        for shell in 0..self.shells {
            if self.in_shell[shell] == 0 {
                continue;
            }
            let excess = means[at + shell].times(atoms / (weight * weight));
            out.q_per_ang
                .push(self.lengths[shell] / self.in_shell[shell] as f64);
            out.s.push(Mean {
                value: 1.0 + excess.value - like * atoms / weight,
                ..excess
            });
        }
        out
    }
}

/// `exp(2πi n s)` of every atom, axis and index n up to the largest: a wave is a product of three, by far cheaper than
/// sines.
struct Waves {
    atoms: usize,
    /// By index and atom.
    along: [Vec<Complex64>; 3],
}

impl Waves {
    fn new(cell: &Cell, positions_ang: &[[f64; 3]], order: &[usize], most: [i32; 3]) -> Self {
        let fractional: Vec<[f64; 3]> = order
            .iter()
            .map(|atom| cell.to_fractional(positions_ang[*atom]))
            .collect();
        let along = std::array::from_fn(|axis| {
            let turns = |one: &[f64; 3]| TAU * (one[axis] - one[axis].round());
            let first: Vec<Complex64> = fractional
                .iter()
                .map(|one| Complex64::cis(turns(one)))
                .collect();
            let mut all = vec![Complex64::new(1.0, 0.0); order.len()];
            for index in 0..most[axis] as usize {
                for atom in 0..order.len() {
                    all.push(all[index * order.len() + atom] * first[atom]);
                }
            }
            all
        });
        Waves {
            atoms: order.len(),
            along,
        }
    }

    /// `Σ exp(2πi (h s_x + k s_y + l s_z))` over atoms in their order; `h` is not negative.
    fn sum(&self, [h, k, l]: [i32; 3], atoms: Range<usize>) -> Complex64 {
        let of = |axis: usize, index: i32| {
            let at = index.unsigned_abs() as usize * self.atoms;
            &self.along[axis][at + atoms.start..at + atoms.end]
        };
        let (sign_k, sign_l) = (f64::from(k.signum()), f64::from(l.signum()));
        let turned = |wave: &Complex64, sign: f64| Complex64::new(wave.re, sign * wave.im);
        let both = of(1, k).iter().zip(of(2, l));
        of(0, h)
            .iter()
            .zip(both)
            .map(|(x, (y, z))| x * turned(y, sign_k) * turned(z, sign_l))
            .sum()
    }
}
