//! `matrices.csv`: the confusion matrix of the validation part after each epoch, a row an epoch.
//!
//! Columns: `epoch`, then for each pair of classes `true > predicted` the number of samples, the
//! true class changing slowest.

use std::path::Path;

use super::RunError;
use super::folder::name;
use super::rows::{self, Rows};
use crate::evaluate::{Confusion, Predictions};

/// Begins the table, or goes on with it after this epoch.
pub(super) fn begin(folder: &Path, classes: &[String], last: usize) -> Result<Rows, RunError> {
    let pairs = classes
        .iter()
        .flat_map(|truth| classes.iter().map(move |predicted| format!("{truth} > {predicted}")));
    let header: Vec<String> = std::iter::once("epoch".to_owned()).chain(pairs).collect();
    Rows::begin(&folder.join(name::MATRICES), &header, last)
}

/// The cells of an epoch; `None` without predictions that can be counted.
pub(super) fn row(epoch: usize, predictions: &Predictions) -> Option<Vec<String>> {
    let confusion = Confusion::of(predictions).ok().filter(|confusion| confusion.total() > 0)?;
    let counts = confusion.counts.iter().map(u64::to_string);
    Some(std::iter::once(epoch.to_string()).chain(counts).collect())
}

/// The confusion matrix of the validation part after each epoch, by epoch (from 1); none for a run
/// of before they were written, or without a validation part.
///
/// # Errors
/// [`RunError::Read`], or [`RunError::Format`] for a damaged table or one of other classes.
pub fn read_matrices(
    folder: &Path,
    classes: &[String],
) -> Result<Vec<(usize, Confusion)>, RunError> {
    let path = folder.join(name::MATRICES);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (header, rows) = rows::read(&path, "it holds a confusion matrix for each epoch")?;
    if header.len() != 1 + classes.len() * classes.len() {
        return Err(RunError::format(&path, "it is of another number of classes"));
    }
    let matrix = |row: &csv::StringRecord| {
        let counts = row.iter().skip(1).map(|cell| cell.parse().ok());
        let counts = counts.collect::<Option<_>>()?;
        Some((rows::number(row)?, Confusion { classes: classes.to_vec(), counts }))
    };
    let damaged = |row: &csv::StringRecord| {
        RunError::format(&path, format!("the row of epoch {:?}", row.get(0)))
    };
    rows.iter().map(|row| matrix(row).ok_or_else(|| damaged(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_an_epoch_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let classes = ["round", "edge, on"].map(String::from);
        let predictions = Predictions {
            classes: classes.to_vec(),
            samples: vec![0, 1, 2],
            truth: vec![0, 1, 1],
            probabilities: vec![0.9, 0.1, 0.8, 0.2, 0.3, 0.7],
        };
        assert!(read_matrices(home.path(), &classes).unwrap().is_empty());
        let mut rows = begin(home.path(), &classes, 0).unwrap();
        rows.append([1, 2].iter().filter_map(|&epoch| row(epoch, &predictions))).unwrap();
        let read = read_matrices(home.path(), &classes).unwrap();
        assert_eq!((read.len(), read[1].0), (2, 2));
        assert_eq!(read[0].1.counts, [1, 0, 1, 1]);
        assert!(read_matrices(home.path(), &classes[..1]).is_err());
        assert!(row(1, &Predictions { classes: classes.to_vec(), ..Default::default() }).is_none());
    }
}
