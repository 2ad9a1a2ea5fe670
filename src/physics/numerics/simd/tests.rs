use super::*;

/// Applies every operation to the same numbers and gives what came out, lane after lane.
struct Everything<'a>(&'a [f64]);

impl Kernel for Everything<'_> {
    type Output = Vec<Vec<f64>>;
    #[inline(always)]
    fn run<V: Vector>(self) -> Vec<Vec<f64>> {
        let mut table = [0.0; TABLE];
        for (k, entry) in table.iter_mut().enumerate() {
            *entry = k as f64 * 1.5;
        }
        let mut out = vec![Vec::new(); 8];
        let mut lanes = [0.0; MOST_LANES];
        for block in self.0.chunks_exact(V::LANES) {
            let x = V::load(block);
            let small = x.less(V::splat(3.0));
            let tags: Vec<f64> = block
                .iter()
                .map(|x| f64::from_bits((*x * 7.0) as u64))
                .collect();
            let results = [
                x.recip(),
                x.rsqrt(),
                x.exp(),
                (-x).exp(),
                x.mul_add(x, -x) - x.min(V::splat(2.0)) * x,
                V::select(small, x, V::zero()),
                V::lookup(&table, V::load(&tags)),
            ];
            for (out, result) in out.iter_mut().zip(results) {
                result.store(&mut lanes);
                out.extend_from_slice(&lanes[..V::LANES]);
            }
            x.compress(small, &mut lanes);
            out[7].extend_from_slice(&lanes[..V::bits(small).count_ones() as usize]);
        }
        out
    }
}

#[test]
fn every_level_computes_what_the_standard_library_does() {
    let numbers: Vec<f64> = (1..=800).map(|k| 0.013 * f64::from(k) + 1e-4).collect();
    for level in Level::all() {
        let out = dispatch(level, Everything(&numbers));
        let expected: [fn(f64) -> f64; 7] = [
            |x| 1.0 / x,
            |x| 1.0 / x.sqrt(),
            f64::exp,
            |x| (-x).exp(),
            |x| x * x - x - x.min(2.0) * x,
            |x| if x < 3.0 { x } else { 0.0 },
            |x| ((x * 7.0) as u64 % 16) as f64 * 1.5,
        ];
        for (which, expected) in expected.iter().enumerate() {
            for (got, &x) in out[which].iter().zip(&numbers) {
                let right = expected(x);
                assert!(
                    (got - right).abs() <= 1e-15 * (1.0 + right.abs()).max(right.abs()),
                    "{level:?} {which} of {x}: {got} is not {right}"
                );
            }
        }
        let small: Vec<f64> = numbers.iter().copied().filter(|&x| x < 3.0).collect();
        assert_eq!(out[7], small);
    }
}

struct Ends;

impl Kernel for Ends {
    type Output = [f64; 2];
    #[inline(always)]
    fn run<V: Vector>(self) -> [f64; 2] {
        [V::splat(1e5).exp().sum(), V::splat(-1e5).exp().sum()]
    }
}

struct Points<'a>(&'a [[f64; 4]], &'a [u32]);

impl Kernel for Points<'_> {
    type Output = (Vec<f64>, Vec<f64>);
    #[inline(always)]
    fn run<V: Vector>(self) -> (Vec<f64>, Vec<f64>) {
        let write = |vectors: [V; 4]| {
            let mut all = vec![0.0; 4 * V::LANES];
            for (axis, vector) in vectors.into_iter().enumerate() {
                vector.store(&mut all[axis * V::LANES..]);
            }
            (0..V::LANES)
                .flat_map(|k| (0..4).map(move |axis| axis * V::LANES + k))
                .map(|k| all[k])
                .collect()
        };
        (
            write(V::points(self.0, self.1)),
            write(V::run(&self.0[3..])),
        )
    }
}

#[test]
fn points_come_by_coordinate_and_exponentials_stay_finite() {
    let points: Vec<[f64; 4]> = (0..20)
        .map(|k| [0.0, 0.1, 0.2, 0.3].map(|x| x + f64::from(k)))
        .collect();
    let indices = [3, 19, 0, 7, 7, 12, 1, 5];
    for level in Level::all() {
        let (picked, run) = dispatch(level, Points(&points, &indices));
        let lanes = picked.len() / 4;
        let expected: Vec<f64> = indices[..lanes]
            .iter()
            .flat_map(|&k| points[k as usize])
            .collect();
        assert_eq!(picked, expected);
        assert_eq!(run, points[3..3 + lanes].concat());
        let [high, low] = dispatch(level, Ends);
        assert!(high.is_finite() && low.is_finite() && low >= 0.0);
    }
}

struct Transposed<'a>(&'a [f64], &'a mut [f64]);

impl Kernel for Transposed<'_> {
    type Output = usize;
    #[inline(always)]
    fn run<V: Vector>(self) -> usize {
        V::transpose(self.0, 11, self.1, 9);
        V::LANES
    }
}

#[test]
fn rows_become_columns_and_nothing_else_is_written() {
    let from: Vec<f64> = (0..88).map(f64::from).collect();
    for level in Level::all() {
        let mut to = vec![-1.0; 72];
        let lanes = dispatch(level, Transposed(&from, &mut to));
        for (at, &value) in to.iter().enumerate() {
            let (j, i) = (at / 9, at % 9);
            let inside = i < lanes && j < lanes;
            let right = if inside { from[i * 11 + j] } else { -1.0 };
            assert_eq!(value, right, "{level:?} {i} {j}");
        }
    }
}
