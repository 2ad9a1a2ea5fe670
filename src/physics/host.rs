//! What physics sees of the world that runs it: someone who wants to know how far it is, and who may ask it to stop.

use std::time::Duration;

/// Progress out, cancellation in. Implementations must be cheap: both are called from inner loops of
/// long computations (every few milliseconds, not every step).
pub trait Host: Sync {
    /// `done` of `total` units of work are finished; `total` is fixed for one computation.
    fn progress(&self, done: u64, total: u64);
    /// True once the person running the study has asked to stop. A computation that sees this returns
    /// its typed "cancelled" error at once; nothing that it has handed over so far is lost.
    fn cancelled(&self) -> bool;
    /// How often a long computation saves where it stands, so that it can go on from there after it was killed.
    fn checkpoint_interval(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// A host that wants to know nothing and never cancels: for tests and for use of the physics alone.
pub struct Quiet;

impl Host for Quiet {
    fn progress(&self, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}
