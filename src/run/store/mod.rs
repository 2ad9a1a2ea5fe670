//! Results on disk, found again by what they were computed from. No database, no daemon.
//!
//! ```text
//! .synth/
//!   keys/ab/<key>.json      a manifest for each computed node: its key's parts, its files, how long it took
//!   blobs/ab/<digest>       the files, by the digest of their bytes
//!   content/ab/<digest>     from a node's own fields and the bytes of its inputs to a key
//!   stages/ab/<digest>      results that others can go on from
//!   index                   what `keys` says, in one file to read at once; rebuilt when it is lost
//!   last                    which key ran last under which name
//!   claims/<key>            a lock while a node is computed
//!   work/                   what is being written
//! ```
//!
//! A file is written under a temporary name, synced and renamed; the manifest comes last, so whatever it names is
//! there. Locks only save work: two processes that compute the same node write the same bytes.

mod artifact;
mod claim;
mod error;
mod index;
mod key;
mod lock;
mod manifest;
mod results;
mod survey;
#[cfg(test)]
mod tests;
mod work;

pub use artifact::Artifact;
pub use claim::Claim;
pub use error::StoreError;
pub use key::{Difference, Digest, Key, KeyHasher, KeyParts};
pub use lock::{Lock, LockedNode};
pub use manifest::{FileEntry, Manifest};
pub use results::{Committed, Store};
pub use survey::Survey;
pub use work::Work;
