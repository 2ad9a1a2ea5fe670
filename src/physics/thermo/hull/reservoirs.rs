use ndarray::Array1;

use super::linear::Echelon;
use super::{HullError, Reservoir, ZERO, atoms_of};

/// Reservoirs, and the elimination of one element for each.
#[derive(Debug, Clone)]
pub(super) struct Reservoirs {
    pub(super) given: Vec<Reservoir>,
    /// Rows of amounts, potential, share of each given reservoir.
    echelon: Echelon,
    elements: usize,
}

impl Reservoirs {
    pub(super) fn new(elements: usize, given: &[Reservoir]) -> Result<Self, HullError> {
        let mut echelon = Echelon::new(elements);
        for (at, one) in given.iter().enumerate() {
            let atoms = atoms_of(&one.amounts);
            if one.amounts.len() != elements
                || !atoms.is_finite()
                || atoms <= 0.0
                || !one.potential_ev.is_finite()
            {
                return Err(HullError::BadReservoir { reservoir: at });
            }
            let shares = (0..given.len()).map(|other| if other == at { 1.0 } else { 0.0 });
            let amounts = one.amounts.iter().copied();
            let row = amounts.chain([one.potential_ev]).chain(shares);
            if echelon
                .insert(row.collect::<Array1<f64>>() / atoms)
                .is_some()
            {
                return Err(HullError::DependentReservoirs { reservoir: at });
            }
        }
        Ok(Reservoirs {
            given: given.to_vec(),
            echelon,
            elements,
        })
    }

    /// Takes out what the reservoirs can give; returns how much of each, and its energy in eV.
    pub(super) fn reduce(&self, amounts: &mut [f64]) -> (Vec<f64>, f64) {
        let mut taken = vec![0.0; self.given.len()];
        let mut energy_ev = 0.0;
        for (pivot, row) in self.echelon.rows() {
            let factor = amounts[*pivot];
            for (amount, other) in amounts.iter_mut().zip(row) {
                *amount -= factor * other;
            }
            amounts[*pivot] = 0.0;
            energy_ev += factor * row[self.elements];
            for (taken, share) in taken.iter_mut().zip(row.iter().skip(self.elements + 1)) {
                *taken += factor * share;
            }
        }
        if !self.given.is_empty() {
            for amount in amounts.iter_mut().filter(|amount| amount.abs() < ZERO) {
                *amount = 0.0;
            }
        }
        (taken, energy_ev)
    }
}
