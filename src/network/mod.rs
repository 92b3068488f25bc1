//! Networks as data: a graph of named layers, its shapes and counts, and the one executor.
//!
//! [`Network`] is plain data that anybody may build ([`Builder`]), save and read.
//! [`model::Model`] gives it weights on a device and runs it; nothing else runs a network.

mod blocks;
pub mod builder;
mod distribution;
mod error;
mod initialize;
pub mod model;
mod shapes;
pub mod summary;
mod tensors;
pub mod weights;
mod window;

use serde::{Deserialize, Serialize};

pub use blocks::{Block, Branch};
pub use builder::Builder;
pub use distribution::Distribution;
pub use error::NetworkError;
pub use initialize::Initialization;
pub use shapes::Shape;
pub use summary::{LayerSummary, Summary};
pub use tensors::{Role, TensorSpec};

/// Index of a node in [`Network::nodes`].
pub type NodeId = usize;

/// A network: nodes in topological order, the first being the input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Name as the command line knows it, e.g. `resnet18`.
    pub name: String,
    /// Channels, height, width it was built for.
    pub input: [usize; 3],
    /// Number of outputs.
    pub classes: usize,
    /// Nodes in an order in which each stands after its inputs.
    pub nodes: Vec<Node>,
    /// The node whose value is the logits.
    pub output: NodeId,
    /// Auxiliary classifiers of training: node and weight of its loss.
    pub auxiliary: Vec<(NodeId, f64)>,
    /// How its weights begin.
    #[serde(default)]
    pub initialization: Initialization,
}

impl Network {
    /// The node of this name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.name == name)
    }
}

/// A layer in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique; torchvision's module name where torchvision has the model, e.g. `layer1.0.conv1`.
    pub name: String,
    /// What it computes.
    pub layer: Layer,
    /// Where its inputs come from.
    pub inputs: Vec<NodeId>,
    /// The block it belongs to, e.g. `layer1.0` or `inception3a.branch2`; empty for none.
    pub block: String,
}

/// Padding of a convolution or pooling window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Rows above, columns left, rows below, columns right.
    Explicit([usize; 4]),
    /// TensorFlow's SAME: output = ceil(input / stride), the odd pixel below and right.
    Same,
}

/// Activation functions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// x
    Identity,
    /// max(0, x)
    Relu,
    /// x for x > 0, slope·x below
    LeakyRelu(f64),
    /// tanh x
    Tanh,
    /// LeCun's 1.7159·tanh(2x/3)
    ScaledTanh,
    /// 1 / (1 + e^−x)
    Logistic,
    /// x for x > 0, α(e^x − 1) below
    Elu(f64),
    /// ln(1 + e^x)
    SoftPlus,
    /// x·Φ(x)
    Gelu,
    /// x·logistic(x)
    Silu,
}

/// What a node computes. Maps have shape `[batch, channel, height, width]`, vectors `[batch, n]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Layer {
    /// The input image.
    Input,
    /// Convolution.
    Conv2d {
        /// Output channels.
        out: usize,
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// Steps along height and width.
        stride: [usize; 2],
        /// Padding with zeros.
        padding: Padding,
        /// Spacing of the kernel's points.
        dilation: [usize; 2],
        /// Channel groups that see only themselves.
        groups: usize,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation over batch, height and width.
    BatchNorm {
        /// Added to the variance.
        eps: f64,
        /// Share of the new batch in the moving statistics (PyTorch's sense).
        momentum: f64,
    },
    /// An activation function.
    Activation {
        /// Which.
        function: Activation,
    },
    /// Maximum over windows.
    MaxPool {
        /// Window.
        kernel: [usize; 2],
        /// Steps.
        stride: [usize; 2],
        /// Padding with −∞.
        padding: Padding,
        /// Round the output size up (windows may start inside the image and end outside).
        ceil: bool,
    },
    /// Mean over windows.
    AvgPool {
        /// Window.
        kernel: [usize; 2],
        /// Steps.
        stride: [usize; 2],
        /// Padding with zeros.
        padding: Padding,
        /// Whether padding counts in the mean.
        count_padding: bool,
        /// Round the output size up.
        ceil: bool,
    },
    /// Mean over a grid of this height and width (1×1: global average).
    AdaptiveAvgPool {
        /// Output height and width.
        out: [usize; 2],
    },
    /// LeNet-5's subsampling: mean × coefficient + bias, both trained per channel.
    Subsample {
        /// Window and step.
        kernel: [usize; 2],
    },
    /// Zeroes values with probability `p` while training.
    Dropout {
        /// Probability.
        p: f64,
    },
    /// Map to vector.
    Flatten,
    /// Dense layer.
    Linear {
        /// Outputs.
        out: usize,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Element-wise sum of the inputs.
    Add,
    /// Inputs behind one another along channels.
    Concat,
}
