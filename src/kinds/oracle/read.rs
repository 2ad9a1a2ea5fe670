//! Words and their arguments, made into a potential. Findings go to `checked`.

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::physics::oracle::Analytic;
use crate::physics::potential::coulomb::{Charges, DampedShiftedForce, Ewald, Summation, Wolf};
use crate::physics::potential::{
    BornMayerHuggins, BornMayerHugginsPair, Buckingham, BuckinghamPair, ByPair, LennardJones,
    LennardJonesPair, Morse, MorsePair, PMMCS_SHORT_CUTOFF_ANG, Tabulated, TabulatedPair,
    Truncation, Zbl,
};
use crate::run::kind::{Checked, Finding, Node, Source, Value};

/// The field that findings point to.
const METHOD: &str = "method";

pub(super) fn model(node: &Node<'_>, checked: &mut Checked) -> Option<Analytic> {
    let method = node.value(METHOD);
    let model = match method.get("model")? {
        Value::List(parts) if parts.is_empty() => {
            fault(
                checked,
                "a potential without parts is none",
                "an empty list",
                "write `analytic(pmmcs)`, or parts like `[ewald(…), buckingham(…)]`",
            );
            return None;
        }
        Value::List(parts) => {
            // All of them, so that every fault is found.
            let parts: Vec<Option<Analytic>> = parts
                .iter()
                .map(|part| Part { node, part }.read(checked))
                .collect();
            Analytic::Sum(parts.into_iter().collect::<Option<_>>()?)
        }
        part => Part { node, part }.read(checked)?,
    };
    let gaps = model.gaps();
    if let Some(gap) = gaps.first() {
        let (a, b) = (gap.first, gap.second);
        let all: Vec<String> = gaps
            .iter()
            .map(|gap| format!("{}-{}", gap.first, gap.second))
            .collect();
        let headline = if gap.attract {
            format!("nothing keeps {a} and {b} apart, whose charges attract each other")
        } else {
            format!("nothing is said of {a} and {b}, and no charge keeps them apart")
        };
        fault(
            checked,
            &headline,
            &format!("lacks {}", all.join(", ")),
            &format!(
                "add `{{ between: [{a}, {b}], … }}` to the pairs, with an energy of 0 if they are not to feel each other"
            ),
        );
        return None;
    }
    Some(model)
}

fn fault(checked: &mut Checked, headline: &str, label: &str, help: &str) {
    checked.finding(Finding::new(METHOD, codes::POTENTIAL, headline, label).help(help));
}

/// A model as it was written.
struct Part<'a> {
    node: &'a Node<'a>,
    part: &'a Value,
}

impl Part<'_> {
    fn read(&self, checked: &mut Checked) -> Option<Analytic> {
        let (word, _) = self.part.as_choice()?;
        let accuracy = || self.number("accuracy");
        let cutoff = || self.number("cutoff");
        Some(match word {
            "pmmcs" => Analytic::Pmmcs {
                ewald_accuracy: self
                    .part
                    .get("charges")
                    .and_then(|charges| charges.get("accuracy"))
                    .and_then(Value::as_f64),
                truncation: self.truncation(PMMCS_SHORT_CUTOFF_ANG, checked)?,
            },
            "matsui_akaogi" => Analytic::MatsuiAkaogi {
                cutoff_ang: cutoff()?,
                accuracy: accuracy()?,
                truncation: self.truncation(cutoff()?, checked)?,
            },
            "tosi_fumi" => Analytic::TosiFumi {
                cutoff_ang: cutoff()?,
                accuracy: accuracy()?,
                truncation: self.truncation(cutoff()?, checked)?,
            },
            "lennard_jones" => {
                let pair = |of: &Value| {
                    Some(LennardJonesPair {
                        epsilon_ev: of.get("epsilon")?.as_f64()?,
                        sigma_ang: of.get("sigma")?.as_f64()?,
                    })
                };
                let mut pairs = match self.part.get("pairs") {
                    Some(Value::List(_)) => self.pairs(checked, |of, _| pair(of))?,
                    _ => ByPair::new(),
                };
                match (self.number("epsilon"), self.number("sigma")) {
                    (Some(_), Some(_)) => pairs = pairs.otherwise(pair(self.part)?),
                    (None, None) if pairs.values().next().is_some() => {}
                    _ => {
                        fault(
                            checked,
                            "Lennard-Jones needs a depth and a length",
                            "one is missing",
                            "give `epsilon: 0.0104 eV, sigma: 3.4 Å` for all pairs, or `pairs` with both",
                        );
                        return None;
                    }
                }
                Analytic::LennardJones(LennardJones {
                    pairs,
                    cutoff_ang: cutoff()?,
                    truncation: self.truncation(cutoff()?, checked)?,
                    tail: self.word("truncation") == Some("tail"),
                })
            }
            "buckingham" => Analytic::Buckingham(Buckingham {
                pairs: self.pairs(checked, |of, _| {
                    Some(BuckinghamPair {
                        a_ev: of.get("a")?.as_f64()?,
                        rho_ang: of.get("rho")?.as_f64()?,
                        c_ev_ang6: of.get("c")?.as_f64()?,
                    })
                })?,
                cutoff_ang: cutoff()?,
                truncation: self.truncation(cutoff()?, checked)?,
                guard: self.flag("guard"),
            }),
            "born_mayer_huggins" => Analytic::BornMayerHuggins(BornMayerHuggins {
                pairs: self.pairs(checked, |of, _| {
                    Some(BornMayerHugginsPair {
                        a_ev: of.get("a")?.as_f64()?,
                        sigma_ang: of.get("sigma")?.as_f64()?,
                        rho_ang: of.get("rho")?.as_f64()?,
                        c_ev_ang6: of.get("c")?.as_f64()?,
                        d_ev_ang8: of.get("d")?.as_f64()?,
                    })
                })?,
                cutoff_ang: cutoff()?,
                truncation: self.truncation(cutoff()?, checked)?,
                guard: self.flag("guard"),
            }),
            "morse" => Analytic::Morse(Morse {
                pairs: self.pairs(checked, |of, _| {
                    Some(MorsePair {
                        depth_ev: of.get("depth")?.as_f64()?,
                        stiffness_per_ang: of.get("stiffness")?.as_f64()?,
                        distance_ang: of.get("distance")?.as_f64()?,
                        repulsion_ev_ang12: of.get("repulsion")?.as_f64()?,
                    })
                })?,
                cutoff_ang: cutoff()?,
                truncation: self.truncation(cutoff()?, checked)?,
            }),
            "tabulated" => {
                let pairs = self.pairs(checked, |of, checked| self.table(of, checked))?;
                let reaches = pairs.values().map(TabulatedPair::reach_ang);
                let longest_ang = reaches.fold(0.0, f64::max);
                Analytic::Tabulated(Tabulated {
                    pairs,
                    truncation: self.truncation(longest_ang, checked)?,
                })
            }
            "damped" | "wolf" => {
                let charges = self.charges()?;
                let alpha_per_ang = self.number("alpha")?;
                let cutoff_ang = cutoff()?;
                if word == "wolf" {
                    Analytic::Wolf(Wolf {
                        charges,
                        alpha_per_ang,
                        cutoff_ang,
                    })
                } else {
                    Analytic::DampedShiftedForce(DampedShiftedForce {
                        charges,
                        alpha_per_ang,
                        cutoff_ang,
                    })
                }
            }
            "ewald" => Analytic::Ewald(Ewald {
                summation: match self.word("waves")? {
                    "direct" => Summation::Direct,
                    "mesh" => Summation::Mesh,
                    _ => Summation::Automatic,
                },
                ..Ewald::new(self.charges()?, cutoff()?, accuracy()?)
            }),
            _ => {
                let (from_ang, cutoff_ang) = (self.number("from")?, cutoff()?);
                if from_ang >= cutoff_ang {
                    fault(
                        checked,
                        "a repulsion of nuclei that is gone before it is fully there",
                        &format!("from {from_ang} Å to {cutoff_ang} Å"),
                        "write `zbl(from: 0.8 Å, cutoff: 1.5 Å)`",
                    );
                    return None;
                }
                Analytic::Zbl(Zbl {
                    from_ang,
                    cutoff_ang,
                })
            }
        })
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.part.get(name)?.as_f64()
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.part.get(name), Some(Value::Boolean(true)))
    }

    fn word(&self, name: &str) -> Option<&str> {
        Some(self.part.get(name)?.as_choice()?.0)
    }

    fn truncation(&self, cutoff_ang: f64, checked: &mut Checked) -> Option<Truncation> {
        Some(match self.word("truncation")? {
            "cut" | "tail" => Truncation::Cut,
            "force_shifted" => Truncation::ForceShifted,
            "smooth" => {
                let over = self.part.get("truncation")?.get("over")?.as_f64()?;
                if over >= cutoff_ang {
                    fault(
                        checked,
                        &format!(
                            "a potential that ends at {cutoff_ang} Å is not brought to zero over {over} Å"
                        ),
                        "too long",
                        "write `truncation: smooth(over: 0.5 Å)`",
                    );
                    return None;
                }
                Truncation::Smooth {
                    from_ang: cutoff_ang - over,
                }
            }
            _ => Truncation::Shifted,
        })
    }

    fn charges(&self) -> Option<Charges> {
        let Value::Record(entries) = self.part.get("charges")? else {
            return None;
        };
        let charges = entries
            .iter()
            .map(|(symbol, charge)| Some((Element::from_symbol(symbol)?, charge.as_f64()?)));
        Some(Charges::new(charges.collect::<Option<Vec<_>>>()?))
    }

    /// The parameters of each pair.
    fn pairs<P>(
        &self,
        checked: &mut Checked,
        read: impl Fn(&Value, &mut Checked) -> Option<P>,
    ) -> Option<ByPair<P>> {
        let mut pairs = ByPair::new();
        for row in self.part.get("pairs")?.as_list()? {
            let symbols: Vec<Element> = row
                .get("between")?
                .as_list()?
                .iter()
                .filter_map(|value| Element::from_symbol(value.as_phase()?.formula.text()))
                .collect();
            let [first, second] = symbols[..] else {
                fault(
                    checked,
                    "a pair is one of two elements",
                    &format!("{} in `between`", symbols.len()),
                    "write `between: [Ba, O]`, and `[O, O]` for a pair of the same",
                );
                return None;
            };
            if pairs.get(first, second).is_some() {
                fault(
                    checked,
                    &format!("the pair {first}-{second} is given twice"),
                    "in one list of pairs",
                    "leave one of them out; what acts besides is another part, as in `analytic([buckingham(…), morse(…)])`",
                );
                return None;
            }
            pairs = pairs.with(first, second, read(row, checked)?);
        }
        Some(pairs)
    }

    fn table(&self, row: &Value, checked: &mut Checked) -> Option<TabulatedPair> {
        let Value::Path(path) = row.get("file")? else {
            return None;
        };
        let mut fault = |headline: String, help: String| {
            let finding = Finding::new(METHOD, codes::POTENTIAL_FILE, headline, "this file");
            checked.finding(finding.help(help));
        };
        let bytes = match self.node.bytes(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                fault(
                    error.to_string(),
                    "give the name of a file beside the recipe".into(),
                );
                return None;
            }
        };
        match TabulatedPair::read(&bytes) {
            Ok(pair) => {
                checked.sources.push(Source {
                    name: path.to_string(),
                    digest: blake3::hash(&bytes).to_hex().to_string(),
                });
                Some(pair)
            }
            Err(error) => {
                fault(format!("`{path}`, {error}"), error.help);
                None
            }
        }
    }
}
