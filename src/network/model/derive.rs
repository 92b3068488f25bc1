//! Gradients of a loss, from one pass that keeps all values or in segments that are computed again.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use burn::tensor::{FloatDType, Tensor};

use super::execute::{Mode, Value};
use super::{Model, TrainOutput};
use crate::network::NodeId;

/// Nodes between two cuts.
struct Segment {
    /// The node whose value it begins with.
    start: NodeId,
    /// The classifiers in it, and behind them the cut that ends it.
    targets: Vec<NodeId>,
    /// The nodes it computes.
    nodes: RangeInclusive<NodeId>,
}

impl Model {
    /// Lets training keep only a few values and compute the others again on the way back
    /// ([`crate::network::Network::segments`]): less memory, a forward pass more a step. The
    /// gradients are the same up to rounding.
    pub fn set_recompute(&mut self, recompute: bool) {
        let shapes = self.network.shapes().ok().filter(|_| recompute);
        self.cuts = shapes.map_or_else(Vec::new, |shapes| self.network.segments(&shapes).cuts);
    }

    /// A training pass as [`Model::forward_train`], and the gradients of what `loss` makes of its
    /// output: for each of [`Model::parameters`] a vector `[n]` of 32 bits, where it learns and took
    /// part.
    pub fn differentiate(
        &mut self,
        images: Tensor<4>,
        (seed, step): (u64, u64),
        loss: impl FnOnce(TrainOutput) -> Tensor<1>,
    ) -> Vec<Option<Tensor<1>>> {
        if !self.cuts.is_empty() {
            return self.differentiate_in_segments(images, (seed, step), loss);
        }
        let mut gradients = loss(self.forward_train(images, seed, step)).backward();
        self.parameters.iter().map(|parameter| parameter.gradient(&mut gradients)).collect()
    }

    fn differentiate_in_segments(
        &mut self,
        images: Tensor<4>,
        draw: (u64, u64),
        loss: impl FnOnce(TrainOutput) -> Tensor<1>,
    ) -> Vec<Option<Tensor<1>>> {
        let segments = self.cut_segments();
        let (begins, heads) = self.pass_through(&segments, images, draw);
        let mut slopes = self.slopes_of_heads(heads, loss);
        let mut all: Vec<Option<Tensor<1>>> = vec![None; self.parameters.len()];
        let mut behind: Option<Tensor<4>> = None;
        for (segment, begin) in segments.iter().zip(begins).rev() {
            let last = self.ranges[*segment.nodes.end()].end;
            if !self.parameters[..last].iter().any(super::Parameter::learns) {
                break;
            }
            let begin = begin.autodiff();
            // The first begins with the images.
            let begin = if segment.start > 0 { begin.require_grad() } else { begin };
            let mut mode = Mode::train(draw, self.precision, true);
            let start = (segment.start, Value::Map(begin.clone()));
            let values = self.run_from(start, &segment.targets, &mut mode);
            let pulled =
                segment.targets.iter().zip(values).filter_map(|(target, value)| match value {
                    Value::Vector(value) => Some((full(value) * slopes.remove(target)?).sum()),
                    Value::Map(value) => Some((full(value) * full(behind.take()?)).sum()),
                });
            let Some(total) = pulled.reduce(|a, b| a + b) else { continue };
            let mut gradients = total.backward();
            behind = begin.grad_remove(&mut gradients);
            let own = self.ranges[*segment.nodes.start()].start..last;
            for (slot, parameter) in all[own.clone()].iter_mut().zip(&self.parameters[own]) {
                *slot = parameter.gradient(&mut gradients);
            }
        }
        all
    }

    /// The segments between the cuts.
    fn cut_segments(&self) -> Vec<Segment> {
        let heads: Vec<NodeId> = self.network.auxiliary.iter().map(|&(node, _)| node).collect();
        let last = self.network.nodes.len() - 1;
        let starts = std::iter::once(&0).chain(&self.cuts);
        let ends = self.cuts.iter().chain([&last]);
        let segment = |(&start, &end): (&NodeId, &NodeId)| {
            let nodes = start + 1..=end;
            let heads = heads.iter().chain([&self.network.output]).copied();
            let mut targets: Vec<NodeId> = heads.filter(|head| nodes.contains(head)).collect();
            targets.extend(self.cuts.contains(&end).then_some(end));
            Segment { start, targets, nodes }
        };
        starts.zip(ends).map(segment).collect()
    }

    /// The forward pass: the map that each segment begins with, and the logits of all classifiers.
    fn pass_through(
        &mut self,
        segments: &[Segment],
        images: Tensor<4>,
        draw: (u64, u64),
    ) -> (Vec<Tensor<4>>, BTreeMap<NodeId, Tensor<2>>) {
        let mut mode = Mode::train(draw, self.precision, false);
        let (mut begins, mut heads) = (Vec::new(), BTreeMap::new());
        let mut begin = images.inner();
        for segment in segments {
            begins.push(begin.clone());
            let start = (segment.start, Value::Map(begin.clone()));
            let values = self.run_from(start, &segment.targets, &mut mode);
            for (&target, value) in segment.targets.iter().zip(values) {
                match value {
                    Value::Vector(logits) => drop(heads.insert(target, full(logits))),
                    Value::Map(map) => begin = map,
                }
            }
        }
        self.advance_statistics(mode.into_statistics());
        (begins, heads)
    }

    /// Gradients of the loss by the logits of each classifier.
    fn slopes_of_heads(
        &self,
        heads: BTreeMap<NodeId, Tensor<2>>,
        loss: impl FnOnce(TrainOutput) -> Tensor<1>,
    ) -> BTreeMap<NodeId, Tensor<2>> {
        let leaf = |(node, logits): (NodeId, Tensor<2>)| (node, logits.autodiff().require_grad());
        let leaves: BTreeMap<NodeId, Tensor<2>> = heads.into_iter().map(leaf).collect();
        let auxiliary = self.network.auxiliary.iter();
        let output = TrainOutput {
            logits: leaves[&self.network.output].clone(),
            auxiliary: auxiliary.map(|&(node, weight)| (weight, leaves[&node].clone())).collect(),
        };
        let mut gradients = loss(output).backward();
        let slope =
            |(node, leaf): (NodeId, Tensor<2>)| Some((node, leaf.grad_remove(&mut gradients)?));
        leaves.into_iter().filter_map(slope).collect()
    }
}

/// In 32 bits.
pub(super) fn full<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    tensor.cast(FloatDType::F32)
}
