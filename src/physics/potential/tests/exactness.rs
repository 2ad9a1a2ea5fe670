//! What holds for every potential.

use proptest::prelude::*;

use super::*;
use crate::physics::numerics::simd::Level;
use crate::physics::potential::pair::Pairs;

#[test]
fn forces_and_virial_are_derivatives_of_the_energy() {
    for repeats in [1, 2] {
        let structure = disordered(repeats);
        for (name, potential) in smooth_potentials() {
            // The waves know no images; one cell is enough for what takes longest.
            if repeats == 2 && ["Ewald", "mesh"].contains(&name) {
                continue;
            }
            let out = evaluate(&*potential, &structure);
            let energy = |cell: &Cell, positions: &[[f64; 3]]| {
                let structure = Structure {
                    cell: *cell,
                    elements: structure.elements.clone(),
                    positions_ang: positions.to_vec(),
                };
                evaluate(&*potential, &structure).energy_ev
            };
            // Fourth order, so that the step need not be small.
            let h = 2e-4;
            let derivative = |at: &dyn Fn(f64) -> f64| {
                (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
            };
            let scale = out
                .forces
                .iter()
                .flatten()
                .fold(1.0f64, |most, x| most.max(x.abs()));
            for atom in [0, structure.len() - 2] {
                for k in 0..3 {
                    let found = -derivative(&|step| {
                        let mut positions = structure.positions_ang.clone();
                        positions[atom][k] += step;
                        energy(&structure.cell, &positions)
                    });
                    let force = out.forces[atom][k];
                    assert!(
                        (found - force).abs() < 2e-7 * scale,
                        "{name}: force {force}, slope {found}"
                    );
                }
            }
            for (i, j) in [(0, 0), (1, 2), (2, 0)] {
                let found = -derivative(&|step| {
                    let mut strain = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
                    strain[i][j] += 0.3 * step;
                    let cell = structure.cell.transformed(&strain).unwrap();
                    let moved = |p: &[f64; 3]| cell.to_cartesian(structure.cell.to_fractional(*p));
                    let positions: Vec<_> = structure.positions_ang.iter().map(moved).collect();
                    energy(&cell, &positions)
                }) / 0.3;
                let virial = out.virial_ev[i][j];
                let scale = out
                    .virial_ev
                    .iter()
                    .flatten()
                    .fold(1.0f64, |most, x| most.max(x.abs()));
                assert!(
                    (found - virial).abs() < 1e-6 * scale,
                    "{name}: virial {i}{j} {virial}, slope {found}"
                );
            }
            let sum: f64 = out.energies_ev.iter().sum();
            assert!(
                (sum - out.energy_ev).abs() < 1e-9 * (1.0 + sum.abs()),
                "{name}"
            );
        }
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let structure = disordered(4);
    let mut potentials = smooth_potentials();
    potentials.push(("published PMMCS", Box::new(published_pmmcs())));
    for (name, potential) in potentials {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| evaluate(&*potential, &structure))
        };
        let one = with(1);
        for threads in [2, 3] {
            let other = with(threads);
            assert_eq!(one.forces, other.forces, "{name}");
            assert_eq!(one.energies_ev, other.energies_ev, "{name}");
            assert_eq!(one.energy_ev.to_bits(), other.energy_ev.to_bits(), "{name}");
            assert_eq!(one.virial_ev, other.virial_ev, "{name}");
        }
    }
}

/// What a processor without wide registers computes differs in the last bits alone.
#[test]
fn every_level_of_instructions_gives_the_same_forces() {
    let structure = disordered(2);
    let mut list = Neighbours::new(9.0, 0.5).with_species(species_of(&structure.elements));
    list.update(&structure.cell, &structure.positions_ang)
        .unwrap();
    for (name, potential) in smooth_potentials() {
        let mut outcomes = Vec::new();
        for level in Level::all() {
            let terms = potential.pair_terms(&structure.elements).unwrap();
            let mut pairs = Pairs::new(terms, &structure.elements);
            pairs.level = level;
            let mut out = Evaluation::default();
            pairs
                .evaluate(
                    &structure.cell,
                    &structure.positions_ang,
                    &list,
                    ALL,
                    &mut out,
                )
                .unwrap();
            outcomes.push(out);
        }
        let first = &outcomes[0];
        let scale = first
            .forces
            .iter()
            .flatten()
            .fold(1.0f64, |most, x| most.max(x.abs()));
        for other in &outcomes[1..] {
            assert!(
                (other.energy_ev - first.energy_ev).abs() < 1e-12 * (1.0 + first.energy_ev.abs()),
                "{name}"
            );
            for (a, b) in other
                .forces
                .iter()
                .flatten()
                .zip(first.forces.iter().flatten())
            {
                assert!((a - b).abs() < 1e-12 * scale, "{name}: {a} {b}");
            }
        }
    }
}

#[test]
fn asking_for_less_changes_nothing_of_the_rest() {
    let structure = disordered(2);
    for (name, potential) in smooth_potentials() {
        let mut calculator = Calculator::new(&*potential, &structure.elements, 0.5).unwrap();
        let (cell, positions) = (&structure.cell, &structure.positions_ang);
        let all = calculator.evaluate(cell, positions, ALL).unwrap().clone();
        let forces = calculator
            .evaluate(cell, positions, Want::default())
            .unwrap();
        assert_eq!(all.forces, forces.forces, "{name}");
    }
}

#[test]
fn evaluation_along_a_path_is_that_of_each_point() {
    let mut structure = disordered(2);
    let potential = published_pmmcs();
    let mut calculator = Calculator::new(&potential, &structure.elements, 0.5).unwrap();
    let mut random = Stream::new([9; 32], &[]);
    for _ in 0..30 {
        for position in &mut structure.positions_ang {
            *position = position.map(|x| x + 0.08 * (random.uniform() - 0.5));
        }
        let path = calculator
            .evaluate(&structure.cell, &structure.positions_ang, ALL)
            .unwrap()
            .clone();
        let point = evaluate(&potential, &structure);
        assert!((path.energy_ev - point.energy_ev).abs() < 1e-10 * point.energy_ev.abs());
        for (a, b) in path.forces.iter().zip(&point.forces) {
            assert!((0..3).all(|k| (a[k] - b[k]).abs() < 1e-9));
        }
    }
}

#[test]
fn a_restored_calculator_gives_the_same_bits() {
    let structure = disordered(2);
    let moved: Vec<_> = structure
        .positions_ang
        .iter()
        .map(|p| p.map(|x| x + 0.05 * x.sin()))
        .collect();
    let potential = published_pmmcs();
    let mut one = Calculator::new(&potential, &structure.elements, 1.0).unwrap();
    one.evaluate(&structure.cell, &structure.positions_ang, ALL)
        .unwrap();
    let (cell, reference) = one.reference().unwrap();
    let mut other = Calculator::new(&potential, &structure.elements, 1.0).unwrap();
    other.restore(&cell, reference).unwrap();
    let one = one.evaluate(&structure.cell, &moved, ALL).unwrap();
    let other = other.evaluate(&structure.cell, &moved, ALL).unwrap();
    assert_eq!(one.forces, other.forces);
    assert_eq!(one.energy_ev.to_bits(), other.energy_ev.to_bits());
}

fn close(a: &Evaluation, b: &Evaluation, order: &[usize], turn: &[[f64; 3]; 3]) -> bool {
    let energy = (a.energy_ev - b.energy_ev).abs() < 1e-9 * (1.0 + a.energy_ev.abs());
    energy
        && order.iter().enumerate().all(|(k, &atom)| {
            let turned: [f64; 3] =
                std::array::from_fn(|n| (0..3).map(|m| a.forces[atom][m] * turn[m][n]).sum());
            (0..3).all(|n| (turned[n] - b.forces[k][n]).abs() < 1e-8)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Moved, turned, with atoms in another order and in other images, it is the same crystal; and so is one of
    /// several cells.
    #[test]
    fn what_is_the_same_crystal_has_the_same_energy(seed in any::<u64>(), which in 0usize..12) {
        let structure = disordered(1);
        let (name, potential) = smooth_potentials().swap_remove(which);
        let here = evaluate(&*potential, &structure);
        let mut random = Stream::new([1; 32], &[seed]);
        let mut order: Vec<usize> = (0..structure.len()).collect();
        for k in (1..order.len()).rev() {
            order.swap(k, random.below(k as u64 + 1) as usize);
        }
        let (s, c) = (6.0 * random.uniform()).sin_cos();
        let (t, d) = (6.0 * random.uniform()).sin_cos();
        // About z, then about x.
        let turn = [[c, s * d, s * t], [-s, c * d, c * t], [0.0, -t, d]];
        let cell = structure.cell.transformed(&turn).unwrap();
        let shift: [f64; 3] = std::array::from_fn(|_| random.uniform());
        let exact = name != "mesh";
        let positions_ang = order.iter().map(|&atom| {
            let f = structure.cell.to_fractional(structure.positions_ang[atom]);
            cell.to_cartesian(std::array::from_fn(|k| {
                f[k] + random.below(5) as f64 - 2.0 + if exact { shift[k] } else { 0.0 }
            }))
        }).collect();
        let elements = order.iter().map(|&atom| structure.elements[atom]).collect();
        let there = evaluate(&*potential, &Structure { cell, elements, positions_ang });
        prop_assert!(close(&here, &there, &order, &turn), "{name}");

        let rows = structure.cell.rows_ang();
        let axis = random.below(3) as usize;
        let mut doubled = structure.clone();
        let mut longer = rows;
        longer[axis] = rows[axis].map(|x| 2.0 * x);
        doubled.cell = Cell::new(longer).unwrap();
        doubled.elements.extend(&structure.elements);
        doubled.positions_ang.extend(
            structure.positions_ang.iter().map(|p| [0, 1, 2].map(|k| p[k] + rows[axis][k])),
        );
        let two = evaluate(&*potential, &doubled);
        let tolerance = if exact { 1e-9 } else { 1e-6 };
        prop_assert!((two.energy_ev - 2.0 * here.energy_ev).abs() < tolerance * (1.0 + two.energy_ev.abs()), "{name}");
    }
}
