//! Looking inside while training: the maps of one image, at most twice a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalogue::{Sample, read_sample};
use crate::explain::{attribute, logits_and_maps};
use crate::network::model::Model;
use crate::pipeline::{Input, Pipeline};
use crate::train::error::TrainError;
use crate::train::event::{Event, Look, Watch};
use crate::train::loss;
use crate::train::plan::Loss;

/// Time between two looks while training.
const INTERVAL: Duration = Duration::from_millis(500);
/// A look may cost the training one part in this many: 3 %.
const SPARED: u32 = 32;

/// What is looked at, and the prepared input of it.
pub(super) struct Viewer {
    pipeline: Arc<Pipeline>,
    loss: Loss,
    watch: Option<Watch>,
    input: Option<(Arc<Sample>, Input)>,
    last: Option<Instant>,
    /// What the last look cost.
    cost: Duration,
}

impl Viewer {
    pub(super) fn new(pipeline: Arc<Pipeline>, loss: Loss) -> Self {
        Self { pipeline, loss, watch: None, input: None, last: None, cost: Duration::ZERO }
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

    /// A look through this model as it is told, or why there is none, in which case nothing is
    /// watched any more; `None` when nobody watches.
    pub(super) fn look(&mut self, model: &Model, step: usize) -> Option<Event> {
        let watch = self.watch.take()?;
        let begun = Instant::now();
        match self.look_at(&watch, model, step) {
            Ok(look) => {
                self.watch = Some(watch);
                self.last = Some(Instant::now());
                self.cost = begun.elapsed();
                Some(Event::Look(Box::new(look)))
            }
            Err(error) => Some(Event::LookFailed(watch.sample, error.to_string())),
        }
    }

    fn look_at(&mut self, watch: &Watch, model: &Model, step: usize) -> Result<Look, TrainError> {
        let input = self.input(&watch.sample)?;
        let (logits, maps) = logits_and_maps(model, &input, &watch.layers)?;
        let probabilities = loss::probabilities(self.loss, &logits);
        let found = watch.question.as_ref().map(|question| {
            attribute(model, &self.pipeline, &input, question, &mut |_| true).map(Arc::new)
        });
        let attribution = found.transpose()?;
        let sample = Arc::clone(&watch.sample);
        Ok(Look { sample, step, input, probabilities, maps, attribution })
    }

    /// The input of a sample as the network sees it, without augmentation; the last one is kept.
    fn input(&mut self, sample: &Arc<Sample>) -> Result<Input, TrainError> {
        if let Some((kept, input)) = &self.input
            && kept == sample
        {
            return Ok(input.clone());
        }
        let input = self.pipeline.plain_input(&read_sample(sample)?)?;
        self.input = Some((Arc::clone(sample), input.clone()));
        Ok(input)
    }
}
