//! Tables of published tensors: CSV with a row for each composition and temperature. Units stand in the names of the columns.
//!
//! | column | what |
//! |---|---|
//! | `formula`, `temperature_K`, `volume_A3` | composition, temperature, volume of the cell |
//! | `L_Ba_O_per_eV_cm_s` | L_ij of each pair of elements, either way round; also `…_per_eV_A_ps`, `…_per_J_m_s` |
//! | `own_Ba_per_eV_cm_s` | self terms; may be left out |
//! | `atoms` | atoms in the cell, for diffusion coefficients; may be left out |
//! | `frame` | `barycentric` or `number`; left out: not known |
//! | `source` | where the row is from |
//!
//! Lines that begin with `#` are comments.

use super::import::PublishedTensor;
use super::tensor::{Component, TransportTensor};
use super::{ReferenceFrame, TransportError};
use crate::base::constants::ELEMENTARY_CHARGE_C;
use crate::base::{Element, Formula};
use crate::physics::io::FileError;

/// All rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedTable {
    pub rows: Vec<PublishedRow>,
}

/// A tensor in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedRow {
    /// From 1.
    pub line: usize,
    pub composition: Formula,
    pub temperature_k: f64,
    pub volume_ang3: f64,
    pub atoms: Option<f64>,
    pub frame: ReferenceFrame,
    /// In the order of the formula.
    pub elements: Vec<Element>,
    /// 1/(eV Å fs).
    pub l: Vec<Vec<f64>>,
    pub own: Option<Vec<f64>>,
    pub source: String,
}

/// Suffixes of columns, and what brings their numbers to 1/(eV Å fs).
const UNITS: [(&str, f64); 3] = [
    ("_per_eV_cm_s", 1e-23),
    ("_per_eV_A_ps", 1e-3),
    ("_per_J_m_s", ELEMENTARY_CHARGE_C * 1e-25),
];

/// What a column holds.
enum Column {
    Formula,
    Temperature,
    Volume,
    Atoms,
    Frame,
    Source,
    Coefficient(Element, Element, f64),
    Own(Element, f64),
}

impl PublishedTable {
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| FileError::new(1, "the table is no text", "save it as CSV in UTF-8"))?;
        let mut lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let (number, header) = lines
            .next()
            .ok_or_else(|| FileError::new(1, "the table is empty", "give a header and rows"))?;
        let columns: Vec<Column> = header
            .split(',')
            .map(|name| {
                column(name.trim().trim_matches('"'))
                    .map_err(|(what, help)| FileError::new(number, what, help))
            })
            .collect::<Result<_, _>>()?;
        for (name, is) in [
            (
                "formula",
                columns.iter().any(|one| matches!(one, Column::Formula)),
            ),
            (
                "temperature_K",
                columns.iter().any(|one| matches!(one, Column::Temperature)),
            ),
            (
                "volume_A3",
                columns.iter().any(|one| matches!(one, Column::Volume)),
            ),
        ] {
            if !is {
                let what = format!("there is no column `{name}`");
                return Err(FileError::new(
                    number,
                    what,
                    format!("add the column `{name}`"),
                ));
            }
        }
        let rows = lines.map(|(number, line)| row(number, line, &columns));
        let rows: Vec<PublishedRow> = rows.collect::<Result<_, _>>()?;
        if rows.is_empty() {
            return Err(FileError::new(
                number,
                "the table has no rows",
                "add rows below the header",
            ));
        }
        Ok(PublishedTable { rows })
    }
}

fn column(name: &str) -> Result<Column, (String, String)> {
    let element = |symbol: &str| {
        Element::from_symbol(symbol).ok_or_else(|| {
            let what = format!("`{symbol}` in the column `{name}` is no element");
            (what, "name columns like `L_Ba_O_per_eV_cm_s`".to_owned())
        })
    };
    Ok(match name {
        "formula" => Column::Formula,
        "temperature_K" => Column::Temperature,
        "volume_A3" => Column::Volume,
        "atoms" => Column::Atoms,
        "frame" => Column::Frame,
        "source" => Column::Source,
        _ => {
            let known = || {
                let what = format!("the column `{name}` is not known, or does not say its unit");
                let help = "columns are `formula`, `temperature_K`, `volume_A3`, `atoms`, `frame`, `source`, \
                            `L_Ba_O_per_eV_cm_s` and `own_Ba_per_eV_cm_s` (or `…_per_eV_A_ps`, `…_per_J_m_s`)";
                (what, help.to_owned())
            };
            let unit = UNITS
                .iter()
                .find_map(|(unit, factor)| Some((name.strip_suffix(unit)?, *factor)));
            let (rest, factor) = unit.ok_or_else(known)?;
            let parts: Vec<&str> = rest.split('_').collect();
            match parts.as_slice() {
                ["L", i, j] => Column::Coefficient(element(i)?, element(j)?, factor),
                ["own", i] => Column::Own(element(i)?, factor),
                _ => return Err(known()),
            }
        }
    })
}

fn row(line: usize, text: &str, columns: &[Column]) -> Result<PublishedRow, FileError> {
    let fault = |what: String, help: &str| Err(FileError::new(line, what, help));
    let cells: Vec<&str> = text
        .split(',')
        .map(|cell| cell.trim().trim_matches('"'))
        .collect();
    if cells.len() != columns.len() {
        return fault(
            format!(
                "the row has {} cells, the header {}",
                cells.len(),
                columns.len()
            ),
            "give one cell for each column, without commas in texts",
        );
    }
    let mut composition = None;
    let (mut temperature_k, mut volume_ang3, mut atoms) = (f64::NAN, f64::NAN, None);
    let (mut frame, mut source) = (ReferenceFrame::Laboratory, String::new());
    let (mut pairs, mut singles) = (Vec::new(), Vec::new());
    for (cell, column) in cells.iter().zip(columns) {
        let number = || match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(FileError::new(
                line,
                format!("`{cell}` is no number"),
                "write a finite number",
            )),
        };
        match column {
            Column::Formula => match Formula::parse(cell) {
                Ok(formula) => composition = Some(formula),
                Err(error) => return fault(error.to_string(), "write a formula like `BaTiO3`"),
            },
            Column::Temperature => temperature_k = number()?,
            Column::Volume => volume_ang3 = number()?,
            Column::Atoms if cell.is_empty() => {}
            Column::Atoms => atoms = Some(number()?),
            Column::Frame => {
                frame = match *cell {
                    "" => ReferenceFrame::Laboratory,
                    "barycentric" => ReferenceFrame::Barycentric,
                    "number" => ReferenceFrame::Number,
                    other => {
                        return fault(
                            format!("the frame `{other}` is not known"),
                            "write `barycentric` or `number`, or leave it empty",
                        );
                    }
                }
            }
            Column::Source => (*cell).clone_into(&mut source),
            Column::Coefficient(i, j, factor) if !cell.is_empty() => {
                pairs.push((*i, *j, number()? * factor));
            }
            Column::Own(i, factor) if !cell.is_empty() => singles.push((*i, number()? * factor)),
            Column::Coefficient(..) | Column::Own(..) => {}
        }
    }
    let Some(composition) = composition else {
        return fault("the row has no formula".into(), "give one");
    };
    // In the order in which they are written.
    let mut elements: Vec<Element> = composition.elements().collect();
    elements.sort_by_key(|element| {
        let text = composition.text();
        let whole = |at: &usize| {
            let next = text[at + element.symbol().len()..].chars().next();
            !next.is_some_and(|c| c.is_ascii_lowercase())
        };
        text.match_indices(element.symbol())
            .map(|(at, _)| at)
            .find(whole)
    });
    let between = |i: Element, j: Element| {
        let found = |a: Element, b: Element| {
            let pair = pairs
                .iter()
                .find(|(one, other, _)| (*one, *other) == (a, b));
            pair.map(|(_, _, value)| *value)
        };
        found(i, j).or_else(|| found(j, i)).ok_or_else(|| {
            FileError::new(
                line,
                format!("there is no coefficient of {i} and {j}"),
                "give L of every pair of elements of the formula, also of each with itself",
            )
        })
    };
    let l = elements
        .iter()
        .map(|&i| elements.iter().map(|&j| between(i, j)).collect());
    let l: Vec<Vec<f64>> = l.collect::<Result<_, _>>()?;
    let own = |element: &Element| {
        let single = singles.iter().find(|(one, _)| one == element);
        single.map(|(_, value)| *value)
    };
    Ok(PublishedRow {
        line,
        own: elements.iter().map(own).collect(),
        composition,
        temperature_k,
        volume_ang3,
        atoms,
        frame,
        elements,
        l,
        source,
    })
}

impl PublishedRow {
    /// With the checks of every tensor. Without the number of atoms there is nothing for one atom:
    /// diffusion coefficients, mobilities, frictions.
    pub fn tensor(&self) -> Result<TransportTensor, TransportError> {
        let formula = self.composition.integer_amounts().unwrap_or_default();
        let in_formula: u64 = formula.iter().map(|(_, amount)| amount).sum();
        let formulas = self
            .atoms
            .map_or(1.0, |atoms| atoms / in_formula.max(1) as f64);
        let species = self.elements.iter().map(|&element| {
            let amount = formula.iter().find(|(one, _)| *one == element);
            Component {
                name: element.symbol().to_owned(),
                element,
                count: (amount.map_or(1.0, |(_, amount)| *amount as f64) * formulas).round()
                    as usize,
                mass_u: element.mass_u(),
                charge_e: None,
            }
        });
        let published = PublishedTensor {
            species: species.collect(),
            temperature_k: self.temperature_k,
            volume_ang3: self.volume_ang3,
            frame: self.frame.clone(),
            l: self.l.clone(),
            own: self.own.clone(),
            source: self.source.clone(),
        };
        let mut tensor = published.tensor()?;
        if self.atoms.is_none() {
            tensor.uncounted = true;
            tensor.diffusion = None;
        }
        Ok(tensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the library: 55 tensors, of which 14 are not positive semi-definite, as those say who collected them.
    #[test]
    fn published_titanates_are_read_and_flagged() {
        let text = include_str!("../../../stdlib/data/batio_onsager.csv");
        let table = PublishedTable::read(text.as_bytes()).unwrap();
        assert_eq!(table.rows.len(), 55);
        let tensors: Vec<TransportTensor> =
            table.rows.iter().map(|row| row.tensor().unwrap()).collect();
        let flagged = tensors
            .iter()
            .filter(|one| !one.checks.positive_semidefinite);
        assert_eq!(flagged.count(), 14);
        let row = &table.rows[0];
        assert_eq!(
            (row.composition.text(), row.temperature_k),
            ("Ba2Ti9O20", 750.0)
        );
        // 3.982e16 1/(eV cm s) = 3.982e-7 1/(eV Å fs).
        assert!((row.l[0][0] / 3.982e-7 - 1.0).abs() < 1e-12);
        assert!((row.l[2][1] / 2.17596e-6 - 1.0).abs() < 1e-12 && row.l[1][2] == row.l[2][1]);
        assert!((row.own.as_ref().unwrap()[2] / 6.09e-6 - 1.0).abs() < 1e-12);
        assert_eq!(tensors[0].frame, ReferenceFrame::Laboratory);
        assert!(
            tensors[0].diffusion.is_none(),
            "the number of atoms is not known"
        );
        let mut charged = tensors[0].clone();
        for one in &mut charged.species {
            one.charge_e = Some(1.0);
        }
        let uncounted = |error| matches!(error, Some(TransportError::Uncounted { .. }));
        assert!(uncounted(charged.mobilities().err()));
        assert!(uncounted(charged.stefan_maxwell().err()));
        assert!(charged.conductivity().is_ok());
    }

    const GOOD: &str = "# a comment\nformula,temperature_K,volume_A3,atoms,frame,L_Ba_Ba_per_J_m_s,L_O_Ba_per_eV_A_ps,\
                        L_O_O_per_eV_cm_s\nBaO,1000,100.5,8,number,6.241509074e43,2,3e20\n";

    #[test]
    fn columns_say_their_units() {
        let table = PublishedTable::read(GOOD.as_bytes()).unwrap();
        let row = &table.rows[0];
        let expected = [1.0, 2e-3, 3e-3];
        for (value, expected) in [row.l[0][0], row.l[0][1], row.l[1][1]].iter().zip(expected) {
            assert!((value / expected - 1.0).abs() < 1e-9, "{value} {expected}");
        }
        let tensor = row.tensor().unwrap();
        assert_eq!(
            tensor
                .species
                .iter()
                .map(|one| one.count)
                .collect::<Vec<_>>(),
            [4, 4]
        );
        // Not in the frame that the row claims.
        assert!(
            tensor
                .notes
                .iter()
                .any(|note| note.contains("not in the number frame"))
        );
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said_with_its_line() {
        for (from, to, line, says) in [
            ("L_O_O_per_eV_cm_s", "L_O_O", 2, "does not say its unit"),
            ("L_O_O_", "L_O_Xy_", 2, "`Xy`"),
            ("volume_A3", "V", 2, "`V`"),
            ("8,number", "8,lab", 3, "`lab`"),
            ("100.5", "none", 3, "`none`"),
            ("1000,", "", 3, "cells"),
            ("\nBaO", "\nBaTiO3", 3, "no coefficient of Ba and Ti"),
            ("\nBaO", "\nbao", 3, ""),
            ("3e20", "nan", 3, "`nan`"),
        ] {
            let error = PublishedTable::read(GOOD.replace(from, to).as_bytes()).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(
                error.to_string().contains(says) && !error.help.is_empty(),
                "{error}"
            );
        }
        assert!(PublishedTable::read(b"").is_err());
        assert!(PublishedTable::read(b"\xff").is_err());
        assert!(PublishedTable::read(GOOD.lines().nth(1).unwrap().as_bytes()).is_err());
    }
}
