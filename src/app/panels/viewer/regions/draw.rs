//! Regions as lines over the image.

use egui::{Align2, Color32, Painter, Pos2, Stroke, vec2};

use super::super::canvas::Canvas;
use super::super::overlay::{line, text};
use super::handles::handles;
use crate::app::theme::Theme;
use crate::image::region::{Region, Shape, measure};
use crate::image::sky::angle_words;

/// Corners of a round outline.
const ROUND: usize = 96;
/// Distance of a turning grip from the outline, in points.
pub(super) const REACH: f32 = 18.0;

/// Draws a region; the chosen one with its grips.
pub(super) fn region(painter: &Painter, canvas: &Canvas<'_>, region: &Region, chosen: bool) {
    let [red, green, blue] = region.colour.0;
    let own = Color32::from_rgb(red, green, blue);
    let colour = if chosen { Theme::on_image(3) } else { own };
    let width = if chosen { 2.0 } else { 1.5 };
    for mut outline in outlines(canvas, &region.shape) {
        if region.exclude {
            dashed(painter, &outline, width, colour);
            if let (Some(&first), Some(&last)) = (outline.first(), outline.get(outline.len() / 2)) {
                line(painter, vec![first, last], width, colour);
            }
        } else {
            outline.shrink_to_fit();
            line(painter, outline, width, colour);
        }
    }
    words(painter, canvas, region, colour);
    if chosen {
        for handle in handles(&region.shape, reach(canvas)) {
            let at = place(canvas, handle.at);
            if handle.turns {
                painter.circle(at, 4.5, Color32::TRANSPARENT, Stroke::new(1.8, colour));
            } else {
                let grip = egui::Rect::from_center_size(at, vec2(8.0, 8.0));
                painter.rect(
                    grip,
                    1,
                    colour,
                    Stroke::new(1.0, Color32::BLACK),
                    egui::StrokeKind::Outside,
                );
            }
        }
    }
}

/// Distance of a turning grip in image pixels.
pub(super) fn reach(canvas: &Canvas<'_>) -> f64 {
    f64::from(REACH) * canvas.pixels_per_point / canvas.camera.scale
}

/// Where a place of a region is on the screen.
pub(super) fn place(canvas: &Canvas<'_>, [x, y]: [f64; 2]) -> Pos2 {
    canvas.screen_point([x + 0.5, y + 0.5])
}

/// The lines of a shape on the screen.
pub(super) fn outlines(canvas: &Canvas<'_>, shape: &Shape) -> Vec<Vec<Pos2>> {
    let to_screen = |points: Vec<[f64; 2]>| -> Vec<Pos2> {
        points.into_iter().map(|point| place(canvas, point)).collect()
    };
    match shape {
        Shape::Circle { centre, radius } => {
            vec![to_screen(round(*centre, [*radius; 2], 0.0))]
        }
        Shape::Ellipse { centre, semi_axes, angle } => {
            vec![to_screen(round(*centre, *semi_axes, *angle))]
        }
        Shape::Box { .. } | Shape::Polygon { .. } => {
            let mut corners = shape.corners();
            corners.extend(corners.first().copied());
            vec![to_screen(corners)]
        }
        Shape::Ruler { ends } => vec![to_screen(ends.to_vec())],
        Shape::Point { at } => {
            let at = place(canvas, *at);
            let arm = 6.0;
            vec![
                vec![at - vec2(arm, 0.0), at + vec2(arm, 0.0)],
                vec![at - vec2(0.0, arm), at + vec2(0.0, arm)],
            ]
        }
    }
}

fn round(centre: [f64; 2], [a, b]: [f64; 2], angle: f64) -> Vec<[f64; 2]> {
    let (sin, cos) = angle.sin_cos();
    let point = |step: usize| {
        let (v, u) = (step as f64 / ROUND as f64 * std::f64::consts::TAU).sin_cos();
        let (u, v) = (u * a, v * b);
        [centre[0] + u * cos - v * sin, centre[1] + u * sin + v * cos]
    };
    (0..=ROUND).map(point).collect()
}

fn dashed(painter: &Painter, outline: &[Pos2], width: f32, colour: Color32) {
    painter.extend(egui::Shape::dashed_line(outline, Stroke::new(width, colour), 6.0, 4.0));
}

/// The region's own words; a ruler's length.
fn words(painter: &Painter, canvas: &Canvas<'_>, region: &Region, colour: Color32) {
    let measured = match &region.shape {
        Shape::Ruler { ends } => Some(length(canvas, *ends)),
        _ => None,
    };
    let words = match (region.text.is_empty(), measured) {
        (true, None) => return,
        (true, Some(length)) => length,
        (false, None) => region.text.clone(),
        (false, Some(length)) => format!("{}: {length}", region.text),
    };
    let [low, high] = region.shape.bounds();
    let top = if canvas.camera.y_up { high[1] } else { low[1] };
    let at = place(canvas, [f64::midpoint(low[0], high[0]), top]) - vec2(0.0, 6.0);
    text(painter, at, Align2::CENTER_BOTTOM, &words, colour);
}

fn length(canvas: &Canvas<'_>, ends: [[f64; 2]; 2]) -> String {
    let measured = measure(ends, canvas.exposure.wcs.as_ref());
    match (measured.arcsec, measured.position_angle_deg) {
        (Some(arcsec), Some(angle)) => {
            format!("{}, {angle:.1}°, {:.1} px", precise(arcsec), measured.pixels)
        }
        _ => format!("{:.1} px", measured.pixels),
    }
}

/// An angle with three digits and the unit that suits it.
fn precise(arcsec: f64) -> String {
    match arcsec {
        a if a < 60.0 => format!("{a:.2}″"),
        a if a < 3600.0 => format!("{:.2}′", a / 60.0),
        a if a.is_finite() => format!("{:.3}°", a / 3600.0),
        a => angle_words(a),
    }
}
