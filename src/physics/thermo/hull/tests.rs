use proptest::prelude::*;

use super::*;

fn point(amounts: &[f64], energy_ev: f64) -> Point {
    Point {
        amounts: amounts.to_vec(),
        energy_ev,
    }
}

/// Ba-Ti-O at 300 K, eV per formula unit: computed Gibbs energies of formation per atom (Materials Project with
/// the descriptor of Bartel et al.), times atoms.
fn batio() -> Vec<Point> {
    vec![
        point(&[1.0, 0.0, 0.0], 0.0),
        point(&[0.0, 1.0, 0.0], 0.0),
        point(&[0.0, 0.0, 2.0], 0.0),
        point(&[1.0, 0.0, 1.0], -2.6645 * 2.0),
        point(&[0.0, 1.0, 2.0], -3.3268 * 3.0),
        point(&[1.0, 1.0, 3.0], -3.3216 * 5.0),
        point(&[2.0, 1.0, 4.0], -3.2405 * 7.0),
        point(&[1.0, 2.0, 5.0], -3.3646 * 8.0),
    ]
}

#[test]
fn the_titanates_lie_where_pencil_and_paper_put_them() {
    let points = batio();
    let hull = Hull::new(&points).expect("a hull");
    assert_eq!(hull.stable(), [0, 1, 2, 3, 4, 5, 6, 7].as_slice());
    // BaTiO3 between Ba2TiO4 and BaTi2O5: 3 BaTiO3 = Ba2TiO4 + BaTi2O5.
    let expected = -3.3216 - (-3.2405 * 7.0 - 3.3646 * 8.0) / 15.0;
    let distance = hull
        .decomposition_ev_per_atom(5)
        .expect("a point")
        .expect("others");
    assert!((distance - expected).abs() < 1e-12 && distance < 0.0);
    // 5 BaO + 5 TiO2 hold 5 BaTiO3; 3 BaO + TiO2 hold BaO + Ba2TiO4.
    let five = hull
        .decomposition(&[5.0, 5.0, 15.0])
        .expect("a decomposition");
    assert_eq!(five.phases.len(), 1);
    assert!(five.phases[0].0 == 5 && (five.phases[0].1 - 5.0).abs() < 1e-9);
    let three = hull
        .decomposition(&[3.0, 1.0, 5.0])
        .expect("a decomposition");
    assert_eq!(
        three.phases.iter().map(|one| one.0).collect::<Vec<_>>(),
        [3, 6]
    );
    assert!((three.energy_ev - (-2.6645 * 2.0 - 3.2405 * 7.0)).abs() < 1e-9);
    let kinks = hull
        .along(&[0.5, 0.0, 0.5], &[0.0, 1.0 / 3.0, 2.0 / 3.0])
        .expect("a line");
    let on_line: Vec<_> = kinks
        .iter()
        .map(|one| one.decomposition.phases[0].0)
        .collect();
    assert_eq!(on_line, [3, 6, 5, 7, 4]);
    // Per atom, 2 BaO (4 atoms) with TiO2 (3).
    assert!((kinks[1].fraction - 3.0 / 7.0).abs() < 1e-9);
}

#[test]
fn metastable_points_and_twins_stay_out() {
    let mut points = batio();
    points.push(point(&[1.0, 1.0, 3.0], -3.3117 * 5.0));
    points.push(point(&[0.2, 0.2, 0.6], -3.3216));
    let hull = Hull::new(&points).expect("a hull");
    assert!(!hull.is_stable(8) && !hull.is_stable(9) && hull.is_stable(5));
    assert!((hull.above_ev_per_atom(8).expect("a point") - 0.0099).abs() < 1e-12);
    assert_eq!(hull.above_ev_per_atom(9), Ok(0.0));
    assert!(hull.above_ev_per_atom(10).is_err());
    assert!(hull.domain(8, (-20.0, 0.0)).expect("a point").is_empty());
}

#[test]
fn potentials_of_a_binary_are_those_of_its_neighbours() {
    // BaO between Ba and O2 alone: μ_Ba + μ_O = -4.578 eV, both at most zero.
    let hull = Hull::new(&[
        point(&[1.0, 0.0], 0.0),
        point(&[0.0, 2.0], 0.0),
        point(&[1.0, 1.0], -4.578),
    ]);
    let corners = hull
        .expect("a hull")
        .domain(2, (-20.0, 0.0))
        .expect("a domain");
    assert_eq!(corners.len(), 2);
    assert!((corners[0][0] + 4.578).abs() < 1e-9 && corners[0][1].abs() < 1e-9);
    assert!((corners[1][1] + 4.578).abs() < 1e-9 && corners[1][0].abs() < 1e-9);
}

#[test]
fn corners_of_domains_satisfy_every_phase() {
    let points = batio();
    let hull = Hull::new(&points).expect("a hull");
    for at in 3..points.len() {
        let corners = hull.domain(at, (-20.0, 0.0)).expect("a domain");
        assert!(corners.len() >= 3, "{at}: {corners:?}");
        for corner in &corners {
            let value = |point: &Point| -> f64 {
                point.amounts.iter().zip(corner).map(|(a, mu)| a * mu).sum()
            };
            assert!((value(&points[at]) - points[at].energy_ev).abs() < 1e-6);
            assert!(
                points
                    .iter()
                    .all(|other| value(other) <= other.energy_ev + 1e-6)
            );
        }
    }
}

#[test]
fn a_reservoir_drives_what_it_feeds() {
    // 2 TiO + O2 -> 2 TiO2 against an oxygen that is poor, and one that is rich.
    let points = [
        point(&[1.0, 1.0], -5.0),
        point(&[1.0, 2.0], -9.2),
        point(&[2.0, 3.0], -14.3),
    ];
    let oxygen = |potential_ev: f64| Reservoir {
        amounts: vec![0.0, 2.0],
        potential_ev,
    };
    let rich = Hull::open(&points, &[oxygen(-2.0)]).expect("a hull");
    assert_eq!(rich.stable(), [1]);
    // For one Ti: TiO2 less two O at -1 eV, set against TiO less one.
    assert!(
        (rich.above_ev_per_atom(0).expect("TiO") - (-5.0 + 1.0 - (-9.2 + 2.0)) / 2.0).abs() < 1e-12
    );
    let made = rich.decomposition(&[2.0, 2.0]).expect("a decomposition");
    assert!(made.phases[0].0 == 1 && (made.phases[0].1 - 2.0).abs() < 1e-9);
    assert!((made.released[0] + 1.0).abs() < 1e-9, "one O2 is taken up");
    assert!((made.energy_ev - (-18.4 + 2.0)).abs() < 1e-9);
    let poor = Hull::open(&points, &[oxygen(-9.0)]).expect("a hull");
    assert_eq!(poor.stable(), [0]);
    let domain = rich.domain(1, (-20.0, 0.0)).expect("a domain");
    assert_eq!(domain.len(), 1);
    assert!((domain[0][1] + 1.0).abs() < 1e-9 && (domain[0][0] + 7.2).abs() < 1e-9);
    assert_eq!(
        Hull::open(&points, &[oxygen(-2.0), oxygen(-2.0)]).err(),
        Some(HullError::DependentReservoirs { reservoir: 1 })
    );
    let ozone = point(&[0.0, 3.0], -4.0);
    assert_eq!(
        Hull::open(&[points[0].clone(), ozone], &[oxygen(-2.0)]).err(),
        Some(HullError::UnstableReservoirs { point: 1 })
    );
}

#[test]
fn bad_points_are_refused() {
    for bad in [
        point(&[0.0, 0.0], 1.0),
        point(&[1.0, -1.0], 1.0),
        point(&[1.0, 1.0], f64::NAN),
        point(&[1.0], 0.0),
    ] {
        let points = [point(&[1.0, 0.0], 0.0), bad];
        assert_eq!(
            Hull::new(&points).err(),
            Some(HullError::BadPoint { point: 1 })
        );
    }
    let hull = Hull::new(&[point(&[1.0, 0.0], 0.0)]).expect("a hull");
    assert_eq!(
        hull.decomposition(&[1.0, 1.0]).err(),
        Some(HullError::Outside)
    );
    assert_eq!(hull.decomposition(&[1.0]).err(), Some(HullError::Outside));
    assert_eq!(hull.decomposition_ev_per_atom(0), Ok(None));
    let empty = Hull::new(&[]).expect("an empty hull");
    assert!(empty.stable().is_empty());
}

/// Elements, then points of whole amounts with energies below the elements'.
fn random_hull() -> impl Strategy<Value = (usize, Vec<Point>)> {
    (2_usize..=6).prop_flat_map(|elements| {
        let point = (prop::collection::vec(0_u8..5, elements), -3.0_f64..0.5);
        prop::collection::vec(point, 1..25).prop_map(move |drawn| {
            let mut points: Vec<Point> = (0..elements)
                .map(|element| {
                    let mut amounts = vec![0.0; elements];
                    amounts[element] = 1.0;
                    Point {
                        amounts,
                        energy_ev: 0.0,
                    }
                })
                .collect();
            for (amounts, energy) in drawn {
                let amounts: Vec<f64> = amounts.into_iter().map(f64::from).collect();
                let atoms: f64 = amounts.iter().sum();
                if atoms > 0.0 {
                    points.push(Point {
                        amounts,
                        energy_ev: energy * atoms,
                    });
                }
            }
            (elements, points)
        })
    })
}

proptest! {
    #[test]
    fn hulls_lie_below_their_points_and_conserve_matter(
        (elements, points) in random_hull(),
        mix in prop::collection::vec(0.0_f64..4.0, 6),
        other in prop::collection::vec(0.0_f64..4.0, 6),
    ) {
        let hull = Hull::new(&points).expect("a hull");
        for (at, point) in points.iter().enumerate() {
            let energy = hull.energy_ev(&point.amounts).expect("an energy");
            prop_assert!(energy <= point.energy_ev + 1e-8);
            let atoms: f64 = point.amounts.iter().sum();
            let above = hull.above_ev_per_atom(at).expect("a point");
            prop_assert!((above - (point.energy_ev - energy) / atoms).abs() < 1e-8);
            let distance = hull.decomposition_ev_per_atom(at).expect("a point");
            prop_assert!(distance.is_none_or(|distance| distance <= above + 1e-9));
            if above > 1e-8 {
                prop_assert!(distance.is_some_and(|distance| (distance - above).abs() < 1e-8));
            }
        }
        let mix: Vec<f64> = mix[..elements].iter().map(|amount| amount + 0.01).collect();
        let other: Vec<f64> = other[..elements].iter().map(|amount| amount + 0.01).collect();
        let found = hull.decomposition(&mix).expect("a decomposition");
        prop_assert!(found.phases.len() <= elements);
        for (element, mix) in mix.iter().enumerate() {
            let total: f64 = found.phases.iter().map(|&(at, x)| x * points[at].amounts[element]).sum();
            prop_assert!((total - mix).abs() < 1e-7);
        }
        // The energy does not depend on the order of the points.
        let backwards: Vec<Point> = points.iter().rev().cloned().collect();
        let again = Hull::new(&backwards).expect("a hull").energy_ev(&mix).expect("an energy");
        prop_assert!((again - found.energy_ev).abs() < 1e-8);
        // Kinks rise, lie on the hull, and between them the hull is straight.
        let kinks = hull.along(&mix, &other).expect("a line");
        prop_assert!(kinks.windows(2).all(|pair| pair[0].fraction <= pair[1].fraction));
        prop_assert!(kinks[0].fraction == 0.0 && kinks[kinks.len() - 1].fraction == 1.0);
        let at = |fraction: f64| -> Vec<f64> {
            mix.iter().zip(&other).map(|(one, two)| (1.0 - fraction) * one + fraction * two).collect()
        };
        for pair in kinks.windows(2) {
            let middle = f64::midpoint(pair[0].fraction, pair[1].fraction);
            let expected = f64::midpoint(pair[0].decomposition.energy_ev, pair[1].decomposition.energy_ev);
            let energy = hull.energy_ev(&at(middle)).expect("an energy");
            prop_assert!((energy - expected).abs() < 1e-7, "{} {}", energy, expected);
            let own = hull.energy_ev(&at(pair[0].fraction)).expect("an energy");
            prop_assert!((own - pair[0].decomposition.energy_ev).abs() < 1e-7);
        }
    }
}
