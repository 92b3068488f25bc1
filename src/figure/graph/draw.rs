//! A picture as an SVG document.

use super::{
    LABEL_SIZE, PILL_HEIGHT, Picture, PictureBox, PictureEdge, Rect, Role, SUBTITLE_SIZE,
    TITLE_SIZE,
};
use crate::figure::draw::{heading, heading_height};
use crate::figure::svg::{Anchor, Stroke, Svg, Text};
use crate::figure::text::{shortened, width};
use crate::figure::theme::{Rgb, Theme};

/// Room around the heading, in points.
const PAD: f64 = 16.0;
/// Share of colour that remains of what only training needs.
const DIM: f64 = 0.45;

/// Width and height of the document, heading included.
pub(super) fn document_size(picture: &Picture) -> [f64; 2] {
    let top = PAD + heading_height([&picture.title, &picture.subtitle]);
    let words = crate::figure::draw::heading_width([&picture.title, &picture.subtitle]) + 2.0 * PAD;
    [picture.size[0].max(words), picture.size[1] + top]
}

/// Draws a picture with its heading.
pub(super) fn svg(picture: &Picture, theme: Theme) -> String {
    let size = document_size(picture);
    let described = format!("{}: {}", picture.title, picture.subtitle);
    let mut svg = Svg::new(size, theme.background(), &described);
    let words = [picture.title.as_str(), picture.subtitle.as_str()];
    heading(&mut svg, words, [PAD, PAD], size[0] - PAD, [theme.ink(), theme.soft_ink()]);
    let shift = [(size[0] - picture.size[0]) / 2.0, size[1] - picture.size[1]];
    for frame in &picture.frames {
        draw_frame(&mut svg, theme, moved(frame.rect, shift), &frame.title, frame.depth);
    }
    for edge in &picture.edges {
        draw_edge(&mut svg, theme, edge, shift);
    }
    for shown in &picture.boxes {
        draw_box(&mut svg, theme, shown, moved(shown.rect, shift));
    }
    for edge in &picture.edges {
        draw_label(&mut svg, theme, edge, shift);
    }
    svg.finish()
}

fn moved(rect: Rect, [dx, dy]: [f64; 2]) -> Rect {
    Rect { x: rect.x + dx, y: rect.y + dy, ..rect }
}

fn draw_frame(svg: &mut Svg, theme: Theme, rect: Rect, title: &str, depth: usize) {
    let fill =
        theme.background().mix(theme.axis(), if depth.is_multiple_of(2) { 0.07 } else { 0.12 });
    svg.rounded(
        rect,
        8.0,
        fill,
        Some(Stroke::solid(theme.background().mix(theme.axis(), 0.5), 1.0)),
    );
    let text = shortened(title, LABEL_SIZE + 1.0, rect.width - 16.0);
    svg.text(Text::new(&text, [rect.x + 9.0, rect.y + 16.0], LABEL_SIZE + 1.0, theme.soft_ink()));
}

fn draw_edge(svg: &mut Svg, theme: Theme, edge: &PictureEdge, [dx, dy]: [f64; 2]) {
    let mut path: Vec<[f64; 2]> = edge.path.iter().map(|[x, y]| [x + dx, y + dy]).collect();
    let colour = faded(theme, theme.axis(), edge.dim);
    let Some(&[x, y]) = path.last() else { return };
    // The line ends inside the arrow, whose tip touches the box.
    if let Some(last) = path.last_mut() {
        last[1] -= 4.0;
    }
    svg.polyline(&[path], Stroke::solid(colour, 1.4));
    svg.area(&[[x, y - 0.5], [x - 3.6, y - 7.5], [x + 3.6, y - 7.5]], colour, 1.0);
}

fn draw_box(svg: &mut Svg, theme: Theme, shown: &PictureBox, rect: Rect) {
    let [fill, line, ink, soft] = colours(theme, shown.role, shown.dim);
    if shown.block.is_some() {
        // A second sheet behind says that there is more inside.
        let behind = Rect { x: rect.x + 3.0, y: rect.y + 3.0, ..rect };
        svg.rounded(behind, 6.0, fill, Some(Stroke::solid(line, 1.0)));
    }
    svg.rounded(rect, 6.0, fill, Some(Stroke::solid(line, 1.2)));
    let middle = rect.x + rect.width / 2.0;
    let centre = rect.y + rect.height / 2.0;
    let room = rect.width - 10.0;
    let title = shortened(&shown.title, TITLE_SIZE, room);
    let lines = [
        (title, TITLE_SIZE, ink, -7.0),
        (shortened(&shown.subtitle, SUBTITLE_SIZE, room), SUBTITLE_SIZE, soft, 8.5),
    ];
    for (words, size, colour, dy) in &lines {
        let text = Text::new(words, [middle, centre + dy], *size, *colour);
        svg.text(text.anchored(Anchor::Middle).centred());
    }
}

/// The shape on an edge, on a pill that hides the line behind it.
fn draw_label(svg: &mut Svg, theme: Theme, edge: &PictureEdge, [dx, dy]: [f64; 2]) {
    let Some([x, y]) = edge.label_at else { return };
    let half = width(&edge.label, LABEL_SIZE) / 2.0 + 5.0;
    let [x, y] = [x + dx, y + dy];
    let pill =
        Rect { x: x - half, y: y - PILL_HEIGHT / 2.0, width: 2.0 * half, height: PILL_HEIGHT };
    svg.rounded(pill, PILL_HEIGHT / 2.0, theme.background(), None);
    let ink = faded(theme, theme.soft_ink(), edge.dim);
    let text = Text::new(&edge.label, [x, y], LABEL_SIZE, ink);
    svg.text(text.anchored(Anchor::Middle).centred());
}

/// Ground, outline, first and second line of a box.
fn colours(theme: Theme, role: Role, dim: bool) -> [Rgb; 4] {
    let colour = role.palette().map_or(theme.axis(), |index| theme.series(index));
    let share = if theme == Theme::Dark { 0.1 } else { 0.16 };
    let fill = theme.background().mix(colour, if dim { share / 2.0 } else { share });
    [
        fill,
        faded(theme, colour, dim),
        if dim { theme.soft_ink() } else { theme.ink() },
        theme.soft_ink(),
    ]
}

fn faded(theme: Theme, colour: Rgb, dim: bool) -> Rgb {
    if dim { theme.background().mix(colour, DIM) } else { colour }
}
