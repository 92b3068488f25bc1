//! The main job as steps: what is done, what comes next, with the run's controls beside them.

use egui::{Align, Color32, Layout as Direction, Panel, RichText, Sense, Ui, vec2};

use super::controls::controls_ui;
use crate::app::commands::Desk;
use crate::app::layout::Layout;
use crate::app::theme::Theme;
use crate::app::widgets::{Icon, paint_icon};
use crate::session::{Action, State};

/// The steps of the job: panel, name.
const STEPS: [(&str, &str); 6] = [
    ("data", "Data"),
    ("pipeline", "What the network sees"),
    ("network", "Network"),
    ("settings", "Train"),
    ("evaluation", "Evaluate"),
    ("inside", "Look inside"),
];

/// The steps of the job, and the controls of the run.
pub(crate) fn steps_ui(ui: &mut Ui, desk: &mut Desk<'_>, layout: &Layout) {
    let theme = Theme::of(ui.ctx());
    let frame = egui::Frame::new().fill(theme.background).inner_margin(egui::Margin {
        left: 8,
        right: 8,
        top: 2,
        bottom: 8,
    });
    Panel::top("steps").frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            // The run's controls come first so that they are never squeezed out.
            ui.with_layout(Direction::right_to_left(Align::Center), |ui| {
                controls_ui(ui, desk);
                ui.with_layout(Direction::left_to_right(Align::Center), |ui| {
                    let short = ui.available_width() < 700.0;
                    for (index, (panel, title)) in STEPS.into_iter().enumerate() {
                        step_ui(ui, desk, layout, (index, panel, title), short);
                    }
                });
            });
        });
    });
}

fn step_ui(
    ui: &mut Ui,
    desk: &mut Desk<'_>,
    layout: &Layout,
    (index, panel, title): (usize, &'static str, &str),
    short: bool,
) {
    let theme = Theme::of(ui.ctx());
    let (done, next) = (is_done(desk.state, panel), next_step(desk.state) == panel);
    let shown = layout.is_shown(panel);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text_colour = if next || shown { theme.text_strong } else { theme.text_weak };
    let text = if short && !next { String::new() } else { title.to_owned() };
    let galley = ui.painter().layout_no_wrap(text, font, text_colour);
    let text_width = if galley.size().x > 0.0 { galley.size().x + 8.0 } else { 0.0 };
    let size = vec2(text_width + 34.0, 34.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let name = format!("Step {}: {title}", index + 1);
        egui::WidgetInfo::selected(egui::Role::Button, true, shown, name)
    });
    let hovered = response.hovered() || response.has_focus();
    let fill = match (next, hovered) {
        (true, _) => theme.accent_soft,
        (false, true) => theme.control,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 8, fill);
    let centre = rect.left_center() + vec2(17.0, 0.0);
    let (disc, sign) = match (done, next) {
        (true, _) => (theme.success, theme.background),
        (false, true) => (theme.accent, theme.on_accent),
        (false, false) => (theme.border, theme.text),
    };
    ui.painter().circle_filled(centre, 10.0, disc);
    if done {
        let square = egui::Rect::from_center_size(centre, vec2(10.0, 10.0));
        paint_icon(ui.painter(), square, Icon::Check, sign);
    } else {
        let (number, font) = ((index + 1).to_string(), egui::FontId::proportional(12.0));
        ui.painter().text(centre, egui::Align2::CENTER_CENTER, number, font, sign);
    }
    let at = rect.left_center() + vec2(33.0, -galley.size().y * 0.5);
    ui.painter().galley(at, galley, text_colour);
    let help = crate::app::panels::by_id(panel).map_or("", |panel| panel.help);
    if response.on_hover_text(format!("{title}. {help}")).clicked() {
        desk.actions.push(Action::ShowPanel(panel));
        if panel == "settings" && desk.state.live_run().is_some() {
            desk.actions.push(Action::ShowPanel("training"));
        }
    }
    if index + 1 < STEPS.len() {
        ui.label(RichText::new("›").color(theme.text_weak));
    }
}

/// Whether a step has been taken.
fn is_done(state: &State, panel: &str) -> bool {
    let data = state.data.ready().is_some();
    let run = state.run();
    match panel {
        "data" => data,
        "pipeline" | "network" => data && run.is_some_and(|run| run.started.is_some()),
        "settings" => run.is_some_and(|run| run.finished.is_some()),
        "evaluation" => run.is_some_and(|run| run.test.is_some()),
        "inside" => run.is_some_and(|run| run.look.is_some()),
        _ => false,
    }
}

/// The first step that is still to be taken.
fn next_step(state: &State) -> &'static str {
    let training = state.live_run().is_some();
    if training {
        return "settings";
    }
    let open = |panel: &str| !is_done(state, panel);
    STEPS.iter().map(|(panel, _)| *panel).find(|panel| open(panel)).unwrap_or("inside")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_to_open_data() {
        assert_eq!(next_step(&State::default()), "data");
    }
}
