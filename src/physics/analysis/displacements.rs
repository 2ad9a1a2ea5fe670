//! Mean squared displacements over all origins.

use realfft::RealFftPlanner;

use super::Species;

/// Collects unwrapped positions: 24 bytes for each atom and frame.
pub struct Displacements {
    species: Species,
    masses_u: Vec<f64>,
    frames: Vec<Vec<[f64; 3]>>,
    times_fs: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DisplacementError {
    #[error("displacements need at least two frames")]
    TooFew,
    #[error("frame {frame} comes {interval_fs} fs after the one before, the others {usual_fs} fs")]
    Uneven {
        frame: usize,
        interval_fs: f64,
        usual_fs: f64,
    },
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
    pub fn mean_squared(&self) -> Result<(f64, Vec<Vec<f64>>), DisplacementError> {
        let frames = self.frames.len();
        if frames < 2 {
            return Err(DisplacementError::TooFew);
        }
        let usual = (self.times_fs[frames - 1] - self.times_fs[0]) / (frames - 1) as f64;
        for frame in 1..frames {
            let interval = self.times_fs[frame] - self.times_fs[frame - 1];
            if (interval - usual).abs() > 1e-6 * usual.abs() || usual <= 0.0 {
                return Err(DisplacementError::Uneven {
                    frame: frame + 1,
                    interval_fs: interval,
                    usual_fs: usual,
                });
            }
        }
        let length = (2 * frames).next_power_of_two();
        let mut planner = RealFftPlanner::<f64>::new();
        let (forward, backward) = (
            planner.plan_fft_forward(length),
            planner.plan_fft_inverse(length),
        );
        let mut series = forward.make_input_vec();
        let mut spectrum = forward.make_output_vec();
        let mut sums = vec![vec![0.0; frames]; self.species.elements.len()];
        for (atom, &species) in self.species.of.iter().enumerate() {
            let sums = &mut sums[species];
            for axis in 0..3 {
                let value = |frame: usize| self.frames[frame][atom][axis];
                // About its mean, so that few digits cancel.
                let mean = (0..frames).map(value).sum::<f64>() / frames as f64;
                series.fill(0.0);
                for (frame, slot) in series[..frames].iter_mut().enumerate() {
                    *slot = value(frame) - mean;
                }
                let squares: Vec<f64> = series[..frames].iter().map(|x| x * x).collect();
                // The lengths are the planner's own.
                if forward.process(&mut series, &mut spectrum).is_err() {
                    continue;
                }
                for one in &mut spectrum {
                    *one = (one.norm_sqr()).into();
                }
                if backward.process(&mut spectrum, &mut series).is_err() {
                    continue;
                }
                // Σ (x_k+m² + x_k²) by taking off the ends, less twice the correlation.
                let mut both = 2.0 * squares.iter().sum::<f64>();
                for lag in 1..frames {
                    both -= squares[lag - 1] + squares[frames - lag];
                    let correlation = series[lag] / length as f64;
                    sums[lag] += (both - 2.0 * correlation) / (frames - lag) as f64;
                }
            }
        }
        for (sums, count) in sums.iter_mut().zip(&self.species.counts) {
            for sum in sums {
                *sum /= *count as f64;
            }
        }
        Ok((usual, sums))
    }
}
