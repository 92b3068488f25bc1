//! The bytes of a FITS file, plain or inside gzip, by offset and never more than asked for.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::super::ImageError;

/// Piece in which a gzip stream is decompressed.
const PIECE: usize = 1 << 20;

/// Deflate cannot make more than this many bytes of one.
const DEFLATE_RATIO: u64 = 1032;

/// A FITS file to take byte ranges from.
pub(super) enum Source {
    /// A plain file and its length.
    Plain(File, u64),
    /// A gzip stream: what came out of it so far, and the length of the file around it.
    Gzip { decoder: Box<MultiGzDecoder<File>>, ahead: Vec<u8>, file_bytes: u64 },
}

impl Source {
    /// Opens a file; gzip is recognised by its magic number.
    pub(super) fn open(path: &Path) -> Result<Self, ImageError> {
        let failed = |error: std::io::Error| ImageError::open(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic).map_err(failed)?;
        if magic != [0x1f, 0x8b] {
            return Ok(Self::Plain(file, length));
        }
        file.rewind().map_err(failed)?;
        let decoder = Box::new(MultiGzDecoder::new(file));
        Ok(Self::Gzip { decoder, ahead: Vec::new(), file_bytes: length })
    }

    /// True for a plain file of which cfitsio can read a part by itself.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(..))
    }

    /// Bytes of the file on disk.
    pub(super) fn file_bytes(&self) -> u64 {
        match self {
            Self::Plain(_, length) => *length,
            Self::Gzip { file_bytes, .. } => *file_bytes,
        }
    }

    /// True when the content reaches `end`, found out without allocating more than it holds.
    ///
    /// # Errors
    /// What is wrong with the gzip stream.
    pub(super) fn reaches(&mut self, end: u64) -> Result<bool, String> {
        match self {
            Self::Plain(_, length) => Ok(end <= *length),
            Self::Gzip { file_bytes, .. } if end / DEFLATE_RATIO > *file_bytes => Ok(false),
            Self::Gzip { decoder, ahead, .. } => {
                decompress(decoder, ahead, end)?;
                Ok(end <= ahead.len() as u64)
            }
        }
    }

    /// The bytes from `start`, at most `length`; fewer where the content ends before.
    ///
    /// # Errors
    /// What the system said, or what is wrong with the gzip stream.
    pub(super) fn bytes(&mut self, start: u64, length: usize) -> Result<Vec<u8>, String> {
        match self {
            Self::Plain(file, total) => {
                let length = (length as u64).min(total.saturating_sub(start)) as usize;
                let mut bytes = Vec::new();
                bytes.try_reserve_exact(length).map_err(|error| error.to_string())?;
                file.seek(SeekFrom::Start(start)).map_err(|e| e.to_string())?;
                file.take(length as u64).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
                Ok(bytes)
            }
            Self::Gzip { decoder, ahead, .. } => {
                let end = start.saturating_add(length as u64);
                decompress(decoder, ahead, end)?;
                let from = ahead.len().min(start as usize);
                let to = (ahead.len() as u64).min(end) as usize;
                Ok(ahead[from..to].to_vec())
            }
        }
    }
}

/// Decompresses until `ahead` reaches `end` or the stream ends.
fn decompress(
    decoder: &mut MultiGzDecoder<File>,
    ahead: &mut Vec<u8>,
    end: u64,
) -> Result<(), String> {
    while (ahead.len() as u64) < end {
        let piece = (end - ahead.len() as u64).min(PIECE as u64);
        ahead.try_reserve(piece as usize).map_err(|error| error.to_string())?;
        let before = ahead.len();
        decoder
            .by_ref()
            .take(piece)
            .read_to_end(ahead)
            .map_err(|error| format!("its gzip stream is broken: {error}"))?;
        if ahead.len() == before {
            break;
        }
    }
    Ok(())
}
