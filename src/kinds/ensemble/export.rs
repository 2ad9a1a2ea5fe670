//! Trajectories in files of other programs.

use std::path::{Path, PathBuf};

use crate::physics::io::trajectory::{WrittenForm, write_trajectory};
use crate::physics::md::Trajectories;
use crate::run::kind::{Export, Failure};
use crate::run::store::Artifact;

pub(super) const FORMS: &[Export] = &[
    Export {
        name: "lammps_dump",
        doc: "LAMMPS text dump in units metal, with elements; velocities where they were kept.",
    },
    Export {
        name: "extxyz",
        doc: "Extended XYZ, as ASE and OVITO read it, with energies.",
    },
    Export {
        name: "dcd",
        doc: "DCD, as VMD and MDAnalysis read it: positions and cells alone.",
    },
    Export {
        name: "netcdf",
        doc: "NetCDF after AMBER's convention, as VMD, OVITO and MDAnalysis read it; velocities where they were kept.",
    },
];

/// One file a replica, with the frames of its production.
pub(super) fn export(
    artifact: &Artifact,
    form: &Export,
    stem: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let (written, ending) = match form.name {
        "lammps_dump" => (WrittenForm::LammpsDump, "lammpstrj"),
        "extxyz" => (WrittenForm::Extxyz, "extxyz"),
        "dcd" => (WrittenForm::Dcd, "dcd"),
        "netcdf" => (WrittenForm::Netcdf, "nc"),
        other => return Err(Failure::new(format!("there is no form `{other}`"))),
    };
    let all: Trajectories = artifact.json(Trajectories::FILE)?;
    let many = all.runs.len() > 1;
    let mut files = Vec::new();
    for (at, run) in all.runs.iter().enumerate() {
        let path = artifact
            .path(&run.file)
            .ok_or_else(|| Failure::new("the file of the trajectory is missing"))?;
        let replica = if many {
            format!("_{}", at + 1)
        } else {
            String::new()
        };
        let name = stem.file_name().unwrap_or_default().to_string_lossy();
        let file = stem.with_file_name(format!("{name}{replica}.{ending}"));
        let mut frames = run
            .open(&path)
            .map_err(|error| Failure::new(error.to_string()))?;
        write_trajectory(&mut frames, run.frames, written, &file)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        files.push(file);
    }
    Ok(files)
}
