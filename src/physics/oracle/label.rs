//! Labels: energies, forces and stresses of configurations.

use rayon::prelude::*;

use crate::physics::potential::{Calculator, Potential, PotentialError, Want};
use crate::physics::structure::Structure;

/// What a potential says of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub energy_ev: f64,
    /// eV/Å, in the order of the atoms.
    pub forces: Vec<[f64; 3]>,
    /// Positive under tension.
    pub stress_ev_per_ang3: [[f64; 3]; 3],
}

/// Labels configurations, each by itself: what one cannot be given does not touch the others, and which others there
/// are does not change its label.
pub fn label(
    potential: &dyn Potential,
    structures: &[Structure],
) -> Vec<Result<Label, PotentialError>> {
    let structures = structures.par_iter().with_max_len(1);
    structures
        .map(|structure| one(potential, structure))
        .collect()
}

fn one(potential: &dyn Potential, structure: &Structure) -> Result<Label, PotentialError> {
    let want = Want {
        energy: true,
        virial: true,
        ..Want::default()
    };
    let mut calculator = Calculator::new(potential, &structure.elements, 0.0)?;
    let made = calculator.evaluate(&structure.cell, &structure.positions_ang, want)?;
    let volume = structure.cell.volume_ang3();
    Ok(Label {
        energy_ev: made.energy_ev,
        forces: made.forces.clone(),
        stress_ev_per_ang3: made.virial_ev.map(|row| row.map(|virial| -virial / volume)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Element;
    use crate::physics::oracle::Analytic;
    use crate::physics::potential::Truncation;
    use crate::physics::structure::Cell;

    fn oxide(edge_ang: f64, symbols: [&str; 2]) -> Structure {
        Structure {
            cell: Cell::orthorhombic([edge_ang; 3]).unwrap(),
            elements: symbols
                .map(|symbol| Element::from_symbol(symbol).unwrap())
                .into(),
            positions_ang: vec![[0.0; 3], [0.52 * edge_ang, 0.5 * edge_ang, 0.5 * edge_ang]],
        }
    }

    /// Labels are derivatives of one another, and one that cannot be given leaves the others as they are.
    #[test]
    fn each_configuration_has_its_own_label() {
        let model = Analytic::Pmmcs {
            ewald_accuracy: None,
            truncation: Truncation::ForceShifted,
        };
        let potential = model.potential();
        let batch = [
            oxide(3.0, ["Ba", "O"]),
            oxide(3.0, ["Ba", "Ba"]),
            oxide(3.2, ["Mg", "O"]),
        ];
        let labels = label(potential.as_ref(), &batch);
        assert!(matches!(labels[1], Err(PotentialError::Charged { .. })));
        let alone = label(potential.as_ref(), &batch[2..]);
        assert_eq!(alone[0], labels[2]);
        let label_of =
            |structure: Structure| label(potential.as_ref(), &[structure]).remove(0).unwrap();
        let own = labels[0].as_ref().unwrap();
        let moved = |by: f64| {
            let mut structure = batch[0].clone();
            structure.positions_ang[1][0] += by;
            label_of(structure).energy_ev
        };
        let force = (moved(-1e-4) - moved(1e-4)) / 2e-4;
        assert!(
            (force - own.forces[1][0]).abs() < 1e-6,
            "{force} {:?}",
            own.forces
        );
        let strained = |by: f64| {
            let mut structure = batch[0].clone();
            let mut rows = structure.cell.rows_ang();
            rows[0][0] *= 1.0 + by;
            structure.cell = Cell::new(rows).unwrap();
            structure.positions_ang[1][0] *= 1.0 + by;
            label_of(structure).energy_ev
        };
        let stress = (strained(1e-4) - strained(-1e-4)) / 2e-4 / 27.0;
        assert!((stress - own.stress_ev_per_ang3[0][0]).abs() < 1e-7);
    }
}
