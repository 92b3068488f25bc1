//! What a network says of samples: logits and probabilities, averaged over views.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::error::TrainError;
use super::loss;
use super::plan::Loss;
use crate::evaluate::Predictions;
use crate::network::NetworkError;
use crate::network::model::Model;
use crate::pipeline::Batch;
use crate::pipeline::loader::{Drawing, Loader};

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
    /// Logits of the plain view, `[n, classes]`.
    pub logits: Vec<f32>,
    /// Mean probabilities over the views, `[n, classes]`.
    pub probabilities: Vec<f32>,
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
        let views = self.views.clamp(1, 8);
        let mut all = Scores::default();
        for view in 0..views {
            let base = view as f64 / views as f64;
            let mut share = |done: usize| {
                go_on(base + done as f64 / samples.len().max(1) as f64 / views as f64)
            };
            let Some(one) = self.one_view(samples, view, &mut share)? else { return Ok(None) };
            if view == 0 {
                all = one;
            } else {
                let pairs = all.probabilities.iter_mut().zip(one.probabilities);
                pairs.for_each(|(sum, new)| *sum += new);
            }
        }
        all.probabilities.iter_mut().for_each(|p| *p /= views as f32);
        Ok(Some(all))
    }

    fn one_view(
        &self,
        samples: &[usize],
        view: usize,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Scores>, TrainError> {
        let drawing = if view == 0 { Drawing::Plain } else { Drawing::View(view) };
        let classes = self.model.network().classes;
        let mut scores = Scores { classes, ..Scores::default() };
        let mut done = 0;
        for batch in self.loader.epoch(samples.to_vec(), self.batch_size.max(1), drawing) {
            done += batch.samples.len() + batch.failed.len();
            scores.failed.extend(batch.failed.iter().cloned());
            if !batch.samples.is_empty() {
                scores.samples.extend(&batch.samples);
                scores.labels.extend(&batch.labels);
                let logits = self.logits(batch)?;
                let rows = logits.chunks(classes);
                scores.probabilities.extend(rows.flat_map(|r| loss::probabilities(self.loss, r)));
                scores.logits.extend(logits);
            }
            if !go_on(done) {
                return Ok(None);
            }
        }
        Ok(Some(scores))
    }

    fn logits(&self, batch: Batch) -> Result<Vec<f32>, TrainError> {
        let device = self.model.device();
        let images = Tensor::<4>::from_data(TensorData::new(batch.images, batch.shape), device);
        read_values(self.model.forward(images))
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
