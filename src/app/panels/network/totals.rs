//! What the whole network costs: parameters, products, and memory for training against what the
//! device has.

use egui::{RichText, Ui};

use super::paint;
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{facts_ui, hint_ui, problem_ui, stacked_bar_ui};
use crate::figure::graph::Role;
use crate::network::Summary;
use crate::session::{DeviceEntry, State};
use crate::train::{Memory, Plan};

/// Draws the totals.
pub(super) fn totals_ui(ui: &mut Ui, theme: &Theme, state: &State, plan: &Plan, summary: &Summary) {
    ui.label(RichText::new("Whole network").size(14.5).color(theme.text_strong));
    let [channels, height, width] = summary.input;
    let facts = [
        ("Input", format!("{channels}×{height}×{width}")),
        ("Classes", summary.classes.to_string()),
        ("Parameters", ticks::grouped(summary.trainable as f64)),
        ("Not trained", ticks::grouped(summary.non_trainable as f64)),
        ("Multiply-adds", ticks::short_count(summary.multiply_adds)),
    ];
    facts_ui(ui, &facts);
    ui.add_space(SPACE * 0.5);
    memory_ui(ui, theme, state.device(), &Memory::of(plan, summary));
}

/// The memory for training as a bar of its parts.
fn memory_ui(ui: &mut Ui, theme: &Theme, device: Option<&DeviceEntry>, memory: &Memory) {
    let total = memory.total();
    let head =
        format!("Training on {} images at once: about {}", memory.batch, ticks::bytes(total));
    ui.label(RichText::new(head).color(theme.text));
    let parts = [
        ("weights", memory.weights + memory.average, theme.series(0)),
        ("gradients", memory.gradients, theme.series(2)),
        ("optimizer", memory.optimizer, theme.series(3)),
        ("activations", memory.images(), theme.series(1)),
    ];
    let available = device.and_then(|device| device.memory);
    let whole = available.unwrap_or(total).max(total).max(1);
    let mut shares: Vec<_> =
        parts.iter().map(|(_, bytes, color)| (*bytes as f32 / whole as f32, *color)).collect();
    shares.push(((whole - total) as f32 / whole as f32, theme.control));
    let name = format!("Memory for training: {}", ticks::bytes(total));
    stacked_bar_ui(ui, &shares, &name);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = SPACE * 0.5;
        for (name, bytes, color) in parts {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(8.0, 8.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, 2, color);
            let text = RichText::new(format!("{name} {}", ticks::bytes(bytes))).small();
            ui.label(text.color(theme.text_weak));
            ui.add_space(SPACE * 0.5);
        }
    });
    verdict_ui(ui, theme, device, memory);
}

/// Whether it fits, and the largest batch that does.
fn verdict_ui(ui: &mut Ui, theme: &Theme, device: Option<&DeviceEntry>, memory: &Memory) {
    let Some((device, available)) = device.and_then(|device| Some((device, device.memory?))) else {
        hint_ui(ui, "How much memory the device has is not known.");
        return;
    };
    let has = ticks::bytes(available);
    let largest = memory.largest_batch(available);
    if memory.total() <= available {
        let text = format!("Fits: {} has {has}. Up to {largest} images would.", device.title);
        ui.label(RichText::new(text).small().color(theme.success));
    } else if largest == 0 {
        let text = format!("Does not fit: {} has {has}, too little for one image.", device.title);
        problem_ui(ui, &text);
    } else {
        let images = if largest == 1 { "image" } else { "images" };
        let text = format!(
            "Does not fit: {} has {has}. A batch of {largest} {images} would.",
            device.title
        );
        problem_ui(ui, &text);
    }
}

/// What the colours of the boxes mean.
pub(super) fn key_ui(ui: &mut Ui, theme: &Theme) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = SPACE * 0.5;
        for role in Role::ALL {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), egui::Sense::hover());
            let colour = paint::colour(theme, role);
            let fill = theme.card.lerp_to_gamma(colour, 0.2);
            let stroke = egui::Stroke::new(1.2, colour);
            ui.painter().rect(rect, 3, fill, stroke, egui::StrokeKind::Inside);
            ui.label(RichText::new(role.describe()).small().color(theme.text_weak));
            ui.add_space(SPACE * 0.5);
        }
    });
}
