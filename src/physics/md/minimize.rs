//! The nearest minimum of the energy, or with the cell of the enthalpy: FIRE (Bitzek et al., Phys. Rev. Lett. 97,
//! 170201, 2006; with the step taken after the velocities are mixed, Guénolé et al., Comput. Mater. Sci. 175, 109584,
//! 2020) and L-BFGS (Nocedal and Wright, Numerical Optimization, 2006, chapter 7).
//!
//! With the cell, the variables are the positions in the undeformed cell and the deformation gradient F, times the
//! number of atoms^½ so that atoms and cell are equally stiff (Tadmor et al., Phys. Rev. B 59, 235, 1999).

use std::collections::VecDeque;

use crate::physics::host::Host;
use crate::physics::potential::{Calculator, Potential, Want};
use crate::physics::structure::{Cell, Structure};

use super::MdError;
use super::matrix::{
    IDENTITY, Matrix, diagonal, inverse, product, scaled, sum, symmetric, times, transposed,
};
use super::protocol::{Method, Minimize};

/// Longest move of an atom in a step.
const LONGEST_ANG: f64 = 0.2;

/// Where a minimisation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    pub structure: Structure,
    pub energy_ev: f64,
    /// Largest force, eV/Å.
    pub force_ev_per_ang: f64,
    /// Largest component of the stress beside the pressure, eV/Å³; zero for a fixed cell.
    pub stress_ev_per_ang3: f64,
    /// Evaluations.
    pub steps: u64,
    pub converged: bool,
}

/// Minimises the energy of a structure.
pub fn minimize(
    start: &Structure,
    potential: &dyn Potential,
    how: &Minimize,
    skin_ang: f64,
    host: &dyn Host,
) -> Result<Minimum, MdError> {
    let mut calculator =
        Calculator::new(potential, &start.elements, skin_ang).map_err(MdError::Potential)?;
    relax(start, &mut calculator, how, host)
}

/// As [`minimize`], with a calculator at hand.
pub(super) fn relax(
    start: &Structure,
    calculator: &mut Calculator,
    how: &Minimize,
    host: &dyn Host,
) -> Result<Minimum, MdError> {
    let mut surface = Surface::new(start, calculator, how);
    let start = surface.start();
    match how.method {
        Method::Fire => fire(&mut surface, start, how.most_steps, host)?,
        Method::Lbfgs => lbfgs(&mut surface, start, how.most_steps, host)?,
    }
    Ok(surface.best)
}

type Vector = Vec<[f64; 3]>;

/// The enthalpy as a function of all variables: one row an atom, three for the cell.
struct Surface<'a> {
    calculator: &'a mut Calculator,
    how: &'a Minimize,
    cell: Cell,
    /// Of a row of the cell, per unit of F.
    stiffness: f64,
    best: Minimum,
}

impl<'a> Surface<'a> {
    fn new(start: &Structure, calculator: &'a mut Calculator, how: &'a Minimize) -> Self {
        Surface {
            calculator,
            how,
            cell: start.cell,
            stiffness: (start.len() as f64).sqrt() * start.cell.volume_ang3().cbrt()
                / (start.len() as f64).cbrt(),
            best: Minimum {
                structure: start.clone(),
                energy_ev: f64::INFINITY,
                force_ev_per_ang: f64::INFINITY,
                stress_ev_per_ang3: f64::INFINITY,
                steps: 0,
                converged: false,
            },
        }
    }

    fn atoms(&self) -> usize {
        self.best.structure.len()
    }

    fn start(&self) -> Vector {
        let mut at = self.best.structure.positions_ang.clone();
        if self.how.pressure.is_some() {
            at.extend(scaled(&IDENTITY, self.stiffness));
        }
        at
    }

    /// Value and downhill direction (minus the gradient); `best` is then this point. An overlap on the way is no
    /// error of the minimisation's as long as it can step back: the caller decides.
    fn evaluate(&mut self, at: &[[f64; 3]], downhill: &mut Vector) -> Result<f64, MdError> {
        let n = self.atoms();
        let step = self.best.steps;
        let deformation: Option<Matrix> = self
            .how
            .pressure
            .map(|_| std::array::from_fn(|i| at[n + i].map(|x| x / self.stiffness)));
        let structure = &mut self.best.structure;
        match &deformation {
            None => structure.positions_ang.copy_from_slice(at),
            Some(f) => {
                structure.cell = self
                    .cell
                    .transformed(f)
                    .map_err(|source| MdError::Cell { step, source })?;
                for (to, from) in structure.positions_ang.iter_mut().zip(at) {
                    *to = times(*from, f);
                }
            }
        }
        let want = Want {
            energy: true,
            virial: deformation.is_some(),
            ..Want::default()
        };
        let found = self
            .calculator
            .evaluate(&structure.cell, &structure.positions_ang, want)
            .map_err(|source| MdError::Evaluation {
                step,
                time_fs: 0.0,
                source,
            })?;
        self.best.steps += 1;
        self.best.energy_ev = found.energy_ev;
        let largest = found
            .forces
            .iter()
            .map(|f| f[0] * f[0] + f[1] * f[1] + f[2] * f[2])
            .fold(0.0, larger);
        self.best.force_ev_per_ang = largest.sqrt();
        self.best.stress_ev_per_ang3 = 0.0;
        downhill.clear();
        let mut value = found.energy_ev;
        match (&deformation, self.how.pressure) {
            (Some(f), Some(pressure)) => {
                let volume = structure.cell.volume_ang3();
                value += pressure * volume;
                let back = transposed(f);
                downhill.extend(found.forces.iter().map(|force| times(*force, &back)));
                // ∂H/∂ε, of a strain of the deformed cell.
                let slope = sum(
                    &scaled(&symmetric(&found.virial_ev), -1.0),
                    &diagonal(pressure * volume),
                );
                self.best.stress_ev_per_ang3 = slope
                    .as_flattened()
                    .iter()
                    .fold(0.0, |a: f64, b| larger(a, b.abs()))
                    / volume;
                let gradient = product(&transposed(&inverse(f)), &slope);
                downhill.extend(scaled(&gradient, -1.0 / self.stiffness));
            }
            _ => downhill.extend_from_slice(&found.forces),
        }
        if !value.is_finite() || !largest.is_finite() || !self.best.stress_ev_per_ang3.is_finite() {
            let bad = |f: &[f64; 3]| f.iter().any(|x| !x.is_finite());
            let atom = found.forces.iter().position(bad).unwrap_or(0);
            return Err(MdError::Lost {
                step,
                time_fs: 0.0,
                atom,
                element: structure.elements[atom],
                moved_ang: f64::NAN,
            });
        }
        self.best.converged = self.best.force_ev_per_ang <= self.how.force_ev_per_ang
            && self.best.stress_ev_per_ang3 <= self.how.stress_ev_per_ang3;
        Ok(value)
    }
}

fn dot(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    a.as_flattened()
        .iter()
        .zip(b.as_flattened())
        .map(|(x, y)| x * y)
        .sum()
}

/// to += factor · from.
fn add(to: &mut [[f64; 3]], factor: f64, from: &[[f64; 3]]) {
    for (x, y) in to.as_flattened_mut().iter_mut().zip(from.as_flattened()) {
        *x += factor * y;
    }
}

/// What is not a number is larger than any other.
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// The factor that keeps the longest row of a move within bounds.
fn shortening(step: &[[f64; 3]]) -> f64 {
    let longest = step
        .iter()
        .map(|x| x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
        .fold(0.0, f64::max)
        .sqrt();
    if longest > LONGEST_ANG {
        LONGEST_ANG / longest
    } else {
        1.0
    }
}

/// Stops a minimisation that somebody no longer wants.
fn go_on(host: &dyn Host) -> Result<(), MdError> {
    if host.cancelled() {
        Err(MdError::Cancelled)
    } else {
        Ok(())
    }
}

/// Masses are 1, times in the unit that follows, (Å² / eV)^½.
fn fire(surface: &mut Surface, mut at: Vector, most: u64, host: &dyn Host) -> Result<(), MdError> {
    const LONGEST_TIME: f64 = 1.0;
    const SHORTEST_TIME: f64 = 1e-3;
    const MIXED: f64 = 0.1;
    const DELAY: u32 = 5;
    let mut force = Vector::new();
    surface.evaluate(&at, &mut force)?;
    let mut velocity = vec![[0.0; 3]; at.len()];
    let (mut time, mut mixed, mut downhill) = (0.1f64, MIXED, 0u32);
    while !surface.best.converged && surface.best.steps < most {
        go_on(host)?;
        if dot(&velocity, &force) > 0.0 {
            downhill += 1;
            if downhill > DELAY {
                time = (1.1 * time).min(LONGEST_TIME);
                mixed *= 0.99;
            }
        } else {
            // Half a step back, and anew.
            add(&mut at, -0.5 * time, &velocity);
            velocity.as_flattened_mut().fill(0.0);
            downhill = 0;
            time = (0.5 * time).max(SHORTEST_TIME);
            mixed = MIXED;
        }
        add(&mut velocity, time, &force);
        let ratio = mixed * (dot(&velocity, &velocity) / dot(&force, &force)).sqrt();
        velocity
            .as_flattened_mut()
            .iter_mut()
            .for_each(|v| *v *= 1.0 - mixed);
        add(&mut velocity, ratio, &force);
        let step: Vector = velocity.iter().map(|v| v.map(|x| x * time)).collect();
        let shorter = shortening(&step);
        if shorter < 1.0 {
            velocity
                .as_flattened_mut()
                .iter_mut()
                .for_each(|v| *v *= shorter);
        }
        add(&mut at, shorter, &step);
        surface.evaluate(&at, &mut force)?;
    }
    Ok(())
}

fn lbfgs(surface: &mut Surface, mut at: Vector, most: u64, host: &dyn Host) -> Result<(), MdError> {
    const MEMORY: usize = 20;
    /// Inverse curvature to begin with, Å²/eV.
    const SOFT: f64 = 1.0 / 50.0;
    let mut force = Vector::new();
    let mut value = surface.evaluate(&at, &mut force)?;
    // Steps, changes of the gradient, and the inverse of their product.
    let mut memory: VecDeque<(Vector, Vector, f64)> = VecDeque::new();
    while !surface.best.converged && surface.best.steps < most {
        go_on(host)?;
        let mut step = force.clone();
        let mut shares = Vec::with_capacity(memory.len());
        for (s, y, rho) in memory.iter().rev() {
            let share = rho * dot(s, &step);
            add(&mut step, -share, y);
            shares.push(share);
        }
        let soft = memory
            .back()
            .map_or(SOFT, |(_, y, rho)| 1.0 / (rho * dot(y, y)));
        step.as_flattened_mut().iter_mut().for_each(|x| *x *= soft);
        for ((s, y, rho), share) in memory.iter().zip(shares.iter().rev()) {
            let other = rho * dot(y, &step);
            add(&mut step, share - other, s);
        }
        let mut slope = dot(&step, &force);
        if slope <= 0.0 {
            memory.clear();
            step = force.iter().map(|f| f.map(|x| x * SOFT)).collect();
            slope = dot(&step, &force);
        }
        let mut length = shortening(&step);
        let mut new_force = Vector::new();
        // Rounding of the energy must not stop what the forces still improve.
        let noise = 1e-13 * value.abs() + 1e-12;
        let (new_at, new_value) = loop {
            let mut new_at = at.clone();
            add(&mut new_at, length, &step);
            match surface.evaluate(&new_at, &mut new_force) {
                Ok(new) if new <= value - 1e-4 * length * slope + noise => break (new_at, new),
                Ok(new) if length < 1e-6 || surface.best.steps >= most => break (new_at, new),
                Err(error) if length < 1e-6 => return Err(error),
                _ => length *= 0.5,
            }
        };
        let mut s = new_at.clone();
        add(&mut s, -1.0, &at);
        let mut y = force.clone();
        add(&mut y, -1.0, &new_force);
        let product = dot(&s, &y);
        if product > 1e-12 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            memory.push_back((s, y, 1.0 / product));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        } else {
            memory.clear();
        }
        (at, force, value) = (new_at, new_force, new_value);
    }
    Ok(())
}
