//! Positions without jumps.
//!
//! In a cell that breathes, adding whole cells of the moment (as `xu` of LAMMPS does) moves an atom that has travelled
//! far whenever the cell moves. What is kept here are displacements: `u' = u + [w' − w]`, where w are positions inside
//! the cell and the bracket is the displacement in the cell of the new frame (toroidal-view-preserving scheme, von
//! Bülow, Bullerjahn and Hummer, J. Chem. Phys. 153, 021101, 2020, eq. 2). In a fixed cell both are the same.

use super::{Snapshot, TrajectoryError};
use crate::physics::structure::Cell;

/// Where an atom moves further than this part of the cell between two frames, another has moved further than half of
/// it, and nobody can tell which way.
const FURTHEST: f64 = 0.4;

/// Unwraps frame after frame.
#[derive(Debug, Default)]
pub struct Unwrapper {
    frame: usize,
    cell: Option<Cell>,
    /// Whether the cell has ever changed.
    breathes: bool,
    /// Of the frame before: positions inside the cell, Å, and how many cells away from there they were given.
    inside_ang: Vec<[f64; 3]>,
    shifts: Vec<[f64; 3]>,
    unwrapped_ang: Vec<[f64; 3]>,
}

impl Unwrapper {
    /// Fills `unwrapped_ang` of a frame, unless the trajectory did; `positions_ang` stay.
    pub fn unwrap(&mut self, frame: &mut Snapshot) -> Result<(), TrajectoryError> {
        self.frame += 1;
        if !frame.unwrapped_ang.is_empty() {
            return Ok(());
        }
        let cell = frame.cell;
        let first = self.cell.is_none();
        self.breathes |= !first && self.cell != Some(cell);
        self.cell = Some(cell);
        let atoms = frame.positions_ang.len();
        self.inside_ang.resize(atoms, [0.0; 3]);
        self.shifts.resize(atoms, [0.0; 3]);
        if first {
            self.unwrapped_ang.clone_from(&frame.positions_ang);
        }
        let given = !frame.wrapped && !self.breathes;
        let mut furthest = (0, 0.0);
        for (atom, position) in frame.positions_ang.iter().enumerate() {
            let fractional = cell.to_fractional(*position);
            let shift = fractional.map(f64::floor);
            let inside = cell.to_cartesian(std::array::from_fn(|k| fractional[k] - shift[k]));
            let inside_before = std::mem::replace(&mut self.inside_ang[atom], inside);
            let shift_before = std::mem::replace(&mut self.shifts[atom], shift);
            let unwrapped = &mut self.unwrapped_ang[atom];
            if given {
                *unwrapped = *position;
            }
            if first || given {
                continue;
            }
            let moved = std::array::from_fn(|k| inside[k] - inside_before[k]);
            let mut moved = cell.to_fractional(moved);
            for k in 0..3 {
                if frame.wrapped {
                    moved[k] -= moved[k].round();
                    if moved[k].abs() > furthest.1 {
                        furthest = (atom, moved[k].abs());
                    }
                } else {
                    moved[k] += shift[k] - shift_before[k];
                }
            }
            let moved = cell.to_cartesian(moved);
            for k in 0..3 {
                unwrapped[k] += moved[k];
            }
        }
        if furthest.1 > FURTHEST {
            return Err(TrajectoryError::new(
                self.frame,
                format!(
                    "atom {} moves by {:.2} of the cell since the frame before: which way it went cannot be told",
                    furthest.0 + 1,
                    furthest.1
                ),
                "write frames more often, or write unwrapped positions (`xu yu zu`) or image flags (`ix iy iz`)",
            ));
        }
        frame.unwrapped_ang.clone_from(&self.unwrapped_ang);
        Ok(())
    }
}
