//! Our own kernels for burn's CPU backend, Flex, each with its backward pass.
//!
//! The functions here take the tensors of any device: on Flex they run the kernels of this room,
//! elsewhere, and for what the kernels do not cover, burn's own operations. Results do not depend
//! on the number of threads or their timing.
#![expect(unsafe_code, reason = "SIMD, and outputs that threads fill together")]

mod convolution;
mod extension;
mod lanes;
mod microkernel;
mod normalisation;
mod pointwise;
mod pooling;
mod scratch;
mod transpose;

use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::Dispatch;
use burn::tensor::module::{self, BatchNormTrainOutput};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, activation};

use extension::Kernels;
use pooling::Pooling;

static ENABLED: AtomicBool = AtomicBool::new(true);

/// Turns the kernels off, so that burn's own operations run everywhere, or on again: to compare
/// the two.
pub fn enable(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
}

/// Convolution of `x`, `[batch, channel, height, width]`, with `weight`,
/// `[output, channel / groups, height, width]`, and `bias`, `[output]`.
///
/// # Panics
/// When the shapes do not fit each other, as burn's.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
) -> Tensor<4> {
    let ours = runs_here(&x) && runs_here(&weight) && bias.as_ref().is_none_or(runs_here);
    let shape = extension::shape(x.dims(), weight.dims(), &options);
    let fits = bias.as_ref().is_none_or(|bias| bias.dims() == [weight.dims()[0]]);
    let Some(shape) = shape.filter(|_| ours && fits) else {
        return module::conv2d(x, weight, bias, options);
    };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(bias) => Dispatch::convolve_with_bias(x, weight, bias.into_dispatch(), shape),
        None => Dispatch::convolve(x, weight, shape),
    })
}

/// Batch normalisation of `x`, `[batch, channel, height, width]`, by its own mean and biased
/// variance, with `scale` and `shift`, `[channel]`, and with a ReLU behind if wanted. The
/// statistics that come along carry no gradients.
///
/// # Panics
/// When the shapes do not fit each other, as burn's.
pub fn batch_norm_train(
    x: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    eps: f64,
    rectify: bool,
) -> BatchNormTrainOutput<4> {
    let fits = [&scale, &shift].iter().all(|t| runs_here(t) && t.dims() == [x.dims()[1]]);
    if !fits || !runs_here(&x) || x.dims().contains(&0) {
        let mut result = module::batch_norm_train(x, scale, shift, eps);
        if rectify {
            result.output = activation::relu(result.output);
        }
        return result;
    }
    let [scale, shift] = [scale, shift].map(Tensor::into_dispatch);
    let (output, mean, variance) =
        Dispatch::normalise(x.into_dispatch(), scale, shift, eps, rectify);
    BatchNormTrainOutput {
        output: Tensor::from_dispatch(output),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

/// max(x, 0)
pub fn relu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !runs_here(&x) {
        return activation::relu(x);
    }
    Tensor::from_dispatch(Dispatch::rectify(x.into_dispatch()))
}

/// max(a + b, 0)
///
/// # Panics
/// When the shapes cannot be added, as burn's.
pub fn add_relu<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    if !runs_here(&a) || !runs_here(&b) || a.dims() != b.dims() {
        return activation::relu(a + b);
    }
    Tensor::from_dispatch(Dispatch::add_rectify(a.into_dispatch(), b.into_dispatch()))
}

/// Maximum pooling of `x`, `[batch, channel, height, width]`.
///
/// # Panics
/// When no window fits, as burn's.
pub fn max_pool2d(x: Tensor<4>, options: MaxPoolOptions<2>) -> Tensor<4> {
    let &MaxPoolOptions { kernel_size, stride, padding, ceil_mode, .. } = &options;
    let pooling = Pooling::new(x.dims(), kernel_size, stride, padding, ceil_mode);
    let Some(pooling) = pooling.filter(|_| runs_here(&x) && options.dilation == [1, 1]) else {
        return module::max_pool2d(x, options);
    };
    Tensor::from_dispatch(Dispatch::pool(x.into_dispatch(), pooling))
}

/// Whether a tensor is on Flex in single precision.
fn runs_here<const D: usize>(tensor: &Tensor<D>) -> bool {
    let enabled = ENABLED.load(Ordering::Relaxed);
    enabled && tensor.dtype() == DType::F32 && tensor.device().inner() == Device::flex()
}

#[cfg(test)]
mod tests;
