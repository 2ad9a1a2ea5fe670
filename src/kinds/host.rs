//! What computations in `physics` see of the task that they run for.

use std::time::Duration;

use crate::physics::host::Host;
use crate::run::kind::Task;

/// Progress, cancellation and the clock of checkpoints of a task.
pub struct TaskHost<'a>(pub &'a Task<'a>);

impl Host for TaskHost<'_> {
    fn progress(&self, done: u64, total: u64) {
        self.0.progress(done, total);
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
    fn checkpoint_interval(&self) -> Duration {
        let femtoseconds = self.0.node.value("checkpoint").as_f64();
        let seconds = femtoseconds.map_or(60.0, |fs| fs * 1e-15);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}
