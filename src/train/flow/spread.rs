//! How the weights of each layer, and their gradient, are spread after an epoch: histograms.

use burn::tensor::{Tensor, s};

use crate::network::model::Parameter;
use crate::network::{Distribution, Role};

/// Bins of a histogram.
const BINS: usize = 64;
/// Values of a layer that are looked at, at most, evenly chosen.
const MOST: usize = 1 << 16;

/// What a histogram is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The weights after the epoch's last step.
    Weights,
    /// The gradient of its last batch, before clipping.
    Gradient,
}

impl Quantity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Weights, Self::Gradient];

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Weights => "Weights",
            Self::Gradient => "Gradient",
        }
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Gradient => "gradient",
        }
    }
}

/// A histogram of a convolution or dense layer after an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadRecord {
    /// Epochs done, from 1.
    pub epoch: usize,
    /// Name of the layer.
    pub layer: String,
    /// What it is of.
    pub quantity: Quantity,
    /// Of at most 65,536 values, evenly chosen.
    pub values: Distribution,
}

/// Values of a step, still on the device.
#[derive(Default)]
pub(in crate::train) struct Sampled {
    layers: Vec<String>,
    /// Weights and gradient of each layer, one after the other.
    pub(in crate::train) values: Vec<Tensor<1>>,
}

impl Sampled {
    /// Takes in a parameter after the step, and its gradient.
    pub(in crate::train) fn add(&mut self, parameter: &Parameter, gradient: Tensor<1>) {
        if parameter.role() == Role::Weight {
            let name = parameter.name();
            self.layers.push(name.strip_suffix(".weight").unwrap_or(name).to_owned());
            self.values.extend([parameter.value(), gradient].map(evenly));
        }
    }

    /// The histograms, from the values on the processor.
    pub(in crate::train) fn records(&self, epoch: usize, values: &[Vec<f32>]) -> Vec<SpreadRecord> {
        let of = |(layer, pair): (&String, &[Vec<f32>; 2])| {
            [0, 1].map(|at| SpreadRecord {
                epoch,
                layer: layer.clone(),
                quantity: Quantity::ALL[at],
                values: Distribution::of(&pair[at], BINS),
            })
        };
        self.layers.iter().zip(values.as_chunks::<2>().0).flat_map(of).collect()
    }
}

/// The histograms of one quantity, for each layer from the first epoch on.
pub fn by_layer(records: Vec<SpreadRecord>, wanted: Quantity) -> Vec<(String, Vec<Distribution>)> {
    let mut layers: Vec<(String, Vec<Distribution>)> = Vec::new();
    for SpreadRecord { layer, quantity, values, .. } in records {
        if quantity != wanted {
            continue;
        }
        match layers.iter_mut().find(|(name, _)| *name == layer) {
            Some((_, epochs)) => epochs.push(values),
            None => layers.push((layer, vec![values])),
        }
    }
    layers
}

/// Not more than [`MOST`] of the values.
fn evenly(values: Tensor<1>) -> Tensor<1> {
    let [count] = values.dims();
    let step = count.div_ceil(MOST);
    if step > 1 { values.slice(s![..;step as isize]) } else { values }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int};

    use super::*;

    #[test]
    fn many_values_are_thinned_evenly() {
        let count = 3 * MOST - 1;
        let all = Tensor::<1, Int>::arange(0..count as i64, &Device::flex()).float();
        let few = evenly(all).try_into_vec_as::<f32>().unwrap();
        assert_eq!((few.len(), few[1], few.last()), (MOST, 3.0, Some(&(3.0 * (MOST - 1) as f32))));
        let two = Tensor::<1>::ones([2], &Device::flex());
        assert_eq!(evenly(two).dims(), [2]);
    }
}
