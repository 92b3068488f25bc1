//! Finding runs in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::name;
use super::history::read_history;
use super::manifest::{RunInfo, read_manifest};
use crate::train::{EpochRecord, Plan};

/// How far runs are looked for below a folder.
const DEPTH: usize = 3;
/// Entries looked at before giving up: a folder of images is no place for runs.
const MOST_ENTRIES: usize = 20_000;

/// A run that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRun {
    /// Its folder.
    pub folder: PathBuf,
    /// Its plan.
    pub plan: Plan,
    /// What it was carried out with.
    pub info: RunInfo,
    /// Its last epoch.
    pub last: Option<EpochRecord>,
    /// Whether it was carried out to the end.
    pub complete: bool,
}

/// All readable runs in a folder and the folders below it, the newest first.
pub fn list(folder: &Path) -> Vec<FoundRun> {
    let mut runs = Vec::new();
    let mut budget = MOST_ENTRIES;
    collect(folder, DEPTH, &mut budget, &mut runs);
    runs.sort_by(|a, b| b.info.started.cmp(&a.info.started).then(a.folder.cmp(&b.folder)));
    runs
}

fn collect(folder: &Path, depth: usize, budget: &mut usize, runs: &mut Vec<FoundRun>) {
    if folder.join(name::RUN).is_file() {
        runs.extend(found(folder));
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), depth - 1, budget, runs);
        }
    }
}

/// The run in a folder; `None` when it cannot be read.
fn found(folder: &Path) -> Option<FoundRun> {
    let (plan, info) = read_manifest(folder).ok()?;
    let last = read_history(folder).ok().and_then(|(_, epochs)| epochs.last().copied());
    let complete = folder.join(name::MODEL).exists();
    Some(FoundRun { folder: folder.into(), plan, info, last, complete })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::manifest::{FORMAT, write_manifest};

    #[test]
    fn runs_are_found_newest_first() {
        let home = tempfile::tempdir().unwrap();
        for (name, started) in [("a", 10), ("deep/b", 20)] {
            let folder = home.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            let info = RunInfo { format: FORMAT, started, ..RunInfo::default() };
            write_manifest(&folder, &Plan::default(), &info).unwrap();
        }
        fs::create_dir(home.path().join("images")).unwrap();
        let runs = list(home.path());
        assert_eq!(runs.len(), 2);
        assert!(runs[0].folder.ends_with("deep/b") && !runs[0].complete);
    }
}
