//! Against energies, forces and stresses of python-ace 0.4.0rc1, where `SYNTH_REFERENCE_DATA` says they are.

use std::path::PathBuf;
use std::sync::Arc;

use crate::physics::ace::{
    AtomicClusterExpansion, Expansion, Model, Reference, read_asi, read_basis, read_yace,
    write_asi, write_basis, write_yace,
};
use crate::physics::io::{Frame, Values, read_extxyz};
use crate::physics::numerics::testing::largest;
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

/// Both files of a model hold the same potential, the order of functions is that of the active set, and the grades are those
/// that python-ace gives.
#[test]
fn bases_and_active_sets_are_those_of_python_ace() {
    let Some(folder) = folder() else { return };
    for name in POTENTIALS {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).expect("a file");
        let set = std::fs::read(folder.join(format!("{name}.asi"))).ok();
        let expansion = Expansion::read(text.as_bytes(), set.as_deref()).expect("a potential");
        let other = AtomicClusterExpansion::new(&model(name));
        let potential = expansion.potential();
        let mut worst: [f64; 3] = [0.0; 3];
        for frame in frames(name) {
            let structure = &frame.structure;
            let want = Want {
                energy: true,
                energies: true,
                virial: true,
                grades: true,
            };
            let evaluate = |potential: &dyn Potential| {
                let mut calculator =
                    Calculator::new(potential, &structure.elements, 0.0).expect("bound");
                calculator
                    .evaluate(&structure.cell, &structure.positions_ang, want)
                    .expect("an evaluation")
                    .clone()
            };
            let (found, same) = (evaluate(&potential), evaluate(&other));
            let off = |a: &[f64], b: &[f64]| {
                assert_eq!(a.len(), b.len());
                let pairs = a.iter().zip(b);
                largest(pairs.map(|(a, b)| (a - b).abs() / b.abs().max(1.0)))
            };
            let (forces, others) = (found.forces.as_flattened(), same.forces.as_flattened());
            let energies = off(&found.energies_ev, &same.energies_ev);
            worst[0] = largest([worst[0], energies]);
            worst[1] = largest([worst[1], off(forces, others)]);
            if set.is_some() {
                let Values::Reals(expected) = &frame.columns["gamma"].values else {
                    panic!("grades are numbers")
                };
                assert_eq!(found.grades.len(), expected.len());
                for (a, b) in found.grades.iter().zip(expected) {
                    if *b < 1e3 {
                        worst[2] = largest([worst[2], (a - b).abs() / b]);
                    }
                }
            }
        }
        println!("{name}: {worst:?}");
        assert!(
            worst[0] < 1e-12 && worst[1] < 1e-11 && worst[2] < 1e-5,
            "{name}: {worst:?}"
        );
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

/// What is written reads back as it was.
#[test]
fn files_come_back_as_they_were() {
    let Some(folder) = folder() else { return };
    for name in POTENTIALS {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).expect("a file");
        let basis = read_basis(&text).expect("a basis");
        assert_eq!(read_basis(&write_basis(&basis)).expect("a basis"), basis);
        let model = model(name);
        assert_eq!(read_yace(&write_yace(&model)).expect("a model"), model);
        if let Ok(set) = std::fs::read(folder.join(format!("{name}.asi"))) {
            let set = read_asi(&set, &basis).expect("an active set");
            let written = write_asi(&set, &basis).expect("bytes");
            assert_eq!(read_asi(&written, &basis).expect("an active set"), set);
        }
    }
}
