//! Where the scores of the reactions come from.

use super::{Atmosphere, AutomatonError, Chemistry};
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::rates::{ScoreInput, Scorer};

/// Relative rates of all reactions at a temperature and in an atmosphere.
pub trait Kinetics: Sync {
    /// Writes one score for each reaction of the chemistry: a number that is zero or more.
    fn scores(
        &self,
        temperature_k: f64,
        atmosphere: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError>;
}

/// Reaction energies at any temperature and gas pressures.
pub trait Energies: Sync {
    /// Energy of reaction `reaction`, eV per atom that takes part.
    fn reaction_ev_per_atom(
        &self,
        reaction: usize,
        temperature_k: f64,
        atmosphere: &Atmosphere,
    ) -> f64;
}

impl<F: Fn(usize, f64, &Atmosphere) -> f64 + Sync> Energies for F {
    fn reaction_ev_per_atom(
        &self,
        reaction: usize,
        temperature_k: f64,
        atmosphere: &Atmosphere,
    ) -> f64 {
        self(reaction, temperature_k, atmosphere)
    }
}

/// A scorer on reaction energies.
pub struct Scored<E> {
    scorer: Scorer,
    energies: E,
    inputs: Vec<ScoreInput>,
}

impl<E: Energies> Scored<E> {
    /// Fails where the scorer needs a melting point that a condensed reactant does not have.
    pub fn new(scorer: Scorer, chemistry: &Chemistry, energies: E) -> Result<Self, AutomatonError> {
        let mut inputs = Vec::with_capacity(chemistry.reactions().len());
        for reaction in chemistry.reactions() {
            let mut lowest: Option<f64> = None;
            for &(phase, _) in &reaction.consumed {
                let phase = &chemistry.phases()[usize::from(phase)];
                match phase.melting_k {
                    Some(melting) => lowest = Some(lowest.map_or(melting, |low| low.min(melting))),
                    None if scorer.needs_melting_points() => {
                        return Err(AutomatonError::NoMeltingPoint(
                            phase.name.clone(),
                            scorer.name(),
                        ));
                    }
                    None => {}
                }
            }
            inputs.push(ScoreInput {
                energy_ev_per_atom: 0.0,
                temperature_k: 0.0,
                melting_k: lowest,
                condensed_reactants: reaction.condensed_reactants(),
                gas_reactants: reaction.gas_reactants(),
            });
        }
        Ok(Scored {
            scorer,
            energies,
            inputs,
        })
    }
}

impl<E: Energies> Kinetics for Scored<E> {
    fn scores(
        &self,
        temperature_k: f64,
        atmosphere: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError> {
        for (r, (input, score)) in self.inputs.iter().zip(scores).enumerate() {
            *score = self.scorer.score(&ScoreInput {
                energy_ev_per_atom: self.energies.reaction_ev_per_atom(
                    r,
                    temperature_k,
                    atmosphere,
                ),
                temperature_k,
                ..*input
            });
        }
        Ok(())
    }
}

/// Scores given for certain temperatures and no others, as published libraries have them.
pub struct TabulatedScores {
    /// Temperature in K and one score for each reaction.
    pub rows: Vec<(f64, Vec<f64>)>,
}

impl Kinetics for TabulatedScores {
    fn scores(
        &self,
        temperature_k: f64,
        _: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError> {
        match self.rows.iter().find(|(known, _)| *known == temperature_k) {
            Some((_, row)) if row.len() == scores.len() => {
                scores.copy_from_slice(row);
                Ok(())
            }
            _ => {
                let known: Vec<String> = self.rows.iter().map(|(t, _)| format!("{t} K")).collect();
                Err(AutomatonError::NoScores {
                    temperature_k,
                    known: known.join(", "),
                })
            }
        }
    }
}

/// Reaction energies from Gibbs energies of the phases on a grid of temperatures, linear between its points; gases
/// at the pressure that the atmosphere gives them (1 atm where it gives none), as ideal gases.
pub struct GibbsTable {
    temperatures_k: Vec<f64>,
    /// By reaction, then by temperature: energy per atom with every gas at 1 atm.
    reaction_ev_per_atom: Vec<Vec<f64>>,
    /// By reaction: gases with molecules produced (less consumed) per atom that takes part.
    gases_per_atom: Vec<Vec<(usize, f64)>>,
}

impl GibbsTable {
    /// `gibbs_ev` by phase, then by temperature: Gibbs energy of one formula unit on one common scale, eV, gases at
    /// 1 atm. Temperatures rise; outside them the nearest two are extrapolated.
    pub fn new(
        chemistry: &Chemistry,
        temperatures_k: Vec<f64>,
        gibbs_ev: &[Vec<f64>],
    ) -> Result<Self, AutomatonError> {
        let rising = temperatures_k.windows(2).all(|pair| pair[0] < pair[1]);
        let complete = gibbs_ev.len() == chemistry.phases().len()
            && gibbs_ev.iter().all(|row| row.len() == temperatures_k.len());
        if !rising || !complete || temperatures_k.is_empty() {
            return Err(AutomatonError::BadState(
                "Gibbs energies need rising temperatures and one value for each phase and temperature".into(),
            ));
        }
        let mut reaction_ev_per_atom = Vec::new();
        let mut gases_per_atom = Vec::new();
        for reaction in chemistry.reactions() {
            let spec = &reaction.spec;
            let atoms: f64 = spec
                .reactants
                .iter()
                .map(|&(p, nu)| {
                    nu * chemistry.phases()[p]
                        .amounts
                        .iter()
                        .map(|(_, n)| n)
                        .sum::<f64>()
                })
                .sum();
            let change: Vec<(usize, f64)> = spec
                .products
                .iter()
                .map(|&(p, nu)| (p, nu / atoms))
                .chain(spec.reactants.iter().map(|&(p, nu)| (p, -nu / atoms)))
                .collect();
            reaction_ev_per_atom.push(
                (0..temperatures_k.len())
                    .map(|t| change.iter().map(|&(p, nu)| nu * gibbs_ev[p][t]).sum())
                    .collect(),
            );
            gases_per_atom.push(
                change
                    .into_iter()
                    .filter(|&(p, _)| chemistry.phases()[p].is_gas)
                    .collect(),
            );
        }
        Ok(GibbsTable {
            temperatures_k,
            reaction_ev_per_atom,
            gases_per_atom,
        })
    }
}

impl Energies for GibbsTable {
    fn reaction_ev_per_atom(
        &self,
        reaction: usize,
        temperature_k: f64,
        atmosphere: &Atmosphere,
    ) -> f64 {
        let row = &self.reaction_ev_per_atom[reaction];
        let knots = &self.temperatures_k;
        let standard = if knots.len() == 1 {
            row[0]
        } else {
            let upper = knots
                .partition_point(|&knot| knot <= temperature_k)
                .clamp(1, knots.len() - 1);
            let t = (temperature_k - knots[upper - 1]) / (knots[upper] - knots[upper - 1]);
            row[upper - 1] + t * (row[upper] - row[upper - 1])
        };
        let pressures: f64 = self.gases_per_atom[reaction]
            .iter()
            .map(|&(gas, nu)| nu * libm::log(atmosphere.pressure_atm(gas).unwrap_or(1.0)))
            .sum();
        standard + BOLTZMANN_EV_PER_K * temperature_k * pressures
    }
}
