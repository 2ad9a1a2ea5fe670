//! Displacements of single atoms over all origins, in memory that is bounded.
//!
//! Short runs are kept and transformed whole. Of longer ones the last 64 positions of each atom stand in a ring, the
//! last 64 of every second frame in another, of every fourth in a third, and so on: all lags up to 64 frames from all
//! origins, beyond them 32 lags in each octave from origins that are a sixty-fourth to a thirty-second of the lag
//! apart, which cannot be told from all origins by the error. The frames are passed once.

use rayon::prelude::*;

use crate::physics::analysis::Correlation;

/// Places in a ring.
const RING: usize = 64;
/// Atoms that are looked after together: their rings stay in the cache.
const TOGETHER: usize = 64;
/// Blocks in time that sums are kept for; fewer are made of them.
pub const BLOCKS: usize = 16;
/// Frames that are gathered before the rings turn.
const BATCH: usize = 64;
/// Bytes of positions up to which a run is kept whole.
const MOST_BYTES: usize = 1 << 28;

/// A curve over lags, linear between those that it is known at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LagCurve {
    /// Rising, from 1.
    pub lags: Vec<usize>,
    pub values: Vec<f64>,
}

impl LagCurve {
    pub fn last(&self) -> usize {
        self.lags.last().copied().unwrap_or(0)
    }

    /// 0 at lag 0; the last value beyond the last lag.
    pub fn at(&self, lag: usize) -> f64 {
        match self.lags.binary_search(&lag) {
            Ok(at) => self.values[at],
            Err(0) => self
                .values
                .first()
                .map_or(0.0, |first| first * lag as f64 / self.lags[0] as f64),
            Err(at) if at == self.lags.len() => self.values[at - 1],
            Err(at) => {
                let (low, high) = (self.lags[at - 1], self.lags[at]);
                let part = (lag - low) as f64 / (high - low) as f64;
                self.values[at - 1] + part * (self.values[at] - self.values[at - 1])
            }
        }
    }
}

/// Gathers positions of the atoms of one run.
pub enum OwnDisplacements {
    /// Atoms are not followed.
    None,
    Whole(Whole),
    Streamed(Streamed),
}

impl OwnDisplacements {
    /// `of` is the species of each atom. `frames` as far as they are known; `streamed` forces the rings.
    pub fn new(of: &[usize], frames: usize, streamed: bool) -> Self {
        if streamed || frames.saturating_mul(24 * of.len()) > MOST_BYTES {
            OwnDisplacements::Streamed(Streamed::new(of, frames))
        } else {
            OwnDisplacements::Whole(Whole {
                of: of.to_vec(),
                positions: Vec::with_capacity(3 * frames * of.len()),
            })
        }
    }

    /// Adds the positions of a frame, less those of the reference point.
    pub fn add(&mut self, positions_ang: &[[f64; 3]], reference: [f64; 3]) {
        let about =
            |one: &[f64; 3]| std::array::from_fn::<f64, 3, _>(|axis| one[axis] - reference[axis]);
        match self {
            OwnDisplacements::None => {}
            OwnDisplacements::Whole(whole) => {
                whole.positions.extend(positions_ang.iter().flat_map(about));
            }
            OwnDisplacements::Streamed(streamed) => {
                streamed
                    .waiting
                    .push(positions_ang.iter().map(about).collect());
                if streamed.waiting.len() == BATCH {
                    streamed.turn();
                }
            }
        }
    }

    /// `⟨|Δr|²⟩` by species, Å², of the first `frames` frames (the rings have seen all there were).
    pub fn curves(&mut self, frames: usize) -> Vec<LagCurve> {
        match self {
            OwnDisplacements::None => Vec::new(),
            OwnDisplacements::Whole(whole) => whole.curves(frames),
            OwnDisplacements::Streamed(streamed) => streamed.curves(),
        }
    }

    /// The same at some lags in each of so many (4, 8 or 16) blocks, by block and species: of displacements that end in
    /// the block.
    pub fn blocks(&self, frames: usize, lags: &[usize], count: usize) -> Vec<Vec<Vec<f64>>> {
        match self {
            OwnDisplacements::None => Vec::new(),
            OwnDisplacements::Whole(whole) => whole.blocks(frames, lags, count),
            OwnDisplacements::Streamed(streamed) => streamed.blocks(lags, count),
        }
    }
}

pub struct Whole {
    of: Vec<usize>,
    /// By frame, atom and axis.
    positions: Vec<f64>,
}

impl Whole {
    fn curves(&self, frames: usize) -> Vec<LagCurve> {
        let width = 3 * self.of.len();
        let species = self.of.iter().max().map_or(0, |most| most + 1);
        // Sums of a few atoms each, added up in their order: the same for any number of threads.
        let parts: Vec<Vec<Vec<f64>>> = self
            .of
            .par_chunks(16)
            .enumerate()
            .map(|(chunk, of)| {
                let mut correlation = Correlation::new(frames);
                let mut sums = vec![Vec::new(); species];
                let mut series = vec![0.0; frames];
                for (at, &own) in of.iter().enumerate() {
                    let sums = &mut sums[own];
                    sums.resize(frames, 0.0);
                    for axis in 0..3 {
                        let column = 3 * (16 * chunk + at) + axis;
                        for (value, row) in
                            series.iter_mut().zip(self.positions.chunks_exact(width))
                        {
                            *value = row[column];
                        }
                        add_squared_displacements(&mut correlation, &mut series, sums);
                    }
                }
                sums
            })
            .collect();
        (0..species)
            .map(|own| {
                let mut values = vec![0.0; frames.saturating_sub(1)];
                for part in parts.iter().filter(|part| !part[own].is_empty()) {
                    values
                        .iter_mut()
                        .zip(&part[own][1..])
                        .for_each(|(sum, one)| *sum += one);
                }
                let atoms = self.of.iter().filter(|one| **one == own).count() as f64;
                values.iter_mut().for_each(|sum| *sum /= atoms);
                LagCurve {
                    lags: (1..frames).collect(),
                    values,
                }
            })
            .collect()
    }

    fn blocks(&self, frames: usize, lags: &[usize], count: usize) -> Vec<Vec<Vec<f64>>> {
        let width = 3 * self.of.len();
        let species = self.of.iter().max().map_or(0, |most| most + 1);
        let row = |frame: usize| &self.positions[frame * width..(frame + 1) * width];
        (0..count)
            .into_par_iter()
            .map(|block| {
                let mut sums = vec![vec![0.0; lags.len()]; species];
                // Of the sixteen blocks that the rings keep.
                let length = frames.div_ceil(BLOCKS) * (BLOCKS / count);
                let first = block * length;
                let end = if block + 1 == count {
                    frames
                } else {
                    first + length
                };
                for (at, &lag) in lags.iter().enumerate() {
                    let from = first.max(lag);
                    for frame in from..end {
                        let pairs = row(frame)
                            .chunks_exact(3)
                            .zip(row(frame - lag).chunks_exact(3));
                        for ((new, old), &own) in pairs.zip(&self.of) {
                            sums[own][at] += (0..3).map(|k| (new[k] - old[k]).powi(2)).sum::<f64>();
                        }
                    }
                    for (own, sums) in sums.iter_mut().enumerate() {
                        let atoms = self.of.iter().filter(|one| **one == own).count();
                        sums[at] /= (atoms * end.saturating_sub(from)) as f64;
                    }
                }
                sums
            })
            .collect()
    }
}

/// Adds, for each lag m, the mean over origins k of `(x_k+m − x_k)²`, by Fourier transforms: `Σ (x_k+m² + x_k²)` by
/// taking off the ends, less twice the correlation (Kneller and co-workers, Comput. Phys. Commun. 91, 191, 1995). The
/// series is taken about its mean, so that few digits cancel.
pub fn add_squared_displacements(
    correlation: &mut Correlation,
    series: &mut [f64],
    sums: &mut [f64],
) {
    let count = series.len();
    let mean = series.iter().sum::<f64>() / count as f64;
    series.iter_mut().for_each(|x| *x -= mean);
    let products = correlation.sums(series);
    let mut both = 2.0 * series.iter().map(|x| x * x).sum::<f64>();
    for lag in 1..count {
        both -= series[lag - 1].powi(2) + series[count - lag].powi(2);
        sums[lag] += (both - 2.0 * products[lag]) / (count - lag) as f64;
    }
}

pub struct Streamed {
    groups: Vec<Group>,
    /// Positions that the rings have not seen.
    waiting: Vec<Vec<[f64; 3]>>,
    turned: usize,
    /// Frames in a block.
    block: usize,
    lags: Vec<usize>,
    /// By block and lag: origins.
    origins: Vec<Vec<u64>>,
    atoms: Vec<usize>,
}

/// Atoms of one species.
struct Group {
    species: usize,
    atoms: Vec<usize>,
    /// By level: RING rows of positions.
    rings: Vec<Vec<f64>>,
    /// By block and lag.
    sums: Vec<Vec<f64>>,
}

/// Lags, in frames of the level, that a level looks back.
fn reach(level: usize) -> std::ops::RangeInclusive<usize> {
    if level == 0 {
        1..=RING
    } else {
        RING / 2 + 1..=RING
    }
}

impl Streamed {
    fn new(of: &[usize], frames: usize) -> Self {
        let mut levels = 1;
        while (RING / 2 + 1) << levels < frames {
            levels += 1;
        }
        let lags: Vec<usize> = (0..levels)
            .flat_map(|level| reach(level).map(move |lag| lag << level))
            .collect();
        let species = of.iter().max().map_or(0, |most| most + 1);
        let mut groups = Vec::new();
        let mut atoms = Vec::new();
        for own in 0..species {
            let all: Vec<usize> = (0..of.len()).filter(|atom| of[*atom] == own).collect();
            atoms.push(all.len());
            groups.extend(all.chunks(TOGETHER).map(|some| Group {
                species: own,
                atoms: some.to_vec(),
                rings: vec![vec![0.0; 3 * some.len() * RING]; levels],
                sums: vec![vec![0.0; lags.len()]; BLOCKS],
            }));
        }
        Streamed {
            groups,
            waiting: Vec::new(),
            turned: 0,
            block: frames.div_ceil(BLOCKS).max(1),
            origins: vec![vec![0; lags.len()]; BLOCKS],
            lags,
            atoms,
        }
    }

    fn turn(&mut self) {
        let (first, block) = (self.turned, self.block);
        let waiting = &self.waiting;
        self.groups.par_iter_mut().for_each(|group| {
            for (frame, positions) in (first..).zip(waiting) {
                group.add(frame, (frame / block).min(BLOCKS - 1), positions);
            }
        });
        for frame in first..first + waiting.len() {
            let origins = &mut self.origins[(frame / block).min(BLOCKS - 1)];
            for (origins, lag) in origins.iter_mut().zip(&self.lags) {
                // A level sees the frames that its spacing divides, and no spacing but it has the lag.
                let spacing = if *lag <= RING {
                    1
                } else {
                    (lag / (RING / 2 + 1)).ilog2()
                };
                let spacing = if *lag <= RING { 1 } else { 1usize << spacing };
                *origins += u64::from(frame >= *lag && frame % spacing == 0);
            }
        }
        self.turned += waiting.len();
        self.waiting.clear();
    }

    fn curves(&mut self) -> Vec<LagCurve> {
        self.turn();
        let all = self.merged(1).remove(0);
        all.into_iter()
            .map(|values| {
                let known = self
                    .lags
                    .iter()
                    .zip(values)
                    .filter(|(lag, _)| **lag < self.turned);
                let (lags, values) = known.unzip();
                LagCurve { lags, values }
            })
            .collect()
    }

    fn blocks(&self, lags: &[usize], count: usize) -> Vec<Vec<Vec<f64>>> {
        let whole = self.merged(count);
        let at_lags = |values: &Vec<f64>| {
            let curve = LagCurve {
                lags: self.lags.clone(),
                values: values.clone(),
            };
            lags.iter().map(|lag| curve.at(*lag)).collect()
        };
        whole
            .iter()
            .map(|block| block.iter().map(at_lags).collect())
            .collect()
    }

    /// Means of the blocks, neighbours put together until there are `count`, by block, species and lag.
    fn merged(&self, count: usize) -> Vec<Vec<Vec<f64>>> {
        let each = BLOCKS / count;
        (0..count)
            .map(|block| {
                let range = block * each..(block + 1) * each;
                let mut means = vec![vec![0.0; self.lags.len()]; self.atoms.len()];
                for group in &self.groups {
                    for sums in &group.sums[range.clone()] {
                        let means = &mut means[group.species];
                        means
                            .iter_mut()
                            .zip(sums)
                            .for_each(|(mean, sum)| *mean += sum);
                    }
                }
                for at in 0..self.lags.len() {
                    let origins: u64 = self.origins[range.clone()].iter().map(|one| one[at]).sum();
                    for (means, atoms) in means.iter_mut().zip(&self.atoms) {
                        means[at] /= (origins * *atoms as u64).max(1) as f64;
                    }
                }
                means
            })
            .collect()
    }
}

impl Group {
    fn add(&mut self, frame: usize, block: usize, positions: &[[f64; 3]]) {
        let width = 3 * self.atoms.len();
        let mut row = Vec::with_capacity(width);
        row.extend(self.atoms.iter().flat_map(|atom| positions[*atom]));
        let sums = &mut self.sums[block];
        let mut at = 0;
        for (level, ring) in self.rings.iter_mut().enumerate() {
            if !frame.is_multiple_of(1 << level) {
                break;
            }
            let number = frame >> level;
            for lag in reach(level) {
                if lag <= number {
                    let slot = (number - lag) % RING;
                    sums[at] += squared_distance(&row, &ring[slot * width..(slot + 1) * width]);
                }
                at += 1;
            }
            let slot = number % RING;
            ring[slot * width..(slot + 1) * width].copy_from_slice(&row);
        }
    }
}

/// `Σ (a − b)²`, in eight sums side by side.
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a_eights, b_eights) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_eights
        .remainder()
        .iter()
        .zip(b_eights.remainder())
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    let mut sums = [0.0; 8];
    for (a, b) in a_eights.zip(b_eights) {
        for k in 0..8 {
            let apart = a[k] - b[k];
            sums[k] += apart * apart;
        }
    }
    sums.iter().sum::<f64>() + rest
}
