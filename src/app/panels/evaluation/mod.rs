//! The evaluation panel: how good the network is, after each epoch and on the test part.

mod compute;
mod curves;
mod headline;
mod strip;
mod table;

use std::sync::Arc;

use egui::{Id, RichText, ScrollArea, Slider, Ui};
use serde::{Deserialize, Serialize};

use self::compute::{Computed, Evaluated, State};
use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::plots::save::{confusion_writer, save_button_ui};
use crate::app::theme::SPACE;
use crate::app::widgets::{confusion_ui, empty_ui, error_ui, heat_scale_ui, together_ui};
use crate::evaluate::Predictions;
use crate::session::RunView;

/// What is shown and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    /// Shares of each true class instead of counts.
    by_row: bool,
    /// Precision–recall instead of ROC.
    precision_recall: bool,
    /// The test part instead of validation.
    #[serde(skip)]
    test: bool,
    /// This epoch instead of the latest.
    #[serde(skip)]
    epoch: Option<usize>,
    /// The class whose threshold is moved.
    #[serde(skip)]
    class: usize,
    /// The threshold.
    #[serde(skip)]
    threshold: f32,
    /// The cell whose galaxies are shown.
    #[serde(skip)]
    cell: Option<(usize, usize)>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            by_row: true,
            precision_recall: false,
            test: false,
            epoch: None,
            class: 0,
            threshold: 0.5,
            cell: None,
        }
    }
}

/// Draws the panel.
pub(crate) fn evaluation_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some(run) = ctx.state.run() else {
        let text = "After each epoch of a run its confusion matrix, ROC curves and the table of \
            its classes appear here.";
        return empty_ui(ui, "Nothing to evaluate yet", text, |_| {});
    };
    if run.predictions.is_empty() && run.test.is_none() {
        return waiting_ui(ui, run);
    }
    with_looks(&ui.ctx().clone(), Id::unique("evaluation looks"), |looks: &mut Looks| {
        let Some(predictions) = choice_ui(ui, run, looks) else { return };
        let computed = cache::<Computed>(ui.ctx(), Id::unique("evaluations"));
        let state = computed.lock().get(ui.ctx(), &predictions);
        evaluated_ui(ui, ctx, run, looks, &state);
    });
}

fn waiting_ui(ui: &mut Ui, run: &RunView) {
    let validated = run.epochs.is_empty() || run.started.is_none();
    let text = match (run.live, validated) {
        (true, true) => "The first figures appear after the first epoch.",
        (true, false) => "This run has no validation part; the test part is evaluated at its end.",
        (false, _) => "This run left no predictions. Give the split a validation or a test part.",
    };
    empty_ui(ui, "No predictions yet", text, |_| {});
}

/// The part and the epoch to look at.
fn choice_ui(ui: &mut Ui, run: &RunView, looks: &mut Looks) -> Option<Arc<Predictions>> {
    let first = run.predictions.first().map(|entry| entry.epoch);
    let last = run.predictions.last().map(|entry| entry.epoch);
    let test = run.test.is_some() && (looks.test || last.is_none());
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        ui.add_enabled_ui(last.is_some(), |ui| {
            if ui.selectable_label(!test, "Validation").clicked() {
                looks.test = false;
            }
        });
        ui.add_enabled_ui(run.test.is_some(), |ui| {
            let hint = "The test part, by the best weights; looked at once, at the end";
            let label = ui.selectable_label(test, "Test").on_hover_text(hint);
            if label.on_disabled_hover_text("Evaluated when the run is complete").clicked() {
                looks.test = true;
            }
        });
        if let (false, Some(first), Some(last)) = (test, first, last) {
            ui.separator();
            epoch_ui(ui, run, looks, first, last);
        }
    });
    if test { run.test.clone() } else { shown_epoch(run, looks).map(|e| e.predictions.clone()) }
}

fn epoch_ui(ui: &mut Ui, run: &RunView, looks: &mut Looks, first: usize, last: usize) {
    let mut epoch = looks.epoch.unwrap_or(last).clamp(first, last);
    if first < last {
        let slider = together_ui(ui, 270.0, |ui| {
            let label = ui.label("Epoch");
            ui.spacing_mut().slider_width = 160.0;
            ui.add(Slider::new(&mut epoch, first..=last)).labelled_by(label.id)
        });
        if slider.changed() {
            looks.epoch = Some(epoch).filter(|epoch| *epoch < last);
        }
        if ui.selectable_label(looks.epoch.is_none(), "Latest").clicked() {
            looks.epoch = None;
        }
        if let Some(best) = run.best_epoch().map(|best| best.epoch)
            && ui.selectable_label(looks.epoch == Some(best), format!("Best ({best})")).clicked()
        {
            looks.epoch = Some(best);
        }
    } else {
        ui.label("Epoch");
        ui.label(RichText::new(last.to_string()).strong());
    }
}

/// The predictions of the chosen epoch, or of the nearest one before it.
fn shown_epoch<'a>(
    run: &'a RunView,
    looks: &Looks,
) -> Option<&'a crate::session::runs::EpochPredictions> {
    let wanted = looks.epoch.unwrap_or(usize::MAX);
    let until = run.predictions.partition_point(|entry| entry.epoch <= wanted);
    run.predictions.get(until.saturating_sub(1))
}

fn evaluated_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    run: &RunView,
    looks: &mut Looks,
    state: &State,
) {
    match state.result() {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Computing");
            });
        }
        Some(Err(problem)) => {
            error_ui(ui, &format!("These predictions cannot be evaluated: {problem}"));
        }
        Some(Ok(evaluated)) => {
            looks.class = looks.class.min(evaluated.confusion.classes.len().saturating_sub(1));
            headline::headline_ui(ui, evaluated);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                pictures_ui(ui, ctx, run, looks, evaluated);
                table::table_ui(ui, ctx, looks, evaluated);
            });
        }
    }
}

/// The matrix and the curves, side by side where there is room, and the galaxies of a cell.
fn pictures_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    run: &RunView,
    looks: &mut Looks,
    evaluated: &Evaluated,
) {
    let height = (ui.available_height() * 0.6).clamp(300.0, 540.0);
    if ui.available_width() > 720.0 {
        ui.columns(2, |columns| {
            matrix_ui(&mut columns[0], ctx, looks, evaluated, height);
            curves::curves_ui(&mut columns[1], ctx, looks, evaluated, height);
        });
        strip::strip_ui(ui, ctx, run, looks, evaluated);
    } else {
        matrix_ui(ui, ctx, looks, evaluated, height);
        strip::strip_ui(ui, ctx, run, looks, evaluated);
        curves::curves_ui(ui, ctx, looks, evaluated, height);
    }
}

fn matrix_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    evaluated: &Evaluated,
    height: f32,
) {
    ctx.theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_min_height(height);
        ui.horizontal(|ui| {
            ui.label(RichText::new("Confusion matrix").color(ctx.theme.text_strong));
            ui.selectable_value(&mut looks.by_row, false, "Counts");
            ui.selectable_value(&mut looks.by_row, true, "Shares")
                .on_hover_text("Share of each true class; rows sum to 100 %");
            let by_row = looks.by_row;
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(layout, |ui| {
                let (title, file) = ("Confusion matrix", "confusion.png");
                save_button_ui(ui, ctx.actions, title, file, || {
                    confusion_writer(&evaluated.confusion, by_row)
                });
            });
        });
        ui.add_space(SPACE * 0.5);
        let room = height - 84.0;
        let matrix = &evaluated.confusion;
        if let Some(cell) = confusion_ui(ui, matrix, looks.by_row, looks.cell, room) {
            looks.cell = (looks.cell != Some(cell)).then_some(cell);
        }
        ui.add_space(SPACE * 0.5);
        let largest = matrix.counts.iter().max().copied().unwrap_or(0).to_string();
        let high = if looks.by_row { "100 % of the class" } else { &largest };
        heat_scale_ui(ui, "0", high);
    });
}
