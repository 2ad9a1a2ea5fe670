//! Appends frames to a trajectory.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::Element;

use super::super::MdError;
use super::codec::{self, Before};
use super::{Frame, MAGIC, VERSION, checksum};

/// A chunk is full at so many frames, or so many atoms in frames.
const MOST_FRAMES: usize = 64;
const MOST_ATOMS: usize = 200_000;

pub struct Writer {
    path: PathBuf,
    file: File,
    atoms: usize,
    velocities: bool,
    /// Bytes of whole chunks and the head.
    offset: u64,
    pending: Vec<u8>,
    frames: u32,
    before: Before,
}

/// What a checkpoint keeps of a writer: where the file ends and the frames that are not in it yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    pub offset: u64,
    pub frames: u32,
    pub pending: Vec<u8>,
}

impl Writer {
    /// An empty trajectory, in place of whatever was there.
    pub fn create(path: &Path, elements: &[Element], velocities: bool) -> Result<Self, MdError> {
        let mut head = MAGIC.to_vec();
        head.extend(VERSION.to_le_bytes());
        head.extend(u32::from(velocities).to_le_bytes());
        head.extend((elements.len() as u64).to_le_bytes());
        head.extend(elements.iter().map(|element| element.number()));
        head.extend(crc32fast::hash(&head).to_le_bytes());
        let write = || {
            let mut file = File::create(path)?;
            file.write_all(&head)?;
            Ok(file)
        };
        Ok(Writer {
            file: write().map_err(MdError::file(path))?,
            path: path.to_owned(),
            atoms: elements.len(),
            velocities,
            offset: head.len() as u64,
            pending: Vec::new(),
            frames: 0,
            before: Before::default(),
        })
    }

    /// Takes up a trajectory where a checkpoint left it; what was written after that goes.
    pub fn resume(
        path: &Path,
        atoms: usize,
        velocities: bool,
        tail: Tail,
    ) -> Result<Self, MdError> {
        let damaged = |what: &str| MdError::Damaged {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        let mut before = Before::default();
        let mut at = 0;
        for _ in 0..tail.frames {
            let (_, taken) = codec::decode(&tail.pending[at..], atoms, velocities, &mut before)
                .ok_or_else(|| damaged("the checkpoint's last frames cannot be read"))?;
            at += taken;
        }
        let open = || {
            let mut file = OpenOptions::new().write(true).open(path)?;
            let length = file.metadata()?.len();
            if length >= tail.offset {
                file.set_len(tail.offset)?;
                file.seek(SeekFrom::End(0))?;
            }
            Ok((file, length))
        };
        let (file, length) = open().map_err(MdError::file(path))?;
        if length < tail.offset {
            return Err(damaged("it is shorter than at the checkpoint"));
        }
        Ok(Writer {
            path: path.to_owned(),
            file,
            atoms,
            velocities,
            offset: tail.offset,
            pending: tail.pending,
            frames: tail.frames,
            before,
        })
    }

    pub fn push(&mut self, frame: &Frame) -> Result<(), MdError> {
        debug_assert_eq!(frame.images_ang.len(), self.atoms);
        debug_assert_eq!(frame.velocities.is_some(), self.velocities);
        codec::encode(frame, &mut self.before, &mut self.pending);
        self.frames += 1;
        let frames = self.frames as usize;
        if frames == MOST_FRAMES || frames * self.atoms >= MOST_ATOMS {
            self.flush()?;
        }
        Ok(())
    }

    /// Closes the chunk, so that all frames can be read.
    pub fn flush(&mut self) -> Result<(), MdError> {
        if self.frames == 0 {
            return Ok(());
        }
        let mut chunk = (self.pending.len() as u32).to_le_bytes().to_vec();
        chunk.extend(self.frames.to_le_bytes());
        chunk.extend(checksum(self.offset, self.frames, &self.pending).to_le_bytes());
        chunk.append(&mut self.pending);
        self.file
            .write_all(&chunk)
            .map_err(MdError::file(&self.path))?;
        self.offset += chunk.len() as u64;
        self.frames = 0;
        self.before = Before::default();
        Ok(())
    }

    /// What a checkpoint needs; the file is safe on disk up to there.
    pub fn tail(&self) -> Result<Tail, MdError> {
        self.file.sync_data().map_err(MdError::file(&self.path))?;
        Ok(Tail {
            offset: self.offset,
            frames: self.frames,
            pending: self.pending.clone(),
        })
    }
}
