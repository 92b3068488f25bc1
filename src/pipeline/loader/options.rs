//! How much the loader may use: threads, batches, memory.

use serde::{Deserialize, Serialize};

/// More threads than this wait for the disk and for each other.
const MOST_WORKERS: usize = 16;
/// One gibibyte.
const GIBIBYTE: usize = 1 << 30;

/// Threads and memory of a [`Loader`](super::Loader).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoaderOptions {
    /// Threads that decode and augment; 0 reads in the thread that asks for the batch.
    pub workers: usize,
    /// Batches that may be begun beyond the one taken last, at least 1.
    pub batches_ahead: usize,
    /// Memory for decoded images, kept from epoch to epoch; 0 keeps none.
    pub cache_bytes: usize,
}

impl Default for LoaderOptions {
    fn default() -> Self {
        Self { workers: default_workers(), batches_ahead: 4, cache_bytes: GIBIBYTE }
    }
}

/// A thread for every core but one, which is left to training; at least one, at most sixteen.
pub fn default_workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.saturating_sub(1).clamp(1, MOST_WORKERS)
}
