use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Event;
use super::executor::Room;
use super::forced::force_member;
use super::report::{Fault, TaskReport, TaskState};
use super::results::{Done, Results};
use crate::lang::diag::Code;
use crate::lang::diag::codes::run as codes;
use crate::run::graph::{Graph, Part, Plan, TaskId, content_parts, stages};
use crate::run::kind::{Failure, Monitor, Task};
use crate::run::store::{Artifact, Claim, Store, StoreError};

/// How often a task's progress is passed on at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);
/// How often a wait for another process looks whether the user has had enough.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One run, as its jobs see it.
pub(super) struct Jobs<'a> {
    pub graph: &'a Graph<'a>,
    pub plan: &'a Plan,
    pub store: &'a Store,
    pub results: Results<'a>,
    pub observer: &'a (dyn Fn(Event<'_>) + Sync),
    pub cancel: &'a AtomicBool,
    /// Stop at the first failure.
    pub stop_at_failure: bool,
    pub failed: AtomicBool,
    /// By task; none while it has not been looked at.
    pub reports: Vec<Mutex<Option<TaskReport>>>,
}

/// Why a job gave no result.
enum Stop {
    Fault(Fault),
    Cancelled,
}

impl Jobs<'_> {
    /// Does one task; whether those behind it may go on.
    pub(super) fn job(&self, id: TaskId, room: &Room<'_>) -> bool {
        if self.stopped() {
            return false;
        }
        let started = Instant::now();
        let monitor = TaskMonitor {
            jobs: self,
            task: id,
            last: Mutex::new(None),
            warnings: Mutex::default(),
        };
        let outcome = self.attempt(id, room, &monitor);
        let seconds = started.elapsed().as_secs_f64();
        let state = match outcome {
            Ok(state) => {
                let event = match state {
                    TaskState::Reused => Event::Reused { task: id },
                    _ => Event::Finished { task: id, seconds },
                };
                (self.observer)(event);
                state
            }
            Err(Stop::Cancelled) => TaskState::Stopped,
            Err(Stop::Fault(fault)) => {
                self.failed.store(true, Ordering::SeqCst);
                (self.observer)(Event::Failed {
                    task: id,
                    text: &fault.text,
                });
                TaskState::Failed(fault)
            }
        };
        let done = matches!(
            state,
            TaskState::Finished | TaskState::Superseded | TaskState::Reused
        );
        let report = TaskReport {
            task: id,
            state,
            seconds,
            warnings: monitor
                .warnings
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        };
        if let Some(slot) = self.reports.get(id.0 as usize) {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        }
        done
    }

    fn stopped(&self) -> bool {
        self.cancel.load(Ordering::SeqCst)
            || (self.stop_at_failure && self.failed.load(Ordering::SeqCst))
    }

    fn attempt(
        &self,
        id: TaskId,
        room: &Room<'_>,
        monitor: &TaskMonitor<'_, '_>,
    ) -> Result<TaskState, Stop> {
        if self.reuse(id) {
            return Ok(TaskState::Reused);
        }
        let task = self.plan.task(id);
        let _claim = self.claim(id)?;
        if self.reuse(id) {
            return Ok(TaskState::Reused);
        }
        (self.observer)(Event::Started { task: id });
        let forced =
            force_member(self.graph.study, task.member, &self.results).map_err(Stop::Fault)?;
        let mut inputs: BTreeMap<String, Artifact> = BTreeMap::new();
        let mut replicas: Vec<Artifact> = Vec::new();
        for input in task.inputs.iter().filter(|input| input.is_read) {
            let artifact = self.results.of_task(input.task).ok_or_else(|| {
                self.fault(
                    id,
                    codes::STORE,
                    format!(
                        "the result of `{}` has gone from the store meanwhile",
                        self.plan.task(input.task).label
                    ),
                    Some("run the study again".into()),
                )
            })?;
            if matches!(self.plan.task(input.task).part, Part::Replica(_)) {
                replicas.push(artifact);
            } else {
                inputs.insert(input.port.clone(), artifact);
            }
        }
        let kind = self.graph.kind(task.member).ok_or_else(|| {
            self.fault(
                id,
                codes::FAULT_OF_THE_PROGRAM,
                "its kind is not built into this program".into(),
                None,
            )
        })?;
        let work = self
            .store
            .begin(&task.key)
            .map_err(|error| self.store_fault(id, &error))?;
        let given = Task {
            node: self.graph.node(task.member).with_forced(&forced),
            replica: match task.part {
                Part::Replica(replica) => Some(replica),
                Part::Whole | Part::Gather(_) => None,
            },
            seed: task.seed,
            inputs: &inputs,
            forerunner: task
                .goes_on
                .as_ref()
                .and_then(|from| self.store.artifact(&from.key)),
            work: &work,
            monitor,
        };
        let started = Instant::now();
        // A fault of the program in one node must not take the others with it.
        let computed = room.compute(|| {
            catch_unwind(AssertUnwindSafe(|| match task.part {
                Part::Gather(_) => kind.gather(&given, &replicas),
                Part::Whole | Part::Replica(_) => kind.run(&given),
            }))
        });
        match computed {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => return Err(self.failure(id, failure)),
            Err(panic) => return Err(self.panicked(id, panic.as_ref())),
        }
        let warnings = monitor
            .warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let content = content_parts(task, |input| {
            self.results.done(input).map(|done| done.artifact)
        });
        let committed = self
            .store
            .commit(
                work,
                &self.plan.remembered_as(task),
                &task.parts,
                content.as_ref(),
                &warnings,
                started.elapsed().as_secs_f64(),
            )
            .map_err(|error| self.store_fault(id, &error))?;
        if let Some((stage, reach)) = stages(self.graph, self.plan, task).pop() {
            self.store.note_stage(&stage, reach, &task.key);
        }
        self.results.put(
            id,
            Done {
                key: task.key,
                artifact: committed.artifact,
            },
        );
        Ok(if committed.differs {
            TaskState::Superseded
        } else {
            TaskState::Finished
        })
    }

    /// Looks whether the result is there meanwhile: under its key, or from the same bytes of its inputs.
    fn reuse(&self, id: TaskId) -> bool {
        let task = self.plan.task(id);
        if let Some(artifact) = self.store.artifact_digest(&task.key) {
            self.results.put(
                id,
                Done {
                    key: task.key,
                    artifact,
                },
            );
            return true;
        }
        let content = content_parts(task, |input| {
            self.results.done(input).map(|done| done.artifact)
        });
        let Some((key, artifact)) = content.and_then(|content| self.store.by_content(&content))
        else {
            return false;
        };
        // If it cannot be entered under its own key it is found in this way again.
        let entered = self
            .store
            .adopt(&key, &self.plan.remembered_as(task), &task.parts)
            .is_ok();
        self.results.put(
            id,
            Done {
                key: if entered { task.key } else { key },
                artifact,
            },
        );
        true
    }

    /// Takes the claim on a task, so that of two processes one computes it and the other waits. A store that
    /// cannot lock is no hindrance.
    fn claim(&self, id: TaskId) -> Result<Option<Claim>, Stop> {
        let task = self.plan.task(id);
        let mut told = false;
        loop {
            match self.store.try_claim(&task.key) {
                Ok(Some(claim)) => return Ok(Some(claim)),
                Err(_) => return Ok(None),
                Ok(None) => {}
            }
            if !told {
                told = true;
                (self.observer)(Event::Waiting { task: id });
            }
            if self.stopped() {
                return Err(Stop::Cancelled);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn failure(&self, id: TaskId, failure: Failure) -> Stop {
        if failure.cancelled {
            return Stop::Cancelled;
        }
        self.fault(id, failure.code, failure.text, failure.help)
    }

    fn panicked(&self, id: TaskId, panic: &(dyn std::any::Any + Send)) -> Stop {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        self.fault(
            id,
            codes::FAULT_OF_THE_PROGRAM,
            format!("a fault of the program: {text}"),
            Some("please report this with the recipe and the output of `synth --version`".into()),
        )
    }

    fn store_fault(&self, id: TaskId, error: &StoreError) -> Stop {
        self.fault(
            id,
            codes::STORE,
            error.to_string(),
            error.help().map(Into::into),
        )
    }

    fn fault(&self, id: TaskId, code: Code, text: String, help: Option<String>) -> Stop {
        let member = self.plan.task(id).member;
        Stop::Fault(Fault {
            code,
            text,
            help,
            span: self.graph.study.declaration_of(member).name_span,
        })
    }
}

struct TaskMonitor<'a, 'j> {
    jobs: &'a Jobs<'j>,
    task: TaskId,
    last: Mutex<Option<Instant>>,
    warnings: Mutex<Vec<String>>,
}

impl Monitor for TaskMonitor<'_, '_> {
    fn progress(&self, done: u64, total: u64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if done < total && last.is_some_and(|last| last.elapsed() < PROGRESS_EVERY) {
            return;
        }
        *last = Some(Instant::now());
        (self.jobs.observer)(Event::Progress {
            task: self.task,
            done,
            total,
        });
    }

    fn cancelled(&self) -> bool {
        self.jobs.cancel.load(Ordering::Relaxed)
    }

    fn warn(&self, text: &str) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.iter().any(|known| known == text) {
            return;
        }
        warnings.push(text.to_owned());
        drop(warnings);
        (self.jobs.observer)(Event::Warning {
            task: self.task,
            text,
        });
    }
}
