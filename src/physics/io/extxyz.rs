//! Extended XYZ: for each configuration a line with the number of atoms, a line of `key=value` with `Lattice` and
//! `Properties`, and a line for each atom. The form is that of the specification that libAtoms and ASE share
//! (github.com/libAtoms/extxyz): the nine numbers of `Lattice` are the vectors a, b, c one after another.

use std::io::{self, BufRead, Write};

use indexmap::IndexMap;

use super::file_error::{clipped, number};
use super::{Column, FileError, Frame, Info, Values};
use crate::base::Element;
use crate::physics::structure::{Cell, Structure};

/// Reads all configurations; the first fault ends it.
pub fn read_extxyz(from: impl BufRead) -> Result<Vec<Frame>, FileError> {
    Extxyz::new(from).collect()
}

/// Configurations one after another. After an error there are no more; what came before it is sound.
pub struct Extxyz<R> {
    from: R,
    line: usize,
    text: String,
    done: bool,
}

impl<R: BufRead> Extxyz<R> {
    pub fn new(from: R) -> Self {
        Extxyz {
            from,
            line: 0,
            text: String::new(),
            done: false,
        }
    }

    /// Moves to the next line; false at the end.
    fn advance(&mut self) -> Result<bool, FileError> {
        self.line += 1;
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        let read = self.from.read_until(b'\n', &mut bytes).map_err(|error| {
            FileError::new(
                self.line,
                format!("the file cannot be read further: {error}"),
                "copy the file anew",
            )
        })?;
        self.text = String::from_utf8(bytes).map_err(|_| {
            FileError::new(
                self.line,
                "this is no text",
                "an extended XYZ file is plain text; unpack it first if it is compressed",
            )
        })?;
        Ok(read > 0)
    }

    fn fault<T>(
        &self,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Result<T, FileError> {
        Err(FileError::new(self.line, problem, help))
    }

    fn frame(&mut self) -> Result<Option<Frame>, FileError> {
        loop {
            if !self.advance()? {
                return Ok(None);
            }
            if !self.text.trim().is_empty() {
                break;
            }
        }
        let atoms = match self.text.trim().parse::<usize>() {
            Ok(0) => return self.fault("a configuration has no atoms", "leave it out"),
            Ok(atoms) => atoms,
            Err(_) => {
                return self.fault(
                    format!(
                        "a configuration begins with its number of atoms, not with `{}`",
                        clipped(self.text.trim())
                    ),
                    "make the number above agree with the lines that follow it",
                );
            }
        };
        if !self.advance()? {
            return self.fault(
                "the file ends before the line with `Lattice` and `Properties`",
                "remove the last configuration, which was not written to its end",
            );
        }
        let mut info = key_values(self.line, self.text.trim())?;
        let cell = self.cell(info.shift_remove("Lattice"))?;
        let properties = match info.shift_remove("Properties") {
            Some(raw) => self.properties(&raw.text)?,
            None => vec![
                Property::new("species", Kind::Text, 1),
                Property::new("pos", Kind::Real, 3),
            ],
        };
        let width: usize = properties.iter().map(|property| property.width).sum();
        let periodic = match info.shift_remove("pbc").map(|raw| raw.value()) {
            None => [true; 3],
            Some(Info::Booleans(all)) if all.len() == 3 => [all[0], all[1], all[2]],
            Some(Info::Boolean(one)) => [one; 3],
            Some(_) => return self.fault("`pbc` is not three of T and F", "write `pbc=\"T T T\"`"),
        };
        let mut columns: Vec<Values> = properties
            .iter()
            .map(|property| match property.kind {
                Kind::Boolean => Values::Booleans(Vec::new()),
                Kind::Integer => Values::Integers(Vec::new()),
                Kind::Real => Values::Reals(Vec::new()),
                Kind::Text => Values::Texts(Vec::new()),
            })
            .collect();
        for atom in 0..atoms {
            if !self.advance()? {
                return self.fault(
                    format!("the file ends after {atom} of {atoms} atoms"),
                    "remove the last configuration, which was not written to its end",
                );
            }
            let line = self.line;
            let words = self.text.split_whitespace().count();
            if words != width {
                return self.fault(
                    format!(
                        "atom {} of {atoms} has {words} values where `Properties` has {width}",
                        atom + 1
                    ),
                    "make the number of atoms, `Properties` and this line agree",
                );
            }
            let mut words = self.text.split_whitespace();
            for (property, values) in properties.iter().zip(&mut columns) {
                for word in words.by_ref().take(property.width) {
                    let what = || format!("`{}` of atom {}", property.name, atom + 1);
                    match values {
                        Values::Reals(values) => values.push(number(line, &what(), word)?),
                        Values::Texts(values) => values.push(word.to_owned()),
                        Values::Integers(values) => values.push(word.parse().map_err(|_| {
                            FileError::new(
                                line,
                                format!("{} is `{}`, no whole number", what(), clipped(word)),
                                "write it without a point, or declare the column as R in `Properties`",
                            )
                        })?),
                        Values::Booleans(values) => values.push(boolean(word).ok_or_else(|| {
                            FileError::new(
                                line,
                                format!("{} is `{}`, neither T nor F", what(), clipped(word)),
                                "write T or F",
                            )
                        })?),
                    }
                }
            }
        }
        let mut columns: IndexMap<String, Column> = properties
            .into_iter()
            .zip(columns)
            .map(|(Property { name, width, .. }, values)| (name, Column { width, values }))
            .collect();
        let elements = self.elements(atoms, &mut columns)?;
        let Some(Column {
            width: 3,
            values: Values::Reals(positions),
        }) = columns.shift_remove("pos")
        else {
            return self.fault(
                "`Properties` has no positions",
                "write `Properties=species:S:1:pos:R:3` and the columns so",
            );
        };
        Ok(Some(Frame {
            structure: Structure {
                cell,
                elements,
                positions_ang: positions.as_chunks().0.to_vec(),
            },
            periodic,
            info: info
                .into_iter()
                .map(|(key, raw)| (key, raw.value()))
                .collect(),
            columns,
        }))
    }

    fn cell(&self, lattice: Option<Raw>) -> Result<Cell, FileError> {
        let Some(lattice) = lattice else {
            return self.fault(
                "there is no `Lattice`",
                "atoms stand in a periodic cell here: add `Lattice=\"ax ay az bx by bz cx cy cz\"` in Å",
            );
        };
        let numbers = lattice
            .numbers()
            .map(|word| number(self.line, "a number of `Lattice`", word))
            .collect::<Result<Vec<f64>, _>>()?;
        let (rows, rest) = numbers.as_chunks::<3>();
        let ([a, b, c], []) = (rows, rest) else {
            return self.fault(
                format!("`Lattice` has {} numbers", numbers.len()),
                "write nine: `Lattice=\"ax ay az bx by bz cx cy cz\"` in Å",
            );
        };
        Cell::spanning([*a, *b, *c]).or_else(|error| {
            self.fault(
                format!("`Lattice` is no cell: {error}"),
                "write the nine numbers of its three vectors in Å",
            )
        })
    }

    /// `species:S:1:pos:R:3`
    fn properties(&self, text: &str) -> Result<Vec<Property>, FileError> {
        let words: Vec<&str> = text.split(':').collect();
        let (triples, rest) = words.as_chunks::<3>();
        let mut properties: Vec<Property> = Vec::new();
        for [name, kind, width] in triples {
            let kind = match *kind {
                "S" => Kind::Text,
                "R" => Kind::Real,
                "I" => Kind::Integer,
                "L" => Kind::Boolean,
                _ => return self.no_properties(text),
            };
            match width.parse() {
                Ok(width @ 1..=1_000) if !name.is_empty() => {
                    properties.push(Property::new(name, kind, width));
                }
                _ => return self.no_properties(text),
            }
        }
        if !rest.is_empty() {
            return self.no_properties(text);
        }
        let twice = |at: usize| {
            properties[..at]
                .iter()
                .any(|p| p.name == properties[at].name)
        };
        if let Some(at) = (0..properties.len()).find(|at| twice(*at)) {
            return self.fault(
                format!("`Properties` has `{}` twice", clipped(&properties[at].name)),
                "give each column a name of its own",
            );
        }
        Ok(properties)
    }

    fn no_properties<T>(&self, text: &str) -> Result<T, FileError> {
        self.fault(
            format!("`Properties` is `{}`", clipped(text)),
            "write name, type (S, R, I or L) and number of columns of each: `species:S:1:pos:R:3:forces:R:3`",
        )
    }

    fn elements(
        &self,
        atoms: usize,
        columns: &mut IndexMap<String, Column>,
    ) -> Result<Vec<Element>, FileError> {
        let first_line = self.line - atoms + 1;
        let unknown = |atom: usize, text: String| {
            FileError::new(
                first_line + atom,
                format!(
                    "atom {} is `{}`, which is no element",
                    atom + 1,
                    clipped(&text)
                ),
                "write the symbol of an element, like Ba",
            )
        };
        let symbols = columns
            .get("species")
            .or_else(|| columns.get("element"))
            .or_else(|| columns.get("Z"));
        let elements = match symbols.filter(|column| column.width == 1) {
            Some(Column {
                values: Values::Texts(symbols),
                ..
            }) => symbols
                .iter()
                .enumerate()
                .map(|(atom, symbol)| {
                    Element::from_symbol(symbol).ok_or_else(|| unknown(atom, symbol.clone()))
                })
                .collect::<Result<_, _>>()?,
            Some(Column {
                values: Values::Integers(numbers),
                ..
            }) => numbers
                .iter()
                .enumerate()
                .map(|(atom, z)| {
                    u8::try_from(*z)
                        .ok()
                        .and_then(Element::from_number)
                        .ok_or_else(|| unknown(atom, z.to_string()))
                })
                .collect::<Result<_, _>>()?,
            _ => {
                return self.fault(
                    "`Properties` has no elements",
                    "write `Properties=species:S:1:pos:R:3` and the columns so",
                );
            }
        };
        for name in ["species", "element", "Z"] {
            columns.shift_remove(name);
        }
        Ok(elements)
    }
}

impl<R: BufRead> Iterator for Extxyz<R> {
    type Item = Result<Frame, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.frame().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    Integer,
    Real,
    Text,
}

struct Property {
    name: String,
    kind: Kind,
    width: usize,
}

impl Property {
    fn new(name: &str, kind: Kind, width: usize) -> Self {
        Property {
            name: name.to_owned(),
            kind,
            width,
        }
    }
}

/// A value of the second line as it is written, without its quotes or brackets.
struct Raw {
    text: String,
    /// In quotes or brackets, where several numbers are an array.
    delimited: bool,
}

impl Raw {
    /// The words of an array, whichever way it is written: `1 2 3`, `[1, 2, 3]`, `[[1, 2], [3, 4]]`.
    fn numbers(&self) -> impl Iterator<Item = &str> {
        self.text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']'))
            .filter(|word| !word.is_empty())
    }

    fn value(&self) -> Info {
        let words: Vec<&str> = self.numbers().collect();
        if !self.delimited || words.len() == 1 {
            let text = self.text.trim();
            return match (boolean(text), text.parse(), text.parse::<f64>()) {
                (Some(value), ..) => Info::Boolean(value),
                (_, Ok(value), _) => Info::Integer(value),
                (.., Ok(value)) if value.is_finite() => Info::Real(value),
                _ => Info::Text(self.text.clone()),
            };
        }
        if words.is_empty() {
            return Info::Text(self.text.clone());
        }
        fn all<T>(words: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
            words.iter().map(|word| read(word)).collect()
        }
        None.or_else(|| all(&words, boolean).map(Info::Booleans))
            .or_else(|| all(&words, |word| word.parse().ok()).map(Info::Integers))
            .or_else(|| {
                let finite = |word: &str| word.parse().ok().filter(|x: &f64| x.is_finite());
                all(&words, finite).map(Info::Reals)
            })
            .unwrap_or_else(|| Info::Text(self.text.clone()))
    }
}

fn boolean(word: &str) -> Option<bool> {
    match word {
        "T" | "True" | "true" | "TRUE" => Some(true),
        "F" | "False" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}

/// `key=value key="quoted value" flag key=[1, 2]`; the later of two with one name stands.
fn key_values(line: usize, text: &str) -> Result<IndexMap<String, Raw>, FileError> {
    let mut found = IndexMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = token(line, rest, |c| c.is_whitespace() || c == '=')?;
        if key.text.is_empty() {
            return Err(FileError::new(
                line,
                format!("`{}` begins with no name", clipped(rest)),
                "write `name=value`, with the value in quotes where it has spaces",
            ));
        }
        rest = after.trim_start();
        let raw = match rest.strip_prefix('=') {
            Some(value) => {
                let (raw, after) = token(line, value.trim_start(), char::is_whitespace)?;
                rest = after.trim_start();
                raw
            }
            None => Raw {
                text: "T".into(),
                delimited: false,
            },
        };
        found.insert(key.text, raw);
    }
    Ok(found)
}

/// One key or value and what follows it.
fn token(line: usize, text: &str, ends: impl Fn(char) -> bool) -> Result<(Raw, &str), FileError> {
    let open = text.chars().next().unwrap_or(' ');
    let close = match open {
        '"' | '\'' => open,
        '[' => ']',
        '{' => '}',
        _ => {
            let end = text.find(ends).unwrap_or(text.len());
            let raw = Raw {
                text: text[..end].to_owned(),
                delimited: false,
            };
            return Ok((raw, &text[end..]));
        }
    };
    let mut inside = String::new();
    let mut depth = 0usize;
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if open == close => match characters.next() {
                Some((_, 'n')) => inside.push('\n'),
                Some((_, other)) => inside.push(other),
                None => break,
            },
            _ if c == close && depth == 0 => {
                let raw = Raw {
                    text: inside,
                    delimited: true,
                };
                return Ok((raw, &text[at + c.len_utf8()..]));
            }
            _ => {
                if open != close {
                    depth += usize::from(c == open);
                    depth -= usize::from(c == close);
                }
                inside.push(c);
            }
        }
    }
    Err(FileError::new(
        line,
        format!("`{}` has no closing `{close}`", clipped(text)),
        format!("close it with `{close}`"),
    ))
}

/// Writes one configuration; files of several are these one after another. Numbers come back as they were.
pub fn write_extxyz(to: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let structure = &frame.structure;
    writeln!(to, "{}", structure.len())?;
    write!(
        to,
        "Lattice=\"{}\" ",
        joined(structure.cell.rows_ang().as_flattened())
    )?;
    write!(to, "Properties=species:S:1:pos:R:3")?;
    for (name, Column { width, values }) in &frame.columns {
        let kind = match values {
            Values::Booleans(_) => 'L',
            Values::Integers(_) => 'I',
            Values::Reals(_) => 'R',
            Values::Texts(_) => 'S',
        };
        write!(to, ":{name}:{kind}:{width}")?;
    }
    for (key, value) in &frame.info {
        let text = match value {
            Info::Boolean(value) => letter(*value).to_owned(),
            Info::Integer(value) => value.to_string(),
            Info::Real(value) => format!("{value:?}"),
            Info::Text(text) => quoted(text),
            Info::Booleans(values) => {
                let letters: Vec<&str> = values.iter().map(|value| letter(*value)).collect();
                format!("\"{}\"", letters.join(" "))
            }
            Info::Integers(values) => {
                let numbers: Vec<String> = values.iter().map(ToString::to_string).collect();
                format!("\"{}\"", numbers.join(" "))
            }
            Info::Reals(values) => format!("\"{}\"", joined(values)),
        };
        write!(to, " {}={text}", quoted(key))?;
    }
    let [a, b, c] = frame.periodic.map(letter);
    writeln!(to, " pbc=\"{a} {b} {c}\"")?;
    for atom in 0..structure.len() {
        let [x, y, z] = structure.positions_ang[atom];
        write!(to, "{} {x:?} {y:?} {z:?}", structure.elements[atom])?;
        for Column { width, values } in frame.columns.values() {
            let own = atom * width..(atom + 1) * width;
            match values {
                Values::Booleans(values) => {
                    for value in &values[own] {
                        write!(to, " {}", letter(*value))?;
                    }
                }
                Values::Integers(values) => {
                    for value in &values[own] {
                        write!(to, " {value}")?;
                    }
                }
                Values::Reals(values) => write!(to, " {}", joined(&values[own]))?,
                Values::Texts(values) => write!(to, " {}", values[own].join(" "))?,
            }
        }
        writeln!(to)?;
    }
    Ok(())
}

fn joined(numbers: &[f64]) -> String {
    let texts: Vec<String> = numbers.iter().map(|x| format!("{x:?}")).collect();
    texts.join(" ")
}

fn letter(value: bool) -> &'static str {
    if value { "T" } else { "F" }
}

/// In quotes where the reader would otherwise stop short.
fn quoted(text: &str) -> String {
    let plain = |c: char| {
        !c.is_whitespace() && !matches!(c, '"' | '\'' | '=' | '\\' | '[' | ']' | '{' | '}' | ',')
    };
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "2\n\
        Lattice=\"4.0 0 0 0 4.5 0 1 0 5\" Properties=species:S:1:pos:R:3:forces:R:3:id:I:1 energy=-12.5 \
        stress=\"1 2 3 4 5 6\" config_type=\"melt, 3000 K\" step=40 relaxed pbc=\"T T F\"\n\
        Ba 0.0 0.1 0.2 1.0 2.0 3.0 7\n\
        O 2.0D+00 0.0 -1e-3 -1.0 -2.0 -3.0 8\n\
        1\n\
        Properties=species:S:1:pos:R:3 Lattice=[[3, 0, 0], [0, 3, 0], [0, 0, 3]]\n\
        Ti 0 0 0\n\n";

    fn read(text: &str) -> Result<Vec<Frame>, FileError> {
        read_extxyz(text.as_bytes())
    }

    #[test]
    fn configurations_and_labels_are_read() {
        let frames = read(TWO).unwrap();
        let [first, second] = frames.as_slice() else {
            panic!("{frames:?}")
        };
        assert_eq!(first.structure.cell.rows_ang()[2], [1.0, 0.0, 5.0]);
        assert_eq!(first.structure.positions_ang[1], [2.0, 0.0, -1e-3]);
        assert_eq!(first.energy_ev(), Some(-12.5));
        assert_eq!(first.forces().unwrap()[1], [-1.0, -2.0, -3.0]);
        let voigt = [[1.0, 6.0, 5.0], [6.0, 2.0, 4.0], [5.0, 4.0, 3.0]];
        assert_eq!(first.stress_ev_per_ang3(), Some(voigt));
        assert_eq!(first.info["config_type"], Info::Text("melt, 3000 K".into()));
        assert_eq!(first.info["relaxed"], Info::Boolean(true));
        assert_eq!(first.info["step"], Info::Integer(40));
        assert_eq!(first.periodic, [true, true, false]);
        assert_eq!(second.structure.elements[0].symbol(), "Ti");
        assert!((second.structure.cell.volume_ang3() - 27.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_written_is_read_again_bit_for_bit() {
        let mut frames = read(TWO).unwrap();
        frames[0].structure.positions_ang[0] = [0.1 + 0.2, -1.0 / 3.0, 1e-17];
        frames[0]
            .info
            .insert("from".into(), Info::Text("a \"b\"\\ c\nd = [1]".into()));
        let mut out = Vec::new();
        for frame in &frames {
            write_extxyz(&mut out, frame).unwrap();
        }
        assert_eq!(read_extxyz(out.as_slice()).unwrap(), frames);
    }

    #[test]
    fn a_left_handed_lattice_is_the_same_lattice() {
        let text = TWO.replace("[[3, 0, 0], [0, 3, 0], [0, 0, 3]]", "\"0 3 0 3 0 0 0 0 3\"");
        let frames = read(&text).unwrap();
        assert_eq!(frames[1].structure.cell.lengths_ang(), [3.0; 3]);
    }

    #[test]
    fn a_virial_is_minus_the_volume_times_the_stress() {
        let text = TWO.replace("stress=", "virial=");
        let frames = read(&text).unwrap();
        let volume = frames[0].structure.cell.volume_ang3();
        assert_eq!(frames[0].stress_ev_per_ang3().unwrap()[0][1], -6.0 / volume);
    }

    #[test]
    fn faults_name_line_and_reason() {
        let faults = [
            ("Ba 0.0", "Ba nan", 3, "no finite number"),
            ("Ba 0.0", "Bx 0.0", 3, "`Bx`, which is no element"),
            ("Ba 0.0", "Ba zero", 3, "no number"),
            ("O 2.0D+00", "O", 4, "has 7 values where `Properties` has 8"),
            ("forces:R:3", "forces:R", 2, "`Properties` is"),
            ("[[3, 0, 0], [0, 3, 0], [0, 0, 3]]", "3", 6, "has 1 numbers"),
            (
                "[[3, 0, 0], [0, 3, 0], [0, 0, 3]]",
                "\"1 1 1 1 1 1 1 1 1\"",
                6,
                "no volume",
            ),
            ("\"T T F\"", "\"T T F", 2, "no closing `\"`"),
            ("Ti 0 0 0\n", "", 7, "atom 1 of 1 has 0 values"),
        ];
        for (part, instead, line, problem) in faults {
            let text = TWO.replacen(part, instead, 1);
            let error = read(&text).expect_err(problem);
            assert!(error.problem.contains(problem), "{error}");
            assert_eq!(error.line, line, "{error}");
        }
    }

    #[test]
    fn what_came_before_a_cut_is_kept() {
        let cut = TWO.find("Ti 0").unwrap();
        let mut frames = Extxyz::new(&TWO.as_bytes()[..cut]);
        assert!(frames.next().unwrap().is_ok());
        let error = frames.next().unwrap().unwrap_err();
        assert_eq!(error.problem, "the file ends after 0 of 1 atoms");
        assert!(frames.next().is_none());
    }
}
