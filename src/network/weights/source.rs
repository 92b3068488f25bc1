//! Reading from a file that may claim anything: no length is believed before it is checked
//! against the file's size, and what is read in all is bounded by a multiple of it.

use std::io::{self, Read, Seek, SeekFrom};

/// Why the inside of a weight file could not be read.
#[derive(Debug)]
pub(super) enum Damage {
    /// The system refused.
    Io(io::Error),
    /// What is wrong with the content, for a person.
    Format(String),
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<String> for Damage {
    fn from(reason: String) -> Self {
        Self::Format(reason)
    }
}

impl From<&str> for Damage {
    fn from(reason: &str) -> Self {
        Self::Format(reason.to_owned())
    }
}

/// Tensors may share a storage or leave gaps in it, so a file may be read more than once; beyond
/// this many times its size it only pretends.
const READ_TIMES: u64 = 16;
/// The values that may be made of a file: 32-bit numbers of 16-bit ones, some shared.
const VALUE_TIMES: u64 = 8;
/// Small files may do as they like.
const FREE_BYTES: u64 = 1 << 20;

/// A file, or bytes in a test, with its size and what may still be taken from it.
pub(super) struct Source<R> {
    input: R,
    size: u64,
    bytes_left: u64,
    values_left: u64,
}

impl<R: Read + Seek> Source<R> {
    /// Takes the size of the input.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let size = input.seek(SeekFrom::End(0))?;
        let times = |factor: u64| size.saturating_mul(factor).saturating_add(FREE_BYTES);
        Ok(Self { input, size, bytes_left: times(READ_TIMES), values_left: times(VALUE_TIMES) / 4 })
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes from `offset` on, all `length` of them.
    pub(super) fn read_at(&mut self, offset: u64, length: u64) -> Result<Vec<u8>, Damage> {
        if offset.checked_add(length).is_none_or(|end| end > self.size) {
            return Err("it is cut short: it refers to bytes behind its end".into());
        }
        self.bytes_left = self
            .bytes_left
            .checked_sub(length)
            .ok_or("it refers to the same bytes again and again")?;
        let length = usize::try_from(length).map_err(|_too_large| "it is too large".to_owned())?;
        self.input.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The first bytes, `most` of them or as many as there are.
    pub(super) fn beginning(&mut self, most: u64) -> Result<Vec<u8>, Damage> {
        self.read_at(0, most.min(self.size))
    }

    /// Takes note that this many 32-bit values are about to be made.
    pub(super) fn claim_values(&mut self, count: u64) -> Result<(), Damage> {
        self.values_left = self
            .values_left
            .checked_sub(count)
            .ok_or("its tensors are larger than the numbers it holds")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn refused<T>(result: Result<T, Damage>) -> String {
        match result {
            Err(Damage::Format(reason)) => reason,
            Err(Damage::Io(error)) => panic!("{error}"),
            Ok(_) => panic!("it was read"),
        }
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut source = Source::new(Cursor::new(b"0123456789")).unwrap();
        assert_eq!(source.read_at(3, 4).unwrap(), b"3456");
        assert_eq!(source.beginning(99).unwrap().len(), 10);
        assert!(refused(source.read_at(9, 2)).contains("cut short"));
        assert!(refused(source.read_at(1, u64::MAX)).contains("cut short"));
    }

    #[test]
    fn what_is_taken_in_all_is_bounded() {
        let mut source = Source::new(Cursor::new(vec![0; 1000])).unwrap();
        source.claim_values(2000).unwrap();
        assert!(refused(source.claim_values(1 << 20)).contains("larger than"));
        let again = (0..10_000).map(|_| source.read_at(0, 1000)).find_map(Result::err);
        assert!(refused::<()>(Err(again.unwrap())).contains("again and again"));
    }
}
