//! k-means: groups about centres.
//!
//! Source: Lloyd (1982), IEEE Trans. Inf. Theory 28, 129; first centres by Arthur & Vassilvitskii
//! (2007), "k-means++". A group that loses all its points takes the point farthest from its centre.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::distance::squared;
use super::{EmbeddingError, GoOn, Points, tell};

/// Starts of which the best result is taken.
const STARTS: usize = 5;
/// Rounds of one start at most.
const ROUNDS: usize = 300;
/// Of the mean variance of the columns: centres that move less have come to rest.
const TOLERANCE: f64 = 1e-4;

/// Points in groups.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// Group of each point, from 0.
    pub labels: Vec<u32>,
    /// Centres, `[groups, columns]`.
    pub centres: Points,
    /// Sum of the squared distances of the points from their centres.
    pub inertia: f64,
}

/// The best of a few starts.
///
/// # Errors
/// [`EmbeddingError::Setting`] for no groups, [`EmbeddingError::TooFew`] for more groups than
/// points, [`EmbeddingError::Cancelled`].
pub fn kmeans(
    points: &Points,
    groups: usize,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<KMeans, EmbeddingError> {
    if groups == 0 {
        let problem = "there must be at least 1".to_owned();
        return Err(EmbeddingError::Setting { setting: "clusters", problem });
    }
    if points.rows() < groups {
        let (what, found) = ("k-means with so many clusters", points.rows());
        return Err(EmbeddingError::TooFew { what, needed: groups, found });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut best: Option<KMeans> = None;
    for start in 0..STARTS {
        let share = |inner: f64| (start as f64 + inner) / STARTS as f64;
        let centres = plus_plus(points, groups, &mut rng, &mut |inner| go_on(share(0.2 * inner)))?;
        let found = lloyd(points, centres, &mut |inner| go_on(share(0.2 + 0.8 * inner)))?;
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
    }
    best.ok_or(EmbeddingError::Cancelled)
}

/// First centres: each with a probability that grows with the squared distance from those before.
fn plus_plus(
    points: &Points,
    groups: usize,
    rng: &mut ChaCha8Rng,
    go_on: GoOn<'_>,
) -> Result<Points, EmbeddingError> {
    let mut chosen = vec![rng.random_range(0..points.rows())];
    let mut distances = vec![f64::INFINITY; points.rows()];
    while chosen.len() < groups {
        tell(go_on, chosen.len() as f64 / groups as f64)?;
        let last = points.row(chosen[chosen.len() - 1]);
        distances.par_iter_mut().enumerate().for_each(|(row, distance)| {
            *distance = distance.min(squared(points.row(row), last));
        });
        let total: f64 = distances.iter().sum();
        let mut left = rng.random::<f64>() * total;
        let reached = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        // All points lie on centres, or rounding left a rest: the farthest point.
        chosen.push(reached.unwrap_or_else(|| farthest(&distances)));
    }
    Ok(points.select(&chosen))
}

fn farthest(distances: &[f64]) -> usize {
    (1..distances.len()).fold(0, |best, i| if distances[i] > distances[best] { i } else { best })
}

/// From these centres on, until they rest.
///
/// # Errors
/// [`EmbeddingError::Cancelled`].
pub fn lloyd(
    points: &Points,
    mut centres: Points,
    go_on: GoOn<'_>,
) -> Result<KMeans, EmbeddingError> {
    let tolerance = TOLERANCE * mean_variance(points);
    let mut nearest = assign(points, &centres);
    for round in 0..ROUNDS {
        // How many rounds it takes is not known; most take a few tens.
        tell(go_on, 1.0 - 0.95_f64.powi(round as i32))?;
        let moved = means(points, &centres, &mut nearest);
        let shift: f64 = (0..centres.rows()).map(|c| squared(centres.row(c), moved.row(c))).sum();
        centres = moved;
        let again = assign(points, &centres);
        let same = again.iter().zip(&nearest).all(|(a, b)| a.0 == b.0);
        nearest = again;
        if same || shift <= tolerance {
            break;
        }
    }
    tell(go_on, 1.0)?;
    let inertia = nearest.iter().map(|(_, distance)| distance).sum();
    Ok(KMeans { labels: nearest.into_iter().map(|(group, _)| group).collect(), centres, inertia })
}

fn mean_variance(points: &Points) -> f64 {
    let means = points.means();
    let rows = points.values().chunks_exact(points.columns().max(1));
    let squares: f64 = rows
        .map(|row| row.iter().zip(&means).map(|(v, m)| (f64::from(*v) - m).powi(2)).sum::<f64>())
        .sum();
    squares / points.values().len().max(1) as f64
}

/// The nearest centre of each point, with the squared distance.
fn assign(points: &Points, centres: &Points) -> Vec<(u32, f64)> {
    let nearest = |row: usize| {
        let point = points.row(row);
        (0..centres.rows()).fold((0, f64::INFINITY), |best, group| {
            let distance = squared(point, centres.row(group));
            if distance < best.1 { (group as u32, distance) } else { best }
        })
    };
    (0..points.rows()).into_par_iter().map(nearest).collect()
}

/// Mean of each group; an empty one takes the farthest point of another group.
fn means(points: &Points, centres: &Points, nearest: &mut [(u32, f64)]) -> Points {
    let (groups, columns) = (centres.rows(), centres.columns());
    let mut counts = vec![0_usize; groups];
    for (group, _) in nearest.iter() {
        counts[*group as usize] += 1;
    }
    for empty in (0..groups).filter(|&group| counts[group] == 0).collect::<Vec<_>>() {
        let distances: Vec<f64> = nearest
            .iter()
            .map(|(group, distance)| if counts[*group as usize] > 1 { *distance } else { -1.0 })
            .collect();
        let taken = farthest(&distances);
        counts[nearest[taken].0 as usize] -= 1;
        counts[empty] = 1;
        nearest[taken] = (empty as u32, 0.0);
    }
    let mut sums = vec![0.0; groups * columns];
    for (row, (group, _)) in nearest.iter().enumerate() {
        let sum = &mut sums[*group as usize * columns..][..columns];
        sum.iter_mut().zip(points.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let mean = |(at, sum): (usize, f64)| (sum / counts[at / columns].max(1) as f64) as f32;
    Points::trusted(columns, sums.into_iter().enumerate().map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::adjusted_rand;
    use crate::explain::embedding::testing::{always, blobs};

    #[test]
    fn groups_are_found_and_a_seed_repeats_them() {
        let (points, labels) = blobs(300, 6, 4, 8.0, 3);
        let found = kmeans(&points, 4, 7, &mut always()).unwrap();
        let groups: Vec<i64> = found.labels.iter().map(|label| i64::from(*label)).collect();
        let truth: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
        assert_eq!(adjusted_rand(&groups, &truth), 1.0);
        assert_eq!(found, kmeans(&points, 4, 7, &mut always()).unwrap());
    }

    #[test]
    fn four_points_by_hand_and_an_empty_group_is_filled() {
        let points = Points::new(1, vec![0.0, 1.0, 10.0, 11.0]).unwrap();
        let far = Points::new(1, vec![0.0, 100.0]).unwrap();
        let found = lloyd(&points, far, &mut always()).unwrap();
        assert_eq!(found.labels[0], found.labels[1]);
        assert_ne!(found.labels[0], found.labels[3]);
        assert_eq!(found.inertia, 1.0);
        let same = Points::new(1, vec![2.0; 5]).unwrap();
        assert_eq!(kmeans(&same, 3, 0, &mut always()).unwrap().inertia, 0.0);
    }

    #[test]
    fn bad_numbers_of_groups_are_said() {
        let points = Points::new(1, vec![0.0, 1.0]).unwrap();
        assert!(matches!(
            kmeans(&points, 0, 0, &mut always()),
            Err(EmbeddingError::Setting { .. })
        ));
        assert!(matches!(kmeans(&points, 3, 0, &mut always()), Err(EmbeddingError::TooFew { .. })));
    }
}
