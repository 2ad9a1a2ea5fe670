//! Thermostats and a barostat driven by noise. Each keeps what it took from the atoms, so that energy plus that is
//! conserved as far as the timestep is small (Bussi and Parrinello, Phys. Rev. E 75, 056707, 2007).

use crate::physics::numerics::Stream;

use super::super::passes::Bath;
use super::super::system::{Lost, System};

/// Stochastic rescaling of velocities (Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101, 2007, eq. A7): changes
/// the kinetic energy by one step of its exact stochastic evolution. Returns the energy given to the atoms.
pub fn rescale_velocities(
    system: &mut System,
    kt_ev: f64,
    time_fs: f64,
    dt_fs: f64,
    stream: &mut Stream,
) -> f64 {
    let before = 0.5 * system.twice_kinetic;
    if before <= 0.0 {
        return 0.0;
    }
    let freedom = system.freedom();
    let keep = (-dt_fs / time_fs).exp();
    // c (1 − c) K̄/(N_f K) and its parts.
    let share = 0.5 * kt_ev / before * (1.0 - keep);
    let first = stream.normal();
    let others = 2.0 * stream.gamma(0.5 * (freedom - 1.0));
    let square = keep + share * (first * first + others) + 2.0 * first * (keep * share).sqrt();
    let sign = if first + (keep / share).sqrt() < 0.0 {
        -1.0
    } else {
        1.0
    };
    system.scale_velocities(sign * square.max(0.0).sqrt());
    0.5 * system.twice_kinetic - before
}

/// BAOAB (Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34) up to the new positions: half a kick, half a step,
/// friction and noise over a whole one, half a step. Momentum is taken out of the noise, which leaves Maxwell's
/// distribution at rest; of a single atom nothing would be left. Returns the energy that friction and noise gave to the
/// atoms.
pub fn kick_drift_in_a_bath(
    system: &mut System,
    forces: &[[f64; 3]],
    kt_ev: f64,
    time_fs: f64,
    dt_fs: f64,
    stream: &mut Stream,
) -> Result<f64, Lost> {
    let keep = (-dt_fs / time_fs).exp();
    let noise = ((1.0 - keep * keep) * kt_ev).sqrt();
    let mut normals = std::mem::take(&mut system.normals);
    normals.resize(system.len(), [0.0; 3]);
    stream.noise(normals.as_flattened_mut());
    let mut drift = [0.0; 3];
    if system.len() > 1 {
        let (roots, _) = system.inertia.roots.as_chunks::<3>();
        let atoms = system.velocities.iter().zip(&normals);
        for ((v, normal), (mass, root)) in atoms.zip(system.masses.iter().zip(roots)) {
            for k in 0..3 {
                drift[k] += keep * mass * v[k] + noise * root[k] * normal[k];
            }
        }
        let mass: f64 = system.masses.iter().sum();
        drift = drift.map(|p| p / mass);
    }
    let bath = Bath {
        keep,
        noise,
        normals: &normals,
        drift,
    };
    let given = system.drift_in_a_bath(forces, &bath, 0.5 * dt_fs, dt_fs);
    system.normals = normals;
    given
}

/// Stochastic rescaling of the volume (Bernetti and Bussi, J. Chem. Phys. 153, 114107, 2020) in λ = √V, whose noise
/// does not depend on it:
/// `dλ = −(β λ/2 τ)(P₀ − P − kT/2V) dt + √(kT β/2 τ) dW`, which samples exp(−P₀ V/kT) together with the atoms.
#[derive(Debug, Clone, Copy)]
pub struct VolumeStep {
    pub kt_ev: f64,
    pub pressure: f64,
    pub compressibility: f64,
    pub time_fs: f64,
    pub dt_fs: f64,
}

impl VolumeStep {
    /// Deterministic rate of λ at a volume and an instantaneous pressure.
    fn rate(&self, lambda: f64, internal_pressure: f64) -> f64 {
        let volume = lambda * lambda;
        -self.compressibility * lambda / (2.0 * self.time_fs)
            * (self.pressure - internal_pressure - self.kt_ev / (2.0 * volume))
    }

    /// Half the rate of growth of λ's variance.
    fn diffusion(&self) -> f64 {
        self.kt_ev * self.compressibility / (4.0 * self.time_fs)
    }

    /// λ after a step.
    pub fn propose(&self, lambda: f64, internal_pressure: f64, stream: &mut Stream) -> f64 {
        lambda
            + self.rate(lambda, internal_pressure) * self.dt_fs
            + (2.0 * self.diffusion() * self.dt_fs).sqrt() * stream.normal()
    }

    /// What a step from λ to λ' adds to the conserved quantity beside energy: P₀ ΔV − kT Δ ln λ and kT times the
    /// logarithm of how much likelier the step is than the one back.
    pub fn work_ev(&self, before: (f64, f64), after: (f64, f64)) -> f64 {
        let (lambda, new) = (before.0, after.0);
        let change = new - lambda;
        let forth = change - self.rate(lambda, before.1) * self.dt_fs;
        let back = -change - self.rate(new, after.1) * self.dt_fs;
        let likelier = (back * back - forth * forth) / (4.0 * self.diffusion() * self.dt_fs);
        self.pressure * (new * new - lambda * lambda) - self.kt_ev * (new / lambda).ln()
            + self.kt_ev * likelier
    }
}
