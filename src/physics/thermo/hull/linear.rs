//! Small dense systems of linear equations.

use super::ZERO;

/// Rows `[a | rest]` in reduced row echelon form: each has a pivot among its first `unknowns` entries that is one,
/// and zero in every other row.
#[derive(Debug, Clone)]
pub(super) struct Echelon {
    unknowns: usize,
    rows: Vec<(usize, Vec<f64>)>,
}

impl Echelon {
    pub(super) fn new(unknowns: usize) -> Self {
        Echelon {
            unknowns,
            rows: Vec::new(),
        }
    }

    /// Pivots with their rows, in the order of insertion.
    pub(super) fn rows(&self) -> &[(usize, Vec<f64>)] {
        &self.rows
    }

    /// Adds a row. One that depends on those before it is handed back with what is left of its rest.
    pub(super) fn insert(&mut self, mut row: Vec<f64>) -> Option<Vec<f64>> {
        for (pivot, other) in &self.rows {
            subtract(&mut row, other, *pivot);
        }
        let Some(pivot) = largest(&row[..self.unknowns]) else {
            return Some(row);
        };
        let scale = row[pivot];
        for value in &mut row {
            *value /= scale;
        }
        for (_, other) in &mut self.rows {
            subtract(other, &row, pivot);
        }
        self.rows.push((pivot, row));
        None
    }
}

/// Takes a multiple of another row, whose pivot is one, so that this row has none there.
pub(super) fn subtract(row: &mut [f64], other: &[f64], pivot: usize) {
    let factor = row[pivot];
    if factor != 0.0 {
        for (value, other) in row.iter_mut().zip(other) {
            *value -= factor * other;
        }
        row[pivot] = 0.0;
    }
}

/// The first of the entries largest in size, unless all are zero.
pub(super) fn largest(values: &[f64]) -> Option<usize> {
    let mut best = None;
    let mut size = ZERO;
    for (at, value) in values.iter().enumerate() {
        if value.abs() > size {
            (best, size) = (Some(at), value.abs() * (1.0 + ZERO));
        }
    }
    best
}
