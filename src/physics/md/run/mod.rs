//! Takes atoms through a protocol.

mod rhythm;
mod saved;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::base::constants::{ATOMIC_MASS_KG, BOLTZMANN_EV_PER_K};
use crate::physics::analysis::{Look, Observation};
use crate::physics::host::Host;
use crate::physics::numerics::Stream;
use crate::physics::potential::{Calculator, Potential, Want};
use crate::physics::structure::{Cell, Structure};

use super::course::{Course, Grade};
use super::guard::{Alarm, Guard};
use super::integrator::{Integrator, Step, StepError};
use super::log::{Log, Row};
use super::minimize::relax;
use super::protocol::{Condition, Dynamics, Ensemble, Minimize, Protocol, Segment};
use super::system::System;
use super::trajectory::Writer;
use super::{Frame, MdError, Trajectory};
use rhythm::Rhythm;
use saved::Origin;

/// Names of what [`run`] keeps in its directory.
pub mod files {
    pub const TRAJECTORY: &str = "trajectory";
    pub const LOG: &str = "thermo.csv";
    pub const CHECKPOINT: &str = "checkpoint";
}

/// How often the host is asked; in tests after every step, so that a run can be stopped at any.
const HOST_EVERY: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 20 });
/// Steps between looks for atoms that have left the home cell, under a barostat.
const WRAP_EVERY: u64 = 50;

/// A cell that has lost its shape: its least height against the edge of a cube has shrunk by this factor.
const FLATTER: f64 = 2.0;

/// Of the random streams of velocities.
const VELOCITIES: u64 = 1;

/// Everything there is to know.
const ALL: Want = Want {
    energy: true,
    energies: false,
    virial: true,
    grades: false,
};

/// Says whether a segment that waits for [`Condition::Judged`] has what it waits for.
pub trait Judge {
    /// `trajectory` holds all frames so far, those of `segment` (of the protocol, from 0) last.
    fn settled(&self, trajectory: &mut Trajectory, segment: usize) -> Result<bool, MdError>;
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The last positions, not unwrapped, in the last cell.
    pub structure: Structure,
    /// Å/fs; at rest after a minimisation.
    pub velocities: Vec<[f64; 3]>,
    /// Steps of dynamics in all.
    pub steps: u64,
    pub segments: Vec<SegmentSummary>,
    /// Of the last segment that looked at its atoms.
    pub observation: Option<Observation>,
    pub trajectory: PathBuf,
    pub log: PathBuf,
}

/// What came of a segment. Means are over its second half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentSummary {
    /// Steps of dynamics, or evaluations of a minimisation.
    pub steps: u64,
    pub ended: Ended,
    pub temperature_k: f64,
    pub potential_ev: f64,
    pub pressure_ev_per_ang3: f64,
    /// xx, yy, zz, yz, xz, xy; compression positive. None where atoms did not move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure_tensor: Option<[f64; 6]>,
    pub volume_ang3: f64,
    pub density_g_per_cm3: f64,
    /// Of the conserved quantity, kT per atom and ps.
    pub drift: f64,
    /// The largest extrapolation grade, where a condition looked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
}

/// How a segment came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// All of its duration was run; it waited for nothing.
    Duration,
    /// What it waited for came.
    Condition,
    /// What it waited for did not come within its duration.
    Unmet,
    /// A minimum was found.
    Minimum,
    /// No minimum was found in the steps allowed.
    MostSteps,
    Rescaled,
    /// The mean volume was too far from the one before the segment, which was restored.
    Restored,
}

/// Runs a protocol in `directory`, from the checkpoint there if there is one. The seed decides all random numbers.
///
/// # Errors
/// What was computed before an error stays in the directory and can be read.
pub fn run(
    start: &Structure,
    potential: &dyn Potential,
    protocol: &Protocol,
    seed: [u8; 32],
    directory: &Path,
    host: &dyn Host,
) -> Result<Summary, MdError> {
    run_judged(start, potential, protocol, seed, directory, host, None)
}

/// As [`run`], with somebody to ask whether a segment may end.
pub fn run_judged(
    start: &Structure,
    potential: &dyn Potential,
    protocol: &Protocol,
    seed: [u8; 32],
    directory: &Path,
    host: &dyn Host,
    judge: Option<&dyn Judge>,
) -> Result<Summary, MdError> {
    protocol.check()?;
    if start.is_empty() {
        return Err(MdError::NoAtoms);
    }
    if protocol.needs_grades() && !potential.has_grades() {
        return Err(MdError::NoGrade);
    }
    if protocol.observes() {
        // So that what cannot be looked at is told before anything has moved.
        Observation::new(&protocol.observe, &start.elements, protocol.timestep_fs)
            .map_err(MdError::Observation)?;
    }
    std::fs::create_dir_all(directory).map_err(MdError::file(directory))?;
    let mut runner = Runner::new(start, potential, protocol, seed, directory, host, judge)?;
    match runner.go() {
        Ok(()) => Ok(runner.summary()),
        Err(error) => {
            if matches!(error, MdError::Cancelled) {
                runner.save()?;
            }
            // What is there can be read, even if it is not the end.
            runner.close()?;
            Err(error)
        }
    }
}

struct Runner<'a> {
    protocol: &'a Protocol,
    directory: &'a Path,
    host: &'a dyn Host,
    judge: Option<&'a dyn Judge>,
    origin: Origin,
    stream: Stream,
    system: System,
    calculator: Calculator,
    /// Steps of dynamics since the start.
    step: u64,
    /// Of the longest course the protocol allows.
    total: u64,
    /// Whether velocities have been drawn.
    moving: bool,
    /// Of the constant-pressure segment before, Å³: at its start, and the mean over its second half.
    volumes: Option<[f64; 2]>,
    /// Of the segment at hand, if it is one of dynamics and has begun.
    course: Option<Course>,
    segments: Vec<SegmentSummary>,
    /// Of the last segment that looks at its atoms.
    observation: Option<Observation>,
    writer: Writer,
    log: Log,
    saved: Instant,
    asked: Instant,
}

impl Runner<'_> {
    fn go(&mut self) -> Result<(), MdError> {
        while let Some(segment) = self.protocol.segments.get(self.segments.len()) {
            let summary = match segment {
                Segment::Minimize(how) => self.minimize(how)?,
                Segment::RescaleToMeanVolume { within } => self.rescale(*within)?,
                Segment::Dynamics(dynamics) => self.dynamics(dynamics)?,
            };
            let last = self.segments.len() + 1 == self.protocol.segments.len();
            if last && self.course.is_some() {
                // Before its end, so that a longer one can go on from here.
                self.save()?;
            }
            let dynamics = self.course.take().is_some();
            self.segments.push(summary);
            if last && !dynamics {
                self.save()?;
            }
        }
        self.host.progress(self.total, self.total);
        self.close()
    }

    fn summary(&self) -> Summary {
        Summary {
            structure: self.structure(),
            velocities: self.system.velocities.clone(),
            steps: self.step,
            segments: self.segments.clone(),
            observation: self.observation.clone(),
            trajectory: self.directory.join(files::TRAJECTORY),
            log: self.directory.join(files::LOG),
        }
    }

    fn structure(&self) -> Structure {
        Structure {
            cell: self.system.cell,
            elements: self.system.elements.clone(),
            positions_ang: self.system.positions.clone(),
        }
    }

    /// Makes everything so far readable.
    fn close(&mut self) -> Result<(), MdError> {
        self.writer.flush()?;
        self.log.flush()
    }

    fn time_fs(&self) -> f64 {
        self.step as f64 * self.protocol.timestep_fs
    }

    fn minimize(&mut self, how: &Minimize) -> Result<SegmentSummary, MdError> {
        self.renew_list()?;
        let minimum = relax(&self.structure(), &mut self.calculator, how, self.host)?;
        let system = &mut self.system;
        system.cell = minimum.structure.cell;
        system.positions = minimum.structure.positions_ang;
        system.rest();
        system.find_centre();
        self.moving = false;
        let volume_ang3 = system.cell.volume_ang3();
        Ok(SegmentSummary {
            steps: minimum.steps,
            ended: if minimum.converged {
                Ended::Minimum
            } else {
                Ended::MostSteps
            },
            temperature_k: 0.0,
            potential_ev: minimum.energy_ev,
            pressure_ev_per_ang3: how.pressure.unwrap_or(0.0),
            pressure_tensor: None,
            volume_ang3,
            density_g_per_cm3: density(&self.system, volume_ang3),
            drift: 0.0,
            grade: None,
        })
    }

    fn rescale(&mut self, within: Option<f64>) -> Result<SegmentSummary, MdError> {
        let [before, mean] = self.volumes.ok_or(MdError::NoMeanVolume)?;
        let (volume_ang3, ended) = match within {
            Some(within) if (before / mean - 1.0).abs() > within => (before, Ended::Restored),
            _ => (mean, Ended::Rescaled),
        };
        let step = self.step;
        let system = &mut self.system;
        system.wrap();
        let factor = (volume_ang3 / system.cell.volume_ang3()).cbrt();
        system
            .scale(factor)
            .map_err(|source| MdError::Cell { step, source })?;
        self.renew_list()?;
        self.evaluate(ALL)?;
        let row = self.row(&Integrator::Verlet);
        Ok(SegmentSummary {
            steps: 0,
            ended,
            temperature_k: row.temperature_k,
            potential_ev: row.potential_ev,
            pressure_ev_per_ang3: row.scalar_pressure(),
            pressure_tensor: None,
            volume_ang3,
            density_g_per_cm3: density(&self.system, volume_ang3),
            drift: 0.0,
            grade: None,
        })
    }

    /// A list built for the positions at hand: what came before a segment has no part in it.
    fn renew_list(&mut self) -> Result<(), MdError> {
        let (step, time_fs) = (self.step, self.time_fs());
        self.calculator
            .restore(&self.system.cell, &self.system.positions)
            .map_err(|source| MdError::Evaluation {
                step,
                time_fs,
                source,
            })
    }

    fn evaluate(&mut self, want: Want) -> Result<(), MdError> {
        let (step, time_fs) = (self.step, self.time_fs());
        self.calculator
            .evaluate(&self.system.cell, &self.system.positions, want)
            .map_err(|source| MdError::Evaluation {
                step,
                time_fs,
                source,
            })?;
        Ok(())
    }

    fn begin(&mut self, dynamics: &Dynamics) -> Result<(), MdError> {
        let drawn = match dynamics.ensemble {
            Ensemble::Nve { temperature_k } => temperature_k,
            _ if self.moving => None,
            ensemble => ensemble.temperature_k().map(|ramp| ramp.start),
        };
        if let Some(temperature_k) = drawn {
            let labels = [VELOCITIES, self.segments.len() as u64];
            let mut stream = Stream::new(self.origin.seed, &labels);
            self.system.draw_velocities(temperature_k, &mut stream);
            self.moving = true;
        } else if !self.moving {
            return Err(MdError::AtRest);
        }
        if dynamics.ensemble.changes_volume() {
            self.system.wrap();
        } else {
            self.system.find_centre();
        }
        self.volumes = None;
        self.renew_list()?;
        self.evaluate(ALL)?;
        let integrator = Integrator::new(&dynamics.ensemble, self.system.freedom());
        let row = self.row(&integrator);
        let temperature_k = dynamics
            .ensemble
            .temperature_k()
            .map_or(row.temperature_k, |ramp| ramp.mean());
        let mut course = Course {
            guard: Guard::new(
                self.protocol.drift_bound,
                temperature_k * BOLTZMANN_EV_PER_K,
                self.system.len(),
                row.conserved_ev,
            ),
            integrator,
            flatness: flatness(&self.system.cell),
            volume_ang3: row.volume_ang3,
            done: 0,
            met: false,
            grade: None,
            series: Vec::new(),
            origin: Vec::new(),
        };
        if let Some(until) = &dynamics.until
            && matches!(until.condition, Condition::SlowestBeyond { .. })
        {
            course.origin = self.system.unwrapped();
        }
        self.log.push(&row)?;
        if dynamics.sample_fs.is_some() {
            self.sample()?;
        }
        if let Some(interval_fs) = dynamics.observe_fs {
            let (how, elements) = (&self.protocol.observe, &self.system.elements);
            let interval = self.protocol.interval(interval_fs) as f64;
            let observation = Observation::new(how, elements, interval * self.protocol.timestep_fs);
            self.observation = Some(observation.map_err(MdError::Observation)?);
            self.look();
        }
        self.course = Some(course);
        Ok(())
    }

    fn look(&mut self) {
        if let Some(observation) = &mut self.observation {
            observation.add(Look {
                cell: &self.system.cell,
                positions_ang: &self.system.positions,
                unwrapped_ang: self.system.unwrapped(),
                velocities: &self.system.velocities,
            });
        }
    }

    fn row(&self, integrator: &Integrator) -> Row {
        let now = self.calculator.evaluation();
        Row::new(
            (self.segments.len(), self.step, self.time_fs()),
            &self.system,
            now.energy_ev,
            &now.virial_ev,
            integrator.energy_ev(),
        )
    }

    fn sample(&mut self) -> Result<(), MdError> {
        let frame = Frame {
            step: self.step,
            time_fs: self.time_fs(),
            segment: self.segments.len(),
            potential_ev: self.calculator.evaluation().energy_ev,
            cell: self.system.cell,
            images_ang: self.system.positions.clone(),
            offsets_ang: self.system.offsets.clone(),
            velocities: self
                .protocol
                .keep_velocities
                .then(|| self.system.velocities.clone()),
        };
        self.writer.push(&frame)
    }

    fn dynamics(&mut self, dynamics: &Dynamics) -> Result<SegmentSummary, MdError> {
        if self.course.is_none() {
            self.begin(dynamics)?;
        }
        let steps = self.protocol.steps(dynamics.duration_fs);
        let mut course = self.course.take().expect("a course has begun");
        let rhythm = Rhythm::new(self.protocol, dynamics, &course.integrator);
        while course.done < steps && !course.met {
            if let Err(error) = self.advance(dynamics, &rhythm, steps, &mut course) {
                self.course = Some(course);
                return Err(error);
            }
        }
        let [
            temperature_k,
            potential_ev,
            volume_ang3,
            xx,
            yy,
            zz,
            yz,
            xz,
            xy,
        ] = course.means();
        if dynamics.ensemble.changes_volume() {
            self.volumes = Some([course.volume_ang3, volume_ang3]);
        }
        let summary = SegmentSummary {
            steps: course.done,
            ended: match (&dynamics.until, course.met) {
                (None, _) => Ended::Duration,
                (Some(_), true) => Ended::Condition,
                (Some(_), false) => Ended::Unmet,
            },
            temperature_k,
            potential_ev,
            pressure_ev_per_ang3: (xx + yy + zz) / 3.0,
            pressure_tensor: Some([xx, yy, zz, yz, xz, xy]),
            volume_ang3,
            density_g_per_cm3: density(&self.system, volume_ang3),
            drift: course.guard.drift(),
            grade: course.grade,
        };
        self.course = Some(course);
        Ok(summary)
    }

    /// One step and what is due after it. Up to the host's questions the state is that of a whole step.
    fn advance(
        &mut self,
        dynamics: &Dynamics,
        rhythm: &Rhythm,
        steps: u64,
        course: &mut Course,
    ) -> Result<(), MdError> {
        let fraction = (course.done as f64 + 0.5) / steps as f64;
        let temperature_k = dynamics
            .ensemble
            .temperature_k()
            .map_or(0.0, |ramp| ramp.at(fraction));
        let next = course.done + 1;
        let mut step = Step {
            dt_fs: self.protocol.timestep_fs,
            kt_ev: temperature_k * BOLTZMANN_EV_PER_K,
            pressure: dynamics.ensemble.pressure_ev_per_ang3().at(fraction),
            want: rhythm.want(next),
            stream: self.stream.child(self.step),
        };
        let made = course
            .integrator
            .step(&mut self.system, &mut self.calculator, &mut step);
        self.step += 1;
        made.map_err(|error| self.error(error))?;
        course.done = next;
        if dynamics.ensemble.changes_volume() && next.is_multiple_of(WRAP_EVERY) {
            self.check_shape(course)?;
            if self.system.has_strayed() {
                self.system.wrap();
                self.evaluate(step.want)?;
            }
        }
        if rhythm.is_logged(next) {
            let row = self.row(&course.integrator);
            self.log.push(&row)?;
            course.record(&row);
            let time_fs = next as f64 * self.protocol.timestep_fs;
            course
                .guard
                .watch(time_fs, row.conserved_ev)
                .map_err(|alarm| self.alarm(alarm))?;
        }
        if rhythm.is_sampled(next) {
            self.sample()?;
        }
        if rhythm.is_observed(next) {
            self.look();
        }
        if let Some(until) = &dynamics.until
            && rhythm.is_looked_at(next)
        {
            course.met = match &until.condition {
                Condition::DensitySettled { within } => course.density_is_settled(*within),
                Condition::SlowestBeyond { distance_ang } => {
                    course.slowest_ang(&self.system) >= *distance_ang
                }
                Condition::GradeAbove { grade } => {
                    course.note_grades(&self.calculator.evaluation().grades) > *grade
                }
                Condition::Judged { .. } => self.judged()?,
            };
        }
        if self.asked.elapsed() >= HOST_EVERY {
            self.asked = Instant::now();
            self.host.progress(self.step, self.total);
            if self.host.cancelled() {
                return Err(MdError::Cancelled);
            }
            if self.saved.elapsed() >= self.host.checkpoint_interval() {
                self.course = Some(course.clone());
                self.save()?;
            }
        }
        Ok(())
    }

    /// That the cell has not become much flatter than it was when the segment began.
    fn check_shape(&self, course: &Course) -> Result<(), MdError> {
        if flatness(&self.system.cell) <= FLATTER * course.flatness {
            return Ok(());
        }
        let heights = self.system.cell.heights_ang();
        Err(MdError::Flat {
            step: self.step,
            time_fs: self.time_fs(),
            height_ang: heights.into_iter().fold(f64::INFINITY, f64::min),
            volume_ang3: self.system.cell.volume_ang3(),
        })
    }

    fn judged(&mut self) -> Result<bool, MdError> {
        let judge = self.judge.ok_or(MdError::NoJudge)?;
        self.writer.flush()?;
        let mut trajectory = Trajectory::open(&self.directory.join(files::TRAJECTORY))?;
        judge.settled(&mut trajectory, self.segments.len())
    }

    fn error(&self, error: StepError) -> MdError {
        let (step, time_fs) = (self.step, self.time_fs());
        match error {
            StepError::Lost(lost) => MdError::Lost {
                step,
                time_fs,
                atom: lost.atom,
                element: self.system.elements[lost.atom],
                moved_ang: lost.moved_ang,
            },
            StepError::Potential(source) => MdError::Evaluation {
                step,
                time_fs,
                source,
            },
            StepError::Cell(source) => MdError::Cell { step, source },
            StepError::CellRuns(change) => MdError::CellRuns {
                step,
                time_fs,
                percent: 100.0 * change,
            },
        }
    }

    fn alarm(&self, alarm: Alarm) -> MdError {
        let (step, time_fs) = (self.step, self.time_fs());
        match alarm {
            Alarm::Blown(change) => MdError::Blown {
                step,
                time_fs,
                change,
            },
            Alarm::Drift(drift) => MdError::Drift {
                step,
                time_fs,
                drift,
                bound: self.protocol.drift_bound,
            },
        }
    }
}

/// Edge of the cube of the same volume over the least height.
fn flatness(cell: &Cell) -> f64 {
    cell.volume_ang3().cbrt() / cell.heights_ang().into_iter().fold(f64::INFINITY, f64::min)
}

fn density(system: &System, volume_ang3: f64) -> f64 {
    system.mass_u() / volume_ang3 * ATOMIC_MASS_KG * 1e27
}
