//! Curves of a training run: loss, accuracy, learning rate, gradient norm.

use crate::figure::{Chart, Colour, Scale, Series};

/// One optimiser step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepPoint {
    /// Steps done.
    pub step: usize,
    /// Position in epochs after the step, e.g. 1.25.
    pub epoch: f64,
    /// Mean training loss of the batch.
    pub loss: f64,
    /// Share of the batch classified rightly.
    pub accuracy: f64,
    /// Learning rate used.
    pub learning_rate: f64,
    /// Norm of the gradient over all parameters.
    pub gradient_norm: f64,
    /// Images per second.
    pub images_per_second: f64,
}

/// One epoch; figures that are not known are NaN.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EpochPoint {
    /// Epochs done, from 1.
    pub epoch: f64,
    /// Mean over the epoch's steps.
    pub train_loss: f64,
    /// Mean over the epoch's steps.
    pub train_accuracy: f64,
    /// On the validation part.
    pub validation_loss: f64,
    /// On the validation part.
    pub validation_accuracy: f64,
    /// On the validation part.
    pub validation_balanced_accuracy: f64,
    /// Whether this is the best epoch so far.
    pub best: bool,
}

/// The curves of one of several runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunCurves<'a> {
    /// Name of the run.
    pub name: &'a str,
    /// Its steps.
    pub steps: &'a [StepPoint],
    /// Its epochs.
    pub epochs: &'a [EpochPoint],
}

const TRAINING: Colour = Colour::Palette(0);
const VALIDATION: Colour = Colour::Palette(1);
const BALANCED: Colour = Colour::Palette(2);

/// Weight of the past in the smoothed line of the steps, unless the caller chooses another.
const SMOOTHING: f64 = 0.95;

/// Training loss per step (raw and smoothed) and validation loss per epoch; the best epoch is
/// marked. Set `y_scale` for a logarithmic axis.
pub fn loss_curves(steps: &[StepPoint], epochs: &[EpochPoint]) -> Chart {
    let mut chart = Chart::new("Loss", "Epoch", "Loss");
    push_steps(&mut chart, "Training", steps, |step| step.loss);
    if steps.is_empty() {
        let points = of_epochs(epochs, |epoch| epoch.train_loss);
        chart.series.push(Series::line("Training", points, TRAINING));
    }
    let points = of_epochs(epochs, |epoch| epoch.validation_loss);
    push_epochs(&mut chart, "Validation", points, VALIDATION);
    let best = epochs.iter().rev().find(|epoch| epoch.best);
    if let Some(best) = best.filter(|best| best.validation_loss.is_finite()) {
        let point = vec![[best.epoch, best.validation_loss]];
        let name = format!("Best epoch ({})", best.epoch);
        chart.series.push(Series::dots(name, point, Colour::Ink));
    }
    chart
}

/// Training accuracy per step (raw and smoothed), validation accuracy and balanced accuracy per
/// epoch.
pub fn accuracy_curves(steps: &[StepPoint], epochs: &[EpochPoint]) -> Chart {
    let mut chart = Chart::new("Accuracy", "Epoch", "Accuracy");
    push_steps(&mut chart, "Training", steps, |step| step.accuracy);
    if steps.is_empty() {
        let points = of_epochs(epochs, |epoch| epoch.train_accuracy);
        chart.series.push(Series::line("Training", points, TRAINING));
    }
    let points = of_epochs(epochs, |epoch| epoch.validation_accuracy);
    push_epochs(&mut chart, "Validation", points, VALIDATION);
    let points = of_epochs(epochs, |epoch| epoch.validation_balanced_accuracy);
    push_epochs(&mut chart, "Validation, balanced", points, BALANCED);
    chart.y_range = Some(accuracy_range(&chart));
    chart
}

/// The losses of several runs over each other: training smoothed and dashed, validation solid.
pub fn compare_loss(runs: &[RunCurves<'_>]) -> Chart {
    let chart = Chart::new("Loss", "Epoch", "Loss");
    compare(chart, runs, |step| step.loss, |epoch| epoch.validation_loss)
}

/// The accuracies of several runs over each other: training smoothed and dashed, validation solid.
pub fn compare_accuracy(runs: &[RunCurves<'_>]) -> Chart {
    let chart = Chart::new("Accuracy", "Epoch", "Accuracy");
    let mut chart = compare(chart, runs, |step| step.accuracy, |epoch| epoch.validation_accuracy);
    chart.y_range = Some(accuracy_range(&chart));
    chart
}

/// Learning rate of each step, on a logarithmic axis.
pub fn learning_rate(steps: &[StepPoint]) -> Chart {
    let points = of_steps(steps, |step| step.learning_rate);
    let chart = Chart::new("Learning rate", "Epoch", "Learning rate");
    Chart { y_scale: Scale::Log, ..chart }.with(Series::line("Learning rate", points, TRAINING))
}

/// Norm of the gradient of each step (raw and smoothed), on a logarithmic axis.
pub fn gradient_norm(steps: &[StepPoint]) -> Chart {
    let mut chart = Chart::new("Gradient norm", "Epoch", "Norm of the gradient");
    chart.y_scale = Scale::Log;
    push_steps(&mut chart, "Smoothed", steps, |step| step.gradient_norm);
    chart
}

/// Images per second of each step (raw and smoothed).
pub fn images_per_second(steps: &[StepPoint]) -> Chart {
    let mut chart = Chart::new("Speed", "Epoch", "Images per second");
    push_steps(&mut chart, "Smoothed", steps, |step| step.images_per_second);
    chart
}

/// A schedule before the run: (epoch, learning rate).
pub fn schedule_preview(points: Vec<[f64; 2]>, y_scale: Scale) -> Chart {
    let chart = Chart::new("Schedule", "Epoch", "Learning rate");
    let size = [520.0, 200.0];
    Chart { y_scale, plot_size: size, ..chart }.with(Series::line(
        "Learning rate",
        points,
        TRAINING,
    ))
}

/// Loss against a growing learning rate: (learning rate, loss), with the suggested rate marked.
pub fn learning_rate_finder(points: &[[f64; 2]], suggested: Option<f64>) -> Chart {
    let losses: Vec<f64> = points.iter().map(|point| point[1]).collect();
    let smooth = smoothed(&losses, 0.8);
    let line: Vec<[f64; 2]> = points.iter().zip(smooth).map(|(p, loss)| [p[0], loss]).collect();
    let mut chart = Chart::new("Learning-rate finder", "Learning rate", "Loss");
    chart.x_scale = Scale::Log;
    chart.y_range = before_divergence(&line);
    chart.series.push(Series::line("", points.to_vec(), TRAINING).faint());
    chart.series.push(Series::line("Smoothed", line.clone(), TRAINING));
    if let Some(rate) = suggested {
        let distance = |point: &[f64; 2]| (point[0].ln() - rate.ln()).abs();
        let at = line.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied();
        let name = format!("Suggested: {rate:.1e}");
        chart.series.push(Series::dots(name, at.into_iter().collect(), VALIDATION));
    }
    chart
}

/// A range in which the descent can be seen, whatever the loss does once it diverges.
fn before_divergence(line: &[[f64; 2]]) -> Option<[f64; 2]> {
    let losses = || line.iter().map(|point| point[1]).filter(|loss| loss.is_finite());
    let start = losses().next()?;
    let (lowest, highest) = (losses().fold(start, f64::min), losses().fold(start, f64::max));
    let depth = (start - lowest).max(0.1 * start.abs());
    Some([lowest - 0.1 * depth, highest.min(start + 0.6 * depth)])
}

/// Exponential moving average with the weight `past` (0–1) on what came before, corrected for its
/// start (Kingma and Ba 2015). NaN stays NaN and does not spread.
pub fn smoothed(values: &[f64], past: f64) -> Vec<f64> {
    let past = past.clamp(0.0, 0.9999);
    let (mut sum, mut weight) = (0.0, 0.0);
    let step = |&value: &f64| {
        if !value.is_finite() {
            return f64::NAN;
        }
        sum = past * sum + (1.0 - past) * value;
        weight = past * weight + (1.0 - past);
        sum / weight
    };
    values.iter().map(step).collect()
}

fn of_steps(steps: &[StepPoint], figure: impl Fn(&StepPoint) -> f64) -> Vec<[f64; 2]> {
    steps.iter().map(|step| [step.epoch, figure(step)]).collect()
}

fn of_epochs(epochs: &[EpochPoint], figure: impl Fn(&EpochPoint) -> f64) -> Vec<[f64; 2]> {
    epochs.iter().map(|epoch| [epoch.epoch, figure(epoch)]).collect()
}

fn smoothed_steps(steps: &[StepPoint], figure: impl Fn(&StepPoint) -> f64) -> Vec<[f64; 2]> {
    let values: Vec<f64> = steps.iter().map(figure).collect();
    let smooth = smoothed(&values, SMOOTHING);
    steps.iter().zip(smooth).map(|(step, value)| [step.epoch, value]).collect()
}

/// The raw values pale and without a name, the smoothed ones over them.
fn push_steps(chart: &mut Chart, name: &str, steps: &[StepPoint], figure: fn(&StepPoint) -> f64) {
    if !steps.is_empty() {
        chart.series.push(Series::line("", of_steps(steps, figure), TRAINING).faint());
        chart.series.push(Series::line(name, smoothed_steps(steps, figure), TRAINING));
    }
}

/// A figure of the validation part, with dots while there are few epochs; nothing without one.
fn push_epochs(chart: &mut Chart, name: &str, points: Vec<[f64; 2]>, colour: Colour) {
    if points.iter().any(|point| point[1].is_finite()) {
        let few = points.len() <= 40;
        let line = Series::line(name, points, colour);
        chart.series.push(if few { line.with_markers() } else { line });
    }
}

fn compare(
    mut chart: Chart,
    runs: &[RunCurves<'_>],
    of_step: fn(&StepPoint) -> f64,
    of_epoch: fn(&EpochPoint) -> f64,
) -> Chart {
    for (index, run) in runs.iter().enumerate() {
        let colour = Colour::Palette(index);
        if !run.steps.is_empty() {
            let name = format!("{}, training", run.name);
            let points = smoothed_steps(run.steps, of_step);
            chart.series.push(Series::line(name, points, colour).dashed().wide(1.2));
        }
        let points = of_epochs(run.epochs, of_epoch);
        push_epochs(&mut chart, run.name, points, colour);
    }
    chart
}

/// Up to 1, and down to the lowest value but not below 0.
fn accuracy_range(chart: &Chart) -> [f64; 2] {
    let values = chart.series.iter().flat_map(|s| s.points.iter().map(|point| point[1]));
    let lowest = values.filter(|v| v.is_finite()).fold(1.0, f64::min);
    [(lowest * 10.0 - 0.2).floor().max(0.0) / 10.0, 1.0]
}
