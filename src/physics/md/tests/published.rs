//! Long runs against published values.

use std::collections::BTreeMap;

use super::*;
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::md::Trajectory;
use crate::physics::potential::coulomb::{Charges, Ewald};
use crate::physics::potential::{BornMayerHuggins, BornMayerHugginsPair, ByPair, Sum, Truncation};

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

/// Liquid Lennard-Jones at ρ* = 0.776, T* = 0.85, cut at 3 σ with its tail: U*/N = −5.5121 and p* = 0.0068 ± 0.0017 by
/// Monte Carlo of 500 atoms (NIST Standard Reference Simulation).
#[test]
#[ignore = "two minutes"]
fn long_lennard_jones_liquid_has_the_published_energy_and_pressure() {
    let n = 500.0f64;
    let mut start = crystal(5, 1.0);
    let edge = (n / 0.776).cbrt() * SIGMA_ANG;
    // A perfect lattice of this density.
    start.cell = Cell::orthorhombic([edge; 3]).unwrap();
    for (atom, position) in start.positions_ang.iter_mut().enumerate() {
        let site = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.0],
            [0.5, 0.0, 0.5],
            [0.0, 0.5, 0.5],
        ][atom % 4];
        let corner = [atom / 100, atom / 20 % 5, atom / 4 % 5];
        *position = std::array::from_fn(|k| (corner[k] as f64 + site[k]) * edge / 5.0);
    }
    let temperature = 0.85 * EPSILON_EV / BOLTZMANN_EV_PER_K;
    let liquid = LennardJones::new(EPSILON_EV, SIGMA_ANG, 3.0 * SIGMA_ANG).with_tail();
    let protocol = Protocol {
        timestep_fs: 8.0,
        log_fs: 160.0,
        skin_ang: 1.2,
        // The energy of a cut potential jumps.
        drift_bound: 1.0,
        segments: vec![
            dynamics(
                nvt(Thermostat::Rescaling, 4.0 * temperature, 200.0),
                20_000.0,
            ),
            dynamics(nvt(Thermostat::Rescaling, temperature, 500.0), 200_000.0),
            dynamics(nvt(Thermostat::Rescaling, temperature, 500.0), 2_600_000.0),
        ],
        ..Protocol::default()
    };
    let (_, log) = logged(&start, &liquid, &protocol, 1);
    let rows: Vec<Vec<f64>> = log.into_iter().filter(|row| row[0] == 2.0).collect();
    let energy: Vec<f64> = column(&rows, POTENTIAL)
        .iter()
        .map(|u| u / (n * EPSILON_EV))
        .collect();
    let unit = EPSILON_EV / SIGMA_ANG.powi(3);
    let pressure: Vec<f64> = column(&rows, PRESSURE).iter().map(|p| p / unit).collect();
    let [u, _, du, _] = moments(&energy, 8);
    let [p, _, dp, _] = moments(&pressure, 8);
    eprintln!("U*/N = {u:.4} ± {du:.4}, p* = {p:.4} ± {dp:.4}");
    assert!((u + 5.5121).abs() < 3e-3 && du < 1e-3, "{u} ± {du}");
    assert!((p - 0.0068).abs() < 0.02 && dp < 6e-3, "{p} ± {dp}");
}

/// Tosi and Fumi's sodium chloride (J. Phys. Chem. Solids 25, 31 and 45, 1964), eV and Å.
fn sodium_chloride(cutoff_ang: f64) -> Sum {
    let pair = |a_ev, sigma_ang, c_ev_ang6, d_ev_ang8| BornMayerHugginsPair {
        a_ev,
        sigma_ang,
        rho_ang: 0.317,
        c_ev_ang6,
        d_ev_ang8,
    };
    let (na, cl) = (element("Na"), element("Cl"));
    let repulsion = BornMayerHuggins {
        pairs: ByPair::new()
            .with(na, na, pair(0.26370, 2.340, 1.048553, 0.49935))
            .with(na, cl, pair(0.21096, 2.755, 6.9905, 8.6758))
            .with(cl, cl, pair(0.15822, 3.170, 72.4022, 145.4285)),
        cutoff_ang,
        truncation: Truncation::Cut,
        guard: true,
    };
    let charges = Charges::new([(na, 1.0), (cl, -1.0)]);
    Sum::new(vec![
        Box::new(repulsion),
        Box::new(Ewald::new(charges, cutoff_ang, 1e-5)),
    ])
}

/// Molten NaCl at 1200 K and 1.4877 g/cm³, 216 ions: ⟨U⟩ = −3.699 eV an ion, ⟨P⟩ = 1.45 kbar, D = 0.916 ± 0.023 (Na) and
/// 0.841 ± 0.036 (Cl) Å²/ps from 2 to 10 ps, peaks of g(r) at 2.59, 4.12 and 4.04 Å, by a run of another program (LAMMPS,
/// 100 ps).
#[test]
#[ignore = "four minutes"]
fn long_molten_sodium_chloride_is_that_of_another_program() {
    let n = 216;
    let mass = 108.0 * (element("Na").mass_u() + element("Cl").mass_u());
    let edge = (mass * crate::base::constants::ATOMIC_MASS_KG * 1e27 / 1.4877).cbrt();
    let (mut elements, mut positions_ang) = (Vec::new(), Vec::new());
    for x in 0..6usize {
        for y in 0..6 {
            for z in 0..6 {
                elements.push(element(if (x + y + z) % 2 == 0 { "Na" } else { "Cl" }));
                positions_ang.push([x, y, z].map(|i| i as f64 * edge / 6.0));
            }
        }
    }
    let start = Structure {
        cell: Cell::orthorhombic([edge; 3]).unwrap(),
        elements,
        positions_ang,
    };
    let production = Segment::Dynamics(Dynamics {
        ensemble: nvt(Thermostat::NoseHoover, 1200.0, 500.0),
        duration_fs: 160_000.0,
        until: None,
        sample_fs: Some(100.0),
        observe_fs: None,
    });
    let protocol = Protocol {
        timestep_fs: 2.0,
        log_fs: 20.0,
        skin_ang: 0.8,
        drift_bound: 0.01,
        segments: vec![
            dynamics(nvt(Thermostat::Rescaling, 3000.0, 100.0), 10_000.0),
            dynamics(nvt(Thermostat::Rescaling, 1200.0, 200.0), 15_000.0),
            production,
        ],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let summary = run(
        &start,
        &sodium_chloride(8.5),
        &protocol,
        [1; 32],
        directory.path(),
        &Quiet,
    )
    .unwrap();
    let rows: Vec<Vec<f64>> = read_log(directory.path())
        .into_iter()
        .filter(|row| row[0] == 2.0)
        .collect();
    let [u, _, du, _] = moments(&column(&rows, POTENTIAL), 8).map(|x| x / n as f64);
    // 1 kbar is 100 MPa.
    let kbar = 1e8 / crate::base::constants::ELEMENTARY_CHARGE_C * 1e-30;
    let [p, _, dp, _] = moments(&column(&rows, PRESSURE), 8).map(|x| x / kbar);
    eprintln!(
        "U = {u:.4} ± {du:.4} eV, P = {p:.2} ± {dp:.2} kbar, drift {:.1e}",
        summary.segments[2].drift
    );

    let mut trajectory = Trajectory::open(&summary.trajectory).unwrap();
    let frames: Vec<_> = trajectory.frames().map(Result::unwrap).collect();
    let paths: Vec<Vec<[f64; 3]>> = frames
        .iter()
        .map(super::super::Frame::unwrapped_ang)
        .collect();
    let displacement = |symbol: &str, lag: usize| {
        let (mut sum, mut count) = (0.0, 0.0);
        for origin in (0..paths.len() - lag).step_by(2) {
            for atom in (0..n).filter(|&atom| start.elements[atom] == element(symbol)) {
                let (a, b) = (paths[origin][atom], paths[origin + lag][atom]);
                sum += (0..3).map(|k| (b[k] - a[k]).powi(2)).sum::<f64>();
                count += 1.0;
            }
        }
        sum / count
    };
    // 2 to 10 ps.
    let diffusion = |symbol| (displacement(symbol, 100) - displacement(symbol, 20)) / (6.0 * 8.0);
    let [sodium, chlorine] = ["Na", "Cl"].map(diffusion);
    eprintln!("D = {sodium:.3} (Na), {chlorine:.3} (Cl) Å²/ps");

    let mut counts: BTreeMap<(Element, Element), Vec<f64>> = BTreeMap::new();
    const BINS: usize = 70;
    for frame in frames.iter().step_by(4) {
        for i in 0..n {
            for j in 0..i {
                let d: f64 = (0..3)
                    .map(|k| {
                        let x = frame.images_ang[j][k] - frame.images_ang[i][k];
                        (x - (x / edge).round() * edge).powi(2)
                    })
                    .sum();
                let bin = (d.sqrt() * 10.0) as usize;
                if bin < BINS {
                    let (a, b) = (start.elements[i], start.elements[j]);
                    counts
                        .entry((a.min(b), a.max(b)))
                        .or_insert_with(|| vec![0.0; BINS])[bin] += 1.0;
                }
            }
        }
    }
    let peak = |a: &str, b: &str| {
        let (a, b) = (element(a), element(b));
        let counts = &counts[&(a.min(b), a.max(b))];
        let density = |bin: usize| counts[bin] / ((bin as f64 + 0.5) / 10.0).powi(2);
        let top = (1..BINS - 1)
            .max_by(|x, y| density(*x).total_cmp(&density(*y)))
            .unwrap();
        // The vertex of the parabola through three bins.
        let (l, m, r) = (density(top - 1), density(top), density(top + 1));
        (top as f64 + 0.5 + 0.5 * (l - r) / (l - 2.0 * m + r)) / 10.0
    };
    let peaks = [peak("Na", "Cl"), peak("Na", "Na"), peak("Cl", "Cl")];
    eprintln!("peaks at {peaks:.2?} Å");
    assert!((u + 3.699).abs() < 4e-3 && du < 2e-3, "{u} ± {du}");
    assert!((p - 1.45).abs() < 0.6, "{p} ± {dp}");
    assert!((sodium - 0.916).abs() < 0.08, "{sodium}");
    assert!((chlorine - 0.841).abs() < 0.10, "{chlorine}");
    for (found, published) in peaks.into_iter().zip([2.59, 4.12, 4.04]) {
        assert!((found - published).abs() < 0.08, "{found}, not {published}");
    }
}

/// Liquid Lennard-Jones at ρ* = 0.8442 and T* ≈ 0.70, cut at 3.5 σ, 500 atoms at constant energy: D* = 0.0303 ± 0.0010 and
/// η* = 3.4 ± 0.35 by another program (LAMMPS, 1,200 τ), between 3.2 and 3.5 in the literature (K. Meier, A. Laesecke,
/// S. Kabelac, J. Chem. Phys. 121, 3671 and 9526, 2004). Viscosity by Green and Kubo: η = V/kT ∫ ⟨P_xy(t) P_xy(0)⟩ dt over
/// the three shear components.
#[test]
#[ignore = "ten minutes"]
fn long_lennard_jones_liquid_has_the_published_diffusion_and_viscosity() {
    let n = 500.0f64;
    let edge = (n / 0.8442).cbrt() * SIGMA_ANG;
    let mut start = crystal(5, edge / 5.0);
    start.cell = Cell::orthorhombic([edge; 3]).unwrap();
    let temperature = 0.698 * EPSILON_EV / BOLTZMANN_EV_PER_K;
    let liquid = LennardJones::new(EPSILON_EV, SIGMA_ANG, 3.5 * SIGMA_ANG);
    // σ √(m/ε)
    let tau_fs = SIGMA_ANG * (argon().mass_u() * 103.642_696 / EPSILON_EV).sqrt();
    let protocol = Protocol {
        timestep_fs: 0.004 * tau_fs,
        log_fs: 0.02 * tau_fs,
        skin_ang: 1.0,
        drift_bound: 1.0,
        segments: vec![
            dynamics(
                nvt(Thermostat::Rescaling, 4.0 * temperature, 200.0),
                20.0 * tau_fs,
            ),
            dynamics(
                nvt(Thermostat::Rescaling, temperature, 500.0),
                200.0 * tau_fs,
            ),
            Segment::Dynamics(Dynamics {
                ensemble: Ensemble::Nve {
                    temperature_k: None,
                },
                duration_fs: 5000.0 * tau_fs,
                until: None,
                sample_fs: Some(0.5 * tau_fs),
                observe_fs: None,
            }),
        ],
        ..Protocol::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let summary = run(&start, &liquid, &protocol, [5; 32], folder.path(), &Quiet).unwrap();
    let text = std::fs::read_to_string(&summary.log).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        cells
    });
    let rows: Vec<Vec<f64>> = rows.filter(|row| row[0] == 2.0).collect();
    let volume = edge.powi(3);
    let kt = BOLTZMANN_EV_PER_K * column(&rows, 3).iter().sum::<f64>() / rows.len() as f64;
    // Up to 5 τ, in blocks for the error.
    let lags = 250;
    let blocks = 10;
    let eta = |rows: &[Vec<f64>]| {
        let mut integral = 0.0;
        for component in 13..16 {
            let p = column(rows, component);
            let at = |lag: usize| {
                let pairs = p.iter().zip(&p[lag..]);
                pairs.map(|(a, b)| a * b).sum::<f64>() / (p.len() - lag) as f64
            };
            let inner: f64 = (1..lags).map(at).sum();
            integral += (inner + 0.5 * (at(0) + at(lags))) / 3.0;
        }
        integral * 0.02 * tau_fs * volume / kt
    };
    // η* = η σ² / √(m ε); in eV fs/Å³ a unit is ε τ/σ³.
    let unit = EPSILON_EV * tau_fs / SIGMA_ANG.powi(3);
    let each: Vec<f64> = rows
        .chunks_exact(rows.len() / blocks)
        .map(|rows| eta(rows) / unit)
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    let squares: f64 = each.iter().map(|x| (x - mean).powi(2)).sum();
    let error = (squares / (each.len() * (each.len() - 1)) as f64).sqrt();
    let mut trajectory = Trajectory::open(&summary.trajectory)
        .unwrap()
        .into_production()
        .unwrap();
    let species = crate::physics::analysis::Species::new(&start.elements);
    let mut displacements = crate::physics::analysis::Displacements::new(species);
    let mut frame = crate::physics::io::trajectory::Snapshot::default();
    while crate::physics::io::trajectory::Frames::read(&mut trajectory, &mut frame).unwrap() {
        displacements.add(frame.time_fs.unwrap(), &frame.unwrapped_ang);
    }
    let (interval, curves) = displacements.mean_squared().unwrap();
    // From 5 τ to 20 τ.
    let slope = (curves[0][40] - curves[0][10]) / (30.0 * interval);
    let d = slope / 6.0 * tau_fs / SIGMA_ANG.powi(2);
    let t = kt / EPSILON_EV;
    eprintln!("T* = {t:.4}, D* = {d:.4}, η* = {mean:.3} ± {error:.3}");
    assert!((t - 0.70).abs() < 0.02, "{t}");
    // 5 %, and 2.2 % for each hundredth of T* (D* is close to linear in T* here).
    assert!(
        (d - 0.0303 * (1.0 + 2.2 * (t - 0.698))).abs() < 0.05 * 0.0303,
        "{d}"
    );
    assert!(
        (mean - 3.35).abs() < 0.335 && error < 0.15,
        "{mean} ± {error}"
    );
}
