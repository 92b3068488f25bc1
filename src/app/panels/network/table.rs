//! The table of layers; only the rows in sight are drawn.

use egui::{Align, Color32, Layout, RichText, Role, Sense, Ui, WidgetInfo, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use super::rows::{BlockRow, Row, Rows};
use crate::app::plots::ticks;
use crate::app::theme::Theme;
use crate::network::{LayerSummary, Summary};

/// Columns: heading, explanation, width.
const COLUMNS: [(&str, &str, f32); 5] = [
    ("Kind", "What the layer computes", 150.0),
    ("Output", "Channels × height × width, or number of values", 116.0),
    ("Parameters", "Values that learn", 128.0),
    ("Multiply-adds", "Products for one image", 128.0),
    ("Sees", "Height and width of the image that one output value depends on, in pixels", 84.0),
];

/// Draws the table; a click on a block folds or unfolds it.
pub(super) fn table_ui(ui: &mut Ui, theme: &Theme, summary: &Summary, rows: &mut Rows) {
    let height = ui.spacing().interact_size.y;
    let mut table = TableBuilder::new(ui)
        .id_salt("layers of the network")
        .striped(true)
        .auto_shrink(false)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::remainder().at_least(150.0).clip(true));
    for (_, _, width) in COLUMNS {
        table = table.column(Column::initial(width).at_least(60.0).resizable(true).clip(true));
    }
    let mut toggled = None;
    let headed = table.header(height, |mut header| {
        header.col(|ui| {
            ui.label(RichText::new("Layer").small().color(theme.text_weak));
        });
        for (name, help, _) in COLUMNS {
            header.col(|ui| {
                let text = RichText::new(name).small().color(theme.text_weak);
                ui.label(text).on_hover_text(help);
            });
        }
    });
    headed.body(|body| {
        body.rows(height, rows.shown.len(), |mut row| match rows.shown[row.index()] {
            Row::Block(block) => {
                if block_row(&mut row, theme, rows, block) {
                    toggled = Some(block);
                }
            }
            Row::Layer(node, inside) => {
                layer_row(&mut row, theme, rows, &summary.layers[node], inside);
            }
        });
    });
    if let Some(block) = toggled {
        rows.toggle(block);
    }
}

/// Draws a block; true when it was clicked.
fn block_row(row: &mut TableRow<'_, '_>, theme: &Theme, rows: &Rows, index: usize) -> bool {
    let block = &rows.blocks[index];
    let mut clicked = false;
    row.col(|ui| {
        clicked = fold_ui(ui, theme, block);
    });
    row.col(|ui| {
        let layers = block.layers.len();
        let text = match block.branches {
            0 => format!("{layers} layers"),
            branches => format!("{branches} branches, {layers} layers"),
        };
        ui.label(RichText::new(text).small().color(theme.text_weak));
    });
    row.col(|_| ());
    let accent = theme.accent;
    row.col(|ui| count_ui(ui, theme, block.trainable, rows.most_parameters, accent));
    row.col(|ui| count_ui(ui, theme, block.multiply_adds, rows.most_multiply_adds, accent));
    row.col(|_| ());
    clicked
}

/// The arrow and name of a block; true when it was clicked.
fn fold_ui(ui: &mut Ui, theme: &Theme, block: &BlockRow) -> bool {
    ui.spacing_mut().item_spacing.x = 0.0;
    let (_, space) = ui.allocate_space(vec2(20.0, 12.0));
    let text = RichText::new(&block.name).color(theme.text_strong);
    let button = ui.add(egui::Button::new(text).frame(false));
    let name = format!("Block {}", block.name);
    button.widget_info(|| WidgetInfo::selected(Role::Button, true, !block.folded, &name));
    let arrow = button.clone().with_new_rect(space);
    let openness = if block.folded { 0.0 } else { 1.0 };
    egui::collapsing_header::paint_default_icon(ui, openness, &arrow);
    button.clicked() || ui.interact(space, button.id.with("arrow"), Sense::CLICK).clicked()
}

fn layer_row(
    row: &mut TableRow<'_, '_>,
    theme: &Theme,
    rows: &Rows,
    layer: &LayerSummary,
    inside: bool,
) {
    let color = if layer.only_training { theme.text_weak } else { theme.text };
    let plain = theme.text_weak;
    row.col(|ui| {
        ui.add_space(if inside { 22.0 } else { 4.0 });
        let label = ui.add(egui::Label::new(RichText::new(&layer.name).color(color)).truncate());
        if layer.only_training {
            label.on_hover_text("Part of an auxiliary classifier; used in training only");
        }
    });
    row.col(|ui| drop(ui.label(RichText::new(&layer.kind).color(color))));
    row.col(|ui| drop(ui.label(RichText::new(shape(layer)).monospace().color(color))));
    row.col(|ui| count_ui(ui, theme, layer.trainable, rows.most_parameters, plain));
    row.col(|ui| count_ui(ui, theme, layer.multiply_adds, rows.most_multiply_adds, plain));
    row.col(|ui| {
        let [height, width] = layer.receptive_field;
        let text = RichText::new(format!("{height} × {width}")).monospace().color(theme.text_weak);
        ui.label(text);
    });
}

fn shape(layer: &LayerSummary) -> String {
    match layer.shape {
        crate::network::Shape::Map([channels, height, width]) => {
            format!("{channels} × {height} × {width}")
        }
        crate::network::Shape::Vector([n]) => n.to_string(),
    }
}

/// A number with a bar of its share of the largest; nothing for none.
fn count_ui(ui: &mut Ui, theme: &Theme, count: u64, most: u64, color: Color32) {
    if count == 0 {
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(44.0, 5.0), Sense::hover());
    ui.painter().rect_filled(rect, 2, theme.control);
    let width = (rect.width() * (count as f64 / most as f64) as f32).max(1.5);
    ui.painter().rect_filled(rect.with_max_x(rect.left() + width), 2, color);
    let text = RichText::new(ticks::short_count(count)).monospace().color(theme.text);
    ui.label(text).on_hover_text(ticks::grouped(count as f64));
}
