//! Looking inside while training: the maps of one image, at most twice a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalogue::{Catalogue, read_sample};
use crate::explain::{attribute, logits_and_maps};
use crate::network::model::Model;
use crate::pipeline::{Input, Pipeline};
use crate::train::error::TrainError;
use crate::train::event::{Look, Watch};
use crate::train::loss;
use crate::train::plan::Loss;

/// Time between two looks while training.
const INTERVAL: Duration = Duration::from_millis(500);
/// A look may cost the training one part in this many: 3 %.
const SPARED: u32 = 32;

/// What is looked at, and the prepared input of it.
pub(super) struct Viewer {
    catalogue: Arc<Catalogue>,
    pipeline: Arc<Pipeline>,
    loss: Loss,
    watch: Option<Watch>,
    input: Option<(usize, Input)>,
    last: Option<Instant>,
    /// What the last look cost.
    cost: Duration,
}

impl Viewer {
    pub(super) fn new(catalogue: Arc<Catalogue>, pipeline: Arc<Pipeline>, loss: Loss) -> Self {
        Self {
            catalogue,
            pipeline,
            loss,
            watch: None,
            input: None,
            last: None,
            cost: Duration::ZERO,
        }
    }

    /// Looks at something else, at once.
    pub(super) fn watch(&mut self, watch: Option<Watch>) {
        self.watch = watch;
        self.last = None;
    }

    /// Whether it is time for a look: at most twice a second, and more seldom where a look takes
    /// so long that training would be held up.
    pub(super) fn is_due(&self) -> bool {
        let interval = INTERVAL.max(self.cost * SPARED);
        self.watch.is_some() && self.last.is_none_or(|last| last.elapsed() >= interval)
    }

    /// A look through this model; `None` when nobody watches.
    ///
    /// # Errors
    /// When the image cannot be read or the device failed. Nothing is watched any more.
    pub(super) fn look(&mut self, model: &Model, step: usize) -> Result<Option<Look>, TrainError> {
        let Some(watch) = self.watch.take() else { return Ok(None) };
        let begun = Instant::now();
        let look = self.look_at(&watch, model, step)?;
        self.watch = Some(watch);
        self.last = Some(Instant::now());
        self.cost = begun.elapsed();
        Ok(Some(look))
    }

    fn look_at(&mut self, watch: &Watch, model: &Model, step: usize) -> Result<Look, TrainError> {
        let input = self.input(watch.sample)?;
        let (logits, maps) = logits_and_maps(model, &input, &watch.layers)?;
        let probabilities = loss::probabilities(self.loss, &logits);
        let found = watch.question.as_ref().map(|question| {
            attribute(model, &self.pipeline, &input, question, &mut |_| true).map(Arc::new)
        });
        let attribution = found.transpose()?;
        Ok(Look { sample: watch.sample, step, input, probabilities, maps, attribution })
    }

    /// The input of a sample as the network sees it, without augmentation; the last one is kept.
    fn input(&mut self, sample: usize) -> Result<Input, TrainError> {
        if let Some((kept, input)) = &self.input
            && *kept == sample
        {
            return Ok(input.clone());
        }
        let unknown = || TrainError::Data(format!("there is no sample {sample} in the data set"));
        let entry = self.catalogue.samples.get(sample).ok_or_else(unknown)?;
        let prepared = self.pipeline.prepare(&read_sample(entry)?)?;
        let input = self.pipeline.input(&prepared, None);
        self.input = Some((sample, input.clone()));
        Ok(input)
    }
}
