use ndarray::{Array1, Array2, Axis};

use super::linear::{largest, subtract};
use super::{Column, HullError, ON_HULL_EV, ZERO};

/// A simplex tableau whose right-hand side is `value + ε slope`, compared lexicographically: feasible means feasible
/// a little further along the line.
pub(super) struct Tableau {
    /// A row for each element, a column for each candidate.
    body: Array2<f64>,
    right: Vec<(f64, f64)>,
    /// Candidate that each row holds; none for a row that says nothing of its own.
    basis: Vec<Option<usize>>,
    reduced_cost: Array1<f64>,
    energies_ev: Vec<f64>,
    candidates: Vec<usize>,
}

impl Tableau {
    pub(super) fn solve(
        columns: &[Column],
        start: &[f64],
        slope: &[f64],
        among: &[usize],
    ) -> Result<Self, HullError> {
        let (height, width) = (start.len(), among.len());
        let mut tableau = Tableau {
            body: Array2::zeros((height, width)),
            right: Vec::with_capacity(height),
            basis: vec![None; height],
            reduced_cost: Array1::zeros(width),
            energies_ev: among.iter().map(|&at| columns[at].energy_ev).collect(),
            candidates: among.to_vec(),
        };
        for (element, &start) in start.iter().enumerate() {
            let right = (start, slope.get(element).copied().unwrap_or(0.0));
            let sign = if sign(right) < 0 { -1.0 } else { 1.0 };
            tableau.right.push((sign * right.0, sign * right.1));
            let entries = among.iter().map(|&at| sign * columns[at].amounts[element]);
            tableau
                .body
                .row_mut(element)
                .assign(&entries.collect::<Array1<f64>>());
        }
        // First the sum of what no candidate supplies yet, then the energy.
        for row in tableau.body.rows() {
            tableau.reduced_cost -= &row;
        }
        tableau.minimise(true)?;
        let missing = |row: usize| tableau.basis[row].is_none() && sign(tableau.right[row]) != 0;
        if (0..height).any(missing) {
            return Err(HullError::Outside);
        }
        for row in 0..height {
            if tableau.basis[row].is_none()
                && let Some(column) = largest(tableau.body.row(row))
            {
                tableau.pivot(row, column);
            }
        }
        for (at, column) in tableau.body.axis_iter(Axis(1)).enumerate() {
            let used: f64 = column
                .iter()
                .zip(&tableau.basis)
                .filter_map(|(entry, held)| Some(tableau.energies_ev[(*held)?] * entry))
                .sum();
            tableau.reduced_cost[at] = tableau.energies_ev[at] - used;
        }
        tableau.minimise(false)?;
        Ok(tableau)
    }

    /// Primal simplex method; Bland's rule excludes cycles.
    fn minimise(&mut self, first: bool) -> Result<(), HullError> {
        let tolerance = if first { ZERO } else { ON_HULL_EV * 1e-2 };
        for _ in 0..self.most_pivots() {
            let Some(column) = self.reduced_cost.iter().position(|&cost| cost < -tolerance) else {
                return Ok(());
            };
            let mut leaving: Option<(usize, (f64, f64))> = None;
            for row in 0..self.basis.len() {
                let entry = self.body[[row, column]];
                // Rows without a candidate are zero for good once the first search has ended.
                if entry <= ZERO || (!first && self.basis[row].is_none()) {
                    continue;
                }
                let ratio = (self.right[row].0 / entry, self.right[row].1 / entry);
                let better = leaving.is_none_or(|(best, least)| {
                    let order = sign((ratio.0 - least.0, ratio.1 - least.1));
                    order < 0 || order == 0 && self.basis[row] < self.basis[best]
                });
                if better {
                    leaving = Some((row, ratio));
                }
            }
            let Some((row, _)) = leaving else {
                return Err(HullError::UnstableReservoirs {
                    point: self.candidates[column],
                });
            };
            self.pivot(row, column);
        }
        Err(HullError::NoConvergence)
    }

    /// Dual simplex method: what became negative leaves.
    pub(super) fn restore(&mut self) -> Result<(), HullError> {
        for _ in 0..self.most_pivots() {
            let negative = (0..self.basis.len())
                .filter(|&row| self.basis[row].is_some() && sign(self.right[row]) < 0)
                .min_by_key(|&row| self.basis[row]);
            let Some(row) = negative else { return Ok(()) };
            let mut entering: Option<(usize, f64)> = None;
            for column in 0..self.candidates.len() {
                let entry = self.body[[row, column]];
                if entry < -ZERO {
                    let ratio = self.reduced_cost[column].max(0.0) / -entry;
                    if entering.is_none_or(|(_, least)| ratio < least - 1e-14) {
                        entering = Some((column, ratio));
                    }
                }
            }
            let Some((column, _)) = entering else {
                return Err(HullError::NoConvergence);
            };
            self.pivot(row, column);
        }
        Err(HullError::NoConvergence)
    }

    /// How far the line goes on until an amount reaches zero.
    pub(super) fn reach(&self) -> f64 {
        (0..self.basis.len())
            .filter(|&row| self.basis[row].is_some() && self.right[row].1 < -ZERO)
            .map(|row| self.right[row].0.max(0.0) / -self.right[row].1)
            .fold(f64::INFINITY, f64::min)
    }

    pub(super) fn advance(&mut self, step: f64) {
        for (value, slope) in &mut self.right {
            *value += *slope * step;
            if value.abs() < ZERO {
                *value = 0.0;
            }
        }
    }

    fn pivot(&mut self, row: usize, column: usize) {
        let scale = self.body[[row, column]];
        let own = &self.body.row(row) / scale;
        let right = (self.right[row].0 / scale, self.right[row].1 / scale);
        for other in 0..self.basis.len() {
            let factor = self.body[[other, column]];
            if other != row && factor != 0.0 {
                subtract(self.body.row_mut(other), own.view(), column);
                self.right[other].0 -= factor * right.0;
                self.right[other].1 -= factor * right.1;
            }
        }
        subtract(self.reduced_cost.view_mut(), own.view(), column);
        self.body.row_mut(row).assign(&own);
        self.right[row] = right;
        self.basis[row] = Some(column);
    }

    /// Points with a positive amount, in atoms.
    pub(super) fn positive(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.basis
            .iter()
            .zip(&self.right)
            .filter_map(|(held, &(value, _))| {
                let point = self.candidates[(*held)?];
                (value > ZERO).then_some((point, value))
            })
    }

    pub(super) fn energy_ev(&self) -> f64 {
        let rows = self.basis.iter().zip(&self.right);
        rows.filter_map(|(held, &(value, _))| Some(self.energies_ev[(*held)?] * value))
            .sum()
    }

    fn most_pivots(&self) -> usize {
        1000 + 50 * (self.candidates.len() + self.basis.len())
    }
}

/// Sign of `value + ε slope`.
fn sign((value, slope): (f64, f64)) -> i32 {
    let sign = |x: f64| i32::from(x > ZERO) - i32::from(x < -ZERO);
    if sign(value) == 0 {
        sign(slope)
    } else {
        sign(value)
    }
}
