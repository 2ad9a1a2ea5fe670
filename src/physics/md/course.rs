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
    /// The same.
    pub volume_ang3: f64,
    /// Steps made.
    pub done: u64,
    /// Whether the condition of its end holds.
    pub met: bool,
    /// The largest extrapolation grade that was seen.
    pub grade: Option<Grade>,
    /// Temperature (K), potential energy (eV), volume (Å³) and the pressure tensor (xx, yy, zz, yz, xz, xy; eV/Å³) at each
    /// row of the log.
    #[serde(skip)]
    pub series: Vec<[f64; 9]>,
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
        let [xx, yy, zz, yz, xz, xy] = row.pressure_components();
        self.series.push([
            row.temperature_k,
            row.potential_ev,
            row.volume_ang3,
            xx,
            yy,
            zz,
            yz,
            xz,
            xy,
        ]);
    }

    /// Means over the second half.
    pub fn means(&self) -> [f64; 9] {
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
            rows.iter().map(|row| 1.0 / row[2]).sum::<f64>() / rows.len() as f64
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

fn mean(rows: &[[f64; 9]]) -> [f64; 9] {
    std::array::from_fn(|k| rows.iter().map(|row| row[k]).sum::<f64>() / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Element;
    use crate::physics::structure::{Cell, Structure};

    fn course() -> Course {
        Course {
            integrator: Integrator::Verlet,
            guard: Guard::new(1.0, 1.0, 1, 0.0),
            flatness: 1.0,
            volume_ang3: 1.0,
            done: 0,
            met: false,
            grade: None,
            series: Vec::new(),
            origin: Vec::new(),
        }
    }

    /// Volumes that come to rest as 100 (1 + e^(−t)): by thirds of the time so far.
    #[test]
    fn a_density_is_settled_when_its_last_thirds_agree() {
        let mut course = course();
        let mut met = None;
        for row in 0..600 {
            let time = f64::from(row) * 0.02;
            let volume = 100.0 * (1.0 + (-time).exp());
            course
                .series
                .push([300.0, 0.0, volume, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            if met.is_none() && course.density_is_settled(0.01) {
                met = Some(time);
            }
        }
        // By hand: at time t the means of the density over [t/3, 2t/3] and [2t/3, t] differ by 1 % when
        // 3/t · ∫ (1 + e^(−x))⁻¹ does, with ∫ = ln(1 + e^x).
        let mean = |a: f64, b: f64| ((1.0 + b.exp()).ln() - (1.0 + a.exp()).ln()) / (b - a);
        let apart = |t: f64| mean(2.0 * t / 3.0, t) / mean(t / 3.0, 2.0 * t / 3.0) - 1.0;
        let expected = (1..1200)
            .map(|at| f64::from(at) * 0.01)
            .find(|t| *t > 1.0 && apart(*t) < 0.01);
        let (met, expected) = (met.unwrap(), expected.unwrap());
        assert!((met - expected).abs() < 0.1, "{met} {expected}");
        course.series.truncate(8);
        assert!(!course.density_is_settled(1.0), "too few rows to tell");
    }

    /// Of two elements that move by 3 Å and 1 Å about their common centre the second counts, and drift does not.
    #[test]
    fn the_slowest_element_counts() {
        let elements = ["O", "O", "Ti", "Ti"].map(|symbol| Element::from_symbol(symbol).unwrap());
        let start = Structure {
            cell: Cell::orthorhombic([50.0; 3]).unwrap(),
            elements: elements.to_vec(),
            positions_ang: vec![[10.0; 3], [20.0; 3], [30.0; 3], [40.0; 3]],
        };
        let mut system = System::new(&start);
        let mut course = course();
        course.origin = system.unwrapped();
        for (position, along) in system.positions.iter_mut().zip([3.0, -3.0, 1.0, -1.0]) {
            position[0] += along + 5.0;
        }
        assert!((course.slowest_ang(&system) - 1.0).abs() < 1e-12);
    }
}
