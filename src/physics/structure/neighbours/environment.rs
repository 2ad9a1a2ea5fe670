//! What one atom sees.

use crate::physics::numerics::simd::{MOST_LANES, Vector};

/// An atom's surroundings within a cutoff, one entry a neighbour.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    count: usize,
    /// Longer than `count` by at least a vector, whose first lanes hold a neighbour on the cutoff in no direction.
    dx: Vec<f64>,
    dy: Vec<f64>,
    dz: Vec<f64>,
    r2: Vec<f64>,
    tags: Vec<f64>,
}

/// Eight bits of species below the number of the atom, carried through registers as the bits of a float.
pub(super) fn tag(atom: usize, species: u8) -> f64 {
    f64::from_bits((atom as u64) << 8 | u64::from(species))
}

impl Environment {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
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

    /// Squared distances, Å².
    pub fn squared_distances(&self) -> &[f64] {
        &self.r2[..self.count]
    }

    /// Displacements by coordinate, squared distances and tags, filled up to a whole number of vectors: a kernel may
    /// evaluate the entries beyond `len`, but must not count them.
    #[inline(always)]
    pub(crate) fn padded<V: Vector>(&self) -> Columns<'_> {
        let end = self.count.next_multiple_of(V::LANES);
        Columns {
            dx: &self.dx[..end],
            dy: &self.dy[..end],
            dz: &self.dz[..end],
            r2: &self.r2[..end],
            tags: &self.tags[..end],
        }
    }

    /// Takes in what of `list` is closer to `centre` than the cutoff. Gives the least squared distance.
    #[inline(always)]
    pub(super) fn gather<V: Vector>(
        &mut self,
        points: &[[f64; 4]],
        centre: usize,
        list: &[u32],
        cutoff2: f64,
    ) -> f64 {
        let [x, y, z, _] = points[centre];
        let (x, y, z) = (V::splat(x), V::splat(y), V::splat(z));
        let mut keeper = self.keeper::<V>(list.len(), cutoff2);
        for block in list.chunks_exact(V::LANES) {
            let [u, v, w, tags] = V::points(points, block);
            let (dx, dy, dz) = (u - x, v - y, w - z);
            let r2 = dz.mul_add(dz, dy.mul_add(dy, dx * dx));
            keeper.keep([dx, dy, dz], r2, tags);
        }
        keeper.finish()
    }

    /// The same, with the place in the list of each that is taken in.
    #[inline(always)]
    pub(super) fn gather_listed<V: Vector>(
        &mut self,
        points: &[[f64; 4]],
        centre: usize,
        list: &[u32],
        cutoff2: f64,
        listed: &mut Vec<u32>,
    ) -> f64 {
        let [x, y, z, _] = points[centre];
        let (x, y, z) = (V::splat(x), V::splat(y), V::splat(z));
        listed.resize(list.len() + MOST_LANES, 0);
        let mut keeper = self.keeper::<V>(list.len(), cutoff2);
        for (block, at) in list.chunks_exact(V::LANES).zip((0..).step_by(V::LANES)) {
            let [u, v, w, tags] = V::points(points, block);
            let (dx, dy, dz) = (u - x, v - y, w - z);
            let r2 = dz.mul_add(dz, dy.mul_add(dy, dx * dx));
            let near = V::bits(r2.less(keeper.cutoff2));
            V::write_indices(near, at, &mut listed[keeper.at..]);
            keeper.keep([dx, dy, dz], r2, tags);
        }
        let least = keeper.finish();
        listed.truncate(self.count);
        least
    }

    /// Takes in what of `wider` is closer than the cutoff.
    #[inline(always)]
    pub(crate) fn narrow<V: Vector>(&mut self, wider: &Environment, cutoff2: f64) {
        let mut keeper = self.keeper::<V>(wider.count, cutoff2);
        let columns = wider.padded::<V>();
        for at in (0..columns.r2.len()).step_by(V::LANES) {
            let (x, y, z) = (
                V::load(&columns.dx[at..]),
                V::load(&columns.dy[at..]),
                V::load(&columns.dz[at..]),
            );
            // What pads the wider one lies on its cutoff, beyond this one.
            keeper.keep(
                [x, y, z],
                V::load(&columns.r2[at..]),
                V::load(&columns.tags[at..]),
            );
        }
        keeper.finish();
    }

    /// Empties it and makes room for so many neighbours.
    #[inline(always)]
    fn keeper<V: Vector>(&mut self, most: usize, cutoff2: f64) -> Keeper<'_, V> {
        if self.r2.len() < most + MOST_LANES {
            for column in [
                &mut self.dx,
                &mut self.dy,
                &mut self.dz,
                &mut self.r2,
                &mut self.tags,
            ] {
                column.resize(most + MOST_LANES, 0.0);
            }
        }
        let cutoff2 = V::splat(cutoff2);
        Keeper {
            at: 0,
            count: &mut self.count,
            dx: &mut self.dx,
            dy: &mut self.dy,
            dz: &mut self.dz,
            r2: &mut self.r2,
            tags: &mut self.tags,
            cutoff2,
            least: cutoff2,
        }
    }
}

/// Writes neighbours into an environment.
struct Keeper<'a, V> {
    at: usize,
    count: &'a mut usize,
    dx: &'a mut [f64],
    dy: &'a mut [f64],
    dz: &'a mut [f64],
    r2: &'a mut [f64],
    tags: &'a mut [f64],
    cutoff2: V,
    least: V,
}

impl<V: Vector> Keeper<'_, V> {
    #[inline(always)]
    fn keep(&mut self, [x, y, z]: [V; 3], r2: V, tags: V) {
        let near = r2.less(self.cutoff2);
        self.least = r2.min(self.least);
        let at = self.at;
        x.compress(near, &mut self.dx[at..]);
        y.compress(near, &mut self.dy[at..]);
        z.compress(near, &mut self.dz[at..]);
        r2.compress(near, &mut self.r2[at..]);
        tags.compress(near, &mut self.tags[at..]);
        self.at += V::bits(near).count_ones() as usize;
    }

    #[inline(always)]
    fn finish(self) -> f64 {
        let at = self.at;
        *self.count = at;
        V::zero().store(&mut self.dx[at..]);
        V::zero().store(&mut self.dy[at..]);
        V::zero().store(&mut self.dz[at..]);
        self.cutoff2.store(&mut self.r2[at..]);
        V::zero().store(&mut self.tags[at..]);
        self.least.least()
    }
}

/// An environment by columns, see [`Environment::padded`].
pub(crate) struct Columns<'a> {
    pub dx: &'a [f64],
    pub dy: &'a [f64],
    pub dz: &'a [f64],
    pub r2: &'a [f64],
    pub tags: &'a [f64],
}
