//! The table of contents of a zip file whose entries are stored as they are, as `torch.save`
//! writes them; zip64 included, compression not.
//!
//! Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

use super::source::{Damage, Source};

const END: &[u8; 4] = b"PK\x05\x06";
const END_64_LOCATOR: &[u8; 4] = b"PK\x06\x07";
const END_64: &[u8; 4] = b"PK\x06\x06";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// The end record and the longest comment behind it.
const LONGEST_END: u64 = 22 + 0xffff;
/// A table of contents beyond this size is no network's.
const LARGEST_TABLE: u64 = 64 << 20;

/// Where the bytes of each entry are in the file.
pub(super) type Entries = BTreeMap<String, Range<u64>>;

/// Reads the table of contents.
///
/// # Errors
/// When the end is missing (the file is cut short), an entry lies outside the file or is
/// compressed.
pub(super) fn entries<R: Read + Seek>(source: &mut Source<R>) -> Result<Entries, Damage> {
    let [offset, size] = table(source)?;
    if size > LARGEST_TABLE {
        return Err("its table of contents is larger than that of any network".into());
    }
    let bytes = source.read_at(offset, size)?;
    let (mut rest, mut entries) = (&bytes[..], Entries::new());
    while rest.starts_with(CENTRAL) {
        let (entry, behind) = Entry::parse(rest).ok_or("its table of contents is damaged")?;
        rest = behind;
        if let Some(range) = entry.range(source)? {
            entries.insert(entry.name, range);
        }
    }
    Ok(entries)
}

/// Offset and size of the table of contents.
fn table<R: Read + Seek>(source: &mut Source<R>) -> Result<[u64; 2], Damage> {
    let start = source.size().saturating_sub(LONGEST_END);
    let tail = source.read_at(start, source.size() - start)?;
    let missing = "it is cut short: the table of contents at its end is missing";
    let end = (0..tail.len().saturating_sub(21)).rev().find(|&at| tail[at..].starts_with(END));
    let end = end.ok_or(missing)?;
    let (size, offset) = (u32_at(&tail, end + 12), u32_at(&tail, end + 16));
    let (Some(size), Some(offset)) = (size, offset) else { return Err(missing.into()) };
    if size != u64::from(u32::MAX) && offset != u64::from(u32::MAX) {
        return Ok([offset, size]);
    }
    let locator = end.checked_sub(20).filter(|&at| tail[at..].starts_with(END_64_LOCATOR));
    let place = locator.and_then(|at| u64_at(&tail, at + 8)).ok_or(missing)?;
    let record = source.read_at(place, 56)?;
    match (u64_at(&record, 48), u64_at(&record, 40)) {
        (Some(offset), Some(size)) if record.starts_with(END_64) => Ok([offset, size]),
        _ => Err(missing.into()),
    }
}

/// An entry of the table.
struct Entry {
    name: String,
    method: u64,
    size: u64,
    /// Where its local header is.
    header: u64,
}

impl Entry {
    /// The first entry of these bytes, and the bytes behind it.
    fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(bytes, at));
        let (name, extra, comment) = (name? as usize, extra? as usize, comment? as usize);
        let behind_name = 46 + name;
        let text = bytes.get(46..behind_name)?;
        let extra_bytes = bytes.get(behind_name..behind_name + extra)?;
        let rest = bytes.get(behind_name + extra + comment..)?;
        let [packed, size, header] = [20, 24, 42].map(|at| u32_at(bytes, at));
        let (size, header) = wide(extra_bytes, size?, packed?, header?)?;
        let name = String::from_utf8_lossy(text).into_owned();
        Some((Self { name, method: u16_at(bytes, 10)?, size, header }, rest))
    }

    /// Where its bytes are; `None` for a compressed entry that is no part of the weights (the
    /// source code in a file of `torch.jit`).
    fn range<R: Read + Seek>(&self, source: &mut Source<R>) -> Result<Option<Range<u64>>, Damage> {
        if self.method != 0 {
            if !self.name.ends_with("data.pkl") && !self.name.contains("data/") {
                return Ok(None);
            }
            let text = "its parts are compressed; torch.save writes them as they are";
            return Err(text.into());
        }
        let header = source.read_at(self.header, 30)?;
        let lengths = (u16_at(&header, 26), u16_at(&header, 28));
        let (Some(name), Some(extra), true) = (lengths.0, lengths.1, header.starts_with(LOCAL))
        else {
            return Err("its table of contents points to the wrong places".into());
        };
        let start = self.header + 30 + name + extra;
        match start.checked_add(self.size) {
            Some(end) if end <= source.size() => Ok(Some(start..end)),
            _ => Err("it is cut short: an entry reaches behind its end".into()),
        }
    }
}

/// Size and place of an entry, taken from the zip64 field where the short ones are full: it
/// holds those values that are, in the order size, packed size, place.
fn wide(extra: &[u8], size: u64, packed: u64, header: u64) -> Option<(u64, u64)> {
    let full = u64::from(u32::MAX);
    if ![size, packed, header].contains(&full) {
        return Some((size, header));
    }
    let mut rest = extra;
    loop {
        let (kind, length) = (u16_at(rest, 0)?, u16_at(rest, 2)? as usize);
        let field = rest.get(4..4 + length)?;
        if kind == 1 {
            let mut at = 0;
            let mut next = |short: u64| {
                if short != full {
                    return Some(short);
                }
                at += 8;
                u64_at(field, at - 8)
            };
            let (size, _packed) = (next(size)?, next(packed)?);
            return Some((size, next(header)?));
        }
        rest = &rest[4 + length..];
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from(u16::from_le_bytes(*bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from(u32::from_le_bytes(*bytes)))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}
