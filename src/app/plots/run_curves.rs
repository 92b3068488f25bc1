//! The curves of runs, kept between frames and extended by the records that are new.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::curve::{Curve, Series};
use super::smooth::Smoother;
use crate::session::{RunId, RunView};

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Axis {
    /// Optimiser steps.
    #[default]
    Steps,
    /// Epochs, with fractions.
    Epochs,
    /// Minutes of training, pauses left out.
    Minutes,
}

impl Axis {
    /// Its label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Steps => "Step",
            Self::Epochs => "Epoch",
            Self::Minutes => "Minutes",
        }
    }
}

/// A quantity recorded each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepQuantity {
    /// Mean training loss of the batch.
    Loss,
    /// Share of the batch classified rightly.
    Accuracy,
    /// Learning rate.
    LearningRate,
    /// Norm of the gradient before clipping.
    GradientNorm,
    /// Images per second.
    ImagesPerSecond,
}

/// A quantity recorded each epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EpochQuantity {
    /// Loss on the validation part.
    ValidationLoss,
    /// Accuracy on the validation part.
    ValidationAccuracy,
    /// Balanced accuracy on the validation part.
    BalancedAccuracy,
}

/// Positions of records on each of the axes.
#[derive(Debug, Clone, Default)]
struct Positions {
    steps: Vec<f64>,
    epochs: Vec<f64>,
    minutes: Vec<f64>,
}

impl Positions {
    fn of(&self, axis: Axis) -> &[f64] {
        match axis {
            Axis::Steps => &self.steps,
            Axis::Epochs => &self.epochs,
            Axis::Minutes => &self.minutes,
        }
    }

    fn push(&mut self, step: usize, epoch: f64, minutes: f64) {
        // Positions ascend even where a record's clock or count stood still.
        let after = |known: &[f64], value: f64| known.last().map_or(value, |last| value.max(*last));
        self.steps.push(after(&self.steps, step as f64));
        self.epochs.push(after(&self.epochs, epoch));
        self.minutes.push(after(&self.minutes, minutes));
    }
}

/// The curves of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunCurves {
    revision: u64,
    smoothing: f64,
    at_step: Positions,
    step: [Series; 5],
    smooth: [Series; 5],
    smoothers: Option<[Smoother; 5]>,
    at_epoch: Positions,
    epoch: [Series; 3],
}

impl RunCurves {
    /// Takes in what is new; starts anew when the past was replaced or the smoothing changed.
    pub(crate) fn update(&mut self, run: &RunView, smoothing: f64) {
        let shorter = run.steps.len() < self.step[0].values().len()
            || run.epochs.len() < self.epoch[0].values().len();
        if self.revision != run.revision || shorter {
            *self = Self { revision: run.revision, smoothing, ..Self::default() };
        }
        if self.smoothing.to_bits() != smoothing.to_bits() || self.smoothers.is_none() {
            self.smoothing = smoothing;
            self.smoothers = Some([Smoother::new(smoothing); 5]);
            self.smooth = Default::default();
        }
        self.take_steps(run);
        self.take_epochs(run);
    }

    fn take_steps(&mut self, run: &RunView) {
        let known = self.step[0].values().len();
        for (record, minutes) in run.steps[known..].iter().zip(&run.minutes[known..]) {
            self.at_step.push(record.step, record.epoch, *minutes);
            let values = [
                record.loss,
                record.accuracy,
                record.learning_rate,
                record.gradient_norm,
                record.images_per_second,
            ];
            self.step.iter_mut().zip(values).for_each(|(series, value)| series.push(value));
        }
        let Some(smoothers) = &mut self.smoothers else { return };
        let pairs = self.smooth.iter_mut().zip(smoothers).zip(&self.step);
        for ((smooth, smoother), raw) in pairs {
            let known = smooth.values().len();
            raw.values()[known..].iter().for_each(|y| smooth.push(smoother.next(*y)));
        }
    }

    fn take_epochs(&mut self, run: &RunView) {
        let known = self.epoch[0].values().len();
        for record in &run.epochs[known..] {
            self.at_epoch.push(record.step, record.epoch as f64, record.seconds / 60.0);
            let values = [
                record.validation_loss,
                record.validation_accuracy,
                record.validation_balanced_accuracy,
            ];
            self.epoch.iter_mut().zip(values).for_each(|(series, value)| series.push(value));
        }
    }

    /// A quantity as recorded each step.
    pub(crate) fn raw(&self, quantity: StepQuantity, axis: Axis) -> Curve<'_> {
        Curve::new(self.at_step.of(axis), &self.step[quantity as usize])
    }

    /// A quantity of each step, smoothed.
    pub(crate) fn smooth(&self, quantity: StepQuantity, axis: Axis) -> Curve<'_> {
        Curve::new(self.at_step.of(axis), &self.smooth[quantity as usize])
    }

    /// A quantity recorded each epoch.
    pub(crate) fn epoch(&self, quantity: EpochQuantity, axis: Axis) -> Curve<'_> {
        Curve::new(self.at_epoch.of(axis), &self.epoch[quantity as usize])
    }

    /// Where an epoch (from 1) ended on an axis.
    pub(crate) fn end_of_epoch(&self, epoch: usize, axis: Axis) -> Option<f64> {
        let index = self.at_epoch.epochs.iter().position(|e| (*e - epoch as f64).abs() < 0.5)?;
        self.at_epoch.of(axis).get(index).copied()
    }
}

/// The curves of all runs.
#[derive(Debug, Default)]
pub(crate) struct AllCurves(HashMap<RunId, RunCurves>);

impl AllCurves {
    /// Takes in what is new of every visible run, and forgets the runs that are gone.
    pub(crate) fn update(&mut self, runs: &[RunView], smoothing: f64) {
        self.0.retain(|id, _| runs.iter().any(|run| run.id == *id));
        for run in runs.iter().filter(|run| run.visible) {
            self.0.entry(run.id).or_default().update(run, smoothing);
        }
    }

    /// The curves of a run.
    pub(crate) fn of(&self, run: RunId) -> Option<&RunCurves> {
        self.0.get(&run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::runs::tests::step;
    use crate::train::Event;

    fn run(n: usize) -> RunView {
        let mut run = RunView::new(RunId(0), "run".into());
        run.apply(Event::Steps((1..=n).map(|i| step(i, i as f64)).collect()));
        run
    }

    #[test]
    fn only_new_records_are_taken_in() {
        let mut run = run(5);
        let mut curves = RunCurves::default();
        curves.update(&run, 0.5);
        run.apply(Event::Steps(vec![step(6, 6.0)]));
        curves.update(&run, 0.5);
        let raw = curves.raw(StepQuantity::Loss, Axis::Steps);
        assert_eq!(raw.series().values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(raw.x_range(), Some([1.0, 6.0]));
        let epochs = curves.raw(StepQuantity::Loss, Axis::Epochs).x_range();
        assert_eq!(epochs, Some([0.1, 0.6]));
    }

    #[test]
    fn another_smoothing_smooths_anew() {
        let run = run(3);
        let mut curves = RunCurves::default();
        curves.update(&run, 0.5);
        let first = curves.smooth(StepQuantity::Loss, Axis::Steps).point(2);
        curves.update(&run, 0.0);
        let second = curves.smooth(StepQuantity::Loss, Axis::Steps).point(2);
        assert!(first.unwrap()[1] < 2.5);
        assert_eq!(second, Some([3.0, 3.0]));
    }

    #[test]
    fn a_replaced_past_starts_anew() {
        let mut run = run(5);
        let mut curves = RunCurves::default();
        curves.update(&run, 0.0);
        run.apply(Event::Steps(vec![step(3, 9.0)]));
        curves.update(&run, 0.0);
        let raw = curves.raw(StepQuantity::Loss, Axis::Steps);
        assert_eq!(raw.series().values(), [1.0, 2.0, 9.0]);
    }
}
