//! What one atom sees.

/// An atom's surroundings within a cutoff, one entry a neighbour.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Displacements from the atom to the neighbour, Å, and their squared lengths.
    pub dx: Vec<f64>,
    pub dy: Vec<f64>,
    pub dz: Vec<f64>,
    pub r2: Vec<f64>,
    /// Atom and species, see [`Environment::atom`].
    pub(crate) tags: Vec<f64>,
}

/// Eight bits of species below the number of the atom, carried through registers as the bits of a float.
pub(super) fn tag(atom: usize, species: u8) -> f64 {
    f64::from_bits((atom as u64) << 8 | u64::from(species))
}

impl Environment {
    pub fn len(&self) -> usize {
        self.r2.len()
    }

    pub fn is_empty(&self) -> bool {
        self.r2.is_empty()
    }

    /// Which atom the k-th neighbour is an image of.
    pub fn atom(&self, k: usize) -> usize {
        (self.tags[k].to_bits() >> 8) as usize
    }

    pub fn species(&self, k: usize) -> u8 {
        self.tags[k].to_bits() as u8
    }

    /// From the atom to its k-th neighbour, Å.
    pub fn displacement_ang(&self, k: usize) -> [f64; 3] {
        [self.dx[k], self.dy[k], self.dz[k]]
    }

    pub fn distance_ang(&self, k: usize) -> f64 {
        self.r2[k].sqrt()
    }

    pub(super) fn push(&mut self, [dx, dy, dz]: [f64; 3], r2: f64, tag: f64) {
        self.dx.push(dx);
        self.dy.push(dy);
        self.dz.push(dz);
        self.r2.push(r2);
        self.tags.push(tag);
    }

    pub(super) fn clear(&mut self) {
        for values in [
            &mut self.dx,
            &mut self.dy,
            &mut self.dz,
            &mut self.r2,
            &mut self.tags,
        ] {
            values.clear();
        }
    }
}
