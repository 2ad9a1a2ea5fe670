//! The gas around the solids: partial pressures that do not change, however much reacts.

use std::sync::OnceLock;

use crate::base::Formula;
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA};

use super::ThermoError;

/// Partial pressure of a gas that an atmosphere does not name, bar: the order of what 5N to 6N bottled gases
/// leave behind. Zero would make every reaction that sets such a gas free infinitely favourable.
pub const TRACE_BAR: f64 = 1e-6;

/// Partial pressures by gas, and one for every gas not named.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Atmosphere {
    pub name: String,
    #[serde(rename = "partial_pressures_bar")]
    partial_bar: Vec<(Formula, f64)>,
    #[serde(rename = "other_gases_bar")]
    others_bar: f64,
}

impl Atmosphere {
    /// Dry air at 1 atm: mole fractions of Picard, Davis, Gläser and Fujii, Metrologia 45 (2008) 149
    /// (CIPM-2007), with its 400 µmol/mol of CO2.
    pub fn air() -> Self {
        static AIR: OnceLock<Atmosphere> = OnceLock::new();
        AIR.get_or_init(Self::read_air).clone()
    }

    fn read_air() -> Self {
        const FRACTIONS: [(&str, f64); 4] = [
            ("N2", 0.780848),
            ("O2", 0.209390),
            ("Ar", 0.009332),
            ("CO2", 0.000400),
        ];
        let atm_bar = ATMOSPHERE_PA / BAR_PA;
        Atmosphere {
            name: "air".into(),
            partial_bar: FRACTIONS
                .iter()
                .filter_map(|(gas, fraction)| Some((Formula::parse(gas).ok()?, fraction * atm_bar)))
                .collect(),
            others_bar: TRACE_BAR,
        }
    }

    /// Every gas at 1 bar.
    pub fn standard() -> Self {
        Atmosphere {
            name: "standard".into(),
            partial_bar: Vec::new(),
            others_bar: 1.0,
        }
    }

    /// Partial pressures in bar; gases not named stand at [`TRACE_BAR`].
    pub fn custom(gases: Vec<(Formula, f64)>) -> Result<Self, ThermoError> {
        for (at, (gas, bar)) in gases.iter().enumerate() {
            if !(bar.is_finite() && *bar > 0.0) {
                return Err(ThermoError::Pressure {
                    gas: gas.to_string(),
                    bar: *bar,
                });
            }
            if gases[..at]
                .iter()
                .any(|(other, _)| same_molecule(other, gas))
            {
                return Err(ThermoError::Model(format!(
                    "{gas} has two partial pressures"
                )));
            }
        }
        let name = gases
            .iter()
            .map(|(gas, bar)| format!("{gas} {bar} bar"))
            .collect::<Vec<_>>()
            .join(", ");
        Ok(Atmosphere {
            name: if name.is_empty() {
                "vacuum".into()
            } else {
                name
            },
            partial_bar: gases,
            others_bar: TRACE_BAR,
        })
    }

    /// The pressure of gases that are not named.
    pub fn with_others(mut self, bar: f64) -> Result<Self, ThermoError> {
        if !(bar.is_finite() && bar > 0.0) {
            return Err(ThermoError::Pressure {
                gas: "the other gases".into(),
                bar,
            });
        }
        self.others_bar = bar;
        Ok(self)
    }

    /// Partial pressure of a gas, bar.
    pub fn pressure_bar(&self, gas: &Formula) -> f64 {
        self.named_bar(gas).unwrap_or(self.others_bar)
    }

    /// Partial pressure of a gas that the atmosphere names.
    pub fn named_bar(&self, gas: &Formula) -> Option<f64> {
        self.partial_bar
            .iter()
            .find(|(named, _)| same_molecule(named, gas))
            .map(|(_, bar)| *bar)
    }

    /// Named gases with their partial pressures in bar, as given.
    pub fn gases(&self) -> &[(Formula, f64)] {
        &self.partial_bar
    }
}

/// The same atoms in the same number: O2 is neither O nor O3.
fn same_molecule(one: &Formula, other: &Formula) -> bool {
    one.amounts() == other.amounts()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(text: &str) -> Formula {
        Formula::parse(text).expect(text)
    }

    #[test]
    fn air_is_dry_air_at_one_atmosphere() {
        let air = Atmosphere::air();
        assert!((air.pressure_bar(&formula("CO2")) - 4e-4 * 1.01325).abs() < 1e-12);
        assert!((air.pressure_bar(&formula("O2")) - 0.2122).abs() < 1e-4);
        let total: f64 = air.gases().iter().map(|(_, bar)| bar).sum();
        assert!((total - 1.01325).abs() < 1e-4);
        assert_eq!(air.pressure_bar(&formula("H2O")), TRACE_BAR);
        assert!(air.named_bar(&formula("O3")).is_none());
    }

    #[test]
    fn pressures_are_positive_and_named_once() {
        assert!(Atmosphere::custom(vec![(formula("O2"), 0.0)]).is_err());
        assert!(Atmosphere::custom(vec![(formula("O2"), f64::NAN)]).is_err());
        assert!(Atmosphere::custom(vec![(formula("O2"), 0.2), (formula("O2"), 0.1)]).is_err());
        let mixed =
            Atmosphere::custom(vec![(formula("O2"), 0.21), (formula("CO2"), 4e-4)]).expect("a gas");
        assert_eq!(mixed.pressure_bar(&formula("CO2")), 4e-4);
        let text = serde_json::to_string(&mixed).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Atmosphere>(&text).expect("again"),
            mixed
        );
        assert!(text.contains("partial_pressures_bar"));
    }
}
