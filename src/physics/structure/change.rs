//! Changes of a configuration: supercells, strain, rattling, substitution, vacancies, orientation, joining.

use thiserror::Error;

use super::cell::{Cell, CellError};
use super::configuration::Structure;
use super::linear::{Matrix, add, cross, dot, norm, product, scale, times};
use crate::base::Element;
use crate::physics::numerics::Stream;

/// The most atoms that a change may lead to.
const MOST: usize = 20_000_000;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum ChangeError {
    #[error("the matrix {0:?} makes no supercell: its determinant is {1}, not above zero")]
    Supercell([[i32; 3]; 3], i64),
    #[error("this makes {0} atoms, and {MOST} are the most")]
    TooMany(usize),
    #[error("the strain leaves no cell: {0}")]
    Strain(CellError),
    #[error("there is no {0} in the structure")]
    NoElement(Element),
    #[error("there are {present} {element}, too few for {wanted}")]
    TooFew {
        element: Element,
        present: usize,
        wanted: usize,
    },
    #[error("no atom is left")]
    Empty,
    #[error(
        "{axis} is {first:.4} Å below and {second:.4} Å above, which differ by more than {allowed:.1} %"
    )]
    Mismatch {
        axis: &'static str,
        first: f64,
        second: f64,
        allowed: f64,
    },
    #[error(transparent)]
    NoCell(#[from] CellError),
}

/// How many atoms of an element are meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    Count(usize),
    /// Of the atoms of that element, rounded to whole atoms.
    Fraction(f64),
}

impl Structure {
    /// The supercell whose vectors are the rows of `matrix` in units of the cell's vectors. Atom i's copies follow one
    /// another.
    pub fn supercell(&self, matrix: [[i32; 3]; 3]) -> Result<Structure, ChangeError> {
        // Within this no product below overflows.
        let wide = matrix.map(|row| row.map(|x| i64::from(x.clamp(-10_000, 10_000))));
        let determinant = integer_determinant(&wide);
        if determinant <= 0 || wide != matrix.map(|row| row.map(i64::from)) {
            return Err(ChangeError::Supercell(matrix, determinant));
        }
        let atoms = self.len().saturating_mul(determinant as usize);
        if atoms > MOST {
            return Err(ChangeError::TooMany(atoms));
        }
        let cell = Cell::new(product(
            &matrix.map(|row| row.map(f64::from)),
            &self.cell.rows_ang(),
        ))?;
        let shifts = inner_points(&wide, determinant);
        let shifts: Vec<[f64; 3]> = shifts
            .into_iter()
            .map(|shift| self.cell.to_cartesian(shift.map(|x| x as f64)))
            .collect();
        let mut elements = Vec::with_capacity(atoms);
        let mut positions_ang = Vec::with_capacity(atoms);
        for (element, position) in self.elements.iter().zip(&self.positions_ang) {
            for shift in &shifts {
                elements.push(*element);
                positions_ang.push(add(*position, *shift));
            }
        }
        Ok(Structure {
            cell,
            elements,
            positions_ang,
        })
    }

    /// Copies along the vectors until every height is at least this, Å: how many along each.
    pub fn repeats_to_height(&self, height_ang: f64) -> [i32; 3] {
        self.cell
            .heights_ang()
            .map(|own| (height_ang / own - 1e-9).ceil().clamp(1.0, 1e4) as i32)
    }

    /// Copies along the vectors that come nearest to a cube of about `atoms` atoms: of all that have no fewer, the one with
    /// the largest smallest height, and of these the one with the fewest.
    pub fn repeats_to_atoms(&self, atoms: usize) -> [i32; 3] {
        let heights = self.cell.heights_ang();
        let copies = atoms.div_ceil(self.len().max(1)).max(1);
        let edge = (heights.iter().product::<f64>() * copies as f64).cbrt();
        let around = heights.map(|own| {
            let ideal = (edge / own).floor().max(1.0) as i32;
            [ideal.saturating_sub(1).max(1), ideal, ideal + 1]
        });
        let mut best: Option<([i32; 3], f64, i64)> = None;
        for x in around[0] {
            for y in around[1] {
                for z in around[2] {
                    let count = i64::from(x) * i64::from(y) * i64::from(z);
                    if count < copies as i64 {
                        continue;
                    }
                    let least = (0..3)
                        .map(|k| heights[k] * f64::from([x, y, z][k]))
                        .fold(f64::INFINITY, f64::min);
                    // Not more than one and a half times what was asked for, where that can be had.
                    let score = if count as f64 <= 1.5 * copies as f64 {
                        least
                    } else {
                        -(count as f64)
                    };
                    if best.is_none_or(|(_, known, fewest)| {
                        score > known + 1e-9 || score > known - 1e-9 && count < fewest
                    }) {
                        best = Some(([x, y, z], score, count));
                    }
                }
            }
        }
        best.map_or([1; 3], |(repeats, ..)| repeats)
    }

    /// Lattice vectors h (1 + ε) with the symmetric ε of Voigt's six numbers xx, yy, zz, yz, xz, xy (the last three twice
    /// the components), atoms with them.
    pub fn strained(&self, voigt: [f64; 6]) -> Result<Structure, ChangeError> {
        let [xx, yy, zz, yz, xz, xy] = voigt;
        let matrix = [
            [1.0 + xx, xy / 2.0, xz / 2.0],
            [xy / 2.0, 1.0 + yy, yz / 2.0],
            [xz / 2.0, yz / 2.0, 1.0 + zz],
        ];
        self.deformed(&matrix)
    }

    /// Every vector `r` to `r · matrix`.
    pub fn deformed(&self, matrix: &Matrix) -> Result<Structure, ChangeError> {
        Ok(Structure {
            cell: self.cell.transformed(matrix).map_err(ChangeError::Strain)?,
            elements: self.elements.clone(),
            positions_ang: self
                .positions_ang
                .iter()
                .map(|r| times(*r, matrix))
                .collect(),
        })
    }

    /// Each coordinate moved by a normal number of this standard deviation, Å.
    pub fn rattled(&self, deviation_ang: f64, stream: &mut Stream) -> Structure {
        let mut moved = self.clone();
        for value in moved.positions_ang.as_flattened_mut() {
            *value += deviation_ang * stream.normal();
        }
        moved
    }

    /// Atoms of `from`, drawn at random, become atoms of `to`.
    pub fn substituted(
        &self,
        from: Element,
        to: Element,
        amount: Amount,
        stream: &mut Stream,
    ) -> Result<Structure, ChangeError> {
        let mut changed = self.clone();
        for at in self.drawn(from, amount, stream)? {
            changed.elements[at] = to;
        }
        Ok(changed)
    }

    /// Without some atoms of an element, drawn at random.
    pub fn with_vacancies(
        &self,
        of: Element,
        amount: Amount,
        stream: &mut Stream,
    ) -> Result<Structure, ChangeError> {
        let gone = self.drawn(of, amount, stream)?;
        let mut stays = vec![true; self.len()];
        for at in gone {
            stays[at] = false;
        }
        let (elements, positions_ang): (Vec<_>, Vec<_>) = self
            .elements
            .iter()
            .zip(&self.positions_ang)
            .zip(stays)
            .filter(|(_, stays)| *stays)
            .map(|((element, position), _)| (*element, *position))
            .unzip();
        if elements.is_empty() {
            return Err(ChangeError::Empty);
        }
        Ok(Structure {
            cell: self.cell,
            elements,
            positions_ang,
        })
    }

    fn drawn(
        &self,
        element: Element,
        amount: Amount,
        stream: &mut Stream,
    ) -> Result<Vec<usize>, ChangeError> {
        let mut own: Vec<usize> = (0..self.len())
            .filter(|at| self.elements[*at] == element)
            .collect();
        if own.is_empty() {
            return Err(ChangeError::NoElement(element));
        }
        let wanted = match amount {
            Amount::Count(count) => count,
            Amount::Fraction(fraction) => (fraction * own.len() as f64).round() as usize,
        };
        if wanted > own.len() {
            return Err(ChangeError::TooFew {
                element,
                present: own.len(),
                wanted,
            });
        }
        stream.shuffle(&mut own);
        own.truncate(wanted);
        own.sort_unstable();
        Ok(own)
    }

    /// Turned so that `a` lies along x and `b` in the xy plane, as LAMMPS has it.
    pub fn lower_triangular(&self) -> Structure {
        let [a, b, c] = self.cell.rows_ang();
        let x = scale(a, 1.0 / norm(a));
        let normal = cross(a, b);
        let z = scale(normal, 1.0 / norm(normal));
        let y = cross(z, x);
        let turned = |r: [f64; 3]| [dot(r, x), dot(r, y), dot(r, z)];
        let rows = [[norm(a), 0.0, 0.0], [dot(b, x), dot(b, y), 0.0], turned(c)];
        match Cell::new(rows) {
            Ok(cell) => Structure {
                cell,
                elements: self.elements.clone(),
                positions_ang: self.positions_ang.iter().map(|r| turned(*r)).collect(),
            },
            Err(_) => self.clone(),
        }
    }

    /// Atoms moved by whole cells into the cell.
    pub fn wrapped(&self) -> Structure {
        let mut inside = self.clone();
        for position in &mut inside.positions_ang {
            *position = self.cell.wrap(*position).0;
        }
        inside
    }

    /// A slab: the cell becomes longer along one vector by this much empty height, Å.
    pub fn with_vacuum(&self, axis: usize, vacuum_ang: f64) -> Result<Structure, ChangeError> {
        let inside = self.wrapped();
        let mut rows = self.cell.rows_ang();
        let height = self.cell.heights_ang()[axis];
        rows[axis] = scale(rows[axis], (height + vacuum_ang) / height);
        Ok(Structure {
            cell: Cell::new(rows)?,
            ..inside
        })
    }

    /// Two configurations in one cell, `other` above this one along `axis` with a gap of this many Å before and behind it.
    /// The other's two vectors across are strained to this one's, by at most `allowed` (a fraction) each.
    pub fn joined(
        &self,
        other: &Structure,
        axis: usize,
        gap_ang: f64,
        allowed: f64,
    ) -> Result<Structure, ChangeError> {
        const NAMES: [&str; 3] = ["a", "b", "c"];
        let (own, theirs) = (self.cell.lengths_ang(), other.cell.lengths_ang());
        for across in (0..3).filter(|across| *across != axis) {
            if (theirs[across] / own[across] - 1.0).abs() > allowed {
                return Err(ChangeError::Mismatch {
                    axis: NAMES[across],
                    first: own[across],
                    second: theirs[across],
                    allowed: 100.0 * allowed,
                });
            }
        }
        // The other stands upright on this one's face: its volume changes only as the face does.
        let rows = self.cell.rows_ang();
        let face = cross(rows[(axis + 1) % 3], rows[(axis + 2) % 3]);
        let up = scale(face, 1.0 / norm(face));
        let mut upper = rows;
        upper[axis] = scale(up, other.cell.heights_ang()[axis]);
        let upper = Cell::new(upper)?;
        let lower = self.wrapped();
        let offset = add(rows[axis], scale(up, gap_ang));
        let mut whole = rows;
        whole[axis] = add(offset, add(upper.rows_ang()[axis], scale(up, gap_ang)));
        let placed = other.positions_ang.iter().map(|position| {
            let inside = other.cell.to_fractional(other.cell.wrap(*position).0);
            add(offset, upper.to_cartesian(inside))
        });
        Ok(Structure {
            cell: Cell::new(whole)?,
            elements: [lower.elements.as_slice(), &other.elements].concat(),
            positions_ang: lower.positions_ang.iter().copied().chain(placed).collect(),
        })
    }
}

fn integer_determinant(m: &[[i64; 3]; 3]) -> i64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// The lattice points n inside the cell that the rows of `matrix` span: representatives from the diagonal of its
/// triangular form, moved inside by exact arithmetic (n · adj(matrix) has all components in [0, det)).
fn inner_points(matrix: &[[i64; 3]; 3], determinant: i64) -> Vec<[i64; 3]> {
    let m = matrix;
    let minor = |i: usize, j: usize| {
        let (i1, i2, j1, j2) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[i1][j1] * m[i2][j2] - m[i1][j2] * m[i2][j1]
    };
    // adj = transposed cofactors
    let adjugate: [[i64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| minor(j, i)));
    let [dx, dy, dz] = triangular_diagonal(*matrix);
    let mut points = Vec::with_capacity(determinant as usize);
    for x in 0..dx {
        for y in 0..dy {
            for z in 0..dz {
                let point = [x, y, z];
                let cells: [i64; 3] = std::array::from_fn(|k| {
                    let component: i64 = (0..3).map(|i| point[i] * adjugate[i][k]).sum();
                    component.div_euclid(determinant)
                });
                points.push(std::array::from_fn(|k| {
                    point[k] - (0..3).map(|i| cells[i] * m[i][k]).sum::<i64>()
                }));
            }
        }
    }
    points
}

/// The diagonal of the upper triangular matrix whose rows span the same lattice.
fn triangular_diagonal(mut rows: [[i64; 3]; 3]) -> [i64; 3] {
    for column in 0..3 {
        for below in column + 1..3 {
            while rows[below][column] != 0 {
                let times = rows[column][column].div_euclid(rows[below][column]);
                let lower = rows[below];
                for (upper, lower) in rows[column].iter_mut().zip(lower) {
                    *upper -= times * lower;
                }
                rows.swap(column, below);
            }
        }
    }
    std::array::from_fn(|k| rows[k][k].abs())
}

#[cfg(test)]
mod tests {
    use super::super::linear::subtract;
    use super::super::prototype::Prototype;
    use super::super::symmetry::Symmetry;
    use super::*;
    use crate::base::Formula;

    fn crystal(name: &str, formula: &str, a: f64, c: Option<f64>, free: &[f64]) -> Structure {
        let free: Vec<Option<f64>> = free.iter().map(|x| Some(*x)).collect();
        let formula = Formula::parse(formula).unwrap();
        Prototype::named(name)
            .unwrap()
            .build(&formula, a, c, &free)
            .unwrap()
    }

    fn rutile() -> Structure {
        crystal("rutile", "TiO2", 4.593, Some(2.959), &[0.3051])
    }

    fn element(symbol: &str) -> Element {
        Element::from_symbol(symbol).unwrap()
    }

    /// Sorted distances below a reach, all images counted: what no change of cell may change.
    fn distances(structure: &Structure, reach: f64) -> Vec<f64> {
        let most = structure
            .cell
            .heights_ang()
            .map(|h| (reach / h).ceil() as i32 + 1);
        let inside = structure.wrapped();
        let mut found = Vec::new();
        for a in &inside.positions_ang {
            for b in &inside.positions_ang {
                for i in -most[0]..=most[0] {
                    for j in -most[1]..=most[1] {
                        for k in -most[2]..=most[2] {
                            let shift = structure.cell.to_cartesian([i, j, k].map(f64::from));
                            let r = norm(subtract(add(*b, shift), *a));
                            if r < reach && r > 1e-6 {
                                found.push(r);
                            }
                        }
                    }
                }
            }
        }
        found.sort_by(f64::total_cmp);
        found
    }

    fn same_distances(one: &Structure, other: &Structure, copies: usize) -> bool {
        let (one, other) = (distances(one, 4.0), distances(other, 4.0));
        one.len() * copies == other.len()
            && other
                .chunks(copies)
                .zip(&one)
                .all(|(group, r)| group.iter().all(|x| (x - r).abs() < 1e-9))
    }

    #[test]
    fn supercells_repeat_every_distance() {
        let rutile = rutile();
        for (matrix, copies) in [
            ([[2, 0, 0], [0, 1, 0], [0, 0, 3]], 6),
            ([[1, 1, 0], [-1, 1, 0], [0, 0, 1]], 2),
            ([[2, -1, 0], [1, 1, 1], [0, 1, 2]], 4),
        ] {
            let built = rutile.supercell(matrix).unwrap();
            assert_eq!(built.len(), 6 * copies);
            assert!(same_distances(&rutile, &built, copies), "{matrix:?}");
            assert_eq!(Symmetry::of(&built, 1e-4).unwrap().primitive.len(), 6);
        }
        assert!(matches!(
            rutile.supercell([[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
            Err(ChangeError::Supercell(_, -1))
        ));
    }

    #[test]
    fn target_sizes_are_met() {
        let rutile = rutile();
        let [x, y, z] = rutile.repeats_to_height(10.0);
        assert_eq!([x, y, z], [3, 3, 4]);
        let atoms = |[x, y, z]: [i32; 3]| 6 * (x * y * z) as usize;
        for wanted in [6, 50, 200, 1000, 4000] {
            let repeats = rutile.repeats_to_atoms(wanted);
            assert!(
                (wanted..=wanted * 3 / 2 + 6).contains(&atoms(repeats)),
                "{wanted}: {repeats:?}"
            );
        }
        let cubic = crystal("rocksalt", "BaO", 5.523, None, &[]);
        assert_eq!(cubic.repeats_to_atoms(512), [4, 4, 4]);
    }

    #[test]
    fn strain_is_that_of_voigt() {
        let cubic = crystal("perovskite", "BaTiO3", 4.0, None, &[]);
        let strained = cubic.strained([0.01, -0.02, 0.03, 0.0, 0.0, 0.04]).unwrap();
        let [a, b, c] = strained.cell.rows_ang();
        assert!(norm(subtract(a, [4.04, 0.08, 0.0])) < 1e-12, "{a:?}");
        assert!(norm(subtract(b, [0.08, 3.92, 0.0])) < 1e-12);
        assert!(norm(subtract(c, [0.0, 0.0, 4.12])) < 1e-12);
        let at = |s: &Structure| s.cell.to_fractional(s.positions_ang[3]);
        assert!(norm(subtract(at(&cubic), at(&strained))) < 1e-12);
        assert!(matches!(
            cubic.strained([-1.5, 0.0, 0.0, 0.0, 0.0, 0.0]),
            Err(ChangeError::Strain(_))
        ));
    }

    #[test]
    fn rattling_has_the_deviation_asked_for_and_its_seed() {
        let large = crystal("rocksalt", "BaO", 5.523, None, &[])
            .supercell([[8, 0, 0], [0, 8, 0], [0, 0, 8]])
            .unwrap();
        let rattled = |seed| large.rattled(0.05, &mut Stream::new([seed; 32], &[]));
        let moved: Vec<f64> = rattled(1)
            .positions_ang
            .iter()
            .zip(&large.positions_ang)
            .flat_map(|(new, old)| subtract(*new, *old))
            .collect();
        let variance = moved.iter().map(|x| x * x).sum::<f64>() / moved.len() as f64;
        // 12288 numbers: 4 standard errors of the variance are 5 %.
        assert!((variance / 0.0025 - 1.0).abs() < 0.05, "{variance}");
        assert_eq!(rattled(1), rattled(1));
        assert_ne!(rattled(1), rattled(2));
    }

    #[test]
    fn counts_of_substitutes_and_vacancies_are_exact() {
        let large = crystal("perovskite", "BaTiO3", 4.0, None, &[])
            .supercell([[3, 0, 0], [0, 3, 0], [0, 0, 3]])
            .unwrap();
        let mut stream = Stream::new([3; 32], &[]);
        let doped = large
            .substituted(
                element("Ba"),
                element("Sr"),
                Amount::Fraction(0.3),
                &mut stream,
            )
            .unwrap();
        let count =
            |s: &Structure, symbol| s.elements.iter().filter(|e| e.symbol() == symbol).count();
        assert_eq!((count(&doped, "Sr"), count(&doped, "Ba")), (8, 19));
        let holes = large
            .with_vacancies(element("O"), Amount::Count(5), &mut stream)
            .unwrap();
        assert_eq!((count(&holes, "O"), holes.len()), (76, 130));
        assert!(matches!(
            large.with_vacancies(element("O"), Amount::Count(82), &mut stream),
            Err(ChangeError::TooFew {
                present: 81,
                wanted: 82,
                ..
            })
        ));
        assert!(
            large
                .with_vacancies(element("Na"), Amount::Count(1), &mut stream)
                .is_err()
        );
    }

    #[test]
    fn turning_and_reducing_keep_every_distance() {
        let rows = [[1.0, 4.0, 0.5], [-3.0, 1.0, 2.0], [0.3, 0.2, 5.0]];
        let skewed = Structure {
            cell: Cell::spanning(rows).unwrap(),
            elements: vec![element("Ba"), element("O")],
            positions_ang: vec![[0.0; 3], [1.0, 2.0, 0.7]],
        };
        let turned = skewed.lower_triangular();
        let [a, b, _] = turned.cell.rows_ang();
        assert_eq!([a[1], a[2], b[2]], [0.0; 3]);
        assert!(same_distances(&skewed, &turned, 1));
        assert!(same_distances(&skewed, &skewed.reduced().unwrap(), 1));
    }

    #[test]
    fn slabs_and_joined_cells_keep_their_atoms_apart() {
        let rutile = rutile();
        let slab = rutile.with_vacuum(2, 10.0).unwrap();
        assert!((slab.cell.heights_ang()[2] - 12.959).abs() < 1e-9);
        let anatase = crystal("anatase", "TiO2", 3.7842, Some(9.5146), &[0.2081]);
        let refused = rutile.joined(&anatase, 2, 2.0, 0.05);
        assert!(matches!(
            refused,
            Err(ChangeError::Mismatch { axis: "a", .. })
        ));
        let both = rutile.joined(&anatase, 2, 2.0, 0.2).unwrap();
        assert_eq!(both.len(), 18);
        assert!((both.cell.heights_ang()[2] - (2.959 + 9.5146 + 4.0)).abs() < 1e-9);
        // Atoms of the two come no nearer than the gap lets them.
        for low in &both.positions_ang[..6] {
            for high in &both.positions_ang[6..] {
                assert!(norm(both.cell.near_image(subtract(*high, *low))) > 2.0 - 1e-9);
            }
        }
    }
}
