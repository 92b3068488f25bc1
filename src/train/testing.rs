//! What tests of training share: tiny data sets and a journal in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::event::{EpochRecord, Event, Started, StepRecord};
use super::flow::{FlowRecord, SpreadRecord};
use super::journal::{Checkpoint, Journal, JournalError, Results, Slot};
use super::plan::{Optimizer, Plan, Schedule};
use super::session::{Resumption, Session};
use crate::catalogue::SplitOptions;
use crate::evaluate::Predictions;
use crate::image::display::Rgb8;
use crate::image::raster::write_png;
use crate::pipeline::{Augment, Pipeline};

const SIDE: usize = 20;

/// Writes `per_class` pictures each of discs and bars (and of nothing else), as a folder each.
pub(crate) fn discs_and_bars(folder: &Path, per_class: usize) {
    for class in ["bar", "disc"] {
        let home = folder.join(class);
        std::fs::create_dir_all(&home).unwrap();
        for number in 0..per_class {
            write_png(&home.join(format!("{number:02}.png")), &picture(class, number)).unwrap();
        }
    }
}

/// A light disc, or a light bar, of a size and brightness that vary with the number.
fn picture(class: &str, number: usize) -> Rgb8 {
    let size = 3.0 + (number % 4) as f64;
    let light = 110 + (number * 23 % 100) as u8;
    let pixel = |index: usize| {
        let x = (index % SIDE) as f64 - 9.5 - (number % 3) as f64;
        let y = (index / SIDE) as f64 - 9.5;
        let inside = if class == "disc" { x.hypot(y) < size } else { x.abs() < 1.5 };
        let grain = (index * 7919 + number * 104_729) % 41;
        let value = if inside { light } else { 0 } + grain as u8;
        [value, value, value]
    };
    let pixels = (0..SIDE * SIDE).flat_map(pixel).collect();
    Rgb8 { width: SIDE, height: SIDE, pixels }
}

/// A plan that learns discs and bars in seconds on the CPU.
pub(crate) fn plan(data: &Path) -> Plan {
    Plan {
        data: data.into(),
        split: SplitOptions { validation: 0.0, test: 0.0, seed: 1, ..SplitOptions::default() },
        pipeline: Pipeline { size: 16, augment: Augment::none(), ..Pipeline::default() },
        network: "simple-cnn".into(),
        optimizer: Optimizer::AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8 },
        learning_rate: 2e-3,
        schedule: Schedule::Constant,
        epochs: 12,
        batch_size: 8,
        device: "flex".into(),
        seed: 3,
        ..Plan::default()
    }
}

/// What a [`MemoryJournal`] was told.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    pub(crate) started: usize,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) flow: Vec<FlowRecord>,
    pub(crate) spread: Vec<SpreadRecord>,
    /// Epochs whose weights were kept.
    pub(crate) kept: Vec<usize>,
    pub(crate) epochs: Vec<EpochRecord>,
    pub(crate) last: Option<Checkpoint>,
    pub(crate) best: Option<Checkpoint>,
    pub(crate) checkpoints: usize,
    pub(crate) results: Option<Results>,
    /// Fails to keep checkpoints from this one on.
    pub(crate) full_after: Option<usize>,
}

/// A journal that other threads can look into.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryJournal(pub(crate) Arc<Mutex<Diary>>);

impl Journal for MemoryJournal {
    fn folder(&self) -> PathBuf {
        "memory".into()
    }

    fn started(&mut self, _: &Started) -> Result<(), JournalError> {
        self.0.lock().unwrap().started += 1;
        Ok(())
    }

    fn steps(&mut self, records: &[StepRecord]) -> Result<(), JournalError> {
        self.0.lock().unwrap().steps.extend(records);
        Ok(())
    }

    fn flow(&mut self, records: &[FlowRecord]) -> Result<(), JournalError> {
        self.0.lock().unwrap().flow.extend_from_slice(records);
        Ok(())
    }

    fn spread(&mut self, records: &[SpreadRecord]) -> Result<(), JournalError> {
        self.0.lock().unwrap().spread.extend_from_slice(records);
        Ok(())
    }

    fn epoch(&mut self, record: &EpochRecord, _: &Predictions) -> Result<(), JournalError> {
        self.0.lock().unwrap().epochs.push(*record);
        Ok(())
    }

    fn checkpoint(&mut self, slot: Slot, kept: Checkpoint) -> Result<PathBuf, JournalError> {
        let mut diary = self.0.lock().unwrap();
        if let Slot::Epoch(epoch) = slot {
            diary.kept.push(epoch);
            return Ok("memory".into());
        }
        if diary.full_after.is_some_and(|most| diary.checkpoints >= most) {
            return Err(JournalError("no space left on device".into()));
        }
        diary.checkpoints += 1;
        match slot {
            Slot::Last => diary.last = Some(kept),
            Slot::Best => diary.best = Some(kept),
            Slot::Epoch(_) => {}
        }
        Ok("memory".into())
    }

    fn best(&mut self) -> Result<Option<Checkpoint>, JournalError> {
        Ok(self.0.lock().unwrap().best.clone())
    }

    fn resumption(&mut self) -> Result<Resumption, JournalError> {
        let diary = self.0.lock().unwrap();
        let checkpoint = diary.last.clone();
        let position = checkpoint.as_ref().map(|kept| kept.position.clone()).unwrap_or_default();
        let steps = diary.steps.iter().filter(|record| record.step <= position.step);
        let epochs = diary.epochs.iter().filter(|record| record.epoch <= position.epoch);
        let history = (steps.copied().collect(), epochs.copied().collect());
        Ok(Resumption { checkpoint, history, ..Resumption::default() })
    }

    fn finished(&mut self, results: &Results) -> Result<(), JournalError> {
        self.0.lock().unwrap().results = Some(results.clone());
        Ok(())
    }
}

/// All events up to the one that `last` accepts, which is included; or up to the end.
pub(crate) fn events_until(session: &Session, last: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut events = Vec::new();
    for event in session.events() {
        let end = last(&event) || matches!(event, Event::Finished(..) | Event::Failed(_));
        events.push(event);
        if end {
            break;
        }
    }
    events
}
