//! What a network says of samples: logits and probabilities, averaged over views and over passes
//! with dropout.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::error::TrainError;
use super::inputs::{Images, Inputs, Resident};
use super::loss;
use super::plan::Loss;
use crate::evaluate::Predictions;
use crate::network::NetworkError;
use crate::network::model::Model;
use crate::pipeline::loader::{Drawing, Loader};

/// Batches whose logits may wait on a device to be read back together.
const UNREAD_BATCHES: usize = 8;

/// How to predict.
pub struct Predictor<'a> {
    /// The network.
    pub model: &'a Model,
    /// Where the images come from.
    pub loader: &'a Loader,
    /// What the logits mean.
    pub loss: Loss,
    /// Images per pass.
    pub batch_size: usize,
    /// Views averaged, 1–8.
    pub views: usize,
    /// Passes with dropout for each view (Monte-Carlo dropout); 0 for one pass without.
    pub passes: usize,
}

/// What the network says of samples, in their order; unreadable ones are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Number of classes.
    pub classes: usize,
    /// Index of each sample in the catalogue.
    pub samples: Vec<usize>,
    /// Labels as the loader gave them (meaningless for unlabelled samples).
    pub labels: Vec<usize>,
    /// Logits of the plain view, of several passes the mean, `[n, classes]`.
    pub logits: Vec<f32>,
    /// Mean probabilities over views and passes, `[n, classes]`.
    pub probabilities: Vec<f32>,
    /// Standard deviation of the probabilities over views and passes, `[n, classes]`; empty where
    /// there is but one.
    pub spreads: Vec<f32>,
    /// Samples left out, with the reason.
    pub failed: Vec<(usize, String)>,
}

impl Scores {
    /// As the evaluation wants it.
    pub fn predictions(self, classes: Vec<String>) -> Predictions {
        let Self { samples, labels, probabilities, .. } = self;
        Predictions { classes, samples, truth: labels, probabilities }
    }
}

impl Predictor<'_> {
    /// Scores of these samples. `go_on` hears the share done after each pass, 0–1, and ends the
    /// work by returning false; then there is no result.
    ///
    /// # Errors
    /// [`TrainError::Network`] when the device fails.
    pub fn scores(
        &self,
        samples: &[usize],
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Option<Scores>, TrainError> {
        self.scores_of_part(samples, (0, samples.len()), go_on)
    }

    /// As [`Self::scores`] of one view, of inputs that are kept on the device.
    pub(super) fn scores_of_kept(
        &self,
        kept: &Resident,
        samples: &[usize],
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Option<Scores>, TrainError> {
        let mut all = Scores { classes: self.model.network().classes, ..Scores::default() };
        let mut moments = Moments::default();
        let mut share = |done: usize| go_on(done as f64 / samples.len().max(1) as f64);
        let batches = kept.epoch(samples, self.batch_size);
        if !self.one_view(batches, (0, 0), &mut all, &mut moments, &mut share)? {
            return Ok(None);
        }
        (all.probabilities, all.spreads) = moments.finish(self.passes.max(1));
        Ok(Some(all))
    }

    /// As [`Self::scores`], for samples that are a part of a longer list: the number of those
    /// before them, a multiple of the batch size, and of all. The results are those of the whole.
    ///
    /// # Errors
    /// As [`Self::scores`].
    pub fn scores_of_part(
        &self,
        samples: &[usize],
        (first, all_samples): (usize, usize),
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Option<Scores>, TrainError> {
        let views = self.views.clamp(1, 8);
        let mut all = Scores { classes: self.model.network().classes, ..Scores::default() };
        let mut moments = Moments::default();
        for view in 0..views {
            let base = view as f64 / views as f64;
            let mut share = |done: usize| {
                go_on(base + done as f64 / samples.len().max(1) as f64 / views as f64)
            };
            let draw = view * all_samples + first;
            let drawing = if view == 0 { Drawing::Plain } else { Drawing::View(view) };
            let batches = self.loader.epoch(samples.to_vec(), self.batch_size.max(1), drawing);
            let batches = batches.map(Inputs::from);
            if !self.one_view(batches, (view, draw), &mut all, &mut moments, &mut share)? {
                return Ok(None);
            }
        }
        (all.probabilities, all.spreads) = moments.finish(views * self.passes.max(1));
        Ok(Some(all))
    }

    /// Adds a view to the moments; what is the same for all views comes from the first. False
    /// when the work was ended. `first_draw` is the draw of dropout for the first batch.
    fn one_view(
        &self,
        batches: impl Iterator<Item = Inputs>,
        (view, first_draw): (usize, usize),
        scores: &mut Scores,
        moments: &mut Moments,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<bool, TrainError> {
        let (mut done, mut row) = (0, 0);
        let mut unread: Vec<(usize, Tensor<2>)> = Vec::new();
        for batch in batches {
            // From the place in the list alone, so that a part draws what the whole does.
            let draw = (first_draw + done) as u64;
            done += batch.samples.len() + batch.failed.len();
            let rows = batch.samples.len();
            if view == 0 {
                scores.failed.extend(batch.failed.iter().cloned());
                scores.samples.extend(&batch.samples);
                scores.labels.extend(&batch.labels);
            }
            if rows > 0 {
                let (place, images) = (row * scores.classes, batch.images);
                let logits = if self.passes > 0 {
                    self.sampled_logits(images, draw, place, moments)?
                } else {
                    unread.push((place, self.model.forward(images.on(self.model.device()))));
                    let enough = unread.len() >= UNREAD_BATCHES;
                    if enough { self.read_back(&mut unread, moments)? } else { Vec::new() }
                };
                if view == 0 {
                    scores.logits.extend(logits);
                }
                row += rows;
            }
            if !go_on(done) {
                return Ok(false);
            }
        }
        let logits = self.read_back(&mut unread, moments)?;
        if view == 0 {
            scores.logits.extend(logits);
        }
        Ok(true)
    }

    /// Reads logits that wait on the device, adds their probabilities to the moments from their
    /// places on, and returns them in their order.
    fn read_back(
        &self,
        unread: &mut Vec<(usize, Tensor<2>)>,
        moments: &mut Moments,
    ) -> Result<Vec<f32>, TrainError> {
        let (places, tensors): (Vec<usize>, Vec<Tensor<2>>) = unread.drain(..).unzip();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let all = tensors.into_iter().fold(Transaction::default(), Transaction::register);
        let found = read_all(all)?;
        for (place, logits) in places.into_iter().zip(&found) {
            self.add(moments, place, logits);
        }
        Ok(found.concat())
    }

    /// Adds the probabilities of logits `[n, classes]`.
    fn add(&self, moments: &mut Moments, place: usize, logits: &[f32]) {
        let rows = logits.chunks(self.model.network().classes);
        moments.add(place, rows.flat_map(|row| loss::probabilities(self.loss, row)));
    }

    /// Adds the probabilities of a batch to the moments from this place on, as often as there are
    /// passes with dropout; returns the mean of their logits. `draw` tells batches apart.
    fn sampled_logits(
        &self,
        images: Images,
        draw: u64,
        place: usize,
        moments: &mut Moments,
    ) -> Result<Vec<f32>, TrainError> {
        let images = images.on(self.model.device());
        let mut mean = Vec::new();
        for pass in 0..self.passes {
            let sampled = self.model.forward_sampled(images.clone(), draw, pass as u64);
            let logits = read_values(sampled)?;
            self.add(moments, place, &logits);
            mean.resize(logits.len(), 0.0);
            mean.iter_mut().zip(logits).for_each(|(sum, new)| *sum += new / self.passes as f32);
        }
        Ok(mean)
    }
}

/// Sums of probabilities and of their squares, `[n, classes]`.
#[derive(Default)]
struct Moments {
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn add(&mut self, place: usize, probabilities: impl Iterator<Item = f32>) {
        for (index, probability) in (place..).zip(probabilities.map(f64::from)) {
            if index == self.sums.len() {
                self.sums.push(0.0);
                self.squares.push(0.0);
            }
            self.sums[index] += probability;
            self.squares[index] += probability * probability;
        }
    }

    /// Means and standard deviations of so many draws; no deviations of one draw.
    fn finish(self, draws: usize) -> (Vec<f32>, Vec<f32>) {
        let n = draws.max(1) as f64;
        let means = self.sums.iter().map(|sum| (sum / n) as f32).collect();
        if draws < 2 {
            return (means, Vec::new());
        }
        let deviation = |(sum, square): (&f64, &f64)| {
            let variance = (square - sum * sum / n) / (n - 1.0);
            variance.max(0.0).sqrt() as f32
        };
        (means, self.sums.iter().zip(&self.squares).map(deviation).collect())
    }
}

/// All tensors of a transaction on the CPU.
pub(super) fn read_all(transaction: Transaction) -> Result<Vec<Vec<f32>>, TrainError> {
    let failed = |reason: String| NetworkError::Device { reason };
    let data = transaction.try_execute().map_err(|error| failed(error.to_string()))?;
    let vectors = data.into_iter().map(TensorData::try_into_vec::<f32>);
    let vectors = vectors.collect::<Result<_, _>>();
    Ok(vectors.map_err(|error| failed(format!("{error:?}")))?)
}

/// Values of a tensor, row-major.
pub(super) fn read_values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    let mut vectors = read_all(Transaction::default().register(tensor))?;
    Ok(vectors.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_means_and_standard_deviations() {
        let mut moments = Moments::default();
        for draw in [[0.25, 0.5], [0.75, 0.5]] {
            moments.add(0, draw.into_iter());
        }
        let (means, spreads) = moments.finish(2);
        assert_eq!(means, [0.5, 0.5]);
        // √((0.25² + 0.25²) / 1)
        assert!((spreads[0] - 0.353_553_4).abs() < 1e-6 && spreads[1] < 1e-6, "{spreads:?}");
        let mut one = Moments::default();
        one.add(0, [0.3].into_iter());
        assert!(one.finish(1).1.is_empty());
    }
}
