//! Watches the conserved quantity of a segment.

use serde::{Deserialize, Serialize};

/// Beyond this, kT per atom, an energy has left its value for good.
const MOST_CHANGE: f64 = 0.2;
/// Atoms far from equilibrium change the shadow of the energy that an integrator truly conserves: the line begins after
/// this time, fs.
const SETTLING_FS: f64 = 500.0;
/// A drift is looked at after this time, fs, …
const SHORTEST_FS: f64 = 1500.0;
/// … from so many values.
const FEWEST: f64 = 20.0;

/// A line through the conserved quantity (kT per atom) against time (ps), from running sums.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    bound: f64,
    /// kT times the number of atoms.
    unit_ev: f64,
    first_ev: f64,
    n: f64,
    t: f64,
    tt: f64,
    y: f64,
    yt: f64,
    yy: f64,
}

/// What a guard objects to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Alarm {
    /// kT per atom.
    Blown(f64),
    /// kT per atom and ps.
    Drift(f64),
}

impl Guard {
    pub fn new(bound: f64, kt_ev: f64, atoms: usize, conserved_ev: f64) -> Self {
        Guard {
            bound,
            unit_ev: kt_ev * atoms as f64,
            first_ev: conserved_ev,
            n: 0.0,
            t: 0.0,
            tt: 0.0,
            y: 0.0,
            yt: 0.0,
            yy: 0.0,
        }
    }

    pub fn watch(&mut self, time_fs: f64, conserved_ev: f64) -> Result<(), Alarm> {
        let t = time_fs * 1e-3;
        let y = (conserved_ev - self.first_ev) / self.unit_ev;
        if y.is_nan() || y.abs() > MOST_CHANGE + self.bound * t {
            return Err(Alarm::Blown(y));
        }
        if time_fs < SETTLING_FS {
            return Ok(());
        }
        self.n += 1.0;
        self.t += t;
        self.tt += t * t;
        self.y += y;
        self.yt += y * t;
        self.yy += y * y;
        if time_fs < SHORTEST_FS || self.n < FEWEST {
            return Ok(());
        }
        let (slope, error) = self.line();
        if slope.abs() > self.bound && slope.abs() > 3.0 * error {
            return Err(Alarm::Drift(slope));
        }
        Ok(())
    }

    /// Slope and its standard error, kT per atom and ps; zero as long as there is no line.
    fn line(&self) -> (f64, f64) {
        let tt = self.tt - self.t * self.t / self.n;
        if self.n < 3.0 || tt <= 0.0 {
            return (0.0, 0.0);
        }
        let yt = self.yt - self.y * self.t / self.n;
        let yy = self.yy - self.y * self.y / self.n;
        let slope = yt / tt;
        let left = (yy - slope * yt).max(0.0) / (self.n - 2.0);
        (slope, (left / tt).sqrt())
    }

    pub fn drift(&self) -> f64 {
        self.line().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(values: impl Fn(f64) -> f64) -> Option<(f64, Alarm)> {
        let mut guard = Guard::new(1e-3, 0.1, 10, 5.0);
        (0..1000).find_map(|k| {
            let time = f64::from(k) * 10.0;
            let value = 5.0 + 0.1 * 10.0 * values(time * 1e-3);
            guard.watch(time, value).err().map(|alarm| (time, alarm))
        })
    }

    #[test]
    fn drifts_are_told_from_fluctuations() {
        assert_eq!(course(|t| 5e-3 * (40.0 * t).sin()), None);
        assert_eq!(course(|t| 0.5e-3 * t), None);
        let (time, alarm) = course(|t| 2e-3 * t + 1e-4 * (40.0 * t).sin()).unwrap();
        assert!((1500.0..2000.0).contains(&time), "{time}");
        assert!(matches!(alarm, Alarm::Drift(slope) if (slope - 2e-3).abs() < 5e-4));
        assert!(matches!(
            course(|t| if t > 0.1 { 3.0 } else { 0.0 }),
            Some((_, Alarm::Blown(_)))
        ));
        assert!(matches!(course(|_| f64::NAN), Some((_, Alarm::Blown(_)))));
    }
}
