//! Regions under the pointer: drawing, choosing, moving, pulling by a grip, deleting.

use egui::{Id, Key, Modifiers, PointerButton, Pos2, Response, Ui};

use super::super::PanelContext;
use super::super::canvas::Canvas;
use super::draw::{self, place, reach};
use super::handles::{handles, pulled};
use crate::image::region::{Region, Shape};
use crate::session::ViewerAction;
use crate::session::viewer::Tool;

/// How near the pointer must be to a line or grip, in points.
const NEAR: f32 = 7.0;

/// What the pointer is doing.
#[derive(Debug, Clone, PartialEq, Default)]
enum Gesture {
    #[default]
    None,
    /// Drags from where it began.
    Drawing { from: [f64; 2] },
    /// Corners of a polygon so far.
    Corners(Vec<[f64; 2]>),
    /// Moves a region; `step` until the first change has been told.
    Moving { region: usize, last: [f64; 2], step: bool },
    /// Pulls a grip.
    Pulling { region: usize, handle: usize, step: bool },
}

/// Draws the regions and carries out what pointer and keys do with them. Returns whether the left
/// button is busy with regions, so that it does not move the image.
pub(in super::super) fn canvas_regions_ui(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
) -> bool {
    let id = Id::unique("viewer gesture").with(canvas.frame.id.0);
    let mut gesture = ui.data(|data| data.get_temp::<Gesture>(id)).unwrap_or_default();
    let tool = ctx.state.viewer.tool;
    if tool != Tool::Polygon && matches!(gesture, Gesture::Corners(_)) {
        gesture = Gesture::None;
    }
    let busy = if tool == Tool::Pan {
        choose(ctx, canvas, response, &mut gesture, ui);
        follow(ctx, canvas, response, &mut gesture);
        gesture != Gesture::None
    } else {
        drawn(ui, ctx, canvas, response, tool, &mut gesture);
        true
    };
    if response.has_focus() {
        keys(ui, ctx, canvas, &mut gesture);
    }
    paint(ui, canvas, response, tool, &gesture);
    ui.data_mut(|data| data.insert_temp(id, gesture));
    busy
}

/// A place of a region under a screen point.
fn region_place(canvas: &Canvas<'_>, at: Pos2) -> [f64; 2] {
    canvas.image_point(at).map(|side| side - 0.5)
}

/// A click chooses a region; a press on one begins to move it, on a grip to pull it.
fn choose(
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
    gesture: &mut Gesture,
    ui: &Ui,
) {
    let frame = canvas.frame;
    if response.clicked_by(PointerButton::Primary)
        && let Some(at) = response.interact_pointer_pos()
    {
        let hit = hit(canvas, at);
        if hit != frame.selected {
            ctx.push(ViewerAction::SelectRegion(frame.id, hit).into());
        }
    }
    if !response.drag_started_by(PointerButton::Primary) {
        return;
    }
    let Some(at) = ui.input(|input| input.pointer.press_origin()) else { return };
    if let Some((region, handle)) = grip(canvas, at) {
        *gesture = Gesture::Pulling { region, handle, step: true };
    } else if let Some(region) = hit(canvas, at) {
        ctx.push(ViewerAction::SelectRegion(frame.id, Some(region)).into());
        *gesture = Gesture::Moving { region, last: region_place(canvas, at), step: true };
    }
}

/// Moves or pulls what is held.
fn follow(
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
    gesture: &mut Gesture,
) {
    let frame = canvas.frame;
    let at = response.interact_pointer_pos().map(|at| region_place(canvas, at));
    let mut regions = frame.regions.clone();
    let changed = match (&mut *gesture, at) {
        (Gesture::Moving { region, last, step }, Some(at)) => {
            let by = [at[0] - last[0], at[1] - last[1]];
            *last = at;
            regions.get_mut(*region).filter(|_| by != [0.0; 2]).map(|region| {
                region.shape = region.shape.moved(by);
                std::mem::take(step)
            })
        }
        (Gesture::Pulling { region, handle, step }, Some(at)) => {
            regions.get_mut(*region).map(|region| {
                region.shape = pulled(&region.shape, *handle, at);
                std::mem::take(step)
            })
        }
        _ => None,
    };
    if let Some(step) = changed {
        ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step }.into());
    }
    if !response.dragged_by(PointerButton::Primary) {
        *gesture = Gesture::None;
    }
}

/// What the tool draws.
fn drawn(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
    tool: Tool,
    gesture: &mut Gesture,
) {
    let at = response.interact_pointer_pos().map(|at| region_place(canvas, at));
    match tool {
        Tool::Point => {
            if let Some(at) = at.filter(|_| response.clicked_by(PointerButton::Primary)) {
                add(ctx, canvas, Shape::Point { at });
            }
        }
        Tool::Polygon => corners(ui, ctx, canvas, response, at, gesture),
        _ => {
            if response.drag_started_by(PointerButton::Primary)
                && let Some(origin) = ui.input(|input| input.pointer.press_origin())
            {
                *gesture = Gesture::Drawing { from: region_place(canvas, origin) };
            }
            if response.drag_stopped_by(PointerButton::Primary)
                && let Gesture::Drawing { from } = *gesture
            {
                *gesture = Gesture::None;
                if let Some(shape) = at.and_then(|at| shape_of(tool, from, at)) {
                    add(ctx, canvas, shape);
                }
            }
        }
    }
}

fn corners(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    canvas: &Canvas<'_>,
    response: &Response,
    at: Option<[f64; 2]>,
    gesture: &mut Gesture,
) {
    let ends = response.double_clicked_by(PointerButton::Primary)
        || (response.has_focus()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)));
    if ends {
        if let Gesture::Corners(vertices) = std::mem::take(gesture)
            && vertices.len() >= 3
        {
            add(ctx, canvas, Shape::Polygon { vertices });
        }
    } else if response.clicked_by(PointerButton::Primary)
        && let Some(at) = at
    {
        match gesture {
            Gesture::Corners(vertices) => vertices.push(at),
            _ => *gesture = Gesture::Corners(vec![at]),
        }
    }
}

/// The shape that a drag describes; `None` for one too small to see.
fn shape_of(tool: Tool, from: [f64; 2], to: [f64; 2]) -> Option<Shape> {
    let by = [to[0] - from[0], to[1] - from[1]];
    let half = by.map(f64::abs);
    let length = by[0].hypot(by[1]);
    if length < 1e-3 {
        return None;
    }
    match tool {
        Tool::Circle => Some(Shape::Circle { centre: from, radius: length }),
        Tool::Ellipse => Some(Shape::Ellipse { centre: from, semi_axes: half, angle: 0.0 }),
        Tool::Box => {
            Some(Shape::Box { centre: from, size: half.map(|side| 2.0 * side), angle: 0.0 })
        }
        Tool::Ruler => Some(Shape::Ruler { ends: [from, to] }),
        Tool::Pan | Tool::Point | Tool::Polygon => None,
    }
}

fn add(ctx: &mut PanelContext<'_>, canvas: &Canvas<'_>, shape: Shape) {
    let frame = canvas.frame;
    let mut regions = frame.regions.clone();
    regions.push(Region::new(shape));
    let last = regions.len() - 1;
    ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step: true }.into());
    ctx.push(ViewerAction::SelectRegion(frame.id, Some(last)).into());
}

/// Delete removes the chosen region, Escape lets go of it or of a polygon, arrows move it a pixel.
fn keys(ui: &Ui, ctx: &mut PanelContext<'_>, canvas: &Canvas<'_>, gesture: &mut Gesture) {
    let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let frame = canvas.frame;
    if matches!(gesture, Gesture::Corners(_)) {
        if pressed(Key::Escape) {
            *gesture = Gesture::None;
        }
        return;
    }
    let Some(chosen) = frame.selected else { return };
    if pressed(Key::Escape) {
        ctx.push(ViewerAction::SelectRegion(frame.id, None).into());
    }
    if pressed(Key::Delete) || pressed(Key::Backspace) {
        let mut regions = frame.regions.clone();
        regions.remove(chosen);
        ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step: true }.into());
        ctx.push(ViewerAction::SelectRegion(frame.id, None).into());
        return;
    }
    let up = if canvas.camera.y_up { 1.0 } else { -1.0 };
    let moves = [
        (Key::ArrowLeft, [-1.0, 0.0]),
        (Key::ArrowRight, [1.0, 0.0]),
        (Key::ArrowUp, [0.0, up]),
        (Key::ArrowDown, [0.0, -up]),
    ];
    for (key, by) in moves {
        if pressed(key) {
            let mut regions = frame.regions.clone();
            regions[chosen].shape = regions[chosen].shape.moved(by);
            ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step: true }.into());
        }
    }
}

/// The grip of the chosen region under a screen point.
fn grip(canvas: &Canvas<'_>, at: Pos2) -> Option<(usize, usize)> {
    let chosen = canvas.frame.selected?;
    let shape = &canvas.frame.regions.get(chosen)?.shape;
    let found = handles(shape, reach(canvas));
    let near = found.into_iter().find(|handle| place(canvas, handle.at).distance(at) <= NEAR)?;
    Some((chosen, near.number))
}

/// The uppermost region whose line or inside is under a screen point; lines come first, so that a
/// region inside a larger one can be reached.
fn hit(canvas: &Canvas<'_>, at: Pos2) -> Option<usize> {
    let inside = region_place(canvas, at);
    let on_line = |region: &Region| {
        draw::outlines(canvas, &region.shape)
            .iter()
            .any(|line| line.windows(2).any(|ends| distance(at, ends[0], ends[1]) <= NEAR))
    };
    let regions = &canvas.frame.regions;
    let by_line = regions.iter().rposition(on_line);
    by_line.or_else(|| regions.iter().rposition(|region| region.shape.contains(inside)))
}

/// Distance of a point from a stretch of line.
fn distance(point: Pos2, from: Pos2, to: Pos2) -> f32 {
    let along = to - from;
    let length = along.length_sq();
    let share = if length > 0.0 { (point - from).dot(along) / length } else { 0.0 };
    point.distance(from + along * share.clamp(0.0, 1.0))
}

fn paint(ui: &Ui, canvas: &Canvas<'_>, response: &Response, tool: Tool, gesture: &Gesture) {
    let painter = ui.painter_at(canvas.rect);
    let frame = canvas.frame;
    for (number, region) in frame.regions.iter().enumerate() {
        draw::region(&painter, canvas, region, frame.selected == Some(number));
    }
    let pointer = response.hover_pos().or(response.interact_pointer_pos());
    let Some(at) = pointer else { return };
    let to = region_place(canvas, at);
    let preview = match gesture {
        Gesture::Drawing { from } => shape_of(tool, *from, to),
        Gesture::Corners(vertices) => {
            let mut vertices = vertices.clone();
            vertices.push(to);
            Some(Shape::Polygon { vertices })
        }
        _ => None,
    };
    if let Some(shape) = preview {
        draw::region(&painter, canvas, &Region::new(shape), false);
    }
    let icon = match (tool, gesture) {
        (Tool::Pan, Gesture::None) if grip(canvas, at).is_some() => egui::CursorIcon::Crosshair,
        (Tool::Pan, Gesture::None) if hit(canvas, at).is_some() => egui::CursorIcon::Move,
        (Tool::Pan, _) => return,
        _ => egui::CursorIcon::Crosshair,
    };
    if response.contains_pointer() {
        ui.ctx().set_cursor_icon(icon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn drags_describe_shapes_and_a_click_none() {
        let (from, to) = ([10.0, 10.0], [13.0, 6.0]);
        let circle = shape_of(Tool::Circle, from, to);
        assert_eq!(circle, Some(Shape::Circle { centre: from, radius: 5.0 }));
        let size = shape_of(Tool::Box, from, to).map(|shape| shape.bounds());
        assert_eq!(size, Some([[7.0, 6.0], [13.0, 14.0]]));
        assert_eq!(shape_of(Tool::Ruler, from, from), None);
        assert_eq!(shape_of(Tool::Pan, from, to), None);
    }

    #[test]
    fn the_distance_from_a_line_is_to_its_nearest_point() {
        let (from, to) = (pos2(0.0, 0.0), pos2(10.0, 0.0));
        assert_eq!(distance(pos2(5.0, 3.0), from, to), 3.0);
        assert_eq!(distance(pos2(13.0, 4.0), from, to), 5.0);
        assert_eq!(distance(pos2(3.0, 4.0), from, from), 5.0);
    }
}
