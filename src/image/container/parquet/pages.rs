//! The pages of a column chunk are walked through before the reader gets them, so that a damaged
//! or hostile file cannot make it allocate what no page holds.
//!
//! Format: parquet-format's `PageHeader`, a Thrift structure in the compact protocol.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;

/// The largest page, decompressed.
const MAX_PAGE: u64 = 512 << 20;

/// The largest dictionary, decompressed: each of its values is held apart.
const MAX_DICTIONARY: u64 = 64 << 20;

/// Bytes of a header that are looked at first; statistics may make it longer.
const HEADER: u64 = 1 << 12;

/// No header is longer.
const MAX_HEADER: u64 = 1 << 26;

/// A column chunk: where it lies, how many values it has, how it is compressed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) values: u64,
    pub(super) codec: Compression,
}

/// Walks through all pages. Returns the most memory that reading one after the other takes.
///
/// # Errors
/// What is wrong with a page.
pub(super) fn check(file: &mut File, chunk: Chunk) -> Result<u64, String> {
    let end = chunk.start.checked_add(chunk.length).ok_or("a column lies beyond the file")?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    if end > length {
        return Err("it breaks off: a column lies beyond its end".into());
    }
    let (mut at, mut largest, mut dictionary, mut values) = (chunk.start, 0, 0, 0_u64);
    while at < end {
        let (header_length, header) = read_header(file, at, end - at)?;
        at += header_length;
        let compressed = header.compressed.filter(|size| *size <= end - at);
        let compressed = compressed.ok_or("a page is longer than its column")?;
        let size = check_page(&header, &chunk)?;
        if chunk.codec_is_unbounded() {
            // Levels of a page of the second version stand before the stream.
            let levels = header.levels.min(compressed);
            check_stream(file, (at + levels, compressed - levels), size)?;
        }
        at += compressed;
        if header.kind == DICTIONARY {
            dictionary = size;
        } else {
            largest = size.max(largest);
            values += header.values.unwrap_or(0);
        }
        if values > chunk.values {
            return Err("a column has more values than it says".into());
        }
    }
    Ok(largest.saturating_add(dictionary.saturating_mul(8)))
}

/// Checks what a page says of itself; returns its size.
fn check_page(header: &Header, chunk: &Chunk) -> Result<u64, String> {
    let size = header.uncompressed.filter(|size| *size <= MAX_PAGE);
    let size = size.ok_or("a page claims more than 512 MiB")?;
    let values = header.values.unwrap_or(0);
    if header.kind == DICTIONARY {
        if size > MAX_DICTIONARY || values > size {
            return Err("a dictionary claims more values than it can hold".into());
        }
    } else if values > chunk.values {
        return Err("a page claims more values than its column".into());
    } else if header.encoding == DELTA_BYTE_ARRAY && size > MAX_DELTA {
        return Err("a page of texts that build on each other is too large".into());
    }
    Ok(size)
}

impl Chunk {
    /// Whether the reader decompresses a page without minding the size it should have.
    fn codec_is_unbounded(&self) -> bool {
        matches!(self.codec, Compression::GZIP(_))
    }
}

/// Decompresses a gzip page without keeping it: it may not be longer than it says.
fn check_stream(file: &mut File, (at, length): (u64, u64), size: u64) -> Result<(), String> {
    file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
    let stream = MultiGzDecoder::new(file.by_ref().take(length));
    let read = std::io::copy(&mut stream.take(size + 1), &mut std::io::sink());
    match read {
        Ok(read) if read > size => Err("a page is longer than it says".into()),
        // What is broken is for the reader to say.
        _ => Ok(()),
    }
}

/// What is needed of a page's header.
#[derive(Debug, Default)]
struct Header {
    kind: i64,
    uncompressed: Option<u64>,
    compressed: Option<u64>,
    values: Option<u64>,
    encoding: i64,
    levels: u64,
}

/// `Encoding::DELTA_BYTE_ARRAY`: each value may hold all of those before it.
const DELTA_BYTE_ARRAY: i64 = 7;

/// The largest page of that encoding.
const MAX_DELTA: u64 = 2 << 20;

/// `PageType::DICTIONARY_PAGE`.
const DICTIONARY: i64 = 2;

/// Reads the header at a place, at most `room` bytes long, and says how long it is.
fn read_header(file: &mut File, at: u64, room: u64) -> Result<(u64, Header), String> {
    let mut window = HEADER.min(room);
    loop {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
        file.by_ref().take(window).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        let mut thrift = Thrift { bytes: &bytes, at: 0 };
        let mut header = Header::default();
        let mut take = |path: &[i64], value: i64| header.take(path, value);
        match thrift.structure(&mut Vec::new(), &mut take) {
            Some(()) => return Ok((thrift.at as u64, header)),
            None if window < room && window < MAX_HEADER && thrift.is_short() => {
                window = (window * 16).min(room);
            }
            None => return Err("the header of a page is damaged".into()),
        }
    }
}

impl Header {
    /// Takes a field by its numbers in the structure.
    fn take(&mut self, path: &[i64], value: i64) {
        let size = u64::try_from(value).ok();
        match path {
            [1] => self.kind = value,
            [2] => self.uncompressed = size,
            [3] => self.compressed = size,
            // Of a data page, of a dictionary, of a data page of the second version.
            [5 | 7 | 8, 1] => self.values = size.or(Some(u64::MAX)),
            [5, 2] | [8, 4] => self.encoding = value,
            [8, 5 | 6] => self.levels = self.levels.saturating_add(size.unwrap_or(u64::MAX)),
            _ => {}
        }
    }
}

/// A reader of Thrift's compact protocol that keeps nothing but integers.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Structures within structures.
const MAX_DEPTH: usize = 16;

impl Thrift<'_> {
    /// Whether it ran to the end of the bytes.
    fn is_short(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        let end = (self.at as u64).checked_add(count)?;
        self.at = usize::try_from(end).ok()?.min(self.bytes.len() + 1);
        (self.at <= self.bytes.len()).then_some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A structure; `take` is told the integers with the numbers of their fields.
    fn structure(&mut self, path: &mut Vec<i64>, take: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
        if path.len() > MAX_DEPTH {
            return None;
        }
        let mut field = 0_i64;
        loop {
            let byte = self.byte()?;
            if byte == 0 {
                return Some(());
            }
            field = match byte >> 4 {
                0 => self.integer()?,
                step => field.checked_add(step.into())?,
            };
            path.push(field);
            self.value(byte & 15, path, take)?;
            path.pop();
        }
    }

    fn value(
        &mut self,
        kind: u8,
        path: &mut Vec<i64>,
        take: &mut dyn FnMut(&[i64], i64),
    ) -> Option<()> {
        match kind {
            1 | 2 => Some(()),
            3 => self.skip(1),
            4..=6 => {
                take(path, self.integer()?);
                Some(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            9 | 10 => self.list(path, take),
            12 => self.structure(path, take),
            _ => None,
        }
    }

    fn list(&mut self, path: &mut Vec<i64>, take: &mut dyn FnMut(&[i64], i64)) -> Option<()> {
        let byte = self.byte()?;
        let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
        if count > self.bytes.len() as u64 {
            self.at = self.bytes.len();
            return None;
        }
        for _ in 0..count {
            match byte & 15 {
                1 | 2 => self.skip(1)?,
                kind => self.value(kind, path, &mut |_, _| ())?,
            }
        }
        let _ = take;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Option<Header> {
        let mut header = Header::default();
        let mut thrift = Thrift { bytes, at: 0 };
        thrift.structure(&mut Vec::new(), &mut |path, value| header.take(path, value))?;
        Some(header)
    }

    #[test]
    fn a_header_by_hand() {
        // type DATA_PAGE, 200 bytes, 100 compressed, data page header: 7 values, encoding 0, list
        // of statistics absent.
        let bytes = [0x15, 0, 0x15, 0x90, 0x03, 0x15, 0xc8, 0x01, 0x2c, 0x15, 14, 0x15, 0, 0, 0];
        let found = header(&bytes).unwrap();
        assert_eq!((found.kind, found.uncompressed, found.compressed), (0, Some(200), Some(100)));
        assert_eq!(found.values, Some(7));
        for end in 0..bytes.len() {
            assert!(header(&bytes[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn negative_sizes_are_none_and_endless_ones_end() {
        assert_eq!(header(&[0x25, 1, 0]).unwrap().uncompressed, None);
        assert!(header(&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_none());
        assert!(header(&[0x1c; 64]).is_none());
        assert!(header(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0x7f]).is_none());
    }
}
