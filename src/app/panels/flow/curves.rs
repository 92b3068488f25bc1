//! The norms of the visible runs as curves, kept between frames and extended by what is new.

use std::collections::HashMap;

use super::Quantity;
use crate::app::plots::curve::{Curve, Series};
use crate::session::{RunId, RunView};
use crate::train::flow;

/// The curves of the layers of one run.
#[derive(Default)]
pub(super) struct LayerCurves {
    revision: u64,
    /// Names of the layers shown, from the input on, and their places in the records.
    pub(super) layers: Vec<(usize, String)>,
    steps: Vec<f64>,
    epochs: Vec<f64>,
    values: Vec<Series>,
}

impl LayerCurves {
    fn new(run: &RunView, kernels: bool) -> Self {
        let network = run.started.as_deref().map(|started| &started.network);
        let layers = network.and_then(|network| flow::layers(network).ok()).unwrap_or_default();
        let shown =
            layers.into_iter().enumerate().filter(|(_, layer)| layer.has_kernel || !kernels);
        let layers: Vec<_> = shown.map(|(place, layer)| (place, layer.name)).collect();
        let values = layers.iter().map(|_| Series::default()).collect();
        Self { revision: run.revision, layers, values, ..Self::default() }
    }

    fn take(&mut self, run: &RunView, quantity: Quantity) {
        for record in &run.flow[self.steps.len()..] {
            self.steps.push(record.step as f64);
            self.epochs.push(record.epoch);
            for ((place, _), series) in self.layers.iter().zip(&mut self.values) {
                let value = record.layers.get(*place).map_or(f64::NAN, |flow| quantity.of(flow));
                series.push(value);
            }
        }
    }

    /// The curve of one of the layers shown.
    pub(super) fn curve(&self, layer: usize, over_epochs: bool) -> Curve<'_> {
        let xs = if over_epochs { &self.epochs } else { &self.steps };
        Curve::new(xs, &self.values[layer])
    }

    /// The last value of each of the layers shown.
    pub(super) fn last(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|series| series.values().last().copied().unwrap_or(f64::NAN))
    }

    /// The step of the last record.
    pub(super) fn last_step(&self) -> Option<usize> {
        self.steps.last().map(|step| *step as usize)
    }
}

/// The curves of all visible runs.
#[derive(Default)]
pub(super) struct FlowCurves {
    quantity: Quantity,
    kernels: bool,
    runs: HashMap<RunId, LayerCurves>,
}

impl FlowCurves {
    /// Takes in what is new; starts anew when something else is to be shown.
    pub(super) fn update(&mut self, runs: &[RunView], quantity: Quantity, kernels: bool) {
        if (self.quantity, self.kernels) != (quantity, kernels) {
            *self = Self { quantity, kernels, runs: HashMap::new() };
        }
        self.runs.retain(|id, _| runs.iter().any(|run| run.id == *id));
        for run in runs {
            let known = self.runs.entry(run.id).or_insert_with(|| LayerCurves::new(run, kernels));
            if known.revision != run.revision || known.steps.len() > run.flow.len() {
                *known = LayerCurves::new(run, kernels);
            }
            known.take(run, quantity);
        }
    }

    /// The curves of a run.
    pub(super) fn of(&self, run: RunId) -> Option<&LayerCurves> {
        self.runs.get(&run)
    }
}
