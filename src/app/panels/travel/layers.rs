//! Which layer is looked at: first those worth a look, then all.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui};

use crate::app::theme::Theme;
use crate::explain::landmarks;
use crate::network::{Layer, Network};

/// Where to begin: behind the first activation, or else the first layer.
pub(super) fn first(network: &Network) -> String {
    let active = |layer: &Layer| matches!(layer, Layer::Activation { .. });
    let node = network.nodes.iter().find(|node| active(&node.layer));
    let node = node.or_else(|| network.nodes.get(1)).or_else(|| network.nodes.first());
    node.map_or_else(String::new, |node| node.name.clone())
}

/// The list; returns what was chosen.
pub(super) fn layer_ui(ui: &mut Ui, network: &Arc<Network>, chosen: &str) -> Option<String> {
    let theme = Theme::of(ui.ctx());
    let mut clicked = None;
    let combo = egui::ComboBox::from_id_salt("travel layer").selected_text(chosen).width(190.0);
    let shown = combo.height(420.0).show_ui(ui, |ui| {
        let marks = landmarks(network);
        ScrollArea::vertical().show(ui, |ui| {
            for (title, only_marks) in [("Ends of blocks", true), ("Other layers", false)] {
                ui.label(RichText::new(title).small().color(theme.text_weak));
                for node in &network.nodes {
                    if marks.contains(&node.name) != only_marks {
                        continue;
                    }
                    let label = ui.selectable_label(node.name == chosen, &node.name);
                    if label.on_hover_text(node.layer.describe()).clicked() {
                        clicked = Some(node.name.clone());
                    }
                }
            }
        });
    });
    let name = format!("Layer: {chosen}");
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
    clicked
}
