//! The arithmetic of layers that burn has no operation for.

use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Int, Tensor, TensorData, activation};

use crate::kernels::{relu, tanh};
use crate::network::Activation;

/// An activation function of every value; `slope` is the trained one, one for each channel.
pub(super) fn activate<const D: usize>(
    function: Activation,
    x: Tensor<D>,
    slope: Option<Tensor<1>>,
) -> Tensor<D> {
    match function {
        Activation::Identity => x,
        Activation::BinaryStep => x.greater_equal_elem(0.0).float(),
        Activation::Logistic => activation::sigmoid(x),
        Activation::Tanh => tanh(x),
        Activation::ScaledTanh => tanh(x.mul_scalar(2.0 / 3.0)).mul_scalar(1.7159),
        Activation::ArcTan => x.atan(),
        Activation::Relu => relu(x),
        Activation::LeakyRelu(slope) => activation::leaky_relu(x, slope),
        Activation::Prelu => prelu(x, slope.expect("the layer has slopes")),
        Activation::Elu(alpha) => activation::elu(x, alpha),
        Activation::SoftPlus => activation::softplus(x, 1.0),
        Activation::Gelu => activation::gelu(x),
        Activation::Silu => activation::silu(x),
    }
}

/// max(x, 0) − slope · max(−x, 0), the slope by channel (the second axis).
fn prelu<const D: usize>(x: Tensor<D>, slope: Tensor<1>) -> Tensor<D> {
    let mut per_channel = [1; D];
    per_channel[1] = slope.dims()[0];
    relu(x.clone()) - relu(x.neg()) * slope.reshape(per_channel)
}

/// x / (k + α Σ x²)^β for `[batch, channel, height, width]`, the sum over `size` channels around
/// each; where their number is even, one more before than behind, as in PyTorch.
pub(super) fn local_response_norm(
    x: Tensor<4>,
    size: usize,
    [alpha, beta, k]: [f64; 3],
) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let squares = x.clone().powi_scalar(2).reshape([batch, 1, channels, height * width]);
    let around = AvgPoolOptions::new([size, 1])
        .with_stride([1, 1])
        .with_padding_pairs([(size / 2, (size - 1) / 2), (0, 0)])
        .with_count_include_pad(true);
    // The mean counts the zeros beyond the first and last channel, so that it is the sum / size.
    let sums = avg_pool2d(squares, around).mul_scalar(size as f64);
    let sums = sums.reshape([batch, channels, height, width]);
    x / sums.mul_scalar(alpha).add_scalar(k).powf_scalar(beta)
}

/// The kernel `[out, in, height, width]` of a partial convolution from the kernels of its
/// connections, `[connections, 1, height, width]`: zeros where there is none.
pub(super) fn whole_kernel(
    parts: Tensor<4>,
    connections: &[Vec<usize>],
    inputs: usize,
) -> Tensor<4> {
    let [count, _, height, width] = parts.dims();
    let device = parts.device();
    let mut places = vec![count as i64; connections.len() * inputs];
    let pairs =
        connections.iter().enumerate().flat_map(|(out, seen)| seen.iter().map(move |&i| (out, i)));
    for (number, (out, source)) in pairs.enumerate() {
        places[out * inputs + source] = number as i64;
    }
    let data = TensorData::new(places, [connections.len() * inputs]);
    let places = Tensor::<1, Int>::from_data(data, &device);
    let none = Tensor::zeros([1, 1, height, width], &device);
    let whole = Tensor::cat(vec![parts, none], 0).select(0, places);
    whole.reshape([connections.len(), inputs, height, width])
}

/// −Σ (x − w)² for `x` `[batch, n]` and codes `w` `[out, n]`.
pub(super) fn radial_basis(x: Tensor<2>, codes: Tensor<2>) -> Tensor<2> {
    let lengths = x.clone().powi_scalar(2).sum_dim(1);
    let code_lengths = codes.clone().powi_scalar(2).sum_dim(1).transpose();
    x.matmul(codes.transpose()).mul_scalar(2.0) - lengths - code_lengths
}
