//! What colours the points, and which of them are hidden.

use std::collections::BTreeSet;

use egui::Color32;
use serde::{Deserialize, Serialize};

use super::work::Embedded;
use crate::app::theme::Theme;
use crate::figure::Scatter;
use crate::run::Hue;

/// What colours the points.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum ColorBy {
    /// The label of the data set.
    #[default]
    Label,
    /// What the network says.
    Predicted,
    /// Whether it says the label.
    Right,
    /// The cluster.
    Cluster,
    /// The probability of what the network says.
    Score,
    /// How unusual the image is.
    Anomaly,
    /// A number of the data set, by name.
    Number(String),
}

impl ColorBy {
    /// In words.
    pub(super) fn describe(&self) -> &str {
        match self {
            Self::Label => "Label",
            Self::Predicted => "Predicted class",
            Self::Right => "Right or wrong",
            Self::Cluster => "Cluster",
            Self::Score => "Score",
            Self::Anomaly => "Anomaly",
            Self::Number(name) => name,
        }
    }

    /// What an embedding can be coloured by.
    pub(super) fn choices(embedded: &Embedded) -> Vec<Self> {
        let mut all = vec![Self::Label, Self::Predicted, Self::Right];
        all.extend(embedded.analysis.grouping.as_ref().map(|_| Self::Cluster));
        all.extend([Self::Score, Self::Anomaly]);
        all.extend(embedded.numbers.iter().map(|numbers| Self::Number(numbers.name.clone())));
        all
    }

    /// Values of the points.
    pub(super) fn hue(&self, embedded: &Embedded) -> Hue {
        let featured = &embedded.featured;
        match self {
            Self::Label => Hue::of_labels(featured),
            Self::Predicted => Hue::of_predictions(featured),
            Self::Right => {
                let right = |row: usize| {
                    let label = featured.label_name(row);
                    let same = label == featured.predicted_name(row);
                    (!label.is_empty()).then_some(u32::from(!same))
                };
                let rows = (0..featured.len()).map(right).collect();
                Hue::Groups(vec!["right".into(), "wrong".into()], rows)
            }
            Self::Cluster => {
                let grouping = embedded.analysis.grouping.as_ref();
                let count = grouping.map_or(0, |grouping| grouping.count);
                let names = (1..=count).map(|number| format!("cluster {number}")).collect();
                let none = || vec![None; featured.len()];
                Hue::Groups(names, grouping.map_or_else(none, |grouping| grouping.labels.clone()))
            }
            Self::Score => {
                let scores = featured.scores.iter().map(|score| f64::from(*score)).collect();
                Hue::Scale("score".into(), scores)
            }
            Self::Anomaly => {
                let neighbour = embedded.settings.anomaly_neighbour;
                let name = format!("distance to neighbour {neighbour}");
                let values = embedded.analysis.anomaly.iter();
                Hue::Scale(name, values.map(|value| f64::from(*value)).collect())
            }
            Self::Number(name) => {
                let found = embedded.numbers.iter().find(|numbers| numbers.name == *name);
                let value = |sample: &usize| {
                    found.and_then(|n| n.values.get(*sample)).copied().unwrap_or(f64::NAN)
                };
                Hue::Scale(name.clone(), featured.samples.iter().map(value).collect())
            }
        }
    }
}

/// Colours of the points for the screen, and what the legend says of them.
pub(super) struct Hues {
    pub(super) hue: Hue,
    /// Colour of each point.
    pub(super) colors: Vec<Color32>,
    /// Points of each group; the last entry counts those in none.
    pub(super) counts: Vec<usize>,
    /// Groups that are not shown; the number of groups stands for those in none.
    pub(super) hidden: BTreeSet<u32>,
}

impl Hues {
    /// Colours by a choice.
    pub(super) fn new(embedded: &Embedded, by: &ColorBy, theme: &Theme) -> Self {
        let hue = by.hue(embedded);
        let [low, high] = hue.limits();
        let (colors, counts) = match &hue {
            Hue::Groups(names, groups) => {
                let mut counts = vec![0; names.len() + 1];
                let color = |group: &Option<u32>| {
                    let place = group.map_or(names.len(), |group| group as usize);
                    if let Some(count) = counts.get_mut(place) {
                        *count += 1;
                    }
                    color_of(theme, *group)
                };
                (groups.iter().map(color).collect(), counts)
            }
            Hue::Scale(_, values) => {
                let color = |value: &f64| {
                    let [r, g, b] = Scatter::colour_of(*value, low, high).0;
                    Color32::from_rgb(r, g, b)
                };
                (values.iter().map(color).collect(), Vec::new())
            }
        };
        Self { hue, colors, counts, hidden: BTreeSet::new() }
    }

    /// Whether a point is shown.
    pub(super) fn shows(&self, row: usize) -> bool {
        match &self.hue {
            Hue::Groups(names, groups) => {
                !self.hidden.contains(&groups[row].unwrap_or(names.len() as u32))
            }
            Hue::Scale(..) => true,
        }
    }

    /// Hides a group or shows it again.
    pub(super) fn toggle(&mut self, group: u32) {
        if !self.hidden.remove(&group) {
            self.hidden.insert(group);
        }
    }
}

/// Colour of a group; of points in none that of weak text.
pub(super) fn color_of(theme: &Theme, group: Option<u32>) -> Color32 {
    group.map_or(theme.text_weak.gamma_multiply(0.6), |group| theme.group(group as usize))
}
