//! Data files of LAMMPS (manual, page "read_data") with the atom styles atomic, charge and full, in units metal or real.
//! Elements come from the comments of the section `Masses` (`1 137.33 # Ba`), else from the masses. Bonds, velocities and
//! coefficients are passed over.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::file_error::{clipped, number};
use super::{Column, FileError, Frame, Values};
use crate::base::Element;
use crate::physics::structure::{Cell, Structure};

/// Charges of atoms, e: a column of one real.
pub const CHARGE: &str = "charge";

/// How far from its standard atomic weight the mass of an element may be, u.
const MASS_TOLERANCE_U: f64 = 0.1;

#[derive(Clone, Copy)]
enum Style {
    Atomic,
    Charge,
    Full,
}

struct Atom {
    element: Element,
    charge: Option<f64>,
    position_ang: [f64; 3],
    line: usize,
}

pub fn read_lammps_data(text: &str) -> Result<Frame, FileError> {
    const SECTIONS: [&str; 5] = ["Masses", "Atoms", "Velocities", "Bonds", "Coeffs"];
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let mut bounds: [Option<[f64; 2]>; 3] = [None; 3];
    let mut tilt = [0.0; 3];
    let mut atoms_stated: Option<usize> = None;
    let mut elements: BTreeMap<i64, Element> = BTreeMap::new();
    let mut atoms: BTreeMap<i64, Atom> = BTreeMap::new();
    let mut style: Option<Style> = None;
    let mut section = "";
    let mut box_line = 1;
    let mut last = 1;
    // The first line is a comment.
    lines.next();
    for (line, whole) in lines {
        last = line;
        let (body, comment) = whole.split_once('#').unwrap_or((whole, ""));
        let words: Vec<&str> = body.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        if first.starts_with(|c: char| c.is_ascii_alphabetic()) {
            section = match SECTIONS.iter().find(|name| **name == *first) {
                Some(name) if words.len() == 1 => name,
                _ => "other",
            };
            if section == "Atoms" {
                style = match comment.trim() {
                    "" => None,
                    "atomic" => Some(Style::Atomic),
                    "charge" => Some(Style::Charge),
                    "full" => Some(Style::Full),
                    other => {
                        return Err(FileError::new(
                            line,
                            format!("the atom style `{}` is not read", clipped(other)),
                            "write the file with atom style atomic, charge or full",
                        ));
                    }
                };
            }
            continue;
        }
        let real = |at: usize, what: &str| number(line, what, words.get(at).unwrap_or(&""));
        let whole = |at: usize, what: &str| {
            let word = words.get(at).copied().unwrap_or("");
            word.parse::<i64>().map_err(|_| {
                FileError::new(
                    line,
                    format!("{what} is `{}`, no whole number", clipped(word)),
                    "correct the line, or write the file anew",
                )
            })
        };
        match section {
            "" => match words[1..] {
                ["atoms"] => atoms_stated = usize::try_from(whole(0, "the number of atoms")?).ok(),
                [_, low @ ("xlo" | "ylo" | "zlo"), _] => {
                    box_line = line;
                    let axis = ["xlo", "ylo", "zlo"].iter().position(|name| *name == low);
                    let axis = axis.unwrap_or(0);
                    bounds[axis] = Some([
                        real(0, "a bound of the box")?,
                        real(1, "a bound of the box")?,
                    ]);
                }
                [_, _, "xy", "xz", "yz"] => {
                    for (at, own) in tilt.iter_mut().enumerate() {
                        *own = real(at, "a tilt of the box")?;
                    }
                }
                [.., "avec" | "bvec" | "cvec"] => {
                    return Err(FileError::new(
                        line,
                        "the box is given by general vectors",
                        "write the file with `xlo xhi` and `xy xz yz` (write_data without triclinic/general)",
                    ));
                }
                _ => {}
            },
            "Masses" => {
                let id = whole(0, "an atom type")?;
                elements.insert(id, element_of(line, comment.trim(), real(1, "a mass")?)?);
            }
            "Atoms" => {
                let own = style.or(match words.len() {
                    5 | 8 => Some(Style::Atomic),
                    6 | 9 => Some(Style::Charge),
                    7 | 10 => Some(Style::Full),
                    _ => None,
                });
                let (type_at, charge_at, position_at) = match own {
                    Some(Style::Atomic) => (1, None, 2),
                    Some(Style::Charge) => (1, Some(2), 3),
                    Some(Style::Full) => (2, Some(3), 4),
                    None => {
                        return Err(FileError::new(
                            line,
                            format!(
                                "an atom with {} values is of no atom style that is read",
                                words.len()
                            ),
                            "write the file with atom style atomic, charge or full",
                        ));
                    }
                };
                style = own;
                let id = whole(0, "the number of an atom")?;
                let kind = whole(type_at, "an atom type")?;
                let Some(element) = elements.get(&kind) else {
                    return Err(FileError::new(
                        line,
                        format!("atom type {kind} has no mass, so its element is not known"),
                        format!(
                            "add a section `Masses` above `Atoms` with a line like `{kind} 137.327 # Ba`"
                        ),
                    ));
                };
                let mut position_ang = [0.0; 3];
                for (axis, value) in position_ang.iter_mut().enumerate() {
                    *value = real(position_at + axis, "a coordinate")?;
                }
                let atom = Atom {
                    element: *element,
                    charge: charge_at.map(|at| real(at, "a charge")).transpose()?,
                    position_ang,
                    line,
                };
                if let Some(earlier) = atoms.insert(id, atom) {
                    return Err(FileError::new(
                        line,
                        format!("atom {id} stands in line {} as well", earlier.line),
                        "give each atom a number of its own",
                    ));
                }
            }
            _ => {}
        }
    }
    let [Some([xlo, xhi]), Some([ylo, yhi]), Some([zlo, zhi])] = bounds else {
        return Err(FileError::new(
            box_line,
            "the file has no whole box",
            "write lines like `0.0 4.0 xlo xhi` for x, y and z",
        ));
    };
    let [xy, xz, yz] = tilt;
    let rows = [
        [xhi - xlo, 0.0, 0.0],
        [xy, yhi - ylo, 0.0],
        [xz, yz, zhi - zlo],
    ];
    let cell = Cell::new(rows).map_err(|error| {
        FileError::new(
            box_line,
            format!("the box is no cell: {error}"),
            "each upper bound is above the lower one",
        )
    })?;
    if atoms.is_empty() || atoms_stated.is_some_and(|stated| stated != atoms.len()) {
        return Err(FileError::new(
            last,
            format!(
                "the file has {} atoms where its head states {}",
                atoms.len(),
                atoms_stated.unwrap_or(0)
            ),
            "was it written to its end?",
        ));
    }
    let charges: Option<Vec<f64>> = atoms.values().map(|atom| atom.charge).collect();
    let mut frame = Frame::from(Structure {
        cell,
        elements: atoms.values().map(|atom| atom.element).collect(),
        positions_ang: atoms.values().map(|atom| atom.position_ang).collect(),
    });
    if let Some(charges) = charges {
        let column = Column {
            width: 1,
            values: Values::Reals(charges),
        };
        frame.columns.insert(CHARGE.into(), column);
    }
    Ok(frame)
}

fn element_of(line: usize, comment: &str, mass_u: f64) -> Result<Element, FileError> {
    if let Some(element) = comment
        .split_whitespace()
        .next()
        .and_then(Element::from_symbol)
    {
        return Ok(element);
    }
    let nearest = Element::all().min_by(|a, b| {
        let away = |element: &Element| (element.mass_u() - mass_u).abs();
        away(a).total_cmp(&away(b))
    });
    nearest
        .filter(|element| (element.mass_u() - mass_u).abs() <= MASS_TOLERANCE_U)
        .ok_or_else(|| {
            FileError::new(
                line,
                format!("no element has a mass of {mass_u} u"),
                "write the element as a comment after the mass, like `1 137.327 # Ba`",
            )
        })
}

/// Atom style charge where the atoms have charges, else atomic; types by atomic number. LAMMPS wants `a` along x and `b`
/// in the xy plane, so the configuration is turned that way.
pub fn write_lammps_data(name: &str, frame: &Frame) -> String {
    let structure = frame.structure.lower_triangular();
    let [[xhi, ..], [xy, yhi, _], [xz, yz, zhi]] = structure.cell.rows_ang();
    let types: Vec<Element> = structure
        .composition()
        .iter()
        .map(|(element, _)| *element)
        .collect();
    let mut out = format!(
        "{}\n\n{} atoms\n{} atom types\n\n0.0 {xhi:?} xlo xhi\n0.0 {yhi:?} ylo yhi\n0.0 {zhi:?} zlo zhi\n",
        name.replace(['\n', '\r'], " "),
        structure.len(),
        types.len()
    );
    if [xy, xz, yz] != [0.0; 3] {
        let _ = writeln!(out, "{xy:?} {xz:?} {yz:?} xy xz yz");
    }
    out.push_str("\nMasses\n\n");
    for (at, element) in types.iter().enumerate() {
        let _ = writeln!(out, "{} {} # {element}", at + 1, element.mass_u());
    }
    let charges = match frame.columns.get(CHARGE) {
        Some(Column {
            width: 1,
            values: Values::Reals(charges),
        }) => Some(charges),
        _ => None,
    };
    let style = if charges.is_some() {
        "charge"
    } else {
        "atomic"
    };
    let _ = writeln!(out, "\nAtoms # {style}\n");
    for (at, (element, [x, y, z])) in structure
        .elements
        .iter()
        .zip(&structure.positions_ang)
        .enumerate()
    {
        let kind = types.iter().position(|own| own == element).unwrap_or(0) + 1;
        let charge = charges.map_or(String::new(), |charges| format!(" {:?}", charges[at]));
        let _ = writeln!(out, "{} {kind}{charge} {x:?} {y:?} {z:?}", at + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MELT: &str = "LAMMPS data file\n\n3 atoms\n2 atom types\n\n-1.0 3.0 xlo xhi\n0.0 5.0 ylo yhi\n0 6 zlo zhi\n\
        0.5 -0.25 1.0 xy xz yz\n\nMasses\n\n1 137.33\n2 15.9994 # O\n\nPair Coeffs # buck\n\n1 1.0 2.0\n2 2.0 3.0\n\n\
        Atoms # charge\n\n3 2 -1.2 1.0 2.0 3.0 0 0 0\n1 1 2.4 0.0 0.0 0.0 0 1 0\n2 2 -1.2 -0.5 0.25 1e-3 0 0 -1\n\n\
        Velocities\n\n1 0 0 0\n2 0 0 0\n3 0 0 0\n";

    #[test]
    fn boxes_atoms_and_charges_are_read() {
        let frame = read_lammps_data(MELT).unwrap();
        let structure = &frame.structure;
        assert_eq!(
            structure.cell.rows_ang(),
            [[4.0, 0.0, 0.0], [0.5, 5.0, 0.0], [-0.25, 1.0, 6.0]]
        );
        let symbols: Vec<&str> = structure.elements.iter().map(|e| e.symbol()).collect();
        assert_eq!(symbols, ["Ba", "O", "O"]);
        assert_eq!(structure.positions_ang[2], [1.0, 2.0, 3.0]);
        assert_eq!(
            frame.columns[CHARGE].values,
            Values::Reals(vec![2.4, -1.2, -1.2])
        );
        let atomic = MELT
            .replace("# charge", "")
            .replace(" -1.2 ", " ")
            .replace(" 2.4 ", " ");
        let again = read_lammps_data(&atomic).unwrap();
        assert_eq!(again.structure, frame.structure);
        assert!(again.columns.is_empty());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let frame = read_lammps_data(MELT).unwrap();
        let again = read_lammps_data(&write_lammps_data("melt", &frame)).unwrap();
        assert_eq!(again.columns, frame.columns);
        for (one, other) in frame
            .structure
            .positions_ang
            .iter()
            .zip(&again.structure.positions_ang)
        {
            assert!((0..3).all(|k| (one[k] - other[k]).abs() < 1e-12));
        }
    }

    #[test]
    fn faults_name_line_and_reason() {
        for (part, instead, line, problem) in [
            ("1 137.33\n", "1 100.0\n", 13, "no element has a mass"),
            ("1 137.33\n", "", 23, "atom type 1 has no mass"),
            ("3 atoms", "4 atoms", 31, "3 atoms where its head states 4"),
            ("0 6 zlo zhi\n", "", 7, "no whole box"),
            ("0 6 zlo", "6 0 zlo", 8, "no cell"),
            ("# charge", "# bond", 21, "atom style `bond`"),
            ("1 1 2.4 0.0", "1 1 2.4 nan", 24, "no finite number"),
            (
                "1 1 2.4 0.0",
                "3 1 2.4 0.0",
                24,
                "stands in line 23 as well",
            ),
            ("1 1 2.4 0.0", "1 x 2.4 0.0", 24, "no whole number"),
        ] {
            let text = MELT.replacen(part, instead, 1);
            let error = read_lammps_data(&text).expect_err(problem);
            assert!(error.problem.contains(problem), "{instead}: {error}");
            assert_eq!(error.line, line, "{instead}: {error}");
        }
    }
}
