//! Files that hold many images, which are read row by row and on demand: Parquet with encoded
//! pictures inside, HDF5 with one array of pixels.
//!
//! What was opened stays open (a bounded number of files), what was decoded beside the wanted row
//! stays for its neighbours (bounded memory). A file that changes on disk is opened anew.

mod blocks;
#[cfg(test)]
pub(in crate::image) mod container_tests;
pub mod hdf5;
pub mod parquet;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::display::Rgb8;
use super::{ImageError, Pixels, head, place, raster};

/// Files that stay open.
const MOST_OPEN: usize = 64;

/// First bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// First bytes of an HDF5 file.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// A kind of files that may hold many images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Apache Parquet.
    Parquet,
    /// HDF5.
    Hdf5,
}

impl Kind {
    /// By the first bytes of a file.
    pub fn of_content(head: &[u8]) -> Option<Self> {
        if head.starts_with(PARQUET) {
            Some(Self::Parquet)
        } else if head.starts_with(HDF5) {
            Some(Self::Hdf5)
        } else {
            None
        }
    }

    /// By the content of a file; `None` also where it cannot be read.
    pub fn of(path: &Path) -> Option<Self> {
        Self::of_content(&head(path).ok()?)
    }
}

/// Reads the image in a row.
///
/// # Errors
/// [`ImageError`] when the file cannot be read, is broken, or has no such row.
pub(super) fn read(path: &Path, row: u64) -> Result<Pixels, ImageError> {
    match &*open(path)? {
        Opened::Parquet(shard) => raster::decode_pixels(&named(path, row), &shard.bytes(row)?),
        Opened::Hdf5(stack) => stack.image(row).map(Pixels::Image),
    }
}

/// Reads the image in a row as a picture; `None` where its values are measured ones.
pub(super) fn read_picture(path: &Path, row: u64) -> Result<Option<Rgb8>, ImageError> {
    match &*open(path)? {
        Opened::Parquet(shard) => {
            raster::decode_rgb8(&named(path, row), &shard.bytes(row)?).map(Some)
        }
        Opened::Hdf5(stack) if stack.is_picture() => Ok(Some(place::as_it_is(&stack.image(row)?))),
        Opened::Hdf5(_) => Ok(None),
    }
}

/// The file with the row, for messages.
fn named(path: &Path, row: u64) -> PathBuf {
    place::Place::Row(row).in_file(path).into()
}

/// An open file.
enum Opened {
    Parquet(Box<parquet::Shard>),
    Hdf5(Box<hdf5::Stack>),
}

impl Opened {
    fn new(path: &Path) -> Result<Self, ImageError> {
        match Kind::of_content(&head(path)?) {
            Some(Kind::Parquet) => {
                parquet::Shard::open(path).map(|shard| Self::Parquet(Box::new(shard)))
            }
            Some(Kind::Hdf5) => hdf5::Stack::open(path).map(|stack| Self::Hdf5(Box::new(stack))),
            None => Err(ImageError::format(path, "it is neither Parquet nor HDF5")),
        }
    }
}

/// A file and what tells one state of it from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    fn of(path: &Path) -> Result<Self, ImageError> {
        let metadata = std::fs::metadata(path).map_err(|error| ImageError::open(path, &error))?;
        let modified = metadata.modified().ok();
        Ok(Self { path: path.to_path_buf(), length: metadata.len(), modified })
    }
}

/// The files that were used last, the most recent behind.
static OPEN: Mutex<Vec<(Identity, Arc<Opened>)>> = Mutex::new(Vec::new());

/// The open file; opens it when it is not.
fn open(path: &Path) -> Result<Arc<Opened>, ImageError> {
    let identity = Identity::of(path)?;
    {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = open.iter().position(|(known, _)| *known == identity) {
            let found = open.remove(place);
            let opened = Arc::clone(&found.1);
            open.push(found);
            return Ok(opened);
        }
    }
    // Not under the lock: two threads may both open it, which does no harm.
    let opened = Arc::new(Opened::new(path)?);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|(known, _)| known.path != identity.path);
    if open.len() >= MOST_OPEN {
        open.remove(0);
    }
    open.push((identity, Arc::clone(&opened)));
    Ok(opened)
}

/// Does work in which a reader may panic on a damaged file; the panic becomes an error about it.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ImageError::format(path, "it is damaged: its reader failed on it")))
}
