//! Where the chosen run stands: stage, progress, time left, its buttons, and what went wrong.

use std::fmt::Write as _;

use egui::{Color32, ProgressBar, RichText, Ui};

use super::PanelContext;
use crate::app::plots::ticks;
use crate::app::theme::Theme;
use crate::app::widgets::{error_ui, facts_ui, hint_ui, status_chip_ui};
use crate::session::{Action, RunView};
use crate::train::{Command, Finished, ReadingRecord, Stage};

/// What to know while kernels are compiled.
const TUNING: &str = "The graphics card compiles and tunes its kernels before the first step. This \
    takes from a few seconds to two minutes, the first time only; later runs start at once.";

/// Draws the card of the chosen run.
pub(super) fn status_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    let frame = ctx.theme.card_frame().inner_margin(egui::Margin::symmetric(12, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        head_ui(ui, ctx, run);
        if run.live {
            progress_ui(ui, run);
        }
        facts_ui(ui, &figures(run));
        words_ui(ui, ctx, run);
    });
}

fn head_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    ui.horizontal(|ui| {
        runs_ui(ui, ctx, run);
        status_chip_ui(ui, &run.status(), stage_color(ctx.theme, run));
        if run.live && !run.paused() && run.stage != Some(Stage::Training) {
            ui.add(egui::Spinner::new().size(16.0));
        }
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(layout, |ui| buttons_ui(ui, ctx, run));
    });
}

/// The run's name; a list to choose another one when there are several.
fn runs_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    let name = RichText::new(run.name()).size(14.5).color(ctx.theme.text_strong);
    if ctx.state.runs.len() < 2 {
        ui.label(name);
        return;
    }
    let combo = egui::ComboBox::from_id_salt("run").selected_text(name).width(150.0);
    let shown = combo.show_ui(ui, |ui| {
        for other in ctx.state.runs.iter().rev() {
            if ui.selectable_label(other.id == run.id, other.name()).clicked() {
                ctx.actions.push(Action::SelectRun(other.id));
            }
        }
    });
    let name = format!("Run: {}", run.name());
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
}

fn buttons_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    if !run.live {
        if matches!(run.finished, None | Some(Finished::Stopped)) && ctx.state.live_run().is_none()
        {
            let button = ui.button("Resume").on_hover_text("Go on from the latest checkpoint");
            if button.clicked() {
                ctx.push(Action::ResumeRun(run.folder.clone()));
            }
        }
        return;
    }
    let mut tell = |ui: &mut Ui, text: &str, help: &str, command: Command| {
        if ui.button(text).on_hover_text(help).clicked() {
            ctx.push(Action::Command(run.id, command));
        }
    };
    tell(ui, "Stop", "End after this step; the run can be resumed later", Command::Stop);
    if run.paused() {
        tell(ui, "Continue", "Go on learning", Command::Resume);
    } else if run.lost().is_some() {
        tell(ui, "Try again", "Ask the other machine now", Command::Resume);
        return;
    } else {
        tell(ui, "Pause", "Hold after this step", Command::Pause);
    }
    tell(ui, "Snapshot", "Write a checkpoint now", Command::Snapshot);
}

fn progress_ui(ui: &mut Ui, run: &RunView) {
    let bar = ProgressBar::new(run.progress()).desired_height(6.0).corner_radius(3);
    let response = ui.add(bar);
    let name = format!("Progress {:.0} %", run.progress() * 100.0);
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &name);
        info.value = Some(f64::from(run.progress()));
        info
    });
}

/// Epoch, step, pace, time, best epoch, network, device.
fn figures(run: &RunView) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let (Some(started), Some(total)) = (&run.started, run.steps_total()) {
        let epochs = format!("{} of {}", run.epochs.len(), started.plan.epochs);
        rows.push(("Epoch", epochs));
        let (done, total) = (run.steps_done() as f64, total as f64);
        rows.push(("Step", format!("{} of {}", ticks::grouped(done), ticks::grouped(total))));
    }
    if let Some(last) = run.steps.last().filter(|_| run.live) {
        let pace = last.images_per_second;
        let pace = if pace < 10.0 { ticks::compact(pace) } else { ticks::grouped(pace) };
        rows.push(("Images per second", pace));
    }
    if let Some(reading) = &run.reading {
        rows.push(("Waiting for images", waiting(reading)));
        rows.push(("Images in memory", in_memory(reading)));
    }
    if run.seconds() > 0.0 {
        rows.push(("Time", ticks::duration(run.seconds())));
    }
    if let Some(seconds) = run.seconds_left() {
        rows.push(("Left", format!("about {}", ticks::duration(seconds))));
    }
    if let Some(best) = run.best_epoch() {
        let mut text =
            format!("epoch {}, loss {}", best.epoch, ticks::compact(best.validation_loss));
        if best.validation_accuracy.is_finite() {
            let _ = write!(text, ", accuracy {:.1} %", best.validation_accuracy * 100.0);
        }
        rows.push(("Best", text));
    }
    if let Some(started) = &run.started {
        rows.push(("Network", started.network.name.clone()));
        rows.push(("Device", started.device.clone()));
    }
    rows
}

/// Share of the time of the latest epoch's steps.
fn waiting(reading: &ReadingRecord) -> String {
    format!("{:.1} % of the time", reading.waiting_share * 100.0)
}

/// How many of the run's images need not be read again.
fn in_memory(reading: &ReadingRecord) -> String {
    let [cached, images] = [reading.cached_images, reading.images].map(|n| n as f64);
    let (cached, images) = (ticks::grouped(cached), ticks::grouped(images));
    let [bytes, limit] =
        [reading.cached_bytes, reading.cache_limit].map(|bytes| ticks::bytes(bytes as u64));
    let resident = match reading.images_on_device {
        0 => String::new(),
        kept => format!("; {} on the device", ticks::grouped(kept as f64)),
    };
    format!("{cached} of {images}, {bytes} of at most {limit}{resident}")
}

/// What to know: kernels, the failure, warnings.
fn words_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    if run.live && run.stage == Some(Stage::TuningKernels) {
        hint_ui(ui, TUNING);
    }
    if let Some(place) = run.lost() {
        error_ui(ui, &lost(place));
    }
    if let Some(message) = &run.message {
        error_ui(ui, message);
    }
    if let Some(last) = run.warnings.last() {
        let text = match run.warnings.len() {
            1 => last.clone(),
            n => format!("{last} (and {} more)", n - 1),
        };
        let label = ui.label(RichText::new(text).small().color(ctx.theme.warning));
        label.on_hover_text(run.warnings.join("\n"));
    }
}

/// What a lost connection means.
fn lost(place: &str) -> String {
    format!(
        "The connection to the machine that computes ({place}) was lost. It is asked again and again, \
         and the run goes on from its last checkpoint when it answers. Stop ends the waiting; the \
         run can then be resumed, also on another device."
    )
}

fn stage_color(theme: &Theme, run: &RunView) -> Color32 {
    match (run.live, &run.message, run.finished, &run.stage) {
        (_, Some(_), ..) => theme.error,
        (_, _, Some(Finished::Complete | Finished::Early), _) => theme.success,
        (_, _, Some(Finished::Stopped), _)
        | (true, _, _, Some(Stage::Paused | Stage::Disconnected(_))) => theme.warning,
        (true, ..) => theme.accent,
        _ => theme.text_weak,
    }
}
