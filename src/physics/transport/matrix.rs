//! Small dense matrices of any order, by rows.

#[cfg(test)]
use std::array;

/// Rows of equal length.
pub type Matrix = Vec<Vec<f64>>;

pub fn zeros(rows: usize, columns: usize) -> Matrix {
    vec![vec![0.0; columns]; rows]
}

pub fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Matrix {
    let columns = b.first().map_or(0, Vec::len);
    let row = |row: &Vec<f64>| {
        let entry = |at| row.iter().zip(b).map(|(x, b)| x * b[at]).sum();
        (0..columns).map(entry).collect()
    };
    a.iter().map(row).collect()
}

pub fn transposed(a: &[Vec<f64>]) -> Matrix {
    let columns = a.first().map_or(0, Vec::len);
    let column = |at| a.iter().map(|row| row[at]).collect();
    (0..columns).map(column).collect()
}

/// `A L Aᵀ`, made exactly symmetric.
pub fn congruent(a: &[Vec<f64>], l: &[Vec<f64>]) -> Matrix {
    symmetric(&product(&product(a, l), &transposed(a)))
}

pub fn symmetric(a: &[Vec<f64>]) -> Matrix {
    let entry = |i: usize, j: usize| f64::midpoint(a[i][j], a[j][i]);
    let row = |i| (0..a.len()).map(|j| entry(i, j)).collect();
    (0..a.len()).map(row).collect()
}

pub fn scaled(a: &[Vec<f64>], factor: f64) -> Matrix {
    let row = |row: &Vec<f64>| row.iter().map(|x| x * factor).collect();
    a.iter().map(row).collect()
}

/// `uᵀ A v`
pub fn between(u: &[f64], a: &[Vec<f64>], v: &[f64]) -> f64 {
    u.iter().zip(a).map(|(x, row)| x * dot(row, v)).sum()
}

pub fn trace(a: &[Vec<f64>]) -> f64 {
    (0..a.len()).map(|at| a[at][at]).sum()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Lower triangular C with `C Cᵀ = A`; none where A is not positive definite.
pub fn cholesky(a: &[Vec<f64>]) -> Option<Matrix> {
    let order = a.len();
    let mut c = zeros(order, order);
    for i in 0..order {
        for j in 0..=i {
            let left = a[i][j] - dot(&c[i][..j], &c[j][..j]);
            if i > j {
                c[i][j] = left / c[j][j];
            } else if left > 1e-14 * a[i][i].abs() {
                c[i][i] = left.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(c)
}

/// Inverse by elimination with pivots of rows; none where A is singular.
pub fn inverse(a: &[Vec<f64>]) -> Option<Matrix> {
    let order = a.len();
    let with_unit = |(at, row): (usize, &Vec<f64>)| {
        let unit = (0..order).map(|k| f64::from(u8::from(k == at)));
        row.iter().copied().chain(unit).collect()
    };
    let mut rows: Matrix = a.iter().enumerate().map(with_unit).collect();
    let largest = a.iter().flatten().fold(0.0f64, |most, x| most.max(x.abs()));
    for at in 0..order {
        let pivot = (at..order).max_by(|i, j| rows[*i][at].abs().total_cmp(&rows[*j][at].abs()))?;
        rows.swap(at, pivot);
        let lead = rows[at][at];
        if lead.abs() <= 1e-14 * largest || !lead.is_finite() {
            return None;
        }
        rows[at].iter_mut().for_each(|x| *x /= lead);
        let own = rows[at].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            let factor = row[at];
            if other != at && factor != 0.0 {
                row.iter_mut().zip(&own).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    Some(rows.into_iter().map(|row| row[order..].to_vec()).collect())
}

/// Eigenvalues, rising, and for each its vector, of a symmetric matrix, by Jacobi's rotations.
pub fn eigen(a: &[Vec<f64>]) -> (Vec<f64>, Matrix) {
    let order = a.len();
    let mut a: Matrix = a.to_vec();
    let mut vectors = zeros(order, order);
    for (at, row) in vectors.iter_mut().enumerate() {
        row[at] = 1.0;
    }
    let whole: f64 = a.iter().flatten().map(|x| x * x).sum();
    for _ in 0..100 {
        let off: f64 = (0..order)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i][j] * a[i][j])
            .sum();
        if off <= 1e-32 * whole {
            break;
        }
        for p in 0..order {
            for q in p + 1..order {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for row in &mut a {
                    let [x, y] = [row[p], row[q]];
                    [row[p], row[q]] = [c * x - s * y, s * x + c * y];
                }
                let [first, second] = [a[p].clone(), a[q].clone()];
                for k in 0..order {
                    a[p][k] = c * first[k] - s * second[k];
                    a[q][k] = s * first[k] + c * second[k];
                }
                let [first, second] = [vectors[p].clone(), vectors[q].clone()];
                for k in 0..order {
                    vectors[p][k] = c * first[k] - s * second[k];
                    vectors[q][k] = s * first[k] + c * second[k];
                }
            }
        }
    }
    let mut places: Vec<usize> = (0..order).collect();
    places.sort_by(|i, j| a[*i][*i].total_cmp(&a[*j][*j]));
    let values = places.iter().map(|at| a[*at][*at]).collect();
    let vectors = places.iter().map(|at| vectors[*at].clone()).collect();
    (values, vectors)
}

/// `Σ λ v vᵀ`
pub fn composed(values: &[f64], vectors: &[Vec<f64>]) -> Matrix {
    let order = vectors.first().map_or(0, Vec::len);
    let entry = |i: usize, j: usize| -> f64 {
        let parts = values.iter().zip(vectors);
        parts
            .map(|(value, vector)| value * vector[i] * vector[j])
            .sum()
    };
    let row = |i| (0..order).map(|j| entry(i, j)).collect();
    (0..order).map(row).collect()
}

/// Orthonormal rows that span all that is orthogonal to a vector; to one of length 0, everything is.
pub fn orthogonal_to(vector: &[f64]) -> Matrix {
    let outer = |x: &f64| vector.iter().map(|y| x * y).collect();
    let along: Matrix = vector.iter().map(outer).collect();
    let (_, vectors) = eigen(&along);
    let along = usize::from(vector.iter().any(|x| *x != 0.0));
    vectors[..vector.len() - along].to_vec()
}

/// Best `y = c₀ b₀(x) + c₁ b₁(x) + …` with weights, `rows` being the b of each point; the coefficients and their
/// covariance if the weights are inverse variances. None where the b depend on each other.
pub fn least_squares(rows: &[Vec<f64>], y: &[f64], weights: &[f64]) -> Option<(Vec<f64>, Matrix)> {
    let order = rows.first()?.len();
    let mut normal = zeros(order, order);
    let mut right = vec![0.0; order];
    for ((row, y), weight) in rows.iter().zip(y).zip(weights) {
        for i in 0..order {
            right[i] += weight * row[i] * y;
            for j in 0..order {
                normal[i][j] += weight * row[i] * row[j];
            }
        }
    }
    let covariance = inverse(&normal)?;
    let coefficients = covariance.iter().map(|row| dot(row, &right)).collect();
    Some((coefficients, covariance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decompositions_give_the_matrix_back() {
        let a = vec![
            vec![4.0, 1.0, -0.5],
            vec![1.0, 3.0, 0.25],
            vec![-0.5, 0.25, 2.0],
        ];
        let close = |b: &Matrix, c: &Matrix| {
            let pairs = b.iter().flatten().zip(c.iter().flatten());
            pairs.for_each(|(b, c)| assert!((b - c).abs() < 1e-13, "{b} {c}"));
        };
        let (values, vectors) = eigen(&a);
        close(&composed(&values, &vectors), &a);
        assert!(values.is_sorted());
        let c = cholesky(&a).unwrap();
        close(&product(&c, &transposed(&c)), &a);
        let unit: Matrix = array::from_fn::<_, 3, _>(|i| {
            array::from_fn::<_, 3, _>(|j| f64::from(u8::from(i == j))).to_vec()
        })
        .to_vec();
        close(&product(&inverse(&a).unwrap(), &a), &unit);
        let basis = orthogonal_to(&[1.0, 2.0, 3.0]);
        close(
            &product(&basis, &transposed(&basis)),
            &vec![vec![1.0, 0.0], vec![0.0, 1.0]],
        );
        basis
            .iter()
            .for_each(|row| assert!(dot(row, &[1.0, 2.0, 3.0]).abs() < 1e-14));
        assert!(cholesky(&[vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
        assert!(inverse(&[vec![1.0, 2.0], vec![2.0, 4.0]]).is_none());
    }
}
