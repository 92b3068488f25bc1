//! Decoded images kept from epoch to epoch, within a bound.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::pipeline::Prepared;

/// Prepared images by sample. First come, first kept: what has no room is decoded again in each
/// epoch, which beats replacing, as every epoch asks for every sample once.
#[derive(Debug)]
pub(super) struct Cache {
    images: Vec<OnceLock<Arc<Prepared>>>,
    limit: usize,
    bytes: AtomicUsize,
    count: AtomicUsize,
}

impl Cache {
    pub(super) fn new(samples: usize, limit: usize) -> Self {
        let samples = if limit == 0 { 0 } else { samples };
        let images = (0..samples).map(|_| OnceLock::new()).collect();
        Self { images, limit, bytes: AtomicUsize::new(0), count: AtomicUsize::new(0) }
    }

    pub(super) fn get(&self, sample: usize) -> Option<Arc<Prepared>> {
        self.images.get(sample)?.get().cloned()
    }

    /// Keeps the image when there is room for it.
    pub(super) fn keep(&self, sample: usize, image: &Arc<Prepared>) {
        let Some(place) = self.images.get(sample) else { return };
        let bytes = image.bytes();
        let with = |used: usize| used.checked_add(bytes).filter(|&total| total <= self.limit);
        let reserved = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with);
        if reserved.is_err() {
            return;
        }
        if place.set(Arc::clone(image)).is_ok() {
            self.count.fetch_add(1, Ordering::Relaxed);
        } else {
            // Another thread was faster.
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}
