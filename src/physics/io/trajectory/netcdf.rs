//! NetCDF files after the convention of AMBER, version 1.0, as VMD, OVITO, MDAnalysis and cpptraj read them: NetCDF 3 with
//! 64-bit offsets.

use std::fmt::Debug;
use std::io;
use std::path::Path;

use netcdf3::{DataSet, DataType, FileWriter, Version};

use super::write::{WriteError, each};
use super::{Frames, Snapshot, TrajectoryError};

/// Bytes of a name.
const LABEL: usize = 5;

/// Writes `count` frames. Positions and velocities are of single precision, as the convention has them; the symbols of the
/// atoms stand in a variable of their own, `element`, for the convention has no place for them.
pub(super) fn write_netcdf(
    frames: &mut dyn Frames,
    count: usize,
    to: &Path,
) -> Result<usize, WriteError> {
    let mut first = Snapshot::default();
    let mut frames = Begun {
        has_frames: frames.read(&mut first)?,
        first,
        is_read: false,
        rest: frames,
    };
    let set = header(&frames.first, count).map_err(outside)?;
    let mut file = FileWriter::open(to).map_err(outside)?;
    file.set_def(&set, Version::Offset64Bit, 0)
        .map_err(outside)?;
    for (name, text) in [
        ("spatial", "xyz"),
        ("cell_spatial", "abc"),
        ("cell_angular", "alphabeta gamma"),
    ] {
        file.write_var_u8(name, text.as_bytes()).map_err(outside)?;
    }
    let symbols = frames.first.elements.iter();
    let symbols: Vec<u8> = symbols
        .flat_map(|element| format!("{:<LABEL$}", element.to_string()).into_bytes())
        .collect();
    file.write_var_u8("element", &symbols).map_err(outside)?;
    let mut written = 0;
    let single =
        |all: &[[f64; 3]]| -> Vec<f32> { all.as_flattened().iter().map(|x| *x as f32).collect() };
    each(&mut frames, &mut |frame| {
        let frame = frame.in_standard_orientation();
        let time_ps = frame.time_fs.unwrap_or(written as f64) * 1e-3;
        let mut write = || {
            file.write_record_f32("time", written, &[time_ps as f32])?;
            file.write_record_f32("coordinates", written, &single(&frame.positions_ang))?;
            file.write_record_f64("cell_lengths", written, &frame.cell.lengths_ang())?;
            file.write_record_f64("cell_angles", written, &frame.cell.angles_deg())?;
            if set.has_var("velocities") {
                let velocities: Vec<f32> = frame
                    .velocities_ang_per_fs
                    .as_flattened()
                    .iter()
                    .map(|v| (v * 1e3) as f32)
                    .collect();
                file.write_record_f32("velocities", written, &velocities)?;
            }
            Ok(())
        };
        write().map_err(|error: netcdf3::WriteError| io::Error::other(format!("{error:?}")))?;
        written += 1;
        Ok(())
    })?;
    file.close().map_err(outside)?;
    Ok(written)
}

fn header(frame: &Snapshot, count: usize) -> Result<DataSet, netcdf3::InvalidDataSet> {
    let mut set = DataSet::new();
    set.set_unlimited_dim("frame", count)?;
    set.add_fixed_dim("atom", frame.elements.len())?;
    for (name, size) in [
        ("spatial", 3),
        ("cell_spatial", 3),
        ("cell_angular", 3),
        ("label", LABEL),
    ] {
        set.add_fixed_dim(name, size)?;
    }
    for (name, text) in [
        ("Conventions", "AMBER"),
        ("ConventionVersion", "1.0"),
        ("program", "synth"),
        ("programVersion", env!("CARGO_PKG_VERSION")),
    ] {
        set.add_global_attr_string(name, text)?;
    }
    let variable = |set: &mut DataSet, name: &str, dims: &[&str], of: DataType, units: &str| {
        set.add_var(name, dims, of)?;
        if !units.is_empty() {
            set.add_var_attr_string(name, "units", units)?;
        }
        Ok(())
    };
    let vectors = ["frame", "atom", "spatial"];
    variable(&mut set, "spatial", &["spatial"], DataType::U8, "")?;
    variable(
        &mut set,
        "cell_spatial",
        &["cell_spatial"],
        DataType::U8,
        "",
    )?;
    variable(
        &mut set,
        "cell_angular",
        &["cell_angular", "label"],
        DataType::U8,
        "",
    )?;
    variable(&mut set, "element", &["atom", "label"], DataType::U8, "")?;
    variable(&mut set, "time", &["frame"], DataType::F32, "picosecond")?;
    variable(&mut set, "coordinates", &vectors, DataType::F32, "angstrom")?;
    let lengths = ["frame", "cell_spatial"];
    variable(
        &mut set,
        "cell_lengths",
        &lengths,
        DataType::F64,
        "angstrom",
    )?;
    let angles = ["frame", "cell_angular"];
    variable(&mut set, "cell_angles", &angles, DataType::F64, "degree")?;
    if !frame.velocities_ang_per_fs.is_empty() {
        variable(
            &mut set,
            "velocities",
            &vectors,
            DataType::F32,
            "angstrom/picosecond",
        )?;
    }
    Ok(set)
}

fn outside(error: impl Debug) -> WriteError {
    WriteError::File(io::Error::other(format!("{error:?}")))
}

/// Frames of which the first was looked at.
struct Begun<'a> {
    has_frames: bool,
    first: Snapshot,
    is_read: bool,
    rest: &'a mut dyn Frames,
}

impl Frames for Begun<'_> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        if self.is_read {
            return self.rest.read(frame);
        }
        self.is_read = true;
        frame.clone_from(&self.first);
        Ok(self.has_frames)
    }
}
