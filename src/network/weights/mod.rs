//! Weight files: safetensors and PyTorch's, told apart by their content, with PyTorch's names.
//!
//! A file may come from anywhere. Every length is checked against the file's size before memory
//! is taken, what is made of a file is bounded by a multiple of its size, and nothing in it is
//! ever run. Whether the tensors fit a network is said by [`super::transfer`].

mod checkpoint;
mod number;
mod pickle;
mod pytorch;
mod safetensors;
mod source;
mod zip;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::path::Path;

use super::NetworkError;
use super::model::StateDict;
use source::{Damage, Source};

pub use safetensors::{read_safetensors, write_for_torch, write_safetensors};

/// Texts stored beside the weights, e.g. the architecture's name.
pub type Metadata = HashMap<String, String>;

/// Files beyond this size are refused before they are read (the largest network here has
/// 600 MB).
const LARGEST_FILE: u64 = 8 << 30;

/// What a weight file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// How it is written.
    pub format: Format,
    /// Texts beside the weights (safetensors).
    pub metadata: Metadata,
    /// All its tensors, integers included, in the order of the file.
    pub listed: Vec<Listed>,
    /// The tensors of floating-point numbers, as 32-bit ones.
    pub state: StateDict,
    /// What was done to find the weights, one sentence each.
    pub notes: Vec<String>,
}

/// A tensor as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The type of its numbers as safetensors names it, e.g. `F32`.
    pub number: &'static str,
    /// Sizes, slowest axis first.
    pub shape: Vec<usize>,
}

/// How a weight file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// safetensors.
    SafeTensors,
    /// The zip file of `torch.save`, PyTorch 1.6 and later.
    PyTorch,
    /// The pickles of `torch.save` before PyTorch 1.6.
    PyTorchLegacy,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SafeTensors => "safetensors",
            Self::PyTorch => "PyTorch",
            Self::PyTorchLegacy => "PyTorch before 1.6",
        })
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self::empty(Format::SafeTensors)
    }
}

impl Weights {
    /// Weights that are in memory already.
    pub fn of_state(state: StateDict) -> Self {
        let listed = state.iter().map(|(name, tensor)| Listed {
            name: name.clone(),
            number: number::Number::F32.name(),
            shape: tensor.shape.clone(),
        });
        let listed = listed.collect();
        Self { listed, state, ..Self::default() }
    }

    fn empty(format: Format) -> Self {
        let (metadata, listed, state) = (Metadata::new(), Vec::new(), StateDict::new());
        Self { format, metadata, listed, state, notes: Vec::new() }
    }
}

/// Reads a weight file of any of the formats.
///
/// # Errors
/// [`NetworkError::Read`] when the system refuses, [`NetworkError::Format`] when the file is none
/// of weights, damaged, cut short, or holds other objects than tensors.
pub fn read(path: &Path) -> Result<Weights, NetworkError> {
    let weights = open(path).and_then(|mut source| {
        let start = source.beginning(16)?;
        match Kind::of(&start)? {
            Kind::Zip => pytorch::read_zip(&mut source),
            Kind::Legacy => pytorch::read_legacy(&mut source),
            Kind::SafeTensors => safetensors::read(&mut source),
        }
    });
    weights.map_err(|damage| error(path, damage))
}

/// Opens a file whose size is one that weights may have.
fn open(path: &Path) -> Result<Source<File>, Damage> {
    let file = File::open(path)?;
    // A folder can be opened, but neither measured nor read.
    if file.metadata()?.is_dir() {
        return Err("it is a folder".into());
    }
    let source = Source::new(file)?;
    if source.size() > LARGEST_FILE {
        let size = source.size();
        return Err(format!("it has {size} bytes, more than any network here").into());
    }
    Ok(source)
}

fn error(path: &Path, damage: Damage) -> NetworkError {
    let path = path.to_owned();
    match damage {
        Damage::Io(source) => NetworkError::Read { path, source },
        Damage::Format(reason) => NetworkError::Format { path, reason },
    }
}

/// Formats by their first bytes.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Legacy,
    SafeTensors,
}

impl Kind {
    fn of(start: &[u8]) -> Result<Self, Damage> {
        if start.is_empty() {
            return Err("it is empty".into());
        }
        if start.starts_with(b"PK\x03\x04") {
            return Ok(Self::Zip);
        }
        if pytorch::LEGACY_MARK.starts_with(&start[..start.len().min(pytorch::LEGACY_MARK.len())]) {
            return Ok(Self::Legacy);
        }
        if start.starts_with(b"\x89HDF\r\n\x1a\n") {
            return Err("it is HDF5 (Keras); only PyTorch's files and safetensors are read".into());
        }
        if start.first() == Some(&0x80) && start.get(1).is_some_and(|protocol| *protocol <= 5) {
            let text = "it is a pickle, but not one of torch.save: save the state dict with \
                        torch.save(model.state_dict(), …)";
            return Err(text.into());
        }
        // The header's length in 8 bytes, then JSON.
        if start.get(8) == Some(&b'{') || start.len() < 9 {
            return Ok(Self::SafeTensors);
        }
        Err("it is neither safetensors nor a file of torch.save".into())
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
