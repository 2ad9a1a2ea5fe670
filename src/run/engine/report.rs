use super::{Outcome, Verdict};
use crate::lang::diag::{Code, Diagnostic};
use crate::lang::source::Span;
use crate::run::graph::{Plan, TaskId};

/// What a run has come to.
#[derive(Debug, Clone, Default)]
pub struct RunReport {
    /// As planned, with the state of every task brought up to date: look results up with this one.
    pub plan: Plan,
    /// One for each task of the plan, in its order.
    pub tasks: Vec<TaskReport>,
    /// One for each claim of the study's expectations.
    pub outcomes: Vec<Outcome>,
    /// Failures and warnings at their places in the recipe, and what a lock has against the run.
    pub diagnostics: Vec<Diagnostic>,
    /// A lock did not allow the run: nothing has run.
    pub refused: bool,
    pub cancelled: bool,
}

#[derive(Debug, Clone)]
pub struct TaskReport {
    pub task: TaskId,
    pub state: TaskState,
    /// Wall clock of the computation.
    pub seconds: f64,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TaskState {
    /// Was in the store before.
    Stored,
    /// Computed in this run, with other bytes than another process, which was faster; its result stands.
    Superseded,
    /// Computed in this run.
    Finished,
    /// Found in the store during the run.
    Reused,
    Failed(Fault),
    /// Not run because this task gave no result.
    Skipped(TaskId),
    /// Not run, or given up, because the run was stopped.
    Stopped,
}

/// Why a task failed, at its place in the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub text: String,
    pub help: Option<String>,
    pub span: Span,
}

/// How a run ended, for the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Fine,
    /// The recipe has errors, or a lock did not allow the run.
    Check,
    /// At least one node failed.
    Node,
    /// An expectation does not hold, or could not be decided.
    Expectation,
    /// Stopped by the user.
    Cancelled,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Check => 1,
            Exit::Node => 2,
            Exit::Expectation => 3,
            Exit::Cancelled => 130,
        }
    }
}

impl RunReport {
    pub fn exit(&self) -> Exit {
        if self.cancelled {
            Exit::Cancelled
        } else if self.refused {
            Exit::Check
        } else if self
            .tasks
            .iter()
            .any(|task| matches!(task.state, TaskState::Failed(_)))
        {
            Exit::Node
        } else if self.diagnostics.iter().any(Diagnostic::is_error) {
            // Only a lock is left to complain: the results have other bits than it says.
            Exit::Check
        } else if self
            .outcomes
            .iter()
            .any(|outcome| outcome.verdict != Verdict::Holds)
        {
            Exit::Expectation
        } else {
            Exit::Fine
        }
    }
}
