//! Learning: an epoch and its steps.

use std::time::{Duration, Instant};

use burn::tensor::Transaction;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ports::Ports;
use super::{Engine, Flow};
use crate::network::Precision;
use crate::pipeline::loader::Drawing;
use crate::train::error::TrainError;
use crate::train::event::{Event, ReadingRecord, Stage, StepRecord};
use crate::train::inputs::Inputs;
use crate::train::learner::Learned;
use crate::train::loss;
use crate::train::predict::read_all;

/// Steps that may wait on a GPU before their losses are read back together.
const UNREAD_STEPS: usize = 8;
/// Time after which they are read back even when they are fewer.
const UNREAD_TIME: Duration = Duration::from_millis(500);

/// A step whose loss is still on the device.
pub(super) struct Pending {
    step: usize,
    epoch: f64,
    learning_rate: f64,
    labels: Vec<usize>,
    learned: Learned,
}

impl Engine {
    /// The rest of the epoch under way, and its evaluation.
    pub(super) fn epoch(&mut self, ports: &mut Ports) -> Result<Flow, TrainError> {
        let epoch = self.position.epoch;
        let batch_size = self.plan.batch_size;
        let order = epoch_order(&self.parts.train, self.plan.seed, epoch, batch_size);
        let done = (self.position.batch * batch_size).min(order.len());
        let drawing = Drawing::Augmented { seed: self.plan.seed, epoch };
        // Told from the position alone, so that a resumed run unfreezes where the first one did.
        if self.plan.unfreeze_epoch > 0 && epoch >= self.plan.unfreeze_epoch {
            self.learner.unfreeze();
        }
        self.announce(ports);
        self.speed.restart();
        let begun = (self.loader.stats().waited, self.watch.seconds());
        // Taken out while the steps change the engine; it is given back below.
        let kept = self.kept_train.take();
        let order = order[done..].to_vec();
        let flow = if let Some(kept) = &kept {
            self.steps(kept.epoch(&order, batch_size), ports)
        } else {
            let drawn = self.loader.epoch(order, batch_size, drawing);
            self.steps(drawn.map(Inputs::from), ports)
        };
        self.kept_train = kept;
        if flow? == Flow::Stop {
            self.read_back(ports)?;
            return Ok(Flow::Stop);
        }
        self.read_back(ports)?;
        ports.tell(Event::Reading(self.reading(begun)));
        if self.control(ports)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        self.end_epoch(ports)
    }

    /// A step for each batch, with an ear for commands before.
    fn steps(
        &mut self,
        batches: impl Iterator<Item = Inputs>,
        ports: &mut Ports,
    ) -> Result<Flow, TrainError> {
        for batch in batches {
            if self.control(ports)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            self.step(batch, ports)?;
        }
        Ok(Flow::Go)
    }

    /// How the images of an epoch came, from the time waited before it and the time it began.
    fn reading(&self, (waited, seconds): (Duration, f64)) -> ReadingRecord {
        let stats = self.loader.stats();
        let waited = stats.waited.saturating_sub(waited).as_secs_f64();
        let seconds = self.watch.seconds() - seconds;
        let parts = [&self.parts.train, &self.parts.validation];
        ReadingRecord {
            epoch: self.position.epoch + 1,
            waiting_share: if seconds > 0.0 { (waited / seconds).min(1.0) } else { 0.0 },
            images: parts.iter().map(|part| part.len()).sum(),
            images_on_device: self.resident_images(),
            cached_images: stats.cached_images,
            cached_bytes: stats.cached_bytes,
            cache_limit: stats.cache_limit,
        }
    }

    /// Tells the stage; the first step on a GPU compiles and tunes its kernels.
    fn announce(&self, ports: &mut Ports) {
        let first = !self.warmed_up && !self.on_cpu;
        ports.stage(if first { Stage::TuningKernels } else { Stage::Training });
    }

    /// One step of the optimiser.
    fn step(&mut self, batch: Inputs, ports: &mut Ports) -> Result<(), TrainError> {
        self.warn_of_unreadable(&batch, ports);
        self.position.batch += 1;
        if batch.samples.is_empty() {
            return Ok(());
        }
        let learning_rate = self.rate.at(self.position.step);
        let labels = batch.labels;
        let draw = (self.plan.seed, self.position.step as u64);
        let images = batch.images;
        self.learner.measures = self.flows.is_due(self.position.step + 1);
        self.learner.samples = self.position.batch == self.started.steps_per_epoch;
        let learned = self.learner.learn(&self.criterion, images, &labels, learning_rate, draw);
        self.position.step += 1;
        let (step, epoch) = (self.position.step, self.epoch_position());
        self.pending.push(Pending { step, epoch, learning_rate, labels, learned });
        let enough = self.pending.len() >= UNREAD_STEPS || self.last_read.elapsed() >= UNREAD_TIME;
        if self.on_cpu || !self.warmed_up || enough {
            self.read_back(ports)?;
        }
        if !self.warmed_up {
            self.warmed_up = true;
            self.speed.restart();
            ports.stage(Stage::Training);
        }
        Ok(())
    }

    /// Where the run stands, in epochs.
    fn epoch_position(&self) -> f64 {
        let steps = self.started.steps_per_epoch.max(1) as f64;
        self.position.epoch as f64 + self.position.batch as f64 / steps
    }

    fn warn_of_unreadable(&mut self, batch: &Inputs, ports: &mut Ports) {
        for (sample, reason) in &batch.failed {
            if self.unreadable.insert(*sample) {
                ports.warn(format!("left out: {reason}"));
            }
        }
    }

    /// Reads the losses that are still on the device, writes them down and tells them.
    pub(super) fn read_back(&mut self, ports: &mut Ports) -> Result<(), TrainError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        self.last_read = Instant::now();
        let values = read_steps(&pending)?;
        let mut records = Vec::with_capacity(pending.len());
        let (mut flows, mut spreads) = (Vec::new(), Vec::new());
        let mut trouble = None;
        for (step, values) in pending.iter().zip(values) {
            let record = self.record(step, &values);
            records.push(record);
            flows.extend(self.flows.record(&record, &step.learned, &values.flow));
            if let Some(sampled) = &step.learned.spread {
                spreads.extend(sampled.records(self.position.epoch + 1, &values.spread));
            }
            if !(record.loss.is_finite() && record.gradient_norm.is_finite()) {
                trouble = Some(diverged(&record, self.plan.precision));
                break;
            }
        }
        ports.write(|journal| journal.steps(&records))?;
        ports.tell(Event::Steps(records));
        self.tell_flow(flows, ports)?;
        if !spreads.is_empty() {
            ports.write(|journal| journal.spread(&spreads))?;
        }
        trouble.map_or(Ok(()), Err)
    }

    fn record(&mut self, step: &Pending, values: &StepValues) -> StepRecord {
        let images = step.labels.len();
        let accuracy = loss::accuracy(&values.logits, &step.labels);
        self.position.loss_sum += values.loss * images as f64;
        self.position.right += accuracy * images as f64;
        self.position.images += images;
        StepRecord {
            step: step.step,
            epoch: step.epoch,
            loss: values.loss,
            accuracy,
            learning_rate: step.learning_rate,
            gradient_norm: values.norm,
            images_per_second: self.speed.count(images),
        }
    }
}

/// Numbers of a step on the CPU.
struct StepValues {
    loss: f64,
    norm: f64,
    logits: Vec<f32>,
    /// Sums of squares of each layer; empty where they were not taken.
    flow: Vec<f32>,
    /// Values of each layer; empty where they were not taken.
    spread: Vec<Vec<f32>>,
}

/// Reads the values of all steps in one transaction.
fn read_steps(pending: &[Pending]) -> Result<Vec<StepValues>, TrainError> {
    let all = pending.iter().fold(Transaction::default(), |all, step| {
        let Learned { loss, norm, logits, flow, spread } = &step.learned;
        let all = all.register(loss.clone()).register(norm.clone()).register(logits.clone());
        let squares = flow.iter().map(|flow| &flow.squares);
        let values = spread.iter().flat_map(|spread| &spread.values);
        squares.chain(values).fold(all, |all, tensor| all.register(tensor.clone()))
    });
    let number = |vector: &[f32]| vector.first().map_or(f64::NAN, |&value| f64::from(value));
    let mut vectors = read_all(all)?.into_iter();
    let mut next = || vectors.next().unwrap_or_default();
    let values = |step: &Pending| StepValues {
        loss: number(&next()),
        norm: number(&next()),
        logits: next(),
        flow: if step.learned.flow.is_some() { next() } else { Vec::new() },
        spread: step
            .learned
            .spread
            .iter()
            .flat_map(|spread| &spread.values)
            .map(|_| next())
            .collect(),
    };
    Ok(pending.iter().map(values).collect())
}

fn diverged(record: &StepRecord, precision: Precision) -> TrainError {
    let loss = if record.loss.is_finite() { record.gradient_norm } else { record.loss };
    let StepRecord { step, learning_rate, .. } = *record;
    TrainError::Diverged { loss, step, learning_rate, precision }
}

/// The order of an epoch, from the seed and the epoch alone. A single image left over for the
/// last batch is left out: batch normalisation has no variance of one value.
pub(super) fn epoch_order(
    samples: &[usize],
    seed: u64,
    epoch: usize,
    batch_size: usize,
) -> Vec<usize> {
    let mut key = [0; 32];
    let words = [seed, epoch as u64, 0, u64::from_le_bytes(*b"order\0\0\0")];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    let mut order = samples.to_vec();
    order.shuffle(&mut ChaCha8Rng::from_seed(key));
    order.truncate(used(samples.len(), batch_size));
    order
}

/// Images of an epoch of `count`.
fn used(count: usize, batch_size: usize) -> usize {
    let single = batch_size > 1 && count > 1 && count % batch_size == 1;
    count - usize::from(single)
}

/// Steps of an epoch of `count` images.
pub(super) fn steps_per_epoch(count: usize, batch_size: usize) -> usize {
    used(count, batch_size).div_ceil(batch_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_a_permutation_that_changes_with_the_epoch() {
        let samples: Vec<usize> = (10..40).collect();
        let first = epoch_order(&samples, 1, 0, 10);
        assert_eq!(first, epoch_order(&samples, 1, 0, 10));
        assert_ne!(first, epoch_order(&samples, 1, 1, 10));
        assert_ne!(first, epoch_order(&samples, 2, 0, 10));
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, samples);
    }

    #[test]
    fn a_single_image_is_not_a_batch() {
        assert_eq!((used(33, 32), steps_per_epoch(33, 32)), (32, 1));
        assert_eq!((used(34, 32), steps_per_epoch(34, 32)), (34, 2));
        assert_eq!((used(1, 32), steps_per_epoch(1, 32)), (1, 1));
        assert_eq!((used(3, 1), steps_per_epoch(3, 1)), (3, 3));
    }
}
