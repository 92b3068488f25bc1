//! The line below an image: where the pointer is, what is there, and how far one has zoomed.

use egui::{Align2, FontId, Pos2, Rect, Ui};

use super::canvas::Canvas;
use super::display_form::significant;
use crate::app::theme::Theme;
use crate::image::sky;

/// Draws the line.
pub(super) fn readout_ui(
    ui: &Ui,
    theme: &Theme,
    canvas: &Canvas<'_>,
    pointer: Option<Pos2>,
    rect: Rect,
) {
    let font = FontId::monospace(12.0);
    let painter = ui.painter().with_clip_rect(rect);
    let zoom = zoom(canvas.camera.scale);
    let right = rect.right_center() - egui::vec2(4.0, 0.0);
    let taken = painter.text(right, Align2::RIGHT_CENTER, zoom, font.clone(), theme.text_weak);
    let room = rect.with_max_x(taken.left() - 8.0);
    let wide = room.width() > 610.0;
    let text = pointer.map_or_else(|| at_rest(canvas), |at| under(canvas, at, wide));
    let left = rect.left_center() + egui::vec2(4.0, 0.0);
    let painter = ui.painter().with_clip_rect(room);
    painter.text(left, Align2::LEFT_CENTER, text, font, theme.text);
}

/// Size and unit, while the pointer is elsewhere.
fn at_rest(canvas: &Canvas<'_>) -> String {
    let exposure = canvas.exposure;
    let [width, height] = exposure.layers.size();
    let unit = exposure.unit.as_ref().map(|unit| format!("   {unit}")).unwrap_or_default();
    let place = match (&exposure.wcs, &exposure.wcs_problem) {
        (Some(wcs), _) => {
            let note = wcs.note().map(|note| format!(" ({note})")).unwrap_or_default();
            format!("   {} {}{note}", wcs.frame().name(), wcs.projection())
        }
        (None, Some(problem)) => format!("   no coordinates: {problem}"),
        (None, None) => String::new(),
    };
    format!("{width} × {height}{unit}{place}")
}

/// Pixel, value and position under the pointer. Pixels count from 1, as FITS and DS9 do; of a
/// photograph from 0, as image editors do. Degrees stand beside the sexagesimal where there is room.
fn under(canvas: &Canvas<'_>, at: Pos2, wide: bool) -> String {
    let [x, y] = canvas.image_point(at);
    let exposure = canvas.exposure;
    let first = if exposure.y_up { 0.5 } else { -0.5 };
    let pixel = format!("x {:9.2}  y {:9.2}", x + first, y + first);
    let values = match canvas.pixel(at) {
        Some(pixel) => values(canvas, pixel),
        None => "outside".into(),
    };
    let position = exposure.wcs.as_ref().and_then(|wcs| wcs.sky_from_pixel([x - 0.5, y - 0.5]));
    let position = position.map_or_else(String::new, |(ra, dec)| {
        let degrees = if wide { sky::degrees(ra, dec, 6) } else { String::new() };
        format!("{}  {}   {degrees}", sky::hms(ra, 3), sky::dms(dec, 2))
    });
    format!("{pixel}   {values:>12}   {position}")
}

/// The value of each band.
fn values(canvas: &Canvas<'_>, [column, row]: [usize; 2]) -> String {
    let layers = &canvas.exposure.layers;
    let values: Vec<String> = (0..layers.bands().len())
        .filter_map(|band| layers.value(band, column, row))
        .map(|value| if value.is_nan() { "blank".into() } else { significant(value.into()) })
        .collect();
    values.join("  ")
}

/// The scale as photographers and astronomers say it.
fn zoom(scale: f64) -> String {
    let (large, small) = if scale >= 1.0 { (scale, 1.0) } else { (1.0, 1.0 / scale) };
    let word = |value: f64| {
        let digits = usize::from(value < 9.95 && (value - value.round()).abs() > 0.004);
        format!("{value:.digits$}")
    };
    format!("{}:{}", word(large), word(small))
}

#[cfg(test)]
mod tests {
    use super::zoom;

    #[test]
    fn scales_read_as_ratios() {
        assert_eq!([1.0, 2.0, 0.5, 0.3, 64.2].map(zoom), ["1:1", "2:1", "1:2", "1:3.3", "64:1"]);
    }
}
