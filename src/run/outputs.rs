//! What a finished run leaves for people: `evaluation.json` and the figures.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{name, read_text, write_whole};
use super::history::History;
use crate::catalogue::Part;
use crate::evaluate::{Evaluation, Predictions};
use crate::figure::{Figure, charts};
use crate::train::{EpochRecord, Results, StepRecord};

/// `evaluation.json`: the figures of the test part (of the validation part in a run without test
/// part) and, under `validation`, those of the validation part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The part that the figures are of.
    pub part: Part,
    /// The epoch whose weights were evaluated.
    pub epoch: usize,
    /// The figures.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Those of the validation part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Evaluation>,
}

/// Reads `evaluation.json` of a finished run.
///
/// # Errors
/// [`RunError::Missing`] for a run that is not complete, [`RunError::Read`] or
/// [`RunError::Format`].
pub fn read_evaluation(folder: &Path) -> Result<Report, RunError> {
    let path = folder.join(name::EVALUATION);
    let text = read_text(&path, "it is written when a run is complete")?;
    serde_json::from_str(&text).map_err(|error| RunError::format(&path, error))
}

/// Writes the evaluation and all figures.
pub(super) fn write(folder: &Path, history: &History, results: &Results) -> Result<(), RunError> {
    write_curves(folder, history)?;
    let filled = |predictions: &Option<std::sync::Arc<Predictions>>| {
        predictions.clone().filter(|predictions| !predictions.samples.is_empty())
    };
    let (test, validation) = (filled(&results.test), filled(&results.validation));
    let shown = match (&test, &validation) {
        (Some(test), _) => (Part::Test, test),
        (None, Some(validation)) => (Part::Validation, validation),
        (None, None) => return Ok(()),
    };
    let best = history.1.iter().rev().find(|epoch| epoch.best).or(history.1.last());
    let report = Report {
        part: shown.0,
        epoch: best.map_or(0, |epoch| epoch.epoch),
        evaluation: Evaluation::of(shown.1),
        validation: validation.as_deref().map(Evaluation::of),
    };
    write_evaluation(folder, &report, shown.1)
}

/// Writes `evaluation.json` and its figures.
pub(super) fn write_evaluation(
    folder: &Path,
    report: &Report,
    predictions: &Predictions,
) -> Result<(), RunError> {
    let path = folder.join(name::EVALUATION);
    let text = serde_json::to_vec_pretty(report);
    write_whole(&path, &text.map_err(|error| RunError::format(&path, error))?)?;
    write_evaluation_figures(folder, predictions)
}

/// The records of a history as points of a chart.
pub(super) fn points(history: &History) -> (Vec<charts::StepPoint>, Vec<charts::EpochPoint>) {
    let (steps, epochs) = history;
    (steps.iter().map(step_point).collect(), epochs.iter().map(epoch_point).collect())
}

/// Loss and accuracy as far as the run has come.
pub(super) fn write_curves(folder: &Path, history: &History) -> Result<(), RunError> {
    let (steps, epochs) = points(history);
    if steps.is_empty() {
        return Ok(());
    }
    save(folder, "curves", &charts::loss_curves(&steps, &epochs))?;
    save(folder, "accuracy", &charts::accuracy_curves(&steps, &epochs))
}

/// Writes the figures of a set of predictions into a folder: confusion matrix, ROC, precision
/// and recall, each as PNG, SVG and CSV.
///
/// # Errors
/// [`RunError::Figure`] when one cannot be drawn or written.
pub fn write_evaluation_figures(folder: &Path, predictions: &Predictions) -> Result<(), RunError> {
    let failed = |reason: String| RunError::Figure { path: folder.join("confusion.svg"), reason };
    let (evaluation, curves) =
        Evaluation::with_curves(predictions).map_err(|error| failed(error.to_string()))?;
    save(folder, "confusion", &charts::confusion(&evaluation.confusion(), true))?;
    save(folder, "roc", &charts::one_vs_rest(&curves))?;
    save(folder, "precision_recall", &charts::precision_recall(&curves))
}

/// Saves a figure as SVG, PNG and CSV.
pub(super) fn save(folder: &Path, stem: &str, figure: &impl Figure) -> Result<(), RunError> {
    for extension in ["svg", "png", "csv"] {
        let path = folder.join(stem).with_extension(extension);
        figure.save(&path).map_err(|error| {
            let reason = error.reason();
            RunError::Figure { path: path.clone(), reason }
        })?;
    }
    Ok(())
}

fn step_point(record: &StepRecord) -> charts::StepPoint {
    charts::StepPoint {
        step: record.step,
        epoch: record.epoch,
        loss: record.loss,
        accuracy: record.accuracy,
        learning_rate: record.learning_rate,
        gradient_norm: record.gradient_norm,
        images_per_second: record.images_per_second,
    }
}

fn epoch_point(record: &EpochRecord) -> charts::EpochPoint {
    charts::EpochPoint {
        epoch: record.epoch as f64,
        train_loss: record.train_loss,
        train_accuracy: record.train_accuracy,
        validation_loss: record.validation_loss,
        validation_accuracy: record.validation_accuracy,
        validation_balanced_accuracy: record.validation_balanced_accuracy,
        best: record.best,
    }
}
