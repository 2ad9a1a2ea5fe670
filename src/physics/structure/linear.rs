//! Vectors and 3 × 3 matrices of rows.

pub type Vector = [f64; 3];
pub type Matrix = [[f64; 3]; 3];

pub fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub fn norm(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

pub fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn subtract(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn scale(a: Vector, factor: f64) -> Vector {
    a.map(|x| x * factor)
}

/// `row · matrix`
pub fn times(row: Vector, matrix: &Matrix) -> Vector {
    std::array::from_fn(|k| row[0] * matrix[0][k] + row[1] * matrix[1][k] + row[2] * matrix[2][k])
}

pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| times(row, b))
}
