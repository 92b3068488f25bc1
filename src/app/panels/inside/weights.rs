//! The filters of a convolution and the histograms of all weights.

use std::any::Any;
use std::sync::{Arc, PoisonError};

use egui::{ComboBox, Id, RichText, Role, ScrollArea, Sense, TextureHandle, Ui, WidgetInfo, vec2};

use serde::{Deserialize, Serialize};

use super::explainer::{Answer, Wish, explainer};
use super::{PanelContext, Shown};
use crate::app::plots::memory::cache;
use crate::app::plots::save::{grid_writer, save_button_ui};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{area_ui, hint_ui, name_field};
use crate::explain::convolutions;
use crate::figure::MapGrid;
use crate::figure::inside::{self, Ink};
use crate::image::display::Rgb8;
use crate::network::{Distribution, Network};
use crate::train::Quantity;

/// Pictures that are kept as textures, for the answer that they show and the theme.
#[derive(Default)]
struct Drawn {
    /// Kept alive, so that no later answer can lie at the same place.
    of: Option<Answered>,
    dark: bool,
    tiles: Vec<DrawnTile>,
}

/// An answer of any kind.
type Answered = Arc<dyn Any + Send + Sync>;

struct DrawnTile {
    name: String,
    /// What is said when the pointer rests on it.
    words: String,
    texture: TextureHandle,
}

/// Draws the view; `chosen` is the convolution whose filters are shown, `histograms` what the histograms
/// are of.
pub(super) fn weights_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    (chosen, histograms): (&mut Option<String>, &mut Histograms),
    shown: &Shown<'_>,
    network: &Network,
) {
    let names = convolutions(network);
    let known = chosen.clone().filter(|name| names.contains(name));
    let whole = ui.available_rect_before_wrap();
    let (left, right) = whole.split_left_right_at_fraction(0.5);
    if let Some(name) = known.or_else(|| names.first().cloned()) {
        area_ui(ui, "filters", left.with_max_x(left.right() - SPACE), |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new("Filters of").color(ctx.theme.text_strong));
                let combo = ComboBox::from_id_salt("convolution").selected_text(&name);
                let response = combo.width(170.0).show_ui(ui, |ui| {
                    for other in &names {
                        if ui.selectable_label(*other == name, other).clicked() {
                            *chosen = Some(other.clone());
                        }
                    }
                });
                name_field(&response.response, "Convolution");
            });
            filters_ui(ui, ctx, shown, &name);
        });
    }
    area_ui(ui, "histograms", right, |ui| histograms_ui(ui, ctx, histograms, shown));
}

fn filters_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, name: &str) {
    let Some(source) = shown.source() else { return };
    let explainer = explainer(ui.ctx(), "filters");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    explainer.want(source, Wish::Filters(name.to_owned()));
    let answer = explainer.answer_ui(ui, None);
    drop(explainer);
    let Some(Answer::Filters(found)) = answer else { return };
    let [out, inputs, height, width] = found.shape;
    ui.horizontal_wrapped(|ui| {
        let size = format!("{out} of {inputs}×{height}×{width}; grey is zero");
        ui.label(RichText::new(size).small().color(ctx.theme.text_weak));
        let file = format!("filters-{}.png", name.replace('.', "-"));
        let figure = || grid_writer(inside::filters(&found));
        save_button_ui(ui, ctx.actions, &format!("Filters of {name}"), &file, figure);
    });
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn filters"));
    let mut drawn = drawn.lock();
    drawn.update(ui, Arc::clone(&found) as Answered, || {
        let tiles = inside::filters(&found).tiles.into_iter();
        tiles.map(|tile| (tile.caption.clone(), tile.caption, tile.picture)).collect()
    });
    let side = if found.is_rgb() { 56.0 } else { 40.0 };
    tiles_ui(ui, ("filters", "Filter"), &drawn.tiles, [side, side], false);
}

/// Histograms of every layer, as they are or after each epoch.
fn histograms_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    chosen: &mut Histograms,
    shown: &Shown<'_>,
) {
    ui.horizontal_wrapped(|ui| {
        for (what, name, hint) in Histograms::ALL {
            ui.selectable_value(chosen, what, name).on_hover_text(hint);
        }
    });
    let Some(source) = shown.source() else { return };
    let explainer = explainer(ui.ctx(), "histograms");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    explainer.want(source, chosen.wish());
    let answer = explainer.answer_ui(ui, None);
    drop(explainer);
    let Some(found) = answer.as_ref().and_then(Found::of) else { return };
    if found.is_empty() {
        let text = if shown.run.live {
            "They come with the end of the first epoch."
        } else {
            "This run was made before they were kept after each epoch; train anew to see them."
        };
        return drop(hint_ui(ui, text));
    }
    let (hint, title, file) = match &found {
        Found::Now(_) => {
            ("Smallest to largest; red is zero", "Weights of each layer", "weights.png")
        }
        Found::Course(_) if *chosen == Histograms::Gradient => {
            (COURSE, "Gradient of each layer after each epoch", "gradient-by-epoch.png")
        }
        Found::Course(_) => {
            (COURSE, "Weights of each layer after each epoch", "weights-by-epoch.png")
        }
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(hint).small().color(ctx.theme.text_weak));
        let figure = || grid_writer(found.figure(title, &Ink::PRINT));
        save_button_ui(ui, ctx.actions, "Histograms", file, figure);
    });
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn histograms"));
    let mut drawn = drawn.lock();
    drawn.update(ui, found.answer(), || found.tiles(&ink(ctx.theme)));
    tiles_ui(ui, ("histograms", "Histogram"), &drawn.tiles, [172.0, 96.0], true);
}

/// How to read pictures of all epochs.
const COURSE: &str = "Epochs from left to right, smallest values below; red is zero";

/// What the histograms are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Histograms {
    /// The best weights.
    #[default]
    Now,
    /// The weights after each epoch.
    Weights,
    /// The gradient at the end of each epoch.
    Gradient,
}

impl Histograms {
    /// All, with name and hint.
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Now, "Weights now", "How the best weights of each layer are spread"),
        (Self::Weights, "Weights by epoch", "How the weights were spread after each epoch"),
        (Self::Gradient, "Gradients by epoch", "The gradient of each epoch's last batch"),
    ];

    fn wish(self) -> Wish {
        match self {
            Self::Now => Wish::Histograms,
            Self::Weights => Wish::Course(Quantity::Weights),
            Self::Gradient => Wish::Course(Quantity::Gradient),
        }
    }
}

/// The histograms that were found.
enum Found {
    Now(Arc<Vec<(String, Distribution)>>),
    Course(Arc<Vec<(String, Vec<Distribution>)>>),
}

impl Found {
    fn of(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Histograms(found) => Some(Self::Now(Arc::clone(found))),
            Answer::Course(found) => Some(Self::Course(Arc::clone(found))),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Now(found) => found.is_empty(),
            Self::Course(found) => found.is_empty(),
        }
    }

    fn answer(&self) -> Answered {
        match self {
            Self::Now(found) => Arc::clone(found) as Answered,
            Self::Course(found) => Arc::clone(found) as Answered,
        }
    }

    fn figure(&self, title: &str, ink: &Ink) -> MapGrid {
        match self {
            Self::Now(found) => inside::histograms(title, found, ink),
            Self::Course(found) => inside::histograms_by_epoch(title, found, ink),
        }
    }

    /// Name, words and picture of each layer.
    fn tiles(&self, ink: &Ink) -> Vec<(String, String, Rgb8)> {
        let tiles = self.figure("", ink).tiles.into_iter();
        let named: Vec<(String, String)> = match self {
            Self::Now(found) => found.iter().map(words).collect(),
            Self::Course(found) => found.iter().map(words_of_course).collect(),
        };
        tiles.zip(named).map(|(tile, (name, words))| (name, words, tile.picture)).collect()
    }
}

/// Colours of histograms in the window.
fn ink(theme: &Theme) -> Ink {
    let rgb = |colour: egui::Color32| [colour.r(), colour.g(), colour.b()];
    Ink { paper: rgb(theme.well), bar: rgb(theme.accent), zero: rgb(theme.error) }
}

/// The layer, and its figures.
fn words((name, figures): &(String, Distribution)) -> (String, String) {
    let short = name.strip_suffix(".weight").unwrap_or(name).to_owned();
    let [mean, std] = [figures.mean, figures.std].map(ticks::compact);
    let words = format!("{short}: {mean} ± {std}");
    (short, words)
}

/// The layer, and the ends of its values in the last epoch.
fn words_of_course((name, epochs): &(String, Vec<Distribution>)) -> (String, String) {
    let last = epochs.last().filter(|last| last.count > 0);
    let words = last.map_or_else(String::new, |last| {
        let [low, high] = [last.min, last.max].map(ticks::compact);
        format!(": {low} to {high} after the last epoch")
    });
    (name.clone(), format!("{name}{words}"))
}

impl Drawn {
    fn update(
        &mut self,
        ui: &Ui,
        of: Answered,
        make: impl FnOnce() -> Vec<(String, String, Rgb8)>,
    ) {
        let dark = Theme::of(ui.ctx()).dark;
        let same = self.of.as_ref().is_some_and(|known| Arc::ptr_eq(known, &of));
        if same && self.dark == dark && !self.tiles.is_empty() {
            return;
        }
        (self.of, self.dark) = (Some(of), dark);
        let texture = |Rgb8 { width, height, pixels }: &Rgb8| {
            let image = egui::ColorImage::from_rgb([*width, *height], pixels);
            ui.ctx().load_texture("weights", image, egui::TextureOptions::NEAREST)
        };
        let tiles = make().into_iter();
        let tile = |(name, words, picture)| DrawnTile { name, words, texture: texture(&picture) };
        self.tiles = tiles.map(tile).collect();
    }
}

/// The name below a picture, which says it itself to those who hear it.
fn caption_ui(ui: &mut Ui, name: &str, size: egui::Vec2) {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let text = egui::WidgetText::from(RichText::new(name).small().color(theme.text_weak));
    let wrap = Some(egui::TextWrapMode::Truncate);
    let galley = text.into_galley(ui, wrap, size.x, egui::TextStyle::Small);
    let corner = rect.center() - galley.size() / 2.0;
    ui.painter().galley(corner, galley, theme.text_weak);
}

fn tiles_ui(
    ui: &mut Ui,
    (salt, what): (&str, &str),
    tiles: &[DrawnTile],
    [width, height]: [f32; 2],
    captions: bool,
) {
    let gap = 6.0;
    let columns = ((ui.available_width() - 12.0) / (width + gap)).floor().max(1.0) as usize;
    let line = if captions { height + 18.0 } else { height };
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    let scroll = ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]);
    scroll.show_rows(ui, line, tiles.len().div_ceil(columns), |ui, rows| {
        for row in rows {
            ui.horizontal(|ui| {
                for DrawnTile { name, words, texture } in
                    tiles.iter().skip(row * columns).take(columns)
                {
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 2.0;
                        let (rect, response) =
                            ui.allocate_exact_size(vec2(width, height), Sense::hover());
                        let words = format!("{what} {words}");
                        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
                        let whole =
                            egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
                        ui.painter().image(texture.id(), rect, whole, egui::Color32::WHITE);
                        response.on_hover_text(words);
                        if captions {
                            caption_ui(ui, name, vec2(width, 14.0));
                        }
                    });
                }
            });
        }
    });
}
