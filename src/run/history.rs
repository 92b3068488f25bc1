//! `history.csv`: a row per step and per epoch, in the order in which they happened.
//!
//! The column `kind` is `step` or `epoch`. In a step's row `loss` and `accuracy` are those of
//! the batch and `epoch` is fractional; in an epoch's row they are means over its images. Cells
//! that do not apply are empty.

use std::fs::{File, OpenOptions};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{name, read_text, write_whole};
use crate::train::{EpochRecord, StepRecord};

/// Steps and epochs of a run.
pub type History = (Vec<StepRecord>, Vec<EpochRecord>);

/// A line of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Row {
    kind: String,
    step: usize,
    epoch: f64,
    loss: Option<f64>,
    accuracy: Option<f64>,
    validation_loss: Option<f64>,
    validation_accuracy: Option<f64>,
    validation_balanced_accuracy: Option<f64>,
    learning_rate: f64,
    gradient_norm: Option<f64>,
    images_per_second: Option<f64>,
    seconds: Option<f64>,
    best: Option<bool>,
}

const STEP: &str = "step";
const EPOCH: &str = "epoch";

impl Row {
    fn of_step(record: &StepRecord) -> Self {
        Self {
            kind: STEP.into(),
            step: record.step,
            epoch: record.epoch,
            loss: finite(record.loss),
            accuracy: finite(record.accuracy),
            learning_rate: record.learning_rate,
            gradient_norm: finite(record.gradient_norm),
            images_per_second: finite(record.images_per_second),
            ..Self::default()
        }
    }

    fn of_epoch(record: &EpochRecord) -> Self {
        Self {
            kind: EPOCH.into(),
            step: record.step,
            epoch: record.epoch as f64,
            loss: finite(record.train_loss),
            accuracy: finite(record.train_accuracy),
            validation_loss: finite(record.validation_loss),
            validation_accuracy: finite(record.validation_accuracy),
            validation_balanced_accuracy: finite(record.validation_balanced_accuracy),
            learning_rate: record.learning_rate,
            seconds: finite(record.seconds),
            best: Some(record.best),
            ..Self::default()
        }
    }

    fn step(&self) -> StepRecord {
        StepRecord {
            step: self.step,
            epoch: self.epoch,
            loss: or_nan(self.loss),
            accuracy: or_nan(self.accuracy),
            learning_rate: self.learning_rate,
            gradient_norm: or_nan(self.gradient_norm),
            images_per_second: or_nan(self.images_per_second),
        }
    }

    fn epoch(&self) -> EpochRecord {
        EpochRecord {
            epoch: self.epoch.max(0.0) as usize,
            step: self.step,
            train_loss: or_nan(self.loss),
            train_accuracy: or_nan(self.accuracy),
            validation_loss: or_nan(self.validation_loss),
            validation_accuracy: or_nan(self.validation_accuracy),
            validation_balanced_accuracy: or_nan(self.validation_balanced_accuracy),
            learning_rate: self.learning_rate,
            seconds: or_nan(self.seconds),
            best: self.best.unwrap_or(false),
        }
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn or_nan(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// The steps and epochs of a run folder. A last line cut off by a crash is left out.
///
/// # Errors
/// [`RunError::Missing`] or [`RunError::Read`] without a readable `history.csv`,
/// [`RunError::Format`] when an inner line is damaged.
pub fn read_history(folder: &Path) -> Result<History, RunError> {
    let path = folder.join(name::HISTORY);
    let text = read_text(&path, "it holds a row for each step and epoch of a run")?;
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let mut history = History::default();
    for row in csv::Reader::from_reader(whole.as_bytes()).deserialize() {
        let row: Row = row.map_err(|error| RunError::format(&path, error))?;
        match row.kind.as_str() {
            STEP => history.0.push(row.step()),
            EPOCH => history.1.push(row.epoch()),
            other => return Err(RunError::format(&path, format!("a row of kind `{other}`"))),
        }
    }
    Ok(history)
}

/// The rows of a history as text, steps before the epoch that they end.
fn to_csv((steps, epochs): &History) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut steps = steps.iter().peekable();
    for epoch in epochs {
        while let Some(step) = steps.next_if(|step| step.step <= epoch.step) {
            writer.serialize(Row::of_step(step))?;
        }
        writer.serialize(Row::of_epoch(epoch))?;
    }
    for step in steps {
        writer.serialize(Row::of_step(step))?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()).into())
}

/// Appends to `history.csv`.
pub(super) struct HistoryWriter {
    writer: csv::Writer<File>,
    path: std::path::PathBuf,
}

impl HistoryWriter {
    /// Rewrites the file with the rows that a run goes on from, and appends after them.
    pub(super) fn begin(folder: &Path, history: &History) -> Result<Self, RunError> {
        let path = folder.join(name::HISTORY);
        let text = to_csv(history).map_err(|error| RunError::format(&path, error))?;
        let empty = text.is_empty();
        write_whole(&path, &text)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|error| RunError::write(&path, error))?;
        let writer = csv::WriterBuilder::new().has_headers(empty).from_writer(file);
        Ok(Self { writer, path })
    }

    pub(super) fn steps(&mut self, records: &[StepRecord]) -> Result<(), RunError> {
        for record in records {
            self.append(&Row::of_step(record))?;
        }
        self.flush()
    }

    pub(super) fn epoch(&mut self, record: &EpochRecord) -> Result<(), RunError> {
        self.append(&Row::of_epoch(record))?;
        self.flush()
    }

    /// Makes the rows so far last through a power failure.
    pub(super) fn sync(&mut self) -> Result<(), RunError> {
        let synced = self.writer.get_ref().sync_data();
        synced.map_err(|error| RunError::write(&self.path, error))
    }

    fn append(&mut self, row: &Row) -> Result<(), RunError> {
        let written = self.writer.serialize(row);
        written.map_err(|error| RunError::write(&self.path, std::io::Error::other(error)))
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.writer.flush().map_err(|error| RunError::write(&self.path, error))
    }
}

/// Leaves out what happened after a checkpoint at this step and number of epochs done.
pub(super) fn up_to(history: History, step: usize, epochs: usize) -> History {
    let (mut steps, mut epoch_records) = history;
    steps.retain(|record| record.step <= step);
    epoch_records.retain(|record| record.epoch <= epochs);
    (steps, epoch_records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn step(step: usize) -> StepRecord {
        StepRecord {
            step,
            epoch: step as f64 / 3.0,
            loss: 1.0 / step as f64,
            accuracy: 0.1 + 0.2,
            learning_rate: 1e-3 / 7.0,
            gradient_norm: 1e-11,
            images_per_second: 12.5,
        }
    }

    fn epoch(epoch: usize, validation_loss: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            step: 3 * epoch,
            train_loss: 0.3,
            train_accuracy: 0.5,
            validation_loss,
            validation_accuracy: 0.25,
            validation_balanced_accuracy: 0.75,
            learning_rate: 1e-4,
            seconds: 1.5,
            best: true,
        }
    }

    fn write(folder: &Path) {
        let mut writer = HistoryWriter::begin(folder, &History::default()).unwrap();
        writer.steps(&[step(1), step(2), step(3)]).unwrap();
        writer.epoch(&epoch(1, 0.5)).unwrap();
        writer.steps(&[step(4)]).unwrap();
        writer.sync().unwrap();
    }

    #[test]
    fn numbers_come_back_to_the_bit() {
        let home = tempfile::tempdir().unwrap();
        write(home.path());
        let (steps, epochs) = read_history(home.path()).unwrap();
        assert_eq!(steps, vec![step(1), step(2), step(3), step(4)]);
        assert_eq!(epochs, vec![epoch(1, 0.5)]);
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_resuming_drops_later_rows() {
        let home = tempfile::tempdir().unwrap();
        write(home.path());
        let path = home.path().join(name::HISTORY);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"step,5,1.66,0.").unwrap();
        let history = up_to(read_history(home.path()).unwrap(), 3, 1);
        let mut writer = HistoryWriter::begin(home.path(), &history).unwrap();
        writer.steps(&[step(4), step(5)]).unwrap();
        let (steps, epochs) = read_history(home.path()).unwrap();
        assert_eq!(steps.len(), 5);
        assert_eq!(epochs.len(), 1);
        assert_eq!(std::fs::read_to_string(path).unwrap().matches("kind").count(), 1);
    }

    #[test]
    fn a_missing_validation_part_is_an_empty_cell() {
        let home = tempfile::tempdir().unwrap();
        let mut writer = HistoryWriter::begin(home.path(), &History::default()).unwrap();
        writer.epoch(&epoch(1, f64::NAN)).unwrap();
        assert!(read_history(home.path()).unwrap().1[0].validation_loss.is_nan());
    }
}
