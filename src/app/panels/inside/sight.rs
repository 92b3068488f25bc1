//! Where the network looks: a map of what speaks for a class, over the galaxy.

use std::sync::{Arc, PoisonError};

use egui::{ComboBox, DragValue, Id, RichText, TextureHandle, Ui};
use serde::{Deserialize, Serialize};

use super::explainer::{Answer, Wish, explainer};
use super::overlay::{OverlayLooks, attribution_texture, overlaid_ui, overlay_looks_ui};
use super::{PanelContext, Shown, waiting_ui};
use crate::app::panels::run_sample;
use crate::app::plots::color_map::ColorMap;
use crate::app::plots::memory::cache;
use crate::app::plots::save::save_button_ui;
use crate::app::plots::ticks;
use crate::app::theme::SPACE;
use crate::app::widgets::{color_scale_ui, name_field};
use crate::catalogue::{Sample, read_sample};
use crate::explain::{Attribution, Fill, Method, Overlay, Question, cam_layer, landmarks};
use crate::figure::{Figure as _, MapGrid, Tile};
use crate::image::display::usual_rgb8;
use crate::network::{Network, most_probable};
use crate::pipeline::Pipeline;
use crate::session::Writer;

/// What is asked and how it is shown; remembered across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sight {
    /// Method and its settings; class and layer are filled in for each run.
    question: Question,
    /// The class, or the one that the network finds.
    #[serde(skip)]
    class: Option<usize>,
    overlay: OverlayLooks,
    colors: ColorMap,
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            question: Question::default(),
            class: None,
            overlay: OverlayLooks::default(),
            colors: ColorMap::Inferno,
        }
    }
}

impl Sight {
    /// The question for this galaxy; `None` while the class is not known.
    pub(super) fn question(&self, shown: &Shown<'_>, network: &Network) -> Option<Question> {
        let found = shown.look().and_then(|look| most_probable(&look.probabilities));
        let chosen = self.class.filter(|class| *class < network.classes);
        let mut question = self.question.clone();
        question.class = chosen.or(found)?;
        let side = network.input[1].min(network.input[2]).max(1);
        question.patch = question.patch.clamp(1, side);
        question.stride = question.stride.clamp(1, question.patch);
        question.layer = match (question.method.takes_layer(), network.find(&question.layer)) {
            (false, _) => String::new(),
            (true, Some(_)) => question.layer,
            (true, None) => cam_layer(network)?,
        };
        Some(question)
    }
}

/// Whether the engine answers while it trains: one pass forwards and one backwards.
pub(super) fn is_quick(method: Method) -> bool {
    !matches!(method, Method::Integrated | Method::Occlusion)
}

/// Draws the view.
pub(super) fn sight_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    sight: &mut Sight,
    shown: &Shown<'_>,
    network: &Network,
) {
    controls_ui(ui, ctx, sight, shown, network);
    let Some(question) = sight.question(shown, network) else {
        return waiting_ui(ui, shown);
    };
    let live = shown.look().and_then(|look| look.attribution.clone());
    if shown.run.live && is_quick(question.method) {
        match live.filter(|found| answers(found, &question)) {
            Some(found) => found_ui(ui, ctx, sight, shown, &found),
            None => waiting_ui(ui, shown),
        }
        return;
    }
    asked_ui(ui, ctx, sight, shown, question);
}

fn answers(found: &Attribution, question: &Question) -> bool {
    let layer = question.method.takes_layer().then_some(&question.layer);
    found.method == question.method
        && found.class == question.class
        && found.layer.as_ref() == layer
}

/// What the thread of the best weights found, or how far it is.
fn asked_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    sight: &Sight,
    shown: &Shown<'_>,
    question: Question,
) {
    let Some(source) = shown.source() else { return };
    let explainer = explainer(ui.ctx(), "sight");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    explainer.want(source, Wish::Where(question, Arc::clone(&shown.subject.sample)));
    let answer = explainer.answer_ui(ui, Some("Computing"));
    drop(explainer);
    if let Some(Answer::Where(found)) = answer {
        found_ui(ui, ctx, sight, shown, &found);
    }
}

/// Textures of the attribution that is shown.
#[derive(Default)]
struct Drawn {
    kept: Option<(Arc<Attribution>, ColorMap, TextureHandle, TextureHandle)>,
}

impl Drawn {
    fn textures(
        &mut self,
        ui: &Ui,
        found: &Arc<Attribution>,
        colors: ColorMap,
    ) -> [TextureHandle; 2] {
        if let Some((of, by, over, alone)) = &self.kept
            && Arc::ptr_eq(of, found)
            && *by == colors
        {
            return [over.clone(), alone.clone()];
        }
        let table = colors.table();
        let over = attribution_texture(ui.ctx(), found, &table);
        let alone = crate::app::galaxies::upload(ui.ctx(), "map alone", &found.picture(&table));
        self.kept = Some((Arc::clone(found), colors, over.clone(), alone.clone()));
        [over, alone]
    }
}

fn found_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    sight: &Sight,
    shown: &Shown<'_>,
    found: &Arc<Attribution>,
) {
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn sight"));
    let [over, alone] = drawn.lock().textures(ui, found, sight.colors);
    let words = words(found);
    let room = ui.available_size();
    let side = ((room.x - SPACE) / 2.0).min(room.y - 64.0).clamp(96.0, 900.0);
    let name = format!("{} over the galaxy", found.method.title());
    ui.horizontal(|ui| {
        overlaid_ui(ui, ctx, shown, (side, &name), &over, sight.overlay);
        let (rect, response) = ui.allocate_exact_size(egui::vec2(side, side), egui::Sense::hover());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "The map alone"));
        ui.painter().rect_filled(rect, 4, ctx.theme.well);
        run_sample::paint(ui, &alone, rect);
    });
    ui.horizontal_wrapped(|ui| {
        if found.method.is_signed() {
            let [positive, negative] =
                crate::explain::FOR_AND_AGAINST.map(|[r, g, b]| egui::Color32::from_rgb(r, g, b));
            let largest = ticks::compact(f64::from(found.largest()));
            for (color, text) in [(positive, "speaks for it"), (negative, "against it")] {
                let (rect, _) =
                    ui.allocate_exact_size(egui::vec2(12.0, 12.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 2, color);
                ui.label(format!("{text}, up to {largest}"));
            }
        } else {
            color_scale_ui(ui, sight.colors, [0.0, found.largest()]);
        }
    });
    for line in words {
        ui.label(RichText::new(line).color(ctx.theme.text_weak));
    }
}

/// What the numbers say.
fn words(found: &Attribution) -> Vec<String> {
    let mut lines = Vec::new();
    if found.largest() == 0.0 {
        lines.push("Nothing here speaks for this class.".into());
    }
    let number = |value: f64| ticks::compact(value);
    let at = found.layer.as_ref().map_or_else(String::new, |layer| format!(" at {layer}"));
    lines.push(format!(
        "{}{at}. Output before the softmax: {}.",
        found.method.title(),
        number(f64::from(found.score))
    ));
    if let Some(complete) = found.completeness {
        lines.push(format!(
            "The attributions add up to {}, the outputs differ by {}: {:.2} % off after {} steps.",
            number(complete.sum),
            number(complete.difference),
            complete.gap() * 100.0,
            complete.steps
        ));
    }
    lines
}

fn controls_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    sight: &mut Sight,
    shown: &Shown<'_>,
    network: &Network,
) {
    let resolved = sight.question(shown, network);
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        method_ui(ui, sight);
        class_ui(ui, sight, shown, resolved.as_ref().map(|question| question.class));
        settings_ui(ui, sight, network, resolved.as_ref());
    });
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        overlay_looks_ui(ui, &mut sight.overlay);
        if !sight.question.method.is_signed() {
            ui.separator();
            for (colors, name) in ColorMap::ALL {
                ui.selectable_value(&mut sight.colors, colors, name);
            }
        }
        save_ui(ui, ctx, sight, shown, resolved.as_ref());
    });
    ui.add_space(SPACE * 0.5);
}

fn method_ui(ui: &mut Ui, sight: &mut Sight) {
    let combo = ComboBox::from_id_salt("method").selected_text(sight.question.method.title());
    let response = combo.width(160.0).show_ui(ui, |ui| {
        for method in Method::ALL {
            ui.selectable_value(&mut sight.question.method, method, method.title())
                .on_hover_text(method.hint());
        }
    });
    name_field(&response.response, "Method");
    response.response.on_hover_text(sight.question.method.hint());
}

fn class_ui(ui: &mut Ui, sight: &mut Sight, shown: &Shown<'_>, resolved: Option<usize>) {
    let classes = shown.classes();
    let name = |class: usize| classes.get(class).map_or("?", String::as_str);
    let text = match (sight.class, resolved) {
        (Some(class), _) => name(class).to_owned(),
        (None, Some(class)) => format!("{} (found)", name(class)),
        (None, None) => "the class found".into(),
    };
    let response =
        ComboBox::from_id_salt("class").selected_text(text).width(120.0).show_ui(ui, |ui| {
            ui.selectable_value(&mut sight.class, None, "the class found");
            for (class, name) in classes.iter().enumerate() {
                ui.selectable_value(&mut sight.class, Some(class), name);
            }
        });
    name_field(&response.response, "Class");
    response.response.on_hover_text("For which class it is asked");
}

/// What the method needs to know.
fn settings_ui(ui: &mut Ui, sight: &mut Sight, network: &Network, resolved: Option<&Question>) {
    let Sight { question, .. } = sight;
    if question.method.takes_layer() {
        let layer = resolved.map_or("", |question| &question.layer);
        let response =
            ComboBox::from_id_salt("layer").selected_text(layer).width(180.0).show_ui(ui, |ui| {
                for name in landmarks(network).into_iter().skip(1) {
                    let text = name.clone();
                    ui.selectable_value(&mut question.layer, name, text);
                }
            });
        name_field(&response.response, "Layer");
        response.response.on_hover_text("The layer whose maps are weighted");
        return;
    }
    let side = network.input[1].min(network.input[2]).max(1);
    let drag = |ui: &mut Ui, value: &mut usize, most: usize, name: &str| {
        // One widget, so that a name never stands in the line above its number.
        let drag = DragValue::new(value).range(1..=most).speed(0.2);
        let field = ui.add(drag.prefix(format!("{name} ")));
        name_field(&field, name);
    };
    match question.method {
        Method::Integrated => drag(ui, &mut question.steps, 1024, "Steps"),
        Method::Occlusion => {
            drag(ui, &mut question.patch, side, "Patch");
            let most = question.patch;
            drag(ui, &mut question.stride, most, "Stride");
        }
        _ => return,
    }
    ui.label("Empty is");
    for (fill, text) in [(Fill::Black, "black"), (Fill::Mean, "the mean")] {
        ui.selectable_value(&mut question.fill, fill, text);
    }
}

fn save_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    sight: &Sight,
    shown: &Shown<'_>,
    question: Option<&Question>,
) {
    let found = question.and_then(|question| current(ui, shown, question));
    let (Some(found), Some(started)) = (found, &shown.run.started) else { return };
    let sample = Arc::clone(&shown.subject.sample);
    let class = shown.classes().get(found.class).cloned().unwrap_or_else(|| "?".into());
    let file = format!("{}.png", found.method.id());
    let title = found.method.title().to_owned();
    let pipeline = started.plan.pipeline.clone();
    let looks = (sight.colors, sight.overlay.opacity);
    save_button_ui(ui, ctx.actions, &title, &file, || {
        Writer::new(move |path| {
            let figure = figure(&found, &sample, &class, &pipeline, looks)?;
            figure.save(path).map_err(|error| error.to_string())
        })
    });
}

/// The answer that is on the screen.
fn current(ui: &Ui, shown: &Shown<'_>, question: &Question) -> Option<Arc<Attribution>> {
    if shown.run.live && is_quick(question.method) {
        let live = shown.look()?.attribution.clone()?;
        return answers(&live, question).then_some(live);
    }
    let (source, sample) = (shown.source()?, Arc::clone(&shown.subject.sample));
    let explainer = explainer(ui.ctx(), "sight");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    match explainer.known(&source.folder, &Wish::Where(question.clone(), sample))? {
        Answer::Where(found) => Some(found),
        _ => None,
    }
}

/// The galaxy, the map over it and the map alone, as they are saved.
fn figure(
    found: &Attribution,
    sample: &Sample,
    class: &str,
    pipeline: &Pipeline,
    (colors, opacity): (ColorMap, f32),
) -> Result<MapGrid, String> {
    let image = read_sample(sample).map_err(|error| error.to_string())?;
    let picture = usual_rgb8(&image);
    let footprint = pipeline.footprint(image.width, image.height);
    let table = colors.table();
    let over = found.over(&picture, footprint, Overlay { colours: &table, opacity });
    let map = Tile { values: found.values.clone(), ..Tile::picture("map", found.picture(&table)) };
    Ok(MapGrid {
        title: format!("{} for {class}: {}", found.method.title(), sample.id),
        subtitle: found.layer.as_ref().map_or_else(String::new, |layer| format!("at {layer}")),
        tiles: vec![Tile::picture("galaxy", picture), Tile::picture("over it", over), map],
        columns: 3,
        tile_side: 256.0,
        ..MapGrid::default()
    })
}
