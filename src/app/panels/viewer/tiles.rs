//! How several images share the panel: one, all side by side, or all in turn.

use egui::{Rect, Ui, pos2, vec2};

use super::canvas::canvas_ui;
use super::{Looks, PanelContext, measuring};
use crate::session::viewer::Arrangement;
use crate::session::{Frame, FrameId, ViewerAction};

/// Space between images, in points.
const GAP: f32 = 4.0;

/// Draws the images.
pub(super) fn tiles_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &Looks) {
    let state = ctx.state;
    let viewer = &state.viewer;
    forget_closed(ui.ctx(), &viewer.frames);
    let whole = ui.available_rect_before_wrap();
    match viewer.arrangement {
        Arrangement::Tiles if viewer.frames.len() > 1 => {
            for (frame, rect) in viewer.frames.iter().zip(cells(whole, viewer.frames.len())) {
                canvas_ui(ui, ctx, looks, frame, rect);
            }
        }
        Arrangement::Blink if viewer.frames.len() > 1 => {
            let frame = in_turn(ui, &viewer.frames, looks.blink_seconds);
            canvas_ui(ui, ctx, looks, frame, whole);
            if viewer.active != Some(frame.id) {
                ctx.push(ViewerAction::Activate(frame.id).into());
            }
        }
        _ => {
            if let Some(frame) = viewer.active() {
                canvas_ui(ui, ctx, looks, frame, whole);
            }
        }
    }
}

/// The image whose turn it is.
fn in_turn<'a>(ui: &Ui, frames: &'a [Frame], seconds: f32) -> &'a Frame {
    let seconds = f64::from(seconds.max(0.05));
    let now = ui.input(|input| input.time);
    let turn = (now / seconds).floor();
    let left = (turn + 1.0) * seconds - now;
    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left.max(0.01)));
    &frames[turn as usize % frames.len()]
}

/// A grid of `count` cells that are as large and as square as the room allows.
fn cells(whole: Rect, count: usize) -> impl Iterator<Item = Rect> {
    let side = |columns: usize| {
        let rows = count.div_ceil(columns);
        (whole.width() / columns as f32).min(whole.height() / rows as f32)
    };
    let columns = (1..=count).max_by(|&a, &b| side(a).total_cmp(&side(b))).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let size = vec2(
        (whole.width() - GAP * (columns - 1) as f32) / columns as f32,
        (whole.height() - GAP * (rows - 1) as f32) / rows as f32,
    );
    (0..count).map(move |place| {
        let (column, row) = ((place % columns) as f32, (place / columns) as f32);
        let corner = pos2(column * (size.x + GAP), row * (size.y + GAP)) + whole.min.to_vec2();
        Rect::from_min_size(corner, size)
    })
}

/// Ends the threads of images that were closed.
fn forget_closed(ctx: &egui::Context, frames: &[Frame]) {
    let id = egui::Id::unique("viewer frames");
    let now: Vec<FrameId> = frames.iter().map(|frame| frame.id).collect();
    let before = ctx.data(|data| data.get_temp::<Vec<FrameId>>(id)).unwrap_or_default();
    if before != now {
        for closed in before.into_iter().filter(|frame| !now.contains(frame)) {
            measuring::forget(ctx, closed);
        }
        ctx.data_mut(|data| data.insert_temp(id, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_panel_without_touching() {
        let whole = Rect::from_min_size(pos2(10.0, 20.0), vec2(800.0, 400.0));
        for count in 1..=9 {
            let cells: Vec<Rect> = cells(whole, count).collect();
            assert_eq!(cells.len(), count);
            for (index, cell) in cells.iter().enumerate() {
                assert!(whole.expand(0.01).contains_rect(*cell), "{count}: {cell:?}");
                assert!(cells[..index].iter().all(|other| !other.intersects(*cell)));
            }
        }
        assert_eq!(cells(whole, 2).count(), 2);
        assert!(cells(whole, 2).all(|cell| cell.height() > 399.0), "side by side in a wide panel");
    }
}
