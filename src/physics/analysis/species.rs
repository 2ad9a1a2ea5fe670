use serde::{Deserialize, Serialize};

use crate::base::Element;

/// Atoms sorted by element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Species {
    /// By atomic number.
    pub elements: Vec<Element>,
    /// Of each atom: where its element stands in `elements`.
    pub of: Vec<usize>,
    /// Atoms of each element.
    pub counts: Vec<usize>,
}

impl Species {
    pub fn new(atoms: &[Element]) -> Self {
        let mut elements = atoms.to_vec();
        elements.sort_unstable();
        elements.dedup();
        let of: Vec<usize> = atoms
            .iter()
            .map(|atom| elements.partition_point(|one| one < atom))
            .collect();
        let mut counts = vec![0; elements.len()];
        for at in &of {
            counts[*at] += 1;
        }
        Species {
            elements,
            of,
            counts,
        }
    }

    pub fn find(&self, element: Element) -> Option<usize> {
        self.elements.iter().position(|one| *one == element)
    }

    /// Unordered pairs of elements, `a <= b`, in the order of [`Species::pair`].
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let count = self.elements.len();
        (0..count).flat_map(move |a| (a..count).map(move |b| (a, b)))
    }

    pub fn pair(&self, a: usize, b: usize) -> usize {
        let (a, b) = (a.min(b), a.max(b));
        a * self.elements.len() - a * (a + 1) / 2 + b
    }
}
