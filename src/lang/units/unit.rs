//! The table of units, and compound units such as `kJ/mol` or `g/cm^3`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{OnceLock, PoisonError, RwLock};

use super::Dimension;
use crate::base::{Rational, constants};

/// A unit as written, with its factor to the base units.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// In the usual spelling, ASCII digits, one `^` for powers.
    pub text: String,
    pub dimension: Dimension,
    pub factor: f64,
    /// The factor as an exact number, where it is one by definition.
    pub exact: Option<Rational>,
    /// True for °C alone: a value in it is shifted by 273.15 K. In a compound (`°C/min`) it is a kelvin.
    pub offset: bool,
}

/// What is wrong with the text of a unit, and where in it (bytes).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct UnitError {
    pub offset: usize,
    pub len: usize,
    pub text: String,
    /// The known unit that was most likely meant.
    pub near: Option<String>,
}

/// How a factor is known.
enum Factor {
    /// Decimal text, exact.
    Exact(&'static str),
    /// Decimal text times the exact number of eV in a joule (or e in a coulomb).
    Joule(&'static str),
    /// A standard atmosphere is 760 of it, exactly.
    Torr,
    Measured(f64),
}

struct Row {
    /// The usual spelling first.
    names: &'static [&'static str],
    dimension: Dimension,
    factor: Factor,
}

const fn row(names: &'static [&'static str], dimension: Dimension, factor: Factor) -> Row {
    Row {
        names,
        dimension,
        factor,
    }
}

const AMPERE: Dimension = Dimension::of(0, 0, -1, 1, 0, 0);
const SIEMENS: Dimension = Dimension::of(0, -1, -1, 2, 0, 0);
const WATT: Dimension = Dimension::of(0, 1, -1, 0, 0, 0);

/// Factors to Å, eV, fs, e, K and sweeps. Joule and coulomb are exact since the elementary charge is
/// (1.602176634e-19 C); bohr, hartree and u are measured (CODATA 2022).
const TABLE: &[Row] = {
    use Dimension as D;
    use Factor::{Exact, Joule, Measured, Torr};
    &[
        row(
            &["Å", "angstrom", "Angstrom", "Ang", "ang"],
            D::LENGTH,
            Exact("1"),
        ),
        row(&["m"], D::LENGTH, Exact("1e10")),
        row(&["cm"], D::LENGTH, Exact("1e8")),
        row(&["mm"], D::LENGTH, Exact("1e7")),
        row(&["um", "µm"], D::LENGTH, Exact("1e4")),
        row(&["nm"], D::LENGTH, Exact("10")),
        row(&["pm"], D::LENGTH, Exact("0.01")),
        row(&["bohr"], D::LENGTH, Measured(constants::BOHR_ANG)),
        row(&["eV"], D::ENERGY, Exact("1")),
        row(&["meV"], D::ENERGY, Exact("0.001")),
        row(&["J"], D::ENERGY, Joule("1")),
        row(&["kJ"], D::ENERGY, Joule("1000")),
        row(&["MJ"], D::ENERGY, Joule("1e6")),
        row(&["cal"], D::ENERGY, Joule("4.184")),
        row(&["kcal"], D::ENERGY, Joule("4184")),
        row(&["hartree"], D::ENERGY, Measured(constants::HARTREE_EV)),
        row(&["Ry"], D::ENERGY, Measured(constants::HARTREE_EV / 2.0)),
        row(&["fs"], D::TIME, Exact("1")),
        row(&["ps"], D::TIME, Exact("1e3")),
        row(&["ns"], D::TIME, Exact("1e6")),
        row(&["us", "µs"], D::TIME, Exact("1e9")),
        row(&["ms"], D::TIME, Exact("1e12")),
        row(&["s"], D::TIME, Exact("1e15")),
        row(&["min"], D::TIME, Exact("6e16")),
        row(&["h"], D::TIME, Exact("3.6e18")),
        row(&["d"], D::TIME, Exact("8.64e19")),
        row(&["K"], D::TEMPERATURE, Exact("1")),
        row(&["°C", "degC"], D::TEMPERATURE, Exact("1")),
        row(&["e"], D::CHARGE, Exact("1")),
        row(&["C"], D::CHARGE, Joule("1")),
        row(&["V"], D::POTENTIAL, Exact("1")),
        row(&["mV"], D::POTENTIAL, Exact("0.001")),
        row(&["A"], AMPERE, Joule("1e-15")),
        row(&["S"], SIEMENS, Joule("1e-15")),
        row(&["mS"], SIEMENS, Joule("1e-18")),
        row(&["W"], WATT, Joule("1e-15")),
        row(&["N"], D::FORCE, Joule("1e-10")),
        row(&["Pa"], D::PRESSURE, Joule("1e-30")),
        row(&["hPa"], D::PRESSURE, Joule("1e-28")),
        row(&["kPa"], D::PRESSURE, Joule("1e-27")),
        row(&["MPa"], D::PRESSURE, Joule("1e-24")),
        row(&["GPa"], D::PRESSURE, Joule("1e-21")),
        row(&["bar"], D::PRESSURE, Joule("1e-25")),
        row(&["mbar"], D::PRESSURE, Joule("1e-28")),
        row(&["kbar"], D::PRESSURE, Joule("1e-22")),
        row(&["atm"], D::PRESSURE, Joule("1.01325e-25")),
        row(&["torr", "Torr"], D::PRESSURE, Torr),
        row(&["kg"], D::MASS, Joule("1e10")),
        row(&["g"], D::MASS, Joule("1e7")),
        row(&["mg"], D::MASS, Joule("1e4")),
        row(
            &["u", "Da"],
            D::MASS,
            Measured(constants::ATOMIC_MASS_EV_FS2_PER_ANG2),
        ),
        row(&["L"], D::VOLUME, Exact("1e27")),
        row(&["mL"], D::VOLUME, Exact("1e24")),
        row(&["Hz"], D::FREQUENCY, Exact("1e-15")),
        row(&["kHz"], D::FREQUENCY, Exact("1e-12")),
        row(&["MHz"], D::FREQUENCY, Exact("1e-9")),
        row(&["GHz"], D::FREQUENCY, Exact("1e-6")),
        row(&["THz"], D::FREQUENCY, Exact("1e-3")),
        row(&["mol"], D::NONE, Exact("6.02214076e23")),
        row(&["mmol"], D::NONE, Exact("6.02214076e20")),
        row(&["%"], D::NONE, Exact("0.01")),
        row(&["ppm"], D::NONE, Exact("1e-6")),
        row(&["ppb"], D::NONE, Exact("1e-9")),
        row(&["rad"], D::NONE, Exact("1")),
        row(
            &["deg", "°"],
            D::NONE,
            Measured(std::f64::consts::PI / 180.0),
        ),
        row(&["sweeps", "sweep"], D::SWEEP, Exact("1")),
    ]
};

struct Known {
    name: &'static str,
    usual: &'static str,
    dimension: Dimension,
    factor: f64,
    exact: Option<Rational>,
}

fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let charge = Rational::parse("1.602176634e-19").unwrap_or_else(Rational::one);
        TABLE
            .iter()
            .flat_map(|row| {
                let exact = match row.factor {
                    Factor::Exact(text) => Rational::parse(text),
                    Factor::Joule(text) => {
                        Rational::parse(text).and_then(|value| value.checked_div(&charge))
                    }
                    Factor::Torr => Rational::parse("1.01325e-25").and_then(|atmosphere| {
                        atmosphere.checked_div(&(&Rational::integer(760) * &charge))
                    }),
                    Factor::Measured(_) => None,
                };
                let factor = match (&exact, &row.factor) {
                    (Some(exact), _) => exact.to_f64(),
                    (None, Factor::Measured(value)) => *value,
                    (None, _) => f64::NAN,
                };
                row.names.iter().map(move |name| Known {
                    name,
                    usual: row.names[0],
                    dimension: row.dimension,
                    factor,
                    exact: exact.clone(),
                })
            })
            .collect()
    })
}

/// Every spelling in the table.
pub fn all_words() -> impl Iterator<Item = &'static str> {
    known().iter().map(|unit| unit.name)
}

/// Whether a word is a unit of the table by itself (not a compound).
pub fn is_unit_word(word: &str) -> bool {
    let word = normalised(word);
    known().iter().any(|unit| unit.name == word)
}

/// Usual units of a dimension, for help texts: simple ones of the table, else a customary compound.
pub fn units_of(dimension: Dimension) -> Vec<&'static str> {
    let compound: &[&str] = match dimension {
        Dimension::HEATING_RATE => &["K/min", "K/h", "K/ps"],
        Dimension::HEATING_RATE_PER_SWEEP => &["K/sweep"],
        Dimension::SWEEP_RATE => &["sweeps/h", "sweeps/min"],
        Dimension::DENSITY => &["g/cm^3", "kg/m^3"],
        Dimension::VOLUME => &["Å^3", "cm^3"],
        Dimension::AREA => &["Å^2", "cm^2"],
        Dimension::DIFFUSION => &["cm^2/s", "Å^2/ps"],
        Dimension::CONDUCTIVITY => &["S/cm", "S/m"],
        Dimension::ENTROPY => &["eV/K", "J/mol/K"],
        Dimension::VELOCITY => &["Å/ps", "m/s"],
        Dimension::ENERGY => &["eV", "meV", "kJ/mol"],
        Dimension::TIME => &["fs", "ps", "ns", "s", "min", "h"],
        _ => &[],
    };
    if !compound.is_empty() {
        return compound.to_vec();
    }
    let mut simple = Vec::new();
    for row in TABLE {
        if row.dimension == dimension {
            simple.push(row.names[0]);
        }
    }
    simple.truncate(6);
    simple
}

const DECOMPOSED_ANGSTROM: &str = "A\u{30A}";

/// The spellings that text from papers brings along, in the form of the table.
fn normalised(text: &str) -> String {
    text.replace('\u{212B}', "Å")
        .replace(DECOMPOSED_ANGSTROM, "Å")
        .replace('\u{03BC}', "µ")
        .replace('℃', "°C")
        .replace(['·', '⋅'], "*")
        .replace('\u{2212}', "-")
}

/// Spellings that were read before: a study repeats a handful of units in thousands of places.
const MOST_REMEMBERED: usize = 1024;

/// Reads a unit: `K`, `g/cm³`, `kJ/mol`, `J/(mol*K)`, `/ps`, `%`.
pub fn parse_unit(text: &str) -> Result<Unit, UnitError> {
    static READ: RwLock<BTreeMap<String, Unit>> = RwLock::new(BTreeMap::new());
    let remembered = READ
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(text)
        .cloned();
    if let Some(unit) = remembered {
        return Ok(unit);
    }
    let unit = read_unit(text)?;
    let mut read = READ.write().unwrap_or_else(PoisonError::into_inner);
    if read.len() < MOST_REMEMBERED {
        read.insert(text.to_owned(), unit.clone());
    }
    Ok(unit)
}

fn read_unit(text: &str) -> Result<Unit, UnitError> {
    let normal = normalised(text);
    parse_normalised(&normal).map_err(|fault| {
        let offset = written_at(text, fault.offset).start;
        let len = match fault.len {
            0 => 0,
            len => written_at(text, fault.offset + len - 1).end - offset,
        };
        UnitError {
            offset,
            len,
            ..fault
        }
    })
}

/// The character of the text as written from which a byte of its normalised form comes; its end for bytes beyond.
fn written_at(text: &str, normal: usize) -> Range<usize> {
    let (mut start, mut passed) = (0, 0);
    while let Some(first) = text[start..].chars().next() {
        let end = start
            + if text[start..].starts_with(DECOMPOSED_ANGSTROM) {
                DECOMPOSED_ANGSTROM.len()
            } else {
                first.len_utf8()
            };
        passed += normalised(&text[start..end]).len();
        if normal < passed {
            return start..end;
        }
        start = end;
    }
    text.len()..text.len()
}

fn parse_normalised(normal: &str) -> Result<Unit, UnitError> {
    let mut parser = Parser {
        text: normal,
        at: 0,
        unit: Unit {
            text: String::new(),
            dimension: Dimension::NONE,
            factor: 1.0,
            exact: Some(Rational::one()),
            offset: false,
        },
    };
    parser.expression(false, 0)?;
    if parser.at < normal.len() {
        return Err(parser.fault(parser.at, normal.len(), None));
    }
    let mut unit = parser.unit;
    unit.offset = unit.text.trim_start_matches('(').trim_end_matches(')') == "°C";
    if !unit.factor.is_finite() || unit.factor <= 0.0 {
        return Err(UnitError {
            offset: 0,
            len: normal.len(),
            text: format!("`{normal}` is beyond all bounds"),
            near: None,
        });
    }
    Ok(unit)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    unit: Unit,
}

impl Parser<'_> {
    fn fault(&self, start: usize, end: usize, near: Option<String>) -> UnitError {
        let word = &self.text[start..end];
        UnitError {
            offset: start,
            len: end - start,
            text: if word.is_empty() {
                "a unit is missing here".into()
            } else {
                format!("`{word}` is not a unit")
            },
            near,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Factors joined by `*` and `/`. `below` counts for a bracket that stands below a fraction bar.
    fn expression(&mut self, below: bool, depth: usize) -> Result<(), UnitError> {
        let mut divide = false;
        if self.peek() == Some('/') && depth == 0 {
            self.at += 1;
            self.unit.text.push('/');
            divide = true;
        }
        loop {
            if self.peek() == Some('(') && depth < 4 {
                self.at += 1;
                self.unit.text.push('(');
                self.expression(below != divide, depth + 1)?;
                if self.peek() != Some(')') {
                    return Err(self.fault(self.at, self.text.len(), None));
                }
                self.at += 1;
                self.unit.text.push(')');
            } else {
                self.factor(below != divide)?;
            }
            match self.peek() {
                Some('/') => divide = true,
                Some('*') => divide = false,
                _ => return Ok(()),
            }
            self.unit.text.push(if divide { '/' } else { '*' });
            self.at += 1;
        }
    }

    fn factor(&mut self, below: bool) -> Result<(), UnitError> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphabetic() || matches!(c, '%' | '°' | '_'))
        {
            self.at += self.peek().map_or(0, char::len_utf8);
        }
        let word = &self.text[start..self.at];
        let Some(unit) = known().iter().find(|unit| unit.name == word) else {
            let near = known()
                .iter()
                .map(|unit| {
                    (
                        strsim::osa_distance(&unit.name.to_lowercase(), &word.to_lowercase()),
                        unit.name,
                    )
                })
                .filter(|(distance, name)| *distance <= usize::from(name.chars().count() > 1))
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, name)| name.to_owned());
            let end = if self.at == start {
                self.text.len()
            } else {
                self.at
            };
            return Err(self.fault(start, end, near.filter(|_| !word.is_empty())));
        };
        let power = self.power()?;
        self.unit.text.push_str(unit.usual);
        if power != 1 {
            self.unit.text.push('^');
            self.unit.text.push_str(&power.to_string());
        }
        let power = if below { -power } else { power };
        let fault = || UnitError {
            offset: start,
            len: self.at - start,
            text: format!("`{word}` has too large a power"),
            near: None,
        };
        let dimension = unit
            .dimension
            .power(power)
            .and_then(|one| self.unit.dimension.times(one))
            .ok_or_else(fault)?;
        self.unit.exact = match (&self.unit.exact, &unit.exact) {
            (Some(sofar), Some(exact)) => exact
                .pow(power)
                .map(|one| sofar * &one)
                .filter(|one| one.bits() < 2048),
            _ => None,
        };
        self.unit.dimension = dimension;
        self.unit.factor = match &self.unit.exact {
            Some(exact) => exact.to_f64(),
            None => self.unit.factor * unit.factor.powi(power),
        };
        Ok(())
    }

    /// `^3`, `^-1`, `³`, `⁻¹` or nothing.
    fn power(&mut self) -> Result<i32, UnitError> {
        const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        let start = self.at;
        let mut digits = String::new();
        if self.peek() == Some('^') {
            self.at += 1;
            if let Some(sign @ ('-' | '+')) = self.peek() {
                digits.push(sign);
                self.at += 1;
            }
            while let Some(c) = self.peek().filter(char::is_ascii_digit) {
                digits.push(c);
                self.at += 1;
            }
        } else {
            while let Some(c) = self.peek() {
                if c == '⁻' && digits.is_empty() {
                    digits.push('-');
                } else if let Some(at) = SUPERSCRIPTS.chars().position(|one| one == c) {
                    digits.push_str(&at.to_string());
                } else {
                    break;
                }
                self.at += c.len_utf8();
            }
            if digits.is_empty() {
                return Ok(1);
            }
        }
        match digits.parse::<i32>() {
            Ok(power) if (1..=12).contains(&power.abs()) => Ok(power),
            _ => Err(UnitError {
                offset: start,
                len: self.at - start,
                text: "a power of a unit is a whole number from 1 to 12".into(),
                near: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(text: &str) -> f64 {
        parse_unit(text).expect(text).factor
    }

    #[test]
    fn factors_agree_with_published_conversions() {
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        close(factor("kJ/mol"), 0.010_364_269_656_262_175);
        close(factor("kcal/mol"), 0.043_364_104_241_800_93);
        close(factor("GPa"), 1.0 / 160.217_663_4);
        close(factor("g/cm^3"), 1e7 / 1.602_176_634e-19 / 1e24);
        close(factor("K/min"), 1.0 / 6e16);
        close(factor("J/(mol*K)"), factor("J/mol/K"));
        close(factor("eV/Å^2"), 1.0);
        close(factor("S/cm"), 1.0 / 1.602_176_634e-19 * 1e-15 / 1e8);
        // One u is 931.494 103 72 MeV/c².
        close(
            factor("u"),
            931.494_103_72e6 / (2.997_924_58e3 * 2.997_924_58e3),
        );
        assert_eq!(
            parse_unit("kJ/mol").expect("a unit").dimension,
            Dimension::ENERGY
        );
        assert_eq!(
            parse_unit("S/cm").expect("a unit").dimension,
            Dimension::CONDUCTIVITY
        );
        assert_eq!(
            parse_unit("/ps").expect("a unit").dimension,
            Dimension::FREQUENCY
        );
    }

    #[test]
    fn spellings_of_papers_are_read() {
        for (paper, plain) in [
            ("g/cm³", "g/cm^3"),
            ("\u{212B}", "Å"),
            ("angstrom", "Å"),
            ("℃", "°C"),
            ("degC", "°C"),
            ("μm", "um"),
            ("Å⁻¹", "Å^-1"),
            ("J/(mol·K)", "J/(mol*K)"),
        ] {
            let unit = parse_unit(paper).expect(paper);
            assert_eq!(unit.factor, factor(plain), "{paper}");
        }
        assert!(parse_unit("°C").expect("a unit").offset);
        assert!(!parse_unit("°C/min").expect("a unit").offset);
    }

    #[test]
    fn unknown_units_are_placed_and_near_ones_named() {
        let fault = parse_unit("K/minn").expect_err("no unit");
        assert_eq!((fault.offset, fault.near.as_deref()), (2, Some("min")));
        assert_eq!(
            parse_unit("ev").expect_err("no unit").near.as_deref(),
            Some("eV")
        );
        for bad in [
            "",
            "/",
            "K/",
            "furlong",
            "K^",
            "K^99",
            "(K",
            "K)",
            "K//s",
            "m^12*m^12*m^12*m^12*m^12*m^12*m^12*m^12*m^12*m^12*m^12",
        ] {
            assert!(parse_unit(bad).is_err(), "{bad}");
        }
    }
}
