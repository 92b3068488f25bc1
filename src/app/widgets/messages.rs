//! Words to the user: empty states, errors, hints beside settings, small chips.

use egui::{Button, Response, RichText, Ui, Widget as _};

use super::icons::{Icon, icon_ui};
use crate::app::theme::{SPACE, Theme};

/// What a panel says when it has nothing to show: why, and what to do.
pub(crate) fn empty_ui(ui: &mut Ui, title: &str, text: &str, actions: impl FnOnce(&mut Ui)) {
    let theme = Theme::of(ui.ctx());
    let space = (ui.available_height() * 0.5 - 60.0).clamp(SPACE, 220.0);
    ui.add_space(space);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(title).heading().color(theme.text_strong));
        ui.set_max_width(460.0);
        ui.label(RichText::new(text).color(theme.text_weak));
        ui.add_space(SPACE);
        actions(ui);
    });
}

/// An error where it happened: what, and what to do.
pub(crate) fn error_ui(ui: &mut Ui, text: &str) -> Response {
    let theme = Theme::of(ui.ctx());
    let frame = egui::Frame::new()
        .fill(theme.error.gamma_multiply(0.12))
        .stroke(egui::Stroke::new(1.0, theme.error.gamma_multiply(0.6)))
        .corner_radius(6)
        .inner_margin(10);
    let inner = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(text).color(theme.error)).wrap());
    });
    inner.response
}

/// An error whose cause may be gone, with a way to try again. True when that was asked.
pub(crate) fn retry_ui(ui: &mut Ui, text: &str) -> bool {
    error_ui(ui, text);
    ui.button("Try again").clicked()
}

/// A quiet line of explanation.
pub(crate) fn hint_ui(ui: &mut Ui, text: &str) -> Response {
    let theme = Theme::of(ui.ctx());
    egui::Label::new(RichText::new(text).small().color(theme.text_weak)).wrap().ui(ui)
}

/// What is wrong with the setting above.
pub(crate) fn problem_ui(ui: &mut Ui, text: &str) -> Response {
    let theme = Theme::of(ui.ctx());
    ui.horizontal_top(|ui| {
        icon_ui(ui, Icon::Warning, 13.0, theme.error);
        egui::Label::new(RichText::new(text).small().color(theme.error)).wrap().ui(ui)
    })
    .inner
}

/// The button of what to do next.
pub(crate) fn primary_button(theme: &Theme, text: &str) -> Button<'static> {
    Button::new(RichText::new(text).color(theme.on_accent)).fill(theme.accent)
}

/// A short state in a rounded box, e.g. `12 warnings`.
pub(crate) fn status_chip_ui(ui: &mut Ui, text: &str, colour: egui::Color32) -> Response {
    let text = RichText::new(text).small().color(colour);
    let button = Button::new(text).fill(colour.gamma_multiply(0.14)).corner_radius(10);
    ui.add(button.min_size(egui::vec2(0.0, 20.0)))
}
