//! DCD, the binary form of CHARMM, NAMD and LAMMPS: Fortran records of either byte order, positions in single precision.
//!
//! The cell stands as A, γ, B, β, α, C; angles are degrees or, from NAMD and LAMMPS, cosines. The file knows neither
//! elements nor velocities.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use super::{Frames, ReadOptions, Snapshot, TrajectoryError};
use crate::base::Element;
use crate::physics::structure::Cell;

/// The unit of time of CHARMM in fs: √(u Å² mol/kcal).
const AKMA_FS: f64 = 48.888_21;
/// Words of the first record after `CORD`.
const CONTROL: usize = 20;
/// A larger record means that the file is no DCD.
const LARGEST: usize = 1 << 31;

pub struct Dcd<R> {
    from: R,
    elements: Arc<[Element]>,
    frame: usize,
    ended: bool,
    big_endian: bool,
    head: Option<Head>,
    step_fs: Option<f64>,
    record: Vec<u8>,
}

struct Head {
    first_step: u64,
    steps_between: u64,
    has_cell: bool,
    has_fourth: bool,
    step_fs: Option<f64>,
}

impl<R: Read> Dcd<R> {
    pub fn new(from: R, options: ReadOptions) -> Self {
        Dcd {
            from,
            elements: options.elements.into(),
            frame: 0,
            ended: false,
            big_endian: false,
            head: None,
            step_fs: options.step_fs,
            record: Vec::new(),
        }
    }

    fn fault<T>(
        &self,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Result<T, TrajectoryError> {
        Err(TrajectoryError::new(self.frame, problem, help))
    }

    fn word(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    fn reals(&self) -> impl Iterator<Item = f64> {
        let (words, _) = self.record.as_chunks::<4>();
        words
            .iter()
            .map(|bytes| f64::from(f32::from_bits(self.word(*bytes))))
    }

    /// The four bytes before a record; none at the end of the file.
    fn marker(&mut self) -> Result<Option<[u8; 4]>, TrajectoryError> {
        let mut marker = [0; 4];
        let mut have = 0;
        while have < 4 {
            match self.from.read(&mut marker[have..]) {
                Ok(0) if have == 0 => return Ok(None),
                Ok(0) => return Err(TrajectoryError::cut_off(self.frame)),
                Ok(read) => have += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TrajectoryError::unreadable(self.frame, &error)),
            }
        }
        Ok(Some(marker))
    }

    /// Reads a record into `self.record`; false at the end of the file.
    fn record(&mut self) -> Result<bool, TrajectoryError> {
        let Some(marker) = self.marker()? else {
            return Ok(false);
        };
        let length = self.word(marker) as usize;
        if length > LARGEST {
            return self.fault("a record has no sensible length", "copy the file anew");
        }
        self.record.clear();
        // Grows with what is there, not with what a damaged length says.
        let read = (&mut self.from)
            .take(length as u64)
            .read_to_end(&mut self.record)
            .map_err(|error| TrajectoryError::unreadable(self.frame, &error))?;
        if read < length {
            return Err(TrajectoryError::cut_off(self.frame));
        }
        match self.marker()? {
            None => Err(TrajectoryError::cut_off(self.frame)),
            Some(after) if after == marker => Ok(true),
            Some(_) => self.fault("a record does not end as it begins", "copy the file anew"),
        }
    }

    fn needed_record(&mut self) -> Result<(), TrajectoryError> {
        if self.record()? {
            Ok(())
        } else {
            Err(TrajectoryError::cut_off(self.frame))
        }
    }

    fn head(&mut self) -> Result<Head, TrajectoryError> {
        let no_dcd = |this: &Self| {
            this.fault(
                "this is no DCD file",
                "its first record has 84 bytes and begins with `CORD`",
            )
        };
        let Some(marker) = self.marker()? else {
            return no_dcd(self);
        };
        self.big_endian = marker == 84u32.to_be_bytes();
        if self.word(marker) != 84 {
            return no_dcd(self);
        }
        self.record.clear();
        (&mut self.from)
            .take(84)
            .read_to_end(&mut self.record)
            .map_err(|error| TrajectoryError::unreadable(self.frame, &error))?;
        if self.marker()? != Some(marker) || !self.record.starts_with(b"CORD") {
            return no_dcd(self);
        }
        let (words, _) = self.record.as_chunks::<4>();
        let control: [u32; CONTROL] = std::array::from_fn(|at| self.word(words[at + 1]));
        let charmm = control[19] != 0;
        let delta = f64::from(f32::from_bits(control[9]));
        if control[8] != 0 {
            return self.fault(
                "the file holds fixed atoms in its first frame only",
                "write all atoms in every frame",
            );
        }
        self.needed_record()?;
        // LAMMPS writes its step in the unit of the run, which the file does not name.
        let of_lammps = self.record.windows(6).any(|bytes| bytes == b"LAMMPS");
        self.needed_record()?;
        let Ok([count]) = <[[u8; 4]; 1]>::try_from(self.record.as_chunks::<4>().0) else {
            return self.fault("the number of atoms is damaged", "copy the file anew");
        };
        let atoms = self.word(count) as usize;
        if atoms != self.elements.len() {
            let named = self.elements.len();
            return self.fault(
                format!("the file has {atoms} atoms and {named} have a known element"),
                "a DCD file does not say what its atoms are: name the structure that they belong to",
            );
        }
        Ok(Head {
            first_step: u64::from(control[1]),
            steps_between: u64::from(control[2]),
            has_cell: charmm && control[10] != 0,
            has_fourth: charmm && control[11] != 0,
            step_fs: self
                .step_fs
                .or((charmm && !of_lammps && delta > 0.0).then_some(delta * AKMA_FS)),
        })
    }

    fn cell(&self) -> Result<Cell, TrajectoryError> {
        let (numbers, rest) = self.record.as_chunks::<8>();
        let (true, Ok(numbers)) = (rest.is_empty(), <[[u8; 8]; 6]>::try_from(numbers)) else {
            return self.fault(
                "the record of the cell has not 48 bytes",
                "copy the file anew",
            );
        };
        let [a, gamma, b, beta, alpha, c] = numbers.map(|bytes| {
            if self.big_endian {
                f64::from_be_bytes(bytes)
            } else {
                f64::from_le_bytes(bytes)
            }
        });
        let angles = [alpha, beta, gamma];
        let angles = if angles.iter().all(|angle| angle.abs() <= 1.0) {
            // Exactly right angles stay so.
            angles.map(|cosine| 90.0 - cosine.asin().to_degrees())
        } else {
            angles
        };
        Cell::from_parameters([a, b, c], angles).or_else(|error| {
            self.fault(
                format!("the cell is none: {error}"),
                "a DCD file must hold the cell of every frame: write it from a periodic run",
            )
        })
    }

    fn next(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        self.frame += 1;
        let head = match self.head.take() {
            Some(head) => head,
            None => self.head()?,
        };
        if !head.has_cell {
            return self.fault(
                "the file has no cell",
                "a DCD file must hold the cell of every frame: write it from a periodic run",
            );
        }
        if !self.record()? {
            return Ok(false);
        }
        frame.cell = self.cell()?;
        let atoms = self.elements.len();
        frame.positions_ang.clear();
        frame.positions_ang.resize(atoms, [0.0; 3]);
        for axis in 0..3 {
            self.needed_record()?;
            if self.record.len() != 4 * atoms {
                return self.fault(
                    format!("the frame has not the {atoms} atoms of the first"),
                    "a trajectory has the same atoms throughout; cut the file here",
                );
            }
            for (position, value) in frame.positions_ang.iter_mut().zip(self.reals()) {
                position[axis] = value;
            }
        }
        if head.has_fourth {
            self.needed_record()?;
        }
        if let Some(atom) = frame
            .positions_ang
            .iter()
            .position(|position| position.iter().any(|x| !x.is_finite()))
        {
            return self.fault(
                format!("the position of atom {} is no finite number", atom + 1),
                "the run that wrote the file had failed by then; leave this frame out",
            );
        }
        let step = head.first_step + (self.frame as u64 - 1) * head.steps_between;
        frame.step = Some(step);
        frame.time_fs = head.step_fs.map(|step_fs| step as f64 * step_fs);
        frame.elements = Arc::clone(&self.elements);
        frame.velocities_ang_per_fs.clear();
        // Both are written; a jump that is none is seen by its length.
        frame.wrapped = true;
        frame.unwrapped_ang.clear();
        self.head = Some(head);
        Ok(true)
    }
}

impl<R: Read> Frames for Dcd<R> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        if self.ended {
            return Ok(false);
        }
        let read = self.next(frame);
        self.ended = !matches!(read, Ok(true));
        read
    }
}

/// Writes DCD in the manner of CHARMM, little-endian, angles in degrees.
pub struct DcdWriter<W> {
    to: W,
    frames: u32,
    atoms: usize,
    first: Option<(u64, Option<f64>)>,
    second: Option<(u64, Option<f64>)>,
}

impl<W: Write + Seek> DcdWriter<W> {
    pub fn new(to: W) -> Self {
        DcdWriter {
            to,
            frames: 0,
            atoms: 0,
            first: None,
            second: None,
        }
    }

    fn record(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(bytes)?;
        self.to.write_all(&length.to_le_bytes())
    }

    /// The first record; times and number of frames are known at the end only.
    fn control(&mut self) -> io::Result<()> {
        let (start, start_fs) = self.first.unwrap_or((0, None));
        let (next, next_fs) = self.second.unwrap_or((start + 1, None));
        let between = next.saturating_sub(start).max(1);
        let mut control = [0u32; CONTROL];
        control[0] = self.frames;
        control[1] = start as u32;
        control[2] = between as u32;
        control[3] = self.frames * between as u32;
        let step_fs = match (start_fs, next_fs) {
            (Some(start), Some(next)) => (next - start) / between as f64,
            _ => 0.0,
        };
        control[9] = ((step_fs / AKMA_FS) as f32).to_bits();
        control[10] = 1;
        control[19] = 24;
        let mut bytes = b"CORD".to_vec();
        bytes.extend(control.iter().flat_map(|word| word.to_le_bytes()));
        self.record(&bytes)
    }

    /// Cells that do not have `a` along x and `b` in the xy plane are turned with all that is in them.
    pub fn write(&mut self, frame: &Snapshot) -> io::Result<()> {
        let frame = frame.in_standard_orientation();
        let step = frame.step.unwrap_or(u64::from(self.frames));
        if self.first.is_none() {
            self.first = Some((step, frame.time_fs));
            self.atoms = frame.elements.len();
            self.control()?;
            let mut title = 1u32.to_le_bytes().to_vec();
            title.extend(format!("{:<80}", "written by synth").bytes());
            self.record(&title)?;
            self.record(&(self.atoms as u32).to_le_bytes())?;
        } else if self.second.is_none() {
            self.second = Some((step, frame.time_fs));
        }
        if frame.positions_ang.len() != self.atoms {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the number of atoms changes within a trajectory",
            ));
        }
        let ([a, b, c], [alpha, beta, gamma]) = (frame.cell.lengths_ang(), frame.cell.angles_deg());
        let cell: Vec<u8> = [a, gamma, b, beta, alpha, c]
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect();
        self.record(&cell)?;
        for axis in 0..3 {
            let bytes: Vec<u8> = frame
                .positions_ang
                .iter()
                .flat_map(|position| (position[axis] as f32).to_le_bytes())
                .collect();
            self.record(&bytes)?;
        }
        self.frames += 1;
        Ok(())
    }

    /// Writes number and times of the frames into the first record.
    pub fn finish(mut self) -> io::Result<W> {
        let end = self.to.stream_position()?;
        self.to.seek(SeekFrom::Start(0))?;
        self.control()?;
        self.to.seek(SeekFrom::Start(end.max(92)))?;
        self.to.flush()?;
        Ok(self.to)
    }
}
