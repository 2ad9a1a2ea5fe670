//! Potentials that act together.

use super::pair::{Pairs, Terms};
use super::{Bound, Evaluation, Potential, PotentialError, Want};
use crate::base::Element;
use crate::physics::structure::{Cell, Neighbours};

/// The sum of potentials; those of pairs are evaluated in one loop.
pub struct Sum {
    parts: Vec<Box<dyn Potential>>,
}

impl Sum {
    pub fn new(parts: Vec<Box<dyn Potential>>) -> Self {
        Sum { parts }
    }
}

impl Potential for Sum {
    fn cutoff_ang(&self) -> f64 {
        self.parts
            .iter()
            .map(|part| part.cutoff_ang())
            .fold(0.0, f64::max)
    }

    fn has_grades(&self) -> bool {
        self.parts.iter().any(|part| part.has_grades())
    }

    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        let pairs = self.pair_terms(elements)?;
        let others = self.other_parts(elements)?;
        Ok(bind_parts(pairs, others, elements))
    }

    fn pair_terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let mut all = Terms::default();
        for part in &self.parts {
            all.extend(part.pair_terms(elements)?);
        }
        Ok(all)
    }

    fn other_parts(&self, elements: &[Element]) -> Result<Vec<Box<dyn Bound>>, PotentialError> {
        let parts: Result<Vec<_>, _> = self
            .parts
            .iter()
            .map(|part| part.other_parts(elements))
            .collect();
        Ok(parts?.into_iter().flatten().collect())
    }
}

/// One loop over pairs, and what is no function of pairs after it.
pub(super) fn bind_parts(
    pairs: Terms,
    mut others: Vec<Box<dyn Bound>>,
    elements: &[Element],
) -> Box<dyn Bound> {
    if others.is_empty() {
        return Box::new(Pairs::new(pairs, elements));
    }
    if !pairs.is_empty() {
        others.insert(0, Box::new(Pairs::new(pairs, elements)));
    }
    if others.len() == 1 {
        return others.remove(0);
    }
    Box::new(BoundSum {
        parts: others,
        part: Evaluation::default(),
    })
}

struct BoundSum {
    parts: Vec<Box<dyn Bound>>,
    part: Evaluation,
}

impl Bound for BoundSum {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let (first, rest) = self.parts.split_first_mut().expect("a sum has parts");
        out.grades.clear();
        first.evaluate(cell, positions_ang, neighbours, want, out)?;
        for part in rest {
            let more = &mut self.part;
            more.grades.clear();
            part.evaluate(cell, positions_ang, neighbours, want, more)?;
            for (sum, force) in out.forces.iter_mut().zip(&more.forces) {
                for k in 0..3 {
                    sum[k] += force[k];
                }
            }
            // The largest counts.
            if out.grades.is_empty() {
                std::mem::swap(&mut out.grades, &mut more.grades);
            }
            for (most, grade) in out.grades.iter_mut().zip(&more.grades) {
                *most = most.max(*grade);
            }
            if want.energy || want.energies {
                out.energy_ev += more.energy_ev;
            }
            if want.energies {
                for (sum, energy) in out.energies_ev.iter_mut().zip(&more.energies_ev) {
                    *sum += energy;
                }
            }
            if want.virial {
                for (sum, row) in out.virial_ev.iter_mut().zip(&more.virial_ev) {
                    for k in 0..3 {
                        sum[k] += row[k];
                    }
                }
            }
        }
        Ok(())
    }
}
