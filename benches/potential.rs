//! Speed of forces, lists included, against LAMMPS where its Python package is installed.
//!
//! `cargo bench --bench potential`. `SYNTH_LAMMPS_PYTHON` names a Python that can import `lammps`; without one, only
//! our own times are printed. Times are processor time of one thread per atom and step of velocity Verlet, the least
//! of several alternating repeats.

use std::process::Command;
use std::time::Instant;

use synth::base::Element;
use synth::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2;
use synth::physics::numerics::Stream;
use synth::physics::potential::coulomb::{Charges, Ewald, Summation};
use synth::physics::potential::{
    Buckingham, BuckinghamPair, ByPair, Calculator, LennardJones, PmmcsCoulomb, Potential, Sum,
    Truncation, Want, pmmcs,
};
use synth::physics::structure::{Cell, Structure};

const REPEATS: usize = 3;

/// A system and how it moves.
struct Case {
    name: &'static str,
    structure: Structure,
    potential: Box<dyn Potential>,
    velocities: Vec<[f64; 3]>,
    /// Mass by atom in units that go with the time step.
    masses: Vec<f64>,
    dt: f64,
    skin_ang: f64,
    steps: usize,
    /// Pair style and coefficients for LAMMPS, by element in the order of their numbers.
    lammps: String,
    /// How many times faster than LAMMPS it should be.
    bar: f64,
}

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

fn crystal(a: f64, sites: &[(&str, [f64; 3])], repeats: [usize; 3]) -> Structure {
    let (mut elements, mut positions_ang) = (Vec::new(), Vec::new());
    for i in 0..repeats[0] {
        for j in 0..repeats[1] {
            for k in 0..repeats[2] {
                for (symbol, site) in sites {
                    elements.push(element(symbol));
                    let at = [i, j, k];
                    positions_ang.push(std::array::from_fn(|n| a * (site[n] + at[n] as f64)));
                }
            }
        }
    }
    let cell = Cell::orthorhombic(repeats.map(|n| a * n as f64)).unwrap();
    Structure {
        cell,
        elements,
        positions_ang,
    }
}

/// Maxwell's distribution of a temperature in energy units, without drift.
fn thermal(masses: &[f64], temperature: f64) -> Vec<[f64; 3]> {
    let mut random = Stream::new([1; 32], &[]);
    let mut normal = || {
        let u = 1.0 - random.uniform();
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * random.uniform()).cos()
    };
    let mut velocities: Vec<[f64; 3]> = Vec::new();
    for mass in masses {
        velocities.push(std::array::from_fn(|_| {
            (temperature / mass).sqrt() * normal()
        }));
    }
    for k in 0..3 {
        let momentum: f64 = velocities.iter().zip(masses).map(|(v, m)| m * v[k]).sum();
        let drift = momentum / masses.iter().sum::<f64>();
        velocities.iter_mut().for_each(|v| v[k] -= drift);
    }
    velocities
}

/// Steps of velocity Verlet; gives processor seconds and the number of lists built.
fn run(case: &mut Case, steps: usize, threads: usize) -> (f64, f64) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let mut calculator =
            Calculator::new(&*case.potential, &case.structure.elements, case.skin_ang).unwrap();
        let cell = case.structure.cell;
        let mut forces = calculator
            .evaluate(&cell, &case.structure.positions_ang, Want::default())
            .unwrap()
            .forces
            .clone();
        let wall = Instant::now();
        let start = processor_seconds();
        for _ in 0..steps {
            let atoms = case
                .structure
                .positions_ang
                .iter_mut()
                .zip(&mut case.velocities);
            for ((position, velocity), (force, mass)) in atoms.zip(forces.iter().zip(&case.masses))
            {
                for k in 0..3 {
                    velocity[k] += 0.5 * case.dt * force[k] / mass;
                    position[k] += case.dt * velocity[k];
                }
            }
            let out = calculator
                .evaluate(&cell, &case.structure.positions_ang, Want::default())
                .unwrap();
            forces.copy_from_slice(&out.forces);
            for (velocity, (force, mass)) in case
                .velocities
                .iter_mut()
                .zip(forces.iter().zip(&case.masses))
            {
                for k in 0..3 {
                    velocity[k] += 0.5 * case.dt * force[k] / mass;
                }
            }
        }
        (processor_seconds() - start, wall.elapsed().as_secs_f64())
    })
}

/// User and system time of this process, s.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = |n: usize| {
        after
            .split(' ')
            .nth(n)
            .and_then(|t| t.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    // A hundred ticks a second on Linux.
    (ticks(11) + ticks(12)) / 100.0
}

/// Processor microseconds of LAMMPS per atom and step from where the case is now.
fn lammps(python: &str, case: &Case) -> Option<f64> {
    let directory = tempfile::tempdir().ok()?;
    let elements = synth::physics::structure::elements_of(&case.structure.elements);
    let mut data = format!(
        "bench\n\n{} atoms\n{} atom types\n\n",
        case.structure.len(),
        elements.len()
    );
    for (row, axis) in case.structure.cell.rows_ang().iter().zip(["x", "y", "z"]) {
        let length: f64 = row.iter().sum();
        data += &format!("0 {length:.12} {axis}lo {axis}hi\n");
    }
    let reduced = case.lammps.contains("units lj");
    data += "\nMasses\n\n";
    for (k, element) in elements.iter().enumerate() {
        data += &format!(
            "{} {}\n",
            k + 1,
            if reduced { 1.0 } else { element.mass_u() }
        );
    }
    data += "\nAtoms # charge\n\n";
    for (k, (element, p)) in case
        .structure
        .elements
        .iter()
        .zip(&case.structure.positions_ang)
        .enumerate()
    {
        let kind = elements.binary_search(element).unwrap() + 1;
        data += &format!(
            "{} {kind} 0 {:.15e} {:.15e} {:.15e}\n",
            k + 1,
            p[0],
            p[1],
            p[2]
        );
    }
    data += "\nVelocities\n\n";
    for (k, v) in case.velocities.iter().enumerate() {
        // Å/fs to Å/ps.
        let v = v.map(|x| if reduced { x } else { 1000.0 * x });
        data += &format!("{} {:.15e} {:.15e} {:.15e}\n", k + 1, v[0], v[1], v[2]);
    }
    std::fs::write(directory.path().join("data"), data).ok()?;
    let script = format!(
        "import time, lammps\n\
         l = lammps.lammps(cmdargs=['-screen','none','-log','none'])\n\
         l.commands_string('''{}''')\n\
         l.command('run 0')\n\
         best = 1e9\n\
         for _ in range({REPEATS}):\n\
         \x20   t = time.process_time()\n\
         \x20   l.command('run {} pre no')\n\
         \x20   best = min(best, time.process_time() - t)\n\
         print(best)\n",
        case.lammps, case.steps
    );
    let out = Command::new(python)
        .args(["-c", &script])
        .current_dir(directory.path())
        .output()
        .ok()?;
    let seconds: f64 = String::from_utf8(out.stdout).ok()?.trim().parse().ok()?;
    Some(seconds * 1e6 / (case.steps * case.structure.len()) as f64)
}

fn lennard_jones(repeats: usize) -> Case {
    let sites =
        [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]].map(|site| ("Ar", site));
    let structure = crystal((4.0f64 / 0.8442).cbrt(), &sites, [repeats; 3]);
    let masses = vec![1.0; structure.len()];
    Case {
        name: if repeats == 10 { "Lennard-Jones 4000" } else { "Lennard-Jones 32000" },
        velocities: thermal(&masses, 1.44),
        masses,
        potential: Box::new(LennardJones::new(1.0, 1.0, 2.5)),
        dt: 0.005,
        skin_ang: 0.3,
        steps: if repeats == 10 { 1000 } else { 150 },
        lammps: "units lj\natom_style charge\nread_data data\nsuffix opt\npair_style lj/cut 2.5\n\
                 pair_coeff * * 1.0 1.0 2.5\nneighbor 0.3 bin\nneigh_modify delay 0 every 5 check yes\n\
                 fix 1 all nve\ntimestep 0.005"
            .to_string(),
        structure,
        bar: 1.3,
    }
}

const METAL: &str = "units metal\natom_style charge\nread_data data\n";

fn barium_titanate(name: &'static str, repeats: [usize; 3], melt: bool) -> Case {
    let a = if melt { (5.0f64 * 28.1).cbrt() } else { 4.0 };
    let sites = [
        ("Ba", [0.0; 3]),
        ("Ti", [0.5; 3]),
        ("O", [0.5, 0.5, 0.0]),
        ("O", [0.5, 0.0, 0.5]),
        ("O", [0.0, 0.5, 0.5]),
    ];
    let structure = crystal(a, &sites, repeats);
    let unit = ATOMIC_MASS_EV_FS2_PER_ANG2;
    let masses: Vec<f64> = structure
        .elements
        .iter()
        .map(|e| e.mass_u() * unit)
        .collect();
    let mut case = Case {
        name,
        velocities: thermal(&masses, 8.617e-5 * if melt { 7000.0 } else { 600.0 }),
        masses,
        potential: Box::new(pmmcs(PmmcsCoulomb::DampedShiftedForce, Truncation::Shifted)),
        dt: 1.0,
        skin_ang: 1.0,
        steps: if structure.len() < 2000 { 400 } else { 120 },
        lammps: format!(
            "{METAL}set type 1 charge -1.2\nset type 2 charge 2.4\nset type 3 charge 1.2\n\
             pair_style hybrid/overlay coul/dsf 0.25 8.0 morse 5.5 mie/cut 5.5\npair_coeff * * coul/dsf\n\
             pair_coeff 1 3 morse 0.065011 1.547596 3.393410\npair_coeff 1 2 morse 0.024235 2.254703 2.708943\n\
             pair_coeff 1 1 morse 0.042395 1.379316 3.618701\npair_coeff 1 3 mie/cut 5.0 1.0 12.0 1e-13\n\
             pair_coeff 1 2 mie/cut 1.0 1.0 12.0 1e-13\npair_coeff 1 1 mie/cut 22.0 1.0 12.0 1e-13\n\
             pair_modify shift yes\nneighbor SKIN bin\nneigh_modify delay 0 every 1 check yes\n\
             fix 1 all nve\ntimestep 0.001"
        ),
        structure,
        bar: 2.0,
    };
    if melt {
        // Let the lattice fall apart; what is timed is the melt.
        run(&mut case, 3000, 1);
    }
    case
}

fn magnesia() -> Case {
    let mut sites = Vec::new();
    for face in [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
        sites.push(("Mg", face));
        sites.push(("O", face.map(|x| 0.5 - x)));
    }
    let structure = crystal(4.25, &sites, [8; 3]);
    let masses: Vec<f64> = structure
        .elements
        .iter()
        .map(|e| e.mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2)
        .collect();
    let (mg, o) = (element("Mg"), element("O"));
    let pairs = ByPair::new()
        .with(
            mg,
            o,
            BuckinghamPair {
                a_ev: 1428.5,
                rho_ang: 0.2945,
                c_ev_ang6: 0.0,
            },
        )
        .with(
            o,
            o,
            BuckinghamPair {
                a_ev: 22764.3,
                rho_ang: 0.149,
                c_ev_ang6: 27.88,
            },
        );
    let mut ewald = Ewald::new(Charges::new([(mg, 2.0), (o, -2.0)]), 10.0, 1e-4);
    ewald.summation = Summation::Mesh;
    Case {
        name: "MgO with mesh 4096",
        velocities: thermal(&masses, 8.617e-5 * 600.0),
        masses,
        potential: Box::new(Sum::new(vec![
            Box::new(ewald),
            Box::new(Buckingham {
                pairs,
                cutoff_ang: 10.0,
                truncation: Truncation::Cut,
                guard: false,
            }),
        ])),
        dt: 1.0,
        skin_ang: 1.0,
        steps: 60,
        lammps: format!(
            "{METAL}set type 1 charge -2.0\nset type 2 charge 2.0\npair_style buck/coul/long 10.0\n\
             pair_coeff 1 1 22764.3 0.149 27.88\npair_coeff 1 2 1428.5 0.2945 0.0\npair_coeff 2 2 0.0 1.0 0.0\n\
             kspace_style pppm 1e-4\nneighbor SKIN bin\nneigh_modify delay 0 every 1 check yes\n\
             fix 1 all nve\ntimestep 0.001"
        ),
        structure,
        bar: 1.2,
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let python = std::env::var("SYNTH_LAMMPS_PYTHON").ok();
    if python.is_none() {
        println!("LAMMPS is not measured: SYNTH_LAMMPS_PYTHON names no Python that has it");
    }
    let cases: [(&str, fn() -> Case); 7] = [
        ("lj", || lennard_jones(10)),
        ("lj", || lennard_jones(20)),
        ("pmmcs", || {
            barium_titanate("PMMCS crystal 1080", [6, 6, 6], false)
        }),
        ("pmmcs", || {
            barium_titanate("PMMCS crystal 4050", [9, 9, 10], false)
        }),
        ("pmmcs", || {
            barium_titanate("PMMCS melt 1280", [8, 8, 4], true)
        }),
        ("pmmcs", || {
            barium_titanate("PMMCS melt 3840", [8, 8, 12], true)
        }),
        ("mesh", magnesia),
    ];
    println!(
        "{:<22} {:>10} {:>10} {:>8} {:>6}",
        "µs per atom and step", "ours", "LAMMPS", "ratio", "bar"
    );
    for (group, case) in cases {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == group) {
            continue;
        }
        let mut case = case();
        let atom_steps = (case.steps * case.structure.len()) as f64;
        // The same skin as LAMMPS' own measurements for it, the best one for us.
        case.lammps = case.lammps.replace("SKIN", "1.5");
        let mut ours = f64::INFINITY;
        let mut theirs = f64::INFINITY;
        for _ in 0..REPEATS {
            let steps = case.steps;
            ours = ours.min(run(&mut case, steps, 1).0 * 1e6 / atom_steps);
            if let Some(time) = python.as_ref().and_then(|python| lammps(python, &case)) {
                theirs = theirs.min(time);
            }
        }
        let (peer, ratio) = if theirs.is_finite() {
            (format!("{theirs:.3}"), format!("{:.2}", theirs / ours))
        } else {
            ("-".to_string(), "-".to_string())
        };
        println!(
            "{:<22} {ours:>10.3} {peer:>10} {ratio:>8} {:>6}",
            case.name, case.bar
        );
    }
    if wanted.is_empty() || wanted.iter().any(|w| w == "threads") {
        let mut case = lennard_jones(20);
        let wall = |case: &mut Case, threads| {
            (0..REPEATS)
                .map(|_| run(case, 100, threads).1)
                .fold(f64::INFINITY, f64::min)
        };
        let (one, two) = (wall(&mut case, 1), wall(&mut case, 2));
        println!(
            "two threads, 32000 atoms: {:.2} times one (bar 1.7; wall time, so only on an idle machine)",
            one / two
        );
    }
}
