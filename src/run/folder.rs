//! Where the files of a run are, how they are written whole, and who may write them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::RunError;

/// The names in a run folder.
pub(super) mod name {
    pub(in crate::run) const RUN: &str = "run.toml";
    pub(in crate::run) const NETWORK: &str = "network.toml";
    pub(in crate::run) const SPLIT: &str = "split.csv";
    pub(in crate::run) const HISTORY: &str = "history.csv";
    pub(in crate::run) const GRADIENTS: &str = "gradients.csv";
    pub(in crate::run) const HISTOGRAMS: &str = "histograms.csv";
    pub(in crate::run) const MATRICES: &str = "matrices.csv";
    pub(in crate::run) const CHECKPOINTS: &str = "checkpoints";
    pub(in crate::run) const LAST: &str = "last.safetensors";
    pub(in crate::run) const BEST: &str = "best.safetensors";
    pub(in crate::run) const EPOCH_BEGIN: &str = "epoch-";
    pub(in crate::run) const EPOCH_END: &str = ".safetensors";
    pub(in crate::run) const MODEL: &str = "model.safetensors";
    pub(in crate::run) const MODEL_DESCRIPTION: &str = "model.toml";
    pub(in crate::run) const TEST_PREDICTIONS: &str = "predictions.csv";
    pub(in crate::run) const VALIDATION_PREDICTIONS: &str = "predictions_validation.csv";
    pub(in crate::run) const EVALUATION: &str = "evaluation.json";
    pub(in crate::run) const COMPARISON: &str = "comparison.csv";
    pub(in crate::run) const FOLDS: &str = "folds.toml";
    pub(in crate::run) const FOLD_TABLE: &str = "folds.csv";
    pub(in crate::run) const LOCK: &str = "run.lock";
}

/// A run folder that this process alone may write, until dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Holds the system's lock; the system releases it when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Takes an empty or new folder for a new run.
    pub(super) fn create(path: &Path) -> Result<Self, RunError> {
        fs::create_dir_all(path).map_err(|error| RunError::write(path, error))?;
        let folder = Self::lock(path)?;
        let entries = fs::read_dir(path).map_err(|error| RunError::read(path, error))?;
        let other = entries.flatten().any(|entry| entry.file_name() != name::LOCK);
        if other {
            return Err(RunError::NotEmpty { path: path.into() });
        }
        let checkpoints = path.join(name::CHECKPOINTS);
        fs::create_dir(&checkpoints).map_err(|error| RunError::write(&checkpoints, error))?;
        Ok(folder)
    }

    /// Takes the folder of an existing run.
    pub(super) fn open(path: &Path) -> Result<Self, RunError> {
        let run = path.join(name::RUN);
        if !run.is_file() {
            let what = "a run folder holds its plan there; give the folder of an earlier run";
            return Err(RunError::Missing { path: run, what });
        }
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, RunError> {
        let file_path = path.join(name::LOCK);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&file_path)
            .map_err(|error| RunError::write(&file_path, error))?;
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(RunError::Locked { path: path.into(), owner: owner(&file_path) });
        }
        // A file system without locks (some network mounts) leaves the folder unguarded.
        let text = format!("{}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| RunError::write(&file_path, error))?;
        Ok(Self { path: path.into(), _lock: file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a named file.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Path of a checkpoint.
    pub(super) fn checkpoint(&self, name: &str) -> PathBuf {
        self.path.join(name::CHECKPOINTS).join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.path.join(name::LOCK));
        if !self.path.join(name::RUN).exists() {
            // The run never began: leave no empty folder behind (a folder with files stays).
            let _ = fs::remove_dir(self.path.join(name::CHECKPOINTS));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Makes a folder, or takes an empty one.
pub(super) fn create_empty(path: &Path) -> Result<(), RunError> {
    fs::create_dir_all(path).map_err(|error| RunError::write(path, error))?;
    let mut entries = fs::read_dir(path).map_err(|error| RunError::read(path, error))?;
    if entries.next().is_some() {
        return Err(RunError::NotEmpty { path: path.into() });
    }
    Ok(())
}

/// The process that holds a lock, in words.
fn owner(lock: &Path) -> String {
    match fs::read_to_string(lock) {
        Ok(text) if !text.trim().is_empty() => format!("process {}", text.trim()),
        _ => "another process".into(),
    }
}

/// Writes a file whole or not at all: to a temporary name beside it, synced, renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write_whole_with(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], for content that is written piece by piece.
pub(super) fn write_whole_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), RunError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".part");
    let temporary = PathBuf::from(temporary);
    let written = write_synced(&temporary, write).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(RunError::write(path, error));
    }
    sync_folder(path);
    Ok(())
}

fn write_synced(
    path: &Path,
    write: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    write(&mut file)?;
    file.sync_all()
}

/// Makes a rename last through a power failure, where the system lets a folder be synced.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

/// Reads a text file of a run.
pub(super) fn read_text(path: &Path, what: &'static str) -> Result<String, RunError> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => RunError::Missing { path: path.into(), what },
        _ => RunError::read(path, error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("run");
        let folder = Folder::create(&path).unwrap();
        fs::write(folder.file(name::RUN), "").unwrap();
        let error = Folder::open(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(folder);
        Folder::open(&path).unwrap();
    }

    #[test]
    fn a_folder_with_files_is_refused_and_kept() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.tex"), "x").unwrap();
        let error = Folder::create(home.path()).unwrap_err();
        assert!(matches!(error, RunError::NotEmpty { .. }));
        assert!(home.path().join("thesis.tex").exists());
    }

    #[test]
    fn a_run_that_never_began_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("run");
        drop(Folder::create(&path).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn a_failed_write_keeps_the_earlier_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.toml");
        write_whole(&path, b"first").unwrap();
        // The temporary name is taken by a folder, so the new content cannot be written.
        fs::create_dir(home.path().join("a.toml.part")).unwrap();
        assert!(write_whole(&path, b"second").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }
}
