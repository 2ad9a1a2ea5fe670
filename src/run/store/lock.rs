use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Digest, Key, StoreError};

/// `study.lock`: keys and digests of the results of one run, to be kept with the recipe.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lock {
    /// The program that wrote it.
    #[serde(default)]
    pub synth_version: String,
    /// By the names of the nodes.
    #[serde(default)]
    pub nodes: BTreeMap<String, LockedNode>,
    /// Files that were read, with their digests.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedNode {
    pub key: Key,
    /// Absent for a node that had no result yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Digest>,
}

impl Lock {
    /// None when there is no such file.
    pub fn read(path: &Path) -> Result<Option<Lock>, StoreError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(path, "read")(error)),
        };
        toml::from_str(&text)
            .map(Some)
            .map_err(|error| StoreError::Form {
                path: path.to_owned(),
                reason: error.message().to_owned(),
            })
    }

    /// Writes it whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let text = toml::to_string(self).map_err(|error| StoreError::Form {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file =
            tempfile::NamedTempFile::new_in(folder).map_err(StoreError::io(path, "written"))?;
        std::fs::write(file.path(), text).map_err(StoreError::io(path, "written"))?;
        file.persist(path)
            .map_err(|error| StoreError::io(path, "moved into place")(error.error))?;
        Ok(())
    }
}
