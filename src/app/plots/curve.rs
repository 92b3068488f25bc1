//! A curve of any length that grows at its end and is drawn in time proportional to the pixels.
//!
//! Over the values stands a pyramid: each level keeps, for blocks of the level below, where the
//! smallest and the largest value lie and whether a value is missing. Adding a point touches one
//! entry a level; the extremes of any range come from a few entries. So a million points are
//! drawn as fast as a thousand, no peak is lost, and nothing is computed anew between frames.

/// Values of a level that one entry of the next one sums up.
const FAN: usize = 16;

/// Where the extremes of a block lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extremes {
    /// Index of the smallest finite value; `NONE` without one.
    low: u32,
    /// Index of the largest finite value.
    high: u32,
    /// Whether a value is missing.
    gap: bool,
}

const NONE: u32 = u32::MAX;

/// Values with their pyramid; one that is not finite is a gap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    ys: Vec<f64>,
    levels: Vec<Vec<Extremes>>,
}

impl Series {
    /// Adds a value.
    pub(crate) fn push(&mut self, y: f64) {
        let index = self.ys.len();
        self.ys.push(y);
        let finite = y.is_finite();
        let at = if finite { index as u32 } else { NONE };
        let mut entry = Extremes { low: at, high: at, gap: !finite };
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
            let merged = match self.levels[level].get(block) {
                Some(known) => merge(&self.ys, *known, entry),
                None => entry,
            };
            match self.levels[level].get_mut(block) {
                Some(known) => *known = merged,
                None => self.levels[level].push(entry),
            }
            entry = merged;
        }
    }

    /// Sums up the level below into a new one.
    fn grow(&mut self, level: usize) {
        let blocks = match level.checked_sub(1) {
            None => Vec::new(),
            Some(below) => self.levels[below]
                .chunks(FAN)
                .map(|chunk| chunk.iter().copied().fold(EMPTY, |a, b| merge(&self.ys, a, b)))
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
        (found.low != NONE).then(|| [self.ys[found.low as usize], self.ys[found.high as usize]])
    }

    /// Extremes of a range of indices, from as few entries as possible.
    fn extremes(&self, mut start: usize, mut stop: usize) -> Extremes {
        let mut found = EMPTY;
        let leaf = |index: usize| {
            let finite = self.ys[index].is_finite();
            let at = if finite { index as u32 } else { NONE };
            Extremes { low: at, high: at, gap: !finite }
        };
        let mut level: Option<usize> = None;
        loop {
            let entry = |index: usize| level.map_or_else(|| leaf(index), |l| self.levels[l][index]);
            let above = level.map_or(0, |l| l + 1);
            if above >= self.levels.len() || stop - start <= 2 * FAN {
                return (start..stop).fold(found, |a, index| merge(&self.ys, a, entry(index)));
            }
            let (inner_start, inner_stop) = (start.next_multiple_of(FAN), stop / FAN * FAN);
            let edges = (start..inner_start).chain(inner_stop..stop);
            found = edges.fold(found, |a, index| merge(&self.ys, a, entry(index)));
            (start, stop) = (inner_start / FAN, inner_stop / FAN);
            level = Some(above);
        }
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
    pub(crate) fn visible(&self, from: f64, to: f64, columns: usize) -> Vec<Vec<[f64; 2]>> {
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
        let mut kept = [start as u32, extremes.low, extremes.high, stop as u32 - 1];
        kept.sort_unstable();
        let mut last = NONE;
        for index in kept {
            if index != last && index != NONE {
                self.add(runs, index as usize);
                last = index;
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

const EMPTY: Extremes = Extremes { low: NONE, high: NONE, gap: false };

fn merge(ys: &[f64], a: Extremes, b: Extremes) -> Extremes {
    let pick = |x: u32, y: u32, better: fn(&f64, &f64) -> bool| match (x, y) {
        (NONE, other) | (other, NONE) => other,
        _ if better(&ys[y as usize], &ys[x as usize]) => y,
        _ => x,
    };
    Extremes {
        low: pick(a.low, b.low, f64::lt),
        high: pick(a.high, b.high, f64::gt),
        gap: a.gap || b.gap,
    }
}

/// Runs of points between gaps.
#[derive(Default)]
struct Runs {
    done: Vec<Vec<[f64; 2]>>,
    current: Vec<[f64; 2]>,
}

impl Runs {
    fn split(&mut self) {
        if !self.current.is_empty() {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    fn finish(mut self) -> Vec<Vec<[f64; 2]>> {
        self.split();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(ys: &[f64]) -> Series {
        let mut series = Series::default();
        for y in ys {
            series.push(*y);
        }
        series
    }

    /// The curve over 0, 1, 2…, as runs.
    fn visible(ys: &[f64], from: f64, to: f64, columns: usize) -> Vec<Vec<[f64; 2]>> {
        let xs: Vec<f64> = (0..ys.len()).map(|index| index as f64).collect();
        Curve::new(&xs, &series(ys)).visible(from, to, columns)
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
    fn the_nearest_value_is_read() {
        let series = series(&[5.0, 6.0, f64::NAN, 8.0]);
        let curve = Curve::new(&[0.0, 1.0, 2.0, 3.0], &series);
        assert_eq!(curve.nearest(0.4), Some([0.0, 5.0]));
        assert_eq!(curve.nearest(1.9), Some([1.0, 6.0]));
        assert_eq!(curve.nearest(99.0), Some([3.0, 8.0]));
    }
}
