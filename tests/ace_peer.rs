//! Potentials made here, written by our writers and evaluated by python-ace: every radial basis with every core repulsion and
//! embedding, up to four elements, three densities and rank 5.
//!
//! `SYNTH_PACE_PYTHON` names a Python that can import `pyace` (python-ace 0.4.0rc1 was the one measured against). Without it
//! these tests say that they are skipped, or fail if `SYNTH_REQUIRE_PEERS` is set.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use synth::physics;
use synth::physics::ace::{
    ActiveSet, AtomicClusterExpansion, Basis, Extent, Model, Reference, read_potential, read_yace,
    write_ace, write_asi, write_basis, write_yace,
};
use synth::physics::numerics::Stream;
use synth::physics::potential::{Calculator, Evaluation, Potential, Want};
use synth::physics::structure::{Cell, Structure};
// What the shared makers of potentials import by the name of the crate that they stand in.
use synth::base;

#[path = "../src/physics/ace/tests/samples.rs"]
mod samples;
use samples::{every_combination, structures};
#[path = "../src/physics/numerics/testing.rs"]
mod testing;
use testing::largest;

/// The Python that has the peer.
fn python() -> Option<String> {
    let found = std::env::var("SYNTH_PACE_PYTHON").ok();
    if found.is_none() {
        assert!(
            std::env::var_os("SYNTH_REQUIRE_PEERS").is_none(),
            "SYNTH_PACE_PYTHON does not name a Python with python-ace, and peers are required"
        );
        println!("skipped: no python-ace");
    }
    found
}

/// Files and structures for the peer.
struct Work {
    folder: tempfile::TempDir,
    structures: Vec<Structure>,
    jobs: Vec<Value>,
}

impl Work {
    fn new() -> Self {
        Work {
            folder: tempfile::tempdir().expect("a folder"),
            structures: Vec::new(),
            jobs: Vec::new(),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// Asks for a potential in these structures; returns the number of the answer.
    fn ask(
        &mut self,
        potential: &Path,
        active_set: Option<&Path>,
        numbers: std::ops::Range<usize>,
    ) -> usize {
        self.jobs.push(json!({
            "potential": potential,
            "active_set": active_set,
            "structures": numbers.collect::<Vec<_>>(),
        }));
        self.jobs.len() - 1
    }

    fn add(&mut self, more: Vec<Structure>) -> std::ops::Range<usize> {
        let first = self.structures.len();
        self.structures.extend(more);
        first..self.structures.len()
    }

    fn answers(&self, python: &str) -> Vec<Value> {
        let structure = |one: &Structure| {
            json!({
                "cell": one.cell.rows_ang(),
                "symbols": one.elements.iter().map(|element| element.symbol()).collect::<Vec<_>>(),
                "positions": one.positions_ang,
            })
        };
        let request = json!({
            "structures": self.structures.iter().map(structure).collect::<Vec<_>>(),
            "jobs": self.jobs,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/pace.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the Python of SYNTH_PACE_PYTHON starts");
        let mut input = child.stdin.take().expect("a pipe");
        let text = request.to_string();
        // Written from a thread of its own: the peer talks while it reads.
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let out = child.wait_with_output().expect("it ends");
        writer.join().expect("a thread").expect("written");
        let found: Value = serde_json::from_slice(&out.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out.stderr)));
        found.as_array().expect("a list").clone()
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().expect("a number")],
    }
}

fn evaluate(potential: &dyn Potential, structure: &Structure) -> Evaluation {
    let mut calculator = Calculator::new(potential, &structure.elements, 0.0).expect("bound");
    let want = Want {
        energy: true,
        energies: true,
        virial: true,
        grades: potential.has_grades(),
    };
    calculator
        .evaluate(&structure.cell, &structure.positions_ang, want)
        .expect("an evaluation")
        .clone()
}

/// Largest deviations: energy in eV/atom, force in eV/Å, virial in eV, grade relative.
#[derive(Debug, Default, Clone, Copy)]
struct Worst([f64; 4]);

impl Worst {
    fn add(&mut self, potential: &dyn Potential, structure: &Structure, answer: &Value) {
        let found = evaluate(potential, structure);
        let off = |a: &[f64], b: &[f64]| {
            assert_eq!(a.len(), b.len());
            largest(a.iter().zip(b).map(|(a, b)| (a - b).abs()))
        };
        let v = found.virial_ev;
        // The peer's are stresses times volume.
        let virial = [v[0][0], v[1][1], v[2][2], v[0][1], v[0][2], v[1][2]].map(|x| -x);
        let mut gamma = 0.0;
        if potential.has_grades() {
            let expected = numbers(&answer["gamma"]);
            assert_eq!(found.grades.len(), structure.len());
            assert_eq!(expected.len(), structure.len());
            assert!(expected.iter().all(|grade| *grade > 0.0));
            let pairs = found.grades.iter().zip(&expected);
            gamma = largest(pairs.map(|(a, b)| (a - b).abs() / b));
        }
        let now = [
            off(&found.energies_ev, &numbers(&answer["energies"])),
            off(found.forces.as_flattened(), &numbers(&answer["forces"])),
            off(&virial, &numbers(&answer["virial"])),
            gamma,
        ];
        self.join(&Worst(now));
    }

    fn join(&mut self, other: &Worst) {
        self.0 = std::array::from_fn(|k| largest([self.0[k], other.0[k]]));
    }

    fn within(&self, limits: [f64; 4], what: &str) {
        assert!(
            self.0
                .iter()
                .zip(limits)
                .all(|(found, most)| *found <= most),
            "{what}: {self:?}"
        );
    }
}

/// What the peer says of each structure; fails with its words if it did not take the potential.
fn results<'a>(answers: &'a [Value], job: usize, what: &str) -> &'a [Value] {
    let answer = &answers[job];
    assert!(answer.get("error").is_none(), "{what}: {answer}");
    answer["results"].as_array().expect("a list")
}

/// An inverse at random: what grades are does not ask whether it belongs to surroundings.
fn active_set(basis: &Basis, extent: Extent, seed: u64) -> ActiveSet {
    let mut random = Stream::new([33; 32], &[seed]);
    let projections = basis.projections();
    let inverses = projections.iter().enumerate().map(|(centre, functions)| {
        let size = match extent {
            Extent::Linear => functions.len(),
            Extent::Full => functions.len() * basis.interactions.densities(centre),
        };
        (0..size * size).map(|_| random.uniform() - 0.5).collect()
    });
    ActiveSet {
        extent,
        inverses: inverses.collect(),
        projections,
    }
}

/// Energies to 1e-10 eV/atom and forces to 1e-8 eV/Å with the splines of the file, from both forms that we write; grades of
/// linear and full active sets to 1e-6.
#[test]
fn python_ace_reads_what_is_written_here_and_finds_the_same() {
    let Some(python) = python() else { return };
    let mut work = Work::new();
    let mut asked = Vec::new();
    for (seed, spec) in every_combination().into_iter().enumerate() {
        let basis = spec.basis(seed as u64);
        let mut model = basis.to_model();
        let range = work.add(structures(&model.interactions, seed as u64));
        let yaml = work.write(&format!("{seed}.yaml"), write_basis(&basis).as_bytes());
        let sets =
            [Extent::Linear, Extent::Full].map(|extent| active_set(&basis, extent, seed as u64));
        let grades = sets.map(|set| {
            let name = format!("{seed}.{:?}.asi", set.extent);
            let file = work.write(&name, &write_asi(&set, &basis).expect("bytes"));
            (work.ask(&yaml, Some(&file), range.clone()), set)
        });
        let plain = model.clone();
        for (k, site) in model.interactions.sites.iter_mut().enumerate() {
            site.energy_ev = -1.25 * (k + 1) as f64;
        }
        let yace = work.write(&format!("{seed}.yace"), write_yace(&model).as_bytes());
        let from_yace = work.ask(&yace, None, range.clone());
        // Our own tables are no splines of the file; with bins that are finer the difference goes.
        let from_fine = (spec.elements.len() <= 2).then(|| {
            let mut fine = model.clone();
            fine.interactions.spline_bin_ang = 1e-4;
            let file = work.write(&format!("{seed}.fine.yace"), write_yace(&fine).as_bytes());
            work.ask(&file, None, range.clone())
        });
        // The peer does not read what it writes itself of more than one element in this form.
        let text = write_ace(&model).ok().filter(|_| spec.elements.len() == 1);
        let from_ace = text.map(|text| {
            let file = work.write(&format!("{seed}.ace"), text.as_bytes());
            work.ask(&file, None, range.clone())
        });
        asked.push((
            spec.name(),
            [plain, model],
            range,
            grades,
            from_yace,
            [from_fine, from_ace],
        ));
    }
    let answers = work.answers(&python);
    let mut worst = [Worst::default(); 5];
    let mut texts = 0;
    for (name, [plain, model], range, grades, from_yace, [from_fine, from_ace]) in asked {
        let own = &work.structures[range];
        let compare = |potential: &dyn Potential, job: usize, what: &str| {
            let mut worst = Worst::default();
            let found = results(&answers, job, &format!("{name}, {what}"));
            assert_eq!(found.len(), own.len());
            for (structure, answer) in own.iter().zip(found) {
                worst.add(potential, structure, answer);
            }
            worst
        };
        let tight = [1e-10, 1e-8, 1e-7, 1e-6];
        let basis = compare(
            &Reference::new(Arc::new(plain.clone())),
            grades[0].0,
            "yaml",
        );
        let basis = Worst([basis.0[0], basis.0[1], basis.0[2], 0.0]);
        basis.within(tight, &format!("{name}, .yaml"));
        let tilde = compare(&Reference::new(Arc::new(model.clone())), from_yace, "yace");
        tilde.within(tight, &format!("{name}, .yace"));
        if let Some(job) = from_ace {
            texts += 1;
            let text = compare(&Reference::new(Arc::new(model.clone())), job, "ace");
            text.within(tight, &format!("{name}, .ace"));
            worst[2].join(&text);
        }
        if let Some(job) = from_fine {
            let fast = compare(&AtomicClusterExpansion::new(&model), job, "compiled");
            fast.within(tight, &format!("{name}, compiled"));
            worst[3].join(&fast);
        }
        worst[0].join(&basis);
        worst[1].join(&tilde);
        for (job, set) in &grades {
            let found = compare(
                &AtomicClusterExpansion::with_grades(&plain, set),
                *job,
                "grades",
            );
            let only = Worst([0.0, 0.0, 0.0, found.0[3]]);
            only.within(tight, &format!("{name}, grades of a {:?} set", set.extent));
            worst[4].join(&only);
        }
    }
    assert!(texts > 0);
    for (what, worst) in [".yaml", ".yace", ".ace", "compiled", "grades"]
        .iter()
        .zip(worst)
    {
        let [energy, force, virial, grade] = worst.0;
        println!(
            "{what}: {energy:.1e} eV/atom, {force:.1e} eV/Å, virial {virial:.1e} eV, grade {grade:.1e}"
        );
    }
}

/// ChebLinear does not vanish at its cutoff; the splines of a file take it to zero within their last bin, and so does the
/// definition. The compiled evaluator has no splines: there the energy jumps, so it is not asked.
#[test]
fn the_last_bin_of_a_spline_ends_at_zero_as_it_does_in_python_ace() {
    let Some(python) = python() else { return };
    let mut work = Work::new();
    let mut asked = Vec::new();
    for (seed, spec) in every_combination().into_iter().enumerate() {
        let model = spec.basis(seed as u64).to_model();
        let cutoff = model.interactions.bonds[0].cutoff_ang;
        let apart = |r: f64| Structure {
            cell: Cell::orthorhombic([15.0, 16.0, 17.0]).expect("a cell"),
            elements: vec![model.interactions.elements[0]; 2],
            positions_ang: vec![[2.0, 3.0, 4.0], [2.0 + 0.6 * r, 3.0, 4.0 + 0.8 * r]],
        };
        let range = work.add(
            [1e-4, 5e-4, 1.5e-3]
                .map(|less| apart(cutoff - less))
                .to_vec(),
        );
        let file = work.write(&format!("{seed}.yace"), write_yace(&model).as_bytes());
        let job = work.ask(&file, None, range.clone());
        asked.push((spec.name(), model, range, job));
    }
    let answers = work.answers(&python);
    let mut worst = Worst::default();
    for (name, model, range, job) in asked {
        let potential = Reference::new(Arc::new(model));
        for (structure, answer) in work.structures[range]
            .iter()
            .zip(results(&answers, job, &name))
        {
            worst.add(&potential, structure, answer);
        }
        worst.within([1e-10, 1e-8, 1e-7, 0.0], &name);
    }
    println!("at the cutoff: {worst:?}");
}

/// A potential as ACE1 exports it: polynomials, and a pair potential with a repulsive core.
fn julian() -> String {
    let mut text = String::from(
        "elements: [Al, Ti]\nE0: [-1.5, 0.25]\ndeltaSplineBins: 0.001\nlmax: 2\nembeddings:\n",
    );
    for mu in 0..2 {
        text += &format!(
            "  {mu}: {{ndensity: 1, FS_parameters: [1.0, 1.0], npoti: FinnisSinclairShiftedScaled, rho_core_cutoff: 100000.0, \
             drho_core_cutoff: 1.0}}\n"
        );
    }
    text += "polypairpot: {p: 1, r0: 2.5, xl: 0.5, xr: 1.25, pl: 2, pr: 0, rcut: 6.0, maxn: 2, recursion_coefficients: \
             {A: [1.0, 2.0], B: [0.0, -1.0], C: [0.0, 0.0]}, coefficients: {[0, 0]: [0.5, -0.2], [0, 1]: [0.4, -0.3], \
             [1, 0]: [0.4, -0.3], [1, 1]: [0.7, 0.1]}}\nreppot:\n  coefficients:\n";
    for (pair, end) in [("0, 0", 2.2), ("0, 1", 2.0), ("1, 0", 2.0), ("1, 1", 2.1)] {
        text += &format!("    [{pair}]: {{A: {end}, B: 0.4, e0: -0.1, ri: {end}}}\n");
    }
    text += "bonds:\n";
    for (pair, cutoff) in [("0, 0", 5.0), ("0, 1", 5.2), ("1, 0", 5.2), ("1, 1", 4.8)] {
        let end = (3.5f64 / (1.0 + cutoff)).powi(2);
        text += &format!(
            "  [{pair}]: {{radbasename: ACE.jl.base, rcut: {cutoff:?}, r0: 2.5, p: 2, xl: {end:?}, xr: 1.7, pl: 2, pr: 2, maxn: 3, \
             recursion_coefficients: {{A: [1.3, 0.9, 1.1], B: [0.0, -0.7, 0.3], C: [0.0, 0.0, -0.4]}}}}\n"
        );
    }
    text += "functions:\n";
    for mu in 0..2 {
        let other = 1 - mu;
        text += &format!("  {mu}:\n");
        for (mus, ns, ls, ms, c) in [
            (format!("{mu}"), "2", "0", "0", "0.3"),
            (
                format!("{mu}, {other}"),
                "1, 3",
                "2, 2",
                "0, 0, 1, -1, 2, -2",
                "0.2, -0.4, 0.4",
            ),
            (format!("{other}, {other}"), "2, 2", "1, 1", "-1, 1", "0.15"),
        ] {
            text += &format!(
                "  - {{mu0: {mu}, rank: {}, ndensity: 1, num_ms_combs: {}, mus: [{mus}], ns: [{ns}], ls: [{ls}], ms_combs: [{ms}], \
                 ctildes: [{c}]}}\n",
                ns.split(',').count(),
                c.split(',').count(),
            );
        }
    }
    text
}

/// The dialect of ACE1, as it was exported and as it is written here.
#[test]
fn the_dialect_of_ace_jl_is_read_as_python_ace_reads_it() {
    let Some(python) = python() else { return };
    let model: Model = read_yace(&julian()).expect("a potential");
    let mut work = Work::new();
    let range = work.add(structures(&model.interactions, 5));
    let first = work.write("first.yace", julian().as_bytes());
    let again = work.write("again.yace", write_yace(&model).as_bytes());
    let jobs = [
        work.ask(&first, None, range.clone()),
        work.ask(&again, None, range),
    ];
    let answers = work.answers(&python);
    for (job, what) in jobs.into_iter().zip(["exported", "written here"]) {
        let (mut slow, mut fast) = (Worst::default(), Worst::default());
        for (structure, answer) in work.structures.iter().zip(results(&answers, job, what)) {
            let definition = Reference::new(Arc::new(model.clone()));
            slow.add(&definition, structure, answer);
            fast.add(&AtomicClusterExpansion::new(&model), structure, answer);
        }
        println!("{what}: {slow:?}, compiled {fast:?}");
        // The peer evaluates these polynomials without a table.
        slow.within([1e-8, 1e-6, 1e-6, 0.0], what);
        fast.within([1e-10, 1e-8, 1e-8, 0.0], what);
    }
}

/// The published copper of LAMMPS, as it came and as it is written here in the newer form.
#[test]
fn the_copper_of_lammps_is_the_same_to_python_ace() {
    let Some(python) = python() else { return };
    let folder = std::env::var_os("SYNTH_LAMMPS_POTENTIALS")
        .unwrap_or_else(|| "/usr/share/lammps/potentials".into());
    let file = Path::new(&folder).join("Cu-PBE-core-rep.ace");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: no potentials of LAMMPS");
        return;
    };
    let (model, _) = read_potential(&text).expect("a potential");
    let mut work = Work::new();
    let range = work.add(structures(&model.interactions, 2));
    let again = work.write("copper.yace", write_yace(&model).as_bytes());
    let jobs = [
        work.ask(&file, None, range.clone()),
        work.ask(&again, None, range),
    ];
    let answers = work.answers(&python);
    for (job, what) in jobs.into_iter().zip(["as published", "written here"]) {
        let (mut slow, mut fast) = (Worst::default(), Worst::default());
        for (structure, answer) in work.structures.iter().zip(results(&answers, job, what)) {
            let definition = Reference::new(Arc::new(model.clone()));
            slow.add(&definition, structure, answer);
            fast.add(&AtomicClusterExpansion::new(&model), structure, answer);
        }
        println!("{what}: {slow:?}, compiled {fast:?}");
        slow.within([1e-10, 1e-8, 1e-7, 0.0], what);
        fast.within([1e-8, 1e-5, 1e-4, 0.0], what);
    }
}
