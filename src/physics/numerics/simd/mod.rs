//! Vectors of floats in the widest registers of the processor at hand.
//!
//! A [`Kernel`] is written once, generic over [`Vector`]; [`dispatch`] compiles it for each level and runs the one
//! that the processor has. Kernels and all that they call must be `#[inline(always)]`, so that they are compiled
//! inside the function that turns the instructions on; a closure is not, so that none may touch a vector. The vector types are private: no code can use them but a
//! kernel that was dispatched, so an instruction is never met by a processor that lacks it.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::ops::{Add, Mul, Neg, Sub};
use std::sync::LazyLock;

/// Most lanes of any vector: buffers are padded to a multiple of it.
pub const MOST_LANES: usize = 8;

/// Values that lanes look up by the low bits of a tag.
pub type Table = [f64; TABLE];
pub const TABLE: usize = 16;

/// What a processor can do. Results are the same on all processors of a level; between levels they may differ in the
/// last bits. There is no level here but those of this processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Instructions);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instructions {
    Portable,
    /// AVX2 with fused multiply-add and the bit instructions that came with them, four lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 (F, DQ, VL), eight lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What any processor can do.
    pub const PORTABLE: Level = Level(Instructions::Portable);

    /// The levels of this processor, the best one last.
    pub fn all() -> Vec<Level> {
        let mut all = vec![Level::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        #[cfg(target_arch = "x86_64")]
        if avx2 {
            all.push(Level(Instructions::Avx2));
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if avx512 {
                all.push(Level(Instructions::Avx512));
            }
        }
        all
    }

    /// The best level of this processor.
    pub fn detect() -> Level {
        *BEST
    }
}

static BEST: LazyLock<Level> = LazyLock::new(|| *Level::all().last().expect("there is always one"));

/// Several floats at once.
pub trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    const LANES: usize;
    type Mask: Copy;

    fn splat(x: f64) -> Self;
    /// The first values of a slice, which must hold as many as there are lanes.
    fn load(from: &[f64]) -> Self;
    fn store(self, to: &mut [f64]);
    /// `self · factor + summand`, rounded once where the processor can.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    fn min(self, other: Self) -> Self;
    /// False where either is not a number.
    fn less(self, other: Self) -> Self::Mask;
    /// One bit a lane, the first lane lowest.
    fn bits(mask: Self::Mask) -> u32;
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Writes the lanes of the mask one after the other; what follows them, up to as many values as there are lanes,
    /// is overwritten with anything.
    fn compress(self, mask: Self::Mask, to: &mut [f64]);
    /// Writes `first + lane` for each lane of a mask's bits, one after the other, and gives how many they are; what
    /// follows them, up to as many as there are lanes, is overwritten with anything.
    fn write_indices(bits: u32, first: u32, to: &mut [u32]) -> usize;
    /// `1/x`, to a few units in the last place.
    fn recip(self) -> Self;
    /// `1/√x`, to a few units in the last place.
    fn rsqrt(self) -> Self;
    /// For `2^52·1.5 + n` with an integer `n` of an exponent: `2^n`.
    fn exponent(self) -> Self;
    /// The entry at the low four bits of each tag.
    fn lookup(table: &Table, tags: Self) -> Self;
    /// The points of as many indices as there are lanes, by coordinate. Panics at an index out of bounds.
    fn points(points: &[[f64; 4]], indices: &[u32]) -> [Self; 4];
    /// Points that follow one another, by coordinate.
    fn run(points: &[[f64; 4]]) -> [Self; 4];
    /// Turns a square block of as many rows as there are lanes: `to[j · to_stride + i] = from[i · stride + j]`.
    fn transpose(from: &[f64], stride: usize, to: &mut [f64], to_stride: usize);
    /// The least of all lanes.
    fn least(self) -> f64;
    /// The sum of all lanes, in an order that is always the same.
    fn sum(self) -> f64;

    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }

    /// eˣ to about two units in the last place; what would overflow or underflow stays at the end of the range.
    #[inline(always)]
    fn exp(self) -> Self {
        const SHIFT: f64 = 6755399441055744.0; // 1.5 · 2^52
        const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
        const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
        // Taylor: the remainder beyond x¹² is below 2e-16 for |x| ≤ ln2 / 2.
        const INVERSE_FACTORIALS: [f64; 13] = [
            1.0 / 479001600.0,
            1.0 / 39916800.0,
            1.0 / 3628800.0,
            1.0 / 362880.0,
            1.0 / 40320.0,
            1.0 / 5040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ];
        let highest = Self::splat(700.0);
        let x = -((-self.min(highest)).min(highest));
        let shifted = x.mul_add(Self::splat(std::f64::consts::LOG2_E), Self::splat(SHIFT));
        let n = shifted - Self::splat(SHIFT);
        let rest = n.mul_add(Self::splat(-LN2_HIGH), x);
        let rest = n.mul_add(Self::splat(-LN2_LOW), rest);
        polynomial(&INVERSE_FACTORIALS, rest) * shifted.exponent()
    }
}

/// `c[0] xⁿ + c[1] xⁿ⁻¹ + … + c[n]`.
#[inline(always)]
pub fn polynomial<V: Vector>(coefficients: &[f64], x: V) -> V {
    let mut sum = V::splat(coefficients[0]);
    for &c in &coefficients[1..] {
        sum = sum.mul_add(x, V::splat(c));
    }
    sum
}

/// Something to compute with vectors.
pub trait Kernel {
    type Output;
    /// Must be `#[inline(always)]`.
    fn run<V: Vector>(self) -> Self::Output;
}

/// Runs a kernel at a level.
pub fn dispatch<K: Kernel>(level: Level, kernel: K) -> K::Output {
    match level.0 {
        Instructions::Portable => portable(kernel),
        // SAFETY: a level exists only on a processor that has its instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { with_avx2(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { with_avx512(kernel) },
    }
}

// Each kernel is a function of its own, so that a kernel that dispatches others stays small.

#[inline(never)]
fn portable<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<portable::Four>()
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<avx2::Four>()
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<avx512::Eight>()
}

#[cfg(test)]
mod tests;
