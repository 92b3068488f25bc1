//! What a FITS file holds, unit by unit, by its headers alone.

use std::path::Path;

use super::super::{ImageError, MAX_PIXELS};
use super::card::Card;
use super::source::Source;
use super::structure::{self, Content, EMPTY, Shape, TABLE, Unit, Units};

/// What kind of header-data unit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HduKind {
    /// An image as it stands, a cube among them.
    Image,
    /// A tile-compressed image.
    CompressedImage,
    /// A binary table.
    BinaryTable,
    /// A table in ASCII.
    AsciiTable,
    /// A header without data, or an image with an axis of length 0.
    Empty,
    /// Random groups, an unknown extension, or a unit whose header is broken.
    Other,
}

impl HduKind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::CompressedImage => "compressed image",
            Self::BinaryTable => "binary table",
            Self::AsciiTable => "ASCII table",
            Self::Empty => "empty",
            Self::Other => "other",
        }
    }
}

/// One header-data unit of a FITS file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HduInfo {
    /// Its number, 0 being the first.
    pub index: usize,
    /// What it is.
    pub kind: HduKind,
    /// EXTNAME; `PRIMARY` for a first unit without one, empty for others without.
    pub name: String,
    /// EXTVER.
    pub version: Option<i64>,
    /// Axes of an image, slowest first; rows and columns of a table.
    pub shape: Vec<u64>,
    /// BITPIX of the image (ZBITPIX of a compressed one).
    pub bitpix: i64,
    /// ZCMPTYPE of a compressed image.
    pub compression: Option<String>,
    /// Why it cannot be shown as an image; `None` when it can.
    pub trouble: Option<String>,
}

impl HduInfo {
    /// Whether it holds an image whose planes can be read.
    pub fn can_be_shown(&self) -> bool {
        self.trouble.is_none()
    }

    /// Planes, height and width of an image; zeros for everything else.
    pub fn bands_height_width(&self) -> [usize; 3] {
        if !matches!(self.kind, HduKind::Image | HduKind::CompressedImage) {
            return [0; 3];
        }
        Shape { bitpix: self.bitpix, axes: self.shape.clone() }.bands_height_width()
    }
}

/// Every header-data unit of a file. Only headers are read (a compressed stream is unpacked, not
/// kept). A broken header ends the list with a unit that says what is wrong.
///
/// # Errors
/// [`ImageError`] when the file cannot be opened or its first header is broken.
pub fn hdus(path: &Path) -> Result<Vec<HduInfo>, ImageError> {
    let mut source = Source::open(path)?;
    let mut units = Units::of(&mut source);
    let mut found = Vec::new();
    loop {
        match units.next() {
            Ok(Some(unit)) => found.push(describe(&unit, units.may_hold(&unit))),
            Ok(None) => return Ok(found),
            Err(refusal) if found.is_empty() => return Err(refusal.of(path)),
            Err(refusal) => {
                found.push(unreadable(found.len(), refusal.words()));
                return Ok(found);
            }
        }
    }
}

/// The cards of a header-data unit, or of the first image of the file, in file order: HISTORY,
/// COMMENT and blank ones too, CONTINUE joined. Of a compressed image, the image's own header.
///
/// # Errors
/// [`ImageError`] when the file cannot be opened or is broken up to there, or has no such unit.
pub fn header(path: &Path, hdu: Option<usize>) -> Result<Vec<Card>, ImageError> {
    let mut source = Source::open(path)?;
    let unit = structure::find(&mut source, hdu).map_err(|refusal| refusal.of(path))?;
    Ok(match unit.content {
        Content::Compressed(_) => unit.header.of_compressed_image(),
        _ => unit.header,
    }
    .into_cards())
}

fn describe(unit: &Unit, whole: bool) -> HduInfo {
    let header = &unit.header;
    let (kind, shape) = match &unit.content {
        Content::Image(shape) => (HduKind::Image, shape.clone()),
        Content::Compressed(shape) => (HduKind::CompressedImage, shape.clone()),
        Content::Other(what) => {
            let bitpix = header.integer("BITPIX").unwrap_or_default();
            (kind_of(unit, what), Shape { bitpix, axes: table_shape(unit) })
        }
    };
    let default = if unit.index == 0 { "PRIMARY" } else { "" };
    HduInfo {
        index: unit.index,
        kind,
        name: header.extension_name().filter(|name| !name.is_empty()).unwrap_or(default).into(),
        version: header.integer("EXTVER"),
        compression: header.text("ZCMPTYPE").map(str::to_string),
        trouble: trouble(unit, &shape, whole),
        bitpix: shape.bitpix,
        shape: shape.axes,
    }
}

fn kind_of(unit: &Unit, what: &str) -> HduKind {
    match unit.header.text("XTENSION") {
        Some("BINTABLE") if what == TABLE => HduKind::BinaryTable,
        Some("TABLE") => HduKind::AsciiTable,
        _ if EMPTY.contains(&what) => HduKind::Empty,
        _ => HduKind::Other,
    }
}

/// Rows and columns of a table; nothing for other units.
fn table_shape(unit: &Unit) -> Vec<u64> {
    if unit.content != Content::Other(TABLE) {
        return Vec::new();
    }
    let size = |keyword| unit.header.integer(keyword).and_then(|n| u64::try_from(n).ok());
    ["NAXIS2", "TFIELDS"].map(|keyword| size(keyword).unwrap_or_default()).to_vec()
}

/// Why a unit cannot be shown.
fn trouble(unit: &Unit, shape: &Shape, whole: bool) -> Option<String> {
    match unit.content {
        Content::Other(what) => Some(format!("it holds no image but {what}")),
        _ if !whole => Some(unit.breaks_off()),
        _ if shape.plane_pixels() > MAX_PIXELS => {
            Some("its planes are larger than any image that Arclet opens".into())
        }
        _ => None,
    }
}

/// The place of a unit whose header is broken.
fn unreadable(index: usize, reason: String) -> HduInfo {
    HduInfo {
        index,
        kind: HduKind::Other,
        name: String::new(),
        version: None,
        shape: Vec::new(),
        bitpix: 0,
        compression: None,
        trouble: Some(reason),
    }
}

#[cfg(test)]
mod tests;
