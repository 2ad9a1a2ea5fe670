//! What each ensemble samples, against what statistical mechanics says.

use super::*;
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::md::{Barostat, Freedom};

/// Where [`Soft`] is a fluid: a deterministic thermostat needs one that forgets.
const T: f64 = 2000.0;
const KT: f64 = BOLTZMANN_EV_PER_K * T;
/// Where it fills about 40 Å³ an atom.
const SOFT_PRESSURE: f64 = 0.04;

fn npt(temperature_k: f64, pressure: f64, barostat: Barostat) -> Ensemble {
    Ensemble::Npt {
        temperature_k: Ramp::constant(temperature_k),
        thermostat_time_fs: 200.0,
        pressure_ev_per_ang3: Ramp::constant(pressure),
        barostat,
        barostat_time_fs: 500.0,
    }
}

const SCR: Barostat = Barostat::Rescaling {
    compressibility_ang3_per_ev: 7.0,
};

fn barostats() -> [Barostat; 4] {
    [
        Barostat::Mtk(Freedom::Isotropic),
        Barostat::Mtk(Freedom::Anisotropic),
        Barostat::Mtk(Freedom::Full),
        SCR,
    ]
}

fn thermostats() -> [Thermostat; 3] {
    [
        Thermostat::NoseHoover,
        Thermostat::Rescaling,
        Thermostat::Langevin,
    ]
}

/// That mean and variance are the ones given, within five standard errors that are small enough to say something.
fn agrees(what: &str, values: &[f64], mean: f64, variance: f64, fine: f64) {
    let [m, v, dm, dv] = moments(values, 20);
    assert!(
        dm / mean.abs() < fine && dv / variance < 10.0 * fine,
        "{what}: too rough, {dm} {dv}"
    );
    // The integrator's own error, of the order (ω dt)²/4, is below half a percent here.
    assert!(
        (m - mean).abs() < 5.0 * dm + 5e-3 * mean.abs(),
        "{what}: mean {m} ± {dm}, not {mean}"
    );
    assert!(
        (v - variance).abs() < 5.0 * dv + 0.02 * variance,
        "{what}: variance {v} ± {dv}, not {variance}"
    );
}

#[test]
fn thermostats_sample_a_harmonic_crystal() {
    let (springs, start) = Springs::lattice(3, 4.0, 0.5);
    // Without noise modes do not exchange energy: that is no fault of the thermostat's.
    for thermostat in [Thermostat::Rescaling, Thermostat::Langevin] {
        let protocol = Protocol {
            timestep_fs: 4.0,
            log_fs: 80.0,
            segments: vec![
                dynamics(nvt(thermostat, T, 150.0), 20_000.0),
                dynamics(nvt(thermostat, T, 150.0), 1_000_000.0),
            ],
            ..Protocol::default()
        };
        let (summary, log) = logged(&start, &springs, &protocol, 2);
        let rows: Vec<Vec<f64>> = log.into_iter().filter(|row| row[0] == 1.0).collect();
        // 3·27 − 3 modes, and as many momenta.
        let mode = 0.5 * 78.0;
        let kinetic: Vec<f64> = column(&rows, KINETIC).iter().map(|k| k / KT).collect();
        let potential: Vec<f64> = column(&rows, POTENTIAL).iter().map(|u| u / KT).collect();
        agrees(
            &format!("{thermostat:?}, kinetic"),
            &kinetic,
            mode,
            mode,
            0.01,
        );
        agrees(
            &format!("{thermostat:?}, potential"),
            &potential,
            mode,
            mode,
            0.01,
        );
        assert!(summary.segments[1].drift.abs() < 1e-4, "{summary:?}");
    }
}

#[test]
fn thermostats_sample_the_kinetic_energy_of_a_fluid() {
    for thermostat in thermostats() {
        let protocol = Protocol {
            timestep_fs: 2.0,
            log_fs: 40.0,
            skin_ang: 1.5,
            segments: vec![
                dynamics(nvt(thermostat, T, 150.0), 10_000.0),
                dynamics(nvt(thermostat, T, 150.0), 240_000.0),
            ],
            ..Protocol::default()
        };
        let (_, log) = logged(&crystal(2, 5.5), &Soft, &protocol, 7);
        let rows: Vec<Vec<f64>> = log.into_iter().filter(|row| row[0] == 1.0).collect();
        let kinetic: Vec<f64> = column(&rows, KINETIC).iter().map(|k| k / KT).collect();
        agrees(&format!("{thermostat:?}"), &kinetic, 46.5, 46.5, 0.01);
    }
}

#[test]
fn barostats_sample_the_kinetic_energy_of_a_crystal() {
    // A fluid would not hold a cell of free shape.
    for barostat in argon_barostats() {
        let ensemble = Ensemble::Npt {
            temperature_k: Ramp::constant(COLD),
            thermostat_time_fs: 50.0,
            pressure_ev_per_ang3: Ramp::constant(PRESSURES[0]),
            barostat,
            barostat_time_fs: 500.0,
        };
        let kinetic = sampled(ensemble, 500_000.0, |row| {
            row[KINETIC] / (BOLTZMANN_EV_PER_K * COLD)
        });
        // A gamma distribution of half the 3·32 − 3 degrees of freedom; those of the cell are not among them.
        agrees(&format!("{barostat:?}"), &kinetic, 46.5, 46.5, 0.005);
    }
}

#[test]
fn barostats_sample_the_volume_of_an_ideal_gas() {
    // p(V) ∝ V^(N−1) exp(−PV/kT): the centre of mass is at rest. Mean N kT/P, variance N (kT/P)².
    let start = crystal(2, 8.0);
    let pressure = 32.0 * KT / start.cell.volume_ang3();
    for barostat in [
        Barostat::Mtk(Freedom::Isotropic),
        Barostat::Rescaling {
            compressibility_ang3_per_ev: 1.0 / pressure,
        },
    ] {
        let ensemble = Ensemble::Npt {
            temperature_k: Ramp::constant(T),
            thermostat_time_fs: 200.0,
            pressure_ev_per_ang3: Ramp::constant(pressure),
            barostat,
            barostat_time_fs: 1000.0,
        };
        let protocol = Protocol {
            timestep_fs: 2.0,
            log_fs: 100.0,
            segments: vec![
                dynamics(ensemble, 20_000.0),
                dynamics(ensemble, 2_000_000.0),
            ],
            ..Protocol::default()
        };
        let (_, log) = logged(&start, &Free, &protocol, 3);
        let rows: Vec<Vec<f64>> = log.into_iter().filter(|row| row[0] == 1.0).collect();
        let volume: Vec<f64> = column(&rows, VOLUME)
            .iter()
            .map(|v| v * pressure / KT)
            .collect();
        agrees(&format!("{barostat:?}"), &volume, 32.0, 32.0, 0.015);
    }
}

/// The slope β of `ln p₂(x)/p₁(x) = a − β x` that makes two samples most likely (Shirts, J. Chem. Theory Comput. 9, 909,
/// 2013, eq. 8), by Newton's method.
fn log_ratio_slope(first: &[f64], second: &[f64]) -> f64 {
    let n = (first.len() + second.len()) as f64;
    let middle = (first.iter().sum::<f64>() + second.iter().sum::<f64>()) / n;
    let spread = (first
        .iter()
        .chain(second)
        .map(|x| (x - middle).powi(2))
        .sum::<f64>()
        / n)
        .sqrt();
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..50 {
        let (mut ga, mut gb, mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (samples, is_second) in [(first, 0.0), (second, 1.0)] {
            for x in samples {
                let x = (x - middle) / spread;
                let p = 1.0 / (1.0 + (-(a - b * x)).exp());
                let w = p * (1.0 - p);
                ga += is_second - p;
                gb -= (is_second - p) * x;
                aa += w;
                ab -= w * x;
                bb += w * x * x;
            }
        }
        let determinant = aa * bb - ab * ab;
        a += (bb * ga - ab * gb) / determinant;
        b += (aa * gb - ab * ga) / determinant;
    }
    b / spread
}

/// Compares the slope with the one that the ensembles must have, with an error from blocks.
fn ratio_agrees(what: &str, first: &[f64], second: &[f64], expected: f64, fine: f64) {
    let blocks = 10;
    let length = first.len() / blocks;
    let slope = log_ratio_slope(first, second);
    let sum: f64 = (0..blocks)
        .map(|k| {
            let block = k * length..(k + 1) * length;
            (log_ratio_slope(&first[block.clone()], &second[block]) - slope).powi(2)
        })
        .sum();
    let error = (sum / (blocks * (blocks - 1)) as f64).sqrt();
    assert!(
        error < fine * expected.abs(),
        "{what}: too rough, {slope} ± {error}, not {expected}"
    );
    assert!(
        (slope - expected).abs() < 4.0 * error,
        "{what}: {slope} ± {error}, not {expected}"
    );
}

/// Of solid argon, which holds its shape: a column of the log once it is in equilibrium.
fn sampled(ensemble: Ensemble, duration_fs: f64, column: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let protocol = Protocol {
        timestep_fs: 5.0,
        log_fs: 100.0,
        skin_ang: 0.7,
        // The energy jumps at the cutoff; forces, and so what is sampled, do not know of it.
        drift_bound: 1e3,
        segments: vec![
            dynamics(ensemble, 20_000.0),
            dynamics(ensemble, duration_fs),
        ],
        ..Protocol::default()
    };
    let (_, log) = logged(&crystal(2, 5.4), &lennard_jones(), &protocol, 4);
    log.iter()
        .filter(|row| row[0] == 1.0)
        .map(|row| column(row))
        .collect()
}

/// Of the fluid.
fn soft_sampled(ensemble: Ensemble, column: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let protocol = Protocol {
        timestep_fs: 2.0,
        log_fs: 60.0,
        skin_ang: 1.5,
        drift_bound: 0.01,
        segments: vec![
            dynamics(ensemble, 20_000.0),
            dynamics(ensemble, 2_000_000.0),
        ],
        ..Protocol::default()
    };
    let (_, log) = logged(&crystal(2, 5.5), &Soft, &protocol, 4);
    log.iter()
        .filter(|row| row[0] == 1.0)
        .map(|row| column(row))
        .collect()
}

const COLD: f64 = 60.0;
/// Two pressures that share most of their volumes.
const PRESSURES: [f64; 2] = [5e-4, 7.5e-4];

fn argon_barostats() -> [Barostat; 4] {
    let mut all = barostats();
    all[3] = Barostat::Rescaling {
        compressibility_ang3_per_ev: 100.0,
    };
    all
}

fn pressures_compare(barostats: &[Barostat], duration_fs: f64, fine: f64) {
    for &barostat in barostats {
        let [first, second] = PRESSURES.map(|pressure| {
            sampled(npt(COLD, pressure, barostat), duration_fs, |row| {
                row[VOLUME]
            })
        });
        let expected = (PRESSURES[1] - PRESSURES[0]) / (BOLTZMANN_EV_PER_K * COLD);
        ratio_agrees(&format!("{barostat:?}"), &first, &second, expected, fine);
    }
}

#[test]
fn volumes_at_two_pressures_have_the_ratio_of_their_boltzmann_factors() {
    pressures_compare(&argon_barostats(), 120_000.0, 0.18);
}

#[test]
#[ignore = "two minutes"]
fn long_volumes_at_two_pressures_have_the_ratio_of_their_boltzmann_factors() {
    // A crystal of 32 atoms slips in nanoseconds if its cell lets it: those that keep the shape.
    let [isotropic, .., rescaling] = argon_barostats();
    pressures_compare(&[isotropic, rescaling], 5_000_000.0, 0.03);
}

#[test]
#[ignore = "two minutes"]
fn long_energies_at_two_temperatures_have_the_ratio_of_their_boltzmann_factors() {
    let temperatures = [T, 1.1 * T];
    let [cold, hot] = temperatures.map(|t| 1.0 / (BOLTZMANN_EV_PER_K * t));
    for thermostat in thermostats() {
        let [first, second] =
            temperatures.map(|t| soft_sampled(nvt(thermostat, t, 200.0), |row| row[POTENTIAL]));
        ratio_agrees(&format!("{thermostat:?}"), &first, &second, hot - cold, 0.1);
    }
    for barostat in [barostats()[0], SCR] {
        let [first, second] = temperatures.map(|t| {
            soft_sampled(npt(t, SOFT_PRESSURE, barostat), |row| {
                row[POTENTIAL] + row[KINETIC] + SOFT_PRESSURE * row[VOLUME]
            })
        });
        ratio_agrees(
            &format!("{barostat:?}, enthalpy"),
            &first,
            &second,
            hot - cold,
            0.1,
        );
    }
}

#[test]
fn conserved_quantities_are_conserved_to_the_square_of_the_timestep() {
    let ensembles = [nvt(Thermostat::NoseHoover, T, 100.0)].into_iter().chain(
        [Freedom::Isotropic, Freedom::Anisotropic, Freedom::Full]
            .map(|freedom| npt(T, SOFT_PRESSURE, Barostat::Mtk(freedom))),
    );
    for ensemble in ensembles {
        let fluctuation = |timestep_fs: f64| {
            let protocol = Protocol {
                timestep_fs,
                log_fs: timestep_fs,
                segments: vec![dynamics(ensemble, 1000.0)],
                ..Protocol::default()
            };
            let (_, log) = logged(&crystal(2, 5.5), &Soft, &protocol, 5);
            moments(&column(&log, CONSERVED), 2)[1].sqrt()
        };
        let ratio = fluctuation(2.0) / fluctuation(1.0);
        assert!((ratio - 4.0).abs() < 0.5, "{ensemble:?}: {ratio}");
    }
}

#[test]
fn what_noise_gives_and_takes_is_accounted_for() {
    let ensembles = [
        nvt(Thermostat::Rescaling, T, 100.0),
        nvt(Thermostat::Langevin, T, 100.0),
        npt(T, SOFT_PRESSURE, SCR),
        // While it is heated, too.
        Ensemble::Npt {
            temperature_k: Ramp {
                start: 1000.0,
                end: 3000.0,
            },
            thermostat_time_fs: 200.0,
            pressure_ev_per_ang3: Ramp {
                start: SOFT_PRESSURE,
                end: 1.1 * SOFT_PRESSURE,
            },
            barostat: SCR,
            barostat_time_fs: 500.0,
        },
        Ensemble::Npt {
            temperature_k: Ramp {
                start: 1000.0,
                end: 3000.0,
            },
            thermostat_time_fs: 200.0,
            pressure_ev_per_ang3: Ramp {
                start: SOFT_PRESSURE,
                end: 1.1 * SOFT_PRESSURE,
            },
            barostat: Barostat::Mtk(Freedom::Isotropic),
            barostat_time_fs: 500.0,
        },
    ];
    for ensemble in ensembles {
        let protocol = Protocol {
            timestep_fs: 1.0,
            log_fs: 1.0,
            segments: vec![dynamics(ensemble, 10_000.0)],
            ..Protocol::default()
        };
        let (summary, log) = logged(&crystal(2, 5.5), &Soft, &protocol, 6);
        let conserved = column(&log, CONSERVED);
        let kinetic = moments(&column(&log, KINETIC), 2)[1].sqrt();
        let range = conserved.iter().fold(f64::MIN, |a, b| a.max(*b))
            - conserved.iter().fold(f64::MAX, |a, b| a.min(*b));
        assert!(
            summary.segments[0].drift.abs() < 3e-4,
            "{ensemble:?}: {}",
            summary.segments[0].drift
        );
        assert!(range < 0.1 * kinetic, "{ensemble:?}: {range} of {kinetic}");
    }
}

#[test]
fn a_ramp_ends_at_its_temperature() {
    let ramp = Ensemble::Nvt {
        temperature_k: Ramp {
            start: 50.0,
            end: 500.0,
        },
        thermostat: Thermostat::Rescaling,
        time_fs: 20.0,
    };
    let protocol = Protocol {
        log_fs: 5.0,
        timestep_fs: 5.0,
        segments: vec![dynamics(ramp, 20_000.0)],
        ..Protocol::default()
    };
    let (_, log) = logged(&crystal(3, 5.5), &Soft, &protocol, 1);
    // Without the slope of the ramp what is left is noise. The thermostat is 20 fs behind, in which the ramp rises by
    // 0.45 K, and heats the potential energy as well as the kinetic.
    let lag_k = 0.9;
    let off: Vec<f64> = log
        .iter()
        .map(|row| row[TEMPERATURE] - (50.0 + 450.0 * row[STEP] / 4000.0) + lag_k)
        .collect();
    // In the first two picoseconds the crystal gives off energy, for it is not the best one of these atoms.
    for (from, to) in [(400, 1600), (1600, 2800), (2800, 4000)] {
        let [mean, _, error, _] = moments(&off[from..to], 10);
        let middle = 50.0 + 450.0 * f64::from((from + to) as u32) / 8000.0;
        println!("{middle} K: off by {mean:.2} ± {error:.2}");
        assert!(
            mean.abs() < 5.0 * error && error < 0.02 * middle,
            "{mean} ± {error} off {middle} K"
        );
    }
}
