use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs jobs that wait for each other.
pub trait Executor: Sync {
    /// Calls `job(i, room)` for each `i` below `after.len()`, after all jobs of `after[i]` have returned true.
    /// Jobs behind one that returned false are not called. Returns when nothing is left to call.
    fn execute(&self, after: &[Vec<usize>], job: &(dyn Fn(usize, &Room<'_>) -> bool + Sync));
}

/// Where a job computes. What waits for other processes stays outside.
pub struct Room<'a> {
    pool: Option<&'a ThreadPool>,
}

impl Room<'_> {
    /// Runs the work on the threads that all jobs share, so that it may be parallel itself.
    pub fn compute<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

/// Threads of this process: as many jobs at once as there are threads, all on one rayon pool of that size. A
/// job that is parallel takes what the others leave.
///
/// Jobs are started by threads of their own and only compute in the pool: a thread of the pool that waits may
/// take up another job's work, which must not block on a claim then.
pub struct Local {
    threads: usize,
    pool: Option<ThreadPool>,
}

impl Local {
    /// With 0, as many threads as the machine offers.
    pub fn new(threads: usize) -> Self {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            some => some,
        };
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|at| format!("synth-{at}"))
            .stack_size(16 << 20)
            .build()
            .ok();
        Local { threads, pool }
    }
}

struct Queue {
    /// The smallest number first: the order of the plan.
    ready: BinaryHeap<Reverse<usize>>,
    missing: Vec<usize>,
    running: usize,
}

impl Executor for Local {
    fn execute(&self, after: &[Vec<usize>], job: &(dyn Fn(usize, &Room<'_>) -> bool + Sync)) {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
        for (at, needs) in after.iter().enumerate() {
            for need in needs {
                before[*need].push(at);
            }
        }
        let missing: Vec<usize> = after.iter().map(Vec::len).collect();
        let ready = missing
            .iter()
            .enumerate()
            .filter(|(_, missing)| **missing == 0)
            .map(|(at, _)| Reverse(at));
        let queue = Mutex::new(Queue {
            ready: ready.collect(),
            missing,
            running: 0,
        });
        let changed = Condvar::new();
        let room = Room {
            pool: self.pool.as_ref(),
        };
        let worker = || {
            let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if let Some(Reverse(at)) = state.ready.pop() {
                    state.running += 1;
                    drop(state);
                    let done = job(at, &room);
                    state = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    state.running -= 1;
                    if done {
                        for next in &before[at] {
                            state.missing[*next] -= 1;
                            if state.missing[*next] == 0 {
                                state.ready.push(Reverse(*next));
                            }
                        }
                    }
                    changed.notify_all();
                } else if state.running == 0 {
                    return;
                } else {
                    state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        let helpers = self.threads.min(after.len()).saturating_sub(1);
        std::thread::scope(|scope| {
            for _ in 0..helpers {
                // A machine out of threads does with fewer.
                let _ = std::thread::Builder::new().spawn_scoped(scope, worker);
            }
            worker();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn jobs_run_after_what_they_need_and_not_behind_a_failure() {
        // 0 → 1 → 3, 2 → 3, 2 → 4; job 1 fails.
        let after = vec![vec![], vec![0], vec![], vec![1, 2], vec![2]];
        for threads in [1, 4] {
            let seen = Mutex::new(Vec::new());
            Local::new(threads).execute(&after, &|at, room| {
                room.compute(|| seen.lock().unwrap().push(at));
                at != 1
            });
            let mut seen = seen.into_inner().unwrap();
            let place = |job: usize| seen.iter().position(|one| *one == job).unwrap();
            assert!(place(0) < place(1) && place(2) < place(4));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 4]);
        }
    }

    #[test]
    fn independent_jobs_run_at_once() {
        let at_once = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        Local::new(3).execute(&vec![vec![]; 6], &|_, _| {
            let now = at_once.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(30));
            at_once.fetch_sub(1, Ordering::SeqCst);
            true
        });
        assert_eq!(most.into_inner(), 3);
    }
}
