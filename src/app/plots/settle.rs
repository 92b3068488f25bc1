//! Plots find the room for their axes.

use egui::{Id, Rect, Ui};

/// Draws a plot again whose frame is another than when it was drawn last: what room an axis needs for
/// its marks, a plot knows only after it was drawn, and writes the axis's name over them until then.
pub(crate) fn settle(ui: &Ui, plot: Id, frame: Rect) {
    let id = plot.with("frame");
    let before: Option<Rect> = ui.data(|data| data.get_temp(id));
    if before == Some(frame) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, frame));
    match before {
        None => ui.ctx().request_discard("a plot that is drawn for the first time"),
        Some(_) => ui.ctx().request_repaint(),
    }
}
