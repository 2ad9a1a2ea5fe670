//! Phases: a formula and, where one formula has several, a label.

use std::fmt;

use super::{Formula, FormulaError, FormulaErrorKind};

/// `TiO2(rutile)`, `CO2(g)`, `BaTiO3("mp-5020")`, or `BaO` without a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phase {
    pub formula: Formula,
    pub label: Option<String>,
}

impl Phase {
    /// A formula, perhaps with a label: a lower-case word in parentheses at the end, or any text in quotes there.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let Some((formula, label)) = split_label(text) else {
            return Ok(Phase {
                formula: Formula::parse(text)?,
                label: None,
            });
        };
        if label.is_empty() {
            return Err(FormulaError {
                offset: formula.len(),
                len: text.len() - formula.len(),
                kind: FormulaErrorKind::Empty,
            });
        }
        Ok(Phase {
            formula: Formula::parse(formula)?,
            label: Some(label.to_owned()),
        })
    }

    pub fn new(formula: Formula, label: Option<&str>) -> Self {
        Phase {
            formula,
            label: label.map(str::to_owned),
        }
    }

    /// The same atoms in the same number under the same label, however the formula is spelled; `==` is of spellings.
    pub fn same_as(&self, other: &Phase) -> bool {
        self.label == other.label && self.formula.amounts() == other.formula.amounts()
    }

    /// Whether the label says gas.
    pub fn is_gas(&self) -> bool {
        self.label.as_deref() == Some("g")
    }
}

fn split_label(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix(')')?;
    if let Some(inner) = inner.strip_suffix('"') {
        let at = inner.find("(\"")?;
        return Some((&text[..at], &inner[at + 2..]));
    }
    let at = inner.rfind('(')?;
    let label = &inner[at + 1..];
    bare(label).then_some((&text[..at], label))
}

/// Whether a label needs no quotes: it starts with a lower-case letter and has no capitals.
fn bare(label: &str) -> bool {
    label.starts_with(|first: char| first.is_ascii_lowercase())
        && label
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            None => write!(out, "{}", self.formula),
            Some(label) if bare(label) => write!(out, "{}({label})", self.formula),
            Some(label) => write!(out, "{}(\"{label}\")", self.formula),
        }
    }
}

impl std::str::FromStr for Phase {
    type Err = FormulaError;
    fn from_str(text: &str) -> Result<Self, FormulaError> {
        Phase::parse(text)
    }
}

/// As written in a recipe.
impl serde::Serialize for Phase {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Phase {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Phase::parse(&text).map_err(|error| serde::de::Error::custom(format!("`{text}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_words_or_quoted() {
        for text in [
            "TiO2(rutile)",
            "CO2(g)",
            "BaTiO3(\"mp-5020\")",
            "TiO2(\"B\")",
            "Ca(OH)2",
            "Ca(OH)2(s)",
        ] {
            let phase = Phase::parse(text).expect(text);
            assert_eq!(phase.to_string(), text);
        }
        assert_eq!(
            Phase::parse("TiO2(rutile)")
                .expect("a phase")
                .label
                .as_deref(),
            Some("rutile")
        );
        assert!(Phase::parse("Ca(OH)2").expect("a phase").label.is_none());
        for bad in [
            "TiO2(Rutile)",
            "TiO2()",
            "TiO2(\"\")",
            "TiO2(rutile",
            "(rutile)",
            ")",
            "\")",
        ] {
            assert!(Phase::parse(bad).is_err(), "{bad}");
        }
    }
}
