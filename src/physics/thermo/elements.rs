//! Gibbs energies of the elements in their reference states.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::gibbs::{GibbsTable, STANDARD_K};
use super::{ThermoError, library};
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA, BOLTZMANN_EV_PER_K};
use crate::base::{Element, Phase};

/// G_i(T) of the elements, eV per atom, counted from the enthalpy of the reference state at 298.15 K; gases at 1 atm.
///
/// Bartel et al. (Nat. Commun. 9 (2018) 4168) give the table as part of their descriptor (values of FactSage).
/// Between rows it is linear, as there and as in reaction-network: the chord lies below the curve by at most
/// `h² Cp / 8T`, 0.6 meV an atom at 350 K and less above, and cancels in every balanced reaction.
pub struct ElementGibbs {
    by_element: BTreeMap<Element, GibbsTable>,
}

impl ElementGibbs {
    /// The table shipped with the program, 83 elements from 300 K to 2000 K.
    pub fn standard() -> &'static ElementGibbs {
        static TABLE: OnceLock<ElementGibbs> = OnceLock::new();
        TABLE.get_or_init(|| ElementGibbs::parse(library::ELEMENTS_GIBBS))
    }

    /// Rows `element,T_K,G_eV_per_atom`; rows that are not numbers are passed over (a test reads the shipped
    /// table in full).
    fn parse(text: &str) -> Self {
        let mut rows: BTreeMap<Element, Vec<(f64, f64)>> = BTreeMap::new();
        for line in text.lines() {
            let mut cells = line.split(',');
            let row = (|| {
                let element = Element::from_symbol(cells.next()?)?;
                Some((
                    element,
                    cells.next()?.parse().ok()?,
                    cells.next()?.parse().ok()?,
                ))
            })();
            if let Some((element, t_k, ev)) = row {
                rows.entry(element).or_default().push((t_k, ev));
            }
        }
        let by_element = rows
            .into_iter()
            .filter_map(|(element, rows)| Some((element, GibbsTable::new(rows).ok()?)))
            .collect();
        ElementGibbs { by_element }
    }

    /// eV per atom at 1 atm.
    pub fn ev_per_atom(
        &self,
        element: Element,
        phase: &Phase,
        t_k: f64,
    ) -> Result<f64, ThermoError> {
        let table = self
            .by_element
            .get(&element)
            .ok_or_else(|| ThermoError::NoElement {
                element,
                phase: phase.clone(),
            })?;
        table.at(phase, t_k)
    }

    /// eV per atom at 1 bar.
    pub fn ev_per_atom_at_one_bar(
        &self,
        element: Element,
        phase: &Phase,
        t_k: f64,
    ) -> Result<f64, ThermoError> {
        let at_one_atm = self.ev_per_atom(element, phase, t_k)?;
        Ok(at_one_atm - atoms_to_molecules(element) * atm_over_bar_ev(t_k))
    }

    /// Temperatures at which all elements of a phase are tabulated, K.
    pub fn range_k(&self, phase: &Phase) -> Option<(f64, f64)> {
        let mut range = (STANDARD_K, f64::INFINITY);
        for element in phase.formula.elements() {
            let (from, to) = self.by_element.get(&element)?.range_k();
            range = (range.0.max(from), range.1.min(to));
        }
        Some(range)
    }
}

/// Molecules of the reference gas for each atom of an element: 1/2 for the diatomic gases, 0 for the elements
/// whose reference state is condensed at room temperature.
pub(super) fn atoms_to_molecules(element: Element) -> f64 {
    match element.symbol() {
        "H" | "N" | "O" | "F" | "Cl" => 0.5,
        "He" | "Ne" | "Ar" | "Kr" | "Xe" | "Rn" => 1.0,
        _ => 0.0,
    }
}

/// What an ideal gas gains from 1 bar to 1 atm, eV per molecule.
pub(super) fn atm_over_bar_ev(t_k: f64) -> f64 {
    BOLTZMANN_EV_PER_K * t_k * libm::log(ATMOSPHERE_PA / BAR_PA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_read_in_full() {
        let table = ElementGibbs::standard();
        assert_eq!(table.by_element.len(), 83);
        let rows = library::ELEMENTS_GIBBS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("element"))
            .count();
        assert_eq!(rows, 83 * 18);
        assert!(table.by_element.values().all(|one| one.rows().len() == 18));
    }

    #[test]
    fn oxygen_agrees_with_its_entropy() {
        // NIST-JANAF: S(O2, 1 bar, 1000 K) = 243.578 J/mol K, H(1000 K) - H(298.15 K) = 22.703 kJ/mol
        let phase = Phase::parse("O2").expect("a phase");
        let oxygen = Element::from_symbol("O").expect("an element");
        let found = ElementGibbs::standard()
            .ev_per_atom_at_one_bar(oxygen, &phase, 1000.0)
            .expect("in range");
        let expected_kj_mol = f64::midpoint(22.703, -243.578);
        let found_kj_mol = found / crate::base::constants::KJ_PER_MOL_IN_EV;
        assert!(
            (found_kj_mol - expected_kj_mol).abs() < 0.03,
            "{found_kj_mol} {expected_kj_mol}"
        );
    }
}
