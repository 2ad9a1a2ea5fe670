use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::index::{self, Entry};
use super::{Artifact, Claim, Digest, FileEntry, Key, KeyParts, Manifest, StoreError, Work};

/// The results below one folder. Shared freely between threads and processes.
#[derive(Debug)]
pub struct Store {
    root: Arc<PathBuf>,
    known: RwLock<HashMap<Key, Entry>>,
    /// Which key ran last under which name.
    last: Mutex<HashMap<String, Key>>,
    counter: AtomicU64,
}

/// What stands in the store after a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    pub artifact: Digest,
    /// Another computation of the same key was there first, with other bytes.
    pub differs: bool,
}

impl Store {
    /// Opens the store in a folder. Nothing is created before something is written, so a plan leaves no trace and a
    /// store that cannot be written can be read.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Store {
            known: RwLock::new(index::read(&root.join("index"))),
            last: Mutex::new(read_last(&root.join("last"))),
            root: Arc::new(root),
            counter: AtomicU64::new(0),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The digest of a stored result whose files are all there in full length.
    pub fn artifact_digest(&self, key: &Key) -> Option<Digest> {
        self.artifact_digest_if(key, &mut |digest, bytes| {
            self.size_of(digest) == Some(bytes)
        })
    }

    /// The same, with another's word on whether a file is there in this length.
    pub(super) fn artifact_digest_if(
        &self,
        key: &Key,
        is_there: &mut dyn FnMut(&Digest, u64) -> bool,
    ) -> Option<Digest> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(key)
            && entry
                .blobs
                .iter()
                .all(|(digest, bytes)| is_there(digest, *bytes))
        {
            return Some(entry.artifact);
        }
        drop(known);
        let entry = Entry::of(&self.manifest(key)?);
        let artifact = entry.artifact;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*key, entry);
        Some(artifact)
    }

    pub(super) fn size_of(&self, blob: &Digest) -> Option<u64> {
        fs::metadata(blob_path(&self.root, blob))
            .ok()
            .map(|found| found.len())
    }

    /// Whether every file is there with its size.
    fn is_whole(&self, entry: &Entry) -> bool {
        entry
            .blobs
            .iter()
            .all(|(digest, bytes)| self.size_of(digest) == Some(*bytes))
    }

    /// The manifest of a key, if it is sound and its files are there. A damaged one counts as missing.
    pub fn manifest(&self, key: &Key) -> Option<Manifest> {
        let bytes = fs::read(self.manifest_path(key)).ok()?;
        let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
        (manifest.key == *key && self.is_whole(&Entry::of(&manifest))).then_some(manifest)
    }

    /// A result to be read. None if it is not stored or has been damaged; then it counts as missing from now on, so
    /// that the next run computes it anew.
    pub fn artifact(&self, key: &Key) -> Option<Artifact> {
        let Some(manifest) = self.manifest(key) else {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.remove(key).is_some() {
                index::append(&self.root.join("index"), key, &Entry::missing());
            }
            return None;
        };
        Some(Artifact {
            root: Arc::clone(&self.root),
            manifest: Arc::new(manifest),
        })
    }

    /// A result that was computed from the same own fields and the same bytes of inputs, under whatever key.
    pub fn by_content(&self, content: &KeyParts) -> Option<(Key, Digest)> {
        let key = self.key_of_content(content)?;
        Some((key, self.artifact_digest(&key)?))
    }

    pub(super) fn key_of_content(&self, content: &KeyParts) -> Option<Key> {
        let text = fs::read_to_string(self.content_path(content)).ok()?;
        text.trim().parse().ok()
    }

    /// Whether there is any result that another could go on from.
    pub fn has_stages(&self) -> bool {
        self.root.join("stages").is_dir()
    }

    /// Notes that a result ends at a stage, so far along it. This index saves work only.
    pub fn note_stage(&self, stage: &Digest, reach: f64, key: &Key) {
        let path = self.stage_path(stage);
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        let line = format!("{reach} {key}\n");
        if !text.contains(&line) {
            text.push_str(&line);
            let _ = Self::place(&path, text.as_bytes());
        }
    }

    /// The stored result that ends at a stage and goes furthest, but no further than `reach`.
    pub fn furthest(&self, stage: &Digest, reach: f64) -> Option<Key> {
        let text = fs::read_to_string(self.stage_path(stage)).ok()?;
        let mut known: Vec<(f64, Key)> = text
            .lines()
            .filter_map(|line| {
                let (reach, key) = line.split_once(' ')?;
                Some((reach.parse().ok()?, key.parse().ok()?))
            })
            .filter(|(known, _)| *known <= reach)
            .collect();
        known.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut keys = known.into_iter().map(|(_, key)| key);
        keys.find(|key| self.artifact_digest(key).is_some())
    }

    /// Enters the result of one key under another one too, which `parts` give.
    pub fn adopt(&self, from: &Key, label: &str, parts: &KeyParts) -> Result<(), StoreError> {
        let Some(manifest) = self.manifest(from) else {
            return Err(StoreError::NoFile(from.to_string()));
        };
        self.enter(&Manifest {
            key: parts.key(),
            parts: parts.clone(),
            node: label.to_owned(),
            ..manifest
        })?;
        self.remember_all([(label, &parts.key())]);
        Ok(())
    }

    /// A folder for the files of a result.
    pub fn begin(&self, key: &Key) -> Result<Work, StoreError> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let folder = self.root.join("work").join(format!(
            "{}-{}-{number}",
            &key.to_string()[..16],
            std::process::id()
        ));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(StoreError::io(&folder, "created"))?;
        self.mark();
        let unfinished = self.root.join("unfinished").join(key.to_string());
        Ok(Work::new(*key, folder, unfinished))
    }

    /// Keeps the store out of version control and backups of text.
    fn mark(&self) {
        let path = self.root.join(".gitignore");
        if !path.exists() {
            let _ = fs::write(path, "*\n");
        }
    }

    /// Stores what was written. If another process stored a result under this key meanwhile, that one stands.
    ///
    /// `content`: own fields with the digests of the inputs, for the second index.
    pub fn commit(
        &self,
        work: Work,
        label: &str,
        parts: &KeyParts,
        content: Option<&KeyParts>,
        warnings: &[String],
        seconds: f64,
    ) -> Result<Committed, StoreError> {
        let key = work.key;
        let mut files = BTreeMap::new();
        let folder = work.folder();
        let mut names: Vec<PathBuf> = fs::read_dir(folder)
            .map_err(StoreError::io(folder, "read"))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        names.sort();
        for path in names {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            files.insert(name.to_owned(), self.keep(&path)?);
        }
        let artifact_digest = Manifest::digest_of(&files);
        if let Some(first) = self.manifest(&key) {
            work.forget_unfinished();
            self.remember_all([(label, &key)]);
            return Ok(Committed {
                artifact: first.artifact_digest,
                differs: first.artifact_digest != artifact_digest,
            });
        }
        self.enter(&Manifest {
            key,
            node: label.to_owned(),
            parts: parts.clone(),
            files,
            artifact_digest,
            warnings: warnings.to_vec(),
            seconds,
            created: jiff::Timestamp::now().to_string(),
            synth_version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        })?;
        work.forget_unfinished();
        if let Some(content) = content {
            // The second index saves work only.
            let _ = Self::place(&self.content_path(content), key.to_string().as_bytes());
        }
        self.remember_all([(label, &key)]);
        Ok(Committed {
            artifact: artifact_digest,
            differs: false,
        })
    }

    /// Moves a written file to the place that its bytes give it.
    fn keep(&self, path: &Path) -> Result<FileEntry, StoreError> {
        let mut hasher = blake3::Hasher::new();
        let mut file = File::open(path).map_err(StoreError::io(path, "read"))?;
        let bytes = std::io::copy(&mut file, &mut hasher).map_err(StoreError::io(path, "read"))?;
        let digest = Digest(*hasher.finalize().as_bytes());
        let to = blob_path(&self.root, &digest);
        if fs::metadata(&to).is_ok_and(|found| found.len() == bytes) {
            return Ok(FileEntry { digest, bytes });
        }
        file.sync_all().map_err(StoreError::io(path, "synced"))?;
        make_parent(&to)?;
        fs::rename(path, &to).map_err(StoreError::io(&to, "moved into place"))?;
        Ok(FileEntry { digest, bytes })
    }

    fn enter(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let path = self.manifest_path(&manifest.key);
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| StoreError::Form {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        Self::place(&path, &text)?;
        let entry = Entry::of(manifest);
        index::append(&self.root.join("index"), &manifest.key, &entry);
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(manifest.key, entry);
        Ok(())
    }

    /// Writes a small file whole or not at all.
    fn place(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = make_parent(path)?;
        let mut file =
            tempfile::NamedTempFile::new_in(folder).map_err(StoreError::io(path, "written"))?;
        file.write_all(bytes)
            .map_err(StoreError::io(path, "written"))?;
        file.as_file()
            .sync_all()
            .map_err(StoreError::io(path, "synced"))?;
        file.persist(path)
            .map_err(|error| StoreError::io(path, "moved into place")(error.error))?;
        Ok(())
    }

    /// The lock on computing a key; none while another process holds it.
    pub fn try_claim(&self, key: &Key) -> Result<Option<Claim>, StoreError> {
        let path = self.root.join("claims").join(key.to_string());
        make_parent(&path)?;
        Claim::attempt(path)
    }

    /// What ran last under a name.
    pub fn last(&self, label: &str) -> Option<Manifest> {
        let key = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(label)
            .copied()?;
        let bytes = fs::read(self.manifest_path(&key)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Notes under which names results are known now.
    pub fn remember_all<'a, Label: AsRef<str>>(
        &self,
        entries: impl IntoIterator<Item = (Label, &'a Key)>,
    ) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = String::new();
        for (label, key) in entries {
            let label = label.as_ref();
            if last.get(label) != Some(key) {
                lines.push_str(&format!("{key} {}\n", label.replace('\n', " ")));
                last.insert(label.to_owned(), *key);
            }
        }
        if lines.is_empty() || !self.root.is_dir() {
            return;
        }
        if let Ok(mut file) = File::options()
            .create(true)
            .append(true)
            .open(self.root.join("last"))
        {
            let _ = file.write_all(lines.as_bytes());
        }
    }

    fn manifest_path(&self, key: &Key) -> PathBuf {
        let text = key.to_string();
        self.root
            .join("keys")
            .join(&text[..2])
            .join(format!("{text}.json"))
    }

    fn stage_path(&self, stage: &Digest) -> PathBuf {
        let text = stage.to_string();
        self.root.join("stages").join(&text[..2]).join(text)
    }

    fn content_path(&self, content: &KeyParts) -> PathBuf {
        let text = content.key().to_string();
        self.root.join("content").join(&text[..2]).join(text)
    }
}

pub(super) fn blob_path(root: &Path, digest: &Digest) -> PathBuf {
    let text = digest.to_string();
    let mut path = root.to_owned();
    path.push("blobs");
    path.push(&text[..2]);
    path.push(text);
    path
}

fn make_parent(path: &Path) -> Result<&Path, StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(StoreError::io(folder, "created"))?;
    Ok(folder)
}

fn read_last(path: &Path) -> HashMap<String, Key> {
    let bytes = fs::read(path).unwrap_or_default();
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let (key, label) = std::str::from_utf8(line).ok()?.split_once(' ')?;
            Some((label.to_owned(), key.parse().ok()?))
        })
        .collect()
}
