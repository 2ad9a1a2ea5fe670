//! What a pair contributes, and the sums of it over an atom's neighbours.

use crate::physics::numerics::simd::{Kernel, Level, MOST_LANES, Vector, dispatch};
use crate::physics::structure::Environment;

/// A function of the distance of two atoms of certain species.
pub trait PairFunction {
    /// Force over distance, `−u'(r)/r`, positive where atoms repel, and energy `u(r)` of an atom of `species` with
    /// each of its neighbours. The energy may be anything unless `ENERGY`.
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2];
}

/// Sums over the neighbours of one atom.
#[derive(Debug, Default)]
pub struct Accumulator {
    count: usize,
    /// Force over distance and energy by neighbour.
    slopes: Vec<f64>,
    energies: Vec<f64>,
}

impl Accumulator {
    #[inline(always)]
    pub fn clear<V: Vector>(&mut self, count: usize, energy: bool) {
        self.count = count;
        if self.slopes.len() < count + 2 * MOST_LANES {
            self.slopes.resize(count + 2 * MOST_LANES, 0.0);
            self.energies.resize(count + 2 * MOST_LANES, 0.0);
        }
        for at in (0..count).step_by(V::LANES) {
            V::zero().store(&mut self.slopes[at..]);
            if energy {
                V::zero().store(&mut self.energies[at..]);
            }
        }
    }

    /// Adds the force on the atom, and its half of the virial.
    #[inline(always)]
    pub fn finish<V: Vector>(
        &mut self,
        near: &Environment,
        force: &mut [f64; 3],
        virial: Option<&mut [f64; 6]>,
    ) {
        let columns = near.padded::<V>();
        // What pads the neighbours is in no direction, so that its force counts nothing.
        let slopes = &*self.slopes;
        let (mut x, mut y, mut z) = (V::zero(), V::zero(), V::zero());
        for at in (0..self.count).step_by(V::LANES) {
            let slope = V::load(&slopes[at..]);
            x = slope.mul_add(V::load(&columns.dx[at..]), x);
            y = slope.mul_add(V::load(&columns.dy[at..]), y);
            z = slope.mul_add(V::load(&columns.dz[at..]), z);
        }
        force[0] -= x.sum();
        force[1] -= y.sum();
        force[2] -= z.sum();
        let Some(virial) = virial else { return };
        let mut sum = [V::zero(); 6];
        for at in (0..self.count).step_by(V::LANES) {
            let slope = V::load(&slopes[at..]);
            let (x, y, z) = (
                V::load(&columns.dx[at..]),
                V::load(&columns.dy[at..]),
                V::load(&columns.dz[at..]),
            );
            let (fx, fy, fz) = (slope * x, slope * y, slope * z);
            sum[0] = fx.mul_add(x, sum[0]);
            sum[1] = fy.mul_add(y, sum[1]);
            sum[2] = fz.mul_add(z, sum[2]);
            sum[3] = fy.mul_add(z, sum[3]);
            sum[4] = fx.mul_add(z, sum[4]);
            sum[5] = fx.mul_add(y, sum[5]);
        }
        for (virial, sum) in virial.iter_mut().zip(sum) {
            *virial += 0.5 * sum.sum();
        }
    }

    /// The atom's half of the energy.
    #[inline(always)]
    pub fn energy<V: Vector>(&mut self) -> f64 {
        V::zero().store(&mut self.energies[self.count..]);
        let mut sum = V::zero();
        for at in (0..self.count).step_by(V::LANES) {
            sum = sum + V::load(&self.energies[at..]);
        }
        0.5 * sum.sum()
    }
}

/// Adds a function to every neighbour of an atom.
pub struct Add<'a, F> {
    pub function: &'a F,
    pub species: usize,
    pub near: &'a Environment,
    pub sums: &'a mut Accumulator,
    pub energy: bool,
}

impl<F: PairFunction> Add<'_, F> {
    #[inline(always)]
    fn add<V: Vector, const ENERGY: bool>(self) {
        let columns = self.near.padded::<V>();
        let (slopes, energies) = (&mut *self.sums.slopes, &mut *self.sums.energies);
        for at in (0..columns.r2.len()).step_by(V::LANES) {
            let (r2, tags) = (V::load(&columns.r2[at..]), V::load(&columns.tags[at..]));
            let [slope, energy] = self.function.pair::<V, ENERGY>(self.species, tags, r2);
            let sum = V::load(&slopes[at..]) + slope;
            sum.store(&mut slopes[at..]);
            if ENERGY {
                let sum = V::load(&energies[at..]) + energy;
                sum.store(&mut energies[at..]);
            }
        }
    }
}

impl<F: PairFunction> Kernel for Add<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        if self.energy {
            self.add::<V, true>();
        } else {
            self.add::<V, false>();
        }
    }
}

/// Energy and its derivative of one pair at one distance.
pub fn value<F: PairFunction>(function: &F, first: usize, second: usize, r_ang: f64) -> [f64; 2] {
    struct Single<'a, F>(&'a F, usize, usize, f64);
    impl<F: PairFunction> Kernel for Single<'_, F> {
        type Output = [f64; 2];
        #[inline(always)]
        fn run<V: Vector>(self) -> [f64; 2] {
            let Single(function, first, second, r) = self;
            let tags = V::splat(f64::from_bits(second as u64));
            let [slope, energy] = function.pair::<V, true>(first, tags, V::splat(r * r));
            [energy, -slope * V::splat(r)].map(V::least)
        }
    }
    dispatch(Level::PORTABLE, Single(function, first, second, r_ang))
}
