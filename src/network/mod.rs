//! Networks as data: a graph of named layers, its shapes and counts, and the one executor.
//!
//! [`Network`] is plain data that anybody may build ([`Builder`]), save and read.
//! [`model::Model`] gives it weights on a device and runs it; nothing else runs a network.

mod activation;
mod blocks;
pub mod builder;
mod distribution;
mod error;
pub mod freeze;
mod initialize;
pub mod model;
mod precision;
mod segments;
mod shapes;
pub mod summary;
mod tensors;
pub mod transfer;
mod vary;
pub mod weights;
pub(crate) mod window;

use serde::{Deserialize, Serialize};

pub use activation::{Activation, PRELU_SLOPE};
pub use blocks::{Block, Branch};
pub use builder::Builder;
pub use distribution::Distribution;
pub use error::NetworkError;
pub use initialize::Initialization;
pub use precision::Precision;
pub use segments::Segments;
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
    /// Convolution, stride 1, no padding, with a bias, in which each output map sees some of the
    /// input maps. Source: LeCun et al. (1998), table I.
    PartialConv2d {
        /// For each output map the input maps that it sees, by number.
        connections: Vec<Vec<usize>>,
        /// Height and width of the kernel.
        kernel: [usize; 2],
    },
    /// Batch normalisation over batch, height and width, of vectors over the batch.
    BatchNorm {
        /// Added to the variance.
        eps: f64,
        /// Share of the new batch in the moving statistics (PyTorch's sense).
        momentum: f64,
        /// Whether a trained factor follows; a trained shift always does.
        #[serde(default = "yes")]
        scale: bool,
    },
    /// Division by the neighbouring channels: x / (k + α Σ x²)^β, the sum over `size` channels
    /// around each. Source: Krizhevsky et al. (2012), section 3.3. (PyTorch and Caffe divide α by
    /// `size`.)
    LocalResponseNorm {
        /// Channels in the sum.
        size: usize,
        /// α
        alpha: f64,
        /// β
        beta: f64,
        /// k
        k: f64,
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
    /// Maximum of each whole map.
    GlobalMaxPool,
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
    /// Radial basis functions, −Σ (x − w)² for each output, the w fixed codes of ±1. Source:
    /// LeCun et al. (1998), section II.B; the sign makes the nearest code the largest logit.
    RadialBasis {
        /// Outputs.
        out: usize,
    },
    /// Element-wise sum of the inputs.
    Add,
    /// The first input minus the second.
    Subtract,
    /// Element-wise product of the inputs.
    Multiply,
    /// Element-wise mean of the inputs.
    Average,
    /// Element-wise maximum of the inputs.
    Maximum,
    /// Sum over the channels of the product of two inputs: at each pixel of maps, of whole vectors.
    Dot,
    /// Inputs behind one another along channels, or vectors behind one another.
    Concat,
}

impl Layer {
    /// How many inputs it takes.
    pub(crate) fn arity(&self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Input => 0..=0,
            Self::Subtract | Self::Dot => 2..=2,
            Self::Add | Self::Multiply | Self::Average | Self::Maximum | Self::Concat => {
                2..=usize::MAX
            }
            _ => 1..=1,
        }
    }
}

/// The class of the largest of a network's outputs, the first of equals; `None` where there is no class.
pub fn most_probable(outputs: &[f32]) -> Option<usize> {
    let better = |best, class| if outputs[class] > outputs[best] { class } else { best };
    (0..outputs.len()).reduce(better)
}

const fn yes() -> bool {
    true
}
