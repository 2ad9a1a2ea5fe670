//! When something is due.

use crate::physics::potential::Want;

use super::super::integrator::Integrator;
use super::super::protocol::{Condition, Dynamics, Protocol};

/// What is due after which steps of a segment.
pub struct Rhythm {
    log: u64,
    sample: Option<u64>,
    observe: Option<u64>,
    /// Interval and least number of steps.
    look: Option<(u64, u64)>,
    virial: bool,
    /// Whether grades are looked at.
    grades: bool,
}

impl Rhythm {
    pub fn new(protocol: &Protocol, dynamics: &Dynamics, integrator: &Integrator) -> Self {
        Rhythm {
            log: protocol.interval(protocol.log_fs),
            sample: dynamics.sample_fs.map(|time| protocol.interval(time)),
            observe: dynamics.observe_fs.map(|time| protocol.interval(time)),
            look: dynamics.until.as_ref().map(|until| {
                (
                    protocol.interval(until.every_fs),
                    protocol.steps(until.at_least_fs),
                )
            }),
            virial: integrator.needs_virial(),
            grades: dynamics
                .until
                .as_ref()
                .is_some_and(|until| matches!(until.condition, Condition::GradeAbove { .. })),
        }
    }

    pub fn is_logged(&self, done: u64) -> bool {
        done.is_multiple_of(self.log)
    }

    pub fn is_sampled(&self, done: u64) -> bool {
        self.sample
            .is_some_and(|interval| done.is_multiple_of(interval))
    }

    pub fn is_observed(&self, done: u64) -> bool {
        self.observe
            .is_some_and(|interval| done.is_multiple_of(interval))
    }

    pub fn is_looked_at(&self, done: u64) -> bool {
        self.look
            .is_some_and(|(interval, least)| done.is_multiple_of(interval) && done >= least)
    }

    pub fn want(&self, done: u64) -> Want {
        let logged = self.is_logged(done);
        Want {
            energy: logged || self.is_sampled(done),
            energies: false,
            virial: logged || self.virial,
            grades: self.grades && self.is_looked_at(done),
        }
    }
}
