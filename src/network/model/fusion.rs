//! Which layers behind a convolution, a sum or a batch normalisation are computed along with it,
//! so that their values need no pass of their own.

use std::sync::OnceLock;

use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;

use super::execute::{Mode, Value};
use super::{Model, ParameterTensor};
use crate::kernels::Prepared;
use crate::network::{Activation, Layer, NodeId};

/// A node and those behind it that it takes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) node: NodeId,
    /// Whether it begins with a convolution for prediction.
    pub(super) convolves: bool,
    /// Batch normalisation by moving statistics, behind a convolution.
    pub(super) norm: Option<NodeId>,
    /// A sum behind them.
    sum: Option<NodeId>,
    /// Its other operand.
    pub(super) rest: Option<NodeId>,
    pub(super) rectify: bool,
    /// The node whose value comes out.
    pub(super) last: NodeId,
}

/// The weights of a convolution once it was run: alone, and with its batch normalisation in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Folded {
    packed: [OnceLock<Option<Prepared>>; 2],
    /// Set by the first single image, for which packing does not pay: a look at weights that
    /// change with the next step.
    looked: OnceLock<()>,
}

impl Chain {
    fn alone(node: NodeId) -> Self {
        Self {
            node,
            convolves: false,
            norm: None,
            sum: None,
            rest: None,
            rectify: false,
            last: node,
        }
    }

    /// The nodes between the first and the last, which keep no value.
    pub(super) fn passed(&self) -> impl Iterator<Item = NodeId> {
        let last = self.last;
        [Some(self.node), self.norm, self.sum].into_iter().flatten().filter(move |&n| n != last)
    }
}

impl Model {
    /// What a node computes in a pass: the layers behind it whose only input it is, and whose
    /// value alone is wanted. `values` are those of the nodes before it.
    pub(super) fn chain(
        &self,
        node: NodeId,
        uses: &[usize],
        values: &[Option<Value>],
        mode: &Mode,
    ) -> Chain {
        let mut chain = Chain::alone(node);
        let nodes = &self.network.nodes;
        let predicts = !matches!(mode, Mode::Train { .. });
        let able = match nodes[node].layer {
            Layer::Add => nodes[node].inputs.len() > 1,
            Layer::BatchNorm { .. } => self.learns_statistics(node, mode),
            Layer::Conv2d { groups, .. } => predicts && groups == 1 && self.runs_prepared(),
            _ => false,
        };
        if !able {
            return chain;
        }
        if matches!(nodes[node].layer, Layer::Conv2d { .. }) {
            chain.convolves = true;
            self.lengthen(&mut chain, uses, values);
        }
        if let Some(later) = self.only_reader(chain.last, uses)
            && matches!(nodes[later].layer, Layer::Activation { function: Activation::Relu })
        {
            (chain.rectify, chain.last) = (true, later);
        }
        chain
    }

    /// Takes along the batch normalisation and the sum behind a convolution.
    fn lengthen(&self, chain: &mut Chain, uses: &[usize], values: &[Option<Value>]) {
        if let Some(norm) = self.only_reader(chain.last, uses)
            && matches!(self.network.nodes[norm].layer, Layer::BatchNorm { .. })
        {
            (chain.norm, chain.last) = (Some(norm), norm);
        }
        if let Some(sum) = self.only_reader(chain.last, uses)
            && let Some(rest) = self.other_operand(sum, chain.last, values)
        {
            (chain.sum, chain.rest, chain.last) = (Some(sum), Some(rest), sum);
        }
    }

    /// The other operand of a sum of two maps, if its value is there.
    fn other_operand(&self, sum: NodeId, one: NodeId, values: &[Option<Value>]) -> Option<NodeId> {
        let node = &self.network.nodes[sum];
        let other = match (&node.layer, &node.inputs[..]) {
            (Layer::Add, &[a, b]) if a != b => a + b - one,
            _ => return None,
        };
        values[other].as_ref().map(|_| other)
    }

    /// The one node that reads a value, if there is only one and the value is not wanted itself.
    fn only_reader(&self, node: NodeId, uses: &[usize]) -> Option<NodeId> {
        let reads =
            |&later: &NodeId| uses[later] > 0 && self.network.nodes[later].inputs.contains(&node);
        (node + 1..self.network.nodes.len()).find(reads).filter(|_| uses[node] == 1)
    }

    /// The value at the end of a chain that begins with a convolution; `None` when the kernels
    /// cannot do it.
    pub(super) fn convolve_chain(
        &self,
        chain: &Chain,
        x: &Tensor<4>,
        rest: Option<&Tensor<4>>,
    ) -> Option<Tensor<4>> {
        let node = chain.node;
        let Layer::Conv2d { kernel, stride, padding, dilation, groups, .. } =
            self.network.nodes[node].layer
        else {
            return None;
        };
        let [_, _, height, width] = x.dims();
        let windows = crate::network::window::windows(kernel, stride, dilation, false);
        let sides = padding.sides([height, width], windows);
        let options = ConvOptions::new_with_padding(stride, sides, dilation, groups);
        let Folded { packed, looked } = &self.folded[node];
        let packed = &packed[usize::from(chain.norm.is_some())];
        if x.dims()[0] == 1 && packed.get().is_none() && looked.set(()).is_ok() {
            return None;
        }
        let prepared = if let Some(known) = packed.get() {
            known
        } else {
            // Made before the cell is entered: who waits for kernels may be given another pass.
            let made = self.fold(node, chain.norm);
            packed.get_or_init(|| made)
        };
        let prepared = prepared.as_ref()?;
        prepared.convolve(x, &options, rest, chain.rectify)
    }

    /// Weights times the scale of the normalisation behind them, and what it adds.
    fn fold(&self, node: NodeId, norm: Option<NodeId>) -> Option<Prepared> {
        let first = self.ranges[node].start;
        let ParameterTensor::Kernel(weight) = self.parameters[first].operand(false) else {
            return None;
        };
        let outputs = weight.dims()[0];
        let bias = (self.ranges[node].len() > 1).then(|| self.plain_vector(first + 1));
        let Some(norm) = norm else {
            let shift = bias.unwrap_or_else(|| Tensor::zeros([outputs], &self.device));
            return Prepared::new(&weight, &shift);
        };
        let [scale, shift] = self.moving_line(norm);
        let shift = match bias {
            Some(bias) => shift + bias * scale.clone(),
            None => shift,
        };
        Prepared::new(&(weight * scale.reshape([outputs, 1, 1, 1])), &shift)
    }

    /// Batch normalisation by moving statistics as a factor and a summand for each channel.
    fn moving_line(&self, norm: NodeId) -> [Tensor<1>; 2] {
        let Layer::BatchNorm { eps, .. } = self.network.nodes[norm].layer else {
            unreachable!("a chain's normalisation is one");
        };
        let range = self.ranges[norm].clone();
        let own_scale = usize::from(range.len() == 4);
        let [shift, mean, variance] =
            std::array::from_fn(|i| self.plain_vector(range.start + i + own_scale));
        let root = variance.add_scalar(eps).sqrt();
        let scale =
            if own_scale == 1 { self.plain_vector(range.start) / root } else { root.recip() };
        let shift = shift - mean * scale.clone();
        [scale, shift]
    }

    fn plain_vector(&self, index: usize) -> Tensor<1> {
        match self.parameters[index].operand(false) {
            ParameterTensor::Vector(tensor) => tensor,
            _ => unreachable!("biases and statistics are vectors"),
        }
    }

    fn runs_prepared(&self) -> bool {
        crate::kernels::are_enabled() && self.device == burn::tensor::Device::flex()
    }
}
