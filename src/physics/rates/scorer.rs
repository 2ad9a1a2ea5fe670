//! The scores of ReactCA (Gallant, McDermott, Li, Persson, Chem. Mater. 37, 210, 2025; formulas from the public
//! code of rxn-ca). They are relative rates without a unit: the driving force through a smooth step in the reaction
//! energy, mobility through the homologous temperature after Tammann (bulk, about 0.5 to 0.8 of the melting point)
//! and Hüttig (surface, about a third of it).

use libm::{erf, exp, log1p};

/// What a score may depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreInput {
    /// Reaction energy at this temperature and these gas pressures, eV per atom that takes part.
    pub energy_ev_per_atom: f64,
    pub temperature_k: f64,
    /// Lowest melting point among the reactants that are not gases. Needed where
    /// [`Scorer::needs_melting_points`] says so; a score that needs it is zero without it.
    pub melting_k: Option<f64>,
    /// Reactants that are not gases.
    pub condensed_reactants: usize,
    pub gas_reactants: usize,
}

/// A published score, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scorer {
    TammanHuttigErf,
    Tamman,
    TammanHuttigSoftplus,
    TammanHuttigExponential,
    GibbsErf,
    TammanTightLinear,
    Constant,
}

const REACTCA: &str =
    "ReactCA, Chem. Mater. 37, 210 (2025); formula from the public code of rxn-ca";

impl Scorer {
    /// Every scorer, the default of the published recipes first.
    pub fn all() -> &'static [Scorer] {
        &[
            Scorer::TammanHuttigErf,
            Scorer::Tamman,
            Scorer::TammanHuttigSoftplus,
            Scorer::TammanHuttigExponential,
            Scorer::GibbsErf,
            Scorer::TammanTightLinear,
            Scorer::Constant,
        ]
    }

    pub fn name(self) -> &'static str {
        match self {
            Scorer::TammanHuttigErf => "tamman_huttig_erf",
            Scorer::Tamman => "tamman",
            Scorer::TammanHuttigSoftplus => "tamman_huttig_softplus",
            Scorer::TammanHuttigExponential => "tamman_huttig_exponential",
            Scorer::GibbsErf => "gibbs_erf",
            Scorer::TammanTightLinear => "tamman_tight_linear",
            Scorer::Constant => "constant",
        }
    }

    /// By name; Tammann may be spelled with one n, as in the published code, or with two, as he did.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.replace("tammann", "tamman");
        Scorer::all()
            .iter()
            .copied()
            .find(|scorer| scorer.name() == name)
    }

    /// One sentence for the user.
    pub fn doc(self) -> &'static str {
        match self {
            Scorer::TammanHuttigErf => {
                "Step in the reaction energy times mobility: Hüttig's for a single condensed reactant, else Tammann's."
            }
            Scorer::Tamman => "Step in the reaction energy times Tammann's mobility.",
            Scorer::TammanHuttigSoftplus => {
                "Soft ramp in the reaction energy times mobility: Hüttig's if a gas is among the reactants, else Tammann's."
            }
            Scorer::TammanHuttigExponential => {
                "As tamman_huttig_softplus, with mobilities exponential in the homologous temperature."
            }
            Scorer::GibbsErf => {
                "Step in the reaction energy alone: thermodynamics without mobility."
            }
            Scorer::TammanTightLinear => {
                "Step in the reaction energy times a tight step at 0.6 of the melting point, linear above it."
            }
            Scorer::Constant => "One for every reaction.",
        }
    }

    pub fn source(self) -> &'static str {
        REACTCA
    }

    /// Whether the score is undefined without a melting point.
    pub fn needs_melting_points(self) -> bool {
        !matches!(self, Scorer::GibbsErf | Scorer::Constant)
    }

    /// The score, at least zero, without a unit.
    pub fn score(self, input: &ScoreInput) -> f64 {
        let energy = input.energy_ev_per_atom;
        let homologous = match input.melting_k {
            Some(melting) => input.temperature_k / melting,
            None if self.needs_melting_points() => return 0.0,
            None => 0.0,
        };
        match self {
            Scorer::TammanHuttigErf if input.condensed_reactants == 1 => {
                step(energy) * huttig(homologous)
            }
            Scorer::TammanHuttigErf | Scorer::Tamman => step(energy) * tamman(homologous),
            Scorer::TammanHuttigSoftplus => {
                let mobility = if input.gas_reactants > 0 {
                    huttig
                } else {
                    tamman
                };
                ramp(energy) * mobility(homologous)
            }
            Scorer::TammanHuttigExponential => {
                let exponent = if input.gas_reactants > 0 {
                    2.41 * homologous - 0.8
                } else {
                    4.82 * homologous - 3.21
                };
                ramp(energy) * exp(exponent)
            }
            Scorer::GibbsErf => step(energy),
            Scorer::TammanTightLinear => {
                0.5 * (1.0 + erf(20.0 * (homologous - 0.6))) * homologous / 0.6 * step(energy)
            }
            Scorer::Constant => 1.0,
        }
    }
}

/// Near one below −72 meV/atom, one half at −30 meV/atom, near zero for what runs uphill.
fn step(energy_ev_per_atom: f64) -> f64 {
    0.5 * (1.0 + erf(-35.0 * (energy_ev_per_atom + 0.03)))
}

fn ramp(energy_ev_per_atom: f64) -> f64 {
    softplus(-3.0 * (2.0 * energy_ev_per_atom + 0.8)) / 3.0
}

fn tamman(homologous: f64) -> f64 {
    softplus(14.0 * (homologous - 0.8))
}

fn huttig(homologous: f64) -> f64 {
    0.25 * softplus(30.0 * (homologous - 0.33))
}

/// ln(1 + eᵘ) without overflow.
fn softplus(u: f64) -> f64 {
    u.max(0.0) + log1p(exp(-u.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: ScoreInput = ScoreInput {
        energy_ev_per_atom: -0.241,
        temperature_k: 1000.0,
        melting_k: Some(2093.0),
        condensed_reactants: 2,
        gas_reactants: 0,
    };

    #[test]
    fn the_step_has_its_published_values() {
        for (energy, expected, tolerance) in [
            (-0.03, 0.5, 1e-15),
            (-0.072, 0.98, 2e-3),
            (0.0, 0.07, 2e-3),
            (0.034, 7e-4, 1e-4),
        ] {
            assert!(
                (step(energy) - expected).abs() < tolerance,
                "{energy}: {}",
                step(energy)
            );
        }
    }

    #[test]
    fn what_runs_far_downhill_scores_the_same() {
        // The four titanates from BaO + TiO2 at 1000 K: 0.010927 for each, the published scorer's lack of selectivity.
        for energy in [-0.241, -0.299, -0.194, -0.126] {
            let score = Scorer::TammanHuttigErf.score(&ScoreInput {
                energy_ev_per_atom: energy,
                ..INPUT
            });
            assert!((score - 0.010927).abs() < 1e-6, "{energy}: {score}");
        }
    }

    #[test]
    fn each_formula_by_hand() {
        let x = 1000.0 / 2093.0f64;
        let by_hand = [
            (
                Scorer::TammanHuttigErf,
                step(-0.241) * (1.0 + (14.0 * (x - 0.8)).exp()).ln(),
            ),
            (
                Scorer::Tamman,
                step(-0.241) * (1.0 + (14.0 * (x - 0.8)).exp()).ln(),
            ),
            (
                Scorer::TammanHuttigSoftplus,
                (1.0 + (3.0 * (0.482 - 0.8f64)).exp()).ln() / 3.0
                    * (1.0 + (14.0 * (x - 0.8)).exp()).ln(),
            ),
            (
                Scorer::TammanHuttigExponential,
                (1.0 + (3.0 * (0.482 - 0.8f64)).exp()).ln() / 3.0 * (4.82 * x - 3.21).exp(),
            ),
            (Scorer::GibbsErf, step(-0.241)),
            (
                Scorer::TammanTightLinear,
                0.5 * (1.0 + erf(20.0 * (x - 0.6))) * x / 0.6 * step(-0.241),
            ),
            (Scorer::Constant, 1.0),
        ];
        assert_eq!(by_hand.len(), Scorer::all().len());
        for (scorer, expected) in by_hand {
            let score = scorer.score(&INPUT);
            assert!(
                (score / expected - 1.0).abs() < 1e-12,
                "{}: {score} {expected}",
                scorer.name()
            );
        }
        let gas = ScoreInput {
            condensed_reactants: 1,
            gas_reactants: 1,
            ..INPUT
        };
        let surface = 0.25 * (1.0 + (30.0 * (x - 0.33)).exp()).ln();
        let driving = (1.0 + (3.0 * (0.482 - 0.8f64)).exp()).ln() / 3.0;
        for (scorer, expected) in [
            (Scorer::TammanHuttigErf, step(-0.241) * surface),
            (Scorer::TammanHuttigSoftplus, driving * surface),
            (
                Scorer::TammanHuttigExponential,
                driving * (2.41 * x - 0.8).exp(),
            ),
        ] {
            assert!(
                (scorer.score(&gas) / expected - 1.0).abs() < 1e-12,
                "{}",
                scorer.name()
            );
        }
    }

    #[test]
    fn names_are_found_again() {
        for scorer in Scorer::all() {
            assert_eq!(Scorer::from_name(scorer.name()), Some(*scorer));
            assert!(!scorer.doc().is_empty() && !scorer.source().is_empty());
        }
        assert_eq!(
            Scorer::from_name("tammann_huttig_erf"),
            Some(Scorer::TammanHuttigErf)
        );
        assert_eq!(Scorer::from_name("TammanScore"), None);
    }

    #[test]
    fn no_melting_point_no_score_where_one_is_needed() {
        for &scorer in Scorer::all() {
            let score = scorer.score(&ScoreInput {
                melting_k: None,
                ..INPUT
            });
            assert_eq!(
                score == 0.0,
                scorer.needs_melting_points(),
                "{}",
                scorer.name()
            );
        }
    }
}
