//! An activation function and its derivative as a small plot.

use egui::{
    Align2, Color32, FontId, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::theme::Theme;
use crate::network::Activation;

/// The inputs that are shown: −4 to 4.
const REACH: f32 = 4.0;
/// Points of a curve.
const POINTS: usize = 161;

/// Draws the plot over the width there is.
pub(super) fn function_plot_ui(ui: &mut Ui, theme: &Theme, function: Activation, height: f32) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let words = format!("{} and its derivative", function.describe());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &words));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4, theme.well);
    let plot = rect.shrink2(vec2(8.0, 8.0));
    let (low, high) = range(function);
    let to = |x: f32, y: f32| {
        let across = (x + REACH) / (2.0 * REACH);
        let up = (y - low) / (high - low);
        pos2(plot.left() + plot.width() * across, plot.bottom() - plot.height() * up)
    };
    axes(ui, theme, plot, &to, [low, high]);
    let (value, slope) = (theme.accent, theme.series(1));
    curve(&painter, &to, |x| function.value(x), Stroke::new(2.5, value), false);
    curve(&painter, &to, |x| function.derivative(x), Stroke::new(1.8, slope), true);
    let font = egui::TextStyle::Small.resolve(ui.style());
    key(&painter, plot, &font, [("f(x)", value), ("f'(x)", slope)]);
    if let Some(at) = response.hover_pos() {
        let x = ((at.x - plot.left()) / plot.width()) * 2.0 * REACH - REACH;
        let text =
            format!("x = {x:.2}: f = {:.4}, f' = {:.4}", function.value(x), function.derivative(x));
        response.on_hover_text_at_pointer(text);
    }
}

/// The smallest and largest value that is shown.
fn range(function: Activation) -> (f32, f32) {
    let at = |n: usize| -REACH + 2.0 * REACH * n as f32 / (POINTS - 1) as f32;
    let values = (0..POINTS).map(at).flat_map(|x| [function.value(x), function.derivative(x)]);
    let (low, high) = values.fold((0.0_f32, 1.0_f32), |(l, h), v| (l.min(v), h.max(v)));
    (low.max(-REACH) - 0.2, high.min(REACH) + 0.2)
}

fn axes(ui: &Ui, theme: &Theme, plot: Rect, to: &impl Fn(f32, f32) -> Pos2, [low, high]: [f32; 2]) {
    let painter = ui.painter();
    let line = Stroke::new(1.0, theme.border);
    let font = FontId::proportional(10.0);
    painter.hline(plot.x_range(), to(0.0, 0.0).y, line);
    painter.vline(to(0.0, 0.0).x, plot.y_range(), line);
    for x in [-2.0, 2.0] {
        let at = to(x, 0.0);
        painter.vline(at.x, egui::Rangef::new(at.y - 3.0, at.y + 3.0), line);
        let text = if x < 0.0 { "\u{2212}2" } else { "2" };
        painter.text(at + vec2(0.0, 3.0), Align2::CENTER_TOP, text, font.clone(), theme.text_weak);
    }
    for y in [-1.0, 1.0] {
        if (low..=high).contains(&y) {
            let at = to(0.0, y);
            painter.hline(egui::Rangef::new(at.x - 3.0, at.x + 3.0), at.y, line);
            let text = if y < 0.0 { "\u{2212}1" } else { "1" };
            let to = at + vec2(-5.0, 0.0);
            painter.text(to, Align2::RIGHT_CENTER, text, font.clone(), theme.text_weak);
        }
    }
}

/// A curve; a jump is a gap.
fn curve(
    painter: &egui::Painter,
    to: &impl Fn(f32, f32) -> Pos2,
    value: impl Fn(f32) -> f32,
    stroke: Stroke,
    dashed: bool,
) {
    let x = |n: usize| -REACH + 2.0 * REACH * n as f32 / (POINTS - 1) as f32;
    let mut run: Vec<Pos2> = Vec::with_capacity(POINTS);
    let draw = |run: &mut Vec<Pos2>| {
        let points = std::mem::take(run);
        if dashed {
            painter.extend(Shape::dashed_line(&points, stroke, 5.0, 3.0));
        } else {
            painter.add(Shape::line(points, stroke));
        }
    };
    for n in 0..POINTS {
        let jump = n > 0 && (value(x(n)) - value(x(n - 1))).abs() > 0.45;
        if jump {
            draw(&mut run);
        }
        run.push(to(x(n), value(x(n))));
    }
    draw(&mut run);
}

fn key(painter: &egui::Painter, plot: Rect, font: &FontId, names: [(&str, Color32); 2]) {
    let mut at = plot.left_top();
    for (name, colour) in names {
        let text = painter.text(at, Align2::LEFT_TOP, name, font.clone(), colour);
        at.y = text.bottom() + 1.0;
    }
}
