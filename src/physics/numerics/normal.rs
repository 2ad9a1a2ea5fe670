//! Normal and gamma numbers from a random stream.
//!
//! Written here and with `libm`'s functions, so that a result changes neither with a crate's version nor with the
//! platform's mathematical library.

use std::f32::consts::{FRAC_PI_4, LN_2};
use std::sync::LazyLock;

use super::Stream;
use super::simd::{Kernel, Level, Vector, dispatch};

/// Layers of the ziggurat, all of the same area.
const LAYERS: usize = 256;
/// Where the tail begins, and the area of a layer under exp(−x²/2), for 256 layers (Marsaglia and Tsang,
/// J. Stat. Softw. 5, 8, 2000).
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_974_658;

/// Right edges of the layers from the widest (the base, whose edge stands for its tail too) to 0, and the density
/// there.
struct Ziggurat {
    edge: [f64; LAYERS + 1],
    height: [f64; LAYERS + 1],
}

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let density = |x: f64| libm::exp(-0.5 * x * x);
    let mut edge = [0.0; LAYERS + 1];
    edge[0] = AREA / density(TAIL);
    edge[1] = TAIL;
    for layer in 2..LAYERS {
        let below = edge[layer - 1];
        edge[layer] = libm::sqrt(-2.0 * libm::log(AREA / below + density(below)));
    }
    Ziggurat {
        edge,
        height: edge.map(density),
    }
});

impl Stream {
    /// Normal with mean 0 and variance 1, by the ziggurat of Marsaglia and Tsang with the layer, the sign and the
    /// abscissa from separate bits of one draw (Doornik 2005).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let ziggurat = &*ZIGGURAT;
        let bits = self.bits();
        let layer = (bits & 0xff) as usize;
        let sign = if bits & 0x100 == 0 { 1.0 } else { -1.0 };
        let x = (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64) * ziggurat.edge[layer];
        if x < ziggurat.edge[layer + 1] {
            return sign * x;
        }
        sign * self.normal_at_an_edge(layer, x)
    }

    /// Half normal where x may be beyond the density in its layer; else another is drawn.
    #[cold]
    fn normal_at_an_edge(&mut self, layer: usize, x: f64) -> f64 {
        let ziggurat = &*ZIGGURAT;
        if layer == 0 {
            return self.normal_tail();
        }
        let (low, high) = (ziggurat.height[layer], ziggurat.height[layer + 1]);
        if low + self.uniform() * (high - low) < libm::exp(-0.5 * x * x) {
            return x;
        }
        self.normal()
    }

    /// Normal under the condition of being larger than [`TAIL`] (Marsaglia, Technometrics 6, 101, 1964).
    #[cold]
    fn normal_tail(&mut self) -> f64 {
        loop {
            let x = -libm::log(1.0 - self.uniform()) / TAIL;
            let y = -libm::log(1.0 - self.uniform());
            if 2.0 * y > x * x {
                return TAIL + x;
            }
        }
    }

    /// Gamma distributed with this shape (positive) and scale 1: mean and variance are `shape` (Marsaglia and Tsang,
    /// ACM Trans. Math. Softw. 26, 363, 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = libm::pow(1.0 - self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * power;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = 1.0 - self.uniform();
            if libm::log(u) < 0.5 * x * x + d * (1.0 - v + libm::log(v)) {
                return d * v;
            }
        }
    }
}

/// Pairs of a batch of noise.
const PAIRS: usize = 256;

impl Stream {
    /// Normal numbers for noise, of which no single one matters: many at once, of single precision. The bits are the same
    /// on every processor.
    pub fn noise(&mut self, out: &mut [f64]) {
        let level = Level::detect();
        let mut bytes = [0; 8 * PAIRS];
        let mut normals = [0.0; 2 * PAIRS];
        for out in out.chunks_mut(2 * PAIRS) {
            self.fill(&mut bytes);
            let (bytes, _) = bytes.as_chunks::<4>();
            let mut words = [0; 2 * PAIRS];
            for (word, bytes) in words.iter_mut().zip(bytes) {
                *word = u32::from_le_bytes(*bytes);
            }
            dispatch(
                level,
                Noise {
                    words: &words,
                    normals: &mut normals,
                },
            );
            out.copy_from_slice(&normals[..out.len()]);
        }
    }
}

/// Box and Muller's transform (Ann. Math. Stat. 29, 610, 1958) of pairs of words. A loop of plain products and sums, with
/// neither branches nor calls, which the compiler turns into vectors of the level it is compiled for.
struct Noise<'a> {
    words: &'a [u32; 2 * PAIRS],
    normals: &'a mut [f64; 2 * PAIRS],
}

impl Kernel for Noise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let (sizes, turns) = self.words.split_at(PAIRS);
        let (first, second) = self.normals.split_at_mut(PAIRS);
        for pair in 0..PAIRS {
            // Uniform in (0, 1]: 31 bits, rounded to 24 of them.
            let uniform = ((sizes[pair] >> 1) as i32 as f32 + 1.0) * (1.0 / (1u32 << 31) as f32);
            let size = (-2.0 * logarithm(uniform)).sqrt();
            // An angle within an eighth of a turn; which eighth say three bits more.
            let turn = turns[pair];
            let angle = (turn >> 8) as i32 as f32 * (FRAC_PI_4 / (1u32 << 24) as f32);
            let (cosine, sine) = (size * cosine(angle), size * sine(angle));
            let swapped = turn & 1 == 1;
            let (x, y) = if swapped {
                (sine, cosine)
            } else {
                (cosine, sine)
            };
            let signed = |x: f32, bit: u32| f32::from_bits(x.to_bits() ^ (bit << 31));
            first[pair] = f64::from(signed(x, turn >> 1 & 1));
            second[pair] = f64::from(signed(y, turn >> 2 & 1));
        }
    }
}

/// `ln x` of a positive normal number: x = 2ᵉ m with m in [√½, √2), ln m = 2 artanh((m − 1)/(m + 1)) by its series, of
/// which the term s⁹/9 is below 2e-8.
#[inline(always)]
fn logarithm(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(ROOT_HALF) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let series = 1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0)));
    exponent as f32 * LN_2 + 2.0 * s * series
}

/// By its series, for 0 ≤ x ≤ π/4.
#[inline(always)]
fn sine(x: f32) -> f32 {
    let y = x * x;
    x * (1.0
        - y * (1.0 / 6.0)
            * (1.0 - y * (1.0 / 20.0) * (1.0 - y * (1.0 / 42.0) * (1.0 - y * (1.0 / 72.0)))))
}

/// As [`sine`].
#[inline(always)]
fn cosine(x: f32) -> f32 {
    let y = x * x;
    1.0 - y
        * (1.0 / 2.0)
        * (1.0 - y * (1.0 / 12.0) * (1.0 - y * (1.0 / 30.0) * (1.0 - y * (1.0 / 56.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_and_the_tail_of_a_normal() {
        let mut stream = Stream::new([2; 32], &[]);
        are_normal((0..2_000_000).map(|_| stream.normal()));
        let mut noise = vec![0.0; 2_000_001];
        stream.noise(&mut noise);
        // Numbers of a pair, and neighbours.
        for apart in [PAIRS, 1] {
            let both = noise.iter().zip(&noise[apart..]);
            let product = both.map(|(x, y)| x * y).sum::<f64>() / noise.len() as f64;
            assert!(
                product.abs() < 5.0 / (noise.len() as f64).sqrt(),
                "{product}"
            );
        }
        are_normal(noise.into_iter());
    }

    #[test]
    fn noise_is_the_same_on_every_processor() {
        let words: [u32; 2 * PAIRS] = std::array::from_fn(|at| match at {
            0 => 0,
            1 => u32::MAX,
            at => (at as u32).wrapping_mul(0x9e37_79b9),
        });
        let at_level = |level: Level| {
            let mut normals = [0.0; 2 * PAIRS];
            let noise = Noise {
                words: &words,
                normals: &mut normals,
            };
            dispatch(level, noise);
            normals
        };
        let portable = at_level(Level::PORTABLE);
        assert!(
            Level::all()
                .into_iter()
                .all(|level| at_level(level) == portable)
        );
        for (pair, (x, y)) in portable.iter().zip(&portable[PAIRS..]).enumerate() {
            let uniform = (f64::from(words[pair] >> 1) + 1.0) / f64::from(1u32 << 31);
            let size = libm::sqrt(-2.0 * libm::log(uniform));
            assert!(
                (libm::hypot(*x, *y) - size).abs() < 1e-6 * size + 4e-4,
                "{pair}"
            );
        }
    }

    fn are_normal(drawn: impl ExactSizeIterator<Item = f64>) {
        let n = drawn.len() as u32;
        let (mut m1, mut m2, mut m3, mut m4, mut beyond, mut far) = (0.0, 0.0, 0.0, 0.0, 0, 0);
        for x in drawn {
            m1 += x;
            m2 += x * x;
            m3 += x * x * x;
            m4 += x * x * x * x;
            beyond += u32::from(x.abs() > 1.0);
            far += u32::from(x.abs() > TAIL);
        }
        let n = f64::from(n);
        // Standard errors: 1, √2, √15 and √96 over √n; five of each.
        let close =
            |sum: f64, mean: f64, sigma: f64| (sum / n - mean).abs() < 5.0 * sigma / n.sqrt();
        assert!(close(m1, 0.0, 1.0), "{}", m1 / n);
        assert!(close(m2, 1.0, 2f64.sqrt()), "{}", m2 / n);
        assert!(close(m3, 0.0, 15f64.sqrt()), "{}", m3 / n);
        assert!(close(m4, 3.0, 96f64.sqrt()), "{}", m4 / n);
        assert!(close(f64::from(beyond), 0.317_310_507_863, 0.5), "{beyond}");
        // erfc(3.654…/√2) = 2.5804e-4.
        assert!(
            close(f64::from(far), libm::erfc(TAIL / 2f64.sqrt()), 0.017),
            "{far}"
        );
    }

    #[test]
    fn gamma_numbers_have_the_moments_of_a_gamma() {
        let mut stream = Stream::new([4; 32], &[]);
        for shape in [0.5, 1.0, 3.7, 150.0] {
            let n = 400_000;
            let drawn: Vec<f64> = (0..n).map(|_| stream.gamma(shape)).collect();
            let n = f64::from(n);
            let mean = drawn.iter().sum::<f64>() / n;
            let variance = drawn.iter().map(|x| (x - shape).powi(2)).sum::<f64>() / n;
            assert!(
                (mean - shape).abs() < 5.0 * (shape / n).sqrt(),
                "{shape}: {mean}"
            );
            // The fourth central moment is 3 k² + 6 k.
            let sigma = ((2.0 * shape * shape + 6.0 * shape) / n).sqrt();
            assert!(
                (variance - shape).abs() < 5.0 * sigma,
                "{shape}: {variance}"
            );
        }
    }
}
