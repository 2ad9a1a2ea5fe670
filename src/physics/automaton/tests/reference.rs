//! Against runs of rxn-ca (commit 11fa2cd6), where `SYNTH_REFERENCE_DATA` says they are.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::super::*;
use crate::base::Formula;
use crate::physics::host::Quiet;
use crate::physics::numerics::testing::largest;
use crate::physics::rates::{ScoreInput, Scorer};

fn folder(case: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SYNTH_REFERENCE_DATA")
        .map(|root| Path::new(&root).join("rxn-ca").join(case));
    if found.is_none() {
        eprintln!("skipped: no reference data");
    }
    found
}

fn json(path: &Path) -> Value {
    let bytes = std::fs::read(path).expect("the file is there");
    let mut text = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .expect("it unpacks");
    } else {
        text = bytes;
    }
    serde_json::from_slice(&text).expect("it is JSON")
}

struct Row {
    reactants: Vec<(usize, f64)>,
    products: Vec<(usize, f64)>,
    score: f64,
    energy_ev_per_atom: f64,
}

struct Library {
    phases: Vec<PhaseSpec>,
    /// By temperature: published reactions with volumes in Å³.
    rows: Vec<(f64, Vec<Row>)>,
}

fn library(path: &Path) -> Library {
    let whole = json(path);
    let set = &whole["phases"];
    let gases: Vec<&str> = set["gas_phases"]
        .as_array()
        .expect("gases")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let names: Vec<&str> = set["volumes"]
        .as_object()
        .expect("volumes")
        .keys()
        .map(String::as_str)
        .collect();
    let phases: Vec<PhaseSpec> = names
        .iter()
        .map(|&name| PhaseSpec {
            name: name.to_owned(),
            volume_ang3: set["volumes"][name].as_f64(),
            amounts: Formula::parse(name)
                .expect("a formula")
                .amounts()
                .iter()
                .map(|(element, n)| (*element, n.to_f64()))
                .collect(),
            is_gas: gases.contains(&name),
            melting_k: set["melting_points"][name].as_f64(),
        })
        .collect();
    let side = |side: &Value| -> Vec<(usize, f64)> {
        side.as_object()
            .expect("a side")
            .iter()
            .map(|(name, volume)| {
                let phase = names
                    .iter()
                    .position(|known| known == name)
                    .expect("a known phase");
                (phase, volume.as_f64().expect("a volume"))
            })
            .collect()
    };
    let mut rows: Vec<(f64, Vec<Row>)> = whole["lib"]
        .as_object()
        .expect("temperatures")
        .iter()
        .map(|(temperature, set)| {
            let rows = set["reactions"]
                .as_array()
                .expect("reactions")
                .iter()
                .map(|row| Row {
                    reactants: side(&row["reactants"]),
                    products: side(&row["products"]),
                    score: row["competitiveness"].as_f64().expect("a score"),
                    energy_ev_per_atom: row["energy_per_atom"].as_f64().expect("an energy"),
                })
                .collect();
            (temperature.parse().expect("a temperature"), rows)
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    Library { phases, rows }
}

/// Coefficients behind rounded volumes: the smallest whole numbers over one divisor that balance.
fn coefficients(phases: &[PhaseSpec], row: &Row) -> ReactionSpec {
    // Identities are written as one volume of a phase to one of the same.
    if row.reactants == row.products {
        return ReactionSpec {
            reactants: vec![(row.reactants[0].0, 1.0)],
            products: vec![(row.products[0].0, 1.0)],
        };
    }
    for divisor in 1..=400u32 {
        let whole = |side: &[(usize, f64)]| -> Option<Vec<(usize, f64)>> {
            side.iter()
                .map(|&(phase, volume)| {
                    let each = phases[phase].volume_ang3.expect("a volume");
                    let scaled = volume / each * f64::from(divisor);
                    let tolerance = 0.006 / each * f64::from(divisor);
                    let near = scaled.round();
                    (near > 0.0 && (scaled - near).abs() <= tolerance)
                        .then_some((phase, near / f64::from(divisor)))
                })
                .collect()
        };
        if let (Some(reactants), Some(products)) = (whole(&row.reactants), whole(&row.products)) {
            let spec = ReactionSpec {
                reactants,
                products,
            };
            if Chemistry::new(phases.to_vec(), vec![spec.clone()], VolumeRounding::None).is_ok() {
                return spec;
            }
        }
    }
    panic!(
        "no coefficients for {:?} -> {:?}",
        row.reactants, row.products
    );
}

/// The library as an automaton's input. Reactions are the same at every temperature.
fn prepare(library: &Library) -> (Chemistry, TabulatedScores) {
    let specs: Vec<ReactionSpec> = library.rows[0]
        .1
        .par_iter()
        .map(|row| coefficients(&library.phases, row))
        .collect();
    let mut scores = Vec::new();
    for (temperature, rows) in &library.rows {
        assert_eq!(rows.len(), specs.len());
        for (row, spec) in rows.iter().zip(&specs) {
            let same = |a: &[(usize, f64)], b: &[(usize, f64)]| {
                a.iter().map(|x| x.0).eq(b.iter().map(|x| x.0))
            };
            assert!(same(&row.reactants, &spec.reactants) && same(&row.products, &spec.products));
        }
        scores.push((*temperature, rows.iter().map(|row| row.score).collect()));
    }
    let chemistry = Chemistry::new(library.phases.clone(), specs, VolumeRounding::HundredthAng3)
        .expect("a sound library");
    (chemistry, TabulatedScores { rows: scores })
}

#[test]
fn scores_are_the_published_ones() {
    let Some(folder) = folder("B") else { return };
    let library = library(&folder.join("library.json.gz"));
    let mut compared = 0;
    for (temperature_k, rows) in &library.rows {
        for row in rows {
            let condensed: Vec<&PhaseSpec> = row
                .reactants
                .iter()
                .map(|(p, _)| &library.phases[*p])
                .filter(|phase| !phase.is_gas)
                .collect();
            let score = Scorer::TammanHuttigErf.score(&ScoreInput {
                energy_ev_per_atom: row.energy_ev_per_atom,
                temperature_k: *temperature_k,
                melting_k: condensed
                    .iter()
                    .filter_map(|phase| phase.melting_k)
                    .reduce(f64::min),
                condensed_reactants: condensed.len(),
                gas_reactants: row.reactants.len() - condensed.len(),
            });
            assert!(
                (score - row.score).abs() < 1e-9,
                "{temperature_k} K: {score} {}",
                row.score
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 8 * 552);
}

#[test]
fn volumes_are_the_published_ones() {
    let Some(folder) = folder("B") else { return };
    let library = library(&folder.join("library.json.gz"));
    let (chemistry, _) = prepare(&library);
    for (row, reaction) in library.rows[0].1.iter().zip(chemistry.reactions()) {
        let sides = [
            (&row.reactants, &reaction.spec.reactants),
            (&row.products, &reaction.spec.products),
        ];
        for (&(phase, volume), &(_, nu)) in sides.into_iter().flat_map(|(a, b)| a.iter().zip(b)) {
            let each = library.phases[phase].volume_ang3.expect("a volume");
            let ours = VolumeRounding::HundredthAng3.volume_ang3(nu, each);
            assert_eq!(
                ours,
                volume,
                "{} in {}",
                library.phases[phase].name,
                chemistry.equation(&reaction.spec)
            );
        }
    }
}

fn from_sites(chemistry: &Chemistry, conserve: Conserve, path: &Path, seed: [u8; 32]) -> State {
    let whole = json(path);
    let side = whole["size"].as_u64().expect("a size") as u32;
    let mut cells = vec![None; (side as usize).pow(3)];
    let mut volumes = vec![1.0; cells.len()];
    for site in whole["sites"].as_array().expect("sites") {
        let at = site["location"]
            .as_array()
            .expect("a location")
            .iter()
            .fold(0, |at, x| {
                at * side as usize + x.as_u64().expect("an index") as usize
            });
        cells[at] = chemistry
            .phase(site["phase"].as_str().expect("a phase"))
            .ok();
        volumes[at] = site["volume"].as_f64().expect("a volume");
    }
    State::from_cells(chemistry, conserve, [side; 3], cells, Some(volumes), seed)
        .expect("a sound grid")
}

fn stairs(path: &Path) -> Programme {
    let recipe = json(path);
    let mut steps = Vec::new();
    for step in recipe["heating_schedule"]["steps"]
        .as_array()
        .expect("steps")
    {
        steps.push(Step::Quench {
            to_k: step["temperature"].as_f64().expect("a temperature"),
        });
        steps.push(Step::Hold {
            sweeps: Sweeps(step["duration"].as_f64().expect("a duration")),
        });
    }
    Programme {
        start_k: 300.0,
        atmosphere: Atmosphere::default(),
        steps,
        staircase_k: None,
    }
}

/// Mass fractions by realisation, record and phase; and the records.
fn realisations(
    chemistry: &Chemistry,
    kinetics: &dyn Kinetics,
    rules: &Rules,
    programme: &Programme,
    init: &Path,
    count: u64,
) -> Vec<Vec<Record>> {
    let start = from_sites(chemistry, rules.conserve, init, [0; 32]);
    (0..count)
        .into_par_iter()
        .map(|replica| {
            let mut state = start.clone();
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&replica.to_le_bytes());
            state.reseed(seed);
            let mut records = Vec::new();
            run(
                chemistry,
                kinetics,
                rules,
                programme,
                state,
                &mut records,
                &Quiet,
            )
            .expect("it runs");
            records
        })
        .collect()
}

fn mass_fractions(runs: &[Vec<Record>]) -> Vec<Vec<Moments>> {
    let rows: Vec<Vec<Vec<f64>>> = runs
        .iter()
        .map(|records| {
            records
                .iter()
                .map(|record| record.fractions(By::Mass))
                .collect()
        })
        .collect();
    let rows: Vec<&[Vec<f64>]> = rows.iter().map(Vec::as_slice).collect();
    spread(&rows)
}

/// Largest distance of mean mass fractions from the published ones, over every phase and every sweep listed.
fn distance(chemistry: &Chemistry, ours: &[Vec<Moments>], published: &Value) -> f64 {
    let mut worst = 0.0f64;
    for (sweep, fractions) in published["sweeps"].as_object().expect("sweeps") {
        let row = &ours[sweep.parse::<usize>().expect("a sweep")];
        let fractions: BTreeMap<&str, f64> = fractions
            .as_object()
            .expect("fractions")
            .iter()
            .map(|(name, pair)| (name.as_str(), pair[0].as_f64().expect("a mean")))
            .collect();
        for (p, phase) in chemistry.phases().iter().enumerate() {
            let theirs = fractions.get(phase.name.as_str()).copied().unwrap_or(0.0);
            worst = largest([worst, (row[p].mean() - theirs).abs()]);
        }
    }
    worst
}

fn worst_drift(runs: &[Vec<Record>]) -> f64 {
    let balances = runs.iter().flat_map(|records| {
        records
            .iter()
            .map(move |record| (&records[0].balance, &record.balance))
    });
    largest(balances.flat_map(|(before, now)| {
        assert_eq!(before.len(), now.len());
        before
            .iter()
            .zip(now)
            .map(|(before, now)| (now / before - 1.0).abs())
    }))
}

#[test]
fn b11_agrees_with_nine_published_runs() {
    let Some(folder) = folder("B") else { return };
    let (chemistry, kinetics) = prepare(&library(&folder.join("library.json.gz")));
    let programme = stairs(&folder.join("B11_recipe.json"));
    let published = json(&folder.join("B11_mean_of_9.json"));
    let init = folder.join("init_B11.json");

    let runs = realisations(
        &chemistry,
        &kinetics,
        &Rules::published(),
        &programme,
        &init,
        32,
    );
    let worst = distance(&chemistry, &mass_fractions(&runs), &published);
    let drift = worst_drift(&runs);
    eprintln!("published rules: largest distance {worst:.4}, largest element drift {drift:.2e}");
    assert!(worst < 0.015, "{worst}");
    // The published conservation is a random walk of one or two percent.
    assert!(drift > 1e-3 && drift < 0.06, "{drift}");

    // Exact conservation keeps the mean rates.
    let exact = Rules {
        conserve: Conserve::Exact,
        ..Rules::published()
    };
    let runs = realisations(&chemistry, &kinetics, &exact, &programme, &init, 32);
    let worst = distance(&chemistry, &mass_fractions(&runs), &published);
    let drift = worst_drift(&runs);
    eprintln!("exact conservation: largest distance {worst:.4}, largest element drift {drift:.2e}");
    assert!(worst < 0.03, "{worst}");
    assert!(drift < 1e-9, "{drift}");

    // Six neighbours at a time react faster.
    let runs = realisations(
        &chemistry,
        &kinetics,
        &Rules::default(),
        &programme,
        &init,
        4,
    );
    let bao = chemistry.phase("BaO").expect("BaO");
    let left = mass_fractions(&runs).last().expect("records")[bao].mean();
    assert!(left < 0.05, "{left}");
}

#[test]
fn a15_agrees_with_the_published_runs() {
    let Some(folder) = folder("A") else { return };
    let (chemistry, kinetics) = prepare(&library(&folder.join("library.json")));
    let programme = stairs(&folder.join("recipe.json"));
    let runs = realisations(
        &chemistry,
        &kinetics,
        &Rules::published(),
        &programme,
        &folder.join("init_A15f.json"),
        64,
    );
    let ours = mass_fractions(&runs);
    let theirs: Vec<Value> = ["out_A15f.json", "out_A15f_s1.json", "out_A15f_s2.json"]
        .iter()
        .map(|name| json(&folder.join(name)))
        .collect();
    // Of each phase, its mean fractions added over the sweeps: here, published.
    let mut added = vec![[0.0; 2]; chemistry.phases().len()];
    for sweep in 1..=3 {
        for (p, phase) in chemistry.phases().iter().enumerate() {
            let published: Moments = theirs
                .iter()
                .map(|run| {
                    run["trajectory"][sweep]["mass_fraction"][phase.name.as_str()]
                        .as_f64()
                        .unwrap_or(0.0)
                })
                .collect();
            // Single runs scatter by some 40 % of each minor product (0.0025), so the mean of three by 0.0015.
            let apart = (ours[sweep][p].mean() - published.mean()).abs();
            assert!(
                apart < 0.003,
                "{} sweep {sweep}: {} {}",
                phase.name,
                ours[sweep][p].mean(),
                published.mean()
            );
            added[p][0] += ours[sweep][p].mean();
            added[p][1] += published.mean();
        }
    }
    // Products are less than three hundredths, so their shares among each other are compared, too. Those of single runs
    // scatter by 0.08, of the mean of three by 0.05; a product that did not form would be off by 0.2.
    let is_product = |p: &usize| !["BaO", "TiO2"].contains(&chemistry.phases()[*p].name.as_str());
    let products: Vec<usize> = (0..added.len()).filter(is_product).collect();
    let converted = |which: usize| products.iter().map(|p| added[*p][which]).sum::<f64>();
    let converted = [converted(0), converted(1)];
    eprintln!("converted, added over sweeps: {converted:.4?}");
    assert!(
        (converted[0] / converted[1] - 1.0).abs() < 0.3,
        "{converted:?}"
    );
    for p in products {
        let name = &chemistry.phases()[p].name;
        let [here, there] = [0, 1].map(|which| added[p][which] / converted[which]);
        eprintln!("{name}: {here:.3}, published {there:.3}");
        assert!((here - there).abs() < 0.12, "{name}: {here} {there}");
    }
}

/// BaO and TiO2, 1:1, long at 1400 K. A trial apart from this code gave 43, 81 and 94 % BaTiO3 by mass after these
/// sweeps. (The shipped tables go further, see `tests/founding.rs`: published computed energies put BaTiO3 12 meV/atom
/// above Ba2TiO4 + BaTi2O5 here, the shipped ones 39 below.)
#[test]
fn the_published_library_ends_in_batio3_slowly() {
    let Some(folder) = folder("B") else { return };
    let (chemistry, kinetics) = prepare(&library(&folder.join("library.json.gz")));
    let programme = Programme {
        start_k: 1400.0,
        atmosphere: Atmosphere::default(),
        steps: vec![Step::Hold {
            sweeps: Sweeps(10_000.0),
        }],
        staircase_k: None,
    };
    let rules = Rules {
        record_every: Sweeps(500.0),
        ..Rules::default()
    };
    let init = folder.join("init_B11.json");
    let runs = realisations(&chemistry, &kinetics, &rules, &programme, &init, 4);
    let fractions = mass_fractions(&runs);
    let batio3 = chemistry.phase("BaTiO3").expect("BaTiO3");
    for (sweep, expected) in [(500, 0.43), (3000, 0.81), (10_000, 0.94)] {
        let ours = fractions[sweep / 500][batio3].mean();
        eprintln!("{sweep} sweeps: {ours:.3} BaTiO3, in the trial {expected}");
        // One trial scatters by 0.02.
        assert!((ours - expected).abs() < 0.04, "{sweep}: {ours}");
    }
}
