//! Batch normalisation: by the batch while training, by the moving statistics otherwise.

use burn::tensor::Tensor;

use super::Model;
use crate::kernels::batch_norm_train;

/// Mean and variance of a batch, per channel, for the moving statistics.
pub(super) struct BatchStatistics {
    mean: Tensor<1>,
    /// Unbiased, as PyTorch moves it.
    variance: Tensor<1>,
}

/// Batch statistics on their way to a layer.
pub(super) struct Statistics {
    /// Where the moving mean stands among the model's tensors; the variance follows it.
    mean: usize,
    momentum: f64,
    batch: BatchStatistics,
}

impl BatchStatistics {
    /// On their way to the moving mean at this place among the model's tensors.
    pub(super) fn moving(self, mean: usize, momentum: f64) -> Statistics {
        Statistics { mean, momentum, batch: self }
    }
}

impl Model {
    /// moving ← (1 − momentum) · moving + momentum · batch
    pub(super) fn advance_statistics(&mut self, all: Vec<Statistics>) {
        let parameters = self.parameters_mut();
        for Statistics { mean, momentum, batch } in all {
            for (index, new) in [(mean, batch.mean), (mean + 1, batch.variance)] {
                parameters[index]
                    .update(|old| old.mul_scalar(1.0 - momentum) + new.mul_scalar(momentum));
            }
        }
    }
}

/// Normalises `[batch, channels, height, width]` by its own mean and biased variance, with a ReLU
/// behind if wanted.
pub(super) fn by_batch(
    x: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    eps: f64,
    rectify: bool,
) -> (Tensor<4>, BatchStatistics) {
    let [batch, _, height, width] = x.dims();
    let count = (batch * height * width) as f64;
    let output = batch_norm_train(x, scale, shift, eps, rectify);
    // One value per channel has no unbiased variance; PyTorch refuses it, we keep the biased one.
    let unbiased = count / (count - 1.0).max(1.0);
    let statistics = BatchStatistics {
        mean: output.mean.inner(),
        variance: output.variance.inner().mul_scalar(unbiased),
    };
    (output.output, statistics)
}

/// (x − mean) / √(variance + eps) · scale + shift, as one product and one sum over the map.
pub(super) fn by_moving_statistics(
    x: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    mean: Tensor<1>,
    variance: Tensor<1>,
    eps: f64,
) -> Tensor<4> {
    let scale = scale / variance.add_scalar(eps).sqrt();
    let shift = shift - mean * scale.clone();
    affine(x, scale, shift)
}

/// x · scale + shift, both per channel.
pub(super) fn affine(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>) -> Tensor<4> {
    let channels = scale.dims()[0];
    let per_channel = [1, channels, 1, 1];
    x * scale.reshape(per_channel) + shift.reshape(per_channel)
}
