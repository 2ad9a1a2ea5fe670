//! Atoms in a cell.

use super::cell::Cell;
use crate::base::Element;

/// `n` atoms in a periodic cell. Positions need not lie inside the cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    pub cell: Cell,
    /// Length n.
    pub elements: Vec<Element>,
    /// Å, length n.
    pub positions_ang: Vec<[f64; 3]>,
}

impl Structure {
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub fn mass_u(&self) -> f64 {
        self.elements.iter().map(|element| element.mass_u()).sum()
    }

    pub fn density_g_per_cm3(&self) -> f64 {
        use crate::base::constants::ATOMIC_MASS_KG;
        // 1 u/Å³ in g/cm³: kg → g and Å³ → cm³.
        self.mass_u() / self.cell.volume_ang3() * ATOMIC_MASS_KG * 1e27
    }

    /// The elements that occur with their counts, by atomic number.
    pub fn composition(&self) -> Vec<(Element, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for element in &self.elements {
            *counts.entry(*element).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }
}

/// The distinct elements, by atomic number.
pub fn elements_of(elements: &[Element]) -> Vec<Element> {
    let distinct: std::collections::BTreeSet<_> = elements.iter().copied().collect();
    distinct.into_iter().collect()
}

/// For each atom the place of its element among the distinct ones.
pub fn species_of(elements: &[Element]) -> Vec<u8> {
    let distinct = elements_of(elements);
    let place = |element| distinct.binary_search(element).expect("it is one of them") as u8;
    elements.iter().map(place).collect()
}
