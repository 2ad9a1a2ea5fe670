use std::collections::{BTreeMap, BTreeSet};

use super::library::ideal_gas_ev;
use super::{NetworkError, NetworkReaction, ReactionLibrary, combinations, mixing};
use crate::base::{Element, Phase};

/// Partial pressure of a gas that an enumeration does not name, bar.
pub const OTHER_GASES_BAR: f64 = 1e-6;

/// Which reactions to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Enumeration {
    /// What the hull allows between every two phases: at each temperature, the stable assemblages where the line
    /// that mixes the two crosses the convex hull, and what each phase falls apart into. This is the construction
    /// of interfacial reactivity (Richards et al., Chem. Mater. 28 (2016) 266) at the energies of each temperature.
    pub mixing: bool,
    /// With `mixing`: phases at most this far above the hull may form too, eV per atom. Each is tried as if it alone
    /// were stable, and what forms it downhill is kept. Zero: products are stable phases.
    pub within_ev_per_atom: f64,
    /// Every balanced reaction of one or two phases to one or two others, whatever its energy.
    pub combinations: bool,
    /// Gases that the surroundings give and take: on top of the closed reactions, in which a gas is a phase like
    /// any other, any amount of these may stand on either side.
    pub open: Vec<Phase>,
    /// Partial pressures of gases, bar.
    pub pressures_bar: Vec<(Phase, f64)>,
    /// Partial pressure of the gases not named, bar.
    pub others_bar: f64,
    /// Reactions stay out whose energy is above this at every temperature, eV per atom.
    pub highest_ev_per_atom: Option<f64>,
}

impl Default for Enumeration {
    fn default() -> Self {
        Enumeration {
            mixing: true,
            within_ev_per_atom: 0.0,
            combinations: false,
            open: Vec::new(),
            pressures_bar: Vec::new(),
            others_bar: OTHER_GASES_BAR,
            highest_ev_per_atom: None,
        }
    }
}

/// What the searches read: numbers by phase, in the order of the library.
pub(super) struct Species {
    /// By phase: amounts of the elements in one formula unit.
    pub(super) amounts: Vec<Vec<f64>>,
    /// By phase: atoms in one formula unit.
    pub(super) atoms: Vec<f64>,
    /// By phase.
    pub(super) gas: Vec<bool>,
    /// Open gases, by phase.
    pub(super) open: Vec<usize>,
}

/// Two sorted sets of phases that may balance.
pub(super) type Sides = (Vec<usize>, Vec<usize>);

impl Enumeration {
    /// The library with the reactions found among its phases, each once, whatever the number of temperatures at
    /// which it was found.
    pub fn run(&self, library: ReactionLibrary) -> Result<ReactionLibrary, NetworkError> {
        if library.phases().is_empty() {
            return Err(NetworkError::NoPhases);
        }
        let species = self.species(&library)?;
        let mut sides: BTreeSet<Sides> = BTreeSet::new();
        if self.mixing {
            for (at, &t_k) in library.temperatures_k().iter().enumerate() {
                let energies_ev = self.energies_ev(&library, at, t_k)?;
                let mut search = |open: &[usize]| {
                    mixing::search(
                        &species,
                        &energies_ev,
                        open,
                        self.within_ev_per_atom,
                        &mut sides,
                    )
                    .map_err(|error| error.at(&library, t_k))
                };
                search(&[])?;
                if !species.open.is_empty() {
                    search(&species.open)?;
                }
            }
        }
        if self.combinations {
            combinations::search(&species, &mut sides);
        }
        let mut balanced: BTreeMap<&Sides, Option<NetworkReaction>> = BTreeMap::new();
        for sides in &sides {
            let (reactants, products) = sides;
            let mirror = (products.clone(), reactants.clone());
            let reaction = match balanced.get(&mirror) {
                Some(known) => known.as_ref().map(NetworkReaction::reversed),
                None => NetworkReaction::balanced(library.phases(), reactants, products)?,
            };
            balanced.insert(sides, reaction);
        }
        let mut reactions = BTreeSet::new();
        for reaction in balanced.into_values().flatten() {
            // Gases meet nowhere near a solid that this network could tell of.
            let gases_alone = reaction
                .reactants
                .iter()
                .all(|&(_, at)| library.phases()[at].gas);
            if !gases_alone && self.keeps(&library, &reaction)? {
                reactions.insert(reaction);
            }
        }
        Ok(library.with_reactions(reactions))
    }

    /// Partial pressure of a gas, bar.
    pub fn pressure_bar(&self, gas: &Phase) -> f64 {
        let named = self.pressures_bar.iter().find(|(known, _)| known == gas);
        named.map_or(self.others_bar, |&(_, bar)| bar)
    }

    fn species(&self, library: &ReactionLibrary) -> Result<Species, NetworkError> {
        let elements: BTreeSet<Element> = library
            .phases()
            .iter()
            .flat_map(|one| one.phase.formula.elements())
            .collect();
        let known = |phase: &Phase| {
            library
                .find(phase)
                .ok_or_else(|| NetworkError::Unknown(phase.clone()))
        };
        let mut open = BTreeSet::new();
        for gas in &self.open {
            let at = known(gas)?;
            if !library.phases()[at].gas {
                return Err(NetworkError::NotGas(gas.clone()));
            }
            open.insert(at);
        }
        let mut amounts = Vec::new();
        for one in library.phases() {
            let amount = |element: &Element| one.phase.formula.amount(*element).to_f64();
            amounts.push(elements.iter().map(amount).collect());
        }
        Ok(Species {
            amounts,
            atoms: library
                .phases()
                .iter()
                .map(|one| one.phase.formula.atoms())
                .collect(),
            gas: library.phases().iter().map(|one| one.gas).collect(),
            open: open.into_iter().collect(),
        })
    }

    /// Chemical potentials of formula units at the enumeration's pressures, eV.
    fn energies_ev(
        &self,
        library: &ReactionLibrary,
        at: usize,
        t_k: f64,
    ) -> Result<Vec<f64>, NetworkError> {
        let energy = |one: &super::NetworkPhase| {
            let gas_ev = if one.gas {
                ideal_gas_ev(&one.phase, t_k, self.pressure_bar(&one.phase))?
            } else {
                0.0
            };
            Ok(one.gibbs_ev[at] + gas_ev)
        };
        library.phases().iter().map(energy).collect()
    }

    fn keeps(
        &self,
        library: &ReactionLibrary,
        reaction: &NetworkReaction,
    ) -> Result<bool, NetworkError> {
        let Some(highest) = self.highest_ev_per_atom else {
            return Ok(true);
        };
        let pressure_bar = |gas: &Phase| self.pressure_bar(gas);
        for &t_k in library.temperatures_k() {
            if library.reaction_ev_per_atom(reaction, t_k, &pressure_bar)? <= highest {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
