//! Decoded neighbours of what was asked for, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Bytes that are kept, over all files.
const MAX_BYTES: usize = 128 << 20;

/// Texts of bytes, one a row; `None` for a row without.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where the bytes of each row end, and whether it has any.
    ends: Vec<(usize, bool)>,
}

impl Block {
    /// Appends a row.
    pub(super) fn push(&mut self, row: Option<&[u8]>) {
        self.bytes.extend_from_slice(row.unwrap_or_default());
        self.ends.push((self.bytes.len(), row.is_some()));
    }

    /// The bytes of a row; `None` for one without, or beyond the block.
    pub(super) fn row(&self, row: usize) -> Option<&[u8]> {
        let (end, has) = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        has.then(|| &self.bytes[start..end])
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Memory that it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<(usize, bool)>()
    }
}

/// A file (by the number of its opening) and a place in it.
pub(super) type Key = (u64, u64);

type Made = Arc<OnceLock<Result<Arc<Block>, String>>>;

/// Blocks that were used last, the most recent behind.
static KEPT: Mutex<VecDeque<(Key, Made)>> = Mutex::new(VecDeque::new());

/// The block of a key, made where it is not kept; of several threads that want one, one makes it.
pub(super) fn get(
    key: Key,
    make: impl FnOnce() -> Result<Block, String>,
) -> Result<Arc<Block>, String> {
    let place = {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.iter().position(|(known, _)| *known == key) {
            Some(at) => {
                let found = kept.remove(at).unwrap_or_else(|| (key, Made::default()));
                kept.push_back(found);
            }
            None => kept.push_back((key, Made::default())),
        }
        kept.back().map(|(_, made)| Arc::clone(made)).unwrap_or_default()
    };
    let made = place.get_or_init(|| make().map(Arc::new)).clone();
    if made.is_err() {
        // Whoever asks again, tries again: the disk may have been unplugged for a moment.
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| *known != key);
    }
    forget_the_oldest();
    made
}

fn forget_the_oldest() {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let size = |made: &Made| match made.get() {
        Some(Ok(block)) => block.size(),
        Some(Err(_)) | None => 0,
    };
    let mut total: usize = kept.iter().map(|(_, made)| size(made)).sum();
    // The last stays, however large: it is in use.
    while total > MAX_BYTES && kept.len() > 1 {
        total -= kept.pop_front().map_or(0, |(_, made)| size(&made));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_bytes_are_told_from_empty_ones() {
        let mut block = Block::default();
        for row in [Some(&b"ab"[..]), None, Some(b""), Some(b"c")] {
            block.push(row);
        }
        let rows: Vec<_> = (0..5).map(|row| block.row(row)).collect();
        assert_eq!(rows, [Some(&b"ab"[..]), None, Some(b""), Some(b"c"), None]);
        assert_eq!(block.len(), 4);
    }

    #[test]
    fn a_block_is_made_once_and_the_oldest_go() {
        let large = || {
            let mut block = Block::default();
            block.push(Some(&vec![7; 50 << 20]));
            Ok(block)
        };
        let file = u64::MAX;
        let first = get((file, 0), large).unwrap();
        let again = get((file, 0), || Err("made twice".into())).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        for n in 1..4 {
            get((file, n), large).unwrap();
        }
        assert_eq!(get((file, 0), || Err("gone".into())).unwrap_err(), "gone");
        assert!(get((file, 3), || Err("gone".into())).is_ok());
    }
}
