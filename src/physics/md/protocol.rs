//! What is to be done to the atoms: plain data.

use serde::{Deserialize, Serialize};

use super::MdError;
use crate::physics::analysis::Observe;

/// A course of segments, one after the other on the same atoms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    pub timestep_fs: f64,
    /// How far beyond the cutoff neighbour lists reach.
    pub skin_ang: f64,
    /// Interval of the thermodynamic log and of the guards that read it.
    pub log_fs: f64,
    /// Bound on the drift of the conserved quantity, kT per atom and ps.
    pub drift_bound: f64,
    /// Whether the trajectory keeps velocities beside positions.
    pub keep_velocities: bool,
    /// How segments with [`Dynamics::observe_fs`] look at the atoms.
    pub observe: Observe,
    pub segments: Vec<Segment>,
}

impl Default for Protocol {
    fn default() -> Self {
        Protocol {
            timestep_fs: 1.0,
            skin_ang: 1.0,
            log_fs: 10.0,
            drift_bound: 1e-3,
            keep_velocities: false,
            observe: Observe::default(),
            segments: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Segment {
    /// To the nearest minimum of the energy. Velocities are forgotten: dynamics after it begin anew.
    Minimize(Minimize),
    Dynamics(Dynamics),
    /// Scales the cell, shape kept, to the mean volume of the second half of the constant-pressure segment before it. Where
    /// the mean density is further than this fraction from the density at the start of that segment, to the volume at
    /// that start instead: atoms that have flown apart have no density to keep.
    RescaleToMeanVolume {
        within: Option<f64>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minimize {
    pub method: Method,
    /// Relaxes the cell too, under this pressure in eV/Å³.
    pub pressure: Option<f64>,
    /// Done when no force is larger, eV/Å, …
    pub force_ev_per_ang: f64,
    /// … and, with the cell, no component of the stress, eV/Å³.
    pub stress_ev_per_ang3: f64,
    pub most_steps: u64,
}

impl Default for Minimize {
    fn default() -> Self {
        Minimize {
            method: Method::Fire,
            pressure: None,
            force_ev_per_ang: 0.01,
            stress_ev_per_ang3: 1e-4,
            most_steps: 5000,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Robust from far away: starts with overlaps and glasses.
    Fire,
    /// Fewer evaluations near a minimum.
    Lbfgs,
}

/// Atoms in motion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dynamics {
    pub ensemble: Ensemble,
    /// How long; with `until`, how long at most.
    pub duration_fs: f64,
    /// What may end it before.
    pub until: Option<Until>,
    /// Interval of frames of the trajectory, first and last included; none without.
    pub sample_fs: Option<f64>,
    /// Interval of looks at the atoms while they move, see [`Protocol::observe`]; none without.
    pub observe_fs: Option<f64>,
}

/// Ends a segment before its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Until {
    pub at_least_fs: f64,
    /// How often it is looked at.
    pub every_fs: f64,
    pub condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// The mean densities of the second and of the last third of the segment differ by no more than this fraction.
    DensitySettled { within: f64 },
    /// The root mean square displacement, since the segment began, of the element that moves least (relative to the
    /// centre of mass).
    SlowestBeyond { distance_ang: f64 },
    /// An atom has a larger extrapolation grade than this: its surroundings are too far from what the potential was made
    /// from. Only for a potential that knows.
    GradeAbove { grade: f64 },
    /// What [`super::Judge`] says; in words, so that two that wait for different things differ.
    Judged { by: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ensemble {
    /// Constant energy; `temperature_k` draws velocities anew, without it they go on from the segment before.
    Nve { temperature_k: Option<f64> },
    Nvt {
        temperature_k: Ramp,
        thermostat: Thermostat,
        /// Its coupling time (for Langevin the inverse friction).
        time_fs: f64,
    },
    Npt {
        temperature_k: Ramp,
        thermostat_time_fs: f64,
        pressure_ev_per_ang3: Ramp,
        barostat: Barostat,
        barostat_time_fs: f64,
    },
}

/// A value that goes evenly from `start` to `end` over the duration of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    pub start: f64,
    pub end: f64,
}

impl Ramp {
    pub fn constant(value: f64) -> Self {
        Ramp {
            start: value,
            end: value,
        }
    }

    /// At a fraction of the duration.
    pub(super) fn at(&self, fraction: f64) -> f64 {
        self.start + (self.end - self.start) * fraction
    }

    pub(super) fn mean(&self) -> f64 {
        0.5 * (self.start + self.end)
    }

    pub(super) fn is_constant(&self) -> bool {
        self.start == self.end
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thermostat {
    /// A Nosé-Hoover chain of three.
    NoseHoover,
    /// Stochastic rescaling of velocities (Bussi, Donadio, Parrinello 2007).
    Rescaling,
    /// Langevin dynamics (Leimkuhler and Matthews' BAOAB). It slows diffusion: not for transport.
    Langevin,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Barostat {
    /// Martyna, Tobias and Klein (1994), with chains of three on particles and cell.
    Mtk(Freedom),
    /// Stochastic rescaling of the volume (Bernetti and Bussi 2020), with stochastic rescaling of velocities.
    Rescaling {
        /// Estimate: sets the rate, not the result.
        compressibility_ang3_per_ev: f64,
    },
}

/// What of the cell may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Freedom {
    /// The volume.
    Isotropic,
    /// Stretch along x, y and z.
    Anisotropic,
    /// Any strain (no rotation).
    Full,
}

impl Protocol {
    /// Steps that a time takes.
    pub(super) fn steps(&self, time_fs: f64) -> u64 {
        (time_fs / self.timestep_fs).round() as u64
    }

    /// As [`Protocol::steps`], for what happens again and again.
    pub(super) fn interval(&self, time_fs: f64) -> u64 {
        self.steps(time_fs).max(1)
    }

    /// What a run of this protocol passes through, segment by segment: a text that is the same for all runs which can be gone
    /// on with at the end of that segment, and its duration in fs. A run that ends there can be gone on with by another of
    /// the same text that lasts at least as long, see [`super::run`].
    pub fn stages(&self) -> Vec<(String, f64)> {
        let stage = |at: usize| {
            let mut part = Protocol {
                segments: self.segments[..=at].to_vec(),
                ..self.clone()
            };
            let mut reach = 0.0;
            if let Segment::Dynamics(dynamics) = &mut part.segments[at] {
                reach = dynamics.duration_fs;
                if dynamics.ensemble.is_constant() {
                    dynamics.duration_fs = 0.0;
                }
            }
            (format!("{part:?}"), reach)
        };
        (0..self.segments.len()).map(stage).collect()
    }

    /// Whether a segment waits for extrapolation grades.
    pub fn needs_grades(&self) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Dynamics(Dynamics { until, .. }) => until
                .as_ref()
                .is_some_and(|until| matches!(until.condition, Condition::GradeAbove { .. })),
            _ => false,
        })
    }

    /// Whether a segment looks at its atoms while they move.
    pub fn observes(&self) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Dynamics(dynamics) => dynamics.observe_fs.is_some(),
            _ => false,
        })
    }

    /// The first that a segment has.
    pub fn first_temperature_k(&self) -> Option<f64> {
        self.segments.iter().find_map(|segment| match segment {
            Segment::Dynamics(dynamics) => match dynamics.ensemble {
                Ensemble::Nve { temperature_k } => temperature_k,
                ensemble => ensemble.temperature_k().map(|ramp| ramp.start),
            },
            _ => None,
        })
    }

    /// Says what cannot be run.
    pub fn check(&self) -> Result<(), MdError> {
        let positive = |name: &'static str, value: f64| {
            if value.is_finite() && value > 0.0 {
                Ok(())
            } else {
                Err(MdError::OutOfRange {
                    name,
                    range: "larger than zero",
                    value,
                })
            }
        };
        let finite = |name: &'static str, value: f64| {
            if value.is_finite() {
                Ok(())
            } else {
                Err(MdError::OutOfRange {
                    name,
                    range: "a finite number",
                    value,
                })
            }
        };
        positive("the timestep in fs", self.timestep_fs)?;
        positive("the interval of the log in fs", self.log_fs)?;
        positive("the bound on the drift", self.drift_bound)?;
        if !(self.skin_ang.is_finite() && self.skin_ang >= 0.0) {
            return Err(MdError::OutOfRange {
                name: "the skin of the neighbour list in Å",
                range: "zero or more",
                value: self.skin_ang,
            });
        }
        let mut moving = false;
        let mut pressed = false;
        for segment in &self.segments {
            match segment {
                Segment::Minimize(minimize) => {
                    positive("the force of a minimum in eV/Å", minimize.force_ev_per_ang)?;
                    positive(
                        "the stress of a minimum in eV/Å³",
                        minimize.stress_ev_per_ang3,
                    )?;
                    finite("the pressure in eV/Å³", minimize.pressure.unwrap_or(0.0))?;
                    moving = false;
                }
                Segment::RescaleToMeanVolume { .. } if !pressed => {
                    return Err(MdError::NoMeanVolume);
                }
                Segment::RescaleToMeanVolume { within } => {
                    positive("a change of density", within.unwrap_or(1.0))?;
                }
                Segment::Dynamics(dynamics) => {
                    positive("a duration in fs", dynamics.duration_fs)?;
                    if let Some(interval) = dynamics.sample_fs {
                        positive("an interval of samples in fs", interval)?;
                    }
                    if let Some(interval) = dynamics.observe_fs {
                        positive("an interval of looks in fs", interval)?;
                    }
                    if let Some(until) = &dynamics.until {
                        finite("the least duration in fs", until.at_least_fs)?;
                        positive("an interval of looking in fs", until.every_fs)?;
                        match until.condition {
                            Condition::DensitySettled { within } => {
                                positive("a change of density", within)?;
                            }
                            Condition::SlowestBeyond { distance_ang } => {
                                positive("a displacement in Å", distance_ang)?;
                            }
                            Condition::GradeAbove { grade } => {
                                positive("an extrapolation grade", grade)?;
                            }
                            Condition::Judged { .. } => {}
                        }
                    }
                    pressed = false;
                    match dynamics.ensemble {
                        Ensemble::Nve {
                            temperature_k: None,
                        } if !moving => return Err(MdError::AtRest),
                        Ensemble::Nve { temperature_k } => {
                            positive("a temperature in K", temperature_k.unwrap_or(1.0))?;
                        }
                        Ensemble::Nvt {
                            temperature_k,
                            time_fs,
                            ..
                        } => {
                            positive("a temperature in K", temperature_k.start)?;
                            positive("a temperature in K", temperature_k.end)?;
                            positive("the time of a thermostat in fs", time_fs)?;
                        }
                        Ensemble::Npt {
                            temperature_k,
                            thermostat_time_fs,
                            pressure_ev_per_ang3,
                            barostat,
                            barostat_time_fs,
                        } => {
                            pressed = true;
                            positive("a temperature in K", temperature_k.start)?;
                            positive("a temperature in K", temperature_k.end)?;
                            positive("the time of a thermostat in fs", thermostat_time_fs)?;
                            positive("the time of a barostat in fs", barostat_time_fs)?;
                            finite("a pressure in eV/Å³", pressure_ev_per_ang3.start)?;
                            finite("a pressure in eV/Å³", pressure_ev_per_ang3.end)?;
                            if let Barostat::Rescaling {
                                compressibility_ang3_per_ev,
                            } = barostat
                            {
                                positive(
                                    "a compressibility in Å³/eV",
                                    compressibility_ang3_per_ev,
                                )?;
                            }
                        }
                    }
                    moving = true;
                }
            }
        }
        Ok(())
    }
}

impl Ensemble {
    /// At a fraction of the segment; none for constant energy.
    pub fn temperature_k(&self) -> Option<Ramp> {
        match self {
            Ensemble::Nve { .. } => None,
            Ensemble::Nvt { temperature_k, .. } | Ensemble::Npt { temperature_k, .. } => {
                Some(*temperature_k)
            }
        }
    }

    /// The same where it does not change.
    pub fn only_temperature_k(&self) -> Option<f64> {
        let ends = self.temperature_k()?;
        (ends.start == ends.end).then_some(ends.start)
    }

    pub(super) fn pressure_ev_per_ang3(&self) -> Ramp {
        match self {
            Ensemble::Npt {
                pressure_ev_per_ang3,
                ..
            } => *pressure_ev_per_ang3,
            _ => Ramp::constant(0.0),
        }
    }

    pub(super) fn changes_volume(&self) -> bool {
        matches!(self, Ensemble::Npt { .. })
    }

    /// Whether it would be the same over another duration.
    pub(super) fn is_constant(&self) -> bool {
        self.temperature_k().is_none_or(|ramp| ramp.is_constant())
            && self.pressure_ev_per_ang3().is_constant()
    }
}
