//! Speed and memory of the automaton, on one core.
//!
//! `cargo bench --bench automaton`. The library has the phases and the size of the published Ba-Ti-O one (29 phases, 552
//! reactions), with balanced reactions along BaO-TiO2 and scores of the published size. The Python automaton (rxn-ca at 11fa2cd6) was measured at 140 to
//! 190 µs a site update on a two-core machine.

use std::path::Path;
use std::time::Instant;

use synth::base::Formula;
use synth::physics::automaton::{
    Atmosphere, AutomatonError, Chemistry, Conserve, Kinetics, Neighbours, PhaseSpec, Programme,
    ReactionSpec, Rules, Setup, Start, Step, Sweeps, VolumeRounding, run,
};
use synth::physics::host::Quiet;

const PEER_US: (f64, f64) = (140.0, 190.0);
const BAR_US: f64 = 0.4;
const BAR_MB: f64 = 400.0;

/// Phases of the published library: formula and volume in Å³.
const PHASES: [(&str, f64); 29] = [
    ("BaO", 43.45),
    ("TiO2", 34.39),
    ("BaTiO3", 65.57),
    ("Ba2TiO4", 126.14),
    ("BaTi2O5", 110.85),
    ("BaTi4O9", 175.49),
    ("Ba4Ti13O30", 612.56),
    ("Ba2Ti9O20", 383.16),
    ("BaTi5O11", 207.83),
    ("Ba2Ti6O13", 268.71),
    ("Ba3TiO5", 161.46),
    ("BaO2", 50.81),
    ("Ba2Ti13O22", 413.71),
    ("BaTi7O14", 273.26),
    ("Ba3Ti20O40", 763.18),
    ("BaTi8O16", 310.97),
    ("Ba4Ti12O27", 549.27),
    ("BaTi6O12", 229.94),
    ("Ti2O", 36.44),
    ("Ti2O3", 51.86),
    ("Ti3O5", 92.77),
    ("Ti6O", 106.71),
    ("Ti8O13", 242.12),
    ("Ti13O22", 405.43),
    ("Ti3O", 54.19),
    ("TiO", 20.65),
    ("Ti", 17.02),
    ("Ba", 65.0),
    ("O2", 26.91),
];

/// Scores that rise with temperature, of the size of the published ones.
struct Smooth;

impl Kinetics for Smooth {
    fn scores(
        &self,
        temperature_k: f64,
        _: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError> {
        let mobility = (1.0 + (14.0 * (temperature_k / 2093.0 - 0.8)).exp()).ln();
        for (r, score) in scores.iter_mut().enumerate() {
            *score = mobility * (1.0 - 0.1 * (r % 7) as f64);
        }
        Ok(())
    }
}

fn chemistry() -> Chemistry {
    let phases: Vec<PhaseSpec> = PHASES
        .iter()
        .map(|&(name, volume)| PhaseSpec {
            name: name.to_owned(),
            volume_ang3: Some(volume),
            amounts: Formula::parse(name)
                .expect("a formula")
                .amounts()
                .iter()
                .map(|(element, n)| (*element, n.to_f64()))
                .collect(),
            is_gas: name == "O2",
            melting_k: Some(if name == "O2" { 54.0 } else { 2150.0 }),
        })
        .collect();
    // Two phases on the line from BaO to TiO2 with every one, then every two, that lie between them.
    let line: Vec<(usize, f64, f64)> = PHASES
        .iter()
        .enumerate()
        .filter_map(|(p, (name, _))| {
            let formula = Formula::parse(name).expect("a formula");
            let amount = |symbol: &str| {
                formula
                    .amounts()
                    .iter()
                    .find(|(element, _)| element.symbol() == symbol)
                    .map_or(0.0, |(_, n)| n.to_f64())
            };
            let (barium, titanium, oxygen) = (amount("Ba"), amount("Ti"), amount("O"));
            (oxygen > 0.0 && oxygen == barium + 2.0 * titanium).then_some((p, barium, titanium))
        })
        .collect();
    let mut mixtures: Vec<Vec<usize>> = (0..line.len()).map(|c| vec![c]).collect();
    for c in 0..line.len() {
        mixtures.extend((0..c).map(|d| vec![c, d]));
    }
    let mut reactions = Vec::new();
    for products in &mixtures {
        let barium: f64 = products.iter().map(|&c| line[c].1).sum();
        let titanium: f64 = products.iter().map(|&c| line[c].2).sum();
        for (i, &(a, barium_a, titanium_a)) in line.iter().enumerate() {
            for (j, &(b, barium_b, titanium_b)) in line.iter().enumerate() {
                let determinant = barium_a * titanium_b - barium_b * titanium_a;
                let of_a = (barium * titanium_b - barium_b * titanium) / determinant;
                let of_b = (barium_a * titanium - barium * titanium_a) / determinant;
                let new = !products.contains(&i) && !products.contains(&j);
                if determinant > 0.0 && new && of_a > 0.0 && of_b > 0.0 && reactions.len() < 552 {
                    reactions.push(ReactionSpec {
                        reactants: vec![(a, of_a), (b, of_b)],
                        products: products.iter().map(|&c| (line[c].0, 1.0)).collect(),
                    });
                }
            }
        }
    }
    Chemistry::new(phases, reactions, VolumeRounding::None).expect("a sound library")
}

fn sample(chemistry: &Chemistry, side: u32, conserve: Conserve) -> Start {
    Start {
        shape: [side; 3],
        precursors: vec![
            (chemistry.phase("BaO").expect("BaO"), 1.0),
            (chemistry.phase("TiO2").expect("TiO2"), 1.0),
        ],
        packing_fraction: 1.0,
        setup: Setup::Noise,
        conserve,
        seed: [1; 32],
    }
}

/// µs a site update.
fn measure(chemistry: &Chemistry, side: u32, rules: &Rules, sweeps: f64) -> f64 {
    let state = sample(chemistry, side, rules.conserve)
        .build(chemistry)
        .expect("a sample");
    let programme = Programme {
        start_k: 900.0,
        atmosphere: Atmosphere::default(),
        steps: vec![
            Step::Ramp {
                to_k: 1600.0,
                sweeps: Sweeps(sweeps / 2.0),
            },
            Step::Hold {
                sweeps: Sweeps(sweeps / 2.0),
            },
        ],
        staircase_k: None,
    };
    let begun = Instant::now();
    run(
        chemistry,
        &Smooth,
        rules,
        &programme,
        state,
        &mut (),
        &Quiet,
    )
    .expect("it runs");
    begun.elapsed().as_secs_f64() * 1e6 / (sweeps * f64::from(side).powi(3))
}

/// Peak resident memory of this process in MB, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn main() {
    let chemistry = chemistry();
    println!(
        "automaton: {} phases, {} reactions, one core",
        chemistry.phases().len(),
        chemistry.reactions().len()
    );
    for (what, neighbours, conserve) in [
        ("all neighbours, exact", Neighbours::All, Conserve::Exact),
        (
            "all neighbours, statistical",
            Neighbours::All,
            Conserve::Statistical,
        ),
        (
            "one neighbour, statistical (the peer's rule)",
            Neighbours::One,
            Conserve::Statistical,
        ),
    ] {
        let rules = Rules {
            neighbours,
            conserve,
            ..Rules::default()
        };
        for (side, sweeps) in [(15, 1000.0), (30, 200.0), (128, 6.0)] {
            let us = measure(&chemistry, side, &rules, sweeps);
            println!(
                "  {what}, {side}³: {us:.3} µs a site update (bar {BAR_US}), {:.0} to {:.0} times the Python automaton",
                PEER_US.0 / us,
                PEER_US.1 / us
            );
        }
    }
    match peak_mb() {
        Some(peak) => println!("  peak memory with 128³ cells: {peak:.0} MB (bar {BAR_MB:.0})"),
        None => println!("  peak memory: this system does not tell"),
    }
}
