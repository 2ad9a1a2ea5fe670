//! Chemical formulas with exact amounts.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::rational::{gcd, lcm};
use super::{Element, Rational};

/// A formula: groups `Ca(OH)2`, brackets, hydrates `CuSO4*5H2O`, fractions `Ba0.9Sr0.1TiO3`.
///
/// It keeps the text as written. Two formulas are equal when text and amounts are: `TiBaO3` is another
/// spelling than `BaTiO3`; [`Formula::same_composition`] compares what they consist of.
#[derive(Debug, Clone)]
pub struct Formula {
    text: String,
    /// By atomic number; all positive.
    amounts: Vec<(Element, Rational)>,
}

/// What is wrong with the text of a formula, and where in it (bytes).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct FormulaError {
    pub offset: usize,
    pub len: usize,
    pub kind: FormulaErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaErrorKind {
    #[error("there is no formula here")]
    Empty,
    #[error("`{0}` is not an element")]
    UnknownElement(String),
    #[error("`{0}` has no place in a formula")]
    UnexpectedCharacter(char),
    #[error("this bracket has no partner")]
    Unbalanced,
    #[error("brackets nest too deep")]
    TooDeep,
    #[error("a group at the end of a formula needs a count")]
    GroupWithoutCount(String),
    #[error("an amount in a formula is positive and at most a million")]
    Amount,
    #[error("a formula has at most {MOST_CHARACTERS} characters")]
    TooLong,
}

const MOST_CHARACTERS: usize = 512;
const DEEPEST: usize = 32;
const LARGEST_AMOUNT: i64 = 1_000_000;

impl FormulaError {
    /// An edit that would work, if there is one to offer.
    pub fn help(&self) -> Option<String> {
        match &self.kind {
            FormulaErrorKind::UnknownElement(word) => {
                let near: Vec<&str> = Element::all()
                    .map(Element::symbol)
                    .filter(|symbol| {
                        symbol.eq_ignore_ascii_case(word) || strsim::levenshtein(symbol, word) == 1
                    })
                    .filter(|symbol| symbol.starts_with(word.chars().next().unwrap_or(' ')))
                    .take(3)
                    .collect();
                (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")))
            }
            FormulaErrorKind::Unbalanced => Some("close each bracket that is opened".into()),
            FormulaErrorKind::GroupWithoutCount(group) => Some(format!(
                "write a count, like `({group})2`; a label of a phase that has capitals is quoted, like `(\"{group}\")`"
            )),
            _ => None,
        }
    }
}

type Amounts = BTreeMap<Element, Rational>;

impl Formula {
    /// Reads a formula without a phase label.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        if text.len() > MOST_CHARACTERS {
            return fault(0, text.len(), FormulaErrorKind::TooLong);
        }
        if text.trim().is_empty() {
            return fault(0, text.len(), FormulaErrorKind::Empty);
        }
        let mut parser = Parser { text, at: 0 };
        let mut total = Amounts::new();
        // Parts of a hydrate, each with its own factor: `CuSO4*5H2O`.
        loop {
            let factor = if parser.at > 0 { parser.count()? } else { None };
            let part = parser.group(0)?;
            if part.is_empty() {
                return fault(parser.at, 0, FormulaErrorKind::Empty);
            }
            add(&mut total, &part, &factor.unwrap_or_else(Rational::one));
            match parser.peek() {
                None => break,
                Some('*' | '·' | '•') => parser.advance(),
                Some(')' | ']') => return fault(parser.at, 1, FormulaErrorKind::Unbalanced),
                Some(other) => {
                    return fault(
                        parser.at,
                        other.len_utf8(),
                        FormulaErrorKind::UnexpectedCharacter(other),
                    );
                }
            }
        }
        if let Some((_, _)) = total.iter().find(|(_, amount)| {
            !amount.is_positive() || **amount > Rational::integer(LARGEST_AMOUNT)
        }) {
            return fault(0, text.len(), FormulaErrorKind::Amount);
        }
        Ok(Formula {
            text: text.replace(['·', '•'], "*"),
            amounts: total.into_iter().collect(),
        })
    }

    /// A formula with these amounts; its text lists the elements in the order given.
    pub fn from_amounts(amounts: &[(Element, Rational)]) -> Option<Self> {
        let mut text = String::new();
        for (element, amount) in amounts {
            text.push_str(element.symbol());
            if *amount != Rational::one() {
                text.push_str(&amount.to_string());
            }
        }
        Formula::parse(&text).ok()
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Elements with their amounts in one formula unit, by atomic number.
    pub fn amounts(&self) -> &[(Element, Rational)] {
        &self.amounts
    }

    /// The amount of an element; zero if it has none.
    pub fn amount(&self, element: Element) -> Rational {
        self.amounts
            .iter()
            .find(|(known, _)| *known == element)
            .map_or_else(Rational::zero, |(_, amount)| amount.clone())
    }

    pub fn elements(&self) -> impl Iterator<Item = Element> + '_ {
        self.amounts.iter().map(|(element, _)| *element)
    }

    /// Mass of one formula unit, u.
    pub fn mass_u(&self) -> f64 {
        self.amounts
            .iter()
            .map(|(element, amount)| element.mass_u() * amount.to_f64())
            .sum()
    }

    /// Atoms in one formula unit.
    pub fn atoms(&self) -> f64 {
        self.amounts.iter().map(|(_, amount)| amount.to_f64()).sum()
    }

    /// The amounts if all are whole.
    pub fn integer_amounts(&self) -> Option<Vec<(Element, u64)>> {
        self.amounts
            .iter()
            .map(|(element, amount)| Some((*element, u64::try_from(amount.to_i64()?).ok()?)))
            .collect()
    }

    /// The smallest formula with whole amounts in the same ratio, elements in the order of this text.
    /// The formula itself where that would need amounts beyond a million.
    pub fn reduced(&self) -> Formula {
        use num_bigint::BigInt;
        use num_traits::One;
        let mut denominator = BigInt::one();
        for (_, amount) in &self.amounts {
            denominator = lcm(&denominator, amount.parts().1);
        }
        let mut divisor = BigInt::from(0);
        for (_, amount) in &self.amounts {
            let (numerator, own) = amount.parts();
            divisor = gcd(&divisor, &(numerator * (&denominator / own)));
        }
        let scale = Rational(num_rational::BigRational::new(denominator, divisor));
        let mut amounts: Vec<(Element, Rational)> = self
            .amounts
            .iter()
            .map(|(element, amount)| (*element, amount * &scale))
            .collect();
        amounts.sort_by_key(|(element, _)| self.place_in_text(*element));
        Formula::from_amounts(&amounts).unwrap_or_else(|| self.clone())
    }

    /// Where an element's symbol first stands in the text.
    fn place_in_text(&self, element: Element) -> usize {
        let mut parser = Parser {
            text: &self.text,
            at: 0,
        };
        while let Some(next) = parser.peek() {
            let start = parser.at;
            if next.is_ascii_uppercase() {
                if parser.element().ok() == Some(element) {
                    return start;
                }
            } else {
                parser.advance();
            }
        }
        usize::MAX
    }

    /// Whether both consist of the same elements in the same ratio.
    pub fn same_composition(&self, other: &Formula) -> bool {
        let (Some((first, a)), Some((also, b))) = (self.amounts.first(), other.amounts.first())
        else {
            return false;
        };
        first == also
            && self.amounts.len() == other.amounts.len()
            && self
                .amounts
                .iter()
                .zip(&other.amounts)
                .all(|((one, x), (two, y))| one == two && x * b == y * a)
    }
}

fn add(total: &mut Amounts, part: &Amounts, factor: &Rational) {
    // Most formulas have each element once and no factors.
    let is_one = *factor == Rational::one();
    for (element, amount) in part {
        let amount = if is_one {
            amount.clone()
        } else {
            amount * factor
        };
        match total.entry(*element) {
            Entry::Vacant(entry) => {
                entry.insert(amount);
            }
            Entry::Occupied(mut entry) => *entry.get_mut() = entry.get() + &amount,
        }
    }
}

fn fault<T>(offset: usize, len: usize, kind: FormulaErrorKind) -> Result<T, FormulaError> {
    Err(FormulaError { offset, len, kind })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn advance(&mut self) {
        if let Some(next) = self.peek() {
            self.at += next.len_utf8();
        }
    }

    /// A run of elements and bracketed groups, up to a closing bracket, a `*` or the end.
    fn group(&mut self, depth: usize) -> Result<Amounts, FormulaError> {
        let mut total = Amounts::new();
        if depth > DEEPEST {
            return fault(self.at, 1, FormulaErrorKind::TooDeep);
        }
        while let Some(next) = self.peek() {
            match next {
                'A'..='Z' => {
                    let element = self.element()?;
                    let count = self.count()?.unwrap_or_else(Rational::one);
                    add(
                        &mut total,
                        &Amounts::from([(element, Rational::one())]),
                        &count,
                    );
                }
                '(' | '[' => {
                    let open = self.at;
                    self.advance();
                    let inner = self.group(depth + 1)?;
                    let close = if next == '(' { ')' } else { ']' };
                    if self.peek() != Some(close) {
                        return fault(open, 1, FormulaErrorKind::Unbalanced);
                    }
                    self.advance();
                    match self.count()? {
                        Some(count) => add(&mut total, &inner, &count),
                        None if self.peek().is_none() && depth == 0 => {
                            let text = self.text[open + 1..self.at - 1].to_owned();
                            return fault(
                                open,
                                self.at - open,
                                FormulaErrorKind::GroupWithoutCount(text),
                            );
                        }
                        None => add(&mut total, &inner, &Rational::one()),
                    }
                }
                ')' | ']' | '*' | '·' | '•' => break,
                other => {
                    return fault(
                        self.at,
                        other.len_utf8(),
                        FormulaErrorKind::UnexpectedCharacter(other),
                    );
                }
            }
        }
        Ok(total)
    }

    /// A symbol: the capital with the lower-case letter that follows it, else the capital alone.
    fn element(&mut self) -> Result<Element, FormulaError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while end < bytes.len() && bytes[end].is_ascii_lowercase() {
            end += 1;
        }
        let word = &self.text[start..end];
        self.at = end;
        match Element::from_symbol(word) {
            Some(element) => Ok(element),
            None => fault(
                start,
                end - start,
                FormulaErrorKind::UnknownElement(word.to_owned()),
            ),
        }
    }

    /// A count, if digits follow.
    fn count(&mut self) -> Result<Option<Rational>, FormulaError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start;
        while end < bytes.len() && (bytes[end].is_ascii_digit() || bytes[end] == b'.') {
            end += 1;
        }
        if end == start {
            return Ok(None);
        }
        self.at = end;
        match Rational::parse(&self.text[start..end]) {
            Some(count) if count.is_positive() && count <= Rational::integer(LARGEST_AMOUNT) => {
                Ok(Some(count))
            }
            _ => fault(start, end - start, FormulaErrorKind::Amount),
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Formula {}

impl Hash for Formula {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// By amounts, then by text.
impl Ord for Formula {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.text == other.text {
            return Ordering::Equal;
        }
        self.amounts
            .cmp(&other.amounts)
            .then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Formula {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::str::FromStr for Formula {
    type Err = FormulaError;
    fn from_str(text: &str) -> Result<Self, FormulaError> {
        Formula::parse(text)
    }
}

/// As text.
impl serde::Serialize for Formula {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Formula {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Formula::parse(&text)
            .map_err(|error| serde::de::Error::custom(format!("`{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(text: &str) -> Formula {
        Formula::parse(text).expect(text)
    }

    fn amount(text: &str, symbol: &str) -> String {
        let element = Element::from_symbol(symbol).expect(symbol);
        formula(text).amount(element).to_string()
    }

    #[test]
    fn groups_hydrates_and_fractions_are_counted() {
        assert_eq!(amount("Ca(OH)2", "H"), "2");
        assert_eq!(amount("CuSO4*5H2O", "O"), "9");
        assert_eq!(amount("CuSO4·5H2O", "H"), "10");
        assert_eq!(amount("Ba0.9Sr0.1TiO3", "Sr"), "0.1");
        assert_eq!(amount("K4[Fe(CN)6]1", "N"), "6");
        assert_eq!(amount("[Fe(CN)6]K4", "K"), "4");
        // Handbook of Chemistry and Physics: BaTiO3 233.192, Ca(OH)2 74.093
        assert!((formula("BaTiO3").mass_u() - 233.192).abs() < 2e-3);
        assert!((formula("Ca(OH)2").mass_u() - 74.093).abs() < 2e-3);
    }

    #[test]
    fn formulas_reduce_and_compare() {
        assert_eq!(formula("Ba4Ti26O56").reduced().text(), "Ba2Ti13O28");
        assert_eq!(formula("Ba0.5Ti0.5O1.5").reduced().text(), "BaTiO3");
        assert!(formula("TiBaO3").same_composition(&formula("Ba2Ti2O6")));
        assert!(!formula("BaO").same_composition(&formula("BaO2")));
        assert_ne!(formula("TiBaO3"), formula("BaTiO3"));
    }

    #[test]
    fn faults_are_placed_and_explained() {
        let fault = |text: &str| Formula::parse(text).expect_err(text);
        let unknown = fault("BaTio3");
        assert_eq!((unknown.offset, unknown.len), (2, 3));
        assert!(matches!(fault("Ca(OH").kind, FormulaErrorKind::Unbalanced));
        assert!(matches!(fault("CaOH)2").kind, FormulaErrorKind::Unbalanced));
        assert!(matches!(
            fault("TiO2(OH)").kind,
            FormulaErrorKind::GroupWithoutCount(_)
        ));
        assert!(fault("TiO2(B)").help().expect("help").contains("(\"B\")"));
        assert!(matches!(fault("BaO0").kind, FormulaErrorKind::Amount));
        assert!(matches!(fault("").kind, FormulaErrorKind::Empty));
        assert!(matches!(fault("BaO*").kind, FormulaErrorKind::Empty));
        assert!(matches!(
            fault(&"(".repeat(200)).kind,
            FormulaErrorKind::TooDeep
        ));
        assert!(matches!(
            fault("BaO2é").kind,
            FormulaErrorKind::UnexpectedCharacter('é')
        ));
    }
}
