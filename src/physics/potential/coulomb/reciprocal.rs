//! The waves of the Ewald sum, atom by atom.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::physics::potential::{Bound, Evaluation, PotentialError, Want};
use crate::physics::structure::{Cell, Neighbours};

/// `E = (2 π k/V) Σ_{k ≠ 0} e^(−k²/4α²)/k² |S(k)|²` with `S(k) = Σ q e^(i k·r)`, over `k < 2 α exponent`.
pub struct Waves {
    charges_e: Vec<f64>,
    coulomb_ev_ang: f64,
    alpha_per_ang: f64,
    exponent: f64,
}

/// A wave of the half space, with the derivative of the energy by |S|², times two for its opposite.
struct Wave {
    index: [i32; 3],
    k: [f64; 3],
    weight: f64,
}

impl Waves {
    pub fn new(
        charges_e: Vec<f64>,
        coulomb_ev_ang: f64,
        alpha_per_ang: f64,
        exponent: f64,
    ) -> Self {
        // The waves left out make a somewhat greater error than the pairs left out at the same exponent.
        let exponent = exponent + 0.5;
        Waves {
            charges_e,
            coulomb_ev_ang,
            alpha_per_ang,
            exponent,
        }
    }

    fn waves(&self, cell: &Cell) -> Vec<Wave> {
        let furthest = 2.0 * self.alpha_per_ang * self.exponent;
        let rows = cell.rows_ang();
        let inverse = cell.inverse();
        let scale = 4.0 * PI * self.coulomb_ev_ang / cell.volume_ang3();
        // |n| ≤ |k| |a|/2π
        let most = rows.map(|row| {
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            (furthest * length / (2.0 * PI)).floor() as i32
        });
        let mut waves = Vec::new();
        for a in 0..=most[0] {
            for b in -most[1]..=most[1] {
                for c in -most[2]..=most[2] {
                    if (a, b, c) <= (0, 0, 0) {
                        continue;
                    }
                    let index = [a, b, c];
                    let k: [f64; 3] = std::array::from_fn(|axis| {
                        2.0 * PI
                            * (0..3)
                                .map(|n| f64::from(index[n]) * inverse[axis][n])
                                .sum::<f64>()
                    });
                    let k2 = k.iter().map(|x| x * x).sum::<f64>();
                    if k2 < furthest * furthest {
                        let weight = scale * (-k2 / (4.0 * self.alpha_per_ang.powi(2))).exp() / k2;
                        waves.push(Wave { index, k, weight });
                    }
                }
            }
        }
        waves
    }
}

/// Waves that a task sums; part of the order of sums.
const BATCH: usize = 32;

impl Bound for Waves {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let waves = self.waves(cell);
        let fractional: Vec<_> = positions_ang
            .iter()
            .map(|p| cell.to_fractional(*p))
            .collect();
        struct Part {
            forces: Vec<[f64; 3]>,
            energies: Vec<f64>,
            virial: [[f64; 3]; 3],
        }
        let parts: Vec<Part> = waves
            .par_chunks(BATCH)
            .map(|waves| {
                let count = positions_ang.len();
                let mut part = Part {
                    forces: vec![[0.0; 3]; count],
                    energies: vec![0.0; count],
                    virial: [[0.0; 3]; 3],
                };
                let mut phases = vec![[0.0; 2]; count];
                for wave in waves {
                    let mut sum = [0.0; 2];
                    for ((phase, f), q) in phases.iter_mut().zip(&fractional).zip(&self.charges_e) {
                        let turns: f64 = (0..3).map(|n| f64::from(wave.index[n]) * f[n]).sum();
                        let (sine, cosine) = (2.0 * PI * (turns - turns.round())).sin_cos();
                        *phase = [q * cosine, q * sine];
                        sum[0] += phase[0];
                        sum[1] += phase[1];
                    }
                    for (k, [cosine, sine]) in phases.iter().enumerate() {
                        part.energies[k] += wave.weight * (cosine * sum[0] + sine * sum[1]);
                        let pull = 2.0 * wave.weight * (sine * sum[0] - cosine * sum[1]);
                        for axis in 0..3 {
                            part.forces[k][axis] += pull * wave.k[axis];
                        }
                    }
                    let energy = wave.weight * (sum[0] * sum[0] + sum[1] * sum[1]);
                    let k2 = wave.k.iter().map(|x| x * x).sum::<f64>();
                    let fall = 2.0 / k2 + 0.5 / self.alpha_per_ang.powi(2);
                    for i in 0..3 {
                        part.virial[i][i] += energy;
                        for j in 0..3 {
                            part.virial[i][j] -= energy * fall * wave.k[i] * wave.k[j];
                        }
                    }
                }
                part
            })
            .collect();
        let count = positions_ang.len();
        out.forces.clear();
        out.forces.resize(count, [0.0; 3]);
        let mut energies = vec![0.0; count];
        let mut virial = [[0.0; 3]; 3];
        for part in parts {
            for (sum, energy) in energies.iter_mut().zip(part.energies) {
                *sum += energy;
            }
            let sums = out.forces.as_flattened_mut().iter_mut();
            for (sum, force) in sums.zip(part.forces.as_flattened()) {
                *sum += force;
            }
            let sums = virial.as_flattened_mut().iter_mut();
            for (sum, part) in sums.zip(part.virial.as_flattened()) {
                *sum += part;
            }
        }
        if want.energy || want.energies {
            out.energy_ev = energies.iter().sum();
        }
        if want.energies {
            out.energies_ev = energies;
        }
        if want.virial {
            out.virial_ev = virial;
        }
        Ok(())
    }
}
