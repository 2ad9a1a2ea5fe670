//! From a file to its frames: packed or not, in whatever form, told by its first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::{Dcd, ExtxyzFrames, Frames, LammpsDump, ReadOptions, TrajectoryError, Xdatcar};

/// Enough of a file to tell what it is.
const HEAD: u64 = 4096;

/// A form of trajectories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    LammpsDump,
    Extxyz,
    Xdatcar,
    Dcd,
}

impl Format {
    /// By the first bytes of an unpacked file.
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.get(4..8) == Some(b"CORD") {
            return Some(Format::Dcd);
        }
        let text = head.trim_ascii_start();
        if text.starts_with(b"ITEM:") {
            return Some(Format::LammpsDump);
        }
        let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let number =
            |line: &[u8]| std::str::from_utf8(line).is_ok_and(|text| text.parse::<f64>().is_ok());
        let (first, second) = (lines.next()?, lines.next()?);
        // An XDATCAR has a comment and the scale, extended XYZ a number and a comment.
        if number(second) {
            return Some(Format::Xdatcar);
        }
        number(first).then_some(Format::Extxyz)
    }
}

/// The form of what `from` gives, packed or not.
pub fn format_of(from: impl Read + Send + 'static) -> Option<Format> {
    let mut head = Vec::new();
    let unpacked = unpacked(from).ok()?;
    unpacked.take(HEAD).read_to_end(&mut head).ok()?;
    Format::of(&head)
}

/// The frames of a file.
pub fn open_trajectory(
    path: &Path,
    options: ReadOptions,
) -> Result<Box<dyn Frames + Send>, TrajectoryError> {
    let file = File::open(path).map_err(|error| {
        TrajectoryError::new(
            1,
            format!("`{}` cannot be opened: {error}", path.display()),
            "look at its name and who may read it",
        )
    })?;
    read_trajectory(file, options)
}

/// The frames of what `from` gives.
pub fn read_trajectory(
    from: impl Read + Send + 'static,
    options: ReadOptions,
) -> Result<Box<dyn Frames + Send>, TrajectoryError> {
    let unreadable = |error: io::Error| TrajectoryError::unreadable(1, &error);
    let mut from = unpacked(from).map_err(unreadable)?;
    let mut head = Vec::new();
    (&mut from)
        .take(HEAD)
        .read_to_end(&mut head)
        .map_err(unreadable)?;
    let format = Format::of(&head);
    let whole = BufReader::with_capacity(1 << 18, Cursor::new(head).chain(from));
    Ok(match format {
        Some(Format::LammpsDump) => Box::new(LammpsDump::new(whole, options)),
        Some(Format::Extxyz) => Box::new(ExtxyzFrames::new(whole, options)),
        Some(Format::Xdatcar) => Box::new(Xdatcar::new(whole, options)),
        Some(Format::Dcd) => Box::new(Dcd::new(whole, options)),
        None => {
            return Err(TrajectoryError::new(
                1,
                "this is no trajectory that can be read",
                "give a LAMMPS dump in text form, extended XYZ, XDATCAR or DCD, packed with gzip or zstd or not",
            ));
        }
    })
}

fn unpacked(from: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut from = BufReader::with_capacity(1 << 18, from);
    // A pipe may give less than four bytes at once.
    let mut magic = Vec::new();
    (&mut from).take(4).read_to_end(&mut magic)?;
    let whole = BufReader::with_capacity(1 << 18, Cursor::new(magic.clone()).chain(from));
    Ok(match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(whole)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(Zstandard {
            from: Some(whole),
            decoder: None,
        }),
        _ => Box::new(whole),
    })
}

/// Zstandard frames one after another.
struct Zstandard<R: BufRead> {
    /// Between frames.
    from: Option<R>,
    decoder: Option<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>,
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(decoder) = &mut self.decoder {
                let read = decoder.read(into)?;
                if read > 0 {
                    return Ok(read);
                }
                let ended = self.decoder.take();
                if let Some(ended) = ended {
                    let (from, state) = ended.into_parts();
                    if state.get_checksum_from_data() != state.get_calculated_checksum()
                        && state.get_checksum_from_data().is_some()
                    {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "its checksum is wrong",
                        ));
                    }
                    self.from = Some(from);
                }
            }
            let Some(mut from) = self.from.take() else {
                return Ok(0);
            };
            if from.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.decoder =
                Some(StreamingDecoder::new(from).map_err(|error| {
                    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
                })?);
        }
    }
}
