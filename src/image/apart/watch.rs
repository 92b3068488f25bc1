//! Watches the processes that decode: one that gives no sign of life for too long, or takes too
//! much memory, is ended, so that who waits for it gets an error.

use std::io::Error;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two looks at the processes that work.
const LOOK: Duration = Duration::from_millis(100);

/// Looks without anything to see before the watch sleeps until it is needed.
const IDLE_LOOKS: usize = 20;

/// A process under watch.
pub(super) struct Watched {
    child: Mutex<Child>,
    id: u32,
    started: Instant,
    /// When patience ends, in milliseconds since `started`.
    until: AtomicU64,
    max_bytes: AtomicU64,
    /// Why it was ended.
    reason: Mutex<Option<String>>,
}

impl Watched {
    pub(super) fn new(child: Child) -> Self {
        Self {
            id: child.id(),
            child: Mutex::new(child),
            started: Instant::now(),
            until: AtomicU64::new(0),
            max_bytes: AtomicU64::new(0),
            reason: Mutex::new(None),
        }
    }

    /// Why the watch ended it, if it did.
    pub(super) fn end(&self) -> Option<String> {
        lock(&self.reason).clone()
    }

    /// Words for a process that ended by itself, or answered nonsense.
    pub(super) fn obituary(&self, error: &Error) -> String {
        let mut child = lock(&self.child);
        // A broken pipe comes a moment before the end of the process.
        let mut status = child.try_wait();
        for _ in 0..50 {
            if !matches!(status, Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
            status = child.try_wait();
        }
        match status {
            Ok(Some(status)) => format!("the process that decoded them ended ({status})"),
            _ => format!("the process that decoded them failed: {error}"),
        }
    }

    /// Ends the process and takes its remains.
    pub(super) fn kill(&self) {
        let mut child = lock(&self.child);
        // It may have ended already: then there is nothing to do.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn look(&self) {
        let now = self.started.elapsed().as_millis() as u64;
        let max_bytes = self.max_bytes.load(Ordering::Relaxed);
        let reason = if now > self.until.load(Ordering::Relaxed) {
            "the process that decoded them gave no sign of life and was ended".to_string()
        } else if resident_bytes(self.id).is_some_and(|bytes| bytes > max_bytes) {
            format!(
                "the process that decoded them took more than {} MiB of memory and was ended",
                max_bytes >> 20
            )
        } else {
            return;
        };
        lock(&self.reason).get_or_insert(reason);
        let _ = lock(&self.child).kill();
    }

    fn alive(&self, patience: Duration) {
        let until = self.started.elapsed().saturating_add(patience).as_millis() as u64;
        self.until.store(until, Ordering::Relaxed);
    }
}

/// The watch over the processes of a pool, a thread of its own.
pub(super) struct Watch {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    busy: Mutex<Vec<Arc<Watched>>>,
    changed: Condvar,
    asleep: AtomicBool,
    over: AtomicBool,
}

impl Watch {
    pub(super) fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("reading apart".into());
        if let Err(error) = thread.spawn(move || of_thread.run()) {
            tracing::error!("processes that decode images are not watched: {error}");
        }
        Self { shared }
    }

    /// Watches a process until the guard is dropped.
    pub(super) fn over(
        &self,
        watched: &Arc<Watched>,
        patience: Duration,
        max_bytes: u64,
    ) -> Guard<'_> {
        watched.alive(patience);
        watched.max_bytes.store(max_bytes, Ordering::Relaxed);
        lock(&self.shared.busy).push(Arc::clone(watched));
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.shared.changed.notify_all();
        }
        Guard { shared: &self.shared, watched: Arc::clone(watched) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _busy = lock(&self.shared.busy);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn run(&self) {
        let mut idle = 0;
        let mut busy = lock(&self.busy);
        while !self.over.load(Ordering::SeqCst) {
            idle = if busy.is_empty() { idle + 1 } else { 0 };
            busy.iter().for_each(|watched| watched.look());
            busy = if idle > IDLE_LOOKS {
                self.asleep.store(true, Ordering::SeqCst);
                let busy = self.changed.wait(busy).unwrap_or_else(PoisonError::into_inner);
                self.asleep.store(false, Ordering::SeqCst);
                busy
            } else {
                let woken = self.changed.wait_timeout(busy, LOOK);
                woken.unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

/// A process that works.
pub(super) struct Guard<'a> {
    shared: &'a Shared,
    watched: Arc<Watched>,
}

impl Guard<'_> {
    /// The process has given a sign of life.
    pub(super) fn alive(&self, patience: Duration) {
        self.watched.alive(patience);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        lock(&self.shared.busy).retain(|watched| !Arc::ptr_eq(watched, &self.watched));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is whole at every moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory that a process holds, in bytes; `None` where the system does not say it in a file.
fn resident_bytes(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
