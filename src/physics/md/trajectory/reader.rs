//! Reads frames of a trajectory, in any order.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::base::Element;

use super::super::MdError;
use super::codec::{self, Before};
use super::{CHUNK_HEAD, Frame, MAGIC, VERSION, checksum};

/// A trajectory on disk. Frames in their order cost one decoding each; a jump costs those of the chunk before it.
#[derive(Debug)]
pub struct Trajectory {
    path: PathBuf,
    file: BufReader<File>,
    elements: Vec<Element>,
    velocities: bool,
    chunks: Vec<Chunk>,
    frames: usize,
    cut: bool,
    current: Option<Current>,
}

#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// Where its frames begin in the file.
    offset: u64,
    length: usize,
    /// Frames it says it has.
    frames: u32,
    checksum: u32,
    /// Its first frame.
    first: usize,
}

/// A chunk that is being read.
#[derive(Debug)]
struct Current {
    chunk: usize,
    bytes: Vec<u8>,
    at: usize,
    /// The frame that begins at `at`.
    next: usize,
    before: Before,
}

impl Trajectory {
    /// Reads the head and finds the chunks.
    pub fn open(path: &Path) -> Result<Self, MdError> {
        let read = MdError::file(path);
        let damaged = |what: &str| MdError::Damaged {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        let file = File::open(path).map_err(read)?;
        let total = file.metadata().map_err(read)?.len();
        let mut file = BufReader::new(file);
        let mut head = [0; 24];
        if total < 24 {
            return Err(damaged("it is too short for a trajectory"));
        }
        file.read_exact(&mut head).map_err(read)?;
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
        if head[..8] != *MAGIC {
            return Err(damaged("it is no trajectory"));
        }
        if word(8) != VERSION {
            return Err(damaged("it is a trajectory of another version"));
        }
        let atoms = u64::from_le_bytes(head[16..].try_into().expect("eight bytes"));
        if atoms.saturating_add(28) > total {
            return Err(damaged("it ends within its head"));
        }
        let mut numbers = vec![0; atoms as usize];
        let mut checksum = [0; 4];
        file.read_exact(&mut numbers).map_err(read)?;
        file.read_exact(&mut checksum).map_err(read)?;
        if crc32fast::hash(&[&head[..], &numbers].concat()) != u32::from_le_bytes(checksum) {
            return Err(damaged("the checksum of its head is wrong"));
        }
        let elements = numbers
            .into_iter()
            .map(Element::from_number)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| damaged("it names an element that does not exist"))?;

        let mut trajectory = Trajectory {
            path: path.to_owned(),
            file,
            elements,
            velocities: word(12) & 1 == 1,
            chunks: Vec::new(),
            frames: 0,
            cut: false,
            current: None,
        };
        let mut offset = atoms + 28;
        while offset < total {
            let mut head = [0; CHUNK_HEAD];
            if total - offset < CHUNK_HEAD as u64 {
                trajectory.cut = true;
                break;
            }
            trajectory
                .file
                .seek(SeekFrom::Start(offset))
                .map_err(read)?;
            trajectory.file.read_exact(&mut head).map_err(read)?;
            let word =
                |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes"));
            let length = word(0) as usize;
            offset += CHUNK_HEAD as u64;
            if total - offset < length as u64 {
                trajectory.cut = true;
                break;
            }
            trajectory.chunks.push(Chunk {
                offset,
                length,
                frames: word(4),
                checksum: word(8),
                first: trajectory.frames,
            });
            // None, or more than there is room for, is damage, which reading the chunk tells.
            let most = (length / codec::HEAD).max(1);
            trajectory.frames += (word(4) as usize).clamp(1, most);
            offset += length as u64;
        }
        Ok(trajectory)
    }

    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Whether frames carry velocities.
    pub fn has_velocities(&self) -> bool {
        self.velocities
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames
    }

    pub fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Whether the file ends in the middle of a chunk, as one does that is being written; the frames before are good.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Frame `index`, from 0.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn frame(&mut self, index: usize) -> Result<Frame, MdError> {
        assert!(index < self.frames, "frame {index} of {}", self.frames);
        let chunk = self.chunks.partition_point(|chunk| chunk.first <= index) - 1;
        let here = |current: &Current| current.chunk == chunk && current.next <= index;
        if !self.current.as_ref().is_some_and(here) {
            self.current = Some(self.load(chunk)?);
        }
        let (atoms, velocities) = (self.elements.len(), self.velocities);
        let after = self.chunks.get(chunk + 1);
        let end = after.map_or(self.frames, |chunk| chunk.first);
        let current = self.current.as_mut().expect("a chunk is loaded");
        loop {
            let decoded = codec::decode(
                &current.bytes[current.at..],
                atoms,
                velocities,
                &mut current.before,
            );
            let Some((frame, taken)) = decoded else {
                let what = format!("frame {} cannot be read", current.next);
                self.current = None;
                return Err(self.damaged(what));
            };
            current.at += taken;
            current.next += 1;
            if current.next == end && current.at != current.bytes.len() {
                let first = self.chunks[chunk].first;
                let what = format!("there are more frames from {first} on than it counts");
                self.current = None;
                return Err(self.damaged(what));
            }
            if current.next > index {
                return Ok(frame);
            }
        }
    }

    /// All frames in their order.
    pub fn frames(&mut self) -> impl Iterator<Item = Result<Frame, MdError>> {
        (0..self.frames).map(|index| self.frame(index))
    }

    fn load(&mut self, index: usize) -> Result<Current, MdError> {
        let chunk = self.chunks[index];
        let mut bytes = vec![0; chunk.length];
        let mut read = || {
            self.file.seek(SeekFrom::Start(chunk.offset))?;
            self.file.read_exact(&mut bytes)
        };
        read().map_err(MdError::file(&self.path))?;
        let begin = chunk.offset - CHUNK_HEAD as u64;
        if checksum(begin, chunk.frames, &bytes) != chunk.checksum {
            return Err(self.damaged(format!(
                "the checksum of the frames from {} on is wrong",
                chunk.first
            )));
        }
        Ok(Current {
            chunk: index,
            bytes,
            at: 0,
            next: chunk.first,
            before: Before::default(),
        })
    }

    fn damaged(&self, what: String) -> MdError {
        MdError::Damaged {
            path: self.path.clone(),
            what,
        }
    }
}
