//! How a data set is to be opened: what the user says in addition to the path.

use std::path::PathBuf;

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
    /// FITS images from which a square around each position of the table is cut; as many as `bands`
    /// are bands, otherwise each position is cut from the one that contains it best.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cutouts_from: Vec<PathBuf>,
    /// Side of these squares in arcseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub cutout_arcsec: f64,
    /// Squares that reach beyond their image are taken, with NaN there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cutouts_partly: bool,
    /// How votes become classes; the cuts of Dai & Tong when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<VoteRule>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
