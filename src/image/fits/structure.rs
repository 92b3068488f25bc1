//! The header-data units of a FITS file and their sizes, checked before cfitsio sees the file.
//!
//! cfitsio trusts headers: it allocates and seeks by what they claim. So the structure is walked
//! here first, and only a unit whose claims agree with the bytes that are there is handed on.

use std::ops::Range;
use std::path::Path;

use super::card::{CARD, Card, Header};
use super::source::Source;
use crate::image::{ImageError, MAX_PIXELS};

/// Bytes of a FITS block.
pub(super) const BLOCK: usize = 2880;

/// Longest header that is read, in blocks (about 5 MB; real ones stay under 1 MB).
const MAX_HEADER_BLOCKS: usize = 2000;

/// Most header-data units that are walked.
const MAX_UNITS: usize = 100_000;

/// What a table is called.
pub(super) const TABLE: &str = "a table";

/// What units without data are called.
pub(super) const EMPTY: [&str; 3] =
    ["a header only", "an empty image", "an empty compressed image"];

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not what the standard asks for.
    Format(String),
    /// It claims too many pixels.
    TooLarge(u64, String),
}

impl Refusal {
    /// The error about the file.
    pub(super) fn of(self, path: &Path) -> ImageError {
        match self {
            Self::Format(reason) => ImageError::format(path, reason),
            Self::TooLarge(pixels, reason) => {
                ImageError::TooLarge { path: path.to_path_buf(), pixels, reason }
            }
        }
    }

    /// What is wrong, in words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Format(reason) => reason,
            Self::TooLarge(pixels, reason) => format!("it claims {pixels} pixels: {reason}"),
        }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Format(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::Format(reason.to_string())
    }
}

/// What a unit holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// An image as it stands.
    Image(Shape),
    /// An image in the rows of a binary table.
    Compressed(Shape),
    /// Something that is no image, in words.
    Other(&'static str),
}

/// Type and axes of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// BITPIX.
    pub(super) bitpix: i64,
    /// Axes, slowest first, none of them 0.
    pub(super) axes: Vec<u64>,
}

impl Shape {
    /// Number of pixels. It cannot overflow: the length of the data was computed from it.
    pub(super) fn pixels(&self) -> usize {
        self.axes.iter().fold(1, |product: u64, &axis| product.saturating_mul(axis)) as usize
    }

    /// Bands, height and width: the slower axes of a cube together count the bands.
    pub(super) fn bands_height_width(&self) -> [usize; 3] {
        let width = self.axes.last().copied().unwrap_or(1) as usize;
        let height = self.axes.iter().rev().nth(1).copied().unwrap_or(1) as usize;
        [self.pixels() / (width * height).max(1), height, width]
    }

    /// Pixels of one plane.
    pub(super) fn plane_pixels(&self) -> u64 {
        self.axes.iter().rev().take(2).fold(1, |product: u64, &axis| product.saturating_mul(axis))
    }
}

/// One header-data unit.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Place in the file, from 0.
    pub(super) index: usize,
    /// Its header.
    pub(super) header: Header,
    /// Offset of the header.
    pub(super) start: u64,
    /// Offset of the data.
    pub(super) data: u64,
    /// Length of the data without padding.
    pub(super) data_bytes: u64,
    /// What it is.
    pub(super) content: Content,
}

impl Unit {
    /// Words for data that are not there to their end.
    pub(super) fn breaks_off(&self) -> String {
        format!(
            "its data break off: the header of HDU {} announces {} bytes",
            self.index, self.data_bytes
        )
    }
}

/// The units of a file, one after the other.
pub(super) struct Units<'a> {
    source: &'a mut Source,
    start: u64,
    /// Number of the next unit.
    pub(super) index: usize,
}

impl<'a> Units<'a> {
    pub(super) fn of(source: &'a mut Source) -> Self {
        Self { source, start: 0, index: 0 }
    }

    /// The next unit; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Unit>, Refusal> {
        self.source.forget_before(self.start)?;
        let Some(unit) = read_unit(self.source, self.start, self.index)? else { return Ok(None) };
        self.start = padded(unit.data, unit.data_bytes).ok_or("its data end beyond any file")?;
        self.index += 1;
        if self.index > MAX_UNITS {
            return Err("it has more than 100 000 header-data units".into());
        }
        Ok(Some(unit))
    }

    /// False when the file is too short for the data of a unit.
    pub(super) fn may_hold(&self, unit: &Unit) -> bool {
        self.source.could_reach(unit.data.saturating_add(unit.data_bytes))
    }
}

/// Finds the unit of number `wanted`, or the first that holds an image.
pub(super) fn find(source: &mut Source, wanted: Option<usize>) -> Result<Unit, Refusal> {
    let mut units = Units::of(source);
    while let Some(unit) = units.next()? {
        let is_image = !matches!(unit.content, Content::Other(_));
        if wanted == Some(unit.index) || (wanted.is_none() && is_image) {
            return Ok(unit);
        }
    }
    let count = units.index;
    Err(match wanted {
        Some(hdu) => format!("it has no HDU {hdu}: the last is {}", count.saturating_sub(1)).into(),
        None if count == 1 => "its only HDU holds no image".into(),
        None => format!("none of its {count} HDUs holds an image").into(),
    })
}

/// Finds the first unit that holds a table, compressed images left out.
pub(super) fn find_table(source: &mut Source) -> Result<Unit, Refusal> {
    let mut units = Units::of(source);
    while let Some(unit) = units.next()? {
        if unit.content == Content::Other(TABLE) {
            if source.reaches(unit.data.saturating_add(unit.data_bytes))? {
                return Ok(unit);
            }
            return Err(format!("the data of its table in HDU {} break off", unit.index).into());
        }
    }
    Err(format!("none of its {} HDUs holds a table", units.index).into())
}

/// The end of data padded to whole blocks; `None` when it overflows.
fn padded(data: u64, data_bytes: u64) -> Option<u64> {
    data_bytes.checked_next_multiple_of(BLOCK as u64)?.checked_add(data)
}

/// Reads the unit that begins at `start`; `None` at the end of the file. What follows the last
/// unit without being an extension is ignored, as the standard asks.
fn read_unit(source: &mut Source, start: u64, index: usize) -> Result<Option<Unit>, Refusal> {
    let mut header = Header::default();
    for block_number in 0..MAX_HEADER_BLOCKS {
        let offset = start + (block_number * BLOCK) as u64;
        let block = source.bytes(offset, BLOCK)?;
        if block_number == 0 {
            if index > 0 && !block.starts_with(b"XTENSION") {
                return Ok(None);
            }
            check_first_card(&block, index)?;
        }
        for card in block.chunks_exact(CARD) {
            if card.starts_with(b"END") && card[3..].iter().all(|&b| b == b' ') {
                let data = offset + BLOCK as u64;
                return unit(header, index, start, data).map(Some);
            }
            header.push(Card::parse(card));
        }
        if block.len() < BLOCK {
            return Err("its header breaks off before the END card".into());
        }
    }
    Err("its header has no END card".into())
}

/// Refuses what does not begin like a FITS file, with a word on what it may be.
fn check_first_card(block: &[u8], index: usize) -> Result<(), Refusal> {
    if index > 0
        || (block.starts_with(b"SIMPLE  =") && !block[..block.len().min(CARD)].contains(&b'\n'))
    {
        return Ok(());
    }
    Err(match block {
        [] => "it is empty",
        [b'<', ..] => "it is a web page, not a FITS file: download it again",
        _ if block.starts_with(b"SIMPLE") => {
            "its header has lines instead of 80-column cards: it was changed by a text editor"
        }
        _ => "it does not begin with SIMPLE, as FITS files do",
    }
    .into())
}

/// Interprets a header.
fn unit(header: Header, index: usize, start: u64, data: u64) -> Result<Unit, Refusal> {
    let (bitpix, axes) = shape(&header, "BITPIX", "NAXIS")?;
    let groups = header.is_true("GROUPS") && axes.last() == Some(&0);
    let data_bytes = data_length(&header, bitpix, &axes, groups)
        .ok_or(Refusal::TooLarge(u64::MAX, "their number overflows 64 bits".into()))?;
    let content = content(&header, index, groups, Shape { bitpix, axes })?;
    Ok(Unit { index, header, start, data, data_bytes, content })
}

/// BITPIX and the axes, slowest first, under the given keywords.
fn shape(header: &Header, bitpix: &str, naxis: &str) -> Result<(i64, Vec<u64>), Refusal> {
    let number = |keyword: &str| match header.integer(keyword) {
        Some(value) => Ok(value),
        None if header.number(keyword).is_some_and(|value| value.abs() >= 1e15) => {
            Err(Refusal::TooLarge(u64::MAX, format!("its {keyword} overflows")))
        }
        None if header.card(keyword).is_some() => {
            Err(Refusal::Format(format!("its {keyword} is no whole number")))
        }
        None => Err(Refusal::Format(format!("its header has no {keyword}"))),
    };
    let bits = number(bitpix)?;
    if ![8, 16, 32, 64, -32, -64].contains(&bits) {
        return Err(format!("{bitpix} = {bits} is no type of FITS").into());
    }
    let count = number(naxis)?;
    if !(0..=999).contains(&count) {
        return Err(format!("{naxis} = {count} is outside 0 to 999").into());
    }
    let axis = |n: i64| {
        let keyword = format!("{naxis}{n}");
        let length = number(&keyword)?;
        let negative = || Refusal::Format(format!("{keyword} = {length} is negative"));
        u64::try_from(length).ok().ok_or_else(negative)
    };
    Ok((bits, (1..=count).rev().map(axis).collect::<Result<_, _>>()?))
}

/// Bytes of the data without padding; `None` when the number overflows or is negative.
///
/// Source: FITS standard 4.0, equations 1, 2 and 4.
fn data_length(header: &Header, bitpix: i64, axes: &[u64], groups: bool) -> Option<u64> {
    if axes.is_empty() {
        return Some(0);
    }
    let counted = if groups { &axes[..axes.len() - 1] } else { axes };
    let pixels = counted.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis))?;
    let parameters = u64::try_from(header.integer("PCOUNT").unwrap_or(0)).ok()?;
    let copies = u64::try_from(header.integer("GCOUNT").unwrap_or(1)).ok()?;
    pixels.checked_add(parameters)?.checked_mul(copies)?.checked_mul(bitpix.unsigned_abs() / 8)
}

/// Says what a unit holds.
fn content(header: &Header, index: usize, groups: bool, plain: Shape) -> Result<Content, Refusal> {
    let extension = header.text("XTENSION").unwrap_or_default();
    if index == 0 && !header.is_true("SIMPLE") {
        return Ok(Content::Other("data that do not follow the standard (SIMPLE = F)"));
    }
    if extension == "BINTABLE" && header.is_true("ZIMAGE") {
        let (bitpix, axes) = shape(header, "ZBITPIX", "ZNAXIS")?;
        let inside = Shape { bitpix, axes };
        return Ok(if inside.axes.is_empty() || inside.axes.contains(&0) {
            Content::Other(EMPTY[2])
        } else {
            Content::Compressed(inside)
        });
    }
    Ok(match extension {
        _ if groups => Content::Other("random groups"),
        "" | "IMAGE" | "IUEIMAGE" if plain.axes.is_empty() => Content::Other(EMPTY[0]),
        "" | "IMAGE" | "IUEIMAGE" if plain.axes.contains(&0) => Content::Other(EMPTY[1]),
        "" | "IMAGE" | "IUEIMAGE" => Content::Image(plain),
        "TABLE" | "BINTABLE" => Content::Other(TABLE),
        _ => Content::Other("an extension that Arclet does not know"),
    })
}

/// Refuses a unit that is no image, of which too many pixels are wanted (those of `planes`, or
/// all), or whose data or scaling are broken.
pub(super) fn check_image(
    source: &mut Source,
    unit: &Unit,
    planes: Option<&Range<usize>>,
) -> Result<(), Refusal> {
    let shape = match &unit.content {
        Content::Image(shape) | Content::Compressed(shape) => shape,
        Content::Other(what) => {
            return Err(format!("its HDU {} holds no image but {what}", unit.index).into());
        }
    };
    let pixels = match planes {
        Some(planes) => shape.plane_pixels().checked_mul(planes.len() as u64),
        None => shape.axes.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis)),
    };
    let pixels = pixels.unwrap_or(u64::MAX);
    if pixels > MAX_PIXELS {
        let reason = "the largest image Arclet opens has 536 870 912".to_string();
        return Err(Refusal::TooLarge(pixels, reason));
    }
    let end = unit.data.saturating_add(unit.data_bytes);
    // An image that is not compressed is read piece by piece, and found short then.
    let whole = match unit.content {
        Content::Image(_) => source.could_reach(end),
        _ => source.reaches(end)?,
    };
    if !whole {
        return Err(unit.breaks_off().into());
    }
    for keyword in ["BSCALE", "BZERO", "BLANK"] {
        if unit.header.card(keyword).is_some() && unit.header.number(keyword).is_none() {
            return Err(format!("its {keyword} is no number").into());
        }
    }
    Ok(())
}
