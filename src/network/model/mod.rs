//! A network with weights on a device: the one executor.
//!
//! A [`Model`] owns its named tensors. Training calls [`Model::differentiate`] with what makes a loss
//! of the output, and goes through [`Model::parameters_mut`] with the gradients. Evaluation and feature
//! maps use [`Model::forward`] and [`Model::forward_recorded`], which know no gradients;
//! [`Model::trace`] derives by what layers computed.

mod batch_norm;
mod derive;
mod execute;
mod fusion;
mod layers;
mod merge;
mod parameter;
mod state;
mod trace;

use std::ops::Range;

use burn::tensor::{Device, FloatDType, Tensor};

use super::{Network, NetworkError, NodeId, Precision, TensorSpec, freeze, initialize};
use crate::kernels::on_pool;
use execute::Mode;
pub use execute::Value;
use fusion::Folded;
pub use parameter::{Parameter, ParameterTensor};
pub use state::{HostTensor, LoadReport, StateDict, WrongShape};
pub use trace::{Aim, Rectifiers, Traced};

/// A network with weights on a device.
#[derive(Debug, Clone)]
pub struct Model {
    network: Network,
    device: Device,
    parameters: Vec<Parameter>,
    /// Where the tensors of each node stand in `parameters`.
    ranges: Vec<Range<usize>>,
    /// What prediction made of each node's weights, until they change.
    folded: Vec<Folded>,
    /// In how many bits training passes compute.
    precision: Precision,
    /// Where training passes are cut and computed again; empty where they keep all values.
    cuts: Vec<NodeId>,
}

/// What a training step computes its loss from. All tensors carry gradients.
#[derive(Debug)]
pub struct TrainOutput {
    /// `[batch, classes]`
    pub logits: Tensor<2>,
    /// Logits of the auxiliary classifiers with the weights of their losses.
    pub auxiliary: Vec<(f64, Tensor<2>)>,
}

impl Model {
    /// A model with first weights drawn from the seed, the same on every device.
    ///
    /// # Errors
    /// Those of [`Network::validate`].
    pub fn new(network: &Network, seed: u64, device: &Device) -> Result<Self, NetworkError> {
        network.validate()?;
        let device = device.clone().inner();
        let shapes = network.shapes()?;
        let mut parameters = Vec::new();
        let mut ranges = Vec::with_capacity(network.nodes.len());
        for node in 0..network.nodes.len() {
            let specs = network.tensors_of(node, &shapes);
            let first = parameters.len();
            parameters.extend(initial(network, &specs, seed, &device)?);
            ranges.push(first..parameters.len());
        }
        let folded = vec![Folded::default(); ranges.len()];
        let (precision, cuts) = (Precision::Full, Vec::new());
        Ok(Self { network: network.clone(), device, parameters, ranges, folded, precision, cuts })
    }

    /// In how many bits training passes compute from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        self.precision = precision;
    }

    /// The network as data.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The device of the weights, without autodiff.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// All tensors, moving statistics included, in the order of the layers.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// As [`Model::parameters`], to change them.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        self.folded.fill(Folded::default());
        &mut self.parameters
    }

    /// The same network with the same weights on another device.
    #[must_use]
    pub fn replica(&self, device: &Device) -> Self {
        let mut replica = Self { device: device.clone().inner(), ..self.clone() };
        replica.follow(self);
        replica
    }

    /// Takes over all weights of a model of the same network, from its device to this one.
    pub fn follow(&mut self, leader: &Self) {
        for (own, other) in self.parameters.iter_mut().zip(&leader.parameters) {
            own.follow(other, &self.device);
        }
    }

    /// Lets no tensor learn that one of these names stands for ([`freeze::frozen`]), and
    /// everything else again. A frozen batch normalisation uses its moving statistics and leaves
    /// them alone. Returns the number of tensors frozen.
    pub fn freeze(&mut self, names: &[String]) -> usize {
        let tensors: Vec<&str> = self.parameters.iter().map(Parameter::name).collect();
        let marks = freeze::frozen(&tensors, names);
        for (parameter, frozen) in self.parameters.iter_mut().zip(marks) {
            parameter.set_frozen(frozen);
        }
        self.parameters.iter().filter(|parameter| parameter.is_frozen()).count()
    }

    /// Training pass: batch statistics, dropout, gradients. The moving statistics of batch
    /// normalisation advance. Dropout is drawn from `seed` and `step` alone, so a resumed run
    /// draws what the uninterrupted one would.
    ///
    /// `images` has shape `[batch, channels, height, width]`, with or without autodiff.
    pub fn forward_train(&mut self, images: Tensor<4>, seed: u64, step: u64) -> TrainOutput {
        let heads = self.network.auxiliary.clone();
        let targets: Vec<NodeId> =
            heads.iter().map(|&(node, _)| node).chain([self.network.output]).collect();
        let mut mode = Mode::train((seed, step), self.precision, true);
        let mut values = self.run(images.autodiff(), &targets, &mut mode);
        self.advance_statistics(mode.into_statistics());
        let logits = values.pop().map(logits).expect("the output is a target");
        let auxiliary = heads
            .iter()
            .zip(values)
            .map(|(&(_, weight), value)| (weight, self::logits(value)))
            .collect();
        TrainOutput { logits, auxiliary }
    }

    /// Logits `[batch, classes]` of images `[batch, channels, height, width]`, with the moving
    /// statistics and without dropout or gradients.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_recorded(images, &[]).0
    }

    /// As [`Model::forward`], with dropout drawn from `seed` and `pass` as in training: one of the
    /// passes of Monte-Carlo dropout. Source: Gal & Ghahramani (2016), arXiv:1506.02142.
    pub fn forward_sampled(&self, images: Tensor<4>, seed: u64, pass: u64) -> Tensor<2> {
        let mut mode = Mode::Sample { seed, step: pass };
        let targets = [self.network.output];
        let mut values = on_pool(&self.device, || self.run(images.inner(), &targets, &mut mode));
        values.pop().map(Value::into_vector).expect("the output is a target")
    }

    /// The value of one node; what lies behind it is not computed.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn value_of(&self, images: Tensor<4>, node: NodeId) -> Value {
        let run = || self.run(images.inner(), &[node], &mut Mode::inference());
        let mut values = on_pool(&self.device, run);
        values.pop().expect("one node was asked for")
    }

    /// As [`Model::forward`], and the values of these nodes.
    pub fn forward_recorded(
        &self,
        images: Tensor<4>,
        nodes: &[NodeId],
    ) -> (Tensor<2>, Vec<(NodeId, Value)>) {
        let targets: Vec<NodeId> = nodes.iter().copied().chain([self.network.output]).collect();
        let run = || self.run(images.inner(), &targets, &mut Mode::inference());
        let mut values = on_pool(&self.device, run);
        let logits = values.pop().map(Value::into_vector).expect("the output is a target");
        (logits, nodes.iter().copied().zip(values).collect())
    }
}

/// The value of a classifier, in 32 bits.
fn logits(value: Value) -> Tensor<2> {
    value.into_vector().cast(FloatDType::F32)
}

fn initial(
    network: &Network,
    specs: &[TensorSpec],
    seed: u64,
    device: &Device,
) -> Result<Vec<Parameter>, NetworkError> {
    let weight = specs.iter().find(|spec| spec.role == super::Role::Weight);
    let parameter = |spec: &TensorSpec| {
        let values = initialize::values(network.initialization, spec, weight, seed);
        Parameter::new(spec.clone(), values, device)
    };
    specs.iter().map(parameter).collect()
}

#[cfg(test)]
mod derive_tests;
#[cfg(test)]
mod gradient_tests;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod tests;
