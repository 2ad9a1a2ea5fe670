//! Where the text of modules and the data beside them come from.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// What `use` found: a name to show and to resolve further paths against, and the text.
#[derive(Debug, Clone)]
pub struct Module {
    /// A path as the user would write it, or `std/batio.synth` for a shipped module.
    pub name: String,
    pub text: String,
}

/// Why a file could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    #[error("there is no file `{0}`")]
    Missing(String),
    #[error("`{0}` is not valid UTF-8 text (first bad byte at offset {1})")]
    NotText(String, usize),
    #[error("`{0}` is larger than {limit} MB", limit = super::MAX_SOURCE_BYTES >> 20)]
    TooLarge(String),
    #[error("`{0}` could not be read: {1}")]
    Unreadable(String, String),
}

/// Finds recipe text and data files. The shipped library answers to names that begin with `std/`.
pub trait Loader: Send + Sync {
    /// The text of a recipe or module by its name (see [`join`] for how names are made).
    fn text(&self, name: &str) -> Result<Module, LoadError>;
    /// The bytes of a data file by its name.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError>;
    /// Whether a data file of this name can be read.
    fn exists(&self, name: &str) -> bool;
    /// The modules of the shipped library, as `batio`, `thermo`, …
    fn library(&self) -> Vec<&'static str>;
}

/// `path` as seen from the file `from`: relative paths are relative to the file that names them.
pub fn join(from: &str, path: &str) -> String {
    let base = Path::new(from).parent().unwrap_or(Path::new(""));
    let mut joined = PathBuf::new();
    for part in base.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(joined.components().next_back(), Some(Component::Normal(_))) =>
            {
                joined.pop();
            }
            other => joined.push(other),
        }
    }
    joined.to_string_lossy().into_owned()
}

/// The files of the shipped library, embedded in the binary: name below `stdlib/`, and content.
const LIBRARY: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/library.rs"));

fn embedded(name: &str) -> Option<&'static [u8]> {
    let name = name.strip_prefix("std/")?;
    LIBRARY
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, bytes)| *bytes)
}

fn library() -> Vec<&'static str> {
    LIBRARY
        .iter()
        .filter_map(|(name, _)| name.strip_suffix(".synth"))
        .filter(|name| !name.contains('/'))
        .collect()
}

fn as_text(name: &str, bytes: Vec<u8>) -> Result<Module, LoadError> {
    if bytes.len() > super::MAX_SOURCE_BYTES {
        return Err(LoadError::TooLarge(name.to_owned()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| LoadError::NotText(name.to_owned(), error.utf8_error().valid_up_to()))?;
    Ok(Module {
        name: name.to_owned(),
        text,
    })
}

/// Files on disk, and the shipped library.
#[derive(Debug, Default, Clone)]
pub struct DiskLoader;

impl Loader for DiskLoader {
    fn text(&self, name: &str) -> Result<Module, LoadError> {
        if embedded(name).is_none()
            && std::fs::metadata(name).is_ok_and(|meta| meta.len() > super::MAX_SOURCE_BYTES as u64)
        {
            return Err(LoadError::TooLarge(name.to_owned()));
        }
        as_text(name, self.bytes(name)?)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        if let Some(bytes) = embedded(name) {
            return Ok(bytes.to_vec());
        }
        std::fs::read(name).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LoadError::Missing(name.to_owned()),
            _ => LoadError::Unreadable(name.to_owned(), error.to_string()),
        })
    }

    fn exists(&self, name: &str) -> bool {
        embedded(name).is_some() || Path::new(name).is_file()
    }

    fn library(&self) -> Vec<&'static str> {
        library()
    }
}

/// Files held in memory, and the shipped library: for tests, the REPL and editors with unsaved text.
#[derive(Debug, Default, Clone)]
pub struct MemoryLoader {
    pub files: BTreeMap<String, Vec<u8>>,
}

impl MemoryLoader {
    pub fn with(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.files
            .insert(name.to_owned(), content.as_ref().to_vec());
        self
    }
}

impl Loader for MemoryLoader {
    fn text(&self, name: &str) -> Result<Module, LoadError> {
        as_text(name, self.bytes(name)?)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        embedded(name)
            .map(<[u8]>::to_vec)
            .or_else(|| self.files.get(name).cloned())
            .ok_or_else(|| LoadError::Missing(name.to_owned()))
    }

    fn exists(&self, name: &str) -> bool {
        embedded(name).is_some() || self.files.contains_key(name)
    }

    fn library(&self) -> Vec<&'static str> {
        library()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        assert_eq!(join("study.synth", "lib/a.synth"), "lib/a.synth");
        assert_eq!(join("a/b/study.synth", "../c.csv"), "a/c.csv");
        assert_eq!(join("../s.synth", "../c.csv"), "../../c.csv");
        assert_eq!(join("std/batio.synth", "data/x.csv"), "std/data/x.csv");
        assert_eq!(join("a/s.synth", "/abs/c.csv"), "/abs/c.csv");
    }
}
