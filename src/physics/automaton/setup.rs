//! Filling a grid: random cells, or grains grown from nuclei.

use super::state::cell_count;
use super::{AutomatonError, Chemistry, Conserve, State};
use crate::physics::numerics::Stream;

/// How the first grid is filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Setup {
    /// Each cell on its own: the finest mixture.
    Noise,
    /// Grains grown from nuclei, this many cells to a grain on average (the published setup has 4).
    Grains { cells_per_grain: f64 },
}

/// A sample to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub shape: [u32; 3],
    /// Phases with their amounts in any common measure of moles.
    pub precursors: Vec<(usize, f64)>,
    /// Part of the cells that is filled; reactions with the atmosphere alone need empty neighbours.
    pub packing_fraction: f64,
    pub setup: Setup,
    pub conserve: Conserve,
    /// Of this realisation.
    pub seed: [u8; 32],
}

/// Labels of the streams that are not the run's own.
const FILLING: u64 = 1;
const REBUILDING: u64 = 2;

impl Start {
    /// The sample before the firing.
    pub fn build(&self, chemistry: &Chemistry) -> Result<State, AutomatonError> {
        let cells = cell_count(self.shape)?;
        let volumes = precursor_volumes(chemistry, &self.precursors)?;
        let total: f64 = volumes.iter().sum();
        if !(self.packing_fraction > 0.0 && self.packing_fraction <= 1.0) {
            return Err(AutomatonError::OutOfRange {
                name: "packing_fraction",
                range: "above 0 and at most 1",
                value: self.packing_fraction,
            });
        }
        let filled = (cells as f64 * self.packing_fraction).round().max(1.0);
        let mut state = State::empty(chemistry, self.shape, self.seed)?;
        state.scale = filled / total;
        for &(phase, amount) in &self.precursors {
            state.moles[phase] += amount * state.scale;
        }
        if let Setup::Grains { cells_per_grain } = self.setup
            && !(cells_per_grain >= 1.0 && cells_per_grain.is_finite())
        {
            return Err(AutomatonError::OutOfRange {
                name: "cells_per_grain",
                range: "1 or more",
                value: cells_per_grain,
            });
        }
        let mut stream = Stream::new(self.seed, &[FILLING]);
        let counts = apportion(&volumes, filled as u64);
        for (p, count) in counts.iter().enumerate() {
            if volumes[p] > 0.0 && *count == 0 {
                return Err(AutomatonError::NoCellFor {
                    name: state.phases[p].clone(),
                    cells: (total / volumes[p] / self.packing_fraction).ceil() as u64,
                });
            }
        }
        fill(&mut state, &counts, self.setup, &mut stream);
        if self.conserve == Conserve::Statistical {
            place_volumes(&mut state, chemistry, self.setup == Setup::Noise);
        }
        Ok(state)
    }
}

/// Volume of each phase in the amounts given; refuses gases and amounts that are none.
fn precursor_volumes(
    chemistry: &Chemistry,
    amounts: &[(usize, f64)],
) -> Result<Vec<f64>, AutomatonError> {
    let mut volumes = vec![0.0; chemistry.phases().len()];
    for &(phase, amount) in amounts {
        let spec = chemistry
            .phases()
            .get(phase)
            .ok_or_else(|| AutomatonError::UnknownPhase(format!("phase number {phase}")))?;
        if spec.is_gas {
            return Err(AutomatonError::GasPrecursor(spec.name.clone()));
        }
        if !(amount.is_finite() && amount > 0.0) {
            return Err(AutomatonError::BadAmount(spec.name.clone()));
        }
        volumes[phase] += amount * spec.volume_ang3.unwrap_or(0.0);
    }
    if volumes.iter().all(|&volume| volume == 0.0) {
        return Err(AutomatonError::NoPrecursors);
    }
    Ok(volumes)
}

/// Adds precursors to what is there and mixes anew.
pub(super) fn add(
    state: &mut State,
    chemistry: &Chemistry,
    amounts: &[(usize, f64)],
) -> Result<(), AutomatonError> {
    precursor_volumes(chemistry, amounts)?;
    for &(phase, amount) in amounts {
        state.moles[phase] += amount * state.scale;
    }
    regrind(state, chemistry);
    Ok(())
}

/// Mixes what is outside the melt anew over as many cells as were filled; amounts stay as they are. A phase whose
/// share is less than half a cell keeps its amount without a cell until it is ground or formed again.
pub(super) fn regrind(state: &mut State, chemistry: &Chemistry) {
    let statistical = !state.volumes.is_empty();
    state.moles = state.amounts(chemistry);
    state.volumes = Vec::new();
    let volumes: Vec<f64> = state
        .moles
        .iter()
        .zip(chemistry.phases())
        .map(|(n, phase)| n * phase.volume_ang3.unwrap_or(0.0))
        .collect();
    let total: f64 = volumes.iter().sum();
    let empty = state.phases.len() as u16;
    let filled = state.cells.iter().filter(|&&cell| cell != empty).count() as u64;
    if filled > 0 && total > 0.0 {
        let counts = apportion(&volumes, filled);
        state.cell_volume = total / filled as f64;
        let mut stream = Stream::resume(&state.stream)
            .child(REBUILDING)
            .child(state.rebuilt);
        fill(state, &counts, Setup::Noise, &mut stream);
    }
    state.rebuilt += 1;
    if statistical {
        place_volumes(state, chemistry, false);
    }
}

/// Sets apart as a melt what is above its melting point if that is more than `threshold` of the volume in the grid,
/// takes back what has frozen, and mixes the rest anew over the grid. Nothing happens while neither is the case.
pub(super) fn separate_melt(
    state: &mut State,
    chemistry: &Chemistry,
    temperature_k: f64,
    threshold: f64,
) {
    let molten = |p: usize| {
        chemistry.phases()[p]
            .melting_k
            .is_some_and(|melting| temperature_k > melting)
    };
    let frozen: Vec<usize> = (0..state.melted.len())
        .filter(|&p| state.melted[p] > 0.0 && !molten(p))
        .collect();
    let amounts = state.amounts(chemistry);
    let volume = |p: usize| amounts[p] * chemistry.phases()[p].volume_ang3.unwrap_or(0.0);
    let total: f64 = (0..amounts.len()).map(volume).sum();
    let liquid: f64 = (0..amounts.len()).filter(|&p| molten(p)).map(volume).sum();
    let pour = liquid > threshold * total && liquid < total;
    if frozen.is_empty() && !pour {
        return;
    }
    let statistical = !state.volumes.is_empty();
    state.moles = amounts;
    state.volumes = Vec::new();
    for p in frozen {
        state.moles[p] += std::mem::take(&mut state.melted[p]);
    }
    if pour {
        for p in 0..state.moles.len() {
            if molten(p) {
                state.melted[p] += std::mem::take(&mut state.moles[p]);
            }
        }
    }
    regrind(state, chemistry);
    if statistical {
        place_volumes(state, chemistry, false);
    }
}

/// Moves amounts into the volumes of cells. `unit`: one each, as published, so that an amount is rounded to cells;
/// otherwise the cells of a phase share its amount.
fn place_volumes(state: &mut State, chemistry: &Chemistry, unit: bool) {
    if !state.volumes.is_empty() {
        return;
    }
    let counts = state.counts();
    let mut each = vec![0.0; state.phases.len() + 1];
    for (p, phase) in chemistry.phases().iter().enumerate() {
        if counts[p] > 0 {
            let shared = state.moles[p] * phase.volume_ang3.unwrap_or(0.0)
                / (counts[p] as f64 * state.cell_volume);
            each[p] = if unit { 1.0 } else { shared };
            state.moles[p] = 0.0;
        }
    }
    state.volumes = state
        .cells
        .iter()
        .map(|&cell| each[usize::from(cell)])
        .collect();
}

/// Whole cells in proportion to weights, `total` in all: rounded down, then one more to the largest remainders.
fn apportion(weights: &[f64], total: u64) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    let ideal: Vec<f64> = weights.iter().map(|w| w / sum * total as f64).collect();
    let mut counts: Vec<u64> = ideal.iter().map(|x| x.floor() as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
    order.sort_by(|&a, &b| (ideal[b] - ideal[b].floor()).total_cmp(&(ideal[a] - ideal[a].floor())));
    let missing = total.saturating_sub(counts.iter().sum());
    for &i in order.iter().cycle().take(if order.is_empty() {
        0
    } else {
        missing as usize
    }) {
        counts[i] += 1;
    }
    counts
}

fn fill(state: &mut State, counts: &[u64], setup: Setup, stream: &mut Stream) {
    let empty = state.phases.len() as u16;
    let mut cells: Vec<u16> = Vec::with_capacity(state.cells.len());
    for (p, &count) in counts.iter().enumerate() {
        cells.extend(std::iter::repeat_n(p as u16, count as usize));
    }
    cells.resize(state.cells.len(), empty);
    stream.shuffle(&mut cells);
    state.cells = match setup {
        Setup::Noise => cells,
        Setup::Grains { cells_per_grain } => {
            grow(state.shape, &cells, counts, cells_per_grain, empty, stream)
        }
    };
}

/// Grains on a neighbourhood of six faces and, for each cell, one of the four body diagonals, which makes growth
/// nearly round. Each cell that growth reaches takes the adjacent phase that lacks the most volume. `mixture` says
/// which cells stay empty.
fn grow(
    shape: [u32; 3],
    mixture: &[u16],
    counts: &[u64],
    cells_per_grain: f64,
    empty: u16,
    stream: &mut Stream,
) -> Vec<u16> {
    const DIAGONALS: [[i64; 3]; 4] = [[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]];
    const WAITING: u16 = u16::MAX;
    let filled: u64 = counts.iter().sum();
    // Every phase has a nucleus, and no more than it has cells.
    let weights: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
    let nuclei = ((filled as f64 / cells_per_grain).floor() as u64).max(1);
    let nuclei: Vec<u64> = apportion(&weights, nuclei)
        .iter()
        .zip(counts)
        .map(|(&nuclei, &count)| nuclei.max(1).min(count))
        .collect();
    let mut missing: Vec<i64> = counts.iter().map(|&count| count as i64).collect();
    let mut grid = vec![WAITING; mixture.len()];
    let mut waiting: Vec<u32> = Vec::new();
    for (at, &phase) in mixture.iter().enumerate() {
        if phase == empty {
            grid[at] = empty;
        } else {
            waiting.push(at as u32);
        }
    }
    stream.shuffle(&mut waiting);
    for (p, &count) in nuclei.iter().enumerate() {
        for _ in 0..count {
            if let Some(at) = waiting.pop() {
                grid[at as usize] = p as u16;
                missing[p] -= 1;
            }
        }
    }
    let [nx, ny, nz] = shape.map(i64::from);
    let diagonal: Vec<u8> = (0..grid.len()).map(|_| stream.below(4) as u8).collect();
    let around = |at: usize| {
        let site = at as i64;
        let (x, y, z) = (site / (ny * nz), site / nz % ny, site % nz);
        let [dx, dy, dz] = DIAGONALS[usize::from(diagonal[at])];
        [
            [1, 0, 0],
            [-1, 0, 0],
            [0, 1, 0],
            [0, -1, 0],
            [0, 0, 1],
            [0, 0, -1],
            [dx, dy, dz],
            [-dx, -dy, -dz],
        ]
        .map(|[dx, dy, dz]| {
            let (x, y, z) = (
                (x + dx).rem_euclid(nx),
                (y + dy).rem_euclid(ny),
                (z + dz).rem_euclid(nz),
            );
            ((x * ny + y) * nz + z) as usize
        })
    };
    // The phase beside a cell that lacks the most.
    let best = |grid: &[u16], missing: &[i64], at: usize| {
        around(at)
            .into_iter()
            .map(|other| grid[other])
            .filter(|&phase| phase != empty && phase != WAITING)
            .max_by_key(|&phase| (missing[usize::from(phase)], std::cmp::Reverse(phase)))
    };
    while !waiting.is_empty() {
        stream.shuffle(&mut waiting);
        let before = waiting.len();
        waiting.retain(|&at| {
            let at = at as usize;
            match best(&grid, &missing, at) {
                Some(phase) => {
                    grid[at] = phase;
                    missing[usize::from(phase)] -= 1;
                    false
                }
                None => true,
            }
        });
        if waiting.len() == before {
            // Cells walled off by empty space become grains of what lacks the most.
            if let Some(at) = waiting.pop() {
                let phase = (0..missing.len())
                    .max_by_key(|&p| (missing[p], std::cmp::Reverse(p)))
                    .unwrap_or(0);
                grid[at as usize] = phase as u16;
                missing[phase] -= 1;
            }
        }
    }
    // Grains that were walled in too early grow at the cost of neighbours that have too much.
    let mut order: Vec<u32> = (0..grid.len() as u32)
        .filter(|&at| grid[at as usize] != empty)
        .collect();
    let mut moved = true;
    while moved && missing.iter().any(|&n| n > 0) {
        moved = false;
        stream.shuffle(&mut order);
        for &at in &order {
            let at = at as usize;
            let own = usize::from(grid[at]);
            if missing[own] < 0
                && let Some(phase) = best(&grid, &missing, at)
                && missing[usize::from(phase)] > 0
            {
                grid[at] = phase;
                missing[own] += 1;
                missing[usize::from(phase)] -= 1;
                moved = true;
            }
        }
    }
    grid
}
