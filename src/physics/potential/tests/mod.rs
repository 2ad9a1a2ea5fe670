mod coulomb;
mod exactness;
mod forms;
mod published;

use super::coulomb::{Charges, DampedShiftedForce, Ewald, Summation, Wolf};
use super::*;
use crate::physics::numerics::Stream;
use crate::physics::structure::Structure;

const ALL: Want = Want {
    energy: true,
    energies: true,
    virial: true,
    grades: false,
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
        ("mesh", ewald(Summation::Mesh, 1e-9)),
    ]
}
