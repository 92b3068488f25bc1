//! Probabilities of the classes against the damage done to an image.

use crate::figure::{Chart, Colour, Series};

/// The class probabilities at each value of a damage.
#[derive(Debug, Clone, Copy)]
pub struct DamageCurve<'a> {
    /// What was damaged, e.g. the file's name.
    pub title: &'a str,
    /// The rest of the damage, in words.
    pub note: &'a str,
    /// Name and unit of what was varied.
    pub label: &'a str,
    /// Names of the classes.
    pub classes: &'a [String],
    /// The values of the damage.
    pub values: &'a [f32],
    /// `[value, class]`.
    pub probabilities: &'a [f32],
    /// Standard deviations, `[value, class]`; empty for none.
    pub spreads: &'a [f32],
}

/// A line for each class, with a band of one standard deviation where there are several draws.
pub fn damage(curve: &DamageCurve<'_>) -> Chart {
    let count = curve.classes.len();
    let mut chart = Chart::new(curve.title, curve.label, "Probability");
    chart.subtitle = curve.note.into();
    chart.y_range = Some([0.0, 1.0]);
    let at = |values: &[f32], place: usize, class: usize| {
        values.get(place * count + class).map_or(f64::NAN, |value| f64::from(*value))
    };
    let x = |place: usize| f64::from(curve.values[place]);
    let places = 0..curve.values.len();
    if !curve.spreads.is_empty() {
        for class in 0..count {
            let band = places.clone().map(|place| {
                let (mean, spread) =
                    (at(curve.probabilities, place, class), at(curve.spreads, place, class));
                [x(place), (mean - spread).max(0.0), (mean + spread).min(1.0)]
            });
            let band: Vec<_> = band.collect();
            chart = chart.with(Series::band("", &band, Colour::Palette(class)).faint());
        }
    }
    for (class, name) in curve.classes.iter().enumerate() {
        let points =
            places.clone().map(|place| [x(place), at(curve.probabilities, place, class)]).collect();
        let line = Series::line(name, points, Colour::Palette(class));
        chart = chart.with(if curve.values.len() <= 40 { line.with_markers() } else { line });
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    #[test]
    fn each_class_has_a_line_and_a_band() {
        let classes = ["round".to_owned(), "spiral".to_owned()];
        let curve = DamageCurve {
            title: "m51.fits",
            note: "undamaged",
            label: "Noise",
            classes: &classes,
            values: &[0.0, 0.1],
            probabilities: &[0.9, 0.1, 0.4, 0.6],
            spreads: &[0.0, 0.0, 0.2, 0.2],
        };
        let chart = damage(&curve);
        assert_eq!(chart.series.len(), 4);
        assert_eq!(chart.series[3].points[1], [f64::from(0.1_f32), f64::from(0.6_f32)]);
        assert!(chart.to_svg().contains("spiral"));
        assert_eq!(damage(&DamageCurve { spreads: &[], ..curve }).series.len(), 2);
    }
}
