//! Small dense systems of linear equations.

use ndarray::{Array1, ArrayView1, ArrayViewMut1, s};

use super::ZERO;

/// Rows `[a | rest]` in reduced row echelon form: each has a pivot among its first `unknowns` entries that is one,
/// and zero in every other row.
#[derive(Debug, Clone)]
pub(super) struct Echelon {
    unknowns: usize,
    rows: Vec<(usize, Array1<f64>)>,
}

impl Echelon {
    pub(super) fn new(unknowns: usize) -> Self {
        Echelon {
            unknowns,
            rows: Vec::new(),
        }
    }

    /// Pivots with their rows, in the order of insertion.
    pub(super) fn rows(&self) -> &[(usize, Array1<f64>)] {
        &self.rows
    }

    /// Adds a row. One that depends on those before it is handed back with what is left of its rest.
    pub(super) fn insert(&mut self, mut row: Array1<f64>) -> Option<Array1<f64>> {
        for (pivot, other) in &self.rows {
            subtract(row.view_mut(), other.view(), *pivot);
        }
        let Some(pivot) = largest(row.slice(s![..self.unknowns])) else {
            return Some(row);
        };
        let scale = row[pivot];
        row /= scale;
        for (_, other) in &mut self.rows {
            subtract(other.view_mut(), row.view(), pivot);
        }
        self.rows.push((pivot, row));
        None
    }
}

/// Takes a multiple of another row, whose pivot is one, so that this row has none there.
pub(super) fn subtract(mut row: ArrayViewMut1<'_, f64>, other: ArrayView1<'_, f64>, pivot: usize) {
    let factor = row[pivot];
    if factor != 0.0 {
        row.scaled_add(-factor, &other);
        row[pivot] = 0.0;
    }
}

/// The first of the entries largest in size, unless all are zero.
pub(super) fn largest(values: ArrayView1<'_, f64>) -> Option<usize> {
    let mut best = None;
    let mut size = ZERO;
    for (at, value) in values.iter().enumerate() {
        if value.abs() > size {
            (best, size) = (Some(at), value.abs() * (1.0 + ZERO));
        }
    }
    best
}
