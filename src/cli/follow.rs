//! Following a run in the terminal: a progress bar, or one JSON object per event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::output;
use crate::catalogue::Part;
use crate::evaluate::Evaluation;
use crate::train::{
    Command, EpochRecord, Event, Finished, ReadingRecord, Session, Stage, Started, StepRecord,
};

/// How often Ctrl-C is looked for while nothing happens.
const PATIENCE: Duration = Duration::from_millis(100);

/// Exit status of a program that was interrupted.
const INTERRUPTED: i32 = 130;
/// Signals within this time are one: shells and batch systems often send them twice.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

/// Follows a run to its end. Ctrl-C stops it after the step with a checkpoint; a second one ends
/// the program at once.
pub(super) fn follow(session: Session, json: bool) -> anyhow::Result<()> {
    let mut show = Show::new(json);
    let told = listen(&session, &mut show);
    show.end();
    if told.is_err() {
        // Nobody reads the output any more: leave a run that can be resumed.
        session.send(Command::Stop);
    }
    let ended = session.join();
    told?;
    ended?;
    Ok(())
}

/// Shows events until the run ends.
fn listen(session: &Session, show: &mut Show) -> anyhow::Result<()> {
    let signals = signals();
    let mut asked: Option<Instant> = None;
    loop {
        if signals.swap(false, Ordering::Relaxed) {
            match asked {
                None => {
                    show.say("stopping after this step; press Ctrl-C again to end at once");
                    session.send(Command::Stop);
                    asked = Some(Instant::now());
                }
                Some(first) if first.elapsed() > ONE_SIGNAL => std::process::exit(INTERRUPTED),
                Some(_) => {}
            }
        }
        let event = match session.events().recv_timeout(PATIENCE) {
            Ok(event) => event,
            Err(error) if error.is_timeout() => continue,
            Err(_) => return Ok(()),
        };
        show.event(&event)?;
        if matches!(event, Event::Finished(..) | Event::Failed(_)) {
            return Ok(());
        }
    }
}

/// Set by each Ctrl-C and each request to terminate (batch systems).
fn signals() -> Arc<AtomicBool> {
    static SIGNALS: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let signals = SIGNALS.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            if let Err(error) = flag::register(signal, Arc::clone(&flag)) {
                tracing::warn!("a signal will end the program at once: {error}");
            }
        }
        flag
    });
    Arc::clone(signals)
}

/// Shows events.
struct Show {
    json: bool,
    bar: ProgressBar,
    folder: String,
    steps_per_epoch: usize,
    epochs: usize,
    reading: Waiting,
}

impl Show {
    fn new(json: bool) -> Self {
        let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            json,
            bar,
            folder: String::new(),
            steps_per_epoch: 1,
            epochs: 0,
            reading: Waiting::default(),
        }
    }

    /// A message for people.
    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }

    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        if self.json {
            return match to_json(event) {
                Some(value) => output::json(&value),
                None => Ok(()),
            };
        }
        match event {
            Event::Started(started) => self.started(started),
            Event::Stage(stage) => self.stage(stage),
            Event::Steps(records) => self.steps(records),
            Event::Reading(record) => self.reading.add(record),
            Event::Epoch(record, _) => self.epoch(record),
            Event::Note(text) => self.say(text),
            Event::Warning(text) => self.say(&format!("warning: {text}")),
            Event::Finished(why, test) => {
                let evaluation = test.as_deref().map(Evaluation::of);
                self.finished(*why, evaluation.as_ref());
            }
            Event::Checkpoint(_)
            | Event::Flow(_)
            | Event::Look(_)
            | Event::LookFailed(..)
            | Event::Failed(_) => {}
        }
        Ok(())
    }

    fn started(&mut self, started: &Started) {
        self.folder = started.folder.display().to_string();
        self.steps_per_epoch = started.steps_per_epoch.max(1);
        self.epochs = started.plan.epochs;
        let parts = [Part::Train, Part::Validation, Part::Test];
        let [train, validation, test] = parts.map(|part| started.split.indices(part).len());
        self.say(&format!(
            "{}: {train} images to train on, {validation} to validate, {test} to test, {} classes",
            started.plan.data.display(),
            started.catalogue.classes.len(),
        ));
        self.say(&format!(
            "{} on {}, run in {}",
            started.network.name, started.device, self.folder
        ));
        let style = "{spinner} epoch {prefix} {wide_bar} {percent:>3} %  {msg}  left {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style);
        }
        self.bar.set_length((self.epochs * self.steps_per_epoch) as u64);
        let done = started.history.0.last().map_or(0, |record| record.step);
        self.bar.set_position(done as u64);
        self.bar.reset_eta();
    }

    fn stage(&self, stage: &Stage) {
        match stage {
            Stage::Disconnected(place) => {
                self.bar.set_message("waiting for the connection");
                self.say(&format!(
                    "the connection to the machine that computes ({place}) was lost; the run goes on \
                     when it answers. Ctrl-C ends the waiting: `arclet train --resume {}` goes on \
                     later, on another device with `--device`",
                    self.folder
                ));
            }
            Stage::Preparing(what) => self.bar.set_message(what.clone()),
            Stage::TuningKernels => {
                self.say("the first step prepares the GPU's kernels; this may take minutes");
            }
            Stage::Evaluating(Part::Test) => self.bar.set_message("evaluating the test part"),
            Stage::Evaluating(_) => self.bar.set_message("evaluating"),
            Stage::Training | Stage::Paused => {}
        }
    }

    fn steps(&self, records: &[StepRecord]) {
        let Some(last) = records.last() else { return };
        let epoch = (last.epoch - 1e-9).max(0.0) as usize + 1;
        self.bar.set_prefix(format!("{epoch}/{}", self.epochs));
        self.bar.set_position(last.step as u64);
        self.bar.set_message(format!(
            "step {}  loss {:.3}  accuracy {}  {:.0} images/s",
            last.step,
            last.loss,
            output::percent(last.accuracy),
            last.images_per_second
        ));
    }

    fn epoch(&self, record: &EpochRecord) {
        self.say(&format!(
            "epoch {:>3}  loss {:.4}  accuracy {:>7}{}  {}",
            record.epoch,
            record.train_loss,
            output::percent(record.train_accuracy),
            validation(record),
            output::duration(record.seconds),
        ));
    }

    fn finished(&self, why: Finished, test: Option<&Evaluation>) {
        match why {
            Finished::Complete => {}
            Finished::Early => self.say("stopped early: the validation loss no longer falls"),
            Finished::Stopped if self.folder.is_empty() => self.say("stopped before it began"),
            Finished::Stopped => {
                self.say(&format!("stopped; go on with `arclet train --resume {}`", self.folder));
            }
        }
        if let Some(test) = test.filter(|test| test.n > 0) {
            self.say(&format!(
                "test part, {} images: accuracy {}, balanced accuracy {}",
                test.n,
                output::percent(test.accuracy),
                output::percent(test.balanced_accuracy)
            ));
        }
        if let Some(text) = self.reading.words() {
            self.say(&text);
        }
        if why != Finished::Stopped {
            self.say(&format!("results and figures are in {}", self.folder));
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How the images came, over all epochs.
#[derive(Default)]
struct Waiting {
    shares: Vec<f64>,
    last: Option<ReadingRecord>,
}

impl Waiting {
    fn add(&mut self, record: &ReadingRecord) {
        self.shares.push(record.waiting_share);
        self.last = Some(*record);
    }

    /// The mean over the epochs, and what is in memory; `None` before the first epoch.
    fn words(&self) -> Option<String> {
        let last = self.last.as_ref()?;
        let mean = self.shares.iter().sum::<f64>() / self.shares.len() as f64;
        let resident = match last.images_on_device {
            0 => String::new(),
            kept => format!(", {kept} on the device"),
        };
        Some(format!(
            "waited for images {} of the time; {} of {} images in memory ({:.0} MB){resident}",
            output::percent(mean),
            last.cached_images,
            last.images,
            last.cached_bytes as f64 / 1e6
        ))
    }
}

/// An event as one JSON object; `None` for looks, which nobody asked for.
fn to_json(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Started(started) => started_json(started),
        Event::Stage(stage) => json!({"event": "stage", "stage": stage_name(stage)}),
        Event::Steps(records) => json!({"event": "steps", "steps": records}),
        Event::Reading(record) => tagged("reading", serde_json::to_value(record).ok()?),
        Event::Epoch(record, _) => tagged("epoch", serde_json::to_value(record).ok()?),
        Event::Checkpoint(path) => json!({"event": "checkpoint", "path": path}),
        Event::Flow(_) | Event::Look(_) | Event::LookFailed(..) => return None,
        Event::Note(text) => json!({"event": "note", "message": text}),
        Event::Warning(text) => json!({"event": "warning", "message": text}),
        Event::Finished(why, test) => {
            let test = test.as_deref().map(Evaluation::of);
            json!({"event": "finished", "why": why_name(*why), "test": test})
        }
        Event::Failed(text) => json!({"event": "failed", "message": text}),
    })
}

fn started_json(started: &Started) -> Value {
    let parts = [Part::Train, Part::Validation, Part::Test];
    let [train, validation, test] = parts.map(|part| started.split.indices(part).len());
    json!({
        "event": "started",
        "folder": started.folder,
        "network": started.network.name,
        "input": started.network.input,
        "classes": started.catalogue.classes,
        "device": started.device,
        "train": train,
        "validation": validation,
        "test": test,
        "steps_per_epoch": started.steps_per_epoch,
        "epochs": started.plan.epochs,
        "epochs_done": started.epochs_done,
    })
}

fn tagged(event: &str, mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("event".into(), event.into());
    }
    value
}

fn stage_name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Preparing(_) => "preparing",
        Stage::TuningKernels => "tuning-kernels",
        Stage::Training => "training",
        Stage::Evaluating(Part::Train) => "evaluating-train",
        Stage::Evaluating(Part::Validation) => "evaluating-validation",
        Stage::Evaluating(Part::Test) => "evaluating-test",
        Stage::Paused => "paused",
        Stage::Disconnected(_) => "disconnected",
    }
}

fn why_name(why: Finished) -> &'static str {
    match why {
        Finished::Complete => "complete",
        Finished::Early => "early",
        Finished::Stopped => "stopped",
    }
}

/// What the validation part says of an epoch; nothing where there is none.
fn validation(record: &EpochRecord) -> String {
    if record.validation_loss.is_nan() {
        return String::new();
    }
    format!(
        "  validation loss {:.4}  accuracy {:>7}  balanced {:>7}{}",
        record.validation_loss,
        output::percent(record.validation_accuracy),
        output::percent(record.validation_balanced_accuracy),
        if record.best { "  best" } else { "" },
    )
}
