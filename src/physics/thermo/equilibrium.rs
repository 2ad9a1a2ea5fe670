//! What a phase set says is stable at one temperature.

use super::hull::{Hull, HullError, Point};
use super::{PhaseSet, ThermoError};
use crate::base::{Element, Phase};

/// The convex hull of the phases of a set that have an energy at one temperature, gases at 1 bar.
pub struct Equilibrium<'a> {
    set: &'a PhaseSet,
    elements: Vec<Element>,
    hull: Hull,
    /// Position in the set of each point of the hull.
    of_point: Vec<usize>,
    t_k: f64,
}

impl<'a> Equilibrium<'a> {
    pub fn new(set: &'a PhaseSet, t_k: f64) -> Result<Self, ThermoError> {
        let mut elements: Vec<Element> = set
            .phases()
            .iter()
            .flat_map(|data| data.phase.formula.elements())
            .collect();
        elements.sort_unstable();
        elements.dedup();
        let mut points = Vec::new();
        let mut of_point = Vec::new();
        for (at, data) in set.phases().iter().enumerate() {
            let Ok(energy_ev) = data.formation_ev(t_k) else {
                continue;
            };
            points.push(Point {
                amounts: amounts(&elements, &data.phase),
                energy_ev,
            });
            of_point.push(at);
        }
        let hull = Hull::new(&points).map_err(model)?;
        Ok(Equilibrium {
            set,
            elements,
            hull,
            of_point,
            t_k,
        })
    }

    /// Elements of the set, by atomic number.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Phases on the hull, in the order of the set.
    pub fn stable(&self) -> Vec<&'a Phase> {
        self.hull
            .stable()
            .iter()
            .map(|point| self.phase(*point))
            .collect()
    }

    /// Energy above the hull, eV/atom.
    pub fn above_hull_ev(&self, phase: &Phase) -> Result<f64, ThermoError> {
        self.hull
            .above_ev_per_atom(self.point(phase)?)
            .map_err(model)
    }

    /// Energy of a phase less that of the best mixture of all others, eV/atom: negative for what is stable, by how
    /// much. None where the others cannot make it up.
    pub fn decomposition_ev(&self, phase: &Phase) -> Result<Option<f64>, ThermoError> {
        self.hull
            .decomposition_ev_per_atom(self.point(phase)?)
            .map_err(model)
    }

    /// What formula units of phases become: stable phases with their formula units.
    pub fn decomposition(
        &self,
        mixture: &[(Phase, f64)],
    ) -> Result<Vec<(&'a Phase, f64)>, ThermoError> {
        let mut total = vec![0.0; self.elements.len()];
        for (phase, units) in mixture {
            if let Some(strange) = phase
                .formula
                .elements()
                .find(|element| !self.elements.contains(element))
            {
                return Err(ThermoError::Model(format!(
                    "{phase} contains {strange}, which no phase of this set does"
                )));
            }
            for (sum, amount) in total.iter_mut().zip(amounts(&self.elements, phase)) {
                *sum += units * amount;
            }
        }
        let found = self.hull.decomposition(&total).map_err(model)?;
        Ok(found
            .phases
            .iter()
            .map(|(point, units)| (self.phase(*point), *units))
            .collect())
    }

    /// Corners of the region of chemical potentials where a phase is stable, eV for one atom of each of
    /// [`elements`](Self::elements) against its standard state; none below `lowest_ev`. Empty above the hull.
    pub fn domain_ev(&self, phase: &Phase, lowest_ev: f64) -> Result<Vec<Vec<f64>>, ThermoError> {
        self.hull
            .domain(self.point(phase)?, (lowest_ev, 0.0))
            .map_err(model)
    }

    fn phase(&self, point: usize) -> &'a Phase {
        &self.set.phases()[self.of_point[point]].phase
    }

    fn point(&self, phase: &Phase) -> Result<usize, ThermoError> {
        let at = self.set.find(phase)?;
        if let Some(point) = self.of_point.iter().position(|one| *one == at) {
            return Ok(point);
        }
        // Not on the hull because it has no energy at this temperature: that is the answer.
        self.set.phases()[at]
            .formation_ev(self.t_k)
            .and(Err(ThermoError::Model(format!(
                "{phase} has no place on this hull"
            ))))
    }
}

fn amounts(elements: &[Element], phase: &Phase) -> Vec<f64> {
    elements
        .iter()
        .map(|element| phase.formula.amount(*element).to_f64())
        .collect()
}

fn model(error: HullError) -> ThermoError {
    ThermoError::Model(error.to_string())
}
