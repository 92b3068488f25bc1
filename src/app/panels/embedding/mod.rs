//! The embedding: what a layer makes of a whole data set, in a plane, with clusters, neighbours and
//! what is unusual.

mod canvas;
mod form;
mod hues;
mod legend;
mod lists;
mod save;
mod scene;
#[cfg(test)]
mod tests;
mod view;
mod work;

use std::fmt::Write as _;
use std::sync::Arc;

use egui::{ComboBox, Id, Rect, RichText, Slider, Ui, pos2, vec2};
use serde::{Deserialize, Serialize};

use self::form::Images;
use self::hues::ColorBy;
use self::scene::{Scene, Tab};
use self::work::Embedded;
use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::theme::SPACE;
use crate::app::widgets::{area_ui, empty_ui, error_ui};
use crate::explain::embedding::{Clusters, Method, Metric, Settings, TsneSettings, UmapSettings};

/// Width of the list, and of the panel below which it stands under the plane.
const LIST: f32 = 264.0;
const NARROW: f32 = 700.0;

/// What a drag on the plane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Tool {
    /// Moves it.
    #[default]
    Move,
    /// Takes what is drawn around.
    Lasso,
    /// Takes what lies in a rectangle.
    Rectangle,
}

/// A method without its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum MethodName {
    Pca,
    Tsne,
    #[default]
    Umap,
}

impl MethodName {
    const ALL: [Self; 3] = [Self::Pca, Self::Tsne, Self::Umap];

    fn describe(self) -> &'static str {
        match self {
            Self::Pca => "PCA",
            Self::Tsne => "t-SNE",
            Self::Umap => "UMAP",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Pca => {
                "The two directions along which the features vary most; distances are true"
            }
            Self::Tsne => "Neighbourhoods as they are; distances between groups mean little",
            Self::Umap => "Neighbourhoods and something of the whole; faster than t-SNE",
        }
    }
}

/// What is drawn and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    layer: String,
    images: Images,
    method: MethodName,
    tsne: TsneSettings,
    umap: UmapSettings,
    clusters: Clusters,
    metric: Metric,
    components: usize,
    anomaly_neighbour: usize,
    seed: u64,
    /// Settings are unfolded.
    details: bool,
    color_by: ColorBy,
    tool: Tool,
    /// Pictures instead of points.
    pictures: bool,
    /// Side of a picture in points.
    side: f32,
    /// Features in the saved table.
    features: bool,
}

impl Default for Looks {
    fn default() -> Self {
        let Settings { components, anomaly_neighbour, seed, metric, .. } = Settings::default();
        Self {
            layer: String::new(),
            images: Images::default(),
            method: MethodName::default(),
            tsne: TsneSettings::default(),
            umap: UmapSettings::default(),
            clusters: Clusters::None,
            metric,
            components,
            anomaly_neighbour,
            seed,
            details: false,
            color_by: ColorBy::default(),
            tool: Tool::default(),
            pictures: false,
            side: 36.0,
            features: false,
        }
    }
}

impl Looks {
    fn settings(&self) -> Settings {
        let method = match self.method {
            MethodName::Pca => Method::Pca,
            MethodName::Tsne => Method::Tsne(self.tsne),
            MethodName::Umap => Method::Umap(self.umap),
        };
        let Self { metric, components, clusters, anomaly_neighbour, seed, .. } = *self;
        Settings { method, metric, components, clusters, anomaly_neighbour, seed }
    }
}

/// Draws the panel.
pub(crate) fn embedding_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some((run, started)) = ctx.state.run().and_then(|run| Some((run, run.started.as_ref()?)))
    else {
        let text = "Train a network or open a run: this panel then shows how a layer of it sees a \
            whole data set, which images it takes for alike, and which for unusual.";
        return empty_ui(ui, "No network to embed with", text, |_| {});
    };
    // Lines that do not wrap may make the panel wider than its place.
    let right = ui.max_rect().right();
    let memory = cache::<Option<Scene>>(ui.ctx(), Id::unique("embedding scene"));
    let mut memory = memory.lock();
    let scene = memory.get_or_insert_with(|| Scene::new(&ui.ctx().clone()));
    scene.take_in();
    with_looks(&ui.ctx().clone(), Id::unique("embedding looks"), |looks: &mut Looks| {
        form::form_ui(ui, ctx, scene, looks, run, started);
        if let Some(problem) = &scene.work.problem {
            error_ui(ui, problem);
        }
        let shown = scene.work.shown.clone().filter(|shown| shown.run == run.id);
        match shown {
            Some(shown) => shown_ui(ui, ctx, scene, looks, &shown, right),
            None => waiting_ui(ui, scene, run.live),
        }
    });
}

fn waiting_ui(ui: &mut Ui, scene: &Scene, live: bool) {
    if scene.work.progress().is_some() {
        let text = "The images go through the network in the background; you can go on working.";
        return empty_ui(ui, "Being drawn", text, |ui| {
            ui.spinner();
        });
    }
    let text = if live {
        "Press Draw embedding. While it trains, the best weights that were saved so far are taken; \
         there are some after the first epoch."
    } else {
        "Choose a layer and a method and press Draw embedding. Images that the network takes for \
         alike will lie together."
    };
    empty_ui(ui, "Nothing is drawn yet", text, |_| {});
}

fn shown_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    looks: &mut Looks,
    shown: &Arc<Embedded>,
    right: f32,
) {
    let choices = ColorBy::choices(shown);
    if !choices.contains(&looks.color_by) {
        looks.color_by = ColorBy::default();
    }
    scene.hues(shown, &looks.color_by, ctx.theme);
    ui.add_space(SPACE * 0.5);
    figures_ui(ui, ctx, shown);
    let room = ui.data(|data| data.get_temp(Id::unique("embedding room")));
    let room = room.unwrap_or(Rect::from_min_size(pos2(0.0, 0.0), vec2(640.0, 560.0)));
    ui.horizontal_wrapped(|ui| {
        tools_ui(ui, looks, scene, &choices);
        ui.separator();
        save::save_ui(ui, ctx.actions, ctx.theme, scene, looks, shown, room);
    });
    legend::legend_ui(ui, ctx.theme, scene);
    let all = ui.available_rect_before_wrap();
    let (plane, list) = rooms(all.with_max_x(all.right().min(right)));
    ui.data_mut(|data| data.insert_temp(Id::unique("embedding room"), plane));
    area_ui(ui, "plane", plane, |ui| {
        canvas::canvas_ui(ui, ctx, scene, looks, shown);
        // Rings would hide the pictures.
        if scene.tab == Tab::Neighbours
            && !looks.pictures
            && let Some(near) =
                scene.neighbours(shown, looks.metric).map(|found| found.rows.clone())
        {
            canvas::rings(ui, ctx.theme, plane, scene, shown, &near);
        }
    });
    area_ui(ui, "list", list, |ui| lists::lists_ui(ui, ctx, scene, looks, shown));
    ui.expand_to_include_rect(plane.union(list));
}

/// The plane, and the list beside or below it.
fn rooms(all: Rect) -> (Rect, Rect) {
    if all.width() < NARROW {
        let height = (all.height() * 0.62).max(120.0);
        let (plane, list) = all.split_top_bottom_at_y(all.top() + height);
        (plane, list.with_min_y(list.top() + SPACE))
    } else {
        let (plane, list) = all.split_left_right_at_x(all.right() - LIST);
        (plane.with_max_x(plane.right() - SPACE), list)
    }
}

/// What was drawn, and how far it can be trusted.
fn figures_ui(ui: &mut Ui, ctx: &PanelContext<'_>, shown: &Embedded) {
    let (featured, analysis) = (&shown.featured, &shown.analysis);
    let mut words = vec![format!(
        "{} images, {} features of {}",
        featured.len(),
        featured.features.columns(),
        featured.layer
    )];
    if analysis.seen < featured.features.columns() {
        let share: f64 = analysis.explained.iter().sum();
        words.push(format!(
            "{} components ({:.0} % of the variance)",
            analysis.seen,
            share * 100.0
        ));
    }
    words.extend(analysis.trustworthiness.map(|value| format!("trustworthiness {value:.3}")));
    words.extend(analysis.label_silhouette.map(|value| format!("silhouette of labels {value:.3}")));
    if let Some(grouping) = &analysis.grouping {
        words.push(format!("{} clusters, {} noise", grouping.count, grouping.noise));
        words.extend(grouping.adjusted_rand.map(|value| format!("adjusted Rand {value:.3}")));
        words.extend(grouping.silhouette.map(|value| format!("their silhouette {value:.3}")));
    }
    if !featured.failed.is_empty() {
        words.push(format!("{} left out", featured.failed.len()));
    }
    let text = RichText::new(words.join("  ·  ")).small().color(ctx.theme.text);
    let [network, rest] = shown.seconds;
    let mut help = format!("The network took {network:.1} s, the rest {rest:.1} s.");
    if shown.epoch > 0 {
        let _ = write!(help, " Weights of epoch {}.", shown.epoch);
    }
    for (_, reason) in featured.failed.iter().take(5) {
        let _ = write!(help, "\nLeft out: {reason}.");
    }
    for note in &analysis.notes {
        let _ = write!(help, "\n{note}");
    }
    ui.add(egui::Label::new(text).wrap()).on_hover_text(help);
}

fn tools_ui(ui: &mut Ui, looks: &mut Looks, scene: &mut Scene, choices: &[ColorBy]) {
    for (tool, name, help) in [
        (Tool::Move, "Move", "Drag moves, the wheel enlarges"),
        (Tool::Lasso, "Lasso", "Draw around points; also by dragging with Shift held"),
        (Tool::Rectangle, "Rectangle", "Draw a rectangle around points"),
    ] {
        ui.selectable_value(&mut looks.tool, tool, name).on_hover_text(help);
    }
    if ui.button("Fit").on_hover_text("Show all points (F)").clicked() {
        scene.view.fits = true;
    }
    ui.separator();
    let chosen = looks.color_by.describe().to_owned();
    let combo = ComboBox::from_id_salt("embedding colour").selected_text(&chosen).width(120.0);
    let combo = combo.height(320.0).show_ui(ui, |ui| {
        for choice in choices {
            ui.selectable_value(&mut looks.color_by, choice.clone(), choice.describe());
        }
    });
    let name = format!("Colour by: {chosen}");
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
    ui.checkbox(&mut looks.pictures, "Pictures");
    if looks.pictures {
        ui.spacing_mut().slider_width = 70.0;
        let slider = Slider::new(&mut looks.side, 20.0..=96.0).show_value(false);
        ui.name_inputs("Size of the pictures", |ui| ui.add(slider));
    }
}
