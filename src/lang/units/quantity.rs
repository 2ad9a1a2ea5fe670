//! Numbers with a dimension.

use std::cmp::Ordering;
use std::fmt;

use super::{Dimension, Unit, parse_unit};
use crate::base::Rational;

/// A number in base units, exact where it was written or computed exactly.
///
/// `2 fs` and `0.002 ps` are the same quantity to the last bit: decimal text and units are kept as rationals,
/// and rounded once.
#[derive(Debug, Clone)]
pub struct Quantity {
    /// In base units.
    pub value: f64,
    /// In base units; absent for measured factors, roots, and numbers that would take too much room.
    pub exact: Option<Rational>,
    pub dimension: Dimension,
    /// The unit to show it in, when the user asked for one (`x in kJ/mol`) or wrote one.
    pub shown_in: Option<std::sync::Arc<Unit>>,
}

/// Why an operation has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("{left} and {right} do not go together", left = .0.named(), right = .1.named())]
    Dimensions(Dimension, Dimension),
    #[error("this divides by zero")]
    DivisionByZero,
    #[error("this number is too large or too small")]
    OutOfRange,
    #[error("this is not a number")]
    NotANumber,
}

/// Exact forms beyond this many bits are dropped in favour of the float.
const MOST_BITS: u64 = 512;

impl Quantity {
    pub fn new(value: f64, dimension: Dimension) -> Self {
        Quantity {
            value,
            exact: None,
            dimension,
            shown_in: None,
        }
    }

    /// A bare number. Its exact form is the shortest decimal that reads back as the float, so that `0.1` in a
    /// default and `0.1` in a recipe are one number.
    pub fn number(value: f64) -> Self {
        Quantity {
            exact: Rational::parse(&format!("{value:e}")).filter(|exact| exact.bits() < MOST_BITS),
            ..Quantity::new(value, Dimension::NONE)
        }
    }

    pub fn integer(value: i64) -> Self {
        Quantity::from_exact(Rational::integer(value), Dimension::NONE)
    }

    pub fn from_exact(exact: Rational, dimension: Dimension) -> Self {
        Quantity {
            value: exact.to_f64(),
            exact: Some(exact).filter(|exact| exact.bits() < MOST_BITS),
            dimension,
            shown_in: None,
        }
    }

    /// `5` with `K/min`. Degrees Celsius become kelvin here and nowhere else.
    pub fn from_literal(number: &str, unit: Option<&Unit>) -> Result<Self, QuantityError> {
        let exact = Rational::parse(number).ok_or(QuantityError::NotANumber)?;
        let quantity = match unit {
            None => Quantity::from_exact(exact, Dimension::NONE),
            Some(unit) => {
                let shift = if unit.offset {
                    Rational::parse("273.15")
                } else {
                    None
                };
                let scaled = match &unit.exact {
                    Some(factor) => {
                        let product = &exact * factor;
                        let sum = shift
                            .as_ref()
                            .map_or(product.clone(), |shift| &product + shift);
                        Quantity::from_exact(sum, unit.dimension)
                    }
                    None => Quantity::new(exact.to_f64() * unit.factor, unit.dimension),
                };
                Quantity {
                    shown_in: Some(std::sync::Arc::new(unit.clone())),
                    ..scaled
                }
            }
        };
        quantity.finite()
    }

    fn finite(self) -> Result<Self, QuantityError> {
        if self.value.is_finite() {
            Ok(self)
        } else {
            Err(QuantityError::OutOfRange)
        }
    }

    fn combined(
        value: f64,
        exact: Option<Rational>,
        dimension: Dimension,
    ) -> Result<Self, QuantityError> {
        match exact {
            Some(exact) => Quantity::from_exact(exact, dimension).finite(),
            None => Quantity::new(value, dimension).finite(),
        }
    }

    fn same_dimension(&self, other: &Self) -> Result<(), QuantityError> {
        if self.dimension == other.dimension {
            Ok(())
        } else {
            Err(QuantityError::Dimensions(self.dimension, other.dimension))
        }
    }

    /// Both exact forms, or nothing.
    fn both<'a>(&'a self, other: &'a Self) -> Option<(&'a Rational, &'a Rational)> {
        self.exact.as_ref().zip(other.exact.as_ref())
    }

    fn shown_like(mut self, other: &Self) -> Self {
        self.shown_in.clone_from(&other.shown_in);
        self
    }

    pub fn add(&self, other: &Self) -> Result<Self, QuantityError> {
        self.same_dimension(other)?;
        let exact = self.both(other).map(|(a, b)| a + b);
        Ok(Self::combined(self.value + other.value, exact, self.dimension)?.shown_like(self))
    }

    /// The difference of two temperatures in °C is a number of kelvin and shown as one.
    pub fn subtract(&self, other: &Self) -> Result<Self, QuantityError> {
        let mut difference = self.add(&other.negate())?;
        if other.shown_in.as_ref().is_some_and(|unit| unit.offset) {
            difference.shown_in = None;
        }
        Ok(difference)
    }

    pub fn negate(&self) -> Self {
        Quantity {
            value: -self.value,
            exact: self.exact.as_ref().map(|exact| -exact),
            dimension: self.dimension,
            shown_in: self.shown_in.clone(),
        }
    }

    pub fn multiply(&self, other: &Self) -> Result<Self, QuantityError> {
        let dimension = self
            .dimension
            .times(other.dimension)
            .ok_or(QuantityError::OutOfRange)?;
        let exact = self.both(other).map(|(a, b)| a * b);
        let product = Self::combined(self.value * other.value, exact, dimension)?;
        Ok(if other.dimension.is_none() && other.shown_in.is_none() {
            product.shown_like(self)
        } else if self.dimension.is_none() && self.shown_in.is_none() {
            product.shown_like(other)
        } else {
            product
        })
    }

    pub fn divide(&self, other: &Self) -> Result<Self, QuantityError> {
        if other.value == 0.0 {
            return Err(QuantityError::DivisionByZero);
        }
        let dimension = self
            .dimension
            .per(other.dimension)
            .ok_or(QuantityError::OutOfRange)?;
        let exact = self.both(other).and_then(|(a, b)| a.checked_div(b));
        let quotient = Self::combined(self.value / other.value, exact, dimension)?;
        Ok(if other.dimension.is_none() && other.shown_in.is_none() {
            quotient.shown_like(self)
        } else {
            quotient
        })
    }

    /// An integer power of any quantity, or any power of a bare number.
    pub fn power(&self, power: &Self) -> Result<Self, QuantityError> {
        if !power.dimension.is_none() {
            return Err(QuantityError::Dimensions(power.dimension, Dimension::NONE));
        }
        if power.value.fract() == 0.0 && power.value.abs() <= 1024.0 {
            let whole = power.value as i32;
            if self.value == 0.0 && whole < 0 {
                return Err(QuantityError::DivisionByZero);
            }
            let dimension = self
                .dimension
                .power(whole)
                .ok_or(QuantityError::OutOfRange)?;
            let exact = self.exact.as_ref().and_then(|exact| exact.pow(whole));
            return Self::combined(self.value.powi(whole), exact, dimension);
        }
        if self.dimension.is_none() {
            let value = libm::pow(self.value, power.value);
            if value.is_nan() {
                return Err(QuantityError::NotANumber);
            }
            return Quantity::new(value, Dimension::NONE).finite();
        }
        Err(QuantityError::Dimensions(self.dimension, Dimension::NONE))
    }

    /// Exact where both are exact.
    pub fn compare(&self, other: &Self) -> Result<Ordering, QuantityError> {
        self.same_dimension(other)?;
        match self.both(other) {
            Some((a, b)) => Ok(a.cmp(b)),
            None => self
                .value
                .partial_cmp(&other.value)
                .ok_or(QuantityError::NotANumber),
        }
    }

    /// The number in this unit (of the same dimension; else the number is meaningless).
    pub fn in_unit(&self, unit: &Unit) -> f64 {
        let shift = if unit.offset { 273.15 } else { 0.0 };
        match (&self.exact, &unit.exact) {
            (Some(exact), Some(factor)) if !unit.offset => exact
                .checked_div(factor)
                .map_or(self.value / unit.factor, |quotient| quotient.to_f64()),
            (Some(exact), Some(_)) => Rational::parse("273.15")
                .map_or(self.value - shift, |shift| (exact - &shift).to_f64()),
            _ => self.value / unit.factor - shift,
        }
    }

    /// The same quantity, to be shown in this unit.
    pub fn shown_in(mut self, unit: &Unit) -> Self {
        self.shown_in = Some(std::sync::Arc::new(unit.clone()));
        self
    }

    /// One text for all spellings of one quantity: for cache keys. The exact number where there is one.
    pub fn canonical(&self) -> String {
        let number = match &self.exact {
            Some(exact) => {
                let (numerator, denominator) = exact.parts();
                format!("{numerator}/{denominator}")
            }
            None => format!("{:e}", self.value),
        };
        if self.dimension.is_none() {
            number
        } else {
            format!("{number} {}", self.dimension)
        }
    }

    pub fn is_integer(&self) -> bool {
        self.dimension.is_none() && self.value.fract() == 0.0
    }

    /// The unit in which it is shown: the one that it was written in or asked for, else a customary one.
    pub fn unit(&self) -> Option<std::sync::Arc<Unit>> {
        self.shown_in
            .clone()
            .or_else(|| self.customary().map(std::sync::Arc::new))
    }

    /// The unit that people use for a quantity of this size.
    fn customary(&self) -> Option<Unit> {
        let size = self.value.abs();
        let text = match self.dimension {
            Dimension::NONE => return None,
            Dimension::TIME => match size {
                s if s >= 3.6e18 => "h",
                s if s >= 6e16 => "min",
                s if s >= 1e15 => "s",
                s if s >= 1e6 => "ns",
                s if s >= 1e3 => "ps",
                _ => "fs",
            },
            Dimension::TEMPERATURE => "K",
            Dimension::PRESSURE if size >= 6e-4 => "GPa",
            Dimension::PRESSURE => "bar",
            Dimension::DENSITY => "g/cm^3",
            Dimension::MASS if size >= 1e20 => "g",
            Dimension::MASS => "u",
            Dimension::HEATING_RATE if size >= 1e-9 => "K/ps",
            Dimension::HEATING_RATE => "K/min",
            Dimension::SWEEP_RATE => "sweeps/h",
            Dimension::FREQUENCY => "/ps",
            Dimension::DIFFUSION => "cm^2/s",
            Dimension::CONDUCTIVITY => "S/cm",
            Dimension::ONSAGER => "/eV/Å/ps",
            Dimension::MOBILITY => "cm^2/V/s",
            Dimension::VISCOSITY => "Pa*s",
            dimension => return parse_unit(&dimension.to_string()).ok(),
        };
        parse_unit(text).ok()
    }
}

/// With the unit that it was written in or asked for, else a customary one.
impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit() {
            None => out.write_str(&number_text(self.value)),
            Some(unit) => write!(out, "{} {}", number_text(self.in_unit(&unit)), unit.text),
        }
    }
}

/// A number for people: whole numbers whole, others with at most seven significant digits.
pub(crate) fn number_text(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e15 {
        return (value as i64).to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.6e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        return format!("{mantissa}e{exponent}");
    }
    let digits = (6 - size.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Equal number and dimension; how it is shown does not count.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Ok(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(number: &str, unit: &str) -> Quantity {
        let unit = parse_unit(unit).expect(unit);
        Quantity::from_literal(number, Some(&unit)).expect(number)
    }

    #[test]
    fn one_quantity_has_one_canonical_form() {
        assert_eq!(
            literal("2", "fs").canonical(),
            literal("0.002", "ps").canonical()
        );
        assert_eq!(
            literal("50", "%").canonical(),
            Quantity::number(0.5).canonical()
        );
        assert_eq!(
            literal("1100", "°C").canonical(),
            literal("1373.15", "K").canonical()
        );
        assert_eq!(
            literal("3600", "s").canonical(),
            literal("1", "h").canonical()
        );
        assert_ne!(literal("1", "s").canonical(), literal("1", "K").canonical());
        assert_eq!(literal("1100", "°C").value, 1373.15);
    }

    #[test]
    fn algebra_keeps_dimensions_and_exactness() {
        let rate = literal("5", "K/min");
        let time = literal("2", "h");
        let rise = rate.multiply(&time).expect("a product");
        assert_eq!(rise.dimension, Dimension::TEMPERATURE);
        assert_eq!(rise.exact, Rational::parse("600"));
        assert!(rise.add(&time).is_err());
        assert!(rise.divide(&Quantity::number(0.0)).is_err());
        assert!(literal("2", "Å").power(&Quantity::number(0.5)).is_err());
        assert_eq!(
            literal("2", "Å")
                .power(&Quantity::integer(3))
                .expect("a cube")
                .value,
            8.0
        );
        assert!(
            Quantity::integer(10)
                .power(&Quantity::integer(1024))
                .is_err()
        );
    }

    #[test]
    fn quantities_are_shown_as_people_write_them() {
        assert_eq!(literal("5", "K/min").to_string(), "5 K/min");
        assert_eq!(literal("1100", "degC").to_string(), "1100 °C");
        assert_eq!(
            Quantity::new(1373.15, Dimension::TEMPERATURE).to_string(),
            "1373.15 K"
        );
        assert_eq!(literal("10", "%").to_string(), "10 %");
        assert_eq!(number_text(1.0 / 3.0), "0.3333333");
        assert_eq!(number_text(1.5e-9), "1.5e-9");
        let energy = literal("1", "eV");
        let unit = parse_unit("kJ/mol").expect("a unit");
        assert_eq!(energy.shown_in(&unit).to_string(), "96.48533 kJ/mol");
    }
}
