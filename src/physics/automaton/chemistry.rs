//! The phases and reactions that an automaton knows.

use std::collections::BTreeSet;

use super::AutomatonError;
use crate::base::Element;

/// Most phases that one automaton can hold: its table of pairs grows with the square of their number.
pub const MOST_PHASES: usize = 4000;

/// A phase, as far as the automaton needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseSpec {
    pub name: String,
    /// Volume of one formula unit, Å³. A gas may do without under exact conservation.
    pub volume_ang3: Option<f64>,
    /// Elements in one formula unit.
    pub amounts: Vec<(Element, f64)>,
    pub is_gas: bool,
    /// Without one the phase never flows, and scores that need it refuse its reactions.
    pub melting_k: Option<f64>,
}

/// A reaction: phases by index with their coefficients in formula units.
#[derive(Debug, Clone, PartialEq)]
pub struct ReactionSpec {
    pub reactants: Vec<(usize, f64)>,
    pub products: Vec<(usize, f64)>,
}

/// Phases and reactions that fit together.
#[derive(Debug, Clone)]
pub struct Chemistry {
    phases: Vec<PhaseSpec>,
    reactions: Vec<Reaction>,
    elements: Vec<Element>,
    masses_u: Vec<f64>,
}

/// A reaction in the automaton's terms: what one unit of volume of its condensed reactants makes.
#[derive(Debug, Clone)]
pub struct Reaction {
    pub spec: ReactionSpec,
    /// Condensed reactants with their share of the consumed volume; the shares add to one. By phase.
    pub(super) consumed: Vec<(u16, f64)>,
    /// Gases among the reactants. By phase.
    pub(super) gases: Vec<u16>,
    /// Condensed products with their share of the volume of the condensed products.
    pub(super) produced: Vec<(u16, f64)>,
    /// Every product with its share of all products' volume, gases with the volume that they were given.
    pub(super) with_gases: Vec<(u16, f64)>,
    /// Volume of the condensed products for one of condensed reactants.
    pub(super) expansion: f64,
    /// Runs of the reaction as written (in moles of grid volume / Å³) for one unit of consumed volume.
    pub(super) extent: f64,
}

impl Reaction {
    pub fn condensed_reactants(&self) -> usize {
        self.consumed.len()
    }
    pub fn gas_reactants(&self) -> usize {
        self.gases.len()
    }
}

/// How volumes become stoichiometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VolumeRounding {
    /// Coefficient times volume as it is.
    #[default]
    None,
    /// Rounded to 0.01 Å³, as rxn-ca does.
    HundredthAng3,
}

impl VolumeRounding {
    /// Volume of `coefficient` formula units, Å³.
    pub fn volume_ang3(self, coefficient: f64, volume_ang3: f64) -> f64 {
        let exact = coefficient.abs() * volume_ang3;
        match self {
            VolumeRounding::None => exact,
            // Correctly rounded in decimal, as Python's `round` does it.
            VolumeRounding::HundredthAng3 => format!("{exact:.2}").parse().unwrap_or(exact),
        }
    }
}

impl Chemistry {
    /// Checks that volumes are there, coefficients positive and reactions balanced (to 1e-9 relative).
    pub fn new(
        phases: Vec<PhaseSpec>,
        reactions: Vec<ReactionSpec>,
        rounding: VolumeRounding,
    ) -> Result<Self, AutomatonError> {
        if phases.len() > MOST_PHASES {
            return Err(AutomatonError::TooManyPhases {
                phases: phases.len(),
                most: MOST_PHASES,
            });
        }
        for phase in &phases {
            let usable = |x: f64| x.is_finite() && x > 0.0;
            if !phase.is_gas && !phase.volume_ang3.is_some_and(usable) {
                return Err(AutomatonError::NoVolume(phase.name.clone()));
            }
            if let Some(melting) = phase.melting_k.filter(|&melting| !usable(melting)) {
                return Err(AutomatonError::OutOfRange {
                    name: "a melting point",
                    range: "above 0 K",
                    value: melting,
                });
            }
        }
        let elements: BTreeSet<Element> = phases
            .iter()
            .flat_map(|phase| phase.amounts.iter().map(|(element, _)| *element))
            .collect();
        let masses_u = phases
            .iter()
            .map(|phase| {
                phase
                    .amounts
                    .iter()
                    .map(|(element, n)| element.mass_u() * n)
                    .sum()
            })
            .collect();
        let mut chemistry = Chemistry {
            phases,
            reactions: Vec::new(),
            elements: elements.into_iter().collect(),
            masses_u,
        };
        chemistry.reactions = reactions
            .into_iter()
            .map(|spec| chemistry.prepare(spec, rounding))
            .collect::<Result<_, _>>()?;
        Ok(chemistry)
    }

    pub fn phases(&self) -> &[PhaseSpec] {
        &self.phases
    }
    pub fn reactions(&self) -> &[Reaction] {
        &self.reactions
    }
    /// All elements, by atomic number.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }
    /// Mass of a formula unit of each phase, u.
    pub fn masses_u(&self) -> &[f64] {
        &self.masses_u
    }

    pub fn phase(&self, name: &str) -> Result<usize, AutomatonError> {
        self.phases
            .iter()
            .position(|phase| phase.name == name)
            .ok_or_else(|| AutomatonError::UnknownPhase(name.to_owned()))
    }

    /// The same phases with only those reactions all of whose phases may take part: the published filters
    /// "exclude these phases" and "only these phases".
    pub fn restricted_to(&self, may_take_part: impl Fn(&PhaseSpec) -> bool) -> Self {
        let allowed: Vec<bool> = self.phases.iter().map(may_take_part).collect();
        let mut kept = self.clone();
        kept.reactions.retain(|reaction| {
            let spec = &reaction.spec;
            spec.reactants
                .iter()
                .chain(&spec.products)
                .all(|&(phase, _)| allowed[phase])
        });
        kept
    }

    /// Reactions that no cell can ever choose: those of gases alone, or of more than two condensed reactants.
    pub fn unreachable(&self) -> Vec<usize> {
        (0..self.reactions.len())
            .filter(|&r| !matches!(self.reactions[r].consumed.len(), 1 | 2))
            .collect()
    }

    /// As a chemist writes it: `2 BaO + TiO2 -> Ba2TiO4`.
    pub fn equation(&self, spec: &ReactionSpec) -> String {
        let side = |side: &[(usize, f64)]| {
            side.iter()
                .map(|&(phase, coefficient)| {
                    let name = self
                        .phases
                        .get(phase)
                        .map_or("?", |phase| phase.name.as_str());
                    if coefficient == 1.0 {
                        name.to_owned()
                    } else {
                        format!("{coefficient} {name}")
                    }
                })
                .collect::<Vec<_>>()
                .join(" + ")
        };
        format!("{} -> {}", side(&spec.reactants), side(&spec.products))
    }

    /// Element totals of amounts by phase.
    pub(super) fn element_totals(&self, moles: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut totals = vec![0.0; self.elements.len()];
        for (p, phase) in self.phases.iter().enumerate() {
            let n = moles(p);
            if n != 0.0 {
                for (element, amount) in &phase.amounts {
                    if let Ok(at) = self.elements.binary_search(element) {
                        totals[at] += n * amount;
                    }
                }
            }
        }
        totals
    }

    fn prepare(
        &self,
        spec: ReactionSpec,
        rounding: VolumeRounding,
    ) -> Result<Reaction, AutomatonError> {
        for side in [&spec.reactants, &spec.products] {
            let distinct: BTreeSet<usize> = side.iter().map(|&(phase, _)| phase).collect();
            let positive = side.iter().all(|&(_, nu)| nu.is_finite() && nu > 0.0);
            let known = distinct.last().is_none_or(|&last| last < self.phases.len());
            if !positive || !known || distinct.len() != side.len() || side.is_empty() {
                return Err(AutomatonError::BadCoefficients(self.equation(&spec)));
            }
        }
        self.check_balance(&spec)?;
        let volume = |&(phase, nu): &(usize, f64)| {
            let volume = self.phases[phase].volume_ang3.unwrap_or(0.0);
            (phase as u16, rounding.volume_ang3(nu, volume))
        };
        let condensed = |side: &[(usize, f64)]| -> Vec<(u16, f64)> {
            side.iter()
                .filter(|(phase, _)| !self.phases[*phase].is_gas)
                .map(volume)
                .collect()
        };
        let mut consumed = condensed(&spec.reactants);
        consumed.sort_by_key(|&(phase, _)| phase);
        let mut produced = condensed(&spec.products);
        let mut with_gases: Vec<_> = spec.products.iter().map(volume).collect();
        let total = |side: &[(u16, f64)]| side.iter().map(|(_, volume)| volume).sum::<f64>();
        let (used, made, all) = (total(&consumed), total(&produced), total(&with_gases));
        let share = |side: &mut Vec<(u16, f64)>, total: f64| {
            for (_, volume) in side.iter_mut() {
                *volume /= if total > 0.0 { total } else { 1.0 };
            }
        };
        share(&mut consumed, used);
        share(&mut produced, made);
        share(&mut with_gases, all);
        let exact: f64 = spec
            .reactants
            .iter()
            .filter(|(phase, _)| !self.phases[*phase].is_gas)
            .map(|&(phase, nu)| nu * self.phases[phase].volume_ang3.unwrap_or(0.0))
            .sum();
        let mut gases: Vec<u16> = spec
            .reactants
            .iter()
            .filter(|(phase, _)| self.phases[*phase].is_gas)
            .map(|&(phase, _)| phase as u16)
            .collect();
        gases.sort_unstable();
        Ok(Reaction {
            consumed,
            gases,
            produced,
            with_gases,
            expansion: if used > 0.0 { made / used } else { 0.0 },
            extent: if exact > 0.0 { 1.0 / exact } else { 0.0 },
            spec,
        })
    }

    fn check_balance(&self, spec: &ReactionSpec) -> Result<(), AutomatonError> {
        let coefficient = |side: &[(usize, f64)], phase: usize| {
            side.iter()
                .find(|&&(known, _)| known == phase)
                .map_or(0.0, |&(_, nu)| nu)
        };
        let left = self.element_totals(|phase| coefficient(&spec.reactants, phase));
        let right = self.element_totals(|phase| coefficient(&spec.products, phase));
        for ((left, right), element) in left.iter().zip(&right).zip(&self.elements) {
            if (left - right).abs() > 1e-9 * left.max(*right) {
                return Err(AutomatonError::Unbalanced(
                    self.equation(spec),
                    element.name().to_owned(),
                ));
            }
        }
        Ok(())
    }
}
