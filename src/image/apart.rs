//! Decoding in a process of its own, so that a crash inside C cannot take the window down.
//!
//! Everything that Arclet reads is read by safe code, but for the tiles of compressed FITS images,
//! which cfitsio decodes. The window has that done by a few processes of its own program
//! (`arclet read-apart`) that stay and take one job after the other: compressed bytes in, values
//! out. One that dies, hangs or takes too much memory ends with an error about its file, and the
//! next job gets a new one. The terminal decodes in its own process.

mod frames;
mod pool;
mod process;
mod serve;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

pub(super) use pool::Pool;
pub use serve::serve;

/// Argument that makes the program decode for another.
const COMMAND: &str = "read-apart";

/// Who decodes compressed FITS images for this process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reader {
    /// This process.
    #[default]
    Here,
    /// Processes of their own.
    Apart(Apart),
}

/// Processes that decode, and what they may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// A program that calls [`serve`]…
    pub program: PathBuf,
    /// … with these arguments.
    pub arguments: Vec<OsString>,
    /// Processes at most.
    pub processes: usize,
    /// Longest time without a sign of life during a job.
    pub patience: Duration,
    /// Memory in bytes that one may take beyond its job's (looked at on Linux only).
    pub max_bytes: u64,
}

impl Apart {
    /// Copies of a program whose argument `read-apart` serves, one for each processor.
    pub fn of_program(program: PathBuf) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            program,
            arguments: vec![COMMAND.into()],
            processes: processors.min(16),
            patience: Duration::from_mins(1),
            max_bytes: 4 << 30,
        }
    }
}

/// There is no process that decodes.
#[derive(Debug)]
pub(super) struct Unavailable;

static POOL: RwLock<Option<Arc<Pool>>> = RwLock::new(None);

/// Says who decodes compressed FITS images from now on, for all threads. Without a program that
/// can be started, this process does, and the log tells.
pub fn set_reader(reader: Reader) {
    let pool = match reader {
        Reader::Here => None,
        Reader::Apart(apart) => Some(Arc::new(Pool::new(apart))),
    };
    *POOL.write().unwrap_or_else(PoisonError::into_inner) = pool;
}

/// The processes that decode, if there shall be such.
pub(super) fn pool() -> Option<Arc<Pool>> {
    POOL.read().unwrap_or_else(PoisonError::into_inner).clone()
}
