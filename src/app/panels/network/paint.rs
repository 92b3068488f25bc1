//! The boxes, edges and frames of a picture that are in sight, painted.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::canvas::{Canvas, Chosen, to_rect};
use crate::app::theme::Theme;
use crate::figure::graph::{
    LABEL_SIZE, PILL_HEIGHT, PictureBox, PictureEdge, Role, SUBTITLE_SIZE, TITLE_SIZE,
};

/// Smallest text that is drawn, in points.
const LEGIBLE: f32 = 5.5;
/// Side of the sign that folds, in points of the picture.
pub(super) const SIGN: f32 = 14.0;

/// Paints everything in sight.
pub(super) fn paint(
    painter: &Painter,
    theme: &Theme,
    canvas: &Canvas,
    view: Rect,
    pointed: Option<&Chosen>,
) {
    let sight = view.expand(4.0);
    let scale = canvas.scale;
    for frame in &canvas.picture.frames {
        let rect = canvas.rect_to_screen(view, to_rect(frame.rect));
        if rect.intersects(sight) {
            let block = Chosen::Block(frame.block.clone());
            let edge = outline(theme, theme.border, canvas, &block, pointed);
            painter.rect(rect, 8.0 * scale, ground(theme, frame.depth), edge, StrokeKind::Inside);
            let at = rect.min + vec2(SIGN + 8.0, 5.0) * scale;
            let size = LABEL_SIZE + 1.0;
            words(painter, at, Align2::LEFT_TOP, &frame.title, size, scale, theme.text_weak);
            sign(painter, sign_rect(rect, scale), scale, true, theme.text_weak);
        }
    }
    for edge in &canvas.picture.edges {
        paint_edge(painter, theme, canvas, view, edge);
    }
    for (index, shown) in canvas.picture.boxes.iter().enumerate() {
        let rect = canvas.rect_to_screen(view, to_rect(shown.rect));
        if rect.intersects(sight) {
            let this = canvas.at(index);
            let colour = box_colour(theme, shown);
            let stroke = this.map_or(Stroke::new(1.0, colour), |this| {
                outline(theme, colour, canvas, &this, pointed)
            });
            paint_box(painter, theme, shown, rect, scale, stroke);
        }
    }
    for edge in &canvas.picture.edges {
        paint_label(painter, theme, canvas, view, edge);
    }
}

/// Where the sign that folds or unfolds stands in a frame or box.
pub(super) fn sign_rect(rect: Rect, scale: f32) -> Rect {
    Rect::from_min_size(rect.min + vec2(4.0, 4.0) * scale, vec2(SIGN, SIGN) * scale)
}

fn outline(
    theme: &Theme,
    colour: Color32,
    canvas: &Canvas,
    this: &Chosen,
    pointed: Option<&Chosen>,
) -> Stroke {
    let chosen = match (&canvas.chosen, this) {
        (Some(Chosen::Layer(_)), Chosen::Layer(_)) => {
            canvas.chosen.as_ref().and_then(|c| canvas.box_of(c)) == canvas.box_of(this)
        }
        (chosen, this) => chosen.as_ref() == Some(this),
    };
    if chosen {
        Stroke::new(2.5, theme.accent)
    } else if pointed == Some(this) {
        Stroke::new(1.6, theme.text_strong)
    } else {
        Stroke::new(1.0, colour)
    }
}

fn ground(theme: &Theme, depth: usize) -> Color32 {
    theme.well.lerp_to_gamma(theme.control, if depth.is_multiple_of(2) { 0.3 } else { 0.55 })
}

/// The colour of a kind of box.
pub(super) fn colour(theme: &Theme, role: Role) -> Color32 {
    role.palette().map_or(theme.text_weak, |index| theme.series(index))
}

fn box_colour(theme: &Theme, shown: &PictureBox) -> Color32 {
    let colour = colour(theme, shown.role);
    if shown.dim { theme.well.lerp_to_gamma(colour, 0.45) } else { colour }
}

fn paint_box(
    painter: &Painter,
    theme: &Theme,
    shown: &PictureBox,
    rect: Rect,
    scale: f32,
    stroke: Stroke,
) {
    let colour = box_colour(theme, shown);
    let fill = theme.card.lerp_to_gamma(colour, if theme.dark { 0.16 } else { 0.13 });
    let radius = 6.0 * scale;
    if shown.block.is_some() {
        // A second sheet behind says that there is more inside.
        let behind = rect.translate(vec2(3.0, 3.0) * scale);
        painter.rect(behind, radius, fill, Stroke::new(1.0, colour), StrokeKind::Inside);
    }
    painter.rect(rect, radius, fill, stroke, StrokeKind::Inside);
    let ink = if shown.dim { theme.text_weak } else { theme.text_strong };
    let middle = rect.center();
    // Where the second line is too small to be read, the first stands in the middle.
    let two = SUBTITLE_SIZE as f32 * scale >= LEGIBLE && !shown.subtitle.is_empty();
    let above = middle - vec2(0.0, if two { 7.0 * scale } else { 0.0 });
    words(painter, above, Align2::CENTER_CENTER, &shown.title, TITLE_SIZE, scale, ink);
    let below = middle + vec2(0.0, 8.5 * scale);
    let weak = theme.text_weak;
    words(painter, below, Align2::CENTER_CENTER, &shown.subtitle, SUBTITLE_SIZE, scale, weak);
    if shown.block.is_some() {
        sign(painter, sign_rect(rect, scale), scale, false, theme.text_weak);
    }
}

/// A triangle: to the right for folded, down for unfolded.
fn sign(painter: &Painter, rect: Rect, scale: f32, open: bool, colour: Color32) {
    if scale < 0.35 {
        return;
    }
    let (centre, r) = (rect.center(), rect.width() * 0.24);
    let points = if open {
        vec![centre + vec2(-r, -0.6 * r), centre + vec2(r, -0.6 * r), centre + vec2(0.0, r)]
    } else {
        vec![centre + vec2(-0.6 * r, -r), centre + vec2(r, 0.0), centre + vec2(-0.6 * r, r)]
    };
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

fn edge_colour(theme: &Theme, dim: bool) -> Color32 {
    theme.well.lerp_to_gamma(theme.text_weak, if dim { 0.4 } else { 0.85 })
}

fn paint_edge(painter: &Painter, theme: &Theme, canvas: &Canvas, view: Rect, edge: &PictureEdge) {
    let mut points: Vec<Pos2> =
        edge.path.iter().map(|&point| canvas.to_screen(view, point)).collect();
    if !Rect::from_points(&points).expand(4.0).intersects(view) {
        return;
    }
    let scale = canvas.scale;
    let ends_chosen = canvas.chosen.as_ref().and_then(|chosen| canvas.box_of(chosen));
    let chosen = ends_chosen.is_some_and(|index| edge.from == index || edge.to == index);
    let colour = if chosen { theme.accent } else { edge_colour(theme, edge.dim) };
    let Some(&tip) = points.last() else { return };
    if let Some(last) = points.last_mut() {
        last.y -= 4.0 * scale;
    }
    let width = (1.4 * scale).clamp(0.6, 2.4) * if chosen { 1.4 } else { 1.0 };
    painter.add(Shape::line(points, Stroke::new(width, colour)));
    if scale > 0.2 {
        let wing = |side: f32| tip + vec2(3.8 * side, -7.5) * scale;
        let arrow = vec![tip, wing(-1.0), wing(1.0)];
        painter.add(Shape::convex_polygon(arrow, colour, Stroke::NONE));
    }
}

/// The shape on an edge, on a pill that hides the line behind it.
fn paint_label(painter: &Painter, theme: &Theme, canvas: &Canvas, view: Rect, edge: &PictureEdge) {
    let Some(at) = edge.label_at else { return };
    let scale = canvas.scale;
    let size = LABEL_SIZE as f32 * scale;
    let centre = canvas.to_screen(view, at);
    if size < LEGIBLE || !view.expand(60.0 * scale).contains(centre) {
        return;
    }
    let ink = if edge.dim { theme.text_weak.gamma_multiply(0.7) } else { theme.text_weak };
    let galley = painter.layout_no_wrap(edge.label.clone(), font(size), ink);
    let half = vec2(galley.size().x / 2.0 + 5.0 * scale, PILL_HEIGHT as f32 / 2.0 * scale);
    painter.rect_filled(Rect::from_center_size(centre, half * 2.0), half.y, theme.well);
    let corner = pos2(centre.x - galley.size().x / 2.0, centre.y - galley.size().y / 2.0);
    painter.galley(corner, galley, ink);
}

/// Text where it can be read.
fn words(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    size: f64,
    scale: f32,
    ink: Color32,
) {
    let size = size as f32 * scale;
    if size >= LEGIBLE {
        painter.text(at, anchor, text, font(size), ink);
    }
}

/// Every size of text has glyphs of its own on the graphics card, so sizes go in steps.
fn font(size: f32) -> FontId {
    FontId::proportional((size * 2.0).floor() / 2.0)
}
