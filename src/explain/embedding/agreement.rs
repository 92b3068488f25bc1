//! How well two groupings agree, and how well groups are apart.

use std::collections::HashMap;

use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Metric, Points};

/// The Rand index corrected for chance: 1 for the same groups, about 0 for unrelated ones, 1 where
/// both have a single group. The labels' own numbers do not matter.
///
/// Source: Hubert & Arabie (1985), Journal of Classification 2, 193.
pub fn adjusted_rand(a: &[i64], b: &[i64]) -> f64 {
    let mut cells: HashMap<(i64, i64), u64> = HashMap::new();
    let (mut rows, mut columns) = (HashMap::<i64, u64>::new(), HashMap::<i64, u64>::new());
    for (&a, &b) in a.iter().zip(b) {
        *cells.entry((a, b)).or_default() += 1;
        *rows.entry(a).or_default() += 1;
        *columns.entry(b).or_default() += 1;
    }
    let pairs = |count: u64| (count * count.saturating_sub(1) / 2) as f64;
    let both: f64 = cells.values().map(|count| pairs(*count)).sum();
    let in_rows: f64 = rows.values().map(|count| pairs(*count)).sum();
    let in_columns: f64 = columns.values().map(|count| pairs(*count)).sum();
    let all = pairs(a.len().min(b.len()) as u64);
    let expected = if all > 0.0 { in_rows * in_columns / all } else { 0.0 };
    let most = f64::midpoint(in_rows, in_columns);
    if most == expected { 1.0 } else { (both - expected) / (most - expected) }
}

/// Mean over the points of (b − a) / max(a, b): a the mean distance to the others of its own
/// group, b that to the nearest other group; −1 to 1. Points without a label do not count; alone
/// in a group they count 0. Of more than `most` points that many are drawn. `None` unless there are
/// at least two groups and a point more than groups.
///
/// Source: Rousseeuw (1987), J. Comput. Appl. Math. 20, 53.
pub fn silhouette(
    points: &Points,
    labels: &[Option<u32>],
    metric: Metric,
    most: usize,
    seed: u64,
) -> Option<f64> {
    let labelled: Vec<usize> = (0..labels.len()).filter(|&row| labels[row].is_some()).collect();
    let drawn: Vec<usize> = if labelled.len() > most {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn = index::sample(&mut rng, labelled.len(), most).into_vec();
        drawn.sort_unstable();
        drawn.into_iter().map(|at| labelled[at]).collect()
    } else {
        labelled
    };
    let mut names: Vec<u32> = drawn.iter().filter_map(|&row| labels[row]).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 || drawn.len() <= names.len() {
        return None;
    }
    let groups: Vec<usize> =
        drawn.iter().filter_map(|&row| names.binary_search(&labels[row]?).ok()).collect();
    let mut counts = vec![0_usize; names.len()];
    for group in &groups {
        counts[*group] += 1;
    }
    let prepared = metric.prepared(&points.select(&drawn));
    let scores: Vec<f64> = (0..drawn.len())
        .into_par_iter()
        .map(|row| score(&prepared, metric, &groups, &counts, row))
        .collect();
    Some(scores.iter().sum::<f64>() / scores.len() as f64)
}

fn score(points: &Points, metric: Metric, groups: &[usize], counts: &[usize], row: usize) -> f64 {
    let own = groups[row];
    if counts[own] < 2 {
        return 0.0;
    }
    let mut sums = vec![0.0; counts.len()];
    for (other, &group) in groups.iter().enumerate().filter(|(other, _)| *other != row) {
        sums[group] += metric.between(points.row(row), points.row(other));
    }
    let within = sums[own] / (counts[own] - 1) as f64;
    let others = (0..counts.len()).filter(|&group| group != own);
    let beside =
        others.map(|group| sums[group] / counts[group] as f64).fold(f64::INFINITY, f64::min);
    let largest = within.max(beside);
    if largest > 0.0 { (beside - within) / largest } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rand_index_by_hand() {
        assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[5, 5, -1, -1]), 1.0);
        // Pairs together: 1 of 2 and 3; (1 − 1) / (2.5 − 1) = 0.
        assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[0, 0, 0, 1]), 0.0);
        // scikit-learn's documentation: 0.57.
        let partly = adjusted_rand(&[0, 0, 1, 1], &[0, 0, 1, 2]);
        assert!((partly - 4.0 / 7.0).abs() < 1e-12);
        assert_eq!(adjusted_rand(&[0, 0], &[1, 1]), 1.0);
        assert_eq!(adjusted_rand(&[], &[]), 1.0);
    }

    #[test]
    fn the_silhouette_by_hand() {
        let points = Points::new(1, vec![0.0, 1.0, 10.0, 12.0, 500.0]).unwrap();
        let labels = [Some(3), Some(3), Some(8), Some(8), None];
        let found = silhouette(&points, &labels, Metric::Euclidean, 100, 0).unwrap();
        let by_hand = [10.0 / 11.0, 9.0 / 10.0, 7.5 / 9.5, 9.5 / 11.5];
        assert!((found - by_hand.iter().sum::<f64>() / 4.0).abs() < 1e-12);
        assert_eq!(silhouette(&points, &[Some(0); 5], Metric::Euclidean, 100, 0), None);
        let drawn = silhouette(&points, &labels, Metric::Euclidean, 3, 1);
        assert!(drawn.is_some_and(|value| value.abs() <= 1.0));
    }
}
