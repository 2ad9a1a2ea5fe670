//! The thermodynamic log: CSV, a row each interval.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::constants::ATOMIC_MASS_KG;

use super::MdError;
use super::matrix::{Matrix, scaled, sum, trace};
use super::system::System;

pub const COLUMNS: &str = "segment,step,time_fs,temperature_k,potential_ev,kinetic_ev,conserved_ev,volume_ang3,\
                           density_g_per_cm3,pressure_ev_per_ang3,pxx,pyy,pzz,pxy,pxz,pyz";

/// A row of it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub segment: usize,
    pub step: u64,
    pub time_fs: f64,
    pub temperature_k: f64,
    pub potential_ev: f64,
    pub kinetic_ev: f64,
    pub conserved_ev: f64,
    pub volume_ang3: f64,
    /// u/Å³ in g/cm³.
    pub density_g_per_cm3: f64,
    /// eV/Å³, compression positive.
    pub pressure: Matrix,
}

impl Row {
    /// `virial_ev` belongs to the positions at hand; `extra_ev` is what makes the energy the conserved quantity.
    pub fn new(
        (segment, step, time_fs): (usize, u64, f64),
        system: &System,
        potential_ev: f64,
        virial_ev: &Matrix,
        extra_ev: f64,
    ) -> Self {
        let volume_ang3 = system.cell.volume_ang3();
        let kinetic_ev = 0.5 * system.twice_kinetic;
        Row {
            segment,
            step,
            time_fs,
            temperature_k: system.temperature_k(),
            potential_ev,
            kinetic_ev,
            conserved_ev: kinetic_ev + potential_ev + extra_ev,
            volume_ang3,
            density_g_per_cm3: system.mass_u() / volume_ang3 * ATOMIC_MASS_KG * 1e27,
            pressure: scaled(&sum(&system.kinetic_tensor(), virial_ev), 1.0 / volume_ang3),
        }
    }

    /// xx, yy, zz, yz, xz, xy in eV/Å³; the tensor is symmetric but for rounding.
    pub fn pressure_components(&self) -> [f64; 6] {
        let p = &self.pressure;
        let off = |i: usize, j: usize| 0.5 * (p[i][j] + p[j][i]);
        [p[0][0], p[1][1], p[2][2], off(1, 2), off(0, 2), off(0, 1)]
    }

    pub fn scalar_pressure(&self) -> f64 {
        trace(&self.pressure) / 3.0
    }
}

pub struct Log {
    path: PathBuf,
    file: BufWriter<File>,
    offset: u64,
}

impl Log {
    pub fn create(path: &Path) -> Result<Self, MdError> {
        let file = File::create(path).map_err(MdError::file(path))?;
        let mut log = Log {
            path: path.to_owned(),
            file: BufWriter::new(file),
            offset: 0,
        };
        log.line(COLUMNS)?;
        Ok(log)
    }

    /// Takes up a log where a checkpoint left it.
    pub fn resume(path: &Path, offset: u64) -> Result<Self, MdError> {
        let open = || {
            let mut file = OpenOptions::new().write(true).open(path)?;
            let length = file.metadata()?.len();
            if length >= offset {
                file.set_len(offset)?;
                file.seek(SeekFrom::End(0))?;
            }
            Ok((file, length))
        };
        let (file, length) = open().map_err(MdError::file(path))?;
        if length < offset {
            return Err(MdError::Damaged {
                path: path.to_owned(),
                what: "it is shorter than at the checkpoint".to_owned(),
            });
        }
        Ok(Log {
            path: path.to_owned(),
            file: BufWriter::new(file),
            offset,
        })
    }

    pub fn push(&mut self, row: &Row) -> Result<(), MdError> {
        let [xx, yy, zz, yz, xz, xy] = row.pressure_components();
        let numbers = [
            row.temperature_k,
            row.potential_ev,
            row.kinetic_ev,
            row.conserved_ev,
            row.volume_ang3,
            row.density_g_per_cm3,
            row.scalar_pressure(),
            xx,
            yy,
            zz,
            xy,
            xz,
            yz,
        ];
        let mut line = format!("{},{},{}", row.segment, row.step, row.time_fs);
        for x in numbers {
            line.push_str(&format!(",{x}"));
        }
        self.line(&line)
    }

    fn line(&mut self, line: &str) -> Result<(), MdError> {
        self.offset += line.len() as u64 + 1;
        writeln!(self.file, "{line}").map_err(MdError::file(&self.path))
    }

    pub fn flush(&mut self) -> Result<(), MdError> {
        self.file.flush().map_err(MdError::file(&self.path))
    }

    /// Where it ends, safe on disk.
    pub fn tail(&mut self) -> Result<u64, MdError> {
        self.flush()?;
        self.file
            .get_ref()
            .sync_data()
            .map_err(MdError::file(&self.path))?;
        Ok(self.offset)
    }
}
