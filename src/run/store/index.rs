//! One file that says which keys are stored, so that a plan of thousands of nodes reads one file instead of
//! thousands. It repeats what the manifests say and may be deleted at any time.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::{Digest, Key, Manifest};

/// What a plan needs to know of a stored result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub artifact: Digest,
    /// Digest and size of each file.
    pub blobs: Vec<(Digest, u64)>,
}

impl Entry {
    /// The entry of a result that is not there: it needs a file that no disk holds.
    pub fn missing() -> Self {
        let nothing = Digest::of(b"");
        Entry {
            artifact: nothing,
            blobs: vec![(nothing, u64::MAX)],
        }
    }

    pub fn of(manifest: &Manifest) -> Self {
        Entry {
            artifact: manifest.artifact_digest,
            blobs: manifest
                .files
                .values()
                .map(|entry| (entry.digest, entry.bytes))
                .collect(),
        }
    }
}

/// A line: key, artifact, blobs, and a checksum, so that a torn or mixed line is not believed.
fn line(key: &Key, entry: &Entry) -> String {
    let mut text = format!("{key} {}", entry.artifact);
    for (digest, bytes) in &entry.blobs {
        text.push_str(&format!(" {digest}:{bytes}"));
    }
    let check = crc32fast::hash(text.as_bytes());
    format!("{text} {check:08x}\n")
}

fn read_line(line: &str) -> Option<(Key, Entry)> {
    let (text, check) = line.rsplit_once(' ')?;
    if u32::from_str_radix(check, 16) != Ok(crc32fast::hash(text.as_bytes())) {
        return None;
    }
    let (key, text) = digest(text)?;
    let (artifact, mut text) = digest(text.strip_prefix(' ')?)?;
    let mut blobs = Vec::with_capacity(text.len() / (DIGITS + 4) + 1);
    while let Some(blob) = text.strip_prefix(' ') {
        let (blob, rest) = digest(blob)?;
        let rest = rest.strip_prefix(':')?;
        let end = rest.find(' ').unwrap_or(rest.len());
        blobs.push((blob, rest[..end].parse().ok()?));
        text = &rest[end..];
    }
    text.is_empty()
        .then_some((Key(key), Entry { artifact, blobs }))
}

/// How many digits a digest has.
const DIGITS: usize = 64;

/// The digest that a text begins with, and what comes after it.
fn digest(text: &str) -> Option<(Digest, &str)> {
    let (digest, rest) = text.split_at_checked(DIGITS)?;
    Some((digest.parse().ok()?, rest))
}

/// Later lines replace earlier ones; lines that do not check are skipped.
pub(super) fn read(path: &Path) -> HashMap<Key, Entry> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| read_line(std::str::from_utf8(line).ok()?))
        .collect()
}

/// Adds a line; one that cannot be added is found in its manifest.
pub(super) fn append(path: &Path, key: &Key, entry: &Entry) {
    if let Ok(mut file) = File::options().create(true).append(true).open(path) {
        let _ = file.write_all(line(key, entry).as_bytes());
    }
}
