//! The periodic cell.

use thiserror::Error;

use super::linear::{cross, dot, norm, times};

/// A cell by its three lattice vectors, the rows `a`, `b`, `c` in Å. Any shape is legal as long as it is right-handed
/// and encloses a volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    rows_ang: [[f64; 3]; 3],
    /// Columns are the reciprocal vectors without 2π: `fractional = position · inverse`.
    inverse: [[f64; 3]; 3],
}

/// Why three vectors are no cell.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CellError {
    #[error("a lattice vector is not a finite number")]
    NotFinite,
    #[error("the lattice vectors enclose no volume")]
    Flat,
    #[error("the lattice vectors are left-handed; exchange two of them")]
    LeftHanded,
    #[error("cell angles of {0}°, {1}° and {2}° close no cell")]
    Angles(f64, f64, f64),
}

impl Cell {
    pub fn new(rows_ang: [[f64; 3]; 3]) -> Result<Self, CellError> {
        if rows_ang.iter().flatten().any(|x| !x.is_finite()) {
            return Err(CellError::NotFinite);
        }
        let [a, b, c] = rows_ang;
        let volume = dot(a, cross(b, c));
        let scale = norm(a) * norm(b) * norm(c);
        if volume.abs() <= 1e-9 * scale || scale == 0.0 {
            return Err(CellError::Flat);
        }
        if volume < 0.0 {
            return Err(CellError::LeftHanded);
        }
        let (bc, ca, ab) = (cross(b, c), cross(c, a), cross(a, b));
        let inverse = std::array::from_fn(|k| [bc[k] / volume, ca[k] / volume, ab[k] / volume]);
        Ok(Cell { rows_ang, inverse })
    }

    /// The cell of the lattice that three vectors span. Where they are left-handed it has their negatives, which span
    /// the same one.
    pub fn spanning(rows_ang: [[f64; 3]; 3]) -> Result<Self, CellError> {
        match Cell::new(rows_ang) {
            Err(CellError::LeftHanded) => Cell::new(rows_ang.map(|row| row.map(|x| 0.0 - x))),
            other => other,
        }
    }

    /// A box of edges `lengths_ang` along x, y and z.
    pub fn orthorhombic(lengths_ang: [f64; 3]) -> Result<Self, CellError> {
        let [a, b, c] = lengths_ang;
        Cell::new([[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]])
    }

    /// From lengths in Å and the angles α (b, c), β (a, c), γ (a, b) in degrees: `a` along x, `b` in the xy plane.
    pub fn from_parameters(lengths_ang: [f64; 3], angles_deg: [f64; 3]) -> Result<Self, CellError> {
        let [a, b, c] = lengths_ang;
        if lengths_ang.iter().any(|length| *length <= 0.0) {
            return Err(CellError::Flat);
        }
        // Right angles exactly: the cosine of 90° in radians is not zero.
        let cosine = |degrees: f64| {
            if degrees == 90.0 {
                0.0
            } else {
                degrees.to_radians().cos()
            }
        };
        let [alpha, beta, gamma] = angles_deg.map(cosine);
        let sine = (1.0 - gamma * gamma).sqrt();
        let y = (alpha - beta * gamma) / sine;
        let z = 1.0 - beta * beta - y * y;
        let open = |angle: &f64| *angle > 0.0 && *angle < 180.0;
        if z.is_nan() || z <= 0.0 || !angles_deg.iter().all(open) {
            let [alpha, beta, gamma] = angles_deg;
            return Err(CellError::Angles(alpha, beta, gamma));
        }
        Cell::new([
            [a, 0.0, 0.0],
            [b * gamma, b * sine, 0.0],
            [c * beta, c * y, c * z.sqrt()],
        ])
    }

    /// Rows `a`, `b`, `c` in Å.
    pub fn rows_ang(&self) -> [[f64; 3]; 3] {
        self.rows_ang
    }

    pub fn volume_ang3(&self) -> f64 {
        let [a, b, c] = self.rows_ang;
        dot(a, cross(b, c))
    }

    pub fn lengths_ang(&self) -> [f64; 3] {
        self.rows_ang.map(norm)
    }

    /// α (b, c), β (a, c), γ (a, b) in degrees.
    pub fn angles_deg(&self) -> [f64; 3] {
        let [a, b, c] = self.rows_ang;
        let angle = |u, v| {
            (dot(u, v) / (norm(u) * norm(v)))
                .clamp(-1.0, 1.0)
                .acos()
                .to_degrees()
        };
        [angle(b, c), angle(a, c), angle(a, b)]
    }

    /// Distances between opposite faces, Å: a sphere of radius r meets itself in no image where every height is
    /// at least 2r.
    pub fn heights_ang(&self) -> [f64; 3] {
        std::array::from_fn(|axis| {
            let reciprocal = [
                self.inverse[0][axis],
                self.inverse[1][axis],
                self.inverse[2][axis],
            ];
            1.0 / norm(reciprocal)
        })
    }

    /// The matrix M with `fractional = position · M` (row vectors), 1/Å.
    pub fn inverse(&self) -> [[f64; 3]; 3] {
        self.inverse
    }

    pub fn to_fractional(&self, position_ang: [f64; 3]) -> [f64; 3] {
        times(position_ang, &self.inverse)
    }

    /// The shortest of the vectors that differ from `vector_ang` by whole cells, as long as that is not much longer than
    /// half of the smallest height: enough to find atoms that fall on one another.
    pub fn near_image(&self, vector_ang: [f64; 3]) -> [f64; 3] {
        self.to_cartesian(self.to_fractional(vector_ang).map(|x| x - x.round()))
    }

    pub fn to_cartesian(&self, fractional: [f64; 3]) -> [f64; 3] {
        times(fractional, &self.rows_ang)
    }

    /// The image inside the cell (fractional coordinates in [0, 1)) and how many cells it was moved by:
    /// `position = image + shift · rows`.
    pub fn wrap(&self, position_ang: [f64; 3]) -> ([f64; 3], [i32; 3]) {
        let fractional = self.to_fractional(position_ang);
        let mut shift = [0i32; 3];
        let mut inside = [0.0; 3];
        for axis in 0..3 {
            let mut cells = fractional[axis].floor();
            // A coordinate a rounding below zero lies on the face, not a whole cell up.
            if fractional[axis] - cells >= 1.0 {
                cells += 1.0;
            }
            shift[axis] = cells as i32;
            inside[axis] = (fractional[axis] - cells).max(0.0);
        }
        (self.to_cartesian(inside), shift)
    }

    /// The cell whose rows are this one's multiplied by `matrix` from the right: strained by `matrix` = 1 + ε.
    pub fn transformed(&self, matrix: &[[f64; 3]; 3]) -> Result<Self, CellError> {
        Cell::new(self.rows_ang.map(|row| times(row, matrix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: [f64; 3], b: [f64; 3]) -> bool {
        (0..3).all(|k| (a[k] - b[k]).abs() < 1e-12)
    }

    #[test]
    fn parameters_come_back_from_the_rows() {
        let cell = Cell::from_parameters([3.0, 4.0, 5.0], [80.0, 95.0, 110.0]).unwrap();
        assert!(close(cell.lengths_ang(), [3.0, 4.0, 5.0]));
        assert!(close(cell.angles_deg(), [80.0, 95.0, 110.0]));
        // V = abc √(1 − Σcos² + 2 Πcos)
        let [x, y, z] = [80.0f64, 95.0, 110.0].map(|d| d.to_radians().cos());
        let volume = 60.0 * (1.0 - x * x - y * y - z * z + 2.0 * x * y * z).sqrt();
        assert!((cell.volume_ang3() - volume).abs() < 1e-10);
    }

    #[test]
    fn heights_are_volume_over_face() {
        let cell = Cell::new([[4.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.5, -1.0, 5.0]]).unwrap();
        let [a, b, c] = cell.rows_ang();
        let volume = cell.volume_ang3();
        let expected = [cross(b, c), cross(c, a), cross(a, b)].map(|face| volume / norm(face));
        assert!(close(cell.heights_ang(), expected));
    }

    #[test]
    fn wrapping_moves_by_whole_cells() {
        let cell = Cell::from_parameters([3.0, 4.0, 5.0], [80.0, 95.0, 110.0]).unwrap();
        let there = cell.to_cartesian([-2.25, 0.5, 7.75]);
        let (image, shift) = cell.wrap(there);
        assert_eq!(shift, [-3, 0, 7]);
        assert!(close(cell.to_fractional(image), [0.75, 0.5, 0.75]));
        let below = cell.wrap(cell.to_cartesian([-1e-18, 0.0, 0.0])).0;
        assert!(cell.to_fractional(below)[0] < 1.0);
    }

    #[test]
    fn what_is_no_cell_is_said() {
        let row = [1.0, 0.0, 0.0];
        assert_eq!(Cell::new([row, row, [0.0, 0.0, 1.0]]), Err(CellError::Flat));
        assert_eq!(
            Cell::new([row, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
            Err(CellError::LeftHanded)
        );
        assert_eq!(
            Cell::orthorhombic([f64::NAN, 1.0, 1.0]),
            Err(CellError::NotFinite)
        );
        assert!(matches!(
            Cell::from_parameters([1.0; 3], [120.0, 120.0, 130.0]),
            Err(CellError::Angles(..))
        ));
    }
}
