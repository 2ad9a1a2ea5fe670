//! Progress of a run: bars on a terminal, lines elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::run::engine::Event;
use crate::run::graph::{Plan, TaskId};

/// Listens to a run and shows it on standard error.
pub(crate) struct Progress {
    plan: Mutex<Vec<String>>,
    bars: Option<Bars>,
    quiet: bool,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    tasks: Mutex<BTreeMap<TaskId, ProgressBar>>,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        let bars = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let all = MultiProgress::new();
            let style = ProgressStyle::with_template(
                "{bar:24} {pos}/{len} tasks, {elapsed} so far, {eta} left",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            let total = all.add(ProgressBar::new(0).with_style(style));
            total.enable_steady_tick(Duration::from_millis(200));
            Bars {
                all,
                total,
                tasks: Mutex::default(),
            }
        });
        Progress {
            plan: Mutex::default(),
            bars,
            quiet,
        }
    }

    fn label(&self, task: TaskId) -> String {
        let plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.get(task.0 as usize).cloned().unwrap_or_default()
    }

    fn line(&self, text: &str) {
        match &self.bars {
            _ if self.quiet => {}
            Some(bars) => {
                let _ = bars.all.println(text);
            }
            None => eprintln!("{text}"),
        }
    }

    fn planned(&self, plan: &Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) =
            plan.tasks.iter().map(|task| task.label.clone()).collect();
        let open = plan.tasks.len() - plan.stored();
        if let Some(bars) = &self.bars {
            bars.total.set_length(open as u64);
        }
    }

    /// What happens; called from the threads that work.
    pub fn event(&self, event: Event<'_>) {
        match event {
            Event::Planned { plan } => self.planned(plan),
            Event::Started { task } => {
                if let Some(bars) = &self.bars {
                    let style = ProgressStyle::with_template(
                        "  {bar:24} {percent:>3} %  {msg}, {eta} left",
                    )
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                    let bar = bars
                        .all
                        .insert_before(&bars.total, ProgressBar::new(100).with_style(style));
                    bar.set_message(self.label(task));
                    bars.tasks
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(task, bar);
                }
            }
            Event::Progress { task, done, total } => {
                if let Some(bars) = &self.bars
                    && let Some(bar) = bars
                        .tasks
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get(&task)
                {
                    bar.set_length(total);
                    bar.set_position(done);
                }
            }
            Event::Warning { .. } => {}
            Event::Waiting { task } => self.line(&format!(
                "{}: another process computes it, waiting",
                self.label(task)
            )),
            Event::Reused { task } => {
                self.ended(task);
                self.line(&format!("{}: the same as stored", self.label(task)));
            }
            Event::Finished { task, seconds } => {
                self.ended(task);
                self.line(&format!("{}: {}", self.label(task), time(seconds)));
            }
            Event::Failed { task, text } => {
                self.ended(task);
                self.line(&format!("{}: failed: {text}", self.label(task)));
            }
            Event::Skipped { task, because } => self.line(&format!(
                "{}: not run, because {} gave no result",
                self.label(task),
                self.label(because)
            )),
        }
    }

    fn ended(&self, task: TaskId) {
        let Some(bars) = &self.bars else { return };
        bars.total.inc(1);
        if let Some(bar) = bars
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&task)
        {
            bar.finish_and_clear();
            bars.all.remove(&bar);
        }
    }

    /// Takes the bars away, those of tasks that were stopped too.
    pub fn finish(&self) {
        if let Some(bars) = &self.bars {
            let mut tasks = bars.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            for (_, bar) in std::mem::take(&mut *tasks) {
                bar.finish_and_clear();
                bars.all.remove(&bar);
            }
            bars.total.finish_and_clear();
        }
    }
}

/// `0.42 s`, `12 s`, `3 min 20 s`
pub(super) fn time(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s => format!("{} min {:.0} s", (s / 60.0).floor(), s % 60.0),
    }
}
