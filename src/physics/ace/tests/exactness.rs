//! What holds for every potential: forces and virials are derivatives, and energies do not depend on how atoms are turned
//! or counted. For every radial basis with every core repulsion and embedding.

use std::sync::Arc;

use proptest::prelude::*;

use super::samples::{Spec, every_combination, structures};
use crate::physics::ace::{AtomicClusterExpansion, Reference};
use crate::physics::numerics::testing::largest;
use crate::physics::potential::{Calculator, Evaluation, Potential, Want};
use crate::physics::structure::{Cell, Structure};

pub const ALL: Want = Want {
    energy: true,
    energies: true,
    virial: true,
    grades: false,
};

pub fn evaluate(potential: &dyn Potential, structure: &Structure) -> Evaluation {
    let mut calculator = Calculator::new(potential, &structure.elements, 0.0).expect("bound");
    calculator
        .evaluate(&structure.cell, &structure.positions_ang, ALL)
        .expect("an evaluation")
        .clone()
}

/// Fourth order, so that the step need not be small.
fn derivative(energy: &dyn Fn(f64) -> f64) -> f64 {
    let h = 2e-4;
    (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h)
}

/// Largest component, at least 1.
fn scale(components: &[f64]) -> f64 {
    largest(components.iter().map(|x| x.abs()).chain([1.0]))
}

/// Compares forces and virial with slopes of the energy; returns the largest deviations relative to the largest force and
/// virial of the structure.
pub fn deviations(potential: &dyn Potential, structure: &Structure) -> [f64; 2] {
    let out = evaluate(potential, structure);
    let forces = out.forces.as_flattened();
    let (mut worst_force, mut worst_virial) = (0.0f64, 0.0f64);
    for atom in 0..structure.len().min(3) {
        for axis in 0..3 {
            let slope = derivative(&|step| {
                let mut moved = structure.clone();
                moved.positions_ang[atom][axis] += step;
                evaluate(potential, &moved).energy_ev
            });
            let off = (slope + out.forces[atom][axis]).abs() / scale(forces);
            worst_force = largest([worst_force, off]);
        }
    }
    for (i, j) in [(0, 0), (1, 1), (2, 2), (1, 2), (2, 0), (0, 1)] {
        // A virial is what the energy loses when a cell grows.
        let slope = derivative(&|step| {
            let mut strain = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            strain[i][j] += 0.3 * step;
            let cell = structure.cell.transformed(&strain).expect("a cell");
            let moved = |p: &[f64; 3]| cell.to_cartesian(structure.cell.to_fractional(*p));
            let positions_ang = structure.positions_ang.iter().map(moved).collect();
            evaluate(
                potential,
                &Structure {
                    cell,
                    positions_ang,
                    elements: structure.elements.clone(),
                },
            )
            .energy_ev
        }) / 0.3;
        let off = (slope + out.virial_ev[i][j]).abs() / scale(out.virial_ev.as_flattened());
        worst_virial = largest([worst_virial, off]);
    }
    [worst_force, worst_virial]
}

#[test]
fn forces_and_virials_are_derivatives_for_every_basis_core_and_embedding() {
    let mut worst = [0.0f64; 2];
    for (seed, spec) in every_combination().into_iter().enumerate() {
        let model = spec.basis(seed as u64).to_model();
        let potential = AtomicClusterExpansion::new(&model);
        for structure in structures(&model.interactions, seed as u64) {
            let found = deviations(&potential, &structure);
            assert!(
                found[0] < 1e-8 && found[1] < 1e-8,
                "{}, {} atoms: {found:?}",
                spec.name(),
                structure.len()
            );
            worst = std::array::from_fn(|k| largest([worst[k], found[k]]));
        }
    }
    println!("worst: force {:.1e}, virial {:.1e}", worst[0], worst[1]);
}

/// Ranks up to five, up to three densities and four elements, every basis and every core, against the definition.
#[test]
fn the_compiled_evaluator_meets_the_definition_for_every_basis_core_and_embedding() {
    let mut worst = [0.0f64; 3];
    for (seed, spec) in every_combination().into_iter().enumerate() {
        let model = spec.basis(seed as u64).to_model();
        let fast = AtomicClusterExpansion::new(&model);
        let slow = Reference::new(Arc::new(model.clone()));
        let mut bare = model.clone();
        bare.interactions
            .bonds
            .iter_mut()
            .for_each(|bond| bond.core.prefactor = 0.0);
        let bare = AtomicClusterExpansion::new(&bare);
        let mut cores_matter = false;
        for structure in structures(&model.interactions, seed as u64) {
            let (found, expected) = (evaluate(&fast, &structure), evaluate(&slow, &structure));
            let forces = expected.forces.as_flattened();
            let virial = expected.virial_ev.as_flattened();
            let off = |a: &[f64], b: &[f64]| {
                assert_eq!(a.len(), b.len());
                largest(a.iter().zip(b).map(|(a, b)| (a - b).abs()))
            };
            let now = [
                off(&found.energies_ev, &expected.energies_ev) / scale(&expected.energies_ev),
                off(found.forces.as_flattened(), forces) / scale(forces),
                off(found.virial_ev.as_flattened(), virial) / scale(virial),
            ];
            // What the definition tabulates in bins of a thousandth of an ångström is interpolated by cubics.
            assert!(
                now[0] < 1e-9 && now[1] < 1e-7 && now[2] < 1e-7,
                "{}, {} atoms: {now:?}",
                spec.name(),
                structure.len()
            );
            worst = std::array::from_fn(|k| largest([worst[k], now[k]]));
            cores_matter |= (evaluate(&bare, &structure).energy_ev - found.energy_ev).abs() > 1e-2;
        }
        assert!(cores_matter, "{}", spec.name());
    }
    println!(
        "worst: energy {:.1e}, force {:.1e}, virial {:.1e}",
        worst[0], worst[1], worst[2]
    );
}

/// The matrix of a rotation by a quaternion, times −1 if it reflects besides.
fn turned(quaternion: [f64; 4], reflects: bool) -> [[f64; 3]; 3] {
    let norm = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    let [w, x, y, z] = quaternion.map(|q| q / norm);
    let sign = if reflects { -1.0 } else { 1.0 };
    [
        [
            1.0 - 2.0 * (y * y + z * z),
            2.0 * (x * y - w * z),
            2.0 * (x * z + w * y),
        ],
        [
            2.0 * (x * y + w * z),
            1.0 - 2.0 * (x * x + z * z),
            2.0 * (y * z - w * x),
        ],
        [
            2.0 * (x * z - w * y),
            2.0 * (y * z + w * x),
            1.0 - 2.0 * (x * x + y * y),
        ],
    ]
    .map(|row| row.map(|entry| sign * entry))
}

fn applied(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn combination() -> impl Strategy<Value = (Spec, u64)> {
    (0..every_combination().len(), 0..1000u64)
        .prop_map(|(at, seed)| (every_combination().swap_remove(at), seed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Turned and mirrored atoms have the same energies, forces turn with them, and so does the virial.
    #[test]
    fn rotation_and_reflection_change_nothing(
        (spec, seed) in combination(),
        quaternion in [0.1..1.0f64, -1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64],
        reflects in any::<bool>(),
    ) {
        let model = spec.basis(seed).to_model();
        let potential = AtomicClusterExpansion::new(&model);
        let matrix = turned(quaternion, reflects);
        for structure in structures(&model.interactions, seed) {
            let other = Structure {
                // The lattice of negated vectors is the same.
                cell: Cell::new(structure.cell.rows_ang().map(|row| {
                    let sign = if reflects { -1.0 } else { 1.0 };
                    applied(&matrix, row).map(|x| sign * x)
                })).expect("a cell"),
                elements: structure.elements.clone(),
                positions_ang: structure.positions_ang.iter().map(|p| applied(&matrix, *p)).collect(),
            };
            let (before, after) = (evaluate(&potential, &structure), evaluate(&potential, &other));
            for (a, b) in before.energies_ev.iter().zip(&after.energies_ev) {
                prop_assert!((a - b).abs() < 1e-9 * scale(&before.energies_ev), "{}: {a} {b}", spec.name());
            }
            for (a, b) in before.forces.iter().zip(&after.forces) {
                let a = applied(&matrix, *a);
                for axis in 0..3 {
                    prop_assert!(
                        (a[axis] - b[axis]).abs() < 1e-8 * scale(before.forces.as_flattened()),
                        "{}: {a:?} {b:?}", spec.name()
                    );
                }
            }
            // R V Rᵀ, row by row.
            let columns: [[f64; 3]; 3] = std::array::from_fn(|k| before.virial_ev.map(|row| row[k]));
            let left = columns.map(|column| applied(&matrix, column));
            let rows: [[f64; 3]; 3] = std::array::from_fn(|i| left.map(|column| column[i]));
            for (row, expected) in after.virial_ev.iter().zip(rows.map(|row| applied(&matrix, row))) {
                for (a, b) in row.iter().zip(expected) {
                    let most = 1e-8 * scale(before.virial_ev.as_flattened());
                    prop_assert!((a - b).abs() < most, "{}: {a} {b}", spec.name());
                }
            }
        }
    }

    /// Atoms in another order, and moved by vectors of the cell, have the same energies and forces.
    #[test]
    fn the_order_of_atoms_changes_nothing((spec, seed) in combination(), turn in 1..9usize, cells in -2..3i32) {
        let model = spec.basis(seed).to_model();
        let potential = AtomicClusterExpansion::new(&model);
        for structure in structures(&model.interactions, seed) {
            let count = structure.len();
            let mut order: Vec<usize> = (0..count).collect();
            order.rotate_left(turn % count);
            order.swap(0, count / 2);
            let shift = structure.cell.to_cartesian([f64::from(cells), 0.0, f64::from(-cells)]);
            let moved = |&at: &usize| {
                let p = structure.positions_ang[at];
                std::array::from_fn(|k| p[k] + if at % 2 == 0 { shift[k] } else { 0.0 })
            };
            let other = Structure {
                cell: structure.cell,
                elements: order.iter().map(|&at| structure.elements[at]).collect(),
                positions_ang: order.iter().map(moved).collect(),
            };
            let (before, after) = (evaluate(&potential, &structure), evaluate(&potential, &other));
            prop_assert!((before.energy_ev - after.energy_ev).abs() < 1e-9 * scale(&before.energies_ev));
            for (place, &at) in order.iter().enumerate() {
                for axis in 0..3 {
                    let off = (before.forces[at][axis] - after.forces[place][axis]).abs();
                    prop_assert!(off < 1e-8 * scale(before.forces.as_flattened()), "{}: {off}", spec.name());
                }
            }
        }
    }
}
