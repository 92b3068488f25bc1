//! The histogram of the values, with limits to drag.

use egui::{Color32, Id, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::display_form::significant;
use super::measuring::Ready;
use crate::app::theme::Theme;
use crate::image::display::{Histogram, Limits, Look, Mode};

/// Height in points.
const HEIGHT: f32 = 92.0;
/// Reach of a limit's handle, in points.
const REACH: f32 = 8.0;

/// Draws the histograms of the bands that are shown; dragging moves the limits of all of them.
pub(super) fn histogram_ui(ui: &mut Ui, theme: &Theme, ready: &Ready, look: &mut Look) {
    let Some(range) = range(&ready.histograms) else { return };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| {
        let text = format!("Histogram from {} to {}", significant(range.0), significant(range.1));
        WidgetInfo::labeled(egui::Role::Image, true, text)
    });
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4, theme.well);
    let colours = colours(theme, look.mode);
    for (histogram, colour) in ready.histograms.iter().zip(colours) {
        bars(&painter, rect, range, histogram, colour);
    }
    let x_of = |value: f64| {
        let share = ((value - range.0) / (range.1 - range.0)).clamp(0.0, 1.0);
        rect.left() + share as f32 * rect.width()
    };
    let bands = look.mode.bands();
    for (which, name) in ["Low limit", "High limit"].into_iter().enumerate() {
        if which == 1 && look.mode == Mode::LuptonRgb {
            break;
        }
        let values = ready.measured.limits;
        let value = if which == 0 { values[0].0 } else { values[0].1 };
        let x = x_of(f64::from(value));
        let grip = Rect::from_x_y_ranges(x - REACH..=x + REACH, rect.y_range());
        let id = Id::unique("viewer histogram").with(which);
        let handle = ui.interact(grip, id, Sense::click_and_drag());
        handle.widget_info(|| {
            WidgetInfo::slider(true, f64::from(value), format!("{name} on the histogram"))
        });
        if handle.hovered() || handle.dragged() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
        if let Some(at) = handle.interact_pointer_pos().filter(|_| handle.dragged()) {
            let share = f64::from((at.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
            let to = range.0 + share * (range.1 - range.0);
            move_limits(look, &values[..bands], which, to as f32 - value);
        }
        let strong = handle.hovered() || handle.dragged();
        let stroke = Stroke::new(if strong { 2.5 } else { 1.5 }, theme.accent);
        painter.vline(x, rect.y_range(), stroke);
        let sign = if which == 0 { rect.bottom() - 6.0 } else { rect.top() + 6.0 };
        painter.circle_filled(pos2(x, sign), 4.0, theme.accent);
        handle.on_hover_text(format!("{name}: {}", significant(f64::from(value))));
    }
}

/// Moves one limit of each band by the same difference and holds all limits by hand from now on.
fn move_limits(look: &mut Look, now: &[(f32, f32)], which: usize, by: f32) {
    for (limits, &(low, high)) in look.limits.iter_mut().zip(now) {
        *limits = if which == 0 {
            Limits::Fixed { low: (low + by).min(high), high }
        } else {
            Limits::Fixed { low, high: (high + by).max(low) }
        };
    }
}

/// The range that all histograms together span.
fn range(histograms: &[Histogram]) -> Option<(f64, f64)> {
    let low = histograms.iter().map(|h| f64::from(h.low)).fold(f64::INFINITY, f64::min);
    let high = histograms.iter().map(|h| f64::from(h.high)).fold(f64::NEG_INFINITY, f64::max);
    (low < high && (high - low).is_finite()).then_some((low, high))
}

fn colours(theme: &Theme, mode: Mode) -> [Color32; 3] {
    match mode {
        Mode::OneBand => [theme.text_weak; 3],
        _ => theme.bands(),
    }
}

/// Logarithmic heights, since a few pixels of a galaxy are what one looks for.
fn bars(
    painter: &egui::Painter,
    rect: Rect,
    (low, high): (f64, f64),
    histogram: &Histogram,
    colour: Color32,
) {
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1);
    let scale = (most as f64).ln_1p();
    let (first, last) = (f64::from(histogram.low), f64::from(histogram.high));
    let count = histogram.counts.len() as f64;
    let x_of = |bin: f64| {
        let value = first + (last - first) * bin / count;
        rect.left() + ((value - low) / (high - low)) as f32 * rect.width()
    };
    let mut mesh = egui::Mesh::default();
    for (bin, &n) in histogram.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        let share = ((n as f64).ln_1p() / scale) as f32;
        let top = rect.bottom() - share * (rect.height() - 4.0);
        let bar = Rect::from_x_y_ranges(
            x_of(bin as f64)..=x_of(bin as f64 + 1.0).max(x_of(bin as f64) + 0.5),
            top..=rect.bottom(),
        );
        mesh.add_colored_rect(bar, colour.gamma_multiply(0.75));
    }
    painter.add(mesh);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dragged_limit_never_passes_the_other() {
        let mut look = Look::default();
        move_limits(&mut look, &[(1.0, 3.0)], 0, 5.0);
        assert_eq!(look.limits[0], Limits::Fixed { low: 3.0, high: 3.0 });
        move_limits(&mut look, &[(1.0, 3.0)], 1, -0.5);
        assert_eq!(look.limits[0], Limits::Fixed { low: 1.0, high: 2.5 });
        assert_eq!(look.limits[1], Look::default().limits[1], "bands not shown stay as they are");
    }

    #[test]
    fn a_constant_image_has_no_histogram_to_drag_on() {
        let flat = Histogram { low: 2.0, high: 2.0, counts: vec![9], ..Histogram::default() };
        assert!(range(&[flat]).is_none());
        assert!(range(&[]).is_none());
    }
}
