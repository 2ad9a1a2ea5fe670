//! Dynamics against what is known without them.

mod distributions;
mod fuzz;
mod guards;
mod mechanics;
mod published;
mod restart;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Dynamics, Ensemble, Protocol, Ramp, Segment, Summary, Thermostat, files, run};
use crate::base::Element;
use crate::physics::host::Quiet;
use crate::physics::numerics::Stream;
use crate::physics::potential::{Bound, Evaluation, LennardJones, Potential, PotentialError, Want};
use crate::physics::structure::{Cell, Environment, Neighbours, Structure};

/// kT at 120 K in eV: argon's well.
const EPSILON_EV: f64 = 0.0103;
const SIGMA_ANG: f64 = 3.4;

fn argon() -> Element {
    Element::from_symbol("Ar").unwrap()
}

/// `cells`³ face-centred cells of edge `edge_ang`, rattled a little.
fn crystal(cells: usize, edge_ang: f64) -> Structure {
    let mut stream = Stream::new([9; 32], &[]);
    let mut positions_ang = Vec::new();
    for x in 0..cells {
        for y in 0..cells {
            for z in 0..cells {
                for site in [
                    [0.0, 0.0, 0.0],
                    [0.5, 0.5, 0.0],
                    [0.5, 0.0, 0.5],
                    [0.0, 0.5, 0.5],
                ] {
                    let corner = [x as f64, y as f64, z as f64];
                    positions_ang.push(std::array::from_fn(|k| {
                        (corner[k] + site[k]) * edge_ang + 0.02 * stream.normal()
                    }));
                }
            }
        }
    }
    Structure {
        cell: Cell::orthorhombic([cells as f64 * edge_ang; 3]).unwrap(),
        elements: vec![argon(); positions_ang.len()],
        positions_ang,
    }
}

fn lennard_jones() -> LennardJones {
    LennardJones::new(EPSILON_EV, SIGMA_ANG, 2.2 * SIGMA_ANG)
}

/// Atoms that do not feel each other.
#[derive(Clone)]
struct Free;

impl Potential for Free {
    fn cutoff_ang(&self) -> f64 {
        0.0
    }
    fn bind(&self, _: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(Free))
    }
}

impl Bound for Free {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        out.forces.clear();
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        Ok(())
    }
}

/// Springs between given atoms at given displacements: `½ k |r_j − r_i − d|²`, whatever the cell.
#[derive(Clone)]
struct Springs {
    stiffness: f64,
    bonds: Vec<(usize, usize, [f64; 3])>,
}

impl Springs {
    /// Along the three axes of a simple cubic lattice of `n`³ atoms, closed upon itself.
    fn lattice(n: usize, edge_ang: f64, stiffness: f64) -> (Self, Structure) {
        let index = |x: usize, y: usize, z: usize| ((x % n) * n + y % n) * n + z % n;
        let mut bonds = Vec::new();
        let mut positions_ang = Vec::new();
        for x in 0..n {
            for y in 0..n {
                for z in 0..n {
                    positions_ang.push([x, y, z].map(|i| i as f64 * edge_ang));
                    for (axis, to) in [index(x + 1, y, z), index(x, y + 1, z), index(x, y, z + 1)]
                        .into_iter()
                        .enumerate()
                    {
                        // Positions are unwrapped: a bond through the face closes at its true length less the box.
                        let mut d = [0.0; 3];
                        let wraps = [x, y, z][axis] + 1 == n;
                        d[axis] = edge_ang * if wraps { 1.0 - n as f64 } else { 1.0 };
                        bonds.push((index(x, y, z), to, d));
                    }
                }
            }
        }
        let structure = Structure {
            cell: Cell::orthorhombic([n as f64 * edge_ang; 3]).unwrap(),
            elements: vec![argon(); positions_ang.len()],
            positions_ang,
        };
        (Springs { stiffness, bonds }, structure)
    }
}

impl Potential for Springs {
    fn cutoff_ang(&self) -> f64 {
        0.0
    }
    fn bind(&self, _: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(self.clone()))
    }
}

impl Bound for Springs {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        out.forces.clear();
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        out.energy_ev = 0.0;
        out.virial_ev = [[0.0; 3]; 3];
        for &(i, j, d) in &self.bonds {
            for k in 0..3 {
                let stretch = positions_ang[j][k] - positions_ang[i][k] - d[k];
                out.energy_ev += 0.5 * self.stiffness * stretch * stretch;
                out.forces[i][k] += self.stiffness * stretch;
                out.forces[j][k] -= self.stiffness * stretch;
            }
        }
        Ok(())
    }
}

/// A soft repulsion without edges, `A (1 − r²/c²)³` up to c: forces and their slopes are continuous, so that errors are
/// those of the integrator alone.
#[derive(Clone)]
struct Soft;

const SOFT_EV: f64 = 1.0;
const SOFT_ANG: f64 = 5.5;

impl Potential for Soft {
    fn cutoff_ang(&self) -> f64 {
        SOFT_ANG
    }
    fn bind(&self, _: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(Soft))
    }
}

impl Bound for Soft {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let mut near = Environment::default();
        out.forces.clear();
        out.energy_ev = 0.0;
        out.virial_ev = [[0.0; 3]; 3];
        for atom in 0..positions_ang.len() {
            neighbours.environment(atom, SOFT_ANG, &mut near);
            let mut force = [0.0; 3];
            for k in 0..near.len() {
                let left = 1.0 - near.squared_distances()[k] / (SOFT_ANG * SOFT_ANG);
                out.energy_ev += 0.5 * SOFT_EV * left * left * left;
                let slope = 6.0 * SOFT_EV / (SOFT_ANG * SOFT_ANG) * left * left;
                let d = near.displacement_ang(k);
                for i in 0..3 {
                    force[i] -= slope * d[i];
                    for j in 0..3 {
                        out.virial_ev[i][j] += 0.5 * slope * d[i] * d[j];
                    }
                }
            }
            out.forces.push(force);
        }
        Ok(())
    }
}

/// Another potential, and how often it was evaluated: what tells a run that went on from one that began anew.
struct Counted<'a> {
    of: &'a dyn Potential,
    evaluations: Arc<AtomicU64>,
}

struct BoundCounted {
    of: Box<dyn Bound>,
    evaluations: Arc<AtomicU64>,
}

impl<'a> Counted<'a> {
    fn new(of: &'a dyn Potential) -> Self {
        Counted {
            of,
            evaluations: Arc::default(),
        }
    }

    /// How often since this was last asked.
    fn evaluations(&self) -> u64 {
        self.evaluations.swap(0, Ordering::Relaxed)
    }
}

impl Potential for Counted<'_> {
    fn cutoff_ang(&self) -> f64 {
        self.of.cutoff_ang()
    }
    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(BoundCounted {
            of: self.of.bind(elements)?,
            evaluations: Arc::clone(&self.evaluations),
        }))
    }
}

impl Bound for BoundCounted {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.of.evaluate(cell, positions_ang, neighbours, want, out)
    }
}

fn dynamics(ensemble: Ensemble, duration_fs: f64) -> Segment {
    Segment::Dynamics(Dynamics {
        ensemble,
        duration_fs,
        until: None,
        sample_fs: None,
        observe_fs: None,
    })
}

fn nvt(thermostat: Thermostat, temperature_k: f64, time_fs: f64) -> Ensemble {
    Ensemble::Nvt {
        temperature_k: Ramp::constant(temperature_k),
        thermostat,
        time_fs,
    }
}

/// Runs in a directory of its own and returns the columns of the log too.
fn logged(
    start: &Structure,
    potential: &dyn Potential,
    protocol: &Protocol,
    seed: u8,
) -> (Summary, Vec<Vec<f64>>) {
    let directory = tempfile::tempdir().unwrap();
    let summary = run(
        start,
        potential,
        protocol,
        [seed; 32],
        directory.path(),
        &Quiet,
    )
    .unwrap();
    let log = read_log(directory.path());
    (summary, log)
}

/// Rows of the log.
fn read_log(directory: &Path) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(directory.join(files::LOG)).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
        .collect()
}

const STEP: usize = 1;
const TEMPERATURE: usize = 3;
const POTENTIAL: usize = 4;
const KINETIC: usize = 5;
const CONSERVED: usize = 6;
const VOLUME: usize = 7;
const PRESSURE: usize = 9;

fn column(log: &[Vec<f64>], which: usize) -> Vec<f64> {
    log.iter().map(|row| row[which]).collect()
}

/// Mean, variance and the standard errors of both from `blocks` contiguous blocks.
fn moments(values: &[f64], blocks: usize) -> [f64; 4] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let of_blocks = |f: &dyn Fn(&[f64]) -> f64, whole: f64| {
        let length = values.len() / blocks;
        let sum: f64 = values
            .chunks_exact(length)
            .map(|block| (f(block) - whole).powi(2))
            .sum();
        (sum / (blocks * (blocks - 1)) as f64).sqrt()
    };
    let mean_of = |block: &[f64]| block.iter().sum::<f64>() / block.len() as f64;
    let variance_of =
        |block: &[f64]| block.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / block.len() as f64;
    [
        mean,
        variance,
        of_blocks(&mean_of, mean),
        of_blocks(&variance_of, variance),
    ]
}

/// One thing that can happen to the bytes of a file from a place on: they are cut, flipped, filled with these or random ones,
/// lost or doubled. Otherwise, once in eight times, false.
pub(super) fn damage_at(
    bytes: &mut Vec<u8>,
    at: usize,
    fillers: &[u8],
    stream: &mut Stream,
) -> bool {
    let longest = [4, 64, 5000][stream.below(3) as usize];
    let end = (at + 1 + stream.below(longest) as usize).min(bytes.len());
    match stream.below(8) {
        0 => bytes.truncate(at),
        1 | 2 => bytes[at] ^= 1 << stream.below(8),
        3 => {
            let random = stream.bits() as u8;
            let which = stream.below(fillers.len() as u64 + 1) as usize;
            bytes[at..end].fill(fillers.get(which).copied().unwrap_or(random));
        }
        4 => {
            for byte in &mut bytes[at..end] {
                *byte = stream.bits() as u8;
            }
        }
        5 => {
            bytes.drain(at..end);
        }
        6 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => return false,
    }
    true
}

/// Mutates so many times at least; `SYNTH_FUZZ_SECONDS` sets how long.
pub(super) fn at_least(least: usize, mut one: impl FnMut()) {
    let set = std::env::var("SYNTH_FUZZ_SECONDS").ok();
    let seconds = set.and_then(|text| text.parse::<f64>().ok());
    let seconds = seconds.unwrap_or(0.0) / 8.0;
    let start = std::time::Instant::now();
    let mut done = 0;
    while done < least || start.elapsed().as_secs_f64() < seconds {
        one();
        done += 1;
    }
}
