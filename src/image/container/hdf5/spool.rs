//! Images that can only be decoded together, laid down one after the other in a temporary file that
//! goes when it is closed.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::super::super::ImageError;
use super::super::super::fits::read_at;

/// Decoded images, which were read once.
pub(super) struct Spool {
    count: u64,
    /// Images that are decoded together.
    rows: u64,
    /// Bytes of an image.
    image: u64,
    /// The file; `None` where there is no room for one.
    file: OnceLock<Option<File>>,
    /// Which blocks stand in the file.
    ready: Vec<AtomicBool>,
    /// One block is decoded at a time, to bound the memory; the last one is kept where it could
    /// not be written.
    last: Mutex<Option<(u64, Vec<u8>)>>,
}

impl Spool {
    /// For `count` images of so many bytes, of which `rows` are decoded together.
    pub(super) fn new(count: u64, rows: u64, image: u64) -> Self {
        let blocks = count.div_ceil(rows.max(1));
        let ready = (0..blocks).map(|_| AtomicBool::new(false)).collect();
        let (file, last) = (OnceLock::new(), Mutex::new(None));
        Self { count, rows: rows.max(1), image, file, ready, last }
    }

    /// The bytes of an image; `decode` is given the first of a block and how many they are.
    ///
    /// # Errors
    /// Those of `decode`.
    pub(super) fn row(
        &self,
        row: u64,
        decode: impl FnOnce(u64, u64) -> Result<Vec<u8>, ImageError>,
    ) -> Result<Vec<u8>, ImageError> {
        let block = row / self.rows;
        if let Some(bytes) = self.written(block, row) {
            return Ok(bytes);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have decoded it meanwhile.
        if let Some(bytes) = self.written(block, row) {
            return Ok(bytes);
        }
        let first = block * self.rows;
        let start = ((row - first) * self.image) as usize;
        let of = |bytes: &[u8]| bytes[start..start + self.image as usize].to_vec();
        if let Some((_, bytes)) = last.as_ref().filter(|(known, _)| *known == block) {
            return Ok(of(bytes));
        }
        *last = None;
        let bytes = decode(first, self.rows.min(self.count - first))?;
        let image = of(&bytes);
        match self.write(first * self.image, &bytes) {
            Ok(()) => self.ready[block as usize].store(true, Ordering::Release),
            Err(error) => {
                tracing::warn!("no room for a temporary file of decoded images: {error}");
                *last = Some((block, bytes));
            }
        }
        Ok(image)
    }

    /// The bytes of an image that stands in the file.
    fn written(&self, block: u64, row: u64) -> Option<Vec<u8>> {
        let ready = self.ready.get(block as usize)?.load(Ordering::Acquire);
        let file = self.file.get()?.as_ref().filter(|_| ready)?;
        let mut bytes = vec![0; self.image as usize];
        read_at(file, row * self.image, &mut bytes).ok()?;
        Some(bytes)
    }

    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.file.get_or_init(|| temporary().ok());
        let file = file.as_ref().ok_or_else(|| io::Error::other("it cannot be made"))?;
        write_at(file, at, bytes)
    }
}

/// A file without a name, in the user's cache or among the system's temporary files.
fn temporary() -> io::Result<File> {
    let cache = directories::BaseDirs::new().map(|base| base.cache_dir().join("arclet"));
    let within =
        |folder: PathBuf| std::fs::create_dir_all(&folder).and_then(|()| nameless(&folder));
    let made = cache.map(within).transpose();
    match made {
        Ok(Some(file)) => Ok(file),
        _ => within(std::env::temp_dir()),
    }
}

/// Makes a file that is gone when it is closed, whatever becomes of the program.
fn nameless(folder: &Path) -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("decoded-{}-{number}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(windows)]
    {
        /// `FILE_FLAG_DELETE_ON_CLOSE`.
        const DELETE_ON_CLOSE: u32 = 0x0400_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, DELETE_ON_CLOSE);
    }
    // A file that an earlier program with this number left behind.
    if std::fs::remove_file(&path).is_ok() {
        tracing::debug!("an old temporary file was removed");
    }
    let file = options.open(&path)?;
    #[cfg(unix)]
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(unix)]
fn write_at(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        bytes = &bytes[written..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_block_is_decoded_once_and_its_images_come_from_the_file() {
        let spool = Spool::new(10, 4, 3);
        let calls = Cell::new(0);
        let decode = |first: u64, count: u64| {
            calls.set(calls.get() + 1);
            Ok((first..first + count).flat_map(|row| [row as u8; 3]).collect())
        };
        for row in [5, 0, 9, 7, 3, 8, 5] {
            assert_eq!(spool.row(row, decode).unwrap(), [row as u8; 3]);
        }
        assert_eq!(calls.get(), 3);
    }

    #[test]
    fn without_a_file_the_last_block_is_kept() {
        let spool = Spool::new(4, 2, 1);
        spool.file.set(None).unwrap();
        let calls = Cell::new(0);
        let decode = |first: u64, count: u64| {
            calls.set(calls.get() + 1);
            Ok((first..first + count).map(|row| row as u8).collect())
        };
        for row in [0, 1, 2, 3, 0] {
            assert_eq!(spool.row(row, decode).unwrap(), [row as u8]);
        }
        assert_eq!(calls.get(), 3);
    }

    #[test]
    fn what_cannot_be_decoded_is_an_error_each_time() {
        let spool = Spool::new(4, 2, 1);
        let fail = |_, _| Err(ImageError::format(Path::new("x"), "broken"));
        assert!(spool.row(1, fail).is_err());
        assert_eq!(spool.row(1, |_, _| Ok(vec![1, 2])).unwrap(), [2]);
    }
}
