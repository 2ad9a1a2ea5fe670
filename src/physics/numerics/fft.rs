//! Fourier transforms of real grids in three dimensions.

use std::sync::Arc;

use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

/// Transforms of a grid of `nx · ny · nz` points. What it gives does not depend on the number of threads.
pub struct Fft3 {
    size: [usize; 3],
    real: Arc<dyn RealToComplex<f64>>,
    unreal: Arc<dyn ComplexToReal<f64>>,
    /// Forward and back along y, then along x.
    along_y: [Arc<dyn Fft<f64>>; 2],
    along_x: [Arc<dyn Fft<f64>>; 2],
    /// As `[x][y][kz]`, then `[x][kz][ky]`.
    half: Vec<Complex64>,
    turned: Vec<Complex64>,
}

impl Fft3 {
    pub fn new(size: [usize; 3]) -> Self {
        let [nx, ny, nz] = size;
        let mut real = RealFftPlanner::new();
        let mut complex = FftPlanner::new();
        let half = nx * ny * (nz / 2 + 1);
        Fft3 {
            size,
            real: real.plan_fft_forward(nz),
            unreal: real.plan_fft_inverse(nz),
            along_y: [complex.plan_fft_forward(ny), complex.plan_fft_inverse(ny)],
            along_x: [complex.plan_fft_forward(nx), complex.plan_fft_inverse(nx)],
            half: vec![Complex64::default(); half],
            turned: vec![Complex64::default(); half],
        }
    }

    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// The sizes not below `least` whose factors are 2, 3 and 5 alone, which transform fast; even ones.
    pub fn good_size(least: usize) -> usize {
        let smooth = |mut n: usize| {
            for factor in [2, 3, 5] {
                while n.is_multiple_of(factor) {
                    n /= factor;
                }
            }
            n == 1
        };
        // There is a power of two before twice the size.
        (least.max(2)..=2 * least.max(2))
            .find(|&n| n % 2 == 0 && smooth(n))
            .expect("a power of two")
    }

    /// Transforms the rows along z of `grid`, `stride` apart, calls `multiply` on every row along x of the spectrum
    /// with its wave numbers ky and kz and adds up what it returns, and transforms back, without a factor.
    pub fn convolve<T: Send>(
        &mut self,
        grid: &mut [f64],
        stride: usize,
        multiply: impl Fn(usize, usize, &mut [Complex64]) -> T + Sync,
        mut sum: impl FnMut(T),
    ) {
        let [nx, ny, nz] = self.size;
        let nk = nz / 2 + 1;
        let (real, unreal) = (&self.real, &self.unreal);
        let ([forward_y, back_y], [forward_x, back_x]) = (&self.along_y, &self.along_x);
        // [x][y][z] → [x][kz][ky], a plane of x at a time.
        let planes = grid
            .par_chunks_mut(ny * stride)
            .zip(self.half.par_chunks_mut(ny * nk));
        planes
            .zip(self.turned.par_chunks_mut(ny * nk))
            .for_each(|((plane, half), turned)| {
                let mut scratch = real.make_scratch_vec();
                for (row, half) in plane
                    .chunks_exact_mut(stride)
                    .zip(half.chunks_exact_mut(nk))
                {
                    real.process_with_scratch(&mut row[..nz], half, &mut scratch)
                        .expect("lengths agree");
                }
                transpose(half, turned, ny, nk);
                let mut scratch = vec![Complex64::default(); forward_y.get_inplace_scratch_len()];
                forward_y.process_with_scratch(turned, &mut scratch);
            });
        // [x][kz][ky] → [kz][ky][kx], along x and back, a plane of kz at a time.
        let turned = &self.turned;
        let mut results = Vec::new();
        self.half
            .par_chunks_mut(nx * ny)
            .enumerate()
            .map(|(kz, plane)| {
                let mut scratch = vec![Complex64::default(); forward_x.get_inplace_scratch_len()];
                for x in 0..nx {
                    let row = &turned[(x * nk + kz) * ny..][..ny];
                    for (ky, value) in row.iter().enumerate() {
                        plane[ky * nx + x] = *value;
                    }
                }
                forward_x.process_with_scratch(plane, &mut scratch);
                let rows = plane.chunks_exact_mut(nx).enumerate();
                let results: Vec<T> = rows.map(|(ky, row)| multiply(ky, kz, row)).collect();
                back_x.process_with_scratch(plane, &mut scratch);
                results
            })
            .collect_into_vec(&mut results);
        results.into_iter().flatten().for_each(&mut sum);
        let spectrum = &self.half;
        let planes = grid
            .par_chunks_mut(ny * stride)
            .zip(self.turned.par_chunks_mut(ny * nk))
            .enumerate();
        planes.for_each(|(x, (plane, turned))| {
            for kz in 0..nk {
                for ky in 0..ny {
                    turned[kz * ny + ky] = spectrum[(kz * ny + ky) * nx + x];
                }
            }
            let mut scratch = vec![Complex64::default(); back_y.get_inplace_scratch_len()];
            back_y.process_with_scratch(turned, &mut scratch);
            let mut half = vec![Complex64::default(); nk];
            let mut scratch = unreal.make_scratch_vec();
            for (y, row) in plane.chunks_exact_mut(stride).enumerate() {
                for (kz, value) in half.iter_mut().enumerate() {
                    *value = turned[kz * ny + y];
                }
                // Rounding leaves an imaginary part where there can be none.
                half[0].im = 0.0;
                half[nk - 1].im = 0.0;
                unreal
                    .process_with_scratch(&mut half, &mut row[..nz], &mut scratch)
                    .expect("lengths agree");
            }
        });
    }
}

/// `rows` of `columns` to `columns` of `rows`.
fn transpose(from: &[Complex64], to: &mut [Complex64], rows: usize, columns: usize) {
    for (column, to) in to.chunks_exact_mut(rows).enumerate() {
        for (row, value) in to.iter_mut().enumerate() {
            *value = from[row * columns + column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::numerics::Stream;
    use std::f64::consts::PI;

    #[test]
    fn the_spectrum_is_that_of_the_definition_and_comes_back() {
        let size @ [nx, ny, nz] = [6, 5, 8];
        let stride = nz + 3;
        let mut random = Stream::new([7; 32], &[]);
        let mut grid: Vec<f64> = (0..nx * ny * stride).map(|_| random.uniform()).collect();
        let before = grid.clone();
        let mut spectrum = Vec::new();
        let mut fft = Fft3::new(size);
        fft.convolve(
            &mut grid,
            stride,
            |ky, kz, row| (ky, kz, row.to_vec()),
            |row| spectrum.push(row),
        );
        for (ky, kz, row) in spectrum {
            for (kx, value) in row.into_iter().enumerate() {
                let mut expected = Complex64::default();
                for x in 0..nx {
                    for y in 0..ny {
                        for z in 0..nz {
                            let phase = (kx * x) as f64 / nx as f64
                                + (ky * y) as f64 / ny as f64
                                + (kz * z) as f64 / nz as f64;
                            let value = before[(x * ny + y) * stride + z];
                            expected += Complex64::from_polar(value, -2.0 * PI * phase);
                        }
                    }
                }
                assert!((value - expected).norm() < 1e-12);
            }
        }
        for (row, old) in grid.chunks(stride).zip(before.chunks(stride)) {
            for z in 0..nz {
                assert!((row[z] / (nx * ny * nz) as f64 - old[z]).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn good_sizes_have_small_factors() {
        assert_eq!([1, 7, 11, 33, 65].map(Fft3::good_size), [2, 8, 12, 36, 72]);
    }
}
