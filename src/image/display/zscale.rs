//! IRAF's zscale: limits from a line fitted to the sorted values, outliers rejected.
//!
//! Source: astropy's `ZScaleInterval` with its default parameters, number for number.

const SAMPLES: usize = 1000;
const CONTRAST: f64 = 0.25;
const MAX_REJECT: f64 = 0.5;
const MIN_PIXELS: usize = 5;
const REJECTION_SIGMAS: f64 = 2.5;
const MAX_ITERATIONS: usize = 5;

/// The limits; `None` for a plane without finite values.
pub(super) fn limits(plane: &[f32]) -> Option<(f32, f32)> {
    let samples = samples(plane);
    let (first, last) = (*samples.first()?, *samples.last()?);
    let count = samples.len();
    let Some(slope) = slope(&samples) else { return Some((first as f32, last as f32)) };
    let slope = slope / CONTRAST;
    let centre = (count - 1) / 2;
    let median = samples[centre].midpoint(samples[count / 2]);
    let low = median - (centre as f64 - 1.0) * slope;
    let high = median + (count - centre) as f64 * slope;
    Some((first.max(low) as f32, last.min(high) as f32))
}

/// Every n-th finite value, sorted.
fn samples(plane: &[f32]) -> Vec<f64> {
    let finite = || plane.iter().filter(|value| value.is_finite());
    let stride = (finite().count() / SAMPLES).max(1);
    let mut samples: Vec<f64> =
        finite().step_by(stride).take(SAMPLES).map(|&value| f64::from(value)).collect();
    samples.sort_unstable_by(f64::total_cmp);
    samples
}

/// The slope of the line through the samples that are left after rejection; `None` when too few
/// are left.
fn slope(samples: &[f64]) -> Option<f64> {
    let count = samples.len();
    let fewest = MIN_PIXELS.max((count as f64 * MAX_REJECT) as usize);
    let grow = ((count as f64 * 0.01) as usize).max(1);
    let mut bad = vec![false; count];
    let (mut good, mut good_before) = (count, count + 1);
    let mut slope = 0.0;
    for _ in 0..MAX_ITERATIONS {
        if good >= good_before || good < fewest {
            break;
        }
        let line = Line::fit(samples, &bad);
        slope = line.slope;
        let residual = |n: usize| samples[n] - line.at(n);
        let kept: Vec<f64> = (0..count).filter(|&n| !bad[n]).map(residual).collect();
        let threshold = REJECTION_SIGMAS * standard_deviation(&kept);
        for (n, bad) in bad.iter_mut().enumerate() {
            *bad |= residual(n).abs() > threshold;
        }
        bad = dilated(&bad, grow);
        good_before = good;
        good = bad.iter().filter(|bad| !**bad).count();
    }
    (good >= fewest).then_some(slope)
}

struct Line {
    middle: f64,
    mean: f64,
    slope: f64,
}

impl Line {
    /// Least squares over the samples that are not bad.
    fn fit(samples: &[f64], bad: &[bool]) -> Self {
        let good = || samples.iter().zip(bad).enumerate().filter(|(_, (_, bad))| !**bad);
        let count = good().count().max(1) as f64;
        let middle = good().map(|(n, _)| n as f64).sum::<f64>() / count;
        let mean = good().map(|(_, (value, _))| value).sum::<f64>() / count;
        let (mut products, mut squares) = (0.0, 0.0);
        for (n, (value, _)) in good() {
            let x = n as f64 - middle;
            products += x * (value - mean);
            squares += x * x;
        }
        let slope = if squares > 0.0 { products / squares } else { 0.0 };
        Self { middle, mean, slope }
    }

    fn at(&self, n: usize) -> f64 {
        self.mean + self.slope * (n as f64 - self.middle)
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// Each bad sample makes its neighbours bad too, as `np.convolve(bad, ones(grow), mode="same")`.
fn dilated(bad: &[bool], grow: usize) -> Vec<bool> {
    let before = grow / 2;
    let after = grow - 1 - before;
    let window = |n: usize| n.saturating_sub(before)..(n + after + 1).min(bad.len());
    (0..bad.len()).map(|n| bad[window(n)].contains(&true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sky of deterministic noise with a gradient, stars and blanks.
    fn plane(count: usize) -> Vec<f32> {
        let mut state = 12345_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        let value = |n: usize| {
            let sum: f64 = (0..4).map(|_| noise()).sum();
            let star = if n.is_multiple_of(37) { 500.0 * noise() } else { 0.0 };
            (100.0 + 0.001 * n as f64 + 5.0 * (sum - 2.0) + star) as f32
        };
        let mut plane: Vec<f32> = (0..count).map(value).collect();
        if count > 11 {
            (plane[3], plane[11]) = (f32::NAN, f32::INFINITY);
        }
        plane
    }

    /// astropy 8.0.2: `ZScaleInterval().get_limits(plane)` for the planes above; the generator in
    /// Python is a transcription of `plane`.
    #[test]
    fn equals_astropy() {
        for (count, low, high) in [
            (7, 96.719_467_163, 551.089_782_715),
            (12, 96.719_467_163, 125.732_087_708),
            (100, 93.984_313_965, 116.821_088_071),
            (999, 91.948_341_37, 118.861_801_757),
            (1000, 91.948_341_37, 118.915_447_242),
            (5000, 92.514_007_568, 121.288_906_839),
            (14400, 92.514_007_568, 141.424_477_053),
        ] {
            let limits = limits(&plane(count)).unwrap();
            let close = |a: f32, b: f64| (f64::from(a) - b).abs() < 1e-5 * b.abs().max(1.0);
            assert!(
                close(limits.0, low) && close(limits.1, high),
                "{count}: {limits:?} {low} {high}"
            );
        }
    }

    #[test]
    fn a_constant_plane_has_equal_limits() {
        assert_eq!(limits(&[4.5; 100]), Some((4.5, 4.5)));
        assert_eq!(limits(&[4.5]), Some((4.5, 4.5)));
    }
}
