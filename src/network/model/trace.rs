//! Gradients with respect to what layers computed: the graph walked backwards, a node at a time.
//!
//! Training derives its loss by burn's own graph of gradients; there the gradients of values
//! inside the network are used up on the way. Here each node is a small graph of its own, so that
//! the gradient of any layer can be kept, and a ReLU can hand back another one than its own.
//! Weights are constants: the pass is that of evaluation.

use burn::tensor::{Gradients, Tensor, TensorData};

use super::execute::{Mode, take};
use super::{Model, Value};
use crate::kernels::relu;
use crate::network::NodeId;

/// Which number of the network is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// The node; the network's output for a class.
    pub node: NodeId,
    /// The channel or class. Of a map its mean is derived.
    pub channel: usize,
}

/// What a ReLU hands back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rectifiers {
    /// Its gradient.
    #[default]
    Plain,
    /// Its gradient where that is positive: guided backpropagation. Source: Springenberg et al.
    /// (2014), arXiv:1412.6806.
    Guided,
}

/// Values and gradients of layers for a batch. No tensor carries autodiff.
#[derive(Debug)]
pub struct Traced {
    /// What was derived, `[batch]`.
    pub score: Tensor<1>,
    /// All that the node of the aim computed.
    pub output: Value,
    /// Value of each layer asked for, and the gradient of each image's score by it.
    pub layers: Vec<(Value, Value)>,
}

impl Model {
    /// Derives a number of the network by what these layers computed, for each image of a batch
    /// `[batch, channels, height, width]`. The gradient is zero where the aim does not depend on
    /// a layer.
    ///
    /// # Panics
    /// When a node is not of this network, or the channel not of the node.
    pub fn trace(
        &self,
        images: Tensor<4>,
        layers: &[NodeId],
        aim: Aim,
        rectifiers: Rectifiers,
    ) -> Traced {
        let path = self.path(layers, aim.node);
        let mut kept = self.kept_values(images.inner(), layers, aim.node, &path);
        let output = kept[aim.node].clone().expect("the aim is kept");
        let mut gradients: Vec<Option<Value>> = vec![None; self.network.nodes.len()];
        gradients[aim.node] = Some(output.one_hot(aim.channel));
        for node in (1..=aim.node).rev().filter(|&node| path[node]) {
            let wanted = layers.contains(&node);
            let gradient = &mut gradients[node];
            let gradient = if wanted { gradient.clone() } else { gradient.take() };
            let Some(gradient) = gradient else { continue };
            let sources = &self.network.nodes[node].inputs;
            let inputs = sources.iter().map(|&source| kept[source].clone());
            let inputs: Option<Vec<Value>> = inputs.collect();
            let pulled = self.pull(node, inputs.expect("they are kept"), gradient, rectifiers);
            for (&source, more) in sources.iter().zip(pulled) {
                if let Some(more) = more.filter(|_| path[source] || layers.contains(&source)) {
                    let before = gradients[source].take();
                    gradients[source] = Some(before.map_or(more.clone(), |all| all.plus(more)));
                }
            }
        }
        let layers = layers.iter().map(|&layer| {
            let value = kept[layer].clone().expect("layers are kept");
            let gradient = gradients[layer].clone().unwrap_or_else(|| value.zeros());
            (value, gradient)
        });
        let layers = layers.collect();
        kept.clear();
        Traced { score: output.score(aim.channel), output, layers }
    }

    /// For each node whether gradients must pass it on the way from the target to the layers.
    fn path(&self, layers: &[NodeId], target: NodeId) -> Vec<bool> {
        let needed = self.network.ancestors(target);
        let mut path = vec![false; self.network.nodes.len()];
        for node in 1..self.network.nodes.len() {
            let sources = &self.network.nodes[node].inputs;
            let leads = |source: &NodeId| path[*source] || layers.contains(source);
            path[node] = needed[node] && sources.iter().any(leads);
        }
        path
    }

    /// The values of the forward pass that the way back reads, and those of the layers.
    fn kept_values(
        &self,
        images: Tensor<4>,
        layers: &[NodeId],
        target: NodeId,
        path: &[bool],
    ) -> Vec<Option<Value>> {
        let on_path = (0..self.network.nodes.len()).filter(|&node| path[node]);
        let read = on_path.flat_map(|node| self.network.nodes[node].inputs.iter().copied());
        let mut wanted: Vec<NodeId> = layers.iter().copied().chain([target]).chain(read).collect();
        wanted.sort_unstable();
        wanted.dedup();
        // A value that is wanted twice is never changed in place by the layer that reads it.
        let mut uses = self.uses(&wanted);
        let mut values: Vec<Option<Value>> = vec![None; self.network.nodes.len()];
        values[0] = Some(Value::Map(images));
        for node in 1..self.network.nodes.len() {
            if uses[node] > 0 {
                let sources = self.network.nodes[node].inputs.iter();
                let inputs = sources.map(|&source| take(&mut values, &mut uses, source));
                let inputs = inputs.collect();
                values[node] = Some(self.apply(node, inputs, false, &mut Mode::inference()));
            }
        }
        values
    }

    /// The gradients of a node's inputs from that of its output.
    fn pull(
        &self,
        node: NodeId,
        inputs: Vec<Value>,
        gradient: Value,
        rectifiers: Rectifiers,
    ) -> Vec<Option<Value>> {
        let guided = rectifiers == Rectifiers::Guided && self.is_rectifier(node);
        let gradient = if guided { gradient.rectified() } else { gradient };
        let leaves: Vec<Value> = inputs.into_iter().map(Value::leaf).collect();
        let output = self.apply(node, leaves.clone(), false, &mut Mode::inference());
        let Some(mut gradients) = output.backward(gradient) else {
            return leaves.iter().map(|_| None).collect();
        };
        leaves.into_iter().map(|leaf| leaf.gradient(&mut gradients)).collect()
    }
}

impl Value {
    /// Itself as the leaf of a graph of gradients.
    fn leaf(self) -> Self {
        match self {
            Self::Map(x) => Self::Map(x.autodiff().require_grad()),
            Self::Vector(x) => Self::Vector(x.autodiff().require_grad()),
        }
    }

    /// The gradients of the sum of its products with these; `None` where nothing is derived.
    fn backward(self, gradient: Self) -> Option<Gradients> {
        let sum = match (self, gradient) {
            (Self::Map(x), Self::Map(g)) => x.is_tracked().then(|| (x * g).sum()),
            (x, g) => {
                let (x, g) = (x.into_vector(), g.into_vector());
                x.is_tracked().then(|| (x * g).sum())
            }
        };
        sum.map(|sum| sum.backward())
    }

    fn gradient(&self, gradients: &mut Gradients) -> Option<Self> {
        match self {
            Self::Map(x) => x.grad_remove(gradients).map(Self::Map),
            Self::Vector(x) => x.grad_remove(gradients).map(Self::Vector),
        }
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Map(x), Self::Map(y)) => Self::Map(x + y),
            (x, y) => Self::Vector(x.into_vector() + y.into_vector()),
        }
    }

    fn rectified(self) -> Self {
        match self {
            Self::Map(x) => Self::Map(relu(x)),
            Self::Vector(x) => Self::Vector(relu(x)),
        }
    }

    fn zeros(&self) -> Self {
        match self {
            Self::Map(x) => Self::Map(x.zeros_like()),
            Self::Vector(x) => Self::Vector(x.zeros_like()),
        }
    }

    /// The gradient of [`Value::score`].
    fn one_hot(&self, channel: usize) -> Self {
        match self {
            Self::Map(x) => {
                let [_, channels, height, width] = x.dims();
                let hot = hot(channels, channel, 1.0 / (height * width) as f32);
                let hot = Tensor::<1>::from_data(hot, &x.device()).reshape([1, channels, 1, 1]);
                Self::Map(hot.expand(x.dims()))
            }
            Self::Vector(x) => {
                let [_, channels] = x.dims();
                let hot = Tensor::<1>::from_data(hot(channels, channel, 1.0), &x.device());
                Self::Vector(hot.reshape([1, channels]).expand(x.dims()))
            }
        }
    }

    /// The mean of a channel for each image, `[batch]`.
    fn score(&self, channel: usize) -> Tensor<1> {
        match self {
            Self::Map(x) => {
                let batch = x.dims()[0];
                x.clone().narrow(1, channel, 1).mean_dim(3).mean_dim(2).reshape([batch])
            }
            Self::Vector(x) => {
                let batch = x.dims()[0];
                x.clone().narrow(1, channel, 1).reshape([batch])
            }
        }
    }
}

fn hot(count: usize, at: usize, value: f32) -> TensorData {
    let mut values = vec![0.0; count];
    values[at] = value;
    TensorData::new(values, [count])
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;
    use crate::network::Network;
    use crate::network::builder::Builder;

    fn image(shape: [usize; 4]) -> Vec<f32> {
        (0..shape.iter().product()).map(|i| (i as f32 * 0.37).sin()).collect()
    }

    fn tensor(values: &[f32], shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn numbers(value: &Value) -> Vec<f32> {
        match value {
            Value::Map(x) => x.clone().try_into_vec_as().unwrap(),
            Value::Vector(x) => x.clone().try_into_vec_as().unwrap(),
        }
    }

    /// The gradient of a class by the input against differences of the plain forward pass.
    #[test]
    fn the_gradient_of_the_input_equals_finite_differences() {
        // GoogLeNet's gradients vanish with the weights that it begins with; those of formula weights
        // are compared with PyTorch's (`explain::attribution`).
        for (name, side) in [("simple-cnn", 32), ("lenet5", 32), ("resnet18", 32)] {
            let network = architectures::build(name, [3, side, side], 3).unwrap();
            let model = Model::new(&network, 3, &Device::flex()).unwrap();
            let shape = [1, 3, side, side];
            let values = image(shape);
            let aim = Aim { node: network.output, channel: 1 };
            let traced = model.trace(tensor(&values, shape), &[0], aim, Rectifiers::Plain);
            let gradient = numbers(&traced.layers[0].1);
            let logit = |values: &[f32]| -> f64 {
                let logits = model.forward(tensor(values, shape));
                f64::from(logits.try_into_vec_as::<f32>().unwrap()[1])
            };
            let score = traced.score.try_into_vec_as::<f32>().unwrap()[0];
            assert!((f64::from(score) - logit(&values)).abs() < 1e-4 * f64::from(score.abs()));
            // Along the gradient itself, where rounding matters least.
            let length = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>();
            let step = 0.05 / length.sqrt();
            let moved = |by: f64| -> Vec<f32> {
                let pairs = values.iter().zip(&gradient);
                pairs.map(|(v, g)| (f64::from(*v) + by * f64::from(*g)) as f32).collect()
            };
            let slope = (logit(&moved(step)) - logit(&moved(-step))) / (2.0 * step);
            assert!((slope - length).abs() < 0.05 * length, "{name}: {slope} for {length}");
        }
    }

    fn two_ways() -> Network {
        let mut b = Builder::new("two-ways", [1, 1, 2], 1);
        let x = b.input();
        let a = b.relu("a", x);
        let product = b.add_layer("product", &[a, x], crate::network::Layer::Multiply);
        let sum = b.add("sum", [product, a]);
        let flat = b.flatten("flatten", sum);
        let logits = b.linear("fc", flat, 1);
        b.finish(logits).unwrap()
    }

    /// y = w · (relu(x)·x + relu(x)): for x > 0 the derivative is w (2x + 1), else 0.
    #[test]
    fn gradients_of_several_ways_are_added() {
        let network = two_ways();
        let mut model = Model::new(&network, 1, &Device::flex()).unwrap();
        model.parameters_mut()[0].set(vec![2.0, 5.0], &Device::flex()).unwrap();
        let aim = Aim { node: network.output, channel: 0 };
        let images = tensor(&[3.0, -1.0, -2.0, 4.0], [2, 1, 1, 2]);
        let layers = [0, network.find("a").unwrap()];
        let traced = model.trace(images, &layers, aim, Rectifiers::Plain);
        assert_eq!(numbers(&traced.layers[0].1), [14.0, 0.0, 0.0, 45.0]);
        // By relu(x) alone: w (x + 1).
        assert_eq!(numbers(&traced.layers[1].1), [8.0, 0.0, -2.0, 25.0]);
    }

    /// A negative gradient does not pass a guided ReLU.
    #[test]
    fn guided_rectifiers_hold_back_negative_gradients() {
        let mut b = Builder::new("guided", [1, 1, 2], 1);
        let x = b.input();
        let x = b.relu("relu", x);
        let x = b.flatten("flatten", x);
        let logits = b.linear("fc", x, 1);
        let network = b.finish(logits).unwrap();
        let mut model = Model::new(&network, 1, &Device::flex()).unwrap();
        model.parameters_mut()[0].set(vec![-2.0, 5.0], &Device::flex()).unwrap();
        let aim = Aim { node: network.output, channel: 0 };
        let by = |rectifiers| {
            let images = tensor(&[1.0, 1.0], [1, 1, 1, 2]);
            numbers(&model.trace(images, &[0], aim, rectifiers).layers[0].1)
        };
        assert_eq!(by(Rectifiers::Plain), [-2.0, 5.0]);
        assert_eq!(by(Rectifiers::Guided), [0.0, 5.0]);
    }

    #[test]
    fn a_channel_inside_is_derived_by_its_mean_and_nothing_behind_it_counts() {
        let network = architectures::build("simple-cnn", [3, 32, 32], 2).unwrap();
        let model = Model::new(&network, 3, &Device::flex()).unwrap();
        let conv = network.find("block1.conv").unwrap();
        let aim = Aim { node: conv, channel: 2 };
        let shape = [2, 3, 32, 32];
        let layers = [conv, network.output];
        let traced = model.trace(tensor(&image(shape), shape), &layers, aim, Rectifiers::Plain);
        let (value, gradient) = &traced.layers[0];
        let (values, gradients) = (numbers(value), numbers(gradient));
        let area = 32 * 32;
        let mean = values[2 * area..3 * area].iter().sum::<f32>() / area as f32;
        let score: Vec<f32> = traced.score.try_into_vec_as().unwrap();
        assert!((score[0] - mean).abs() < 1e-5 && score.len() == 2);
        assert!((gradients[2 * area] - 1.0 / area as f32).abs() < 1e-9 && gradients[0] == 0.0);
        assert!(numbers(&traced.layers[1].1).iter().all(|g| *g == 0.0));
    }
}
