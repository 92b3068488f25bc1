//! A few processes that decode, given out to the threads that ask.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::fits::decode::{Job, Take};
use super::process::{Failure, Process};
use super::watch::Watch;
use super::{Apart, Unavailable};

/// Processes, started when they are first needed.
pub(in crate::image) struct Pool {
    apart: Apart,
    state: Mutex<State>,
    freed: Condvar,
    watch: Watch,
    /// None could be started: that was told, and is not tried again.
    unavailable: AtomicBool,
}

#[derive(Default)]
struct State {
    idle: Vec<Process>,
    running: usize,
}

impl Pool {
    pub(super) fn new(apart: Apart) -> Self {
        Self {
            apart,
            state: Mutex::default(),
            freed: Condvar::new(),
            watch: Watch::start(),
            unavailable: AtomicBool::new(false),
        }
    }

    /// Has a job done; waits while all processes are busy.
    ///
    /// # Errors
    /// Inside, what is wrong with the data or what became of the process; outside, that there is
    /// none.
    pub(in crate::image) fn read(
        &self,
        bytes: &[u8],
        job: &Job,
        take: &mut Take,
    ) -> Result<Result<(), String>, Unavailable> {
        loop {
            let mut process = self.take()?;
            match process.read(&self.apart, &self.watch, (bytes, job), take) {
                Ok(()) => {
                    self.give_back(Some(process));
                    return Ok(Ok(()));
                }
                Err(Failure::Refused(reason)) => {
                    self.give_back(Some(process));
                    return Ok(Err(reason));
                }
                Err(Failure::Lost { reason, try_again }) => {
                    drop(process);
                    self.give_back(None);
                    if !try_again {
                        return Ok(Err(reason));
                    }
                }
            }
        }
    }

    fn take(&self) -> Result<Process, Unavailable> {
        let mut state = self.lock();
        loop {
            if self.unavailable.load(Ordering::Relaxed) {
                return Err(Unavailable);
            }
            if let Some(process) = state.idle.pop() {
                return Ok(process);
            }
            if state.running < self.apart.processes.max(1) {
                state.running += 1;
                break;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        Process::start(&self.apart, &self.watch).map_err(|error| {
            if !self.unavailable.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    "compressed images are decoded in this process, for {} does not start: {error}",
                    self.apart.program.display()
                );
            }
            self.give_back(None);
            Unavailable
        })
    }

    fn give_back(&self, process: Option<Process>) {
        let mut state = self.lock();
        match process {
            Some(process) => state.idle.push(process),
            None => state.running -= 1,
        }
        drop(state);
        // All are told: when there is no program, nobody waits for another's process.
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
