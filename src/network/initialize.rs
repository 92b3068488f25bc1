//! First values of the tensors, drawn on the CPU so that every device begins alike.
//!
//! A tensor's values depend on the seed and on its own name, not on the order of the layers:
//! a change in one place of a network leaves the rest of its first weights as they were.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tensors::{Role, TensorSpec};

/// How the weights of convolutions and dense layers begin.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Initialization {
    /// PyTorch's default for a layer: uniform within ±1/√`fan_in`, biases too.
    #[default]
    Uniform,
    /// Convolutions normal with standard deviation √(2 / `fan_out`), after He et al. (2015), as
    /// torchvision begins its residual networks; dense layers as [`Initialization::Uniform`].
    HeFanOut,
    /// Convolutions and dense weights normal, cut at two standard deviations, as torchvision
    /// begins its Inception networks.
    TruncatedNormal {
        /// Standard deviation.
        std: f64,
    },
}

/// Values of a tensor, row-major. `weight` is the specification of the weight of the same layer
/// (biases take their range from it).
pub(crate) fn values(
    initialization: Initialization,
    tensor: &TensorSpec,
    weight: Option<&TensorSpec>,
    seed: u64,
) -> Vec<f32> {
    let count = tensor.count();
    let fan_in = weight.map_or(1, |weight| weight.fans().0).max(1) as f64;
    let mut rng = generator(seed, &tensor.name);
    match (tensor.role, initialization) {
        (Role::Scale | Role::RunningVariance, _) => vec![1.0; count],
        (Role::RunningMean, _) => vec![0.0; count],
        (Role::Slope, _) => vec![0.25; count],
        (Role::Fixed, _) => {
            (0..count).map(|_| if rng.next_u32() & 1 == 0 { -1.0 } else { 1.0 }).collect()
        }
        (Role::Bias, _) if weight.is_none() => vec![0.0; count],
        (Role::Weight, Initialization::HeFanOut) if tensor.shape.len() == 4 => {
            let std = (2.0 / tensor.fans().1 as f64).sqrt();
            normal(&mut rng, count, std, f64::INFINITY)
        }
        (Role::Weight, Initialization::TruncatedNormal { std }) => {
            normal(&mut rng, count, std, 2.0)
        }
        _ => uniform(&mut rng, count, 1.0 / fan_in.sqrt()),
    }
}

/// Generator of one named tensor.
fn generator(seed: u64, name: &str) -> ChaCha8Rng {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
    let mut key = [0; 32];
    key.copy_from_slice(&digest);
    ChaCha8Rng::from_seed(key)
}

fn uniform(rng: &mut ChaCha8Rng, count: usize, bound: f64) -> Vec<f32> {
    (0..count).map(|_| (unit(rng) * 2.0 - 1.0) * bound).map(|value| value as f32).collect()
}

/// A number in [0, 1) from 32 random bits.
fn unit(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
}

/// Normal values of mean 0, none beyond `cut` standard deviations.
fn normal(rng: &mut ChaCha8Rng, count: usize, std: f64, cut: f64) -> Vec<f32> {
    let draw = |_| loop {
        let value: f64 = StandardNormal.sample(rng);
        if value.abs() <= cut {
            break (value * std) as f32;
        }
    };
    (0..count).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(shape: &[usize]) -> TensorSpec {
        TensorSpec { name: "conv1.weight".into(), shape: shape.into(), role: Role::Weight, node: 1 }
    }

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let square = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        (mean, square.sqrt())
    }

    #[test]
    fn he_uses_the_outputs_and_the_field() {
        // fan_out = 64·3·3, std = √(2/576) = 0.058926
        let spec = weight(&[64, 128, 3, 3]);
        let (mean, std) = moments(&values(Initialization::HeFanOut, &spec, Some(&spec), 1));
        assert!(mean.abs() < 1e-3, "{mean}");
        assert!((std - 0.058_926).abs() < 5e-4, "{std}");
    }

    #[test]
    fn uniform_stays_in_pytorchs_bound() {
        // nn.Linear(100, 50): ±0.1, standard deviation 0.1/√3.
        let spec = weight(&[50, 100]);
        let drawn = values(Initialization::Uniform, &spec, Some(&spec), 1);
        assert!(drawn.iter().all(|v| v.abs() <= 0.1));
        assert!((moments(&drawn).1 - 0.1 / 3_f64.sqrt()).abs() < 1e-3);
    }

    #[test]
    fn truncated_normal_is_cut() {
        let spec = weight(&[100, 100]);
        let kind = Initialization::TruncatedNormal { std: 0.01 };
        let drawn = values(kind, &spec, Some(&spec), 1);
        assert!(drawn.iter().all(|v| v.abs() <= 0.02));
    }

    #[test]
    fn values_depend_on_seed_and_name_alone() {
        let spec = weight(&[2, 2]);
        let again = values(Initialization::Uniform, &spec, Some(&spec), 7);
        assert_eq!(again, values(Initialization::Uniform, &spec, Some(&spec), 7));
        assert_ne!(again, values(Initialization::Uniform, &spec, Some(&spec), 8));
        let other = TensorSpec { name: "conv2.weight".into(), ..spec.clone() };
        assert_ne!(again, values(Initialization::Uniform, &other, Some(&other), 7));
    }
}
