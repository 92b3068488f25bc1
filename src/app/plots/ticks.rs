//! Where an axis has its marks, and how numbers are written.

use egui_plot::{GridInput, GridMark};

/// `egui_plot` hands a grid the value range of this many points as its base step.
const BASE_POINTS: f64 = 8.0;

/// Marks at 1, 2 or 5 times a power of ten, at least `spacing` points apart.
pub(crate) fn linear(input: &GridInput, spacing: f64) -> Vec<GridMark> {
    let step = nice(input.base_step_size / BASE_POINTS * spacing);
    linear_marks(input.bounds, step)
}

/// Marks for an axis that holds decimal logarithms: decades with their parts, or plain numbers
/// when less than a decade is in sight.
pub(crate) fn logarithmic(input: &GridInput, spacing: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let per_point = input.base_step_size / BASE_POINTS;
    if !(low.is_finite() && high.is_finite() && high > low) || high - low > 600.0 {
        return Vec::new();
    }
    if high - low < 0.8 {
        return within_a_decade(low, high, per_point * spacing);
    }
    let every = (per_point * spacing).ceil().max(1.0);
    let mut marks = Vec::new();
    let mut decade = (low / every).floor() * every;
    while decade <= high {
        marks.push(GridMark { value: decade, step_size: every });
        if every <= 1.0 {
            let parts = if per_point * spacing < 0.3 { &[2.0, 5.0][..] } else { &[] };
            let part = |x: &f64| GridMark { value: decade + x.log10(), step_size: 0.3 };
            marks.extend(parts.iter().map(part));
        }
        decade += every;
    }
    marks.retain(|mark| mark.value >= low && mark.value <= high);
    marks
}

/// Plain numbers with their marks where their logarithms lie.
fn within_a_decade(low: f64, high: f64, shortest: f64) -> Vec<GridMark> {
    let (from, to) = (10_f64.powf(low), 10_f64.powf(high));
    let step = nice((to - from) * (shortest / (high - low)).min(1.0));
    let values = linear_marks((from, to), step).into_iter().filter(|mark| mark.value > 0.0);
    let spacing = ((to / (to - step).max(f64::MIN_POSITIVE)).log10()).abs();
    values.map(|mark| GridMark { value: mark.value.log10(), step_size: spacing }).collect()
}

fn linear_marks((low, high): (f64, f64), step: f64) -> Vec<GridMark> {
    if !(step.is_finite() && step > 0.0 && low.is_finite() && high.is_finite()) {
        return Vec::new();
    }
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last.min(first.saturating_add(500)))
        .map(|index| GridMark { value: index as f64 * step, step_size: step })
        .collect()
}

/// The next number of 1, 2, 5 × 10ⁿ that is not smaller.
pub(crate) fn nice(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return f64::NAN;
    }
    let power = 10_f64.powf(value.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= value * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// A number with about four digits: `0.5013`, `12.4`, `3.2e-5`, `12 345`.
pub(crate) fn compact(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value.is_nan() => "–".into(),
        _ if value.is_infinite() => if value > 0.0 { "∞" } else { "−∞" }.into(),
        0.0 => "0".into(),
        _ if !(1e-3..1e9).contains(&size) => trim_exponent(&format!("{value:.2e}")),
        _ if size < 1.0 => trim(&format!("{value:.4}")),
        _ if size < 100.0 => trim(&format!("{value:.3}")),
        _ if size < 1e4 => trim(&format!("{value:.1}")),
        _ => grouped(value),
    }
}

/// A mark's number: no more digits than the distance to the next one needs.
pub(crate) fn mark(value: f64, step: f64) -> String {
    let size = value.abs();
    if value == 0.0 || size < step * 1e-6 {
        return "0".into();
    }
    if !(1e-4..1e7).contains(&size) {
        return trim_exponent(&format!("{value:.2e}"));
    }
    let digits = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
    if size >= 1e4 { grouped(value) } else { format!("{value:.digits$}") }
}

/// A whole number with spaces between thousands that do not break.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value <= -0.5 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A large count in few letters: `11.7 M`.
pub(crate) fn short_count(count: u64) -> String {
    let value = count as f64;
    match count {
        0..10_000 => grouped(value),
        10_000..1_000_000 => format!("{:.1} k", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} M", value / 1e6),
        _ => format!("{:.2} G", value / 1e9),
    }
}

/// A size in memory: `44.7 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let value = count as f64;
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.2} GB", value / 1e9),
    }
}

/// A time in words: `42 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".into();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..172_800 => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3600 % 24),
    }
}

fn trim(text: &str) -> String {
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.replace('-', "−")
}

fn trim_exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            format!("{}e{}", trim(mantissa), exponent.replace('-', "−"))
        }
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(low: f64, high: f64, points: f64) -> GridInput {
        GridInput { bounds: (low, high), base_step_size: (high - low) / points * BASE_POINTS }
    }

    #[test]
    fn nice_numbers() {
        for (value, expected) in
            [(0.011, 0.02), (0.02, 0.02), (3.0, 5.0), (7.0, 10.0), (70.0, 100.0)]
        {
            assert!((nice(value) / expected - 1.0).abs() < 1e-9, "{value}");
        }
        assert!(nice(0.0).is_nan());
    }

    #[test]
    fn linear_marks_are_far_enough_apart() {
        let marks = linear(&input(0.0, 1.0, 400.0), 60.0);
        let values: Vec<_> = marks.iter().map(|mark| mark.value).collect();
        assert_eq!(values.len(), 6);
        assert!((values[1] - 0.2).abs() < 1e-12);
    }

    #[test]
    fn decades_and_their_parts() {
        let marks = logarithmic(&input(-2.0, 1.0, 300.0), 25.0);
        assert!(marks.iter().any(|mark| (mark.value + 2.0).abs() < 1e-9));
        assert!(marks.iter().any(|mark| (mark.value - 0.5_f64.log10()).abs() < 1e-9));
        let near = logarithmic(&input(0.0, 0.3, 300.0), 40.0);
        assert!(near.len() >= 3, "{near:?}");
        assert!(logarithmic(&input(f64::NAN, 1.0, 100.0), 40.0).is_empty());
    }

    #[test]
    fn numbers_in_words() {
        assert_eq!(compact(0.501_34), "0.5013");
        assert_eq!(compact(3.2e-5), "3.2e−5");
        assert_eq!(compact(123_456.0), "123\u{a0}456");
        assert_eq!(compact(f64::NAN), "–");
        assert_eq!(mark(0.2, 0.1), "0.2");
        assert_eq!(mark(1500.0, 500.0), "1500");
        assert_eq!(mark(20_000.0, 5000.0), "20\u{a0}000");
        assert_eq!(duration(59.4), "59 s");
        assert_eq!(duration(185.0), "3 min 05 s");
        assert_eq!(duration(7800.0), "2 h 10 min");
        assert_eq!(short_count(11_689_512), "11.69 M");
    }
}
