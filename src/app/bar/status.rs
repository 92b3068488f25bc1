//! The status line: the data set, the device, warnings.

use egui::{Align, Layout as Direction, Panel, RichText, Ui};

use crate::app::commands::Desk;
use crate::app::theme::Theme;
use crate::app::widgets::status_chip_ui;
use crate::session::{Action, Data, Devices, Level, State};

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
