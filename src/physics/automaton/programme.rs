//! What is done to the sample, on the automaton's own clock.

use serde::{Deserialize, Serialize};

use super::AutomatonError;

/// Time on the automaton's clock: in one sweep as many sites are updated as the grid has cells. Not a time in
/// seconds, and nothing here converts it to one.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Sweeps(pub f64);

impl Sweeps {
    /// Site updates on a grid of `cells`, to the nearest whole one.
    pub fn updates(self, cells: u64) -> u64 {
        (self.0 * cells as f64).round() as u64
    }
}

/// Gases above the sample with their partial pressures, an infinite reservoir. A gas that is not listed can be given
/// off but not taken up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Atmosphere {
    /// Phase index and partial pressure in atm.
    pub gases: Vec<(usize, f64)>,
}

impl Atmosphere {
    pub fn pressure_atm(&self, gas: usize) -> Option<f64> {
        self.gases
            .iter()
            .find(|(known, _)| *known == gas)
            .map(|&(_, pressure)| pressure)
    }
}

/// One step of a firing.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Linear in time from the temperature at hand, up or down.
    Ramp {
        to_k: f64,
        sweeps: Sweeps,
    },
    Hold {
        sweeps: Sweeps,
    },
    /// At once.
    Quench {
        to_k: f64,
    },
    /// Grind and press again: the same amounts in a fresh random mixture.
    Regrind,
    /// Add precursors (phase, amount in the same measure as the first ones) and grind.
    Add {
        amounts: Vec<(usize, f64)>,
    },
    Atmosphere(Atmosphere),
}

/// A whole firing.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    pub start_k: f64,
    pub atmosphere: Atmosphere,
    pub steps: Vec<Step>,
    /// Ramps as stairs of this width in K instead of continuous ones.
    pub staircase_k: Option<f64>,
}

impl Programme {
    /// Length of the whole firing.
    pub fn sweeps(&self) -> Sweeps {
        Sweeps(
            self.steps
                .iter()
                .map(|step| match step {
                    Step::Ramp { sweeps, .. } | Step::Hold { sweeps } => sweeps.0,
                    _ => 0.0,
                })
                .sum(),
        )
    }

    pub(super) fn check(&self) -> Result<(), AutomatonError> {
        let check = |name, range, value: f64, fine: bool| {
            if fine && value.is_finite() {
                Ok(())
            } else {
                Err(AutomatonError::OutOfRange { name, range, value })
            }
        };
        let temperature = |value: f64| check("a temperature", "above 0 K", value, value > 0.0);
        temperature(self.start_k)?;
        if let Some(width) = self.staircase_k {
            check("the width of a stair", "above 0 K", width, width > 0.0)?;
        }
        let mut atmospheres = vec![&self.atmosphere];
        for step in &self.steps {
            match step {
                Step::Ramp { to_k, sweeps } => {
                    temperature(*to_k)?;
                    check(
                        "the length of a ramp",
                        "above 0 sweeps",
                        sweeps.0,
                        sweeps.0 > 0.0,
                    )?;
                }
                Step::Hold { sweeps } => {
                    check(
                        "the length of a hold",
                        "0 sweeps or more",
                        sweeps.0,
                        sweeps.0 >= 0.0,
                    )?;
                }
                Step::Quench { to_k } => temperature(*to_k)?,
                Step::Atmosphere(atmosphere) => atmospheres.push(atmosphere),
                Step::Regrind | Step::Add { .. } => {}
            }
        }
        for (_, pressure) in atmospheres.iter().flat_map(|atmosphere| &atmosphere.gases) {
            check(
                "a partial pressure",
                "above 0 atm",
                *pressure,
                *pressure > 0.0,
            )?;
        }
        Ok(())
    }

    /// The temperature a fraction `t` of the way from one temperature to another.
    pub(super) fn on_ramp(&self, from_k: f64, to_k: f64, t: f64) -> f64 {
        let change = (to_k - from_k) * t;
        match self.staircase_k {
            Some(width) => from_k + (change / width).trunc() * width,
            None => from_k + change,
        }
    }
}
