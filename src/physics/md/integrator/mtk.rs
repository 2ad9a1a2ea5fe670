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
use super::super::system::System;
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

    /// What the pressure and the kinetic energy do to the rate of strain over `time_fs`.
    fn push(&mut self, system: &System, virial: &Matrix, pressure: f64, time_fs: f64) {
        let inner = sum(&system.kinetic_tensor(), virial);
        let rest = system.twice_kinetic / system.freedom() - pressure * system.cell.volume_ang3();
        let force = self.allowed(&sum(&inner, &diagonal(rest)));
        self.rate = sum(&self.rate, &scaled(&force, time_fs / self.mass));
    }

    /// Kick under friction: `v̇ = F/m − (v_g + tr v_g/N_f) v` over `time_fs`.
    fn kick(&self, system: &mut System, forces: &[[f64; 3]], time_fs: f64) {
        let friction = sum(&self.rate, &diagonal(trace(&self.rate) / system.freedom()));
        let keep = of_symmetric(&friction, |a| (-a * time_fs).exp());
        let gain = of_symmetric(&friction, |a| {
            time_fs * (-0.5 * a * time_fs).exp() * sinhc(0.5 * a * time_fs)
        });
        for ((v, f), mass) in system.velocities.iter_mut().zip(forces).zip(&system.masses) {
            let (kept, gained) = (times(*v, &keep), times(*f, &gain));
            *v = std::array::from_fn(|k| kept[k] + gained[k] / mass);
        }
        system.measure_kinetic();
    }

    /// `ṙ = v + v_g (r − centre)`, `ḣ = h v_g` over a step.
    fn drift(&self, system: &mut System, time_fs: f64) -> Result<(), StepError> {
        system.check_speeds(time_fs)?;
        let stretch = of_symmetric(&self.rate, |a| (a * time_fs).exp());
        let gain = of_symmetric(&self.rate, |a| {
            time_fs * (0.5 * a * time_fs).exp() * sinhc(0.5 * a * time_fs)
        });
        system.cell = system.cell.transformed(&stretch)?;
        let centre = system.centre;
        for (r, v) in system.positions.iter_mut().zip(&system.velocities) {
            let from = std::array::from_fn(|k| r[k] - centre[k]);
            let (kept, gained) = (times(from, &stretch), times(*v, &gain));
            *r = std::array::from_fn(|k| centre[k] + kept[k] + gained[k]);
        }
        Ok(())
    }

    fn thermostat_cell(&mut self, kt_ev: f64, time_fs: f64) {
        let factor = self
            .barostat
            .advance(self.mass * squares(&self.rate), kt_ev, time_fs);
        self.rate = scaled(&self.rate, factor);
    }

    fn thermostat_particles(&mut self, system: &mut System, kt_ev: f64, time_fs: f64) {
        let factor = self.particles.advance(system.twice_kinetic, kt_ev, time_fs);
        system.scale_velocities(factor);
    }

    pub fn step(
        &mut self,
        system: &mut System,
        calculator: &mut Calculator,
        step: &Step,
    ) -> Result<(), StepError> {
        let half = 0.5 * step.dt_fs;
        self.thermostat_cell(step.kt_ev, half);
        self.thermostat_particles(system, step.kt_ev, half);
        let now = calculator.evaluation();
        self.push(system, &now.virial_ev, step.pressure, half);
        self.kick(system, &now.forces, half);
        let before = system.cell.volume_ang3();
        super::bounded(trace(&self.rate) * step.dt_fs)?;
        self.drift(system, step.dt_fs)?;
        self.work_ev += step.pressure * (system.cell.volume_ang3() - before);
        let want = Want {
            virial: true,
            ..step.want
        };
        let now = calculator.evaluate(&system.cell, &system.positions, want)?;
        self.kick(system, &now.forces, half);
        self.push(system, &now.virial_ev, step.pressure, half);
        self.thermostat_particles(system, step.kt_ev, half);
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
