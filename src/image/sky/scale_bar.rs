//! A bar of a round length on the sky.

/// Round lengths in arcseconds, below a degree.
const LENGTHS: [f64; 18] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    1200.0, 1800.0,
];

/// Round lengths in degrees.
const DEGREES: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 45.0, 90.0];

/// A bar for an image.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Its length on the sky.
    pub arcsec: f64,
    /// Its length in pixels of the image.
    pub pixels: f64,
    /// Its length in words, such as `10″` or `1′`.
    pub label: String,
}

/// The longest bar of a round length that is at most `max_pixels` long, for pixels of
/// `scale_arcsec`; `None` when even the shortest is longer, or the scale makes no sense.
pub fn scale_bar(scale_arcsec: f64, max_pixels: f64) -> Option<ScaleBar> {
    let positive = scale_arcsec > 0.0 && max_pixels > 0.0;
    if !positive {
        return None;
    }
    let room = scale_arcsec * max_pixels;
    let degrees = DEGREES.iter().map(|degrees| degrees * 3600.0);
    let arcsec = LENGTHS.into_iter().chain(degrees).rfind(|length| *length <= room)?;
    Some(ScaleBar { arcsec, pixels: arcsec / scale_arcsec, label: angle_words(arcsec) })
}

/// An angle with the unit that suits it: `0.5″`, `10″`, `1.5′`, `2°`.
pub fn angle_words(arcsec: f64) -> String {
    let size = arcsec.abs();
    let (value, unit) = match size {
        _ if size >= 3600.0 => (arcsec / 3600.0, "°"),
        _ if size >= 60.0 => (arcsec / 60.0, "′"),
        _ => (arcsec, "″"),
    };
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_the_longest_round_one_that_fits() {
        let bar = scale_bar(0.396, 100.0).unwrap();
        assert_eq!((bar.arcsec, bar.label.as_str()), (30.0, "30″"));
        assert!((bar.pixels - 30.0 / 0.396).abs() < 1e-12);
        assert_eq!(scale_bar(0.7, 100.0).unwrap().label, "1′");
        assert_eq!(scale_bar(100.0, 100.0).unwrap().label, "2°");
        assert_eq!(scale_bar(0.05, 100.0).unwrap().label, "5″");
        assert_eq!(scale_bar(1e-6, 100.0), None);
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(scale_bar(scale, 100.0).is_none_or(|bar| bar.arcsec.is_finite()), "{scale}");
        }
    }

    #[test]
    fn angles_in_words() {
        assert_eq!(angle_words(0.5), "0.5″");
        assert_eq!(angle_words(90.0), "1.5′");
        assert_eq!(angle_words(7200.0), "2°");
        assert_eq!(angle_words(1234.56), "20.6′");
    }
}
