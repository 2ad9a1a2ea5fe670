//! Phases on one energy scale, looked up by name.

use super::error::list;
use super::{Atmosphere, PhaseData, Scheme, ThermoError, ThermoWarning};
use crate::base::{Element, Formula, Phase, Reaction, imbalances};

/// Phases sorted by composition, then label; the energy scale they share; and what to know about them.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct PhaseSet {
    pub(super) scheme: Scheme,
    pub(super) phases: Vec<PhaseData>,
    pub(super) warnings: Vec<ThermoWarning>,
}

impl PhaseSet {
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub fn phases(&self) -> &[PhaseData] {
        &self.phases
    }

    pub fn warnings(&self) -> &[ThermoWarning] {
        &self.warnings
    }

    /// Adds what a reader of tables had to say.
    pub fn with_warnings(mut self, warnings: Vec<ThermoWarning>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Position of a phase. A label must match; a bare formula means the one phase without a label, or else the only
    /// phase of that formula. It never means "the most stable polymorph": ask [`Self::most_stable`] for that.
    pub fn find(&self, phase: &Phase) -> Result<usize, ThermoError> {
        if let Some(at) = self
            .phases
            .iter()
            .position(|data| data.phase.same_as(phase))
        {
            return Ok(at);
        }
        let candidates: Vec<usize> = self.with_formula(&phase.formula).collect();
        let names = |indices: &[usize]| {
            indices
                .iter()
                .map(|at| self.phases[*at].phase.clone())
                .collect::<Vec<_>>()
        };
        match (&phase.label, candidates.as_slice()) {
            (None, [only]) => Ok(*only),
            (None, [_, _, ..]) => Err(ThermoError::Ambiguous {
                phase: phase.clone(),
                candidates: names(&candidates),
            }),
            (Some(_), [_, ..]) => Err(ThermoError::Unknown {
                phase: phase.clone(),
                near: names(&candidates),
            }),
            (_, []) => {
                let near = self
                    .phases
                    .iter()
                    .filter(|data| data.phase.formula.same_composition(&phase.formula))
                    .map(|data| data.phase.clone())
                    .collect::<Vec<_>>();
                let near = if near.is_empty() {
                    self.same_elements(&phase.formula)
                } else {
                    near
                };
                Err(ThermoError::Unknown {
                    phase: phase.clone(),
                    near,
                })
            }
        }
    }

    pub fn get(&self, phase: &Phase) -> Result<&PhaseData, ThermoError> {
        self.find(phase).map(|at| &self.phases[at])
    }

    /// The phase of a formula with the lowest energy at a temperature, among those with data there; ties go to the
    /// first by label.
    pub fn most_stable(&self, formula: &Formula, t_k: f64) -> Result<&PhaseData, ThermoError> {
        let mut best: Option<(f64, usize)> = None;
        let mut fault = None;
        for at in self.with_formula(formula) {
            match self.phases[at].formation_ev(t_k) {
                Ok(energy) if best.is_none_or(|(lowest, _)| energy < lowest) => {
                    best = Some((energy, at));
                }
                Ok(_) => {}
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        match (best, fault) {
            (Some((_, at)), _) => Ok(&self.phases[at]),
            (None, Some(error)) => Err(error),
            (None, None) => self.get(&Phase::new(formula.clone(), None)),
        }
    }

    /// Gibbs energy of formation, eV per formula unit, gases at 1 bar.
    pub fn formation_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        self.get(phase)?.formation_ev(t_k)
    }

    /// Gibbs energy of a formula unit relative to the elements at 1 bar, eV; gases at their partial pressures.
    pub fn gibbs_ev(
        &self,
        phase: &Phase,
        t_k: f64,
        atmosphere: &Atmosphere,
    ) -> Result<f64, ThermoError> {
        self.get(phase)?.gibbs_ev(t_k, atmosphere)
    }

    /// Gibbs energy of a reaction as written, eV: products less reactants, gases at their partial pressures.
    pub fn reaction_energy_ev(
        &self,
        reaction: &Reaction,
        t_k: f64,
        atmosphere: &Atmosphere,
    ) -> Result<f64, ThermoError> {
        let formulas = |side: &[(_, Phase)]| {
            side.iter()
                .map(|(n, phase): &(_, Phase)| (Clone::clone(n), phase.formula.clone()))
                .collect::<Vec<_>>()
        };
        if let Some(fault) = imbalances(
            &formulas(&reaction.reactants),
            &formulas(&reaction.products),
        )
        .first()
        {
            return Err(ThermoError::Unbalanced {
                reaction: reaction.to_string(),
                element: fault.element,
            });
        }
        let mut energy = 0.0;
        for (sign, side) in [(-1.0, &reaction.reactants), (1.0, &reaction.products)] {
            for (amount, phase) in side {
                energy += sign * amount.to_f64() * self.gibbs_ev(phase, t_k, atmosphere)?;
            }
        }
        Ok(energy)
    }

    /// Temperatures at which every phase of the set has data, K.
    pub fn range_k(&self) -> Option<(f64, f64)> {
        let range = self
            .phases
            .iter()
            .filter_map(PhaseData::range_k)
            .fold((0.0_f64, f64::INFINITY), |all, one| {
                (all.0.max(one.0), all.1.min(one.1))
            });
        (range.0 <= range.1).then_some(range)
    }

    /// The phases made of these elements only.
    pub fn restricted_to(&self, elements: &[Element]) -> Self {
        self.filtered(|data| {
            data.phase
                .formula
                .elements()
                .all(|element| elements.contains(&element))
        })
    }

    /// The phases that a condition keeps.
    pub fn filtered(&self, keep: impl Fn(&PhaseData) -> bool) -> Self {
        PhaseSet {
            scheme: self.scheme,
            phases: self
                .phases
                .iter()
                .filter(|data| keep(data))
                .cloned()
                .collect(),
            warnings: self.warnings.clone(),
        }
    }

    /// One line on the scale, for reports.
    pub fn describe(&self) -> String {
        let names: Vec<Phase> = self.phases.iter().map(|data| data.phase.clone()).collect();
        format!("{} phases, {}: {}", names.len(), self.scheme, list(&names))
    }

    fn with_formula<'a>(&'a self, formula: &'a Formula) -> impl Iterator<Item = usize> + 'a {
        (0..self.phases.len())
            .filter(move |at| self.phases[*at].phase.formula.amounts() == formula.amounts())
    }

    fn same_elements(&self, formula: &Formula) -> Vec<Phase> {
        let elements: Vec<Element> = formula.elements().collect();
        self.phases
            .iter()
            .filter(|data| data.phase.formula.elements().eq(elements.iter().copied()))
            .map(|data| data.phase.clone())
            .collect()
    }
}
