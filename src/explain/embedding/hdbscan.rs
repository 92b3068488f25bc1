//! HDBSCAN: groups where points are dense, whatever their shape; the rest is noise.
//!
//! Source: Campello, Moulavi & Sander (2013), PAKDD 160; `McInnes`, Healy & Astels (2017), JOSS 2,
//! 205, whose package `hdbscan` this follows: the core distance is that to the `min_samples`-th
//! other point, clusters are chosen by excess of mass, the whole is never a cluster.

mod tree;

use rayon::prelude::*;

use super::distance::squared;
use super::{EmbeddingError, GoOn, Metric, Points, neighbours, tell};

/// Points between two words on the progress.
const STEP: usize = 64;

/// Group of each point, from 0; `None` for noise.
///
/// # Errors
/// [`EmbeddingError::Setting`] for clusters of less than 2 or cores of no points,
/// [`EmbeddingError::Cancelled`].
pub fn hdbscan(
    points: &Points,
    min_cluster_size: usize,
    min_samples: usize,
    go_on: GoOn<'_>,
) -> Result<Vec<Option<u32>>, EmbeddingError> {
    if min_cluster_size < 2 {
        let problem = "must be at least 2".to_owned();
        return Err(EmbeddingError::Setting { setting: "smallest cluster", problem });
    }
    if min_samples == 0 {
        let problem = "must be at least 1".to_owned();
        return Err(EmbeddingError::Setting { setting: "points of a core", problem });
    }
    let n = points.rows();
    if n < min_cluster_size.max(2) {
        return Ok(vec![None; n]);
    }
    let cores = core_distances(points, min_samples, &mut |share| go_on(0.3 * share))?;
    let edges = spanning_tree(points, &cores, &mut |share| go_on(0.3 + 0.7 * share))?;
    tell(go_on, 1.0)?;
    Ok(tree::clusters(n, edges, min_cluster_size))
}

/// Distance of each point to its `min_samples`-th neighbour.
fn core_distances(
    points: &Points,
    min_samples: usize,
    go_on: GoOn<'_>,
) -> Result<Vec<f64>, EmbeddingError> {
    let near = neighbours(points, min_samples, Metric::Euclidean, go_on)?;
    let last = |row: usize| {
        let other = near.of(row).0.last().copied().unwrap_or(row as u32);
        squared(points.row(row), points.row(other as usize)).sqrt()
    };
    Ok((0..points.rows()).map(last).collect())
}

/// An edge between two points at their mutual reachability distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) ends: [u32; 2],
    pub(super) distance: f64,
}

/// A point that is not yet in the tree, with its nearest point of the tree.
#[derive(Clone, Copy)]
struct Outside {
    point: u32,
    parent: u32,
    distance: f64,
}

/// The minimum spanning tree of the mutual reachability distances max(core, core, d), by Prim's
/// algorithm; of equal distances the earlier row comes first. Core distances make many equal ones,
/// and which of them joins first decides where a few points at the edges of clusters go.
fn spanning_tree(
    points: &Points,
    cores: &[f64],
    go_on: GoOn<'_>,
) -> Result<Vec<Edge>, EmbeddingError> {
    let n = points.rows();
    let outside = |point| Outside { point, parent: 0, distance: f64::INFINITY };
    let mut outsiders: Vec<Outside> = (1..n as u32).map(outside).collect();
    let (mut edges, mut newest) = (Vec::with_capacity(n - 1), 0_u32);
    while !outsiders.is_empty() {
        if edges.len() % STEP == 0 {
            // Each step looks at the points outside alone: the share done is that of a triangle.
            let left = outsiders.len() as f64 / n as f64;
            tell(go_on, 1.0 - left * left)?;
        }
        let (from, core) = (points.row(newest as usize), cores[newest as usize]);
        let nearer = |outside: &mut Outside| {
            let point = outside.point as usize;
            let known = core.max(cores[point]);
            if known < outside.distance {
                let distance = known.max(squared(from, points.row(point)).sqrt());
                if distance < outside.distance {
                    (outside.distance, outside.parent) = (distance, newest);
                }
            }
        };
        if outsiders.len() * points.columns() > 1 << 14 {
            outsiders.par_iter_mut().with_min_len(256).for_each(nearer);
        } else {
            for outside in &mut outsiders {
                nearer(outside);
            }
        }
        let next = (1..outsiders.len()).fold(0, |best, i| {
            if outsiders[i].distance < outsiders[best].distance { i } else { best }
        });
        let Outside { point, parent, distance } = outsiders.remove(next);
        edges.push(Edge { ends: [parent, point], distance });
        newest = point;
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::{always, blobs};

    #[test]
    fn two_dense_groups_and_a_point_far_off() {
        let mut values: Vec<f32> = (0..20).map(|i| 0.1 * i as f32).collect();
        values.extend((0..20).map(|i| 50.0 + 0.1 * i as f32));
        values.push(500.0);
        let points = Points::new(1, values).unwrap();
        let found = hdbscan(&points, 5, 3, &mut always()).unwrap();
        assert!(found[..20].iter().all(|label| label.is_some() && *label == found[0]));
        assert!(found[20..40].iter().all(|label| label.is_some() && *label == found[20]));
        assert_ne!(found[0], found[20]);
        assert_eq!(found[40], None);
    }

    #[test]
    fn the_tree_is_the_shortest() {
        let (points, _) = blobs(60, 3, 2, 4.0, 9);
        let cores = core_distances(&points, 4, &mut always()).unwrap();
        let total: f64 = spanning_tree(&points, &cores, &mut always())
            .unwrap()
            .iter()
            .map(|edge| edge.distance)
            .sum();
        // Kruskal's algorithm over all pairs.
        let mut pairs = Vec::new();
        for i in 0..60 {
            for j in 0..i {
                let d = squared(points.row(i), points.row(j)).sqrt();
                pairs.push((d.max(cores[i]).max(cores[j]), i, j));
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut group: Vec<usize> = (0..60).collect();
        let mut kruskal = 0.0;
        for (distance, i, j) in pairs {
            let (a, b) = (group[i], group[j]);
            if a != b {
                for g in group.iter_mut().filter(|g| **g == a) {
                    *g = b;
                }
                kruskal += distance;
            }
        }
        assert!((total - kruskal).abs() < 1e-9);
    }

    #[test]
    fn equal_points_few_points_and_bad_settings() {
        let points = Points::new(2, vec![1.0; 60]).unwrap();
        assert_eq!(hdbscan(&points, 5, 5, &mut always()).unwrap().len(), 30);
        let two = Points::new(2, vec![0.0; 4]).unwrap();
        assert_eq!(hdbscan(&two, 5, 5, &mut always()).unwrap(), [None, None]);
        assert!(hdbscan(&points, 1, 5, &mut always()).is_err());
        assert!(hdbscan(&points, 5, 0, &mut always()).is_err());
        assert!(matches!(hdbscan(&points, 5, 5, &mut |_| false), Err(EmbeddingError::Cancelled)));
    }
}
