//! What a worker thread does: take a sample, read it, file its input, put batches together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use crate::catalogue::Catalogue;
use crate::pipeline::affine::Scratch;
use crate::pipeline::input::Way;
use crate::pipeline::{Batch, Input, Pipeline, Prepared, sample_rng};

use super::queue::{Complete, Job, Outcome, Plan};
use super::stats::count;
use super::{Drawing, Reader, Shared};

/// Works until the loader ends.
pub(super) fn run(shared: &Shared) {
    let mut scratch = Scratch::default();
    while let Some(job) = wait_for_job(shared) {
        process(shared, &job, &mut scratch);
    }
}

fn wait_for_job(shared: &Shared) -> Option<Job> {
    let mut queue = shared.queue();
    loop {
        if queue.is_stopped() {
            return None;
        }
        if let Some(job) = queue.claim(shared.batches_ahead) {
            return Some(job);
        }
        queue = shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Reads one sample; puts its batch together when it was the last one.
pub(super) fn process(shared: &Shared, job: &Job, scratch: &mut Scratch) {
    let outcome = guarded(|| input(shared, &job.plan, job.position, scratch));
    if outcome.is_err() {
        count(&shared.counters.failed, 1);
    }
    let complete = shared.queue().store(job, outcome);
    let Some(complete) = complete else { return };
    let (epoch, number) = (complete.epoch, complete.number);
    let batch = assemble(shared, complete);
    shared.queue().finish(epoch, number, batch);
    shared.ready.notify_all();
}

fn input(shared: &Shared, plan: &Plan, position: usize, scratch: &mut Scratch) -> Outcome {
    let (sample, occurrence) = plan.order[position];
    let prepared = prepared(shared, sample)?;
    let mut rng;
    let way = match plan.drawing {
        Drawing::Plain => Way::Plain,
        Drawing::View(view) => Way::View(view),
        Drawing::Augmented { seed, epoch } => {
            rng = sample_rng(seed, epoch, sample);
            rng.set_stream(occurrence);
            Way::Augmented(&mut rng)
        }
    };
    Ok(shared.pipeline.input_by(&prepared, way, scratch))
}

/// A sample's prepared image, from memory or from its file.
fn prepared(shared: &Shared, sample: usize) -> Result<Arc<Prepared>, String> {
    if let Some(kept) = shared.cache.get(sample) {
        count(&shared.counters.cache_hits, 1);
        return Ok(kept);
    }
    let decoded = Arc::new(decode(&shared.catalogue, &shared.pipeline, sample, shared.reader)?);
    count(&shared.counters.decoded, 1);
    shared.cache.keep(sample, &decoded);
    Ok(decoded)
}

/// Reads and prepares a sample's image; a panic in a decoder is an error like others.
pub(in crate::pipeline) fn decode(
    catalogue: &Catalogue,
    pipeline: &Pipeline,
    sample: usize,
    reader: Reader,
) -> Result<Prepared, String> {
    let Some(entry) = catalogue.samples.get(sample) else {
        return Err(format!("the data set has no sample number {sample}"));
    };
    guarded(|| {
        let pixels = reader(entry).map_err(|error| error.to_string())?;
        pipeline.prepare_pixels(pixels).map_err(|error| format!("{}: {error}", entry.id))
    })
}

/// Turns a panic into an error with its message.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no reason given".to_owned());
        Err(format!("reading the image failed inside the program: {text}"))
    })
}

/// Puts the inputs of a batch into one block; images of another shape are failures.
fn assemble(shared: &Shared, complete: Complete) -> Batch {
    let Complete { plan, number, outcomes, .. } = complete;
    let size = shared.pipeline.size;
    let mut channels = plan.channels;
    let mut batch = Batch::default();
    let samples = plan.order[number * plan.batch_size..].iter().map(|(sample, _)| *sample);
    for (sample, outcome) in samples.zip(outcomes) {
        match outcome.and_then(|input| of_shape(input, &mut channels)) {
            Ok(input) => {
                if batch.images.is_empty() {
                    batch.images.reserve_exact(plan.batch_size * input.data.len());
                }
                batch.images.extend_from_slice(&input.data);
                batch.samples.push(sample);
                let label = shared.catalogue.samples.get(sample).and_then(|entry| entry.label);
                batch.labels.push(label.unwrap_or(0));
            }
            Err(reason) => batch.failed.push((sample, reason)),
        }
    }
    batch.shape = [batch.samples.len(), channels.unwrap_or(0), size, size];
    batch
}

/// Refuses an image with other channels than the first one had.
fn of_shape(input: Input, channels: &mut Option<usize>) -> Outcome {
    let found = input.shape[0];
    let wanted = *channels.get_or_insert(found);
    if found == wanted {
        return Ok(input);
    }
    Err(format!("the image has {found} channels, the others of the data set have {wanted}"))
}
