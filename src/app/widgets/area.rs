//! A part of a panel in a rectangle of its own.

use egui::{Align, Layout, Rect, Ui, UiBuilder};

/// Draws `content` from the top down in a rectangle that cuts off what does not fit; `name` is the only
/// one of its kind in `ui`.
pub(crate) fn area_ui(ui: &mut Ui, name: &str, rect: Rect, content: impl FnOnce(&mut Ui)) {
    let layout = Layout::top_down(Align::Min);
    let builder = UiBuilder::new().id_salt(("area", name)).max_rect(rect).layout(layout);
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.expand(1.0).intersect(ui.clip_rect()));
        content(ui);
    });
}
