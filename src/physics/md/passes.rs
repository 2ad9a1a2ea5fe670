//! Passes over the coordinates of all atoms, in vectors; what does not fill one comes last.

use crate::physics::numerics::simd::{Kernel, Level, MOST_LANES, Vector, dispatch};

/// Masses by coordinate, three to an atom: eV fs²/Å².
#[derive(Debug, Clone)]
pub struct Inertia {
    pub masses: Vec<f64>,
    pub inverses: Vec<f64>,
    pub roots: Vec<f64>,
}

impl Inertia {
    pub fn new(masses: &[f64]) -> Self {
        let each = |of: fn(f64) -> f64| masses.iter().flat_map(|mass| [of(*mass); 3]).collect();
        Inertia {
            masses: each(|mass| mass),
            inverses: each(f64::recip),
            roots: each(f64::sqrt),
        }
    }
}

/// Atoms on their way.
pub struct Moving<'a> {
    pub positions: &'a mut [[f64; 3]],
    pub velocities: &'a mut [[f64; 3]],
    pub forces: &'a [[f64; 3]],
    pub inertia: &'a Inertia,
}

impl Moving<'_> {
    /// v += F/m · time; returns Σ m v².
    pub fn kick(self, time_fs: f64) -> f64 {
        dispatch(Level::detect(), Kick(self, time_fs))
    }

    /// v += F/m · `kick_fs`, then r += v · `drift_fs`; returns whether all velocities are numbers and none of their
    /// components is beyond `most`.
    pub fn kick_and_drift(self, kick_fs: f64, drift_fs: f64, most: f64) -> bool {
        dispatch(
            Level::detect(),
            KickAndDrift(self, [kick_fs, drift_fs, most]),
        )
    }

    /// As [`Moving::kick_and_drift`] with what a bath does to the velocities in the midst of the drift.
    pub fn drift_in_a_bath(
        self,
        bath: &Bath<'_>,
        kick_fs: f64,
        drift_fs: f64,
        most: f64,
    ) -> Bathed {
        dispatch(
            Level::detect(),
            DriftInABath(self, bath, [kick_fs, drift_fs, most]),
        )
    }
}

/// v becomes `keep · v + noise · x/√m − drift`.
pub struct Bath<'a> {
    pub keep: f64,
    pub noise: f64,
    /// x.
    pub normals: &'a [[f64; 3]],
    pub drift: [f64; 3],
}

/// Σ m v² before the bath and after it, and what [`Moving::kick_and_drift`] returns.
pub struct Bathed {
    pub before: f64,
    pub after: f64,
    pub fine: bool,
}

struct Kick<'a>(Moving<'a>, f64);

impl Kernel for Kick<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vector>(self) -> f64 {
        let Kick(moving, time) = self;
        let (v, f) = (
            moving.velocities.as_flattened_mut(),
            moving.forces.as_flattened(),
        );
        let Inertia {
            masses, inverses, ..
        } = moving.inertia;
        let whole = v.len() - v.len() % V::LANES;
        let mut sum = V::zero();
        for at in (0..whole).step_by(V::LANES) {
            let gained = V::load(&inverses[at..]) * V::splat(time) * V::load(&f[at..]);
            let now = V::load(&v[at..]) + gained;
            sum = sum + V::load(&masses[at..]) * (now * now);
            now.store(&mut v[at..]);
        }
        let mut rest = 0.0;
        for at in whole..v.len() {
            v[at] += inverses[at] * time * f[at];
            rest += masses[at] * (v[at] * v[at]);
        }
        sum.sum() + rest
    }
}

/// Whether all lanes are numbers between −most and most, as bits.
#[inline(always)]
fn within<V: Vector>(v: V, most: V) -> u32 {
    V::bits(V::less(v, most)) & V::bits(V::less(-v, most))
}

struct KickAndDrift<'a>(Moving<'a>, [f64; 3]);

impl Kernel for KickAndDrift<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Vector>(self) -> bool {
        let KickAndDrift(moving, [kick_fs, drift_fs, most]) = self;
        let r = moving.positions.as_flattened_mut();
        let v = moving.velocities.as_flattened_mut();
        let (f, inverses) = (moving.forces.as_flattened(), &moving.inertia.inverses);
        let whole = v.len() - v.len() % V::LANES;
        let all = (1 << V::LANES) - 1;
        let mut fine = all;
        for at in (0..whole).step_by(V::LANES) {
            let gained = V::load(&inverses[at..]) * V::splat(kick_fs) * V::load(&f[at..]);
            let now = V::load(&v[at..]) + gained;
            now.store(&mut v[at..]);
            (V::load(&r[at..]) + now * V::splat(drift_fs)).store(&mut r[at..]);
            fine &= within(now, V::splat(most));
        }
        let mut rest_fine = true;
        for at in whole..v.len() {
            v[at] += inverses[at] * kick_fs * f[at];
            r[at] += v[at] * drift_fs;
            rest_fine &= v[at].abs() < most;
        }
        fine == all && rest_fine
    }
}

struct DriftInABath<'a>(Moving<'a>, &'a Bath<'a>, [f64; 3]);

/// Coordinates of whole atoms that fill whole vectors.
const PERIOD: usize = 3 * MOST_LANES;

impl Kernel for DriftInABath<'_> {
    type Output = Bathed;

    #[inline(always)]
    fn run<V: Vector>(self) -> Bathed {
        let DriftInABath(moving, bath, [kick_fs, drift_fs, most]) = self;
        let r = moving.positions.as_flattened_mut();
        let v = moving.velocities.as_flattened_mut();
        let (f, x) = (moving.forces.as_flattened(), bath.normals.as_flattened());
        let Inertia {
            masses,
            inverses,
            roots,
        } = moving.inertia;
        let drift: [f64; PERIOD] = std::array::from_fn(|k| bath.drift[k % 3]);
        let whole = v.len() - v.len() % V::LANES;
        let all = (1 << V::LANES) - 1;
        let (mut before, mut after, mut fine) = (V::zero(), V::zero(), all);
        for at in (0..whole).step_by(V::LANES) {
            let (mass, inverse) = (V::load(&masses[at..]), V::load(&inverses[at..]));
            let kicked = V::load(&v[at..]) + inverse * V::splat(kick_fs) * V::load(&f[at..]);
            let width = V::splat(bath.noise) * V::load(&roots[at..]) * inverse;
            let now = V::splat(bath.keep) * kicked + width * V::load(&x[at..])
                - V::load(&drift[at % PERIOD..]);
            now.store(&mut v[at..]);
            (V::load(&r[at..]) + (kicked + now) * V::splat(drift_fs)).store(&mut r[at..]);
            before = before + mass * (kicked * kicked);
            after = after + mass * (now * now);
            fine &= within(now, V::splat(most));
        }
        let mut bathed = Bathed {
            before: before.sum(),
            after: after.sum(),
            fine: fine == all,
        };
        for at in whole..v.len() {
            let kicked = v[at] + inverses[at] * kick_fs * f[at];
            let width = bath.noise * roots[at] * inverses[at];
            let now = bath.keep * kicked + width * x[at] - bath.drift[at % 3];
            v[at] = now;
            r[at] += (kicked + now) * drift_fs;
            bathed.before += masses[at] * (kicked * kicked);
            bathed.after += masses[at] * (now * now);
            bathed.fine &= now.abs() < most;
        }
        bathed
    }
}
