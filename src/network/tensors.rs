//! The named tensors a network needs: which, of which shape and in which role.

use super::{Activation, Layer, Network, NetworkError, NodeId, Shape};

/// What a tensor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Kernel of a convolution or matrix of a dense layer.
    Weight,
    /// Added to the result.
    Bias,
    /// Scale of a batch normalisation or a subsampling.
    Scale,
    /// Moving mean of a batch normalisation.
    RunningMean,
    /// Moving variance of a batch normalisation.
    RunningVariance,
    /// Slope below zero of an activation.
    Slope,
    /// Codes that never change.
    Fixed,
}

impl Role {
    /// Whether training by gradient changes it (moving statistics change by themselves).
    pub fn is_trainable(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance | Self::Fixed)
    }
}

/// A tensor that a network needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// PyTorch's name, e.g. `layer1.0.bn1.running_mean`.
    pub name: String,
    /// PyTorch's shape: `[out, in / groups, height, width]`, `[out, in]` or `[channels]`.
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: Role,
    /// The layer it belongs to.
    pub node: NodeId,
}

impl TensorSpec {
    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Inputs and outputs of one value: (fan in, fan out) in PyTorch's sense.
    pub fn fans(&self) -> (usize, usize) {
        let field: usize = self.shape.iter().skip(2).product();
        let inputs = self.shape.get(1).copied().unwrap_or(1);
        (inputs * field, self.shape[0] * field)
    }
}

impl Network {
    /// The tensors this network needs, in the order of its layers.
    ///
    /// # Errors
    /// Those of [`Network::shapes`].
    pub fn tensors(&self) -> Result<Vec<TensorSpec>, NetworkError> {
        let shapes = self.shapes()?;
        Ok((0..self.nodes.len()).flat_map(|node| self.tensors_of(node, &shapes)).collect())
    }

    /// The tensors of one layer.
    pub(crate) fn tensors_of(&self, node: NodeId, shapes: &[Shape]) -> Vec<TensorSpec> {
        let Some(&source) = self.nodes[node].inputs.first() else { return Vec::new() };
        let inputs = shapes[source].channels();
        layer_tensors(&self.nodes[node].layer, inputs)
            .into_iter()
            .map(|(suffix, role, shape)| TensorSpec {
                name: format!("{}.{suffix}", self.nodes[node].name),
                shape,
                role,
                node,
            })
            .collect()
    }
}

fn layer_tensors(layer: &Layer, inputs: usize) -> Vec<(&'static str, Role, Vec<usize>)> {
    let with_bias = |weight: Vec<usize>, bias: bool| {
        let out = weight[0];
        let weight = ("weight", Role::Weight, weight);
        let bias = bias.then(|| ("bias", Role::Bias, vec![out]));
        std::iter::once(weight).chain(bias).collect()
    };
    let scale_and_shift =
        [("weight", Role::Scale, vec![inputs]), ("bias", Role::Bias, vec![inputs])];
    match *layer {
        Layer::Conv2d { out, kernel: [height, width], groups, bias, .. } => {
            with_bias(vec![out, inputs / groups, height, width], bias)
        }
        Layer::Linear { out, bias } => with_bias(vec![out, inputs], bias),
        Layer::PartialConv2d { ref connections, kernel: [height, width] } => {
            let all = connections.iter().map(Vec::len).sum();
            let weight = ("weight", Role::Weight, vec![all, 1, height, width]);
            vec![weight, ("bias", Role::Bias, vec![connections.len()])]
        }
        Layer::RadialBasis { out } => vec![("codes", Role::Fixed, vec![out, inputs])],
        Layer::Activation { function: Activation::Prelu } => {
            vec![("weight", Role::Slope, vec![inputs])]
        }
        Layer::BatchNorm { scale, .. } => scale_and_shift
            .into_iter()
            .skip(usize::from(!scale))
            .chain([
                ("running_mean", Role::RunningMean, vec![inputs]),
                ("running_var", Role::RunningVariance, vec![inputs]),
            ])
            .collect(),
        Layer::Subsample { .. } => scale_and_shift.into(),
        _ => Vec::new(),
    }
}
