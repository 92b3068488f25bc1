//! Cards: a title and what belongs together under it.

use egui::{RichText, Ui};

use crate::app::theme::{SPACE, Theme};

/// A card over the whole width, with a title.
pub(crate) fn card_ui<R>(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    let theme = Theme::of(ui.ctx());
    let inner = theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        title_ui(ui, title);
        content(ui)
    });
    inner.inner
}

/// A card that folds; it remembers whether it is open.
pub(crate) fn section_ui<R>(
    ui: &mut Ui,
    title: &str,
    open: bool,
    content: impl FnOnce(&mut Ui) -> R,
) -> Option<R> {
    let theme = Theme::of(ui.ctx());
    let inner = theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        egui::CollapsingHeader::new(RichText::new(title).size(14.5).color(theme.text_strong))
            .default_open(open)
            .show_unindented(ui, |ui| {
                ui.add_space(SPACE * 0.5);
                content(ui)
            })
    });
    inner.inner.body_returned
}

fn title_ui(ui: &mut Ui, title: &str) {
    let theme = Theme::of(ui.ctx());
    if !title.is_empty() {
        ui.label(RichText::new(title).size(14.5).color(theme.text_strong));
        ui.add_space(SPACE * 0.25);
    }
}
