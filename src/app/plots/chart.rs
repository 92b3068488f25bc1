//! A chart of curves over a common axis: grid, marks, a key in the corner, and the values of all
//! curves at the cursor.

use std::ops::RangeInclusive;

use egui::{
    Align2, Color32, Id, PopupAnchor, Pos2, Rect, Response, RichText, Role, Stroke, TextStyle,
    Tooltip, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::{GridMark, Plot, PlotPoint, PlotTransform, VLine};

use super::curve::Curve;
use super::item::{CurveItem, Pen, scaled};
use super::settle::settle;
use super::ticks;
use crate::app::theme::Theme;

/// A curve of a chart.
pub(crate) struct Trace<'a> {
    /// What it is, e.g. `validation`.
    pub(crate) name: String,
    /// Its points.
    pub(crate) curve: Curve<'a>,
    /// How it looks.
    pub(crate) pen: Pen,
    /// Its colour in the palette of saved figures.
    pub(crate) palette: usize,
    /// Named in the key and read at the cursor; false for the faint raw line behind a smooth one.
    pub(crate) named: bool,
}

/// A vertical line with a word.
pub(crate) struct Mark {
    /// Where.
    pub(crate) x: f64,
    /// What it means, e.g. `best`.
    pub(crate) text: String,
    /// Its colour.
    pub(crate) color: Color32,
}

/// How a chart is drawn.
pub(crate) struct LiveChart<'a> {
    /// What it shows, e.g. `Loss`; also its accessible name.
    pub(crate) title: &'a str,
    /// What the horizontal axis counts, e.g. `Epoch`.
    pub(crate) x_label: &'a str,
    /// Logarithmic vertical axis.
    pub(crate) log: bool,
    /// Height with axes, in points.
    pub(crate) height: f32,
    /// Charts of a group zoom together and share the cursor.
    pub(crate) group: Option<Id>,
    /// Vertical lines.
    pub(crate) marks: Vec<Mark>,
    /// These values are always in sight.
    pub(crate) include_y: Option<[f64; 2]>,
    /// What lines mean.
    pub(crate) key: Vec<(String, Pen)>,
    /// The key stands in the lower right corner instead of the upper one.
    pub(crate) key_below: bool,
}

/// Distances of marks along the axes, in points.
const X_SPACING: f64 = 72.0;
const Y_SPACING: f64 = 34.0;

impl LiveChart<'_> {
    /// Draws the chart over the width there is.
    pub(crate) fn show(self, ui: &mut Ui, traces: &[Trace<'_>]) -> Response {
        let theme = Theme::of(ui.ctx());
        let log = self.log;
        let plot = self.configured(ui, theme);
        let shown = plot.show(ui, |plot| {
            for mark in &self.marks {
                let line = VLine::new("", mark.x).color(mark.color.gamma_multiply(0.5)).width(1.0);
                plot.vline(line.allow_hover(false));
            }
            for (index, trace) in traces.iter().enumerate() {
                let id = format!("{index} {}", trace.name);
                plot.add(CurveItem::new(&id, trace.curve, trace.pen, log));
            }
        });
        let frame = *shown.transform.frame();
        settle(ui, shown.response.id, frame);
        self.mark_names(ui, theme, &shown.transform);
        key_ui(ui, theme, frame, &self.key, self.key_below);
        self.readout(ui, theme, &shown.response, &shown.transform, traces);
        let name = accessible_name(self.title, traces);
        shown.response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
        shown.response
    }

    fn configured<'p>(&self, ui: &Ui, theme: &Theme) -> Plot<'p> {
        let log = self.log;
        let format_y = move |mark: GridMark, _: &RangeInclusive<f64>| {
            if !log {
                return ticks::mark(mark.value, mark.step_size);
            }
            let value = 10_f64.powf(mark.value);
            ticks::compact(value)
        };
        let mut plot = Plot::new(("live chart", self.title, self.x_label, log))
            .height(self.height)
            .show_y(false)
            .allow_scroll(false)
            .allow_zoom(ui.input(|input| input.modifiers.command))
            .allow_boxed_zoom(true)
            .set_margin_fraction(vec2(0.02, 0.06))
            .grid_color(theme.border)
            .grid_fade(0.15)
            .cursor_color(theme.text_weak.gamma_multiply(0.6))
            .y_axis_min_width(46.0)
            .x_axis_label(RichText::new(self.x_label).small().color(theme.text_weak))
            .x_axis_formatter(|mark, _| ticks::mark(mark.value, mark.step_size))
            .y_axis_formatter(format_y)
            .x_grid_spacer(|input| ticks::linear(&input, X_SPACING))
            .y_grid_spacer(move |input| {
                if log {
                    ticks::logarithmic(&input, Y_SPACING)
                } else {
                    ticks::linear(&input, Y_SPACING)
                }
            });
        if let Some(group) = self.group {
            plot = plot.link_axis(group, [true, false]).link_cursor(group, [true, false]);
        }
        for y in self.include_y.into_iter().flatten() {
            plot = plot.include_y(scaled(y, log));
        }
        plot
    }

    fn mark_names(&self, ui: &Ui, theme: &Theme, transform: &PlotTransform) {
        let frame = *transform.frame();
        let painter = ui.painter_at(frame);
        for mark in &self.marks {
            let x = transform.position_from_point_x(mark.x);
            let right = x > frame.center().x;
            let (anchor, shift) =
                if right { (Align2::RIGHT_BOTTOM, -4.0) } else { (Align2::LEFT_BOTTOM, 4.0) };
            let font = TextStyle::Small.resolve(ui.style());
            let at = pos2(x + shift, frame.bottom() - 3.0);
            let galley = painter.layout_no_wrap(mark.text.clone(), font, mark.color);
            let ground = anchor.anchor_size(at, galley.size());
            painter.rect_filled(ground.expand(2.0), 3, theme.well.gamma_multiply(0.8));
            painter.galley(ground.min, galley, mark.color);
        }
    }

    /// The values of all curves at the cursor, and a dot on each.
    fn readout(
        &self,
        ui: &Ui,
        theme: &Theme,
        response: &Response,
        transform: &PlotTransform,
        traces: &[Trace<'_>],
    ) {
        let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) else { return };
        let x = transform.value_from_position(pointer).x;
        let reach = transform.dvalue_dpos()[0].abs() * 24.0;
        let mut rows = Vec::new();
        for trace in traces.iter().filter(|trace| trace.named) {
            let Some(point) = trace.curve.nearest(x) else { continue };
            let gap = trace.curve.spacing_at(x).max(reach);
            if (point[0] - x).abs() <= gap {
                self.dot(ui, theme, transform, point, trace.pen.color);
                rows.push((trace, point));
            }
        }
        if rows.is_empty() {
            return;
        }
        let anchor = PopupAnchor::Pointer;
        let tooltip = Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, anchor);
        tooltip.gap(14.0).show(|ui| {
            let at = rows.iter().map(|(_, point)| point[0]);
            let nearest = at.min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs())).unwrap_or(x);
            let head = format!("{} {}", self.x_label, ticks::compact(nearest));
            ui.label(RichText::new(head).small().color(theme.text_weak));
            egui::Grid::new("readout").num_columns(3).spacing([8.0, 2.0]).show(ui, |ui| {
                for (trace, point) in &rows {
                    swatch_ui(ui, trace.pen);
                    ui.label(&trace.name);
                    let value = RichText::new(ticks::compact(point[1])).monospace();
                    ui.label(value.color(theme.text_strong));
                    ui.end_row();
                }
            });
        });
    }

    fn dot(&self, ui: &Ui, theme: &Theme, to: &PlotTransform, point: [f64; 2], color: Color32) {
        let y = scaled(point[1], self.log);
        if y.is_finite() {
            let at = to.position_from_point(&PlotPoint::new(point[0], y));
            let painter = ui.painter_at(*to.frame());
            painter.circle(at, 3.5, color, Stroke::new(1.5, theme.well));
        }
    }
}

/// A short line in the look of a curve.
pub(crate) fn swatch_ui(ui: &mut Ui, pen: Pen) {
    let size = vec2(16.0, ui.text_style_height(&TextStyle::Small));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    swatch(ui, rect, pen);
}

fn swatch(ui: &Ui, rect: Rect, pen: Pen) {
    let ends = [rect.left_center(), rect.right_center()];
    let stroke = Stroke::new(pen.width.clamp(1.5, 3.0), pen.color);
    if pen.dashed {
        ui.painter().extend(egui::Shape::dashed_line(&ends, stroke, 4.0, 3.0));
    } else {
        ui.painter().line_segment(ends, stroke);
    }
    if pen.dots > 0.0 {
        ui.painter().circle_filled(rect.center(), pen.dots, pen.color);
    }
}

/// The key, in a corner on the right of the plot.
fn key_ui(ui: &Ui, theme: &Theme, frame: Rect, key: &[(String, Pen)], below: bool) {
    let font = TextStyle::Small.resolve(ui.style());
    let lay = |(name, pen): &(String, Pen)| {
        (*pen, ui.painter().layout_no_wrap(name.clone(), font.clone(), theme.text))
    };
    let rows: Vec<_> = key.iter().map(lay).collect();
    let width = rows.iter().map(|(_, text)| text.size().x).fold(0.0, f32::max) + 32.0;
    let height: f32 = rows.iter().map(|(_, text)| text.size().y + 2.0).sum::<f32>() + 6.0;
    if rows.is_empty() || width > frame.width() * 0.7 || height > frame.height() * 0.75 {
        return;
    }
    let top = if below { frame.bottom() - height - 24.0 } else { frame.top() + 6.0 };
    let corner = pos2(frame.right() - width - 6.0, top);
    let ground = Rect::from_min_size(corner, vec2(width, height));
    ui.painter().rect_filled(ground, 4, theme.well.gamma_multiply(0.85));
    let mut top: Pos2 = ground.min + vec2(6.0, 4.0);
    for (pen, text) in rows {
        let line = Rect::from_min_size(top, vec2(16.0, text.size().y));
        swatch(ui, line, pen);
        let step = text.size().y + 2.0;
        ui.painter().galley(top + vec2(22.0, 0.0), text, theme.text);
        top.y += step;
    }
}

/// What a screen reader says: the title and the last value of each curve.
fn accessible_name(title: &str, traces: &[Trace<'_>]) -> String {
    let last = |trace: &Trace<'_>| {
        let value = trace.curve.point(trace.curve.len().checked_sub(1)?)?[1];
        Some(format!("{} {}", trace.name, ticks::compact(value)))
    };
    let values: Vec<_> = traces.iter().filter(|trace| trace.named).filter_map(last).collect();
    if values.is_empty() { title.into() } else { format!("{title}: {}", values.join(", ")) }
}
