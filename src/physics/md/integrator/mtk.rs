//! Constant pressure by Martyna, Tobias and Klein (J. Chem. Phys. 101, 4177, 1994), integrated as by Martyna et al.,
//! Mol. Phys. 87, 1117 (1996) and Tuckerman et al., J. Phys. A 39, 5629 (2006).
//!
//! The rate of strain is a symmetric matrix: the cell cannot rotate, and the three freedoms of the cell are one
//! code, restricted to multiples of the identity or to diagonal matrices.

use serde::{Deserialize, Serialize};

use super::super::matrix::{
    Matrix, diagonal, of_symmetric, scaled, sinhc, squares, sum, symmetric, times, trace,
};
use super::super::protocol::Freedom;
use super::super::system::{System, most_component};
use super::chain::Chain;
use super::{Step, StepError};
use crate::physics::potential::{Calculator, Want};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mtk {
    freedom: Freedom,
    /// W_g = (N_f + 3) kT τ²/3, eV fs².
    mass: f64,
    /// v_g, 1/fs.
    rate: Matrix,
    particles: Chain,
    barostat: Chain,
    /// Σ P dV, eV.
    work_ev: f64,
}

impl Mtk {
    pub fn new(
        freedom: Freedom,
        particles: f64,
        kt_ev: f64,
        thermostat_fs: f64,
        barostat_fs: f64,
    ) -> Self {
        let strains = match freedom {
            Freedom::Isotropic => 1.0,
            Freedom::Anisotropic => 3.0,
            Freedom::Full => 6.0,
        };
        Mtk {
            freedom,
            mass: (particles + 3.0) * kt_ev * barostat_fs * barostat_fs / 3.0,
            rate: [[0.0; 3]; 3],
            particles: Chain::new(particles, kt_ev, thermostat_fs),
            barostat: Chain::new(strains, kt_ev, barostat_fs),
            work_ev: 0.0,
        }
    }

    fn allowed(&self, matrix: &Matrix) -> Matrix {
        match self.freedom {
            Freedom::Isotropic => diagonal(trace(matrix) / 3.0),
            Freedom::Anisotropic => std::array::from_fn(|i| {
                std::array::from_fn(|j| if i == j { matrix[i][j] } else { 0.0 })
            }),
            Freedom::Full => symmetric(matrix),
        }
    }

    /// What the pressure and the kinetic energy, as a tensor, do to the rate of strain over `time_fs`.
    fn push(
        &mut self,
        system: &System,
        kinetic: &Matrix,
        virial: &Matrix,
        pressure: f64,
        time_fs: f64,
    ) {
        let inner = sum(kinetic, virial);
        let rest = trace(kinetic) / system.freedom() - pressure * system.cell.volume_ang3();
        let force = self.allowed(&sum(&inner, &diagonal(rest)));
        self.rate = sum(&self.rate, &scaled(&force, time_fs / self.mass));
    }

    /// What velocities keep and what forces give in a kick under friction, `v̇ = F/m − (v_g + tr v_g/N_f) v` over
    /// `time_fs`.
    fn friction(&self, system: &System, time_fs: f64) -> (Matrix, Matrix) {
        let friction = sum(&self.rate, &diagonal(trace(&self.rate) / system.freedom()));
        let keep = of_symmetric(&friction, |a| (-a * time_fs).exp());
        let gain = of_symmetric(&friction, |a| {
            time_fs * (-0.5 * a * time_fs).exp() * sinhc(0.5 * a * time_fs)
        });
        (keep, gain)
    }

    /// A kick of `kick_fs` of velocities that are to be scaled by `factor` first, then a step of
    /// `ṙ = v + v_g (r − centre)`, `ḣ = h v_g` over `drift_fs`.
    fn kick_and_drift(
        &self,
        system: &mut System,
        forces: &[[f64; 3]],
        factor: f64,
        kick_fs: f64,
        drift_fs: f64,
    ) -> Result<(), StepError> {
        let (keep, gain) = self.friction(system, kick_fs);
        let keep = scaled(&keep, factor);
        let stretch = of_symmetric(&self.rate, |a| (a * drift_fs).exp());
        let reach = of_symmetric(&self.rate, |a| {
            drift_fs * (0.5 * a * drift_fs).exp() * sinhc(0.5 * a * drift_fs)
        });
        system.cell = system.cell.transformed(&stretch)?;
        let centre = system.centre;
        // The centre stays where it is: r' = r S + (c − c S) + v R.
        let shift = times(centre, &stretch);
        let shift: [f64; 3] = std::array::from_fn(|k| centre[k] - shift[k]);
        let most = most_component(drift_fs);
        let mut fine = true;
        let (inverses, _) = system.inertia.inverses.as_chunks::<3>();
        let atoms = system.positions.iter_mut().zip(&mut system.velocities);
        for ((r, v), (f, inverse)) in atoms.zip(forces.iter().zip(inverses)) {
            let (kept, gained) = (times(*v, &keep), times(*f, &gain));
            let now = std::array::from_fn(|k| kept[k] + gained[k] * inverse[k]);
            let (kept, gained) = (times(*r, &stretch), times(now, &reach));
            fine &= now.iter().all(|x| x.abs() <= most);
            *r = std::array::from_fn(|k| shift[k] + kept[k] + gained[k]);
            *v = now;
        }
        system.unless_lost(fine, drift_fs)?;
        Ok(())
    }

    /// A kick, after which the kinetic energy is measured: as a tensor, Σ m v ⊗ v.
    fn kick(&self, system: &mut System, forces: &[[f64; 3]], time_fs: f64) -> Matrix {
        let (keep, gain) = self.friction(system, time_fs);
        let (inverses, _) = system.inertia.inverses.as_chunks::<3>();
        let atoms = system.velocities.iter_mut().zip(forces);
        for ((v, f), inverse) in atoms.zip(inverses) {
            let (kept, gained) = (times(*v, &keep), times(*f, &gain));
            *v = std::array::from_fn(|k| kept[k] + gained[k] * inverse[k]);
        }
        let kinetic = system.kinetic_tensor();
        system.twice_kinetic = trace(&kinetic);
        kinetic
    }

    fn thermostat_cell(&mut self, kt_ev: f64, time_fs: f64) {
        let factor = self
            .barostat
            .advance(self.mass * squares(&self.rate), kt_ev, time_fs);
        self.rate = scaled(&self.rate, factor);
    }

    pub fn step(
        &mut self,
        system: &mut System,
        calculator: &mut Calculator,
        step: &Step,
    ) -> Result<(), StepError> {
        let half = 0.5 * step.dt_fs;
        self.thermostat_cell(step.kt_ev, half);
        let factor = self
            .particles
            .advance(system.twice_kinetic, step.kt_ev, half);
        let kinetic = scaled(&system.kinetic_tensor(), factor * factor);
        let now = calculator.evaluation();
        self.push(system, &kinetic, &now.virial_ev, step.pressure, half);
        let before = system.cell.volume_ang3();
        super::bounded(trace(&self.rate) * step.dt_fs)?;
        self.kick_and_drift(system, &now.forces, factor, half, step.dt_fs)?;
        self.work_ev += step.pressure * (system.cell.volume_ang3() - before);
        let want = Want {
            virial: true,
            ..step.want
        };
        let now = calculator.evaluate(&system.cell, &system.positions, want)?;
        let kinetic = self.kick(system, &now.forces, half);
        self.push(system, &kinetic, &now.virial_ev, step.pressure, half);
        let factor = self
            .particles
            .advance(system.twice_kinetic, step.kt_ev, half);
        system.scale_velocities(factor);
        self.thermostat_cell(step.kt_ev, half);
        Ok(())
    }

    /// What barostat and chains add to the conserved quantity.
    pub fn energy_ev(&self) -> f64 {
        0.5 * self.mass * squares(&self.rate)
            + self.work_ev
            + self.particles.energy_ev()
            + self.barostat.energy_ev()
    }
}
