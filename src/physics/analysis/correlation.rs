use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

/// Sums of products along a series, by Fourier transforms.
pub struct Correlation {
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
    series: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
}

impl Correlation {
    /// For series of this length.
    pub fn new(length: usize) -> Self {
        let padded = (2 * length).next_power_of_two();
        let mut planner = RealFftPlanner::<f64>::new();
        let forward = planner.plan_fft_forward(padded);
        Correlation {
            backward: planner.plan_fft_inverse(padded),
            series: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            forward,
        }
    }

    /// `Σ_k x_k x_{k+m}` for every lag m from 0.
    pub fn sums(&mut self, values: &[f64]) -> &[f64] {
        self.series.fill(0.0);
        self.series[..values.len()].copy_from_slice(values);
        // Input and output have the lengths that the transforms themselves asked for.
        self.forward
            .process(&mut self.series, &mut self.spectrum)
            .expect("lengths fit");
        for one in &mut self.spectrum {
            *one = one.norm_sqr().into();
        }
        self.backward
            .process(&mut self.spectrum, &mut self.series)
            .expect("lengths fit");
        let padded = self.series.len() as f64;
        for one in &mut self.series[..values.len()] {
            *one /= padded;
        }
        &self.series[..values.len()]
    }
}
