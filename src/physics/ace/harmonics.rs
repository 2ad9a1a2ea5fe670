//! Complex spherical harmonics of a direction and their gradients.

use rustfft::num_complex::Complex64;

/// Where `Y_lm`, m ≥ 0, stands among the harmonics.
pub fn index(l: usize, m: usize) -> usize {
    l * (l + 1) / 2 + m
}

/// Harmonics up to some l with the phase of Condon and Shortley, scaled to `Y_00 = 1` (√(4π) times the orthonormal
/// ones). Those with negative m follow from `Y_l,−m = (−1)^m conj(Y_lm)`.
///
/// `Y_lm = p_lm(z) (x + iy)^m` of a unit vector, where the p_lm follow from a recursion in l: polynomials in z, so
/// that nothing is divided by the sine of an angle and the poles need no special case.
#[derive(Debug, Clone)]
pub struct Harmonics {
    lmax: usize,
    /// `a_lm` and `b_lm` of `p_lm = a (z p_{l−1,m} + b p_{l−2,m})`, m ≤ l − 2.
    recursion: Vec<[f64; 2]>,
    p: Vec<[f64; 2]>,
    /// Indexed by [`index`].
    pub values: Vec<Complex64>,
    /// Derivatives by the Cartesian components of r, 1/Å.
    pub gradients: Vec<[Complex64; 3]>,
}

impl Harmonics {
    pub fn new(lmax: usize) -> Self {
        let count = index(lmax + 1, 0);
        let mut recursion = vec![[0.0; 2]; count];
        for l in 2..=lmax {
            for m in 0..=l - 2 {
                let (l2, m2) = ((l * l) as f64, (m * m) as f64);
                let before = ((l - 1) * (l - 1)) as f64;
                let a = ((4.0 * l2 - 1.0) / (l2 - m2)).sqrt();
                let b = -((before - m2) / (4.0 * before - 1.0)).sqrt();
                recursion[index(l, m)] = [a, b];
            }
        }
        Harmonics {
            lmax,
            recursion,
            p: vec![[0.0; 2]; count],
            values: vec![Complex64::default(); count],
            gradients: vec![[Complex64::default(); 3]; count],
        }
    }

    /// Fills values and gradients for the direction of a vector of length r.
    pub fn evaluate(&mut self, unit: [f64; 3], r: f64) {
        let [x, y, z] = unit;
        // Polynomials and their slopes by z.
        let p = &mut self.p;
        for l in 0..=self.lmax {
            for m in 0..=l {
                p[index(l, m)] = if l == 0 {
                    [1.0, 0.0]
                } else if m == l {
                    // For l = 1 this is −√(3/2).
                    [
                        -(1.0 + 0.5 / l as f64).sqrt() * p[index(l - 1, l - 1)][0],
                        0.0,
                    ]
                } else if m + 1 == l {
                    let scale = (2.0 * l as f64 + 1.0).sqrt();
                    let below = p[index(l - 1, l - 1)][0];
                    [scale * z * below, scale * below]
                } else {
                    let [a, b] = self.recursion[index(l, m)];
                    let ([first, first_slope], [second, second_slope]) =
                        (p[index(l - 1, m)], p[index(l - 2, m)]);
                    [
                        a * (z * first + b * second),
                        a * (first + z * first_slope + b * second_slope),
                    ]
                };
            }
        }
        let direction = Complex64::new(x, y);
        let (mut power, mut lower) = (Complex64::new(1.0, 0.0), Complex64::default());
        for m in 0..=self.lmax {
            for l in m..=self.lmax {
                let [value, slope] = self.p[index(l, m)];
                self.values[index(l, m)] = value * power;
                let dx = m as f64 * value * lower;
                let dy = Complex64::i() * dx;
                let dz = slope * power;
                let radial = x * dx + y * dy + z * dz;
                self.gradients[index(l, m)] = [
                    (dx - x * radial) / r,
                    (dy - y * radial) / r,
                    (dz - z * radial) / r,
                ];
            }
            lower = power;
            power *= direction;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the closed forms of l ≤ 2 and the addition theorem, `Σ_m |Y_lm|² = 2l + 1`, up to l = 12.
    #[test]
    fn values_are_those_of_textbooks() {
        let [x, y, z] = [0.36, -0.48, 0.8f64];
        let mut harmonics = Harmonics::new(12);
        harmonics.evaluate([x, y, z], 1.0);
        let plane = Complex64::new(x, y);
        let expected = [
            (0, 0, Complex64::new(1.0, 0.0)),
            (1, 0, Complex64::from(3f64.sqrt() * z)),
            (1, 1, -(1.5f64.sqrt()) * plane),
            (
                2,
                0,
                Complex64::from(5f64.sqrt() / 2.0 * (3.0 * z * z - 1.0)),
            ),
            (2, 1, -(7.5f64.sqrt()) * z * plane),
            (2, 2, (15.0f64 / 8.0).sqrt() * plane * plane),
        ];
        for (l, m, value) in expected {
            assert!(
                (harmonics.values[index(l, m)] - value).norm() < 1e-14,
                "{l} {m}"
            );
        }
        for l in 0..=12 {
            let square = |m| harmonics.values[index(l, m)].norm_sqr();
            let sum = square(0) + 2.0 * (1..=l).map(square).sum::<f64>();
            assert!((sum - (2 * l + 1) as f64).abs() < 1e-11);
        }
    }

    #[test]
    fn gradients_are_derivatives() {
        let at = [0.7, -1.1, 0.4];
        let evaluate = |v: [f64; 3]| {
            let r = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            let mut harmonics = Harmonics::new(6);
            harmonics.evaluate(v.map(|x| x / r), r);
            harmonics
        };
        let here = evaluate(at);
        for axis in 0..3 {
            let h = 1e-5;
            let shifted = |by: f64| {
                let mut v = at;
                v[axis] += by;
                evaluate(v).values
            };
            let (plus, minus) = (shifted(h), shifted(-h));
            for (k, gradient) in here.gradients.iter().enumerate() {
                let numerical = (plus[k] - minus[k]) / (2.0 * h);
                assert!((numerical - gradient[axis]).norm() < 1e-8);
            }
        }
    }
}
