//! The norm of each layer of the chosen run over time; the colour tells the depth.

use egui::{Id, Layout, RichText, Ui};

use super::curves::{FlowCurves, LayerCurves};
use super::{Looks, PanelContext};
use crate::app::plots::Pen;
use crate::app::plots::chart::{LiveChart, Trace};
use crate::app::plots::save::{save_button_ui, traces_writer};
use crate::app::theme::Theme;
use crate::session::RunView;

/// Layers that are read at the cursor and named in the key, at most.
const NAMED: usize = 6;

/// Draws the chart with its heading.
pub(super) fn over_time_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &FlowCurves,
    run: &RunView,
    height: f32,
) {
    let Some(known) = curves.of(run.id) else { return };
    let traces = traces(ctx.theme, known, looks, run);
    let title = looks.quantity.title();
    ui.horizontal(|ui| {
        let text = format!("{title} of each layer, over time");
        ui.label(RichText::new(text).color(ctx.theme.text_strong));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            save_button_ui(ui, ctx.actions, "Norms over time", "gradients-over-time.png", || {
                traces_writer(title, looks.axis().label(), true, &traces)
            });
        });
    });
    let key = traces.iter().rev().filter(|trace| trace.named);
    let chart = LiveChart {
        title,
        x_label: looks.axis().label(),
        log: true,
        height,
        group: Some(Id::unique(("flow chart", looks.axis().label()))),
        marks: Vec::new(),
        include_y: None,
        key: key.map(|trace| (trace.name.clone(), trace.pen)).collect(),
        key_below: false,
    };
    chart.show(ui, &traces);
}

/// One curve a layer; some are named, spread over the depth, and those in trouble.
fn traces<'a>(
    theme: &Theme,
    known: &'a LayerCurves,
    looks: &Looks,
    run: &RunView,
) -> Vec<Trace<'a>> {
    let last = known.layers.len().saturating_sub(1).max(1);
    let step = last.div_ceil(NAMED - 1).max(1);
    let troubled = |name: &str| run.watchdog.troubles().iter().any(|t| t.layer == name);
    let trace = |(layer, (_, name)): (usize, &(usize, String))| {
        let in_trouble = troubled(name);
        let named = layer % step == 0 || layer == last || in_trouble;
        let color = theme.depth(layer as f32 / last as f32);
        let width = if in_trouble { 2.5 } else { 1.3 };
        Trace {
            name: name.clone(),
            curve: known.curve(layer, looks.epochs),
            pen: Pen::line(color, width),
            palette: layer,
            named,
        }
    };
    known.layers.iter().enumerate().map(trace).collect()
}
