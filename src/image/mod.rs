//! Images as Arclet knows them: f32 planes with a header, read from FITS and raster files.
//!
//! This room knows files and pixels only; no thread, no network, no window.

pub mod display;
pub mod fits;
pub mod raster;

use std::path::{Path, PathBuf};

/// An image of any number of bands.
///
/// Shape: `data` holds `[bands, height, width]`, row-major, the first row being the first in the
/// file for FITS (bottom of the sky) and the top one for raster files. Raster values are in
/// 0–1 (8-bit / 255, 16-bit / 65535), FITS values are physical (BSCALE and BZERO applied),
/// blanks are NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Image {
    /// Number of bands (FITS planes, or 1 for grey and 3 for RGB raster files).
    pub bands: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `bands × height × width` values.
    pub data: Vec<f32>,
    /// Header cards (keyword, value) in file order; empty for raster files.
    pub header: Vec<(String, String)>,
}

impl Image {
    /// One band as a slice of `height × width` values.
    ///
    /// # Panics
    /// When `band` is not smaller than `self.bands`.
    pub fn plane(&self, band: usize) -> &[f32] {
        let n = self.height * self.width;
        &self.data[band * n..(band + 1) * n]
    }
}

/// Why an image could not be read or written; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The content is not what the format asks for.
    #[error("{path} is not a readable image: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file claims more pixels than it holds or than Arclet accepts.
    #[error("{path} claims {pixels} pixels: {reason}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Claimed pixels.
        pixels: u64,
        /// Which limit it breaks.
        reason: String,
    },
    /// The image cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Reads an image file of any known format (by content first, then by extension).
///
/// # Errors
/// [`ImageError`] when the file cannot be opened, is broken, or is too large.
pub fn read(path: &Path) -> Result<Image, ImageError> {
    let _ = path;
    unimplemented!()
}

/// True when the extension (case-insensitive, `.gz` and `.fz` looked through) is one Arclet reads.
pub fn is_image_path(path: &Path) -> bool {
    let _ = path;
    unimplemented!()
}
