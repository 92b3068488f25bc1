//! The flow of gradients: for each layer the norms of its gradient, of its step and of its weights, and
//! after each epoch histograms of its weights and of their gradient.
//!
//! Recorded at regular steps ([`every`]), at the price of a few sums over the weights. Plain numbers;
//! [`Watchdog`] says in words when gradients vanish or explode.

mod measure;
mod spread;
mod watchdog;

pub(super) use measure::{Measured, Meter, layer_of};
pub(super) use spread::Sampled;
pub use spread::{Quantity, SpreadRecord, by_layer};
pub use watchdog::{Change, Trouble, TroubleKind, Watchdog};

use crate::network::{Network, NetworkError, NodeId, Role};

/// Records of a whole run, about.
pub const RECORDS: usize = 400;

/// A layer with something to learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLayer {
    /// Name of the node, e.g. `layer1.0.conv1`.
    pub name: String,
    /// The node.
    pub node: NodeId,
    /// Whether it is a convolution or a dense layer, not a normalisation or a slope.
    pub has_kernel: bool,
    /// Values that learn.
    pub count: usize,
}

/// Norms of one layer over all its tensors; NaN where it does not learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerFlow {
    /// Of the gradient, before clipping.
    pub gradient: f32,
    /// Of the change that the step made.
    pub update: f32,
    /// Of the weights before the step.
    pub weight: f32,
}

/// The norms of all layers in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRecord {
    /// Steps done, from 1.
    pub step: usize,
    /// Position in epochs after the step.
    pub epoch: f64,
    /// In the order of [`layers`].
    pub layers: Vec<LayerFlow>,
}

impl LayerFlow {
    /// Of a layer that does not learn.
    pub const NONE: Self = Self { gradient: f32::NAN, update: f32::NAN, weight: f32::NAN };

    /// Gradient over weights: what share of itself a layer would change by at a rate of 1.
    pub fn relative_gradient(&self) -> f64 {
        ratio(self.gradient, self.weight)
    }

    /// Update over weights: what share of itself the step changed.
    pub fn relative_update(&self) -> f64 {
        ratio(self.update, self.weight)
    }
}

/// NaN over weights that are all zero.
fn ratio(part: f32, whole: f32) -> f64 {
    if whole > 0.0 { f64::from(part) / f64::from(whole) } else { f64::NAN }
}

/// The layers of a network that have something to learn, from the input on.
///
/// # Errors
/// Those of [`Network::shapes`].
pub fn layers(network: &Network) -> Result<Vec<FlowLayer>, NetworkError> {
    let mut layers: Vec<FlowLayer> = Vec::new();
    for spec in network.tensors()?.iter().filter(|spec| spec.role.is_trainable()) {
        let has_kernel = spec.role == Role::Weight;
        match layers.last_mut().filter(|layer| layer.node == spec.node) {
            Some(layer) => {
                layer.has_kernel |= has_kernel;
                layer.count += spec.count();
            }
            None => layers.push(FlowLayer {
                name: network.nodes[spec.node].name.clone(),
                node: spec.node,
                has_kernel,
                count: spec.count(),
            }),
        }
    }
    Ok(layers)
}

/// The distance between two recorded steps in a run of so many; the first step is one.
pub fn every(steps: usize) -> usize {
    steps.div_ceil(RECORDS).max(1)
}

/// Whether this step (from 1) is recorded.
pub fn is_recorded(step: usize, steps: usize) -> bool {
    step.saturating_sub(1).is_multiple_of(every(steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    #[test]
    fn layers_are_those_that_learn_from_the_input_on() {
        let network = architectures::build("resnet18", [3, 64, 64], 5).unwrap();
        let layers = layers(&network).unwrap();
        let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names[..3], ["conv1", "bn1", "layer1.0.conv1"]);
        assert_eq!((names.len(), names.last()), (41, Some(&"fc")));
        assert_eq!(layers.iter().filter(|layer| layer.has_kernel).count(), 21);
        assert_eq!(layers.iter().map(|layer| layer.count).sum::<usize>(), 11_179_077);
    }

    #[test]
    fn a_run_has_a_bounded_number_of_records() {
        for steps in [1, 24, 400, 401, 12_345, 1_000_000] {
            let records = (1..=steps).filter(|&step| is_recorded(step, steps)).count();
            assert!(records <= RECORDS && records >= steps.min(RECORDS / 2), "{steps}: {records}");
            assert!(is_recorded(1, steps));
        }
    }

    #[test]
    fn shares_of_nothing_are_not_numbers() {
        let flow = LayerFlow { gradient: 3.0, update: 0.5, weight: 2.0 };
        assert_eq!((flow.relative_gradient(), flow.relative_update()), (1.5, 0.25));
        assert!(LayerFlow { weight: 0.0, ..flow }.relative_gradient().is_nan());
        assert!(LayerFlow::NONE.relative_update().is_nan());
    }
}
