//! Against a published analysis of molten NaCl (data/onsager), where `SYNTH_REFERENCE_DATA` says it is.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::base::Element;
use crate::base::constants::{BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C};
use crate::physics::analysis::Run;
use crate::physics::host::Quiet;
use crate::physics::io::trajectory::{
    Frames, InMemory, ReadOptions, Snapshot, Unwrapper, open_trajectory,
};
use crate::physics::transport::analysis::System;
use crate::physics::transport::motion::Motion;
use crate::physics::transport::{
    Fit, ReferenceFrame, TransportAnalysis, TransportTensor, VelocitySeries, einstein,
};

/// Of 1 e²/(eV Å fs).
const SIEMENS_PER_M: f64 = ELEMENTARY_CHARGE_C * 1e25;

fn folder() -> Option<PathBuf> {
    let Some(root) = std::env::var_os("SYNTH_REFERENCE_DATA") else {
        eprintln!("skipped: no reference data");
        return None;
    };
    Some(PathBuf::from(root).join("onsager"))
}

fn json(name: &str) -> Value {
    let path = folder().expect("data").join(name);
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

fn frames() -> Vec<Snapshot> {
    let options = ReadOptions {
        types: ["Na", "Cl"]
            .map(|one| Element::from_symbol(one).expect("an element"))
            .to_vec(),
        step_fs: Some(1.0),
        ..ReadOptions::default()
    };
    let path = folder().expect("data").join("nacl216.lammpstrj.gz");
    let (frames, error) = open_trajectory(&path, options).expect("a file").read_all();
    assert_eq!(error, None);
    assert_eq!(frames.len(), 1001);
    frames
}

/// With the masses of the published analysis.
fn settings() -> TransportAnalysis {
    TransportAnalysis {
        masses_u: vec![("Na".into(), 22.98977), ("Cl".into(), 35.453)],
        charges_e: vec![("Na".into(), 1.0), ("Cl".into(), -1.0)],
        window_fs: Some((2000.0, 10_000.0)),
        fit: Fit::Unweighted,
        ..TransportAnalysis::new(1200.0)
    }
}

fn tensor(settings: &TransportAnalysis, frames: &[Snapshot]) -> TransportTensor {
    let run = Run {
        frames: frames.len(),
        unfollowed: None,
        open: Box::new(|| Ok(Box::new(InMemory::new(frames)) as Box<dyn Frames>)),
    };
    settings.of(&[run], &Quiet).expect("a tensor")
}

fn close(value: f64, reference: f64, relative: f64) {
    assert!(
        (value - reference).abs() <= relative * reference.abs(),
        "{value} {reference}"
    );
}

#[test]
fn slopes_and_their_errors_are_the_published_ones() {
    if folder().is_none() {
        return;
    }
    let reference = json("nacl216_ref.json");
    let frames = frames();
    let found = tensor(&settings(), &frames);
    let blocks: Vec<TransportTensor> = (0..5)
        .map(|block| tensor(&settings(), &frames[200 * block..200 * (block + 1)]))
        .collect();
    let sem = |of: &dyn Fn(&TransportTensor) -> f64| {
        let values: Vec<f64> = blocks.iter().map(of).collect();
        let mean = values.iter().sum::<f64>() / 5.0;
        (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20.0).sqrt()
    };
    for (name, i, j) in [("11", 0, 0), ("12", 0, 1), ("22", 1, 1)] {
        close(
            1e3 * found.l[i][j],
            reference["L"][name].as_f64().unwrap(),
            1e-8,
        );
        close(
            1e3 * sem(&|one| one.l[i][j]),
            reference["L_blocks_sem"][name].as_f64().unwrap(),
            1e-7,
        );
    }
    let diffusion =
        |tensor: &TransportTensor, at: usize| 1e3 * tensor.diffusion.as_ref().unwrap()[at].value;
    for (name, at) in [("1", 0), ("2", 1)] {
        close(
            diffusion(&found, at),
            reference["D"][name].as_f64().unwrap(),
            1e-8,
        );
        close(
            sem(&|one| diffusion(one, at)),
            reference["D_blocks_sem"][name].as_f64().unwrap(),
            1e-7,
        );
        let own = found.own.as_ref().unwrap()[at].value;
        close(
            1e3 * own,
            reference["L_self"][format!("{name}{name}_self")]
                .as_f64()
                .unwrap(),
            1e-8,
        );
    }
    let kappa = found.conductivity().expect("charges").times(SIEMENS_PER_M);
    close(kappa.value, reference["kappa_S_m"].as_f64().unwrap(), 1e-8);
    close(
        found.nernst_einstein().expect("charges").value * SIEMENS_PER_M,
        reference["kappa_NE_S_m"].as_f64().unwrap(),
        1e-8,
    );
    close(
        found.haven_ratio().expect("charges").value,
        reference["Haven"].as_f64().unwrap(),
        1e-8,
    );
    let of_blocks =
        |one: &TransportTensor| one.conductivity().expect("charges").value * SIEMENS_PER_M;
    close(
        sem(&of_blocks),
        reference["kappa_blocks_sem"].as_f64().unwrap(),
        1e-7,
    );
    // The frame alone, to the last digits.
    let [first, second] = [22.98977, 35.453];
    let l = &found.l;
    assert!((l[0][0] * first + l[0][1] * second).abs() < 1e-10 * l[0][0] * first);
    assert!((l[0][0] / l[1][1] / (second / first).powi(2) - 1.0).abs() < 1e-10);
    assert!((l[0][0] * l[1][1] / l[0][1].powi(2) - 1.0).abs() < 1e-10);
    let numbers = found.transference().expect("charges");
    for (one, name) in numbers.numbers.iter().zip(["1", "2"]) {
        close(one.value, reference["t"][name].as_f64().unwrap(), 1e-10);
    }
    let against_chloride = found
        .in_frame(&ReferenceFrame::Species { name: "Cl".into() })
        .expect("a frame");
    close(1e3 * against_chloride.l[0][0], 0.254066, 1e-5);
}

#[test]
fn curves_are_the_published_ones() {
    if folder().is_none() {
        return;
    }
    let reference = json("nacl216_ref.json");
    let analysis = settings();
    let frames = frames();
    let system = System::new(&analysis, &frames[0].elements).expect("species");
    let mut motion = Motion::new(
        1,
        &system.of,
        &system.species,
        &system.weights,
        frames.len(),
        false,
    );
    let mut unwrapper = Unwrapper::default();
    for mut frame in frames.iter().cloned() {
        unwrapper.unwrap(&mut frame).expect("a frame");
        motion.add(&frame).expect("a frame");
    }
    let a = analysis
        .frame
        .transformation(&system.species)
        .expect("a frame");
    let collective =
        einstein::displacements(&einstein::in_frame(&motion.displacements, &a, frames.len()));
    let own = motion.own.curves(frames.len());
    let lags = reference["curve_lag_frames"].as_array().unwrap();
    for (at, lag) in lags.iter().enumerate() {
        let lag = lag.as_u64().unwrap() as usize;
        for (pair, name) in ["11", "12", "22"].into_iter().enumerate() {
            let expected = reference["cross_disp"][name][at].as_f64().unwrap();
            close(collective.curves[pair][lag], expected, 1e-9);
        }
        for (species, name) in ["1", "2"].into_iter().enumerate() {
            let expected = reference["self_sum_disp2"][name][at].as_f64().unwrap();
            close(108.0 * own[species].at(lag), expected, 1e-9);
        }
    }
}

#[test]
fn green_and_kubo_give_the_published_values() {
    let Some(folder) = folder() else { return };
    let reference = json("nacl216_gk.json");
    let file = std::fs::File::open(folder.join("nacl216.vcm.gz")).expect("a file");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("text");
    let mut series = VelocitySeries {
        times_fs: Vec::new(),
        velocities_ang_per_fs: vec![Vec::new(); 2],
    };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let numbers: Vec<f64> = line
            .split_whitespace()
            .map(|word| word.parse().expect("a number"))
            .collect();
        series.times_fs.push(numbers[0]);
        for (species, velocities) in series.velocities_ang_per_fs.iter_mut().enumerate() {
            velocities.push(std::array::from_fn(|axis| {
                1e-3 * numbers[1 + 3 * species + axis]
            }));
        }
    }
    let analysis = settings();
    let elements: Arc<[Element]> = frames()[0].elements.clone();
    let species = System::new(&analysis, &elements).expect("species").species;
    let of = |plateau_fs: (f64, f64)| {
        let series = std::slice::from_ref(&series);
        VelocitySeries::green_kubo(
            series,
            &species,
            &analysis.frame,
            1200.0,
            19.170322866957243f64.powi(3),
            plateau_fs,
        )
        .expect("a tensor")
    };
    // The peer's Boltzmann constant is that of CODATA 2006, 1.3806504e-23 J/K.
    let per_joule = 1e25 / ELEMENTARY_CHARGE_C * (BOLTZMANN_J_PER_K / 1.380_650_4e-23);
    for (name, plateau) in [
        ("200", (200.0, 200.0)),
        ("500", (500.0, 500.0)),
        ("1000", (1000.0, 1000.0)),
        ("2000", (2000.0, 2000.0)),
        ("5000", (5000.0, 5000.0)),
        // Its mean leaves out the first value.
        ("mean_500_2000fs", (504.0, 2000.0)),
    ] {
        let found = of(plateau);
        for (key, i, j) in [("Lpp_SI", 0, 0), ("Lpm_SI", 0, 1), ("Lmm_SI", 1, 1)] {
            close(
                per_joule * found.l[i][j],
                reference[name][key].as_f64().unwrap(),
                1e-6,
            );
        }
    }
}

/// The rule chooses a window of its own; it is short, and what it gives agrees with the published one within errors.
#[test]
fn the_window_of_the_rule_agrees() {
    if folder().is_none() {
        return;
    }
    let analysis = TransportAnalysis {
        window_fs: None,
        fit: Fit::Generalised,
        ..settings()
    };
    let found = tensor(&analysis, &frames());
    let kappa = found.conductivity().expect("charges").times(SIEMENS_PER_M);
    println!(
        "{:?}\n{kappa:?}\n{:?}\n{:?}",
        found.window, found.diffusion, found.checks
    );
    let window = found.window.expect("a window");
    assert!(
        window.from_fs < 2000.0 && window.to_fs <= 5.0 * window.from_fs,
        "{window:?}"
    );
    let [low, high] = kappa.interval_95.expect("an interval");
    assert!(low < 368.0 && 407.0 < high, "{kappa:?}");
    let published = [0.915834e-3, 0.841000e-3];
    for (found, published) in found.diffusion.iter().flatten().zip(published) {
        assert!((found.value / published - 1.0).abs() < 0.06, "{found:?}");
    }
}
