//! Pooling: the largest or the mean of each window.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::BenchError;
use crate::image::pyramid::Plane;
use crate::network::Padding;
use crate::network::window::{slide, windows};

/// The largest window and step.
pub const MAX_WINDOW: usize = 16;

/// What becomes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PoolingKind {
    /// Its largest value.
    #[default]
    Max,
    /// Its mean.
    Average,
}

/// Pooling over square windows without padding, sizes rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pooling {
    /// What becomes of a window.
    pub kind: PoolingKind,
    /// Side of the window in pixels.
    pub size: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
}

impl Default for Pooling {
    fn default() -> Self {
        Self { kind: PoolingKind::Max, size: 2, stride: 2 }
    }
}

impl Pooling {
    /// The same with all numbers held to what they may be.
    #[must_use]
    pub fn held(self) -> Self {
        let [size, stride] = [self.size, self.stride].map(|side| side.clamp(1, MAX_WINDOW));
        Self { size, stride, ..self }
    }

    /// Rows and columns of the result.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn output(&self, size: [usize; 2]) -> Result<[usize; 2], BenchError> {
        let Self { size: side, stride, .. } = self.held();
        let windows = windows([side; 2], [stride; 2], [1; 2], false);
        slide(size, windows, Padding::all(0)).map(|(out, _)| out).ok_or_else(|| {
            let what = format!("pooling over {side}×{side}");
            BenchError::TooSmall { what, spans: [side; 2], size }
        })
    }

    /// The result for every window.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn apply(&self, plane: &Plane) -> Result<Plane, BenchError> {
        let [height, width] = self.output([plane.height, plane.width])?;
        let Self { size, stride, kind } = self.held();
        let mut values = vec![0.0_f32; height * width];
        values.par_chunks_mut(width.max(1)).enumerate().for_each(|(y, out)| {
            for (x, value) in out.iter_mut().enumerate() {
                let rows =
                    (y * stride..y * stride + size).map(|row| row * plane.width + x * stride);
                let window = rows.flat_map(|start| &plane.values[start..start + size]);
                *value = match kind {
                    PoolingKind::Max => window.fold(f32::MIN, |all, &value| all.max(value)),
                    PoolingKind::Average => window.sum::<f32>() / (size * size) as f32,
                };
            }
        });
        Ok(Plane { width, height, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let plane = Plane { width: 3, height: 3, values: (1..=9).map(|n| n as f32).collect() };
        let pool = |kind, size, stride| Pooling { kind, size, stride }.apply(&plane).unwrap();
        assert_eq!(pool(PoolingKind::Max, 2, 1).values, [5.0, 6.0, 8.0, 9.0]);
        assert_eq!(pool(PoolingKind::Average, 2, 1).values, [3.0, 4.0, 6.0, 7.0]);
        assert_eq!(pool(PoolingKind::Max, 2, 2).values, [5.0]);
        assert_eq!(pool(PoolingKind::Average, 3, 1).values, [5.0]);
        let error = Pooling { size: 4, ..Pooling::default() }.apply(&plane).unwrap_err();
        assert!(error.to_string().contains("4×4"), "{error}");
    }
}
