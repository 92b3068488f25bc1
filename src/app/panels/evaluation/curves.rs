//! ROC and precision–recall curves of each class, and the threshold that is moved along them.

use egui::{Color32, Key, Layout, Response, RichText, Role, Slider, Ui, WidgetInfo, vec2};
use egui_plot::{Line, LineStyle, Plot, PlotPoint, PlotPoints, PlotUi, Points};

use super::compute::Evaluated;
use super::{Looks, PanelContext};
use crate::app::plots::save::{curves_writer, save_button_ui};
use crate::app::plots::{settle, ticks};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{facts_ui, keep_arrows};
use crate::evaluate::{Counts, Operating, Roc};

/// Draws the card: plot, classes with their areas, threshold.
pub(super) fn curves_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    evaluated: &Evaluated,
    height: f32,
) {
    ctx.theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_min_height(height);
        head_ui(ui, ctx, looks, evaluated);
        ui.add_space(SPACE * 0.5);
        let room = (height - 210.0).max(180.0);
        plot_ui(ui, ctx.theme, looks, evaluated, room);
        classes_ui(ui, ctx.theme, looks, evaluated);
        threshold_ui(ui, looks, evaluated);
    });
}

fn head_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks, evaluated: &Evaluated) {
    ui.horizontal(|ui| {
        ui.selectable_value(&mut looks.precision_recall, false, "ROC")
            .on_hover_text("Share of the class found against false alarms, for every threshold");
        ui.selectable_value(&mut looks.precision_recall, true, "Precision–recall");
        let precision_recall = looks.precision_recall;
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let (title, file) = if precision_recall {
                ("Precision–recall curves", "precision-recall.png")
            } else {
                ("ROC curves", "roc.png")
            };
            save_button_ui(ui, ctx.actions, title, file, || {
                curves_writer(&evaluated.exact, precision_recall)
            });
        });
    });
}

/// The chosen class's curve and where the threshold stands on it.
struct Moved<'a> {
    roc: &'a Roc,
    precision_recall: bool,
}

impl Moved<'_> {
    fn counts(&self, threshold: f32) -> Counts {
        self.roc.at_threshold(threshold)
    }

    fn place(&self, counts: Counts) -> Option<[f64; 2]> {
        if self.precision_recall {
            Some([counts.recall()?, counts.precision().unwrap_or(1.0)])
        } else {
            Some([counts.false_positive_rate()?, counts.recall()?])
        }
    }

    /// The threshold whose place on the curve is nearest to a point of the plot.
    fn nearest(&self, to: PlotPoint) -> Option<f32> {
        let distance = |point: usize| {
            let [x, y] = self.place(self.roc.counts(point))?;
            Some((x - to.x).powi(2) + (y - to.y).powi(2))
        };
        let points = (1..self.roc.len()).filter_map(|point| Some((point, distance(point)?)));
        let (point, _) = points.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(self.roc.threshold(point))
    }
}

fn plot_ui(ui: &mut Ui, theme: &Theme, looks: &mut Looks, evaluated: &Evaluated, room: f32) {
    let moved =
        Moved { roc: &evaluated.exact.rocs[looks.class], precision_recall: looks.precision_recall };
    let mark = moved.place(moved.counts(looks.threshold));
    let chosen = looks.class;
    let precision_recall = looks.precision_recall;
    let shown = square_plot(theme, precision_recall, room).show(ui, |plot| {
        let curves = if precision_recall { &evaluated.precision_recall } else { &evaluated.roc };
        if !precision_recall {
            averages(plot, theme, evaluated);
        }
        for (class, points) in curves.iter().enumerate().filter(|(class, _)| *class != chosen) {
            let color = theme.series(class).gamma_multiply(0.75);
            plot.line(curve(points, color, 1.5));
        }
        plot.line(curve(&curves[chosen], theme.series(chosen), 3.0));
        if let Some(at) = mark {
            dot(plot, at, theme.well, 7.5);
            dot(plot, at, theme.series(chosen), 5.5);
        }
    });
    settle(ui, shown.response.id, *shown.transform.frame());
    let response = shown.response.on_hover_cursor(egui::CursorIcon::Crosshair);
    let name = format!(
        "{} of {}: drag or use the arrow keys to move the threshold, now {:.3}",
        if precision_recall { "Precision–recall curve" } else { "ROC curve" },
        evaluated.confusion.classes[chosen],
        looks.threshold
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    if response.is_pointer_button_down_on()
        && let Some(pointer) = response.interact_pointer_pos()
        && let Some(threshold) = moved.nearest(shown.transform.value_from_position(pointer))
    {
        response.request_focus();
        looks.threshold = threshold.clamp(0.0, 1.0);
    }
    if response.clicked() {
        response.request_focus();
    }
    arrows(ui, &response, looks);
}

/// Arrow keys move the threshold while the plot has the focus.
fn arrows(ui: &Ui, response: &Response, looks: &mut Looks) {
    if !response.has_focus() {
        return;
    }
    keep_arrows(ui, response.id, false);
    let step = ui.input(|input| {
        let unit = if input.modifiers.shift { 0.1 } else { 0.01 };
        let count = |key| input.num_presses(key) as f32;
        let up = count(Key::ArrowRight) + count(Key::ArrowUp);
        let down = count(Key::ArrowLeft) + count(Key::ArrowDown);
        unit * (up - down)
    });
    if step != 0.0 {
        looks.threshold = (looks.threshold + step).clamp(0.0, 1.0);
    }
}

fn square_plot<'a>(theme: &Theme, precision_recall: bool, height: f32) -> Plot<'a> {
    let (x, y) = if precision_recall {
        ("Recall", "Precision")
    } else {
        ("False positive rate", "True positive rate")
    };
    let label = |text: &str| RichText::new(text).small().color(theme.text_weak);
    Plot::new(("operating curves", precision_recall))
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_crosshair(false)
        .default_x_bounds(-0.01, 1.01)
        .default_y_bounds(-0.015, 1.015)
        .grid_color(theme.border)
        .grid_fade(0.15)
        .x_axis_label(label(x))
        .y_axis_label(label(y))
        .x_grid_spacer(|input| ticks::linear(&input, 72.0))
        .y_grid_spacer(|input| ticks::linear(&input, 34.0))
        .x_axis_formatter(|mark, _| ticks::mark(mark.value, mark.step_size))
        .y_axis_formatter(|mark, _| ticks::mark(mark.value, mark.step_size))
}

fn averages<'a>(plot: &mut PlotUi<'a>, theme: &Theme, evaluated: &'a Evaluated) {
    let chance = Line::new("chance", PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]));
    let faint = theme.text_weak.gamma_multiply(0.5);
    let dashed = LineStyle::Dashed { length: 6.0 };
    plot.line(chance.color(faint).width(1.0).style(dashed).allow_hover(false));
    let (solid, dots) = (LineStyle::Solid, LineStyle::Dotted { spacing: 5.0 });
    for (points, style) in [(&evaluated.roc_macro, solid), (&evaluated.roc_micro, dots)] {
        plot.line(curve(points, theme.text_weak, 1.5).style(style));
    }
}

fn curve(points: &[PlotPoint], color: Color32, width: f32) -> Line<'_> {
    Line::new("", points).color(color).width(width).allow_hover(false).allow_band(false)
}

fn dot(plot: &mut PlotUi<'_>, at: [f64; 2], color: Color32, radius: f32) {
    let point = Points::new("threshold", PlotPoints::from(vec![at]));
    plot.points(point.radius(radius).color(color).allow_hover(false));
}

/// The classes with their areas; a click chooses the one whose threshold is moved.
fn classes_ui(ui: &mut Ui, theme: &Theme, looks: &mut Looks, evaluated: &Evaluated) {
    let figures = &evaluated.figures;
    let area = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{v:.3}"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (class, of) in figures.per_class.iter().enumerate() {
            let value = if looks.precision_recall { of.average_precision } else { of.auc };
            let text = RichText::new(format!("•  {}  {}", of.name, area(value)));
            let chosen = class == looks.class;
            let label = ui.selectable_label(chosen, text.color(theme.series(class)));
            if label.on_hover_text("Move the threshold of this class").clicked() {
                looks.class = class;
            }
        }
        if !looks.precision_recall {
            let averages = format!(
                "— macro {}   ··· micro {}",
                area(figures.auc_macro),
                area(figures.auc_micro)
            );
            ui.label(RichText::new(averages).color(theme.text_weak));
        }
    });
}

/// The threshold and what it does to the galaxies.
fn threshold_ui(ui: &mut Ui, looks: &mut Looks, evaluated: &Evaluated) {
    let roc = &evaluated.exact.rocs[looks.class];
    let name = &evaluated.confusion.classes[looks.class];
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        let label = ui.label("Threshold");
        ui.spacing_mut().slider_width = 150.0;
        let help = format!("A galaxy counts as {name} when its probability is at least this");
        ui.add(Slider::new(&mut looks.threshold, 0.0..=1.0).max_decimals(3).step_by(0.001))
            .labelled_by(label.id)
            .on_hover_text(help);
        let mut jump = |ui: &mut Ui, text: &str, help: &str, to: Option<Operating>| {
            let enabled = to.is_some();
            let button = ui.add_enabled(enabled, egui::Button::new(text)).on_hover_text(help);
            if let (true, Some(to)) = (button.clicked(), to) {
                looks.threshold = to.threshold.clamp(0.0, 1.0);
            }
        };
        let [best, youden] = evaluated.proposed[looks.class];
        jump(ui, "Best F1", "The threshold with the largest F1", best);
        jump(ui, "Youden", "The largest true minus false positive rate", youden);
    });
    let counts = roc.at_threshold(looks.threshold);
    counts_ui(ui, counts);
}

/// The four counts and the rates.
fn counts_ui(ui: &mut Ui, counts: Counts) {
    let rate =
        |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{:.1} %", v * 100.0));
    facts_ui(
        ui,
        &[
            ("True positives", counts.true_positives.to_string()),
            ("False positives", counts.false_positives.to_string()),
            ("False negatives", counts.false_negatives.to_string()),
            ("True negatives", counts.true_negatives.to_string()),
        ],
    );
    facts_ui(
        ui,
        &[
            ("Completeness", rate(counts.recall())),
            ("Purity", rate(counts.precision())),
            ("False positive rate", rate(counts.false_positive_rate())),
            ("Accuracy", rate(counts.accuracy())),
        ],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roc() -> Roc {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.8, 0.7, 0.05];
        let truth = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0].map(|y| y == 1);
        Roc::new(&scores, &truth).unwrap()
    }

    #[test]
    fn the_pointer_finds_the_nearest_threshold() {
        let roc = roc();
        let moved = Moved { roc: &roc, precision_recall: false };
        // Points of this curve: 0.8 lies at (0.2, 0.4), 0.35 at (0.6, 1.0).
        assert_eq!(moved.nearest(PlotPoint::new(0.19, 0.41)), Some(0.8));
        assert_eq!(moved.nearest(PlotPoint::new(0.6, 1.1)), Some(0.35));
        let moved = Moved { roc: &roc, precision_recall: true };
        assert_eq!(moved.nearest(PlotPoint::new(0.2, 1.0)), Some(0.9));
    }
}
