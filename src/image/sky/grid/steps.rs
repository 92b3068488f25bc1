//! Round steps between grid lines.

use super::GridText;

/// Round numbers of seconds, minutes and whole units in 60 parts.
const SIXTIETHS: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0];

/// Round whole hours.
const HOURS: [f64; 4] = [1.0, 2.0, 3.0, 6.0];

/// Round whole degrees.
const DEGREES: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0];

/// The smallest round step of right ascension that is at least `wanted` degrees.
pub(super) fn right_ascension(wanted: f64, text: GridText) -> f64 {
    match text {
        GridText::Sexagesimal => sexagesimal(wanted / 15.0, &HOURS) * 15.0,
        GridText::Degrees => decimal(wanted),
    }
}

/// The smallest round step of declination that is at least `wanted` degrees.
pub(super) fn declination(wanted: f64, text: GridText) -> f64 {
    match text {
        GridText::Sexagesimal => sexagesimal(wanted, &DEGREES),
        GridText::Degrees => decimal(wanted),
    }
}

/// A round step in 60 parts of 60 parts of a unit; seconds below one are decimal.
fn sexagesimal(wanted: f64, whole: &[f64]) -> f64 {
    let seconds = SIXTIETHS.iter().map(|s| s / 3600.0);
    let minutes = SIXTIETHS.iter().map(|m| m / 60.0);
    if wanted <= 1.0 / 3600.0 {
        return decimal(wanted * 3600.0) / 3600.0;
    }
    let mut steps = seconds.chain(minutes).chain(whole.iter().copied());
    steps.find(|step| *step >= wanted).or(whole.last().copied()).unwrap_or(1.0)
}

/// 1, 2 or 5 times a power of ten, and the round angles above 10.
fn decimal(wanted: f64) -> f64 {
    if wanted > 10.0 {
        return DEGREES.iter().copied().find(|step| *step >= wanted).unwrap_or(90.0);
    }
    let wanted = wanted.max(1e-9);
    let power = 10_f64.powf(wanted.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= wanted * (1.0 - 1e-12));
    factor.unwrap_or(10.0) * power
}

/// The multiples of `step` from `start` to `end`, at most `most` of them.
pub(super) fn multiples(start: f64, end: f64, step: f64, most: usize) -> Vec<f64> {
    let first = (start / step).ceil();
    let values = (0..most).map(|n| (first + n as f64) * step);
    values.take_while(|value| *value <= end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_in_their_unit() {
        let text = GridText::Sexagesimal;
        assert!((right_ascension(0.05, text) - 15.0 * 15.0 / 3600.0).abs() < 1e-12);
        assert!((declination(0.05, text) - 5.0 / 60.0).abs() < 1e-12);
        assert!((declination(0.000_1, text) - 0.5 / 3600.0).abs() < 1e-12);
        assert_eq!(right_ascension(60.0, text), 90.0);
        assert_eq!(declination(30.0, text), 30.0);
        assert_eq!(declination(0.03, GridText::Degrees), 0.05);
        assert_eq!(right_ascension(60.0, GridText::Degrees), 90.0);
        assert_eq!(multiples(-0.1, 0.25, 0.1, 10), [-0.1, 0.0, 0.1, 0.2]);
        assert_eq!(multiples(0.0, 1.0, 1e-6, 5).len(), 5);
    }
}
