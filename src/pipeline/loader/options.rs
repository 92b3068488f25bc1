//! How much the loader may use: threads, batches, memory.

use std::path::Path;

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

/// Memory for decoded images: a quarter of what is free now, on the machine and to the job that this
/// is a part of (Linux tells), or one gibibyte.
fn default_cache_bytes() -> usize {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let machine = free_memory(&read("/proc/meminfo"));
    let job = free_in_group(Path::new("/sys/fs/cgroup"), &read("/proc/self/cgroup"));
    let free = machine.into_iter().chain(job).min();
    free.map_or(GIBIBYTE, |bytes| bytes / MEMORY_SHARE)
}

/// What the control group of this process and those around it (batch systems, containers) leave of
/// their memory, in bytes; `None` where there is no limit. Source: Linux, cgroup-v2, memory.max.
fn free_in_group(root: &Path, groups: &str) -> Option<usize> {
    let own = root.join(groups.lines().find_map(|line| line.strip_prefix("0::/"))?);
    let number = |folder: &Path, file: &str| {
        std::fs::read_to_string(folder.join(file)).ok()?.trim().parse::<usize>().ok()
    };
    let around = own.ancestors().take_while(|folder| folder.starts_with(root));
    around
        .filter_map(|folder| {
            let used = number(folder, "memory.current").unwrap_or(0);
            Some(number(folder, "memory.max")?.saturating_sub(used))
        })
        .min()
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

    #[test]
    fn the_tightest_group_around_the_process_counts() {
        let root = tempfile::tempdir().unwrap();
        let job = root.path().join("slurm/job");
        std::fs::create_dir_all(job.join("step")).unwrap();
        let write = |folder: &Path, file: &str, text: &str| {
            std::fs::write(folder.join(file), text).unwrap();
        };
        let free = || free_in_group(root.path(), "1:name=x:/\n0::/slurm/job/step\n");
        assert_eq!(free(), None);
        write(&job.join("step"), "memory.max", "max\n");
        assert_eq!(free(), None);
        write(&job, "memory.max", "1000\n");
        write(&job, "memory.current", "300\n");
        assert_eq!(free(), Some(700));
        write(root.path(), "memory.max", "600\n");
        assert_eq!(free(), Some(600));
        assert_eq!(free_in_group(root.path(), "0::/\n"), Some(600));
        assert_eq!(free_in_group(root.path(), ""), None);
    }
}
