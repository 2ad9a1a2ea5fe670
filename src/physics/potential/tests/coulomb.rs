//! Sums over charges.

use crate::base::constants::COULOMB_EV_ANG;

use super::*;

/// Madelung constants by the nearest distance of opposite charges (Sakamoto, J. Chem. Phys. 28, 164, 1958, and later
/// digits), for charges of their formal sizes.
#[test]
fn madelung_constants() {
    let quarter = |sign: f64| [0.25 * sign, 0.25 * sign, 0.25 * sign];
    let cases: [(&str, Vec<_>, f64, f64, f64, &[(&str, f64)]); 4] = [
        (
            "NaCl",
            rocksalt("Na", "Cl"),
            4.0,
            0.5,
            1.747564594633182,
            &[("Na", 1.0), ("Cl", -1.0)],
        ),
        (
            "CsCl",
            vec![("Cs", [0.0; 3]), ("Cl", [0.5; 3])],
            1.0,
            0.75f64.sqrt(),
            1.762674773070988,
            &[("Cs", 1.0), ("Cl", -1.0)],
        ),
        (
            "ZnS",
            [on_faces("Zn", [0.0; 3]), on_faces("S", quarter(1.0))].concat(),
            4.0,
            0.1875f64.sqrt(),
            1.638055053388789,
            &[("Zn", 1.0), ("S", -1.0)],
        ),
        (
            "CaF2",
            [
                on_faces("Ca", [0.0; 3]),
                on_faces("F", quarter(1.0)),
                on_faces("F", quarter(-1.0)),
            ]
            .concat(),
            4.0,
            0.1875f64.sqrt(),
            5.038784879885,
            &[("Ca", 2.0), ("F", -1.0)],
        ),
    ];
    for (name, sites, formulas, nearest, constant, charges) in cases {
        let a = 5.0;
        let structure = crystal(cube(a), &sites, 1);
        let charges = Charges::new(charges.iter().map(|(symbol, q)| (element(symbol), *q)));
        let mut ewald = Ewald::new(charges, 9.0, 1e-12);
        ewald.summation = Summation::Direct;
        let out = evaluate(&ewald, &structure);
        let found = -out.energy_ev * nearest * a / (formulas * COULOMB_EV_ANG);
        assert!((found - constant).abs() < 1e-10, "{name}: {found}");
        // A homogeneous function of degree −1: the trace of the virial is the energy.
        let trace: f64 = (0..3).map(|k| out.virial_ev[k][k]).sum();
        assert!(
            (trace - out.energy_ev).abs() < 1e-8,
            "{name}: {trace} {}",
            out.energy_ev
        );
    }
}

#[test]
fn charges_are_the_same_by_any_sum() {
    let structure = disordered(3);
    let forces_by = |summation, accuracy, cutoff_ang, alpha_per_ang| {
        let ewald = Ewald {
            alpha_per_ang,
            summation,
            ..Ewald::new(formal_charges(), cutoff_ang, accuracy)
        };
        evaluate(&ewald, &structure)
    };
    let exact = forces_by(Summation::Direct, 1e-13, 9.0, None);
    let difference = |out: &Evaluation| {
        let squares = out
            .forces
            .iter()
            .flatten()
            .zip(exact.forces.iter().flatten());
        (squares.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / structure.len() as f64).sqrt()
            / COULOMB_EV_ANG
    };
    // Independent of how it is split.
    for (cutoff, alpha) in [(6.0, 0.8), (11.0, 0.5)] {
        let other = forces_by(Summation::Direct, 1e-12, cutoff, Some(alpha));
        assert!(difference(&other) < 1e-9, "{}", difference(&other));
        assert!((other.energy_ev - exact.energy_ev).abs() < 1e-7);
    }
    for accuracy in [1e-3, 1e-4, 1e-5, 1e-6, 1e-8] {
        for cutoff in [6.0, 8.0, 10.0] {
            for summation in [Summation::Direct, Summation::Mesh] {
                let out = forces_by(summation, accuracy, cutoff, None);
                let error = difference(&out);
                println!("{summation:?} {cutoff} Å, asked {accuracy:.0e}: {error:.1e}");
                assert!(
                    error < accuracy,
                    "{summation:?} {cutoff} {accuracy:e}: {error:e}"
                );
                for i in 0..3 {
                    for j in 0..3 {
                        let off = (out.virial_ev[i][j] - exact.virial_ev[i][j]).abs();
                        assert!(off < 3e2 * accuracy * structure.len() as f64, "{off}");
                    }
                }
            }
        }
    }
}
