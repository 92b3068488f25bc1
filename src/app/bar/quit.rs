//! Asking before a run that trains is left.

use egui::{Align, Context, Layout as Direction, RichText};

use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::primary_button;

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
