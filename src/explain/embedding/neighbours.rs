//! Nearest neighbours, exactly: all distances in blocks, by one matrix product each.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::distance::dot;
use super::{EmbeddingError, GoOn, Metric, Points, tell};

/// Distances of a block, in numbers: 32 MB.
const BLOCK: usize = 8 << 20;
/// Candidates kept beyond those asked for: the product finds distances to single precision only,
/// and neighbours are chosen among the candidates by their distances to double precision.
const SPARE: usize = 12;

/// The nearest neighbours of each point, the nearest first, the point itself left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbours {
    /// Neighbours of each point.
    pub k: usize,
    /// Their rows, `[points, k]`.
    pub indices: Vec<u32>,
    /// Their distances, `[points, k]`.
    pub distances: Vec<f32>,
}

impl Neighbours {
    /// Rows and distances of the neighbours of a point.
    pub fn of(&self, point: usize) -> (&[u32], &[f32]) {
        let range = point * self.k..(point + 1) * self.k;
        (&self.indices[range.clone()], &self.distances[range])
    }
}

/// The `k` nearest neighbours of each point; of fewer points all others. Ties go to the earlier
/// row.
///
/// # Errors
/// [`EmbeddingError::Cancelled`].
pub fn neighbours(
    points: &Points,
    k: usize,
    metric: Metric,
    go_on: GoOn<'_>,
) -> Result<Neighbours, EmbeddingError> {
    let (rows, k) = (points.rows(), k.min(points.rows().saturating_sub(1)));
    let prepared = match metric {
        Metric::Cosine => points.unit(),
        // About the mean the squares are small, and less is lost in the product.
        Metric::Euclidean => centred(points),
    };
    let squares: Vec<f32> = match metric {
        Metric::Cosine => vec![0.0; rows],
        Metric::Euclidean => {
            (0..rows).map(|row| dot(prepared.row(row), prepared.row(row)) as f32).collect()
        }
    };
    let mut all = Neighbours { k, ..Neighbours::default() };
    let height = (BLOCK / rows.max(1)).clamp(16, 1024);
    let mut products = vec![0.0; height.min(rows) * rows];
    for first in (0..rows).step_by(height) {
        tell(go_on, first as f64 / rows as f64)?;
        let last = (first + height).min(rows);
        let products = &mut products[..(last - first) * rows];
        multiply(&prepared, first, last, products);
        let found: Vec<Vec<(f64, u32)>> = products
            .par_chunks(rows)
            .enumerate()
            .map(|(row, products)| select(&prepared, first + row, products, &squares, k, metric))
            .collect();
        for (distance, index) in found.into_iter().flatten() {
            all.indices.push(index);
            all.distances.push(distance as f32);
        }
    }
    tell(go_on, 1.0)?;
    Ok(all)
}

/// The `k` nearest neighbours of one point, with their distances.
pub fn nearest(points: &Points, query: usize, k: usize, metric: Metric) -> Vec<(usize, f32)> {
    let wanted = match metric {
        Metric::Euclidean => points.row(query).to_vec(),
        Metric::Cosine => unit_row(points.row(query)),
    };
    let distance = |row: usize| match metric {
        Metric::Euclidean => metric.between(&wanted, points.row(row)),
        Metric::Cosine => metric.between(&wanted, &unit_row(points.row(row))),
    };
    let mut all: Vec<(f64, usize)> = (0..points.rows())
        .into_par_iter()
        .filter(|&row| row != query)
        .map(|row| (distance(row), row))
        .collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.truncate(k);
    all.into_iter().map(|(distance, row)| (row, distance as f32)).collect()
}

fn unit_row(row: &[f32]) -> Vec<f32> {
    Points::trusted(row.len(), row.to_vec()).unit().values().to_vec()
}

fn centred(points: &Points) -> Points {
    let means = points.means();
    let rows = points.values().chunks_exact(points.columns().max(1));
    let shifted = rows.flat_map(|row| {
        row.iter().zip(&means).map(|(value, mean)| (f64::from(*value) - mean) as f32)
    });
    Points::trusted(points.columns(), shifted.collect())
}

/// Scalar products of the rows from `first` to `last` with all rows, `[last − first, rows]`.
fn multiply(points: &Points, first: usize, last: usize, products: &mut [f32]) {
    let (rows, columns) = (points.rows(), points.columns());
    let block = &points.values()[first * columns..last * columns];
    matmul(
        MatMut::from_row_major_slice_mut(products, last - first, rows),
        Accum::Replace,
        MatRef::from_row_major_slice(block, last - first, columns),
        MatRef::from_row_major_slice(points.values(), rows, columns).transpose(),
        1.0,
        Par::rayon(0),
    );
}

/// A candidate: the largest leaves the heap first.
#[derive(PartialEq)]
struct Candidate(f32, u32);

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// The nearest points by the products, measured again and put in order.
fn select(
    points: &Points,
    query: usize,
    products: &[f32],
    squares: &[f32],
    k: usize,
    metric: Metric,
) -> Vec<(f64, u32)> {
    let mut heap = BinaryHeap::with_capacity(k + SPARE + 1);
    for (row, (product, square)) in products.iter().zip(squares).enumerate() {
        let candidate = Candidate(square - 2.0 * product, row as u32);
        if row == query {
            continue;
        }
        if heap.len() < k + SPARE {
            heap.push(candidate);
        } else if heap.peek().is_some_and(|worst| candidate < *worst) {
            heap.pop();
            heap.push(candidate);
        }
    }
    let from = points.row(query);
    let measure = |candidate: Candidate| {
        (metric.between(from, points.row(candidate.1 as usize)), candidate.1)
    };
    let mut found: Vec<(f64, u32)> = heap.into_iter().map(measure).collect();
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    found.truncate(k);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::{always, blobs};

    #[test]
    fn blocks_find_what_looking_at_each_pair_finds() {
        let (points, _) = blobs(300, 20, 3, 4.0, 1);
        for metric in Metric::ALL {
            let found = neighbours(&points, 7, metric, &mut always()).unwrap();
            for query in 0..points.rows() {
                let one = nearest(&points, query, 7, metric);
                let (indices, distances) = found.of(query);
                assert_eq!(indices, one.iter().map(|n| n.0 as u32).collect::<Vec<_>>());
                let close = |(a, b): (&f32, &(usize, f32))| (a - b.1).abs() < 1e-5;
                assert!(distances.iter().zip(&one).all(close), "{metric:?}");
            }
        }
    }

    #[test]
    fn few_points_and_cancelling() {
        let points = Points::new(1, vec![0.0, 5.0, 1.0]).unwrap();
        let all = neighbours(&points, 10, Metric::Euclidean, &mut always()).unwrap();
        assert_eq!((all.k, all.indices), (2, vec![2, 1, 2, 0, 0, 1]));
        let none = neighbours(&Points::default(), 3, Metric::Cosine, &mut always()).unwrap();
        assert!(none.indices.is_empty());
        let stopped = neighbours(&points, 1, Metric::Euclidean, &mut |_| false);
        assert!(matches!(stopped, Err(EmbeddingError::Cancelled)));
    }
}
