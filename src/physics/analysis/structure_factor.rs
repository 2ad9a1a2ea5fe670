//! Static structure factors by direct sums over the reciprocal vectors of the cell.

use std::f64::consts::TAU;

use super::{BlockMeans, Mean, Species};
use crate::physics::structure::Cell;

/// Partial structure factors of all pairs of elements. The reciprocal vectors are chosen for the first frame by their
/// indices, at most `MOST` in a shell, evenly; in a cell that breathes they go with it.
pub struct StructureFactor {
    species: Species,
    longest_per_ang: f64,
    shells: usize,
    /// Indices, and the shell.
    vectors: Vec<([i32; 3], usize)>,
    in_shell: Vec<usize>,
    lengths: Vec<f64>,
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

impl StructureFactor {
    pub fn new(species: Species, longest_per_ang: f64, shells: usize) -> Self {
        let pairs = species.pairs().count();
        let shells = shells.max(1);
        StructureFactor {
            species,
            longest_per_ang,
            shells,
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
                self.in_shell[shell] += 1;
                self.lengths[shell] += length;
            }
        }
    }

    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        if self.vectors.is_empty() {
            self.choose(cell);
        }
        let species = self.species.elements.len();
        let fractional: Vec<[f64; 3]> = positions_ang
            .iter()
            .map(|position| cell.to_fractional(*position))
            .collect();
        let mut sums = vec![0.0; self.species.pairs().count() * self.shells];
        for ([h, k, l], shell) in &self.vectors {
            let mut rho = vec![[0.0; 2]; species];
            for (one, of) in fractional.iter().zip(&self.species.of) {
                let turns =
                    f64::from(*h) * one[0] + f64::from(*k) * one[1] + f64::from(*l) * one[2];
                let (sine, cosine) = (TAU * (turns - turns.round())).sin_cos();
                rho[*of][0] += cosine;
                rho[*of][1] += sine;
            }
            for (a, b) in self.species.pairs() {
                let product = rho[a][0] * rho[b][0] + rho[a][1] * rho[b][1];
                sums[self.species.pair(a, b) * self.shells + shell] += product;
            }
        }
        self.sums.add(sums);
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
            let vectors = self.in_shell[shell] as f64;
            let mean = means[at + shell];
            out.q_per_ang.push(self.lengths[shell] / vectors);
            out.s.push(Mean {
                value: 1.0 + (mean.value / (vectors * weight) - like) * atoms / weight,
                error: mean
                    .error
                    .map(|error| error / (vectors * weight) * atoms / weight),
            });
        }
        out
    }
}
