//! Principal components.
//!
//! Source: Jolliffe (2002), "Principal Component Analysis". Eigenvectors come from the covariance
//! of the columns, or of the rows where there are fewer of them; where both are many, from
//! iterated projections (Halko, Martinsson & Tropp 2011, arXiv:0909.4061, algorithm 4.4). Signs
//! are chosen so that the largest entry of each component is positive, as scikit-learn's.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{EmbeddingError, GoOn, Points, tell};

/// Largest matrix whose eigenvectors are all computed.
const LARGEST: usize = 4096;
/// Rows that are turned into double precision at once.
const BLOCK: usize = 512;
/// Directions beyond those asked for, and rounds, of the iterated projections.
const SPARE: usize = 10;
const ROUNDS: usize = 8;

/// Points along their principal components.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// Coordinates, `[points, components]`.
    pub coordinates: Points,
    /// Unit vectors, `[components, columns]`.
    pub components: Points,
    /// Variance along each component (divided by n − 1).
    pub variance: Vec<f64>,
    /// Share of the total variance, 0–1.
    pub explained: Vec<f64>,
}

/// The first `components` principal components; fewer where points or columns are fewer.
///
/// # Errors
/// [`EmbeddingError::TooFew`] for less than two points, [`EmbeddingError::Cancelled`],
/// [`EmbeddingError::Eigen`].
pub fn pca(points: &Points, components: usize, go_on: GoOn<'_>) -> Result<Pca, EmbeddingError> {
    let (rows, columns) = (points.rows(), points.columns());
    if rows < 2 {
        let what = "a principal component analysis";
        return Err(EmbeddingError::TooFew { what, needed: 2, found: rows });
    }
    let means = points.means();
    let k = components.min(columns).min(rows);
    let (mut vectors, variance) = if columns.min(rows) > LARGEST {
        iterated(points, &means, k, go_on)?
    } else if columns <= rows {
        by_columns(points, &means, k, go_on)?
    } else {
        by_rows(points, &means, k, go_on)?
    };
    let total = total_variance(points, &means);
    turn(&mut vectors);
    let coordinates = project(points, &means, vectors.as_ref());
    let unit = (0..k).flat_map(|c| (0..columns).map(move |row| (row, c)));
    let unit = unit.map(|at| vectors[at] as f32).collect();
    tell(go_on, 1.0)?;
    Ok(Pca {
        coordinates,
        components: Points::trusted(columns, unit),
        explained: variance.iter().map(|v| if total > 0.0 { v / total } else { 0.0 }).collect(),
        variance,
    })
}

/// Rows from `first` on, without the mean, in double precision.
fn block(points: &Points, means: &[f64], first: usize) -> Mat<f64> {
    let height = BLOCK.min(points.rows() - first);
    Mat::from_fn(height, points.columns(), |row, column| {
        f64::from(points.row(first + row)[column]) - means[column]
    })
}

/// Eigenvectors of the covariance of the columns.
fn by_columns(
    points: &Points,
    means: &[f64],
    k: usize,
    go_on: GoOn<'_>,
) -> Result<(Mat<f64>, Vec<f64>), EmbeddingError> {
    let (rows, columns) = (points.rows(), points.columns());
    let mut covariance = Mat::zeros(columns, columns);
    for first in (0..rows).step_by(BLOCK) {
        tell(go_on, 0.8 * first as f64 / rows as f64)?;
        let block = block(points, means, first);
        matmul(&mut covariance, Accum::Add, block.transpose(), &block, 1.0, Par::rayon(0));
    }
    let (vectors, values) = largest(covariance.as_ref(), k)?;
    Ok((vectors, variances(&values, rows)))
}

/// Eigenvectors by the products of the rows, of which there are fewer.
fn by_rows(
    points: &Points,
    means: &[f64],
    k: usize,
    go_on: GoOn<'_>,
) -> Result<(Mat<f64>, Vec<f64>), EmbeddingError> {
    let (rows, columns) = (points.rows(), points.columns());
    let centred = Mat::from_fn(rows, columns, |row, column| {
        f64::from(points.row(row)[column]) - means[column]
    });
    let mut products = Mat::zeros(rows, rows);
    matmul(&mut products, Accum::Replace, &centred, centred.transpose(), 1.0, Par::rayon(0));
    tell(go_on, 0.5)?;
    let (left, values) = largest(products.as_ref(), k)?;
    let mut vectors = Mat::zeros(columns, k);
    matmul(&mut vectors, Accum::Replace, centred.transpose(), &left, 1.0, Par::rayon(0));
    normalise(&mut vectors);
    Ok((vectors, variances(&values, rows)))
}

/// Eigenvectors by projecting again and again onto as many directions as are wanted and a few.
fn iterated(
    points: &Points,
    means: &[f64],
    k: usize,
    go_on: GoOn<'_>,
) -> Result<(Mat<f64>, Vec<f64>), EmbeddingError> {
    let (rows, columns) = (points.rows(), points.columns());
    let width = (k + SPARE).min(columns);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut basis = Mat::from_fn(columns, width, |_, _| rng.sample::<f64, _>(StandardNormal));
    for round in 0..ROUNDS {
        basis = basis.qr().compute_thin_Q();
        let mut next = Mat::zeros(columns, width);
        for first in (0..rows).step_by(BLOCK) {
            tell(go_on, (round as f64 + first as f64 / rows as f64) / ROUNDS as f64)?;
            let block = block(points, means, first);
            let mut along = Mat::zeros(block.nrows(), width);
            matmul(&mut along, Accum::Replace, &block, &basis, 1.0, Par::rayon(0));
            matmul(&mut next, Accum::Add, block.transpose(), &along, 1.0, Par::rayon(0));
        }
        if round + 1 == ROUNDS {
            let mut small = Mat::zeros(width, width);
            matmul(&mut small, Accum::Replace, basis.transpose(), &next, 1.0, Par::rayon(0));
            let (turned, values) = largest(small.as_ref(), k)?;
            let mut vectors = Mat::zeros(columns, k);
            matmul(&mut vectors, Accum::Replace, &basis, &turned, 1.0, Par::rayon(0));
            return Ok((vectors, variances(&values, rows)));
        }
        basis = next;
    }
    Err(EmbeddingError::Eigen)
}

/// The eigenvectors of the `k` largest eigenvalues, the largest first.
fn largest(matrix: MatRef<'_, f64>, k: usize) -> Result<(Mat<f64>, Vec<f64>), EmbeddingError> {
    let n = matrix.nrows();
    let found = matrix.self_adjoint_eigen(Side::Lower).map_err(|_found| EmbeddingError::Eigen)?;
    let (vectors, values) = (found.U(), found.S().column_vector());
    let chosen = Mat::from_fn(n, k, |row, column| vectors[(row, n - 1 - column)]);
    Ok((chosen, (0..k).map(|i| values[n - 1 - i].max(0.0)).collect()))
}

fn variances(values: &[f64], rows: usize) -> Vec<f64> {
    values.iter().map(|value| value / (rows - 1) as f64).collect()
}

fn total_variance(points: &Points, means: &[f64]) -> f64 {
    let rows = points.values().chunks_exact(points.columns().max(1));
    let square = |row: &[f32]| -> f64 {
        row.iter().zip(means).map(|(value, mean)| (f64::from(*value) - mean).powi(2)).sum()
    };
    rows.map(square).sum::<f64>() / (points.rows() - 1) as f64
}

fn normalise(vectors: &mut Mat<f64>) {
    for column in 0..vectors.ncols() {
        let length = (0..vectors.nrows()).map(|row| vectors[(row, column)].powi(2)).sum::<f64>();
        let scale = if length > 0.0 { length.sqrt().recip() } else { 0.0 };
        for row in 0..vectors.nrows() {
            vectors[(row, column)] *= scale;
        }
    }
}

/// Makes the largest entry of each column positive.
fn turn(vectors: &mut Mat<f64>) {
    for column in 0..vectors.ncols() {
        let rows = 0..vectors.nrows();
        let largest = rows
            .clone()
            .map(|row| vectors[(row, column)])
            .fold(0.0_f64, |best, v| if v.abs() > best.abs() { v } else { best });
        if largest < 0.0 {
            for row in rows {
                vectors[(row, column)] *= -1.0;
            }
        }
    }
}

/// Coordinates along the vectors.
fn project(points: &Points, means: &[f64], vectors: MatRef<'_, f64>) -> Points {
    let k = vectors.ncols();
    let mut values = Vec::with_capacity(points.rows() * k);
    for first in (0..points.rows()).step_by(BLOCK) {
        let block = block(points, means, first);
        let mut along = Mat::zeros(block.nrows(), k);
        matmul(&mut along, Accum::Replace, &block, vectors, 1.0, Par::rayon(0));
        for row in 0..along.nrows() {
            values.extend((0..k).map(|column| along[(row, column)] as f32));
        }
    }
    Points::trusted(k, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::{always, blobs};

    #[test]
    fn a_line_has_one_component() {
        let values = (0..10).flat_map(|i| [3.0 * i as f32, 4.0 * i as f32 + 1.0]).collect();
        let points = Points::new(2, values).unwrap();
        let found = pca(&points, 2, &mut always()).unwrap();
        assert!((found.explained[0] - 1.0).abs() < 1e-12 && found.explained[1] < 1e-12);
        // The variance of 0…9 is 55/6, along (3, 4) it is 25 times that.
        assert!((found.variance[0] - 25.0 * 55.0 / 6.0).abs() < 1e-9);
        assert!((found.coordinates.row(9)[0] - 22.5).abs() < 1e-5);
        let component = found.components.row(0);
        assert!((component[0] - 0.6).abs() < 1e-6 && (component[1] - 0.8).abs() < 1e-6);
    }

    #[test]
    fn three_ways_agree() {
        let (points, _) = blobs(60, 40, 4, 3.0, 2);
        let means = points.means();
        let mut ways = [by_columns, by_rows, iterated].map(|way| {
            let (mut vectors, variance) = way(&points, &means, 3, &mut always()).unwrap();
            turn(&mut vectors);
            (vectors, variance)
        });
        let (first, others) = ways.split_first_mut().unwrap();
        for (vectors, variance) in others {
            for c in 0..3 {
                assert!((variance[c] - first.1[c]).abs() < 1e-6 * first.1[0], "{variance:?}");
                let same = (0..40).all(|row| (vectors[(row, c)] - first.0[(row, c)]).abs() < 1e-3);
                assert!(same, "component {c}");
            }
        }
    }

    #[test]
    fn points_that_are_all_the_same_have_no_variance() {
        let points = Points::new(3, vec![2.0; 12]).unwrap();
        let found = pca(&points, 2, &mut always()).unwrap();
        assert_eq!((found.explained, found.coordinates.values()), (vec![0.0; 2], &[0.0; 8][..]));
        let one = Points::new(3, vec![2.0; 3]).unwrap();
        assert!(matches!(pca(&one, 2, &mut always()), Err(EmbeddingError::TooFew { .. })));
    }
}
