//! Autocorrelation of velocities over all origins.

use std::ops::Range;

use super::correlation::Correlation;
use super::displacements::{SeriesError, even, with_errors};
use super::{Mean, Species};

/// Collects velocities of one run: 24 bytes for each atom and frame.
pub struct Velocities {
    species: Species,
    frames: Vec<Vec<[f64; 3]>>,
    times_fs: Vec<f64>,
}

impl Velocities {
    pub fn new(species: Species) -> Self {
        Velocities {
            species,
            frames: Vec::new(),
            times_fs: Vec::new(),
        }
    }

    pub fn add(&mut self, time_fs: f64, velocities_ang_per_fs: &[[f64; 3]]) {
        self.frames.push(velocities_ang_per_fs.to_vec());
        self.times_fs.push(time_fs);
    }

    /// Time between frames in fs and, by species and lag in frames up to a quarter of the run, `⟨v(t)·v(0)⟩ / ⟨v²⟩`
    /// over all atoms and all origins, with errors from its quarters.
    pub fn autocorrelation(&self) -> Result<(f64, Vec<Vec<Mean>>), SeriesError> {
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
            for axis in 0..3 {
                for (value, frame) in series.iter_mut().zip(frames) {
                    *value = frame[atom][axis];
                }
                for (lag, product) in correlation.sums(&series).iter().enumerate() {
                    sums[species][lag] += product / (count - lag) as f64;
                }
            }
        }
        for sums in &mut sums {
            let first = sums.first().copied().unwrap_or(0.0);
            let scale = if first > 0.0 { 1.0 / first } else { 0.0 };
            for sum in sums {
                *sum *= scale;
            }
        }
        sums
    }
}
