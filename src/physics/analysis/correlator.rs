//! Correlations in time while a run goes, in memory that grows as the logarithm of its length.

use serde::{Deserialize, Serialize};

use super::{BlockMeans, Curve, Curves, Mean, Species};

/// Lags of a level. Even: half of them are those of the level below.
const LAGS: usize = 16;

/// What is taken of two frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Correlated {
    /// `|r(t) − r(0)|²`.
    Displacements,
    /// `v(t)·v(0)`, over its value at lag 0.
    Velocities,
}

/// Frames are kept at levels, each with half as many to a time as the one before (Frenkel and Smit, Understanding
/// Molecular Simulation, section 4.4.2): a lag is seen from all origins up to 16 frames, and from there on from origins
/// that are at most an eighth of it apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Correlator {
    correlated: Correlated,
    species: Species,
    seen: u64,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Level {
    /// How many of `frames` there are, and the place of the oldest.
    kept: usize,
    oldest: usize,
    /// In turn; at most `LAGS`. Beside the state, see [`Correlator::frames`].
    #[serde(skip)]
    frames: Vec<Vec<[f64; 3]>>,
    /// By species and lag, from 0.
    sums: BlockMeans,
}

impl Level {
    fn new(species: &Species) -> Self {
        Level {
            kept: 0,
            oldest: 0,
            frames: Vec::new(),
            sums: BlockMeans::new(species.elements.len() * (LAGS + 1)),
        }
    }

    fn is_full(&self) -> bool {
        self.kept == LAGS
    }

    /// From the oldest on.
    fn in_order(&self) -> impl Iterator<Item = &Vec<[f64; 3]>> {
        let (newer, older) = self.frames.split_at(self.oldest);
        older.iter().chain(newer)
    }

    fn keep(&mut self, frame: &[[f64; 3]]) {
        if self.is_full() {
            self.frames[self.oldest].copy_from_slice(frame);
            self.oldest = (self.oldest + 1) % LAGS;
        } else {
            self.frames.push(frame.to_vec());
            self.kept += 1;
        }
    }
}

impl Correlator {
    pub fn new(correlated: Correlated, species: Species) -> Self {
        Correlator {
            correlated,
            levels: vec![Level::new(&species)],
            species,
            seen: 0,
        }
    }

    /// Frames must come evenly.
    pub fn add(&mut self, frame: &[[f64; 3]]) {
        let mut at = 0;
        while at < self.levels.len() && self.seen.is_multiple_of(1 << at) {
            if self.levels[at].is_full() {
                if at + 1 == self.levels.len() {
                    let next = self.next_level(at);
                    self.levels.push(next);
                }
                self.correlate(at, frame);
            }
            self.levels[at].keep(frame);
            at += 1;
        }
        self.seen += 1;
    }

    /// What the level after this one, full for the first time, has missed: every second of its frames.
    fn next_level(&self, at: usize) -> Level {
        let mut next = Level::new(&self.species);
        for frame in self.levels[at].in_order().step_by(2) {
            next.keep(frame);
        }
        next
    }

    fn correlate(&mut self, at: usize, frame: &[[f64; 3]]) {
        let level = &mut self.levels[at];
        let mut sums = vec![0.0; self.species.elements.len() * (LAGS + 1)];
        let mut add = |lag: usize, then: &[[f64; 3]]| {
            let atoms = frame.iter().zip(then).zip(&self.species.of);
            for ((now, then), species) in atoms {
                let of = |axis: usize| match self.correlated {
                    Correlated::Displacements => (now[axis] - then[axis]).powi(2),
                    Correlated::Velocities => now[axis] * then[axis],
                };
                sums[species * (LAGS + 1) + lag] += of(0) + of(1) + of(2);
            }
        };
        add(0, frame);
        for (from_oldest, then) in level.in_order().enumerate() {
            add(LAGS - from_oldest, then);
        }
        for (sums, count) in sums.chunks_mut(LAGS + 1).zip(&self.species.counts) {
            for sum in sums {
                *sum /= *count as f64;
            }
        }
        level.sums.add(&sums);
    }

    pub fn end_run(&mut self) {
        for level in &mut self.levels {
            level.sums.end_run();
        }
    }

    /// Takes up other runs of the same atoms with frames at the same interval; lags that one of them has not are left out.
    pub fn join(&mut self, other: Correlator) {
        self.seen = self.seen.min(other.seen);
        self.levels
            .truncate(self.levels.len().min(other.levels.len()));
        for (own, other) in self.levels.iter_mut().zip(other.levels) {
            own.sums.join(other.sums);
        }
    }

    /// The frames that are kept, one after the other: what the serialised state leaves out.
    pub fn frames(&self) -> Vec<[f64; 3]> {
        let frames = self.levels.iter().flat_map(|level| &level.frames);
        frames.flatten().copied().collect()
    }

    /// Takes as many of `frames` as belong here from their front; false if there are too few, or if the state is not one of
    /// these atoms.
    pub fn restore(&mut self, species: &Species, frames: &mut &[[f64; 3]]) -> bool {
        let atoms = species.of.len();
        let width = species.elements.len() * (LAGS + 1);
        let fits = |(at, level): (usize, &Level)| {
            let full = level.kept == LAGS && level.oldest < LAGS;
            let filling = level.kept < LAGS && level.oldest == 0;
            (full || filling) && at < 64 && level.sums.is_of(width)
        };
        if self.species != *species
            || self.levels.is_empty()
            || !self.levels.iter().enumerate().all(fits)
        {
            return false;
        }
        for level in &mut self.levels {
            for _ in 0..level.kept {
                let Some((frame, rest)) = frames.split_at_checked(atoms) else {
                    return false;
                };
                level.frames.push(frame.to_vec());
                *frames = rest;
            }
        }
        true
    }

    /// Over lags in fs up to a quarter of the shortest run, species in this order.
    pub fn curves(&self, interval_fs: f64, order: &[usize]) -> Curves {
        let mut lags = Vec::new();
        for (at, level) in self.levels.iter().enumerate() {
            let first = if at == 0 { 0 } else { LAGS / 2 + 1 };
            let longest = (self.seen / 4) >> at;
            if level.sums.frames() > 0 {
                let fit = (first..=LAGS).filter(|lag| *lag as u64 <= longest);
                lags.extend(fit.map(|lag| (at, lag)));
            }
        }
        let means: Vec<Vec<Mean>> = self.levels.iter().map(|one| one.sums.means()).collect();
        let of = |species: usize| {
            let mean = |(at, lag): (usize, usize)| means[at][species * (LAGS + 1) + lag];
            let scale = match self.correlated {
                Correlated::Displacements => 1.0,
                Correlated::Velocities => 1.0 / mean((0, 0)).value,
            };
            lags.iter().map(|lag| mean(*lag).times(scale)).collect()
        };
        let curve = |species: &usize| Curve {
            name: self.species.elements[*species].to_string(),
            y: of(*species),
        };
        let time = |(at, lag): &(usize, usize)| (lag << at) as f64 * interval_fs;
        Curves {
            x: lags.iter().map(time).collect(),
            curves: order.iter().map(curve).collect(),
        }
    }
}
