//! Files of structures in whichever form their names say.

use thiserror::Error;

use super::{FileError, Frame, read_cif, read_extxyz, read_lammps_data, read_poscar, write_extxyz};

/// Configurations as nodes hand them to one another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Structures {
    pub frames: Vec<Frame>,
}

impl Structures {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "structures";
    /// The file of such an artifact: extended XYZ, so that other programs can read it.
    pub const FILE: &'static str = "structures.xyz";

    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        read_extxyz(bytes).map(|frames| Structures { frames })
    }

    pub fn write(&self, to: &mut impl std::io::Write) -> std::io::Result<()> {
        self.frames
            .iter()
            .try_for_each(|frame| write_extxyz(to, frame))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StructureFileError {
    #[error("`{0}` is in no form that is known")]
    UnknownForm(String),
    #[error("{name}: {error}")]
    Fault { name: String, error: FileError },
}

/// Reads a file by its name: `.cif`; `.xyz` and `.extxyz`; `.vasp`, `.poscar` and names like `POSCAR`; `.data` and
/// `.lmp` of LAMMPS.
pub fn read_structures(name: &str, bytes: &[u8]) -> Result<Vec<Frame>, StructureFileError> {
    let file = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(name)
        .to_lowercase();
    let fault = |error| StructureFileError::Fault {
        name: name.to_owned(),
        error,
    };
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    if matches!(ending, "xyz" | "extxyz") {
        return read_extxyz(bytes).map_err(fault);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        fault(FileError::new(
            line,
            "this is no UTF-8 text",
            "save the file as UTF-8 text; unpack it first if it is compressed",
        ))
    })?;
    let frames = match ending {
        "cif" => read_cif(text),
        "data" | "lmp" => read_lammps_data(text).map(|frame| vec![frame]),
        "vasp" | "poscar" => read_poscar(text).map(|frame| vec![frame]),
        _ if file.contains("poscar") || file.contains("contcar") => {
            read_poscar(text).map(|frame| vec![frame])
        }
        _ => return Err(StructureFileError::UnknownForm(name.to_owned())),
    };
    frames.map_err(fault)
}
