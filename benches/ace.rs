//! Speed of the atomic cluster expansion: forces, lists included, and extrapolation grades.
//!
//! `cargo bench --bench ace`. `SYNTH_REFERENCE_DATA` names the folder of published potentials (without it only those
//! made here are measured), `SYNTH_PACE_PYTHON` a Python that can import `pyace`, whose recursive evaluator is then
//! measured in the same run, neighbour list not included. Times are processor time of one thread per atom and step, the
//! least of several alternating repeats.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use synth::base::Element;
use synth::physics::ace::{
    ActiveSet, AtomicClusterExpansion, Bond, CoreRepulsion, DensityTerm, Embedding, EmbeddingForm,
    Extent, Factor, Function, InnerCutoff, Interactions, Model, RadialBasis, Site, Switch,
    read_yace,
};
use synth::physics::numerics::Stream;
use synth::physics::potential::{Calculator, Potential, Want};
use synth::physics::structure::{Cell, Structure};

const REPEATS: usize = 5;
/// As in the published timings of LAMMPS.
const SKIN_ANG: f64 = 1.0;

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

/// A crystal whose atoms are up to 0.05 Å off their sites along each axis.
fn crystal(lengths: [f64; 3], sites: &[(&str, [f64; 3])], repeats: [usize; 3]) -> Structure {
    let mut random = Stream::new([7; 32], &[]);
    let (mut elements, mut positions_ang) = (Vec::new(), Vec::new());
    for i in 0..repeats[0] {
        for j in 0..repeats[1] {
            for k in 0..repeats[2] {
                for (symbol, site) in sites {
                    elements.push(element(symbol));
                    let at = [i, j, k];
                    positions_ang.push(std::array::from_fn(|axis| {
                        lengths[axis] * (site[axis] + at[axis] as f64)
                            + 0.1 * (random.uniform() - 0.5)
                    }));
                }
            }
        }
    }
    let lengths = std::array::from_fn(|axis| lengths[axis] * repeats[axis] as f64);
    Structure {
        cell: Cell::orthorhombic(lengths).unwrap(),
        elements,
        positions_ang,
    }
}

fn ybco(repeats: [usize; 3]) -> Structure {
    let sites = [
        ("Y", [0.5, 0.5, 0.5]),
        ("Ba", [0.5, 0.5, 0.184]),
        ("Ba", [0.5, 0.5, 0.816]),
        ("Cu", [0.0, 0.0, 0.0]),
        ("Cu", [0.0, 0.0, 0.355]),
        ("Cu", [0.0, 0.0, 0.645]),
        ("O", [0.0, 0.5, 0.0]),
        ("O", [0.5, 0.0, 0.378]),
        ("O", [0.5, 0.0, 0.622]),
        ("O", [0.0, 0.5, 0.377]),
        ("O", [0.0, 0.5, 0.623]),
        ("O", [0.0, 0.0, 0.158]),
        ("O", [0.0, 0.0, 0.842]),
    ];
    crystal([3.82, 3.89, 11.68], &sites, repeats)
}

/// Compressed, so that an atom has some 75 neighbours within 5.5 Å.
fn perovskite() -> Structure {
    let sites = [
        ("Ba", [0.0, 0.0, 0.0]),
        ("Ti", [0.5, 0.5, 0.5]),
        ("O", [0.5, 0.5, 0.0]),
        ("O", [0.5, 0.0, 0.5]),
        ("O", [0.0, 0.5, 0.5]),
    ];
    crystal([3.6; 3], &sites, [6, 6, 6])
}

fn face_centred(a: f64, symbols: [&str; 4], repeats: usize) -> Structure {
    let sites = [
        (symbols[0], [0.0, 0.0, 0.0]),
        (symbols[1], [0.5, 0.5, 0.0]),
        (symbols[2], [0.5, 0.0, 0.5]),
        (symbols[3], [0.0, 0.5, 0.5]),
    ];
    crystal([a; 3], &sites, [repeats; 3])
}

/// A potential of a shape, with random coefficients: the products of its functions are those of invariants (Σ m = 0,
/// one of each pair ±m), its energies mean nothing. `shape` holds the numbers of n and the largest l by rank.
fn shaped(symbols: &[&str], cutoff_ang: f64, shape: &[(usize, usize)]) -> Model {
    let mut random = Stream::new([3; 32], &[]);
    let mut coefficient = || 0.02 * (random.uniform() - 0.5);
    let (nradbase, _) = shape[0];
    let nradmax = shape[1..].iter().map(|(n, _)| *n).max().unwrap_or(0);
    let lmax = shape[1..].iter().map(|(_, l)| *l).max().unwrap_or(0);
    let bond = Bond {
        nradmax,
        lmax,
        nradbase,
        basis: RadialBasis::ChebExpCos { lambda: 5.25 },
        coefficients: (0..nradmax * (lmax + 1) * nradbase)
            .map(|_| coefficient())
            .collect(),
        cutoff_ang,
        cutoff_width_ang: 0.01,
        core: CoreRepulsion {
            prefactor: 0.0,
            exponent: 0.0,
        },
        inner: Switch {
            end: 0.0,
            width: 0.0,
        },
    };
    let count = symbols.len();
    let mut functions = Vec::new();
    for _ in symbols {
        let mut of_centre = Vec::new();
        for (rank, &(n_count, l_most)) in (1..).zip(shape) {
            let mut factors: Vec<Factor> = Vec::new();
            for element in 0..count as u8 {
                for n in 0..n_count as u16 {
                    let ls = 0..=if rank == 1 { 0 } else { l_most as u8 };
                    factors.extend(ls.map(|l| Factor { element, n, l }));
                }
            }
            let mut chosen = Vec::new();
            choose(&factors, rank, &mut chosen, &mut |factors| {
                let combinations = couplings(factors);
                if !combinations.is_empty() {
                    let coefficients = (0..2 * combinations.len()).map(|_| coefficient());
                    of_centre.push(Function {
                        factors: factors.to_vec(),
                        coefficients: coefficients.collect(),
                        ms: combinations.into_iter().flatten().collect(),
                    });
                }
            });
        }
        functions.push(of_centre);
    }
    let term = |exponent| DensityTerm {
        weight: 1.0,
        exponent,
    };
    let site = Site {
        energy_ev: 0.0,
        embedding: Embedding {
            form: EmbeddingForm::FinnisSinclairShiftedScaled,
            terms: vec![term(1.0), term(0.5)],
        },
        core_density: Switch {
            end: 1e5,
            width: 250.0,
        },
    };
    Model {
        interactions: Interactions {
            elements: symbols.iter().map(|symbol| element(symbol)).collect(),
            sites: vec![site; count],
            bonds: vec![bond; count * count],
            inner_cutoff: InnerCutoff::Density,
            spline_bin_ang: 0.001,
        },
        functions,
    }
}

/// All multisets of so many factors.
fn choose(
    factors: &[Factor],
    rank: usize,
    chosen: &mut Vec<Factor>,
    take: &mut dyn FnMut(&[Factor]),
) {
    if chosen.len() == rank {
        take(chosen);
        return;
    }
    for (at, factor) in factors.iter().enumerate() {
        chosen.push(*factor);
        choose(&factors[at..], rank, chosen, take);
        chosen.pop();
    }
}

/// Combinations of m that add up to zero, one of each pair ±m, if the degrees can couple to a scalar of even parity.
fn couplings(factors: &[Factor]) -> Vec<Vec<i8>> {
    let ls: Vec<i8> = factors.iter().map(|factor| factor.l as i8).collect();
    let sum: i8 = ls.iter().sum();
    if sum % 2 != 0 || ls.iter().any(|&l| 2 * l > sum) {
        return Vec::new();
    }
    let mut combinations = vec![Vec::new()];
    for l in ls {
        combinations = combinations
            .iter()
            .flat_map(|ms: &Vec<i8>| (-l..=l).map(move |m| [&ms[..], &[m]].concat()))
            .collect();
    }
    combinations.retain(|ms| {
        let first = ms.iter().find(|m| **m != 0).copied().unwrap_or(0);
        ms.iter().sum::<i8>() == 0 && first >= 0
    });
    combinations
}

/// Grades by an active set with a random inverse: what it costs does not depend on its numbers.
fn with_grades(model: &Model) -> AtomicClusterExpansion {
    let mut random = Stream::new([5; 32], &[]);
    let single = |function: &Function| Function {
        coefficients: function.terms().map(|(_, c)| c[0]).collect(),
        ..function.clone()
    };
    let projections: Vec<Vec<Function>> = model
        .functions
        .iter()
        .map(|functions| functions.iter().map(single).collect())
        .collect();
    let inverses = projections
        .iter()
        .map(|of| {
            (0..of.len() * of.len())
                .map(|_| random.uniform() - 0.5)
                .collect()
        })
        .collect();
    let active_set = ActiveSet {
        extent: Extent::Linear,
        projections,
        inverses,
    };
    AtomicClusterExpansion::with_grades(model, &active_set)
}

/// Atoms that are shaken a little at every step, so that lists are rebuilt now and then.
struct Case {
    calculator: Calculator,
    structure: Structure,
    step: usize,
    /// How many steps apart grades are asked for.
    grades: Option<usize>,
}

impl Case {
    fn new(potential: &dyn Potential, structure: Structure, grades: Option<usize>) -> Case {
        Case {
            calculator: Calculator::new(potential, &structure.elements, SKIN_ANG).unwrap(),
            structure,
            step: 0,
            grades,
        }
    }

    /// Wall time in µs per atom and step; of one thread that is its processor time.
    fn run(&mut self, threads: usize) -> f64 {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let atoms = self.structure.len();
        let steps = (20_000 / atoms).max(4).next_multiple_of(10);
        let start = Instant::now();
        pool.install(|| {
            for _ in 0..steps {
                let positions = self.structure.positions_ang.iter_mut().enumerate();
                for (atom, position) in positions {
                    for (axis, x) in position.iter_mut().enumerate() {
                        *x += 1e-4 * (((atom * 7 + axis * 3 + self.step) % 5) as f64 - 2.0);
                    }
                }
                let want = Want {
                    virial: self.step.is_multiple_of(10),
                    grades: self
                        .grades
                        .is_some_and(|every| self.step.is_multiple_of(every)),
                    ..Want::default()
                };
                let (cell, positions) = (&self.structure.cell, &self.structure.positions_ang);
                self.calculator.evaluate(cell, positions, want).unwrap();
                self.step += 1;
            }
        });
        start.elapsed().as_secs_f64() * 1e6 / (atoms * steps) as f64
    }
}

/// µs per atom of the recursive evaluator of python-ace, its list not counted.
fn python_ace(python: &str, file: &Path, structure: &Structure, cutoff_ang: f64) -> Option<f64> {
    let symbols: Vec<String> = structure.elements.iter().map(Element::to_string).collect();
    let program = format!(
        "import time, sys\n\
         from ase import Atoms\n\
         from pyace import ACECTildeBasisSet, ACECalculator\n\
         from pyace.evaluator import ACERecursiveEvaluator\n\
         from pyace.atomicenvironment import aseatoms_to_atomicenvironment\n\
         basis = ACECTildeBasisSet('{}')\n\
         atoms = Atoms({symbols:?}, positions={:?}, cell={:?}, pbc=True)\n\
         numbers = {{name: k for k, name in enumerate(basis.elements_name)}}\n\
         around = aseatoms_to_atomicenvironment(atoms, {cutoff_ang}, elements_mapper_dict=numbers)\n\
         evaluator = ACERecursiveEvaluator()\n\
         evaluator.set_basis(basis)\n\
         calculator = ACECalculator(evaluator)\n\
         best = 1e9\n\
         for _ in range(3):\n\
         \x20   start = time.process_time()\n\
         \x20   calculator.compute(around)\n\
         \x20   best = min(best, time.process_time() - start)\n\
         print(best * 1e6 / len(atoms))\n",
        file.display(),
        structure.positions_ang,
        structure.cell.rows_ang(),
    );
    let mut child = Command::new(python)
        .arg("-")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .ok()?;
    std::io::Write::write_all(&mut child.stdin.take()?, program.as_bytes()).ok()?;
    let out = child.wait_with_output().ok()?;
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .last()?
        .trim()
        .parse()
        .ok()
}

fn read(folder: &Path, name: &str) -> (PathBuf, Model) {
    let file = folder.join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    (file, read_yace(&text).unwrap())
}

fn main() {
    let python = std::env::var("SYNTH_PACE_PYTHON").ok();
    if python.is_none() {
        println!("python-ace is not measured: SYNTH_PACE_PYTHON names no Python that has it");
    }
    println!(
        "{:<40} {:>8} {:>12} {:>8} {:>10}",
        "µs per atom and step", "ours", "python-ace", "ratio", "bar"
    );
    let folder = std::env::var_os("SYNTH_REFERENCE_DATA");
    if let Some(folder) = folder.map(|folder| PathBuf::from(folder).join("yace")) {
        let cases = [
            ("YBCO, 936 atoms", "YBCO.yace", ybco([6, 6, 2]), "14 µs"),
            ("YBCO, 7488 atoms", "YBCO.yace", ybco([12, 12, 4]), "14 µs"),
            (
                "Ba-O-Ti, two densities, 1080 atoms",
                "shared_BaOTi_fs.yace",
                perovskite(),
                "4 times",
            ),
        ];
        for (name, file, structure, bar) in cases {
            let (file, model) = read(&folder, file);
            let potential = AtomicClusterExpansion::new(&model);
            let mut case = Case::new(&potential, structure.clone(), None);
            let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..REPEATS {
                ours = ours.min(case.run(1));
                if let Some(python) = &python {
                    let cutoff = potential.cutoff_ang();
                    if let Some(time) = python_ace(python, &file, &structure, cutoff) {
                        theirs = theirs.min(time);
                    }
                }
            }
            println!(
                "{name:<40} {ours:>8.2} {theirs:>12.2} {:>8.1} {bar:>10}",
                theirs / ours
            );
        }
        let (_, model) = read(&folder, "YBCO.yace");
        let potential = AtomicClusterExpansion::new(&model);
        let mut case = Case::new(&potential, ybco([12, 12, 4]), None);
        let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..REPEATS {
            one = one.min(case.run(1));
            two = two.min(case.run(2));
        }
        println!(
            "YBCO, two threads: {:.2} times one (bar 1.8; wall time, so only on an idle machine)",
            one / two
        );
    } else {
        println!("published potentials are not measured: SYNTH_REFERENCE_DATA names no folder");
    }

    let copper = shaped(&["Cu"], 7.4, &[(15, 0), (6, 4), (4, 3), (3, 2), (2, 1)]);
    let potential = AtomicClusterExpansion::new(&copper);
    let mut case = Case::new(&potential, face_centred(3.63, ["Cu"; 4], 6), None);
    let ours = (0..REPEATS)
        .map(|_| case.run(1))
        .fold(f64::INFINITY, f64::min);
    let name = format!("rank 5, {} functions, 7.4 Å", copper.functions[0].len());
    println!("{name:<40} {ours:>8.2} {:>32}", "50 µs");

    let alloy = shaped(&["Al", "Li"], 6.0, &[(19, 0), (3, 3), (2, 2), (1, 1)]);
    let structure = face_centred(4.05, ["Al", "Li", "Al", "Li"], 5);
    let plain = AtomicClusterExpansion::new(&alloy);
    let graded = with_grades(&alloy);
    let mut cases = [
        Case::new(&plain, structure.clone(), None),
        Case::new(&graded, structure.clone(), Some(1)),
        Case::new(&graded, structure, Some(10)),
    ];
    let mut times = [f64::INFINITY; 3];
    for _ in 0..REPEATS {
        for (time, case) in times.iter_mut().zip(&mut cases) {
            *time = time.min(case.run(1));
        }
    }
    let [without, always, seldom] = times;
    let functions: usize = alloy.functions.iter().map(Vec::len).sum();
    println!("two elements, {functions} functions {without:>18.2}");
    println!(
        "  with grades on every step: {:+.2} µs (bar +8 µs); on every tenth: {:+.1} % (bar +6 %)",
        always - without,
        100.0 * (seldom / without - 1.0)
    );
}
