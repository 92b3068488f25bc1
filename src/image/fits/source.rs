//! The bytes of a FITS file, plain or inside gzip, bzip2 or compress, by offset and never more than
//! asked for.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bzip2::read::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use super::super::ImageError;
use super::lzw;

/// Piece in which a stream is decompressed.
const PIECE: usize = 1 << 20;

/// No content of a compressed file may be longer: that of the largest image, in doubles, and as
/// much before it.
const MAX_CONTENT: u64 = 8 << 30;

/// Content up to this length is unpacked whatever the length of its file.
const HARMLESS: u64 = 128 << 20;

/// What is around the whole of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Packing {
    Gzip,
    Bzip2,
    /// `compress` of Unix, files called `.Z`.
    Compress,
}

impl Packing {
    /// By the first bytes of a file.
    pub(in super::super) fn of_content(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            _ if head.starts_with(&lzw::MAGIC) => Some(Self::Compress),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Compress => "compress",
        }
    }

    /// Most bytes that one byte of the file is believed to hold. Deflate cannot hold more; the
    /// others can, in files of nothing but zeros, which a bomb is and a large image is not.
    fn ratio(self) -> u64 {
        match self {
            Self::Gzip => 1032,
            Self::Bzip2 | Self::Compress => 10_000,
        }
    }

    /// Words for a broken stream.
    fn broken(self, error: &std::io::Error) -> String {
        format!("its {} stream is broken: {error}", self.name())
    }

    fn decoder(self, file: File) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(file)),
            Self::Compress => Box::new(lzw::Decoder::new(file)?),
        })
    }
}

/// A FITS file to take byte ranges from, in ascending order.
pub(super) enum Source {
    /// A plain file and its length.
    Plain(File, u64),
    /// A compressed stream.
    Packed(Packed),
}

/// A compressed stream with the part of its content that is kept.
pub(super) struct Packed {
    packing: Packing,
    decoder: Box<dyn Read + Send>,
    /// The content from offset `start` as far as it was decompressed. The first `stale` bytes are
    /// not needed any more.
    kept: Vec<u8>,
    start: u64,
    stale: usize,
    file_bytes: u64,
}

impl Source {
    /// Opens a file; what is around it is recognised by its magic number.
    pub(super) fn open(path: &Path) -> Result<Self, ImageError> {
        let failed = |error: std::io::Error| ImageError::open(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        let Some(packing) = Packing::of_content(&magic) else {
            return Ok(Self::Plain(file, file_bytes));
        };
        file.rewind().map_err(failed)?;
        let broken = |error| ImageError::format(path, packing.broken(&error));
        let decoder = packing.decoder(file).map_err(broken)?;
        let kept = Vec::new();
        Ok(Self::Packed(Packed { packing, decoder, kept, start: 0, stale: 0, file_bytes }))
    }

    /// The file itself, where it is not compressed.
    pub(super) fn plain_file(&self) -> Option<&File> {
        match self {
            Self::Plain(file, _) => Some(file),
            Self::Packed(_) => None,
        }
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
            Self::Packed(packed) => packed.could_reach(end),
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
    /// False for content of a length that its file cannot hold or that is not unpacked.
    fn could_reach(&self, end: u64) -> bool {
        let believed = end <= HARMLESS && self.packing != Packing::Gzip;
        end <= MAX_CONTENT && (believed || end / self.packing.ratio() <= self.file_bytes)
    }

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
        if !self.could_reach(self.end()) {
            let packing = self.packing.name();
            return Err(format!("its {packing} stream holds more than any image: it is a bomb"));
        }
        let mut next = self.decoder.by_ref().take(length);
        next.read_to_end(&mut self.kept).map_err(|error| self.packing.broken(&error))
    }
}
