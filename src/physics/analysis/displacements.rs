//! Mean squared displacements over all origins.

use std::ops::Range;

use super::correlation::Correlation;
use super::{Mean, Species};

/// Collects unwrapped positions of one run: 24 bytes for each atom and frame.
pub struct Displacements {
    species: Species,
    masses_u: Vec<f64>,
    frames: Vec<Vec<[f64; 3]>>,
    times_fs: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SeriesError {
    #[error("the trajectory has too few frames for it")]
    TooFew,
    #[error("frame {frame} comes {interval_fs} fs after the one before, the others {usual_fs} fs")]
    Uneven {
        frame: usize,
        interval_fs: f64,
        usual_fs: f64,
    },
    #[error("time does not go on from the first frame to the second")]
    Still,
}

/// The interval of frames that come evenly, and how many do: the end of a run may come before its last interval is over.
pub fn even(times_fs: &[f64]) -> Result<(f64, usize), SeriesError> {
    let [first, second, ..] = times_fs else {
        return Err(SeriesError::TooFew);
    };
    let usual_fs = second - first;
    if usual_fs.is_nan() || usual_fs <= 0.0 {
        return Err(SeriesError::Still);
    }
    let mut frames = times_fs.len();
    for frame in 1..frames {
        let interval_fs = times_fs[frame] - times_fs[frame - 1];
        if (interval_fs - usual_fs).abs() <= 1e-6 * usual_fs {
            continue;
        }
        if frame + 1 == frames && 0.0 < interval_fs && interval_fs < usual_fs {
            frames = frame;
            break;
        }
        return Err(SeriesError::Uneven {
            frame: frame + 1,
            interval_fs,
            usual_fs,
        });
    }
    let mean_fs = (times_fs[frames - 1] - first) / (frames - 1) as f64;
    Ok((mean_fs, frames))
}

/// Blocks of a run from which errors are taken.
pub(super) const BLOCKS: usize = 4;

/// A curve over lags by species, with errors from what it is in each of the blocks; lags up to the length of a block.
pub(super) fn with_errors(
    frames: usize,
    curve: impl Fn(Range<usize>) -> Vec<Vec<f64>>,
) -> Vec<Vec<Mean>> {
    let length = frames / BLOCKS;
    let whole = curve(0..frames);
    let blocks: Vec<Vec<Vec<f64>>> = (0..BLOCKS)
        .map(|block| curve(block * length..(block + 1) * length))
        .collect();
    let lags = length.max(1);
    whole
        .iter()
        .enumerate()
        .map(|(species, whole)| {
            let each = whole.iter().take(lags).enumerate();
            each.map(|(lag, value)| {
                let values: Vec<f64> = blocks
                    .iter()
                    .filter_map(|block| block[species].get(lag).copied())
                    .collect();
                Mean {
                    value: *value,
                    error: Mean::of(&values).error,
                }
            })
            .collect()
        })
        .collect()
}

impl Displacements {
    pub fn new(species: Species) -> Self {
        let mass = |at: &usize| species.elements[*at].mass_u();
        Displacements {
            masses_u: species.of.iter().map(mass).collect(),
            species,
            frames: Vec::new(),
            times_fs: Vec::new(),
        }
    }

    /// Adds unwrapped positions; the centre of mass is taken out, so that what is left has no drift.
    pub fn add(&mut self, time_fs: f64, unwrapped_ang: &[[f64; 3]]) {
        let total: f64 = self.masses_u.iter().sum();
        let mut centre = [0.0; 3];
        for (position, mass) in unwrapped_ang.iter().zip(&self.masses_u) {
            for axis in 0..3 {
                centre[axis] += mass * position[axis] / total;
            }
        }
        let about = |position: &[f64; 3]| std::array::from_fn(|axis| position[axis] - centre[axis]);
        self.frames.push(unwrapped_ang.iter().map(about).collect());
        self.times_fs.push(time_fs);
    }

    /// Time between frames in fs and, by species and lag in frames, the mean squared displacement in Å² over all atoms
    /// and all origins, by Fourier transforms (Kneller and co-workers, Comput. Phys. Commun. 91, 191, 1995).
    pub fn mean_squared(&self) -> Result<(f64, Vec<Vec<f64>>), SeriesError> {
        let (usual, frames) = even(&self.times_fs)?;
        Ok((usual, self.curves(0..frames)))
    }

    /// The same for lags up to a quarter of the run, with errors from its quarters.
    pub fn with_errors(&self) -> Result<(f64, Vec<Vec<Mean>>), SeriesError> {
        let (usual, frames) = even(&self.times_fs)?;
        let curves = with_errors(frames, |frames| self.curves(frames));
        Ok((usual, curves))
    }

    fn curves(&self, range: Range<usize>) -> Vec<Vec<f64>> {
        let frames = &self.frames[range];
        let count = frames.len();
        let mut correlation = Correlation::new(count);
        let mut sums = vec![vec![0.0; count]; self.species.elements.len()];
        let mut series = vec![0.0; count];
        for (atom, &species) in self.species.of.iter().enumerate() {
            let sums = &mut sums[species];
            for axis in 0..3 {
                // About its mean, so that few digits cancel.
                let mean = frames.iter().map(|frame| frame[atom][axis]).sum::<f64>() / count as f64;
                for (value, frame) in series.iter_mut().zip(frames) {
                    *value = frame[atom][axis] - mean;
                }
                let products = correlation.sums(&series);
                // Σ (x_k+m² + x_k²) by taking off the ends, less twice the correlation.
                let mut both = 2.0 * series.iter().map(|x| x * x).sum::<f64>();
                for lag in 1..count {
                    both -= series[lag - 1].powi(2) + series[count - lag].powi(2);
                    sums[lag] += (both - 2.0 * products[lag]) / (count - lag) as f64;
                }
            }
        }
        for (sums, atoms) in sums.iter_mut().zip(&self.species.counts) {
            for sum in sums {
                *sum /= *atoms as f64;
            }
        }
        sums
    }
}
