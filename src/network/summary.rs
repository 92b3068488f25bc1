//! What a network costs, counted without a single weight being made.

use serde::Serialize;

use super::{Layer, Network, NetworkError, NodeId, Shape};

/// A layer and its counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSummary {
    /// Name of the node.
    pub name: String,
    /// Kind in words, e.g. `conv 3×3 / 2`.
    pub kind: String,
    /// Block it belongs to; empty for none.
    pub block: String,
    /// Shape of its output for one image, without the batch.
    pub shape: Shape,
    /// Values that learn.
    pub trainable: u64,
    /// Moving statistics.
    pub non_trainable: u64,
    /// Products for one image, in convolutions and dense layers (as usual, no other counts).
    pub multiply_adds: u64,
    /// Height and width in pixels of what one output value sees, as if the image went on for ever.
    pub receptive_field: [usize; 2],
    /// Pixels between neighbouring output values, along height and width.
    pub stride: [usize; 2],
    /// Bytes of the output for one image in 32-bit numbers.
    pub activation_bytes: u64,
    /// Whether only training needs it: a part of an auxiliary classifier.
    pub only_training: bool,
}

/// A network and its counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Name as the command line knows it.
    pub name: String,
    /// Channels, height, width.
    pub input: [usize; 3],
    /// Number of outputs.
    pub classes: usize,
    /// Values that learn, auxiliary classifiers included.
    pub trainable: u64,
    /// Moving statistics.
    pub non_trainable: u64,
    /// Products to classify one image (auxiliary classifiers not counted).
    pub multiply_adds: u64,
    /// Bytes of all values in 32-bit numbers.
    pub parameter_bytes: u64,
    /// Bytes of all layers' outputs for one image: what training keeps for the way back.
    pub activation_bytes: u64,
    /// As `activation_bytes`, where training computes again what lies between a few of them.
    pub recompute_bytes: u64,
    /// Side of the smallest square image that fits.
    pub minimum_input: Option<usize>,
    /// All layers in order.
    pub layers: Vec<LayerSummary>,
}

/// How a node's values lie on the image.
#[derive(Debug, Clone, Copy)]
struct Sight {
    field: [usize; 2],
    stride: [usize; 2],
}

impl Network {
    /// Counts of all layers and their totals.
    ///
    /// # Errors
    /// Those of [`Network::validate`].
    pub fn summary(&self) -> Result<Summary, NetworkError> {
        self.validate()?;
        let shapes = self.shapes()?;
        let needed = self.ancestors(self.output);
        let sights = self.sights(&shapes);
        let layers: Vec<LayerSummary> = (0..self.nodes.len())
            .map(|node| self.layer_summary(node, &shapes, sights[node], !needed[node]))
            .collect();
        let total = |count: fn(&LayerSummary) -> u64| layers.iter().map(count).sum::<u64>();
        let inference = layers.iter().filter(|layer| !layer.only_training);
        let trainable = total(|layer| layer.trainable);
        let non_trainable = total(|layer| layer.non_trainable);
        Ok(Summary {
            name: self.name.clone(),
            input: self.input,
            classes: self.classes,
            trainable,
            non_trainable,
            multiply_adds: inference.map(|layer| layer.multiply_adds).sum(),
            parameter_bytes: (trainable + non_trainable) * 4,
            activation_bytes: total(|layer| layer.activation_bytes),
            recompute_bytes: self.segments(&shapes).bytes,
            minimum_input: self.minimum_input(),
            layers,
        })
    }

    /// Which nodes the value of this node depends on, itself included.
    pub fn ancestors(&self, node: NodeId) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        needed[node] = true;
        for id in (0..=node).rev().filter(|&id| id < self.nodes.len()) {
            if needed[id] {
                for &source in &self.nodes[id].inputs {
                    needed[source] = true;
                }
            }
        }
        needed
    }

    fn layer_summary(
        &self,
        node: NodeId,
        shapes: &[Shape],
        sight: Sight,
        only_training: bool,
    ) -> LayerSummary {
        let tensors = self.tensors_of(node, shapes);
        let count = |trainable: bool| {
            let of_kind = tensors.iter().filter(|t| t.role.is_trainable() == trainable);
            of_kind.map(|tensor| tensor.count() as u64).sum()
        };
        let Self { nodes, .. } = self;
        LayerSummary {
            name: nodes[node].name.clone(),
            kind: nodes[node].layer.describe(),
            block: nodes[node].block.clone(),
            shape: shapes[node],
            trainable: count(true),
            non_trainable: count(false),
            multiply_adds: self.multiply_adds(node, shapes),
            receptive_field: sight.field,
            stride: sight.stride,
            activation_bytes: shapes[node].count() as u64 * 4,
            only_training,
        }
    }

    fn multiply_adds(&self, node: NodeId, shapes: &[Shape]) -> u64 {
        let weight = self.tensors_of(node, shapes).into_iter().find(|t| t.shape.len() > 1);
        let positions = match shapes[node] {
            Shape::Map([_, height, width]) => height * width,
            Shape::Vector(_) => 1,
        };
        weight.map_or(0, |weight| weight.count() as u64 * positions as u64)
    }

    /// Receptive field and stride of every node; of several inputs the widest counts.
    fn sights(&self, shapes: &[Shape]) -> Vec<Sight> {
        let mut sights: Vec<Sight> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let start = Sight { field: [1; 2], stride: [1; 2] };
            let before = node.inputs.iter().map(|&source| sights[source]).reduce(widest);
            let size = node.inputs.first().map(|&source| shapes[source]);
            sights.push(advance(before.unwrap_or(start), &node.layer, size));
        }
        sights
    }
}

fn widest(a: Sight, b: Sight) -> Sight {
    Sight {
        field: std::array::from_fn(|axis| a.field[axis].max(b.field[axis])),
        stride: std::array::from_fn(|axis| a.stride[axis].max(b.stride[axis])),
    }
}

/// field += (span − 1) · stride; stride ·= step. Source: Araujo et al. (2019), Distill 4, 11.
fn advance(before: Sight, layer: &Layer, size: Option<Shape>) -> Sight {
    let all = match size {
        Some(Shape::Map([_, height, width])) => [height, width],
        _ => [1, 1],
    };
    let (span, step) = match *layer {
        Layer::Conv2d { kernel, stride, dilation, .. } => {
            (std::array::from_fn(|axis| dilation[axis] * (kernel[axis] - 1) + 1), stride)
        }
        Layer::MaxPool { kernel, stride, .. } | Layer::AvgPool { kernel, stride, .. } => {
            (kernel, stride)
        }
        Layer::Subsample { kernel } => (kernel, kernel),
        Layer::AdaptiveAvgPool { out } => {
            // Cells of a grid: the widest covers ceil(size / cells) rows and one that it shares.
            let cell = |axis: usize| all[axis].div_ceil(out[axis]);
            (std::array::from_fn(cell), std::array::from_fn(|axis| (all[axis] / out[axis]).max(1)))
        }
        Layer::PartialConv2d { kernel, .. } => (kernel, [1, 1]),
        Layer::GlobalMaxPool | Layer::Flatten => (all, all),
        _ => ([1, 1], [1, 1]),
    };
    Sight {
        field: std::array::from_fn(|axis| {
            before.field[axis] + (span[axis] - 1) * before.stride[axis]
        }),
        stride: std::array::from_fn(|axis| before.stride[axis].saturating_mul(step[axis])),
    }
}

impl Layer {
    /// Kind and settings in a few words, e.g. `conv 7×7 / 2`.
    pub fn describe(&self) -> String {
        match *self {
            Self::Input => "input".into(),
            Self::Conv2d { kernel, stride, dilation, groups, .. } => {
                let dilation =
                    optional(dilation != [1, 1], || format!(", dilation {}", dilation[0]));
                let groups = optional(groups > 1, || format!(", {groups} groups"));
                format!("conv {}{}{dilation}{groups}", sides(kernel), step(stride))
            }
            Self::PartialConv2d { kernel, .. } => format!("partial conv {}", sides(kernel)),
            Self::BatchNorm { .. } => "batch norm".into(),
            Self::LocalResponseNorm { size, .. } => format!("local response norm {size}"),
            Self::Activation { function } => function.describe(),
            Self::MaxPool { kernel, stride, .. } => {
                format!("max pool {}{}", sides(kernel), step(stride))
            }
            Self::AvgPool { kernel, stride, .. } => {
                format!("average pool {}{}", sides(kernel), step(stride))
            }
            Self::AdaptiveAvgPool { out: [1, 1] } => "global average".into(),
            Self::AdaptiveAvgPool { out } => format!("average to {}", sides(out)),
            Self::GlobalMaxPool => "global maximum".into(),
            Self::Subsample { kernel } => format!("subsampling {}", sides(kernel)),
            Self::Dropout { p } => format!("dropout {p}"),
            Self::Flatten => "flatten".into(),
            Self::Linear { .. } => "dense".into(),
            Self::RadialBasis { .. } => "radial basis".into(),
            Self::Add => "add".into(),
            Self::Subtract => "subtract".into(),
            Self::Multiply => "multiply".into(),
            Self::Average => "average of inputs".into(),
            Self::Maximum => "maximum of inputs".into(),
            Self::Dot => "dot product".into(),
            Self::Concat => "concatenate".into(),
        }
    }
}

fn sides([height, width]: [usize; 2]) -> String {
    format!("{height}×{width}")
}

fn step(stride: [usize; 2]) -> String {
    match stride {
        [1, 1] => String::new(),
        [down, right] if down == right => format!(" / {down}"),
        _ => format!(" / {}", sides(stride)),
    }
}

fn optional(shown: bool, text: impl FnOnce() -> String) -> String {
    if shown { text() } else { String::new() }
}
