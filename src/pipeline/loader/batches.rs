//! The iterator that training takes its batches from.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::pipeline::Batch;
use crate::pipeline::affine::Scratch;

use super::queue::Taken;
use super::stats::count;
use super::{Shared, worker};

/// The batches of an epoch in order. Ends early when its [`Loader`](super::Loader) is dropped;
/// dropping it gives up what has not been read yet.
#[derive(Debug)]
pub struct Batches {
    shared: Arc<Shared>,
    epoch: u64,
    left: usize,
    /// Without worker threads the images are read here.
    alone: bool,
    scratch: Scratch,
}

impl Batches {
    pub(super) fn new(shared: Arc<Shared>, epoch: u64, left: usize, alone: bool) -> Self {
        Self { shared, epoch, left, alone, scratch: Scratch::default() }
    }

    /// Waits for the next batch, or reads it where there are no workers.
    fn wait(&mut self) -> Option<Batch> {
        let mut queue = self.shared.queue();
        loop {
            match queue.take(self.epoch) {
                Taken::Batch(batch) => return Some(batch),
                Taken::End => return None,
                Taken::NotYet if self.alone => {
                    let job = queue.claim_of(self.epoch, 1);
                    drop(queue);
                    worker::process(&self.shared, &job?, &mut self.scratch);
                    queue = self.shared.queue();
                }
                Taken::NotYet => {
                    queue = self.shared.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let start = Instant::now();
        let batch = self.wait();
        let counters = &self.shared.counters;
        count(&counters.waited_nanoseconds, start.elapsed().as_nanos() as u64);
        let Some(batch) = batch else {
            self.left = 0;
            return None;
        };
        self.shared.work.notify_all();
        count(&counters.batches, 1);
        count(&counters.images, batch.samples.len() as u64);
        self.left = self.left.saturating_sub(1);
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Batches {}

impl Drop for Batches {
    fn drop(&mut self) {
        self.shared.queue().remove(self.epoch);
    }
}
