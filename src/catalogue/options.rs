//! How a data set is to be opened: what the user says in addition to the path.

use serde::{Deserialize, Serialize};

use super::votes::VoteRule;

/// How to open a data set that is more than a folder per class. Part of `run.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenOptions {
    /// Column of a list that holds the file name; guessed when empty.
    pub file_column: String,
    /// Column that holds the label, or question whose votes do; guessed when empty.
    pub label_column: String,
    /// Name pattern for bands in several files, e.g. `{id}_{band}.fits`; empty: one file per object.
    pub band_pattern: String,
    /// Bands in order, e.g. `["g", "r", "i"]`; empty with a pattern: all found, sorted.
    pub bands: Vec<String>,
    /// Conditions on columns, such as `redshift < 0.1`; rows that miss one are left out.
    pub filters: Vec<String>,
    /// Classes made one, such as `spiral+edge-on=disk`, `star=` to leave a class out, or the name
    /// of a grouping such as `barchi-3`.
    pub merge: Vec<String>,
    /// New names of classes, such as `E=elliptical`; after the merging.
    pub rename: Vec<String>,
    /// How votes become classes; the cuts of Dai & Tong when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<VoteRule>,
}
