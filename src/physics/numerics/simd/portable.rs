//! Four lanes for any processor; the compiler makes of them what it can.

use std::array::from_fn;
use std::ops::{Add, Mul, Neg, Sub};

use super::{TABLE, Table, Vector};

#[derive(Clone, Copy)]
pub struct Four([f64; 4]);

macro_rules! lanewise {
    ($($operation:ident :: $method:ident),*) => {$(
        impl $operation for Four {
            type Output = Four;
            #[inline(always)]
            fn $method(self, other: Four) -> Four {
                Four(from_fn(|k| $operation::$method(self.0[k], other.0[k])))
            }
        }
    )*};
}
lanewise!(Add::add, Sub::sub, Mul::mul);

impl Neg for Four {
    type Output = Four;
    #[inline(always)]
    fn neg(self) -> Four {
        Four(self.0.map(|x| -x))
    }
}

impl Vector for Four {
    const LANES: usize = 4;
    type Mask = [bool; 4];

    #[inline(always)]
    fn splat(x: f64) -> Four {
        Four([x; 4])
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Four {
        Four(from_fn(|k| from[..4][k]))
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        to[..4].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn mul_add(self, factor: Four, summand: Four) -> Four {
        self * factor + summand
    }
    #[inline(always)]
    fn min(self, other: Four) -> Four {
        Four(from_fn(|k| {
            if self.0[k] < other.0[k] {
                self.0[k]
            } else {
                other.0[k]
            }
        }))
    }
    #[inline(always)]
    fn less(self, other: Four) -> [bool; 4] {
        from_fn(|k| self.0[k] < other.0[k])
    }
    #[inline(always)]
    fn bits(mask: [bool; 4]) -> u32 {
        (0..4).map(|k| u32::from(mask[k]) << k).sum()
    }
    #[inline(always)]
    fn select(mask: [bool; 4], yes: Four, no: Four) -> Four {
        Four(from_fn(|k| if mask[k] { yes.0[k] } else { no.0[k] }))
    }
    #[inline(always)]
    fn compress(self, mask: [bool; 4], to: &mut [f64]) {
        let to = &mut to[..4];
        let mut next = 0;
        for (value, kept) in self.0.into_iter().zip(mask) {
            to[next & 3] = value;
            next += usize::from(kept);
        }
    }
    #[inline(always)]
    fn write_indices(bits: u32, first: u32, to: &mut [u32]) -> usize {
        let to = &mut to[..4];
        let mut next = 0;
        for lane in 0..4 {
            to[next & 3] = first + lane;
            next += (bits >> lane & 1) as usize;
        }
        next
    }
    #[inline(always)]
    fn recip(self) -> Four {
        Four(self.0.map(|x| 1.0 / x))
    }
    #[inline(always)]
    fn rsqrt(self) -> Four {
        Four(self.0.map(|x| 1.0 / x.sqrt()))
    }
    #[inline(always)]
    fn exponent(self) -> Four {
        Four(
            self.0
                .map(|x| f64::from_bits(x.to_bits().wrapping_add(1023) << 52)),
        )
    }
    #[inline(always)]
    fn lookup(table: &Table, tags: Four) -> Four {
        Four(tags.0.map(|tag| table[tag.to_bits() as usize % TABLE]))
    }
    #[inline(always)]
    fn points(points: &[[f64; 4]], indices: &[u32]) -> [Four; 4] {
        let at: [[f64; 4]; 4] = from_fn(|k| points[indices[..4][k] as usize]);
        from_fn(|axis| Four(from_fn(|k| at[k][axis])))
    }
    #[inline(always)]
    fn run(points: &[[f64; 4]]) -> [Four; 4] {
        let points = &points[..4];
        from_fn(|axis| Four(from_fn(|k| points[k][axis])))
    }
    #[inline(always)]
    fn transpose(from: &[f64], stride: usize, to: &mut [f64], to_stride: usize) {
        for j in 0..4 {
            Four(from_fn(|i| from[i * stride + j])).store(&mut to[j * to_stride..]);
        }
    }
    #[inline(always)]
    fn least(self) -> f64 {
        self.0.into_iter().fold(f64::INFINITY, f64::min)
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }
}
