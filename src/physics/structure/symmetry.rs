//! Space groups: their operations by number or symbol, and which one a structure has. The tables and the search are
//! those of the moyo library, which follows the International Tables for Crystallography, volume A.

use std::fmt;

use moyo::MoyoDataset;
use moyo::base::{AngleTolerance, Lattice};
use moyo::data::{
    HallSymbolEntry, Setting, hall_symbol_entry, iter_wyckoff_positions_from_hall_number,
    operations_from_number,
};
use thiserror::Error;

use super::cell::{Cell, CellError};
use super::configuration::Structure;
use super::linear::{Matrix, Vector, times};
use crate::base::Element;

/// x → R x + t in fractional coordinates (columns).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operation {
    pub rotation: [[i32; 3]; 3],
    pub translation: [f64; 3],
}

/// A space group in one of its settings.
#[derive(Clone)]
pub struct SpaceGroup(HallSymbolEntry);

#[derive(Debug, Clone, PartialEq, Error)]
pub enum SymmetryError {
    #[error("space groups have numbers from 1 to 230, not {0}")]
    Number(i64),
    #[error("`{0}` is no symbol of a space group")]
    Symbol(String),
    #[error("`{0}` is no symmetry operation")]
    Operation(String),
    #[error("{0} needs {1} of the cell")]
    Missing(String, &'static str),
    #[error("a cell of {lengths:?} Å and {angles:?}° has not the symmetry of {group}")]
    Cell {
        group: String,
        lengths: [f64; 3],
        angles: [f64; 3],
    },
    #[error("{group} has no Wyckoff position `{letter}`; its positions are {known}")]
    Wyckoff {
        group: String,
        letter: char,
        known: String,
    },
    #[error(transparent)]
    NoCell(#[from] CellError),
    #[error("a cell this small, large or oblique is not reduced")]
    Shape,
    #[error("the symmetry search failed at a tolerance of {0} Å")]
    Search(f64),
}

impl fmt::Debug for SpaceGroup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.symbol(), self.number())
    }
}

impl fmt::Display for SpaceGroup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.symbol(), self.number())
    }
}

/// Hall numbers: every setting of every group.
const SETTINGS: std::ops::RangeInclusive<i32> = 1..=530;

fn settings() -> impl Iterator<Item = HallSymbolEntry> {
    SETTINGS.filter_map(hall_symbol_entry)
}

/// Without spaces, underscores and case, and without the axes along which nothing lies: `P 1 2_1/c 1` is `p21/c`.
fn plain(symbol: &str, without_ones: bool) -> String {
    symbol
        .split_whitespace()
        .filter(|word| !(without_ones && *word == "1"))
        .flat_map(str::chars)
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

impl SpaceGroup {
    /// The standard setting: axis b unique, hexagonal axes, origin at the inversion centre.
    pub fn from_number(number: i64) -> Result<Self, SymmetryError> {
        i32::try_from(number)
            .ok()
            .filter(|number| (1..=230).contains(number))
            .and_then(|number| Setting::Standard.hall_number(number))
            .and_then(hall_symbol_entry)
            .map(SpaceGroup)
            .ok_or(SymmetryError::Number(number))
    }

    /// By Hermann-Mauguin symbol, short or full, or by Hall symbol: `Pm-3m`, `P 21/c`, `P 1 21/n 1`, `-P 4 2 3`.
    /// Where a symbol has several settings, the standard one, or that of a suffix: `Fd-3m:1` (origin choice 1), `R-3c:R`
    /// (rhombohedral axes).
    pub fn from_symbol(symbol: &str) -> Result<Self, SymmetryError> {
        let unknown = || SymmetryError::Symbol(symbol.chars().take(40).collect());
        if let Ok(number) = symbol.trim().parse::<i64>() {
            return SpaceGroup::from_number(number);
        }
        let (name, suffix) = match symbol.rsplit_once(':') {
            Some((name, suffix)) => (name, Some(suffix.trim())),
            None => (symbol, None),
        };
        let wanted = plain(name, false);
        let matches = |entry: &HallSymbolEntry| {
            plain(entry.hm_short, false) == wanted
                || plain(entry.hm_full, false) == wanted
                || entry.number > 2 && plain(entry.hm_full, true) == wanted
        };
        // Spaces matter in a Hall symbol: `P 4 2` is another group than `P 42`.
        let words = |text: &str| -> Vec<String> {
            // The tables write ^ for ' and = for ".
            let text = text.to_lowercase().replace('\'', "^").replace('"', "=");
            text.split_whitespace().map(str::to_owned).collect()
        };
        let mut found: Vec<HallSymbolEntry> = settings()
            .filter(|entry| words(entry.hall_symbol) == words(name))
            .collect();
        if found.is_empty() {
            found = settings().filter(matches).collect();
        }
        if let Some(suffix) = suffix {
            return found
                .into_iter()
                .find(|entry| entry.setting.eq_ignore_ascii_case(suffix))
                .map(SpaceGroup)
                .ok_or_else(unknown);
        }
        let standard = |entry: &&HallSymbolEntry| {
            Setting::Standard.hall_number(entry.number) == Some(entry.hall_number)
        };
        found
            .iter()
            .find(standard)
            .or_else(|| found.first())
            .cloned()
            .map(SpaceGroup)
            .ok_or_else(unknown)
    }

    /// The same group on rhombohedral axes, if it has them.
    pub fn on_rhombohedral_axes(&self) -> Option<Self> {
        settings()
            .find(|entry| entry.number == self.0.number && entry.setting == "R")
            .map(SpaceGroup)
    }

    /// Whether the tables have it with two choices of origin, so that its symbol alone does not say where atoms are.
    pub fn has_two_origins(&self) -> bool {
        let of_this = |setting: &str| {
            settings().any(|entry| entry.number == self.0.number && entry.setting == setting)
        };
        of_this("1") && of_this("2")
    }

    pub fn number(&self) -> u8 {
        self.0.number as u8
    }

    /// Short Hermann-Mauguin symbol: `Pm-3m`.
    pub fn symbol(&self) -> String {
        compact(self.0.hm_short)
    }

    /// Short symbols of all groups in their standard setting, for suggestions.
    pub fn symbols() -> impl Iterator<Item = String> {
        (1..=230).filter_map(|number| Some(SpaceGroup::from_number(number).ok()?.symbol()))
    }

    /// All operations of the conventional cell, those of its centring included; the identity is the first.
    pub fn operations(&self) -> Vec<Operation> {
        let setting = Setting::HallNumber(self.0.hall_number);
        operations_from_number(self.0.number, setting, false)
            .unwrap_or_default()
            .iter()
            .map(|operation| Operation {
                rotation: operation.rotation_as_array(),
                translation: operation.translation_as_array().map(|x| x.rem_euclid(1.0)),
            })
            .collect()
    }

    /// The cell from what the group leaves free: in a cubic one `a` alone. What is given must agree with the group.
    pub fn cell(
        &self,
        lengths_ang: [Option<f64>; 3],
        angles_deg: [Option<f64>; 3],
    ) -> Result<Cell, SymmetryError> {
        let missing = |what| SymmetryError::Missing(self.symbol(), what);
        let [a, b, c] = lengths_ang;
        let [alpha, beta, gamma] = angles_deg;
        let a = a.ok_or(missing("`a`"))?;
        let rhombohedral = self.0.setting == "R";
        let number = self.number();
        let (b, c) = match number {
            195.. => (b.unwrap_or(a), c.unwrap_or(a)),
            _ if rhombohedral => (b.unwrap_or(a), c.unwrap_or(a)),
            75.. => (b.unwrap_or(a), c.ok_or(missing("`c`"))?),
            _ => (b.ok_or(missing("`b`"))?, c.ok_or(missing("`c`"))?),
        };
        let right = |angle: Option<f64>| angle.unwrap_or(90.0);
        let angles = match number {
            1..=2 => [
                alpha.ok_or(missing("`alpha`"))?,
                beta.ok_or(missing("`beta`"))?,
                gamma.ok_or(missing("`gamma`"))?,
            ],
            3..=15 if alpha.is_none() && beta.is_none() && gamma.is_none() => {
                return Err(missing("`beta`"));
            }
            _ if rhombohedral => {
                let alpha = alpha.ok_or(missing("`alpha`"))?;
                [alpha, beta.unwrap_or(alpha), gamma.unwrap_or(alpha)]
            }
            143..=194 => [right(alpha), right(beta), gamma.unwrap_or(120.0)],
            _ => [right(alpha), right(beta), right(gamma)],
        };
        let lengths = [a, b, c];
        let cell = Cell::from_parameters(lengths, angles)?;
        if preserves(&cell, &self.operations()) {
            Ok(cell)
        } else {
            Err(SymmetryError::Cell {
                group: self.to_string(),
                lengths,
                angles,
            })
        }
    }

    /// A point of a Wyckoff position, whose free coordinates are taken from `free`: `d` of 136 at x = 0.3, y = 0.3.
    pub fn wyckoff(&self, letter: char, free: [f64; 3]) -> Result<[f64; 3], SymmetryError> {
        let position = iter_wyckoff_positions_from_hall_number(self.0.hall_number)
            .find(|position| position.letter == letter)
            .ok_or_else(|| SymmetryError::Wyckoff {
                group: self.to_string(),
                letter,
                known: iter_wyckoff_positions_from_hall_number(self.0.hall_number)
                    .map(|position| format!("{}{}", position.multiplicity, position.letter))
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
        let (matrix, origin) = affine(position.coordinates)
            .ok_or_else(|| SymmetryError::Operation(position.coordinates.into()))?;
        Ok(std::array::from_fn(|row| {
            let turned: f64 = (0..3).map(|k| matrix[row][k] * free[k]).sum();
            turned + origin[row]
        }))
    }
}

/// `P m -3 m` as `Pm-3m`, `P 4_2/m n m` as `P4_2/mnm`.
fn compact(symbol: &str) -> String {
    symbol.split_whitespace().collect()
}

/// Whether the operations leave lengths and angles as they are, to 1 in 10³.
pub fn preserves(cell: &Cell, operations: &[Operation]) -> bool {
    let rows = cell.rows_ang();
    let lengths = cell.lengths_ang();
    let metric: Matrix = rows.map(|a| rows.map(|b| super::linear::dot(a, b)));
    operations.iter().all(|operation| {
        let turn = operation.rotation.map(|row| row.map(f64::from));
        // G' = Rᵀ G R
        (0..3).all(|i| {
            (0..3).all(|j| {
                let mut turned = 0.0;
                for k in 0..3 {
                    for l in 0..3 {
                        turned += turn[k][i] * metric[k][l] * turn[l][j];
                    }
                }
                (turned - metric[i][j]).abs() <= 1e-3 * lengths[i] * lengths[j]
            })
        })
    })
}

impl Operation {
    /// From its coordinate triplet: `-y, x-y, z+1/3`.
    pub fn parse(text: &str) -> Result<Self, SymmetryError> {
        let error = || SymmetryError::Operation(text.chars().take(40).collect());
        let (matrix, translation) = affine(text).ok_or_else(error)?;
        if matrix
            .iter()
            .flatten()
            .any(|x| x.fract() != 0.0 || x.abs() > 3.0)
        {
            return Err(error());
        }
        let rotation = matrix.map(|row| row.map(|x| x as i32));
        let [a, b, c] = matrix;
        let determinant = super::linear::dot(a, super::linear::cross(b, c));
        if determinant.abs() != 1.0 {
            return Err(error());
        }
        Ok(Operation {
            rotation,
            translation: translation.map(|x| x.rem_euclid(1.0)),
        })
    }

    /// The image of a point in fractional coordinates.
    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|row| {
            let turned: f64 = (0..3)
                .map(|k| f64::from(self.rotation[row][k]) * point[k])
                .sum();
            turned + self.translation[row]
        })
    }
}

/// Three terms in x, y and z with a constant each: the matrix that multiplies (x, y, z), and the constants.
fn affine(text: &str) -> Option<(Matrix, Vector)> {
    let mut matrix = [[0.0; 3]; 3];
    let mut origin = [0.0; 3];
    let parts: Vec<&str> = text.split(',').collect();
    if parts.len() != 3 || text.len() > 200 {
        return None;
    }
    for (row, part) in parts.into_iter().enumerate() {
        let part: String = part.chars().filter(|c| !c.is_whitespace()).collect();
        let mut rest = part.as_str();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let sign = match rest.as_bytes()[0] {
                b'+' => 1.0,
                b'-' => -1.0,
                _ if rest.len() == part.len() => 1.0,
                _ => return None,
            };
            let term = rest.trim_start_matches(['+', '-']);
            if rest.len() - term.len() > 1 {
                return None;
            }
            let end = term.find(['+', '-']).unwrap_or(term.len());
            let (own, after) = term.split_at(end);
            rest = after;
            let axis = own
                .chars()
                .last()
                .and_then(|c| "xyz".find(c.to_ascii_lowercase()));
            let factor = match axis {
                Some(_) => own[..own.len() - 1].trim_end_matches('*'),
                None => own,
            };
            let value = match (axis, factor.split_once('/')) {
                (Some(_), None) if factor.is_empty() => 1.0,
                (_, None) => factor.parse().ok()?,
                (_, Some((above, below))) => {
                    let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
                    above / below
                }
            };
            let value: f64 = sign * value;
            if !value.is_finite() || value.abs() > 100.0 {
                return None;
            }
            match axis {
                Some(axis) => matrix[row][axis] += value,
                None => origin[row] += value,
            }
        }
    }
    Some((matrix, origin))
}

/// What the search finds of a structure.
pub struct Symmetry {
    pub group: SpaceGroup,
    /// By atom of the structure, its Wyckoff letter.
    pub wyckoff: Vec<char>,
    /// The standard primitive cell, its vectors turned as the International Tables have them.
    pub primitive: Structure,
    /// The standard conventional cell.
    pub conventional: Structure,
}

impl Symmetry {
    /// Atoms that lie `tolerance_ang` from where the symmetry puts them count as symmetric.
    pub fn of(structure: &Structure, tolerance_ang: f64) -> Result<Self, SymmetryError> {
        let fault = || SymmetryError::Search(tolerance_ang);
        if structure.is_empty() || !of_atomic_size(&structure.cell) {
            return Err(fault());
        }
        let fractional = structure
            .positions_ang
            .iter()
            .map(|position| structure.cell.to_fractional(*position).into())
            .collect();
        let numbers = structure
            .elements
            .iter()
            .map(|element| i32::from(element.number()))
            .collect();
        let lattice = Lattice::from_basis(structure.cell.rows_ang());
        let cell = moyo::base::Cell::new(lattice, fractional, numbers);
        let found = MoyoDataset::new(
            &cell,
            tolerance_ang,
            AngleTolerance::Default,
            Setting::Standard,
            true,
        )
        .map_err(|_| fault())?;
        let group = hall_symbol_entry(found.hall_number)
            .map(SpaceGroup)
            .ok_or_else(fault)?;
        Ok(Symmetry {
            group,
            wyckoff: found.wyckoffs.clone(),
            primitive: structure_of(&found.prim_std_cell).ok_or_else(fault)?,
            conventional: structure_of(&found.std_cell).ok_or_else(fault)?,
        })
    }
}

/// Whether reduction, which works with tolerances of its own, is sure to come to an end.
fn of_atomic_size(cell: &Cell) -> bool {
    let least = cell.heights_ang().into_iter().fold(f64::INFINITY, f64::min);
    let most = cell.lengths_ang().into_iter().fold(0.0, f64::max);
    least > 0.1 && most < 1e4 && most / least < 1e3
}

fn structure_of(cell: &moyo::base::Cell) -> Option<Structure> {
    let own = Cell::spanning(cell.lattice.basis_as_array()).ok()?;
    // A fractional coordinate belongs to the vectors that moyo has, right-handed or not.
    let rows = cell.lattice.basis_as_array();
    Some(Structure {
        cell: own,
        elements: cell
            .numbers
            .iter()
            .map(|number| Element::from_number(u8::try_from(*number).ok()?))
            .collect::<Option<_>>()?,
        positions_ang: cell
            .positions_as_arrays()
            .into_iter()
            .map(|point| times(point.map(|x| x.rem_euclid(1.0)), &rows))
            .collect(),
    })
}

impl Structure {
    /// The same lattice and atoms in the reduced cell of Niggli (shortest vectors, angles all acute or all obtuse), its
    /// vectors where they lie; atoms are moved into it by whole cells.
    pub fn reduced(&self) -> Result<Structure, SymmetryError> {
        if !of_atomic_size(&self.cell) {
            return Err(SymmetryError::Shape);
        }
        let lattice = Lattice::from_basis(self.cell.rows_ang());
        let (reduced, _) = lattice.niggli_reduce().map_err(|_| SymmetryError::Shape)?;
        let cell = Cell::spanning(reduced.basis_as_array())?;
        Ok(Structure {
            cell,
            elements: self.elements.clone(),
            positions_ang: self
                .positions_ang
                .iter()
                .map(|position| cell.wrap(*position).0)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_closed_and_found_by_its_symbols() {
        for number in 1..=230 {
            let group = SpaceGroup::from_number(number).unwrap();
            let operations = group.operations();
            assert_eq!(
                operations[0].rotation,
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "{group}"
            );
            let known = |wanted: &Operation| {
                operations.iter().any(|one| {
                    one.rotation == wanted.rotation
                        && (0..3).all(|k| {
                            let away = one.translation[k] - wanted.translation[k];
                            (away - away.round()).abs() < 1e-9
                        })
                })
            };
            for one in operations.iter().step_by(5) {
                for other in operations.iter().step_by(7) {
                    let product = Operation {
                        rotation: std::array::from_fn(|i| {
                            std::array::from_fn(|j| {
                                (0..3)
                                    .map(|k| one.rotation[i][k] * other.rotation[k][j])
                                    .sum()
                            })
                        }),
                        translation: one.apply(other.translation),
                    };
                    assert!(known(&product), "{group}");
                }
            }
            let spaced = group.0.hm_short;
            for text in [
                spaced,
                group.0.hm_full,
                group.0.hall_symbol,
                &group.symbol(),
            ] {
                let found = SpaceGroup::from_symbol(text).unwrap();
                assert_eq!(i64::from(found.number()), number, "{text}");
            }
        }
    }

    #[test]
    fn symbols_are_read_as_people_and_programs_write_them() {
        let number = |symbol: &str| SpaceGroup::from_symbol(symbol).map(|group| group.number());
        for (symbol, wanted) in [
            ("P m -3 m", 221),
            ("Pm-3m", 221),
            ("P 21/c", 14),
            ("P2_1/c", 14),
            ("P 1 21/n 1", 14),
            ("P21/n", 14),
            ("C2/m", 12),
            ("-P 4 2 3", 221),
            ("R-3c:H", 167),
            ("R 3 2\"", 155),
            ("P 32 2 (0 0 2)", 153),
            ("Fd-3m:1", 227),
            ("P 42/m n m", 136),
            ("62", 62),
        ] {
            assert_eq!(number(symbol), Ok(wanted), "{symbol}");
        }
        assert!(number("Pm-3x").is_err() && number("0").is_err() && number("").is_err());
        assert_eq!(
            SpaceGroup::from_symbol("R-3c:R")
                .unwrap()
                .operations()
                .len(),
            12
        );
        assert_eq!(
            SpaceGroup::from_symbol("R-3c").unwrap().operations().len(),
            36
        );
    }

    #[test]
    fn triplets_are_read_in_every_spelling() {
        let read = |text| Operation::parse(text).unwrap();
        let wanted = Operation {
            rotation: [[0, -1, 0], [1, -1, 0], [0, 0, 1]],
            translation: [0.0, 0.5, 0.25],
        };
        for text in [
            "-y,x-y+1/2,z+1/4",
            "-Y, 1/2+X-Y, 0.25+Z",
            "-y, +x - y - 1/2, 1/4 + z",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        for text in [
            "x,y",
            "x,y,",
            "x,y,w",
            "x,x,z",
            "x,y,2z",
            "x,y,z+1/0",
            "1/2,y,z",
            "x,y,z--1",
            ",,",
        ] {
            assert!(Operation::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cell_is_made_of_what_its_group_leaves_free() {
        let lengths = |number, given| {
            let group = SpaceGroup::from_number(number).unwrap();
            group
                .cell(given, [None; 3])
                .map(|cell| (cell.lengths_ang(), cell.angles_deg()[2]))
        };
        assert_eq!(lengths(221, [Some(4.0), None, None]), Ok(([4.0; 3], 90.0)));
        let (hexagonal, gamma) = lengths(194, [Some(3.0), None, Some(5.0)]).unwrap();
        assert!((gamma - 120.0).abs() < 1e-9 && (hexagonal[1] - 3.0).abs() < 1e-12);
        assert_eq!(
            lengths(136, [Some(4.0), None, None]),
            Err(SymmetryError::Missing("P4_2/mnm".into(), "`c`"))
        );
        assert!(matches!(
            lengths(221, [Some(4.0), Some(4.1), None]),
            Err(SymmetryError::Cell { .. })
        ));
        assert!(lengths(14, [Some(4.0), Some(4.1), Some(4.2)]).is_err());
    }

    #[test]
    fn reducing_keeps_the_lattice_and_the_atoms() {
        let rows = [[4.0, 0.0, 0.0], [8.3, 3.0, 0.0], [-11.7, 6.4, 5.0]];
        let skewed = Structure {
            cell: Cell::new(rows).unwrap(),
            elements: vec![Element::from_symbol("Ba").unwrap(); 2],
            positions_ang: vec![[0.1, 0.2, 0.3], [7.0, -3.0, 1.0]],
        };
        let reduced = skewed.reduced().unwrap();
        assert!((reduced.cell.volume_ang3() - skewed.cell.volume_ang3()).abs() < 1e-9);
        assert!(
            reduced.cell.lengths_ang().iter().sum::<f64>()
                < skewed.cell.lengths_ang().iter().sum::<f64>()
        );
        for (old, new) in skewed.positions_ang.iter().zip(&reduced.positions_ang) {
            let cells = skewed
                .cell
                .to_fractional(super::super::linear::subtract(*old, *new));
            assert!(
                cells.iter().all(|x| (x - x.round()).abs() < 1e-9),
                "{cells:?}"
            );
        }
        for row in reduced.cell.rows_ang() {
            let whole = skewed.cell.to_fractional(row);
            assert!(
                whole.iter().all(|x| (x - x.round()).abs() < 1e-9),
                "{whole:?}"
            );
        }
    }
}
