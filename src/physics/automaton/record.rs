//! What a run tells while it goes.

use super::{Chemistry, State, Sweeps};

/// By what fractions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Mole,
    Mass,
    Volume,
}

/// Why a record was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Start,
    Regular,
    /// Just after the grid was ground anew.
    Reground,
    End,
}

/// The sample at one moment. Amounts are in mol of grid volume per Å³: an arbitrary common unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub occasion: Occasion,
    pub sweeps: Sweeps,
    pub temperature_k: f64,
    /// By phase, solid and liquid together, with what is carried outside the cells.
    pub moles: Vec<f64>,
    /// By phase: the part of `moles` that is set apart as a melt.
    pub melted: Vec<f64>,
    /// By phase: volume in cells of the first grid.
    pub volumes: Vec<f64>,
    /// By phase: mass in u Å⁻³ of grid volume.
    pub masses: Vec<f64>,
    /// By phase: gas given off and taken up so far.
    pub released: Vec<f64>,
    pub absorbed: Vec<f64>,
    /// By element, as `Chemistry::elements` lists them: what the sample holds.
    pub elements: Vec<f64>,
    /// By element: the sample and its gases, less what the atmosphere gave. Constant where matter is conserved.
    pub balance: Vec<f64>,
    /// By reaction: how often it was chosen so far.
    pub chosen: Vec<u64>,
}

impl Record {
    pub(super) fn of(
        state: &State,
        chemistry: &Chemistry,
        temperature_k: f64,
        occasion: Occasion,
    ) -> Self {
        let mut moles = state.amounts(chemistry);
        for (n, melted) in moles.iter_mut().zip(&state.melted) {
            *n += melted;
        }
        let volumes = moles
            .iter()
            .zip(chemistry.phases())
            .map(|(n, phase)| n * phase.volume_ang3.unwrap_or(0.0))
            .collect();
        let masses = moles
            .iter()
            .zip(chemistry.masses_u())
            .map(|(n, mass)| n * mass)
            .collect();
        Record {
            occasion,
            sweeps: state.sweeps(),
            temperature_k,
            elements: chemistry.element_totals(|p| moles[p]),
            balance: chemistry.element_totals(|p| moles[p] + state.released[p] - state.absorbed[p]),
            melted: state.melted.clone(),
            released: state.released.clone(),
            absorbed: state.absorbed.clone(),
            chosen: state.chosen.clone(),
            moles,
            volumes,
            masses,
        }
    }

    /// Fractions of the condensed sample by phase; they add to one.
    pub fn fractions(&self, by: By) -> Vec<f64> {
        let amounts = match by {
            By::Mole => &self.moles,
            By::Mass => &self.masses,
            By::Volume => &self.volumes,
        };
        let total: f64 = amounts.iter().sum();
        amounts
            .iter()
            .map(|n| if total > 0.0 { n / total } else { 0.0 })
            .collect()
    }
}

/// The grid at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    pub sweeps: Sweeps,
    pub temperature_k: f64,
    pub shape: [u32; 3],
    /// Phase of each cell, the last axis running fastest; `phases` (their number) means empty space.
    pub cells: &'a [u16],
    pub phases: usize,
    /// Volume of each cell in units of a cell of this grid; empty where all cells of a phase share its amount.
    pub volumes: &'a [f64],
}

/// Who listens. What is handed over is not kept, so that memory stays flat.
pub trait Observer {
    fn record(&mut self, record: &Record) -> std::io::Result<()>;
    fn snapshot(&mut self, _snapshot: &Snapshot<'_>) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps every record.
impl Observer for Vec<Record> {
    fn record(&mut self, record: &Record) -> std::io::Result<()> {
        self.push(record.clone());
        Ok(())
    }
}

/// Listens to nothing.
impl Observer for () {
    fn record(&mut self, _: &Record) -> std::io::Result<()> {
        Ok(())
    }
}
