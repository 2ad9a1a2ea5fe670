//! Potentials in closed form: published models, and pairs and charges with parameters of one's own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::Element;
use crate::physics::potential::coulomb::{Charges, DampedShiftedForce, Ewald, Wolf};
use crate::physics::potential::{
    BornMayerHuggins, Buckingham, LennardJones, Morse, PMMCS_ELEMENTS, PmmcsCoulomb, Potential,
    PotentialError, Sum, Tabulated, Truncation, Zbl, matsui_akaogi, pmmcs, tosi_fumi,
};

/// A potential that is known to the last digit, so that its parameters are all there is to keep of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analytic {
    /// Pedone et al. 2006: oxides. Without `ewald_accuracy` charges are damped and truncated at 8 Å, the published
    /// use for glasses.
    Pmmcs {
        ewald_accuracy: Option<f64>,
        truncation: Truncation,
    },
    /// Matsui and Akaogi 1991: Ti, O.
    MatsuiAkaogi {
        cutoff_ang: f64,
        accuracy: f64,
        truncation: Truncation,
    },
    /// Tosi and Fumi 1964: Na, Cl.
    TosiFumi {
        cutoff_ang: f64,
        accuracy: f64,
        truncation: Truncation,
    },
    LennardJones(LennardJones),
    Buckingham(Buckingham),
    BornMayerHuggins(BornMayerHuggins),
    Morse(Morse),
    Tabulated(Tabulated),
    DampedShiftedForce(DampedShiftedForce),
    Wolf(Wolf),
    Ewald(Ewald),
    /// Screened nuclear repulsion of any elements, brought to zero between two distances.
    Zbl(Zbl),
    /// All of these together.
    Sum(Vec<Analytic>),
}

/// A pair of elements of which nothing is said and which nothing keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub first: Element,
    pub second: Element,
    /// Their charges pull them together; else they do not feel each other at all.
    pub attract: bool,
}

/// Binds the parameters by pair of a part that has them.
macro_rules! with_pairs {
    ($part:expr, $pairs:ident => $some:expr, $none:expr) => {
        match $part {
            Analytic::LennardJones(LennardJones { pairs: $pairs, .. }) => $some,
            Analytic::Buckingham(Buckingham { pairs: $pairs, .. }) => $some,
            Analytic::BornMayerHuggins(BornMayerHuggins { pairs: $pairs, .. }) => $some,
            Analytic::Morse(Morse { pairs: $pairs, .. }) => $some,
            Analytic::Tabulated(Tabulated { pairs: $pairs, .. }) => $some,
            _ => $none,
        }
    };
}

impl Analytic {
    pub fn potential(&self) -> Box<dyn Potential> {
        self.among(&self.named())
    }

    /// Whether it can take these atoms: it knows their elements, and their charges balance.
    pub fn suits(&self, elements: &[Element]) -> Result<(), PotentialError> {
        self.potential().pair_terms(elements).map(|_| ())
    }

    /// As part of a potential that names these elements.
    fn among(&self, named: &BTreeSet<Element>) -> Box<dyn Potential> {
        let mut part = self.clone();
        with_pairs!(&mut part, pairs => *pairs = std::mem::take(pairs).beside(named.iter().copied()), ());
        match part {
            Analytic::Pmmcs {
                ewald_accuracy,
                truncation,
            } => {
                let coulomb = ewald_accuracy.map_or(PmmcsCoulomb::DampedShiftedForce, |accuracy| {
                    PmmcsCoulomb::Ewald { accuracy }
                });
                Box::new(pmmcs(coulomb, truncation))
            }
            Analytic::MatsuiAkaogi {
                cutoff_ang,
                accuracy,
                truncation,
            } => Box::new(matsui_akaogi(cutoff_ang, accuracy, truncation)),
            Analytic::TosiFumi {
                cutoff_ang,
                accuracy,
                truncation,
            } => Box::new(tosi_fumi(cutoff_ang, accuracy, truncation)),
            Analytic::LennardJones(part) => Box::new(part),
            Analytic::Buckingham(part) => Box::new(part),
            Analytic::BornMayerHuggins(part) => Box::new(part),
            Analytic::Morse(part) => Box::new(part),
            Analytic::Tabulated(part) => Box::new(part),
            Analytic::DampedShiftedForce(part) => Box::new(part),
            Analytic::Wolf(part) => Box::new(part),
            Analytic::Ewald(part) => Box::new(part),
            Analytic::Zbl(part) => Box::new(part),
            Analytic::Sum(parts) => Box::new(Sum::new(
                parts.iter().map(|part| part.among(named)).collect(),
            )),
        }
    }

    /// The elements that it knows; none where it takes any. Of a sum those that have charges in each of its parts with
    /// charges and are in a pair of one of its parts with pairs.
    pub fn elements(&self) -> Option<Vec<Element>> {
        let mut known: Option<BTreeSet<Element>> = None;
        let mut narrow = |elements: BTreeSet<Element>| {
            known = Some(match known.take() {
                Some(known) => known.intersection(&elements).copied().collect(),
                None => elements,
            });
        };
        let mut paired: Option<BTreeSet<Element>> = None;
        let mut any = false;
        for part in self.parts() {
            if let Some(elements) = part.complete() {
                narrow(elements);
            } else if let Some(charges) = part.charges() {
                narrow(charges.iter().map(|(element, _)| element).collect());
            } else {
                match with_pairs!(part, pairs => pairs.elements(), None) {
                    Some(elements) => paired.get_or_insert_default().extend(elements),
                    None => any |= !matches!(part, Analytic::Zbl(_)),
                }
            }
        }
        if let Some(paired) = paired
            && !any
            && !self.parts().any(|part| part.complete().is_some())
        {
            narrow(paired);
        }
        known.map(|known| known.into_iter().collect())
    }

    /// Pairs of the elements that it names of which nothing is said although nothing keeps them apart. Ions that repel
    /// each other need no pair.
    pub fn gaps(&self) -> Vec<Gap> {
        let covers_all = |part: &Analytic| {
            let any = with_pairs!(part, pairs => pairs.elements().is_none(), false);
            any || matches!(part, Analytic::Zbl(_)) || part.complete().is_some()
        };
        if self.parts().any(covers_all) {
            return Vec::new();
        }
        let mut charge_e: BTreeMap<Element, f64> = BTreeMap::new();
        for (element, charge) in self
            .parts()
            .filter_map(Analytic::charges)
            .flat_map(Charges::iter)
        {
            *charge_e.entry(element).or_default() += charge;
        }
        let described = |first, second| {
            self.parts()
                .any(|part| with_pairs!(part, pairs => pairs.get(first, second).is_some(), false))
        };
        let named: Vec<Element> = self.named().into_iter().collect();
        let mut gaps = Vec::new();
        for (at, &first) in named.iter().enumerate() {
            for &second in &named[at..] {
                let charge = |element| charge_e.get(element).copied().unwrap_or(0.0);
                let product = charge(&first) * charge(&second);
                if product <= 0.0 && !described(first, second) {
                    gaps.push(Gap {
                        first,
                        second,
                        attract: product < 0.0,
                    });
                }
            }
        }
        gaps
    }

    /// Itself, or what it is the sum of.
    fn parts(&self) -> Box<dyn Iterator<Item = &Analytic> + '_> {
        match self {
            Analytic::Sum(parts) => Box::new(parts.iter().flat_map(Analytic::parts)),
            one => Box::new(std::iter::once(one)),
        }
    }

    /// The elements of a part that says everything of them.
    fn complete(&self) -> Option<BTreeSet<Element>> {
        let symbols: &[&str] = match self {
            Analytic::Pmmcs { .. } => &PMMCS_ELEMENTS,
            Analytic::MatsuiAkaogi { .. } => &["Ti", "O"],
            Analytic::TosiFumi { .. } => &["Na", "Cl"],
            _ => return None,
        };
        Some(
            symbols
                .iter()
                .copied()
                .filter_map(Element::from_symbol)
                .collect(),
        )
    }

    fn charges(&self) -> Option<&Charges> {
        match self {
            Analytic::DampedShiftedForce(part) => Some(&part.charges),
            Analytic::Wolf(part) => Some(&part.charges),
            Analytic::Ewald(part) => Some(&part.charges),
            _ => None,
        }
    }

    /// The elements that occur in it by name.
    fn named(&self) -> BTreeSet<Element> {
        self.parts()
            .flat_map(|part| {
                let charged = part.charges().into_iter().flat_map(Charges::iter);
                let paired = with_pairs!(part, pairs => pairs.elements(), None);
                let mut named = part.complete().or(paired).unwrap_or_default();
                named.extend(charged.map(|(element, _)| element));
                named
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::potential::{BuckinghamPair, ByPair};

    fn element(symbol: &str) -> Element {
        Element::from_symbol(symbol).unwrap()
    }

    fn buckingham(rows: &[(&str, &str, f64, f64, f64)]) -> Analytic {
        Analytic::Buckingham(Buckingham {
            pairs: rows
                .iter()
                .map(|&(first, second, a_ev, rho_ang, c_ev_ang6)| {
                    let pair = BuckinghamPair {
                        a_ev,
                        rho_ang,
                        c_ev_ang6,
                    };
                    (element(first), element(second), pair)
                })
                .collect::<ByPair<_>>(),
            cutoff_ang: 10.0,
            truncation: Truncation::Shifted,
            guard: true,
        })
    }

    fn charges(rows: &[(&str, f64)]) -> Analytic {
        let charges = Charges::new(
            rows.iter()
                .map(|(symbol, charge)| (element(symbol), *charge)),
        );
        Analytic::Ewald(Ewald::new(charges, 10.0, 1e-5))
    }

    const OXIDES: [(&str, &str, f64, f64, f64); 3] = [
        ("Ba", "O", 931.7, 0.3949, 0.0),
        ("Ti", "O", 754.2, 0.3879, 0.0),
        ("O", "O", 22764.3, 0.149, 27.88),
    ];

    #[test]
    fn a_pair_that_nothing_keeps_apart_is_a_gap() {
        let ions = [("Ba", 2.0), ("Ti", 4.0), ("O", -2.0)];
        let whole = Analytic::Sum(vec![charges(&ions), buckingham(&OXIDES)]);
        assert_eq!(whole.gaps(), []);
        let symbols = ["O", "Ti", "Ba"].map(element);
        assert_eq!(whole.elements().as_deref(), Some(&symbols[..]));
        let lacking = Analytic::Sum(vec![charges(&ions), buckingham(&[OXIDES[0], OXIDES[2]])]);
        let gap = Gap {
            first: element("O"),
            second: element("Ti"),
            attract: true,
        };
        assert_eq!(lacking.gaps(), [gap]);
        assert_eq!(lacking.elements().unwrap().len(), 2);
        let alone = buckingham(&[("Ti", "O", 754.2, 0.3879, 0.0)]);
        let unfelt: Vec<_> = alone
            .gaps()
            .iter()
            .map(|gap| (gap.first, gap.second, gap.attract))
            .collect();
        assert_eq!(
            unfelt,
            [
                (element("O"), element("O"), false),
                (element("Ti"), element("Ti"), false)
            ]
        );
        let core = Analytic::Zbl(Zbl {
            from_ang: 0.8,
            cutoff_ang: 1.5,
        });
        assert_eq!(Analytic::Sum(vec![lacking, core]).gaps(), []);
    }

    #[test]
    fn parts_of_a_sum_may_speak_of_different_pairs() {
        let mixed = Analytic::Sum(vec![
            charges(&[("Ba", 2.0), ("Ti", 4.0), ("O", -2.0)]),
            buckingham(&[OXIDES[0], OXIDES[2]]),
            buckingham(&[OXIDES[1]]),
        ]);
        assert_eq!(mixed.gaps(), []);
        let perovskite = ["Ba", "Ti", "O", "O", "O"].map(element);
        assert_eq!(mixed.suits(&perovskite), Ok(()));
        let charged = mixed.suits(&perovskite[..4]).unwrap_err();
        assert_eq!(charged, PotentialError::Charged { net_e: 2.0 });
        let strange = mixed.suits(&[element("Si")]).unwrap_err();
        assert_eq!(strange, PotentialError::UnknownElement(element("Si")));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let whole = Analytic::Sum(vec![
            charges(&[("Ti", 4.0), ("O", -2.0)]),
            buckingham(&OXIDES),
        ]);
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Analytic>(&text).unwrap(), whole);
    }
}
