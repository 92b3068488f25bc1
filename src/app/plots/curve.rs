//! A curve of any length that grows at its end and is drawn in time proportional to the pixels.
//!
//! Over the values stands a pyramid: each level keeps, for blocks of the level below, where the
//! smallest and the largest value lie and whether a value is missing. Adding a point touches one
//! entry a level; the extremes of any range come from a few entries. So a million points are
//! drawn as fast as a thousand and no peak is lost; while nothing changes, not even that is done.

use std::cell::RefCell;
use std::sync::Arc;

/// Values of a level that one entry of the next one sums up.
const FAN: usize = 16;

/// The extremes of a block and where they lie.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Extremes {
    /// Smallest finite value; +∞ without one.
    low: f64,
    /// Largest finite value; −∞ without one.
    high: f64,
    /// Index of the smallest value.
    low_at: u32,
    /// Index of the largest value.
    high_at: u32,
    /// Whether a value is missing.
    gap: bool,
}

impl Extremes {
    /// Of no value.
    const NONE: Self = Self {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        low_at: u32::MAX,
        high_at: u32::MAX,
        gap: false,
    };

    /// Of one value.
    fn of(y: f64, index: usize) -> Self {
        let at = index as u32;
        if y.is_finite() {
            Self { low: y, high: y, low_at: at, high_at: at, gap: false }
        } else {
            Self { gap: true, ..Self::NONE }
        }
    }

    /// Of both; the first of equals.
    fn and(self, other: Self) -> Self {
        let (low, low_at) =
            if other.low < self.low { (other.low, other.low_at) } else { (self.low, self.low_at) };
        let (high, high_at) = if other.high > self.high {
            (other.high, other.high_at)
        } else {
            (self.high, self.high_at)
        };
        Self { low, high, low_at, high_at, gap: self.gap || other.gap }
    }

    fn is_empty(&self) -> bool {
        self.low > self.high
    }
}

/// Values with their pyramid; one that is not finite is a gap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    ys: Vec<f64>,
    levels: Vec<Vec<Extremes>>,
    /// What was drawn last, for frames in which nothing changed.
    drawn: RefCell<Option<(View, Arc<Vec<Run>>)>>,
}

/// Points between two gaps.
pub(crate) type Run = Vec<[f64; 2]>;

/// Everything that a drawing depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct View {
    from: f64,
    to: f64,
    columns: usize,
    len: usize,
    /// Address of the positions, which differ between axes.
    xs: usize,
    /// The last position.
    last: f64,
}

impl View {
    /// Whether a drawing of this view serves for another one: the same, or one of a long curve that
    /// has moved and grown by less than half a column.
    fn serves(&self, other: &Self) -> bool {
        let half = (other.to - other.from) / other.columns.max(1) as f64 / 2.0;
        let near = |a: f64, b: f64| (a - b).abs() <= half;
        let is_long = other.len > 4 * other.columns && self.len <= other.len;
        let same = (self.columns, self.xs) == (other.columns, other.xs);
        let moved = near(self.from, other.from) && near(self.to, other.to);
        self == other || (is_long && same && moved && near(self.last, other.last))
    }
}

impl Series {
    /// Adds a value.
    pub(crate) fn push(&mut self, y: f64) {
        let index = self.ys.len();
        self.ys.push(y);
        let mut entry = Extremes::of(y, index);
        let mut block = index;
        for level in 0.. {
            block /= FAN;
            // A level is worth having once the one below it has more than one block.
            if level > 0 && self.levels[level - 1].len() <= FAN && self.levels.len() <= level {
                break;
            }
            if self.levels.len() <= level {
                self.grow(level);
            }
            match self.levels[level].get_mut(block) {
                Some(known) => {
                    *known = known.and(entry);
                    entry = *known;
                }
                None => self.levels[level].push(entry),
            }
        }
    }

    /// Sums up the level below into a new one.
    fn grow(&mut self, level: usize) {
        let blocks = match level.checked_sub(1) {
            None => Vec::new(),
            Some(below) => self.levels[below]
                .chunks(FAN)
                .map(|chunk| chunk.iter().copied().fold(Extremes::NONE, Extremes::and))
                .collect(),
        };
        self.levels.push(blocks);
    }

    /// All values.
    pub(crate) fn values(&self) -> &[f64] {
        &self.ys
    }

    /// Smallest and largest finite value.
    pub(crate) fn range(&self) -> Option<[f64; 2]> {
        self.range_of(0, self.ys.len())
    }

    /// Smallest positive finite value, for a logarithmic axis.
    pub(crate) fn smallest_positive(&self) -> Option<f64> {
        match self.range() {
            Some([low, _]) if low > 0.0 => Some(low),
            Some([_, high]) if high > 0.0 => {
                let positive = self.ys.iter().copied().filter(|y| y.is_finite() && *y > 0.0);
                positive.min_by(f64::total_cmp)
            }
            _ => None,
        }
    }

    fn range_of(&self, start: usize, stop: usize) -> Option<[f64; 2]> {
        let found = self.extremes(start, stop);
        (!found.is_empty()).then_some([found.low, found.high])
    }

    /// Extremes of a range of indices, from as few entries as possible.
    fn extremes(&self, mut start: usize, mut stop: usize) -> Extremes {
        let leaves = |range: std::ops::Range<usize>| {
            let first = range.start;
            let of = |(index, y): (usize, &f64)| Extremes::of(*y, first + index);
            self.ys[range].iter().enumerate().map(of).fold(Extremes::NONE, Extremes::and)
        };
        if stop - start <= 2 * FAN || self.levels.is_empty() {
            return leaves(start..stop);
        }
        let (inner_start, inner_stop) = (start.next_multiple_of(FAN), stop / FAN * FAN);
        let mut found = leaves(start..inner_start).and(leaves(inner_stop..stop));
        (start, stop) = (inner_start / FAN, inner_stop / FAN);
        for (index, level) in self.levels.iter().enumerate() {
            let all =
                |entries: &[Extremes]| entries.iter().copied().fold(Extremes::NONE, Extremes::and);
            if stop - start <= 2 * FAN || index + 1 == self.levels.len() {
                return found.and(all(&level[start..stop]));
            }
            let (inner_start, inner_stop) = (start.next_multiple_of(FAN), stop / FAN * FAN);
            found = found.and(all(&level[start..inner_start])).and(all(&level[inner_stop..stop]));
            (start, stop) = (inner_start / FAN, inner_stop / FAN);
        }
        found
    }
}

/// A series over its positions, which ascend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve<'a> {
    xs: &'a [f64],
    series: &'a Series,
}

impl<'a> Curve<'a> {
    /// Joins positions and values; the longer of the two is cut.
    pub(crate) fn new(xs: &'a [f64], series: &'a Series) -> Self {
        Self { xs: &xs[..xs.len().min(series.ys.len())], series }
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.xs.len()
    }

    /// The values.
    pub(crate) fn series(&self) -> &'a Series {
        self.series
    }

    /// A point.
    pub(crate) fn point(&self, index: usize) -> Option<[f64; 2]> {
        Some([*self.xs.get(index)?, *self.series.ys.get(index)?])
    }

    /// Smallest and largest position.
    pub(crate) fn x_range(&self) -> Option<[f64; 2]> {
        Some([*self.xs.first()?, *self.xs.last()?])
    }

    /// The finite point nearest to `x` among the two neighbours.
    pub(crate) fn nearest(&self, x: f64) -> Option<[f64; 2]> {
        let after = self.xs.partition_point(|known| *known < x);
        let candidates = [after.checked_sub(1), Some(after)];
        let points = candidates.into_iter().flatten().filter_map(|index| self.point(index));
        points
            .filter(|point| point[1].is_finite())
            .min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs()))
    }

    /// Distance between the two neighbours of `x`; how far a readout may reach.
    pub(crate) fn spacing_at(&self, x: f64) -> f64 {
        let after = self.xs.partition_point(|known| *known < x).clamp(1, self.len().max(1));
        match (self.xs.get(after - 1), self.xs.get(after)) {
            (Some(before), Some(next)) => next - before,
            _ => 0.0,
        }
    }

    /// The curve between two `x` as runs without gaps, at most four points for each of `columns`
    /// equal columns: the first, the extremes and the last one of each column, in their order.
    /// One point beyond each end is kept so that lines leave the picture where they should.
    pub(crate) fn visible(&self, from: f64, to: f64, columns: usize) -> Arc<Vec<Run>> {
        let xs = self.xs.as_ptr().addr();
        let last = self.xs.last().copied().unwrap_or(0.0);
        let view = View { from, to, columns, len: self.len(), xs, last };
        let mut drawn = self.series.drawn.borrow_mut();
        match &*drawn {
            Some((known, runs)) if known.serves(&view) => runs.clone(),
            _ => {
                let runs = Arc::new(self.decimate(from, to, columns));
                *drawn = Some((view, runs.clone()));
                runs
            }
        }
    }

    fn decimate(&self, from: f64, to: f64, columns: usize) -> Vec<Run> {
        let first = self.xs.partition_point(|x| *x < from).saturating_sub(1);
        let end = (self.xs.partition_point(|x| *x <= to) + 1).min(self.len());
        let mut runs = Runs::default();
        if first >= end || columns == 0 {
            return runs.finish();
        }
        if end - first <= 4 * columns {
            (first..end).for_each(|index| self.add(&mut runs, index));
            return runs.finish();
        }
        let width = (to - from) / columns as f64;
        let mut start = first;
        for column in 0..=columns {
            let edge =
                if column == columns { f64::INFINITY } else { from + width * (column + 1) as f64 };
            let stop = start + self.xs[start..end].partition_point(|x| *x < edge);
            self.add_column(&mut runs, start, stop);
            start = stop;
        }
        runs.finish()
    }

    fn add_column(&self, runs: &mut Runs, start: usize, stop: usize) {
        if stop - start <= 4 {
            return (start..stop).for_each(|index| self.add(runs, index));
        }
        let extremes = self.series.extremes(start, stop);
        let (mut first, mut second) = (extremes.low_at as usize, extremes.high_at as usize);
        if first > second {
            std::mem::swap(&mut first, &mut second);
        }
        let mut last = None;
        for index in [start, first, second, stop - 1] {
            if last.is_none_or(|last| last < index) && index < stop {
                self.add(runs, index);
                last = Some(index);
            }
        }
        // A gap inside one column must not vanish between the values kept, which are finite.
        if extremes.gap && self.series.ys[start].is_finite() && self.series.ys[stop - 1].is_finite()
        {
            runs.split();
        }
    }

    fn add(&self, runs: &mut Runs, index: usize) {
        if self.series.ys[index].is_finite() {
            runs.current.push([self.xs[index], self.series.ys[index]]);
        } else {
            runs.split();
        }
    }
}

/// Runs of points between gaps.
#[derive(Default)]
struct Runs {
    done: Vec<Run>,
    current: Run,
}

impl Runs {
    fn split(&mut self) {
        if !self.current.is_empty() {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    fn finish(mut self) -> Vec<Run> {
        self.split();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_drawn_anew_when_it_grew_by_half_a_column() {
        let (count, columns) = (100_000, 1000);
        let mut xs: Vec<f64> = Vec::with_capacity(2 * count);
        let mut long = Series::default();
        let grow = |xs: &mut Vec<f64>, long: &mut Series, by: usize| {
            for _ in 0..by {
                xs.push(xs.len() as f64);
                long.push((xs.len() % 7) as f64);
            }
        };
        let drawn =
            |xs: &[f64], long: &Series| Curve::new(xs, long).visible(0.0, xs.len() as f64, columns);
        grow(&mut xs, &mut long, count);
        let first = drawn(&xs, &long);
        grow(&mut xs, &mut long, 40);
        assert!(Arc::ptr_eq(&first, &drawn(&xs, &long)));
        grow(&mut xs, &mut long, 40);
        let second = drawn(&xs, &long);
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(second.last().unwrap().last().unwrap()[0], 100_079.0);
        let part = Curve::new(&xs, &long).visible(0.0, 500.0, columns);
        assert!(!Arc::ptr_eq(&part, &second), "another part is another picture");
    }

    fn series(ys: &[f64]) -> Series {
        let mut series = Series::default();
        for y in ys {
            series.push(*y);
        }
        series
    }

    /// The curve over 0, 1, 2…, as runs.
    fn visible(ys: &[f64], from: f64, to: f64, columns: usize) -> Vec<Run> {
        let xs: Vec<f64> = (0..ys.len()).map(|index| index as f64).collect();
        Curve::new(&xs, &series(ys)).visible(from, to, columns).to_vec()
    }

    /// A repeatable sequence without structure.
    fn noise(n: usize) -> Vec<f64> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / 1e6
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn few_points_are_kept_as_they_are() {
        let runs = visible(&[1.0, 3.0, 2.0], -1.0, 5.0, 100);
        assert_eq!(runs, vec![vec![[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]]]);
    }

    #[test]
    fn many_points_become_few_and_keep_every_column_s_extremes() {
        let mut ys = noise(100_000);
        ys[54_321] = 1e6;
        ys[77_777] = -1e6;
        let columns = 200;
        let runs = visible(&ys, 0.0, 99_999.0, columns);
        let points: Vec<_> = runs.concat();
        assert_eq!(runs.len(), 1);
        assert!(points.len() <= 4 * (columns + 1), "{}", points.len());
        assert!(points.contains(&[54_321.0, 1e6]) && points.contains(&[77_777.0, -1e6]));
        assert!(points.is_sorted_by(|a, b| a[0] < b[0]));
        for column in 0..columns {
            let edges = [column, column + 1].map(|c| (c as f64 * 99_999.0 / 200.0).ceil() as usize);
            let inside = &ys[edges[0]..edges[1]];
            let kept = points.iter().filter(|p| p[0] >= edges[0] as f64 && p[0] < edges[1] as f64);
            let kept: Vec<f64> = kept.map(|p| p[1]).collect();
            let of = |f: fn(f64, f64) -> f64, v: &[f64]| v.iter().copied().reduce(f);
            assert_eq!(of(f64::min, inside), of(f64::min, &kept), "column {column}");
            assert_eq!(of(f64::max, inside), of(f64::max, &kept), "column {column}");
        }
    }

    #[test]
    fn the_pyramid_agrees_with_a_search_for_any_range() {
        let ys = noise(5000);
        let series = series(&ys);
        for (start, stop) in [(0, 5000), (1, 4999), (17, 18), (16, 4096), (255, 3001), (4990, 5000)]
        {
            let expected = ys[start..stop]
                .iter()
                .fold([f64::INFINITY, f64::NEG_INFINITY], |r, y| [r[0].min(*y), r[1].max(*y)]);
            assert_eq!(series.range_of(start, stop), Some(expected), "{start}..{stop}");
        }
    }

    #[test]
    fn missing_values_are_gaps() {
        let few = visible(&[1.0, f64::NAN, 2.0, 3.0, f64::INFINITY, f64::NAN], 0.0, 9.0, 10);
        assert_eq!(few, vec![vec![[0.0, 1.0]], vec![[2.0, 2.0], [3.0, 3.0]]]);
        let mut ys = noise(10_000);
        ys[5000..6000].fill(f64::NAN);
        ys[8000] = f64::NAN;
        let runs = visible(&ys, 0.0, 9999.0, 50);
        assert_eq!(runs.len(), 3);
        assert!(runs[0].last().is_some_and(|p| p[0] <= 4999.0));
        assert!(runs[1].first().is_some_and(|p| p[0] >= 6000.0));
        assert!(runs.concat().iter().all(|p| p[1].is_finite()));
    }

    #[test]
    fn nothing_but_gaps_draws_nothing() {
        assert!(visible(&[f64::NAN; 1000], 0.0, 999.0, 10).is_empty());
        assert_eq!(series(&[f64::NAN; 1000]).range(), None);
        assert!(visible(&[], 0.0, 1.0, 10).is_empty());
    }

    #[test]
    fn zooming_in_keeps_a_neighbour_on_each_side() {
        let points = visible(&noise(1000), 10.5, 12.5, 100).concat();
        assert_eq!(points.iter().map(|p| p[0]).collect::<Vec<_>>(), [10.0, 11.0, 12.0, 13.0]);
    }

    #[test]
    fn what_was_drawn_is_kept_until_something_changes() {
        let (mut xs, mut series) = (vec![0.0, 1.0], series(&[1.0, 2.0]));
        let first = Curve::new(&xs, &series).visible(0.0, 5.0, 10);
        let again = Curve::new(&xs, &series).visible(0.0, 5.0, 10);
        assert!(Arc::ptr_eq(&first, &again));
        series.push(3.0);
        xs.push(2.0);
        assert_eq!(Curve::new(&xs, &series).visible(0.0, 5.0, 10)[0].len(), 3);
        assert_eq!(Curve::new(&xs, &series).visible(1.2, 1.4, 10)[0].len(), 2);
    }

    #[test]
    fn the_nearest_value_is_read() {
        let series = series(&[5.0, 6.0, f64::NAN, 8.0]);
        let curve = Curve::new(&[0.0, 1.0, 2.0, 3.0], &series);
        assert_eq!(curve.nearest(0.4), Some([0.0, 5.0]));
        assert_eq!(curve.nearest(1.9), Some([1.0, 6.0]));
        assert_eq!(curve.nearest(99.0), Some([3.0, 8.0]));
    }
}
