//! Exact numbers.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

/// An exact rational number of any size. Decimal text is read without rounding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rational(pub BigRational);

/// The largest power of ten that decimal text may carry; beyond it lies no quantity of this field.
const LARGEST_EXPONENT: u64 = 400;
/// The most digits that are read exactly.
const MOST_DIGITS: usize = 400;

impl Rational {
    pub fn zero() -> Self {
        Rational(BigRational::zero())
    }

    pub fn one() -> Self {
        Rational(BigRational::one())
    }

    pub fn integer(value: i64) -> Self {
        Rational(BigRational::from_integer(BigInt::from(value)))
    }

    /// `numerator / denominator`; none for a denominator of zero.
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0).then(|| Rational(BigRational::new(numerator.into(), denominator.into())))
    }

    /// Reads `12`, `-0.9`, `1e-3`, `+2.5E4`. None for other text and for absurd exponents.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{part}");
        if digits.is_empty()
            || digits.len() > MOST_DIGITS
            || !digits.bytes().all(|byte| byte.is_ascii_digit())
            || exponent.unsigned_abs() > LARGEST_EXPONENT
        {
            return None;
        }
        if exponent == 0
            && part.is_empty()
            && let Ok(value) = whole.parse::<i64>()
        {
            return Some(Rational::integer(if negative { -value } else { value }));
        }
        let value = BigInt::from_str(&digits).ok()?;
        let shift = exponent - part.len() as i64;
        let power = Pow::pow(BigInt::from(10), shift.unsigned_abs());
        let value = if shift >= 0 {
            BigRational::from_integer(value * power)
        } else {
            BigRational::new(value, power)
        };
        Some(Rational(if negative { -value } else { value }))
    }

    /// The exact value of a finite float.
    pub fn from_f64(value: f64) -> Option<Self> {
        BigRational::from_float(value).map(Rational)
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The value if it is whole and fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_integer().to_i64())?
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    pub fn is_positive(&self) -> bool {
        self.0.is_positive()
    }

    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    pub fn abs(&self) -> Self {
        Rational(self.0.abs())
    }

    /// Bits of numerator and denominator together: how much room the exact form takes.
    pub fn bits(&self) -> u64 {
        self.0.numer().bits() + self.0.denom().bits()
    }

    pub fn checked_div(&self, other: &Self) -> Option<Self> {
        (!other.is_zero()).then(|| Rational(&self.0 / &other.0))
    }

    /// An integer power; none for a negative power of zero and for powers that would take more than a
    /// thousand bits.
    pub fn pow(&self, power: i32) -> Option<Self> {
        if power < 0 && self.is_zero() || self.bits() * u64::from(power.unsigned_abs()) > 1024 {
            return None;
        }
        Some(Rational(Pow::pow(self.0.clone(), power)))
    }

    /// Numerator and denominator.
    pub fn parts(&self) -> (&BigInt, &BigInt) {
        (self.0.numer(), self.0.denom())
    }
}

/// The greatest common divisor; of zero and a number, that number.
pub(super) fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.abs(), b.abs());
    while !b.is_zero() {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// The least common multiple of two positive numbers.
pub(super) fn lcm(a: &BigInt, b: &BigInt) -> BigInt {
    a / gcd(a, b) * b
}

macro_rules! operator {
    ($trait:ident, $method:ident, $symbol:tt) => {
        impl std::ops::$trait for &Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational {
                Rational(&self.0 $symbol &other.0)
            }
        }
    };
}
operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);

impl std::ops::Neg for &Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        Rational(-&self.0)
    }
}

impl From<i64> for Rational {
    fn from(value: i64) -> Self {
        Rational::integer(value)
    }
}

/// A decimal where that is finite and short (`0.9`), else a fraction (`1/3`).
impl fmt::Display for Rational {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_integer() {
            return write!(out, "{}", self.0.to_integer());
        }
        let mut scaled = self.0.clone();
        let ten = BigRational::from_integer(10.into());
        for digits in 1..=18 {
            scaled *= &ten;
            if scaled.is_integer() {
                let value = scaled.to_integer();
                let text = format!("{:0>width$}", value.abs().to_string(), width = digits + 1);
                let (whole, part) = text.split_at(text.len() - digits);
                let sign = if value.is_negative() { "-" } else { "" };
                return write!(out, "{sign}{whole}.{part}");
            }
        }
        write!(out, "{}/{}", self.0.numer(), self.0.denom())
    }
}

/// As text, so that no digit is lost.
impl serde::Serialize for Rational {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Rational {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let read = match text.split_once('/') {
            Some((numerator, denominator)) => Rational::parse(numerator)
                .zip(Rational::parse(denominator))
                .and_then(|(numerator, denominator)| numerator.checked_div(&denominator)),
            None => Rational::parse(&text),
        };
        read.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_exact() {
        let parse = |text| Rational::parse(text).expect("a number");
        assert_eq!(&parse("0.1") + &parse("0.2"), parse("0.3"));
        assert_eq!(parse("1e-3"), Rational::new(1, 1000).expect("not zero"));
        assert_eq!(parse("-2.50").to_string(), "-2.5");
        assert_eq!(Rational::new(1, 3).expect("not zero").to_string(), "1/3");
        assert_eq!(parse("1200").to_string(), "1200");
        assert_eq!(parse("0.002").to_string(), "0.002");
        for bad in ["", "-", ".", "1e", "1e999999999", "0x1", "1.2.3", "--1"] {
            assert!(Rational::parse(bad).is_none(), "{bad}");
        }
    }
}
