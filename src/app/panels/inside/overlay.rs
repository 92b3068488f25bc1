//! A map over the galaxy's picture: see-through by a slider, or in turn with it.

use egui::{
    Color32, ColorImage, Rect, Role, Sense, Slider, TextureHandle, TextureOptions, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use serde::{Deserialize, Serialize};

use super::place::footprint;
use super::{PanelContext, Shown};
use crate::app::galaxies::Picture;
use crate::app::panels::run_sample;
use crate::app::widgets::together_ui;
use crate::explain::{Attribution, FOR_AND_AGAINST};

/// Seconds between the galaxy and the map when they blink: slow enough for everybody's eyes.
const BLINK_SECONDS: f64 = 0.7;

/// How a map lies over the galaxy; remembered across starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct OverlayLooks {
    /// 0–1.
    pub(super) opacity: f32,
    /// The galaxy and the map in turn.
    pub(super) blink: bool,
}

impl Default for OverlayLooks {
    fn default() -> Self {
        Self { opacity: 0.7, blink: false }
    }
}

/// The slider and the switch.
pub(super) fn overlay_looks_ui(ui: &mut Ui, looks: &mut OverlayLooks) {
    together_ui(ui, 150.0, |ui| {
        ui.spacing_mut().slider_width = 80.0;
        let slider = Slider::new(&mut looks.opacity, 0.0..=1.0).show_value(false).text("Opacity");
        ui.add(slider)
            .on_hover_text("How much the map covers the galaxy")
            .accessible_name("Opacity");
    });
    ui.checkbox(&mut looks.blink, "Blink")
        .on_hover_text("The galaxy alone and with the map, in turn");
}

/// An attribution as a texture that lets the picture through where it is weak.
pub(super) fn attribution_texture(
    ctx: &egui::Context,
    found: &Attribution,
    table: &[[u8; 3]; 256],
) -> TextureHandle {
    let largest = found.largest();
    let color = |&value: &f32| {
        let share = value / largest;
        let share = if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 };
        let [r, g, b] = match (found.method.is_signed(), share >= 0.0) {
            (true, true) => FOR_AND_AGAINST[0],
            (true, false) => FOR_AND_AGAINST[1],
            (false, _) => table[(share.max(0.0) * 255.0 + 0.5) as usize],
        };
        let weight = if found.method.is_signed() { share.abs() } else { share.max(0.0) };
        Color32::from_rgba_unmultiplied(r, g, b, (weight * 255.0 + 0.5) as u8)
    };
    let [height, width] = found.shape;
    let pixels = found.values.iter().map(color).collect();
    let image = ColorImage { size: [width, height], source_size: Vec2::ZERO, pixels };
    ctx.load_texture("attribution", image, TextureOptions::LINEAR)
}

/// Draws the galaxy in a square with a map over the part that the network sees.
pub(super) fn overlaid_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    (side, name): (f32, &str),
    map: &TextureHandle,
    looks: OverlayLooks,
) {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    ui.painter().rect_filled(rect, 4, ctx.theme.well);
    let Some(started) = &shown.run.started else { return };
    let pipeline = &started.plan.pipeline;
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let place = footprint(ui.ctx(), &shown.subject.sample, pipeline);
    let seen = place.map_or(whole, |place| with_margin(place).intersect(whole));
    let pixels = side / seen.width().max(seen.height()).max(0.1);
    let galaxy = match shown.subject.picture(ui, ctx.galaxies, pixels) {
        Picture::Ready(texture) => texture,
        Picture::Failed(_) => return run_sample::paint_missing(ui, ctx.theme, rect),
        Picture::Pending => return,
    };
    // The part around what the network sees fills the square.
    let part = seen.size() * galaxy.size_vec2();
    let size = galaxy.size_vec2() * (rect.width() / part.x).min(rect.height() / part.y);
    let picture = Rect::from_min_size(rect.center() - seen.center().to_vec2() * size, size);
    let clip = rect.intersect(ui.clip_rect());
    let painter = ui.painter().with_clip_rect(clip);
    painter.image(galaxy.id(), picture, whole, Color32::WHITE);
    let alpha = if blinks_off(ui, looks) { 0.0 } else { looks.opacity };
    if let Some(place) = place {
        let corner = picture.min + place.min.to_vec2() * size;
        let over = Rect::from_min_size(corner, place.size() * size);
        let tint = Color32::WHITE.gamma_multiply(alpha);
        painter.with_clip_rect(picture.intersect(clip)).image(map.id(), over, whole, tint);
    }
}

/// A rectangle with a tenth of its size around it.
fn with_margin(rect: Rect) -> Rect {
    Rect::from_center_size(rect.center(), rect.size() * 1.2)
}

/// Whether the map is away at this moment.
fn blinks_off(ui: &Ui, looks: OverlayLooks) -> bool {
    if !looks.blink {
        return false;
    }
    let turns = ui.input(|input| input.time) / BLINK_SECONDS;
    let rest = (1.0 - turns.fract()) * BLINK_SECONDS;
    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(rest.max(0.02)));
    turns as u64 % 2 == 1
}
