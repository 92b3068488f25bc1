//! A layered layout: items in ranks from top to bottom, links between them.
//!
//! Items and lanes that follow one another on the main way share a track, a vertical line; the
//! tracks stand as close as their contents allow, in the middle of the room they have. After the
//! alignment of Brandes and Köpf (2001). Pure numbers: no network, no text.

use super::order::{Grid, Segment, What};
use super::wrap::Columns;
use super::{route, wrap};

/// Width of a lane, in points.
pub(super) const LANE: f64 = 6.0;
/// Room between two items, and beside a lane.
const GAP: f64 = 26.0;
const LANE_GAP: f64 = 14.0;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Box,
    /// An unfolded block.
    Frame,
    /// Where a value comes into the frame.
    Entry,
    /// Where a value leaves the frame.
    Exit,
}

/// Something with a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// Room left and right of the line that links come in on, in points.
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) height: f64,
    /// Place in the network.
    pub(super) order: usize,
    /// Only training needs it.
    pub(super) weak: bool,
}

/// A link between two items, with the distances of its ends from their lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) from_dx: f64,
    pub(super) to_dx: f64,
}

/// Items with their places.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Placed {
    /// Line and upper edge of each item.
    pub(super) at: Vec<[f64; 2]>,
    /// Points of each link.
    pub(super) paths: Vec<Vec<[f64; 2]>>,
    /// Width and height; the left edge is at 0.
    pub(super) size: [f64; 2],
}

/// Gives each item a place, in columns where they are asked for.
pub(super) fn place(items: &[Item], links: &[Link], columns: Option<Columns>) -> Placed {
    let grid = Grid::of(items, links);
    let x = lines(&grid, items, links);
    let mut rows = route::rows(&grid, items, links, &x);
    if let Some(columns) = columns {
        wrap::wrap(&grid, items, &x, &mut rows, columns);
    }
    let at =
        (0..items.len()).map(|item| [x[item] + rows.dx[grid.rank[item]], rows.y[grid.rank[item]]]);
    let at: Vec<[f64; 2]> = at.collect();
    let paths = route::paths(&grid, items, links, &x, &rows);
    Placed { at, paths, size: [width(&grid, &x, &rows), rows.bottom()] }
}

fn width(grid: &Grid, x: &[f64], rows: &route::Rows) -> f64 {
    let slots = grid.slots.iter().enumerate();
    slots.map(|(slot, s)| x[slot] + s.right + rows.dx[s.rank]).fold(0.0, f64::max)
}

/// The middle line of each slot, with the left edge of everything at 0.
fn lines(grid: &Grid, items: &[Item], links: &[Link]) -> Vec<f64> {
    let track = tracks(grid, items, links);
    let pairs = neighbours(grid, &track);
    let mut extents = vec![[0.0_f64; 2]; grid.slots.len()];
    for (slot, s) in grid.slots.iter().enumerate() {
        let [left, right] = &mut extents[track[slot]];
        (*left, *right) = (left.max(s.left), right.max(s.right));
    }
    let mut low: Vec<f64> = extents.iter().map(|[left, _]| *left).collect();
    push(&pairs, &mut low, |low, [a, b], room| {
        let least = low[a] + room;
        (least > low[b] + 1e-9).then_some((b, least))
    });
    let all = (0..extents.len()).map(|t| low[t] + extents[t][1]).fold(0.0, f64::max);
    let mut high: Vec<f64> = extents.iter().map(|[_, right]| all - right).collect();
    push(&pairs, &mut high, |high, [a, b], room| {
        let most = high[b] - room;
        (most < high[a] - 1e-9).then_some((a, most))
    });
    track.iter().map(|&t| f64::midpoint(low[t], high[t])).collect()
}

/// Moves tracks until every pair has its room.
fn push(
    pairs: &[([usize; 2], f64)],
    x: &mut [f64],
    mend: impl Fn(&[f64], [usize; 2], f64) -> Option<(usize, f64)>,
) {
    // Tracks do not cross, so each round settles at least one for good.
    for _ in 0..=x.len() {
        let mut changed = false;
        for &(pair, room) in pairs {
            if let Some((track, place)) = mend(x, pair, room) {
                x[track] = place;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// Tracks that stand beside each other in some rank, and the room from line to line.
fn neighbours(grid: &Grid, track: &[usize]) -> Vec<([usize; 2], f64)> {
    let lane = |slot: usize| matches!(grid.slots[slot].what, What::Lane(_));
    let mut pairs = Vec::new();
    for slots in &grid.ranks {
        for pair in slots.windows(2) {
            let gap = if lane(pair[0]) || lane(pair[1]) { LANE_GAP } else { GAP };
            let room = grid.slots[pair[0]].right + gap + grid.slots[pair[1]].left;
            pairs.push(([track[pair[0]], track[pair[1]]], room));
        }
    }
    pairs
}

/// The track of each slot, named by one of its slots.
fn tracks(grid: &Grid, items: &[Item], links: &[Link]) -> Vec<usize> {
    let ways = Ways::of(grid, items, links);
    let place = grid.places();
    let mut above: Vec<Option<usize>> = vec![None; grid.slots.len()];
    for segments in &grid.segments {
        let lane = |slot: usize| matches!(grid.slots[slot].what, What::Lane(_));
        let (inner, outer): (Vec<&Segment>, Vec<&Segment>) =
            segments.iter().partition(|s| lane(s.from) && lane(s.to));
        let mut taken: Vec<&Segment> = Vec::new();
        for segment in inner.into_iter().chain(outer) {
            // Lines that kept their track while they cross could not all stay straight.
            let crosses = |other: &&Segment| {
                place[other.from].cmp(&place[segment.from])
                    != place[other.to].cmp(&place[segment.to])
                    || other.from == segment.from
            };
            if ways.straight(grid, segment) && !taken.iter().any(crosses) {
                taken.push(segment);
                above[segment.to] = Some(segment.from);
            }
        }
    }
    let mut track: Vec<usize> = (0..grid.slots.len()).collect();
    for slots in &grid.ranks {
        for &slot in slots {
            if let Some(above) = above[slot] {
                track[slot] = track[above];
            }
        }
    }
    track
}

/// The main way out of and into each item.
struct Ways {
    out: Vec<Option<usize>>,
    into: Vec<Option<usize>>,
}

impl Ways {
    fn of(grid: &Grid, items: &[Item], links: &[Link]) -> Self {
        let mut height = vec![0_usize; items.len()];
        let mut by_rank: Vec<&Link> = links.iter().collect();
        by_rank.sort_by_key(|link| std::cmp::Reverse(grid.rank[link.from]));
        for link in by_rank {
            height[link.from] = height[link.from].max(height[link.to] + 1);
        }
        let mut ways = Self { out: vec![None; items.len()], into: vec![None; items.len()] };
        let real = || (0..links.len()).filter(|&link| !grid.skips[link]);
        for item in 0..items.len() {
            let out = real().filter(|&link| links[link].from == item);
            let far = |&link: &usize| (items[links[link].to].weak, height[links[link].to]);
            ways.out[item] = main(out.collect(), far);
            let into = real().filter(|&link| links[link].to == item);
            let deep = |&link: &usize| (items[links[link].from].weak, grid.rank[links[link].from]);
            ways.into[item] = main(into.collect(), deep);
        }
        ways
    }

    /// Whether a segment keeps to its line.
    fn straight(&self, grid: &Grid, segment: &Segment) -> bool {
        let link = Some(segment.link);
        let end = |slot: usize, ways: &[Option<usize>]| match grid.slots[slot].what {
            What::Item(item) => ways[item] == link,
            What::Lane(_) => true,
        };
        end(segment.from, &self.out) && end(segment.to, &self.into)
    }
}

/// The main one of several links: the only one, or the longer of two. Three and more are drawn
/// around the middle, and so are two of the same length.
fn main(mut links: Vec<usize>, measure: impl Fn(&usize) -> (bool, usize)) -> Option<usize> {
    if links.iter().any(|link| !measure(link).0) {
        links.retain(|link| !measure(link).0);
    }
    match links[..] {
        [only] => Some(only),
        [a, b] if measure(&a).1 > measure(&b).1 => Some(a),
        [a, b] if measure(&a).1 < measure(&b).1 => Some(b),
        _ => None,
    }
}
