use std::path::PathBuf;

use super::*;
use crate::physics::ace::read_yace;
use crate::physics::io::{Info, Values, read_extxyz};
use crate::physics::structure::Structure;

fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("SYNTH_REFERENCE_DATA");
    if folder.is_none() {
        println!("skipped: no reference data");
    }
    folder.map(|folder| PathBuf::from(folder).join("yace"))
}

const ALL: Want = Want {
    energy: true,
    energies: true,
    virial: true,
    grades: false,
};

fn evaluate(
    potential: &AtomicClusterExpansion,
    structure: &Structure,
    level: Level,
    skin_ang: f64,
) -> Evaluation {
    let mut bound = BoundExpansion::new(potential, &structure.elements, level).unwrap();
    let mut neighbours = Neighbours::new(potential.cutoff_ang(), skin_ang)
        .with_species(species_of(&structure.elements));
    neighbours
        .update(&structure.cell, &structure.positions_ang)
        .unwrap();
    let mut out = Evaluation::default();
    bound
        .evaluate(
            &structure.cell,
            &structure.positions_ang,
            &neighbours,
            ALL,
            &mut out,
        )
        .unwrap();
    out
}

/// Labels were made by another program; positions are rounded to 1e-8 Å.
#[test]
fn labels_of_another_program_are_met_on_every_level() {
    let Some(folder) = reference() else { return };
    for name in ["shared_MgO_lin", "shared_BaOTi_fs", "YBCO"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yace"))).unwrap();
        let potential = AtomicClusterExpansion::new(&read_yace(&text).unwrap());
        let labels = std::fs::read(folder.join(format!("ref/{name}_B.extxyz"))).unwrap();
        let frames = read_extxyz(&labels[..]).unwrap();
        assert_eq!(frames.len(), 28);
        let mut worst = [0.0f64; 4];
        for level in Level::all() {
            for frame in &frames {
                let structure = &frame.structure;
                let out = evaluate(&potential, structure, level, 0.4);
                let atoms = structure.len() as f64;
                let energy = out.energy_ev - frame.real("energy").unwrap();
                worst[0] = worst[0].max(energy.abs() / atoms);
                let column = &frame.columns["atomic_energy"];
                let Values::Reals(energies) = &column.values else {
                    panic!()
                };
                for (energy, expected) in out.energies_ev.iter().zip(energies) {
                    worst[1] = worst[1].max((energy - expected).abs());
                }
                for (force, expected) in out.forces.iter().zip(frame.vectors("forces").unwrap()) {
                    for k in 0..3 {
                        worst[2] = worst[2].max((force[k] - expected[k]).abs());
                    }
                }
                let Some(Info::Reals(stress)) = frame.info.get("stress") else {
                    panic!()
                };
                for (k, expected) in stress.iter().enumerate() {
                    let found = -out.virial_ev[k / 3][k % 3] / structure.cell.volume_ang3();
                    worst[3] = worst[3].max((found - expected).abs());
                }
            }
        }
        println!(
            "{name}: energy {:.1e} eV/atom, {:.1e} eV of one, force {:.1e} eV/Å, stress {:.1e} eV/Å³",
            worst[0], worst[1], worst[2], worst[3]
        );
        assert!(
            worst[0] < 1e-7 && worst[1] < 1e-6 && worst[2] < 3e-6 && worst[3] < 5e-8,
            "{name}: {worst:?}"
        );
    }
}
