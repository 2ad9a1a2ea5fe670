//! What a form is, and what is refused.

use crate::base::constants::COULOMB_EV_ANG;

use super::*;

#[test]
fn lennard_jones_ends_as_it_is_told() {
    let at = |truncation, r| {
        pair_force(
            &LennardJones::new(0.5, 2.0, 5.0).truncated(truncation),
            "Ar",
            "Ar",
            r,
        )
    };
    let (force, energy) = (
        |r: f64| 2.0 * (12.0 * (2.0 / r).powi(12) - 6.0 * (2.0 / r).powi(6)) / r,
        |r: f64| 2.0 * ((2.0 / r).powi(12) - (2.0 / r).powi(6)),
    );
    for r in [1.5, 2.3, 3.9, 4.999] {
        let expected = [
            (Truncation::Cut, force(r), energy(r)),
            (Truncation::Shifted, force(r), energy(r) - energy(5.0)),
            (
                Truncation::ForceShifted,
                force(r) - force(5.0),
                energy(r) - energy(5.0) + (r - 5.0) * force(5.0),
            ),
        ];
        for (truncation, force, energy) in expected {
            let [found, sum] = at(truncation, r);
            assert!(
                (found - force).abs() < 1e-13 * (1.0 + force.abs()),
                "{truncation:?} {r}"
            );
            assert!(
                (sum - energy).abs() < 1e-13 * (1.0 + energy.abs()),
                "{truncation:?} {r}"
            );
        }
    }
    let smooth = Truncation::Smooth { from_ang: 4.0 };
    assert!((at(smooth, 3.9)[0] - force(3.9)).abs() < 1e-14);
    assert!((at(smooth, 4.5)[1] - 0.5 * energy(4.5)).abs() < 1e-15);
    assert!(at(smooth, 4.9999)[0].abs() < 1e-8);
}

#[test]
fn a_table_of_a_potential_is_that_potential() {
    let exact = LennardJones::new(0.1, 2.5, 6.0).truncated(Truncation::Shifted);
    let [.., end] = pair_force(&LennardJones::new(0.1, 2.5, 7.0), "Ar", "Ar", 6.0);
    let energies_ev = (0..=4500)
        .map(|k| {
            let s6 = (2.5 / (1.5 + 0.001 * f64::from(k))).powi(6);
            0.4 * (s6 * s6 - s6) - end
        })
        .collect();
    let pair = TabulatedPair {
        from_ang: 1.5,
        step_ang: 0.001,
        energies_ev,
    };
    let table = Tabulated {
        pairs: ByPair::every(pair),
        truncation: Truncation::Cut,
    };
    for r in [1.5, 1.7003, 2.5, 3.33333, 5.9991] {
        let ([f, u], [g, v]) = (
            pair_force(&table, "Ar", "Ar", r),
            pair_force(&exact, "Ar", "Ar", r),
        );
        assert!(
            (f - g).abs() < 1e-6 * (1.0 + g.abs()) && (u - v).abs() < 1e-9 * (1.0 + v.abs()),
            "{r}"
        );
    }
}

#[test]
fn a_guarded_pair_does_not_collapse() {
    let pair = BuckinghamPair {
        a_ev: 22764.3,
        rho_ang: 0.149,
        c_ev_ang6: 27.88,
    };
    let with = |guard| Buckingham {
        pairs: ByPair::every(pair),
        cutoff_ang: 8.0,
        truncation: Truncation::Cut,
        guard,
    };
    assert!(pair_force(&with(false), "O", "O", 0.5)[1] < -900.0);
    let mut before = -10.0;
    for k in (11..116).rev() {
        let [force, energy] = pair_force(&with(true), "O", "O", 0.01 * f64::from(k));
        assert!(force > 0.0 && energy > before, "{k}");
        before = energy;
    }
    let [guarded, plain] = [true, false].map(|guard| pair_force(&with(guard), "O", "O", 2.4));
    assert_eq!(guarded, plain);
}

/// Ziegler, Biersack and Littmark's curve for Si-Si at 1 Å by its definition.
#[test]
fn zbl_is_the_universal_curve() {
    let zbl = Zbl {
        from_ang: 3.0,
        cutoff_ang: 4.0,
    };
    let x = 1.0 / (0.88534 * 0.529177210544 / (2.0 * 14f64.powf(0.23)));
    let screening = 0.18175 * (-3.1998 * x).exp()
        + 0.50986 * (-0.94229 * x).exp()
        + 0.28022 * (-0.4029 * x).exp()
        + 0.02817 * (-0.20162 * x).exp();
    let [_, energy] = pair_force(&zbl, "Si", "Si", 1.0);
    assert!((energy - COULOMB_EV_ANG * 196.0 * screening).abs() < 1e-10);
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let potential = published_pmmcs();
    let refused = |elements: &[&str]| {
        let elements: Vec<_> = elements.iter().map(|symbol| element(symbol)).collect();
        potential.bind(&elements).err().unwrap()
    };
    assert_eq!(
        refused(&["Cs", "O"]),
        PotentialError::UnknownElement(element("Cs"))
    );
    assert!(
        matches!(refused(&["Ba", "Ti", "O"]), PotentialError::Charged { net_e } if (net_e - 2.4).abs() < 1e-12)
    );

    let mut structure = disordered(2);
    structure.positions_ang[7] = structure.positions_ang[3].map(|x| x + 0.03);
    let mut calculator = Calculator::new(&potential, &structure.elements, 0.5).unwrap();
    let mut refused = |structure: &Structure| {
        calculator
            .evaluate(&structure.cell, &structure.positions_ang, ALL)
            .err()
            .unwrap()
    };
    match refused(&structure) {
        PotentialError::Overlap {
            first,
            second,
            distance_ang,
        } => {
            assert_eq!([first.min(second), first.max(second)], [3, 7]);
            assert!((distance_ang - 0.03 * 3f64.sqrt()).abs() < 1e-9);
        }
        other => panic!("{other}"),
    }
    structure.positions_ang[7] = structure.positions_ang[3];
    assert!(matches!(
        refused(&structure),
        PotentialError::Overlap {
            distance_ang: 0.0,
            ..
        }
    ));
    structure.positions_ang[7][1] = f64::NAN;
    assert_eq!(
        refused(&structure),
        PotentialError::Neighbours(NeighbourError::NotFinite(7))
    );

    let structure = disordered(1);
    let mut short = Neighbours::new(6.0, 0.5).with_species(species_of(&structure.elements));
    short
        .update(&structure.cell, &structure.positions_ang)
        .unwrap();
    let mut bound = potential.bind(&structure.elements).unwrap();
    let mut out = Evaluation::default();
    let mut with = |list: &Neighbours| {
        bound
            .evaluate(
                &structure.cell,
                &structure.positions_ang,
                list,
                ALL,
                &mut out,
            )
            .err()
            .unwrap()
    };
    assert_eq!(
        with(&short),
        PotentialError::ShortList {
            cutoff_ang: 8.0,
            list_ang: 6.0
        }
    );
    let mut other = Neighbours::new(8.0, 0.5);
    other
        .update(&structure.cell, &structure.positions_ang)
        .unwrap();
    assert_eq!(with(&other), PotentialError::OtherAtoms);
}

/// The file holds what the table is made of, and each way to spoil it is told with its line.
#[test]
fn tables_are_read_with_their_faults() {
    let read = |text: &str| TabulatedPair::read(text.as_bytes());
    let table = read("# r / Å, E / eV\n1.0, 2.5\n1.5\t1\n\n 2 0.25 # end\n").unwrap();
    assert_eq!(table.from_ang, 1.0);
    assert_eq!(table.step_ang, 0.5);
    assert_eq!(table.energies_ev, [2.5, 1.0, 0.25]);
    for (text, line) in [
        ("1 2\n2 1\n3.1 0\n", 3),
        ("1 2\n1 1\n1 0\n", 2),
        ("1 2\n2 x\n3 0\n", 2),
        ("1 2\n2 nan\n3 0\n", 2),
        ("0 2\n1 1\n2 0\n", 1),
        ("1 2\n2 1\n", 2),
        ("", 1),
    ] {
        assert_eq!(read(text).unwrap_err().line, line, "{text:?}");
    }
    assert!(TabulatedPair::read(&[0xff]).is_err());
}
