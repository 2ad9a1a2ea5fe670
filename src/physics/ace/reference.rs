//! The definition, evaluated term by term: slow, plain, and the oracle that fast evaluators are tested against.

use std::sync::Arc;

use rustfft::num_complex::Complex64;

use super::core_repulsion::{InnerCutoff, Switch};
use super::model::{Interactions, Model};
use super::neighbourhood::{Neighbour, Neighbourhood, add_derivatives, product};
use super::splines::RadialTable;
use crate::base::Element;
use crate::physics::potential::{Bound, Evaluation, Potential, PotentialError, Want};
use crate::physics::structure::{Cell, Environment, Neighbours};

/// A potential in C-tilde form, ready for atoms.
#[derive(Debug, Clone)]
pub struct Reference {
    model: Arc<Model>,
    tables: Arc<Tables>,
}

/// The radial tables of all bonds, `[centre][neighbour]`.
pub type Tables = Vec<Vec<RadialTable>>;

/// Tabulates all bonds of a valid model.
pub fn tables(interactions: &Interactions) -> Tables {
    let count = interactions.elements.len();
    let row = |i| (0..count).map(move |j| RadialTable::new(interactions, i, j));
    (0..count).map(|i| row(i).collect()).collect()
}

impl Reference {
    /// Takes a model that has been validated.
    pub fn new(model: Arc<Model>) -> Self {
        let tables = Arc::new(tables(&model.interactions));
        Reference { model, tables }
    }
}

impl Potential for Reference {
    fn cutoff_ang(&self) -> f64 {
        self.model.interactions.cutoff_ang()
    }

    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        let interactions = &self.model.interactions;
        Ok(Box::new(BoundReference {
            elements: interactions
                .elements_of(elements)
                .map_err(PotentialError::UnknownElement)?,
            environment: Environment::default(),
            site: SiteEnergy::new(interactions),
            potential: self.clone(),
        }))
    }
}

struct BoundReference {
    potential: Reference,
    elements: Vec<u8>,
    environment: Environment,
    site: SiteEnergy,
}

impl Bound for BoundReference {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let model = &self.potential.model;
        out.forces.clear();
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        out.energies_ev.resize(positions_ang.len(), 0.0);
        let mut virial = [[0.0; 3]; 3];
        let cutoff = model.interactions.cutoff_ang();
        for atom in 0..positions_ang.len() {
            let centre = usize::from(self.elements[atom]);
            let tables = &self.potential.tables[centre];
            neighbours.environment(atom, cutoff, &mut self.environment);
            let near = listed(&self.environment, &self.elements);
            if let Some(near) = near
                .clone()
                .find(|near| near.distance_ang < tables[usize::from(near.element)].width_ang)
            {
                return Err(PotentialError::Overlap {
                    first: atom,
                    second: near.atom,
                    distance_ang: near.distance_ang,
                });
            }
            out.energies_ev[atom] = self.site.evaluate(model, centre, tables, near);
            for (near, gradient) in self.site.around.neighbours.iter().zip(&self.site.gradients) {
                for axis in 0..3 {
                    out.forces[near.atom][axis] -= gradient[axis];
                    out.forces[atom][axis] += gradient[axis];
                    for other in 0..3 {
                        virial[axis][other] -= near.vector[axis] * gradient[other];
                    }
                }
            }
        }
        out.energy_ev = out.energies_ev.iter().sum();
        if want.virial {
            out.virial_ev = virial;
        }
        Ok(())
    }
}

/// The neighbours of an environment; `elements` are those of all atoms.
pub(super) fn listed<'a>(
    environment: &'a Environment,
    elements: &'a [u8],
) -> impl Iterator<Item = Neighbour> + Clone + 'a {
    (0..environment.len()).map(move |k| Neighbour {
        atom: environment.atom(k),
        element: elements[environment.atom(k)],
        vector: environment.displacement_ang(k),
        distance_ang: environment.distance_ang(k),
    })
}

/// The energy of one atom, with scratch.
struct SiteEnergy {
    around: Neighbourhood,
    /// Derivatives of the energy by the vectors to the neighbours, eV/Å.
    gradients: Vec<[f64; 3]>,
    base_weights: Vec<f64>,
    weights: Vec<Complex64>,
}

impl SiteEnergy {
    fn new(interactions: &Interactions) -> Self {
        let around = Neighbourhood::new(interactions);
        SiteEnergy {
            gradients: Vec::new(),
            base_weights: vec![0.0; around.base.len()],
            weights: vec![Complex64::default(); around.sums.len()],
            around,
        }
    }

    fn evaluate(
        &mut self,
        model: &Model,
        centre: usize,
        tables: &[RadialTable],
        neighbours: impl Iterator<Item = Neighbour>,
    ) -> f64 {
        self.around.fill(tables, neighbours);
        let around = &self.around;
        let site = &model.interactions.sites[centre];
        let count = site.embedding.terms.len();

        // Densities, the energy of them, and its derivatives by the sums.
        let functions = &model.functions[centre];
        let mut indices = Vec::new();
        let mut densities = vec![0.0; count];
        for function in functions {
            for (ms, coefficients) in function.terms() {
                let value = if function.rank() == 1 {
                    around.base[around.base_index(function.factors[0])]
                } else {
                    indices.clear();
                    indices.extend(
                        function
                            .factors
                            .iter()
                            .zip(ms)
                            .map(|(f, m)| around.index(*f, *m)),
                    );
                    product(&around.sums, &indices).re
                };
                for (density, c) in densities.iter_mut().zip(coefficients) {
                    *density += c * value;
                }
            }
        }
        let mut slopes = vec![0.0; count];
        let many_body = site.embedding.evaluate(&densities, &mut slopes);
        self.base_weights.fill(0.0);
        self.weights.fill(Complex64::default());
        for function in functions {
            for (ms, coefficients) in function.terms() {
                let weight: f64 = coefficients.iter().zip(&slopes).map(|(c, s)| c * s).sum();
                if function.rank() == 1 {
                    self.base_weights[around.base_index(function.factors[0])] += weight;
                } else {
                    indices.clear();
                    indices.extend(
                        function
                            .factors
                            .iter()
                            .zip(ms)
                            .map(|(f, m)| around.index(*f, *m)),
                    );
                    add_derivatives(&around.sums, &indices, weight, &mut self.weights);
                }
            }
        }

        let taken = self.core(model, centre, tables, many_body, site.core_density);
        self.gradients.clear();
        for (k, near) in self.around.neighbours.iter().enumerate() {
            let table = &tables[usize::from(near.element)];
            let gradient = self
                .around
                .gradient(k, table, &self.base_weights, &self.weights);
            let mut radial = taken.by_core * self.around.core(k, table)[1];
            if taken.nearest == Some(k) {
                radial += taken.by_nearest;
            }
            self.gradients.push(std::array::from_fn(|axis| {
                taken.by_many_body * gradient[axis] + radial * near.vector[axis] / near.distance_ang
            }));
        }
        site.energy_ev + taken.energy_ev
    }

    /// What the energy becomes where cores repel.
    fn core(
        &self,
        model: &Model,
        centre: usize,
        tables: &[RadialTable],
        many_body: f64,
        core_density: Switch,
    ) -> Combined {
        let around = &self.around;
        let repulsion: f64 = around
            .neighbours
            .iter()
            .enumerate()
            .map(|(k, near)| around.core(k, &tables[usize::from(near.element)])[0])
            .sum();
        let interactions = &model.interactions;
        if interactions.inner_cutoff != InnerCutoff::Zbl {
            let [factor, slope] = core_density.evaluate(repulsion);
            return Combined {
                energy_ev: many_body * factor + repulsion,
                by_many_body: factor,
                by_core: many_body * slope + 1.0,
                nearest: None,
                by_nearest: 0.0,
            };
        }
        // The neighbour that is deepest in the inner cutoff of its bond decides.
        let mut least = interactions.cutoff_ang();
        let (mut nearest, mut inner) = (
            None,
            Switch {
                end: 0.0,
                width: 0.0,
            },
        );
        for (k, near) in around.neighbours.iter().enumerate() {
            let switch = interactions.bond(centre, usize::from(near.element)).inner;
            let beyond = near.distance_ang - (switch.end - switch.width);
            if beyond < least {
                (least, nearest, inner) = (beyond, Some(k), switch);
            }
        }
        // A step up in distance: a step down in how far the neighbour is inside.
        let [factor, slope] = match nearest {
            Some(_) => Switch {
                end: inner.width,
                ..inner
            }
            .evaluate(inner.width - least),
            None => [1.0, 0.0],
        };
        Combined {
            energy_ev: factor * many_body + (1.0 - factor) * repulsion,
            by_many_body: factor,
            by_core: 1.0 - factor,
            nearest,
            by_nearest: -slope * (many_body - repulsion),
        }
    }
}

/// An energy and its derivatives by what it is made of.
struct Combined {
    energy_ev: f64,
    by_many_body: f64,
    by_core: f64,
    /// The neighbour on whose distance it depends besides, and the derivative by it.
    nearest: Option<usize>,
    by_nearest: f64,
}
