//! What a potential says of configurations, atom by atom, and how far it is from what another says.

use rayon::prelude::*;

use super::label::Label;
use crate::physics::host::Host;
use crate::physics::io::{Column, Frame, Values};
use crate::physics::potential::{Calculator, Potential, PotentialError, Want};

/// A configuration as a potential sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    pub label: Label,
    /// Energy of each atom, eV.
    pub energies_ev: Vec<f64>,
    /// Extrapolation grade of each atom; empty of a potential that has none.
    pub grades: Vec<f64>,
}

/// Names in files of configurations.
pub mod names {
    pub const ENERGY: &str = "energy";
    pub const FORCES: &str = "forces";
    pub const STRESS: &str = "stress";
    pub const ATOMIC_ENERGY: &str = "atomic_energy";
    pub const GRADE: &str = "gamma";
    /// Before the names of what the configuration was labelled with.
    pub const REFERENCE: &str = "reference_";
}

/// Evaluates each configuration by itself, on all threads; what one cannot be given does not touch the others. None for those
/// that were not reached before the host cancelled.
pub fn evaluate(
    potential: &dyn Potential,
    frames: &[Frame],
    host: &dyn Host,
) -> Vec<Option<Result<Evaluated, PotentialError>>> {
    let done = std::sync::atomic::AtomicU64::new(0);
    let frames_left = frames.par_iter().with_max_len(1);
    frames_left
        .map(|frame| {
            if host.cancelled() {
                return None;
            }
            let made = one(potential, frame);
            let count = 1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            host.progress(count, frames.len() as u64);
            Some(made)
        })
        .collect()
}

fn one(potential: &dyn Potential, frame: &Frame) -> Result<Evaluated, PotentialError> {
    let structure = &frame.structure;
    let want = Want {
        energy: true,
        energies: true,
        virial: true,
        grades: potential.has_grades(),
    };
    let mut calculator = Calculator::new(potential, &structure.elements, 0.0)?;
    let made = calculator.evaluate(&structure.cell, &structure.positions_ang, want)?;
    let volume = structure.cell.volume_ang3();
    Ok(Evaluated {
        label: Label {
            energy_ev: made.energy_ev,
            forces: made.forces.clone(),
            stress_ev_per_ang3: made.virial_ev.map(|row| row.map(|virial| -virial / volume)),
        },
        energies_ev: made.energies_ev.clone(),
        grades: made.grades.clone(),
    })
}

/// What a configuration was labelled with, as far as it was.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartialLabel {
    pub energy_ev: Option<f64>,
    pub forces: Option<Vec<[f64; 3]>>,
    pub stress_ev_per_ang3: Option<[[f64; 3]; 3]>,
}

impl PartialLabel {
    pub fn of(frame: &Frame) -> Self {
        PartialLabel {
            energy_ev: frame.energy_ev(),
            forces: frame.forces(),
            stress_ev_per_ang3: frame.stress_ev_per_ang3(),
        }
    }
}

impl From<Label> for PartialLabel {
    fn from(label: Label) -> Self {
        PartialLabel {
            energy_ev: Some(label.energy_ev),
            forces: Some(label.forces),
            stress_ev_per_ang3: Some(label.stress_ev_per_ang3),
        }
    }
}

impl Evaluated {
    /// The configuration with all of it, and with what it is compared with under names of its own: as extended XYZ holds it.
    pub fn written_to(&self, frame: &Frame, reference: &PartialLabel) -> Frame {
        let mut out = Frame::from(frame.structure.clone());
        out.periodic = frame.periodic;
        for (name, value) in &frame.info {
            let own = [names::ENERGY, names::STRESS, "virial"];
            if !own.contains(&name.as_str()) {
                out.info.insert(name.clone(), value.clone());
            }
        }
        let real = crate::physics::io::Info::Real;
        let reals = |values: &[[f64; 3]; 3]| {
            crate::physics::io::Info::Reals(values.as_flattened().to_vec())
        };
        out.info
            .insert(names::ENERGY.into(), real(self.label.energy_ev));
        out.info
            .insert(names::STRESS.into(), reals(&self.label.stress_ev_per_ang3));
        out.set_vectors(names::FORCES, &self.label.forces);
        let mut numbers = |name: &str, values: &[f64]| {
            let values = Values::Reals(values.to_vec());
            out.columns
                .insert(name.to_owned(), Column { width: 1, values });
        };
        numbers(names::ATOMIC_ENERGY, &self.energies_ev);
        if !self.grades.is_empty() {
            numbers(names::GRADE, &self.grades);
        }
        let named = |name: &str| format!("{}{name}", names::REFERENCE);
        if let Some(energy_ev) = reference.energy_ev {
            out.info.insert(named(names::ENERGY), real(energy_ev));
        }
        if let Some(stress) = &reference.stress_ev_per_ang3 {
            out.info.insert(named(names::STRESS), reals(stress));
        }
        if let Some(forces) = &reference.forces {
            out.set_vectors(&named(names::FORCES), forces);
        }
        out
    }
}

/// How far numbers are from those that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Errors {
    pub count: usize,
    pub root_mean_square: f64,
    pub mean_absolute: f64,
    pub largest: f64,
}

impl Errors {
    /// Of pairs of what is and what should be; none of no pairs.
    pub fn of(pairs: impl IntoIterator<Item = [f64; 2]>) -> Option<Self> {
        let (mut count, mut squares, mut sizes, mut largest) = (0, 0.0, 0.0, 0.0f64);
        for [is, should] in pairs {
            let apart = (is - should).abs();
            count += 1;
            squares += apart * apart;
            sizes += apart;
            largest = largest.max(apart);
        }
        (count > 0).then(|| Errors {
            count,
            root_mean_square: (squares / count as f64).sqrt(),
            mean_absolute: sizes / count as f64,
            largest,
        })
    }

    /// The same where a constant between the two means nothing, as between energies of two sources.
    pub fn but_for_the_mean(pairs: &[[f64; 2]]) -> Option<Self> {
        let count = pairs.len() as f64;
        let shift = pairs.iter().map(|[is, should]| is - should).sum::<f64>() / count;
        Self::of(pairs.iter().map(|[is, should]| [is - shift, *should]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_their_definitions() {
        let pairs = [[1.0, 0.0], [2.0, 4.0], [5.0, 5.0], [0.0, 2.0]];
        let found = Errors::of(pairs).unwrap();
        assert_eq!(
            (found.count, found.mean_absolute, found.largest),
            (4, 1.25, 2.0)
        );
        assert!((found.root_mean_square - 1.5).abs() < 1e-15);
        // The mean difference is −3/4.
        let shifted = Errors::but_for_the_mean(&pairs).unwrap();
        assert!((shifted.root_mean_square - (9.0f64 / 4.0 - 9.0 / 16.0).sqrt()).abs() < 1e-15);
        assert_eq!(Errors::of([]), None);
        assert_eq!(Errors::but_for_the_mean(&[]), None);
    }
}
