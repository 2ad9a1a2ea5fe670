use std::collections::BTreeSet;

use super::{NetworkError, NetworkReaction};
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::base::{Element, Formula, Phase, Rational, Reaction, imbalances};
use crate::physics::thermo::{PhaseData, State, ThermoError};

/// A phase of a network.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NetworkPhase {
    pub phase: Phase,
    pub gas: bool,
    #[serde(rename = "volume_A3_per_formula_unit")]
    pub volume_ang3: Option<f64>,
    #[serde(rename = "melting_point_K")]
    pub melting_k: Option<f64>,
    /// Gibbs energy, eV per formula unit on a scale common to the network, at each of its temperatures; gases at
    /// 1 bar.
    #[serde(rename = "gibbs_eV_per_formula_unit")]
    pub gibbs_ev: Vec<f64>,
}

impl NetworkPhase {
    /// A phase of a set with its energies at the temperatures of a network.
    pub fn new(data: &PhaseData, temperatures_k: &[f64]) -> Result<Self, ThermoError> {
        Ok(NetworkPhase {
            phase: data.phase.clone(),
            gas: data.state == State::Gas,
            volume_ang3: data.volume_ang3,
            melting_k: data.melting_k,
            gibbs_ev: temperatures_k
                .iter()
                .map(|&t_k| data.formation_ev(t_k))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Phases, their Gibbs energies on a grid of temperatures, and the reactions between them.
///
/// Energies between two temperatures of the grid are linear; by the heat capacity of a solid (3 k_B an atom) that
/// misses a Gibbs energy of formation by less than `3 k_B h² / 8 T` an atom, 0.08 meV for a grid of h = 50 K at
/// 1000 K, and a reaction between solids by far less, for their heat capacities nearly cancel.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ReactionLibrary {
    #[serde(rename = "temperatures_K")]
    temperatures_k: Vec<f64>,
    /// Sorted by name.
    phases: Vec<NetworkPhase>,
    /// Sorted by the names of reactants, then of products.
    reactions: Vec<NetworkReaction>,
}

/// A library as read from a file.
#[derive(serde::Deserialize)]
struct Unchecked {
    #[serde(rename = "temperatures_K")]
    temperatures_k: Vec<f64>,
    phases: Vec<NetworkPhase>,
    reactions: Vec<NetworkReaction>,
}

impl TryFrom<Unchecked> for ReactionLibrary {
    type Error = NetworkError;

    fn try_from(read: Unchecked) -> Result<Self, NetworkError> {
        let named: Vec<Phase> = read.phases.iter().map(|one| one.phase.clone()).collect();
        let mut library = ReactionLibrary::new(read.temperatures_k, read.phases)?;
        // Reactions count phases in the order of the file, which has to be the library's own.
        let in_order = library.phases.iter().map(|one| &one.phase).eq(&named);
        for (at, reaction) in read.reactions.iter().enumerate() {
            let known = reaction
                .changes()
                .all(|(_, phase)| phase < library.phases.len());
            let written = |side: &[(i64, usize)]| -> Vec<(Rational, Formula)> {
                side.iter()
                    .map(|&(amount, phase)| {
                        (
                            Rational::integer(amount),
                            library.phases[phase].phase.formula.clone(),
                        )
                    })
                    .collect()
            };
            let positive = reaction
                .reactants
                .iter()
                .chain(&reaction.products)
                .all(|&(amount, _)| amount > 0);
            if !in_order
                || !known
                || !positive
                || reaction.reactants.is_empty()
                || !imbalances(&written(&reaction.reactants), &written(&reaction.products))
                    .is_empty()
            {
                return Err(NetworkError::NoReaction(at));
            }
        }
        library.reactions = read.reactions;
        Ok(library)
    }
}

impl ReactionLibrary {
    /// A network without reactions yet. Phases are brought into the order of their names, so that nothing depends
    /// on the order in which they were given.
    pub fn new(
        temperatures_k: Vec<f64>,
        mut phases: Vec<NetworkPhase>,
    ) -> Result<Self, NetworkError> {
        let rising = temperatures_k.windows(2).all(|pair| pair[0] < pair[1]);
        let physical = temperatures_k
            .iter()
            .all(|&t_k| t_k.is_finite() && t_k > 0.0);
        if !rising || !physical || temperatures_k.is_empty() {
            return Err(NetworkError::Temperatures);
        }
        phases.sort_by_cached_key(|one| one.phase.to_string());
        if let Some(pair) = phases
            .windows(2)
            .find(|pair| pair[0].phase == pair[1].phase)
        {
            return Err(NetworkError::Duplicate(pair[0].phase.clone()));
        }
        for one in &phases {
            if one.gibbs_ev.len() != temperatures_k.len() {
                return Err(NetworkError::GibbsTable {
                    phase: one.phase.clone(),
                    given: one.gibbs_ev.len(),
                    temperatures: temperatures_k.len(),
                });
            }
            let numbers = one
                .gibbs_ev
                .iter()
                .chain(&one.volume_ang3)
                .chain(&one.melting_k);
            if numbers.into_iter().any(|value| !value.is_finite()) {
                return Err(NetworkError::NotFinite(one.phase.clone()));
            }
        }
        Ok(ReactionLibrary {
            temperatures_k,
            phases,
            reactions: Vec::new(),
        })
    }

    /// The phases that consist of these elements alone, with the reactions between them.
    pub fn within(&self, system: &[Element]) -> Result<Self, NetworkError> {
        let inside = |one: &NetworkPhase| {
            one.phase
                .formula
                .elements()
                .all(|element| system.contains(&element))
        };
        let kept: Vec<usize> = (0..self.phases.len())
            .filter(|&at| inside(&self.phases[at]))
            .collect();
        if kept.is_empty() {
            return Err(NetworkError::EmptySystem(system.to_vec()));
        }
        let renumber = |side: &[(i64, usize)]| -> Option<Vec<(i64, usize)>> {
            side.iter()
                .map(|&(amount, at)| Some((amount, kept.binary_search(&at).ok()?)))
                .collect()
        };
        Ok(ReactionLibrary {
            temperatures_k: self.temperatures_k.clone(),
            phases: kept.iter().map(|&at| self.phases[at].clone()).collect(),
            reactions: self
                .reactions
                .iter()
                .filter_map(|one| {
                    Some(NetworkReaction {
                        reactants: renumber(&one.reactants)?,
                        products: renumber(&one.products)?,
                    })
                })
                .collect(),
        })
    }

    /// The same phases with these reactions, each once, in the order of the names of their phases. Every index
    /// must be of a phase of this library.
    pub(super) fn with_reactions(mut self, reactions: BTreeSet<NetworkReaction>) -> Self {
        // Phases are sorted by name, so the order of indices is the order of names.
        let mut keyed: Vec<_> = reactions
            .into_iter()
            .map(|one| {
                let places =
                    |side: &[(i64, usize)]| side.iter().map(|&(_, at)| at).collect::<Vec<_>>();
                ((places(&one.reactants), places(&one.products)), one)
            })
            .collect();
        keyed.sort();
        self.reactions = keyed.into_iter().map(|(_, one)| one).collect();
        self
    }

    pub fn temperatures_k(&self) -> &[f64] {
        &self.temperatures_k
    }
    pub fn phases(&self) -> &[NetworkPhase] {
        &self.phases
    }
    pub fn reactions(&self) -> &[NetworkReaction] {
        &self.reactions
    }

    /// Index of a phase.
    pub fn find(&self, phase: &Phase) -> Option<usize> {
        self.phases.iter().position(|one| one.phase.same_as(phase))
    }

    /// Gibbs energy of a formula unit at a temperature within the grid, eV; a gas at 1 bar. None outside.
    pub fn gibbs_ev(&self, phase: usize, t_k: f64) -> Option<f64> {
        let knots = &self.temperatures_k;
        let values = &self.phases.get(phase)?.gibbs_ev;
        let upper = knots.partition_point(|&knot| knot < t_k);
        let (high, value) = (*knots.get(upper)?, *values.get(upper)?);
        if high == t_k {
            return Some(value);
        }
        let below = upper.checked_sub(1)?;
        let part = (t_k - knots[below]) / (high - knots[below]);
        Some(values[below] + part * (value - values[below]))
    }

    /// Energy of a reaction for one atom that takes part, eV: `Σ ν G` over the atoms of one side, gases included on
    /// both. `pressure_bar` answers for every gas that takes part; gases are ideal.
    pub fn reaction_ev_per_atom(
        &self,
        reaction: &NetworkReaction,
        t_k: f64,
        pressure_bar: &dyn Fn(&Phase) -> f64,
    ) -> Result<f64, NetworkError> {
        let mut energy_ev = 0.0;
        for (amount, at) in reaction.changes() {
            let one = self.phases.get(at).ok_or(NetworkError::NoPhase(at))?;
            let mut gibbs_ev = self
                .gibbs_ev(at, t_k)
                .ok_or_else(|| NetworkError::OutOfRange {
                    t_k,
                    from_k: self.temperatures_k[0],
                    to_k: self.temperatures_k[self.temperatures_k.len() - 1],
                })?;
            if one.gas {
                gibbs_ev += ideal_gas_ev(&one.phase, t_k, pressure_bar(&one.phase))?;
            }
            energy_ev += amount as f64 * gibbs_ev;
        }
        Ok(energy_ev / self.atoms(reaction))
    }

    /// Atoms on one side of a reaction as written.
    pub fn atoms(&self, reaction: &NetworkReaction) -> f64 {
        let side = reaction.reactants.iter();
        side.filter_map(|&(amount, at)| {
            Some(amount as f64 * self.phases.get(at)?.phase.formula.atoms())
        })
        .sum()
    }

    /// Volumes that a reaction consumes and makes as written, Å³, in the order of its phases. None where a phase
    /// has no volume.
    pub fn volumes_ang3(&self, reaction: &NetworkReaction) -> Option<(Vec<f64>, Vec<f64>)> {
        let side = |side: &[(i64, usize)]| -> Option<Vec<f64>> {
            side.iter()
                .map(|&(amount, at)| Some(amount as f64 * self.phases.get(at)?.volume_ang3?))
                .collect()
        };
        Some((side(&reaction.reactants)?, side(&reaction.products)?))
    }

    /// A reaction as a chemist writes it: `2 BaO + TiO2 -> Ba2TiO4`.
    pub fn equation(&self, reaction: &NetworkReaction) -> String {
        let side = |side: &[(i64, usize)]| {
            side.iter()
                .filter_map(|&(amount, at)| {
                    Some((
                        Rational::integer(amount),
                        self.phases.get(at)?.phase.clone(),
                    ))
                })
                .collect()
        };
        Reaction {
            reactants: side(&reaction.reactants),
            products: side(&reaction.products),
        }
        .to_string()
    }
}

/// `k_B T ln(p / 1 bar)`, eV per molecule.
pub(super) fn ideal_gas_ev(gas: &Phase, t_k: f64, bar: f64) -> Result<f64, NetworkError> {
    if !(bar.is_finite() && bar > 0.0) {
        return Err(NetworkError::Pressure {
            gas: gas.clone(),
            bar,
        });
    }
    Ok(BOLTZMANN_EV_PER_K * t_k * libm::log(bar))
}
