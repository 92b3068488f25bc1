//! Precision against recall (purity against completeness).
//!
//! The same sorted counts as the ROC give this curve, so it is made from a [`Roc`].

use super::confusion::mean;
use super::{OneVsRest, Roc};

/// Recall and precision at each distinct score, from (0, 1) to recall 1, thinned to about `limit`
/// points for drawing; empty without positives.
pub fn curve(roc: &Roc, limit: usize) -> Vec<[f64; 2]> {
    if roc.positives() == 0 {
        return Vec::new();
    }
    let point = |i: usize| {
        let counts = roc.counts(i);
        Some([counts.recall()?, counts.precision()?])
    };
    let points = thinned(roc, limit);
    std::iter::once([0.0, 1.0]).chain(points.into_iter().skip(1).filter_map(point)).collect()
}

/// The points that the drawing needs. Precision moves most over the first ranks, where the ROC
/// hardly moves: ranks spaced by powers keep them.
fn thinned(roc: &Roc, limit: usize) -> Vec<usize> {
    let limit = limit.max(2);
    if roc.len() <= limit {
        return (0..roc.len()).collect();
    }
    let last = roc.len() - 1;
    let mut kept = roc.thinned(limit / 2);
    let powers = (0..limit / 2).map(|i| (last as f64).powf(i as f64 / (limit / 2) as f64) as usize);
    kept.extend(powers);
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Average precision Σ (Rᵢ − Rᵢ₋₁) Pᵢ, without interpolation; `None` without positives.
pub fn average_precision(roc: &Roc) -> Option<f64> {
    let positives = roc.positives();
    (positives > 0).then(|| {
        let area: f64 = (1..roc.len())
            .map(|i| {
                let (counts, before) = (roc.counts(i), roc.counts(i - 1));
                let gained = (counts.true_positives - before.true_positives) as f64;
                gained * counts.precision().unwrap_or(0.0)
            })
            .sum();
        area / positives as f64
    })
}

/// Mean average precision of the classes that have samples.
pub fn mean_average_precision(curves: &OneVsRest) -> Option<f64> {
    mean(&curves.rocs.iter().filter_map(average_precision).collect::<Vec<_>>())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    /// Scores and truth of the reference's first fixture.
    fn fixture() -> Roc {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.8, 0.7, 0.05];
        let truth = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0].map(|y| y == 1);
        Roc::new(&scores, &truth).unwrap()
    }

    /// Source: scikit-learn 1.9.1, `average_precision_score` of the same scores.
    #[test]
    fn average_precision_of_the_fixture() {
        let average = average_precision(&fixture()).unwrap();
        assert!((average - 0.722_619_047_619_047_5).abs() < 1e-12);
    }

    /// Source: scikit-learn 1.9.1, `precision_recall_curve`, reversed.
    #[test]
    fn curve_of_the_fixture() {
        let expected = [
            [0.0, 1.0],
            [0.2, 1.0],
            [0.4, 2.0 / 3.0],
            [0.6, 0.75],
            [0.8, 4.0 / 7.0],
            [1.0, 0.625],
            [1.0, 5.0 / 9.0],
            [1.0, 0.5],
        ];
        let curve = curve(&fixture(), 100);
        assert_eq!(curve.len(), expected.len());
        for (found, expected) in curve.iter().zip(expected) {
            assert!((found[0] - expected[0]).abs() + (found[1] - expected[1]).abs() < 1e-12);
        }
    }

    #[test]
    fn undefined_without_positives() {
        let roc = Roc::new(&[0.1, 0.2], &[false, false]).unwrap();
        assert_eq!(average_precision(&roc), None);
        assert!(curve(&roc, 10).is_empty());
    }

    #[test]
    fn thinning_keeps_both_ends_and_stays_bounded() {
        let scores: Vec<f32> = (0..100_000_u32).map(|i| i as f32).collect();
        let truth: Vec<bool> =
            (0..100_000_u32).map(|i| i.wrapping_mul(2_654_435_761) % 97 == 0).collect();
        let roc = Roc::new(&scores, &truth).unwrap();
        let curve = curve(&roc, 500);
        assert!(curve.len() <= 800, "{}", curve.len());
        assert_eq!(curve[0], [0.0, 1.0]);
        assert_eq!(curve.last().map(|point| point[0]), Some(1.0));
    }
}
