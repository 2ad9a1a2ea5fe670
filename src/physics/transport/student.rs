//! Means of few values.

use super::posterior::SAMPLES;
use crate::physics::numerics::Stream;

const SEED: [u8; 32] = *b"transport, student's t, sampled.";

/// What the truth may be, given a mean, its standard error and the degrees of freedom of that, if it is not sure.
pub fn samples(value: f64, error: f64, degrees: Option<f64>, labels: &[u64]) -> Vec<f64> {
    let mut stream = Stream::new(SEED, labels);
    (0..SAMPLES)
        .map(|_| {
            let normal = stream.normal();
            match degrees {
                None => value + error * normal,
                Some(degrees) => {
                    let chi = 2.0 * stream.gamma(0.5 * degrees) / degrees;
                    value + error * normal / chi.sqrt()
                }
            }
        })
        .collect()
}
