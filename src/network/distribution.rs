//! The values of a tensor in figures: mean, spread, ends, zeros and a histogram; and the first
//! values of one tensor, drawn without those of the others.

use super::{Network, NetworkError, Role, initialize};

/// Values of a tensor in figures. Values that are not finite are counted apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Finite values.
    pub count: usize,
    /// NaN and infinite values.
    pub not_finite: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (of all values, not of a sample).
    pub std: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Share of values that are exactly zero, 0–1.
    pub zeros: f64,
    /// Number of values in each of the equal bins from `min` to `max`.
    pub bins: Vec<u64>,
}

impl Distribution {
    /// Figures of values, with a histogram of `bins` bins (one when all values are the same).
    pub fn of(values: &[f32], bins: usize) -> Self {
        let finite = || values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v));
        let count = finite().count();
        let not_finite = values.len() - count;
        if count == 0 {
            return Self { not_finite, ..Self::default() };
        }
        let n = count as f64;
        let mean = finite().sum::<f64>() / n;
        let variance = finite().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let min = finite().fold(f64::INFINITY, f64::min);
        let max = finite().fold(f64::NEG_INFINITY, f64::max);
        let mut filled = vec![0; if max > min { bins.max(1) } else { 1 }];
        let last = filled.len() - 1;
        for value in finite() {
            let share = if max > min { (value - min) / (max - min) } else { 0.0 };
            filled[((share * (last + 1) as f64) as usize).min(last)] += 1;
        }
        let zeros = finite().filter(|&value| value == 0.0).count() as f64 / n;
        Self { count, not_finite, mean, std: variance.sqrt(), min, max, zeros, bins: filled }
    }

    /// Width of a bin; 0 when all values are the same.
    pub fn bin_width(&self) -> f64 {
        (self.max - self.min) / self.bins.len().max(1) as f64
    }
}

impl Network {
    /// The first values of one tensor, as a model of this seed begins with; `None` when the
    /// network has no tensor of this name.
    ///
    /// # Errors
    /// Those of [`Network::tensors`].
    pub fn initial_values(&self, name: &str, seed: u64) -> Result<Option<Vec<f32>>, NetworkError> {
        let tensors = self.tensors()?;
        let Some(wanted) = tensors.iter().find(|tensor| tensor.name == name) else {
            return Ok(None);
        };
        let weight = tensors.iter().find(|t| t.node == wanted.node && t.role == Role::Weight);
        Ok(Some(initialize::values(self.initialization, wanted, weight, seed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let found = Distribution::of(&[0.0, 1.0, 2.0, 5.0, f32::NAN], 5);
        assert_eq!((found.count, found.not_finite), (4, 1));
        assert_eq!((found.mean, found.min, found.max, found.zeros), (2.0, 0.0, 5.0, 0.25));
        // (4 + 1 + 0 + 9) / 4 = 3.5
        assert!((found.std - 3.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(found.bins, [1, 1, 1, 0, 1]);
        assert_eq!(found.bin_width(), 1.0);
        assert_eq!(Distribution::of(&[3.0, 3.0], 10).bins, [2]);
        assert_eq!(Distribution::of(&[], 10), Distribution::default());
    }

    #[test]
    fn one_tensor_begins_as_in_the_model() {
        let network = crate::architectures::build("lenet5", [1, 32, 32], 10).unwrap();
        let device = burn::tensor::Device::flex();
        let model = crate::network::model::Model::new(&network, 7, &device).unwrap();
        for (name, tensor) in model.state().unwrap() {
            assert_eq!(network.initial_values(&name, 7).unwrap(), Some(tensor.values), "{name}");
        }
        assert_eq!(network.initial_values("nothing", 7).unwrap(), None);
    }
}
