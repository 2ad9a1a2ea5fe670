//! What is kept of one run: collective displacements of the species frame by frame, and the displacements of atoms.

use super::own::OwnDisplacements;
use super::{Component, TransportError};
use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, BOLTZMANN_EV_PER_K};
use crate::physics::analysis::{SeriesError, even};
use crate::physics::io::trajectory::Snapshot;

/// By species and axis, over frames.
pub type Collective = Vec<[Vec<f64>; 3]>;

/// Sums of the unwrapped positions of the atoms of each species, as a run may keep them often where it keeps positions of
/// atoms seldom or never.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CollectiveSeries {
    pub times_fs: Vec<f64>,
    /// `Σ r` by species and frame, Å.
    pub positions_ang: Vec<Vec<[f64; 3]>>,
    pub volume_ang3: f64,
}

/// Gathers one run.
pub struct Motion {
    /// From 1.
    run: usize,
    /// Species of each atom.
    of: Vec<usize>,
    /// Part of a single atom of each species in the reference point of the frame.
    reference: Vec<f64>,
    times_fs: Vec<f64>,
    /// `Σ r` in the frame of the laboratory, Å.
    pub displacements: Collective,
    /// `Σ v`, Å/fs; empty where a frame had none.
    pub fluxes: Collective,
    pub own: OwnDisplacements,
    volume_ang3: f64,
    cube: bool,
    before: Vec<[f64; 3]>,
    /// Whether each atom has stayed where it was.
    held: Vec<bool>,
    /// Sum over frames of mean squared steps of atoms.
    steps_ang2: f64,
}

/// Beyond how many times its usual length a step is no step.
const FAR: f64 = 5.0;

impl Motion {
    /// `weights` are those of the species in the reference velocity.
    pub fn new(
        run: usize,
        of: &[usize],
        species: &[Component],
        weights: &[f64],
        frames: usize,
        streamed: bool,
    ) -> Self {
        let empty = || vec![[const { Vec::new() }; 3]; species.len()];
        let each = weights.iter().zip(species);
        Motion {
            run,
            of: of.to_vec(),
            reference: each
                .map(|(weight, one)| weight / one.count as f64)
                .collect(),
            times_fs: Vec::new(),
            displacements: empty(),
            fluxes: empty(),
            own: OwnDisplacements::new(of, frames, streamed),
            volume_ang3: 0.0,
            cube: true,
            before: Vec::new(),
            held: vec![true; of.len()],
            steps_ang2: 0.0,
        }
    }

    /// Of which sums alone are known.
    pub fn of_sums(
        run: usize,
        species: &[Component],
        weights: &[f64],
        sums: &CollectiveSeries,
    ) -> Self {
        let mut motion = Motion::new(run, &[], species, weights, 0, false);
        motion.own = OwnDisplacements::None;
        motion.cube = false;
        motion.fluxes.clear();
        motion.times_fs.clone_from(&sums.times_fs);
        motion.volume_ang3 = sums.volume_ang3 * sums.times_fs.len() as f64;
        let each = sums.positions_ang.iter();
        motion.displacements = each
            .map(|all| std::array::from_fn(|axis| all.iter().map(|sum| sum[axis]).collect()))
            .collect();
        motion
    }

    /// Adds a frame with its unwrapped positions.
    pub fn add(&mut self, frame: &Snapshot) -> Result<(), TransportError> {
        let time_fs = frame
            .time_fs
            .ok_or(TransportError::NoTimes { run: self.run })?;
        let (volume, heights) = (frame.cell.volume_ang3(), frame.cell.heights_ang());
        let edge = volume.cbrt();
        let all = heights.into_iter().chain(frame.cell.lengths_ang());
        self.cube &= all
            .into_iter()
            .all(|length| (length - edge).abs() < 1e-4 * edge);
        let furthest = 0.5 * heights.into_iter().fold(f64::INFINITY, f64::min);
        if frame.unwrapped_ang.len() != self.of.len() {
            return Err(TransportError::NotFollowed {
                run: self.run,
                why: "a frame has no unwrapped positions".into(),
            });
        }
        self.add_positions(time_fs, &frame.unwrapped_ang, volume, furthest)?;
        let velocities = &frame.velocities_ang_per_fs;
        if velocities.is_empty() {
            self.fluxes.clear();
        } else if !self.fluxes.is_empty() {
            push_sums(&mut self.fluxes, &self.of, velocities);
        }
        Ok(())
    }

    fn add_positions(
        &mut self,
        time_fs: f64,
        positions_ang: &[[f64; 3]],
        volume_ang3: f64,
        furthest_ang: f64,
    ) -> Result<(), TransportError> {
        self.look_for_jumps(positions_ang, furthest_ang)?;
        self.times_fs.push(time_fs);
        self.volume_ang3 += volume_ang3;
        push_sums(&mut self.displacements, &self.of, positions_ang);
        let last = self.times_fs.len() - 1;
        let reference = std::array::from_fn(|axis| {
            let each = self.displacements.iter().zip(&self.reference);
            each.map(|(sums, part)| part * sums[axis][last]).sum()
        });
        self.own.add(positions_ang, reference);
        Ok(())
    }

    /// An atom that suddenly is elsewhere is another atom, or was put back into the cell.
    fn look_for_jumps(
        &mut self,
        positions_ang: &[[f64; 3]],
        furthest_ang: f64,
    ) -> Result<(), TransportError> {
        if !self.before.is_empty() {
            let (mut sum, mut longest) = (0.0, (0, 0.0));
            for (atom, (new, old)) in positions_ang.iter().zip(&self.before).enumerate() {
                let step: f64 = (0..3).map(|k| (new[k] - old[k]).powi(2)).sum();
                sum += step;
                self.held[atom] &= step == 0.0;
                if step > longest.1 {
                    longest = (atom, step);
                }
            }
            let mean = sum / positions_ang.len() as f64;
            let steps = self.times_fs.len() - 1;
            let usual = if steps == 0 {
                mean
            } else {
                self.steps_ang2 / steps as f64
            };
            if longest.1 > furthest_ang.powi(2) && longest.1 > FAR * FAR * usual {
                return Err(TransportError::Jump {
                    run: self.run,
                    frame: self.times_fs.len() + 1,
                    atom: longest.0 + 1,
                    moved_ang: longest.1.sqrt(),
                });
            }
            self.steps_ang2 += mean;
        }
        self.before.clear();
        self.before.extend_from_slice(positions_ang);
        Ok(())
    }

    /// Whether some atoms never moved at all.
    pub fn holds_atoms(&self) -> bool {
        self.held.iter().any(|held| *held)
    }

    pub fn mean_volume_ang3(&self) -> f64 {
        self.volume_ang3 / self.times_fs.len().max(1) as f64
    }

    /// Edge of the mean cell, if it was a cube in every frame.
    pub fn cube_edge_ang(&self) -> Option<f64> {
        self.cube.then(|| self.mean_volume_ang3().cbrt())
    }

    /// Time between frames, and how many there are with that time between them.
    pub fn even(&self) -> Result<(f64, usize), TransportError> {
        even(&self.times_fs).map_err(|error: SeriesError| TransportError::Times {
            run: self.run,
            error,
        })
    }

    /// The way of the reference point from the first frame to the last, Å.
    pub fn drift_ang(&self) -> [f64; 3] {
        std::array::from_fn(|axis| {
            let each = self.displacements.iter().zip(&self.reference);
            each.map(|(sums, part)| {
                let series = &sums[axis];
                part * (series[series.len() - 1] - series[0])
            })
            .sum()
        })
    }

    /// Where momentum is conserved, the centre of mass keeps to a straight line. Under a thermostat that takes and gives
    /// momentum it moves as fast as heat lets it: `⟨v²⟩ = 3 kT / M`, or less if the friction is strong. Motion across the
    /// mean drift alone is looked at, for other thermostats may change the speed of a drift.
    pub fn conserves_momentum(
        &self,
        species: &[Component],
        temperature_k: f64,
    ) -> Result<(), TransportError> {
        let total_u: f64 = species.iter().map(Component::total_mass_u).sum();
        let frames = self.times_fs.len();
        let centre: [Vec<f64>; 3] = std::array::from_fn(|axis| {
            let at = |frame: usize| {
                let each = self.displacements.iter().zip(species);
                each.map(|(sums, one)| one.mass_u * sums[axis][frame])
                    .sum::<f64>()
                    / total_u
            };
            (0..frames).map(at).collect()
        });
        let way: [f64; 3] = std::array::from_fn(|axis| centre[axis][frames - 1] - centre[axis][0]);
        let length = way.iter().map(|x| x * x).sum::<f64>().sqrt();
        let along = if length > 0.0 {
            way.map(|x| x / length)
        } else {
            [0.0; 3]
        };
        let lag = (frames / 50).max(1);
        let (mut across, mut count) = (0.0, 0);
        for frame in (lag..frames).step_by(lag) {
            let step: [f64; 3] =
                std::array::from_fn(|axis| centre[axis][frame] - centre[axis][frame - lag]);
            let parallel: f64 = (0..3).map(|axis| step[axis] * along[axis]).sum();
            across += step.iter().map(|x| x * x).sum::<f64>() - parallel * parallel;
            count += 1;
        }
        let across = across.max(0.0) / f64::from(count.max(1));
        let over_fs =
            lag as f64 * (self.times_fs[frames - 1] - self.times_fs[0]) / (frames - 1) as f64;
        let thermal = 2.0 * BOLTZMANN_EV_PER_K * temperature_k
            / (total_u * ATOMIC_MASS_EV_FS2_PER_ANG2)
            * over_fs
            * over_fs;
        if across > LEAST_ANG * LEAST_ANG && across > LEAST_THERMAL * thermal {
            if self.holds_atoms() {
                return Err(TransportError::Held { run: self.run });
            }
            return Err(TransportError::MomentumNotConserved {
                run: self.run,
                moved_ang: across.sqrt(),
                over_fs,
            });
        }
        Ok(())
    }
}

/// Motion of the centre of mass below this is rounding, and below this part of thermal motion none.
const LEAST_ANG: f64 = 1e-3;
const LEAST_THERMAL: f64 = 1e-3;

fn push_sums(into: &mut Collective, of: &[usize], vectors: &[[f64; 3]]) {
    for sums in into.iter_mut().flatten() {
        sums.push(0.0);
    }
    for (own, vector) in of.iter().zip(vectors) {
        for (series, x) in into[*own].iter_mut().zip(vector) {
            if let Some(sum) = series.last_mut() {
                *sum += x;
            }
        }
    }
}
