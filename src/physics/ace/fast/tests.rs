use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::physics::ace::{
    Bond, CoreRepulsion, DensityTerm, Embedding, EmbeddingForm, Extent, Factor, Function,
    InnerCutoff, Interactions, RadialBasis, Reference, Site, Switch, read_yace,
};
use crate::physics::io::{Info, Values, read_extxyz};
use crate::physics::numerics::Stream;
use crate::physics::numerics::testing::largest;
use crate::physics::potential::Calculator;
use crate::physics::structure::Structure;

fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("SYNTH_REFERENCE_DATA");
    if folder.is_none() {
        println!("skipped: no reference data");
    }
    folder.map(|folder| PathBuf::from(folder).join("yace"))
}

const ALL: Want = Want {
    energy: true,
    energies: true,
    virial: true,
    grades: true,
};

fn evaluate(
    potential: &AtomicClusterExpansion,
    structure: &Structure,
    level: Level,
    skin_ang: f64,
) -> Evaluation {
    let mut bound = BoundExpansion::new(potential, &structure.elements, level).unwrap();
    let mut neighbours = Neighbours::new(potential.cutoff_ang(), skin_ang)
        .with_species(species_of(&structure.elements));
    neighbours
        .update(&structure.cell, &structure.positions_ang)
        .unwrap();
    let mut out = Evaluation::default();
    bound
        .evaluate(
            &structure.cell,
            &structure.positions_ang,
            &neighbours,
            ALL,
            &mut out,
        )
        .unwrap();
    out
}

/// Labels were made by another program; positions are rounded to 1e-8 Å.
#[test]
fn labels_of_another_program_are_met_on_every_level() {
    let Some(folder) = reference() else { return };
    for name in ["shared_MgO_lin", "shared_BaOTi_fs", "YBCO"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yace"))).unwrap();
        let potential = AtomicClusterExpansion::new(&read_yace(&text).unwrap());
        let labels = std::fs::read(folder.join(format!("ref/{name}_B.extxyz"))).unwrap();
        let frames = read_extxyz(&labels[..]).unwrap();
        assert_eq!(frames.len(), 28);
        let mut worst = [0.0f64; 4];
        for level in Level::all() {
            for frame in &frames {
                let structure = &frame.structure;
                let out = evaluate(&potential, structure, level, 0.4);
                let atoms = structure.len() as f64;
                let energy = out.energy_ev - frame.real("energy").unwrap();
                worst[0] = largest([worst[0], energy.abs() / atoms]);
                let column = &frame.columns["atomic_energy"];
                let Values::Reals(energies) = &column.values else {
                    panic!()
                };
                for (energy, expected) in out.energies_ev.iter().zip(energies) {
                    worst[1] = largest([worst[1], (energy - expected).abs()]);
                }
                for (force, expected) in out.forces.iter().zip(frame.vectors("forces").unwrap()) {
                    for k in 0..3 {
                        worst[2] = largest([worst[2], (force[k] - expected[k]).abs()]);
                    }
                }
                let Some(Info::Reals(stress)) = frame.info.get("stress") else {
                    panic!()
                };
                for (k, expected) in stress.iter().enumerate() {
                    let found = -out.virial_ev[k / 3][k % 3] / structure.cell.volume_ang3();
                    worst[3] = largest([worst[3], (found - expected).abs()]);
                }
            }
        }
        println!(
            "{name}: energy {:.1e} eV/atom, {:.1e} eV of one, force {:.1e} eV/Å, stress {:.1e} eV/Å³",
            worst[0], worst[1], worst[2], worst[3]
        );
        assert!(
            worst[0] < 1e-7 && worst[1] < 1e-6 && worst[2] < 3e-6 && worst[3] < 5e-8,
            "{name}: {worst:?}"
        );
    }
}

/// Two elements, ranks up to four, radial functions that differ by pair, core repulsion; coefficients at random.
fn sample(densities: usize) -> Model {
    let mut random = Stream::new([11; 32], &[densities as u64]);
    let mut number = |scale: f64| scale * (2.0 * random.uniform() - 1.0);
    let bond = |cutoff_ang: f64, number: &mut dyn FnMut(f64) -> f64| Bond {
        nradmax: 3,
        lmax: 3,
        nradbase: 5,
        basis: RadialBasis::ChebExpCos { lambda: 4.0 },
        coefficients: (0..3 * 4 * 5).map(|_| number(0.4)).collect(),
        cutoff_ang,
        cutoff_width_ang: 0.4,
        core: CoreRepulsion {
            prefactor: 2.0,
            exponent: 0.8,
        },
        inner: Switch {
            end: 0.0,
            width: 0.0,
        },
    };
    let mixed = bond(5.0, &mut number);
    let bonds = vec![
        bond(4.5, &mut number),
        mixed.clone(),
        mixed,
        bond(5.5, &mut number),
    ];
    let factor = |element: usize, n: u16, l: u8| Factor {
        element: element as u8,
        n,
        l,
    };
    let functions = (0..2).map(|own| {
        let other = 1 - own;
        let shapes: [(Vec<Factor>, Vec<i8>); 7] = [
            (vec![factor(own, 0, 0)], vec![0]),
            (vec![factor(other, 3, 0)], vec![0]),
            (vec![factor(own, 1, 0), factor(other, 2, 0)], vec![0, 0]),
            (
                vec![factor(own, 0, 2), factor(own, 1, 2)],
                vec![0, 0, 1, -1, 2, -2],
            ),
            (
                vec![factor(own, 0, 1), factor(other, 1, 1), factor(other, 0, 2)],
                vec![0, 0, 0, 1, -1, 0, 0, 1, -1, 1, 1, -2],
            ),
            (
                vec![factor(other, 2, 1), factor(other, 2, 3), factor(own, 0, 2)],
                vec![0, 0, 0, 1, -3, 2, 1, 1, -2],
            ),
            (
                [0, 0, 1, 1].map(|n| factor(other, n, 1)).to_vec(),
                vec![0, 0, 0, 0, 1, -1, 1, -1, 0, 1, -1, 0],
            ),
        ];
        let function = |(factors, ms): (Vec<Factor>, Vec<i8>)| Function {
            coefficients: (0..ms.len() / factors.len() * densities)
                .map(|_| number(0.2))
                .collect(),
            factors,
            ms,
        };
        shapes.map(function).to_vec()
    });
    let functions = functions.collect();
    let exponents = [1.0, 0.5, 0.8, 2.0, 0.3];
    let terms = exponents[..densities].iter().map(|&exponent| DensityTerm {
        weight: 1.0,
        exponent,
    });
    let site = Site {
        energy_ev: -1.5,
        embedding: Embedding {
            form: EmbeddingForm::FinnisSinclairShiftedScaled,
            terms: terms.collect(),
        },
        core_density: Switch {
            end: 30.0,
            width: 20.0,
        },
    };
    let model = Model {
        interactions: Interactions {
            elements: ["Mg", "O"]
                .map(|one| Element::from_symbol(one).unwrap())
                .to_vec(),
            sites: vec![site; 2],
            bonds,
            inner_cutoff: InnerCutoff::Density,
            spline_bin_ang: 0.001,
        },
        functions,
    };
    model.validate().unwrap();
    model
}

/// Atoms in a triclinic cell, some nearer than others.
fn atoms(count: usize, length_ang: f64) -> Structure {
    let mut random = Stream::new([12; 32], &[count as u64]);
    let rows = [
        [length_ang, 0.0, 0.0],
        [0.2 * length_ang, 1.1 * length_ang, 0.0],
        [-0.1 * length_ang, 0.3 * length_ang, 0.9 * length_ang],
    ];
    let cell = Cell::new(rows).unwrap();
    let mut positions: Vec<[f64; 3]> = Vec::new();
    while positions.len() < count {
        let at = cell.to_cartesian(std::array::from_fn(|_| random.uniform()));
        let apart = |one: &[f64; 3]| cell.near_image([0, 1, 2].map(|k| at[k] - one[k]));
        let near = positions
            .iter()
            .map(|one| apart(one).iter().map(|x| x * x).sum::<f64>());
        if near.fold(f64::INFINITY, f64::min) > 1.5 * 1.5 {
            positions.push(at);
        }
    }
    let symbols = ["Mg", "O", "O"].map(|one| Element::from_symbol(one).unwrap());
    Structure {
        cell,
        elements: (0..count).map(|k| symbols[k % 3]).collect(),
        positions_ang: positions,
    }
}

/// More densities than are unrolled, cells smaller than the cutoff, batches that are not full.
#[test]
fn the_definition_is_met_for_any_number_of_densities_and_atoms() {
    for densities in 1..=5 {
        let model = sample(densities);
        let fast = AtomicClusterExpansion::new(&model);
        let slow = Reference::new(Arc::new(model));
        for structure in [atoms(2, 3.2), atoms(11, 5.5), atoms(37, 9.0)] {
            let mut calculator = Calculator::new(&slow, &structure.elements, 0.0).unwrap();
            let expected = calculator
                .evaluate(&structure.cell, &structure.positions_ang, ALL)
                .unwrap();
            for level in Level::all() {
                let found = evaluate(&fast, &structure, level, 0.5);
                // What the definition tabulates in bins of a thousandth of an ångström is interpolated by cubics.
                for (a, b) in found.energies_ev.iter().zip(&expected.energies_ev) {
                    assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}");
                }
                let forces = found.forces.as_flattened().iter();
                for (a, b) in forces.zip(expected.forces.as_flattened()) {
                    assert!((a - b).abs() < 1e-7 * b.abs().max(1.0), "{a} {b}");
                }
                // Random couplings do not turn with the atoms, so only here the virial is not symmetric.
                for (row, column) in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)] {
                    let (a, b) = (
                        found.virial_ev[row][column],
                        expected.virial_ev[row][column],
                    );
                    assert!((a - b).abs() < 1e-7 * b.abs().max(1.0), "{a} {b}");
                }
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let potential = AtomicClusterExpansion::new(&sample(2));
    let structure = atoms(150, 14.0);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| evaluate(&potential, &structure, Level::detect(), 0.5))
    };
    let one = run(1);
    for threads in [2, 3, 7] {
        let other = run(threads);
        assert_eq!(one.energy_ev.to_bits(), other.energy_ev.to_bits());
        assert_eq!(one.energies_ev, other.energies_ev);
        assert_eq!(one.forces, other.forces);
        assert_eq!(one.virial_ev, other.virial_ev);
    }
}

/// Of a linear model without core repulsion, the rows times one are its energy, forces and virial.
#[test]
fn design_rows_add_up_to_a_linear_model() {
    let mut model = sample(1);
    for bond in &mut model.interactions.bonds {
        bond.core.prefactor = 0.0;
    }
    for site in &mut model.interactions.sites {
        site.energy_ev = 0.0;
        site.embedding = Embedding::linear();
    }
    let design = Design::new(&model.interactions, &model.functions);
    assert_eq!(design.functions(), 14);
    let structure = atoms(29, 8.0);
    let rows = design.rows(&structure).unwrap();
    let potential = AtomicClusterExpansion::new(&model);
    let whole = evaluate(&potential, &structure, Level::detect(), 0.0);
    let sums = |rows: &[f64]| -> Vec<f64> {
        rows.chunks_exact(design.functions())
            .map(|row| row.iter().sum())
            .collect()
    };
    assert!((sums(&rows.energy)[0] - whole.energy_ev).abs() < 1e-11);
    for (a, b) in sums(&rows.forces).iter().zip(whole.forces.as_flattened()) {
        assert!((a - b).abs() < 1e-11, "{a} {b}");
    }
    let v = whole.virial_ev;
    let virial = [v[0][0], v[1][1], v[2][2], v[1][2], v[0][2], v[0][1]];
    for (a, b) in sums(&rows.virial).iter().zip(virial) {
        assert!((a - b).abs() < 1e-11, "{a} {b}");
    }
    // And each function stands in a column of its own.
    for k in [0, 3, 6, 9] {
        let mut single = model.clone();
        for (at, function) in single.functions.iter_mut().flatten().enumerate() {
            if at != k {
                function.coefficients.fill(0.0);
            }
        }
        let potential = AtomicClusterExpansion::new(&single);
        let whole = evaluate(&potential, &structure, Level::detect(), 0.0);
        assert!((rows.energy[k] - whole.energy_ev).abs() < 1e-11);
        let column = rows.forces.iter().skip(k).step_by(design.functions());
        for (a, b) in column.zip(whole.forces.as_flattened()) {
            assert!((a - b).abs() < 1e-11, "{a} {b}");
        }
    }
}

/// γ = max |b S⁻¹|, with b from the rows of cells of one atom each; of a full set b is scaled by the slope of each
/// density.
#[test]
fn grades_are_the_largest_share_in_the_active_set() {
    let model = sample(2);
    let single = |function: &Function| Function {
        coefficients: function.terms().map(|(_, c)| c[0]).collect(),
        ..function.clone()
    };
    let projections: Vec<Vec<Function>> = model
        .functions
        .iter()
        .map(|functions| functions.iter().map(single).collect())
        .collect();
    let design = Design::new(&model.interactions, &projections);
    let mut random = Stream::new([13; 32], &[]);
    for extent in [Extent::Linear, Extent::Full] {
        let rows = if extent == Extent::Linear { 7 } else { 14 };
        let mut inverse =
            || -> Vec<f64> { (0..rows * rows).map(|_| random.uniform() - 0.5).collect() };
        let set = ActiveSet {
            extent,
            projections: projections.clone(),
            inverses: vec![inverse(), inverse()],
        };
        let potential = AtomicClusterExpansion::with_grades(&model, &set);
        for (element, symbol) in ["Mg", "O"].into_iter().enumerate() {
            let structure = Structure {
                elements: vec![Element::from_symbol(symbol).unwrap()],
                ..atoms(1, 2.9)
            };
            let b = &design.rows(&structure).unwrap().energy[element * 7..][..7];
            let mut values = b.to_vec();
            if extent == Extent::Full {
                let embedding = &model.interactions.sites[element].embedding;
                let density = |p: usize| -> f64 {
                    let mut one = model.clone();
                    for site in &mut one.interactions.sites {
                        site.embedding = Embedding::linear();
                        site.energy_ev = 0.0;
                    }
                    for bond in &mut one.interactions.bonds {
                        bond.core.prefactor = 0.0;
                    }
                    for function in one.functions.iter_mut().flatten() {
                        function.coefficients = function.terms().map(|(_, c)| c[p]).collect();
                    }
                    let potential = AtomicClusterExpansion::new(&one);
                    evaluate(&potential, &structure, Level::detect(), 0.0).energy_ev
                };
                let mut slopes = [0.0; 2];
                embedding.evaluate(&[density(0), density(1)], &mut slopes);
                values = slopes
                    .iter()
                    .flat_map(|slope| b.iter().map(move |b| slope * b))
                    .collect();
            }
            let inverse = &set.inverses[element];
            let expected = (0..rows)
                .map(|c| {
                    (0..rows)
                        .map(|k| values[k] * inverse[k * rows + c])
                        .sum::<f64>()
                        .abs()
                })
                .fold(0.0, f64::max);
            for level in Level::all() {
                let found = evaluate(&potential, &structure, level, 0.0).grades;
                assert_eq!(found.len(), 1);
                assert!(
                    (found[0] - expected).abs() < 1e-12 * expected,
                    "{found:?} {expected}"
                );
            }
        }
    }
}
