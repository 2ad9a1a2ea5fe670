//! XDATCAR of VASP: configurations in direct coordinates, with one cell for all or a cell before each (VASP wiki,
//! "XDATCAR" and "POSCAR").

use std::io::Read;
use std::sync::Arc;

use super::lines::{Lines, Words, no_number, shown};
use super::{Frames, ReadOptions, Snapshot, TrajectoryError};
use crate::base::Element;
use crate::physics::structure::Cell;

pub struct Xdatcar<R> {
    lines: Lines<R>,
    options: ReadOptions,
    frame: usize,
    ended: bool,
    head: Option<Head>,
}

struct Head {
    cell: Cell,
    elements: Arc<[Element]>,
}

impl<R: Read> Xdatcar<R> {
    pub fn new(from: R, options: ReadOptions) -> Self {
        Xdatcar {
            lines: Lines::new(from),
            options,
            frame: 0,
            ended: false,
            head: None,
        }
    }

    fn fault<T>(
        &self,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Result<T, TrajectoryError> {
        Err(TrajectoryError::new(self.frame, problem, help).at_line(self.lines.number))
    }

    fn optional_line(&mut self) -> Result<Option<Vec<u8>>, TrajectoryError> {
        match self.lines.next() {
            Ok(line) => Ok(line.map(<[u8]>::to_vec)),
            Err(error) => {
                Err(TrajectoryError::unreadable(self.frame, &error).at_line(self.lines.number))
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, TrajectoryError> {
        self.optional_line()?
            .ok_or_else(|| TrajectoryError::cut_off(self.frame).at_line(self.lines.number))
    }

    /// What comes after the comment up to the numbers of atoms.
    fn head(&mut self) -> Result<Head, TrajectoryError> {
        let scale = self.numbers::<1>("the scale")?[0];
        let mut rows = [[0.0; 3]; 3];
        for row in &mut rows {
            *row = self.numbers::<3>("a lattice vector")?;
        }
        let cell = Cell::new(rows).and_then(|cell| {
            // A negative scale is the volume.
            let factor = if scale < 0.0 {
                (-scale / cell.volume_ang3()).cbrt()
            } else {
                scale
            };
            Cell::new(rows.map(|row| row.map(|x| x * factor)))
        });
        let cell = match cell {
            Ok(cell) => cell,
            Err(error) => {
                return self.fault(
                    format!("the lattice vectors make no cell: {error}"),
                    "leave this configuration out",
                );
            }
        };
        let mut line = self.line()?;
        let mut species: Vec<Element> = Vec::new();
        if Words(&line).whole().is_ok() {
            species.clone_from(&self.options.types);
            if species.is_empty() {
                return self.fault(
                    "the file does not name its elements",
                    "add a line with their symbols before the numbers of atoms, or name them in the recipe",
                );
            }
        } else {
            let mut words = Words(&line);
            while let Some(word) = words.word() {
                // Newer versions append a hash of the pseudopotential: `Ti/0123abcd`, `Ti_pv`.
                let symbol = word.split(|byte| matches!(byte, b'/' | b'_')).next();
                let element = symbol.and_then(|symbol| std::str::from_utf8(symbol).ok());
                match element.and_then(Element::from_symbol) {
                    Some(element) => species.push(element),
                    None => {
                        return self.fault(
                            format!("`{}` is no element", shown(word)),
                            "write the symbols of the elements in this line",
                        );
                    }
                }
            }
            line = self.line()?;
        }
        let mut words = Words(&line);
        let mut elements = Vec::new();
        for element in &species {
            match words.whole() {
                Ok(count @ 1..=100_000_000) => {
                    elements.extend(std::iter::repeat_n(*element, count as usize));
                }
                Ok(_) => return self.fault("a number of atoms is not positive", "mend this line"),
                Err(word) => {
                    let (problem, help) = no_number("a number of atoms", word);
                    return self.fault(problem, help);
                }
            }
        }
        if words.word().is_some() {
            return self.fault(
                format!(
                    "there are more numbers of atoms than the {} elements",
                    species.len()
                ),
                "write one element for each number",
            );
        }
        Ok(Head {
            cell,
            elements: elements.into(),
        })
    }

    fn numbers<const N: usize>(&mut self, what: &str) -> Result<[f64; N], TrajectoryError> {
        let line = self.line()?;
        let mut words = Words(&line);
        let mut numbers = [0.0; N];
        for number in &mut numbers {
            match words.real() {
                Ok(value) => *number = value,
                Err(word) => {
                    let (problem, help) = no_number(what, word);
                    return self.fault(problem, help);
                }
            }
        }
        Ok(numbers)
    }

    fn next(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        self.frame += 1;
        let mut line = loop {
            match self.optional_line()? {
                None => return Ok(false),
                // A comment may be empty; only between configurations are empty lines nothing.
                Some(line) if line.is_empty() && self.head.is_some() => {}
                Some(line) => break line,
            }
        };
        let configuration = |line: &[u8]| {
            let line = line.trim_ascii_start().to_ascii_lowercase();
            line.starts_with(b"direct") || line.starts_with(b"konfig")
        };
        if self.head.is_none() || !configuration(&line) {
            let head = self.head()?;
            if let Some(before) = &self.head
                && before.elements != head.elements
            {
                return self.fault(
                    "the atoms are not those of the first configuration",
                    "a trajectory has the same atoms throughout; cut the file here",
                );
            }
            self.head = Some(head);
            line = self.line()?;
            if !configuration(&line) {
                return self.fault(
                    format!("`{}` stands where a configuration begins", shown(&line)),
                    "each configuration begins with a line like `Direct configuration=     1`",
                );
            }
        }
        let Some(head) = &self.head else {
            return Ok(false);
        };
        let (cell, elements) = (head.cell, Arc::clone(&head.elements));
        frame.positions_ang.clear();
        for _ in 0..elements.len() {
            let direct = self.numbers::<3>("a coordinate")?;
            frame.positions_ang.push(cell.to_cartesian(direct));
        }
        frame.cell = cell;
        frame.elements = elements;
        frame.wrapped = true;
        frame.unwrapped_ang.clear();
        frame.step = None;
        frame.velocities_ang_per_fs.clear();
        let before = (self.frame - 1) as f64;
        frame.time_fs = self.options.step_fs.map(|step_fs| before * step_fs);
        Ok(true)
    }
}

impl<R: Read> Frames for Xdatcar<R> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        if self.ended {
            return Ok(false);
        }
        let read = self.next(frame);
        self.ended = !matches!(read, Ok(true));
        read
    }
}
