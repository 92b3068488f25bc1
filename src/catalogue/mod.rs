//! A data set as a table of samples: which files, which label, which part of the split.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One object of a data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// Unique name: path relative to the root, or the list's identifier.
    pub id: String,
    /// One file, or one file per band in the catalogue's band order.
    pub files: Vec<PathBuf>,
    /// Index into [`Catalogue::classes`]; `None` when unlabelled.
    pub label: Option<usize>,
    /// Regression targets; empty for classification.
    pub targets: Vec<f32>,
    /// Right ascension and declination in degrees, where known.
    pub ra_dec: Option<(f64, f64)>,
}

/// A file or row that could not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The file (or list row) it is about.
    pub file: PathBuf,
    /// What was wrong with it.
    pub reason: String,
}

/// An opened data set. Only an index: no pixel has been read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    /// Folder that sample ids are relative to.
    pub root: PathBuf,
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// All samples, sorted by id.
    pub samples: Vec<Sample>,
    /// What was skipped.
    pub warnings: Vec<Warning>,
}

/// How to open a data set that is more than a folder per class. Part of `run.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenOptions {
    /// Column of a CSV/TSV list that holds the file name; guessed when empty.
    pub file_column: String,
    /// Column that holds the label; guessed when empty.
    pub label_column: String,
    /// Name pattern for bands in several files, e.g. `{id}_{band}.fits`; empty: one file per object.
    pub band_pattern: String,
    /// Bands in order, e.g. `["g", "r", "i"]`; empty with a pattern: all found, sorted.
    pub bands: Vec<String>,
}

/// A part of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Learned from.
    Train,
    /// Chosen on: settings, early stopping, thresholds.
    Validation,
    /// Looked at once, at the end.
    Test,
}

/// How samples are divided; stratified by label. Part of `run.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitOptions {
    /// Share of each class for validation, 0–1.
    pub validation: f64,
    /// Share of each class for the test, 0–1.
    pub test: f64,
    /// Seed of the shuffle.
    pub seed: u64,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { validation: 0.15, test: 0.25, seed: 0 }
    }
}

/// Which part each sample belongs to, in the order of [`Catalogue::samples`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// One entry a sample; `None` for samples without label.
    pub parts: Vec<Option<Part>>,
}

impl Split {
    /// Indices of the samples of a part, ascending.
    pub fn indices(&self, part: Part) -> Vec<usize> {
        let chosen = |(index, p): (usize, &Option<Part>)| (*p == Some(part)).then_some(index);
        self.parts.iter().enumerate().filter_map(chosen).collect()
    }
}
