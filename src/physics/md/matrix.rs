//! Matrices of three.

pub type Matrix = [[f64; 3]; 3];

pub const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

pub fn trace(m: &Matrix) -> f64 {
    m[0][0] + m[1][1] + m[2][2]
}

/// A row vector times a matrix.
#[inline(always)]
pub fn times(row: [f64; 3], m: &Matrix) -> [f64; 3] {
    std::array::from_fn(|k| row[0] * m[0][k] + row[1] * m[1][k] + row[2] * m[2][k])
}

pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| times(row, b))
}

pub fn transposed(m: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| m[j][i]))
}

pub fn symmetric(m: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| 0.5 * (m[i][j] + m[j][i])))
}

pub fn sum(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + b[i][j]))
}

pub fn scaled(m: &Matrix, factor: f64) -> Matrix {
    m.map(|row| row.map(|x| x * factor))
}

pub fn diagonal(value: f64) -> Matrix {
    scaled(&IDENTITY, value)
}

/// Σ of the squares of all elements.
pub fn squares(m: &Matrix) -> f64 {
    m.iter().flatten().map(|x| x * x).sum()
}

/// Inverse of a matrix that has one.
pub fn inverse(m: &Matrix) -> Matrix {
    let cofactor = |i: usize, j: usize| {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    std::array::from_fn(|i| std::array::from_fn(|j| cofactor(j, i) / determinant))
}

/// Eigenvalues and eigenvectors (rows) of a symmetric matrix, by Jacobi's rotations.
fn eigen(m: &Matrix) -> ([f64; 3], Matrix) {
    let mut a = *m;
    let mut vectors = IDENTITY;
    for _ in 0..50 {
        let off = a[0][1] * a[0][1] + a[0][2] * a[0][2] + a[1][2] * a[1][2];
        if off <= 1e-34 * squares(&a) {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            for row in &mut a {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            for k in 0..3 {
                let (pk, qk) = (a[p][k], a[q][k]);
                a[p][k] = c * pk - s * qk;
                a[q][k] = s * pk + c * qk;
                let (vp, vq) = (vectors[p][k], vectors[q][k]);
                vectors[p][k] = c * vp - s * vq;
                vectors[q][k] = s * vp + c * vq;
            }
        }
    }
    ([a[0][0], a[1][1], a[2][2]], vectors)
}

/// Functions of a symmetric matrix: of its eigenvalues, in its eigenvectors.
pub fn of_symmetric<const N: usize>(
    m: &Matrix,
    functions: [&dyn Fn(f64) -> f64; N],
) -> [Matrix; N] {
    let (values, vectors) = eigen(m);
    functions.map(|function| {
        let values = values.map(function);
        std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                (0..3)
                    .map(|k| values[k] * vectors[k][i] * vectors[k][j])
                    .sum()
            })
        })
    })
}

/// sinh(x)/x.
pub fn sinhc(x: f64) -> f64 {
    if x.abs() < 1e-2 {
        let y = x * x;
        1.0 + y / 6.0 * (1.0 + y / 20.0 * (1.0 + y / 42.0))
    } else {
        x.sinh() / x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_symmetric_matrices_are_those_of_their_series() {
        let m = [[0.3, -0.2, 0.1], [-0.2, -0.4, 0.25], [0.1, 0.25, 0.05]];
        let mut term = IDENTITY;
        let mut series = IDENTITY;
        for n in 1..30 {
            term = scaled(&product(&term, &m), 1.0 / f64::from(n));
            series = sum(&series, &term);
        }
        let [found] = of_symmetric(&m, [&f64::exp]);
        assert!(squares(&sum(&found, &scaled(&series, -1.0))) < 1e-28);
        let one = product(&found, &inverse(&found));
        assert!(squares(&sum(&one, &scaled(&IDENTITY, -1.0))) < 1e-28);
        assert!((sinhc(9.99e-3) - 9.99e-3f64.sinh() / 9.99e-3).abs() < 1e-15);
    }
}
