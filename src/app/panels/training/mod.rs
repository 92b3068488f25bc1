//! The training panel: where the run stands, and the curves of all runs, live.

mod charts;
mod status;

use egui::{Id, RichText, Slider, Ui};
use serde::{Deserialize, Serialize};

use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::plots::run_curves::{AllCurves, Axis};
use crate::app::theme::SPACE;
use crate::app::widgets::{empty_ui, primary_button, together_ui};
use crate::session::{Action, RunView};

/// How the curves are drawn; remembered across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    axis: Axis,
    smoothing: f64,
    raw: bool,
    log_loss: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { axis: Axis::Steps, smoothing: 0.9, raw: true, log_loss: false }
    }
}

/// Draws the panel.
pub(crate) fn training_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    if ctx.state.runs.is_empty() {
        return nothing_ui(ui, ctx);
    }
    if let Some(run) = ctx.state.run() {
        status::status_ui(ui, ctx, run);
    }
    with_looks(&ui.ctx().clone(), Id::unique("training looks"), |looks: &mut Looks| {
        controls_ui(ui, ctx, looks);
        let curves = cache::<AllCurves>(ui.ctx(), Id::unique("run curves"));
        let mut curves = curves.lock();
        curves.update(&ctx.state.runs, looks.smoothing);
        charts::charts_ui(ui, ctx, looks, &curves);
    });
}

fn nothing_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let problem = ctx.state.start_problem();
    let text = match &problem {
        None => {
            "Everything is ready. Start a run, and its curves appear here while it learns.".into()
        }
        Some(problem) => format!("Curves appear here while a network learns. First: {problem}."),
    };
    let mut start = false;
    empty_ui(ui, "No run yet", &text, |ui| {
        let button = primary_button(ctx.theme, "Start training");
        start = ui.add_enabled(problem.is_none(), button).clicked();
    });
    if start {
        ctx.push(Action::StartRun);
    }
}

/// Which runs are drawn, and how.
fn controls_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks) {
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        let runs: Vec<&RunView> = ctx.state.runs.iter().collect();
        if runs.len() > 1 {
            for run in runs {
                run_toggle_ui(ui, ctx, run);
            }
            ui.separator();
        }
        for axis in [Axis::Steps, Axis::Epochs, Axis::Minutes] {
            let text = match axis {
                Axis::Steps => "Steps",
                Axis::Epochs => "Epochs",
                Axis::Minutes => "Minutes",
            };
            ui.selectable_value(&mut looks.axis, axis, text)
                .on_hover_text("What the horizontal axis counts");
        }
        ui.separator();
        together_ui(ui, 250.0, |ui| {
            let label = ui.label("Smoothing");
            ui.spacing_mut().slider_width = 96.0;
            let slider = Slider::new(&mut looks.smoothing, 0.0..=0.999).max_decimals(3);
            ui.add(slider)
                .labelled_by(label.id)
                .on_hover_text("Share of the past in the running mean of the training curves");
        });
        ui.checkbox(&mut looks.raw, "Raw values")
            .on_hover_text("Draw each step faintly behind the smoothed curve");
        ui.checkbox(&mut looks.log_loss, "Logarithmic loss");
    });
    ui.add_space(SPACE * 0.25);
}

/// A run's swatch and name; a click shows or hides its curves.
fn run_toggle_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    let mut visible = run.visible;
    let text = RichText::new(run.name()).color(ctx.theme.series(run.id.0));
    let hint = format!("{} · show or hide its curves", run.status());
    if ui.checkbox(&mut visible, text).on_hover_text(hint).changed() {
        ctx.push(Action::SetRunVisible(run.id, visible));
    }
}
