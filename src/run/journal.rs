//! The run folder as the engine's journal.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::folder::{Folder, name, read_text, write_whole};
use super::history::{History, HistoryWriter};
use super::manifest::{FORMAT, RunInfo, read_manifest, write_manifest};
use super::rows::Rows;
use super::{
    RunError, checkpoint, gradients, histograms, matrices, model, outputs, predictions, split,
    travel,
};
use crate::architectures::custom;
use crate::catalogue::Catalogue;
use crate::evaluate::Predictions;
use crate::train::{
    Checkpoint, EpochRecord, Finished, FlowRecord, Journal, JournalError, Plan, Results,
    Resumption, Slot, SpreadRecord, Started, StepRecord, TrainError, flow,
};
use std::sync::Arc;

/// Writes a run down in its folder.
pub(super) struct RunJournal {
    folder: Folder,
    /// When the run first began; `None` for a new one.
    began: Option<u64>,
    catalogue: Arc<Catalogue>,
    history: History,
    writer: Option<HistoryWriter>,
    gradients: Option<Rows>,
    matrices: Option<Rows>,
    histograms: Option<Rows>,
}

impl RunJournal {
    pub(super) fn new(folder: Folder, began: Option<u64>) -> Self {
        let catalogue = Arc::default();
        Self {
            folder,
            began,
            catalogue,
            history: History::default(),
            writer: None,
            gradients: None,
            matrices: None,
            histograms: None,
        }
    }

    fn begin(&mut self, started: &Started) -> Result<(), RunError> {
        let path = self.folder.path();
        self.catalogue = Arc::clone(&started.catalogue);
        self.history = started.history.clone();
        let plan = with_own_network(path, &started.plan)?;
        split::write_split(path, &started.catalogue, &started.split)?;
        self.writer = Some(HistoryWriter::begin(path, &self.history)?);
        model::describe(path, started)?;
        let info = self.info(started);
        self.begin_tables(started)?;
        // The manifest comes last: with it, the folder holds a run.
        write_manifest(self.folder.path(), &plan, &info)
    }

    /// The tables beside the history, and the kept epochs, as far as the run goes on from them.
    fn begin_tables(&mut self, started: &Started) -> Result<(), RunError> {
        let path = self.folder.path();
        let step = self.history.0.last().map_or(0, |record| record.step);
        let layers = flow::layers(&started.network).map_err(TrainError::Network)?;
        let (classes, epochs) = (&started.catalogue.classes, started.epochs_done);
        self.gradients = Some(gradients::begin(path, &layers, step)?);
        self.matrices = Some(matrices::begin(path, classes, epochs)?);
        self.histograms = Some(histograms::begin(path, epochs)?);
        travel::forget_after(path, epochs);
        Ok(())
    }

    fn info(&self, started: &Started) -> RunInfo {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        RunInfo {
            format: FORMAT,
            arclet: env!("CARGO_PKG_VERSION").into(),
            device: started.device.clone(),
            fingerprint: started.catalogue.fingerprint(),
            classes: started.catalogue.classes.clone(),
            input: started.network.input,
            started: self.began.unwrap_or(now),
        }
    }

    fn history_writer(&mut self) -> Result<&mut HistoryWriter, RunError> {
        let path = self.folder.file(name::HISTORY);
        let missing = RunError::Missing { path, what: "the run has not begun" };
        self.writer.as_mut().ok_or(missing)
    }

    fn write_steps(&mut self, records: &[StepRecord]) -> Result<(), RunError> {
        self.history.0.extend_from_slice(records);
        self.history_writer()?.steps(records)
    }

    fn write_epoch(&mut self, record: &EpochRecord, seen: &Predictions) -> Result<(), RunError> {
        self.history.1.push(*record);
        self.history_writer()?.epoch(record)?;
        if let Some(matrices) = &mut self.matrices {
            matrices.append(matrices::row(record.epoch, seen))?;
        }
        if record.best && !seen.samples.is_empty() {
            let path = self.folder.file(name::VALIDATION_PREDICTIONS);
            predictions::write_predictions(&path, &self.catalogue, seen, &[])?;
        }
        Ok(())
    }

    fn write_checkpoint(&mut self, slot: Slot, kept: Checkpoint) -> Result<PathBuf, RunError> {
        let path = self.folder.checkpoint(&match slot {
            Slot::Last => name::LAST.to_owned(),
            Slot::Best => name::BEST.to_owned(),
            Slot::Epoch(epoch) => travel::file_name(epoch),
        });
        // The rows up to a checkpoint must be there when it is resumed from.
        if slot == Slot::Last {
            self.history_writer()?.sync()?;
            let tables = [&mut self.gradients, &mut self.matrices, &mut self.histograms];
            for rows in tables.into_iter().flatten() {
                rows.sync()?;
            }
        }
        checkpoint::write(&path, kept)?;
        Ok(path)
    }

    fn read_best(&self) -> Result<Option<Checkpoint>, RunError> {
        let path = self.folder.checkpoint(name::BEST);
        if path.exists() { checkpoint::read(&path).map(Some) } else { Ok(None) }
    }

    fn write_results(&mut self, results: &Results) -> Result<(), RunError> {
        let path = self.folder.path().to_owned();
        if results.finished != Finished::Stopped {
            model::publish(&path)?;
        }
        let tables = [
            (name::VALIDATION_PREDICTIONS, &results.validation),
            (name::TEST_PREDICTIONS, &results.test),
        ];
        for (file, predicted) in tables {
            if let Some(predicted) = predicted.as_ref().filter(|p| !p.samples.is_empty()) {
                let file = path.join(file);
                predictions::write_predictions(&file, &self.catalogue, predicted, &[])?;
            }
        }
        outputs::write(&path, &self.history, results)
    }
}

/// The plan with the copy in the run folder in place of a network's file elsewhere, so that the
/// run does not change with that file.
fn with_own_network(folder: &Path, plan: &Plan) -> Result<Plan, RunError> {
    let mut plan = plan.clone();
    if custom::is_file(&plan.network) {
        let (given, own) = (PathBuf::from(&plan.network), folder.join(name::NETWORK));
        if given != own {
            let text = read_text(&given, "the plan names it as the file of its network")?;
            write_whole(&own, text.as_bytes())?;
            plan.network = own.to_string_lossy().into_owned();
        }
    }
    Ok(plan)
}

/// A run's error in the words of the journal.
impl From<RunError> for JournalError {
    fn from(error: RunError) -> Self {
        Self(error.to_string())
    }
}

impl Journal for RunJournal {
    fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn started(&mut self, started: &Started) -> Result<(), JournalError> {
        Ok(self.begin(started)?)
    }

    fn steps(&mut self, records: &[StepRecord]) -> Result<(), JournalError> {
        Ok(self.write_steps(records)?)
    }

    fn flow(&mut self, records: &[FlowRecord]) -> Result<(), JournalError> {
        match &mut self.gradients {
            Some(rows) => Ok(rows.append(records.iter().map(gradients::row))?),
            None => Ok(()),
        }
    }

    fn spread(&mut self, records: &[SpreadRecord]) -> Result<(), JournalError> {
        match &mut self.histograms {
            Some(rows) => Ok(rows.append(records.iter().map(histograms::row))?),
            None => Ok(()),
        }
    }

    fn epoch(
        &mut self,
        record: &EpochRecord,
        validation: &Predictions,
    ) -> Result<(), JournalError> {
        Ok(self.write_epoch(record, validation)?)
    }

    fn checkpoint(&mut self, slot: Slot, kept: Checkpoint) -> Result<PathBuf, JournalError> {
        Ok(self.write_checkpoint(slot, kept)?)
    }

    fn best(&mut self) -> Result<Option<Checkpoint>, JournalError> {
        Ok(self.read_best()?)
    }

    fn resumption(&mut self) -> Result<Resumption, JournalError> {
        let (_, info) = read_manifest(self.folder.path())?;
        self.began = Some(info.started);
        Ok(super::resumption(&self.folder, &info)?)
    }

    fn finished(&mut self, results: &Results) -> Result<(), JournalError> {
        Ok(self.write_results(results)?)
    }
}
