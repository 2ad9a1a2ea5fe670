//! One step of motion in each ensemble. Between steps the calculator holds the evaluation of the positions at hand and
//! the system its kinetic energy.

mod chain;
mod mtk;
mod stochastic;

use serde::{Deserialize, Serialize};

use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::numerics::Stream;
use crate::physics::potential::{Calculator, PotentialError, Want};
use crate::physics::structure::CellError;

use super::matrix::trace;
use super::protocol::{Barostat, Ensemble, Thermostat};
use super::system::{Lost, System};
use chain::Chain;
use mtk::Mtk;
use stochastic::VolumeStep;

/// Largest change of the logarithm of the volume in a step.
const MOST_STRAIN: f64 = 0.1;

/// What a step is made for.
#[derive(Debug, Clone)]
pub struct Step {
    pub dt_fs: f64,
    pub kt_ev: f64,
    /// eV/Å³.
    pub pressure: f64,
    pub want: Want,
    /// Random numbers of this step alone.
    pub stream: Stream,
}

/// Why a step could not be made.
#[derive(Debug)]
pub enum StepError {
    Lost(Lost),
    Potential(PotentialError),
    Cell(CellError),
    /// By how much ln V would have changed.
    CellRuns(f64),
}

impl From<Lost> for StepError {
    fn from(lost: Lost) -> Self {
        StepError::Lost(lost)
    }
}

impl From<PotentialError> for StepError {
    fn from(error: PotentialError) -> Self {
        StepError::Potential(error)
    }
}

impl From<CellError> for StepError {
    fn from(error: CellError) -> Self {
        StepError::Cell(error)
    }
}

/// Whether a change of ln V is one that a cell survives; also not when it is no number.
fn bounded(change: f64) -> Result<(), StepError> {
    if change.abs() <= MOST_STRAIN {
        Ok(())
    } else {
        Err(StepError::CellRuns(change))
    }
}

/// What moves the atoms, with its own variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Integrator {
    Verlet,
    NoseHoover(Chain),
    Rescaling {
        time_fs: f64,
        taken_ev: f64,
    },
    Langevin {
        time_fs: f64,
        taken_ev: f64,
    },
    Mtk(Box<Mtk>),
    VolumeRescaling {
        thermostat_fs: f64,
        barostat_fs: f64,
        compressibility: f64,
        taken_ev: f64,
    },
}

impl Integrator {
    pub fn new(ensemble: &Ensemble, freedom: f64) -> Self {
        let kt_ev = ensemble.temperature_k().map_or(0.0, |ramp| ramp.mean()) * BOLTZMANN_EV_PER_K;
        match *ensemble {
            Ensemble::Nve { .. } => Integrator::Verlet,
            Ensemble::Nvt {
                thermostat,
                time_fs,
                ..
            } => match thermostat {
                Thermostat::NoseHoover => {
                    Integrator::NoseHoover(Chain::new(freedom, kt_ev, time_fs))
                }
                Thermostat::Rescaling => Integrator::Rescaling {
                    time_fs,
                    taken_ev: 0.0,
                },
                Thermostat::Langevin => Integrator::Langevin {
                    time_fs,
                    taken_ev: 0.0,
                },
            },
            Ensemble::Npt {
                thermostat_time_fs,
                barostat,
                barostat_time_fs,
                ..
            } => match barostat {
                Barostat::Mtk(cell) => Integrator::Mtk(Box::new(Mtk::new(
                    cell,
                    freedom,
                    kt_ev,
                    thermostat_time_fs,
                    barostat_time_fs,
                ))),
                Barostat::Rescaling {
                    compressibility_ang3_per_ev,
                } => Integrator::VolumeRescaling {
                    thermostat_fs: thermostat_time_fs,
                    barostat_fs: barostat_time_fs,
                    compressibility: compressibility_ang3_per_ev,
                    taken_ev: 0.0,
                },
            },
        }
    }

    /// What it adds to kinetic and potential energy to make the conserved quantity.
    pub fn energy_ev(&self) -> f64 {
        match self {
            Integrator::Verlet => 0.0,
            Integrator::NoseHoover(chain) => chain.energy_ev(),
            Integrator::Rescaling { taken_ev, .. }
            | Integrator::Langevin { taken_ev, .. }
            | Integrator::VolumeRescaling { taken_ev, .. } => *taken_ev,
            Integrator::Mtk(mtk) => mtk.energy_ev(),
        }
    }

    pub fn step(
        &mut self,
        system: &mut System,
        calculator: &mut Calculator,
        step: &mut Step,
    ) -> Result<(), StepError> {
        let dt = step.dt_fs;
        let half = 0.5 * dt;
        match self {
            Integrator::Verlet => verlet(system, calculator, step)?,
            Integrator::NoseHoover(chain) => {
                let factor = chain.advance(system.twice_kinetic, step.kt_ev, half);
                system.scale_velocities(factor);
                verlet(system, calculator, step)?;
                let factor = chain.advance(system.twice_kinetic, step.kt_ev, half);
                system.scale_velocities(factor);
            }
            Integrator::Rescaling { time_fs, taken_ev } => {
                verlet(system, calculator, step)?;
                *taken_ev -= stochastic::rescale_velocities(
                    system,
                    step.kt_ev,
                    *time_fs,
                    dt,
                    &mut step.stream,
                );
            }
            Integrator::Langevin { time_fs, taken_ev } => {
                *taken_ev -= stochastic::kick_drift_in_a_bath(
                    system,
                    &calculator.evaluation().forces,
                    step.kt_ev,
                    *time_fs,
                    dt,
                    &mut step.stream,
                )?;
                let now = calculator.evaluate(&system.cell, &system.positions, step.want)?;
                system.kick_and_measure(&now.forces, half);
            }
            Integrator::Mtk(mtk) => mtk.step(system, calculator, step)?,
            Integrator::VolumeRescaling {
                thermostat_fs,
                barostat_fs,
                compressibility,
                taken_ev,
            } => {
                let volume_step = VolumeStep {
                    kt_ev: step.kt_ev,
                    pressure: step.pressure,
                    compressibility: *compressibility,
                    time_fs: *barostat_fs,
                    dt_fs: dt,
                };
                let now = calculator.evaluation();
                let before = scalar_pressure(system, &now.virial_ev);
                let lambda = system.cell.volume_ang3().sqrt();
                let new = volume_step.propose(lambda, before, &mut step.stream);
                bounded(2.0 * (new / lambda).ln())?;
                system.kick_and_drift(&now.forces, half, half)?;
                let factor = (new / lambda).powf(2.0 / 3.0);
                system.scale(factor)?;
                system.scale_velocities(1.0 / factor);
                system.drift(half)?;
                let want = Want {
                    virial: true,
                    ..step.want
                };
                let now = calculator.evaluate(&system.cell, &system.positions, want)?;
                system.kick_and_measure(&now.forces, half);
                let after = scalar_pressure(system, &now.virial_ev);
                *taken_ev += volume_step.work_ev((lambda, before), (new, after));
                *taken_ev -= stochastic::rescale_velocities(
                    system,
                    step.kt_ev,
                    *thermostat_fs,
                    dt,
                    &mut step.stream,
                );
            }
        }
        Ok(())
    }

    /// Whether it needs the virial of the positions it starts from.
    pub fn needs_virial(&self) -> bool {
        matches!(
            self,
            Integrator::Mtk(_) | Integrator::VolumeRescaling { .. }
        )
    }
}

/// Half a kick, a step, half a kick.
fn verlet(system: &mut System, calculator: &mut Calculator, step: &Step) -> Result<(), StepError> {
    let half = 0.5 * step.dt_fs;
    system.kick_and_drift(&calculator.evaluation().forces, half, step.dt_fs)?;
    let now = calculator.evaluate(&system.cell, &system.positions, step.want)?;
    system.kick_and_measure(&now.forces, half);
    Ok(())
}

fn scalar_pressure(system: &System, virial_ev: &[[f64; 3]; 3]) -> f64 {
    (system.twice_kinetic + trace(virial_ev)) / (3.0 * system.cell.volume_ang3())
}
