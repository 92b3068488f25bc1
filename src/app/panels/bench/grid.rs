//! A kernel as a grid: numbers to drag and type, or squares to paint.

use egui::{
    Align2, DragValue, FontId, Id, Key, PointerButton, Rect, Role, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::Looks;
use crate::app::theme::Theme;
use crate::app::widgets::keep_arrows;
use crate::explain::bench::Kernel;

/// Largest width and height of a cell, in points.
const CELL: [f32; 2] = [74.0, 44.0];
/// Below this width of a cell its number is not written.
const WRITTEN: f32 = 19.0;

/// Draws the grid over the width there is.
pub(super) fn grid_ui(ui: &mut Ui, theme: &Theme, kernel: &mut Kernel, looks: &Looks) {
    let [rows, columns] = kernel.size();
    let width = (ui.available_width() / columns as f32).min(CELL[0]).floor();
    let height = if looks.paint { width.min(CELL[1]) } else { width.clamp(24.0, 34.0) };
    let size = vec2(width * columns as f32, height * rows as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let cell = |row: usize, column: usize| {
        let corner = rect.min + vec2(column as f32 * width, row as f32 * height);
        Rect::from_min_size(corner, vec2(width, height)).shrink(1.0)
    };
    let largest = kernel.largest();
    for row in 0..rows {
        for column in 0..columns {
            let place = [row, column];
            let share = if largest > 0.0 { kernel.get(place) / largest } else { 0.0 };
            if looks.paint {
                painted_ui(ui, theme, kernel, looks, cell(row, column), place, share);
            } else {
                number_ui(ui, theme, kernel, looks, cell(row, column), place, share);
            }
        }
    }
    if looks.paint {
        stroke(ui, kernel, looks, rect, [height, width]);
    }
}

/// What a cell is called.
fn name([row, column]: [usize; 2]) -> String {
    format!("Weight in row {}, column {}", row + 1, column + 1)
}

fn number_ui(
    ui: &mut Ui,
    theme: &Theme,
    kernel: &mut Kernel,
    looks: &Looks,
    rect: Rect,
    place: [usize; 2],
    share: f32,
) {
    let mut value = kernel.get(place);
    let digits = if rect.width() > 52.0 { 4 } else { 2 };
    let size = (rect.width() * 0.3).clamp(8.5, 13.5);
    // A child that the panel does not make room for: the grid has taken all of it.
    let mut ui = ui.new_child(UiBuilder::new().id_salt(place).max_rect(rect));
    let (fill, text) = (theme.signed(share * 0.8), theme.on_signed(share * 0.8));
    let spacing = ui.spacing_mut();
    spacing.button_padding = vec2(0.0, 0.0);
    spacing.interact_size = vec2(8.0, 8.0);
    let style = ui.style_mut();
    style.override_font_id = Some(FontId::proportional(size));
    for state in [&mut style.visuals.widgets.inactive, &mut style.visuals.widgets.hovered] {
        state.weak_bg_fill = fill;
        state.fg_stroke.color = text;
    }
    let speed = (kernel.largest() * 0.01).max(1e-4);
    let drag = DragValue::new(&mut value)
        .speed(speed)
        .range(-1e6..=1e6)
        .custom_formatter(move |value, _| short(value, digits));
    let response = ui.put(rect, drag);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name(place)));
    if response.changed() {
        set(kernel, looks, place, value);
    }
    response.on_hover_text(format!("{}: {value}. Drag, or click and type", name(place)));
}

/// Changes a weight and those that are painted together with it.
fn set(kernel: &mut Kernel, looks: &Looks, place: [usize; 2], value: f32) {
    for alike in kernel.alike(place, looks.symmetry) {
        kernel.set(alike, value);
    }
}

/// A number in few characters: `.25`, `−.04`, `1.5`.
pub(super) fn short(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if value.abs() >= 1000.0 || value.abs() < 0.5 * 10_f64.powi(-(digits as i32)) {
        return format!("{value:.0e}").replace('-', "\u{2212}");
    }
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    let text = if digits < 3 { text.replacen("0.", ".", 1) } else { text };
    text.replace('-', "\u{2212}")
}

fn cell_id(ui: &Ui, [row, column]: [usize; 2]) -> Id {
    ui.scope_id().with(("kernel cell", row, column))
}

fn painted_ui(
    ui: &mut Ui,
    theme: &Theme,
    kernel: &mut Kernel,
    looks: &Looks,
    rect: Rect,
    place: [usize; 2],
    share: f32,
) {
    let response = ui.interact(rect, cell_id(ui, place), Sense::click_and_drag());
    let value = kernel.get(place);
    let label = format!("{}: {}", name(place), short(f64::from(value), 4));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    ui.painter().rect_filled(rect, 3, theme.signed(share));
    if response.has_focus() || response.hovered() {
        let stroke = egui::Stroke::new(1.5, theme.text_strong);
        ui.painter().rect_stroke(rect, 3, stroke, egui::StrokeKind::Inside);
    }
    if rect.width() >= WRITTEN {
        let font = FontId::proportional((rect.width() * 0.34).clamp(8.5, 13.5));
        let text = short(f64::from(value), if rect.width() > 40.0 { 3 } else { 2 });
        let colour = theme.on_signed(share);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font, colour);
    }
    if response.has_focus() {
        keys(ui, kernel, looks, place);
    }
    // A screen reader's click adds a stroke; the pointer's is counted by `stroke`.
    if response.clicked() && !ui.input(|input| input.pointer.any_released()) {
        set(kernel, looks, place, value + looks.brush);
    }
}

/// Arrow keys go from cell to cell, + and − change the weight.
fn keys(ui: &Ui, kernel: &mut Kernel, looks: &Looks, place: [usize; 2]) {
    keep_arrows(ui, cell_id(ui, place), false);
    // Plus needs Shift on many keyboards; with Ctrl or Alt keys are commands.
    let pressed = |key| {
        ui.input(|input| input.key_pressed(key) && !input.modifiers.command && !input.modifiers.alt)
    };
    let (value, [rows, columns]) = (kernel.get(place), kernel.size());
    let [row, column] = place;
    let next = match () {
        () if pressed(Key::ArrowLeft) => [row, column.saturating_sub(1)],
        () if pressed(Key::ArrowRight) => [row, (column + 1).min(columns - 1)],
        () if pressed(Key::ArrowUp) => [row.saturating_sub(1), column],
        () if pressed(Key::ArrowDown) => [(row + 1).min(rows - 1), column],
        () if pressed(Key::Plus) || pressed(Key::Equals) => {
            return set(kernel, looks, place, value + looks.brush);
        }
        () if pressed(Key::Minus) => return set(kernel, looks, place, value - looks.brush),
        () if pressed(Key::Num0) || pressed(Key::Delete) => return set(kernel, looks, place, 0.0),
        () => return,
    };
    ui.memory_mut(|memory| memory.request_focus(cell_id(ui, next)));
}

/// Adds to each cell that the pressed pointer comes into; the right button takes away.
fn stroke(ui: &Ui, kernel: &mut Kernel, looks: &Looks, rect: Rect, [height, width]: [f32; 2]) {
    let id = Id::unique("kernel stroke");
    let (at, begun, down) = ui.input(|input| {
        let pointer = &input.pointer;
        let down = [PointerButton::Primary, PointerButton::Secondary]
            .into_iter()
            .find(|button| pointer.button_down(*button));
        (pointer.interact_pos(), pointer.press_origin(), down)
    });
    let Some(button) = down else {
        return ui.data_mut(|data| data.remove::<[usize; 2]>(id));
    };
    let inside = |at: egui::Pos2| rect.contains(at) && ui.clip_rect().contains(at);
    let Some(at) = at.filter(|at| inside(*at) && begun.is_some_and(inside)) else { return };
    // Something over the panel (a menu) has the pointer.
    if ui.ctx().layer_id_at(at).is_some_and(|layer| layer != ui.layer_id()) {
        return;
    }
    let from = at - pos2(rect.left(), rect.top());
    let [rows, columns] = kernel.size();
    let place = [(from.y / height) as usize, (from.x / width) as usize];
    let place = [place[0].min(rows - 1), place[1].min(columns - 1)];
    let last = ui.data(|data| data.get_temp::<[usize; 2]>(id));
    if last == Some(place) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, place));
    let step = if button == PointerButton::Primary { looks.brush } else { -looks.brush };
    set(kernel, looks, place, kernel.get(place) + step);
}

/// A kernel as a small picture.
pub(super) fn kernel_picture(ui: &Ui, theme: &Theme, kernel: &Kernel, rect: Rect) {
    let [rows, columns] = kernel.size();
    let side = (rect.width() / columns as f32).min(rect.height() / rows as f32);
    let size = vec2(side * columns as f32, side * rows as f32);
    let whole = Rect::from_center_size(rect.center(), size);
    ui.painter().rect_filled(whole, 1, theme.well);
    let largest = kernel.largest();
    for (index, value) in kernel.values().iter().enumerate() {
        let corner = vec2((index % columns) as f32, (index / columns) as f32) * side;
        let cell = Rect::from_min_size(whole.min + corner, vec2(side, side));
        let share = if largest > 0.0 { value / largest } else { 0.0 };
        ui.painter().rect_filled(cell, 0, theme.signed(share));
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(0.0, 2), "0");
        assert_eq!(short(0.25, 2), ".25");
        assert_eq!(short(-0.0625, 4), "\u{2212}0.0625");
        assert_eq!(short(-0.5, 2), "\u{2212}.5");
        assert_eq!(short(12.0, 4), "12");
        assert_eq!(short(10.0, 2), "10");
        assert_eq!(short(2.5e-4, 2), "3e\u{2212}4");
        assert_eq!(short(25000.0, 2), "2e4");
    }
}
