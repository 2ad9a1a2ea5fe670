//! Eight lanes of AVX-512.

use std::arch::x86_64::{
    __m512d, __mmask8, _CMP_LT_OQ, _mm256_add_epi32, _mm256_cmplt_epu32_mask, _mm256_loadu_pd,
    _mm256_loadu_si256, _mm256_maskz_compress_epi32, _mm256_set1_epi32, _mm256_setr_epi32,
    _mm256_storeu_si256, _mm512_add_epi64, _mm512_add_pd, _mm512_castpd_si512,
    _mm512_castpd256_pd512, _mm512_castsi512_pd, _mm512_cmp_pd_mask, _mm512_fmadd_pd,
    _mm512_insertf64x4, _mm512_loadu_pd, _mm512_mask_blend_pd, _mm512_maskz_compress_pd,
    _mm512_min_pd, _mm512_mul_pd, _mm512_permutex2var_pd, _mm512_rcp14_pd, _mm512_reduce_min_pd,
    _mm512_rsqrt14_pd, _mm512_set1_epi64, _mm512_set1_pd, _mm512_shuffle_f64x2, _mm512_slli_epi64,
    _mm512_storeu_pd, _mm512_sub_pd, _mm512_unpackhi_pd, _mm512_unpacklo_pd, _mm512_xor_pd,
};
use std::ops::{Add, Mul, Neg, Sub};

use super::{Table, Vector};

/// Exists only inside a kernel that was dispatched to a processor with AVX-512 F, DQ and VL, which is what makes the
/// instructions below safe.
#[derive(Clone, Copy)]
pub struct Eight(__m512d);

macro_rules! lanewise {
    ($($operation:ident :: $method:ident = $instruction:ident),*) => {$(
        impl $operation for Eight {
            type Output = Eight;
            #[inline(always)]
            fn $method(self, other: Eight) -> Eight {
                // SAFETY: see `Eight`.
                Eight(unsafe { $instruction(self.0, other.0) })
            }
        }
    )*};
}
lanewise!(
    Add::add = _mm512_add_pd,
    Sub::sub = _mm512_sub_pd,
    Mul::mul = _mm512_mul_pd
);

impl Neg for Eight {
    type Output = Eight;
    #[inline(always)]
    fn neg(self) -> Eight {
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_xor_pd(self.0, _mm512_set1_pd(-0.0)) })
    }
}

/// Two points, one after the other.
///
/// # Safety
/// As for `transposed`.
#[inline(always)]
unsafe fn two(low: *const f64, high: *const f64) -> __m512d {
    // SAFETY: the caller's promise.
    unsafe {
        let low = _mm512_castpd256_pd512(_mm256_loadu_pd(low));
        _mm512_insertf64x4::<1>(low, _mm256_loadu_pd(high))
    }
}

/// Eight points to four coordinates.
///
/// # Safety
/// Each pointer is to four floats that can be read, and the processor has AVX-512 F.
#[inline(always)]
unsafe fn transposed(p: [*const f64; 8]) -> [Eight; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (a, b) = (two(p[0], p[2]), two(p[1], p[3]));
        let (c, d) = (two(p[4], p[6]), two(p[5], p[7]));
        let (xz, yt) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
        let (xz2, yt2) = (_mm512_unpacklo_pd(c, d), _mm512_unpackhi_pd(c, d));
        [
            Eight(_mm512_shuffle_f64x2::<0x88>(xz, xz2)),
            Eight(_mm512_shuffle_f64x2::<0x88>(yt, yt2)),
            Eight(_mm512_shuffle_f64x2::<0xdd>(xz, xz2)),
            Eight(_mm512_shuffle_f64x2::<0xdd>(yt, yt2)),
        ]
    }
}

/// Every second column of a block of eight rows, from pairs of rows whose columns alternate.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn columns([ab, cd, ef, gh]: [__m512d; 4]) -> [Eight; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (first, second) = (
            _mm512_shuffle_f64x2::<0x88>(ab, cd),
            _mm512_shuffle_f64x2::<0x88>(ef, gh),
        );
        let (third, fourth) = (
            _mm512_shuffle_f64x2::<0xdd>(ab, cd),
            _mm512_shuffle_f64x2::<0xdd>(ef, gh),
        );
        [
            Eight(_mm512_shuffle_f64x2::<0x88>(first, second)),
            Eight(_mm512_shuffle_f64x2::<0x88>(third, fourth)),
            Eight(_mm512_shuffle_f64x2::<0xdd>(first, second)),
            Eight(_mm512_shuffle_f64x2::<0xdd>(third, fourth)),
        ]
    }
}

impl Vector for Eight {
    const LANES: usize = 8;
    type Mask = __mmask8;

    #[inline(always)]
    fn splat(x: f64) -> Eight {
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_set1_pd(x) })
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Eight {
        let from = &from[..8];
        // SAFETY: see `Eight`; the slice holds eight floats.
        Eight(unsafe { _mm512_loadu_pd(from.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = &mut to[..8];
        // SAFETY: see `Eight`; the slice holds eight floats.
        unsafe { _mm512_storeu_pd(to.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn mul_add(self, factor: Eight, summand: Eight) -> Eight {
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_fmadd_pd(self.0, factor.0, summand.0) })
    }
    #[inline(always)]
    fn min(self, other: Eight) -> Eight {
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_min_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn less(self, other: Eight) -> __mmask8 {
        // SAFETY: see `Eight`.
        unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    fn bits(mask: __mmask8) -> u32 {
        u32::from(mask)
    }
    #[inline(always)]
    fn select(mask: __mmask8, yes: Eight, no: Eight) -> Eight {
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_mask_blend_pd(mask, no.0, yes.0) })
    }
    #[inline(always)]
    fn compress(self, mask: __mmask8, to: &mut [f64]) {
        // To a register first: compressing straight to memory is slow on several processors.
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_maskz_compress_pd(mask, self.0) }).store(to);
    }
    #[inline(always)]
    fn write_indices(bits: u32, first: u32, to: &mut [u32]) -> usize {
        let to = &mut to[..8];
        // SAFETY: see `Eight`; the slice holds eight integers.
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let indices = _mm256_add_epi32(lanes, _mm256_set1_epi32(first as i32));
            let packed = _mm256_maskz_compress_epi32(bits as __mmask8, indices);
            _mm256_storeu_si256(to.as_mut_ptr().cast(), packed);
        }
        bits.count_ones() as usize
    }
    #[inline(always)]
    fn recip(self) -> Eight {
        // SAFETY: see `Eight`.
        let mut y = Eight(unsafe { _mm512_rcp14_pd(self.0) });
        // Newton's iteration doubles the 14 bits twice.
        for _ in 0..2 {
            let error = (-self).mul_add(y, Eight::splat(1.0));
            y = y.mul_add(error, y);
        }
        y
    }
    #[inline(always)]
    fn rsqrt(self) -> Eight {
        // SAFETY: see `Eight`.
        let mut y = Eight(unsafe { _mm512_rsqrt14_pd(self.0) });
        for _ in 0..2 {
            let error = (-(self * y)).mul_add(y, Eight::splat(1.0));
            y = (y * Eight::splat(0.5)).mul_add(error, y);
        }
        y
    }
    #[inline(always)]
    fn exponent(self) -> Eight {
        // SAFETY: see `Eight`.
        unsafe {
            let biased = _mm512_add_epi64(_mm512_castpd_si512(self.0), _mm512_set1_epi64(1023));
            Eight(_mm512_castsi512_pd(_mm512_slli_epi64::<52>(biased)))
        }
    }
    #[inline(always)]
    fn lookup(table: &Table, tags: Eight) -> Eight {
        let (low, high) = (Eight::load(&table[..8]), Eight::load(&table[8..]));
        // SAFETY: see `Eight`.
        Eight(unsafe { _mm512_permutex2var_pd(low.0, _mm512_castpd_si512(tags.0), high.0) })
    }
    #[inline(always)]
    fn points(points: &[[f64; 4]], indices: &[u32]) -> [Eight; 4] {
        let indices = &indices[..8];
        // SAFETY: see `Eight`; `indices` holds eight integers.
        let inside = unsafe {
            let loaded = _mm256_loadu_si256(indices.as_ptr().cast());
            _mm256_cmplt_epu32_mask(
                loaded,
                _mm256_set1_epi32(points.len().min(u32::MAX as usize) as i32),
            )
        };
        assert!(inside == 0xff, "an index beyond the points");
        let start: *const [f64; 4] = points.as_ptr();
        // SAFETY: see `Eight`; all eight indices are within the slice.
        unsafe {
            transposed([
                start.add(indices[0] as usize).cast(),
                start.add(indices[1] as usize).cast(),
                start.add(indices[2] as usize).cast(),
                start.add(indices[3] as usize).cast(),
                start.add(indices[4] as usize).cast(),
                start.add(indices[5] as usize).cast(),
                start.add(indices[6] as usize).cast(),
                start.add(indices[7] as usize).cast(),
            ])
        }
    }
    #[inline(always)]
    fn run(points: &[[f64; 4]]) -> [Eight; 4] {
        let p = &points[..8];
        // SAFETY: see `Eight`; each pointer is to the four floats of one point.
        unsafe {
            transposed([
                p[0].as_ptr(),
                p[1].as_ptr(),
                p[2].as_ptr(),
                p[3].as_ptr(),
                p[4].as_ptr(),
                p[5].as_ptr(),
                p[6].as_ptr(),
                p[7].as_ptr(),
            ])
        }
    }
    #[inline(always)]
    fn transpose(from: &[f64], stride: usize, to: &mut [f64], to_stride: usize) {
        let mut rows = [Eight::zero(); 8];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = Eight::load(&from[i * stride..]);
        }
        let [a, b, c, d, e, f, g, h] = rows;
        // SAFETY: see `Eight`.
        let (even, odd) = unsafe {
            (
                columns([
                    _mm512_unpacklo_pd(a.0, b.0),
                    _mm512_unpacklo_pd(c.0, d.0),
                    _mm512_unpacklo_pd(e.0, f.0),
                    _mm512_unpacklo_pd(g.0, h.0),
                ]),
                columns([
                    _mm512_unpackhi_pd(a.0, b.0),
                    _mm512_unpackhi_pd(c.0, d.0),
                    _mm512_unpackhi_pd(e.0, f.0),
                    _mm512_unpackhi_pd(g.0, h.0),
                ]),
            )
        };
        for k in 0..4 {
            even[k].store(&mut to[2 * k * to_stride..]);
            odd[k].store(&mut to[(2 * k + 1) * to_stride..]);
        }
    }
    #[inline(always)]
    fn least(self) -> f64 {
        // SAFETY: see `Eight`.
        unsafe { _mm512_reduce_min_pd(self.0) }
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        let mut lanes = [0.0; 8];
        self.store(&mut lanes);
        let [a, b, c, d, e, f, g, h] = lanes;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}
