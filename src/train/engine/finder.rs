//! The learning-rate finder: loss against a rate that grows with every step.
//!
//! Source: L. N. Smith, "Cyclical learning rates for training neural networks" (2017); smoothing
//! and the end of the sweep as in fastai's `lr_find`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, bounded};

use super::ports::Ports;
use super::{data, guarded, prepare};
use crate::catalogue::Part;
use crate::device;
use crate::pipeline::loader::{Drawing, Loader};
use crate::train::error::TrainError;
use crate::train::inputs::Images;
use crate::train::learner::Learner;
use crate::train::loss::Criterion;
use crate::train::outbox::{Outbox, Wake};
use crate::train::plan::Plan;
use crate::train::predict::read_values;
use crate::train::session::{Resumption, on_engine};

/// First and last rate of the sweep.
const RANGE: [f64; 2] = [1e-7, 10.0];
/// Steps of a whole sweep.
const STEPS: usize = 120;
/// Decay of the smoothed loss.
const SMOOTHING: f64 = 0.95;
/// The sweep ends when the smoothed loss is this many times its minimum.
const BLOWN_UP: f64 = 4.0;

/// A sweep on an engine thread. Dropping the handle ends it.
pub struct Finder {
    points: Receiver<[f64; 2]>,
    done: Receiver<Result<Vec<[f64; 2]>, TrainError>>,
    cancelled: Arc<AtomicBool>,
}

impl Finder {
    /// Begins a sweep with the settings of a plan. `wake` is called after each point.
    ///
    /// # Errors
    /// As [`crate::train::Session::start`].
    pub fn start(plan: Plan, wake: Wake) -> Result<Self, TrainError> {
        plan.validate()?;
        let (point_sender, points) = bounded(STEPS);
        let (done_sender, done) = bounded(1);
        let cancelled = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&cancelled);
        on_engine(Box::new(move || {
            let result = find_learning_rate(&plan, &mut |point| {
                let _ = point_sender.try_send(point);
                wake();
                !stop.load(Ordering::Relaxed)
            });
            let _ = done_sender.send(result);
            wake();
        }))?;
        Ok(Self { points, done, cancelled })
    }

    /// Points (learning rate, smoothed loss) as they come.
    pub fn points(&self) -> &Receiver<[f64; 2]> {
        &self.points
    }

    /// All points, once the sweep has ended; [`suggest`] makes a rate of them.
    pub fn result(&self) -> &Receiver<Result<Vec<[f64; 2]>, TrainError>> {
        &self.done
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Trains a fresh network with a rate that grows from step to step, and returns the points
/// (learning rate, smoothed loss). Nothing is kept. Works on the calling thread; `go_on` hears
/// each point and ends the sweep by returning false.
///
/// # Errors
/// As a run with this plan.
pub fn find_learning_rate(
    plan: &Plan,
    go_on: &mut dyn FnMut([f64; 2]) -> bool,
) -> Result<Vec<[f64; 2]>, TrainError> {
    plan.validate()?;
    guarded(&plan.device, plan.batch_size, || {
        let Some(mut sweep) = Sweep::prepare(plan.clone())? else { return Ok(Vec::new()) };
        sweep.run(go_on)
    })
}

/// A tenth of the rate at which the smoothed loss is lowest, or the rate of its steepest fall
/// before that, whichever is smaller (fastai's "minimum" and "steep"). `None` without a fall.
pub fn suggest(points: &[[f64; 2]]) -> Option<f64> {
    let lowest = (0..points.len()).min_by(|&a, &b| points[a][1].total_cmp(&points[b][1]))?;
    let slope = |i: usize| {
        let ([x0, y0], [x1, y1]) = (points[i - 1], points[i + 1]);
        (y1 - y0) / (x1.ln() - x0.ln())
    };
    let steepest = (1..lowest).min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    (slope(steepest) < 0.0).then(|| points[steepest][0].min(points[lowest][0] / 10.0))
}

/// What a sweep needs.
struct Sweep {
    plan: Plan,
    learner: Learner,
    loader: Loader,
    criterion: Criterion,
    train: Vec<usize>,
}

impl Sweep {
    fn prepare(mut plan: Plan) -> Result<Option<Self>, TrainError> {
        let (_commands, queue) = bounded(1);
        let (events, _) = bounded(1);
        let mut ports = Ports::without_journal(queue, Outbox::new(events, Arc::new(|| ())));
        let resumption = Resumption::default();
        let Some(opened) = data::open(&plan, &resumption, &mut ports)? else { return Ok(None) };
        let (chosen, _others) = device::choose_team(&plan.device)?;
        let Some(pipeline) = prepare::fit(&mut plan, &opened, &mut ports)? else {
            return Ok(None);
        };
        let network = prepare::build(&plan, &opened.catalogue, &opened.split)?;
        let learner = prepare::learner(&plan, &network, &chosen, &mut ports)?;
        let train = opened.split.indices(Part::Train);
        let weights = plan.class_weights.of(&data::counts(&opened.catalogue, &train));
        let criterion = Criterion::new(plan.loss, plan.label_smoothing, weights);
        let loader = prepare::loader(&opened.catalogue, &pipeline, &chosen);
        Ok(Some(Self { plan, learner, loader, criterion, train }))
    }

    fn run(
        &mut self,
        go_on: &mut dyn FnMut([f64; 2]) -> bool,
    ) -> Result<Vec<[f64; 2]>, TrainError> {
        let mut curve = Curve::default();
        for epoch in 0.. {
            let (seed, size) = (self.plan.seed, self.plan.batch_size);
            let order = super::epochs::epoch_order(&self.train, seed, epoch, size);
            let mut any = false;
            for batch in self.loader.epoch(order, size, Drawing::Augmented { seed, epoch }) {
                if batch.samples.is_empty() {
                    continue;
                }
                any = true;
                let step = curve.points.len();
                let rate = rate_at(step);
                let images = Images::Drawn(batch.images, batch.shape);
                let draw = (seed, step as u64);
                let learned =
                    self.learner.learn(&self.criterion, images, &batch.labels, rate, draw);
                let loss = f64::from(read_values(learned.loss)?[0]);
                if !curve.push(rate, loss) || !go_on(curve.points[step]) || step + 1 == STEPS {
                    return Ok(curve.points);
                }
            }
            if !any {
                break;
            }
        }
        Ok(curve.points)
    }
}

/// Rate of a step of the sweep.
fn rate_at(step: usize) -> f64 {
    RANGE[0] * (RANGE[1] / RANGE[0]).powf(step as f64 / (STEPS - 1) as f64)
}

/// The smoothed curve so far.
#[derive(Default)]
struct Curve {
    points: Vec<[f64; 2]>,
    mean: f64,
    lowest: Option<f64>,
}

impl Curve {
    /// Adds a loss. False when it has blown up and the sweep is over.
    fn push(&mut self, rate: f64, loss: f64) -> bool {
        if !loss.is_finite() {
            return false;
        }
        self.mean = SMOOTHING * self.mean + (1.0 - SMOOTHING) * loss;
        let count = i32::try_from(self.points.len() + 1).unwrap_or(i32::MAX);
        let smooth = self.mean / (1.0 - SMOOTHING.powi(count));
        self.points.push([rate, smooth]);
        let lowest = self.lowest.map_or(smooth, |lowest| lowest.min(smooth));
        self.lowest = Some(lowest);
        self.points.len() < 10 || smooth < BLOWN_UP * lowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_spans_the_range() {
        assert!((rate_at(0) - 1e-7).abs() < 1e-20);
        assert!((rate_at(STEPS - 1) - 10.0).abs() < 1e-9);
    }

    /// A loss that falls around 1e-3 and blows up after 1e-1.
    #[test]
    fn the_suggestion_lies_on_the_fall() {
        let loss = |rate: f64| {
            let x = rate.log10();
            2.0 - 1.5 / (1.0 + (-(x + 3.0) * 3.0).exp()) + (x + 0.5).max(0.0) * 4.0
        };
        let points: Vec<_> = (0..STEPS).map(rate_at).map(|rate| [rate, loss(rate)]).collect();
        let rate = suggest(&points).unwrap();
        assert!((3e-4..3e-3).contains(&rate), "{rate}");
    }

    #[test]
    fn a_flat_curve_suggests_nothing() {
        assert_eq!(suggest(&[]), None);
        let flat: Vec<_> = (0..20).map(rate_at).map(|rate| [rate, 1.0]).collect();
        assert_eq!(suggest(&flat), None);
    }

    #[test]
    fn smoothing_is_free_of_bias_and_blow_ups_end_the_sweep() {
        let mut curve = Curve::default();
        for step in 0..12 {
            assert!(curve.push(rate_at(step), 2.0));
        }
        assert!((curve.points[11][1] - 2.0).abs() < 1e-12);
        assert!(!curve.push(rate_at(12), 1e3));
        assert!(!curve.push(rate_at(13), f64::NAN));
    }
}
