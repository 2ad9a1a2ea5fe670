//! Against energies, forces and stresses of python-ace 0.4.0rc1, where `SYNTH_REFERENCE_DATA` says they are.

use std::path::PathBuf;
use std::sync::Arc;

use crate::physics::ace::{Model, Reference, read_yace};
use crate::physics::io::{Frame, read_extxyz};
use crate::physics::potential::{Calculator, Potential, Want};

/// The folder of potentials, or none.
pub fn folder() -> Option<PathBuf> {
    let Some(root) = std::env::var_os("SYNTH_REFERENCE_DATA") else {
        eprintln!("skipped: no reference data");
        return None;
    };
    Some(PathBuf::from(root).join("yace"))
}

pub const POTENTIALS: [&str; 3] = ["shared_MgO_lin", "shared_BaOTi_fs", "YBCO"];

pub fn frames(name: &str) -> Vec<Frame> {
    let path = folder().expect("data").join(format!("ref/{name}_B.extxyz"));
    let file = std::fs::read(&path).expect("a file of structures");
    read_extxyz(file.as_slice()).expect("structures")
}

pub fn model(name: &str) -> Model {
    let path = folder().expect("data").join(format!("{name}.yace"));
    read_yace(&std::fs::read_to_string(path).expect("a file")).expect("a potential")
}

/// Positions in the files are rounded to 1e-8 Å, which sets the floor.
pub fn agrees(potential: &dyn Potential, frames: &[Frame]) {
    for frame in frames {
        let structure = &frame.structure;
        let mut calculator = Calculator::new(potential, &structure.elements, 0.0).expect("bound");
        let cell = &structure.cell;
        let want = Want {
            energy: true,
            energies: true,
            virial: true,
            grades: false,
        };
        let found = calculator
            .evaluate(cell, &structure.positions_ang, want)
            .expect("an evaluation");
        let atoms = structure.len() as f64;
        let energy = (found.energy_ev - frame.energy_ev().expect("an energy")).abs() / atoms;
        assert!(energy < 1e-7, "{energy}");
        for (force, reference) in found.forces.iter().zip(frame.forces().expect("forces")) {
            for axis in 0..3 {
                let off = (force[axis] - reference[axis]).abs();
                assert!(off < 3e-6, "{off} of {}", reference[axis]);
            }
        }
        let stress = frame.stress_ev_per_ang3().expect("a stress");
        for (row, reference) in found.virial_ev.iter().zip(stress) {
            for (virial, reference) in row.iter().zip(reference) {
                let off = (-virial / cell.volume_ang3() - reference).abs();
                assert!(off < 5e-8, "{off} of {reference}");
            }
        }
    }
}

#[test]
fn energies_forces_and_stresses_are_those_of_python_ace() {
    if folder().is_none() {
        return;
    }
    for name in POTENTIALS {
        let potential = Reference::new(Arc::new(model(name)));
        let frames = frames(name);
        assert_eq!(frames.len(), 28);
        agrees(&potential, &frames);
    }
}
