//! Trained weights for a network that is not quite theirs: which tensors fit, which are adapted,
//! and which begin anew, with a word on each.
//!
//! Another number of classes leaves the head as the network drew it; another number of bands
//! takes the first layer's kernels from those of the file. Tensors are matched by their names.

mod report;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::model::{HostTensor, StateDict, WrongShape};
use super::weights::Weights;
use super::{Layer, Network, NetworkError, NodeId, Role, TensorSpec};
pub use report::{Adapted, Report};

/// How kernels for other bands come from those of the file. Each band gets the same kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BandAdaptation {
    /// Their sum, shared among the bands: the same picture in all bands gives the response it
    /// gave before. For one band this is the sum of the kernels.
    #[default]
    Sum,
    /// Their mean for each band: the response grows with the number of bands.
    Mean,
}

/// What a file holds for a network.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Tensors with the network's names and shapes.
    pub state: StateDict,
    /// What became of which tensor.
    pub report: Report,
}

/// Beginnings of the names of torchvision's auxiliary classifiers.
const AUXILIARY: &[&str] = &["aux1", "aux2", "AuxLogits"];
/// PyTorch's counter of batches, which decides nothing here.
const COUNTER: &str = "num_batches_tracked";

/// Takes from a file what fits a network.
///
/// # Errors
/// Those of [`Network::shapes`].
pub fn transfer(
    network: &Network,
    weights: Weights,
    adaptation: BandAdaptation,
) -> Result<Transfer, NetworkError> {
    let specs = network.tensors()?;
    let (heads, first) = (network.heads(&specs), network.first_layers(&specs));
    let mut given = weights.state;
    let integers: Vec<String> = weights
        .listed
        .into_iter()
        .map(|listed| listed.name)
        .filter(|name| !given.contains_key(name))
        .collect();
    let mut report = Report {
        network: network.name.clone(),
        classes: network.classes,
        notes: weights.notes,
        tensors: specs.len(),
        ..Report::default()
    };
    let mut state = StateDict::new();
    for spec in specs {
        let Some(tensor) = given.remove(&spec.name) else {
            report.missing.push(spec.name);
            continue;
        };
        if tensor.shape == spec.shape {
            report.matched.push(spec.name.clone());
            state.insert(spec.name, tensor);
        } else if heads.contains(&spec.node) && differs_in(&tensor.shape, &spec.shape, 0) {
            report.replaced.push(wrong(spec, tensor.shape));
        } else if first.contains(&spec.node) && differs_in(&tensor.shape, &spec.shape, 1) {
            let (from, to) = (tensor.shape[1], spec.shape[1]);
            state.insert(spec.name.clone(), adapted(&tensor, to, adaptation));
            report.adapted.push(Adapted { name: spec.name, from, to, adaptation });
        } else {
            report.wrong_shape.push(wrong(spec, tensor.shape));
        }
    }
    sort_out(given.into_keys().chain(integers), &mut report);
    Ok(Transfer { state, report })
}

/// Names that the network has no tensor for: counters say nothing, auxiliary classifiers are left
/// out on purpose, the rest is unexpected.
fn sort_out(names: impl Iterator<Item = String>, report: &mut Report) {
    for name in names.filter(|name| !name.ends_with(COUNTER)) {
        let head = name.split('.').next().filter(|head| AUXILIARY.contains(head));
        if head.is_some() { report.auxiliary.push(name) } else { report.unexpected.push(name) }
    }
}

fn wrong(spec: TensorSpec, found: Vec<usize>) -> WrongShape {
    WrongShape { name: spec.name, expected: spec.shape, found }
}

/// Whether two shapes differ along this axis alone.
fn differs_in(a: &[usize], b: &[usize], axis: usize) -> bool {
    let same = |(index, (a, b)): (usize, (&usize, &usize))| index == axis || a == b;
    a.len() == b.len() && axis < a.len() && a.iter().zip(b).enumerate().all(same)
}

/// Kernels `[out, bands, height, width]` of kernels `[out, others, height, width]`.
fn adapted(given: &HostTensor, bands: usize, adaptation: BandAdaptation) -> HostTensor {
    let [out, others] = [given.shape[0], given.shape[1]];
    let area: usize = given.shape[2..].iter().product();
    let share = match adaptation {
        BandAdaptation::Sum => bands,
        BandAdaptation::Mean => others,
    };
    let mut values = Vec::with_capacity(out * bands * area);
    for kernels in given.values.chunks_exact((others * area).max(1)) {
        let mut sum = vec![0.0_f64; area];
        for kernel in kernels.chunks_exact(area) {
            sum.iter_mut().zip(kernel).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        for _ in 0..bands {
            values.extend(sum.iter().map(|sum| (sum / share as f64) as f32));
        }
    }
    let shape = [&[out, bands], &given.shape[2..]].concat();
    HostTensor { shape, values }
}

impl Network {
    /// The layers that give the classes: the last with weights before the output, and before each
    /// auxiliary output. `specs` are [`Network::tensors`].
    pub fn heads(&self, specs: &[TensorSpec]) -> BTreeSet<NodeId> {
        let outputs = self.auxiliary.iter().map(|&(node, _)| node).chain([self.output]);
        let weighted = weighted(specs);
        outputs.filter_map(|output| self.back_to(output, &weighted)).collect()
    }

    /// The convolutions that see the image, with nothing before them that has a kernel.
    fn first_layers(&self, specs: &[TensorSpec]) -> BTreeSet<NodeId> {
        let weighted = weighted(specs);
        let sees_image = |&node: &NodeId| {
            let source = self.nodes[node].inputs.first();
            let before = source.and_then(|&source| self.back_to(source, &weighted));
            matches!(self.nodes[node].layer, Layer::Conv2d { .. }) && before.is_none()
        };
        weighted.iter().copied().filter(sees_image).collect()
    }

    /// The node itself or the nearest before it that is one of these, along the first inputs.
    fn back_to(&self, node: NodeId, wanted: &BTreeSet<NodeId>) -> Option<NodeId> {
        let before = |&node: &NodeId| self.nodes[node].inputs.first().copied();
        std::iter::successors(Some(node), before).find(|node| wanted.contains(node))
    }
}

/// Nodes that have a kernel or matrix.
fn weighted(specs: &[TensorSpec]) -> BTreeSet<NodeId> {
    specs.iter().filter(|spec| spec.role == Role::Weight).map(|spec| spec.node).collect()
}

#[cfg(test)]
mod tests;
