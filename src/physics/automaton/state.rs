//! The sample: what sits in each cell, how much of everything there is, and where the random stream stands.

use serde::{Deserialize, Serialize};

use super::{AutomatonError, Chemistry, Conserve, Sweeps};
use crate::physics::numerics::Stream;
use crate::physics::numerics::random::Position;

/// Everything that a run needs to go on. Phases are named, so that a state fits any chemistry that knows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Cells along each axis; the last axis runs fastest.
    pub shape: [u32; 3],
    pub phases: Vec<String>,
    /// Phase of each cell; the number of phases means empty space.
    pub cells: Vec<u16>,
    /// Volume of each cell in units of `cell_volume`; empty under exact conservation, where all cells of a phase
    /// share its amount.
    pub volumes: Vec<f64>,
    /// By phase, in mol of grid volume per Å³. Exact: all that there is outside the melt. Statistical: what
    /// regrinding could not place in a cell.
    pub moles: Vec<f64>,
    /// By phase: set apart as a melt.
    pub melted: Vec<f64>,
    /// By phase: given to the gas above the sample, and taken from it.
    pub released: Vec<f64>,
    pub absorbed: Vec<f64>,
    /// By reaction, as long as one chemistry is used: how often it was chosen.
    pub chosen: Vec<u64>,
    /// Volume of a cell in units of a cell of the first grid.
    pub cell_volume: f64,
    /// Moles for one unit of a precursor's amount.
    pub scale: f64,
    /// Site updates so far.
    pub updates: u64,
    /// Times the grid was rebuilt so far.
    pub rebuilt: u64,
    pub temperature_k: Option<f64>,
    pub stream: Position,
}

impl State {
    /// A state from given cells, for example of another program. `volumes`: 1 each where not given.
    pub fn from_cells(
        chemistry: &Chemistry,
        conserve: Conserve,
        shape: [u32; 3],
        cells: Vec<Option<usize>>,
        volumes: Option<Vec<f64>>,
        seed: [u8; 32],
    ) -> Result<Self, AutomatonError> {
        let count = cell_count(shape)?;
        let volumes = volumes.unwrap_or_else(|| vec![1.0; cells.len()]);
        if cells.len() as u64 != count || volumes.len() != cells.len() {
            return Err(AutomatonError::BadState(format!(
                "{} cells and {} volumes for a grid of {count}",
                cells.len(),
                volumes.len()
            )));
        }
        let mut state = State::empty(chemistry, shape, seed)?;
        for (at, (cell, volume)) in cells.into_iter().zip(&volumes).enumerate() {
            let Some(phase) = cell else { continue };
            let spec = chemistry
                .phases()
                .get(phase)
                .ok_or_else(|| AutomatonError::UnknownPhase(format!("phase number {phase}")))?;
            let Some(volume_ang3) = spec.volume_ang3.filter(|_| !spec.is_gas) else {
                return Err(AutomatonError::GasPrecursor(spec.name.clone()));
            };
            if !(volume.is_finite() && *volume > 0.0) {
                return Err(AutomatonError::BadAmount(spec.name.clone()));
            }
            state.cells[at] = phase as u16;
            state.moles[phase] += volume / volume_ang3;
        }
        match conserve {
            Conserve::Exact => {}
            Conserve::Statistical => {
                state.volumes = volumes;
                state.moles.fill(0.0);
            }
        }
        Ok(state)
    }

    /// Empty space.
    pub(super) fn empty(
        chemistry: &Chemistry,
        shape: [u32; 3],
        seed: [u8; 32],
    ) -> Result<Self, AutomatonError> {
        let count = cell_count(shape)? as usize;
        let phases = chemistry.phases();
        let none = vec![0.0; phases.len()];
        Ok(State {
            shape,
            phases: phases.iter().map(|phase| phase.name.clone()).collect(),
            cells: vec![phases.len() as u16; count],
            volumes: Vec::new(),
            moles: none.clone(),
            melted: none.clone(),
            released: none.clone(),
            absorbed: none,
            chosen: vec![0; chemistry.reactions().len()],
            cell_volume: 1.0,
            scale: 1.0,
            updates: 0,
            rebuilt: 0,
            temperature_k: None,
            stream: Stream::new(seed, &[]).position(),
        })
    }

    /// The same sample with a random stream of its own, for a firing that starts from this one's end.
    pub fn reseed(&mut self, seed: [u8; 32]) {
        self.stream = Stream::new(seed, &[]).position();
    }

    /// Time so far on the automaton's clock.
    pub fn sweeps(&self) -> Sweeps {
        Sweeps(self.updates as f64 / self.cells.len().max(1) as f64)
    }

    /// The same state in terms of another chemistry, which must know every phase that is present. Reaction counts
    /// start again unless the phases and the number of reactions are the same.
    pub(super) fn fitted(
        mut self,
        chemistry: &Chemistry,
        conserve: Conserve,
    ) -> Result<Self, AutomatonError> {
        let count = cell_count(self.shape)? as usize;
        let own = self.phases.len();
        let by_phase = [&self.moles, &self.melted, &self.released, &self.absorbed];
        let whole = self.cells.len() == count
            && (self.volumes.is_empty() || self.volumes.len() == count)
            && by_phase.iter().all(|amounts| {
                amounts.len() == own && amounts.iter().all(|n| n.is_finite() && *n >= 0.0)
            })
            && self.cells.iter().all(|&cell| usize::from(cell) <= own)
            && self.volumes.iter().all(|v| v.is_finite() && *v >= 0.0)
            && self.cell_volume.is_finite()
            && self.cell_volume > 0.0
            && self.scale.is_finite()
            && self.updates < LONGEST;
        if !whole {
            return Err(AutomatonError::BadState(
                "its parts do not belong together".into(),
            ));
        }
        let names: Vec<String> = chemistry
            .phases()
            .iter()
            .map(|phase| phase.name.clone())
            .collect();
        if names != self.phases {
            self.rename(chemistry, names)?;
        }
        if self.chosen.len() != chemistry.reactions().len() {
            self.chosen = vec![0; chemistry.reactions().len()];
        }
        if self.cells.iter().any(|&cell| {
            chemistry
                .phases()
                .get(usize::from(cell))
                .is_some_and(|phase| phase.is_gas)
        }) {
            return Err(AutomatonError::BadState("a cell holds a gas".into()));
        }
        self.convert(chemistry, conserve);
        Ok(self)
    }

    fn rename(&mut self, chemistry: &Chemistry, names: Vec<String>) -> Result<(), AutomatonError> {
        let own = self.phases.len();
        let mut present = vec![false; own];
        for &cell in &self.cells {
            if usize::from(cell) < own {
                present[usize::from(cell)] = true;
            }
        }
        let mut to = vec![None; own];
        for (p, name) in self.phases.iter().enumerate() {
            to[p] = chemistry.phase(name).ok();
            let amount = self.moles[p] + self.melted[p] + self.released[p] + self.absorbed[p];
            if to[p].is_none() && (present[p] || amount > 0.0) {
                return Err(AutomatonError::UnknownPhase(name.clone()));
            }
        }
        for cell in &mut self.cells {
            *cell = to
                .get(usize::from(*cell))
                .copied()
                .flatten()
                .map_or(names.len() as u16, |phase| phase as u16);
        }
        for amounts in [
            &mut self.moles,
            &mut self.melted,
            &mut self.released,
            &mut self.absorbed,
        ] {
            let mut moved = vec![0.0; names.len()];
            for (p, n) in amounts.iter().enumerate() {
                if let Some(phase) = to[p] {
                    moved[phase] += n;
                }
            }
            *amounts = moved;
        }
        self.chosen = vec![0; chemistry.reactions().len()];
        self.phases = names;
        Ok(())
    }

    /// From one way of conserving to the other.
    fn convert(&mut self, chemistry: &Chemistry, conserve: Conserve) {
        match conserve {
            Conserve::Exact if !self.volumes.is_empty() => {
                self.moles = self.amounts(chemistry);
                self.volumes = Vec::new();
            }
            Conserve::Statistical if self.volumes.is_empty() => {
                let counts = self.counts();
                let share: Vec<f64> = chemistry
                    .phases()
                    .iter()
                    .enumerate()
                    .map(|(p, phase)| {
                        let volume = self.moles[p] * phase.volume_ang3.unwrap_or(0.0);
                        volume / (counts[p].max(1) as f64 * self.cell_volume)
                    })
                    .collect();
                self.volumes = self
                    .cells
                    .iter()
                    .map(|&cell| share.get(usize::from(cell)).copied().unwrap_or(0.0))
                    .collect();
                for (n, &count) in self.moles.iter_mut().zip(&counts) {
                    if count > 0 {
                        *n = 0.0;
                    }
                }
            }
            _ => {}
        }
    }

    /// Cells of each phase, empty space last.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.phases.len() + 1];
        for &cell in &self.cells {
            counts[usize::from(cell)] += 1;
        }
        counts
    }

    /// Moles of each condensed phase outside the melt.
    pub fn amounts(&self, chemistry: &Chemistry) -> Vec<f64> {
        let mut volumes = vec![0.0; self.phases.len() + 1];
        for (&cell, volume) in self.cells.iter().zip(&self.volumes) {
            volumes[usize::from(cell)] += volume;
        }
        self.moles
            .iter()
            .zip(chemistry.phases())
            .zip(volumes)
            .map(|((carried, phase), volume)| match phase.volume_ang3 {
                Some(volume_ang3) => carried + volume * self.cell_volume / volume_ang3,
                None => *carried,
            })
            .collect()
    }
}

/// Site updates beyond which no run goes: sums of two still fit the clock.
pub(super) const LONGEST: u64 = 1 << 60;

/// Cells of a grid of this shape.
pub(super) fn cell_count([x, y, z]: [u32; 3]) -> Result<u64, AutomatonError> {
    if x < 3 || y < 3 || z < 3 {
        return Err(AutomatonError::GridTooSmall(x, y, z));
    }
    (u64::from(x) * u64::from(y))
        .checked_mul(u64::from(z))
        .filter(|&count| count <= 1 << 32)
        .ok_or(AutomatonError::GridTooLarge(x, y, z))
}
