//! What is known of the chosen layer or block: counts, what it sees of the galaxy, its weights.

use egui::{Id, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::Built;
use super::canvas::Chosen;
use super::weights::{self, Question, Source};
use crate::app::panels::PanelContext;
use crate::app::panels::preview::{self, Preview};
use crate::app::panels::run_sample;
use crate::app::plots::save::{figure_writer, save_button_ui};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{error_ui, facts_ui, hint_ui};
use crate::figure::charts;
use crate::network::{LayerSummary, NodeId};
use crate::train::Plan;

/// Largest side of the galaxy's picture, in points.
const GALAXY: f32 = 190.0;

/// Whose network it is.
pub(super) struct Subject<'a> {
    /// The plan that trains it: of the run, or of the settings.
    pub(super) plan: &'a Plan,
    /// Which weights.
    pub(super) source: Source,
    /// In words, e.g. `Weights of resnet18-0001`.
    pub(super) words: String,
}

/// Draws what is known of the chosen part; a hint when there is none.
pub(super) fn inspector_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    built: &Built,
    subject: &Subject<'_>,
) {
    let Some(chosen) = &built.canvas.chosen else {
        hint_ui(
            ui,
            "Click a layer to look at it. A double click or Enter folds and unfolds a block; the \
             wheel zooms, dragging moves, arrow keys walk along the edges, F shows everything.",
        );
        return;
    };
    let nodes = built.nodes_of(chosen);
    let Some(&last) = nodes.last() else { return };
    head_ui(ui, ctx.theme, built, chosen, &nodes);
    counts_ui(ui, built, &nodes, subject.plan.batch_size);
    ui.add_space(SPACE);
    sight_ui(ui, ctx, &built.summary.layers[last], subject.plan);
    ui.add_space(SPACE);
    weights_ui(ui, ctx, built, &nodes, subject);
}

fn head_ui(ui: &mut Ui, theme: &Theme, built: &Built, chosen: &Chosen, nodes: &[NodeId]) {
    let layers = || nodes.iter().map(|&node| &built.summary.layers[node]);
    let (title, names) = match chosen {
        Chosen::Block(block) => (format!("Block {block}"), format!("{} layers", nodes.len())),
        Chosen::Layer(_) => {
            let kinds: Vec<&str> = layers().map(|layer| layer.kind.as_str()).collect();
            let names: Vec<&str> = layers().map(|layer| layer.name.as_str()).collect();
            (kinds.join(", "), names.join(", "))
        }
    };
    ui.label(RichText::new(title).size(14.5).color(theme.text_strong));
    ui.add(egui::Label::new(RichText::new(names).small().color(theme.text_weak)).wrap());
    if layers().all(|layer| layer.only_training) {
        hint_ui(ui, "Part of an auxiliary classifier; used in training only.");
    }
}

/// Shape, parameters, products and memory, each with its share of the whole.
fn counts_ui(ui: &mut Ui, built: &Built, nodes: &[NodeId], batch: usize) {
    let summary = &built.summary;
    let sum = |count: fn(&LayerSummary) -> u64| -> u64 {
        nodes.iter().map(|&node| count(&summary.layers[node])).sum()
    };
    let (trainable, fixed) = (sum(|layer| layer.trainable), sum(|layer| layer.non_trainable));
    let products = sum(|layer| layer.multiply_adds);
    let bytes = sum(|layer| layer.activation_bytes);
    let shape = nodes.last().map_or(String::new(), |&n| summary.layers[n].shape.to_string());
    let mut facts = vec![("Output", shape)];
    facts.push((
        "Parameters",
        shared(ticks::grouped(trainable as f64), trainable, summary.trainable),
    ));
    if fixed > 0 {
        facts.push(("Not trained", ticks::grouped(fixed as f64)));
    }
    let products_words = ticks::short_count(products);
    facts.push(("Multiply-adds", shared(products_words, products, summary.multiply_adds)));
    let memory = format!("{} for {batch} images", ticks::bytes(bytes * batch as u64));
    facts.push(("Activations", memory));
    facts_ui(ui, &facts);
}

/// A value with its share of the whole.
fn shared(words: String, count: u64, of: u64) -> String {
    if count == 0 || of == 0 {
        return words;
    }
    format!("{words} ({:.1} %)", count as f64 / of as f64 * 100.0)
}

/// The receptive field on the chosen galaxy, as the network sees it.
fn sight_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, layer: &LayerSummary, plan: &Plan) {
    let [height, width] = layer.receptive_field;
    let side = plan.pipeline.size;
    let exceeds = height > side || width > side;
    let words = if exceeds {
        format!(
            "A value sees the whole image: {height} × {width} pixels, the image has {side} × {side}"
        )
    } else {
        let share = (height * width) as f64 / (side * side).max(1) as f64 * 100.0;
        format!("A value sees {height} × {width} of {side} × {side} pixels ({share:.1} %)")
    };
    ui.label(RichText::new(&words).small().color(ctx.theme.text));
    let extent = ui.available_width().min(GALAXY);
    let (rect, response) = ui.allocate_exact_size(vec2(extent, extent), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    ui.painter().rect_filled(rect, 4, ctx.theme.well);
    galaxy_ui(ui, ctx, plan, rect);
    let scale = extent / side.max(1) as f32;
    let field = Rect::from_center_size(rect.center(), vec2(width as f32, height as f32) * scale);
    let field = field.intersect(rect);
    // Galaxies stand on a dark sky in either theme.
    let dark = Stroke::new(3.5, Theme::DARK.background);
    ui.painter().rect_stroke(field, 0, dark, StrokeKind::Inside);
    let stroke = Stroke::new(1.8, Theme::DARK.warning);
    ui.painter().rect_stroke(field, 0, stroke, StrokeKind::Inside);
}

fn galaxy_ui(ui: &Ui, ctx: &PanelContext<'_>, plan: &Plan, rect: Rect) {
    let data = ctx.state.data.ready();
    let sample = data.and_then(|data| data.catalogue.samples.get(ctx.state.selected.unwrap_or(0)));
    let say = |words: &str| {
        let font = egui::TextStyle::Small.resolve(ui.style());
        let centre = rect.center_bottom() - vec2(0.0, 12.0);
        ui.painter().text(centre, egui::Align2::CENTER_CENTER, words, font, ctx.theme.text_weak);
    };
    let Some(sample) = sample else { return say("no galaxy is chosen") };
    let question =
        preview::Question { sample: sample.clone(), pipeline: plan.pipeline.clone(), seed: 0 };
    match Preview::ask(&Preview::of(ui.ctx(), "network"), question).0 {
        Some(Ok(preview::Pictures { inputs: Ok(inputs), .. })) => {
            if let Some(input) = inputs.first() {
                run_sample::paint(ui, input, rect);
            }
        }
        Some(_) => say("the galaxy cannot be shown"),
        None => say("reading"),
    }
}

/// The histogram of one tensor of the chosen part.
fn weights_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    built: &Built,
    nodes: &[NodeId],
    subject: &Subject<'_>,
) {
    let tensors: Vec<&str> = built.tensors_of(nodes);
    let Some(&first) = tensors.first() else {
        hint_ui(ui, "Has no weights.");
        return;
    };
    let id = Id::unique("chosen tensor");
    let kept: Option<String> = ui.data(|data| data.get_temp(id));
    let mut tensor =
        kept.filter(|kept| tensors.contains(&kept.as_str())).unwrap_or_else(|| first.to_owned());
    ui.horizontal(|ui| {
        tensor_ui(ui, id, &tensors, &mut tensor);
        let question = Question {
            network: built.network.clone(),
            tensor: tensor.clone(),
            source: subject.source.clone(),
        };
        if let Some((_, Ok(values))) = weights::ask(ui.ctx(), &question) {
            let file = format!("{tensor}.png");
            save_button_ui(ui, ctx.actions, "Histogram", &file, || {
                figure_writer(charts::weights(&tensor, &subject.words, &values))
            });
        }
    });
    ui.data_mut(|data| data.insert_temp(id, tensor.clone()));
    hint_ui(ui, &subject.words);
    values_ui(ui, ctx.theme, built, tensor, subject);
}

/// Chooses a tensor; long names are cut, so that there is room beside them.
fn tensor_ui(ui: &mut Ui, id: Id, tensors: &[&str], tensor: &mut String) {
    let width = (ui.available_width() - 64.0).max(80.0);
    ui.scope(|ui| {
        ui.set_max_width(width);
        let combo = egui::ComboBox::from_id_salt(id).selected_text(tensor.as_str());
        let shown = combo.width(width).truncate().show_ui(ui, |ui| {
            for name in tensors {
                ui.selectable_value(tensor, (*name).to_owned(), *name);
            }
        });
        let name = format!("Tensor: {tensor}");
        shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
    });
}

fn values_ui(ui: &mut Ui, theme: &Theme, built: &Built, tensor: String, subject: &Subject<'_>) {
    let source = subject.source.clone();
    let question = Question { network: built.network.clone(), tensor, source };
    let answer = weights::ask(ui.ctx(), &question);
    match answer {
        None => drop(ui.spinner()),
        Some((_, Err(problem))) => drop(error_ui(ui, &problem)),
        Some((Question { tensor, .. }, Ok(values))) => {
            weights::histogram_ui(ui, theme, &tensor, &values);
            let number = |value: f64| ticks::compact(value);
            let mut facts = vec![
                ("Values", ticks::grouped(values.count as f64)),
                ("Mean", number(values.mean)),
                ("Deviation", number(values.std)),
                ("Smallest", number(values.min)),
                ("Largest", number(values.max)),
                ("Zeros", format!("{:.1} %", values.zeros * 100.0)),
            ];
            if values.not_finite > 0 {
                facts.push(("Not finite", values.not_finite.to_string()));
            }
            facts_ui(ui, &facts);
        }
    }
}
