//! Sums over frames, from which curves of structure follow.

use serde::{Deserialize, Serialize};

use super::{
    BlockMeans, Bond, BondAngles, Curves, Mean, PairDistribution, Shell, SlabProfile, Species,
    StructureCurves, StructureFactor, SurveyError,
};
use crate::base::Element;
use crate::base::constants::ATOMIC_MASS_KG;
use crate::physics::structure::Cell;

/// How far and how finely is looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fineness {
    /// How far pair distributions reach, and the width of their bins.
    pub reach_ang: f64,
    pub bin_ang: f64,
    /// How far structure factors reach, and the width of their shells.
    pub longest_per_ang: f64,
    pub shell_per_ang: f64,
}

/// Bins of angles.
const ANGLES: usize = 90;

/// What frames of several runs add up to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Census {
    pub species: Species,
    /// Places in `species`, in the order of the first atoms.
    pub order: Vec<usize>,
    density: BlockMeans,
    pairs: PairDistribution,
    factor: StructureFactor,
    profile: Option<SlabProfile>,
}

impl Census {
    pub fn new(fineness: &Fineness, elements: &[Element], slabs: Option<(usize, usize)>) -> Self {
        let species = Species::new(elements);
        let mut order: Vec<usize> = Vec::new();
        for at in &species.of {
            if !order.contains(at) {
                order.push(*at);
            }
        }
        let parts = |long: f64, each: f64| (long / each).round().max(1.0) as usize;
        let bins = parts(fineness.reach_ang, fineness.bin_ang);
        let shells = parts(fineness.longest_per_ang, fineness.shell_per_ang);
        Census {
            order,
            density: BlockMeans::new(1),
            pairs: PairDistribution::new(species.clone(), fineness.reach_ang, bins),
            factor: StructureFactor::new(species.clone(), fineness.longest_per_ang, shells),
            profile: slabs.map(|(axis, count)| SlabProfile::new(species.clone(), axis, count)),
            species,
        }
    }

    /// Density and profile alone.
    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        let elements = self.species.elements.iter().zip(&self.species.counts);
        let mass_u: f64 = elements
            .map(|(element, count)| element.mass_u() * *count as f64)
            .sum();
        let density = mass_u * ATOMIC_MASS_KG * 1e27 / cell.volume_ang3();
        self.density.add(&[density]);
        if let Some(profile) = &mut self.profile {
            profile.add(cell, positions_ang);
        }
    }

    /// Pairs and waves.
    pub fn add_pairs(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        self.pairs.add(cell, positions_ang);
        self.factor.add(cell, positions_ang);
    }

    /// Whether it could have come of this empty one.
    pub fn is_like(&self, empty: &Self) -> bool {
        self.species == empty.species
            && self.order == empty.order
            && self.density.is_of(1)
            && self.pairs.is_like(&empty.pairs)
            && self.factor.is_like(&empty.factor)
            && self.profile.is_none()
    }

    /// What is added from here on belongs to another run.
    pub fn end_run(&mut self) {
        self.density.end_run();
        self.pairs.end_run();
        self.factor.end_run();
        if let Some(profile) = &mut self.profile {
            profile.end_run();
        }
    }

    /// Takes up the runs of another census of the same atoms, without its profile.
    pub fn join(&mut self, other: Census) {
        self.density.join(other.density);
        self.pairs.join(other.pairs);
        self.factor.join(other.factor);
    }

    pub fn element(&self, at: usize) -> Element {
        self.species.elements[at]
    }

    /// Pairs with the element of earlier atoms first; `both`: and the other way round.
    fn named_pairs(&self, both: bool) -> Vec<(usize, usize)> {
        let order = self.order.iter().enumerate();
        let all = order.flat_map(|(at, a)| {
            let from = if both { 0 } else { at };
            self.order[from..].iter().map(|b| (*a, *b))
        });
        all.collect()
    }

    /// Those that are wanted, or of all pairs; where it is not said where they end, at the first minimum of g(r) so far.
    pub fn bonds(
        &self,
        wanted: &[(Element, Element, Option<f64>)],
    ) -> Result<Vec<Bonds>, SurveyError> {
        let find = |element: Element| {
            let found = self.species.find(element);
            found.ok_or(SurveyError::NoElement { element })
        };
        let pairs = if wanted.is_empty() {
            let pairs = self.named_pairs(true).into_iter();
            pairs.map(|(a, b)| (a, b, None)).collect()
        } else {
            wanted
                .iter()
                .map(|(a, b, longest)| Ok((find(*a)?, find(*b)?, *longest)))
                .collect::<Result<Vec<_>, SurveyError>>()?
        };
        let bonds = pairs.into_iter().map(|(centre, end, longest)| {
            let minimum = || self.pairs.curve(centre, end).first_shell()?.minimum_ang;
            let longest_ang = longest.or_else(minimum);
            let species = self.species.clone();
            Bonds {
                bond: Bond {
                    centre: self.element(centre),
                    end: self.element(end),
                    longest_ang,
                    coordination: None,
                },
                angles: longest_ang
                    .map(|longest| BondAngles::new(species, centre, end, longest, ANGLES)),
            }
        });
        Ok(bonds.collect())
    }

    /// Of all pairs, up to the first minima of g(r), without looking at the bonds of each atom.
    pub fn bonds_within_minima(&self) -> Vec<Bond> {
        let pairs = self.named_pairs(true).into_iter();
        let bond = |(centre, end): (usize, usize)| {
            let shell = self.pairs.curve(centre, end).first_shell();
            let value = shell.and_then(|shell| shell.coordination);
            Bond {
                centre: self.element(centre),
                end: self.element(end),
                longest_ang: shell.and_then(|shell| shell.minimum_ang),
                coordination: value.map(|value| Mean { value, error: None }),
            }
        };
        pairs.map(bond).collect()
    }

    pub fn curves(
        &self,
        bonds: &[Bonds],
        displacements: Result<Curves, String>,
        velocities: Result<Curves, String>,
    ) -> StructureCurves {
        let mut pair_distribution = Curves::default();
        let mut structure_factor = Curves::default();
        let mut shells = Vec::new();
        for (a, b) in self.named_pairs(false) {
            let name = format!("{}-{}", self.element(a), self.element(b));
            let curve = self.pairs.curve(a, b);
            shells.push(Shell {
                pair: [self.element(a), self.element(b)],
                first: curve.first_shell(),
            });
            pair_distribution.x = curve.radii_ang;
            pair_distribution.push(name.clone(), curve.g);
            let partial = self.factor.partial(a, b);
            structure_factor.x = partial.q_per_ang;
            structure_factor.push(name, partial.s);
        }
        let mut running_coordination = Curves::default();
        for (a, b) in self.named_pairs(true) {
            let curve = self.pairs.curve(a, b);
            running_coordination.x = curve.edges_ang;
            let within = curve.coordination.into_iter();
            let y = within.map(|value| Mean { value, error: None }).collect();
            running_coordination.push(format!("{} around {}", self.element(b), self.element(a)), y);
        }
        let profile = self.profile.as_ref().map(|profile| {
            let mut curves = Curves {
                x: profile.positions_ang(),
                curves: Vec::new(),
            };
            for at in &self.order {
                curves.push(
                    self.element(*at).to_string(),
                    profile.density_g_per_cm3(*at),
                );
            }
            curves
        });
        let (coordination, angles) = of_bonds(bonds);
        let density = self.density.means()[0];
        StructureCurves {
            elements: self.order.iter().map(|at| self.element(*at)).collect(),
            density_g_per_cm3: density,
            pair_distribution,
            running_coordination,
            shells,
            bonds: bonds.iter().map(Bonds::found).collect(),
            coordination,
            angles,
            structure_factor,
            profile,
            displacements,
            velocities,
        }
    }
}

/// Bonds of one element to another, and the angles between them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bonds {
    bond: Bond,
    /// None where it is not known where they end.
    angles: Option<BondAngles>,
}

impl Bonds {
    pub fn add(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        if let Some(angles) = &mut self.angles {
            angles.add(cell, positions_ang);
        }
    }

    pub fn end_run(&mut self) {
        if let Some(angles) = &mut self.angles {
            angles.end_run();
        }
    }

    /// Whether it could have come of this empty one.
    pub fn is_like(&self, empty: &Self) -> bool {
        self.bond == empty.bond
            && match (&self.angles, &empty.angles) {
                (Some(own), Some(empty)) => own.is_like(empty),
                (own, empty) => own.is_none() && empty.is_none(),
            }
    }

    pub fn join(&mut self, other: Bonds) {
        if let (Some(own), Some(other)) = (&mut self.angles, other.angles) {
            own.join(other);
        }
    }

    fn found(&self) -> Bond {
        Bond {
            coordination: self.angles.as_ref().map(BondAngles::mean_coordination),
            ..self.bond.clone()
        }
    }
}

/// Numbers of bonds, and angles, of those bonds that have an end.
fn of_bonds(bonds: &[Bonds]) -> (Curves, Curves) {
    let (mut coordination, mut angles) = (Curves::default(), Curves::default());
    let with_angles = bonds
        .iter()
        .filter_map(|one| Some((&one.bond, one.angles.as_ref()?)));
    for (bond, found) in with_angles {
        let (centre, end) = (bond.centre, bond.end);
        coordination.push(format!("{end} around {centre}"), found.coordination());
        angles.x = found.angles_deg();
        angles.push(format!("{end}-{centre}-{end}"), found.density());
    }
    let most = coordination.curves.iter().map(|curve| curve.y.len()).max();
    coordination.x = (0..most.unwrap_or(0)).map(|bonds| bonds as f64).collect();
    for curve in &mut coordination.curves {
        // More bonds than any centre has.
        let none = Mean {
            value: 0.0,
            error: curve.y.first().and_then(|one| one.error).map(|_| 0.0),
        };
        curve.y.resize(coordination.x.len(), none);
    }
    (coordination, angles)
}
