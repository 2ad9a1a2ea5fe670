//! Where a segment of dynamics stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::guard::Guard;
use super::integrator::Integrator;
use super::log::Row;
use super::system::System;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Course {
    pub integrator: Integrator,
    pub guard: Guard,
    /// Of the cell at the start.
    pub flatness: f64,
    /// Steps made.
    pub done: u64,
    /// Whether the condition of its end holds.
    pub met: bool,
    /// The largest extrapolation grade that was seen.
    pub grade: Option<Grade>,
    /// Temperature (K), potential energy (eV), pressure (eV/Å³) and volume (Å³) at each row of the log.
    #[serde(skip)]
    pub series: Vec<[f64; 4]>,
    /// Unwrapped positions at the start, where a condition needs them.
    #[serde(skip)]
    pub origin: Vec<[f64; 3]>,
}

/// Of the atom that is furthest from what the potential was made from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    pub atom: usize,
    pub grade: f64,
}

impl Course {
    /// Takes note of the extrapolation grades at hand; gives the largest of them.
    pub fn note_grades(&mut self, grades: &[f64]) -> f64 {
        let now = grades.iter().copied().enumerate();
        let Some((atom, grade)) = now.max_by(|one, other| one.1.total_cmp(&other.1)) else {
            return 0.0;
        };
        if self.grade.is_none_or(|most| most.grade < grade) {
            self.grade = Some(Grade { atom, grade });
        }
        grade
    }

    pub fn record(&mut self, row: &Row) {
        self.series.push([
            row.temperature_k,
            row.potential_ev,
            row.scalar_pressure(),
            row.volume_ang3,
        ]);
    }

    /// Means over the second half.
    pub fn means(&self) -> [f64; 4] {
        mean(&self.series[self.series.len() / 2..])
    }

    /// Whether mean densities of the second and the last third differ by at most this fraction.
    pub fn density_is_settled(&self, within: f64) -> bool {
        let third = self.series.len() / 3;
        if third < 3 {
            return false;
        }
        let end = self.series.len();
        let density = |from: usize, to: usize| {
            let rows = &self.series[from..to];
            rows.iter().map(|row| 1.0 / row[3]).sum::<f64>() / rows.len() as f64
        };
        let (before, after) = (
            density(end - 2 * third, end - third),
            density(end - third, end),
        );
        (after / before - 1.0).abs() <= within
    }

    /// Root mean square displacement of the element that moved least since the start, about the centre of mass.
    pub fn slowest_ang(&self, system: &System) -> f64 {
        let now = system.unwrapped();
        let mass: f64 = system.masses.iter().sum();
        let mut centre = [0.0; 3];
        for ((r, r0), m) in now.iter().zip(&self.origin).zip(&system.masses) {
            for k in 0..3 {
                centre[k] += m / mass * (r[k] - r0[k]);
            }
        }
        let mut squares: BTreeMap<_, (f64, f64)> = BTreeMap::new();
        for ((r, r0), element) in now.iter().zip(&self.origin).zip(&system.elements) {
            let square: f64 = (0..3).map(|k| (r[k] - r0[k] - centre[k]).powi(2)).sum();
            let of_element = squares.entry(*element).or_default();
            of_element.0 += square;
            of_element.1 += 1.0;
        }
        squares
            .into_values()
            .map(|(sum, n)| sum / n)
            .fold(f64::INFINITY, f64::min)
            .sqrt()
    }
}

fn mean(rows: &[[f64; 4]]) -> [f64; 4] {
    std::array::from_fn(|k| rows.iter().map(|row| row[k]).sum::<f64>() / rows.len() as f64)
}
