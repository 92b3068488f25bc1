//! The picture of the network: zoom, pan, choose, fold, by pointer and by keys.

use egui::{Id, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::Built;
use super::canvas::{Chosen, to_rect};
use super::paint;
use crate::app::theme::Theme;
use crate::app::widgets::keep_arrows;

/// Points of the wheel that double the scale.
const WHEEL: f32 = 260.0;
/// Factor of one press of a zoom key.
const KEY_ZOOM: f32 = 1.25;
/// Points that an arrow key with Shift moves the picture by.
const KEY_PAN: f32 = 80.0;

/// What was asked for in a frame.
#[derive(Default)]
struct Asked {
    choose: Option<Chosen>,
    toggle: Option<String>,
    pointed: Option<Chosen>,
}

/// Draws the picture over the room there is.
pub(super) fn picture_ui(ui: &mut Ui, theme: &Theme, built: &mut Built) {
    let (view, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let name = format!("Picture of {}", built.summary.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &name));
    built.canvas.view = view.size();
    if built.canvas.fits {
        built.canvas.fit();
    }
    let asked = boxes_ui(ui, view, &response, built);
    pointer(ui, view, &response, built);
    keys(ui, &response, built);
    // Only the pointer: egui takes Enter on what has the focus for a click too.
    if response.clicked_by(egui::PointerButton::Primary) {
        response.request_focus();
        built.canvas.chosen = None;
    }
    if let Some(chosen) = asked.choose {
        response.request_focus();
        built.canvas.chosen = Some(chosen);
    }
    if let Some(block) = asked.toggle {
        response.request_focus();
        built.toggle(&block);
    }
    let painter = ui.painter_at(view);
    painter.rect_filled(view, 6, theme.well);
    paint::paint(&painter, theme, &built.canvas, view, asked.pointed.as_ref());
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme.accent.gamma_multiply(0.6));
        ui.painter().rect_stroke(view, 6, stroke, egui::StrokeKind::Inside);
    }
}

/// Frames and boxes in sight, to click on and to be read out.
fn boxes_ui(ui: &Ui, view: Rect, response: &Response, built: &Built) -> Asked {
    let mut asked = Asked::default();
    let canvas = &built.canvas;
    for frame in &canvas.picture.frames {
        let rect = canvas.rect_to_screen(view, to_rect(frame.rect));
        let strip = rect.with_max_y(rect.top() + 22.0 * canvas.scale);
        let this = Chosen::Block(frame.block.clone());
        let name = format!("Block {}, unfolded", frame.block);
        let id = response.id.with(("frame", &frame.block));
        part_ui(ui, view, rect, strip, id, &name, &this, canvas.scale, &mut asked);
    }
    for (index, shown) in canvas.picture.boxes.iter().enumerate() {
        let Some(this) = canvas.at(index) else { continue };
        let rect = canvas.rect_to_screen(view, to_rect(shown.rect));
        let last = shown.nodes.last().map(|&node| &built.summary.layers[node]);
        let shape = last.map_or(String::new(), |layer| layer.shape.to_string());
        let name = if let Some(block) = &shown.block {
            format!("Block {block}, folded, {shape}")
        } else {
            let layer = shown.nodes.first().map_or("", |&n| &built.summary.layers[n].name);
            format!("Layer {layer}, {}, {shape}", shown.title)
        };
        let id = response.id.with(("box", index));
        part_ui(ui, view, rect, rect, id, &name, &this, canvas.scale, &mut asked);
    }
    asked
}

/// One box, or the title of a frame.
#[expect(clippy::too_many_arguments, reason = "a part is its places, its name and what it means")]
fn part_ui(
    ui: &Ui,
    view: Rect,
    whole: Rect,
    strip: Rect,
    id: Id,
    name: &str,
    this: &Chosen,
    scale: f32,
    asked: &mut Asked,
) {
    let seen = strip.intersect(view);
    if !seen.is_positive() {
        return;
    }
    // Not focusable: the picture has one place in the order of Tab, its boxes are for the arrows.
    let part = ui.interact(seen, id, Sense::CLICK);
    part.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    if part.hovered() {
        asked.pointed = Some(this.clone());
    }
    let Chosen::Block(block) = this else {
        if part.clicked() {
            asked.choose = Some(this.clone());
        }
        return;
    };
    let sign = paint::sign_rect(whole, scale).expand(2.0).intersect(view);
    let on_sign = sign.is_positive() && {
        let sign = ui.interact(sign, id.with("sign"), Sense::CLICK);
        let verb = if strip == whole { "Unfold" } else { "Fold" };
        sign.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} {block}")));
        sign.clicked()
    };
    if on_sign || part.double_clicked() {
        asked.toggle = Some(block.clone());
    } else if part.clicked() {
        asked.choose = Some(this.clone());
    }
}

/// Wheel, pinch and drag.
fn pointer(ui: &Ui, view: Rect, response: &Response, built: &mut Built) {
    if response.dragged() {
        built.canvas.pan(response.drag_delta());
    }
    let Some(at) = ui.input(|input| input.pointer.hover_pos()).filter(|&at| view.contains(at))
    else {
        return;
    };
    if !ui.rect_contains_pointer(view) {
        return;
    }
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let factor = pinch * (wheel.y * std::f32::consts::LN_2 / WHEEL).exp();
    if (factor - 1.0).abs() > 1e-4 {
        built.canvas.zoom(factor, at - view.min);
    }
}

/// Arrows walk along the edges, Enter folds, Escape lets go, F fits, 1 is life size.
fn keys(ui: &Ui, response: &Response, built: &mut Built) {
    if !response.has_focus() {
        return;
    }
    keep_arrows(ui, response.id, true);
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let plain = |key| pressed(Modifiers::NONE, key);
    let centre = built.canvas.view / 2.0;
    let arrows = [
        (Key::ArrowDown, vec2(0.0, 1.0)),
        (Key::ArrowUp, vec2(0.0, -1.0)),
        (Key::ArrowRight, vec2(1.0, 0.0)),
        (Key::ArrowLeft, vec2(-1.0, 0.0)),
    ];
    for (key, direction) in arrows {
        if pressed(Modifiers::SHIFT, key) {
            built.canvas.pan(-direction * KEY_PAN);
        } else if plain(key)
            && let Some(index) = built.canvas.step(direction)
        {
            built.canvas.chosen = built.canvas.at(index);
            built.canvas.reveal();
        }
    }
    if plain(Key::Enter) {
        built.toggle_chosen();
    }
    if plain(Key::Escape) && built.canvas.chosen.take().is_none() {
        response.surrender_focus();
    }
    if plain(Key::F) {
        built.canvas.fit();
    }
    if plain(Key::Num1) {
        let scale = built.canvas.scale;
        built.canvas.zoom(1.0 / scale, centre);
    }
    for (key, factor) in
        [(Key::Plus, KEY_ZOOM), (Key::Equals, KEY_ZOOM), (Key::Minus, 1.0 / KEY_ZOOM)]
    {
        if plain(key) {
            built.canvas.zoom(factor, centre);
        }
    }
}
