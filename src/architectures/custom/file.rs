//! The file as it is written: its head, its blocks and its layers as tables.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Spanned, Table};

use super::{About, Fault};
use crate::network::{Initialization, NetworkError};

/// A file that has been read but not yet understood.
#[derive(Debug)]
pub(super) struct File {
    pub(super) about: About,
    pub(super) initialization: Initialization,
    pub(super) blocks: BTreeMap<String, Block>,
    pub(super) layers: Vec<Spanned<Table>>,
    pub(super) output: Option<String>,
    pub(super) auxiliary: Vec<Auxiliary>,
}

/// `[block.NAME]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    /// Parameters and what they are where nothing else is said.
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, i64>,
    #[serde(rename = "layer")]
    pub(super) layers: Vec<Spanned<Table>>,
}

/// An auxiliary classifier of training.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auxiliary {
    /// The layer that gives its logits.
    pub(super) layer: String,
    /// Weight of its loss.
    pub(super) weight: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    text: String,
    #[serde(default = "usual_input")]
    input: [usize; 3],
    #[serde(default = "usual_classes")]
    classes: usize,
    #[serde(default)]
    initialization: Initialization,
    #[serde(default)]
    block: BTreeMap<String, Block>,
    layer: Vec<Spanned<Table>>,
    output: Option<String>,
    #[serde(default)]
    auxiliary: Vec<Auxiliary>,
}

const fn usual_input() -> [usize; 3] {
    [3, 64, 64]
}

const fn usual_classes() -> usize {
    5
}

/// Reads the text of a file.
pub(super) fn parse(path: &Path, text: &str) -> Result<File, NetworkError> {
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Fault::new(at, error.message()).into_error(path, text)
    })?;
    let about = About {
        name: raw.name,
        reference: raw.reference,
        text: raw.text,
        input: raw.input,
        classes: raw.classes,
    };
    if about.name.trim().is_empty() {
        return Err(Fault::new(0, "the network needs a `name`").into_error(path, text));
    }
    Ok(File {
        about,
        initialization: raw.initialization,
        blocks: raw.block,
        layers: raw.layer,
        output: raw.output,
        auxiliary: raw.auxiliary,
    })
}
