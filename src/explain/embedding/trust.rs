//! How far a picture can be trusted: whether neighbours in it are neighbours.

use rayon::prelude::*;

use super::distance::squared;
use super::{Metric, Points};

/// 1 − 2 / (n k (2n − 3k − 1)) Σ (rank − k) over the `k` nearest in the picture that are not
/// among the `k` nearest of the points; 1 where all are. `None` where k is not below n / 2.
///
/// Source: Venna & Kaski (2001), ICANN 485, as scikit-learn computes it.
pub fn trustworthiness(
    points: &Points,
    picture: &[[f32; 2]],
    metric: Metric,
    k: usize,
) -> Option<f64> {
    let n = points.rows().min(picture.len());
    if k == 0 || 2 * k >= n {
        return None;
    }
    let prepared = metric.prepared(points);
    let plane = Points::plane(picture);
    let penalty = |row: usize| {
        let order = |distance: &dyn Fn(usize) -> f64| {
            let mut all: Vec<(f64, usize)> = (0..n)
                .filter(|&other| other != row)
                .map(|other| (distance(other), other))
                .collect();
            all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            all
        };
        let mut ranks = vec![0; n];
        let between = |other: usize| metric.between(prepared.row(row), prepared.row(other));
        for (rank, (_, other)) in order(&between).into_iter().enumerate() {
            ranks[other] = rank + 1;
        }
        let shown = order(&|other| squared(plane.row(row), plane.row(other)));
        shown[..k].iter().map(|(_, other)| ranks[*other].saturating_sub(k)).sum::<usize>()
    };
    let sum: usize = (0..n).into_par_iter().map(penalty).sum();
    let (n, k) = (n as f64, k as f64);
    Some(1.0 - sum as f64 * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_picture_has_one_and_a_shuffled_one_less() {
        let line: Vec<[f32; 2]> =
            (0..30).map(|i| [i as f32 + 0.01 * (i * i) as f32, 0.0]).collect();
        let points = Points::plane(&line);
        assert_eq!(trustworthiness(&points, &line, Metric::Euclidean, 3), Some(1.0));
        let mut shuffled = line.clone();
        for (i, place) in shuffled.iter_mut().enumerate() {
            *place = line[i * 7 % 30];
        }
        let found = trustworthiness(&points, &shuffled, Metric::Euclidean, 3).unwrap();
        assert!(found < 0.8, "{found}");
        assert_eq!(trustworthiness(&points, &line, Metric::Euclidean, 15), None);
    }
}
