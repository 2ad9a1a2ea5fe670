use super::{BlockMeans, Mean, Species};
use crate::base::constants::ATOMIC_MASS_KG;
use crate::physics::structure::Cell;

/// Densities in slabs of equal thickness between planes that two lattice vectors span.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct SlabProfile {
    species: Species,
    axis: usize,
    slabs: usize,
    /// By species and slab: atoms in Å³; then the height of the cell.
    sums: BlockMeans,
}

impl SlabProfile {
    /// Slabs along lattice vector `axis`, from 0.
    pub fn new(species: Species, axis: usize, slabs: usize) -> Self {
        let slabs = slabs.max(1);
        SlabProfile {
            axis,
            slabs,
            sums: BlockMeans::new(species.elements.len() * slabs + 1),
            species,
        }
    }

    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        let mut sums = vec![0.0; self.species.elements.len() * self.slabs + 1];
        let each = self.slabs as f64 / cell.volume_ang3();
        for (position, species) in positions_ang.iter().zip(&self.species.of) {
            let along = cell.to_fractional(*position)[self.axis];
            let slab = ((along - along.floor()) * self.slabs as f64) as usize;
            sums[species * self.slabs + slab.min(self.slabs - 1)] += each;
        }
        if let Some(height) = sums.last_mut() {
            *height = cell.heights_ang()[self.axis];
        }
        self.sums.add(&sums);
    }

    /// What is added from here on belongs to another run.
    pub fn end_run(&mut self) {
        self.sums.end_run();
    }

    /// Middles of the slabs, in the mean cell.
    pub fn positions_ang(&self) -> Vec<f64> {
        let height = self.sums.means().last().map_or(0.0, |mean| mean.value);
        let width = height / self.slabs as f64;
        (0..self.slabs)
            .map(|slab| (slab as f64 + 0.5) * width)
            .collect()
    }

    /// Of the species that stands here in the list of species.
    pub fn density_g_per_cm3(&self, species: usize) -> Vec<Mean> {
        let factor = self.species.elements[species].mass_u() * ATOMIC_MASS_KG * 1e27;
        let means = self.sums.means();
        let own = &means[species * self.slabs..(species + 1) * self.slabs];
        own.iter().map(|mean| mean.times(factor)).collect()
    }
}
