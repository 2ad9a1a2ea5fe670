//! POSCAR and CONTCAR files of VASP, versions 4 and 5 (VASP manual, page "POSCAR"). Velocities and what follows them are
//! passed over.

use std::fmt::Write;

use super::file_error::{clipped, number};
use super::{Column, FileError, Frame, Info, Values};
use crate::base::Element;
use crate::physics::structure::linear::times;
use crate::physics::structure::{Cell, Structure};

/// Which coordinates of an atom may move, as the file says: a column of three booleans.
pub const SELECTIVE: &str = "move_mask";

/// The most atoms that a file is believed to have.
const MOST: usize = 10_000_000;

pub fn read_poscar(text: &str) -> Result<Frame, FileError> {
    let mut lines = Lines { text, at: 0 };
    let comment = lines.next("a comment")?.trim().to_owned();
    let scale = lines.numbers("the scale")?;
    let whole = match scale.as_slice() {
        [scale] => *scale != 0.0,
        [x, y, z] => *x > 0.0 && *y > 0.0 && *z > 0.0,
        _ => false,
    };
    if !whole {
        return lines.fault(
            "the scale is neither one number nor three above zero",
            "write 1.0 in the second line",
        );
    }
    let rows: Vec<[f64; 3]> = (0..3)
        .map(|_| lines.vector("a lattice vector"))
        .collect::<Result<_, _>>()?;
    let mut rows = [rows[0], rows[1], rows[2]];
    let factors = match *scale.as_slice() {
        [x, y, z] => [x, y, z],
        // The volume of the cell in Å³.
        [scale] if scale < 0.0 => [(-scale / lines.cell(rows)?.volume_ang3()).cbrt(); 3],
        _ => [scale[0]; 3],
    };
    rows = rows.map(|row| std::array::from_fn(|k| row[k] * factors[k]));
    let cell = lines.cell(rows)?;
    let mut line = lines.next("the elements or their counts")?;
    let named = line
        .split_whitespace()
        .any(|word| word.parse::<usize>().is_err());
    let symbols: Vec<&str> = if named {
        let symbols = line.split_whitespace().collect();
        line = lines.next("the counts of the elements")?;
        symbols
    } else {
        comment.split_whitespace().collect()
    };
    let counts: Vec<usize> = line
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let total = counts
        .iter()
        .fold(0usize, |sum, count| sum.saturating_add(*count));
    if total == 0 || total > MOST {
        return lines.fault(
            format!("`{}` are no counts of atoms", clipped(line.trim())),
            "write how many atoms each element has, like `1 1 3`",
        );
    }
    let elements: Option<Vec<Element>> = symbols
        .iter()
        .take(counts.len())
        .map(|word| {
            // `Ti_pv` and `Ti/2f3a…` name the pseudopotential of Ti.
            let end = word.find(['_', '/', '.']).unwrap_or(word.len());
            Element::from_symbol(&word[..end])
        })
        .collect();
    let Some(elements) = elements.filter(|elements| elements.len() == counts.len()) else {
        return lines.fault(
            if named {
                format!(
                    "`{}` are not {} elements",
                    clipped(&symbols.join(" ")),
                    counts.len()
                )
            } else {
                "the file names no elements".into()
            },
            "write their symbols in the line above the counts, like `Ba Ti O`",
        );
    };
    let mut mode = lines.next("`Direct` or `Cartesian`")?.trim();
    let selective = mode.starts_with(['S', 's']);
    if selective {
        mode = lines.next("`Direct` or `Cartesian`")?.trim();
    }
    let cartesian = match mode.chars().next() {
        Some('C' | 'c' | 'K' | 'k') => true,
        Some('D' | 'd') => false,
        _ => {
            return lines.fault(
                format!(
                    "positions are `Direct` or `Cartesian`, not `{}`",
                    clipped(mode)
                ),
                "write `Direct` above fractional coordinates, `Cartesian` above those in Å",
            );
        }
    };
    let mut structure = Structure {
        cell,
        elements: Vec::new(),
        positions_ang: Vec::new(),
    };
    let mut moves = Vec::new();
    for (element, count) in elements.iter().zip(&counts) {
        for _ in 0..*count {
            let at = structure.elements.len();
            let what = format!("atom {} of {total}", at + 1);
            let line = lines.next(&what)?;
            let mut words = line.split_whitespace();
            let mut point = [0.0; 3];
            for value in &mut point {
                let Some(word) = words.next() else {
                    return lines.fault(
                        format!("{what} has not three coordinates"),
                        "make the counts of the elements and the lines of atoms agree",
                    );
                };
                *value = number(lines.at, &format!("a coordinate of {what}"), word)?;
            }
            structure.positions_ang.push(if cartesian {
                std::array::from_fn(|k| point[k] * factors[k])
            } else {
                times(point, &rows)
            });
            structure.elements.push(*element);
            if selective {
                for _ in 0..3 {
                    match words
                        .next()
                        .and_then(|word| word.trim_matches('.').chars().next())
                    {
                        Some('T' | 't') => moves.push(true),
                        Some('F' | 'f') => moves.push(false),
                        _ => {
                            return lines.fault(
                                format!("{what} does not say which coordinates move"),
                                "write three of T and F after its coordinates, or remove `Selective dynamics`",
                            );
                        }
                    }
                }
            }
        }
    }
    let mut frame = Frame::from(structure);
    if !comment.is_empty() {
        frame.info.insert("name".into(), Info::Text(comment));
    }
    if selective {
        let column = Column {
            width: 3,
            values: Values::Booleans(moves),
        };
        frame.columns.insert(SELECTIVE.into(), column);
    }
    Ok(frame)
}

struct Lines<'a> {
    text: &'a str,
    /// The line read last, from 1.
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, what: &str) -> Result<&'a str, FileError> {
        self.at += 1;
        if self.text.is_empty() {
            return self.fault(
                format!("the file ends where {what} should be"),
                "was it written to its end?",
            );
        }
        let (line, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        self.text = rest;
        Ok(line.trim_end_matches('\r'))
    }

    fn fault<T>(&self, problem: impl Into<String>, help: &str) -> Result<T, FileError> {
        Err(FileError::new(self.at, problem, help))
    }

    /// The numbers that a line begins with; what follows them is a comment.
    fn numbers(&mut self, what: &str) -> Result<Vec<f64>, FileError> {
        let line = self.next(what)?;
        let numbers = line.split_whitespace().take(3).enumerate();
        let mut found = Vec::new();
        for (at, word) in numbers {
            match number(self.at, what, word) {
                Ok(value) => found.push(value),
                Err(error) if at == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(found)
    }

    fn vector(&mut self, what: &str) -> Result<[f64; 3], FileError> {
        match self.numbers(what)?.as_slice() {
            [x, y, z] => Ok([*x, *y, *z]),
            _ => self.fault(
                format!("{what} has not three numbers"),
                "write three numbers in Å",
            ),
        }
    }

    fn cell(&self, rows: [[f64; 3]; 3]) -> Result<Cell, FileError> {
        Cell::spanning(rows).or_else(|error| {
            self.fault(error.to_string(), "correct the three lattice vectors above")
        })
    }
}

/// In the form of VASP 5, fractional coordinates; atoms of one element stand together, in the order in which the
/// elements first occur.
pub fn write_poscar(name: &str, frame: &Frame) -> String {
    let structure = &frame.structure;
    let mut order: Vec<Element> = Vec::new();
    for element in &structure.elements {
        if !order.contains(element) {
            order.push(*element);
        }
    }
    let mut out = format!("{}\n1.0\n", name.replace(['\n', '\r'], " "));
    for [x, y, z] in structure.cell.rows_ang() {
        let _ = writeln!(out, "  {x:.16} {y:.16} {z:.16}");
    }
    let counts = |element: &Element| {
        structure
            .elements
            .iter()
            .filter(|own| *own == element)
            .count()
    };
    let symbols: Vec<String> = order.iter().map(ToString::to_string).collect();
    let numbers: Vec<String> = order
        .iter()
        .map(|element| counts(element).to_string())
        .collect();
    let _ = writeln!(out, "{}\n{}", symbols.join(" "), numbers.join(" "));
    let moves = match frame.columns.get(SELECTIVE) {
        Some(Column {
            width: 3,
            values: Values::Booleans(moves),
        }) => Some(moves),
        _ => None,
    };
    if moves.is_some() {
        out.push_str("Selective dynamics\n");
    }
    out.push_str("Direct\n");
    for element in order {
        for (at, _) in structure
            .elements
            .iter()
            .enumerate()
            .filter(|(_, own)| **own == element)
        {
            let [x, y, z] = structure.cell.to_fractional(structure.positions_ang[at]);
            let _ = write!(out, "  {x:.16} {y:.16} {z:.16}");
            for free in moves
                .into_iter()
                .flat_map(|moves| &moves[3 * at..3 * at + 3])
            {
                out.push_str(if *free { " T" } else { " F" });
            }
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROCKSALT: &str = "BaO, primitive\n 5.523 ! a\n 0.0 0.5 0.5\n 0.5 0.0 0.5\n 0.5 0.5 0.0\n Ba_sv O\n 1 1\n\
        Selective dynamics\nDirect\n 0.0 0.0 0.0 T T F Ba1\n 0.5 0.5 0.5 F F F\n\n 1.0 2.0 3.0\n 4.0 5.0 6.0\n";

    #[test]
    fn cells_flags_and_coordinates_are_read() {
        let frame = read_poscar(ROCKSALT).unwrap();
        let structure = &frame.structure;
        assert!((structure.cell.volume_ang3() - 5.523f64.powi(3) / 4.0).abs() < 1e-9);
        assert_eq!(structure.composition().len(), 2);
        let moves = Values::Booleans(vec![true, true, false, false, false, false]);
        assert_eq!(frame.columns[SELECTIVE].values, moves);
        let away = super::super::super::structure::linear::norm(structure.positions_ang[1]);
        assert!((away - 5.523 * 0.75f64.sqrt()).abs() < 1e-9, "{away}");
        assert_eq!(
            read_poscar(&write_poscar("BaO, primitive", &frame))
                .unwrap()
                .columns,
            frame.columns
        );
    }

    #[test]
    fn other_spellings_give_the_same() {
        let frame = read_poscar(ROCKSALT).unwrap();
        let volume = format!("-{:?}", 5.523f64.powi(3) / 4.0);
        let same = [
            ROCKSALT.replace("5.523 ! a", &volume),
            ROCKSALT
                .replace("BaO, primitive", "Ba O")
                .replace(" Ba_sv O\n", ""),
            // The anion sits in the middle of the conventional cell, in units of its edge.
            ROCKSALT
                .replace("Direct", "Cartesian")
                .replace('\n', "\r\n"),
            ROCKSALT.replace("5.523 ! a", "5.523 5.523 5.523"),
            // Two vectors exchanged: left-handed, the same lattice.
            ROCKSALT.replace("0.0 0.5 0.5\n 0.5 0.0 0.5", "0.5 0.0 0.5\n 0.0 0.5 0.5"),
        ];
        for text in same {
            let other = read_poscar(&text).unwrap().structure;
            assert_eq!(other.elements, frame.structure.elements, "{text}");
            let pairs = frame
                .structure
                .positions_ang
                .iter()
                .zip(&other.positions_ang);
            for (one, other) in pairs {
                let away = std::array::from_fn(|k| one[k] - other[k]);
                let cells = frame.structure.cell.to_fractional(away);
                assert!(
                    cells.iter().all(|x| (x - x.round()).abs() < 1e-9),
                    "{text}\n{cells:?}"
                );
            }
            for row in other.cell.rows_ang() {
                let cells = frame.structure.cell.to_fractional(row);
                assert!(
                    cells.iter().all(|x| (x - x.round()).abs() < 1e-9),
                    "{text}\n{cells:?}"
                );
            }
        }
    }

    #[test]
    fn faults_name_line_and_reason() {
        for (part, instead, line, problem) in [
            ("5.523", "0.0", 2, "scale"),
            ("5.523", "wide", 2, "no number"),
            (" 0.5 0.5 0.0\n", " 0.5 0.5\n", 5, "three numbers"),
            (" 0.5 0.5 0.0\n", " 0.5 0.5 1.0\n", 5, "no volume"),
            ("Ba_sv O", "Bx O", 7, "not 2 elements"),
            (" Ba_sv O\n", "", 6, "names no elements"),
            (" 1 1\n", " one\n", 7, "no counts"),
            (" 1 1\n", " 1 4\n", 12, "not three coordinates"),
            ("Direct", "Fractional", 9, "`Direct` or `Cartesian`"),
            (" T T F", " T T", 10, "which coordinates move"),
            (
                "0.5 0.5 0.5 F F F\n\n 1.0 2.0 3.0\n 4.0 5.0 6.0\n",
                "",
                11,
                "not three coordinates",
            ),
        ] {
            let text = ROCKSALT.replacen(part, instead, 1);
            let error = read_poscar(&text).expect_err(problem);
            assert!(error.problem.contains(problem), "{instead}: {error}");
            assert_eq!(error.line, line, "{instead}: {error}");
        }
    }
}
