//! Normal and gamma numbers from a random stream.
//!
//! Written here and with `libm`'s functions, so that a result changes neither with a crate's version nor with the
//! platform's mathematical library.

use std::sync::LazyLock;

use super::Stream;

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

/// Where random bits come from.
trait Source {
    fn bits(&mut self) -> u64;

    fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

impl Source for Stream {
    #[inline]
    fn bits(&mut self) -> u64 {
        Stream::bits(self)
    }
}

/// Bits of a stream, drawn many at a time.
struct Batch<'a> {
    stream: &'a mut Stream,
    drawn: [u64; BATCH],
    at: usize,
}

const BATCH: usize = 512;

impl Source for Batch<'_> {
    #[inline]
    fn bits(&mut self) -> u64 {
        if self.at == BATCH {
            self.stream.fill(&mut self.drawn);
            self.at = 0;
        }
        self.at += 1;
        self.drawn[self.at - 1]
    }
}

#[inline(always)]
fn normal(ziggurat: &Ziggurat, source: &mut impl Source) -> f64 {
    let bits = source.bits();
    let layer = (bits & 0xff) as usize;
    let sign = if bits & 0x100 == 0 { 1.0 } else { -1.0 };
    let x = (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64) * ziggurat.edge[layer];
    if x < ziggurat.edge[layer + 1] {
        return sign * x;
    }
    normal_at_an_edge(ziggurat, source, layer, sign, x)
}

/// Where x may be beyond the density in its layer; else another is drawn.
#[cold]
fn normal_at_an_edge(
    ziggurat: &Ziggurat,
    source: &mut impl Source,
    layer: usize,
    sign: f64,
    x: f64,
) -> f64 {
    if layer == 0 {
        return sign * normal_tail(source);
    }
    let (low, high) = (ziggurat.height[layer], ziggurat.height[layer + 1]);
    if low + source.uniform() * (high - low) < libm::exp(-0.5 * x * x) {
        return sign * x;
    }
    normal(ziggurat, source)
}

/// Normal under the condition of being larger than [`TAIL`] (Marsaglia, Technometrics 6, 101, 1964).
#[cold]
fn normal_tail(source: &mut impl Source) -> f64 {
    loop {
        let x = -libm::log(1.0 - source.uniform()) / TAIL;
        let y = -libm::log(1.0 - source.uniform());
        if 2.0 * y > x * x {
            return TAIL + x;
        }
    }
}

impl Stream {
    /// Normal with mean 0 and variance 1, by the ziggurat of Marsaglia and Tsang with the layer, the sign and the
    /// abscissa from separate bits of one draw (Doornik 2005).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal(&ZIGGURAT, self)
    }

    /// What [`Stream::normal`] would give one after another, faster. What the stream gives next is not said.
    pub fn normals(&mut self, out: &mut [f64]) {
        let ziggurat = &*ZIGGURAT;
        let mut batch = Batch {
            stream: self,
            drawn: [0; BATCH],
            at: BATCH,
        };
        for x in out {
            *x = normal(ziggurat, &mut batch);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_and_the_tail_of_a_normal() {
        let mut stream = Stream::new([2; 32], &[]);
        let n = 2_000_000;
        let (mut m1, mut m2, mut m3, mut m4, mut beyond, mut far) = (0.0, 0.0, 0.0, 0.0, 0, 0);
        for _ in 0..n {
            let x = stream.normal();
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
    fn many_numbers_are_those_drawn_one_by_one() {
        let mut one_by_one = Stream::new([3; 32], &[]);
        let mut many = vec![0.0; 100_000];
        one_by_one.clone().normals(&mut many);
        assert!(many.iter().all(|x| *x == one_by_one.normal()));
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
