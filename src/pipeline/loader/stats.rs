//! What the loader counts, to tell whether training waits for data.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::cache::Cache;

/// Counts since the loader was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoaderStats {
    /// Batches given out.
    pub batches: u64,
    /// Images in them.
    pub images: u64,
    /// Time that the taker of batches waited for them.
    pub waited: Duration,
    /// Files decoded.
    pub decoded: u64,
    /// Images taken from memory instead.
    pub cache_hits: u64,
    /// Files that could not be read (counted each time).
    pub failed: u64,
    /// Images kept in memory.
    pub cached_images: usize,
    /// Memory that they take, in bytes.
    pub cached_bytes: usize,
    /// Memory that they may take, in bytes.
    pub cache_limit: usize,
}

/// The same, as the threads count.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) batches: AtomicU64,
    pub(super) images: AtomicU64,
    pub(super) waited_nanoseconds: AtomicU64,
    pub(super) decoded: AtomicU64,
    pub(super) cache_hits: AtomicU64,
    pub(super) failed: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self, cache: &Cache) -> LoaderStats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LoaderStats {
            batches: of(&self.batches),
            images: of(&self.images),
            waited: Duration::from_nanos(of(&self.waited_nanoseconds)),
            decoded: of(&self.decoded),
            cache_hits: of(&self.cache_hits),
            failed: of(&self.failed),
            cached_images: cache.count(),
            cached_bytes: cache.bytes(),
            cache_limit: cache.limit(),
        }
    }
}

/// Adds to a counter.
pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
