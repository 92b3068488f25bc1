//! Labels of grid lines, with as many parts and decimals as the step needs.

use super::GridText;

/// A right ascension in degrees, such as `12h30m` or `187.5°`.
pub(super) fn right_ascension(ra: f64, step: f64, text: GridText) -> String {
    match text {
        GridText::Sexagesimal => parts(ra / 15.0, step / 15.0, ["h", "m", "s"], 24),
        GridText::Degrees => format!("{ra:.*}°", decimals(step)),
    }
}

/// A declination in degrees, such as `+12°30′` or `−0.5°`.
pub(super) fn declination(dec: f64, step: f64, text: GridText) -> String {
    let sign = if dec < -0.5 * step * 1e-6 { "−" } else { "+" };
    let size = dec.abs();
    match text {
        GridText::Sexagesimal => format!("{sign}{}", parts(size, step, ["°", "′", "″"], u64::MAX)),
        GridText::Degrees => format!("{sign}{size:.*}°", decimals(step)),
    }
}

/// Whole units, minutes and seconds up to the part that the step moves.
fn parts(value: f64, step: f64, marks: [&str; 3], modulus: u64) -> String {
    let decimals = decimals(step * 3600.0);
    let fraction = 10_u64.pow(decimals as u32);
    let ticks = (value * 3600.0 * fraction as f64).round() as u64;
    let (seconds, rest) = (ticks / fraction, ticks % fraction);
    let (units, minutes, s) = (seconds / 3600 % modulus, seconds / 60 % 60, seconds % 60);
    let [u, m, mark] = marks;
    // Steps are made of floating-point sixtieths: a little less than a minute is a minute.
    if step >= 0.999_999 {
        format!("{units:02}{u}")
    } else if step * 60.0 >= 0.999_999 {
        format!("{units:02}{u}{minutes:02}{m}")
    } else if decimals == 0 {
        format!("{units:02}{u}{minutes:02}{m}{s:02}{mark}")
    } else {
        format!("{units:02}{u}{minutes:02}{m}{s:02}.{rest:0decimals$}{mark}")
    }
}

/// Decimals that tell multiples of a step apart.
fn decimals(step: f64) -> usize {
    let power = (step * (1.0 + 1e-9)).log10().floor();
    if power < 0.0 { (-power).min(9.0) as usize } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_parts_of_their_step() {
        let text = GridText::Sexagesimal;
        assert_eq!(right_ascension(187.5, 15.0, text), "12h");
        assert_eq!(right_ascension(187.5, 0.25, text), "12h30m");
        assert_eq!(right_ascension(187.5, 15.0 * 30.0 / 3600.0, text), "12h30m00s");
        assert_eq!(right_ascension(0.0, 15.0 * 0.05 / 3600.0, text), "00h00m00.00s");
        assert_eq!(declination(-0.5, 0.5, text), "−00°30′");
        assert_eq!(declination(0.0, 1.0, text), "+00°");
        assert_eq!(declination(12.25, 0.05, GridText::Degrees), "+12.25°");
        assert_eq!(right_ascension(359.5, 0.5, GridText::Degrees), "359.5°");
    }
}
