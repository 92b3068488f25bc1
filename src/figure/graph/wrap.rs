//! Long chains in columns side by side, so that the picture has the shape of a screen.

use super::layered::{Item, Kind};
use super::order::{Grid, What};
use super::route::{Break, Rows};

/// Room between two columns, in points; the line from one to the next runs in it.
const GUTTER: f64 = 52.0;
/// Room above the columns for the line that comes in.
pub(super) const CEILING: f64 = 28.0;
/// Room below the columns for the line that leaves.
const FLOOR: f64 = 16.0;
/// Columns at most.
const MOST: usize = 12;

/// When columns are made, and of which shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Columns {
    /// Ranks that are no taller together stay in one column, in points.
    pub(super) height: f64,
    /// Width over height that is wished for.
    pub(super) aspect: f64,
}

/// Divides the ranks into columns when they are too tall together.
pub(super) fn wrap(grid: &Grid, items: &[Item], x: &[f64], rows: &mut Rows, columns: Columns) {
    let total = rows.bottom();
    if total <= columns.height {
        return;
    }
    let tries = (1..=MOST).map(|count| {
        let firsts = even(grid, items, rows, total, count);
        in_columns(grid, items, x, rows, &firsts)
    });
    let unlike =
        |(rows, width): &(Rows, f64)| (width / rows.bottom().max(1.0) / columns.aspect).ln().abs();
    if let Some((best, _)) = tries.min_by(|a, b| unlike(a).total_cmp(&unlike(b))) {
        *rows = best;
    }
}

/// First ranks of at most `count` columns, the tallest as short as can be.
fn even(grid: &Grid, items: &[Item], rows: &Rows, total: f64, count: usize) -> Vec<usize> {
    let (mut low, mut high) = (total / count as f64, total);
    for _ in 0..10 {
        let middle = f64::midpoint(low, high);
        let enough = firsts(grid, items, rows, middle).len() <= count;
        if enough { high = middle } else { low = middle }
    }
    firsts(grid, items, rows, high)
}

/// Columns that begin with these ranks, and the width of all.
fn in_columns(
    grid: &Grid,
    items: &[Item],
    x: &[f64],
    rows: &Rows,
    firsts: &[usize],
) -> (Rows, f64) {
    let mut columns = rows.clone();
    let mut left = 0.0;
    for (index, &first) in firsts.iter().enumerate() {
        let end = firsts.get(index + 1).copied().unwrap_or(grid.ranks.len());
        let [low, high] = extent(grid, x, first..end);
        let ceiling = if firsts.len() > 1 && !has_entry(grid, items, 0) { CEILING } else { 0.0 };
        let ceiling = if index > 0 { ceiling.max(CEILING) } else { ceiling };
        if index > 0 {
            let above = columns.y[first - 1] + columns.height[first - 1];
            let floor = above + super::PILL_HEIGHT + FLOOR;
            columns.breaks.push(Break { rank: first, gutter: left + GUTTER / 2.0, floor });
            left += GUTTER;
        }
        for rank in first..end {
            columns.dx[rank] = left - low;
            columns.y[rank] = rows.y[rank] - rows.y[first] + ceiling;
        }
        left += high - low;
    }
    if firsts.len() > 1 {
        settle(grid, items, &mut columns);
    }
    (columns, left)
}

/// The floor of all columns; what leaves the frame does so below it.
fn settle(grid: &Grid, items: &[Item], columns: &mut Rows) {
    let lowest = columns.breaks.iter().map(|other| other.floor + FLOOR / 2.0);
    columns.floor = lowest.fold(columns.bottom(), f64::max);
    for (rank, slots) in grid.ranks.iter().enumerate() {
        let exits = slots.iter().any(|&slot| {
            matches!(grid.slots[slot].what, What::Item(item) if items[item].kind == Kind::Exit)
        });
        if exits {
            columns.y[rank] = columns.floor + FLOOR;
        }
    }
}

fn has_entry(grid: &Grid, items: &[Item], rank: usize) -> bool {
    grid.ranks[rank].iter().any(|&slot| {
        matches!(grid.slots[slot].what, What::Item(item) if items[item].kind == Kind::Entry)
    })
}

/// Left and right edge of some ranks.
fn extent(grid: &Grid, x: &[f64], ranks: std::ops::Range<usize>) -> [f64; 2] {
    let slots = grid.ranks[ranks].iter().flatten();
    slots.fold([f64::INFINITY, 0.0], |[low, high], &slot| {
        let room = &grid.slots[slot];
        [low.min(x[slot] - room.left), high.max(x[slot] + room.right)]
    })
}

/// The first rank of each column.
fn firsts(grid: &Grid, items: &[Item], rows: &Rows, height: f64) -> Vec<usize> {
    let mut firsts = vec![0];
    let mut last_break = None;
    for rank in 1..grid.ranks.len() {
        let first = firsts.last().copied().unwrap_or(0);
        if breakable(grid, items, rank) {
            last_break = Some(rank);
        }
        let end = rows.y[rank] + rows.height[rank] - rows.y[first];
        if let Some(at) = last_break.filter(|&at| end > height && at > first) {
            firsts.push(at);
            last_break = None;
        }
    }
    firsts
}

/// Whether a column may begin with this rank: a single link comes in, from box to box.
fn breakable(grid: &Grid, items: &[Item], rank: usize) -> bool {
    let whole = |slot: usize| match grid.slots[slot].what {
        What::Item(item) => matches!(items[item].kind, Kind::Box | Kind::Frame),
        What::Lane(_) => false,
    };
    matches!(grid.segments[rank - 1][..], [s] if whole(s.from) && whole(s.to))
}
