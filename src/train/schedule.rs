//! The learning rate over a run: schedules, warm-up and a preview of both.
//!
//! Pure functions of the plan; positions count in epochs, may be fractional, and the rate changes
//! with every step.

use std::f64::consts::PI;

use super::plan::{Plan, Schedule};

/// The last factor of [`Schedule::OneCycle`] is this much below the first (PyTorch's
/// `final_div_factor`).
const ONE_CYCLE_FINAL_DIVIDE: f64 = 1e4;

/// Factor of the learning rate after `epoch` of `epochs`, without warm-up.
///
/// `Step` and `MultiStep` drop at the start of the named epochs (counted from 0), as PyTorch's
/// `StepLR` and `MultiStepLR`; the others are the smooth forms of PyTorch's schedulers.
pub fn factor(schedule: &Schedule, epoch: f64, epochs: f64) -> f64 {
    let t = if epochs > 0.0 { (epoch / epochs).clamp(0.0, 1.0) } else { 1.0 };
    match schedule {
        Schedule::Constant => 1.0,
        Schedule::Step { every, factor } => {
            factor.powf(((epoch + 1e-9) / (*every).max(1) as f64).floor())
        }
        Schedule::MultiStep { at, factor } => {
            let drops = at.iter().filter(|&&drop| drop as f64 <= epoch + 1e-9).count();
            factor.powi(i32::try_from(drops).unwrap_or(i32::MAX))
        }
        Schedule::Exponential { factor } => factor.powf(epoch),
        Schedule::Cosine { end_factor } => cosine(1.0, *end_factor, t),
        Schedule::Polynomial { power } => (1.0 - t).powf(*power),
        Schedule::OneCycle { rise, divide } => one_cycle(*rise, *divide, t),
    }
}

/// Half a cosine from `start` at t = 0 to `end` at t = 1.
fn cosine(start: f64, end: f64, t: f64) -> f64 {
    end + (start - end) * 0.5 * (1.0 + (PI * t).cos())
}

/// Smith's one-cycle in PyTorch's form (`anneal_strategy="cos"`).
fn one_cycle(rise: f64, divide: f64, t: f64) -> f64 {
    let first = 1.0 / divide;
    if t < rise {
        cosine(first, 1.0, t / rise)
    } else {
        cosine(1.0, first / ONE_CYCLE_FINAL_DIVIDE, (t - rise) / (1.0 - rise).max(1e-12))
    }
}

/// The learning rate of each step of a run.
#[derive(Debug, Clone)]
pub struct Rate {
    base: f64,
    schedule: Schedule,
    warmup_epochs: f64,
    epochs: f64,
    steps_per_epoch: f64,
}

impl Rate {
    /// The rate of a plan with this many steps an epoch.
    pub fn of(plan: &Plan, steps_per_epoch: usize) -> Self {
        Self {
            base: plan.learning_rate,
            schedule: plan.schedule.clone(),
            warmup_epochs: plan.warmup_epochs.clamp(0.0, plan.epochs as f64),
            epochs: plan.epochs as f64,
            steps_per_epoch: steps_per_epoch.max(1) as f64,
        }
    }

    /// The rate of a step, counted from 0.
    ///
    /// Warm-up rises linearly and reaches the full rate with its last step. Schedules that span
    /// the run (cosine, polynomial, one-cycle) and the exponential begin after it; `Step` and
    /// `MultiStep` count epochs from the start of the run.
    pub fn at(&self, step: usize) -> f64 {
        let epoch = step as f64 / self.steps_per_epoch;
        let warming = (step + 1) as f64 / self.steps_per_epoch;
        let warm = if self.warmup_epochs > 0.0 && warming < self.warmup_epochs {
            warming / self.warmup_epochs
        } else {
            1.0
        };
        let counts_from_start =
            matches!(self.schedule, Schedule::Step { .. } | Schedule::MultiStep { .. });
        let begin = if counts_from_start { 0.0 } else { self.warmup_epochs };
        let position = (epoch - begin).max(0.0);
        self.base * warm * factor(&self.schedule, position, self.epochs - begin)
    }
}

/// The curve of the learning rate for a plot: points of (epoch, rate), at most about 600 of them.
pub fn preview(plan: &Plan, steps_per_epoch: usize) -> Vec<[f64; 2]> {
    let rate = Rate::of(plan, steps_per_epoch);
    let steps = plan.epochs.saturating_mul(steps_per_epoch.max(1));
    if steps == 0 {
        return Vec::new();
    }
    let stride = steps.div_ceil(600);
    let point = |step: usize| [step as f64 / steps_per_epoch.max(1) as f64, rate.at(step)];
    let mut points: Vec<_> = (0..steps).step_by(stride).map(point).collect();
    if !(steps - 1).is_multiple_of(stride) {
        points.push(point(steps - 1));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn step_and_multi_step_drop_at_the_start_of_their_epochs() {
        let step = Schedule::Step { every: 30, factor: 0.1 };
        close(factor(&step, 29.99, 90.0), 1.0);
        close(factor(&step, 30.0, 90.0), 0.1);
        close(factor(&step, 60.0, 90.0), 0.01);
        let multi = Schedule::MultiStep { at: vec![30, 80], factor: 0.1 };
        close(factor(&multi, 30.0, 90.0), 0.1);
        close(factor(&multi, 79.9, 90.0), 0.1);
        close(factor(&multi, 80.0, 90.0), 0.01);
    }

    #[test]
    fn smooth_schedules_by_hand() {
        close(factor(&Schedule::Exponential { factor: 0.9 }, 2.0, 9.0), 0.81);
        let cosine = Schedule::Cosine { end_factor: 0.2 };
        close(factor(&cosine, 0.0, 10.0), 1.0);
        close(factor(&cosine, 5.0, 10.0), 0.6);
        close(factor(&cosine, 10.0, 10.0), 0.2);
        close(factor(&Schedule::Polynomial { power: 2.0 }, 2.5, 10.0), 0.5625);
    }

    #[test]
    fn one_cycle_rises_and_falls() {
        let cycle = Schedule::OneCycle { rise: 0.3, divide: 25.0 };
        close(factor(&cycle, 0.0, 10.0), 0.04);
        close(factor(&cycle, 1.5, 10.0), 0.52);
        close(factor(&cycle, 3.0, 10.0), 1.0);
        close(factor(&cycle, 6.5, 10.0), 0.5 * (1.0 + 4e-6));
        close(factor(&cycle, 10.0, 10.0), 4e-6);
    }

    #[test]
    fn warm_up_is_linear_and_ends_at_the_full_rate() {
        let plan = Plan {
            schedule: Schedule::Constant,
            learning_rate: 0.8,
            warmup_epochs: 2.0,
            epochs: 4,
            ..Plan::default()
        };
        let rate = Rate::of(&plan, 4);
        close(rate.at(0), 0.1);
        close(rate.at(3), 0.4);
        close(rate.at(7), 0.8);
        close(rate.at(15), 0.8);
    }

    #[test]
    fn the_preview_spans_the_run_and_is_bounded() {
        let plan = Plan { epochs: 100, ..Plan::default() };
        let points = preview(&plan, 977);
        assert!(points.len() <= 602);
        close(points[0][0], 0.0);
        close(points[0][1], plan.learning_rate);
        assert!(points[points.len() - 1][0] > 99.9);
    }
}
