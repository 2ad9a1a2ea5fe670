//! Structures in files of other programs.

use std::path::{Path, PathBuf};

use super::{read, structures_of};
use crate::physics::io::{Structures, write_cif, write_lammps_data, write_poscar};
use crate::run::kind::{Export, Failure};
use crate::run::store::Artifact;

pub(super) const FORMS: &[Export] = &[
    Export {
        name: "cif",
        doc: "CIF, as VESTA and databases read it; all atoms, in P1.",
    },
    Export {
        name: "poscar",
        doc: "POSCAR of VASP.",
    },
    Export {
        name: "lammps_data",
        doc: "Data file of LAMMPS, atom style atomic.",
    },
    Export {
        name: "extxyz",
        doc: "Extended XYZ, as ASE and OVITO read it: all structures in one file.",
    },
];

/// One file a structure, but for extended XYZ.
pub(super) fn export(
    artifact: &Artifact,
    form: &Export,
    stem: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let ending = match form.name {
        "lammps_data" => "data",
        "poscar" => "vasp",
        name => name,
    };
    let file = |number: Option<usize>| {
        let name = stem.file_name().unwrap_or_default().to_string_lossy();
        let number = number.map_or(String::new(), |number| format!("_{number}"));
        stem.with_file_name(format!("{name}{number}.{ending}"))
    };
    if form.name == "extxyz" {
        let path = file(None);
        std::fs::write(&path, artifact.read(Structures::FILE)?)?;
        return Ok(vec![path]);
    }
    let structures = structures_of(artifact)?;
    let many = structures.frames.len() > 1;
    let mut files = Vec::new();
    for (at, frame) in structures.frames.iter().enumerate() {
        let name = read::name(&frame.structure);
        let text = match form.name {
            "cif" => write_cif(&name, &frame.structure),
            "poscar" => write_poscar(&name, frame),
            "lammps_data" => write_lammps_data(&name, frame),
            other => return Err(Failure::new(format!("there is no form `{other}`"))),
        };
        let path = file(many.then_some(at + 1));
        std::fs::write(&path, text)?;
        files.push(path);
    }
    Ok(files)
}
