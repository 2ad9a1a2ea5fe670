//! Reactions along the lines that mix two phases.

use std::collections::BTreeSet;

use super::enumerate::{Sides, Species};
use super::{NetworkError, ReactionLibrary};
use crate::physics::thermo::hull::{Decomposition, Hull, HullError, Point, Reservoir};

/// A hull that failed, before it is said for whom.
pub(super) enum Failure {
    /// An open gas that the other open gases can make.
    Dependent(usize),
    /// A phase that the open gases form without limit.
    Unstable(usize),
    Other(HullError),
}

impl Failure {
    fn new(error: HullError, closed: &[usize], open: &[usize]) -> Self {
        let named = match error {
            HullError::DependentReservoirs { reservoir } => {
                open.get(reservoir).map(|&at| Failure::Dependent(at))
            }
            HullError::UnstableReservoirs { point } => {
                closed.get(point).map(|&at| Failure::Unstable(at))
            }
            _ => None,
        };
        named.unwrap_or(Failure::Other(error))
    }

    pub(super) fn at(self, library: &ReactionLibrary, t_k: f64) -> NetworkError {
        let name = |at: usize| library.phases()[at].phase.clone();
        match self {
            Failure::Dependent(at) => NetworkError::DependentGas(name(at)),
            Failure::Unstable(at) => NetworkError::UnstableGases {
                phase: name(at),
                t_k,
            },
            Failure::Other(error) => NetworkError::Hull { t_k, error },
        }
    }
}

/// Smaller changes than this are rounding; compositions are per atom.
const ZERO: f64 = 1e-8;

/// How far below the hull a metastable phase is put to see what it would form from, eV/atom: more than rounding,
/// less than any difference that data resolve.
const STABILISED_EV: f64 = 1e-7;

/// Adds what happens at every kink of the hull between every two phases, their own decompositions included; then,
/// for each phase at most `within_ev` an atom above the hull, what forms it downhill if it alone is let onto the hull.
pub(super) fn search(
    species: &Species,
    energies_ev: &[f64],
    open: &[usize],
    within_ev: f64,
    found: &mut BTreeSet<Sides>,
) -> Result<(), Failure> {
    let mut lines = Lines {
        species,
        energies_ev,
        open,
        closed: (0..energies_ev.len())
            .filter(|at| !open.contains(at))
            .collect(),
    };
    // A gas at a trace may let an open one fall apart without limit, as CO and O2 do with CO2 when it is hot. What the
    // atmosphere does by itself is its own affair: that gas is set aside.
    let hull = loop {
        match lines.hull(None) {
            Err(Failure::Unstable(at)) if species.gas[at] => lines.closed.retain(|&one| one != at),
            other => break other?,
        }
    };
    lines.cross(&hull, None, found)?;
    for (place, &phase) in lines.closed.iter().enumerate() {
        let above_ev = hull.above_ev_per_atom(place).map_err(Failure::Other)?;
        if !hull.is_stable(place) && above_ev <= within_ev {
            let energy_ev = energies_ev[phase] - (above_ev + STABILISED_EV) * species.atoms[phase];
            let hull = lines.hull(Some((phase, energy_ev)))?;
            lines.cross(&hull, Some(phase), found)?;
        }
    }
    Ok(())
}

/// The lines that mix every two phases that are not open.
struct Lines<'a> {
    species: &'a Species,
    energies_ev: &'a [f64],
    open: &'a [usize],
    closed: Vec<usize>,
}

impl Lines<'_> {
    /// The hull, where one phase may have another energy than its own.
    fn hull(&self, but: Option<(usize, f64)>) -> Result<Hull, Failure> {
        let energy = |at: usize| match but {
            Some((phase, energy_ev)) if phase == at => energy_ev,
            _ => self.energies_ev[at],
        };
        let points: Vec<Point> = self
            .closed
            .iter()
            .map(|&at| Point {
                amounts: self.species.amounts[at].clone(),
                energy_ev: energy(at),
            })
            .collect();
        let reservoirs: Vec<Reservoir> = self
            .open
            .iter()
            .map(|&at| Reservoir {
                amounts: self.species.amounts[at].clone(),
                potential_ev: energy(at),
            })
            .collect();
        Hull::open(&points, &reservoirs)
            .map_err(|error| Failure::new(error, &self.closed, self.open))
    }

    /// Adds the reactions at the kinks; with `only`, those that form this phase and lower the energy.
    fn cross(
        &self,
        hull: &Hull,
        only: Option<usize>,
        found: &mut BTreeSet<Sides>,
    ) -> Result<(), Failure> {
        let one_atom = |at: usize| -> Vec<f64> {
            let atoms = self.species.atoms[at];
            self.species.amounts[at]
                .iter()
                .map(|amount| amount / atoms)
                .collect()
        };
        for (place, &first) in self.closed.iter().enumerate() {
            let alone = one_atom(first);
            self.add(
                &[(first, 1.0)],
                &hull.decomposition(&alone).map_err(Failure::Other)?,
                only,
                found,
            );
            for &second in &self.closed[place + 1..] {
                for kink in hull
                    .along(&alone, &one_atom(second))
                    .map_err(Failure::Other)?
                {
                    if kink.fraction > ZERO && kink.fraction < 1.0 - ZERO {
                        let shares = [(first, 1.0 - kink.fraction), (second, kink.fraction)];
                        self.add(&shares, &kink.decomposition, only, found);
                    }
                }
            }
        }
        Ok(())
    }

    /// `shares` of an atom of each reactant fall apart as the hull says.
    fn add(
        &self,
        shares: &[(usize, f64)],
        decomposition: &Decomposition,
        only: Option<usize>,
        found: &mut BTreeSet<Sides>,
    ) {
        let atoms = &self.species.atoms;
        let mut changes = vec![0.0; atoms.len()];
        for &(at, share) in shares {
            changes[at] -= share;
        }
        for &(point, portions) in &decomposition.phases {
            let at = self.closed[point];
            changes[at] += portions * atoms[at];
        }
        for (&at, portions) in self.open.iter().zip(&decomposition.released) {
            changes[at] += portions * atoms[at];
        }
        if let Some(phase) = only {
            let change_ev: f64 = (0..atoms.len())
                .map(|at| changes[at] * self.energies_ev[at] / atoms[at])
                .sum();
            if changes[phase] <= ZERO || change_ev >= 0.0 {
                return;
            }
        }
        let side = |sign: f64| -> Vec<usize> {
            (0..changes.len())
                .filter(|&at| sign * changes[at] > ZERO)
                .collect()
        };
        let sides = (side(-1.0), side(1.0));
        if !sides.0.is_empty() && !sides.1.is_empty() {
            found.insert(sides);
        }
    }
}
