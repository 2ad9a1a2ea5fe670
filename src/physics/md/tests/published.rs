//! Long runs against published values.

use std::collections::BTreeMap;

use super::*;
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::analysis::{Blocking, Displacements, Mean, Species};
use crate::physics::io::trajectory::{Frames, Snapshot};
use crate::physics::md::Trajectory;
use crate::physics::potential::coulomb::{Charges, Ewald};
use crate::physics::potential::{BornMayerHuggins, BornMayerHugginsPair, ByPair, Sum, Truncation};

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

/// Pairs of atoms in a cube that are nearer to one another than `within_ang`.
fn pairs_within(images_ang: &[[f64; 3]], edge_ang: f64, within_ang: f64) -> usize {
    let fractional = |x: &f64| (x / edge_ang).rem_euclid(1.0);
    let [x, y, z] = std::array::from_fn(|k| {
        let column = images_ang.iter().map(|r| fractional(&r[k]));
        column.collect::<Vec<f64>>()
    });
    let most = (within_ang / edge_ang).powi(2);
    let apart = |a: f64, b: f64| {
        let d = (a - b).abs();
        d.min(1.0 - d).powi(2)
    };
    (0..images_ang.len())
        .map(|i| {
            let near =
                |j: &usize| apart(x[i], x[*j]) + apart(y[i], y[*j]) + apart(z[i], z[*j]) < most;
            (0..i).filter(near).count()
        })
        .sum()
}

/// The mean of `values` under weights, with its error.
fn weighted(values: &[f64], weights: &[f64]) -> Mean {
    let sum: f64 = weights.iter().sum();
    let both = || values.iter().zip(weights);
    let value = both().map(|(x, w)| x * w).sum::<f64>() / sum;
    let mut blocking = Blocking::default();
    for (x, w) in both() {
        blocking.add((x - value) * w * weights.len() as f64 / sum);
    }
    Mean {
        value,
        ..blocking.mean()
    }
}

/// Reduced potential energy an atom and pressure of a Lennard-Jones liquid of 500 atoms, cut at 3 σ with its tail.
fn lennard_jones_liquid(density: f64, reduced_temperature: f64) -> [Mean; 2] {
    let n = 500.0f64;
    let edge = (n / density).cbrt() * SIGMA_ANG;
    let temperature = reduced_temperature * EPSILON_EV / BOLTZMANN_EV_PER_K;
    let cutoff = 3.0 * SIGMA_ANG;
    let liquid = LennardJones::new(EPSILON_EV, SIGMA_ANG, cutoff).with_tail();
    let protocol = Protocol {
        // 0.005 σ √(m/ε): the positions that Langevin's scheme samples have next to no error of second order.
        timestep_fs: 10.8,
        log_fs: 172.8,
        skin_ang: 1.5,
        // The energy of a cut potential jumps.
        drift_bound: 1.0,
        segments: vec![
            dynamics(
                nvt(Thermostat::Rescaling, 4.0 * temperature, 200.0),
                20_000.0,
            ),
            dynamics(nvt(Thermostat::Rescaling, temperature, 500.0), 100_000.0),
            Segment::Dynamics(Dynamics {
                ensemble: nvt(Thermostat::Langevin, temperature, 500.0),
                duration_fs: 2_300_000.0,
                until: None,
                sample_fs: Some(172.8),
                observe_fs: None,
            }),
        ],
        ..Protocol::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let start = crystal(5, edge / 5.0);
    let summary = run(&start, &liquid, &protocol, [1; 32], folder.path(), &Quiet).unwrap();
    let rows: Vec<Vec<f64>> = read_log(folder.path())
        .into_iter()
        .filter(|row| row[0] == 2.0)
        .collect();
    // Forces do not know of the step at the cutoff: dynamics sample the shifted potential. Monte Carlo samples the cut one,
    // which weighs a configuration by exp(−u(r_c)/kT) for each pair within the cutoff.
    let step = 4.0 * (3f64.powi(-12) - 3f64.powi(-6)) / reduced_temperature;
    let mut trajectory = Trajectory::open(&summary.trajectory).unwrap();
    let pairs: Vec<f64> = trajectory
        .frames()
        .map(|frame| pairs_within(&frame.unwrap().images_ang, edge, cutoff) as f64)
        .collect();
    assert_eq!(pairs.len(), rows.len());
    let usual = Mean::of(&pairs).value;
    let weights: Vec<f64> = pairs
        .iter()
        .map(|pairs| (-step * (pairs - usual)).exp())
        .collect();
    let mean = |value: &dyn Fn(&[f64]) -> f64| {
        let values: Vec<f64> = rows.iter().map(|row| value(row)).collect();
        weighted(&values, &weights)
    };
    // Monte Carlo has the kinetic part without its fluctuations, and without a centre of mass that rests.
    let unit = EPSILON_EV / SIGMA_ANG.powi(3);
    let virial = |row: &[f64]| row[PRESSURE] - 2.0 * row[KINETIC] / (3.0 * row[VOLUME]);
    [
        mean(&|row| row[POTENTIAL] / (n * EPSILON_EV)),
        mean(&|row| density * reduced_temperature + virial(row) / unit),
    ]
}

/// Along an isotherm and at two points of another, by Monte Carlo of 500 atoms cut at 3 σ with the tail (NIST Standard
/// Reference Simulation).
#[test]
#[ignore = "six minutes"]
fn long_lennard_jones_liquids_have_the_published_energies_and_pressures() {
    for (temperature, density, energy, pressure) in [
        (0.85, 0.776, -5.5121, 0.0068),
        (0.85, 0.780, -5.5386, 0.0479),
        (0.85, 0.820, -5.7947, 0.5536),
        (0.85, 0.860, -6.0305, 1.2660),
        (0.85, 0.900, -6.2391, 2.2314),
        (0.90, 0.776, -5.4689, 0.2406),
        (0.90, 0.860, -5.9753, 1.5781),
    ] {
        let [u, p] = lennard_jones_liquid(density, temperature);
        let (du, dp) = (u.error.unwrap(), p.error.unwrap());
        let (u, p) = (u.value, p.value);
        eprintln!(
            "T* = {temperature}, ρ* = {density}: U*/N = {u:.4} ± {du:.4}, p* = {p:.4} ± {dp:.4}"
        );
        assert!((u - energy).abs() < 3e-3 && du < 1.2e-3, "{u} ± {du}");
        assert!((p - pressure).abs() < 0.02 && dp < 7e-3, "{p} ± {dp}");
    }
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

/// σ √(m/ε), the unit of time.
fn tau_fs() -> f64 {
    SIGMA_ANG * (argon().mass_u() * 103.642_696 / EPSILON_EV).sqrt()
}

/// Of a production with a frame each half τ: the slope of the mean squared displacement from 5 τ to 20 τ.
fn reduced_diffusion(summary: &Summary) -> f64 {
    let mut trajectory = Trajectory::open(&summary.trajectory)
        .unwrap()
        .into_production()
        .unwrap();
    let mut displacements = Displacements::new(Species::new(&summary.structure.elements));
    let mut frame = Snapshot::default();
    while trajectory.read(&mut frame).unwrap() {
        displacements.add(frame.time_fs.unwrap(), &frame.unwrapped_ang);
    }
    let (interval, curves) = displacements.mean_squared().unwrap();
    let slope = (curves[0][40] - curves[0][10]) / (30.0 * interval);
    slope / 6.0 * tau_fs() / SIGMA_ANG.powi(2)
}

/// A liquid that comes to rest at a temperature for so many τ, and then goes on at constant energy for so many.
fn liquid_protocol(
    temperature_k: f64,
    log_tau: f64,
    [rest_tau, sampled_tau]: [f64; 2],
) -> Protocol {
    let tau_fs = tau_fs();
    let at = |temperature_k: f64, memory_fs: f64, tau: f64| {
        let thermostat = nvt(Thermostat::Rescaling, temperature_k, memory_fs);
        dynamics(thermostat, tau * tau_fs)
    };
    Protocol {
        timestep_fs: 0.004 * tau_fs,
        log_fs: log_tau * tau_fs,
        skin_ang: 1.0,
        // The energy of a cut potential jumps.
        drift_bound: 1.0,
        segments: vec![
            at(4.0 * temperature_k, 200.0, 20.0),
            at(temperature_k, 500.0, rest_tau),
            Segment::Dynamics(Dynamics {
                ensemble: Ensemble::Nve {
                    temperature_k: None,
                },
                duration_fs: sampled_tau * tau_fs,
                until: None,
                sample_fs: Some(0.5 * tau_fs),
                observe_fs: None,
            }),
        ],
        ..Protocol::default()
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
    let tau_fs = tau_fs();
    let protocol = liquid_protocol(temperature, 0.02, [200.0, 5000.0]);
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
    let d = reduced_diffusion(&summary);
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

/// Liquid argon of A. Rahman (Phys. Rev. 136, A405, 1964): 864 atoms at ρ* = 0.8141, cut at 2.25 σ, constant energy. He has
/// D* = 0.0452 at T* = 0.787; another program (LAMMPS, 240 τ) has D* = 0.0466 ± 0.0012 at a mean T* of 0.777.
#[test]
#[ignore = "three minutes"]
fn long_liquid_argon_has_the_published_diffusion() {
    let edge = (864.0f64 / 0.8141).cbrt() * SIGMA_ANG;
    let temperature = 0.777 * EPSILON_EV / BOLTZMANN_EV_PER_K;
    let liquid = LennardJones::new(EPSILON_EV, SIGMA_ANG, 2.25 * SIGMA_ANG);
    let protocol = liquid_protocol(temperature, 0.1, [100.0, 2000.0]);
    let folder = tempfile::tempdir().unwrap();
    let start = crystal(6, edge / 6.0);
    let summary = run(&start, &liquid, &protocol, [1; 32], folder.path(), &Quiet).unwrap();
    let rows: Vec<Vec<f64>> = read_log(folder.path())
        .into_iter()
        .filter(|row| row[0] == 2.0)
        .collect();
    let kt = BOLTZMANN_EV_PER_K * Mean::of(&column(&rows, TEMPERATURE)).value;
    let t = kt / EPSILON_EV;
    let d = reduced_diffusion(&summary);
    eprintln!("T* = {t:.4}, D* = {d:.4}");
    assert!((t - 0.777).abs() < 0.02, "{t}");
    // With temperature as in the test above: 2.2 % for each hundredth of T*.
    let expected = 0.0466 * (1.0 + 2.2 * (t - 0.777));
    assert!(
        (d - expected).abs() < 0.05 * 0.0466 + 0.0012,
        "{d}, not {expected}"
    );
}
