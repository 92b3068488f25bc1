//! Which part of the plane is in sight, and which point is where.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Share of the view left free around all points.
const MARGIN: f32 = 0.06;
/// Limits of the scale, of that which shows all points.
const ZOOM: std::ops::RangeInclusive<f32> = 0.3..=400.0;

/// The part in sight. Both axes have one scale; up is up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// The point in the middle.
    centre: [f32; 2],
    /// Points of the screen for one unit.
    scale: f32,
    /// All points stay in sight until the user moves.
    pub(super) fits: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { centre: [0.0; 2], scale: 1.0, fits: true }
    }
}

/// Ends of the points: low, high.
pub(super) type Bounds = [[f32; 2]; 2];

/// Ends of these places; a square of side 1 for none.
pub(super) fn bounds(places: &[[f32; 2]]) -> Bounds {
    let finite = places.iter().filter(|place| place.iter().all(|v| v.is_finite()));
    let ends = finite.fold(None, |ends: Option<Bounds>, p| {
        let [low, high] = ends.unwrap_or([*p, *p]);
        Some([[low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])]])
    });
    ends.unwrap_or([[0.0; 2], [1.0; 2]])
}

impl View {
    /// Shows all points in a room.
    pub(super) fn fit(&mut self, bounds: &Bounds, room: Vec2) {
        self.scale = fitting(bounds, room);
        let [low, high] = bounds;
        self.centre = [f32::midpoint(low[0], high[0]), f32::midpoint(low[1], high[1])];
        self.fits = true;
    }

    /// Points of the screen for one unit.
    pub(super) fn scale(&self) -> f32 {
        self.scale
    }

    /// Where a place is on the screen.
    pub(super) fn to_screen(self, room: Rect, [x, y]: [f32; 2]) -> Pos2 {
        let [u, v] = self.centre;
        room.center() + vec2((x - u) * self.scale, (v - y) * self.scale)
    }

    /// The place under a point of the screen.
    pub(super) fn to_place(self, room: Rect, at: Pos2) -> [f32; 2] {
        let from = (at - room.center()) / self.scale;
        [self.centre[0] + from.x, self.centre[1] - from.y]
    }

    /// Enlarges by a factor; what is at `around` stays there.
    pub(super) fn zoom(&mut self, factor: f32, around: Pos2, room: Rect, bounds: &Bounds) {
        let least = fitting(bounds, room.size());
        let limits = (least * ZOOM.start(), least * ZOOM.end());
        let place = self.to_place(room, around);
        self.scale = (self.scale * factor).clamp(limits.0, limits.1);
        let moved = self.to_place(room, around);
        for axis in 0..2 {
            self.centre[axis] += place[axis] - moved[axis];
        }
        self.fits = false;
        self.keep_near(bounds);
    }

    /// Moves by points of the screen, not out of sight.
    pub(super) fn pan(&mut self, by: Vec2, bounds: &Bounds) {
        self.centre[0] -= by.x / self.scale;
        self.centre[1] += by.y / self.scale;
        self.fits = false;
        self.keep_near(bounds);
    }

    /// Brings a place into sight.
    pub(super) fn reveal(&mut self, place: [f32; 2], room: Rect) {
        if !room.shrink(20.0).contains(self.to_screen(room, place)) {
            self.centre = place;
            self.fits = false;
        }
    }

    fn keep_near(&mut self, [low, high]: &Bounds) {
        for axis in 0..2 {
            self.centre[axis] = self.centre[axis].clamp(low[axis], high[axis]);
        }
    }
}

fn fitting([low, high]: &Bounds, room: Vec2) -> f32 {
    let side = |axis: usize| (high[axis] - low[axis]).max(1e-6);
    let room = room.max(vec2(10.0, 10.0)) * (1.0 - 2.0 * MARGIN);
    (room.x / side(0)).min(room.y / side(1))
}

/// Points by where they are, to find the one under the pointer.
#[derive(Debug, Default)]
pub(super) struct Index {
    low: [f32; 2],
    side: f32,
    columns: usize,
    rows: usize,
    /// Where the points of each cell begin in `order`, and the end.
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Index {
    /// Sorts points into cells, a few in each.
    pub(super) fn new(places: &[[f32; 2]]) -> Self {
        let [low, high] = bounds(places);
        let (width, height) = ((high[0] - low[0]).max(1e-6), (high[1] - low[1]).max(1e-6));
        let side = (width * height * 4.0 / places.len().max(1) as f32).sqrt();
        let side = side.max(width.max(height) / 2000.0);
        let cells = |length: f32| (length / side).floor() as usize + 1;
        let (columns, rows) = (cells(width), cells(height));
        let mut index = Self { low, side, columns, rows, ..Self::default() };
        let cell_of: Vec<usize> = places.iter().map(|place| index.cell(*place)).collect();
        let mut starts = vec![0_u32; columns * rows + 1];
        for cell in &cell_of {
            starts[cell + 1] += 1;
        }
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let (mut next, mut order) = (starts.clone(), vec![0; places.len()]);
        for (point, cell) in cell_of.into_iter().enumerate() {
            order[next[cell] as usize] = point as u32;
            next[cell] += 1;
        }
        (index.starts, index.order) = (starts, order);
        index
    }

    fn cell(&self, [x, y]: [f32; 2]) -> usize {
        let place = |value: f32, low: f32, cells: usize| {
            (((value - low) / self.side).max(0.0) as usize).min(cells - 1)
        };
        place(y, self.low[1], self.rows) * self.columns + place(x, self.low[0], self.columns)
    }

    /// The nearest point within a distance that satisfies a condition.
    pub(super) fn nearest(
        &self,
        places: &[[f32; 2]],
        at: [f32; 2],
        within: f32,
        wanted: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let mut best: Option<(f32, u32)> = None;
        self.each_between(
            [at[0] - within, at[1] - within],
            [at[0] + within, at[1] + within],
            |point| {
                let [x, y] = places[point as usize];
                let distance = (x - at[0]).hypot(y - at[1]);
                if distance <= within
                    && best.is_none_or(|(known, _)| distance < known)
                    && wanted(point)
                {
                    best = Some((distance, point));
                }
            },
        );
        best.map(|(_, point)| point)
    }

    /// Every point of the cells between two corners (and some beside).
    pub(super) fn each_between(&self, low: [f32; 2], high: [f32; 2], mut each: impl FnMut(u32)) {
        if self.order.is_empty() {
            return;
        }
        let (first, last) = (self.cell(low), self.cell(high));
        for row in first / self.columns..=last / self.columns {
            let cells = row * self.columns + first % self.columns
                ..=row * self.columns + last % self.columns;
            let range = self.starts[*cells.start()] as usize..self.starts[cells.end() + 1] as usize;
            for point in &self.order[range] {
                each(*point);
            }
        }
    }
}

/// The points within a closed line.
pub(super) fn within(places: &[[f32; 2]], outline: &[[f32; 2]]) -> Vec<u32> {
    let [low, high] = bounds(outline);
    let inside = |place: &[f32; 2]| {
        (0..2).all(|axis| (low[axis]..=high[axis]).contains(&place[axis]))
            && crosses(outline, *place) % 2 == 1
    };
    let rows = 0..places.len() as u32;
    rows.filter(|row| inside(&places[*row as usize])).collect()
}

/// How often a line to the right crosses the outline.
fn crosses(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> usize {
    let mut count = 0;
    for (index, a) in outline.iter().enumerate() {
        let b = outline[(index + 1) % outline.len()];
        if (a[1] > y) != (b[1] > y) {
            let at = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
            count += usize::from(at > x);
        }
    }
    count
}

/// A rectangle as an outline.
pub(super) fn corners(a: [f32; 2], b: [f32; 2]) -> Vec<[f32; 2]> {
    vec![a, [b[0], a[1]], b, [a[0], b[1]]]
}

/// The corners of the part in sight.
pub(super) fn seen(view: &View, room: Rect) -> Bounds {
    let low = view.to_place(room, pos2(room.left(), room.bottom()));
    [low, view.to_place(room, pos2(room.right(), room.top()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(n: usize) -> Vec<[f32; 2]> {
        (0..n).map(|i| i as f32).map(|i| [(i * 1.7).sin() * 9.0, (i * 0.31).cos() * 4.0]).collect()
    }

    #[test]
    fn zooming_keeps_the_place_under_the_pointer() {
        let (places, room) =
            (places(50), Rect::from_min_size(pos2(10.0, 20.0), vec2(600.0, 400.0)));
        let ends = bounds(&places);
        let mut view = View::default();
        view.fit(&ends, room.size());
        assert!(places.iter().all(|place| room.contains(view.to_screen(room, *place))));
        let at = room.center() + vec2(60.0, -30.0);
        let before = view.to_place(room, at);
        view.zoom(2.0, at, room, &ends);
        let after = view.to_place(room, at);
        assert!((before[0] - after[0]).abs() < 1e-3 && (before[1] - after[1]).abs() < 1e-3);
        assert!(!view.fits);
        view.pan(vec2(1e9, 0.0), &ends);
        assert!(view.centre[0] >= ends[0][0]);
    }

    #[test]
    fn the_index_finds_what_looking_at_all_finds() {
        let places = places(700);
        let index = Index::new(&places);
        for at in [[0.0, 0.0], [8.0, -3.0], [100.0, 0.0], [-9.0, 3.9]] {
            let distance = |p: u32| {
                let [x, y] = places[p as usize];
                (x - at[0]).hypot(y - at[1])
            };
            let near = (0..700).filter(|p| distance(*p) <= 1.0);
            let nearest = near.min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
            let found = index.nearest(&places, at, 1.0, |_| true);
            assert_eq!(found.map(distance), nearest.map(distance), "{at:?}");
        }
        assert_eq!(Index::new(&[]).nearest(&[], [0.0; 2], 1.0, |_| true), None);
        assert_eq!(
            Index::new(&[[1.0; 2]; 9]).nearest(&[[1.0; 2]; 9], [1.0; 2], 1.0, |p| p == 4),
            Some(4)
        );
    }

    #[test]
    fn a_lasso_takes_what_is_inside() {
        let places = [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5], [0.9, 0.9]];
        let square = corners([0.0, 0.0], [1.0, 1.0]);
        assert_eq!(within(&places, &square), [0, 3]);
        let triangle = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.2]];
        assert_eq!(within(&places, &triangle), [0]);
        assert!(within(&places, &[]).is_empty());
    }
}
