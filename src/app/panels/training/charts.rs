//! The charts of the training panel: loss, accuracy, learning rate, gradient norm, pace.

use egui::{Color32, Id, Layout, RichText, ScrollArea, Ui, vec2};

use super::{Looks, PanelContext};
use crate::app::plots::Pen;
use crate::app::plots::chart::{LiveChart, Mark, Trace};
use crate::app::plots::curve::Curve;
use crate::app::plots::run_curves::{AllCurves, EpochQuantity, RunCurves, StepQuantity};
use crate::app::plots::save::{save_button_ui, traces_writer};
use crate::app::theme::{SPACE, Theme};
use crate::session::RunView;

/// One chart of the panel.
struct Spec {
    title: &'static str,
    file: &'static str,
    step: StepQuantity,
    epochs: &'static [(EpochQuantity, &'static str)],
    log: bool,
    include: Option<[f64; 2]>,
}

/// All charts, the two large ones first.
fn specs(looks: &Looks) -> [Spec; 5] {
    let small =
        |title, file, step, log| Spec { title, file, step, epochs: &[], log, include: None };
    [
        Spec {
            title: "Loss",
            file: "loss.png",
            step: StepQuantity::Loss,
            epochs: &[(EpochQuantity::ValidationLoss, "validation")],
            log: looks.log_loss,
            include: None,
        },
        Spec {
            title: "Accuracy",
            file: "accuracy.png",
            step: StepQuantity::Accuracy,
            epochs: &[
                (EpochQuantity::ValidationAccuracy, "validation"),
                (EpochQuantity::BalancedAccuracy, "validation, balanced"),
            ],
            log: false,
            include: Some([0.0, 1.0]),
        },
        small("Learning rate", "learning-rate.png", StepQuantity::LearningRate, false),
        small("Gradient norm", "gradient-norm.png", StepQuantity::GradientNorm, true),
        small("Images per second", "images-per-second.png", StepQuantity::ImagesPerSecond, false),
    ]
}

/// Draws all charts, side by side where there is room.
pub(super) fn charts_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &AllCurves,
) {
    let specs = specs(looks);
    let wide = ui.available_width() > 760.0;
    let (large, small) = heights(ui.available_height(), wide);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if wide {
            row_ui(ui, ctx, looks, curves, &specs[..2], large);
            row_ui(ui, ctx, looks, curves, &specs[2..], small);
        } else {
            specs[..2].iter().for_each(|spec| chart_ui(ui, ctx, looks, curves, spec, large));
            specs[2..].iter().for_each(|spec| chart_ui(ui, ctx, looks, curves, spec, small));
        }
    });
}

/// Heights of the large and the small charts, headings left out.
fn heights(available: f32, wide: bool) -> (f32, f32) {
    let headings = 2.0 * 34.0 + SPACE * 2.0;
    let room = (available - headings).max(0.0);
    if wide {
        ((room * 0.62).clamp(170.0, 560.0), (room * 0.38).clamp(120.0, 300.0))
    } else {
        ((room * 0.5).clamp(170.0, 320.0), 140.0)
    }
}

fn row_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &AllCurves,
    specs: &[Spec],
    height: f32,
) {
    ui.columns(specs.len(), |columns| {
        for (ui, spec) in columns.iter_mut().zip(specs) {
            chart_ui(ui, ctx, looks, curves, spec, height);
        }
    });
}

fn chart_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &AllCurves,
    spec: &Spec,
    height: f32,
) {
    let runs: Vec<&RunView> = ctx.state.runs.iter().filter(|run| run.visible).collect();
    let traces = traces(ctx.theme, looks, curves, &runs, spec);
    ui.horizontal(|ui| {
        ui.label(RichText::new(spec.title).color(ctx.theme.text_strong));
        let layout = Layout::right_to_left(egui::Align::Center);
        ui.with_layout(layout, |ui| {
            save_button_ui(ui, ctx.actions, spec.title, spec.file, || {
                traces_writer(spec.title, looks.axis.label(), spec.log, &traces)
            });
        });
    });
    let chart = LiveChart {
        title: spec.title,
        x_label: looks.axis.label(),
        log: spec.log,
        height,
        group: Some(Id::unique(("training charts", looks.axis.label()))),
        marks: if spec.epochs.is_empty() { Vec::new() } else { marks(ctx, looks, curves) },
        include_y: spec.include,
        key: key(ctx.theme, spec, &traces, runs.len() > 1),
        key_below: spec.step == StepQuantity::Accuracy,
    };
    if traces.iter().all(|trace| trace.curve.len() == 0) {
        waiting_ui(ui, ctx.theme, height);
    } else {
        chart.show(ui, &traces);
    }
}

/// The key of a chart: its curves, or with several runs what line and dashes mean, for the names of
/// the runs stand above the charts in their colours.
fn key(theme: &Theme, spec: &Spec, traces: &[Trace<'_>], several: bool) -> Vec<(String, Pen)> {
    if spec.epochs.is_empty() {
        return Vec::new();
    }
    if !several {
        let named = traces.iter().filter(|trace| trace.named);
        return named.map(|trace| (trace.name.clone(), trace.pen)).collect();
    }
    let line = Pen::line(theme.text_weak, 2.0);
    let dashes = Pen { dashed: true, ..line.dotted(2.5) };
    vec![("training".into(), line), ("validation".into(), dashes)]
}

/// The empty ground of a chart whose first value is still to come.
fn waiting_ui(ui: &mut Ui, theme: &Theme, height: f32) {
    let size = vec2(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().rect(rect, 4, theme.well, (1.0, theme.border), egui::StrokeKind::Inside);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = "The first values appear after the first step";
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, text, font, theme.text_weak);
}

/// The best epoch of each visible run.
fn marks(ctx: &PanelContext<'_>, looks: &Looks, curves: &AllCurves) -> Vec<Mark> {
    let visible: Vec<_> = ctx.state.runs.iter().filter(|run| run.visible).collect();
    let mark = |run: &&RunView| {
        let best = run.best_epoch()?;
        let x = curves.of(run.id)?.end_of_epoch(best.epoch, looks.axis)?;
        let several = visible.len() > 1;
        let color = if several { ctx.theme.series(run.id.0) } else { ctx.theme.success };
        Some(Mark { x, text: format!("best {}", best.epoch), color })
    };
    visible.iter().filter_map(mark).collect()
}

/// The curves of a chart: with one run told apart by colour, with several by run and dashes.
fn traces<'a>(
    theme: &Theme,
    looks: &Looks,
    curves: &'a AllCurves,
    runs: &[&RunView],
    spec: &Spec,
) -> Vec<Trace<'a>> {
    let several = runs.len() > 1;
    let mut traces = Vec::new();
    for run in runs {
        let Some(known) = curves.of(run.id) else { continue };
        let palette = if several { run.id.0 } else { 0 };
        let name =
            |what: &str| if several { format!("{} {what}", run.name()) } else { what.into() };
        step_traces(&mut traces, looks, known, spec, (theme.series(palette), palette), &name);
        let shown = if several { 1 } else { spec.epochs.len() };
        for (index, (quantity, what)) in spec.epochs.iter().take(shown).enumerate() {
            let curve = known.epoch(*quantity, looks.axis);
            if curve.series().range().is_some() {
                let palette = if several { palette } else { index + 1 };
                let dashed = several || index > 0;
                let pen = Pen { dashed, ..Pen::line(theme.series(palette), 2.0).dotted(2.5) };
                traces.push(Trace { name: name(what), curve, pen, palette, named: true });
            }
        }
    }
    traces
}

/// The raw and the smoothed curve of a quantity of each step.
fn step_traces<'a>(
    traces: &mut Vec<Trace<'a>>,
    looks: &Looks,
    known: &'a RunCurves,
    spec: &Spec,
    (color, palette): (Color32, usize),
    name: &dyn Fn(&str) -> String,
) {
    let smoothed = spec.step != StepQuantity::LearningRate;
    let what = if spec.epochs.is_empty() { "" } else { "training" };
    let raw = known.raw(spec.step, looks.axis);
    if !smoothed {
        let pen = Pen::line(color, 1.5);
        return traces.push(Trace { name: name(what), curve: raw, pen, palette, named: true });
    }
    if looks.raw && looks.smoothing > 0.0 {
        let pen = Pen::line(color.gamma_multiply(0.28), 1.0);
        traces.push(Trace { name: name("raw"), curve: raw, pen, palette, named: false });
    }
    let curve: Curve<'a> = known.smooth(spec.step, looks.axis);
    let pen = Pen::line(color, 2.0);
    traces.push(Trace { name: name(what), curve, pen, palette, named: true });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_fit_the_window_where_there_is_room() {
        let (large, small) = heights(700.0, true);
        assert!(large + small + 80.0 < 700.0);
        assert_eq!(heights(100.0, true), (170.0, 120.0));
    }
}
