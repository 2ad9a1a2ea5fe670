//! What the engine of molecular dynamics costs beside forces and neighbour lists.
//!
//! `cargo bench --bench md`. 4,000 atoms of Lennard-Jones at ρ* = 0.8442, cut at 2.5 σ, on one thread, a row of the log
//! and a frame every 100 steps. The engine alone is a run without forces, less what its empty evaluations cost; its
//! share is of the run with forces. Times are the least of several alternating repeats. The bar is 5 %.

use std::time::Instant;

use synth::base::Element;
use synth::base::constants::BOLTZMANN_EV_PER_K;
use synth::physics::host::Quiet;
use synth::physics::md::{
    Barostat, Dynamics, Ensemble, Freedom, Protocol, Ramp, Segment, Thermostat, run,
};
use synth::physics::potential::{
    Bound, Calculator, Evaluation, LennardJones, Potential, PotentialError, Want,
};
use synth::physics::structure::{Cell, Neighbours, Structure};

const REPEATS: usize = 5;
const BAR: f64 = 0.05;
const EPSILON_EV: f64 = 0.0103;
const SIGMA_ANG: f64 = 3.4;
const TEMPERATURE_K: f64 = 0.72 * EPSILON_EV / BOLTZMANN_EV_PER_K;

/// No forces at all.
struct Nothing;

impl Potential for Nothing {
    fn cutoff_ang(&self) -> f64 {
        0.0
    }
    fn bind(&self, _: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(Nothing))
    }
}

impl Bound for Nothing {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        Ok(())
    }
}

fn crystal() -> Structure {
    let edge = (4.0f64 / 0.8442).cbrt() * SIGMA_ANG;
    let mut positions_ang = Vec::new();
    for corner in 0..1000 {
        let corner = [corner / 100, corner / 10 % 10, corner % 10];
        for site in [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.0],
            [0.5, 0.0, 0.5],
            [0.0, 0.5, 0.5],
        ] {
            positions_ang.push(std::array::from_fn(|k| {
                edge * (f64::from(corner[k]) + site[k])
            }));
        }
    }
    Structure {
        cell: Cell::orthorhombic([10.0 * edge; 3]).unwrap(),
        elements: vec![Element::from_symbol("Ar").unwrap(); positions_ang.len()],
        positions_ang,
    }
}

/// µs a step of a run.
fn time_us(potential: &dyn Potential, ensemble: Ensemble, steps: u32) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let protocol = Protocol {
        timestep_fs: 5.0,
        log_fs: 500.0,
        drift_bound: 1e9,
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble,
            duration_fs: 5.0 * f64::from(steps),
            until: None,
            sample_fs: Some(500.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let start = crystal();
    let clock = Instant::now();
    run(
        &start,
        potential,
        &protocol,
        [1; 32],
        directory.path(),
        &Quiet,
    )
    .unwrap();
    clock.elapsed().as_secs_f64() * 1e6 / f64::from(steps)
}

/// µs of an evaluation of nothing.
fn empty_us() -> f64 {
    let start = crystal();
    let mut calculator = Calculator::new(&Nothing, &start.elements, 1.0).unwrap();
    let clock = Instant::now();
    for _ in 0..2000 {
        calculator
            .evaluate(&start.cell, &start.positions_ang, Want::default())
            .unwrap();
    }
    clock.elapsed().as_secs_f64() * 1e6 / 2000.0
}

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .unwrap();
    let lennard_jones = LennardJones::new(EPSILON_EV, SIGMA_ANG, 2.5 * SIGMA_ANG);
    let nvt = |temperature_k: f64, thermostat| Ensemble::Nvt {
        temperature_k: Ramp::constant(temperature_k),
        thermostat,
        time_fs: 500.0,
    };
    // What atoms without forces do: next to nothing, or the lists would follow them.
    let still = 1e-6;
    let npt = |temperature_k: f64, barostat| Ensemble::Npt {
        temperature_k: Ramp::constant(temperature_k),
        thermostat_time_fs: 500.0,
        pressure_ev_per_ang3: Ramp::constant(if temperature_k == still { 0.0 } else { 1e-4 }),
        barostat,
        barostat_time_fs: 5000.0,
    };
    let nve = |temperature_k| Ensemble::Nve {
        temperature_k: Some(temperature_k),
    };
    type Make<'a> = Box<dyn Fn(f64) -> Ensemble + 'a>;
    let cases: [(&str, Make); 6] = [
        ("nve", Box::new(nve)),
        (
            "nvt Nosé-Hoover",
            Box::new(|t| nvt(t, Thermostat::NoseHoover)),
        ),
        ("nvt rescaling", Box::new(|t| nvt(t, Thermostat::Rescaling))),
        ("nvt Langevin", Box::new(|t| nvt(t, Thermostat::Langevin))),
        (
            "npt MTK full",
            Box::new(|t| npt(t, Barostat::Mtk(Freedom::Full))),
        ),
        (
            "npt rescaling",
            Box::new(|t| {
                npt(
                    t,
                    Barostat::Rescaling {
                        compressibility_ang3_per_ev: if t == still { 1e-12 } else { 50.0 },
                    },
                )
            }),
        ),
    ];
    println!("4,000 atoms, µs a step       with forces   engine alone   share   bar {BAR}");
    for (name, ensemble) in cases {
        let (mut whole, mut alone, mut empty) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        for _ in 0..REPEATS {
            whole = whole.min(time_us(&lennard_jones, ensemble(TEMPERATURE_K), 300));
            alone = alone.min(time_us(&Nothing, ensemble(still), 1000));
            empty = empty.min(empty_us());
        }
        let engine = alone - empty;
        let share = engine / whole;
        let verdict = if share <= BAR { "" } else { "   above" };
        println!("{name:<26} {whole:>13.0} {engine:>14.1} {share:>7.3}{verdict}");
    }
}
