//! A firing as a laboratory writes it down, in hours or in sweeps, and its translation to the automaton's clock.

use super::{Atmosphere as Gases, Programme, Step, Sweeps};
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA};
use crate::base::{Formula, Phase};
use crate::physics::thermo::Atmosphere;

/// A length of time on one of two clocks. Only a declared conversion leads from one to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duration {
    Femtoseconds(f64),
    Sweeps(f64),
}

/// How fast a ramp goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    For(Duration),
    /// K/fs
    PerFemtosecond(f64),
    /// K per sweep
    PerSweep(f64),
}

#[derive(Debug, Clone, PartialEq)]
pub enum FiringStep {
    Ramp {
        to_k: f64,
        pace: Pace,
    },
    Hold(Duration),
    Quench {
        to_k: f64,
    },
    Regrind,
    /// Moles of formula units, in the measure of the first precursors.
    Add(Vec<(Phase, f64)>),
    Atmosphere(Atmosphere),
}

/// What is done to a sample, from its first temperature on.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    pub start_k: f64,
    pub atmosphere: Atmosphere,
    pub steps: Vec<FiringStep>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FiringError {
    #[error("this firing is timed in hours, and the automaton counts sweeps")]
    NoClock,
    #[error("{0} is added, and it is not among the phases of the reactions")]
    Unknown(Phase),
}

impl Firing {
    /// Holds that follow one another on one clock become one, so `3 h` and `3 h` are `6 h`.
    pub fn merged(mut self) -> Self {
        let mut steps: Vec<FiringStep> = Vec::new();
        for step in self.steps {
            let joined = match (steps.last(), &step) {
                (
                    Some(FiringStep::Hold(Duration::Femtoseconds(a))),
                    FiringStep::Hold(Duration::Femtoseconds(b)),
                ) => Some(Duration::Femtoseconds(a + b)),
                (
                    Some(FiringStep::Hold(Duration::Sweeps(a))),
                    FiringStep::Hold(Duration::Sweeps(b)),
                ) => Some(Duration::Sweeps(a + b)),
                _ => None,
            };
            match joined {
                Some(duration) => {
                    steps.pop();
                    steps.push(FiringStep::Hold(duration));
                }
                None => steps.push(step),
            }
        }
        self.steps = steps;
        self
    }

    /// Whether any step is timed in seconds or hours.
    pub fn needs_clock(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(
                step,
                FiringStep::Hold(Duration::Femtoseconds(_))
                    | FiringStep::Ramp {
                        pace: Pace::PerFemtosecond(_) | Pace::For(Duration::Femtoseconds(_)),
                        ..
                    }
            )
        })
    }

    /// Every temperature at which a step begins or ends, K.
    pub fn temperatures_k(&self) -> Vec<f64> {
        let mut all = vec![self.start_k];
        all.extend(self.steps.iter().filter_map(|step| match step {
            FiringStep::Ramp { to_k, .. } | FiringStep::Quench { to_k } => Some(*to_k),
            _ => None,
        }));
        all
    }

    /// The firing on the automaton's clock. `sweeps_per_fs` is the declared conversion; `gas` and `phase` find
    /// phases of the automaton's chemistry. Gases that the chemistry does not have are left out.
    pub fn programme(
        &self,
        sweeps_per_fs: Option<f64>,
        gas: &dyn Fn(&Formula) -> Option<usize>,
        phase: &dyn Fn(&Phase) -> Option<usize>,
    ) -> Result<Programme, FiringError> {
        let clock = |duration: Duration| match duration {
            Duration::Sweeps(sweeps) => Ok(Sweeps(sweeps)),
            Duration::Femtoseconds(fs) => sweeps_per_fs
                .map(|rate| Sweeps(fs * rate))
                .ok_or(FiringError::NoClock),
        };
        let gases = |atmosphere: &Atmosphere| Gases {
            gases: atmosphere
                .gases()
                .iter()
                .filter_map(|(formula, bar)| Some((gas(formula)?, bar * BAR_PA / ATMOSPHERE_PA)))
                .collect(),
        };
        let mut temperature_k = self.start_k;
        let mut steps = Vec::new();
        for step in &self.steps {
            steps.push(match step {
                FiringStep::Ramp { to_k, pace } => {
                    let change = (to_k - temperature_k).abs();
                    let sweeps = match pace {
                        Pace::For(duration) => clock(*duration)?,
                        Pace::PerSweep(rate) => Sweeps(change / rate),
                        Pace::PerFemtosecond(rate) => clock(Duration::Femtoseconds(change / rate))?,
                    };
                    temperature_k = *to_k;
                    if sweeps.0 <= 0.0 {
                        continue;
                    }
                    Step::Ramp {
                        to_k: *to_k,
                        sweeps,
                    }
                }
                FiringStep::Hold(duration) => Step::Hold {
                    sweeps: clock(*duration)?,
                },
                FiringStep::Quench { to_k } => {
                    temperature_k = *to_k;
                    Step::Quench { to_k: *to_k }
                }
                FiringStep::Regrind => Step::Regrind,
                FiringStep::Add(amounts) => Step::Add {
                    amounts: amounts
                        .iter()
                        .map(|(one, amount)| {
                            phase(one)
                                .map(|index| (index, *amount))
                                .ok_or_else(|| FiringError::Unknown(one.clone()))
                        })
                        .collect::<Result<_, _>>()?,
                },
                FiringStep::Atmosphere(atmosphere) => Step::Atmosphere(gases(atmosphere)),
            });
        }
        Ok(Programme {
            start_k: self.start_k,
            atmosphere: gases(&self.atmosphere),
            steps,
            staircase_k: None,
        })
    }
}
