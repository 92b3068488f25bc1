//! The loader as a whole, on images made in memory.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::{Catalogue, Sample};
use crate::image::{Image, ImageError, Pixels};
use crate::pipeline::{Batch, Normalise, Pipeline};

use super::{Drawing, Loader, LoaderOptions};

/// An image that depends on the sample's name alone; some names are broken files.
fn read(sample: &Sample) -> Result<Pixels, ImageError> {
    assert!(sample.id != "panics", "a decoder gave up");
    if sample.id == "broken" {
        let reason = "the file ends early".to_owned();
        return Err(ImageError::Format { path: PathBuf::from("broken.jpg"), reason });
    }
    let bands = if sample.id == "grey" { 1 } else { 3 };
    let number: usize = sample.id.parse().unwrap_or(0);
    let data = (0..bands * 40 * 40).map(|v| ((v * (number + 3)) % 251) as f32 / 255.0).collect();
    Ok(Pixels::Image(Image { bands, height: 40, width: 40, data, header: Vec::new() }))
}

fn catalogue(ids: impl IntoIterator<Item = String>) -> Arc<Catalogue> {
    let sample = |(index, id)| Sample { id, label: Some(index % 3), ..Sample::default() };
    let samples = ids.into_iter().enumerate().map(sample).collect();
    Arc::new(Catalogue { samples, ..Catalogue::default() })
}

fn numbered(count: usize) -> Arc<Catalogue> {
    catalogue((0..count).map(|number| number.to_string()))
}

fn loader(catalogue: Arc<Catalogue>, workers: usize, cache_bytes: usize) -> Loader {
    let pipeline = Pipeline { size: 16, normalise: Normalise::PerImage, ..Pipeline::default() };
    let options = LoaderOptions { workers, batches_ahead: 2, cache_bytes };
    Loader::with_reader(catalogue, Arc::new(pipeline), options, read)
}

const AUGMENTED: Drawing = Drawing::Augmented { seed: 4, epoch: 1 };

#[test]
fn any_number_of_workers_gives_the_same_batches() {
    let order: Vec<usize> = (0..50).rev().collect();
    let batches = |workers| -> Vec<Batch> {
        loader(numbered(50), workers, 1 << 20).epoch(order.clone(), 8, AUGMENTED).collect()
    };
    let one = batches(1);
    assert_eq!(one.len(), 7);
    assert_eq!(one[0].samples, (42..50).rev().collect::<Vec<_>>());
    assert_eq!(one[0].shape, [8, 3, 16, 16]);
    assert_eq!(one[0].labels[0], 49 % 3);
    assert_eq!(one[6].shape, [2, 3, 16, 16]);
    assert_eq!(one, batches(4));
    assert_eq!(one, batches(0));
}

#[test]
fn epochs_differ_and_come_back_from_memory() {
    let loader = loader(numbered(12), 2, 1 << 20);
    let order: Vec<usize> = (0..12).collect();
    let epoch = |drawing| -> Vec<Batch> { loader.epoch(order.clone(), 12, drawing).collect() };
    let first = epoch(AUGMENTED);
    assert_ne!(first, epoch(Drawing::Augmented { seed: 4, epoch: 2 }));
    assert_eq!(first, epoch(AUGMENTED));
    assert_eq!(epoch(Drawing::Plain), epoch(Drawing::View(0)));
    let stats = loader.stats();
    assert_eq!((stats.decoded, stats.cache_hits, stats.cached_images), (12, 48, 12));
    assert_eq!((stats.batches, stats.images, stats.failed), (5, 60, 0));
}

#[test]
fn a_sample_drawn_twice_is_augmented_twice() {
    let batch = loader(numbered(2), 2, 0).epoch(vec![1, 1], 2, AUGMENTED).next().unwrap();
    let (first, second) = batch.images.split_at(batch.images.len() / 2);
    assert_ne!(first, second);
}

#[test]
fn the_cache_keeps_within_its_bound() {
    let one = loader(numbered(1), 1, 1 << 20);
    assert_eq!(one.epoch(vec![0], 1, Drawing::Plain).count(), 1);
    let bytes = one.stats().cached_bytes;
    let loader = loader(numbered(10), 3, 3 * bytes + 1);
    for _ in 0..2 {
        assert_eq!(loader.epoch((0..10).collect(), 4, Drawing::Plain).count(), 3);
        assert!(loader.stats().cached_bytes <= 3 * bytes + 1);
    }
    let stats = loader.stats();
    assert_eq!((stats.cached_images, stats.cache_hits, stats.decoded), (3, 3, 17));
}

#[test]
fn files_that_cannot_be_read_are_reported_and_left_out() {
    let names = ["0", "broken", "2", "panics", "grey"].map(str::to_owned);
    let loader = loader(catalogue(names), 2, 1 << 20);
    let batch = loader.epoch(vec![0, 1, 2, 3, 4, 99], 6, Drawing::Plain).next().unwrap();
    assert_eq!(batch.samples, [0, 2]);
    assert_eq!(batch.labels, [0, 2]);
    assert_eq!(batch.shape, [2, 3, 16, 16]);
    assert_eq!(batch.images.len(), 2 * 3 * 16 * 16);
    let reasons: Vec<(usize, &str)> = batch.failed.iter().map(|(s, r)| (*s, r.as_str())).collect();
    assert_eq!(reasons.iter().map(|(sample, _)| *sample).collect::<Vec<_>>(), [1, 3, 4, 99]);
    let words = ["ends early", "a decoder gave up", "1 channels", "no sample number 99"];
    assert!(reasons.iter().zip(words).all(|((_, reason), word)| reason.contains(word)));
}

#[test]
fn a_batch_of_broken_files_is_empty() {
    let loader = loader(catalogue(["broken".to_owned()]), 1, 0);
    let batches: Vec<Batch> = loader.epoch(vec![0], 4, Drawing::Plain).collect();
    assert_eq!(batches.len(), 1);
    assert!(batches[0].samples.is_empty() && batches[0].shape[0] == 0);
    assert_eq!(batches[0].failed.len(), 1);
}

#[test]
fn dropping_an_epoch_early_frees_the_workers() {
    let loader = loader(numbered(200), 2, 0);
    for _ in 0..5 {
        let mut batches = loader.epoch((0..200).collect(), 4, AUGMENTED);
        assert_eq!(batches.len(), 50);
        assert!(batches.next().is_some());
    }
    assert_eq!(loader.epoch((0..8).collect(), 4, Drawing::Plain).count(), 2);
}

#[test]
fn two_epochs_at_once_do_not_block_each_other() {
    let loader = loader(numbered(40), 1, 0);
    let mut training = loader.epoch((0..40).collect(), 4, AUGMENTED);
    assert!(training.next().is_some());
    assert_eq!(loader.epoch((0..20).collect(), 4, Drawing::Plain).count(), 5);
    assert_eq!(training.count(), 9);
}

#[test]
fn batches_end_with_their_loader() {
    let loader = loader(numbered(40), 1, 0);
    let batches = loader.epoch((0..40).collect(), 1, Drawing::Plain);
    drop(loader);
    assert_eq!(batches.count(), 0);
}

#[test]
fn an_empty_epoch_ends_at_once() {
    assert_eq!(loader(numbered(1), 1, 0).epoch(Vec::new(), 4, Drawing::Plain).count(), 0);
}
