//! Where a run stands, in one file: written aside, synced, renamed, so that there is always a whole one.
//!
//! A JSON head holds what is small (its numbers come back to the last bit), arrays follow in binary, a checksum ends it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MdError;

const MAGIC: &[u8; 8] = b"SYNTHMDC";
const VERSION: u32 = 2;

/// Writes `head` and `arrays` to `path`, whole or not at all.
pub fn write(path: &Path, head: &impl Serialize, arrays: &[&[u8]]) -> Result<(), MdError> {
    let head = serde_json::to_vec(head).expect("a checkpoint's head is plain data");
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    for part in std::iter::once(head.as_slice()).chain(arrays.iter().copied()) {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let aside = path.with_extension("new");
    let store = || {
        let mut file = File::create(&aside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&aside, path)?;
        // The name is on disk when its directory is; not every system lets a directory be opened.
        if let Some(Ok(directory)) = path.parent().map(File::open) {
            let _ = directory.sync_all();
        }
        Ok(())
    };
    store().map_err(MdError::file(path))
}

/// What [`write`] wrote; nothing if there is no file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<(T, Vec<Vec<u8>>)>, MdError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(MdError::file(path)(error)),
    };
    let damaged = |what: &str| MdError::Damaged {
        path: path.to_owned(),
        what: format!("{what}; remove it to begin anew"),
    };
    let (body, checksum) = bytes
        .split_last_chunk::<4>()
        .ok_or_else(|| damaged("it is too short for a checkpoint"))?;
    if !body.starts_with(MAGIC) {
        return Err(damaged("it is no checkpoint"));
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(damaged("its checksum is wrong"));
    }
    if body.get(8..12) != Some(&VERSION.to_le_bytes()[..]) {
        return Err(damaged("it is a checkpoint of another version"));
    }
    let mut rest = &body[12..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let part = rest.split_first_chunk::<8>().and_then(|(length, after)| {
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            after.split_at_checked(length)
        });
        let (part, after) = part.ok_or_else(|| damaged("it ends too early"))?;
        parts.push(part.to_vec());
        rest = after;
    }
    if parts.is_empty() {
        return Err(damaged("it ends too early"));
    }
    let head = serde_json::from_slice(&parts.remove(0))
        .map_err(|error| damaged(&format!("its head cannot be read ({error})")))?;
    Ok(Some((head, parts)))
}

pub fn bytes_of(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The numbers of [`bytes_of`], in rows of `N`.
pub fn rows_of<const N: usize>(bytes: &[u8]) -> Vec<[f64; N]> {
    let (numbers, _) = bytes.as_chunks::<8>();
    let numbers: Vec<f64> = numbers.iter().map(|x| f64::from_le_bytes(*x)).collect();
    numbers.as_chunks::<N>().0.to_vec()
}
