//! Walks, and their analysis.

use std::sync::Arc;

use crate::base::Element;
use crate::physics::analysis::Run;
use crate::physics::host::Quiet;
use crate::physics::io::trajectory::{Frames, InMemory, Snapshot};
use crate::physics::numerics::Stream;
use crate::physics::structure::Cell;
use crate::physics::transport::matrix::Matrix;
use crate::physics::transport::{
    Component, Estimate, TransportAnalysis, TransportError, TransportTensor,
};

pub const EDGE_ANG: f64 = 200.0;
pub const TEMPERATURE_K: f64 = 900.0;

pub fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).expect("an element")
}

pub fn elements(counts: &[(&str, usize)]) -> Arc<[Element]> {
    counts
        .iter()
        .flat_map(|(symbol, count)| vec![element(symbol); *count])
        .collect()
}

/// Frames of these positions, by frame and atom.
pub fn frames(
    elements: &Arc<[Element]>,
    interval_fs: f64,
    positions: &[Vec<[f64; 3]>],
) -> Vec<Snapshot> {
    let snapshot = |(at, unwrapped): (usize, &Vec<[f64; 3]>)| Snapshot {
        time_fs: Some(at as f64 * interval_fs),
        cell: Cell::orthorhombic([EDGE_ANG; 3]).expect("a cell"),
        elements: elements.clone(),
        positions_ang: unwrapped.clone(),
        unwrapped_ang: unwrapped.clone(),
        ..Snapshot::default()
    };
    positions.iter().enumerate().map(snapshot).collect()
}

pub fn analyse(
    analysis: &TransportAnalysis,
    runs: &[&[Snapshot]],
) -> Result<TransportTensor, TransportError> {
    let runs: Vec<Run<'_>> = runs
        .iter()
        .map(|frames| Run {
            frames: frames.len(),
            unfollowed: None,
            open: Box::new(move || Ok(Box::new(InMemory::new(frames)) as Box<dyn Frames>)),
        })
        .collect();
    analysis.of(&runs, &Quiet)
}

/// Momentum is not looked at: these walkers have none.
pub fn settings() -> TransportAnalysis {
    TransportAnalysis {
        momentum_conserved: true,
        ..TransportAnalysis::new(TEMPERATURE_K)
    }
}

/// Walks of steps from `step`, which fills the steps of all atoms along one axis.
pub fn walk(
    atoms: usize,
    count: usize,
    seed: u8,
    mut step: impl FnMut(&mut Stream, &mut [f64]),
) -> Vec<Vec<[f64; 3]>> {
    let mut stream = Stream::new([seed; 32], &[]);
    let mut now = vec![[0.0; 3]; atoms];
    let mut steps = vec![0.0; atoms];
    (0..count)
        .map(|_| {
            let before = now.clone();
            for axis in 0..3 {
                step(&mut stream, &mut steps);
                now.iter_mut()
                    .zip(&steps)
                    .for_each(|(at, step)| at[axis] += step);
            }
            before
        })
        .collect()
}

/// Frames of a walk of Gaussian steps, each with the way to the next for its velocities.
pub fn walk_with_velocities(
    elements: &Arc<[Element]>,
    interval_fs: f64,
    count: usize,
    seed: u8,
    pace: f64,
) -> Vec<Snapshot> {
    let mut steps = Vec::new();
    let positions = walk(elements.len(), count, seed, |stream, all| {
        all.iter_mut().for_each(|x| *x = pace * stream.normal());
        steps.push(all.to_vec());
    });
    let mut run = frames(elements, interval_fs, &positions);
    for (frame, axes) in run.iter_mut().zip(steps.chunks(3)) {
        frame.velocities_ang_per_fs = (0..elements.len())
            .map(|atom| std::array::from_fn(|axis| axes[axis][atom] / interval_fs))
            .collect();
    }
    run
}

pub fn independent(atoms: usize, count: usize, seed: u8) -> Vec<Vec<[f64; 3]>> {
    walk(atoms, count, seed, |stream, steps| {
        steps.iter_mut().for_each(|x| *x = 0.3 * stream.normal());
    })
}

/// That an estimate is not further off than four of its errors, and that the error is of use.
pub fn agrees(found: Estimate, truth: f64, size: f64) {
    let error = found.error.expect("an error");
    assert!(
        (found.value - truth).abs() < 4.0 * error && error < 0.3 * size,
        "{found:?} {truth}"
    );
}

pub fn same(a: &Matrix, b: &Matrix, relative: f64) {
    let largest = b.iter().flatten().fold(0.0f64, |most, x| most.max(x.abs()));
    for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
        assert!((a - b).abs() <= relative * largest, "{a} {b}");
    }
}

/// A species of so many atoms with a charge.
pub fn component(symbol: &str, count: usize, charge_e: f64) -> Component {
    Component {
        name: symbol.into(),
        element: element(symbol),
        count,
        mass_u: element(symbol).mass_u(),
        charge_e: Some(charge_e),
    }
}
