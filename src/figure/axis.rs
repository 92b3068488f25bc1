//! From values to places: scales, their ranges and their ticks.

use serde::{Deserialize, Serialize};

/// How an axis spreads its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By the logarithm; values of 0 and below are gaps.
    Log,
}

/// An axis of a given length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Length in points.
    pub(super) length: f64,
    pub(super) ticks: Vec<Tick>,
}

/// A mark on an axis; minor ones have no label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
    /// Exponent that follows the label.
    pub(super) exponent: Option<i32>,
}

impl Tick {
    pub(super) fn is_major(&self) -> bool {
        !self.label.is_empty()
    }
}

impl Axis {
    /// An axis over `range`, with at most about `labels` labelled ticks. A range that the scale
    /// cannot show is widened.
    pub(super) fn new(scale: Scale, range: [f64; 2], length: f64, labels: usize) -> Self {
        let [low, high] = sane(scale, range);
        let ticks = match scale {
            Scale::Linear => linear_ticks(low, high, labels),
            Scale::Log => log_ticks(low, high, labels),
        };
        Self { scale, low, high, length, ticks }
    }

    /// Distance from the low end in points; NaN for values that the scale cannot show.
    pub(super) fn place(&self, value: f64) -> f64 {
        self.share(value) * self.length
    }

    /// Position as a share of the axis, not limited to 0–1.
    fn share(&self, value: f64) -> f64 {
        let place = |v: f64| match self.scale {
            Scale::Linear => v,
            Scale::Log if v > 0.0 => v.log10(),
            Scale::Log => f64::NAN,
        };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        // Far outside values would leave the range of an SVG coordinate.
        if share.is_finite() { share.clamp(-20.0, 20.0) } else { f64::NAN }
    }
}

/// The range that shows all `values`, with `margin` (a share) on either side. A linear axis that
/// comes near 0 begins there when `to_zero`.
pub(super) fn range_of(
    values: impl Iterator<Item = f64>,
    scale: Scale,
    margin: f64,
    to_zero: bool,
) -> [f64; 2] {
    let shown = |v: &f64| v.is_finite() && (scale == Scale::Linear || *v > 0.0);
    let ends = values.filter(shown).fold(None, |ends: Option<[f64; 2]>, v| {
        Some(ends.map_or([v, v], |[low, high]| [low.min(v), high.max(v)]))
    });
    let Some([low, high]) = ends else {
        return if scale == Scale::Log { [0.1, 1.0] } else { [0.0, 1.0] };
    };
    match scale {
        Scale::Log => {
            let spread = (high / low).powf(margin);
            sane(scale, [low / spread, high * spread])
        }
        Scale::Linear => {
            let spread = (high - low) * margin;
            let near_zero = to_zero && low >= 0.0 && low < 0.3 * high;
            sane(scale, [if near_zero { 0.0 } else { low - spread }, high + spread])
        }
    }
}

/// A range with a width that can be divided, on a scale that can show it.
fn sane(scale: Scale, [a, b]: [f64; 2]) -> [f64; 2] {
    let (low, high) = (a.min(b), a.max(b));
    if !low.is_finite() || !high.is_finite() || !(high - low).is_finite() {
        return if scale == Scale::Log { [0.1, 1.0] } else { [0.0, 1.0] };
    }
    match scale {
        Scale::Log if high <= 0.0 => [0.1, 1.0],
        Scale::Log => {
            let low = if low <= 0.0 { high / 1e6 } else { low };
            if high / low < 1.0 + 1e-9 { [low / 2.0, high * 2.0] } else { [low, high] }
        }
        Scale::Linear => {
            let size = low.abs().max(high.abs());
            if high - low > size * 1e-9 {
                return [low, high];
            }
            let half = if size > 0.0 { size * 0.1 } else { 0.5 };
            [low - half, high + half]
        }
    }
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64, labels: usize) -> Vec<Tick> {
    let step = nice_step((high - low) / labels.max(2) as f64);
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let largest = low.abs().max(high.abs());
    (0..=(last - first).clamp(0.0, 100.0) as u32)
        .map(|i| {
            let value = (first + f64::from(i)) * step;
            let (label, exponent) = linear_label(value, step, largest);
            Tick { value, label, exponent }
        })
        .collect()
}

/// The smallest of 1, 2, 5 × 10ⁿ at or above `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// A label with the decimals of its step; very large and small numbers with a power of ten.
fn linear_label(value: f64, step: f64, largest: f64) -> (String, Option<i32>) {
    let decimals = |step: f64| (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
    if value.abs() < step / 2.0 {
        return ("0".to_owned(), None);
    }
    if (1e-4..1e5).contains(&largest) || (step >= 1.0 && largest < 1e6) {
        return (signed(&format!("{value:.*}", decimals(step))), None);
    }
    let exponent = (largest.log10() + 1e-9).floor();
    let unit = 10_f64.powf(exponent);
    let mantissa = signed(&format!("{:.*}", decimals(step / unit), value / unit));
    (format!("{mantissa}×10"), Some(exponent as i32))
}

/// Powers of ten, with 2 and 5 times them where there is room; unlabelled marks between.
fn log_ticks(low: f64, high: f64, labels: usize) -> Vec<Tick> {
    let decades = (high / low).log10();
    if decades < 0.7 {
        return linear_ticks(low, high, labels);
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let every = ((decades / labels.max(2) as f64).ceil() as i32).max(1);
    let fine: &[u32] = if decades * 3.0 <= labels.max(2) as f64 + 1.0 { &[1, 2, 5] } else { &[1] };
    // Without a power of ten in plain digits for all labels, all are written as powers.
    let plain = low >= 9e-4 && high < 2e4;
    let mut ticks = Vec::new();
    for power in first..=last {
        for factor in 1..10 {
            let value = f64::from(factor) * 10_f64.powi(power);
            let labelled = fine.contains(&factor) && power.rem_euclid(every) == 0;
            // Marks between decades that are themselves too dense to label say nothing.
            let marked = labelled || every == 1 || (factor == 1 && every <= 5);
            if marked && value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9) {
                let (label, exponent) = log_label(factor, power, plain);
                let label = if labelled { label } else { String::new() };
                ticks.push(Tick { value, label, exponent });
            }
        }
    }
    ticks
}

fn log_label(factor: u32, power: i32, plain: bool) -> (String, Option<i32>) {
    if plain {
        let decimals = (-power).max(0) as usize;
        return (format!("{:.decimals$}", f64::from(factor) * 10_f64.powi(power)), None);
    }
    let mantissa = if factor == 1 { "10".to_owned() } else { format!("{factor}×10") };
    (mantissa, Some(power))
}

/// A number with a true minus sign.
fn signed(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(scale: Scale, range: [f64; 2], count: usize) -> Vec<String> {
        let axis = Axis::new(scale, range, 300.0, count);
        let text = |tick: &Tick| match tick.exponent {
            Some(exponent) => format!("{}^{exponent}", tick.label),
            None => tick.label.clone(),
        };
        axis.ticks.iter().filter(|tick| tick.is_major()).map(text).collect()
    }

    #[test]
    fn linear_ticks_stand_at_1_2_5() {
        assert_eq!(
            labels(Scale::Linear, [0.0, 1.0], 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|l| if l == "0.0" { "0" } else { l })
        );
        assert_eq!(labels(Scale::Linear, [-3.0, 4.0], 4), ["\u{2212}2", "0", "2", "4"]);
        assert_eq!(labels(Scale::Linear, [0.0, 23.0], 6), ["0", "5", "10", "15", "20"]);
        assert_eq!(
            labels(Scale::Linear, [0.0, 4e-6], 4),
            ["0", "1×10^-6", "2×10^-6", "3×10^-6", "4×10^-6"]
        );
        assert_eq!(labels(Scale::Linear, [0.0, 2.5e6], 5)[1], "0.5×10^6");
    }

    #[test]
    fn log_ticks_stand_at_decades() {
        assert_eq!(
            labels(Scale::Log, [1e-5, 1e-1], 6),
            ["10^-5", "10^-4", "10^-3", "10^-2", "10^-1"]
        );
        assert_eq!(labels(Scale::Log, [0.01, 3.0], 6), ["0.01", "0.1", "1"]);
        assert_eq!(labels(Scale::Log, [0.1, 3.0], 6), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(Scale::Log, [1e-30, 1.0], 5).len(), 6);
    }

    #[test]
    fn ranges_of_nothing_and_of_one_value() {
        assert_eq!(range_of([f64::NAN].into_iter(), Scale::Linear, 0.04, true), [0.0, 1.0]);
        let [low, high] = range_of([3.0].into_iter(), Scale::Linear, 0.04, false);
        assert!(low < 3.0 && high > 3.0);
        assert_eq!(range_of([0.0, -1.0].into_iter(), Scale::Log, 0.04, false), [0.1, 1.0]);
    }

    proptest! {
        #[test]
        fn any_range_has_finite_ticks_inside(a in any::<f64>(), b in any::<f64>(), log: bool) {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let axis = Axis::new(scale, [a, b], 300.0, 6);
            prop_assert!(axis.low < axis.high);
            prop_assert!(axis.ticks.len() < 400);
            for tick in &axis.ticks {
                let place = axis.place(tick.value);
                prop_assert!((-0.1..=300.1).contains(&place), "{} at {place}", tick.value);
            }
        }
    }
}
