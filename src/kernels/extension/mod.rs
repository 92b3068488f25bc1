//! The kernels as operations of burn: on Flex here, on its autodiff decorator in `gradients`.

mod descent;
mod gradients;
mod prediction;

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, FlexDevice, TensorMetadata, backend_extension};
use burn::tensor::TensorData;
use burn::tensor::ops::ConvOptions;

pub(super) use descent::Descent;
pub(super) use prediction::Prediction;

pub(super) use super::convolution::LARGEST as LARGEST_WEIGHT;
use super::convolution::{Shape, Window};
use super::dense::Dense;
use super::mean_pooling::MeanPooling;
use super::normalisation::Maps;
use super::pointwise;
use super::pooling::Pooling;

/// What the kernels add to a backend. The shapes were checked before.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: burn::backend::Backend {
    /// `[batch, output, height, width]`
    fn convolve(x: FloatTensor<Self>, weight: FloatTensor<Self>, shape: Shape)
    -> FloatTensor<Self>;

    /// As [`Kernels::convolve`], with a bias `[output]`.
    fn convolve_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: Shape,
    ) -> FloatTensor<Self>;

    /// A dense layer: `[batch, output]`.
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        sizes: Dense,
    ) -> FloatTensor<Self>;

    /// The normalised maps, with a ReLU behind if wanted; mean and biased variance, `[channel]`.
    fn normalise(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        eps: f64,
        rectify: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// max(x, 0)
    fn rectify(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// max(a + b, 0) of tensors of one shape.
    fn add_rectify(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `[batch, channel, height, width]`
    fn pool(x: FloatTensor<Self>, pooling: Pooling) -> FloatTensor<Self>;

    /// As [`Kernels::pool`], means for maxima.
    fn pool_means(x: FloatTensor<Self>, pooling: MeanPooling) -> FloatTensor<Self>;

    /// tanh x
    fn hyperbolic_tangent(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The sizes of a convolution if the kernels can do it.
pub(super) fn shape(x: [usize; 4], weight: [usize; 4], options: &ConvOptions<2>) -> Option<Shape> {
    let &ConvOptions { stride, padding, dilation, groups } = options;
    if groups != 1 {
        return None;
    }
    Shape::new(x, weight, &Window { stride, dilation, padding })
}

type Plain = FloatTensor<Flex>;

/// The values of a tensor, row-major.
fn values(tensor: &Plain) -> &[f32] {
    tensor.as_slice().expect("the tensor was made contiguous")
}

/// The tensor with its values in a row.
fn contiguous(tensor: Plain) -> Plain {
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

/// The values of a contiguous tensor, to be changed, if nobody else holds them.
fn own(tensor: &mut Plain) -> Option<&mut [f32]> {
    let count = tensor.shape().num_elements();
    tensor.try_storage_mut().filter(|values| values.len() == count)
}

fn tensor<S: Into<burn::tensor::Shape>>(values: Vec<f32>, shape: S) -> Plain {
    Flex::float_from_data(TensorData::new(values, shape), &FlexDevice)
}

/// The sizes of maps `[batch, channel, height, width]`.
fn maps(x: &Plain) -> Maps {
    let [images, channels, height, width] = x.shape().dims();
    Maps { images, channels, places: height * width }
}

impl Kernels for Flex {
    fn convolve(x: Plain, weight: Plain, shape: Shape) -> Plain {
        let (x, weight) = (contiguous(x), contiguous(weight));
        tensor(shape.forward(values(&x), values(&weight), None), shape.output())
    }

    fn convolve_with_bias(x: Plain, weight: Plain, bias: Plain, shape: Shape) -> Plain {
        let [x, weight, bias] = [x, weight, bias].map(contiguous);
        let output = shape.forward(values(&x), values(&weight), Some(values(&bias)));
        tensor(output, shape.output())
    }

    fn dense(x: Plain, weight: Plain, bias: Plain, sizes: Dense) -> Plain {
        let [x, weight, bias] = [x, weight, bias].map(contiguous);
        let output = sizes.forward(values(&x), values(&weight), values(&bias));
        tensor(output, [sizes.images, sizes.outputs])
    }

    fn normalise(
        x: Plain,
        scale: Plain,
        shift: Plain,
        eps: f64,
        rectify: bool,
    ) -> (Plain, Plain, Plain) {
        let [x, scale, shift] = [x, scale, shift].map(contiguous);
        let maps = maps(&x);
        let result = maps.normalise(values(&x), [values(&scale), values(&shift)], eps, rectify);
        let vector = |values: Vec<f32>| tensor(values, [maps.channels]);
        (tensor(result.output, x.shape()), vector(result.mean), vector(result.variance))
    }

    fn rectify(x: Plain) -> Plain {
        let mut x = contiguous(x);
        if let Some(values) = own(&mut x) {
            pointwise::rectify_here(values);
            return x;
        }
        tensor(pointwise::rectify(values(&x)), x.shape())
    }

    fn add_rectify(a: Plain, b: Plain) -> Plain {
        let (mut a, mut b) = (contiguous(a), contiguous(b));
        if let Some(sums) = own(&mut a) {
            pointwise::add_rectify_here(sums, values(&b));
            return a;
        }
        if let Some(sums) = own(&mut b) {
            pointwise::add_rectify_here(sums, values(&a));
            return b;
        }
        tensor(pointwise::add_rectify(values(&a), values(&b)), a.shape())
    }

    fn pool_means(x: Plain, pooling: MeanPooling) -> Plain {
        tensor(pooling.forward(values(&contiguous(x))), pooling.output())
    }

    fn hyperbolic_tangent(x: Plain) -> Plain {
        let x = contiguous(x);
        tensor(pointwise::tanh(values(&x)), x.shape())
    }

    fn pool(x: Plain, pooling: Pooling) -> Plain {
        tensor(pooling.maxima(values(&contiguous(x))), pooling.output())
    }
}
