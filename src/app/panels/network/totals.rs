//! What the whole network costs: parameters, products, and memory for training against what the
//! device has.

use egui::{Color32, RichText, Ui};

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
        ("optimiser", memory.optimizer, theme.series(3)),
        ("activations", memory.images(), theme.series(1)),
    ];
    let whole = total.max(1) as f32;
    let shares = parts.map(|(_, bytes, color)| (bytes as f32 / whole, color));
    let name = format!("Memory for training: {}", ticks::bytes(total));
    stacked_bar_ui(ui, &shares, &name);
    ui.horizontal_wrapped(|ui| {
        for (name, bytes, color) in parts {
            key_entry_ui(ui, theme, color, color, &format!("{name} {}", ticks::bytes(bytes)));
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
    let share = memory.total() as f32 / available.max(1) as f32;
    let largest = memory.largest_batch(available);
    let (title, has) = (&device.title, ticks::bytes(available));
    let percent = share * 100.0;
    let fits = memory.total() <= available;
    let used = [
        (share.min(1.0), if fits { theme.success } else { theme.error }),
        ((1.0 - share).max(0.0), theme.control),
    ];
    stacked_bar_ui(ui, &used, &format!("{percent:.1} % of the memory of {title}"));
    let images = if largest == 1 { "image" } else { "images" };
    if fits {
        let text = format!(
            "Fits: {title} has {has}, of which this is {percent:.1} %. A batch of up to {largest} \
             {images} would fit."
        );
        ui.add(egui::Label::new(RichText::new(text).small().color(theme.success)).wrap());
    } else if largest == 0 {
        problem_ui(ui, &format!("Does not fit: {title} has {has}, too little for one image."));
    } else {
        let text = format!("Does not fit: {title} has {has}. A batch of {largest} {images} would.");
        problem_ui(ui, &text);
    }
}

/// What the colours of the boxes mean.
pub(super) fn key_ui(ui: &mut Ui, theme: &Theme) {
    ui.horizontal_wrapped(|ui| {
        for role in Role::ALL {
            let colour = paint::colour(theme, role);
            let fill = theme.card.lerp_to_gamma(colour, 0.2);
            key_entry_ui(ui, theme, fill, colour, role.describe());
        }
    });
}

/// A small square and a word that stay together where the line breaks.
fn key_entry_ui(ui: &mut Ui, theme: &Theme, fill: Color32, line: Color32, words: &str) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(words.to_owned(), font, theme.text_weak);
    let size = egui::vec2(galley.size().x + 15.0, galley.size().y.max(12.0));
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
    let square = egui::Rect::from_center_size(
        egui::pos2(rect.left() + 5.0, rect.center().y),
        egui::Vec2::splat(10.0),
    );
    ui.painter().rect(square, 3, fill, egui::Stroke::new(1.2, line), egui::StrokeKind::Inside);
    let at = egui::pos2(rect.left() + 15.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme.text_weak);
}
