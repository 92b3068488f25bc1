//! The bytes of a FITS file, plain or inside gzip, by offset and never more than asked for.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::super::ImageError;

/// Piece in which a stream is decompressed.
const PIECE: usize = 1 << 20;

/// Deflate cannot make more than this many bytes of one.
const DEFLATE_RATIO: u64 = 1032;

/// A FITS file to take byte ranges from, in ascending order.
pub(super) enum Source {
    /// A plain file and its length.
    Plain(File, u64),
    /// A compressed stream.
    Packed(Packed),
}

/// A compressed stream with the part of its content that is kept.
pub(super) struct Packed {
    decoder: Box<dyn Read + Send>,
    /// The content from offset `start` as far as it was decompressed. The first `stale` bytes are
    /// not needed any more.
    kept: Vec<u8>,
    start: u64,
    stale: usize,
    file_bytes: u64,
}

impl Source {
    /// Opens a file; gzip is recognised by its magic number.
    pub(super) fn open(path: &Path) -> Result<Self, ImageError> {
        let failed = |error: std::io::Error| ImageError::open(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic).map_err(failed)?;
        if magic != [0x1f, 0x8b] {
            return Ok(Self::Plain(file, file_bytes));
        }
        file.rewind().map_err(failed)?;
        let decoder = Box::new(MultiGzDecoder::new(file));
        Ok(Self::Packed(Packed { decoder, kept: Vec::new(), start: 0, stale: 0, file_bytes }))
    }

    /// Bytes of the file on disk.
    pub(super) fn file_bytes(&self) -> u64 {
        match self {
            Self::Plain(_, length) => *length,
            Self::Packed(packed) => packed.file_bytes,
        }
    }

    /// False when the content surely ends before `end`, without looking into a compressed stream.
    pub(super) fn could_reach(&self, end: u64) -> bool {
        match self {
            Self::Plain(_, length) => end <= *length,
            Self::Packed(packed) => end / DEFLATE_RATIO <= packed.file_bytes,
        }
    }

    /// True when the content reaches `end`, found out without allocating more than it holds.
    ///
    /// # Errors
    /// What is wrong with the compressed stream.
    pub(super) fn reaches(&mut self, end: u64) -> Result<bool, String> {
        if !self.could_reach(end) {
            return Ok(false);
        }
        if let Self::Packed(packed) = self {
            packed.unpack(end)?;
            return Ok(end <= packed.end());
        }
        Ok(true)
    }

    /// The bytes from `start`, at most `length`; fewer where the content ends before.
    ///
    /// # Errors
    /// What the system said, or what is wrong with the compressed stream.
    pub(super) fn bytes(&mut self, start: u64, length: usize) -> Result<Vec<u8>, String> {
        let length = match self {
            Self::Plain(_, total) => (length as u64).min(total.saturating_sub(start)) as usize,
            Self::Packed(packed) => {
                let end = start.saturating_add(length as u64);
                packed.unpack(end)?;
                packed.end().min(end).saturating_sub(start) as usize
            }
        };
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|error| error.to_string())?;
        bytes.resize(length, 0);
        if self.fill(start, &mut bytes)? { Ok(bytes) } else { Err("its data break off".into()) }
    }

    /// Fills `out` with the bytes from `start`; false when they are not all there.
    ///
    /// # Errors
    /// What the system said, or what is wrong with the compressed stream.
    pub(super) fn fill(&mut self, start: u64, out: &mut [u8]) -> Result<bool, String> {
        match self {
            Self::Plain(file, length) => {
                if start.saturating_add(out.len() as u64) > *length {
                    return Ok(false);
                }
                file.seek(SeekFrom::Start(start)).map_err(|e| e.to_string())?;
                file.read_exact(out).map_err(|error| error.to_string())?;
            }
            Self::Packed(packed) => {
                packed.unpack(start.saturating_add(out.len() as u64))?;
                let kept = packed.from(start).and_then(|kept| kept.get(..out.len()));
                let Some(kept) = kept else { return Ok(false) };
                out.copy_from_slice(kept);
            }
        }
        Ok(true)
    }

    /// Says that nothing before `start` will be asked for again, so that it need not be kept.
    ///
    /// # Errors
    /// What is wrong with the compressed stream.
    pub(super) fn forget_before(&mut self, start: u64) -> Result<(), String> {
        match self {
            Self::Plain(..) => Ok(()),
            Self::Packed(packed) => packed.forget_before(start),
        }
    }
}

impl Packed {
    /// Where the content that was decompressed ends.
    fn end(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// What is kept from an offset on.
    fn from(&self, offset: u64) -> Option<&[u8]> {
        self.kept.get(usize::try_from(offset.checked_sub(self.start)?).ok()?..)
    }

    /// Decompresses until the content reaches `end` or the stream ends.
    fn unpack(&mut self, end: u64) -> Result<(), String> {
        while self.end() < end && self.piece((end - self.end()).min(PIECE as u64))? > 0 {}
        Ok(())
    }

    /// Drops the content before `start`, decompressing it piece by piece where it was not yet.
    fn forget_before(&mut self, start: u64) -> Result<(), String> {
        loop {
            let known = start.min(self.end()).saturating_sub(self.start) as usize;
            self.stale = self.stale.max(known);
            // Moving what is kept to the front pays only when there is less of it.
            if self.stale > self.kept.len() / 2 {
                self.kept.drain(..self.stale);
                self.start += self.stale as u64;
                self.stale = 0;
            }
            let end = self.end();
            if end >= start || self.piece((start - end).min(PIECE as u64))? == 0 {
                return Ok(());
            }
        }
    }

    /// Decompresses the next bytes; 0 at the end of the stream.
    fn piece(&mut self, length: u64) -> Result<usize, String> {
        self.kept.try_reserve(length as usize).map_err(|error| error.to_string())?;
        let mut next = self.decoder.by_ref().take(length);
        let broken = |error| format!("its gzip stream is broken: {error}");
        next.read_to_end(&mut self.kept).map_err(broken)
    }
}
