//! A table of numbers, one row an image.

use super::EmbeddingError;

/// Bytes that a table may take.
const LARGEST: usize = 2 << 30;

/// Finite numbers, one row a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Points {
    columns: usize,
    /// Row-major, `[rows, columns]`.
    values: Vec<f32>,
}

impl Points {
    /// Row-major values with so many columns; an incomplete last row is left out.
    ///
    /// # Errors
    /// [`EmbeddingError::NotFinite`] with the first row that has NaN or infinity,
    /// [`EmbeddingError::TooLarge`].
    pub fn new(columns: usize, mut values: Vec<f32>) -> Result<Self, EmbeddingError> {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        Self::check_size(rows, columns)?;
        values.truncate(rows * columns);
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(EmbeddingError::NotFinite { row: at / columns }),
            None => Ok(Self { columns, values }),
        }
    }

    /// Whether so many numbers are allowed.
    ///
    /// # Errors
    /// [`EmbeddingError::TooLarge`].
    pub fn check_size(rows: usize, columns: usize) -> Result<(), EmbeddingError> {
        let bytes = rows.saturating_mul(columns).saturating_mul(size_of::<f32>());
        if bytes > LARGEST {
            return Err(EmbeddingError::TooLarge { rows, columns, gigabytes: bytes as f64 / 1e9 });
        }
        Ok(())
    }

    /// Points in a plane.
    pub(super) fn plane(points: &[[f32; 2]]) -> Self {
        Self { columns: 2, values: points.as_flattened().to_vec() }
    }

    /// As [`Points::new`], for numbers known to be finite.
    pub(super) fn trusted(columns: usize, values: Vec<f32>) -> Self {
        debug_assert!(values.len().is_multiple_of(columns.max(1)));
        Self { columns, values }
    }

    /// Number of points.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Numbers of each point.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All numbers, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The numbers of a point; empty beyond the last.
    pub fn row(&self, row: usize) -> &[f32] {
        self.values.get(row * self.columns..(row + 1) * self.columns).unwrap_or(&[])
    }

    /// These rows.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&row| self.row(row)).copied().collect();
        Self { columns: self.columns, values }
    }

    /// Mean of each column.
    pub(super) fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns];
        for row in self.values.chunks_exact(self.columns.max(1)) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        let rows = self.rows().max(1) as f64;
        for sum in &mut sums {
            *sum /= rows;
        }
        sums
    }

    /// Each row with length 1; rows of zeros stay.
    pub(super) fn unit(&self) -> Self {
        let mut values = self.values.clone();
        for row in values.chunks_exact_mut(self.columns.max(1)) {
            let length = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            if length > 0.0 {
                for v in row {
                    *v = (f64::from(*v) / length) as f32;
                }
            }
        }
        Self { columns: self.columns, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_checked_and_found() {
        let points = Points::new(2, vec![3.0, 4.0, 0.0, 0.0, 1.0]).unwrap();
        assert_eq!(
            (points.rows(), points.row(0), points.row(2)),
            (2, [3.0, 4.0].as_slice(), [].as_slice())
        );
        assert_eq!(points.means(), [1.5, 2.0]);
        assert_eq!(points.unit().values(), [0.6, 0.8, 0.0, 0.0]);
        let error = Points::new(2, vec![0.0, 1.0, f32::NAN, 1.0]).unwrap_err();
        assert!(matches!(error, EmbeddingError::NotFinite { row: 1 }));
        assert!(Points::check_size(20_000, 2048).is_ok());
        assert!(Points::check_size(usize::MAX, 7).is_err());
        assert_eq!(Points::new(0, vec![1.0]).unwrap().rows(), 0);
    }
}
