//! How much the loader may use: threads, batches, memory.

use serde::{Deserialize, Serialize};

/// More threads than this wait for the disk and for each other.
const MOST_WORKERS: usize = 16;
/// The share of the memory that is free that decoded images may take: one in so many.
const MEMORY_SHARE: usize = 4;
/// What they may take where the system does not tell what is free: one gibibyte.
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
        Self { workers: default_workers(), batches_ahead: 4, cache_bytes: default_cache_bytes() }
    }
}

/// Memory for decoded images: a quarter of what is free now (Linux tells), or one gibibyte.
pub fn default_cache_bytes() -> usize {
    let facts = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    free_memory(&facts).map_or(GIBIBYTE, |bytes| bytes / MEMORY_SHARE)
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn free_memory(facts: &str) -> Option<usize> {
    let line = facts.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// A thread for every core but one, which is left to training; at least one, at most sixteen.
pub fn default_workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.saturating_sub(1).clamp(1, MOST_WORKERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_read_in_kibibytes() {
        let facts = "MemTotal:       24576 kB\nMemAvailable:   20480 kB\n";
        assert_eq!(free_memory(facts), Some(20 << 20));
        assert_eq!(free_memory("MemTotal: 1 kB"), None);
        assert!(default_cache_bytes() > 0);
    }
}
