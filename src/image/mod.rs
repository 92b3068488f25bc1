//! Images as Arclet knows them: f32 planes with a header, read from FITS and raster files, and from
//! files that hold many ([`container`]).
//!
//! This room knows files and pixels only; no network, no window. Threads are its callers', but for
//! the one that watches the processes of [`apart`].

pub mod apart;
pub mod container;
pub mod display;
pub mod exposure;
pub mod fits;
mod info;
mod memory;
mod pixels;
mod place;
pub mod pyramid;
pub mod raster;
pub mod region;
pub mod sky;
pub mod view;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use info::{FileInfo, Sky};
use memory::allocate;
pub use pixels::{Bytes, Pixels};
pub(crate) use pixels::{UNIT, planes};
pub use place::{Place, picture_place, pixels_place, read_place};

/// Images with more pixels (over all bands) are refused: 2²⁹ are 2 GiB of f32.
const MAX_PIXELS: u64 = 1 << 29;

/// Images up to this many pixels are decoded whatever the length of their file.
const HARMLESS_PIXELS: u64 = 1 << 24;

/// No format stores real pictures with more pixels per byte (deflate reaches 1032 bytes per
/// byte, with eight one-bit pixels in each); a file that claims more is a decompression bomb.
const MAX_PIXELS_PER_BYTE: u64 = 8 * 1032;

/// File name endings that Arclet reads, in lower case.
pub(crate) const EXTENSIONS: &[&str] =
    &["fit", "fits", "fts", "fz", "jfif", "jpeg", "jpg", "png", "tif", "tiff"];

/// Endings of FITS files that are compressed as a whole, in lower case.
const PACKED: [&str; 3] = ["bz2", "gz", "z"];

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

/// Why an image could not be read, written or shown; each names the file or the setting.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file cannot be opened.
    #[error("cannot open {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The content is not what the format asks for.
    #[error("{} is not a readable image: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file claims more pixels than it holds or than Arclet accepts.
    #[error("{} claims {pixels} pixels: {reason}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Claimed pixels.
        pixels: u64,
        /// Which limit it breaks.
        reason: String,
    },
    /// A setting of the display makes no sense.
    #[error("the {setting} {problem}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it and what it may be.
        problem: String,
    },
    /// The image cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl ImageError {
    fn format(path: &Path, reason: impl Into<String>) -> Self {
        Self::Format { path: path.to_path_buf(), reason: reason.into() }
    }

    fn open(path: &Path, error: &std::io::Error) -> Self {
        Self::Open { path: path.to_path_buf(), reason: error.to_string() }
    }

    fn write(path: &Path, reason: impl Into<String>) -> Self {
        Self::Write { path: path.to_path_buf(), reason: reason.into() }
    }
}

/// Reads an image file of any known format (by content first, then by extension).
///
/// # Errors
/// [`ImageError`] when the file cannot be opened, is broken, or is too large.
pub fn read(path: &Path) -> Result<Image, ImageError> {
    read_pixels(path).map(Pixels::into_image)
}

/// Reads an image file as [`read`] does, and leaves the bytes of an 8-bit raster file as they are.
///
/// # Errors
/// As [`read`].
pub fn read_pixels(path: &Path) -> Result<Pixels, ImageError> {
    match Format::of(path)? {
        Format::Fits => fits::read_hdu(path, None).map(Pixels::Image),
        Format::Raster(format) => raster::read_pixels(path, format),
    }
}

/// Describes an image file of any known format: its shape, statistics and position on the sky.
/// `hdu` chooses a header-data unit of a FITS file; raster files have none.
///
/// # Errors
/// [`ImageError`] when the file cannot be read, or when `hdu` is given for a raster file.
pub fn info(path: &Path, hdu: Option<usize>) -> Result<FileInfo, ImageError> {
    match (Format::of(path)?, hdu) {
        (Format::Fits, _) => fits::info(path, hdu),
        (Format::Raster(_), None) => raster::info(path),
        (Format::Raster(format), Some(_)) => {
            Err(ImageError::format(path, format!("a {} file has no HDU", format.name())))
        }
    }
}

/// True when the extension (case-insensitive; `.fz`, `.gz`, `.bz2` and `.Z` looked through) is one
/// that Arclet reads.
pub fn is_image_path(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let mut parts = name.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let known = |part: &str| EXTENSIONS.iter().any(|e| e.eq_ignore_ascii_case(part));
    if PACKED.iter().any(|e| e.eq_ignore_ascii_case(last)) {
        // `x.fits.gz`, but not `x.jpg.gz`, which no reader looks into.
        let inner = parts.next().unwrap_or_default();
        return ["fit", "fits", "fts"].iter().any(|e| e.eq_ignore_ascii_case(inner))
            && parts.next().is_some();
    }
    known(last) && parts.next().is_some_and(|stem| !stem.is_empty())
}

/// True for a JPEG, PNG or TIFF file, which is shown as it is.
pub fn is_raster(path: &Path) -> bool {
    matches!(Format::of(path), Ok(Format::Raster(_)))
}

/// A raster format, as its first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RasterFormat {
    Jpeg,
    Png,
    Tiff,
}

impl RasterFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
        }
    }

    /// The format by magic number: JPEG's SOI marker, PNG's signature, the order
    /// mark and version of TIFF (42) or its large variant (43).
    fn of_content(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            _ => None,
        }
    }
}

/// Which reader a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Fits,
    Raster(RasterFormat),
}

impl Format {
    /// The reader for a file: by its first bytes, and by its extension where they say nothing, so
    /// that the error about a broken file comes from the reader of the format it claims.
    fn of(path: &Path) -> Result<Self, ImageError> {
        let head = head(path)?;
        if let Some(format) = RasterFormat::of_content(&head) {
            return Ok(Self::Raster(format));
        }
        if head.starts_with(b"SIMPLE") || fits::Packing::of_content(&head).is_some() {
            return Ok(Self::Fits);
        }
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("fits" | "fit" | "fts" | "fz" | "gz" | "bz2" | "z") => Ok(Self::Fits),
            Some("jpg" | "jpeg" | "jfif") => Ok(Self::Raster(RasterFormat::Jpeg)),
            Some("png") => Ok(Self::Raster(RasterFormat::Png)),
            Some("tif" | "tiff") => Ok(Self::Raster(RasterFormat::Tiff)),
            _ => Err(ImageError::format(path, "it is neither JPEG, PNG, TIFF nor FITS")),
        }
    }
}

/// The first bytes of a regular file. A pipe or a device is refused, since reading it may block.
fn head(path: &Path) -> Result<Vec<u8>, ImageError> {
    let failed = |error: std::io::Error| ImageError::open(path, &error);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        let reason = if metadata.is_dir() { "it is a folder" } else { "it is not a regular file" };
        return Err(ImageError::Open { path: path.to_path_buf(), reason: reason.into() });
    }
    let mut head = Vec::with_capacity(16);
    File::open(path).map_err(failed)?.take(16).read_to_end(&mut head).map_err(failed)?;
    Ok(head)
}

/// Refuses a claimed size before anything is allocated for it.
fn check_pixels(path: &Path, pixels: u64, file_bytes: u64) -> Result<(), ImageError> {
    let too_large = |reason: &str| {
        Err(ImageError::TooLarge { path: path.to_path_buf(), pixels, reason: reason.into() })
    };
    if pixels > MAX_PIXELS {
        return too_large("the largest image Arclet opens has 536 870 912");
    }
    if pixels > HARMLESS_PIXELS && pixels / MAX_PIXELS_PER_BYTE > file_bytes {
        return too_large("its file is far too short to hold them");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_case_insensitive_and_compression_is_looked_through() {
        for name in [
            "a.fits",
            "a.FITS.gz",
            "a.fits.bz2",
            "a.fit.Z",
            "a.fits.fz",
            "a.fz",
            "x/A.JPG",
            "a.b.jpeg",
            "a.tif",
        ] {
            assert!(is_image_path(Path::new(name)), "{name}");
        }
        for name in [
            "a.txt",
            "fits",
            ".png",
            "a.gz",
            "a.jpg.gz",
            "a.jpg.Z",
            "a.z",
            ".fits.gz.gz",
            "a.csv",
            "",
        ] {
            assert!(!is_image_path(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn content_wins_over_the_extension() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("really_a_png.fits");
        let picture = display::Rgb8 { width: 1, height: 1, pixels: vec![255, 0, 51] };
        std::fs::write(&path, raster::encode_png(&picture)).unwrap();
        let image = read(&path).unwrap();
        assert_eq!((image.bands, image.data), (3, vec![1.0, 0.0, 0.2]));
    }

    #[test]
    fn a_folder_a_missing_file_and_a_text_file_are_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "no image").unwrap();
        let missing = folder.path().join("missing.png");
        for path in [folder.path(), &missing, &text] {
            let message = read(path).unwrap_err().to_string();
            assert!(message.contains(&path.display().to_string()), "{message}");
        }
    }

    #[test]
    fn bombs_are_refused_by_the_ratio_of_pixels_to_bytes() {
        let path = Path::new("bomb.png");
        assert!(check_pixels(path, 1 << 20, 100).is_ok());
        assert!(check_pixels(path, 1 << 27, 1 << 20).is_ok());
        assert!(check_pixels(path, 1 << 27, 1000).is_err());
        assert!(check_pixels(path, (1 << 29) + 1, u64::MAX).is_err());
    }
}
