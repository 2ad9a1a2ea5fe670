//! Spherical harmonics of many directions at once, and the way back from their adjoints to a gradient.
//!
//! Y_lm = p_lm(z) (x + iy)^m of a unit vector, with the phase of Condon and Shortley and scaled such that Y_00 = 1
//! (√(4π) times orthonormal ones), for m ≥ 0; what belongs to −m is (−1)^m times the conjugate. Real and imaginary
//! parts are components of their own: of degree l the real parts of m = 0, 1, … stand at l² + 0, 1, 3, … and the
//! imaginary ones at l² + 2, 4, ….

use crate::physics::numerics::simd::Vector;

/// How many components there are up to a degree.
pub(super) const fn components(degree: usize) -> usize {
    (degree + 1) * (degree + 1)
}

/// Where the real part of a harmonic stands; the imaginary part, if m > 0, is the next one.
pub(super) const fn component(l: usize, m: usize) -> usize {
    l * l + if m == 0 { 0 } else { 2 * m - 1 }
}

/// Factors of the recursions up to a degree.
#[derive(Debug, Clone)]
pub(super) struct Harmonics {
    /// p_mm
    diagonal: Vec<f64>,
    /// p_{m+1,m} / (z p_mm)
    next: Vec<f64>,
    /// a and b of p_lm = a (z p_{l−1,m} + b p_{l−2,m}), by `l (l + 1) / 2 + m`
    factors: Vec<[f64; 2]>,
}

impl Harmonics {
    pub fn new(degree: usize) -> Self {
        let mut diagonal = vec![1.0];
        for m in 1..=degree {
            diagonal.push(-diagonal[m - 1] * (1.0 + 0.5 / m as f64).sqrt());
        }
        let next = (0..=degree)
            .map(|m| (2.0 * m as f64 + 3.0).sqrt())
            .collect();
        let mut factors = Vec::new();
        for l in 0..=degree {
            for m in 0..=l {
                let (l, m) = (l as f64, m as f64);
                let a = ((4.0 * l * l - 1.0) / (l * l - m * m)).sqrt();
                let below = (l - 1.0) * (l - 1.0);
                let b = -((below - m * m) / (4.0 * below - 1.0)).sqrt();
                factors.push([a, b]);
            }
        }
        Harmonics {
            diagonal,
            next,
            factors,
        }
    }

    /// Runs over all p_lm and their derivatives: `each(l, m, p, p')`, m by m with rising l.
    #[inline(always)]
    fn polynomials<V: Vector, S: Visitor<V>>(&self, degree: usize, z: V, visitor: &mut S) {
        for m in 0..=degree {
            let mut before = V::splat(self.diagonal[m]);
            let mut slope_before = V::zero();
            visitor.order(m);
            visitor.visit(m, m, before, slope_before);
            if m == degree {
                break;
            }
            let factor = V::splat(self.diagonal[m] * self.next[m]);
            let mut value = factor * z;
            let mut slope = factor;
            visitor.visit(m + 1, m, value, slope);
            for l in m + 2..=degree {
                let [a, b] = self.factors[l * (l + 1) / 2 + m];
                let (a, b) = (V::splat(a), V::splat(b));
                let newer = a * z.mul_add(value, b * before);
                let newer_slope = a * z.mul_add(slope, b.mul_add(slope_before, value));
                (before, value) = (value, newer);
                (slope_before, slope) = (slope, newer_slope);
                visitor.visit(l, m, value, slope);
            }
        }
    }

    /// Components of as many unit vectors as a vector has lanes, each to its row: component c begins at
    /// `rows[c · stride]`.
    #[inline(always)]
    pub fn values<V: Vector>(
        &self,
        degree: usize,
        [x, y, z]: [V; 3],
        rows: &mut [f64],
        stride: usize,
    ) {
        let mut visitor = Values {
            x,
            y,
            re: V::splat(1.0),
            im: V::zero(),
            rows,
            stride,
        };
        self.polynomials(degree, z, &mut visitor);
    }

    /// With adjoints `q` and `p` of each component (LANES values a row of `V::LANES`): Σ q Y, and Σ p ∇Y on the unit
    /// sphere as the gradient along x, y, z before its radial part is taken out.
    #[inline(always)]
    pub fn gradient<V: Vector>(
        &self,
        degree: usize,
        [x, y, z]: [V; 3],
        p: &[f64],
        q: &[f64],
    ) -> (V, [V; 3]) {
        let mut visitor = Gradient {
            x,
            y,
            re: V::splat(1.0),
            im: V::zero(),
            re_below: V::zero(),
            im_below: V::zero(),
            m: V::zero(),
            p,
            q,
            along: V::zero(),
            sums: [V::zero(); 3],
        };
        self.polynomials(degree, z, &mut visitor);
        (visitor.along, visitor.sums)
    }
}

trait Visitor<V> {
    /// What follows is of this order, one higher than before.
    fn order(&mut self, m: usize);
    fn visit(&mut self, l: usize, m: usize, value: V, slope: V);
}

struct Values<'a, V> {
    x: V,
    y: V,
    /// (x + iy)^m
    re: V,
    im: V,
    rows: &'a mut [f64],
    stride: usize,
}

impl<V: Vector> Visitor<V> for Values<'_, V> {
    #[inline(always)]
    fn order(&mut self, m: usize) {
        if m > 0 {
            let re = self.re * self.x - self.im * self.y;
            self.im = self.re.mul_add(self.y, self.im * self.x);
            self.re = re;
        }
    }

    #[inline(always)]
    fn visit(&mut self, l: usize, m: usize, value: V, _: V) {
        let at = component(l, m) * self.stride;
        (value * self.re).store(&mut self.rows[at..]);
        if m > 0 {
            (value * self.im).store(&mut self.rows[at + self.stride..]);
        }
    }
}

struct Gradient<'a, V> {
    x: V,
    y: V,
    re: V,
    im: V,
    /// (x + iy)^(m − 1)
    re_below: V,
    im_below: V,
    m: V,
    p: &'a [f64],
    q: &'a [f64],
    along: V,
    sums: [V; 3],
}

impl<V: Vector> Visitor<V> for Gradient<'_, V> {
    #[inline(always)]
    fn order(&mut self, m: usize) {
        if m > 0 {
            (self.re_below, self.im_below) = (self.re, self.im);
            self.re = self.re_below * self.x - self.im_below * self.y;
            self.im = self.re_below.mul_add(self.y, self.im_below * self.x);
            self.m = V::splat(m as f64);
        }
    }

    #[inline(always)]
    fn visit(&mut self, l: usize, m: usize, value: V, slope: V) {
        let at = component(l, m) * V::LANES;
        let (p, q) = (V::load(&self.p[at..]), V::load(&self.q[at..]));
        let [gx, gy, gz] = &mut self.sums;
        if m == 0 {
            *gz = slope.mul_add(p, *gz);
            self.along = value.mul_add(q, self.along);
        } else {
            let (p_im, q_im) = (
                V::load(&self.p[at + V::LANES..]),
                V::load(&self.q[at + V::LANES..]),
            );
            *gz = slope.mul_add(p.mul_add(self.re, p_im * self.im), *gz);
            self.along = value.mul_add(q.mul_add(self.re, q_im * self.im), self.along);
            // d(x + iy)^m = m (x + iy)^(m−1) (dx + i dy)
            let factor = value * self.m;
            *gx = factor.mul_add(p.mul_add(self.re_below, p_im * self.im_below), *gx);
            *gy = factor.mul_add(p_im * self.re_below - p * self.im_below, *gy);
        }
    }
}
