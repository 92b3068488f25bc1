//! Our own kernels for burn's CPU backend, Flex, each with its backward pass.
//!
//! The functions here take the tensors of any device: on Flex they run the kernels of this room,
//! elsewhere, and for what the kernels do not cover, burn's own operations. Results do not depend
//! on the number of threads or their timing.
#![expect(unsafe_code, reason = "SIMD, and outputs that threads fill together")]

mod convolution;
mod dense;
mod descent;
mod extension;
mod lanes;
mod mean_pooling;
mod microkernel;
mod normalisation;
mod pointwise;
mod pooling;
mod prepared;
mod scratch;
mod transpose;
mod windows;

use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::Dispatch;
use burn::tensor::module::{self, BatchNormTrainOutput};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, activation};

use dense::Dense;
pub(crate) use descent::AdamFactors;
use extension::{Descent, Kernels};
use mean_pooling::MeanPooling;
use pooling::Pooling;
pub use prepared::Prepared;

static ENABLED: AtomicBool = AtomicBool::new(true);

/// Turns the kernels off, so that burn's own operations run everywhere, or on again: to compare
/// the two.
pub fn enable(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
}

/// Whether the kernels run.
pub fn are_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Does work of many kernels on one of the threads that share them, so that none of them has to be
/// woken for each kernel; on other devices, and on such a thread, simply here.
///
/// While `work` waits for the others it may be given other work of this kind: it must hold no lock
/// that such work takes.
pub fn on_pool<T: Send>(device: &Device, work: impl FnOnce() -> T + Send) -> T {
    let elsewhere = device.clone().inner() != Device::flex();
    if elsewhere || rayon::current_thread_index().is_some() {
        return work();
    }
    rayon::scope(|_| work())
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

/// Dense layer: `x`, `[batch, input]`, times the transpose of `weight`, `[output, input]`, plus
/// `bias`, `[output]`.
///
/// # Panics
/// When the shapes do not fit each other, as burn's.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    let here = runs_here(&x) && runs_here(&weight) && bias.as_ref().is_some_and(runs_here);
    let sizes = Dense::new(x.dims(), weight.dims()).filter(|_| here);
    match (bias, sizes) {
        (Some(bias), Some(sizes)) if bias.dims() == [sizes.outputs] => {
            let [x, weight] = [x, weight].map(Tensor::into_dispatch);
            Tensor::from_dispatch(Dispatch::dense(x, weight, bias.into_dispatch(), sizes))
        }
        (bias, _) => module::linear(x, weight.transpose(), bias),
    }
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

/// Mean pooling of `x`, `[batch, channel, height, width]`.
///
/// # Panics
/// When no window fits, as burn's.
pub fn avg_pool2d(x: Tensor<4>, options: AvgPoolOptions<2>) -> Tensor<4> {
    let &AvgPoolOptions { kernel_size, stride, padding, count_include_pad, ceil_mode } = &options;
    let pooling = MeanPooling::new(x.dims(), kernel_size, stride, padding, count_include_pad);
    let Some(pooling) = pooling.filter(|_| runs_here(&x) && !ceil_mode) else {
        return module::avg_pool2d(x, options);
    };
    Tensor::from_dispatch(Dispatch::pool_means(x.into_dispatch(), pooling))
}

/// Means over parts of `x`, `[batch, channel, height, width]`, as many as `out` says.
///
/// # Panics
/// As burn's.
pub fn adaptive_avg_pool2d(x: Tensor<4>, out: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if out.contains(&0) || height % out[0] != 0 || width % out[1] != 0 {
        return module::adaptive_avg_pool2d(x, out);
    }
    let kernel = [height / out[0], width / out[1]];
    avg_pool2d(x, AvgPoolOptions::new(kernel).with_stride(kernel))
}

/// tanh x
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !runs_here(&x) {
        return x.tanh();
    }
    Tensor::from_dispatch(Dispatch::hyperbolic_tangent(x.into_dispatch()))
}

/// A step with momentum, of tensors without gradients: the new parameter p − rate · b and the
/// new b = momentum · b + g.
///
/// # Panics
/// When the lengths differ, as burn's.
pub fn momentum_step(
    p: Tensor<1>,
    g: Tensor<1>,
    b: Tensor<1>,
    [momentum, rate]: [f64; 2],
) -> [Tensor<1>; 2] {
    if !run_here([&p, &g, &b]) {
        let b = b.mul_scalar(momentum) + g;
        return [p - b.clone().mul_scalar(rate), b];
    }
    let factors = [momentum as f32, rate as f32];
    let [p, g, b] = [p, g, b].map(Tensor::into_dispatch);
    let (p, b) = Dispatch::descend_with_momentum(p, g, b, factors);
    [p, b].map(Tensor::from_dispatch)
}

/// A step of Adam on `all` = [parameter, gradient, mean, mean square] without gradients of their
/// own; returns the new parameter, mean and mean square, or what was given where the kernels do
/// not run.
///
/// # Errors
/// The tensors, where burn's own operations have to do it.
pub(crate) fn adam_step(
    all: [Tensor<1>; 4],
    factors: AdamFactors,
) -> Result<[Tensor<1>; 3], Box<[Tensor<1>; 4]>> {
    if !run_here([&all[0], &all[1], &all[2], &all[3]]) {
        return Err(Box::new(all));
    }
    let [p, g, mean, square] = all.map(Tensor::into_dispatch);
    let (p, mean, square) = Dispatch::descend_by_adam(p, g, mean, square, factors);
    Ok([p, mean, square].map(Tensor::from_dispatch))
}

/// Σ g² of a tensor without gradients of its own, of shape `[1]`.
pub fn square_sum(g: &Tensor<1>) -> Tensor<1> {
    if !run_here([g]) {
        return (g.clone() * g.clone()).sum();
    }
    Tensor::from_dispatch(Dispatch::square_sum(g.clone().into_dispatch()))
}

/// Whether tensors are on Flex in single precision, without autodiff and of one length.
fn run_here<const N: usize>(tensors: [&Tensor<1>; N]) -> bool {
    let plain = |t: &&Tensor<1>| runs_here(t) && t.device() == Device::flex();
    tensors.iter().all(plain) && tensors.iter().all(|t| t.dims() == tensors[0].dims())
}

/// Whether a tensor is on Flex in single precision.
fn runs_here<const D: usize>(tensor: &Tensor<D>) -> bool {
    are_enabled() && tensor.dtype() == DType::F32 && tensor.device().inner() == Device::flex()
}

#[cfg(test)]
mod tests;
