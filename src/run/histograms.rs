//! `histograms.csv`: how the weights of each layer and their gradient are spread after each epoch, a row
//! a layer, quantity and epoch.
//!
//! Columns: `epoch`, `layer`, `of` (`weights` or `gradient`), `values` (finite ones looked at),
//! `not finite`, `mean`, `std`, `min`, `max`, `zeros` (their share), and `bins`: how many values lie in each
//! of the equal bins from `min` to `max`, with spaces between.

use std::path::Path;

use csv::StringRecord;

use super::RunError;
use super::folder::name;
use super::rows::{self, Rows};
use crate::network::Distribution;
use crate::train::{Quantity, SpreadRecord};

const HEADER: [&str; 11] =
    ["epoch", "layer", "of", "values", "not finite", "mean", "std", "min", "max", "zeros", "bins"];

/// Begins the table, or goes on with it after this epoch.
pub(super) fn begin(folder: &Path, last: usize) -> Result<Rows, RunError> {
    Rows::begin(&folder.join(name::HISTOGRAMS), &HEADER.map(String::from), last)
}

/// The cells of a histogram.
pub(super) fn row(record: &SpreadRecord) -> Vec<String> {
    let SpreadRecord { epoch, layer, quantity, values } = record;
    let Distribution { count, not_finite, mean, std, min, max, zeros, bins } = values;
    let bins: Vec<String> = bins.iter().map(u64::to_string).collect();
    let numbers = [mean, std, min, max, zeros].map(|number| format!("{number:.6e}"));
    let first = [epoch.to_string(), layer.clone(), quantity.name().to_owned()];
    let counts = [count, not_finite].map(usize::to_string);
    first.into_iter().chain(counts).chain(numbers).chain([bins.join(" ")]).collect()
}

/// The histograms of a run, in the order of epochs and layers; none for a run of before they were
/// written.
///
/// # Errors
/// [`RunError::Read`], or [`RunError::Format`] for a damaged table.
pub fn read_histograms(folder: &Path) -> Result<Vec<SpreadRecord>, RunError> {
    let path = folder.join(name::HISTOGRAMS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (header, rows) = rows::read(&path, "it holds the histograms of each layer")?;
    if !header.iter().eq(HEADER) {
        return Err(RunError::format(&path, "its columns are not those of histograms"));
    }
    let damaged = |row: &StringRecord| {
        RunError::format(&path, format!("a row of epoch {:?}", row.get(0).unwrap_or_default()))
    };
    rows.iter().map(|row| record(row).ok_or_else(|| damaged(row))).collect()
}

fn record(row: &StringRecord) -> Option<SpreadRecord> {
    let cell = |at: usize| row.get(at);
    let real = |at: usize| cell(at)?.parse::<f64>().ok();
    let whole = |at: usize| cell(at)?.parse::<usize>().ok();
    let quantity = *Quantity::ALL.iter().find(|known| cell(2) == Some(known.name()))?;
    let bins = cell(10)?.split_whitespace().map(|count| count.parse().ok());
    let values = Distribution {
        count: whole(3)?,
        not_finite: whole(4)?,
        mean: real(5)?,
        std: real(6)?,
        min: real(7)?,
        max: real(8)?,
        zeros: real(9)?,
        bins: bins.collect::<Option<_>>()?,
    };
    Some(SpreadRecord { epoch: rows::number(row)?, layer: cell(1)?.to_owned(), quantity, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_come_back_and_are_cut_where_a_run_goes_on() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(read_histograms(home.path()).unwrap(), []);
        let record = |epoch, quantity| SpreadRecord {
            epoch,
            layer: "layer1.0, left".into(),
            quantity,
            values: Distribution::of(&[-1.0, 0.0, 0.5, 3.0, f32::NAN], 4),
        };
        let all = [record(1, Quantity::Weights), record(2, Quantity::Gradient)];
        begin(home.path(), 0).unwrap().append(all.iter().map(row)).unwrap();
        assert_eq!(read_histograms(home.path()).unwrap().len(), 2);
        drop(begin(home.path(), 1).unwrap());
        let kept = read_histograms(home.path()).unwrap();
        assert_eq!((kept.len(), &kept[0].layer), (1, &all[0].layer));
        let (read, written) = (&kept[0].values, &all[0].values);
        assert_eq!((read.count, read.not_finite, &read.bins), (4, 1, &written.bins));
        assert!((read.std - written.std).abs() < 1e-6 && (read.mean - 0.625).abs() < 1e-12);
        let path = home.path().join(name::HISTOGRAMS);
        let text = std::fs::read_to_string(&path).unwrap().replace("weights", "wishes");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(read_histograms(home.path()), Err(RunError::Format { .. })));
    }
}
