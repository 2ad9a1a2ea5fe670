use super::*;
use crate::physics::numerics::Stream;

/// Every pair and every image, by brute force: sorted (atom, distance²) of each atom.
fn brute_force(cell: &Cell, positions: &[[f64; 3]], cutoff: f64) -> Vec<Vec<(usize, [f64; 3])>> {
    let reach = cell
        .heights_ang()
        .map(|height| (cutoff / height).ceil() as i32 + 1);
    let rows = cell.rows_ang();
    let wrapped: Vec<_> = positions.iter().map(|p| cell.wrap(*p).0).collect();
    let mut all = Vec::new();
    for (i, here) in wrapped.iter().enumerate() {
        let mut near = Vec::new();
        for (j, there) in wrapped.iter().enumerate() {
            for a in -reach[0]..=reach[0] {
                for b in -reach[1]..=reach[1] {
                    for c in -reach[2]..=reach[2] {
                        if i == j && [a, b, c] == [0; 3] {
                            continue;
                        }
                        let image = translated(*there, &[a, b, c], &rows);
                        let d: [f64; 3] = std::array::from_fn(|k| image[k] - here[k]);
                        if d.iter().map(|x| x * x).sum::<f64>() < cutoff * cutoff {
                            near.push((j, d));
                        }
                    }
                }
            }
        }
        all.push(near);
    }
    all
}

fn sorted(mut near: Vec<(usize, [f64; 3])>) -> Vec<(usize, [f64; 3])> {
    let key = |&(j, d): &(usize, [f64; 3])| (j, d.map(|x| (x * 1e6).round() as i64));
    near.sort_by_key(key);
    near
}

fn agree(neighbours: &Neighbours, cell: &Cell, positions: &[[f64; 3]], cutoff: f64) {
    let expected = brute_force(cell, positions, cutoff);
    let mut environment = Environment::default();
    for (atom, expected) in expected.into_iter().enumerate() {
        neighbours.environment(atom, cutoff, &mut environment);
        let found = (0..environment.len())
            .map(|k| (environment.atom(k), environment.displacement_ang(k)))
            .collect();
        let (found, expected) = (sorted(found), sorted(expected));
        assert_eq!(found.len(), expected.len(), "atom {atom}");
        for ((j, d), (k, e)) in found.into_iter().zip(expected) {
            assert_eq!(j, k);
            assert!((0..3).all(|axis| (d[axis] - e[axis]).abs() < 1e-9));
        }
    }
}

fn random_cell(random: &mut Stream, size: f64) -> Cell {
    loop {
        let rows = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                size * (if i == j { 1.0 } else { 0.0 } + 0.9 * (random.uniform() - 0.5))
            })
        });
        if let Ok(cell) = Cell::new(rows)
            && cell.heights_ang().iter().all(|&h| h > 0.25 * size)
        {
            return cell;
        }
    }
}

fn random_positions(random: &mut Stream, cell: &Cell, count: usize) -> Vec<[f64; 3]> {
    (0..count)
        .map(|_| cell.to_cartesian(std::array::from_fn(|_| 5.0 * random.uniform() - 2.0)))
        .collect()
}

#[test]
fn lists_hold_what_brute_force_finds_in_any_cell() {
    let mut random = Stream::new([1; 32], &[]);
    for (size, count, cutoff) in [
        (12.0, 60, 3.0),
        (9.0, 20, 5.5),
        (4.0, 5, 6.0),
        (2.0, 1, 5.0),
        (30.0, 40, 4.0),
        (3.0, 2, 0.5),
    ] {
        for _ in 0..4 {
            let cell = random_cell(&mut random, size);
            let positions = random_positions(&mut random, &cell, count);
            let mut neighbours = Neighbours::new(cutoff, 0.7);
            neighbours.update(&cell, &positions).unwrap();
            agree(&neighbours, &cell, &positions, cutoff);
            agree(&neighbours, &cell, &positions, 0.6 * cutoff);
        }
    }
}

#[test]
fn a_very_flat_cell_is_a_cell() {
    let cell = Cell::new([[20.0, 0.0, 0.0], [17.0, 2.0, 0.0], [-3.0, 1.0, 25.0]]).unwrap();
    let positions = random_positions(&mut Stream::new([2; 32], &[]), &cell, 30);
    let mut neighbours = Neighbours::new(5.0, 1.0);
    neighbours.update(&cell, &positions).unwrap();
    agree(&neighbours, &cell, &positions, 5.0);
}

#[test]
fn lists_stay_valid_while_atoms_move_and_the_cell_breathes() {
    let mut random = Stream::new([3; 32], &[]);
    let mut cell = random_cell(&mut random, 10.0);
    let mut positions = random_positions(&mut random, &cell, 50);
    let mut neighbours = Neighbours::new(4.0, 0.8);
    for _ in 0..60 {
        neighbours.update(&cell, &positions).unwrap();
        agree(&neighbours, &cell, &positions, 4.0);
        let strain: [[f64; 3]; 3] = std::array::from_fn(|i| {
            std::array::from_fn(|j| f64::from(u8::from(i == j)) + 0.01 * (random.uniform() - 0.5))
        });
        let strained = cell.transformed(&strain).unwrap();
        for position in &mut positions {
            *position = strained.to_cartesian(cell.to_fractional(*position));
            *position = position.map(|x| x + 0.1 * (random.uniform() - 0.5));
        }
        cell = strained;
    }
    let rebuilds = neighbours.rebuilds();
    assert!((5..50).contains(&rebuilds), "{rebuilds} rebuilds");
}

#[test]
fn a_list_built_again_from_its_reference_is_the_same() {
    let mut random = Stream::new([4; 32], &[]);
    let cell = random_cell(&mut random, 8.0);
    let positions = random_positions(&mut random, &cell, 40);
    let mut neighbours = Neighbours::new(3.0, 1.0);
    neighbours.update(&cell, &positions).unwrap();
    let moved: Vec<_> = positions.iter().map(|p| p.map(|x| x + 0.1)).collect();
    neighbours.update(&cell, &moved).unwrap();
    let (cell, reference) = neighbours.reference().unwrap();
    assert_eq!(reference, positions);
    let mut again = Neighbours::new(3.0, 1.0);
    again.rebuild(&cell, reference).unwrap();
    again.update(&cell, &moved).unwrap();
    assert_eq!(again.rebuilds(), 1);
    let (mut one, mut other) = (Environment::default(), Environment::default());
    for atom in 0..positions.len() {
        neighbours.environment(atom, 3.0, &mut one);
        again.environment(atom, 3.0, &mut other);
        assert_eq!(one.squared_distances(), other.squared_distances());
    }
}

#[test]
fn what_has_no_list_is_said() {
    let cell = Cell::orthorhombic([3.0; 3]).unwrap();
    let mut neighbours = Neighbours::new(5.0, 1.0);
    assert_eq!(
        neighbours.update(&cell, &[[0.0; 3], [f64::NAN, 0.0, 0.0]]),
        Err(NeighbourError::NotFinite(1))
    );
    assert!(matches!(
        Neighbours::new(5000.0, 1.0).update(&cell, &[[0.0; 3]]),
        Err(NeighbourError::TooManyImages { .. })
    ));
    neighbours.update(&cell, &[]).unwrap();
}
