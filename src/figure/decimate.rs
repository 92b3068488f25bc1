//! Long curves in few points: pieces between gaps, and what a column of pixels can show of them.

/// Columns per point of length; two keep a PNG at twice the size as sharp as the full curve.
const COLUMNS_PER_POINT: f64 = 2.0;

/// Splits a curve at points that are not finite.
pub(super) fn pieces(points: impl Iterator<Item = [f64; 2]>) -> Vec<Vec<[f64; 2]>> {
    let mut pieces = vec![Vec::new()];
    for point in points {
        match (point[0].is_finite() && point[1].is_finite(), pieces.last_mut()) {
            (true, Some(piece)) => piece.push(point),
            (false, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
            _ => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The first, lowest, highest and last point of each run of points in the same column of pixels, in
/// their order; nothing else of the run could be seen. Coordinates in points of length.
pub(super) fn decimated(piece: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let column = |point: &[f64; 2]| (point[0] * COLUMNS_PER_POINT).floor() as i64;
    let mut kept = Vec::new();
    for run in piece.chunk_by(|a, b| column(a) == column(b)) {
        if run.len() <= 4 {
            kept.extend_from_slice(run);
            continue;
        }
        let index_of = |better: fn(f64, f64) -> bool| {
            (1..run.len()).fold(0, |best, i| if better(run[i][1], run[best][1]) { i } else { best })
        };
        let mut indices = [0, index_of(|a, b| a < b), index_of(|a, b| a > b), run.len() - 1];
        indices.sort_unstable();
        for (i, &index) in indices.iter().enumerate() {
            if i == 0 || indices[i - 1] != index {
                kept.push(run[index]);
            }
        }
    }
    kept
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn nan_is_a_gap() {
        let points = [[0.0, 1.0], [1.0, 2.0], [2.0, f64::NAN], [f64::INFINITY, 0.0], [3.0, 1.0]];
        let pieces = pieces(points.into_iter());
        assert_eq!(pieces, [vec![[0.0, 1.0], [1.0, 2.0]], vec![[3.0, 1.0]]]);
    }

    #[test]
    fn a_long_curve_keeps_its_extremes() {
        let noise = |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 16);
        let curve: Vec<[f64; 2]> =
            (0..1_000_000).map(|i| [f64::from(i) * 500.0 / 1e6, noise(i)]).collect();
        let short = decimated(&curve);
        assert!(short.len() <= 4 * 1001, "{}", short.len());
        let ends = |c: &[[f64; 2]]| {
            c.iter().fold([f64::MAX, f64::MIN], |[l, h], p| [l.min(p[1]), h.max(p[1])])
        };
        assert_eq!(ends(&short), ends(&curve));
        assert_eq!((short[0], short.last()), (curve[0], curve.last()));
        assert!(short.windows(2).all(|w| w[0][0] <= w[1][0]));
    }

    #[test]
    fn a_short_curve_is_untouched() {
        let curve = [[0.0, 1.0], [0.1, 5.0], [100.0, 2.0]];
        assert_eq!(decimated(&curve), curve);
    }
}
