//! Writing a network down so that it reads like the table of its paper.
//!
//! Names are relative to the open scopes: inside `scope("layer1.0", …)` the layer `conv1` is
//! `layer1.0.conv1` and belongs to the block `layer1.0`. Mistakes are found by
//! [`Builder::finish`], not while writing.

use super::{Activation, Initialization, Layer, Network, NetworkError, Node, NodeId, Padding};

/// A convolution: outputs and square kernel; stride 1, no padding, no bias unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    out: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    dilation: [usize; 2],
    groups: usize,
    bias: bool,
}

/// A convolution with `out` maps and a square kernel of side `kernel`.
pub const fn conv(out: usize, kernel: usize) -> Conv {
    Conv {
        out,
        kernel: [kernel; 2],
        stride: [1; 2],
        padding: Padding::Explicit([0; 4]),
        dilation: [1; 2],
        groups: 1,
        bias: false,
    }
}

impl Conv {
    /// Height and width of the kernel, where they differ.
    #[must_use]
    pub const fn kernel(mut self, height: usize, width: usize) -> Self {
        self.kernel = [height, width];
        self
    }

    /// Step along both axes.
    #[must_use]
    pub const fn stride(mut self, step: usize) -> Self {
        self.stride = [step; 2];
        self
    }

    /// Zeros on all four sides.
    #[must_use]
    pub const fn pad(mut self, pixels: usize) -> Self {
        self.padding = Padding::all(pixels);
        self
    }

    /// Any other padding.
    #[must_use]
    pub const fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Distance of the kernel's points.
    #[must_use]
    pub const fn dilation(mut self, pixels: usize) -> Self {
        self.dilation = [pixels; 2];
        self
    }

    /// Groups of channels that see only themselves.
    #[must_use]
    pub const fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Adds a bias.
    #[must_use]
    pub const fn bias(mut self) -> Self {
        self.bias = true;
        self
    }

    fn layer(self) -> Layer {
        let Self { out, kernel, stride, padding, dilation, groups, bias } = self;
        Layer::Conv2d { out, kernel, stride, padding, dilation, groups, bias }
    }
}

/// A pooling window: square, no padding, sizes rounded down unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    kernel: usize,
    stride: usize,
    padding: Padding,
    ceil: bool,
    count_padding: bool,
}

/// A square pooling window and its step.
pub const fn pool(kernel: usize, stride: usize) -> Pool {
    let padding = Padding::Explicit([0; 4]);
    Pool { kernel, stride, padding, ceil: false, count_padding: false }
}

impl Pool {
    /// Padding on all four sides.
    #[must_use]
    pub const fn pad(mut self, pixels: usize) -> Self {
        self.padding = Padding::all(pixels);
        self
    }

    /// Any other padding.
    #[must_use]
    pub const fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Rounds the output size up.
    #[must_use]
    pub const fn ceil(mut self) -> Self {
        self.ceil = true;
        self
    }

    /// Counts the padding's zeros in a mean, as PyTorch does unless told otherwise.
    #[must_use]
    pub const fn count_padding(mut self) -> Self {
        self.count_padding = true;
        self
    }
}

/// Collects the layers of a network.
#[derive(Debug, Clone)]
pub struct Builder {
    network: Network,
    scope: String,
}

impl Builder {
    /// The input of the network. It begins with a single node, `input` (see [`Builder::input`]).
    pub fn new(name: &str, input: [usize; 3], classes: usize) -> Self {
        let node = Node {
            name: "input".into(),
            layer: Layer::Input,
            inputs: Vec::new(),
            block: String::new(),
        };
        let network = Network {
            name: name.into(),
            input,
            classes,
            nodes: vec![node],
            output: 0,
            auxiliary: Vec::new(),
            initialization: Initialization::default(),
        };
        Self { network, scope: String::new() }
    }

    /// The input node.
    pub const fn input(&self) -> NodeId {
        0
    }

    /// Number of outputs of the whole network.
    pub fn classes(&self) -> usize {
        self.network.classes
    }

    /// How the weights begin.
    pub fn initialize(&mut self, initialization: Initialization) {
        self.network.initialization = initialization;
    }

    /// Layers added by `layers` get this name before theirs and form a block.
    pub fn scope<T>(&mut self, name: &str, layers: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.clone();
        self.scope = join(&outer, name);
        let value = layers(self);
        self.scope = outer;
        value
    }

    /// Any layer.
    pub fn add_layer(&mut self, name: &str, inputs: &[NodeId], layer: Layer) -> NodeId {
        self.network.nodes.push(Node {
            name: join(&self.scope, name),
            layer,
            inputs: inputs.to_vec(),
            block: self.scope.clone(),
        });
        self.network.nodes.len() - 1
    }

    /// Convolution.
    pub fn conv(&mut self, name: &str, x: NodeId, conv: Conv) -> NodeId {
        self.add_layer(name, &[x], conv.layer())
    }

    /// Batch normalisation with PyTorch's momentum of 0.1.
    pub fn batch_norm(&mut self, name: &str, x: NodeId, eps: f64) -> NodeId {
        self.add_layer(name, &[x], Layer::BatchNorm { eps, momentum: 0.1, scale: true })
    }

    /// Any activation function.
    pub fn activation(&mut self, name: &str, x: NodeId, function: Activation) -> NodeId {
        self.add_layer(name, &[x], Layer::Activation { function })
    }

    /// Division by the five neighbouring channels with the constants of AlexNet.
    pub fn local_response_norm(&mut self, name: &str, x: NodeId) -> NodeId {
        let layer = Layer::LocalResponseNorm { size: 5, alpha: 1e-4, beta: 0.75, k: 2.0 };
        self.add_layer(name, &[x], layer)
    }

    /// Rectified linear unit.
    pub fn relu(&mut self, name: &str, x: NodeId) -> NodeId {
        self.activation(name, x, Activation::Relu)
    }

    /// Hyperbolic tangent.
    pub fn tanh(&mut self, name: &str, x: NodeId) -> NodeId {
        self.activation(name, x, Activation::Tanh)
    }

    /// Maximum over windows.
    pub fn max_pool(&mut self, name: &str, x: NodeId, pool: Pool) -> NodeId {
        let Pool { kernel, stride, padding, ceil, .. } = pool;
        let layer = Layer::MaxPool { kernel: [kernel; 2], stride: [stride; 2], padding, ceil };
        self.add_layer(name, &[x], layer)
    }

    /// Mean over windows; padding does not count.
    pub fn avg_pool(&mut self, name: &str, x: NodeId, pool: Pool) -> NodeId {
        let Pool { kernel, stride, padding, ceil, count_padding } = pool;
        let (kernel, stride) = ([kernel; 2], [stride; 2]);
        let layer = Layer::AvgPool { kernel, stride, padding, count_padding, ceil };
        self.add_layer(name, &[x], layer)
    }

    /// Mean over a grid of `side` × `side` cells; 1 is the global mean.
    pub fn adaptive_avg_pool(&mut self, name: &str, x: NodeId, side: usize) -> NodeId {
        self.add_layer(name, &[x], Layer::AdaptiveAvgPool { out: [side; 2] })
    }

    /// Zeroes values with probability `p` while training.
    pub fn dropout(&mut self, name: &str, x: NodeId, p: f64) -> NodeId {
        self.add_layer(name, &[x], Layer::Dropout { p })
    }

    /// Map to vector.
    pub fn flatten(&mut self, name: &str, x: NodeId) -> NodeId {
        self.add_layer(name, &[x], Layer::Flatten)
    }

    /// Dense layer with a bias.
    pub fn linear(&mut self, name: &str, x: NodeId, out: usize) -> NodeId {
        self.add_layer(name, &[x], Layer::Linear { out, bias: true })
    }

    /// Sum.
    pub fn add(&mut self, name: &str, inputs: [NodeId; 2]) -> NodeId {
        self.add_layer(name, &inputs, Layer::Add)
    }

    /// Channels of all inputs behind one another.
    pub fn concat(&mut self, name: &str, inputs: &[NodeId]) -> NodeId {
        self.add_layer(name, inputs, Layer::Concat)
    }

    /// An auxiliary classifier whose loss counts with this weight.
    pub fn auxiliary(&mut self, logits: NodeId, weight: f64) {
        self.network.auxiliary.push((logits, weight));
    }

    /// Names of all layers so far, the input's first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.network.nodes.iter().map(|node| node.name.as_str())
    }

    /// Channels of a layer's value; `None` where something before it does not fit.
    pub fn channels(&self, node: NodeId) -> Option<usize> {
        let shapes = self.network.shapes().ok()?;
        shapes.get(node).map(super::Shape::channels)
    }

    /// The network with these logits.
    ///
    /// # Errors
    /// What [`Network::validate`] finds wrong.
    pub fn finish(mut self, logits: NodeId) -> Result<Network, NetworkError> {
        self.network.output = logits;
        self.network.validate()?;
        Ok(self.network)
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
