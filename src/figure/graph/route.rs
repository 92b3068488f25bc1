//! Heights of ranks and lines of links: straight down through a rank, a smooth bend in the gap
//! between two ranks, where no box stands.

use super::PILL_HEIGHT;
use super::layered::{Item, Kind, Link};
use super::order::{Grid, Segment, What};

/// Room for an arrow, in points.
const ARROW_ROOM: f64 = 11.0;
/// Room between a box and the pill below it.
const PILL_ROOM: f64 = 6.0;
/// Room below the upper edge of a frame, which holds its title.
const TITLE_ROOM: f64 = 30.0;
/// Largest room that a gap gains for wide bends.
const BEND_ROOM: f64 = 44.0;
/// Points of a bend.
const BEND: usize = 24;

/// Where a column begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Break {
    /// Its first rank.
    pub(super) rank: usize,
    /// Middle of the gutter left of it.
    pub(super) gutter: f64,
    /// Where the line that comes from the column before turns into the gutter.
    pub(super) floor: f64,
}

/// Where each rank stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rows {
    /// Upper edge of each rank.
    pub(super) y: Vec<f64>,
    pub(super) height: Vec<f64>,
    /// Distance to the right of each rank's column.
    pub(super) dx: Vec<f64>,
    /// Columns after the first.
    pub(super) breaks: Vec<Break>,
    /// Lower edge of the columns where there are several.
    pub(super) floor: f64,
}

impl Rows {
    /// Lower edge of everything.
    pub(super) fn bottom(&self) -> f64 {
        let ends = self.y.iter().zip(&self.height).map(|(y, height)| y + height);
        ends.fold(self.floor, f64::max)
    }
}

/// Ranks below each other.
pub(super) fn rows(grid: &Grid, items: &[Item], links: &[Link], x: &[f64]) -> Rows {
    let mut rows = Rows { dx: vec![0.0; grid.ranks.len()], ..Rows::default() };
    let mut y = 0.0;
    for (rank, slots) in grid.ranks.iter().enumerate() {
        let heights = slots.iter().filter_map(|&slot| match grid.slots[slot].what {
            What::Item(item) => Some(items[item].height),
            What::Lane(_) => None,
        });
        let height = heights.fold(0.0, f64::max);
        rows.y.push(y);
        rows.height.push(height);
        y += height + gap(grid, items, links, x, &grid.segments[rank]);
    }
    rows
}

/// Room between a rank and the next: for titles, shapes, arrows and bends.
fn gap(grid: &Grid, items: &[Item], links: &[Link], x: &[f64], segments: &[Segment]) -> f64 {
    let kind = |slot: usize| match grid.slots[slot].what {
        What::Item(item) => Some(items[item].kind),
        What::Lane(_) => None,
    };
    let from = |wanted: Kind| segments.iter().any(|s| kind(s.from) == Some(wanted));
    let arrow = segments.iter().any(|s| kind(s.to) == Some(Kind::Box));
    let title = if from(Kind::Entry) { TITLE_ROOM - ARROW_ROOM } else { 0.0 };
    let pill = if from(Kind::Box) { PILL_HEIGHT + 2.0 * PILL_ROOM } else { PILL_ROOM };
    let bends = segments.iter().map(|s| {
        let link = &links[s.link];
        let ends = [x[s.from] + start_dx(s, link), x[s.to] + end_dx(s, link)];
        (ends[0] - ends[1]).abs()
    });
    let bend = (bends.fold(0.0, f64::max) * 0.14).min(BEND_ROOM);
    title.max(pill) + bend + if arrow { ARROW_ROOM } else { PILL_ROOM }
}

fn start_dx(segment: &Segment, link: &Link) -> f64 {
    if segment.from == link.from { link.from_dx } else { 0.0 }
}

fn end_dx(segment: &Segment, link: &Link) -> f64 {
    if segment.to == link.to { link.to_dx } else { 0.0 }
}

/// The line of each link. Slots of items have the numbers of the items.
pub(super) fn paths(
    grid: &Grid,
    items: &[Item],
    links: &[Link],
    x: &[f64],
    rows: &Rows,
) -> Vec<Vec<[f64; 2]>> {
    let mut paths: Vec<Vec<[f64; 2]>> = vec![Vec::new(); links.len()];
    for (rank, segments) in grid.segments.iter().enumerate() {
        for segment in segments {
            let link = &links[segment.link];
            let from = x[segment.from] + start_dx(segment, link) + rows.dx[rank];
            let to = x[segment.to] + end_dx(segment, link) + rows.dx[rank + 1];
            let bottom = rows.y[rank] + rows.height[rank];
            let start = match grid.slots[segment.from].what {
                What::Item(item) => rows.y[rank] + items[item].height,
                What::Lane(_) => rows.y[rank],
            };
            let path = &mut paths[segment.link];
            step(path, [from, start]);
            step(path, [from, bottom]);
            let end = [to, rows.y[rank + 1]];
            match rows.breaks.iter().find(|other| other.rank == rank + 1) {
                Some(other) => around(path, end, other),
                None => bend(path, end),
            }
        }
    }
    paths
}

/// Adds a point unless the line is there already.
pub(super) fn step(path: &mut Vec<[f64; 2]>, point: [f64; 2]) {
    let near = |last: &[f64; 2]| (last[0] - point[0]).hypot(last[1] - point[1]) < 1e-6;
    if !path.last().is_some_and(near) {
        path.push(point);
    }
}

/// A cubic bend that leaves and arrives upright.
fn bend(path: &mut Vec<[f64; 2]>, end: [f64; 2]) {
    let Some(&start) = path.last() else { return };
    if (start[0] - end[0]).abs() < 0.01 {
        return step(path, end);
    }
    let middle = f64::midpoint(start[1], end[1]);
    for index in 1..=BEND {
        let t = index as f64 / BEND as f64;
        let s = 1.0 - t;
        let [a, b, c, d] = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        let x = (a + b) * start[0] + (c + d) * end[0];
        let y = a * start[1] + (b + c) * middle + d * end[1];
        step(path, [x, y]);
    }
}

/// From the end of a column a little down, up the gutter, and in at the top of the next.
fn around(path: &mut Vec<[f64; 2]>, end: [f64; 2], other: &Break) {
    let Break { gutter, floor, .. } = *other;
    let Some(&[x, _]) = path.last() else { return };
    let ceiling = end[1] - super::wrap::CEILING + PILL_ROOM;
    let corners = [[x, floor], [gutter, floor], [gutter, ceiling], [end[0], ceiling], end];
    for (index, &corner) in corners.iter().enumerate() {
        match corners.get(index + 1) {
            Some(&next) => rounded(path, corner, next),
            None => step(path, corner),
        }
    }
}

/// A line to a corner that is cut round on the way to the next point.
fn rounded(path: &mut Vec<[f64; 2]>, corner: [f64; 2], next: [f64; 2]) {
    const RADIUS: f64 = 9.0;
    let Some(&last) = path.last() else { return };
    let towards = |to: [f64; 2]| {
        let [dx, dy] = [to[0] - corner[0], to[1] - corner[1]];
        let length = dx.hypot(dy).max(1e-9);
        let share = (RADIUS / length).min(0.5);
        [corner[0] + dx * share, corner[1] + dy * share]
    };
    let (from, to) = (towards(last), towards(next));
    step(path, from);
    for index in 1..=5 {
        let t = f64::from(index) / 5.0;
        let s = 1.0 - t;
        let at = |axis: usize| s * s * from[axis] + 2.0 * s * t * corner[axis] + t * t * to[axis];
        step(path, [at(0), at(1)]);
    }
}
