//! One image on the screen: what the pointer and the keys do with it, and its drawing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::emath::GuiRounding as _;
use egui::{
    Id, Key, Modifiers, PointerButton, Pos2, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo,
    vec2,
};

use super::measuring::{self, Ready};
use super::{Looks, PanelContext, overlay, readout, regions, save};
use crate::app::gpu;
use crate::app::theme::Theme;
use crate::app::widgets::{Icon, error_ui, icon_button_ui, keep_arrows};
use crate::image::exposure::Exposure;
use crate::image::view::Camera;
use crate::session::viewer::{Arrangement, Picture, Tool};
use crate::session::{Frame, ViewerAction};

/// Points of the wheel that double the scale.
const WHEEL: f64 = 260.0;
/// Factor of one press of a zoom key.
const KEY_ZOOM: f64 = std::f64::consts::SQRT_2;
/// Share of the view that an arrow key moves the image by.
const KEY_PAN: f64 = 0.12;
/// Height of the line with position and value, in points.
const READOUT: f32 = 22.0;

/// An image in its place on the screen.
pub(super) struct Canvas<'a> {
    pub(super) frame: &'a Frame,
    pub(super) exposure: &'a Arc<Exposure>,
    pub(super) rect: Rect,
    pub(super) camera: Camera,
    pub(super) pixels_per_point: f64,
}

impl Canvas<'_> {
    /// Size in physical pixels.
    pub(super) fn screen(&self) -> [f64; 2] {
        let size = self.rect.size();
        [size.x, size.y].map(|side| (f64::from(side) * self.pixels_per_point).round())
    }

    /// A screen point, from the middle of the canvas, in physical pixels.
    fn off_middle(&self, at: Pos2) -> [f64; 2] {
        let from = at - self.rect.center();
        [from.x, from.y].map(|side| f64::from(side) * self.pixels_per_point)
    }

    /// The image point under a screen point; (0.5, 0.5) is the middle of the first pixel.
    pub(super) fn image_point(&self, at: Pos2) -> [f64; 2] {
        self.camera.image_from_screen(self.off_middle(at))
    }

    /// Where an image point is on the screen.
    pub(super) fn screen_point(&self, point: [f64; 2]) -> Pos2 {
        let [x, y] = self.camera.screen_from_image(point).map(|side| side / self.pixels_per_point);
        self.rect.center() + vec2(x as f32, y as f32)
    }

    /// Column and row of the pixel under a screen point; `None` outside the image.
    pub(super) fn pixel(&self, at: Pos2) -> Option<[usize; 2]> {
        let point = self.image_point(at);
        let size = self.exposure.layers.size();
        let inside = (0..2).all(|axis| point[axis] >= 0.0 && point[axis] < size[axis] as f64);
        inside.then(|| point.map(|side| side as usize))
    }
}

/// Draws an image in a rectangle and carries out what pointer and keys ask.
pub(super) fn canvas_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    frame: &Frame,
    rect: Rect,
) {
    let several = ctx.state.viewer.frames.len() > 1;
    let room = rect.with_max_y(rect.bottom() - READOUT).round_to_pixels(ui.pixels_per_point());
    let id = Id::unique("viewer canvas").with(frame.id.0);
    let response = ui.interact(room, id, Sense::click_and_drag());
    let name = format!("Image {}", frame.title());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &name));
    ui.painter().rect_filled(room, 4, Theme::around_image());
    let hovered = match frame.exposure() {
        Some(exposure) => {
            let canvas = Canvas {
                frame,
                exposure,
                rect: room,
                camera: camera_of(frame, exposure, room, ui.pixels_per_point()),
                pixels_per_point: f64::from(ui.pixels_per_point()),
            };
            image_ui(ui, ctx, looks, &canvas, &response);
            let pointed = response.hover_pos().filter(|_| response.contains_pointer());
            readout::readout_ui(ui, ctx.theme, &canvas, pointed, line_below(rect, room));
            pointed.is_some()
        }
        None => false,
    };
    state_ui(ui, ctx, frame, room);
    if several {
        title_ui(ui, ctx, frame, room, hovered);
    }
    if response.clicked() || response.drag_started() {
        response.request_focus();
        if ctx.state.viewer.active != Some(frame.id) {
            ctx.push(ViewerAction::Activate(frame.id).into());
        }
    }
}

fn line_below(rect: Rect, room: Rect) -> Rect {
    Rect::from_min_max(egui::pos2(rect.left(), room.bottom()), rect.max)
}

fn camera_of(frame: &Frame, exposure: &Exposure, room: Rect, pixels_per_point: f32) -> Camera {
    let screen = [room.width(), room.height()].map(|side| f64::from(side * pixels_per_point));
    let fitted = || Camera::fit(exposure.layers.size(), screen, exposure.y_up);
    frame.camera.unwrap_or_else(fitted)
}

/// The image with everything on it.
fn image_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    canvas: &Canvas<'_>,
    response: &Response,
) {
    let ready = measuring::ready(ui.ctx(), canvas.frame.id, canvas.exposure, &canvas.frame.look);
    if let Some(ready) = &ready {
        paint_image(ui, canvas, ready);
    } else {
        ui.put(
            Rect::from_center_size(canvas.rect.center(), Vec2::splat(24.0)),
            egui::Spinner::new(),
        );
    }
    let place = save::Place {
        rect: canvas.rect,
        pixels_per_point: canvas.pixels_per_point as f32,
        camera: canvas.camera,
        screen: canvas.screen(),
    };
    save::keep_place(ui.ctx(), canvas.frame.id, place);
    overlay::overlay_ui(ui, looks, canvas);
    let drawing = regions::canvas_regions_ui(ui, ctx, canvas, response);
    if response.contains_pointer() {
        wheel(ui, ctx, canvas, response);
    }
    drags(ui, ctx, canvas, response, drawing);
    if response.has_focus() {
        keys(ui, ctx, canvas, response);
        let stroke = egui::Stroke::new(1.0, ctx.theme.accent.gamma_multiply(0.7));
        ui.painter().rect_stroke(canvas.rect, 4, stroke, egui::StrokeKind::Inside);
    }
}

fn paint_image(ui: &Ui, canvas: &Canvas<'_>, ready: &Ready) {
    // The graphics card tells in the drawing of this frame what the next one hears.
    let id = Id::unique("viewer incomplete").with(canvas.frame.id.0);
    let incomplete = ui.ctx().data_mut(|data| {
        data.get_temp_mut_or_insert_with(id, || Arc::new(AtomicBool::new(false))).clone()
    });
    if incomplete.load(Ordering::Relaxed) {
        ui.ctx().request_repaint();
    }
    let view = gpu::View {
        canvas: canvas.frame.id.0,
        layers: Arc::clone(&canvas.exposure.layers),
        bands: canvas.exposure.colour_bands(),
        look: Arc::clone(&ready.prepared),
        camera: canvas.camera,
        screen: canvas.screen(),
        frame: ui.ctx().cumulative_frame_nr(),
        target: gpu::target(ui.ctx()),
    };
    ui.painter().with_clip_rect(canvas.rect).add(view.shape(canvas.rect, incomplete));
}

/// The wheel and the pinch zoom about the cursor.
fn wheel(ui: &Ui, ctx: &mut PanelContext<'_>, canvas: &Canvas<'_>, response: &Response) {
    let Some(at) = response.hover_pos() else { return };
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let factor = f64::from(pinch) * (f64::from(wheel.y) * std::f64::consts::LN_2 / WHEEL).exp();
    if (factor - 1.0).abs() > 1e-4 {
        let camera = canvas.camera.zoomed(factor, canvas.off_middle(at));
        ctx.push(ViewerAction::SetCamera(canvas.frame.id, Some(camera)).into());
    }
}

/// The left or middle button moves the image, the right one changes contrast and bias, a double
/// click shows all. `drawing` means that the left button is drawing or moving a region.
fn drags(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
    drawing: bool,
) {
    let id = canvas.frame.id;
    let moving = (response.dragged_by(PointerButton::Primary) && !drawing)
        || response.dragged_by(PointerButton::Middle);
    if moving {
        let by = response.drag_delta();
        let by = [by.x, by.y].map(|side| f64::from(side) * canvas.pixels_per_point);
        ctx.push(ViewerAction::SetCamera(id, Some(canvas.camera.panned(by))).into());
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
    if response.dragged_by(PointerButton::Secondary) {
        let share = response.drag_delta() / canvas.rect.size().max(Vec2::splat(1.0));
        let mut look = canvas.frame.look.clone();
        look.bias = (look.bias + share.x).clamp(-1.0, 2.0);
        look.contrast = (look.contrast * (-3.0 * share.y).exp()).clamp(0.05, 20.0);
        ctx.push(ViewerAction::SetLook(id, Box::new(look)).into());
        ui.ctx().set_cursor_icon(egui::CursorIcon::AllScroll);
    }
    let pans = ctx.state.viewer.tool == Tool::Pan;
    if response.double_clicked_by(PointerButton::Primary) && pans {
        ctx.push(ViewerAction::SetCamera(id, None).into());
    }
}

/// Plus and minus zoom, F fits, 1 is life size, arrows move the image.
fn keys(ui: &Ui, ctx: &mut PanelContext<'_>, canvas: &Canvas<'_>, response: &Response) {
    keep_arrows(ui, response.id, false);
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let id = canvas.frame.id;
    let screen = canvas.screen();
    let step = [screen[0] * KEY_PAN, screen[1] * KEY_PAN];
    let look_at = |camera: Option<Camera>| ViewerAction::SetCamera(id, camera).into();
    let moves = [
        (Key::ArrowLeft, [step[0], 0.0]),
        (Key::ArrowRight, [-step[0], 0.0]),
        (Key::ArrowUp, [0.0, step[1]]),
        (Key::ArrowDown, [0.0, -step[1]]),
    ];
    for (key, by) in moves {
        if pressed(key) {
            ctx.push(look_at(Some(canvas.camera.panned(by))));
        }
    }
    let middle = [0.0, 0.0];
    for (key, factor) in [
        (Key::Plus, KEY_ZOOM),
        (Key::Equals, KEY_ZOOM),
        (Key::Minus, 1.0 / KEY_ZOOM),
        (Key::Num1, 1.0 / canvas.camera.scale),
    ] {
        if pressed(key) {
            ctx.push(look_at(Some(canvas.camera.zoomed(factor, middle))));
        }
    }
    if pressed(Key::F) {
        ctx.push(look_at(None));
    }
    for (key, places) in [(Key::N, 1), (Key::P, -1)] {
        if pressed(key) {
            ctx.push(ViewerAction::ActivateBy(places).into());
        }
    }
}

/// What is happening to an image that is not there.
fn state_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame, room: Rect) {
    match &frame.picture {
        Picture::Ready(_) => {}
        Picture::Reading(before) => {
            let at =
                if before.is_some() { room.left_top() + vec2(20.0, 20.0) } else { room.center() };
            ui.put(Rect::from_center_size(at, Vec2::splat(22.0)), egui::Spinner::new());
        }
        Picture::Failed(problem) => {
            let place = Rect::from_center_size(room.center(), vec2(room.width().min(460.0), 90.0));
            let builder = egui::UiBuilder::new().max_rect(place.shrink(8.0));
            ui.scope_builder(builder, |ui| {
                error_ui(ui, problem);
                if ui.button("Close this image").clicked() {
                    ctx.push(ViewerAction::Close(frame.id).into());
                }
            });
        }
    }
}

/// The name over each of several images.
fn title_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame, room: Rect, hovered: bool) {
    let theme = ctx.theme;
    let active = ctx.state.viewer.active == Some(frame.id);
    let colour = if active { theme.accent } else { theme.text };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let width = (room.width() - 48.0).max(20.0);
    let mut line = egui::text::LayoutJob::simple_singleline(frame.title(), font, colour);
    line.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(line);
    let height = galley.size().y.min(18.0);
    let place = Rect::from_min_size(
        room.left_top() + vec2(6.0, 6.0),
        vec2(galley.size().x.min(width) + 10.0, height + 4.0),
    );
    ui.painter().rect_filled(place, 4, theme.panel.gamma_multiply(0.85));
    ui.painter().with_clip_rect(place).galley(place.min + vec2(5.0, 2.0), galley, colour);
    if active && ctx.state.viewer.arrangement == Arrangement::Tiles {
        let stroke = egui::Stroke::new(1.5, theme.accent);
        ui.painter().rect_stroke(room, 4, stroke, egui::StrokeKind::Inside);
    }
    let corner = Rect::from_min_size(room.right_top() + vec2(-30.0, 6.0), vec2(24.0, 22.0));
    if hovered || active {
        let builder = egui::UiBuilder::new().max_rect(corner);
        ui.scope_builder(builder, |ui| {
            if icon_button_ui(ui, Icon::Cross, &format!("Close {}", frame.title())).clicked() {
                ctx.push(ViewerAction::Close(frame.id).into());
            }
        });
    }
}
