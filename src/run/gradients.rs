//! `gradients.csv`: the norms of each layer in the recorded steps, a row a step.
//!
//! Columns: `step`, `epoch`, then for each layer with something to learn `<layer> gradient` (before
//! clipping), `<layer> update` (the change that the step made) and `<layer> weights` (before it).
//! Cells of a layer that does not learn are empty.

use std::path::Path;

use super::RunError;
use super::folder::name;
use super::rows::{self, Rows};
use crate::train::{FlowLayer, FlowRecord, LayerFlow};

/// Columns before those of the layers, and columns of a layer.
const FIXED: usize = 2;
const OF_LAYER: [&str; 3] = ["gradient", "update", "weights"];

/// Begins the table, or goes on with it after this step.
pub(super) fn begin(folder: &Path, layers: &[FlowLayer], last: usize) -> Result<Rows, RunError> {
    let of_layer = layers.iter().flat_map(|layer| OF_LAYER.map(|n| format!("{} {n}", layer.name)));
    let header: Vec<String> =
        ["step", "epoch"].map(String::from).into_iter().chain(of_layer).collect();
    Rows::begin(&folder.join(name::GRADIENTS), &header, last)
}

/// The cells of a record: four digits that count, enough for any look at them.
pub(super) fn row(record: &FlowRecord) -> Vec<String> {
    let cell = |value: f32| if value.is_finite() { format!("{value:.4e}") } else { String::new() };
    let norms = record.layers.iter().flat_map(|flow| [flow.gradient, flow.update, flow.weight]);
    let epoch = format!("{:.6}", record.epoch);
    [record.step.to_string(), epoch].into_iter().chain(norms.map(cell)).collect()
}

/// The norms of a run's layers up to a step, in the order of [`crate::train::flow::layers`]; none
/// for a run of before they were recorded.
///
/// # Errors
/// [`RunError::Read`], or [`RunError::Format`] for a damaged table.
pub fn read_gradients(folder: &Path, last: usize) -> Result<Vec<FlowRecord>, RunError> {
    let path = folder.join(name::GRADIENTS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (header, rows) = rows::read(&path, "it holds the norms of each layer")?;
    if header.len() < FIXED || !(header.len() - FIXED).is_multiple_of(OF_LAYER.len()) {
        return Err(RunError::format(&path, "its columns are not those of norms"));
    }
    let record = |row: &csv::StringRecord| {
        let number = |cell: &str| match cell {
            "" => Some(f32::NAN),
            cell => cell.parse().ok(),
        };
        let cells: Vec<f32> = row.iter().skip(FIXED).map(number).collect::<Option<_>>()?;
        let layer =
            |norms: &[f32]| LayerFlow { gradient: norms[0], update: norms[1], weight: norms[2] };
        let layers = cells.chunks_exact(OF_LAYER.len()).map(layer).collect();
        Some(FlowRecord { step: rows::number(row)?, epoch: row.get(1)?.parse().ok()?, layers })
    };
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let damaged = || RunError::format(&path, format!("the row of step {:?}", row.get(0)));
        let record = record(row).ok_or_else(damaged)?;
        if record.step <= last {
            records.push(record);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_come_back_with_four_digits() {
        let home = tempfile::tempdir().unwrap();
        let layer =
            |name: &str| FlowLayer { name: name.into(), node: 0, has_kernel: true, count: 1 };
        let layers = [layer("conv1"), layer("fc")];
        let flow = LayerFlow { gradient: 1.5e-21, update: 0.031_25, weight: 12.0 };
        let record = |step| FlowRecord {
            step,
            epoch: step as f64 / 8.0,
            layers: vec![flow, LayerFlow::NONE],
        };
        assert_eq!(read_gradients(home.path(), 99).unwrap(), []);
        let mut rows = begin(home.path(), &layers, 0).unwrap();
        rows.append([record(1), record(9)].iter().map(row)).unwrap();
        let read = read_gradients(home.path(), 8).unwrap();
        assert_eq!((read.len(), read[0].step, read[0].epoch), (1, 1, 0.125));
        assert_eq!(read[0].layers[0], flow);
        assert!(read[0].layers[1].gradient.is_nan());
        let text = std::fs::read_to_string(home.path().join(name::GRADIENTS)).unwrap();
        assert!(text.starts_with("step,epoch,conv1 gradient,conv1 update,conv1 weights,fc"));
        std::fs::write(home.path().join(name::GRADIENTS), "step,epoch,a\n1,2,3\n").unwrap();
        assert!(matches!(read_gradients(home.path(), 8), Err(RunError::Format { .. })));
    }
}
