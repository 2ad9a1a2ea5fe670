use super::{BlockMeans, Mean, Species, for_each_pair};
use crate::physics::structure::Cell;

/// Distribution of the angles end–centre–end between bonds shorter than a cutoff, and how many bonds a centre has.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct BondAngles {
    species: Species,
    centre: usize,
    end: usize,
    cutoff_ang: f64,
    bins: usize,
    /// Bonds of a centre, centres with 0, 1, 2, … bonds, angles in each bin and in all.
    sums: BlockMeans,
}

/// Centres with more bonds count as having so many.
const MOST_BONDS: usize = 31;
const ANGLES: usize = MOST_BONDS + 2;

impl BondAngles {
    /// Angles between bonds from each atom `centre` to its neighbours `end` within `cutoff_ang`.
    pub fn new(species: Species, centre: usize, end: usize, cutoff_ang: f64, bins: usize) -> Self {
        let bins = bins.max(1);
        BondAngles {
            species,
            centre,
            end,
            cutoff_ang,
            bins,
            sums: BlockMeans::new(ANGLES + bins + 1),
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
        let centres = self.species.counts[self.centre].max(1) as f64;
        let mut sums = vec![0.0; ANGLES + self.bins + 1];
        for (atom, bonds) in bonds.iter().enumerate() {
            if of[atom] != self.centre {
                continue;
            }
            sums[0] += bonds.len() as f64 / centres;
            sums[1 + bonds.len().min(MOST_BONDS)] += 1.0 / centres;
            for (at, a) in bonds.iter().enumerate() {
                for b in &bonds[at + 1..] {
                    let cosine: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                    let degrees = cosine.clamp(-1.0, 1.0).acos().to_degrees();
                    // A rounding below a right angle is one.
                    let bin = (degrees / 180.0 * self.bins as f64 + 1e-9) as usize;
                    sums[ANGLES + bin.min(self.bins - 1)] += 1.0;
                    sums[ANGLES + self.bins] += 1.0;
                }
            }
        }
        self.sums.add(&sums);
    }

    /// Whether it could have come of this empty one.
    pub(super) fn is_like(&self, empty: &Self) -> bool {
        let shape = |one: &Self| {
            let pair = (one.centre, one.end, one.cutoff_ang, one.bins);
            (one.species.clone(), pair)
        };
        shape(self) == shape(empty) && self.sums.is_of(ANGLES + empty.bins + 1)
    }

    /// What is added from here on belongs to another run.
    pub fn end_run(&mut self) {
        self.sums.end_run();
    }

    /// Takes up the runs of others of the same atoms.
    pub fn join(&mut self, other: Self) {
        self.sums.join(other.sums);
    }

    /// Middles of the bins in degrees.
    pub fn angles_deg(&self) -> Vec<f64> {
        let width = 180.0 / self.bins as f64;
        (0..self.bins)
            .map(|bin| (bin as f64 + 0.5) * width)
            .collect()
    }

    /// The density of angles for each degree, which integrates to one; zero where there are no two bonds. Directions at
    /// random have ½ sin θ a radian.
    pub fn density(&self) -> Vec<Mean> {
        let means = self.sums.means();
        let all = means[ANGLES + self.bins].value;
        let scale = if all > 0.0 {
            self.bins as f64 / (180.0 * all)
        } else {
            0.0
        };
        let angles = &means[ANGLES..ANGLES + self.bins];
        angles.iter().map(|mean| mean.times(scale)).collect()
    }

    /// Bonds of a centre.
    pub fn mean_coordination(&self) -> Mean {
        self.sums.means()[0]
    }

    /// The part of the centres that have 0, 1, 2, … bonds, up to the most there are.
    pub fn coordination(&self) -> Vec<Mean> {
        let means = self.sums.means();
        let parts = &means[1..ANGLES];
        let last = parts.iter().rposition(|part| part.value > 0.0);
        parts[..last.map_or(0, |last| last + 1)].to_vec()
    }
}
