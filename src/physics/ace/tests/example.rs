//! The potential of the examples: Lennard-Jones argon in the form of a cluster expansion, fitted here. With
//! `SYNTH_WRITE_EXAMPLES` set the files are written anew.

use std::path::Path;

use crate::base::Element;
use crate::physics::ace::{
    ActiveSet, Basis, BasisFunction, Bond, CoreRepulsion, DensityTerm, Design, Embedding,
    EmbeddingForm, Expansion, Extent, Factor, InnerCutoff, Interactions, RadialBasis, Site, Switch,
    independent_couplings, write_asi, write_basis,
};
use crate::physics::numerics::Stream;
use crate::physics::numerics::testing::largest;
use crate::physics::oracle::label;
use crate::physics::potential::{LennardJones, Potential, Truncation};
use crate::physics::structure::{Cell, Structure};

fn argon() -> Element {
    Element::from_symbol("Ar").expect("an element")
}

/// A. Rahman, Phys. Rev. 136, A405 (1964): ε/k = 119.8 K, σ = 3.405 Å; here it ends at 7 Å.
fn lennard_jones() -> LennardJones {
    LennardJones {
        truncation: Truncation::ForceShifted,
        ..LennardJones::new(0.010_323_6, 3.405, 7.0)
    }
}

fn crystal(a: f64, noise_ang: f64, random: &mut Stream) -> Structure {
    let sites = [[0.0; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let mut positions_ang = Vec::new();
    for at in 0..8 {
        let corner = [at & 1, at >> 1 & 1, at >> 2].map(f64::from);
        for site in sites {
            positions_ang.push(std::array::from_fn(|k| {
                a * (corner[k] + site[k]) + noise_ang * (2.0 * random.uniform() - 1.0)
            }));
        }
    }
    Structure {
        cell: Cell::orthorhombic([2.0 * a; 3]).expect("a cell"),
        elements: vec![argon(); positions_ang.len()],
        positions_ang,
    }
}

fn training() -> Vec<Structure> {
    let mut random = Stream::new([21; 32], &[]);
    let mut all = Vec::new();
    for a in [4.9, 5.1, 5.3, 5.5, 5.8, 6.2] {
        for noise in [0.02, 0.15, 0.3, 0.5] {
            all.push(crystal(a, noise, &mut random));
        }
    }
    all
}

fn basis() -> Basis {
    let (nradmax, lmax, nradbase) = (3, 2, 14);
    let mut coefficients = vec![0.0; nradmax * (lmax + 1) * nradbase];
    for nl in 0..nradmax * (lmax + 1) {
        coefficients[nl * nradbase + nl / (lmax + 1)] = 1.0;
    }
    let mut functions: Vec<BasisFunction> = Vec::new();
    for (rank, (n_count, most)) in [(14, 0), (3, 2), (2, 1)].into_iter().enumerate() {
        let mut factors = Vec::new();
        for n in 0..n_count {
            factors.extend((0..=most).map(|l| Factor { element: 0, n, l }));
        }
        for (at, &a) in factors.iter().enumerate() {
            for (next, &b) in factors.iter().enumerate().skip(at) {
                for &c in &factors[next..] {
                    let chosen = &[a, b, c][..=rank];
                    let ls: Vec<u8> = chosen.iter().map(|factor| factor.l).collect();
                    let ns: Vec<usize> =
                        chosen.iter().map(|factor| usize::from(factor.n)).collect();
                    let known = functions.iter().any(|one| one.factors == chosen);
                    if known || ls.iter().sum::<u8>() % 2 != 0 {
                        continue;
                    }
                    for intermediate in independent_couplings(&ns, &ls) {
                        functions.push(BasisFunction {
                            factors: chosen.to_vec(),
                            intermediate,
                            coefficients: vec![0.0],
                        });
                    }
                }
            }
        }
    }
    let none = Switch {
        end: 0.0,
        width: 0.0,
    };
    let mut basis = Basis {
        interactions: Interactions {
            elements: vec![argon()],
            sites: vec![Site {
                energy_ev: 0.0,
                embedding: Embedding {
                    form: EmbeddingForm::FinnisSinclairShiftedScaled,
                    terms: vec![DensityTerm {
                        weight: 1.0,
                        exponent: 1.0,
                    }],
                },
                core_density: Switch {
                    end: 50.0,
                    width: 40.0,
                },
            }],
            bonds: vec![Bond {
                nradmax,
                lmax,
                nradbase,
                basis: RadialBasis::SphericalBessel,
                coefficients,
                cutoff_ang: 7.0,
                cutoff_width_ang: 0.01,
                core: CoreRepulsion {
                    prefactor: 200.0,
                    exponent: 1.0,
                },
                inner: none,
            }],
            inner_cutoff: InnerCutoff::Density,
            spline_bin_ang: 0.001,
        },
        functions: vec![functions],
    };
    basis.sort();
    basis
}

/// Least squares with a little ridge, by Cholesky's factors of the normal equations.
fn solve(rows: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let n = rows[0].0.len();
    let mut matrix = vec![vec![0.0; n]; n];
    let mut right = vec![0.0; n];
    for (row, target) in rows {
        for i in 0..n {
            right[i] += row[i] * target;
            for j in 0..=i {
                matrix[i][j] += row[i] * row[j];
            }
        }
    }
    for i in 0..n {
        matrix[i][i] *= 1.0 + 1e-10;
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let left = matrix[i][j] - sum;
            matrix[i][j] = if i == j {
                left.sqrt()
            } else {
                left / matrix[j][j]
            };
        }
        let sum: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    right
}

/// The inverse of a square matrix, by Gauss and Jordan with pivots.
fn inverse(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut wide: Vec<Vec<f64>> = matrix
        .iter()
        .enumerate()
        .map(|(i, row)| {
            row.iter()
                .copied()
                .chain((0..n).map(|j| f64::from(u8::from(i == j))))
                .collect()
        })
        .collect();
    for i in 0..n {
        let pivot = (i..n).max_by(|&a, &b| wide[a][i].abs().total_cmp(&wide[b][i].abs()));
        wide.swap(i, pivot.expect("a row"));
        let lead = wide[i][i];
        wide[i].iter_mut().for_each(|x| *x /= lead);
        let row = wide[i].clone();
        for (k, other) in wide.iter_mut().enumerate() {
            if k != i {
                let factor = other[i];
                other
                    .iter_mut()
                    .zip(&row)
                    .for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    wide.into_iter().map(|row| row[n..].to_vec()).collect()
}

/// Surroundings of largest volume: greedy ones, then exchanged while any other has a share above one.
fn active_set(basis: &Basis) -> ActiveSet {
    let design = Design::new(&basis.interactions, &basis.projections());
    let n = design.functions();
    let mut environments: Vec<Vec<f64>> = Vec::new();
    for structure in training() {
        environments.extend(design.rows(&structure).expect("rows").projections);
    }
    let mut left = environments.clone();
    let mut rows: Vec<usize> = Vec::new();
    for _ in 0..n {
        let size = |row: &Vec<f64>| row.iter().map(|x| x * x).sum::<f64>();
        let best = (0..left.len()).max_by(|&a, &b| size(&left[a]).total_cmp(&size(&left[b])));
        let best = best.expect("environments");
        rows.push(best);
        let unit: Vec<f64> = left[best]
            .iter()
            .map(|x| x / size(&left[best]).sqrt())
            .collect();
        for row in &mut left {
            let along: f64 = row.iter().zip(&unit).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(&unit).for_each(|(x, y)| *x -= along * y);
        }
    }
    loop {
        let matrix: Vec<Vec<f64>> = rows.iter().map(|&row| environments[row].clone()).collect();
        let inverse = inverse(&matrix);
        let mut worst = (1.01, 0, 0);
        for (at, b) in environments.iter().enumerate() {
            for c in 0..n {
                let share: f64 = b.iter().zip(&inverse).map(|(b, row)| b * row[c]).sum();
                if share.abs() > worst.0 {
                    worst = (share.abs(), at, c);
                }
            }
        }
        let (share, at, c) = worst;
        if share <= 1.01 {
            return ActiveSet {
                extent: Extent::Linear,
                projections: basis.projections(),
                inverses: vec![inverse.concat()],
            };
        }
        rows[c] = at;
    }
}

/// The files in the folder of examples are those that are made here, and their potential is the one that it stands for.
#[test]
fn the_argon_of_the_examples_is_lennard_jones() {
    let mut basis = basis();
    let design = Design::new(&basis.interactions, &basis.projections());
    let model = basis.to_model();
    let cores = Expansion {
        model: model.clone(),
        basis: None,
        active_set: None,
    };
    // Without functions the model is the core repulsion alone.
    let structures = training();
    let targets = label(&lennard_jones(), &structures);
    let repulsion = label(&cores.potential(), &structures);
    let mut rows = Vec::new();
    for ((structure, target), repulsion) in structures.iter().zip(targets).zip(repulsion) {
        let (target, repulsion) = (target.expect("a label"), repulsion.expect("a label"));
        let made = design.rows(structure).expect("rows");
        let count = design.functions();
        // A meV an atom is worth as much as a meV/Å of force; atoms in close contact count less.
        let strongest = target
            .forces
            .as_flattened()
            .iter()
            .fold(0.0f64, |a, b| a.max(b.abs()));
        let weight = 1.0 / (0.05 + strongest);
        let atoms = structure.len() as f64;
        let scaled = |row: &[f64], w: f64| row.iter().map(|x| x * w).collect::<Vec<f64>>();
        let energy = target.energy_ev - repulsion.energy_ev;
        rows.push((
            scaled(&made.energy, 5.0 * weight / atoms),
            5.0 * weight * energy / atoms,
        ));
        let forces = target
            .forces
            .as_flattened()
            .iter()
            .zip(repulsion.forces.as_flattened());
        for (row, (force, core)) in made.forces.chunks_exact(count).zip(forces) {
            rows.push((scaled(row, weight), weight * (force - core)));
        }
    }
    let coefficients = solve(&rows);
    for (function, c) in basis.functions[0].iter_mut().zip(coefficients) {
        // Ten digits are enough, and the file is the same wherever it is made.
        function.coefficients = vec![format!("{c:.9e}").parse().expect("a number")];
    }
    let set = active_set(&basis);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    if std::env::var_os("SYNTH_WRITE_EXAMPLES").is_some() {
        let text = format!(
            "# Lennard-Jones argon (Rahman 1964) in the form of a cluster expansion, for the examples.\n{}",
            write_basis(&basis)
        );
        std::fs::write(folder.join("argon.yaml"), text).expect("written");
        let bytes = write_asi(&set, &basis).expect("bytes");
        std::fs::write(folder.join("argon.asi"), bytes).expect("written");
    }
    let text = std::fs::read(folder.join("argon.yaml")).expect("the potential of the examples");
    let bytes = std::fs::read(folder.join("argon.asi")).expect("its active set");
    let stored = Expansion::read(&text, Some(&bytes)).expect("a potential");
    let stored_basis = stored.basis.as_ref().expect("a basis");
    assert_eq!(stored_basis.interactions, basis.interactions);
    assert_eq!(stored_basis.projections(), basis.projections());
    let coefficients = |basis: &Basis| -> Vec<f64> {
        let functions = basis.functions[0].iter();
        functions.map(|one| one.coefficients[0]).collect()
    };
    let stored_set = stored.active_set.as_ref().expect("an active set");
    assert_eq!(stored_set.extent, set.extent);
    assert_eq!(stored_set.projections, set.projections);
    for (what, found, expected) in [
        (
            "coefficients",
            &coefficients(stored_basis),
            &coefficients(&basis),
        ),
        ("inverses", &stored_set.inverses[0], &set.inverses[0]),
    ] {
        assert_eq!(found.len(), expected.len());
        let pairs = found.iter().zip(expected);
        let off = largest(pairs.map(|(a, b)| (a - b).abs()));
        let scale = largest(expected.iter().map(|x| x.abs()));
        println!("{what}: {off:.1e} of {scale:.1e}");
        // Other roundings in the last bits of the rows move coefficients by some 5e-6 of the largest.
        assert!(off < 1e-4 * scale, "{what}: {off} of {scale}");
    }
    let potential = stored.potential();
    assert!(potential.has_grades());
    // Structures that were not fitted, between those that were.
    let mut random = Stream::new([22; 32], &[]);
    for (a, noise) in [(5.0, 0.3), (5.25, 0.1), (5.4, 0.4), (5.6, 0.5)] {
        let structure = [crystal(a, noise, &mut random)];
        let found = label(&potential, &structure).remove(0).expect("a label");
        let right = label(&lennard_jones(), &structure)
            .remove(0)
            .expect("a label");
        let off = (found.energy_ev - right.energy_ev).abs() / 32.0;
        assert!(off < 2e-4, "{off} eV/atom at {a} Å");
        let scale = right
            .forces
            .as_flattened()
            .iter()
            .fold(0.0f64, |a, b| a.max(b.abs()));
        for (a, b) in found
            .forces
            .as_flattened()
            .iter()
            .zip(right.forces.as_flattened())
        {
            assert!((a - b).abs() < 2e-3 + 0.01 * scale, "{a} {b} of {scale}");
        }
    }
}
