//! Every balanced reaction of one or two phases to one or two others.

use std::collections::BTreeSet;

use super::enumerate::{Sides, Species};

/// Coefficients smaller than this beside the largest are rounding.
const ZERO: f64 = 1e-7;

/// Adds both directions of each, with any of the open gases on either side.
pub(super) fn search(species: &Species, found: &mut BTreeSet<Sides>) {
    let count = species.amounts.len();
    let sets: Vec<Vec<usize>> = (0..count)
        .flat_map(|first| {
            let pairs = (first + 1..count).map(move |second| vec![first, second]);
            std::iter::once(vec![first]).chain(pairs)
        })
        .filter(|set| set.iter().any(|at| !species.open.contains(at)))
        .collect();
    // More open gases than elements never balance in one way only.
    let elements = species.amounts.first().map_or(0, Vec::len);
    let gases = &species.open[..species.open.len().min(elements.min(16))];
    for (place, left) in sets.iter().enumerate() {
        for right in &sets[place + 1..] {
            if left.iter().any(|at| right.contains(at)) {
                continue;
            }
            for chosen in 0..1_u32 << gases.len() {
                let gases = gases
                    .iter()
                    .enumerate()
                    .filter(|(bit, _)| chosen >> bit & 1 == 1)
                    .map(|(_, &gas)| gas);
                let mut members: Vec<usize> = left.iter().chain(right).copied().collect();
                let written = members.len();
                members.extend(gases);
                if members[written..]
                    .iter()
                    .any(|gas| members[..written].contains(gas))
                {
                    continue;
                }
                let Some(changes) = only_balance(species, &members) else {
                    continue;
                };
                let (a, b) = changes[..written].split_at(left.len());
                let apart = a.iter().all(|&x| x > 0.0) && b.iter().all(|&x| x < 0.0)
                    || a.iter().all(|&x| x < 0.0) && b.iter().all(|&x| x > 0.0);
                if apart {
                    let side = |sign: f64| {
                        let mut side: Vec<usize> = members
                            .iter()
                            .zip(&changes)
                            .filter(|(_, x)| **x * sign > 0.0)
                            .map(|(at, _)| *at)
                            .collect();
                        side.sort_unstable();
                        side
                    };
                    found.insert((side(1.0), side(-1.0)));
                    found.insert((side(-1.0), side(1.0)));
                }
            }
        }
    }
}

/// The one combination of these phases, per atom, that holds nothing; none where there is none, or several, or
/// where a phase takes no part in it. A filter: what passes is balanced exactly.
fn only_balance(species: &Species, members: &[usize]) -> Option<Vec<f64>> {
    let width = members.len();
    let height = species.amounts.first().map_or(0, Vec::len);
    let mut rows: Vec<f64> = Vec::with_capacity(height * width);
    for element in 0..height {
        rows.extend(
            members
                .iter()
                .map(|&at| species.amounts[at][element] / species.atoms[at]),
        );
    }
    // Gauss-Jordan on every column but the last, which the others then express.
    for column in 0..width - 1 {
        let best = (column..height).max_by(|&one, &two| {
            let size = |row: usize| rows[row * width + column].abs();
            size(one).total_cmp(&size(two)).then(two.cmp(&one))
        })?;
        if rows[best * width + column].abs() < ZERO {
            return None;
        }
        for at in 0..width {
            rows.swap(best * width + at, column * width + at);
        }
        let scale = rows[column * width + column];
        for row in (0..height).filter(|&row| row != column) {
            let factor = rows[row * width + column] / scale;
            if factor != 0.0 {
                for at in column..width {
                    rows[row * width + at] -= factor * rows[column * width + at];
                }
            }
        }
    }
    let last = width - 1;
    if (last..height).any(|row| rows[row * width + last].abs() > ZERO) {
        return None;
    }
    let mut changes: Vec<f64> = (0..last)
        .map(|row| -rows[row * width + last] / rows[row * width + row])
        .collect();
    changes.push(1.0);
    changes
        .iter()
        .all(|change| change.abs() > ZERO)
        .then_some(changes)
}
