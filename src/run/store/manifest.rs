use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Digest, Key, KeyParts};

/// What is known about one result: written last, so everything that it names is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub key: Key,
    /// The name of the node when it was computed.
    pub node: String,
    pub parts: KeyParts,
    pub files: BTreeMap<String, FileEntry>,
    /// Over names and digests of the files.
    pub artifact_digest: Digest,
    pub warnings: Vec<String>,
    pub seconds: f64,
    /// RFC 3339.
    pub created: String,
    pub synth_version: String,
    /// Architecture and operating system: bits are promised among machines of one kind.
    pub machine: String,
}

/// One file of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub digest: Digest,
    pub bytes: u64,
}

impl Manifest {
    /// The digest over names and digests of files.
    pub fn digest_of(files: &BTreeMap<String, FileEntry>) -> Digest {
        let mut parts = KeyParts::default();
        for (name, entry) in files {
            parts.push(name, &entry.digest.to_string());
        }
        parts.key().0
    }
}
