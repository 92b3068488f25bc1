//! Bars for counts and shares.

use egui::{Align2, Color32, Response, Role, Sense, TextStyle, Ui, WidgetInfo, vec2};

use crate::app::theme::Theme;
use crate::network::most_probable;

/// A name, a bar of the given share (0–1) and a value; clickable. `selected` marks it.
pub(crate) fn bar_ui(
    ui: &mut Ui,
    name: &str,
    share: f32,
    value: &str,
    colour: Color32,
    selected: bool,
) -> Response {
    let theme = Theme::of(ui.ctx());
    let height = ui.text_style_height(&TextStyle::Body) + 18.0;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let label = format!("{name}, {value}");
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, selected, &label));
    let painter = ui.painter_at(rect);
    if selected || response.hovered() || response.has_focus() {
        let fill = if selected { theme.accent_soft } else { theme.control };
        painter.rect_filled(rect, 6, fill);
    }
    let inner = rect.shrink2(vec2(6.0, 3.0));
    let font = TextStyle::Body.resolve(ui.style());
    let value_at = inner.right_top();
    let value_rect =
        painter.text(value_at, Align2::RIGHT_TOP, value, font.clone(), theme.text_weak);
    let name_clip = inner.with_max_x(value_rect.left() - 6.0);
    let galley = elided(ui, name, font, theme.text, name_clip.width());
    painter.with_clip_rect(name_clip).galley(inner.left_top(), galley, theme.text);
    let track = inner.with_min_y(inner.bottom() - 4.0);
    painter.rect_filled(track, 2, theme.control);
    let width = (track.width() * share.clamp(0.0, 1.0)).max(if share > 0.0 { 3.0 } else { 0.0 });
    painter.rect_filled(track.with_max_x(track.left() + width), 2, colour);
    response
}

/// What a network says of a galaxy: a bar for each class, the most probable one marked, the true one
/// told.
pub(crate) fn probabilities_ui(
    ui: &mut Ui,
    classes: &[String],
    probabilities: &[f32],
    truth: Option<usize>,
) {
    let theme = Theme::of(ui.ctx());
    let best = most_probable(probabilities);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (class, probability) in probabilities.iter().enumerate() {
        let name = classes.get(class).map_or("?", String::as_str);
        let (name, hint) = if truth == Some(class) {
            (format!("{name} (true)"), "The true class")
        } else {
            (name.to_owned(), "Probability")
        };
        let value = format!("{:.1} %", probability * 100.0);
        let bar = bar_ui(ui, &name, *probability, &value, theme.series(class), best == Some(class));
        bar.on_hover_text(hint);
    }
}

/// Shares side by side over the whole width, e.g. the parts of the split.
pub(crate) fn stacked_bar_ui(ui: &mut Ui, parts: &[(f32, Color32)], name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let total: f32 = parts.iter().map(|(share, _)| share).sum();
    let mut left = rect.left();
    for (share, colour) in parts {
        let width = rect.width() * share / total.max(f32::MIN_POSITIVE);
        let part = rect.with_min_x(left).with_max_x(left + (width - 2.0).max(0.0));
        ui.painter().rect_filled(part, 3, *colour);
        left += width;
    }
    response
}

/// Text on one line, with an ellipsis where it does not fit.
fn elided(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    colour: Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    ui.painter().layout_job(job)
}
