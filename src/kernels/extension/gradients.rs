//! The backward passes of the kernels.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex, TensorMetadata};

use super::{Kernels, Plain, contiguous, maps, own, tensor, values};
use crate::kernels::convolution::Shape;
use crate::kernels::dense::Dense;
use crate::kernels::mean_pooling::MeanPooling;
use crate::kernels::pooling::{Pooled, Pooling};
use crate::kernels::{normalisation, pointwise};

/// Of input, weights and perhaps a bias.
#[derive(Debug)]
struct Convolution;

/// Of input, weights and bias.
#[derive(Debug)]
struct DenseLayer;

/// Of input, scale and shift.
#[derive(Debug)]
struct Normalisation;

/// Of one operand, or of two that were added.
#[derive(Debug)]
struct Rectifier;

/// Of the maps.
#[derive(Debug)]
struct MaximumPooling;

/// Of the maps.
#[derive(Debug)]
struct MeansPooling;

/// Of the values.
#[derive(Debug)]
struct HyperbolicTangent;

#[derive(Debug, Clone)]
struct Normalised {
    x: Plain,
    scale: Plain,
    mean: Plain,
    variance: Plain,
    eps: f64,
    /// Kept where a ReLU stands behind.
    shift: Option<Plain>,
}

impl<const N: usize> Backward<Flex, N> for Convolution {
    /// Input and weights.
    type State = (Plain, Plain, Shape);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let (x, weight, shape) = ops.state;
        for (index, node) in ops.parents.into_iter().enumerate() {
            let Some(node) = node else { continue };
            let gradient = values(&gradient);
            let result = match index {
                0 => tensor(shape.input_gradient(values(&weight), gradient), shape.input()),
                1 => tensor(shape.weight_gradient(values(&x), gradient), shape.weight()),
                _ => tensor(shape.bias_gradient(gradient), [shape.output()[1]]),
            };
            grads.register::<Flex>(node.id, result);
        }
    }
}

impl Backward<Flex, 3> for DenseLayer {
    /// Input and weights.
    type State = (Plain, Plain, Dense);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let (x, weight, sizes) = ops.state;
        let gradient = values(&gradient);
        for (index, node) in ops.parents.into_iter().enumerate() {
            let Some(node) = node else { continue };
            let result = match index {
                0 => tensor(sizes.input_gradient(values(&weight), gradient), x.shape()),
                1 => tensor(sizes.weight_gradient(values(&x), gradient), weight.shape()),
                _ => tensor(sizes.bias_gradient(gradient), [sizes.outputs]),
            };
            grads.register::<Flex>(node.id, result);
        }
    }
}

impl Backward<Flex, 3> for Normalisation {
    type State = Normalised;

    fn backward(self, ops: Ops<Normalised, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let Normalised { x, scale, mean, variance, eps, shift } = ops.state;
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let pass = normalisation::Backward {
            x: values(&x),
            gradient: values(&gradient),
            scale: values(&scale),
            shift: shift.as_ref().map(values),
            mean: values(&mean),
            variance: values(&variance),
            eps,
        };
        let results = maps(&x).gradients(&pass);
        for ((node, result), like) in ops.parents.into_iter().zip(results).zip([&x, &scale, &scale])
        {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, tensor(result, like.shape()));
            }
        }
    }
}

impl<const N: usize> Backward<Flex, N> for Rectifier {
    /// The output.
    type State = Plain;

    fn backward(self, ops: Ops<Plain, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let gradient = through_rectifier(&ops.state, gradient);
        for node in ops.parents.into_iter().flatten() {
            grads.register::<Flex>(node.id, gradient.clone());
        }
    }
}

impl Backward<Flex, 1> for MaximumPooling {
    type State = (Arc<Vec<u32>>, Pooling);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let (indices, pooling) = ops.state;
        if let [Some(node)] = ops.parents {
            let result = pooling.gradient(&indices, values(&gradient));
            grads.register::<Flex>(node.id, tensor(result, pooling.input()));
        }
    }
}

impl Backward<Flex, 1> for MeansPooling {
    type State = MeanPooling;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let pooling = ops.state;
        if let [Some(node)] = ops.parents {
            let result = pooling.gradient(values(&gradient));
            grads.register::<Flex>(node.id, tensor(result, pooling.input()));
        }
    }
}

impl Backward<Flex, 1> for HyperbolicTangent {
    /// The output.
    type State = Plain;

    fn backward(self, ops: Ops<Plain, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        if let [Some(node)] = ops.parents {
            let result = pointwise::tanh_gradient(values(&ops.state), values(&gradient));
            grads.register::<Flex>(node.id, tensor(result, ops.state.shape()));
        }
    }
}

/// The gradient before a ReLU, given its output and the gradient behind it.
fn through_rectifier(output: &Plain, mut gradient: Plain) -> Plain {
    if let Some(gradient_values) = own(&mut gradient) {
        pointwise::rectify_gradient_here(values(output), gradient_values);
        return gradient;
    }
    tensor(pointwise::rectify_gradient(values(output), values(&gradient)), output.shape())
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn convolve(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shape: Shape,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node()];
        let [x, weight] = [x, weight].map(|tensor| contiguous(tensor.into_primitive()));
        let output = Flex::convolve(x.clone(), weight.clone(), shape);
        match Convolution.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((x, weight, shape), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn convolve_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: Shape,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight] = [x, weight].map(|tensor| contiguous(tensor.into_primitive()));
        let bias = bias.into_primitive();
        let output = Flex::convolve_with_bias(x.clone(), weight.clone(), bias, shape);
        match Convolution.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((x, weight, shape), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        sizes: Dense,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight] = [x, weight].map(|tensor| contiguous(tensor.into_primitive()));
        let output = Flex::dense(x.clone(), weight.clone(), bias.into_primitive(), sizes);
        match DenseLayer.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((x, weight, sizes), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn normalise(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        eps: f64,
        rectify: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [x.node(), scale.node(), shift.node()];
        let [x, scale, shift] = [x, scale, shift].map(|tensor| contiguous(tensor.into_primitive()));
        let (output, mean, variance) =
            Flex::normalise(x.clone(), scale.clone(), shift.clone(), eps, rectify);
        let statistics = [&mean, &variance].map(|tensor| Self::from_inner(tensor.clone()));
        let output = match Normalisation.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let shift = rectify.then_some(shift);
                prep.finish(Normalised { x, scale, mean, variance, eps, shift }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        };
        let [mean, variance] = statistics;
        (output, mean, variance)
    }

    fn rectify(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let output = Flex::rectify(x.into_primitive());
        match Rectifier.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(output.clone(), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn add_rectify(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [a.node(), b.node()];
        let output = Flex::add_rectify(a.into_primitive(), b.into_primitive());
        match Rectifier.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(output.clone(), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn pool(x: FloatTensor<Self>, pooling: Pooling) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let x = contiguous(x.into_primitive());
        let Pooled { output, indices } = pooling.forward(values(&x));
        let output = tensor(output, pooling.output());
        match MaximumPooling.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((Arc::new(indices), pooling), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn pool_means(x: FloatTensor<Self>, pooling: MeanPooling) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let output = Flex::pool_means(x.into_primitive(), pooling);
        match MeansPooling.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(pooling, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn hyperbolic_tangent(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let output = Flex::hyperbolic_tangent(x.into_primitive());
        match HyperbolicTangent.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(output.clone(), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
