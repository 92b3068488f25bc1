//! The galaxies of a cell of the confusion matrix, the most confident first.

use std::sync::Arc;

use egui::{Id, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::compute::Evaluated;
use super::{Looks, PanelContext};
use crate::app::galaxies::Picture;
use crate::app::panels::run_sample::{self, RunSamples};
use crate::app::theme::SPACE;
use crate::evaluate::{CellSample, Confusion, Predictions};
use crate::session::{Action, RunView};

/// Side of a picture, in points.
const SIDE: f32 = 104.0;

/// The galaxies of the cell shown last, so that they are not sorted in every frame.
#[derive(Clone)]
struct Known {
    predictions: Arc<Predictions>,
    cell: (usize, usize),
    samples: Arc<Vec<CellSample>>,
}

/// Draws the strip, when a cell is chosen.
pub(super) fn strip_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    run: &RunView,
    looks: &mut Looks,
    evaluated: &Evaluated,
) {
    let k = evaluated.confusion.classes.len();
    let Some(cell) = looks.cell.filter(|(t, p)| *t < k && *p < k) else { return };
    let samples = samples(ui, &evaluated.predictions, cell);
    ui.add_space(SPACE);
    ctx.theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        head_ui(ui, ctx, run, looks, evaluated, cell, &samples);
        if samples.is_empty() {
            ui.label(RichText::new("No galaxy is in this cell.").color(ctx.theme.text_weak));
        } else {
            pictures_ui(ui, ctx, run, evaluated, &samples);
        }
    });
}

fn samples(ui: &Ui, predictions: &Arc<Predictions>, cell: (usize, usize)) -> Arc<Vec<CellSample>> {
    let id = Id::unique("cell samples");
    let known: Option<Known> = ui.data(|data| data.get_temp(id));
    let same = |known: &Known| Arc::ptr_eq(&known.predictions, predictions) && known.cell == cell;
    if let Some(known) = known.filter(same) {
        return known.samples;
    }
    let samples = Arc::new(Confusion::cell_samples(predictions, cell.0, cell.1));
    let known = Known { predictions: predictions.clone(), cell, samples: samples.clone() };
    ui.data_mut(|data| data.insert_temp(id, known));
    samples
}

fn head_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    run: &RunView,
    looks: &mut Looks,
    evaluated: &Evaluated,
    (truth, predicted): (usize, usize),
    samples: &[CellSample],
) {
    let classes = &evaluated.confusion.classes;
    let title = format!("True {}, predicted {}", classes[truth], classes[predicted]);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&title).color(ctx.theme.text_strong));
        let count = match samples.len() {
            1 => "1 galaxy".into(),
            n => format!("{n} galaxies, most confident first"),
        };
        ui.label(RichText::new(count).color(ctx.theme.text_weak));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Close").clicked() {
                looks.cell = None;
            }
            let all =
                ui.add_enabled(!samples.is_empty(), egui::Button::new("Show as contact sheet"));
            if let (true, Some(started)) = (all.clicked(), &run.started) {
                let samples = samples.iter().map(|sample| sample.sample).collect();
                let catalogue = started.catalogue.clone();
                ctx.push(Action::ShowSamples { title, samples, catalogue });
                ctx.push(Action::ShowPanel("galaxies"));
            }
        });
    });
}

fn pictures_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    run: &RunView,
    evaluated: &Evaluated,
    cells: &[CellSample],
) {
    let text = ui.text_style_height(&egui::TextStyle::Small);
    let (step, height) = (SIDE + SPACE, SIDE + 3.0 * text + 12.0);
    let samples = RunSamples::of(ctx.state, run);
    let scroll = ScrollArea::horizontal().id_salt("cell strip").auto_shrink([false, true]);
    scroll.show_viewport(ui, |ui, viewport| {
        let origin = ui.min_rect().min;
        ui.set_min_size(vec2(step * cells.len() as f32, height));
        let first = (viewport.left() / step).max(0.0) as usize;
        let last = ((viewport.right() / step).ceil() as usize).min(cells.len());
        for (index, cell) in cells.iter().enumerate().take(last).skip(first) {
            let at = pos2(origin.x + step * index as f32, origin.y);
            let rect = Rect::from_min_size(at, vec2(SIDE, height));
            picture_ui(ui, ctx, &samples, evaluated, cell, rect);
        }
    });
}

/// One galaxy: its picture, name, probability; a click chooses it.
fn picture_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    samples: &RunSamples<'_>,
    evaluated: &Evaluated,
    cell: &CellSample,
    rect: Rect,
) {
    let theme = ctx.theme;
    let classes = &evaluated.confusion.classes;
    let predicted = &classes[evaluated.predictions.predicted(cell.index)];
    let truth = classes.get(evaluated.predictions.truth[cell.index]).map_or("?", String::as_str);
    let name = samples.name(cell.sample);
    let response =
        ui.interact(rect, ui.scope_id().with(("cell galaxy", cell.index)), Sense::click());
    let words =
        format!("{name}: true {truth}, predicted {predicted}, {:.1} %", cell.confidence * 100.0);
    let chosen = samples.is_selected(cell.sample);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &words));
    let image = Rect::from_min_size(rect.min, vec2(SIDE, SIDE));
    ui.painter().rect_filled(image, 6, theme.well);
    if let Some(picture) = samples.picture(ui, ctx.galaxies, cell.sample, SIDE) {
        match picture {
            Picture::Ready(texture) => run_sample::paint(ui, &texture, image.shrink(2.0)),
            Picture::Pending => (),
            Picture::Failed(_) => run_sample::paint_missing(ui, theme, image),
        }
    }
    if chosen || response.hovered() || response.has_focus() {
        let color = if chosen { theme.accent } else { theme.text_weak };
        ui.painter().rect_stroke(image, 6, (1.5, color), egui::StrokeKind::Inside);
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let font = egui::TextStyle::Small.resolve(ui.style());
    let (line, left) = (ui.text_style_height(&egui::TextStyle::Small), rect.left());
    let color = theme.series(evaluated.predictions.predicted(cell.index));
    let short = run_sample::short_name(name);
    let share = format!("{predicted} {:.1} %", cell.confidence * 100.0);
    let lines = [(share, color), (format!("true {truth}"), theme.text_weak), (short, theme.text)];
    for (row, (text, color)) in lines.into_iter().enumerate() {
        let at = pos2(left, image.bottom() + 4.0 + line * row as f32);
        painter.text(at, egui::Align2::LEFT_TOP, text, font.clone(), color);
    }
    if response.clicked() {
        ctx.actions.extend(samples.select(cell.sample));
    }
    response.on_hover_text(words);
}
