//! Taking the norms on the device, where the gradient and the update are anyway.

use burn::tensor::Tensor;

use super::{FlowLayer, LayerFlow};
use crate::kernels::square_sum;
use crate::network::model::Parameter;

/// Sums of squares of one step, still on the device.
pub(in crate::train) struct Measured {
    /// The parameters that took part, by their place in the model.
    parameters: Vec<usize>,
    /// Gradient, update and weight of each, `[3 · n]`.
    pub(in crate::train) squares: Tensor<1>,
}

/// Collects the sums of squares of a step.
#[derive(Default)]
pub(in crate::train) struct Meter {
    parameters: Vec<usize>,
    squares: Vec<Tensor<1>>,
}

impl Meter {
    /// Takes in a parameter (by its place in the model): the sum of squares of its gradient, and
    /// its values before and after the step.
    pub(in crate::train) fn add(
        &mut self,
        parameter: usize,
        gradient: Tensor<1>,
        before: &Tensor<1>,
        after: Tensor<1>,
    ) {
        let update = after - before.clone();
        self.parameters.push(parameter);
        self.squares.extend([gradient, square_sum(&update), square_sum(before)]);
    }

    /// All of them as one vector; `None` when nothing learned.
    pub(in crate::train) fn finish(self) -> Option<Measured> {
        let Self { parameters, squares } = self;
        (!squares.is_empty()).then(|| Measured { parameters, squares: Tensor::cat(squares, 0) })
    }
}

impl Measured {
    /// The norms of all layers from the sums of squares on the processor; `layer_of` gives the
    /// layer of each parameter.
    pub(in crate::train) fn norms(
        &self,
        squares: &[f32],
        layer_of: &[Option<usize>],
        layers: usize,
    ) -> Vec<LayerFlow> {
        let mut sums: Vec<Option<[f64; 3]>> = vec![None; layers];
        for (&parameter, squares) in self.parameters.iter().zip(squares.chunks_exact(3)) {
            let Some(layer) = layer_of.get(parameter).copied().flatten() else { continue };
            let sum = sums[layer].get_or_insert_default();
            sum.iter_mut().zip(squares).for_each(|(sum, square)| *sum += f64::from(*square));
        }
        let norms = |sum: Option<[f64; 3]>| {
            sum.map_or(LayerFlow::NONE, |sum| {
                let [gradient, update, weight] = sum.map(|sum| sum.sqrt() as f32);
                LayerFlow { gradient, update, weight }
            })
        };
        sums.into_iter().map(norms).collect()
    }
}

/// For each parameter of a model the layer that it belongs to.
pub(in crate::train) fn layer_of(
    parameters: &[Parameter],
    layers: &[FlowLayer],
) -> Vec<Option<usize>> {
    let place = |parameter: &Parameter| {
        let (layer, _) = parameter.name().rsplit_once('.')?;
        layers.iter().position(|known| known.name == layer)
    };
    parameters.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Transaction};

    use super::super::layers;
    use super::*;
    use crate::network::builder::Builder;
    use crate::network::model::{HostTensor, Model, StateDict};
    use crate::network::{Layer, Network};
    use crate::train::inputs::Images;
    use crate::train::learner::Learner;
    use crate::train::loss::Criterion;
    use crate::train::predict::read_all;
    use crate::train::{Loss, Optimizer, Plan};

    /// Two dense layers of two values without biases.
    fn network() -> Network {
        let mut b = Builder::new("tiny", [2, 1, 1], 2);
        let x = b.input();
        let x = b.flatten("flatten", x);
        let x = b.linear("one", x, 2);
        let x = b.linear("two", x, 2);
        let mut network = b.finish(x).unwrap();
        for node in &mut network.nodes {
            if let Layer::Linear { bias, .. } = &mut node.layer {
                *bias = false;
            }
        }
        network
    }

    /// The norms of a step on x = (1, 2), class 0, with W₁ = 1 and W₂ = diag(2, 1), at a rate of 0.1.
    fn norms(plan: &Plan) -> Vec<LayerFlow> {
        let network = network();
        let mut model = Model::new(&network, 0, &Device::flex()).unwrap();
        let tensor = |values: [f32; 4]| HostTensor { shape: vec![2, 2], values: values.to_vec() };
        let state = StateDict::from([
            ("one.weight".to_owned(), tensor([1.0, 0.0, 0.0, 1.0])),
            ("two.weight".to_owned(), tensor([2.0, 0.0, 0.0, 1.0])),
        ]);
        assert!(model.load_state(&state).unwrap().is_exact());
        let layers = layers(&network).unwrap();
        let layer_of = layer_of(model.parameters(), &layers);
        let mut learner = Learner::new(model, plan).unwrap();
        learner.measures = true;
        let criterion = Criterion::new(Loss::CrossEntropy, 0.0, vec![1.0; 2]);
        let images = Images::Drawn(vec![1.0, 2.0], [1, 2, 1, 1]);
        let learned = learner.learn(&criterion, images, &[0], 0.1, (0, 0));
        let measured = learned.flow.unwrap();
        let squares = Transaction::default().register(measured.squares.clone());
        measured.norms(&read_all(squares).unwrap()[0], &layer_of, layers.len())
    }

    fn plan() -> Plan {
        let optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false };
        Plan { optimizer, weight_decay: 0.0, ..Plan::default() }
    }

    fn close(found: f32, expected: f64) {
        assert!((f64::from(found) - expected).abs() < 1e-5, "{found} is not {expected}");
    }

    /// By hand: both logits are 2, so that p = (½, ½) and δ = (−½, ½). ∂W₂ = δ ⊗ (1, 2) has the
    /// norm √2.5; W₂ᵀδ = (−1, ½) and ∂W₁ = (−1, ½) ⊗ (1, 2) has the norm 2.5.
    #[test]
    fn norms_of_two_layers_by_hand() {
        let [one, two] = norms(&plan()).try_into().unwrap();
        close(one.gradient, 2.5);
        close(one.update, 0.25);
        close(one.weight, 2.0_f64.sqrt());
        close(two.gradient, 2.5_f64.sqrt());
        close(two.update, 0.1 * 2.5_f64.sqrt());
        close(two.weight, 5.0_f64.sqrt());
    }

    /// Clipping shows in the update, not in the gradient; a frozen layer has neither.
    #[test]
    fn clipped_and_frozen_layers() {
        let clipped = norms(&Plan { clip_norm: 1.0, ..plan() });
        close(clipped[0].gradient, 2.5);
        close(clipped[0].update, 0.25 / 8.75_f64.sqrt());
        let frozen = norms(&Plan { freeze: vec!["one".into()], ..plan() });
        assert!(frozen[0].gradient.is_nan() && frozen[0].weight.is_nan());
        close(frozen[1].gradient, 2.5_f64.sqrt());
    }
}
