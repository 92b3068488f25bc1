//! Evaluating: the validation part after each epoch, all by the best weights at the end.

use std::sync::Arc;

use super::ports::Ports;
use super::{Engine, Flow};
use crate::catalogue::Part;
use crate::evaluate::{Confusion, Predictions};
use crate::network::model::Model;
use crate::train::error::{Outcome, TrainError};
use crate::train::event::{EpochRecord, Event, Finished, Stage};
use crate::train::journal::{Results, Slot};
use crate::train::predict::{Predictor, Scores};

/// What is known of the validation part after an epoch.
struct Validation {
    loss: f64,
    accuracy: f64,
    balanced_accuracy: f64,
    predictions: Arc<Predictions>,
}

impl Engine {
    /// Evaluates an epoch whose steps are done, writes it down and keeps its checkpoints.
    pub(super) fn end_epoch(&mut self, ports: &mut Ports) -> Result<Flow, TrainError> {
        let evaluated = self.learner.evaluated();
        let Some(validation) = self.validate(&evaluated, ports)? else { return Ok(Flow::Stop) };
        let record = self.close_epoch(&validation);
        ports.write(|journal| journal.epoch(&record, &validation.predictions))?;
        self.keep_evaluated(&evaluated, record.best, ports)?;
        self.keep(Slot::Last, ports)?;
        ports.tell(Event::Epoch(record, validation.predictions));
        Ok(Flow::Go)
    }

    /// `None` when the user stopped meanwhile.
    fn validate(&self, model: &Model, ports: &mut Ports) -> Result<Option<Validation>, TrainError> {
        if self.parts.validation.is_empty() {
            let classes = self.started.catalogue.classes.clone();
            let predictions = Arc::new(Predictions { classes, ..Predictions::default() });
            let nothing = f64::NAN;
            let (loss, accuracy, balanced_accuracy) = (nothing, nothing, nothing);
            return Ok(Some(Validation { loss, accuracy, balanced_accuracy, predictions }));
        }
        // One view only: the final evaluation averages as many as the plan says.
        let Some(scores) = self.scores(model, Part::Validation, 1, ports)? else { return Ok(None) };
        let loss = self.criterion.mean_on_cpu(&scores.logits, &scores.labels);
        let predictions = scores.predictions(self.started.catalogue.classes.clone());
        let confusion = Confusion::of(&predictions).ok();
        let figure = |figure: fn(&Confusion) -> Option<f64>| {
            confusion.as_ref().and_then(figure).unwrap_or(f64::NAN)
        };
        let accuracy = figure(Confusion::accuracy);
        let balanced_accuracy = figure(Confusion::balanced_accuracy);
        let predictions = Arc::new(predictions);
        Ok(Some(Validation { loss, accuracy, balanced_accuracy, predictions }))
    }

    /// Scores of a part, with looks and a possible stop between passes.
    fn scores(
        &self,
        model: &Model,
        part: Part,
        views: usize,
        ports: &mut Ports,
    ) -> Result<Option<Scores>, TrainError> {
        let samples = match part {
            Part::Train => &self.parts.train,
            Part::Validation => &self.parts.validation,
            Part::Test => &self.parts.test,
        };
        ports.stage(Stage::Evaluating(part));
        let batch_size = self.plan.batch_size.max(16);
        let (loader, loss) = (&self.loader, self.plan.loss);
        let predictor = Predictor { model, loader, loss, batch_size, views, passes: 0 };
        let mut go_on = |_: f64| !ports.stop_is_wanted();
        match &self.kept_validation {
            Some(kept) if part == Part::Validation && views == 1 => {
                predictor.scores_of_kept(kept, samples, &mut go_on)
            }
            _ => predictor.scores(samples, &mut go_on),
        }
    }

    /// Counts the epoch and begins the next.
    fn close_epoch(&mut self, validation: &Validation) -> EpochRecord {
        let position = &mut self.position;
        let images = position.images.max(1) as f64;
        let train_loss = position.loss_sum / images;
        let train_accuracy = position.right / images;
        // Without a validation part nothing tells one epoch from another, and the last is taken:
        // the lowest training loss would be that of the luckiest draws.
        let blind = self.parts.validation.is_empty();
        let watched = if blind { train_loss } else { validation.loss };
        let better = blind || position.best_loss.is_none_or(|best| watched < best);
        let best = watched.is_finite() && better;
        if best {
            position.best_loss = Some(watched);
        }
        position.stale_epochs = if best { 0 } else { position.stale_epochs + 1 };
        position.epoch += 1;
        position.batch = 0;
        (position.loss_sum, position.right, position.images) = (0.0, 0.0, 0);
        EpochRecord {
            epoch: position.epoch,
            step: position.step,
            train_loss,
            train_accuracy,
            validation_loss: validation.loss,
            validation_accuracy: validation.accuracy,
            validation_balanced_accuracy: validation.balanced_accuracy,
            learning_rate: self.rate.at(position.step.saturating_sub(1)),
            seconds: self.watch.seconds(),
            best,
        }
    }

    /// Evaluates the validation and test parts by the best weights and ends the run.
    pub(super) fn finish(
        &mut self,
        why: Finished,
        ports: &mut Ports,
    ) -> Result<Outcome, TrainError> {
        let model = self.best_model(ports)?;
        let Some(validation) = self.final_predictions(&model, Part::Validation, ports)? else {
            return stopped(ports);
        };
        let Some(test) = self.final_predictions(&model, Part::Test, ports)? else {
            return stopped(ports);
        };
        self.learner.model = model;
        let results = Results { finished: why, validation: Some(validation), test: Some(test) };
        ports.write(|journal| journal.finished(&results))?;
        Ok((why, results.test))
    }

    fn final_predictions(
        &self,
        model: &Model,
        part: Part,
        ports: &mut Ports,
    ) -> Result<Option<Arc<Predictions>>, TrainError> {
        let scores = self.scores(model, part, self.plan.test_views, ports)?;
        let classes = self.started.catalogue.classes.clone();
        Ok(scores.map(|scores| Arc::new(scores.predictions(classes))))
    }
}

/// The user's end: nothing is evaluated, the run can be resumed.
pub(super) fn stopped(ports: &mut Ports) -> Result<Outcome, TrainError> {
    let finished = Finished::Stopped;
    let results = Results { finished, validation: None, test: None };
    ports.write(|journal| journal.finished(&results))?;
    Ok((finished, None))
}
