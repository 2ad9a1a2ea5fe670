use std::fs::{File, TryLockError};
use std::path::PathBuf;

use super::StoreError;

/// The right to compute a node, while it is held: an advisory lock, which the system releases when the process
/// ends in whatever way. It only saves work; nothing depends on it.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    _file: File,
}

impl Claim {
    /// None while another process holds it.
    pub(super) fn attempt(path: PathBuf) -> Result<Option<Claim>, StoreError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::io(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim { path, _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, "locked")(error)),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Who opened it meanwhile locks a file without a name and computes the same bytes once more: no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}
