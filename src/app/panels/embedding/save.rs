//! The embedding as a picture and as a table.

use std::sync::Arc;

use egui::Ui;

use super::Looks;
use super::scene::Scene;
use super::work::Embedded;
use crate::app::theme::Theme;
use crate::catalogue::thumbnails;
use crate::explain::embedding::Settings;
use crate::figure::{self, Figure, Scatter};
use crate::run::{EMBEDDING_TABLES, embedding_figure, write_embedding};
use crate::session::{Action, SaveRequest, Writer};

/// Pixels of a picture in the saved figure, by its side in points.
const SHARPNESS: f32 = 2.0;

/// The two buttons.
pub(super) fn save_ui(
    ui: &mut Ui,
    actions: &mut Vec<Action>,
    theme: &Theme,
    scene: &Scene,
    looks: &mut Looks,
    embedded: &Arc<Embedded>,
    room: egui::Rect,
) {
    if ui.button("Save picture…").on_hover_text("PNG, SVG or its points as CSV").clicked() {
        actions.push(Action::Save(SaveRequest {
            title: "Embedding".into(),
            file_name: "embedding.png".into(),
            extensions: vec!["png", "svg", "csv"],
            write: picture(theme, scene, looks, embedded, room),
        }));
    }
    let help = "Identifier, file, label, prediction, place, cluster, anomaly and the numbers of \
        the data set, as CSV or Parquet";
    if ui.button("Save table…").on_hover_text(help).clicked() {
        let (embedded, features) = (Arc::clone(embedded), looks.features);
        let write = Writer::new(move |path| {
            let Embedded { featured, analysis, numbers, .. } = &*embedded;
            write_embedding(path, featured, analysis, numbers, features)
                .map_err(|error| format!("The table could not be saved: {error}."))
        });
        actions.push(Action::Save(SaveRequest {
            title: "Table of the embedding".into(),
            file_name: "embedding.csv".into(),
            extensions: EMBEDDING_TABLES.to_vec(),
            write,
        }));
    }
    ui.checkbox(&mut looks.features, "with features")
        .on_hover_text("Put the features of the layer into the table");
}

/// What is seen, drawn anew as a figure when it is saved.
fn picture(
    theme: &Theme,
    scene: &Scene,
    looks: &Looks,
    embedded: &Arc<Embedded>,
    room: egui::Rect,
) -> Writer {
    let hue = looks.color_by.hue(embedded);
    let shown: Vec<bool> = match scene.known_hues() {
        Some(hues) => (0..embedded.featured.len()).map(|row| hues.shows(row)).collect(),
        None => vec![true; embedded.featured.len()],
    };
    let [low, high] = super::view::seen(&scene.view, room);
    let range = [[low[0], high[0]], [low[1], high[1]]].map(|ends| ends.map(f64::from));
    let pictured =
        if looks.pictures { scene.pictured(embedded, room, looks.side + 3.0) } else { Vec::new() };
    let size = room.size().max(egui::vec2(200.0, 200.0));
    let dark = theme.dark;
    let (embedded, side) = (Arc::clone(embedded), looks.side);
    Writer::new(move |path| {
        let colors = if dark { figure::Theme::Dark } else { figure::Theme::Light };
        let settings: &Settings = &embedded.settings;
        let figure =
            embedding_figure(&embedded.featured, &embedded.analysis, settings, &hue, colors);
        let scatter = Scatter {
            plot_size: [f64::from(size.x), f64::from(size.y)],
            picture_side: f64::from(side),
            range: Some(range),
            pictures: pictured.iter().filter_map(|row| tile(&embedded, *row, side)).collect(),
            ..figure
        };
        kept(scatter, &shown)
            .save(path)
            .map_err(|error| format!("The picture could not be saved: {error}."))
    })
}

fn tile(embedded: &Embedded, row: u32, side: f32) -> Option<(usize, crate::image::display::Rgb8)> {
    let sample = embedded.featured.sample(row as usize);
    let picture = thumbnails::make(sample, (side * SHARPNESS) as usize).ok()?;
    Some((row as usize, picture))
}

/// The figure without the points of hidden groups.
fn kept(mut figure: Scatter, shown: &[bool]) -> Scatter {
    let mut places = Vec::with_capacity(shown.len());
    let mut next = 0;
    for shown in shown {
        places.push(shown.then_some(next));
        next += usize::from(*shown);
    }
    let pictures = std::mem::take(&mut figure.pictures).into_iter();
    figure.pictures = pictures.filter_map(|(row, picture)| Some((places[row]?, picture))).collect();
    let mut rows = shown.iter();
    figure.dots.retain(|_| rows.next().copied().unwrap_or(true));
    figure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Dot;
    use crate::image::display::Rgb8;

    #[test]
    fn hidden_points_take_their_pictures_with_them() {
        let dot = |name: &str| Dot {
            name: name.into(),
            at: [0.0; 2],
            colour: figure::Theme::Light.ink(),
            value: String::new(),
        };
        let figure = Scatter {
            dots: ["a", "b", "c"].map(dot).to_vec(),
            pictures: vec![(1, Rgb8::default()), (2, Rgb8::default())],
            ..Scatter::default()
        };
        let kept = kept(figure, &[true, false, true]);
        assert_eq!(kept.dots.iter().map(|dot| dot.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(kept.pictures.iter().map(|p| p.0).collect::<Vec<_>>(), [1]);
    }
}
