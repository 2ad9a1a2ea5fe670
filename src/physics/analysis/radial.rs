//! Pair distributions and coordination numbers.

use super::{BlockMeans, Mean, Species, for_each_pair};
use crate::physics::structure::Cell;

/// Partial pair distributions of every pair of elements.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct PairDistribution {
    species: Species,
    longest_ang: f64,
    bin_ang: f64,
    bins: usize,
    /// By pair and bin: V × pairs, then pairs.
    sums: BlockMeans,
}

/// One partial distribution. `radii_ang` are the middles of the bins.
#[derive(Debug, Clone, PartialEq)]
pub struct PairCurve {
    pub radii_ang: Vec<f64>,
    /// `g_ab(r) = V/(N_a N_b) ⟨Σ_i∈a Σ_j∈b δ(r − r_ij)⟩ / 4πr²` over shells of exact volume (Allen and Tildesley,
    /// Computer Simulation of Liquids). For like atoms N_a² stands below, so that an ideal gas has 1 − 1/N_a.
    pub g: Vec<Mean>,
    /// Atoms b within the upper edge of each bin around an atom a, counted.
    pub coordination: Vec<f64>,
    /// Upper edges of the bins.
    pub edges_ang: Vec<f64>,
}

/// The first shell as a curve shows it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FirstShell {
    pub peak_ang: f64,
    pub peak_height: f64,
    /// The first minimum; none where the curve does not rise again.
    pub minimum_ang: Option<f64>,
    /// Atoms within the first minimum.
    pub coordination: Option<f64>,
}

impl PairDistribution {
    /// Up to `longest_ang`, which may be longer than half the cell: images count.
    pub fn new(species: Species, longest_ang: f64, bins: usize) -> Self {
        let bins = bins.max(1);
        let pairs = species.pairs().count();
        PairDistribution {
            species,
            longest_ang,
            bin_ang: longest_ang / bins as f64,
            bins,
            sums: BlockMeans::new(2 * pairs * bins),
        }
    }

    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        let pairs = self.species.pairs().count();
        let mut sums = vec![0.0; 2 * pairs * self.bins];
        let (weighted, plain) = sums.split_at_mut(pairs * self.bins);
        for_each_pair(cell, positions_ang, self.longest_ang, |i, j, _, squared| {
            let bin = ((squared.sqrt() / self.bin_ang) as usize).min(self.bins - 1);
            let pair = self.species.pair(self.species.of[i], self.species.of[j]);
            plain[pair * self.bins + bin] += 1.0;
        });
        let volume = cell.volume_ang3();
        for (weighted, plain) in weighted.iter_mut().zip(plain) {
            *weighted = *plain * volume;
        }
        self.sums.add(&sums);
    }

    /// Whether it could have come of this empty one.
    pub(super) fn is_like(&self, empty: &Self) -> bool {
        let shape = |one: &Self| (one.species.clone(), one.longest_ang, one.bin_ang, one.bins);
        let width = 2 * empty.species.pairs().count() * empty.bins;
        shape(self) == shape(empty) && self.sums.is_of(width)
    }

    /// What is added from here on belongs to another run.
    pub fn end_run(&mut self) {
        self.sums.end_run();
    }

    /// Takes up the runs of others of the same atoms.
    pub fn join(&mut self, other: Self) {
        self.sums.join(other.sums);
    }

    /// Of elements `a` around `b` or the other way: g is the same; coordination is that of b around a.
    pub fn curve(&self, a: usize, b: usize) -> PairCurve {
        let means = self.sums.means();
        let at = self.species.pair(a, b) * self.bins;
        let plain = self.species.pairs().count() * self.bins + at;
        let [of_a, of_b] = [a, b].map(|one| self.species.counts[one] as f64);
        // Each pair was counted once; like pairs are neighbours to both of their atoms.
        let both = if a == b { 2.0 } else { 1.0 };
        let edge = |bin: usize| bin as f64 * self.bin_ang;
        let shell = |bin: usize| {
            4.0 / 3.0 * std::f64::consts::PI * (edge(bin + 1).powi(3) - edge(bin).powi(3))
        };
        let mut within = 0.0;
        PairCurve {
            radii_ang: (0..self.bins)
                .map(|bin| f64::midpoint(edge(bin), edge(bin + 1)))
                .collect(),
            edges_ang: (1..=self.bins).map(edge).collect(),
            g: (0..self.bins)
                .map(|bin| means[at + bin].times(both / (of_a * of_b * shell(bin))))
                .collect(),
            coordination: (0..self.bins)
                .map(|bin| {
                    within += means[plain + bin].value * both / of_a;
                    within
                })
                .collect(),
        }
    }
}

/// Half width of the running mean under which extrema are looked for.
const SMOOTHING_ANG: f64 = 0.08;
/// How far g must rise again for what lies before to be a minimum.
const RISE: f64 = 0.1;

impl PairCurve {
    /// The rule, on g under a running mean of 0.16 Å: the first peak is the highest point, at least 1, before g falls
    /// to half of it; the first minimum is the lowest point after it before g rises by 0.1 again, or the middle of the
    /// lowest points.
    pub fn first_shell(&self) -> Option<FirstShell> {
        let g = self.smoothed();
        let mut peak = 0;
        let mut fallen = None;
        for bin in 0..g.len() {
            if g[bin] > g[peak] {
                peak = bin;
            } else if g[peak] >= 1.0 && g[bin] <= 0.5 * g[peak] {
                fallen = Some(bin);
                break;
            }
        }
        // A broad peak may never fall to half: then the highest point of all.
        if fallen.is_none() && g.get(peak).copied().unwrap_or(0.0) < 1.0 {
            return None;
        }
        let (mut low, mut last, mut rises) = (peak, peak, false);
        for bin in peak + 1..g.len() {
            if g[bin] < g[low] {
                (low, last) = (bin, bin);
            } else if g[bin] == g[low] && last + 1 == bin {
                last = bin;
            } else if g[bin] > g[low] + RISE {
                rises = true;
                break;
            }
        }
        let middle = usize::midpoint(low, last);
        let width = self.edges_ang[0];
        let around = |bin: usize| self.g.get(bin).map_or(0.0, |one| one.value);
        let near = (SMOOTHING_ANG / width).round() as usize;
        let highest = (peak.saturating_sub(near)..=peak + near)
            .map(around)
            .fold(0.0, f64::max);
        Some(FirstShell {
            peak_ang: self.radii_ang[peak],
            peak_height: highest,
            minimum_ang: rises.then(|| self.radii_ang[middle]),
            coordination: rises.then(|| self.coordination_within(self.radii_ang[middle])),
        })
    }

    /// Atoms within a distance, linear within a bin.
    pub fn coordination_within(&self, distance_ang: f64) -> f64 {
        let bin_ang = self.edges_ang[0];
        let at = distance_ang / bin_ang;
        let whole = at.floor().max(0.0) as usize;
        let up_to = |edges: usize| match edges {
            0 => 0.0,
            edges => self.coordination[(edges - 1).min(self.coordination.len() - 1)],
        };
        up_to(whole) + (up_to(whole + 1) - up_to(whole)) * (at - whole as f64)
    }

    fn smoothed(&self) -> Vec<f64> {
        let half = (SMOOTHING_ANG / self.edges_ang[0]).round() as usize;
        (0..self.g.len())
            .map(|bin| {
                let (from, to) = (bin.saturating_sub(half), (bin + half + 1).min(self.g.len()));
                let sum: f64 = self.g[from..to].iter().map(|one| one.value).sum();
                sum / (to - from) as f64
            })
            .collect()
    }
}
