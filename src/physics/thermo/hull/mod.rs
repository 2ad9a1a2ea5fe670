//! Lower convex hulls of energy over composition, in any number of elements, closed or open to reservoirs.
//!
//! Nothing is triangulated. The decomposition of a composition `a` is the linear programme
//! `min Σ xᵢ Eᵢ` subject to `Σ xᵢ aᵢ = a`, `x ≥ 0` (Akbarzadeh, Ozoliņš and Wolverton, Adv. Mater. 19 (2007)
//! 3233): its optimum is the energy of the hull, its solution the phases, its dual the chemical potentials. It is
//! solved by a dense simplex method under Bland's rule, so that ties fall to the point given first.
//!
//! An open species, say O2 at a pressure, is a reservoir whose amount is free in sign. It is eliminated: one
//! element a reservoir drops out of the compositions, and the energies become grand potentials.

mod linear;
mod reservoirs;
mod simplex;
#[cfg(test)]
mod tests;

use linear::Echelon;
use ndarray::Array1;
use reservoirs::Reservoirs;
use simplex::Tableau;

/// A phase: amounts of the elements and the energy of that many atoms, eV. Amounts of one formula unit with eV per
/// formula unit, and atomic fractions with eV per atom, are both right; results count in the same portions.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub amounts: Vec<f64>,
    pub energy_ev: f64,
}

/// A species that the surroundings give and take at a fixed chemical potential.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservoir {
    pub amounts: Vec<f64>,
    /// eV for the amounts above.
    pub potential_ev: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HullError {
    #[error("point {point} has amounts or an energy that are no composition")]
    BadPoint { point: usize },
    #[error("reservoir {reservoir} has amounts or a potential that are no composition")]
    BadReservoir { reservoir: usize },
    #[error(
        "reservoir {reservoir} is a mixture of those before it: their potentials would have to agree"
    )]
    DependentReservoirs { reservoir: usize },
    #[error("the reservoirs are unstable: point {point} forms from them without limit")]
    UnstableReservoirs { point: usize },
    #[error("the points cannot make up this composition")]
    Outside,
    #[error("there is no point {point}")]
    NoPoint { point: usize },
    #[error("the hull could not be computed to rounding error")]
    NoConvergence,
}

/// What a composition falls apart into.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// Points with their amounts in portions as given, by index; all positive.
    pub phases: Vec<(usize, f64)>,
    /// By reservoir: portions given off (positive) or taken up.
    pub released: Vec<f64>,
    /// Energy of the phases; in an open hull, their grand potential plus the potential of what the composition
    /// would bring from the reservoirs, so that it can be set against the energy of the composition, eV.
    pub energy_ev: f64,
}

/// A point on a mixing line where the stable assemblage changes, or one of its ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Kink {
    /// Position between the ends: 0 is the first, 1 the second.
    pub fraction: f64,
    pub decomposition: Decomposition,
}

/// Amounts and pivots below this, atomic fractions, are zero. Compositions of real phases differ by more than 1e-5.
const ZERO: f64 = 1e-9;
/// Energies within this of the hull, eV/atom, lie on it.
const ON_HULL_EV: f64 = 1e-10;

/// The lower convex hull of a set of points.
#[derive(Debug, Clone)]
pub struct Hull {
    points: Vec<Point>,
    reservoirs: Reservoirs,
    /// By point: reduced amounts and energy of one atom.
    columns: Vec<Column>,
    above_ev: Vec<f64>,
    stable: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Column {
    amounts: Vec<f64>,
    energy_ev: f64,
    atoms: f64,
}

impl Hull {
    /// The hull of a closed system. Every point has the same elements in the same order.
    pub fn new(points: &[Point]) -> Result<Self, HullError> {
        Self::open(points, &[])
    }

    /// The hull of a system open to reservoirs.
    pub fn open(points: &[Point], reservoirs: &[Reservoir]) -> Result<Self, HullError> {
        let elements = points.first().map_or(0, |point| point.amounts.len());
        let reservoirs = Reservoirs::new(elements, reservoirs)?;
        let mut columns = Vec::with_capacity(points.len());
        for (at, point) in points.iter().enumerate() {
            let atoms = atoms_of(&point.amounts);
            if point.amounts.len() != elements
                || !atoms.is_finite()
                || !point.energy_ev.is_finite()
                || atoms <= 0.0
            {
                return Err(HullError::BadPoint { point: at });
            }
            let mut amounts: Vec<f64> = point.amounts.iter().map(|amount| amount / atoms).collect();
            let taken_ev = reservoirs.reduce(&mut amounts).1;
            let energy_ev = point.energy_ev / atoms - taken_ev;
            if energy_ev < -ON_HULL_EV && amounts.iter().all(|&amount| amount == 0.0) {
                return Err(HullError::UnstableReservoirs { point: at });
            }
            columns.push(Column {
                amounts,
                energy_ev,
                atoms,
            });
        }
        let mut hull = Hull {
            points: points.to_vec(),
            reservoirs,
            stable: (0..columns.len()).collect(),
            above_ev: vec![0.0; columns.len()],
            columns,
        };
        // While this runs every point counts as stable, that is, may enter.
        let mut above_ev = Vec::with_capacity(hull.columns.len());
        let mut stable = Vec::new();
        for (at, column) in hull.columns.iter().enumerate() {
            let hull_ev = hull.solve(&column.amounts, &[], &hull.stable)?.energy_ev();
            let above = (column.energy_ev - hull_ev).max(0.0);
            let twin = stable
                .iter()
                .any(|&other: &usize| same(&hull.columns[other].amounts, &column.amounts));
            if above <= ON_HULL_EV && !twin {
                stable.push(at);
            }
            above_ev.push(if above <= ON_HULL_EV { 0.0 } else { above });
        }
        hull.stable = stable;
        hull.above_ev = above_ev;
        Ok(hull)
    }

    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Points on the hull, by index; of several with one composition and one energy, the first.
    pub fn stable(&self) -> &[usize] {
        &self.stable
    }

    pub fn is_stable(&self, point: usize) -> bool {
        self.stable.binary_search(&point).is_ok()
    }

    /// Energy above the hull, eV/atom; zero for what lies on it.
    pub fn above_ev_per_atom(&self, point: usize) -> Result<f64, HullError> {
        self.above_ev
            .get(point)
            .copied()
            .ok_or(HullError::NoPoint { point })
    }

    /// Energy of a point less that of the best mixture of the *others*, eV/atom: negative for what is stable
    /// (by how much), positive for what is not. None where the others cannot make up its composition.
    pub fn decomposition_ev_per_atom(&self, point: usize) -> Result<Option<f64>, HullError> {
        let column = self
            .columns
            .get(point)
            .ok_or(HullError::NoPoint { point })?;
        let others: Vec<usize> = (0..self.columns.len())
            .filter(|&other| other != point)
            .collect();
        match self.solve(&column.amounts, &[], &others) {
            Ok(tableau) => Ok(Some(column.energy_ev - tableau.energy_ev())),
            Err(HullError::Outside) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The stable phases of a composition, given as amounts of the elements.
    pub fn decomposition(&self, amounts: &[f64]) -> Result<Decomposition, HullError> {
        // Tolerances are per atom.
        let atoms = atoms_of(amounts);
        if amounts.is_empty() || !atoms.is_finite() || atoms <= 0.0 {
            return Err(HullError::Outside);
        }
        let one_atom: Vec<f64> = amounts.iter().map(|amount| amount / atoms).collect();
        let tableau = self.solve(&self.reduced(&one_atom)?, &[], &self.stable)?;
        let mut found = self.describe(&one_atom, &tableau);
        let portions = found
            .phases
            .iter_mut()
            .map(|(_, portions)| portions)
            .chain(&mut found.released);
        portions
            .chain([&mut found.energy_ev])
            .for_each(|value| *value *= atoms);
        Ok(found)
    }

    /// Energy of the hull for these amounts, eV; compare [`Decomposition::energy_ev`].
    pub fn energy_ev(&self, amounts: &[f64]) -> Result<f64, HullError> {
        Ok(self.decomposition(amounts)?.energy_ev)
    }

    /// The kinks of the hull along the line that mixes two compositions, both ends included, by rising fraction.
    /// Decompositions are of `(1 - fraction) · from + fraction · to`. Give amounts of the order of one atom.
    pub fn along(&self, from: &[f64], to: &[f64]) -> Result<Vec<Kink>, HullError> {
        let start = self.reduced(from)?;
        let end = self.reduced(to)?;
        let slope: Vec<f64> = start
            .iter()
            .zip(&end)
            .map(|(start, end)| end - start)
            .collect();
        let mut tableau = self.solve(&start, &slope, &self.stable)?;
        let mut kinks = Vec::new();
        let mut fraction = 0.0;
        loop {
            let mixed: Vec<f64> = from
                .iter()
                .zip(to)
                .map(|(from, to)| (1.0 - fraction) * from + fraction * to)
                .collect();
            kinks.push(Kink {
                fraction,
                decomposition: self.describe(&mixed, &tableau),
            });
            if fraction >= 1.0 {
                return Ok(kinks);
            }
            if fraction > 0.0 {
                tableau.restore()?;
            }
            let step = tableau.reach();
            let next = if fraction + step >= 1.0 - ZERO {
                1.0
            } else {
                fraction + step
            };
            tableau.advance(next - fraction);
            fraction = next;
        }
    }

    /// Corners of the region of chemical potentials, eV per atom of each element, where a point is stable: where
    /// `μ · aᵢ = Eᵢ`, `μ · aⱼ ≤ Eⱼ` for every other point and `μ` of each reservoir is what it is. Each potential
    /// stays within `between_ev`, for the region has no end of its own towards depletion of an element. Sorted;
    /// empty for a point above the hull.
    pub fn domain(&self, point: usize, between_ev: (f64, f64)) -> Result<Vec<Vec<f64>>, HullError> {
        let own = self.points.get(point).ok_or(HullError::NoPoint { point })?;
        let elements = own.amounts.len();
        // Rows [a | E] of equalities and of inequalities a·μ ≤ E.
        let row = |amounts: &[f64], energy_ev: f64| {
            let scale = atoms_of(amounts);
            let all = amounts.iter().copied().chain([energy_ev]);
            all.collect::<Array1<f64>>() / scale
        };
        let mut equal = Echelon::new(elements);
        let given = self
            .reservoirs
            .given
            .iter()
            .map(|one| row(&one.amounts, one.potential_ev));
        for row in std::iter::once(row(&own.amounts, own.energy_ev)).chain(given) {
            // A phase made of reservoirs alone is stable nowhere, or wherever they are.
            if equal
                .insert(row)
                .is_some_and(|left| left[elements].abs() > 1e-8)
            {
                return Ok(Vec::new());
            }
        }
        let others = self.stable.iter().filter(|&&other| other != point);
        let mut bounded: Vec<Array1<f64>> = others
            .map(|&other| row(&self.points[other].amounts, self.points[other].energy_ev))
            .collect();
        for element in 0..elements {
            let mut unit = Array1::zeros(elements + 1);
            unit[element] = 1.0;
            unit[elements] = between_ev.1;
            bounded.push(unit.clone());
            unit[element] = -1.0;
            unit[elements] = -between_ev.0;
            bounded.push(unit);
        }
        let mut corners: Vec<Vec<f64>> = Vec::new();
        let inside = |corner: &[f64]| {
            bounded.iter().all(|row| {
                let value: f64 = row.iter().zip(corner).map(|(amount, mu)| amount * mu).sum();
                value <= row[elements] + 1e-8
            })
        };
        corners_of(&equal, &bounded, elements, &mut |corner| {
            let known = |other: &Vec<f64>| {
                other
                    .iter()
                    .zip(&corner)
                    .all(|(one, two)| (one - two).abs() < 1e-7)
            };
            if inside(&corner) && !corners.iter().any(known) {
                corners.push(corner);
            }
        });
        corners.sort_by(|one, two| {
            let mut pairs = one.iter().zip(two).map(|(one, two)| one.total_cmp(two));
            pairs
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(corners)
    }

    /// Amounts less what the reservoirs can give.
    fn reduced(&self, amounts: &[f64]) -> Result<Vec<f64>, HullError> {
        let elements = self.points.first().map_or(0, |point| point.amounts.len());
        if amounts.len() != elements || !atoms_of(amounts).is_finite() {
            return Err(HullError::Outside);
        }
        let mut reduced = amounts.to_vec();
        self.reservoirs.reduce(&mut reduced);
        Ok(reduced)
    }

    /// Solves for amounts `start + λ slope` at a λ just above zero (at zero if there is no slope).
    fn solve(&self, start: &[f64], slope: &[f64], among: &[usize]) -> Result<Tableau, HullError> {
        Tableau::solve(&self.columns, start, slope, among)
    }

    fn describe(&self, amounts: &[f64], tableau: &Tableau) -> Decomposition {
        let mut left = amounts.to_vec();
        let mut energy_ev = 0.0;
        let mut phases = Vec::new();
        for (point, atoms) in tableau.positive() {
            let portions = atoms / self.columns[point].atoms;
            energy_ev += portions * self.points[point].energy_ev;
            for (left, amount) in left.iter_mut().zip(&self.points[point].amounts) {
                *left -= portions * amount;
            }
            phases.push((point, portions));
        }
        phases.sort_by_key(|&(point, _)| point);
        let (released, released_ev) = self.reservoirs.reduce(&mut left);
        Decomposition {
            phases,
            released,
            energy_ev: energy_ev + released_ev,
        }
    }
}

fn atoms_of(amounts: &[f64]) -> f64 {
    if amounts
        .iter()
        .any(|&amount| amount.is_nan() || amount < 0.0)
    {
        return f64::NAN;
    }
    amounts.iter().sum()
}

fn same(one: &[f64], two: &[f64]) -> bool {
    one.iter()
        .zip(two)
        .all(|(one, two)| (one - two).abs() < ZERO)
}

/// Chooses inequalities to hold as equalities until the potentials are fixed, and hands each solution on.
fn corners_of(
    fixed: &Echelon,
    choices: &[Array1<f64>],
    unknowns: usize,
    found: &mut dyn FnMut(Vec<f64>),
) {
    if fixed.rows().len() == unknowns {
        let mut solution = vec![0.0; unknowns];
        for (pivot, row) in fixed.rows() {
            solution[*pivot] = row[unknowns];
        }
        return found(solution);
    }
    for (at, choice) in choices.iter().enumerate() {
        let mut more = fixed.clone();
        // A row that says nothing new chooses nothing.
        if more.insert(choice.clone()).is_none() {
            corners_of(&more, &choices[at + 1..], unknowns, found);
        }
    }
}
