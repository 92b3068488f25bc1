//! Keys that a widget takes for itself.

use egui::{EventFilter, Id, Ui};

/// Keeps the arrow keys, and Escape where wanted, for a widget that has the focus, which they would
/// move otherwise.
pub(crate) fn keep_arrows(ui: &Ui, id: Id, escape: bool) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        escape,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
}
