//! A network of one's own: a text file (TOML) with layers, blocks with parameters, and repeats.
//!
//! ```toml
//! name = "two-blocks"
//! input = [3, 64, 64]      # for which it is meant; training takes any size that fits
//! classes = 5
//!
//! [block.unit]
//! parameters = { width = 32 }
//! layer = [
//!     { kind = "conv2d", out = "width", kernel = 3, padding = 1 },
//!     { kind = "relu" },
//!     { kind = "max-pool", kernel = 2 },
//! ]
//!
//! [[layer]]
//! block = "unit"
//! name = "small"
//!
//! [[layer]]
//! block = "unit"
//! name = "wide"
//! width = "2 * 32"
//!
//! [[layer]]
//! kind = "flatten"
//!
//! [[layer]]
//! kind = "linear"
//! out = "classes"
//! ```
//!
//! A layer takes its input from the one before it, or from those that `from` names. Numbers may be
//! written as sums and products of the parameters of the block, of `classes`, and of `index`, the
//! number of the repetition. `assets/architectures/` has examples with every kind of layer.

mod expand;
mod expression;
mod fields;
mod file;
mod layers;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::network::{Network, NetworkError};

pub use write::write;

/// Files beyond this size are no networks.
const LARGEST_FILE: u64 = 1 << 20;

/// What a file says of its network apart from the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Where it is from, in the words of the file; may be empty.
    pub reference: String,
    /// What it is, in the words of the file; may be empty.
    pub text: String,
    /// Channels, height and width it is meant for.
    pub input: [usize; 3],
    /// Outputs it is meant for.
    pub classes: usize,
}

/// Whether this names a file with a network rather than an architecture.
pub fn is_file(network: &str) -> bool {
    Path::new(network).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// Checks a file that is meant as a network, for what it is meant for; `None` for other TOML. A
/// file is meant as one when it has a line that begins a layer or a block, right or wrong as the
/// rest may be.
pub fn check(path: &Path) -> Option<Result<About, NetworkError>> {
    let text = if path.is_file() { text_of(path).ok() } else { None };
    let text = text.filter(|text| is_network(text))?;
    Some(parse(path, &text, None).and_then(|_| Ok(file::parse(path, &text)?.about)))
}

fn is_network(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("[[layer]]") || line.starts_with("[block.") || line.starts_with("layer =")
    })
}

/// When the file was last changed, to know a new state from an old one.
pub fn stamp(network: &str) -> Option<std::time::SystemTime> {
    let modified = || std::fs::metadata(network).and_then(|file| file.modified()).ok();
    is_file(network).then(modified).flatten()
}

/// Reads the network of a file for images of `input` = channels, height, width.
///
/// # Errors
/// When the file cannot be read, or by line and layer what is wrong in it.
pub fn read(path: &Path, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    parse(path, &text_of(path)?, Some((input, classes)))
}

/// Reads what a file says of its network.
///
/// # Errors
/// When the file cannot be read or is no network.
pub fn about(path: &Path) -> Result<About, NetworkError> {
    Ok(file::parse(path, &text_of(path)?)?.about)
}

/// The network of a text; `path` is named in errors. Without a size it is the one it is meant for.
///
/// # Errors
/// By line and layer what is wrong.
pub fn parse(
    path: &Path,
    text: &str,
    size: Option<([usize; 3], usize)>,
) -> Result<Network, NetworkError> {
    let file = file::parse(path, text)?;
    let (input, classes) = size.unwrap_or((file.about.input, file.about.classes));
    expand::network(&file, input, classes).map_err(|fault| fault.into_error(path, text))
}

fn text_of(path: &Path) -> Result<String, NetworkError> {
    let read_error = |source| NetworkError::ReadNetwork { path: path.to_owned(), source };
    let file = File::open(path).map_err(read_error)?;
    let mut text = String::new();
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(read_error)?;
    if text.len() as u64 > LARGEST_FILE {
        let reason = "it is larger than a megabyte, which no network needs".to_owned();
        return Err(NetworkError::Custom { path: path.to_owned(), line: 0, reason });
    }
    Ok(text)
}

/// What is wrong at a place of the text.
#[derive(Debug)]
struct Fault {
    /// Byte at which the layer begins.
    at: usize,
    reason: String,
}

impl Fault {
    fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }

    fn into_error(self, path: &Path, text: &str) -> NetworkError {
        let before = text.as_bytes().iter().take(self.at);
        let line = 1 + before.filter(|&&byte| byte == b'\n').count();
        NetworkError::Custom { path: path.to_owned(), line, reason: self.reason }
    }
}

#[cfg(test)]
mod tests;
