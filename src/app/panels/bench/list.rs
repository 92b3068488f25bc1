//! Kernels to choose from: by name, and those that a trained network has learnt.

use egui::{Rect, RichText, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::work::{FirstLayer, Work};
use super::{Looks, PanelContext, grid};
use crate::app::theme::Theme;
use crate::app::widgets::name_field;
use crate::explain::bench::{KERNELS, Kernel};

/// Height of the list, in points.
const HEIGHT: f32 = 210.0;
/// Side of a learnt filter's picture, in points.
const FILTER: f32 = 34.0;

/// Draws the list.
pub(super) fn list_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    kernel: &mut Kernel,
) {
    let edit = TextEdit::singleline(&mut looks.search)
        .hint_text("Search")
        .desired_width(ui.available_width());
    name_field(&ui.add(edit), "Search the kernels");
    let words = looks.search.to_lowercase();
    let matches = |text: &str| {
        let text = text.to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    let scroll = ScrollArea::vertical().id_salt("kernels").max_height(HEIGHT);
    scroll.auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let mut none = true;
        for known in KERNELS.iter().filter(|k| matches(&format!("{} {}", k.name, k.about))) {
            none = false;
            let weights = (known.kernel)();
            if entry_ui(ui, ctx.theme, known.name, known.about, &weights, weights == *kernel) {
                *kernel = weights;
            }
        }
        if none {
            ui.label(RichText::new("No kernel has this word").color(ctx.theme.text_weak));
        }
    });
    learnt_ui(ui, ctx, looks, kernel);
}

/// One kernel; true when it is chosen.
fn entry_ui(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    about: &str,
    kernel: &Kernel,
    chosen: bool,
) -> bool {
    let size = vec2(ui.available_width(), 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, name));
    if ui.is_rect_visible(rect) {
        if chosen || response.hovered() || response.has_focus() {
            let fill = if chosen { theme.accent_soft } else { theme.control };
            ui.painter().rect_filled(rect, 5, fill);
        }
        let picture = Rect::from_min_size(rect.min + vec2(4.0, 3.0), vec2(22.0, 22.0));
        grid::kernel_picture(ui, theme, kernel, picture);
        let font = egui::TextStyle::Body.resolve(ui.style());
        let at = rect.left_center() + vec2(34.0, 0.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, name, font, theme.text);
    }
    response.on_hover_text(about).clicked()
}

/// The filters of the run that is shown.
fn learnt_ui(ui: &mut Ui, ctx: &PanelContext<'_>, looks: &mut Looks, kernel: &mut Kernel) {
    ui.separator();
    let weak = |text: &str| RichText::new(text.to_owned()).small().color(ctx.theme.text_weak);
    let Some(run) = ctx.state.run() else {
        ui.label(weak("Open a run to take a filter that its network has learnt."));
        return;
    };
    let name = run.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let work = Work::of(ui.ctx());
    match Work::filters(&work, &run.folder) {
        None => {
            ui.label(weak(&format!("Reading the filters of {name}")));
        }
        Some(Err(problem)) => {
            ui.label(RichText::new(problem).small().color(ctx.theme.warning));
        }
        Some(Ok(layer)) => {
            ui.label(weak(&format!("{} of {name}, as learnt", layer.layer)));
            filters_ui(ui, ctx.theme, &layer, looks, kernel);
        }
    }
}

fn filters_ui(
    ui: &mut Ui,
    theme: &Theme,
    layer: &FirstLayer,
    looks: &mut Looks,
    kernel: &mut Kernel,
) {
    let channels = layer.filters.first().map_or(0, |filter| filter.channels.len() - 1);
    if channels > 1 {
        ui.horizontal_wrapped(|ui| {
            ui.label("Channel");
            ui.selectable_value(&mut looks.channel, None, "all together");
            for channel in 0..channels.min(8) {
                let name = match (channels, channel) {
                    (3, 0) => "red".into(),
                    (3, 1) => "green".into(),
                    (3, 2) => "blue".into(),
                    _ => (channel + 1).to_string(),
                };
                ui.selectable_value(&mut looks.channel, Some(channel), name);
            }
        });
    }
    let scroll = ScrollArea::vertical().id_salt("filters").max_height(HEIGHT);
    scroll.auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for (number, filter) in layer.filters.iter().enumerate() {
                let channel = looks.channel.unwrap_or(channels).min(channels);
                let weights = &filter.channels[channel];
                let (rect, response) = ui.allocate_exact_size(vec2(FILTER, FILTER), Sense::click());
                let name = format!("Filter {number} of {}", layer.layer);
                let chosen = weights == kernel;
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
                grid::kernel_picture(ui, theme, weights, rect);
                if chosen || response.hovered() || response.has_focus() {
                    let stroke = egui::Stroke::new(1.5, theme.text_strong);
                    ui.painter().rect_stroke(rect, 2, stroke, egui::StrokeKind::Outside);
                }
                if response.on_hover_text(name.clone()).clicked() {
                    kernel.clone_from(weights);
                }
            }
        });
    });
}
