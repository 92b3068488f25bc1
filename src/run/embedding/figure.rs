//! The picture of an embedding as a figure.

use super::Featured;
use crate::explain::embedding::{Analysis, Settings};
use crate::figure::{Dot, Key, Scatter, Theme};

/// What colours the points.
#[derive(Debug, Clone, PartialEq)]
pub enum Hue {
    /// Groups: their names, and that of each image (`None`: in none).
    Groups(Vec<String>, Vec<Option<u32>>),
    /// A number of each image, and what it is.
    Scale(String, Vec<f64>),
}

impl Hue {
    /// Labels of the data set; the classes of the network without any.
    pub fn of_labels(featured: &Featured) -> Self {
        let labels = featured.labels();
        if labels.iter().all(Option::is_none) {
            return Self::of_predictions(featured);
        }
        Self::Groups(featured.catalogue.classes.clone(), labels)
    }

    /// What the network says.
    pub fn of_predictions(featured: &Featured) -> Self {
        let predicted = featured.predicted.iter().map(|class| Some(*class)).collect();
        Self::Groups(featured.classes.clone(), predicted)
    }

    /// Ends of a scale: the smallest and largest number; (0, 1) for groups.
    pub fn limits(&self) -> [f64; 2] {
        let Self::Scale(_, values) = self else { return [0.0, 1.0] };
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let [low, high] =
            finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], v| [l.min(v), h.max(v)]);
        if low <= high { [low, high] } else { [0.0, 1.0] }
    }
}

/// The picture, its points coloured.
pub fn embedding_figure(
    featured: &Featured,
    analysis: &Analysis,
    settings: &Settings,
    hue: &Hue,
    theme: Theme,
) -> Scatter {
    let [low, high] = hue.limits();
    let dot = |row: usize| {
        let [x, y] = analysis.places[row];
        let (colour, value) = match hue {
            Hue::Groups(names, groups) => match groups[row] {
                Some(group) => {
                    let name = names.get(group as usize).cloned().unwrap_or_default();
                    (theme.series(group as usize), name)
                }
                None => (theme.axis(), String::new()),
            },
            Hue::Scale(_, values) => {
                (Scatter::colour_of(values[row], low, high), values[row].to_string())
            }
        };
        let name = featured.sample(row).id.clone();
        Dot { name, at: [f64::from(x), f64::from(y)], colour, value }
    };
    let key = match hue {
        Hue::Groups(names, groups) => {
            let mut entries: Vec<_> =
                names.iter().enumerate().map(|(i, name)| (name.clone(), theme.series(i))).collect();
            if groups.contains(&None) {
                entries.push(("in no group".into(), theme.axis()));
            }
            Key::Groups(entries)
        }
        Hue::Scale(name, _) => Key::Scale { name: name.clone(), low, high },
    };
    let [x_label, y_label] = axis_names(analysis, settings);
    Scatter {
        title: format!(
            "{} of {} images by {}",
            settings.method.describe(),
            featured.len(),
            featured.layer
        ),
        subtitle: figures(analysis),
        x_label,
        y_label,
        dots: (0..featured.len()).map(dot).collect(),
        key,
        theme,
        ..Scatter::default()
    }
}

/// Names of the axes; of principal components with their share of the variance.
fn axis_names(analysis: &Analysis, settings: &Settings) -> [String; 2] {
    let method = settings.method.describe();
    [0, 1].map(|axis| match (method, analysis.explained.get(axis)) {
        ("PCA", Some(share)) => format!("PC {} ({:.1} %)", axis + 1, share * 100.0),
        _ => format!("{method} {}", axis + 1),
    })
}

/// Agreement and trustworthiness in a line.
fn figures(analysis: &Analysis) -> String {
    let mut words = Vec::new();
    if let Some(trust) = analysis.trustworthiness {
        words.push(format!("trustworthiness {trust:.3}"));
    }
    if let Some(silhouette) = analysis.label_silhouette {
        words.push(format!("silhouette of the labels {silhouette:.3}"));
    }
    if let Some(grouping) = &analysis.grouping {
        words.push(format!("{} clusters", grouping.count));
        words.extend(grouping.adjusted_rand.map(|rand| format!("adjusted Rand {rand:.3}")));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::featured;
    use super::*;
    use crate::explain::embedding::Method;
    use crate::figure::Figure as _;

    #[test]
    fn labels_and_scores_colour_the_points() {
        let (featured, analysis) = featured(30);
        let settings = Settings { method: Method::Pca, ..Settings::default() };
        let labels = Hue::of_labels(&featured);
        let figure = embedding_figure(&featured, &analysis, &settings, &labels, Theme::Light);
        assert_eq!(figure.dots.len(), 30);
        assert_eq!(figure.dots[1].colour, Theme::Light.axis());
        let svg = figure.to_svg();
        assert!(
            svg.contains("PC 1 (") && svg.contains("in no group") && svg.contains("adjusted Rand")
        );
        let scores = Hue::Scale("score".into(), vec![0.5; 30]);
        let figure = embedding_figure(&featured, &analysis, &settings, &scores, Theme::Dark);
        assert!(matches!(figure.key, Key::Scale { low, high, .. } if low == 0.5 && high == 0.5));
    }
}
