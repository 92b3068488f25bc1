//! FITS files: plain images by ourselves, tile-compressed ones through cfitsio.
//!
//! A file's structure is walked and its sizes are checked first ([`structure`]). Values that are
//! not compressed are converted piece by piece ([`plain`]); of a compressed image cfitsio gets its
//! header-data unit alone, as a small file in memory ([`decode`]). So a broken unit elsewhere does no harm,
//! nothing is allocated that the file does not hold, and brackets in a file name mean nothing.

mod card;
mod cfitsio;
#[cfg(test)]
mod conformance;
mod cutout;
#[cfg(test)]
mod damage;
pub(super) mod decode;
mod lzw;
mod plain;
mod rice;
mod source;
mod structure;
mod table;
mod tiles;
mod units;
mod wcs;
mod write;

use std::ops::Range;
use std::path::Path;

pub use super::info::FileInfo;
pub use card::Card;
pub(super) use cutout::cut_section;
pub use cutout::{Cutter, Section};
pub(super) use plain::read_at;
pub(super) use source::Packing;
pub use table::{FitsTable, holds_table, read_table};
pub use units::{HduInfo, HduKind, hdus, header};
pub use write::write;

use super::info::Statistics;
use super::{Image, ImageError, allocate};
use card::{CARD, Header};
use decode::{Job, Piece};
use plain::Coding;
use source::Source;
use structure::{BLOCK, Content, Refusal, Shape, Unit};

/// Values of compressed images that are converted or counted at a time.
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
    let opened = Opened::open(path, hdu, None)?;
    let bands = opened.shape.bands_height_width()[0];
    opened.image(path, 0..bands)
}

/// Reads some planes of the image in a header-data unit, or of the first image of the file, so that
/// a large cube need not be read whole. Planes are counted from 0 over all axes but the last two.
///
/// Shape: `[planes.len(), height, width]`. Units: as [`read_hdu`].
///
/// # Errors
/// As [`read_hdu`], and when there are no such planes. Only the pixels of `planes` count against
/// the largest image that Arclet opens.
pub fn read_planes(
    path: &Path,
    hdu: Option<usize>,
    planes: Range<usize>,
) -> Result<Image, ImageError> {
    let opened = Opened::open(path, hdu, Some(&planes))?;
    let bands = opened.shape.bands_height_width()[0];
    if planes.is_empty() || planes.end > bands {
        let Range { start, end } = planes;
        let reason = format!("it has {bands} planes, not those from {start} up to {end}");
        return Err(ImageError::format(path, reason));
    }
    opened.image(path, planes)
}

/// Reads one plane, as [`read_planes`] does.
///
/// # Errors
/// As [`read_planes`].
pub fn read_plane(path: &Path, hdu: Option<usize>, plane: usize) -> Result<Image, ImageError> {
    read_planes(path, hdu, plane..plane.saturating_add(1))
}

/// Describes the image in a header-data unit, or the first image of the file, with statistics
/// over its finite physical values in f64.
///
/// # Errors
/// As [`read_hdu`].
pub fn info(path: &Path, hdu: Option<usize>) -> Result<FileInfo, ImageError> {
    let mut opened = Opened::open(path, hdu, None)?;
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

/// An image that is ready to be read.
struct Opened {
    pixels: Pixels,
    index: usize,
    header: Header,
    shape: Shape,
    compression: Option<String>,
}

/// Where the pixels come from.
enum Pixels {
    Plain {
        source: Source,
        unit: Unit,
        coding: Coding,
    },
    /// A FITS file of one compressed image.
    Tiles(Vec<u8>),
}

impl Opened {
    fn open(
        path: &Path,
        hdu: Option<usize>,
        planes: Option<&Range<usize>>,
    ) -> Result<Self, ImageError> {
        let mut source = Source::open(path)?;
        let refused = |refusal: Refusal| refusal.of(path);
        let unit = structure::find(&mut source, hdu).map_err(refused)?;
        structure::check_image(&mut source, &unit, planes).map_err(refused)?;
        if let Content::Compressed(shape) = &unit.content {
            super::check_pixels(path, shape.pixels() as u64, source.file_bytes())?;
        }
        Self::from_unit(source, unit).map_err(|reason| ImageError::format(path, reason))
    }

    fn from_unit(mut source: Source, unit: Unit) -> Result<Self, String> {
        let index = unit.index;
        match unit.content {
            Content::Image(ref shape) => {
                let (shape, header) = (shape.clone(), unit.header.clone());
                let coding = Coding::of(&header, &shape);
                let pixels = Pixels::Plain { source, unit, coding };
                Ok(Self { pixels, index, header, shape, compression: None })
            }
            Content::Compressed(ref shape) => {
                let shape = shape.clone();
                let file = in_memory(&mut source, &unit)?;
                let pixels = Pixels::Tiles(file);
                let compression = unit.header.text("ZCMPTYPE").map(str::to_string);
                let header = unit.header.of_compressed_image();
                Ok(Self { pixels, index, header, shape, compression })
            }
            Content::Other(what) => Err(format!("HDU {index} holds no image but {what}")),
        }
    }

    /// Reads planes that are there.
    fn image(mut self, path: &Path, planes: Range<usize>) -> Result<Image, ImageError> {
        let [_, height, width] = self.shape.bands_height_width();
        let mut data = allocate(path, planes.len() * height * width)?;
        let first = planes.start * height * width;
        self.read(first, &mut data).map_err(|reason| ImageError::format(path, reason))?;
        let header = self.header.pairs();
        Ok(Image { bands: planes.len(), height, width, data, header })
    }

    /// Whether each reading has to decompress.
    fn is_compressed(&self) -> bool {
        matches!(self.pixels, Pixels::Tiles(_))
    }

    /// Reads values from number `first` (from 0).
    fn read(&mut self, first: usize, out: &mut [f32]) -> Result<(), String> {
        let job = self.job(first, out.len(), false);
        match &mut self.pixels {
            Pixels::Plain { source, unit, coding } => {
                plain::read_f32(source, unit, *coding, first, out)
            }
            Pixels::Tiles(file) => {
                let mut at = 0;
                let mut take = |piece: Piece| {
                    if let Piece::Single(values) = piece {
                        let end = at + values.len();
                        out.get_mut(at..end).ok_or("too many values")?.copy_from_slice(values);
                        at = end;
                    }
                    Ok(())
                };
                decode::read(file, &job, &mut take).map_err(damaged)
            }
        }
    }

    fn statistics(&mut self) -> Result<Statistics, String> {
        let job = self.job(0, self.shape.pixels(), true);
        let mut statistics = Statistics::default();
        match &mut self.pixels {
            Pixels::Plain { source, unit, coding } => {
                let take = |values: &[f64]| statistics.add(values.iter().copied());
                plain::for_each_f64(source, unit, *coding, job.count, take)?;
            }
            Pixels::Tiles(file) => {
                let mut take = |piece: Piece| {
                    if let Piece::Double(values) = piece {
                        statistics.add(values.iter().copied());
                    }
                    Ok(())
                };
                decode::read(file, &job, &mut take).map_err(damaged)?;
            }
        }
        Ok(statistics)
    }

    /// What to decode, in whole rows, so that tiles are seldom decompressed twice.
    fn job(&self, first: usize, count: usize, doubles: bool) -> Job {
        let width = self.shape.axes.last().map_or(1, |&n| n as usize);
        let piece = PIECE.div_ceil(width) * width;
        let holds_doubles = self.shape.bitpix == -64;
        Job { extension: self.index > 0, holds_doubles, doubles, first, count, piece }
    }
}

/// Words for a failure to read pixels that are there.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn damaged(reason: String) -> String {
    format!("its compressed data are damaged: {reason}")
}

/// The unit as a file of its own: behind an empty primary header when it
/// is an extension, and with the padding that some writers forget.
fn in_memory(source: &mut Source, unit: &Unit) -> Result<Vec<u8>, String> {
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
    Ok(bytes)
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
