//! Tables of predictions: `id,file,label,<class>…`, one row per sample: the label that the data
//! set gives (empty where it gives none) and the probability of each class.

use std::path::Path;

use super::RunError;
use super::folder::{read_text, write_whole};
use crate::catalogue::{Catalogue, Sample};
use crate::evaluate::Predictions;

/// Columns before those of the classes.
const FIXED: [&str; 3] = ["id", "file", "label"];

/// Begins the names of the columns of standard deviations.
const SPREAD: &str = "std ";

/// Writes probabilities of samples of a catalogue, whole or not at all; with their standard
/// deviations `[n, classes]` behind, if there are any.
///
/// # Errors
/// [`RunError::Write`] when the file cannot be written.
pub fn write_predictions(
    path: &Path,
    catalogue: &Catalogue,
    predictions: &Predictions,
    spreads: &[f32],
) -> Result<(), RunError> {
    write_whole(path, &predictions_table(path, catalogue, predictions, spreads)?)
}

/// The table that [`write_predictions`] writes to this path.
///
/// # Errors
/// [`RunError::Format`], which no table has been seen to bring.
pub fn predictions_table(
    path: &Path,
    catalogue: &Catalogue,
    predictions: &Predictions,
    spreads: &[f32],
) -> Result<Vec<u8>, RunError> {
    to_csv(catalogue, predictions, spreads).map_err(|error| RunError::format(path, error))
}

fn to_csv(
    catalogue: &Catalogue,
    predictions: &Predictions,
    spreads: &[f32],
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let classes = predictions.classes.iter().cloned();
    let with_spreads = predictions.classes.iter().filter(|_| !spreads.is_empty());
    let more = with_spreads.map(|class| format!("{SPREAD}{class}"));
    writer.write_record(FIXED.map(str::to_owned).into_iter().chain(classes).chain(more))?;
    let mut spreads = spreads.chunks(predictions.classes.len().max(1));
    for (index, &sample) in predictions.samples.iter().enumerate() {
        let more = spreads.next().unwrap_or_default().iter().map(f32::to_string);
        let row = row(&catalogue.samples[sample], catalogue, predictions, index);
        writer.write_record(row.into_iter().chain(more))?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()).into())
}

fn row(
    sample: &Sample,
    catalogue: &Catalogue,
    predictions: &Predictions,
    index: usize,
) -> Vec<String> {
    let file = sample.location();
    let label = sample.label.map(|label| catalogue.classes[label].clone()).unwrap_or_default();
    let probabilities = predictions.row(index).iter().map(f32::to_string);
    [sample.id.clone(), file, label].into_iter().chain(probabilities).collect()
}

/// Reads predictions of labelled samples back; samples are found in the catalogue by identifier,
/// and rows that are not in it are left out.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Read`] or [`RunError::Format`].
pub fn read_predictions(path: &Path, catalogue: &Catalogue) -> Result<Predictions, RunError> {
    let format = |reason: String| RunError::format(path, reason);
    let text = read_text(path, "it is written when a run is complete")?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| format(error.to_string()))?.clone();
    let columns = || header.iter().skip(FIXED.len());
    let is_spread = |name: &str| {
        name.strip_prefix(SPREAD).is_some_and(|class| columns().any(|other| other == class))
    };
    let classes = columns().filter(|name| !is_spread(name));
    let classes: Vec<String> = classes.map(str::to_owned).collect();
    let mut predictions = Predictions { classes, ..Predictions::default() };
    for record in reader.records() {
        let record = record.map_err(|error| format(error.to_string()))?;
        let position = catalogue.samples.binary_search_by(|s| s.id.as_str().cmp(&record[0]));
        let truth = predictions.classes.iter().position(|class| *class == record[2]);
        let (Ok(sample), Some(truth)) = (position, truth) else { continue };
        predictions.samples.push(sample);
        predictions.truth.push(truth);
        for value in record.iter().skip(FIXED.len()).take(predictions.classes.len()) {
            let number = value.parse().ok();
            let value = number.ok_or_else(|| format(format!("`{value}` is no number")))?;
            predictions.probabilities.push(value);
        }
    }
    Ok(predictions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_survive_to_the_bit() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("predictions.csv");
        let sample = |id: &str, label| Sample {
            id: id.into(),
            files: vec![id.into()],
            label: Some(label),
            ..Sample::default()
        };
        let catalogue = Catalogue {
            classes: vec!["round".into(), "spiral".into()],
            samples: vec![sample("a", 0), sample("b", 1)],
            ..Catalogue::default()
        };
        let predictions = Predictions {
            classes: catalogue.classes.clone(),
            samples: vec![1, 0],
            truth: vec![1, 0],
            probabilities: vec![0.1, 0.9, 1.0 / 3.0, 2.0 / 3.0],
        };
        write_predictions(&path, &catalogue, &predictions, &[]).unwrap();
        assert_eq!(read_predictions(&path, &catalogue).unwrap(), predictions);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("id,file,label,round,spiral\nb,b,spiral,0.1,0.9"));
        let spreads = [0.01, 0.01, 0.2, 0.2];
        write_predictions(&path, &catalogue, &predictions, &spreads).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("id,file,label,round,spiral,std round,std spiral\nb,b,spiral,0.1")
        );
        assert!(text.contains("0.9,0.01,0.01\n"));
        assert_eq!(read_predictions(&path, &catalogue).unwrap(), predictions);
    }
}
