//! What can be wrong with a run folder.

use std::path::{Path, PathBuf};

use crate::train::TrainError;

/// Errors of the run room; each names the folder or file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file is not there.
    #[error("{} is not there: {what}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What it would hold, and what to do.
        what: &'static str,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error(
        "cannot write {}: {source}. What was written before is whole; make room or allow writing, \
         and the run can be resumed",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file's content is not what it should be.
    #[error("{} is damaged or not of a run: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A run written by a later Arclet.
    #[error(
        "{} was written by Arclet {version} in format {found}; this Arclet knows formats up to \
         {known}. Use that version or a later one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version of the program that wrote it.
        version: String,
        /// Its format.
        found: u32,
        /// The newest known format.
        known: u32,
    },
    /// A new run would overwrite something.
    #[error(
        "{} is not empty. Choose another folder, or go on with the run in it by \
         `arclet train --resume`",
        path.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes the run.
    #[error("the run in {} is being written by {owner}; stop it first", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The process.
        owner: String,
    },
    /// A shard that cannot be made or joined.
    #[error("{}: {reason}", path.display())]
    Shard {
        /// The shard's file, or the table to be made of all.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The plan or the engine refused.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A figure could not be drawn.
    #[error("cannot draw {}: {reason}", path.display())]
    Figure {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl RunError {
    pub(super) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read { path: path.into(), source }
    }

    pub(super) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.into(), source }
    }

    pub(super) fn shard(path: &Path, reason: impl Into<String>) -> Self {
        Self::Shard { path: path.into(), reason: reason.into() }
    }

    pub(super) fn format(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Format { path: path.into(), reason: reason.to_string() }
    }
}
