//! The norms at the last recorded step over the depth of the network: one line a run.

use std::ops::RangeInclusive;

use egui::{Layout, RichText, Role, Ui, WidgetInfo, vec2};
use egui_plot::{GridMark, Line, Plot, PlotPoints, Points};

use super::curves::{FlowCurves, LayerCurves};
use super::{Looks, PanelContext, Quantity};
use crate::app::plots::save::{figure_writer, save_button_ui};
use crate::app::plots::{settle, ticks};
use crate::app::theme::Theme;
use crate::figure::{Chart, Colour, Scale, Series};
use crate::session::RunView;

/// A line of the profile.
struct Profile<'a> {
    run: &'a RunView,
    known: &'a LayerCurves,
}

/// Draws the chart with its heading.
pub(super) fn profile_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &FlowCurves,
    height: f32,
) {
    let visible =
        ctx.state.runs.iter().filter(|run| run.visible || Some(run.id) == ctx.state.selected_run);
    let of = |run| Some(Profile { run, known: curves.of(run.id)? });
    let profiles: Vec<Profile<'_>> =
        visible.filter_map(of).filter(|profile| profile.known.last_step().is_some()).collect();
    ui.horizontal(|ui| {
        let text = format!("{} over the depth, {}", looks.quantity.title(), when(&profiles));
        ui.label(RichText::new(text).color(ctx.theme.text_strong));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            save_button_ui(
                ui,
                ctx.actions,
                "Profile over the depth",
                "gradient-profile.png",
                || figure_writer(chart(&profiles, looks.quantity)),
            );
        });
    });
    plot_ui(ui, ctx.theme, looks.quantity, &profiles, height);
}

fn when(profiles: &[Profile<'_>]) -> String {
    match profiles {
        [only] => format!("step {}", only.known.last_step().unwrap_or(0)),
        _ => "last step of each run".into(),
    }
}

fn plot_ui(ui: &mut Ui, theme: &Theme, quantity: Quantity, profiles: &[Profile<'_>], height: f32) {
    let label = |text: &str| RichText::new(text).small().color(theme.text_weak);
    let whole = |mark: GridMark, _: &RangeInclusive<f64>| {
        let number = mark.value.round();
        if (mark.value - number).abs() < 1e-6 && number >= 1.0 {
            format!("{number:.0}")
        } else {
            String::new()
        }
    };
    let plot = Plot::new(("flow profile", quantity.title()))
        .height(height)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .show_x(false)
        .show_y(false)
        .set_margin_fraction(vec2(0.04, 0.08))
        .grid_color(theme.border)
        .grid_fade(0.15)
        .y_axis_min_width(46.0)
        .x_axis_label(label("Layer, counted from the input"))
        .x_axis_formatter(whole)
        .y_axis_formatter(|mark, _| ticks::compact(10_f64.powf(mark.value)))
        .x_grid_spacer(|input| ticks::linear(&input, 44.0))
        .y_grid_spacer(|input| ticks::logarithmic(&input, 34.0));
    let shown = plot.show(ui, |plot| {
        for profile in profiles {
            let color = theme.series(profile.run.id.0);
            for piece in pieces(profile.known) {
                plot.line(Line::new("", PlotPoints::from(piece.clone())).color(color).width(2.0));
                plot.points(Points::new("", PlotPoints::from(piece)).color(color).radius(3.0));
            }
        }
    });
    let response = shown.response;
    settle(ui, response.id, *shown.transform.frame());
    key_ui(ui, theme, *shown.transform.frame(), profiles);
    let name = accessible(quantity, profiles);
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    if let Some(pointer) = response.hover_pos() {
        let layer = shown.transform.value_from_position(pointer).x.round();
        if layer >= 1.0 {
            let layer = layer as usize - 1;
            response.on_hover_ui_at_pointer(|ui| readout_ui(ui, theme, profiles, layer));
        }
    }
}

/// The profile between its gaps, as (depth from 1, decimal logarithm).
fn pieces(known: &LayerCurves) -> Vec<Vec<[f64; 2]>> {
    let mut pieces = vec![Vec::new()];
    for (layer, value) in known.last().enumerate() {
        if value.is_finite() && value > 0.0 {
            if let Some(piece) = pieces.last_mut() {
                piece.push([layer as f64 + 1.0, value.log10()]);
            }
        } else {
            pieces.push(Vec::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The names of the runs in their colours, in the lower right corner.
fn key_ui(ui: &Ui, theme: &Theme, frame: egui::Rect, profiles: &[Profile<'_>]) {
    if profiles.len() < 2 {
        return;
    }
    let font = egui::TextStyle::Small.resolve(ui.style());
    let painter = ui.painter_at(frame);
    let mut bottom = frame.bottom() - 6.0;
    for profile in profiles.iter().rev() {
        let color = theme.series(profile.run.id.0);
        let galley = painter.layout_no_wrap(profile.run.name(), font.clone(), color);
        let at = egui::pos2(frame.right() - galley.size().x - 8.0, bottom - galley.size().y);
        painter.rect_filled(
            egui::Rect::from_min_size(at, galley.size()).expand(3.0),
            3,
            theme.well.gamma_multiply(0.85),
        );
        bottom -= galley.size().y + 3.0;
        painter.galley(at, galley, color);
    }
}

/// The layer under the pointer with its value in each run.
fn readout_ui(ui: &mut Ui, theme: &Theme, profiles: &[Profile<'_>], layer: usize) {
    egui::Grid::new("profile readout").num_columns(3).spacing([8.0, 2.0]).show(ui, |ui| {
        for profile in profiles {
            let Some((_, name)) = profile.known.layers.get(layer) else { continue };
            let value = profile.known.last().nth(layer).unwrap_or(f64::NAN);
            ui.label(RichText::new(profile.run.name()).color(theme.series(profile.run.id.0)));
            ui.label(name);
            ui.label(RichText::new(ticks::compact(value)).monospace().color(theme.text_strong));
            ui.end_row();
        }
    });
}

/// What a screen reader says: the first and the last layer of each run.
fn accessible(quantity: Quantity, profiles: &[Profile<'_>]) -> String {
    let ends = |profile: &Profile<'_>| {
        let values: Vec<f64> = profile.known.last().collect();
        let name = |layer: usize| profile.known.layers.get(layer).map(|(_, name)| name.as_str());
        let (first, last) = (values.first()?, values.last()?);
        Some(format!(
            "{}: {} {}, {} {}",
            profile.run.name(),
            name(0)?,
            ticks::compact(*first),
            name(values.len() - 1)?,
            ticks::compact(*last)
        ))
    };
    let all: Vec<String> = profiles.iter().filter_map(ends).collect();
    format!("{} over the depth. {}", quantity.title(), all.join("; "))
}

/// The profile as it is saved.
fn chart(profiles: &[Profile<'_>], quantity: Quantity) -> Chart {
    let title = format!("{} over the depth", quantity.title());
    let mut chart = Chart::new(title, "Layer, counted from the input", quantity.title());
    chart.y_scale = Scale::Log;
    for (index, profile) in profiles.iter().enumerate() {
        let values = profile.known.last().enumerate();
        let points = values.map(|(layer, value)| [layer as f64 + 1.0, value]).collect();
        let name =
            format!("{}, step {}", profile.run.name(), profile.known.last_step().unwrap_or(0));
        chart.series.push(Series::line(name, points, Colour::Palette(index)).with_markers());
    }
    chart
}
