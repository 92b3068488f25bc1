//! Shapes through the graph, and the check that a network is one.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::window::{slide, windows};
use super::{Layer, Network, NetworkError, Node, NodeId, Padding};

/// Largest side of an image that [`Network::minimum_input`] tries.
const LARGEST_SIDE: usize = 4096;
/// More values than this in one layer or parameter are taken for a mistake.
const LARGEST_COUNT: usize = 1 << 33;

/// Shape of a node's value for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// Channels, height, width.
    Map([usize; 3]),
    /// Length.
    Vector([usize; 1]),
}

impl Shape {
    /// Sizes, slowest axis first, without the batch.
    pub fn dims(&self) -> &[usize] {
        match self {
            Self::Map(dims) => dims,
            Self::Vector(dims) => dims,
        }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.dims().iter().product()
    }

    /// Channels of a map, length of a vector.
    pub fn channels(&self) -> usize {
        self.dims()[0]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.dims().iter().map(ToString::to_string).collect();
        f.write_str(&dims.join("×"))
    }
}

/// Why a node has no shape.
enum Misfit {
    /// A window is larger than the map.
    TooSmall([usize; 2]),
    /// Anything else.
    Wrong(String),
}

impl Network {
    /// Shape of each node's value for one image of the size the network was built for.
    ///
    /// # Errors
    /// The first layer that does not fit, with the smallest square image that would.
    pub fn shapes(&self) -> Result<Vec<Shape>, NetworkError> {
        self.shapes_for(self.input)
    }

    /// As [`Network::shapes`], for another size of image (channels, height, width).
    ///
    /// # Errors
    /// The first layer that does not fit.
    pub fn shapes_for(&self, input: [usize; 3]) -> Result<Vec<Shape>, NetworkError> {
        self.infer(input).map_err(|(node, misfit)| match misfit {
            Misfit::TooSmall(received) => NetworkError::DoesNotFit {
                network: self.name.clone(),
                layer: self.nodes[node].name.clone(),
                received,
                input,
                minimum: self.minimum_input(),
            },
            Misfit::Wrong(reason) => self.layer_error(node, reason),
        })
    }

    /// Side of the smallest square image that fits, up to 4096 pixels.
    pub fn minimum_input(&self) -> Option<usize> {
        let fits = |side: usize| self.infer([self.input[0], side, side]).is_ok();
        if !fits(LARGEST_SIDE) {
            return None;
        }
        let (mut small, mut large) = (0, LARGEST_SIDE);
        while large - small > 1 {
            let middle = usize::midpoint(small, large);
            if fits(middle) { large = middle } else { small = middle }
        }
        Some(large)
    }

    /// Checks everything: unique names, order, layers in themselves, shapes, outputs.
    ///
    /// # Errors
    /// The first thing that is wrong, by the layer's name.
    pub fn validate(&self) -> Result<(), NetworkError> {
        self.check_graph().map_err(|reason| self.graph_error(reason))?;
        let shapes = self.shapes()?;
        let heads = self.auxiliary.iter().map(|&(node, _)| node).chain([self.output]);
        for head in heads {
            if shapes[head] != Shape::Vector([self.classes]) {
                let reason = format!(
                    "is an output and should give {} values, not {}",
                    self.classes, shapes[head]
                );
                return Err(self.layer_error(head, reason));
            }
        }
        Ok(())
    }

    fn check_graph(&self) -> Result<(), String> {
        if self.classes == 0 || self.input.contains(&0) {
            return Err("needs at least one channel, pixel and output".into());
        }
        if !matches!(self.nodes.first(), Some(Node { layer: Layer::Input, .. })) {
            return Err("the first node must be the input".into());
        }
        let mut names = HashSet::new();
        if let Some(node) = self.nodes.iter().find(|node| !names.insert(node.name.as_str())) {
            return Err(format!("two layers are called `{}`", node.name));
        }
        let heads = self.auxiliary.iter().map(|&(node, _)| node).chain([self.output]);
        match heads.into_iter().find(|&head| head >= self.nodes.len()) {
            Some(head) => Err(format!("output {head} is not among its {} nodes", self.nodes.len())),
            None => Ok(()),
        }
    }

    fn infer(&self, input: [usize; 3]) -> Result<Vec<Shape>, (NodeId, Misfit)> {
        let mut shapes: Vec<Shape> = Vec::with_capacity(self.nodes.len());
        for (id, node) in self.nodes.iter().enumerate() {
            check_node(id, node).map_err(|reason| (id, Misfit::Wrong(reason)))?;
            let inputs: Vec<Shape> = node.inputs.iter().map(|&source| shapes[source]).collect();
            let shape = output_shape(&node.layer, &inputs, input)
                .and_then(|shape| bounded("output", shape.dims()).map(|()| shape))
                .map_err(|misfit| (id, misfit))?;
            shapes.push(shape);
        }
        Ok(shapes)
    }

    fn layer_error(&self, node: NodeId, reason: String) -> NetworkError {
        let layer = self.nodes[node].name.clone();
        NetworkError::Layer { network: self.name.clone(), layer, reason }
    }

    fn graph_error(&self, reason: String) -> NetworkError {
        NetworkError::Graph { network: self.name.clone(), reason }
    }
}

/// Refuses sizes that no machine holds, before anything multiplies them.
fn bounded(what: &str, dims: &[usize]) -> Result<(), Misfit> {
    let count = dims.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
    if count.is_some_and(|count| count <= LARGEST_COUNT) {
        return Ok(());
    }
    Err(Misfit::Wrong(format!("its {what} of {dims:?} values is too large")))
}

/// Checks of a node that need no shapes.
fn check_node(id: NodeId, node: &Node) -> Result<(), String> {
    if node.name.is_empty() {
        return Err(format!("node {id} has no name"));
    }
    if let Some(later) = node.inputs.iter().find(|&&source| source >= id) {
        return Err(format!("takes its input from node {later}, which does not stand before it"));
    }
    if !node.layer.arity().contains(&node.inputs.len()) {
        return Err(format!("has {} inputs", node.inputs.len()));
    }
    if (id == 0) != (node.layer == Layer::Input) {
        return Err("the input must be the first node and the only one of its kind".into());
    }
    check_layer(&node.layer)
}

fn check_layer(layer: &Layer) -> Result<(), String> {
    match *layer {
        Layer::PartialConv2d { ref connections, kernel } => {
            positive("kernel", &kernel)?;
            check_connections(connections)
        }
        Layer::LocalResponseNorm { size, alpha, beta, k } => {
            positive("number of channels", &[size])?;
            if alpha >= 0.0 && beta.is_finite() && k > 0.0 {
                return Ok(());
            }
            Err(format!("alpha {alpha} must not be negative and k {k} must be positive"))
        }
        Layer::Conv2d { out, kernel, stride, padding, dilation, groups, .. } => {
            check_padding(padding)?;
            positive("kernel", &kernel)?;
            positive("stride", &stride)?;
            positive("dilation", &dilation)?;
            positive("number of outputs and of groups", &[out, groups])?;
            if out % groups == 0 {
                Ok(())
            } else {
                Err(format!("{groups} groups do not divide {out} outputs"))
            }
        }
        Layer::MaxPool { kernel, stride, padding, .. }
        | Layer::AvgPool { kernel, stride, padding, .. } => {
            positive("window", &kernel)?;
            positive("stride", &stride)?;
            check_pool_padding(kernel, padding)
        }
        Layer::Subsample { kernel } => positive("window", &kernel),
        Layer::AdaptiveAvgPool { out } => positive("output size", &out),
        Layer::Linear { out, .. } | Layer::RadialBasis { out } => {
            positive("number of outputs", &[out])
        }
        Layer::Dropout { p } if !(0.0..1.0).contains(&p) => {
            Err(format!("the probability {p} is not at least 0 and below 1"))
        }
        Layer::BatchNorm { eps, momentum, .. }
            if !(eps > 0.0 && (0.0..=1.0).contains(&momentum)) =>
        {
            Err(format!("eps {eps} must be positive and momentum {momentum} between 0 and 1"))
        }
        _ => Ok(()),
    }
}

/// Every output map sees some of the inputs, none of them twice.
fn check_connections(connections: &[Vec<usize>]) -> Result<(), String> {
    positive("number of output maps", &[connections.len()])?;
    let wrong = |seen: &Vec<usize>| {
        let distinct: HashSet<&usize> = seen.iter().collect();
        seen.is_empty() || distinct.len() < seen.len()
    };
    match connections.iter().position(wrong) {
        Some(map) => Err(format!("output map {map} sees no input map, or one of them twice")),
        None => Ok(()),
    }
}

fn positive(what: &str, values: &[usize]) -> Result<(), String> {
    if values.iter().all(|&value| (1..=1 << 20).contains(&value)) {
        return Ok(());
    }
    Err(format!("the {what} {values:?} must be at least 1 and sensible"))
}

fn check_padding(padding: Padding) -> Result<(), String> {
    match padding {
        Padding::Explicit(sides) if sides.iter().any(|&side| side > 1 << 16) => {
            Err(format!("the padding {sides:?} is not sensible"))
        }
        _ => Ok(()),
    }
}

/// A window of padding alone would have no maximum and no mean.
fn check_pool_padding([height, width]: [usize; 2], padding: Padding) -> Result<(), String> {
    match padding {
        Padding::Explicit([above, left, below, right])
            if above.max(below) >= height || left.max(right) >= width =>
        {
            Err("the padding must be smaller than the window".into())
        }
        _ => Ok(()),
    }
}

fn output_shape(layer: &Layer, inputs: &[Shape], image: [usize; 3]) -> Result<Shape, Misfit> {
    match *layer {
        Layer::Input => Ok(Shape::Map(image)),
        Layer::Conv2d { out, kernel, stride, padding, dilation, groups, .. } => {
            let [channels, height, width] = map(inputs[0])?;
            if channels % groups != 0 {
                return Err(Misfit::Wrong(format!(
                    "{groups} groups do not divide {channels} channels"
                )));
            }
            bounded("kernel", &[out, channels / groups, kernel[0], kernel[1]])?;
            let size = [height, width];
            slid(out, size, slide(size, windows(kernel, stride, dilation, false), padding))
        }
        Layer::MaxPool { kernel, stride, padding, ceil }
        | Layer::AvgPool { kernel, stride, padding, ceil, .. } => {
            let [channels, height, width] = map(inputs[0])?;
            let size = [height, width];
            slid(channels, size, slide(size, windows(kernel, stride, [1, 1], ceil), padding))
        }
        Layer::Subsample { kernel } => {
            let [channels, height, width] = map(inputs[0])?;
            let size = [height, width];
            let windows = windows(kernel, kernel, [1, 1], false);
            slid(channels, size, slide(size, windows, Padding::all(0)))
        }
        Layer::PartialConv2d { ref connections, kernel } => {
            let [channels, height, width] = map(inputs[0])?;
            if let Some(absent) = connections.iter().flatten().find(|&&source| source >= channels) {
                let reason = format!("is connected to map {absent} of {channels}, counted from 0");
                return Err(Misfit::Wrong(reason));
            }
            let size = [height, width];
            let windows = windows(kernel, [1, 1], [1, 1], false);
            slid(connections.len(), size, slide(size, windows, Padding::all(0)))
        }
        Layer::GlobalMaxPool => map(inputs[0]).map(|[channels, ..]| Shape::Map([channels, 1, 1])),
        Layer::AdaptiveAvgPool { out: [height, width] } => {
            map(inputs[0]).map(|[channels, ..]| Shape::Map([channels, height, width]))
        }
        Layer::Flatten => map(inputs[0]).map(|dims| Shape::Vector([dims.iter().product()])),
        Layer::Linear { out, .. } | Layer::RadialBasis { out } => {
            bounded("matrix", &[out, vector(inputs[0])?])?;
            Ok(Shape::Vector([out]))
        }
        Layer::LocalResponseNorm { .. } => map(inputs[0]).map(Shape::Map),
        Layer::BatchNorm { .. } | Layer::Activation { .. } | Layer::Dropout { .. } => Ok(inputs[0]),
        Layer::Add => equal(inputs, "add"),
        Layer::Subtract => equal(inputs, "subtract"),
        Layer::Multiply => equal(inputs, "multiply"),
        Layer::Average => equal(inputs, "average"),
        Layer::Maximum => equal(inputs, "compare"),
        Layer::Dot => equal(inputs, "multiply").map(|shape| match shape {
            Shape::Map([_, height, width]) => Shape::Map([1, height, width]),
            Shape::Vector(_) => Shape::Vector([1]),
        }),
        Layer::Concat => concatenated(inputs),
    }
}

fn slid<T>(
    channels: usize,
    size: [usize; 2],
    out: Option<([usize; 2], T)>,
) -> Result<Shape, Misfit> {
    let ([height, width], _) = out.ok_or(Misfit::TooSmall(size))?;
    if height == 0 || width == 0 {
        return Err(Misfit::TooSmall(size));
    }
    Ok(Shape::Map([channels, height, width]))
}

fn map(shape: Shape) -> Result<[usize; 3], Misfit> {
    match shape {
        Shape::Map(dims) => Ok(dims),
        Shape::Vector(_) => Err(Misfit::Wrong("needs a map, and its input is a vector".into())),
    }
}

fn vector(shape: Shape) -> Result<usize, Misfit> {
    match shape {
        Shape::Vector([length]) => Ok(length),
        Shape::Map(_) => Err(Misfit::Wrong("needs a vector: flatten the map before it".into())),
    }
}

fn equal(inputs: &[Shape], verb: &str) -> Result<Shape, Misfit> {
    match inputs.iter().find(|&&shape| shape != inputs[0]) {
        Some(other) => Err(Misfit::Wrong(format!("cannot {verb} {} and {other}", inputs[0]))),
        None => Ok(inputs[0]),
    }
}

fn concatenated(inputs: &[Shape]) -> Result<Shape, Misfit> {
    if let Shape::Vector(_) = inputs[0] {
        let lengths = inputs.iter().map(|&shape| vector(shape));
        return Ok(Shape::Vector([lengths.sum::<Result<usize, Misfit>>()?]));
    }
    let [_, height, width] = map(inputs[0])?;
    let mut channels = 0;
    for &shape in inputs {
        let [more, h, w] = map(shape)?;
        if [h, w] != [height, width] {
            return Err(Misfit::Wrong(format!("cannot join {} and {shape}", inputs[0])));
        }
        channels += more;
    }
    Ok(Shape::Map([channels, height, width]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::builder::{Builder, conv, pool};

    /// Input of 1×8×8, one layer, flatten, dense.
    fn with(layer: Layer, inputs: &[NodeId]) -> Result<Network, NetworkError> {
        let mut b = Builder::new("test", [1, 8, 8], 2);
        let x = b.add_layer("layer", inputs, layer);
        let x = b.flatten("flatten", x);
        let logits = b.linear("fc", x, 2);
        b.finish(logits)
    }

    fn reason(result: Result<Network, NetworkError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn layers_that_contradict_themselves_are_named() {
        let convolution = |kernel, stride, groups| Layer::Conv2d {
            out: 4,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: Padding::all(0),
            dilation: [1; 2],
            groups,
            bias: false,
        };
        for (kernel, stride, groups) in [(0, 1, 1), (3, 0, 1), (3, 1, 3), (3, 1, 0)] {
            let reason = reason(with(convolution(kernel, stride, groups), &[0]));
            assert!(reason.starts_with("layer `layer` of test: "), "{reason}");
        }
        assert!(reason(with(convolution(3, 1, 2), &[0])).contains("2 groups do not divide 1"));
        assert!(with(convolution(3, 1, 1), &[0]).is_ok());
        assert!(with(Layer::Dropout { p: 1.0 }, &[0]).is_err());
        assert!(with(Layer::Dropout { p: f64::NAN }, &[0]).is_err());
        assert!(with(Layer::BatchNorm { eps: 0.0, momentum: 0.1, scale: true }, &[0]).is_err());
        let padding = Padding::all(2);
        let pool = Layer::MaxPool { kernel: [2; 2], stride: [2; 2], padding, ceil: false };
        assert!(reason(with(pool, &[0])).contains("padding must be smaller"));
    }

    #[test]
    fn graphs_that_are_none_are_refused() {
        assert!(reason(with(Layer::Flatten, &[])).contains("has 0 inputs"));
        assert!(reason(with(Layer::Flatten, &[5])).contains("does not stand before it"));
        assert!(reason(with(Layer::Add, &[0])).contains("has 1 inputs"));
        assert!(reason(with(Layer::Input, &[])).contains("the only one of its kind"));
        assert!(
            reason(with(Layer::Linear { out: 2, bias: true }, &[0])).contains("flatten the map")
        );
        let mut network = with(Layer::Dropout { p: 0.5 }, &[0]).unwrap();
        network.nodes[1].name = "fc".into();
        assert!(
            reason(network.validate().map(|()| network)).contains("two layers are called `fc`")
        );
    }

    #[test]
    fn sums_and_joins_need_equal_sizes() {
        let mut b = Builder::new("test", [2, 8, 8], 2);
        let x = b.input();
        let small = b.max_pool("pool", x, pool(2, 2));
        let joined = b.concat("join", &[x, small]);
        let x = b.flatten("flatten", joined);
        let logits = b.linear("fc", x, 2);
        let error = b.finish(logits).unwrap_err().to_string();
        assert_eq!(error, "layer `join` of test: cannot join 2×8×8 and 2×4×4");
    }

    #[test]
    fn outputs_must_have_the_classes() {
        let mut b = Builder::new("test", [1, 4, 4], 3);
        let x = b.flatten("flatten", 0);
        let logits = b.linear("fc", x, 2);
        let error = b.finish(logits).unwrap_err().to_string();
        assert!(error.contains("`fc`") && error.contains("should give 3 values, not 2"), "{error}");
    }

    #[test]
    fn monstrous_sizes_are_refused_before_anything_is_counted() {
        let huge = usize::MAX / 2;
        let linear = Layer::Linear { out: huge, bias: false };
        let mut network = with(Layer::Dropout { p: 0.0 }, &[0]).unwrap();
        network.nodes[3].layer = linear;
        assert!(network.validate().is_err());
        network.input = [huge, huge, huge];
        assert!(network.validate().is_err());
        let mut b = Builder::new("test", [1, 64, 64], 2);
        let x = b.conv("wide", 0, conv(1 << 20, 1));
        let x = b.conv("wider", x, conv(1 << 20, 64));
        let x = b.flatten("flatten", x);
        let logits = b.linear("fc", x, 2);
        assert!(b.finish(logits).unwrap_err().to_string().contains("too large"));
    }
}
