//! Start, pause, stop, resume; progress and time left.

use egui::{Align, Layout as Direction, RichText, Ui, vec2};

use super::run;
use crate::app::commands::Desk;
use crate::app::theme::Theme;
use crate::app::widgets::{Icon, icon_atom};
use crate::session::{Action, RunView};
use crate::train::Finished;

/// Draws them, from the right.
pub(super) fn controls_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    match desk.state.live_run() {
        None => {
            let problem = desk.state.start_problem();
            let ready = problem.is_none();
            let colour = if ready { theme.on_accent } else { theme.text };
            let fill = if ready { theme.accent } else { theme.control };
            let text = RichText::new("Start training").size(15.0).color(colour);
            let button = egui::Button::new((icon_atom(Icon::Play, 12.0, colour), text));
            let button = button.fill(fill).min_size(vec2(150.0, 34.0));
            let response = ui.add_enabled(problem.is_none(), button);
            if let Some(problem) = problem {
                response.on_disabled_hover_text(format!("To start, {problem}."));
            } else if response.clicked() {
                run(desk, "start");
            }
            resume_ui(ui, desk);
        }
        Some(live) => {
            let stop = egui::Button::new((
                icon_atom(Icon::Stop, 11.0, theme.error),
                RichText::new("Stop").color(theme.error),
            ));
            if ui.add(stop.min_size(vec2(84.0, 34.0))).clicked() {
                run(desk, "stop");
            }
            let (icon, text) =
                if live.paused() { (Icon::Play, "Go on") } else { (Icon::Pause, "Pause") };
            let pause = egui::Button::new((icon_atom(icon, 11.0, theme.text), text));
            if ui.add(pause.min_size(vec2(92.0, 34.0))).clicked() {
                run(desk, "pause");
            }
            progress_ui(ui, live);
        }
    }
}

/// Going on with the run that is shown, when it did not come to its end.
fn resume_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let Some(run) = desk.state.run() else { return };
    let over = matches!(run.finished, Some(Finished::Complete | Finished::Early));
    if over || run.checkpoint.is_none() && run.epochs.is_empty() {
        return;
    }
    let response = ui.add(egui::Button::new("Resume").min_size(vec2(84.0, 34.0)));
    if response.on_hover_text(format!("Go on with {}", run.name())).clicked() {
        desk.actions.push(Action::ResumeRun(run.folder.clone()));
    }
}

fn progress_ui(ui: &mut Ui, run: &RunView) {
    let theme = Theme::of(ui.ctx());
    let done = run.progress();
    let epochs = run.started.as_ref().map_or(0, |started| started.plan.epochs);
    let epoch = (run.epochs.last().map_or(0, |epoch| epoch.epoch) + 1).min(epochs);
    let mut text = run.status();
    if epochs > 0 {
        text = format!("{text}, epoch {epoch} of {epochs}");
    }
    if let Some(left) = run.seconds_left() {
        text = format!("{text}, {} left", duration(left));
    }
    ui.allocate_ui_with_layout(vec2(230.0, 34.0), Direction::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add(egui::Label::new(RichText::new(&text).small().color(theme.text)).truncate());
        let bar = egui::ProgressBar::new(done).desired_height(8.0).fill(theme.accent);
        let response = ui.add(bar);
        response.widget_info(|| {
            let name = format!("{text}, {:.0} %", done * 100.0);
            egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, name)
        });
    });
}

/// A time span in words: `45 s`, `3 min`, `2 h 10 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        600..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        assert_eq!(duration(44.6), "45 s");
        assert_eq!(duration(125.0), "2 min 05 s");
        assert_eq!(duration(1900.0), "31 min");
        assert_eq!(duration(7800.0), "2 h 10 min");
    }
}
