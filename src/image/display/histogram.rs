//! The histogram of a plane, to set limits on.

use super::equalise::even_step;
use super::{Limits, quantile};

/// Histograms are counted over an even sample of about this many values.
const MAX_VALUES: usize = 1 << 22;

/// The range to show is found from an even sample of about this many values.
const MAX_RANGE_VALUES: usize = 1 << 17;

/// How many values of a plane fall into bins of equal width.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Left edge of the first bin, in the file's unit.
    pub low: f32,
    /// Right edge of the last bin.
    pub high: f32,
    /// Values in each bin; a value on an edge belongs to the bin on its right, `high` to the last.
    pub counts: Vec<u64>,
    /// Finite values below `low`.
    pub below: u64,
    /// Finite values above `high`.
    pub above: u64,
    /// Values that are not finite.
    pub blank: u64,
    /// Each count stands for so many pixels: 1, or more where a large plane was sampled evenly.
    pub step: usize,
}

impl Histogram {
    /// Counts a plane in `bins` bins over `range`. Of planes with more than 4 million pixels, an
    /// even sample of about that many is counted ([`Histogram::step`]).
    pub fn of(plane: &[f32], range: (f32, f32), bins: usize) -> Self {
        let (low, high) = range;
        let step = even_step(plane.len(), MAX_VALUES);
        let mut histogram =
            Self { low, high, counts: vec![0; bins.max(1)], step, ..Self::default() };
        let last = histogram.counts.len() - 1;
        let width = f64::from(high) - f64::from(low);
        let scale = if width > 0.0 { histogram.counts.len() as f64 / width } else { 0.0 };
        for &value in plane.iter().step_by(step) {
            if !value.is_finite() {
                histogram.blank += 1;
            } else if value < low {
                histogram.below += 1;
            } else if value > high {
                histogram.above += 1;
            } else {
                let bin = ((f64::from(value) - f64::from(low)) * scale) as usize;
                histogram.counts[bin.min(last)] += 1;
            }
        }
        histogram
    }

    /// A range worth showing: from the faintest thousandth to the brightest, wider by a quarter of
    /// itself at each end, not beyond the smallest and largest value, and around `limits`.
    pub fn range(plane: &[f32], limits: (f32, f32)) -> (f32, f32) {
        let sampled = plane.iter().step_by(even_step(plane.len(), MAX_RANGE_VALUES));
        let mut values: Vec<f32> = sampled.copied().filter(|value| value.is_finite()).collect();
        if values.is_empty() {
            return limits;
        }
        let (least, most) = Limits::MinMax.of(&values);
        let (low, high) = (quantile(&mut values, 0.001), quantile(&mut values, 0.999));
        let margin = (high / 4.0 - low / 4.0).abs();
        let (low, high) = ((low - margin).max(least), (high + margin).min(most));
        (low.min(limits.0), high.max(limits.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let plane = [f32::NAN, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, f32::INFINITY];
        let histogram = Histogram::of(&plane, (0.0, 2.0), 2);
        assert_eq!(histogram.counts, [2, 3]);
        assert_eq!((histogram.below, histogram.above, histogram.blank), (1, 1, 2));
        assert_eq!(histogram.step, 1);
    }

    #[test]
    fn large_planes_are_sampled_evenly() {
        let plane: Vec<f32> = (0..10_000_000).map(|n| (n % 1000) as f32).collect();
        let histogram = Histogram::of(&plane, (0.0, 1000.0), 10);
        assert_eq!(histogram.step, 3);
        assert_eq!(histogram.counts.iter().sum::<u64>(), 3_333_334);
        assert!(histogram.counts.iter().all(|&count| count.abs_diff(333_333) < 50));
    }

    #[test]
    fn odd_ranges_and_planes_do_no_harm() {
        for range in [(1.0, 1.0), (2.0, 1.0), (f32::NAN, f32::NAN), (f32::MIN, f32::MAX)] {
            let histogram = Histogram::of(&[1.0, f32::MAX, f32::MIN], range, 0);
            assert_eq!(histogram.counts.len(), 1);
        }
        assert_eq!(Histogram::range(&[], (0.0, 1.0)), (0.0, 1.0));
        assert_eq!(Histogram::range(&[5.0; 4], (5.0, 5.0)), (5.0, 5.0));
    }

    #[test]
    fn the_range_leaves_out_a_lonely_star_but_not_the_limits() {
        let mut plane: Vec<f32> = (0..10_000).map(|n| (n % 100) as f32).collect();
        plane[77] = 1e6;
        let (low, high) = Histogram::range(&plane, (10.0, 20.0));
        assert!(low == 0.0 && (99.0..130.0).contains(&high), "{low} {high}");
        assert_eq!(Histogram::range(&plane, (-5.0, 500.0)), (-5.0, 500.0));
    }
}
