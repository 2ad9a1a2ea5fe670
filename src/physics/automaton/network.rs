//! A reaction network with its kinetics: what a firing needs to know about the chemistry.

use serde::{Deserialize, Serialize};

use super::{
    Atmosphere, AutomatonError, Chemistry, Kinetics, PhaseSpec, ReactionSpec, Scored,
    VolumeRounding,
};
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA};
use crate::base::{Formula, Phase};
use crate::physics::networks::ReactionLibrary;
use crate::physics::rates::Scorer;
use crate::physics::thermo::TRACE_BAR;

/// Reactions with Gibbs energies by temperature, and the score that turns energies into rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The scorer's name.
    kinetics: String,
    library: ReactionLibrary,
}

impl Network {
    pub fn new(scorer: Scorer, library: ReactionLibrary) -> Self {
        Network {
            kinetics: scorer.name().to_owned(),
            library,
        }
    }

    pub fn scorer(&self) -> Scorer {
        Scorer::from_name(&self.kinetics).unwrap_or(Scorer::TammanHuttigErf)
    }

    pub fn library(&self) -> &ReactionLibrary {
        &self.library
    }

    /// Temperatures at which energies are known, K.
    pub fn range_k(&self) -> (f64, f64) {
        let knots = self.library.temperatures_k();
        (
            knots.first().copied().unwrap_or(0.0),
            knots.last().copied().unwrap_or(0.0),
        )
    }

    /// The phase that a name means: an exact one, or the only one with this formula.
    pub fn find(&self, phase: &Phase) -> Option<usize> {
        self.library.find(phase).or_else(|| {
            let mut same = (0..self.library.phases().len()).filter(|at| {
                let known = &self.library.phases()[*at].phase.formula;
                phase.label.is_none() && known.amounts() == phase.formula.amounts()
            });
            let first = same.next()?;
            same.next().is_none().then_some(first)
        })
    }

    /// The gas of this formula.
    pub fn gas(&self, formula: &Formula) -> Option<usize> {
        self.library
            .phases()
            .iter()
            .position(|one| one.gas && one.phase.formula.same_composition(formula))
    }

    /// The network as the automaton reads it, phases and reactions in the same order.
    pub fn chemistry(&self) -> Result<Chemistry, AutomatonError> {
        let phases = self
            .library
            .phases()
            .iter()
            .map(|one| PhaseSpec {
                name: one.phase.to_string(),
                volume_ang3: one.volume_ang3,
                amounts: one
                    .phase
                    .formula
                    .amounts()
                    .iter()
                    .map(|(element, amount)| (*element, amount.to_f64()))
                    .collect(),
                is_gas: one.gas,
                melting_k: one.melting_k,
            })
            .collect();
        let side = |side: &[(i64, usize)]| {
            side.iter()
                .map(|(amount, at)| (*at, *amount as f64))
                .collect()
        };
        let reactions = self
            .library
            .reactions()
            .iter()
            .map(|one| ReactionSpec {
                reactants: side(&one.reactants),
                products: side(&one.products),
            })
            .collect();
        Chemistry::new(phases, reactions, VolumeRounding::None)
    }

    /// Scores at the temperature and gas pressures of the moment. A gas that the atmosphere does not name stands at
    /// a trace of [`TRACE_BAR`]. Below the lowest temperature of the energies nothing reacts; above the highest is
    /// an error.
    pub fn kinetics<'a>(
        &'a self,
        chemistry: &Chemistry,
    ) -> Result<impl Kinetics + use<'a>, AutomatonError> {
        let (lowest_k, highest_k) = self.range_k();
        let library = &self.library;
        let energies = move |reaction: usize, t_k: f64, atmosphere: &Atmosphere| {
            let pressure_bar = |gas: &Phase| {
                let atm = library.find(gas).and_then(|at| atmosphere.pressure_atm(at));
                atm.map_or(TRACE_BAR, |atm| atm * ATMOSPHERE_PA / BAR_PA)
            };
            // Within the range there is an energy for every reaction of the library.
            library
                .reactions()
                .get(reaction)
                .and_then(|one| library.reaction_ev_per_atom(one, t_k, &pressure_bar).ok())
                .unwrap_or(f64::INFINITY)
        };
        Ok(Bounded {
            inner: Scored::new(self.scorer(), chemistry, energies)?,
            lowest_k,
            highest_k,
        })
    }
}

struct Bounded<K> {
    inner: K,
    lowest_k: f64,
    highest_k: f64,
}

impl<K: Kinetics> Kinetics for Bounded<K> {
    fn scores(
        &self,
        temperature_k: f64,
        atmosphere: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError> {
        if temperature_k < self.lowest_k {
            scores.fill(0.0);
            return Ok(());
        }
        if temperature_k > self.highest_k {
            return Err(AutomatonError::NoScores {
                temperature_k,
                known: format!("energies from {} K to {} K", self.lowest_k, self.highest_k),
            });
        }
        self.inner.scores(temperature_k, atmosphere, scores)
    }
}
