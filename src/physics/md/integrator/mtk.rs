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
use super::super::system::{Kinetic, System, most_component};
use super::chain::Chain;
use super::{Step, StepError};
use crate::physics::numerics::simd::{Kernel, Level, Vector, dispatch};
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
    /// Kinetic energy at the end of the step before, as a tensor: none moves the atoms in between but this.
    #[serde(skip)]
    kinetic: Option<Matrix>,
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
            kinetic: None,
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
    fn friction(&self, system: &System, time_fs: f64) -> [Matrix; 2] {
        let friction = sum(&self.rate, &diagonal(trace(&self.rate) / system.freedom()));
        let keep = |a: f64| (-a * time_fs).exp();
        let gain = |a: f64| time_fs * (-0.5 * a * time_fs).exp() * sinhc(0.5 * a * time_fs);
        of_symmetric(&friction, [&keep, &gain])
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
        let [keep, gain] = self.friction(system, kick_fs);
        let keep = scaled(&keep, factor);
        let stretch = |a: f64| (a * drift_fs).exp();
        let reach = |a: f64| drift_fs * (0.5 * a * drift_fs).exp() * sinhc(0.5 * a * drift_fs);
        let [stretch, reach] = of_symmetric(&self.rate, [&stretch, &reach]);
        system.cell = system.cell.transformed(&stretch)?;
        let centre = system.centre;
        // The centre stays where it is: r' = r S + (c − c S) + v R.
        let shift = times(centre, &stretch);
        let shift: [f64; 3] = std::array::from_fn(|k| centre[k] - shift[k]);
        let most = most_component(drift_fs);
        let fine = dispatch(
            Level::detect(),
            KickAndDrift {
                system,
                forces,
                matrices: [keep, gain, stretch, reach],
                shift,
                most,
            },
        );
        system.unless_lost(fine, drift_fs)?;
        Ok(())
    }

    /// A kick, after which the kinetic energy is measured: as a tensor, Σ m v ⊗ v.
    fn kick(&self, system: &mut System, forces: &[[f64; 3]], time_fs: f64) -> Matrix {
        let matrices = self.friction(system, time_fs);
        let kinetic = dispatch(
            Level::detect(),
            Kick {
                system,
                forces,
                matrices,
            },
        );
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
        let kinetic = self.kinetic.take();
        let kinetic = kinetic.unwrap_or_else(|| system.kinetic_tensor());
        let kinetic = scaled(&kinetic, factor * factor);
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
        self.kinetic = Some(system.scale_and_measure(factor));
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

// Loops over atoms, compiled for the instructions at hand.

struct KickAndDrift<'a> {
    system: &'a mut System,
    forces: &'a [[f64; 3]],
    /// What velocities keep, what forces give, what positions keep, what velocities give.
    matrices: [Matrix; 4],
    shift: [f64; 3],
    most: f64,
}

impl Kernel for KickAndDrift<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Vector>(self) -> bool {
        let [keep, gain, stretch, reach] = self.matrices;
        let (inverses, _) = self.system.inertia.inverses.as_chunks::<3>();
        let mut fine = true;
        let atoms = self
            .system
            .positions
            .iter_mut()
            .zip(&mut self.system.velocities);
        for ((r, v), (f, inverse)) in atoms.zip(self.forces.iter().zip(inverses)) {
            let (kept, gained) = (times(*v, &keep), times(*f, &gain));
            let now = [0, 1, 2].map(|k| kept[k] + gained[k] * inverse[k]);
            let (kept, gained) = (times(*r, &stretch), times(now, &reach));
            fine &= now.map(|x| x.abs() <= self.most) == [true; 3];
            *r = [0, 1, 2].map(|k| self.shift[k] + kept[k] + gained[k]);
            *v = now;
        }
        fine
    }
}

struct Kick<'a> {
    system: &'a mut System,
    forces: &'a [[f64; 3]],
    matrices: [Matrix; 2],
}

impl Kernel for Kick<'_> {
    type Output = Matrix;

    #[inline(always)]
    fn run<V: Vector>(self) -> Matrix {
        let [keep, gain] = self.matrices;
        let (inverses, _) = self.system.inertia.inverses.as_chunks::<3>();
        let mut kinetic = Kinetic::default();
        let atoms = self.system.velocities.iter_mut().zip(self.forces);
        for ((v, f), (inverse, mass)) in atoms.zip(inverses.iter().zip(&self.system.masses)) {
            let (kept, gained) = (times(*v, &keep), times(*f, &gain));
            let now = [0, 1, 2].map(|k| kept[k] + gained[k] * inverse[k]);
            kinetic.add(*mass, &now);
            *v = now;
        }
        kinetic.tensor()
    }
}
