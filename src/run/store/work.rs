use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Key;

/// The folder into which a node writes the files of its result. What is not committed goes when it is dropped.
#[derive(Debug)]
pub struct Work {
    pub(super) key: Key,
    folder: PathBuf,
    /// Of what outlives a stop.
    unfinished: PathBuf,
}

impl Work {
    pub(super) fn new(key: Key, folder: PathBuf, unfinished: PathBuf) -> Self {
        Work {
            key,
            folder,
            unfinished,
        }
    }

    /// A folder that outlives a stop, for what a computation needs to go on where it stood. It is found again under
    /// the same key, and goes when the result is stored.
    pub fn unfinished(&self) -> io::Result<&Path> {
        std::fs::create_dir_all(&self.unfinished)?;
        Ok(&self.unfinished)
    }

    /// Takes a file written elsewhere in the store into the result.
    pub fn take(&self, from: &Path, name: &str) -> io::Result<()> {
        let to = self.path(name)?;
        // Where a file can have two names nothing is copied, and the first stays until the result is stored.
        std::fs::hard_link(from, &to).or_else(|_| std::fs::copy(from, &to).map(|_| ()))
    }

    /// The result is stored: nothing is to be gone on with.
    pub(super) fn forget_unfinished(&self) {
        let _ = std::fs::remove_dir_all(&self.unfinished);
    }

    /// Writes a whole file. `name` is a plain file name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(self.path(name)?, bytes)
    }

    /// Writes a value as JSON.
    pub fn write_json<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> io::Result<()> {
        let mut file = BufWriter::new(self.create(name)?);
        serde_json::to_writer(&mut file, value)?;
        file.flush()
    }

    /// Opens a file to be written bit by bit.
    pub fn create(&self, name: &str) -> io::Result<File> {
        File::create(self.path(name)?)
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        if plain {
            Ok(self.folder.join(name))
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{name}` is no plain file name"),
            ))
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
