//! The view of a run: everything a face shows of it, kept up to date by the engine's events.
//!
//! Plain data: no thread, no file, no window. [`RunView::apply`] is the only way it changes.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::{Part, Sample};
use crate::evaluate::Predictions;
use crate::train::flow::{self, FlowRecord, Watchdog};
use crate::train::{EpochRecord, Event, Finished, Look, ReadingRecord, Stage, Started, StepRecord};

/// Names a run within this session of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub usize);

/// A set of predictions and when it was made.
#[derive(Debug, Clone)]
pub struct EpochPredictions {
    /// Epochs done, from 1.
    pub epoch: usize,
    /// Predictions of the validation part.
    pub predictions: Arc<Predictions>,
}

/// What is known of a run, live or read from its folder.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its name within this session.
    pub id: RunId,
    /// Its folder.
    pub folder: PathBuf,
    /// Its engine is at work (or paused).
    pub live: bool,
    /// Its curves are drawn.
    pub visible: bool,
    /// What the engine said when it began.
    pub started: Option<Box<Started>>,
    /// What it is doing; `None` before the first word and after the end.
    pub stage: Option<Stage>,
    /// One record a step, ascending.
    pub steps: Vec<StepRecord>,
    /// Minutes of training at each step, estimated between the epochs' exact times; ascending.
    pub minutes: Vec<f64>,
    /// One record an epoch, ascending.
    pub epochs: Vec<EpochRecord>,
    /// Norms of each layer in some of the steps, ascending.
    pub flow: Vec<FlowRecord>,
    /// What these norms say.
    pub watchdog: Watchdog,
    /// Validation predictions, one set an epoch, ascending.
    pub predictions: Vec<EpochPredictions>,
    /// Test predictions by the best weights, when the run was complete.
    pub test: Option<Arc<Predictions>>,
    /// How the images of the latest epoch came; `None` for a run read from its folder.
    pub reading: Option<ReadingRecord>,
    /// The latest look inside.
    pub look: Option<Arc<Look>>,
    /// Of which sample there is no look, and why.
    pub look_failed: Option<(Arc<Sample>, String)>,
    /// The latest checkpoint.
    pub checkpoint: Option<PathBuf>,
    /// Things to know that did not end the run.
    pub warnings: Vec<String>,
    /// How it ended; `None` while it goes on, or when it failed.
    pub finished: Option<Finished>,
    /// Why it failed and what to do.
    pub message: Option<String>,
    /// Rises when records already given were replaced (a resumed run), so that caches start anew.
    pub revision: u64,
}

impl RunView {
    /// A run that was just asked for.
    pub fn new(id: RunId, folder: PathBuf) -> Self {
        Self {
            id,
            folder,
            live: true,
            visible: true,
            started: None,
            stage: None,
            steps: Vec::new(),
            minutes: Vec::new(),
            epochs: Vec::new(),
            flow: Vec::new(),
            watchdog: Watchdog::default(),
            predictions: Vec::new(),
            test: None,
            reading: None,
            look: None,
            look_failed: None,
            checkpoint: None,
            warnings: Vec::new(),
            finished: None,
            message: None,
            revision: 0,
        }
    }

    /// Takes in what the engine told.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Started(started) => self.start(started),
            Event::Stage(stage) => self.stage = Some(stage),
            Event::Steps(steps) => steps.into_iter().for_each(|step| self.push_step(step)),
            Event::Flow(records) => self.push_flow(records),
            Event::Reading(record) => self.reading = Some(record),
            Event::Epoch(record, predictions) => self.push_epoch(record, Some(predictions)),
            Event::Checkpoint(path) => self.checkpoint = Some(path),
            Event::Look(look) => {
                self.look = Some(Arc::from(look));
                self.look_failed = None;
            }
            Event::LookFailed(sample, why) => self.look_failed = Some((sample, why)),
            Event::Note(_) => {}
            Event::Warning(text) => self.warnings.push(text),
            Event::Finished(why, test) => {
                if test.is_some() {
                    self.test = test;
                }
                self.finished = Some(why);
                self.end();
            }
            Event::Failed(message) => {
                self.message = Some(message);
                self.end();
            }
        }
    }

    /// Its name on the screen: that of its folder.
    pub fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or(self.folder.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Held by the user.
    pub fn paused(&self) -> bool {
        self.stage == Some(Stage::Paused)
    }

    /// Where the machine is that the run waits for since its connection was lost.
    pub fn lost(&self) -> Option<&str> {
        match &self.stage {
            Some(Stage::Disconnected(place)) if self.live => Some(place),
            _ => None,
        }
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        let epoch_step = self.epochs.last().map_or(0, |epoch| epoch.step);
        self.steps.last().map_or(0, |step| step.step).max(epoch_step)
    }

    /// Steps of the whole run; `None` before it has begun.
    pub fn steps_total(&self) -> Option<usize> {
        self.started.as_deref().map(|started| started.plan.epochs * started.steps_per_epoch)
    }

    /// Share done, 0–1; 1 for a run that ended by itself.
    pub fn progress(&self) -> f32 {
        if matches!(self.finished, Some(Finished::Complete | Finished::Early)) {
            return 1.0;
        }
        match self.steps_total() {
            Some(total) if total > 0 => (self.steps_done() as f32 / total as f32).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    /// Seconds of training so far, pauses left out.
    pub fn seconds(&self) -> f64 {
        let by_epoch = self.epochs.last().map_or(0.0, |epoch| epoch.seconds);
        self.minutes.last().map_or(0.0, |minutes| minutes * 60.0).max(by_epoch)
    }

    /// Seconds until the end at the pace of the last epoch; `None` while it cannot be told, as when the
    /// connection is lost.
    pub fn seconds_left(&self) -> Option<f64> {
        if self.lost().is_some() {
            return None;
        }
        let left = self.steps_total()?.saturating_sub(self.steps_done());
        let window = self.started.as_deref().map_or(1, |started| started.steps_per_epoch).max(20);
        let last = self.steps.len().checked_sub(1)?;
        let first = last.saturating_sub(window);
        let done = self.steps[last].step.saturating_sub(self.steps[first].step);
        let seconds = (self.minutes[last] - self.minutes[first]) * 60.0;
        (self.live && done > 0 && seconds > 0.0).then(|| seconds / done as f64 * left as f64)
    }

    /// The best epoch so far by validation loss.
    pub fn best_epoch(&self) -> Option<&EpochRecord> {
        self.epochs.iter().rev().find(|epoch| epoch.best)
    }

    /// Validation predictions after an epoch, or the latest for `None`; epochs without are skipped.
    pub fn validation(&self, epoch: Option<usize>) -> Option<&EpochPredictions> {
        match epoch {
            None => self.predictions.last(),
            Some(epoch) => {
                let found = self.predictions.binary_search_by_key(&epoch, |entry| entry.epoch);
                found.ok().map(|index| &self.predictions[index])
            }
        }
    }

    /// What it is doing, in words for the screen.
    pub fn status(&self) -> String {
        match (&self.message, self.finished, &self.stage) {
            (Some(_), ..) => "Failed".into(),
            (None, Some(Finished::Complete), _) => "Finished".into(),
            (None, Some(Finished::Early), _) => "Stopped early".into(),
            (None, Some(Finished::Stopped), _) => "Stopped".into(),
            (None, None, Some(stage)) if self.live => stage_words(stage),
            (None, None, _) if self.live => "Starting".into(),
            (None, None, _) => "Interrupted".into(),
        }
    }

    fn start(&mut self, mut started: Box<Started>) {
        let (steps, epochs) = std::mem::take(&mut started.history);
        self.revision += 1;
        self.finished = None;
        self.message = None;
        self.steps.clear();
        self.minutes.clear();
        self.epochs.clear();
        self.flow.clear();
        let layers = flow::layers(&started.network).unwrap_or_default();
        self.watchdog = Watchdog::new(&layers);
        self.predictions.retain(|entry| entry.epoch <= started.epochs_done);
        self.started = Some(started);
        let mut epochs = epochs.into_iter().peekable();
        for step in steps {
            while epochs.peek().is_some_and(|epoch| epoch.step < step.step) {
                if let Some(epoch) = epochs.next() {
                    self.push_epoch(epoch, None);
                }
            }
            self.push_step(step);
        }
        epochs.for_each(|epoch| self.push_epoch(epoch, None));
    }

    fn push_step(&mut self, step: StepRecord) {
        if self.steps.last().is_some_and(|last| last.step >= step.step) {
            let keep = self.steps.partition_point(|known| known.step < step.step);
            self.steps.truncate(keep);
            self.minutes.truncate(keep);
            self.revision += 1;
        }
        let batch = self.started.as_deref().map_or(1, |started| started.plan.batch_size);
        let pace = step.images_per_second;
        let seconds = if pace > 0.0 { batch as f64 / pace } else { 0.0 };
        let after = self.seconds() / 60.0;
        self.steps.push(step);
        self.minutes.push(after + seconds / 60.0);
    }

    fn push_flow(&mut self, records: Vec<FlowRecord>) {
        for record in records {
            if self.flow.last().is_none_or(|last| last.step < record.step) {
                self.watchdog.take(&record);
                self.flow.push(record);
            }
        }
    }

    fn push_epoch(&mut self, record: EpochRecord, predictions: Option<Arc<Predictions>>) {
        if self.epochs.last().is_some_and(|last| last.epoch >= record.epoch) {
            self.epochs.retain(|known| known.epoch < record.epoch);
            self.predictions.retain(|known| known.epoch < record.epoch);
            self.revision += 1;
        }
        if let Some(predictions) = predictions.filter(|p| !p.samples.is_empty()) {
            self.predictions.push(EpochPredictions { epoch: record.epoch, predictions });
        }
        self.epochs.push(record);
    }

    fn end(&mut self) {
        self.live = false;
        self.stage = None;
    }
}

/// A stage in words for the screen.
fn stage_words(stage: &Stage) -> String {
    match stage {
        Stage::Preparing(what) if what.is_empty() => "Preparing".into(),
        Stage::Preparing(what) => what.clone(),
        Stage::TuningKernels => "Preparing GPU kernels".into(),
        Stage::Training => "Training".into(),
        Stage::Evaluating(Part::Train) => "Evaluating the training part".into(),
        Stage::Evaluating(Part::Validation) => "Validating".into(),
        Stage::Evaluating(Part::Test) => "Evaluating the test part".into(),
        Stage::Paused => "Paused".into(),
        Stage::Disconnected(_) => "Connection lost".into(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Split};
    use crate::train::Plan;

    /// A step with a loss; one epoch is ten steps of ten images at 100 images per second.
    pub(crate) fn step(step: usize, loss: f64) -> StepRecord {
        StepRecord {
            step,
            epoch: step as f64 / 10.0,
            loss,
            accuracy: 0.5,
            learning_rate: 1e-3,
            gradient_norm: 1.0,
            images_per_second: 100.0,
        }
    }

    fn epoch(epoch: usize, best: bool) -> EpochRecord {
        EpochRecord {
            epoch,
            step: epoch * 10,
            train_loss: 1.0 / epoch as f64,
            train_accuracy: 0.5,
            validation_loss: 1.1 / epoch as f64,
            validation_accuracy: 0.5,
            validation_balanced_accuracy: 0.4,
            learning_rate: 1e-3,
            seconds: epoch as f64 * 1.2,
            best,
        }
    }

    fn started(history: (Vec<StepRecord>, Vec<EpochRecord>)) -> Event {
        let network = crate::architectures::build("lenet5", [1, 32, 32], 2).unwrap();
        Event::Started(Box::new(Started {
            folder: "run".into(),
            catalogue: Arc::new(Catalogue::default()),
            split: Arc::new(Split::default()),
            plan: Plan { epochs: 4, batch_size: 10, ..Plan::default() },
            network: Arc::new(network),
            device: "Flex".into(),
            steps_per_epoch: 10,
            epochs_done: history.1.len(),
            history,
        }))
    }

    fn predictions() -> Arc<Predictions> {
        Arc::new(Predictions {
            classes: vec!["a".into(), "b".into()],
            samples: vec![0, 1],
            truth: vec![0, 1],
            probabilities: vec![0.9, 0.1, 0.2, 0.8],
        })
    }

    fn run() -> RunView {
        let mut run = RunView::new(RunId(1), "runs/first".into());
        run.apply(started((vec![], vec![])));
        run
    }

    #[test]
    fn steps_and_epochs_build_up() {
        let mut run = run();
        run.apply(Event::Stage(Stage::Training));
        run.apply(Event::Steps((1..=10).map(|i| step(i, 1.0)).collect()));
        run.apply(Event::Epoch(epoch(1, true), predictions()));
        run.apply(Event::Steps(vec![step(11, 0.5)]));
        assert_eq!(run.steps.len(), 11);
        assert_eq!(run.name(), "first");
        assert_eq!(run.steps_total(), Some(40));
        assert!((run.progress() - 11.0 / 40.0).abs() < 1e-6);
        assert_eq!(run.best_epoch().unwrap().epoch, 1);
        assert_eq!(run.validation(None).unwrap().epoch, 1);
        assert_eq!(run.status(), "Training");
        // Ten steps of 0.1 s, the epoch said 1.2 s, and one more step.
        assert!((run.minutes[9] * 60.0 - 1.0).abs() < 1e-9);
        assert!((run.minutes[10] * 60.0 - 1.3).abs() < 1e-9);
        let left = run.seconds_left().unwrap();
        assert!((left - 1.2 / 10.0 * 29.0).abs() < 1e-9, "{left}");
    }

    #[test]
    fn a_resumed_run_replaces_its_past() {
        let mut run = run();
        run.apply(Event::Steps((1..=15).map(|i| step(i, 1.0)).collect()));
        run.apply(Event::Epoch(epoch(1, true), predictions()));
        run.apply(Event::Failed("killed".into()));
        assert!(!run.live && run.message.is_some());
        let before = run.revision;
        let history = ((1..=10).map(|i| step(i, 2.0)).collect(), vec![epoch(1, true)]);
        run.apply(started(history));
        assert!(run.message.is_none() && run.revision > before);
        assert_eq!((run.steps.len(), run.minutes.len(), run.epochs.len()), (10, 10, 1));
        assert_eq!(run.predictions.len(), 1);
        assert!(run.steps.iter().all(|step| step.loss > 1.5));
    }

    #[test]
    fn a_step_seen_again_replaces_the_later_ones() {
        let mut run = run();
        run.apply(Event::Steps((1..=8).map(|i| step(i, 1.0)).collect()));
        let before = run.revision;
        run.apply(Event::Steps(vec![step(5, 3.0)]));
        assert_eq!(run.steps.len(), 5);
        assert_eq!(run.minutes.len(), 5);
        assert!(run.revision > before);
    }

    #[test]
    fn the_end_is_kept_with_the_test_predictions() {
        let mut run = run();
        run.apply(Event::Stage(Stage::Paused));
        assert!(run.paused());
        run.apply(Event::Finished(Finished::Complete, Some(predictions())));
        assert!(run.test.is_some() && !run.paused() && run.stage.is_none());
        assert!((run.progress() - 1.0).abs() < f32::EPSILON);
        assert_eq!(run.status(), "Finished");
        assert_eq!(run.seconds_left(), None);
    }

    #[test]
    fn epochs_without_validation_have_no_predictions() {
        let mut run = run();
        run.apply(Event::Epoch(epoch(1, true), Arc::new(Predictions::default())));
        run.apply(Event::Epoch(epoch(2, true), predictions()));
        assert!(run.validation(Some(1)).is_none());
        assert_eq!(run.validation(Some(2)).unwrap().epoch, 2);
    }
}
