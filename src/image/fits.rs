//! FITS files through cfitsio.
//!
//! A file's structure is walked and its sizes are checked first ([`structure`]); then cfitsio gets
//! the chosen header-data unit alone, as a small file in memory, or, for large plain files, the
//! file itself. So a broken unit elsewhere does no harm, nothing is allocated that the file does
//! not hold, and brackets in a file name mean nothing.

mod card;
mod cfitsio;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod damage;
mod rice;
mod source;
mod structure;
mod table;
mod tiles;
mod wcs;
mod write;

use std::path::Path;

pub use super::info::FileInfo;
pub use table::{FitsTable, holds_table, read_table};
pub use write::write;

use super::info::Statistics;
use super::{Image, ImageError, allocate};
use card::{CARD, Header};
use cfitsio::Handle;
use source::Source;
use structure::{BLOCK, Content, Refusal, Shape, Unit};

/// Units longer than this are read from the plain file, piece by piece, instead of from memory.
const MAX_IN_MEMORY: u64 = 64 << 20;

/// Values that are converted or counted at a time.
const PIECE: usize = 1 << 20;

/// Reads the image in a header-data unit (counted from 0), or the first image of the file.
///
/// Shape: `[bands, height, width]`, the slower axes of a cube together being the bands; an image
/// of one axis has one row. Units: physical, BSCALE and BZERO applied; blank pixels are NaN.
///
/// # Errors
/// [`ImageError`] when the file cannot be opened, is no FITS file, holds no image (in that unit),
/// breaks off, is damaged, or claims more pixels than Arclet accepts.
pub fn read_hdu(path: &Path, hdu: Option<usize>) -> Result<Image, ImageError> {
    let mut opened = Opened::open(path, hdu)?;
    let [bands, height, width] = opened.shape.bands_height_width();
    let mut data = allocate(path, opened.shape.pixels())?;
    opened.read(&mut data).map_err(|reason| ImageError::format(path, reason))?;
    Ok(Image { bands, height, width, data, header: opened.header.pairs() })
}

/// Describes the image in a header-data unit, or the first image of the file, with statistics
/// over its finite physical values in f64.
///
/// # Errors
/// As [`read_hdu`].
pub fn info(path: &Path, hdu: Option<usize>) -> Result<FileInfo, ImageError> {
    let mut opened = Opened::open(path, hdu)?;
    let header = &opened.header;
    let [_, height, width] = opened.shape.bands_height_width();
    let mut info = FileInfo {
        format: "FITS".into(),
        shape: opened.shape.axes.clone(),
        bitpix: opened.shape.bitpix,
        bscale: header.number("BSCALE").unwrap_or(1.0),
        bzero: header.number("BZERO").unwrap_or(0.0),
        hdu: Some(opened.index),
        extension: header.extension_name().map(str::to_string),
        compression: opened.compression.clone(),
        sky: wcs::sky(header, height, width),
        ..FileInfo::default()
    };
    let statistics = opened.statistics().map_err(|reason| ImageError::format(path, reason))?;
    statistics.write_to(&mut info);
    Ok(info)
}

/// Right ascension and declination of the centre of the first image of a file, in degrees, by its
/// header alone; `None` for files without image or without equatorial coordinates.
pub fn centre(path: &Path) -> Option<(f64, f64)> {
    let mut source = Source::open(path).ok()?;
    let unit = structure::find(&mut source, None).ok()?;
    let (header, shape) = match unit.content {
        Content::Image(shape) => (unit.header, shape),
        Content::Compressed(shape) => (unit.header.of_compressed_image(), shape),
        Content::Other(_) => return None,
    };
    let [_, height, width] = shape.bands_height_width();
    let sky = wcs::sky(&header, height, width);
    sky.ra.zip(sky.dec)
}

/// An image that cfitsio is ready to read.
struct Opened {
    handle: Handle,
    index: usize,
    header: Header,
    shape: Shape,
    compression: Option<String>,
}

impl Opened {
    fn open(path: &Path, hdu: Option<usize>) -> Result<Self, ImageError> {
        let mut source = Source::open(path)?;
        let unit = structure::find(&mut source, hdu).map_err(|refusal| match refusal {
            Refusal::Format(reason) => ImageError::format(path, reason),
            Refusal::TooLarge(pixels, reason) => {
                ImageError::TooLarge { path: path.to_path_buf(), pixels, reason }
            }
        })?;
        if let Content::Compressed(shape) = &unit.content {
            super::check_pixels(path, shape.pixels() as u64, source.file_bytes())?;
        }
        Self::from_unit(path, &mut source, unit).map_err(|reason| ImageError::format(path, reason))
    }

    fn from_unit(path: &Path, source: &mut Source, unit: Unit) -> Result<Self, String> {
        let index = unit.index;
        match unit.content {
            Content::Image(ref shape) => {
                let shape = shape.clone();
                let whole_blocks = source.reaches(unit.data + padded(unit.data_bytes))?;
                let large = unit.data_bytes > MAX_IN_MEMORY;
                let handle = if large && source.is_plain() && whole_blocks {
                    let mut handle = Handle::open(path)?;
                    handle.go_to(index)?;
                    handle
                } else {
                    in_memory(source, &unit)?
                };
                Ok(Self { handle, index, header: unit.header, shape, compression: None })
            }
            Content::Compressed(ref shape) => {
                let shape = shape.clone();
                let handle = in_memory(source, &unit)?;
                let compression = unit.header.text("ZCMPTYPE").map(str::to_string);
                let header = unit.header.of_compressed_image();
                Ok(Self { handle, index, header, shape, compression })
            }
            Content::Other(what) => Err(format!("HDU {index} holds no image but {what}")),
        }
    }

    /// True when blank pixels are marked by a number, so that cfitsio has to look for them. In
    /// plain floating-point images they are NaN already, and cfitsio would take infinities too.
    fn has_blank_numbers(&self) -> bool {
        self.shape.bitpix > 0 || self.compression.is_some()
    }

    /// Words for a failure to read pixels that are there.
    fn damaged(&self, reason: String) -> String {
        if self.compression.is_some() {
            format!("its compressed data are damaged: {reason}")
        } else {
            reason
        }
    }

    fn read(&mut self, out: &mut [f32]) -> Result<(), String> {
        self.read_pixels(out).map_err(|reason| self.damaged(reason))
    }

    fn read_pixels(&mut self, out: &mut [f32]) -> Result<(), String> {
        let blanks = self.has_blank_numbers();
        if self.shape.bitpix != -64 {
            return self.handle.read_f32(0, blanks, out);
        }
        // cfitsio refuses doubles beyond the range of f32; as f32 they become infinite.
        let mut doubles = vec![0.0; PIECE.min(out.len())];
        for (n, piece) in out.chunks_mut(PIECE).enumerate() {
            let doubles = &mut doubles[..piece.len()];
            self.handle.read_f64(n * PIECE, blanks, doubles)?;
            for (value, double) in piece.iter_mut().zip(doubles) {
                *value = *double as f32;
            }
        }
        Ok(())
    }

    fn statistics(&mut self) -> Result<Statistics, String> {
        let blanks = self.has_blank_numbers();
        let pixels = self.shape.pixels();
        // Whole rows, so that tiles are seldom decompressed twice.
        let width = self.shape.axes.last().map_or(1, |&n| n as usize);
        let piece = (PIECE.div_ceil(width) * width).min(pixels);
        let mut values = vec![0.0; piece];
        let mut statistics = Statistics::default();
        let mut first = 0;
        while first < pixels {
            let values = &mut values[..piece.min(pixels - first)];
            self.handle.read_f64(first, blanks, values).map_err(|reason| self.damaged(reason))?;
            statistics.add(values.iter().copied());
            first += values.len();
        }
        Ok(statistics)
    }
}

fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK as u64)
}

/// Gives cfitsio the unit as a file of its own in memory: behind an empty primary header when it
/// is an extension, and with the padding that some writers forget.
fn in_memory(source: &mut Source, unit: &Unit) -> Result<Handle, String> {
    let header_bytes = unit.data - unit.start;
    let length = usize::try_from(header_bytes + unit.data_bytes).map_err(|e| e.to_string())?;
    let extension = unit.index > 0;
    let unit_bytes = source.bytes(unit.start, length)?;
    if unit_bytes.len() < length {
        return Err("its data break off".into());
    }
    if let Content::Compressed(shape) = &unit.content {
        tiles::check(&unit.header, shape, &unit_bytes[header_bytes as usize..])?;
    }
    let mut bytes = if extension {
        let mut bytes = empty_primary();
        bytes.extend_from_slice(&unit_bytes);
        bytes
    } else {
        unit_bytes
    };
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    let mut handle = Handle::from_memory(bytes)?;
    if extension {
        handle.go_to(1)?;
    }
    Ok(handle)
}

/// A primary header without data.
fn empty_primary() -> Vec<u8> {
    let cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "EXTEND  =                    T",
        "END",
    ];
    let mut header = vec![b' '; BLOCK];
    for (place, card) in header.chunks_exact_mut(CARD).zip(cards) {
        place[..card.len()].copy_from_slice(card.as_bytes());
    }
    header
}
