use super::{Species, for_each_pair};
use crate::physics::structure::Cell;

/// Distribution of the angles a–centre–b between bonds shorter than a cutoff, and how many bonds a centre has.
pub struct BondAngles {
    species: Species,
    centre: usize,
    end: usize,
    cutoff_ang: f64,
    angles: Vec<u64>,
    coordination: Vec<u64>,
}

impl BondAngles {
    /// Angles between bonds from each atom `centre` to its neighbours `end` within `cutoff_ang`.
    pub fn new(species: Species, centre: usize, end: usize, cutoff_ang: f64, bins: usize) -> Self {
        BondAngles {
            species,
            centre,
            end,
            cutoff_ang,
            angles: vec![0; bins.max(1)],
            coordination: Vec::new(),
        }
    }

    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        let mut bonds: Vec<Vec<[f64; 3]>> = vec![Vec::new(); positions_ang.len()];
        let of = &self.species.of;
        for_each_pair(
            cell,
            positions_ang,
            self.cutoff_ang,
            |i, j, vector, squared| {
                let unit = vector.map(|x| x / squared.sqrt());
                if of[i] == self.centre && of[j] == self.end {
                    bonds[i].push(unit);
                }
                if of[j] == self.centre && of[i] == self.end {
                    bonds[j].push(unit.map(|x| -x));
                }
            },
        );
        let bins = self.angles.len();
        for (atom, bonds) in bonds.iter().enumerate() {
            if of[atom] != self.centre {
                continue;
            }
            if self.coordination.len() <= bonds.len() {
                self.coordination.resize(bonds.len() + 1, 0);
            }
            self.coordination[bonds.len()] += 1;
            for (at, a) in bonds.iter().enumerate() {
                for b in &bonds[at + 1..] {
                    let cosine: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                    let degrees = cosine.clamp(-1.0, 1.0).acos().to_degrees();
                    // A rounding below a right angle is one.
                    let bin = (degrees / 180.0 * bins as f64 + 1e-9) as usize;
                    self.angles[bin.min(bins - 1)] += 1;
                }
            }
        }
    }

    /// Middles of the bins in degrees and the density of angles for each degree, which integrates to one. Directions at
    /// random have ½ sin θ.
    pub fn density(&self) -> Vec<(f64, f64)> {
        let width = 180.0 / self.angles.len() as f64;
        let all = self.angles.iter().sum::<u64>().max(1) as f64;
        let middle = |bin: usize| (bin as f64 + 0.5) * width;
        let each = self.angles.iter().enumerate();
        each.map(|(bin, count)| (middle(bin), *count as f64 / (all * width)))
            .collect()
    }

    /// The part of the centres that have 0, 1, 2, … neighbours.
    pub fn coordination(&self) -> Vec<f64> {
        let all = self.coordination.iter().sum::<u64>().max(1) as f64;
        self.coordination
            .iter()
            .map(|count| *count as f64 / all)
            .collect()
    }
}
