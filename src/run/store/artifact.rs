use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::results::blob_path;
use super::{Digest, Manifest, StoreError};

/// A stored result: its manifest, and its files to read.
#[derive(Debug, Clone)]
pub struct Artifact {
    pub(super) root: Arc<PathBuf>,
    pub(super) manifest: Arc<Manifest>,
}

impl Artifact {
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn digest(&self) -> Digest {
        self.manifest.artifact_digest
    }

    /// Names of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    /// Where a file lies in the store.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let entry = self.manifest.files.get(name)?;
        Some(blob_path(&self.root, &entry.digest))
    }

    /// What a JSON file holds.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_slice(&self.read(name)?).map_err(|error| StoreError::Form {
            path: self.path(name).unwrap_or_default(),
            reason: error.to_string(),
        })
    }

    /// The bytes of a file, compared with their digest. A damaged file is put aside, so that the result counts as
    /// missing and is computed anew by the next run.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let entry = self
            .manifest
            .files
            .get(name)
            .ok_or_else(|| StoreError::NoFile(name.to_owned()))?;
        let path = blob_path(&self.root, &entry.digest);
        let bytes = std::fs::read(&path).map_err(StoreError::io(&path, "read"))?;
        if Digest::of(&bytes) != entry.digest {
            let _ = std::fs::rename(&path, path.with_extension("damaged"));
            return Err(StoreError::Damaged {
                name: name.to_owned(),
                digest: entry.digest,
            });
        }
        Ok(bytes)
    }
}
