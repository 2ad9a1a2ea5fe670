//! Random packings: starting points for melts and glasses.
//!
//! Atoms are put at random places in a cube where they keep their distance floors (random sequential addition). What no
//! longer finds such a place is put at the best of many, and overlaps are then pushed apart: the sum of the squared depths
//! (floor − distance)² is brought to zero by the inertial relaxation of Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006).

use std::collections::BTreeMap;

use thiserror::Error;

use super::cell::Cell;
use super::configuration::Structure;
use super::linear::{add, dot, norm, scale, subtract};
use super::neighbours::{Environment, NeighbourError, Neighbours};
use super::radii::contact_ang;
use crate::base::constants::ATOMIC_MASS_KG;
use crate::base::{Element, Formula, Rational};
use crate::physics::numerics::Stream;

/// Default floor of a pair: this part of the sum of its radii. The shortest bonds of crystals are at 0.85 or above, and
/// spheres of this size fill a melt far below random close packing.
pub const FLOOR_OF_CONTACT: f64 = 0.75;

/// Random places that an atom tries before it takes the best of them.
const TRIES: usize = 200;
/// Steps of the push-off before it gives up.
const STEPS: usize = 5000;
/// The most atoms of a packing.
const MOST: usize = 5_000_000;

/// What is packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Packing {
    /// By atomic number.
    pub counts: Vec<(Element, usize)>,
    /// Edge of the cube, Å.
    pub edge_ang: f64,
    /// Smallest distance of pairs, Å, that differ from the default; each pair once, in either order.
    pub floors_ang: Vec<(Element, Element, f64)>,
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum PackingError {
    #[error("there are no atoms to pack")]
    Empty,
    #[error("{0} atoms are more than {MOST}")]
    TooMany(usize),
    #[error("the melt-density model has no parameters for {0}")]
    NoMeltVolume(Element),
    #[error("the melt-density model holds above 0 K, not at {0} K")]
    Temperature(f64),
    #[error(
        "atoms this large do not fit: after {STEPS} steps {first} and {second} are still {distance_ang:.2} Å apart, \
         nearer than their {floor_ang:.2} Å (spheres of these sizes fill {filled:.0} % of the cell)"
    )]
    Jammed {
        first: Element,
        second: Element,
        distance_ang: f64,
        floor_ang: f64,
        /// Of the volume, percent: spheres as wide as the floor of their own element.
        filled: f64,
    },
    #[error(transparent)]
    Neighbours(#[from] NeighbourError),
}

/// Whole numbers of atoms in the ratio of these formula units: the whole multiple that comes nearest to `atoms`.
pub fn counts_of(
    units: &[(Formula, Rational)],
    atoms: usize,
) -> Result<Vec<(Element, usize)>, PackingError> {
    let mut amounts: BTreeMap<Element, Rational> = BTreeMap::new();
    for (formula, count) in units {
        for (element, amount) in formula.amounts() {
            let sum = amounts.entry(*element).or_insert_with(Rational::zero);
            *sum = &*sum + &(amount * count);
        }
    }
    let amounts: Vec<(Element, Rational)> = amounts.into_iter().collect();
    let smallest = Formula::from_amounts(&amounts)
        .and_then(|formula| formula.reduced().integer_amounts())
        .ok_or(PackingError::Empty)?;
    let own: u64 = smallest.iter().map(|(_, count)| count).sum();
    let own = own as usize;
    if atoms > MOST || own > MOST {
        return Err(PackingError::TooMany(atoms.max(own)));
    }
    let copies = ((atoms as f64 / own as f64).round() as usize).max(1);
    Ok(smallest
        .into_iter()
        .map(|(element, count)| (element, count as usize * copies))
        .collect())
}

/// Edge of the cube in which these atoms have a density in g/cm³, Å.
pub fn edge_at_density_ang(counts: &[(Element, usize)], density_g_per_cm3: f64) -> f64 {
    let mass_u: f64 = counts
        .iter()
        .map(|(element, count)| element.mass_u() * *count as f64)
        .sum();
    (mass_u * ATOMIC_MASS_KG * 1e27 / density_g_per_cm3).cbrt()
}

/// α, c (1/K) and v (Å³) of v/atom = Σ x α [1 + c (T − 5000 K)] v: volumes of oxide melts, fitted for starting points of
/// melt-quench runs in the study of transport in Ba-Ti-O by Karan et al., arXiv:2501.08560 (its public analysis
/// package).
const MELT: [(&str, f64, f64, f64); 3] = [
    ("Ba", 1.1184, 2.334e-5, 64.999),
    ("Ti", 1.005_64, 7.432e-6, 17.478),
    ("O", 0.490_48, 3.108e-5, 14.714),
];

/// Edge of the cube in which these atoms have the volume of their melt, Å.
pub fn edge_of_melt_ang(
    counts: &[(Element, usize)],
    temperature_k: f64,
) -> Result<f64, PackingError> {
    if temperature_k.is_nan() || temperature_k <= 0.0 {
        return Err(PackingError::Temperature(temperature_k));
    }
    let mut volume_ang3 = 0.0;
    for (element, count) in counts {
        let (_, alpha, expansion, volume) = MELT
            .iter()
            .find(|(symbol, ..)| *symbol == element.symbol())
            .ok_or(PackingError::NoMeltVolume(*element))?;
        volume_ang3 +=
            *count as f64 * alpha * (1.0 + expansion * (temperature_k - 5000.0)) * volume;
    }
    Ok(volume_ang3.cbrt())
}

impl Packing {
    /// Smallest distance of a pair, Å.
    pub fn floor_ang(&self, one: Element, other: Element) -> f64 {
        self.floors_ang
            .iter()
            .find(|(a, b, _)| (*a, *b) == (one, other) || (*b, *a) == (one, other))
            .map_or_else(
                || FLOOR_OF_CONTACT * contact_ang(one, other),
                |(.., floor)| *floor,
            )
    }

    /// Part of the cell that spheres as wide as the floor of their own element fill.
    pub fn filled(&self) -> f64 {
        let spheres: f64 = self
            .counts
            .iter()
            .map(|(element, count)| {
                *count as f64 * std::f64::consts::PI / 6.0
                    * self.floor_ang(*element, *element).powi(3)
            })
            .sum();
        spheres / self.edge_ang.powi(3)
    }

    /// The atoms in their cell before anything is placed: all at the origin.
    pub(super) fn unpacked(&self) -> Option<Structure> {
        let elements: Vec<Element> = self
            .counts
            .iter()
            .flat_map(|(element, count)| std::iter::repeat_n(*element, *count))
            .collect();
        Some(Structure {
            cell: Cell::orthorhombic([self.edge_ang; 3]).ok()?,
            positions_ang: vec![[0.0; 3]; elements.len()],
            elements,
        })
    }

    /// The packing that the stream draws: every pair at its floor or further.
    pub fn pack(&self, stream: &mut Stream) -> Result<Structure, PackingError> {
        let total: usize = self.counts.iter().map(|(_, count)| count).sum();
        if total == 0 {
            return Err(PackingError::Empty);
        }
        if total > MOST {
            return Err(PackingError::TooMany(total));
        }
        let cell = Cell::orthorhombic([self.edge_ang; 3]).map_err(|_| PackingError::Empty)?;
        let kinds: Vec<Element> = self.counts.iter().map(|(element, _)| *element).collect();
        let floors: Vec<Vec<f64>> = kinds
            .iter()
            .map(|a| kinds.iter().map(|b| self.floor_ang(*a, *b)).collect())
            .collect();
        let widest = floors.iter().flatten().copied().fold(0.0, f64::max);
        // Large atoms first: they find room while there is some.
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        order.sort_by(|a, b| floors[*b][*b].total_cmp(&floors[*a][*a]));
        let mut grid = Grid::new(self.edge_ang, widest);
        let mut species: Vec<usize> = Vec::with_capacity(total);
        let mut positions: Vec<[f64; 3]> = Vec::with_capacity(total);
        for kind in order {
            for _ in 0..self.counts[kind].1 {
                let mut best = ([0.0; 3], f64::NEG_INFINITY);
                for _ in 0..TRIES {
                    let place: [f64; 3] = std::array::from_fn(|_| stream.uniform() * self.edge_ang);
                    // How much further than its floor the worst neighbour is.
                    let mut margin = 0.0f64;
                    grid.near(place, |other| {
                        let away = cell.near_image(subtract(place, positions[other]));
                        margin = margin.min(norm(away) - floors[kind][species[other]]);
                    });
                    if margin > best.1 {
                        best = (place, margin);
                    }
                    if margin >= 0.0 {
                        break;
                    }
                }
                grid.insert(best.0, positions.len());
                positions.push(best.0);
                species.push(kind);
            }
        }
        push_apart(&cell, &mut positions, &species, &floors, widest)?.map_or(Ok(()), |worst| {
            let Overlap {
                first,
                second,
                distance_ang,
            } = worst;
            Err(PackingError::Jammed {
                first: kinds[species[first]],
                second: kinds[species[second]],
                distance_ang,
                floor_ang: floors[species[first]][species[second]],
                filled: 100.0 * self.filled(),
            })
        })?;
        // By element, as other programs like it.
        let mut sorted: Vec<usize> = (0..total).collect();
        sorted.sort_by_key(|at| species[*at]);
        Ok(Structure {
            cell,
            elements: sorted.iter().map(|at| kinds[species[*at]]).collect(),
            positions_ang: sorted
                .iter()
                .map(|at| cell.wrap(positions[*at]).0)
                .collect(),
        })
    }
}

struct Overlap {
    first: usize,
    second: usize,
    distance_ang: f64,
}

/// Moves atoms until no pair is nearer than its floor; gives the deepest overlap that stays.
fn push_apart(
    cell: &Cell,
    positions: &mut [[f64; 3]],
    species: &[usize],
    floors: &[Vec<f64>],
    widest: f64,
) -> Result<Option<Overlap>, NeighbourError> {
    // Aims a little beyond the floor, so that rounding cannot fall short of it.
    const BEYOND: f64 = 1.0 + 1e-3;
    let (mut step, mut mixing, mut downhill) = (0.1, 0.1, 0);
    let mut neighbours = Neighbours::new(widest * BEYOND, 0.5);
    let mut around = Environment::default();
    let mut velocities = vec![[0.0; 3]; positions.len()];
    let mut forces = vec![[0.0; 3]; positions.len()];
    for _ in 0..STEPS {
        neighbours.update(cell, positions)?;
        let mut worst: Option<(f64, Overlap)> = None;
        for (atom, force) in forces.iter_mut().enumerate() {
            *force = [0.0; 3];
            neighbours.environment(atom, widest * BEYOND, &mut around);
            for k in 0..around.len() {
                let other = around.atom(k);
                let floor = floors[species[atom]][species[other]];
                let distance = around.distance_ang(k);
                let depth = floor * BEYOND - distance;
                if depth <= 0.0 {
                    continue;
                }
                let away = around.displacement_ang(k);
                // Atoms on one place part along x, the earlier one to the left.
                let push = if distance > 1e-6 {
                    scale(away, -depth / distance)
                } else {
                    [if atom < other { -depth } else { depth }, 0.0, 0.0]
                };
                *force = add(*force, push);
                if distance < floor
                    && worst
                        .as_ref()
                        .is_none_or(|(known, _)| floor - distance > *known)
                {
                    let overlap = Overlap {
                        first: atom,
                        second: other,
                        distance_ang: distance,
                    };
                    worst = Some((floor - distance, overlap));
                }
            }
        }
        if worst.is_none() {
            return Ok(None);
        }
        // FIRE with unit masses and springs; a step of 0.1 is a fraction of the period of a spring.
        let power: f64 = forces
            .iter()
            .zip(&velocities)
            .map(|(f, v)| dot(*f, *v))
            .sum();
        if power > 0.0 {
            let size =
                |vectors: &[[f64; 3]]| vectors.iter().map(|v| dot(*v, *v)).sum::<f64>().sqrt();
            let ratio = mixing * size(&velocities) / size(&forces).max(1e-300);
            for (velocity, force) in velocities.iter_mut().zip(&forces) {
                *velocity = add(scale(*velocity, 1.0 - mixing), scale(*force, ratio));
            }
            downhill += 1;
            if downhill > 5 {
                step = f64::min(step * 1.1, 0.5);
                mixing *= 0.99;
            }
        } else {
            velocities.fill([0.0; 3]);
            step *= 0.5;
            (mixing, downhill) = (0.1, 0);
        }
        step = step.max(1e-3);
        for ((position, velocity), force) in positions.iter_mut().zip(&mut velocities).zip(&forces)
        {
            *velocity = add(*velocity, scale(*force, step));
            *position = add(*position, scale(*velocity, step));
        }
    }
    neighbours.update(cell, positions)?;
    let mut worst: Option<(f64, Overlap)> = None;
    for atom in 0..positions.len() {
        neighbours.environment(atom, widest, &mut around);
        for k in 0..around.len() {
            let (second, distance_ang) = (around.atom(k), around.distance_ang(k));
            let depth = floors[species[atom]][species[second]] - distance_ang;
            if depth > 0.0 && worst.as_ref().is_none_or(|(known, _)| depth > *known) {
                let overlap = Overlap {
                    first: atom,
                    second,
                    distance_ang,
                };
                worst = Some((depth, overlap));
            }
        }
    }
    Ok(worst.map(|(_, overlap)| overlap))
}

/// Boxes of a cube, at least as wide as the widest floor where there are three or more along an edge.
struct Grid {
    edge: f64,
    sides: usize,
    boxes: Vec<Vec<usize>>,
}

impl Grid {
    fn new(edge: f64, widest: f64) -> Self {
        let sides = ((edge / widest).floor() as usize).clamp(1, 200);
        // With two along an edge the one before and the one after are the same.
        let sides = if sides < 3 { 1 } else { sides };
        Grid {
            edge,
            sides,
            boxes: vec![Vec::new(); sides.pow(3)],
        }
    }

    fn place(&self, position: [f64; 3]) -> [usize; 3] {
        position.map(|x| ((x / self.edge * self.sides as f64) as usize).min(self.sides - 1))
    }

    fn insert(&mut self, position: [f64; 3], atom: usize) {
        let [i, j, k] = self.place(position);
        let sides = self.sides;
        self.boxes[(i * sides + j) * sides + k].push(atom);
    }

    fn near(&self, position: [f64; 3], mut visit: impl FnMut(usize)) {
        let sides = self.sides;
        let around: &[usize] = if sides == 1 { &[0] } else { &[sides - 1, 0, 1] };
        let [x, y, z] = self.place(position);
        for i in around {
            for j in around {
                for k in around {
                    let [i, j, k] = [x + i, y + j, z + k].map(|at| at % sides);
                    for atom in &self.boxes[(i * sides + j) * sides + k] {
                        visit(*atom);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(symbol: &str) -> Element {
        Element::from_symbol(symbol).unwrap()
    }

    fn counts(formula: &str, atoms: usize) -> Vec<(Element, usize)> {
        let units = [(Formula::parse(formula).unwrap(), Rational::one())];
        counts_of(&units, atoms).unwrap()
    }

    fn packing(formula: &str, atoms: usize, density: f64) -> Packing {
        let counts = counts(formula, atoms);
        Packing {
            edge_ang: edge_at_density_ang(&counts, density),
            counts,
            floors_ang: Vec::new(),
        }
    }

    /// All pairs, by the definition: the nearest of 27 images.
    fn keeps_floors(packing: &Packing, structure: &Structure) -> bool {
        let edge = packing.edge_ang;
        let n = structure.len();
        (0..n).all(|a| {
            (a + 1..n).all(|b| {
                let away = subtract(structure.positions_ang[a], structure.positions_ang[b]);
                let square: f64 = away
                    .iter()
                    .map(|x| (x - edge * (x / edge).round()).powi(2))
                    .sum();
                square.sqrt() >= packing.floor_ang(structure.elements[a], structure.elements[b])
            })
        })
    }

    #[test]
    fn floors_hold_and_compositions_are_exact() {
        for (formula, atoms, density) in [
            ("BaTiO3", 60, 4.5),
            ("BaTiO3", 200, 4.5),
            ("Ba2TiO4", 70, 4.6),
            ("BaTi2O5", 1000, 4.4),
            ("SiO2", 300, 2.2),
            ("NaCl", 512, 1.49),
        ] {
            let packing = packing(formula, atoms, density);
            let packed = packing
                .pack(&mut Stream::new([5; 32], &[]))
                .unwrap_or_else(|e| panic!("{formula}: {e}"));
            assert_eq!(packed.composition(), packing.counts, "{formula}");
            assert_eq!(packed.len(), atoms);
            assert!((packed.density_g_per_cm3() / density - 1.0).abs() < 1e-12);
            assert!(keeps_floors(&packing, &packed), "{formula}");
            let again = packing.pack(&mut Stream::new([5; 32], &[])).unwrap();
            assert_eq!(again, packed);
            assert_ne!(
                packing.pack(&mut Stream::new([6; 32], &[])).unwrap(),
                packed
            );
        }
    }

    #[test]
    fn a_packing_is_not_ordered() {
        // Of an ideal-gas-like packing each octant holds an eighth of the atoms, within the spread of a binomial.
        let packed = packing("BaTiO3", 1000, 4.0)
            .pack(&mut Stream::new([9; 32], &[]))
            .unwrap();
        let edge = packed.cell.lengths_ang()[0];
        let octant = packed
            .positions_ang
            .iter()
            .filter(|p| p.iter().all(|x| *x < edge / 2.0))
            .count();
        assert!((85..=165).contains(&octant), "{octant}");
    }

    #[test]
    fn the_packing_limit_is_said() {
        let tight = packing("BaTiO3", 60, 14.0);
        let error = tight.pack(&mut Stream::new([1; 32], &[])).unwrap_err();
        assert!(
            matches!(error, PackingError::Jammed { filled, .. } if filled > 60.0),
            "{error}"
        );
    }

    #[test]
    fn floors_of_pairs_can_be_set() {
        let mut wide = packing("BaTiO3", 60, 3.0);
        wide.floors_ang = vec![(element("O"), element("Ti"), 2.1)];
        let packed = wide.pack(&mut Stream::new([1; 32], &[])).unwrap();
        assert!(keeps_floors(&wide, &packed));
        assert_eq!(wide.floor_ang(element("Ti"), element("O")), 2.1);
        assert!((wide.floor_ang(element("O"), element("O")) - 2.1).abs() < 1e-12);
        assert!((wide.floor_ang(element("Ba"), element("O")) - 0.75 * 2.81).abs() < 1e-12);
    }

    #[test]
    fn melts_have_the_density_of_the_model() {
        // BaTiO3 at 5000 K: 22.38 Å³ an atom, 3.46 g/cm³.
        let counts = counts("BaTiO3", 100);
        let edge = edge_of_melt_ang(&counts, 5000.0).unwrap();
        assert!((edge.powi(3) / 100.0 - 22.38).abs() < 0.01);
        let cooler = edge_of_melt_ang(&counts, 3000.0).unwrap();
        assert!(cooler < edge);
        let salt = [(element("Na"), 1)];
        assert_eq!(
            edge_of_melt_ang(&salt, 3000.0),
            Err(PackingError::NoMeltVolume(element("Na")))
        );
    }

    #[test]
    fn counts_are_whole_multiples_of_the_formula() {
        let units = [
            (Formula::parse("BaO").unwrap(), Rational::one()),
            (Formula::parse("TiO2").unwrap(), Rational::integer(2)),
        ];
        // BaTi2O5 has 8 atoms.
        let near = |atoms| {
            counts_of(&units, atoms)
                .unwrap()
                .iter()
                .map(|(_, n)| *n)
                .collect::<Vec<_>>()
        };
        assert_eq!(near(63), [40, 16, 8]);
        assert_eq!(near(1), [5, 2, 1]);
        let half = [(Formula::parse("Ba0.9Sr0.1TiO3").unwrap(), Rational::one())];
        let counts = counts_of(&half, 50).unwrap();
        assert_eq!(
            counts.iter().map(|(_, n)| *n).collect::<Vec<_>>(),
            [30, 10, 1, 9]
        );
    }
}
