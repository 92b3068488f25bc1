//! The inside panel.

use super::PanelContext;

/// Draws the panel.
pub(crate) fn inside_ui(ui: &mut egui::Ui, ctx: &mut PanelContext<'_>) {
    let _ = (ui, ctx);
}
