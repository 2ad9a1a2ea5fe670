use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::Digest;

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("`{path}` could not be {doing}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        /// `written`, `read`, …
        doing: &'static str,
        source: Error,
    },
    #[error("the result has no file `{0}`")]
    NoFile(String),
    #[error("the stored file `{name}` is damaged: its bytes are not those of {digest}")]
    Damaged { name: String, digest: Digest },
    #[error("`{path}` cannot be understood: {reason}", path = path.display())]
    Form { path: PathBuf, reason: String },
}

impl StoreError {
    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(Error) -> StoreError {
        let path = path.to_owned();
        move |source| StoreError::Io {
            path,
            doing,
            source,
        }
    }

    /// What the user can do.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            StoreError::Io { source, .. } => Self::help_for(source.kind()),
            StoreError::Damaged { .. } => {
                Some("it was put aside: run the study again to compute it anew")
            }
            StoreError::NoFile(_) | StoreError::Form { .. } => None,
        }
    }
    /// Same, for a file that could not be written.
    pub(in crate::run) fn help_for(kind: ErrorKind) -> Option<&'static str> {
        match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(
                "the disk is full: make room and run the study again; what is finished is kept",
            ),
            ErrorKind::FileTooLarge => Some(
                "files may not grow this large here (`ulimit -f`): raise the limit, or use `--store PATH`",
            ),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                Some("the store cannot be written here: use `--store PATH` for another place")
            }
            _ => None,
        }
    }
}
