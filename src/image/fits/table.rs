//! Tables of FITS files as rows of text: binary tables (`BINTABLE`) and tables in ASCII (`TABLE`).
//!
//! Numbers are written so that reading them back gives the same value; whole numbers stay whole,
//! since 64-bit identifiers do not fit a double.
//!
//! Source: FITS standard 4.0, sections 7.2 and 7.3.

use std::ops::Range;
use std::path::Path;

use super::super::ImageError;
use super::card::Header;
use super::source::Source;
use super::structure::{self, Unit};

/// Tables with more bytes are refused.
const MAX_BYTES: u64 = 1 << 31;

/// Elements of a cell that are written; longer vectors are cut.
const MAX_ELEMENTS: usize = 16;

/// The first table of a FITS file, ready to give its rows.
#[derive(Debug)]
pub struct FitsTable {
    /// Names of the columns (TTYPE); empty where the file has none.
    pub names: Vec<String>,
    /// Number of rows.
    pub rows: usize,
    columns: Vec<Column>,
    row_bytes: usize,
    data: Vec<u8>,
    /// Where variable-length arrays lie in `data`.
    heap: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    kind: Kind,
    bytes: Range<usize>,
    scale: f64,
    zero: f64,
    null: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A descriptor of a text in the heap: 32 bits a number, or 64.
    HeapText {
        wide: bool,
    },
    Logical,
    /// Whole numbers of so many bytes; one byte is unsigned.
    Integer(usize),
    /// Floating-point numbers of so many bytes.
    Float(usize),
    /// A column of an ASCII table.
    Ascii {
        is_text: bool,
    },
    /// Bits, complex numbers, arrays in the heap: empty cells.
    Unread,
}

/// Reads the first table of a FITS file, plain or inside gzip. Compressed images are no tables.
///
/// # Errors
/// [`ImageError`] when the file cannot be read, holds no table, or is damaged.
pub fn read_table(path: &Path) -> Result<FitsTable, ImageError> {
    let mut source = Source::open(path)?;
    let unit = structure::find_table(&mut source).map_err(|refusal| refusal.of(path))?;
    FitsTable::from_unit(&mut source, &unit).map_err(|reason| ImageError::format(path, reason))
}

/// True for a FITS file with a table that is no compressed image. Only headers are read.
pub fn holds_table(path: &Path) -> bool {
    let found = Source::open(path).map(|mut source| structure::find_table(&mut source).is_ok());
    found.unwrap_or(false)
}

impl FitsTable {
    fn from_unit(source: &mut Source, unit: &Unit) -> Result<Self, String> {
        let header = &unit.header;
        let size = |keyword: &str| {
            let value = header.integer(keyword).and_then(|value| usize::try_from(value).ok());
            value.ok_or_else(|| format!("its {keyword} is no size"))
        };
        let (row_bytes, rows) = (size("NAXIS1")?, size("NAXIS2")?);
        if row_bytes == 0 {
            return Err("its table has no columns".into());
        }
        if unit.data_bytes > MAX_BYTES {
            return Err("its table has more than 2 GiB".into());
        }
        let data = source.bytes(unit.data, unit.data_bytes as usize)?;
        if (data.len() as u64) < unit.data_bytes {
            return Err("its data break off".into());
        }
        let ascii = header.text("XTENSION") == Some("TABLE");
        let mut start = 0;
        let mut columns = Vec::new();
        for number in 1..=size("TFIELDS")?.min(999) {
            let column = if ascii {
                ascii_column(header, number)
            } else {
                Column::new(header, number, start)
            };
            let column = column?;
            if column.bytes.end > row_bytes {
                return Err(format!("its column {number} reaches beyond the row"));
            }
            start = column.bytes.end;
            columns.push(column);
        }
        let name = |number: usize| header.text(&format!("TTYPE{number}")).unwrap_or_default();
        let names = (1..=columns.len()).map(|number| name(number).to_string()).collect();
        let heap = header.integer("THEAP").and_then(|heap| usize::try_from(heap).ok());
        let heap = heap.unwrap_or(row_bytes * rows);
        Ok(Self { names, rows, columns, row_bytes, data, heap })
    }

    /// The cells of a row as text; empty where a value is undefined.
    pub fn row(&self, row: usize) -> Vec<String> {
        let start = row.saturating_mul(self.row_bytes);
        let bytes = self.data.get(start..start.saturating_add(self.row_bytes)).unwrap_or_default();
        let cell = |column: &Column| {
            bytes.get(column.bytes.clone()).map_or_else(String::new, |b| self.cell(column, b))
        };
        self.columns.iter().map(cell).collect()
    }

    fn cell(&self, column: &Column, bytes: &[u8]) -> String {
        let join = |size: usize, text: &dyn Fn(&[u8]) -> String| {
            let elements = bytes.chunks_exact(size).take(MAX_ELEMENTS).map(text);
            elements.collect::<Vec<_>>().join(" ")
        };
        match column.kind {
            Kind::Text | Kind::Ascii { is_text: true } => text(bytes),
            Kind::Ascii { is_text: false } => text(bytes).replace(['D', 'd'], "E"),
            Kind::HeapText { wide } => self.heap_text(bytes, wide).map(text).unwrap_or_default(),
            Kind::Logical => join(1, &|byte| match byte {
                b"T" => "true".into(),
                b"F" => "false".into(),
                _ => String::new(),
            }),
            Kind::Integer(size) => join(size, &|bytes| column.integer(bytes)),
            Kind::Float(size) => join(size, &|bytes| column.float(bytes)),
            Kind::Unread => String::new(),
        }
    }

    /// The text that a descriptor (length, offset in the heap) points to.
    fn heap_text(&self, descriptor: &[u8], wide: bool) -> Option<&[u8]> {
        let half = if wide { 8 } else { 4 };
        let number = |bytes: &[u8]| usize::try_from(big_endian(bytes)).ok();
        let length = number(descriptor.get(..half)?)?;
        let start = self.heap.checked_add(number(descriptor.get(half..2 * half)?)?)?;
        self.data.get(start..start.checked_add(length)?)
    }
}

impl Column {
    /// A column of a binary table that begins at byte `start` of the row.
    fn new(header: &Header, number: usize, start: usize) -> Result<Self, String> {
        let keyword = format!("TFORM{number}");
        let form = header.text(&keyword).ok_or_else(|| format!("its {keyword} is missing"))?;
        let unknown = || format!("its {keyword} = '{form}' is no column type");
        let digits = form.bytes().take_while(u8::is_ascii_digit).count();
        let repeat: usize =
            if digits == 0 { 1 } else { form[..digits].parse().map_err(|_e| unknown())? };
        let mut letters = form[digits..].chars();
        let letter = letters.next().ok_or_else(unknown)?;
        let (kind, size) = match letter {
            'A' => (Kind::Text, 1),
            'L' => (Kind::Logical, 1),
            'B' => (Kind::Integer(1), 1),
            'I' => (Kind::Integer(2), 2),
            'J' => (Kind::Integer(4), 4),
            'K' => (Kind::Integer(8), 8),
            'E' => (Kind::Float(4), 4),
            'D' => (Kind::Float(8), 8),
            'C' => (Kind::Unread, 8),
            'M' => (Kind::Unread, 16),
            'X' => (Kind::Unread, 1),
            'P' | 'Q' => {
                let wide = letter == 'Q';
                let is_text = letters.next() == Some('A');
                let kind = if is_text { Kind::HeapText { wide } } else { Kind::Unread };
                (kind, if wide { 16 } else { 8 })
            }
            _ => return Err(unknown()),
        };
        let elements = if letter == 'X' { repeat.div_ceil(8) } else { repeat };
        let bytes = elements.checked_mul(size).and_then(|bytes| bytes.checked_add(start));
        Ok(Self {
            kind,
            bytes: start..bytes.ok_or_else(unknown)?,
            scale: header.number(&format!("TSCAL{number}")).unwrap_or(1.0),
            zero: header.number(&format!("TZERO{number}")).unwrap_or(0.0),
            null: header.integer(&format!("TNULL{number}")),
        })
    }

    fn integer(&self, bytes: &[u8]) -> String {
        // A single byte is unsigned, longer numbers are signed.
        let value = if bytes.len() == 1 { i64::from(bytes[0]) } else { big_endian(bytes) };
        if self.null == Some(value) {
            return String::new();
        }
        if self.scale == 1.0 && self.zero.fract() == 0.0 {
            // Unsigned numbers are stored with an offset of 2^63: i128 holds the sum exactly.
            return (i128::from(value) + self.zero as i128).to_string();
        }
        (value as f64 * self.scale + self.zero).to_string()
    }

    fn float(&self, bytes: &[u8]) -> String {
        let value = match bytes {
            // The shortest text that gives the same f32 again: 0.1, not 0.10000000149.
            [a, b, c, d] if self.is_plain() => {
                let value = f32::from_be_bytes([*a, *b, *c, *d]);
                return if value.is_nan() { String::new() } else { value.to_string() };
            }
            [a, b, c, d] => f64::from(f32::from_be_bytes([*a, *b, *c, *d])),
            [a, b, c, d, e, f, g, h] => f64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
            _ => f64::NAN,
        };
        let value = if self.is_plain() { value } else { value * self.scale + self.zero };
        if value.is_nan() { String::new() } else { value.to_string() }
    }

    fn is_plain(&self) -> bool {
        self.scale == 1.0 && self.zero == 0.0
    }
}

/// A column of an ASCII table: TBCOL says where it begins (from 1), TFORM how wide it is.
fn ascii_column(header: &Header, number: usize) -> Result<Column, String> {
    let keyword = format!("TFORM{number}");
    let form = header.text(&keyword).unwrap_or_default();
    let wrong =
        || format!("its {keyword} = '{form}' or TBCOL{number} is no column of an ASCII table");
    let letter = form.chars().next().ok_or_else(wrong)?;
    let width = form.get(1..).and_then(|rest| rest.split('.').next());
    let width: usize = width.and_then(|width| width.parse().ok()).ok_or_else(wrong)?;
    let first =
        header.integer(&format!("TBCOL{number}")).filter(|first| (1..1 << 30).contains(first));
    let start = first.ok_or_else(wrong)? as usize - 1;
    let end = start.checked_add(width).ok_or_else(wrong)?;
    let kind = Kind::Ascii { is_text: letter == 'A' };
    Ok(Column { kind, bytes: start..end, scale: 1.0, zero: 0.0, null: None })
}

/// Characters up to the first zero, blanks around them dropped.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_string()
}

/// A signed whole number of at most eight bytes, the highest first.
fn big_endian(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let start = if negative { -1_i64 } else { 0 };
    bytes.iter().take(8).fold(start, |value, &byte| (value << 8) | i64::from(byte))
}

#[cfg(test)]
mod tests;
