//! Lennard-Jones (1924).

use crate::base::Element;
use crate::physics::structure::{Cell, Environment, Neighbours};

use super::{Bound, Evaluation, Potential, PotentialError, Want};

/// `4 ε [(σ/r)¹² − (σ/r)⁶]` between all atoms, nothing beyond the cutoff.
#[derive(Debug, Clone, PartialEq)]
pub struct LennardJones {
    pub epsilon_ev: f64,
    pub sigma_ang: f64,
    pub cutoff_ang: f64,
}

impl Potential for LennardJones {
    fn cutoff_ang(&self) -> f64 {
        self.cutoff_ang
    }

    fn bind(&self, _: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(self.clone()))
    }
}

impl Bound for LennardJones {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let mut near = Environment::default();
        out.energy_ev = 0.0;
        out.virial_ev = [[0.0; 3]; 3];
        out.energies_ev.resize(positions_ang.len(), 0.0);
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        for atom in 0..positions_ang.len() {
            neighbours.environment(atom, self.cutoff_ang, &mut near);
            let (mut energy, mut force) = (0.0, [0.0; 3]);
            for k in 0..near.len() {
                let s6 = (self.sigma_ang * self.sigma_ang / near.r2[k]).powi(3);
                energy += 2.0 * self.epsilon_ev * (s6 * s6 - s6);
                let slope = 24.0 * self.epsilon_ev * (2.0 * s6 * s6 - s6) / near.r2[k];
                let d = near.displacement_ang(k);
                for i in 0..3 {
                    force[i] -= slope * d[i];
                    for j in 0..3 {
                        out.virial_ev[i][j] += 0.5 * slope * d[i] * d[j];
                    }
                }
            }
            out.energies_ev[atom] = energy;
            out.energy_ev += energy;
            out.forces[atom] = force;
        }
        Ok(())
    }
}
