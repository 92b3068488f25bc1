//! The edges of the window: menus, the steps of the job with the run's controls, the status line.

use egui::{Align, Color32, Context, Layout as Direction, Panel, RichText, Sense, Ui, vec2};

use super::commands::{self, COMMANDS, Desk, Menu};
use super::layout::Layout;
use super::theme::{SPACE, Theme};
use super::widgets::{Icon, icon_atom, icon_button_ui, paint_icon, primary_button, status_chip_ui};
use crate::catalogue::OpenOptions;
use crate::session::{Action, Data, Devices, Level, RunView, State};
use crate::train::Finished;

/// The steps of the job: panel, name.
const STEPS: [(&str, &str); 6] = [
    ("data", "Data"),
    ("pipeline", "What the network sees"),
    ("network", "Network"),
    ("settings", "Train"),
    ("evaluation", "Evaluate"),
    ("inside", "Look inside"),
];

/// The menu bar.
pub(crate) fn menu_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let frame =
        egui::Frame::new().fill(theme.background).inner_margin(egui::Margin::symmetric(8, 4));
    Panel::top("menu").frame(frame).show_separator_line(false).show(ui, |ui| {
        egui::MenuBar::new().ui(ui, |ui| {
            ui.label(RichText::new("Arclet").color(theme.accent).size(15.0));
            ui.add_space(SPACE * 0.5);
            for menu in Menu::ALL {
                ui.menu_button(menu.title(), |ui| menu_items_ui(ui, menu, desk));
            }
            ui.with_layout(Direction::right_to_left(Align::Center), |ui| menu_right_ui(ui, desk));
        });
    });
}

fn menu_right_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let (icon, name) =
        if theme.dark { (Icon::Sun, "Light theme") } else { (Icon::Moon, "Dark theme") };
    if icon_button_ui(ui, icon, name).clicked() {
        run(desk, "theme");
    }
    let keys = commands::by_id("palette").map(|c| c.shortcuts[1]);
    let keys = keys.map(|keys| ui.ctx().format_shortcut(&keys)).unwrap_or_default();
    let find = egui::Button::new((
        icon_atom(Icon::Search, 12.0, theme.text_weak),
        RichText::new("Find a command…").color(theme.text_weak),
    ))
    .right_text(RichText::new(keys).small().color(theme.text_weak))
    .min_size(vec2(220.0, 0.0));
    if ui.available_width() > 230.0 && ui.add(find).clicked() {
        run(desk, "palette");
    }
}

fn menu_items_ui(ui: &mut Ui, menu: Menu, desk: &mut Desk<'_>) {
    ui.set_min_width(260.0);
    for command in COMMANDS.iter().filter(|command| command.menu == menu) {
        let problem = (command.problem)(desk.state);
        let button = egui::Button::new(command.title)
            .right_text(RichText::new(command.shortcut_text(desk.ctx)).small());
        let response = ui.add_enabled(problem.is_none(), button);
        if let Some(problem) = problem {
            response.on_disabled_hover_text(problem);
        } else if response.clicked() {
            (command.run)(desk);
            ui.close();
        }
        if command.id == "open-list" {
            recent_ui(ui, desk);
        }
    }
}

fn recent_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let recent = &desk.state.preferences.recent;
    ui.add_enabled_ui(!recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            ui.set_min_width(320.0);
            for path in recent {
                if ui.button(path.display().to_string()).clicked() {
                    desk.actions.push(Action::OpenData(path.clone(), OpenOptions::default()));
                    ui.close();
                }
            }
        });
    });
}

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
    let help = super::panels::by_id(panel).map_or("", |panel| panel.help);
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

fn controls_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
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

/// The status line.
pub(crate) fn status_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let frame =
        egui::Frame::new().fill(theme.background).inner_margin(egui::Margin::symmetric(12, 4));
    Panel::bottom("status").frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(data_words(desk.state)).small().color(theme.text_weak));
            ui.with_layout(Direction::right_to_left(Align::Center), |ui| status_right_ui(ui, desk));
        });
    });
}

fn status_right_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let errors = desk.state.log.count(Level::Error);
    let warnings = desk.state.log.count(Level::Warning) - errors;
    let (text, colour) = match (errors, warnings) {
        (0, 0) => ("No warnings".to_owned(), theme.text_weak),
        (0, n) => (count(n, "warning"), theme.warning),
        (n, _) => (count(n, "error"), theme.error),
    };
    if status_chip_ui(ui, &text, colour).on_hover_text("Open the log").clicked() {
        desk.actions.push(Action::ShowPanel("log"));
    }
    ui.separator();
    if let Some(run) = desk.state.live_run() {
        if let Some(step) = run.steps.last() {
            let pace = format!("{:.0} images/s", step.images_per_second);
            ui.label(RichText::new(pace).small().color(theme.text));
            ui.separator();
        }
        if let Some(started) = &run.started {
            ui.label(RichText::new(&started.device).small().color(theme.text));
            ui.separator();
        }
    } else {
        ui.label(RichText::new(device_words(desk.state)).small().color(theme.text_weak));
    }
}

fn data_words(state: &State) -> String {
    match &state.data {
        Data::Empty => "No data set open".into(),
        Data::Opening { path, found, .. } => {
            format!("Opening {}: {} found", path.display(), count(*found, "file"))
        }
        Data::Ready(data) => {
            let name = data.path.file_name().unwrap_or(data.path.as_os_str()).to_string_lossy();
            let (galaxies, classes) = (data.catalogue.samples.len(), data.catalogue.classes.len());
            let classes =
                if classes == 1 { "1 class".into() } else { format!("{classes} classes") };
            let galaxies =
                if galaxies == 1 { "1 galaxy".into() } else { format!("{galaxies} galaxies") };
            format!("{name}: {galaxies}, {classes}")
        }
        Data::Failed { path, .. } => format!("{} could not be opened", path.display()),
    }
}

fn device_words(state: &State) -> String {
    let chosen = &state.plan.device;
    match &state.devices {
        Devices::Searching => "Looking for devices".into(),
        Devices::Failed(_) => "CPU".into(),
        Devices::Found(found) => {
            found
                .iter()
                .find(|device| {
                    if chosen == "auto" {
                        device.automatic.is_some()
                    } else {
                        device.key == *chosen
                    }
                })
                .map_or_else(|| chosen.clone(), |device| device.title.clone())
        }
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn run(desk: &mut Desk<'_>, id: &str) {
    if let Some(command) = commands::by_id(id) {
        command.try_run(desk);
    }
}

/// What is shown while files are dragged over the window.
pub(crate) fn drop_ui(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let theme = Theme::of(ctx);
    let painter =
        ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0, theme.background.gamma_multiply(0.85));
    let inner = rect.shrink(24.0);
    let stroke = egui::Stroke::new(2.0, theme.accent);
    painter.rect_stroke(inner, 12, stroke, egui::StrokeKind::Inside);
    let text = "Drop a folder of galaxies, a CSV or TSV list, or a run";
    let font = egui::FontId::proportional(22.0);
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, theme.text_strong);
}

/// What the user answered.
pub(crate) enum Quit {
    /// Nothing yet.
    Ask,
    /// Go on.
    Stay,
    /// Stop the run and leave.
    Leave,
}

/// Asks whether to leave while a run trains.
pub(crate) fn quit_ui(ctx: &Context) -> Quit {
    let theme = Theme::of(ctx);
    let modal = egui::Modal::new(egui::Id::unique("quit")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.label(RichText::new("A run is training").heading().color(theme.text_strong));
        ui.label("When you leave, it stops and keeps a checkpoint; it can be resumed later.");
        ui.add_space(SPACE);
        ui.with_layout(Direction::right_to_left(Align::Center), |ui| {
            let leave = ui.add(primary_button(theme, "Stop and leave")).clicked();
            let stay = ui.button("Keep training").clicked();
            match (leave, stay) {
                (true, _) => Quit::Leave,
                (_, true) => Quit::Stay,
                _ => Quit::Ask,
            }
        })
        .inner
    });
    if modal.should_close() { Quit::Stay } else { modal.inner }
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

    #[test]
    fn the_first_step_is_to_open_data() {
        assert_eq!(next_step(&State::default()), "data");
    }
}
