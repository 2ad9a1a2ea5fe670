use proptest::prelude::*;

use super::coulomb::{Charges, DampedShiftedForce, Ewald, Summation, Wolf};
use super::pair::Pairs;
use super::*;
use crate::base::constants::COULOMB_EV_ANG;
use crate::physics::io::{Info, read_extxyz};
use crate::physics::numerics::Stream;
use crate::physics::numerics::simd::Level;
use crate::physics::structure::Structure;

const ALL: Want = Want {
    energy: true,
    energies: true,
    virial: true,
};

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

fn evaluate(potential: &dyn Potential, structure: &Structure) -> Evaluation {
    let mut calculator = Calculator::new(potential, &structure.elements, 0.5).unwrap();
    calculator
        .evaluate(&structure.cell, &structure.positions_ang, ALL)
        .unwrap()
        .clone()
}

/// A crystal of `repeats` cells, from fractional coordinates.
fn crystal(cell: Cell, sites: &[(&str, [f64; 3])], repeats: usize) -> Structure {
    let (mut elements, mut positions_ang) = (Vec::new(), Vec::new());
    for i in 0..repeats {
        for j in 0..repeats {
            for k in 0..repeats {
                for (symbol, site) in sites {
                    let at = [i, j, k];
                    elements.push(element(symbol));
                    positions_ang
                        .push(cell.to_cartesian(std::array::from_fn(|n| site[n] + at[n] as f64)));
                }
            }
        }
    }
    let rows = cell.rows_ang().map(|row| row.map(|x| x * repeats as f64));
    Structure {
        cell: Cell::new(rows).unwrap(),
        elements,
        positions_ang,
    }
}

fn cube(a: f64) -> Cell {
    Cell::orthorhombic([a; 3]).unwrap()
}

const FACES: [[f64; 3]; 4] = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];

fn on_faces(symbol: &'static str, shift: [f64; 3]) -> Vec<(&'static str, [f64; 3])> {
    FACES
        .iter()
        .map(|face| (symbol, std::array::from_fn(|k| face[k] + shift[k])))
        .collect()
}

fn rocksalt(cation: &'static str, anion: &'static str) -> Vec<(&'static str, [f64; 3])> {
    [on_faces(cation, [0.0; 3]), on_faces(anion, [0.5, 0.0, 0.0])].concat()
}

const PEROVSKITE: [(&str, [f64; 3]); 5] = [
    ("Ba", [0.0; 3]),
    ("Ti", [0.5; 3]),
    ("O", [0.5, 0.5, 0.0]),
    ("O", [0.5, 0.0, 0.5]),
    ("O", [0.0, 0.5, 0.5]),
];

/// A disordered BaTiO3 in a cell without right angles, smaller than most cutoffs.
fn disordered(repeats: usize) -> Structure {
    let cell = Cell::new([[4.1, 0.1, 0.0], [0.5, 4.0, -0.2], [-0.4, 0.6, 4.2]]).unwrap();
    let mut structure = crystal(cell, &PEROVSKITE, repeats);
    let mut random = Stream::new([5; 32], &[]);
    for position in &mut structure.positions_ang {
        *position = position.map(|x| x + 0.4 * (random.uniform() - 0.5));
    }
    structure
}

fn published_pmmcs() -> Sum {
    pmmcs(PmmcsCoulomb::DampedShiftedForce, Truncation::Shifted)
}

fn formal_charges() -> Charges {
    Charges::new([
        (element("Ba"), 2.0),
        (element("Ti"), 4.0),
        (element("O"), -2.0),
    ])
}

fn dimer(first: &str, second: &str, r: f64) -> Structure {
    Structure {
        cell: cube(60.0),
        elements: vec![element(first), element(second)],
        positions_ang: vec![[1.0, 2.0, 3.0], [1.0 + r * 0.6, 2.0 - r * 0.8, 3.0]],
    }
}

/// Force between two atoms along the line that joins them, positive where they repel, and their energy.
fn pair_force(potential: &dyn Potential, first: &str, second: &str, r: f64) -> [f64; 2] {
    let out = evaluate(potential, &dimer(first, second, r));
    let [x, y, z] = out.forces[1];
    assert!((x * 0.8 + y * 0.6).abs() < 1e-9 * (1.0 + x.abs()) && z == 0.0);
    [x * 0.6 - y * 0.8, out.energy_ev]
}

/// The labels were made from the published form by another program; see its README.
#[test]
fn pmmcs_agrees_with_the_reference_labels() {
    let Ok(directory) = std::env::var("SYNTH_REFERENCE_DATA") else {
        println!("skipped: no reference data");
        return;
    };
    let path = std::path::Path::new(&directory).join("pmmcs/static_dsf.extxyz");
    let frames = read_extxyz(&std::fs::read(path).unwrap()[..]).unwrap();
    assert_eq!(frames.len(), 10);
    let potential = published_pmmcs();
    let mut worst = [0.0f64; 3];
    for frame in frames {
        let structure = &frame.structure;
        let out = evaluate(&potential, structure);
        let energy = (out.energy_ev - frame.real("energy").unwrap()) / structure.len() as f64;
        worst[0] = worst[0].max(energy.abs());
        for (force, expected) in out.forces.iter().zip(frame.vectors("forces").unwrap()) {
            for k in 0..3 {
                worst[1] = worst[1].max((force[k] - expected[k]).abs());
            }
        }
        let Some(Info::Reals(stress)) = frame.info.get("stress") else {
            panic!("no stress")
        };
        for (k, expected) in stress.iter().enumerate() {
            let found = -out.virial_ev[k / 3][k % 3] / structure.cell.volume_ang3();
            worst[2] = worst[2].max((found - expected).abs());
        }
    }
    println!(
        "energy {:.1e} eV/atom, force {:.1e} eV/Å, stress {:.1e} eV/Å³",
        worst[0], worst[1], worst[2]
    );
    assert!(
        worst[0] < 1e-10 && worst[1] < 1e-9 && worst[2] < 1e-12,
        "{worst:?}"
    );
}

/// Values of the form by another program: short range, Coulomb, force.
#[test]
fn pmmcs_pairs_have_their_published_form() {
    let potential = published_pmmcs();
    let own = -2.076651800877669;
    for (first, second, r, short, coulomb, force) in [
        (
            "Ba",
            "O",
            1.0,
            106.942668162783,
            -14.889249665485,
            363.202932623514,
        ),
        (
            "Ba",
            "O",
            2.5,
            0.519385675017,
            -3.030798558722,
            -0.423672337733,
        ),
        (
            "Ba",
            "O",
            5.4,
            -0.000800564608,
            -0.165064147555,
            -0.208765918194,
        ),
    ] {
        let [found, energy] = pair_force(&potential, first, second, r);
        let expected = short + coulomb + own * 2.0 * 1.2 * 1.2;
        assert!(
            (energy - expected).abs() < 1e-11,
            "{first}-{second} {r}: {energy} {expected}"
        );
        assert!(
            (found - force).abs() < 2e-12 * force.abs().max(1.0),
            "{first}-{second} {r}: {found}"
        );
    }
    // Pairs that are not neutral, through their terms.
    let elements = ["Ba", "Ti", "O", "O", "O"].map(element);
    let terms = potential.pair_terms(&elements).unwrap();
    let species = ["O", "Ti", "Ba"];
    for (first, second, r, short, coulomb, force) in [
        (
            "Ti",
            "O",
            1.7,
            1.823162058542,
            -13.151643452794,
            -4.287289236966,
        ),
        (
            "Ti",
            "O",
            3.6,
            -0.005974822435,
            -2.184125593396,
            -2.078386997664,
        ),
        (
            "O",
            "O",
            1.7,
            7.281881148141,
            6.575821726397,
            28.670960117508,
        ),
        (
            "O",
            "O",
            3.6,
            -0.036267888854,
            1.092062796698,
            1.035999659176,
        ),
        ("Ba", "Ti", 2.5, 0.0, 6.061597117444, 5.636423393922),
        ("O", "O", 7.9, 0.0, 0.000088690482, 0.001805529685),
    ] {
        let at = |symbol| species.iter().position(|known| *known == symbol).unwrap();
        let reaching = terms.terms.iter().filter(|term| r < term.cutoff_ang);
        let values: Vec<_> = reaching
            .map(|term| term.form.value(at(first), at(second), r))
            .collect();
        let energy: f64 = values.iter().map(|value| value[0]).sum();
        let derivative: f64 = values.iter().map(|value| value[1]).sum();
        assert!(
            (energy - short - coulomb).abs() < 2e-12,
            "{first}-{second} {r}: {energy}"
        );
        assert!(
            (derivative + force).abs() < 3e-11,
            "{first}-{second} {r}: {derivative}"
        );
    }
}

#[test]
fn barium_titanate_has_its_lattice_energy() {
    let perovskite = crystal(cube(4.0), &PEROVSKITE, 1);
    let out = evaluate(&published_pmmcs(), &perovskite);
    assert!(
        (out.energy_ev + 60.382777189368).abs() < 1e-11,
        "{}",
        out.energy_ev
    );
    assert!((out.virial_ev[0][0] / 64.0 - 0.0199713076).abs() < 1e-10);
    let ewald = pmmcs(PmmcsCoulomb::Ewald { accuracy: 1e-10 }, Truncation::Shifted);
    let out = evaluate(&ewald, &perovskite);
    assert!(
        (out.energy_ev + 60.318230497958).abs() < 1e-8,
        "{}",
        out.energy_ev
    );
    assert!((out.virial_ev[0][0] / 64.0 - 0.0124285962).abs() < 1e-9);
}

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

/// Rock salt MgO, a = 4.25 Å, by its Madelung constant and a sum over the pairs within 10 Å.
#[test]
fn magnesia_has_its_lattice_energy() {
    let pairs = ByPair::new()
        .with(
            element("Mg"),
            element("O"),
            BuckinghamPair {
                a_ev: 1428.5,
                rho_ang: 0.2945,
                c_ev_ang6: 0.0,
            },
        )
        .with(
            element("O"),
            element("O"),
            BuckinghamPair {
                a_ev: 22764.3,
                rho_ang: 0.149,
                c_ev_ang6: 27.88,
            },
        );
    let charges = Charges::new([(element("Mg"), 2.0), (element("O"), -2.0)]);
    let potential = Sum::new(vec![
        Box::new(Buckingham {
            pairs,
            cutoff_ang: 10.0,
            truncation: Truncation::Cut,
            guard: true,
        }),
        Box::new(Ewald::new(charges, 10.0, 1e-8)),
    ]);
    let out = evaluate(&potential, &crystal(cube(4.25), &rocksalt("Mg", "O"), 1));
    assert!(
        (out.energy_ev / 4.0 + 41.29257982788499).abs() < 1e-7,
        "{}",
        out.energy_ev / 4.0
    );
}

/// Crystals of the published potentials at the edges that are measured: lattice energies by the thermochemical cycle
/// are −8.15 eV for NaCl (CRC Handbook, 786 kJ/mol); forces vanish by symmetry, and the pressure is small.
#[test]
fn published_crystals_hold_together() {
    let salt = crystal(cube(5.64), &rocksalt("Na", "Cl"), 1);
    let out = evaluate(&tosi_fumi(10.0, 1e-6, Truncation::Shifted), &salt);
    assert!(
        (out.energy_ev / 4.0 + 8.15).abs() < 0.25,
        "{}",
        out.energy_ev / 4.0
    );
    assert!(out.forces.iter().flatten().all(|x| x.abs() < 1e-4));
    let pressure = out.virial_ev[0][0] / salt.cell.volume_ang3();
    assert!(pressure.abs() < 0.01, "{pressure}");

    // Rutile: a 4.594 Å, c 2.959 Å, oxygen at 0.305.
    let u = 0.305;
    let sites = [
        ("Ti", [0.0; 3]),
        ("Ti", [0.5; 3]),
        ("O", [u, u, 0.0]),
        ("O", [1.0 - u, 1.0 - u, 0.0]),
        ("O", [0.5 + u, 0.5 - u, 0.5]),
        ("O", [0.5 - u, 0.5 + u, 0.5]),
    ];
    let rutile = crystal(
        Cell::orthorhombic([4.594, 4.594, 2.959]).unwrap(),
        &sites,
        1,
    );
    let out = evaluate(&matsui_akaogi(10.0, 1e-6, Truncation::Shifted), &rutile);
    for k in 0..3 {
        let stress = -out.virial_ev[k][k] / rutile.cell.volume_ang3();
        assert!(stress.abs() < 0.1, "{k}: {stress}");
    }
    assert!(
        out.forces.iter().flatten().all(|x| x.abs() < 0.5),
        "{:?}",
        out.forces
    );
}

/// The start of the usual Lennard-Jones benchmark: energy of an atom and pressure at ρ = 0.8442, T = 1.44, as LAMMPS
/// prints them.
#[test]
fn lennard_jones_crystal() {
    let a = (4.0f64 / 0.8442).cbrt();
    let argon = crystal(cube(a), &on_faces("Ar", [0.0; 3]), 5);
    let out = evaluate(&LennardJones::new(1.0, 1.0, 2.5), &argon);
    assert!((out.energy_ev / 500.0 + 6.7733681).abs() < 5e-8);
    let volume = argon.cell.volume_ang3();
    let trace: f64 = (0..3).map(|k| out.virial_ev[k][k]).sum();
    // Kinetic pressure of 32000 atoms less one.
    let pressure = 0.8442 * 1.44 * (1.0 - 1.0 / 32000.0) + trace / (3.0 * volume);
    assert!((pressure + 5.0197073).abs() < 1e-6, "{pressure}");
}

/// The sums of the face-centred cubic lattice, 12.13188 and 14.45392 (Kittel, Introduction to Solid State Physics).
#[test]
fn lennard_jones_lattice_sums() {
    let nearest = 1.09;
    let argon = crystal(cube(nearest * 2f64.sqrt()), &on_faces("Ar", [0.0; 3]), 1);
    let potential = LennardJones::new(1.0, 1.0, 12.0).with_tail();
    let out = evaluate(&potential, &argon);
    let expected = 2.0 * (12.13188 / nearest.powi(12) - 14.45392 / nearest.powi(6));
    assert!(
        (out.energy_ev / 4.0 - expected).abs() < 2e-4,
        "{} {expected}",
        out.energy_ev / 4.0
    );
    let sum: f64 = out.energies_ev.iter().sum();
    assert!((sum - out.energy_ev).abs() < 1e-12);
    // Within the tail's own approximation the virial is the derivative of the energy by the volume.
    let trace: f64 = (0..3).map(|k| out.virial_ev[k][k]).sum();
    let expected = 24.0 * (12.13188 / nearest.powi(12) - 0.5 * 14.45392 / nearest.powi(6));
    assert!(
        (trace / 4.0 - expected).abs() < 2e-3,
        "{} {expected}",
        trace / 4.0
    );
}

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

/// Every potential whose energy has a force everywhere.
fn smooth_potentials() -> Vec<(&'static str, Box<dyn Potential>)> {
    let (ba, ti, o) = (element("Ba"), element("Ti"), element("O"));
    let smooth = Truncation::Smooth { from_ang: 4.0 };
    let lennard_jones = |truncation| LennardJones {
        pairs: ByPair::every(LennardJonesPair {
            epsilon_ev: 0.05,
            sigma_ang: 1.9,
        })
        .with(
            ti,
            o,
            LennardJonesPair {
                epsilon_ev: 0.2,
                sigma_ang: 1.7,
            },
        )
        .with(
            o,
            o,
            LennardJonesPair {
                epsilon_ev: 0.1,
                sigma_ang: 2.4,
            },
        ),
        cutoff_ang: 5.5,
        truncation,
        tail: false,
    };
    let huggins = |guard| BornMayerHuggins {
        pairs: ByPair::new()
            .with(
                ba,
                o,
                BornMayerHugginsPair {
                    a_ev: 0.21,
                    sigma_ang: 2.7,
                    rho_ang: 0.32,
                    c_ev_ang6: 7.0,
                    d_ev_ang8: 8.7,
                },
            )
            .with(
                ti,
                o,
                BornMayerHugginsPair {
                    a_ev: 0.2,
                    sigma_ang: 2.4,
                    rho_ang: 0.3,
                    c_ev_ang6: 30.0,
                    d_ev_ang8: 40.0,
                },
            )
            .with(
                o,
                o,
                BornMayerHugginsPair {
                    a_ev: 0.16,
                    sigma_ang: 3.2,
                    rho_ang: 0.317,
                    c_ev_ang6: 72.0,
                    d_ev_ang8: 145.0,
                },
            ),
        cutoff_ang: 5.8,
        truncation: Truncation::ForceShifted,
        guard,
    };
    let table = TabulatedPair {
        from_ang: 1.0,
        step_ang: 0.1,
        energies_ev: (0..=40)
            .map(|k| (-0.7 * (1.0 + 0.1 * f64::from(k))).exp())
            .collect(),
    };
    let ewald = |summation, accuracy| {
        let mut ewald = Ewald::new(formal_charges(), 6.0, accuracy);
        ewald.summation = summation;
        Box::new(ewald)
    };
    vec![
        ("smooth Lennard-Jones", Box::new(lennard_jones(smooth))),
        (
            "force-shifted Lennard-Jones",
            Box::new(lennard_jones(Truncation::ForceShifted)),
        ),
        ("Born-Mayer-Huggins", Box::new(huggins(false))),
        ("guarded Born-Mayer-Huggins", Box::new(huggins(true))),
        (
            "PMMCS",
            Box::new(pmmcs(PmmcsCoulomb::DampedShiftedForce, smooth)),
        ),
        (
            "PMMCS with Ewald",
            Box::new(pmmcs(PmmcsCoulomb::Ewald { accuracy: 1e-9 }, smooth)),
        ),
        (
            "ZBL",
            Box::new(Zbl {
                from_ang: 2.0,
                cutoff_ang: 4.5,
            }),
        ),
        (
            "table",
            Box::new(Tabulated {
                pairs: ByPair::new().with(ba, o, table.clone()).with(ti, o, table),
                truncation: Truncation::Smooth { from_ang: 4.0 },
            }),
        ),
        (
            "damped shifted force",
            Box::new(DampedShiftedForce {
                charges: formal_charges(),
                alpha_per_ang: 0.3,
                cutoff_ang: 7.0,
            }),
        ),
        (
            "Wolf",
            Box::new(Wolf {
                charges: formal_charges(),
                alpha_per_ang: 0.6,
                cutoff_ang: 9.0,
            }),
        ),
        ("Ewald", ewald(Summation::Direct, 1e-9)),
        ("mesh", ewald(Summation::Mesh, 1e-8)),
    ]
}

#[test]
fn forces_and_virial_are_derivatives_of_the_energy() {
    for repeats in [1, 2] {
        let structure = disordered(repeats);
        for (name, potential) in smooth_potentials() {
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

#[test]
fn charges_are_the_same_by_any_sum() {
    let structure = disordered(3);
    let forces_by = |summation, accuracy, cutoff_ang, alpha_per_ang| {
        let ewald = Ewald {
            summation,
            alpha_per_ang,
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
        refused(&["Na", "O"]),
        PotentialError::UnknownElement(element("Na"))
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
