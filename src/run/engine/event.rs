use crate::run::graph::{Plan, TaskId};

/// What happens during a run, for progress bars and logs. Sent from the threads that do the work.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// First of all.
    Planned {
        plan: &'a Plan,
    },
    Started {
        task: TaskId,
    },
    /// `done` of `total`, in units of the task's own; sent a few times a second at most.
    Progress {
        task: TaskId,
        done: u64,
        total: u64,
    },
    Warning {
        task: TaskId,
        text: &'a str,
    },
    /// Another process computes this very task; its result will be taken.
    Waiting {
        task: TaskId,
    },
    /// The result turned out to be in the store: an input was computed anew to the same bytes, or another
    /// process was faster.
    Reused {
        task: TaskId,
    },
    Finished {
        task: TaskId,
        seconds: f64,
    },
    Failed {
        task: TaskId,
        text: &'a str,
    },
    /// Not run because another task gave no result.
    Skipped {
        task: TaskId,
        because: TaskId,
    },
}
