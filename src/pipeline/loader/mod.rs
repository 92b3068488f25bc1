//! The parallel loader: inputs decoded, augmented and put into batches ahead of training.
//!
//! Worker threads live as long as the [`Loader`]. They take samples in the order of the epoch,
//! never further than [`LoaderOptions::batches_ahead`] batches beyond the one that training has
//! taken last, so memory is bounded; whoever finishes the last image of a batch puts it together.
//! What is delivered depends on the order, the seed and the files alone, not on the number of
//! threads. A file that cannot be read is an entry in [`Batch::failed`], never a panic.

mod batches;
mod cache;
mod options;
mod queue;
mod stats;
mod worker;

pub use batches::Batches;
pub use options::{LoaderOptions, default_workers};
pub use stats::LoaderStats;

pub(super) use worker::decode;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use crate::catalogue::{Catalogue, Sample, read_pixels};
use crate::image::{ImageError, Pixels};

use super::Pipeline;
use cache::Cache;
use queue::{Plan, Queue};
use stats::Counters;

/// Samples tried before giving up on finding out how many channels the files have.
const TRIES: usize = 16;

/// How a sample's image is read.
type Reader = fn(&Sample) -> Result<Pixels, ImageError>;

/// Which inputs an epoch gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// For training: changed at random, anew for each image and epoch.
    Augmented {
        /// Seed of the run.
        seed: u64,
        /// Number of the epoch.
        epoch: usize,
    },
    /// For validation and prediction: the centre as it is.
    Plain,
    /// One of the eight views, for averaging over them ([`Pipeline::view`]).
    View(usize),
}

/// Reads a catalogue's images ahead of training. See the [module](self).
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the loader, its threads and its iterators share.
#[derive(Debug)]
struct Shared {
    catalogue: Arc<Catalogue>,
    pipeline: Arc<Pipeline>,
    reader: Reader,
    batches_ahead: usize,
    channels: OnceLock<Option<usize>>,
    cache: Cache,
    counters: Counters,
    queue: Mutex<Queue>,
    /// Rung when there may be a sample to read, or when the loader ends.
    work: Condvar,
    /// Rung when a batch is complete, or when the loader ends.
    ready: Condvar,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Channels of every image, so that all batches have one shape: from the pipeline, or from
    /// the first readable image of the catalogue.
    fn channels(&self) -> Option<usize> {
        *self.channels.get_or_init(|| {
            self.pipeline.channels_known().or_else(|| {
                let samples = 0..self.catalogue.samples.len().min(TRIES);
                let mut images = samples.filter_map(|sample| {
                    decode(&self.catalogue, &self.pipeline, sample, self.reader).ok()
                });
                images.next().map(|prepared| prepared.shape()[0])
            })
        })
    }
}

impl Loader {
    /// Starts the worker threads; they wait until an epoch asks for images.
    pub fn new(catalogue: Arc<Catalogue>, pipeline: Arc<Pipeline>, options: LoaderOptions) -> Self {
        Self::with_reader(catalogue, pipeline, options, read_pixels)
    }

    fn with_reader(
        catalogue: Arc<Catalogue>,
        pipeline: Arc<Pipeline>,
        options: LoaderOptions,
        reader: Reader,
    ) -> Self {
        let cache = Cache::new(catalogue.samples.len(), options.cache_bytes);
        let shared = Arc::new(Shared {
            catalogue,
            pipeline,
            reader,
            batches_ahead: options.batches_ahead.max(1),
            channels: OnceLock::new(),
            cache,
            counters: Counters::default(),
            queue: Mutex::default(),
            work: Condvar::new(),
            ready: Condvar::new(),
        });
        let start = |number| {
            let shared = Arc::clone(&shared);
            let builder = std::thread::Builder::new().name(format!("loader-{number}"));
            builder.spawn(move || worker::run(&shared)).ok()
        };
        // Threads that cannot be started are missed, not needed: without any, the iterator
        // itself reads the images.
        let threads = (0..options.workers).map_while(start).collect();
        Self { shared, threads }
    }

    /// The batches of an epoch, in the given order of samples; the last one may be smaller. A
    /// sample that occurs more than once is drawn anew each time.
    ///
    /// Work begins at once. Dropping the iterator gives up what is left of it.
    pub fn epoch(&self, order: Vec<usize>, batch_size: usize, drawing: Drawing) -> Batches {
        let plan = Plan::new(order, batch_size, drawing);
        let (batches, channels) = (plan.batches(), self.shared.channels());
        let plan = Arc::new(Plan { channels, ..plan });
        let id = self.shared.queue().add(plan);
        self.shared.work.notify_all();
        Batches::new(Arc::clone(&self.shared), id, batches, self.threads.is_empty())
    }

    /// What the loader has done so far.
    pub fn stats(&self) -> LoaderStats {
        self.shared.counters.read(&self.shared.cache)
    }

    /// The pipeline that its inputs went through.
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        &self.shared.pipeline
    }

    /// The data set it reads.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.shared.catalogue
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.shared.queue().stop();
        self.shared.work.notify_all();
        self.shared.ready.notify_all();
        for thread in self.threads.drain(..) {
            // A worker catches its panics; were one to escape, its batch is lost with the loader.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
