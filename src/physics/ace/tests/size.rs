//! Files of tens of megabytes, which real potentials reach.

use std::time::Instant;

use super::formats::{sample, tabulated};
use crate::physics::ace::{
    AtomicClusterExpansion, Function, Model, RadialBasis, read_potential, read_yace, write_yace,
};
use crate::physics::numerics::Stream;

/// Reads a text twice, and says how long the faster took.
fn timed(text: &str, what: &str) -> Model {
    let mut best = f64::INFINITY;
    let mut model = None;
    for _ in 0..2 {
        let start = Instant::now();
        let (read, _) = read_potential(text).expect("a potential");
        best = best.min(start.elapsed().as_secs_f64());
        model = Some(read);
    }
    println!("{what}: {:.1} MB in {best:.2} s", text.len() as f64 / 1e6);
    // Some seconds at most on a machine that does other things besides; without optimisation it is no measure.
    assert!(cfg!(debug_assertions) || best < 4.0, "{what}: {best} s");
    model.expect("a potential")
}

/// Some 35 MB of functions.
#[test]
fn tens_of_megabytes_of_functions_load_in_seconds() {
    let mut random = Stream::new([34; 32], &[]);
    let mut model = sample().to_model();
    let shapes = model.functions.clone();
    let megabytes = if cfg!(debug_assertions) { 4 } else { 35 };
    let mut size = 0;
    'all: loop {
        for (centre, functions) in shapes.iter().enumerate() {
            for shape in functions.iter().filter(|one| one.rank() > 1) {
                let coefficients: Vec<f64> = shape
                    .coefficients
                    .iter()
                    .map(|_| random.uniform() - 0.5)
                    .collect();
                size += 110 + 3 * shape.ms.len() + 22 * coefficients.len();
                model.functions[centre].push(Function {
                    coefficients,
                    ..shape.clone()
                });
                if size > megabytes * 1_000_000 {
                    break 'all;
                }
            }
        }
    }
    let text = write_yace(&model);
    assert!(text.len() > megabytes * 900_000, "{}", text.len());
    assert_eq!(timed(&text, "functions"), model);
}

/// Some 30 MB of tables, as ACEpotentials writes them.
#[test]
fn tens_of_megabytes_of_tables_load_in_seconds() {
    let mut model = read_yace(&tabulated()).expect("a potential");
    let bins = if cfg!(debug_assertions) {
        40_000
    } else {
        400_000
    };
    let bond = &mut model.interactions.bonds[0];
    let RadialBasis::Tabulated(table) = &bond.basis else {
        panic!("a table")
    };
    let mut finer = (**table).clone();
    finer.bins = bins;
    let (coarse, width) = (5.0 / 40.0, 5.0 / bins as f64);
    let (mut values, mut slopes) = ([0.0; 2], [0.0; 2]);
    let mut columns = vec![Vec::new(); 4];
    for node in 0..=bins {
        table.evaluate(
            40.0 * coarse,
            (node as f64 * width).min(5.0),
            &mut values,
            &mut slopes,
        );
        for f in 0..2 {
            columns[f].push(values[f]);
            columns[2 + f].push(slopes[f]);
        }
    }
    finer.values = columns[..2].concat();
    finer.slopes = columns[2..].concat();
    bond.basis = RadialBasis::Tabulated(finer.into());
    let text = write_yace(&model);
    let read = timed(&text, "tables");
    let start = Instant::now();
    let _ = AtomicClusterExpansion::new(&read);
    println!("compiled in {:.2} s", start.elapsed().as_secs_f64());
}
