//! Four lanes of AVX2 with fused multiply-add.

use std::arch::x86_64::{
    __m256d, _CMP_LT_OQ, _mm256_add_epi64, _mm256_add_pd, _mm256_blendv_pd, _mm256_castpd_ps,
    _mm256_castpd_si256, _mm256_castps_pd, _mm256_castsi256_pd, _mm256_cmp_pd, _mm256_div_pd,
    _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_loadu_si256, _mm256_min_pd, _mm256_movemask_pd,
    _mm256_mul_pd, _mm256_permute2f128_pd, _mm256_permutevar8x32_ps, _mm256_set1_epi64x,
    _mm256_set1_pd, _mm256_slli_epi64, _mm256_sqrt_pd, _mm256_storeu_pd, _mm256_sub_pd,
    _mm256_unpackhi_pd, _mm256_unpacklo_pd, _mm256_xor_pd,
};
use std::ops::{Add, Mul, Neg, Sub};

use super::{TABLE, Table, Vector};

/// Exists only inside a kernel that was dispatched to a processor with AVX2 and FMA, which is what makes the
/// instructions below safe.
#[derive(Clone, Copy)]
pub struct Four(__m256d);

macro_rules! lanewise {
    ($($operation:ident :: $method:ident = $instruction:ident),*) => {$(
        impl $operation for Four {
            type Output = Four;
            #[inline(always)]
            fn $method(self, other: Four) -> Four {
                // SAFETY: see `Four`.
                Four(unsafe { $instruction(self.0, other.0) })
            }
        }
    )*};
}
lanewise!(
    Add::add = _mm256_add_pd,
    Sub::sub = _mm256_sub_pd,
    Mul::mul = _mm256_mul_pd
);

impl Neg for Four {
    type Output = Four;
    #[inline(always)]
    fn neg(self) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_xor_pd(self.0, _mm256_set1_pd(-0.0)) })
    }
}

/// For each mask, the halves of the chosen lanes first.
const CHOSEN: [[i32; 8]; 16] = {
    let mut chosen = [[0; 8]; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut next, mut lane) = (0, 0);
        while lane < 4 {
            if mask >> lane & 1 == 1 {
                chosen[mask][2 * next] = 2 * lane;
                chosen[mask][2 * next + 1] = 2 * lane + 1;
                next += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    chosen
};

/// Four points to four coordinates.
#[inline(always)]
fn transposed(p: [&[f64; 4]; 4]) -> [Four; 4] {
    // SAFETY: see `Four`; each load reads the four floats of one point.
    unsafe {
        let (a, b) = (
            _mm256_loadu_pd(p[0].as_ptr()),
            _mm256_loadu_pd(p[1].as_ptr()),
        );
        let (c, d) = (
            _mm256_loadu_pd(p[2].as_ptr()),
            _mm256_loadu_pd(p[3].as_ptr()),
        );
        let (xz, yt) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
        let (xz2, yt2) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
        [
            Four(_mm256_permute2f128_pd::<0x20>(xz, xz2)),
            Four(_mm256_permute2f128_pd::<0x20>(yt, yt2)),
            Four(_mm256_permute2f128_pd::<0x31>(xz, xz2)),
            Four(_mm256_permute2f128_pd::<0x31>(yt, yt2)),
        ]
    }
}

impl Four {
    #[inline(always)]
    fn lanes(self) -> [f64; 4] {
        let mut lanes = [0.0; 4];
        self.store(&mut lanes);
        lanes
    }
}

impl Vector for Four {
    const LANES: usize = 4;
    type Mask = __m256d;

    #[inline(always)]
    fn splat(x: f64) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_set1_pd(x) })
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Four {
        let from = &from[..4];
        // SAFETY: see `Four`; the slice holds four floats.
        Four(unsafe { _mm256_loadu_pd(from.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = &mut to[..4];
        // SAFETY: see `Four`; the slice holds four floats.
        unsafe { _mm256_storeu_pd(to.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn mul_add(self, factor: Four, summand: Four) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_fmadd_pd(self.0, factor.0, summand.0) })
    }
    #[inline(always)]
    fn min(self, other: Four) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_min_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn less(self, other: Four) -> __m256d {
        // SAFETY: see `Four`.
        unsafe { _mm256_cmp_pd::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn bits(mask: __m256d) -> u32 {
        // SAFETY: see `Four`.
        unsafe { _mm256_movemask_pd(mask) as u32 }
    }
    #[inline(always)]
    fn select(mask: __m256d, yes: Four, no: Four) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_blendv_pd(no.0, yes.0, mask) })
    }
    #[inline(always)]
    fn compress(self, mask: __m256d, to: &mut [f64]) {
        let chosen = &CHOSEN[Self::bits(mask) as usize & 15];
        // SAFETY: see `Four`; `chosen` holds eight integers.
        let packed = unsafe {
            let order = _mm256_loadu_si256(chosen.as_ptr().cast());
            _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(self.0), order))
        };
        Four(packed).store(to);
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
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_div_pd(_mm256_set1_pd(1.0), self.0) })
    }
    #[inline(always)]
    fn rsqrt(self) -> Four {
        // SAFETY: see `Four`.
        Four(unsafe { _mm256_div_pd(_mm256_set1_pd(1.0), _mm256_sqrt_pd(self.0)) })
    }
    #[inline(always)]
    fn exponent(self) -> Four {
        // SAFETY: see `Four`.
        unsafe {
            let biased = _mm256_add_epi64(_mm256_castpd_si256(self.0), _mm256_set1_epi64x(1023));
            Four(_mm256_castsi256_pd(_mm256_slli_epi64::<52>(biased)))
        }
    }
    #[inline(always)]
    fn lookup(table: &Table, tags: Four) -> Four {
        let values = tags
            .lanes()
            .map(|tag| table[tag.to_bits() as usize % TABLE]);
        Four::load(&values)
    }
    #[inline(always)]
    fn points(points: &[[f64; 4]], indices: &[u32]) -> [Four; 4] {
        let indices = &indices[..4];
        transposed([
            &points[indices[0] as usize],
            &points[indices[1] as usize],
            &points[indices[2] as usize],
            &points[indices[3] as usize],
        ])
    }
    #[inline(always)]
    fn run(points: &[[f64; 4]]) -> [Four; 4] {
        let points = &points[..4];
        transposed([&points[0], &points[1], &points[2], &points[3]])
    }
    #[inline(always)]
    fn transpose(from: &[f64], stride: usize, to: &mut [f64], to_stride: usize) {
        let (a, b) = (Four::load(from).0, Four::load(&from[stride..]).0);
        let (c, d) = (
            Four::load(&from[2 * stride..]).0,
            Four::load(&from[3 * stride..]).0,
        );
        // SAFETY: see `Four`.
        let columns = unsafe {
            let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            let (even2, odd2) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
            [
                _mm256_permute2f128_pd::<0x20>(even, even2),
                _mm256_permute2f128_pd::<0x20>(odd, odd2),
                _mm256_permute2f128_pd::<0x31>(even, even2),
                _mm256_permute2f128_pd::<0x31>(odd, odd2),
            ]
        };
        for (j, column) in columns.into_iter().enumerate() {
            Four(column).store(&mut to[j * to_stride..]);
        }
    }
    #[inline(always)]
    fn least(self) -> f64 {
        self.lanes().into_iter().fold(f64::INFINITY, f64::min)
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        let [a, b, c, d] = self.lanes();
        (a + c) + (b + d)
    }
}
