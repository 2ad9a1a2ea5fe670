use std::collections::HashMap;

use super::{Digest, Key, KeyParts, Store};

/// What a store holds at one moment, for a plan that asks after thousands of results. Many results share files, and
/// each file is looked at once; so a survey is short-lived, as it does not see what changes meanwhile.
pub struct Survey<'a> {
    store: &'a Store,
    /// Whether a file is there, and its size.
    sizes: HashMap<Digest, Option<u64>>,
}

impl<'a> Survey<'a> {
    pub fn new(store: &'a Store) -> Self {
        Survey {
            store,
            sizes: HashMap::new(),
        }
    }

    /// The digest of a stored result whose files are all there in full length.
    pub fn artifact_digest(&mut self, key: &Key) -> Option<Digest> {
        let Survey { store, sizes } = self;
        store.artifact_digest_if(key, &mut |digest, bytes| {
            let size = sizes
                .entry(*digest)
                .or_insert_with(|| store.size_of(digest));
            *size == Some(bytes)
        })
    }

    /// A result that was computed from the same own fields and the same bytes of inputs, under whatever key.
    pub fn by_content(&mut self, content: &KeyParts) -> Option<(Key, Digest)> {
        let key = self.store.key_of_content(content)?;
        Some((key, self.artifact_digest(&key)?))
    }
}
