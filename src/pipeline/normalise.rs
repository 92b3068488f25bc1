//! The last step: values centred and scaled, in f64 where they may be tiny.

use super::{Normalise, Pipeline};

/// A spread below this share of the mean is rounding, and the image constant.
const CONSTANT: f64 = 1e-6;
/// Partial sums, so that the additions do not wait for each other.
const LANES: usize = 8;

impl Pipeline {
    /// Normalises `[channels, height, width]` values in place. Values of a pipeline whose
    /// statistics are not fitted yet stay as they are.
    pub(super) fn normalise(&self, values: &mut [f32], channels: usize) {
        match self.normalise {
            Normalise::None => {}
            Normalise::PerImage => per_image(values),
            Normalise::DataSet => {
                if self.mean.len() != channels || self.std.len() != channels {
                    return;
                }
                let area = (values.len() / channels.max(1)).max(1);
                let statistics = self.mean.iter().zip(&self.std);
                for (plane, (&mean, &std)) in values.chunks_exact_mut(area).zip(statistics) {
                    for value in plane {
                        *value = (*value - mean) / std;
                    }
                }
            }
        }
    }
}

/// To mean 0 and standard deviation 1; a constant image becomes 0.
fn per_image(values: &mut [f32]) {
    let count = values.len().max(1) as f64;
    let mean = sum(values, |v| v) / count;
    let std = (sum(values, |v| (v - mean) * (v - mean)) / count).sqrt();
    let scale = if std > CONSTANT * mean.abs() { std.recip() } else { 0.0 };
    for value in values {
        *value = ((f64::from(*value) - mean) * scale) as f32;
    }
}

/// The sum over all values of `of(value)`, in f64 and always in the same order.
pub(super) fn sum(values: &[f32], of: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += of(f64::from(value));
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&v| of(f64::from(v))).sum::<f64>()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values by hand are exact")]
mod tests {
    use super::*;

    #[test]
    fn tiny_fluxes_survive() {
        let mut values: Vec<f32> = (0..1000).map(|v| 1e-11 * ((v * 7) % 13) as f32).collect();
        per_image(&mut values);
        let mean = sum(&values, |v| v) / 1000.0;
        let variance = sum(&values, |v| v * v) / 1000.0;
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_constant_image_becomes_zero() {
        let mut values = vec![0.3_f32; 77];
        per_image(&mut values);
        assert_eq!(values, vec![0.0; 77]);
        per_image(&mut []);
    }

    #[test]
    fn channels_have_their_own_statistics() {
        let pipeline =
            Pipeline { mean: vec![1.0, 2.0], std: vec![2.0, 4.0], ..Pipeline::default() };
        let mut values = [1.0, 3.0, 2.0, 10.0];
        pipeline.normalise(&mut values, 2);
        assert_eq!(values, [0.0, 1.0, 0.0, 2.0]);
    }
}
