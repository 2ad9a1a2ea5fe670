//! The case that the program was begun for, to its end: BaO and TiO2, 1:1, at 1400 K.

mod common;

use common::{Bench, synth, text};

const STUDY: &str = "\
use std.batio

study { seed: 1 }

system ba_ti_o { elements: [Ba, Ti, O] }

phases hull { system: ba_ti_o, source: batio.thermochemistry }

reactions library { phases: hull, between: [BaO, TiO2(rutile)], kinetics: tammann }

schedule firing {
  start 1400 K
  hold for 10000 sweeps
}

synthesis fired {
  reactions: library
  precursors: BaO + TiO2(rutile)
  schedule: firing
  grid: [15, 15, 15]
  neighbours: all
  realisations: 4
  record: 500 sweeps
}

report summary { plot fired.fractions against time }
";

/// The end is BaTiO3 alone, as thermodynamics and experiment have it, and Ba2TiO4 goes the way it came.
///
/// The published library needs longer (43, 81 and 94 % by mass after 500, 3,000 and 10,000 sweeps, which our automaton
/// gives as well when it reads that library: `the_published_library_ends_in_batio3_slowly`). The difference is the
/// last step, Ba2TiO4 + BaTi2O5 -> 3 BaTiO3. By the computed energies of that library it costs 12 meV/atom at 1400 K,
/// where its score is a fiftieth of that of a reaction that pays well; with the measured energies that `std.batio`
/// puts first it pays 39 meV/atom.
#[test]
fn equal_amounts_end_as_batio3() {
    let bench = Bench::new(STUDY);
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    let table = bench
        .folder
        .path()
        .join("reports/summary/1_fired.fractions.json");
    let table: serde_json::Value =
        serde_json::from_slice(&std::fs::read(table).expect("a report")).expect("JSON");
    let column = |name: &str| -> Vec<f64> {
        table["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .find(|column| column["name"] == name)
            .unwrap_or_else(|| panic!("no {name}"))["numbers"]
            .as_array()
            .expect("numbers")
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .collect()
    };
    let times = column("time");
    let at = |fractions: &[f64], sweeps: f64| {
        let row = times.iter().position(|time| *time == sweeps);
        fractions[row.unwrap_or_else(|| panic!("no record at {sweeps}: {times:?}"))]
    };
    let stages = [0.0, 500.0, 3000.0, 10_000.0];
    let batio3 = stages.map(|sweeps| at(&column("BaTiO3"), sweeps));
    let ba2tio4 = stages.map(|sweeps| at(&column("Ba2TiO4"), sweeps));
    eprintln!("after {stages:?} sweeps: BaTiO3 {batio3:.3?}, Ba2TiO4 {ba2tio4:.3?}");
    assert!(batio3.is_sorted_by(|a, b| a < b), "{batio3:?}");
    assert!(batio3[3] > 0.98, "{batio3:?}");
    assert!((batio3[1] - 0.85).abs() < 0.03, "{batio3:?}");
    assert!(ba2tio4[0] == 0.0 && ba2tio4[1] > ba2tio4[2] && ba2tio4[2] > ba2tio4[3]);
    // What the hull says of the same step, and of a mixture in its middle.
    let show = |asked: &str| text(&synth(bench.folder.path(), &["show", "study.synth", asked]));
    let below = show("hull.decomposition_energy(BaTiO3, 1400 K) in meV");
    let mixed = show("hull.decomposition(Ba2TiO4 + TiO2(rutile), 1400 K)");
    let row = mixed
        .lines()
        .last()
        .map(|row| row.split_whitespace().collect::<Vec<_>>());
    assert_eq!(row, Some(vec!["BaTiO3", "2"]), "{mixed}");
    let corners = show("hull.domain(BaTiO3, 1400 K)");
    // Every corner lies in the plane of BaTiO3, as its one cation of each and three anions.
    let formation = number_of(&show("hull.gibbs(BaTiO3, 1400 K)"));
    let rows: Vec<Vec<f64>> = corners
        .lines()
        .filter_map(|line| {
            line.split_whitespace()
                .map(|cell| cell.parse().ok())
                .collect()
        })
        .filter(|row: &Vec<f64>| row.len() == 3)
        .collect();
    assert!(rows.len() >= 3, "{corners}");
    for row in &rows {
        // Oxygen, titanium, barium: by atomic number.
        let sum = 3.0 * row[0] + row[1] + row[2];
        assert!(
            (sum - formation).abs() < 3e-3,
            "{sum} against {formation}\n{corners}"
        );
    }
    // Why: the last step pays here.
    let energy = number_of(&show(
        "hull.reaction_energy(Ba2TiO4 + BaTi2O5 -> 3 BaTiO3, 1400 K)",
    ));
    assert!((energy / 15.0 + 0.039).abs() < 0.001, "{energy}");
    assert!(
        (energy / 15.0 - number_of(&below) / 1000.0).abs() < 1e-5,
        "{below}"
    );
}

/// The number that an answer begins with.
fn number_of(answer: &str) -> f64 {
    let number = answer.split([' ', 'm', 'e']).next();
    number
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or_else(|| panic!("{answer}"))
}
