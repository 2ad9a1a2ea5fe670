use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::lang::source::{LoadError, Loader, Module};

/// Files up to this size are kept, up to this much in all; of others only the digest.
const KEPT_BYTES: usize = 8 << 20;
const KEPT_IN_ALL_BYTES: usize = 128 << 20;

/// A loader that shows every file as it was when it was first read, so that what a node computes with is what
/// its key says. A file that was too large to keep and that has changed meanwhile cannot be read
/// any more.
pub(super) struct Snapshot<'a> {
    inner: &'a dyn Loader,
    seen: Mutex<Files>,
}

#[derive(Default)]
struct Files {
    by_name: BTreeMap<String, Seen>,
    kept_bytes: usize,
}

#[derive(Clone)]
enum Seen {
    Kept(Vec<u8>),
    Digest(blake3::Hash),
}

impl<'a> Snapshot<'a> {
    pub(super) fn new(inner: &'a dyn Loader) -> Self {
        Snapshot {
            inner,
            seen: Mutex::default(),
        }
    }
}

impl Loader for Snapshot<'_> {
    fn text(&self, name: &str) -> Result<Module, LoadError> {
        self.inner.text(name)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        let lock = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = lock().by_name.get(name).cloned();
        if let Some(Seen::Kept(bytes)) = before {
            return Ok(bytes);
        }
        let bytes = self.inner.bytes(name)?;
        let digest = blake3::hash(&bytes);
        let mut files = lock();
        if !files.by_name.contains_key(name) {
            let room =
                bytes.len() <= KEPT_BYTES && files.kept_bytes + bytes.len() <= KEPT_IN_ALL_BYTES;
            let seen = if room {
                files.kept_bytes += bytes.len();
                Seen::Kept(bytes.clone())
            } else {
                Seen::Digest(digest)
            };
            files.by_name.insert(name.to_owned(), seen);
        }
        // Whoever came first decided what everybody sees.
        match files.by_name.get(name) {
            Some(Seen::Kept(first)) => Ok(first.clone()),
            Some(Seen::Digest(first)) if *first != digest => Err(LoadError::Unreadable(
                name.to_owned(),
                "the file has changed since the study was checked; run the study again".to_owned(),
            )),
            _ => Ok(bytes),
        }
    }

    fn exists(&self, name: &str) -> bool {
        self.inner.exists(name)
    }

    fn library(&self) -> Vec<&'static str> {
        self.inner.library()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A file that is another one at each reading.
    struct Changing(usize, AtomicUsize);

    impl Loader for Changing {
        fn text(&self, name: &str) -> Result<Module, LoadError> {
            Err(LoadError::Missing(name.to_owned()))
        }
        fn bytes(&self, _: &str) -> Result<Vec<u8>, LoadError> {
            Ok(vec![self.1.fetch_add(1, Ordering::SeqCst) as u8; self.0])
        }
        fn exists(&self, _: &str) -> bool {
            true
        }
        fn library(&self) -> Vec<&'static str> {
            Vec::new()
        }
    }

    #[test]
    fn a_file_is_as_it_was_or_not_at_all() {
        let small = Changing(10, AtomicUsize::new(0));
        let snapshot = Snapshot::new(&small);
        assert_eq!(snapshot.bytes("a").unwrap(), snapshot.bytes("a").unwrap());
        let large = Changing(KEPT_BYTES + 1, AtomicUsize::new(0));
        let snapshot = Snapshot::new(&large);
        snapshot.bytes("a").unwrap();
        assert!(matches!(
            snapshot.bytes("a"),
            Err(LoadError::Unreadable(..))
        ));
    }
}
