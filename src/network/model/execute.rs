//! Running the graph: each node in turn, each value dropped after its last use.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::batch_norm::{self, Statistics};
use super::fusion::Chain;
use super::layers::{self, activate};
use super::{Model, ParameterTensor, merge};
use crate::kernels::{adaptive_avg_pool2d, avg_pool2d, conv2d, linear, max_pool2d};
use crate::network::window::{Sides, windows};
use crate::network::{Activation, Layer, NodeId, Precision};

/// What a node computed for a batch.
#[derive(Debug, Clone)]
pub enum Value {
    /// `[batch, channels, height, width]`
    Map(Tensor<4>),
    /// `[batch, length]`
    Vector(Tensor<2>),
}

impl Value {
    pub(super) fn into_vector(self) -> Tensor<2> {
        match self {
            Self::Vector(tensor) => tensor,
            Self::Map(_) => unreachable!("shapes were checked when the model was made"),
        }
    }

    pub(super) fn into_map(self) -> Tensor<4> {
        match self {
            Self::Map(tensor) => tensor,
            Self::Vector(_) => unreachable!("shapes were checked when the model was made"),
        }
    }

    fn cast(self, to: FloatDType) -> Self {
        match self {
            Self::Map(tensor) => Self::Map(tensor.cast(to)),
            Self::Vector(tensor) => Self::Vector(tensor.cast(to)),
        }
    }
}

/// How a pass treats gradients, dropout and batch normalisation.
pub(super) enum Mode {
    Inference,
    /// As inference, with dropout drawn as in training (Monte-Carlo dropout).
    Sample {
        seed: u64,
        step: u64,
    },
    Train {
        seed: u64,
        step: u64,
        statistics: Vec<Statistics>,
        /// Whether weights track their gradients.
        tracked: bool,
        /// What values between layers are, where not of 32 bits.
        half: Option<FloatDType>,
    },
}

impl Mode {
    pub(super) fn inference() -> Self {
        Self::Inference
    }

    pub(super) fn train((seed, step): (u64, u64), precision: Precision, tracked: bool) -> Self {
        Self::Train { seed, step, statistics: Vec::new(), tracked, half: precision.half() }
    }

    fn half(&self) -> Option<FloatDType> {
        match *self {
            Self::Train { half, .. } => half,
            Self::Inference | Self::Sample { .. } => None,
        }
    }

    /// What a layer computes in, where values between layers are not of 32 bits.
    fn computes_in(&self, layer: &Layer) -> Option<FloatDType> {
        self.half().map(|half| if layer.bears_half() { half } else { FloatDType::F32 })
    }

    pub(super) fn into_statistics(self) -> Vec<Statistics> {
        match self {
            Self::Inference | Self::Sample { .. } => Vec::new(),
            Self::Train { statistics, .. } => statistics,
        }
    }
}

impl Model {
    /// Values of the target nodes, in their order.
    pub(super) fn run(&self, images: Tensor<4>, targets: &[NodeId], mode: &mut Mode) -> Vec<Value> {
        self.run_from((0, Value::Map(images)), targets, mode)
    }

    /// As [`Model::run`], from the value of a node on, beside which the targets need none of an
    /// earlier one.
    pub(super) fn run_from(
        &self,
        (start, value): (NodeId, Value),
        targets: &[NodeId],
        mode: &mut Mode,
    ) -> Vec<Value> {
        let mut uses = self.uses_from(start, targets);
        let mut values: Vec<Option<Value>> = vec![None; self.network.nodes.len()];
        values[start] = Some(value);
        for node in start + 1..self.network.nodes.len() {
            // What nobody wants, and what a node before took along.
            if uses[node] == 0 || values[node].is_some() {
                continue;
            }
            let chain = self.chain(node, &uses, &values, mode);
            let sources = &self.network.nodes[node].inputs;
            let inputs = sources.iter().map(|&source| take(&mut values, &mut uses, source));
            let inputs: Vec<Value> = inputs.collect();
            let rest = chain.rest.map(|rest| take(&mut values, &mut uses, rest).into_map());
            for passed in chain.passed() {
                uses[passed] = 0;
            }
            values[chain.last] = Some(self.apply_chain(&chain, inputs, rest, mode));
        }
        targets.iter().map(|&target| take(&mut values, &mut uses, target)).collect()
    }

    /// How often each node's value is read on the way to the targets; 0 for what they don't need.
    pub(super) fn uses(&self, targets: &[NodeId]) -> Vec<usize> {
        self.uses_from(0, targets)
    }

    /// As [`Model::uses`], where the value of `start` is there and nothing before it is computed.
    fn uses_from(&self, start: NodeId, targets: &[NodeId]) -> Vec<usize> {
        let mut uses = vec![0; self.network.nodes.len()];
        for &target in targets {
            uses[target] += 1;
        }
        for node in (start + 1..self.network.nodes.len()).rev() {
            if uses[node] > 0 {
                for &source in &self.network.nodes[node].inputs {
                    uses[source] += 1;
                }
            }
        }
        uses
    }

    pub(super) fn is_rectifier(&self, node: NodeId) -> bool {
        let layer = &self.network.nodes[node].layer;
        matches!(layer, Layer::Activation { function: Activation::Relu })
    }

    /// Whether a batch normalisation goes by its batch.
    pub(super) fn learns_statistics(&self, node: NodeId, mode: &Mode) -> bool {
        let first = self.ranges[node].start;
        matches!(mode, Mode::Train { .. }) && !self.parameters[first].is_frozen()
    }

    /// The value at the end of a chain.
    fn apply_chain(
        &self,
        chain: &Chain,
        inputs: Vec<Value>,
        rest: Option<Tensor<4>>,
        mode: &mut Mode,
    ) -> Value {
        if !chain.convolves {
            return self.apply(chain.node, inputs, chain.rectify, mode);
        }
        if let [Value::Map(x)] = &inputs[..]
            && let Some(y) = self.convolve_chain(chain, x, rest.as_ref())
        {
            return Value::Map(y);
        }
        let mut y = self.apply(chain.node, inputs, false, mode);
        if let Some(norm) = chain.norm {
            y = self.apply(norm, vec![y], false, mode);
        }
        if let Some(rest) = rest {
            y = merge::sum(vec![y, Value::Map(rest)], chain.rectify);
        } else if chain.rectify {
            y = Value::Map(activate(Activation::Relu, y.into_map(), None));
        }
        y
    }

    /// The value of a node, with the ReLU behind it if wanted, which sums and batch
    /// normalisations can give.
    pub(super) fn apply(
        &self,
        node: NodeId,
        inputs: Vec<Value>,
        rectify: bool,
        mode: &mut Mode,
    ) -> Value {
        let layer = &self.network.nodes[node].layer;
        let (Some(inside), Some(between)) = (mode.computes_in(layer), mode.half()) else {
            return self.compute(node, inputs, rectify, mode);
        };
        let inputs = inputs.into_iter().map(|input| input.cast(inside)).collect();
        self.compute(node, inputs, rectify, mode).cast(between)
    }

    /// As [`Model::apply`], in the type that the inputs have.
    fn compute(
        &self,
        node: NodeId,
        mut inputs: Vec<Value>,
        rectify: bool,
        mode: &mut Mode,
    ) -> Value {
        let layer = &self.network.nodes[node].layer;
        match layer {
            Layer::Add => return merge::sum(inputs, rectify),
            layer if *layer.arity().start() > 1 => return merge::merge(layer, inputs),
            _ => {}
        }
        let value = inputs.pop().expect("every layer but the input has one");
        match *layer {
            Layer::Activation { function } => {
                let slope = self.ranges[node].clone().next().map(|_| self.vector(node, 0, mode));
                match value {
                    Value::Map(x) => Value::Map(activate(function, x, slope)),
                    Value::Vector(x) => Value::Vector(activate(function, x, slope)),
                }
            }
            Layer::Dropout { p } => self.dropout(node, value, p, mode),
            Layer::Linear { bias, .. } => {
                let x = value.into_vector();
                let bias = bias.then(|| self.vector(node, 1, mode));
                Value::Vector(linear(x, self.matrix(node, mode), bias))
            }
            Layer::Flatten => Value::Vector(value.into_map().flatten(1, 3)),
            Layer::RadialBasis { .. } => {
                Value::Vector(layers::radial_basis(value.into_vector(), self.matrix(node, mode)))
            }
            Layer::BatchNorm { eps, momentum, .. } => match value {
                Value::Map(x) => {
                    Value::Map(self.batch_norm(node, x, [eps, momentum], rectify, mode))
                }
                Value::Vector(x) => {
                    let [batch, length] = x.dims();
                    let map = x.reshape([batch, length, 1, 1]);
                    let y = self.batch_norm(node, map, [eps, momentum], rectify, mode);
                    Value::Vector(y.reshape([batch, length]))
                }
            },
            _ => Value::Map(self.apply_to_map(node, layer, value.into_map(), mode)),
        }
    }

    fn apply_to_map(
        &self,
        node: NodeId,
        layer: &Layer,
        x: Tensor<4>,
        mode: &mut Mode,
    ) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let size = [height, width];
        match *layer {
            Layer::Conv2d { kernel, stride, padding, dilation, groups, bias, .. } => {
                let sides = padding.sides(size, windows(kernel, stride, dilation, false));
                let bias = bias.then(|| self.vector(node, 1, mode));
                let options = ConvOptions::new_with_padding(stride, sides, dilation, groups);
                conv2d(x, self.kernel(node, mode), bias, options)
            }
            Layer::MaxPool { kernel, stride, padding, ceil } => {
                let sides = padding.sides(size, windows(kernel, stride, [1, 1], ceil));
                let options = MaxPoolOptions::new(kernel)
                    .with_stride(stride)
                    .with_padding_pairs(sides)
                    .with_ceil_mode(ceil);
                max_pool2d(x, options)
            }
            Layer::AvgPool { kernel, stride, padding, count_padding, ceil } => {
                let sides = padding.sides(size, windows(kernel, stride, [1, 1], ceil));
                average(x, kernel, stride, sides, count_padding, ceil)
            }
            Layer::PartialConv2d { ref connections, .. } => {
                let weight =
                    layers::whole_kernel(self.kernel(node, mode), connections, x.dims()[1]);
                let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
                conv2d(x, weight, Some(self.vector(node, 1, mode)), options)
            }
            Layer::LocalResponseNorm { size, alpha, beta, k } => {
                layers::local_response_norm(x, size, [alpha, beta, k])
            }
            Layer::GlobalMaxPool => x.max_dim(3).max_dim(2),
            Layer::AdaptiveAvgPool { out } => adaptive_avg_pool2d(x, out),
            Layer::Subsample { kernel } => {
                let mean = average(x, kernel, kernel, [(0, 0); 2], false, false);
                let [scale, shift] = [0, 1].map(|index| self.vector(node, index, mode));
                batch_norm::affine(mean, scale, shift)
            }
            _ => x,
        }
    }

    fn batch_norm(
        &self,
        node: NodeId,
        x: Tensor<4>,
        [eps, momentum]: [f64; 2],
        rectify: bool,
        mode: &mut Mode,
    ) -> Tensor<4> {
        let own_scale = self.ranges[node].len() == 4;
        let [shift, mean, variance] =
            std::array::from_fn(|i| self.vector(node, i + usize::from(own_scale), mode));
        let scale = if own_scale { self.vector(node, 0, mode) } else { shift.ones_like() };
        let moving_mean = self.ranges[node].end - 2;
        let learns = self.learns_statistics(node, mode);
        match mode {
            Mode::Train { statistics, .. } if learns => {
                let (y, batch) = batch_norm::by_batch(x, scale, shift, eps, rectify);
                statistics.push(batch.moving(moving_mean, momentum));
                y
            }
            _ => batch_norm::by_moving_statistics(x, scale, shift, mean, variance, eps),
        }
    }

    fn dropout(&self, node: NodeId, value: Value, p: f64, mode: &Mode) -> Value {
        let (Mode::Train { seed, step, .. } | Mode::Sample { seed, step }) = *mode else {
            return value;
        };
        if p == 0.0 {
            return value;
        }
        let rng = mask_rng(seed, step, node);
        match value {
            Value::Map(x) => Value::Map(drop_values(x, p, &rng, &self.device)),
            Value::Vector(x) => Value::Vector(drop_values(x, p, &rng, &self.device)),
        }
    }

    fn operand(&self, node: NodeId, index: usize, mode: &Mode) -> ParameterTensor {
        let tracked = matches!(mode, Mode::Train { tracked: true, .. });
        let operand = self.parameters[self.ranges[node].start + index].operand(tracked);
        match mode.computes_in(&self.network.nodes[node].layer) {
            Some(inside) => operand.cast(inside),
            None => operand,
        }
    }

    fn vector(&self, node: NodeId, index: usize, mode: &Mode) -> Tensor<1> {
        match self.operand(node, index, mode) {
            ParameterTensor::Vector(tensor) => tensor,
            _ => unreachable!("biases and statistics are vectors"),
        }
    }

    fn matrix(&self, node: NodeId, mode: &Mode) -> Tensor<2> {
        match self.operand(node, 0, mode) {
            ParameterTensor::Matrix(tensor) => tensor,
            _ => unreachable!("the weight of a dense layer is a matrix"),
        }
    }

    fn kernel(&self, node: NodeId, mode: &Mode) -> Tensor<4> {
        match self.operand(node, 0, mode) {
            ParameterTensor::Kernel(tensor) => tensor,
            _ => unreachable!("the weight of a convolution has four axes"),
        }
    }
}

/// The value of a node: itself at its last use, a second handle before.
pub(super) fn take(values: &mut [Option<Value>], uses: &mut [usize], node: NodeId) -> Value {
    uses[node] -= 1;
    let value = if uses[node] == 0 { values[node].take() } else { values[node].clone() };
    value.expect("nodes stand after their inputs")
}

fn average(
    x: Tensor<4>,
    kernel: [usize; 2],
    stride: [usize; 2],
    sides: [Sides; 2],
    count_padding: bool,
    ceil: bool,
) -> Tensor<4> {
    let options = AvgPoolOptions::new(kernel)
        .with_stride(stride)
        .with_padding_pairs(sides)
        .with_count_include_pad(count_padding)
        .with_ceil_mode(ceil);
    avg_pool2d(x, options)
}

/// Generator of one layer's dropout in one step.
fn mask_rng(seed: u64, step: u64, node: NodeId) -> ChaCha8Rng {
    let mut key = [0; 32];
    let words = [seed, step, node as u64, u64::from_le_bytes(*b"dropout\0")];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// Zeroes values with probability `p` and divides the rest by 1 − p.
fn drop_values<const D: usize>(
    x: Tensor<D>,
    p: f64,
    rng: &ChaCha8Rng,
    device: &Device,
) -> Tensor<D> {
    let dims = x.dims();
    let mask = drop_mask(dims.iter().product(), p, rng);
    let mask = Tensor::<D>::from_data(TensorData::new(mask, dims), device);
    let kept = mask.cast(FloatDType::from(x.dtype()));
    x * kept
}

/// Zeros with probability `p`, else 1 / (1 − p): a word of the generator for each, in order,
/// whichever thread draws it.
fn drop_mask(count: usize, p: f64, rng: &ChaCha8Rng) -> Vec<f32> {
    const EACH: usize = 1 << 14;
    let threshold = (p * (f64::from(u32::MAX) + 1.0)) as u32;
    let kept = (1.0 / (1.0 - p)) as f32;
    let mut mask = vec![0.0; count];
    mask.par_chunks_mut(EACH).enumerate().for_each(|(chunk, mask)| {
        let mut rng = rng.clone();
        rng.set_word_pos((chunk * EACH) as u128);
        mask.fill_with(|| if rng.next_u32() < threshold { 0.0 } else { kept });
    });
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_draw_the_dropout_that_one_would() {
        let rng = mask_rng(1, 2, 3);
        let mut one = rng.clone();
        let mask = drop_mask(40_000, 0.25, &rng);
        for value in mask {
            let dropped = one.next_u32() < 1 << 30;
            assert_eq!(value, if dropped { 0.0 } else { 1.0 / 0.75 });
        }
    }
}
