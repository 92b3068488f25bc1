//! What stands over an image: the grid of coordinates, the compass, the bar of a known length.

use egui::mutex::Mutex;
use egui::{Align2, Color32, FontId, Id, Painter, Pos2, Stroke, Ui, Vec2, pos2, vec2};
use std::sync::Arc;

use super::Looks;
use super::canvas::Canvas;
use crate::app::plots::memory::cache;
use crate::app::theme::Theme;
use crate::image::sky::{Grid, GridStyle, Side, Wcs, grid, scale_bar};
use crate::image::view::Camera;

/// Length of the compass's arrows, in points.
const ARROW: f32 = 34.0;
/// Distance from the edges, in points.
const MARGIN: f32 = 16.0;

/// Draws what is wished for.
pub(super) fn overlay_ui(ui: &Ui, looks: &Looks, canvas: &Canvas<'_>) {
    let painter = ui.painter_at(canvas.rect);
    let small = canvas.rect.width() < 180.0 || canvas.rect.height() < 140.0;
    let Some(wcs) = &canvas.exposure.wcs else {
        if looks.scale_bar && !small {
            pixel_bar(&painter, canvas);
        }
        return;
    };
    if looks.grid {
        draw_grid(ui, &painter, canvas, wcs);
    }
    if looks.compass && !small {
        compass(&painter, canvas, wcs);
    }
    if looks.scale_bar && !small {
        sky_bar(&painter, canvas, wcs, looks.grid);
    }
}

/// A line that can be seen on dark and on bright pixels.
pub(super) fn line(painter: &Painter, points: Vec<Pos2>, width: f32, colour: Color32) {
    let ground = Color32::from_black_alpha(140);
    painter.line(points.clone(), Stroke::new(width + 1.8, ground));
    painter.line(points, Stroke::new(width, colour));
}

/// Minutes and seconds of arc in letters that the window's font has.
pub(super) fn primes(words: &str) -> String {
    words.replace('″', "\"").replace('′', "'")
}

/// Text that can be read on dark and on bright pixels.
pub(super) fn text(painter: &Painter, at: Pos2, anchor: Align2, words: &str, colour: Color32) {
    let font = FontId::proportional(12.0);
    let galley = painter.layout_no_wrap(primes(words), font, colour);
    let rect = anchor.anchor_size(at, galley.size());
    // Words at the edge move in rather than being cut.
    let room = painter.clip_rect().shrink(4.0);
    let out =
        vec2((rect.right() - room.right()).max(0.0), (rect.bottom() - room.bottom()).max(0.0));
    let rect = rect.translate(-out);
    painter.rect_filled(rect.expand2(vec2(3.0, 1.0)), 3, Color32::from_black_alpha(130));
    painter.galley(rect.min, galley, colour);
}

/// The grid that was drawn last, and for what.
#[derive(Default)]
struct Known {
    of: Option<(u64, Camera, [f64; 2])>,
    grid: Arc<Grid>,
}

fn draw_grid(ui: &Ui, painter: &Painter, canvas: &Canvas<'_>, wcs: &Wcs) {
    let known: Arc<Mutex<Known>> =
        cache(ui.ctx(), Id::unique("viewer grid").with(canvas.frame.id.0));
    let of = (canvas.exposure.layers.id(), canvas.camera, canvas.screen());
    let drawn = {
        let mut known = known.lock();
        if known.of != Some(of) {
            let [low, high] = canvas.camera.visible(canvas.screen());
            let middles = |corner: [f64; 2]| corner.map(|side| side - 0.5);
            let across = (canvas.rect.width() / 150.0).clamp(2.0, 8.0) as usize;
            let style = GridStyle { lines: across, ..GridStyle::default() };
            known.grid = Arc::new(grid(wcs, middles(low), middles(high), style));
            known.of = Some(of);
        }
        Arc::clone(&known.grid)
    };
    let colour = Theme::on_image(0);
    let place = |[x, y]: [f64; 2]| canvas.screen_point([x + 0.5, y + 0.5]);
    for drawn_line in &drawn.lines {
        for piece in &drawn_line.pieces {
            let points: Vec<Pos2> = piece.iter().map(|&point| place(point)).collect();
            painter.line(points, Stroke::new(1.0, colour.gamma_multiply(0.55)));
        }
    }
    for label in drawn.lines.iter().map(|line| &line.label) {
        let at = place(label.anchor);
        let (anchor, by) = beside(label.side, canvas.camera.y_up);
        text(painter, at + by, anchor, &label.text, colour);
    }
}

/// Where a label stands beside the end of its line.
fn beside(side: Side, y_up: bool) -> (Align2, Vec2) {
    let below = (Align2::LEFT_BOTTOM, vec2(4.0, -4.0));
    let above = (Align2::LEFT_TOP, vec2(4.0, 4.0));
    match (side, y_up) {
        (Side::LowX, _) => (Align2::LEFT_BOTTOM, vec2(6.0, -2.0)),
        (Side::HighX, _) => (Align2::RIGHT_BOTTOM, vec2(-6.0, -2.0)),
        (Side::LowY, true) | (Side::HighY, false) => below,
        (Side::LowY, false) | (Side::HighY, true) => above,
        (Side::Inside, _) => (Align2::CENTER_CENTER, Vec2::ZERO),
    }
}

/// Arrows to north and east, true to the middle of the view.
fn compass(painter: &Painter, canvas: &Canvas<'_>, wcs: &Wcs) {
    let middle = canvas.camera.centre.map(|corner| corner - 0.5);
    let Some(compass) = wcs.compass(middle) else { return };
    let upright = |[x, y]: [f64; 2]| {
        let y = if canvas.camera.y_up { -y } else { y };
        vec2(x as f32, y as f32)
    };
    let (north, east) = (upright(compass.north), upright(compass.east));
    let reach = ARROW + 12.0;
    // The arrows may point anywhere; the corner is left free for them.
    let corner = canvas.rect.right_bottom() - vec2(MARGIN + reach * 0.6, MARGIN + reach * 0.6);
    let shift = -(north + east) * ARROW * 0.5;
    let from = corner + shift - vec2(8.0, 8.0);
    for (direction, name) in [(north, "N"), (east, "E")] {
        let tip = from + direction * ARROW;
        line(painter, vec![from, tip], 1.5, Theme::on_image(1));
        let side = vec2(-direction.y, direction.x) * 4.0;
        let back = tip - direction * 7.0;
        line(painter, vec![back + side, tip, back - side], 1.5, Theme::on_image(1));
        let at = tip + direction * 10.0;
        text(painter, at, Align2::CENTER_CENTER, name, Theme::on_image(1));
    }
}

/// `raised` leaves the lowest line to the labels of the grid.
fn sky_bar(painter: &Painter, canvas: &Canvas<'_>, wcs: &Wcs, raised: bool) {
    let middle = canvas.camera.centre.map(|corner| corner - 0.5);
    let Some(scale) = wcs.scale_arcsec_at(middle) else { return };
    let points_per_pixel = canvas.camera.scale / canvas.pixels_per_point;
    let room = f64::from(canvas.rect.width() * 0.3) / points_per_pixel;
    if let Some(found) = scale_bar(scale, room) {
        let length = (found.pixels * points_per_pixel) as f32;
        bar(painter, canvas, length, &found.label, raised);
    }
}

/// Without coordinates, the bar counts pixels.
fn pixel_bar(painter: &Painter, canvas: &Canvas<'_>) {
    let points_per_pixel = canvas.camera.scale / canvas.pixels_per_point;
    let room = f64::from(canvas.rect.width() * 0.25) / points_per_pixel;
    let power = 10.0_f64.powf(room.log10().floor());
    let length = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|&l| l <= room);
    if let Some(length) = length.filter(|&length| length >= 1.0) {
        let label = format!("{length} px");
        bar(painter, canvas, (length * points_per_pixel) as f32, &label, false);
    }
}

fn bar(painter: &Painter, canvas: &Canvas<'_>, length: f32, label: &str, raised: bool) {
    let up = if raised { MARGIN + 18.0 } else { MARGIN };
    let left = canvas.rect.left_bottom() + vec2(MARGIN, -up);
    let right = pos2(left.x + length, left.y);
    let colour = Theme::on_image(1);
    let end = vec2(0.0, 4.0);
    line(painter, vec![left - end, left + end], 1.5, colour);
    line(painter, vec![right - end, right + end], 1.5, colour);
    line(painter, vec![left, right], 1.5, colour);
    let middle = pos2(f32::midpoint(left.x, right.x), left.y - 6.0);
    text(painter, middle, Align2::CENTER_BOTTOM, label, colour);
}
