//! A step on one device, and on several: each takes a piece of the batch with the same weights, and the
//! gradients are added on the first, as if it had taken the whole.
//!
//! What differs from one device: batch normalisation sees the pieces one by one (as PyTorch's
//! `DistributedDataParallel` does), the moving statistics are those of the first piece, and dropout
//! draws otherwise. burn launches work without waiting for it, so graphics cards compute at once;
//! on the processor the pieces take turns.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::loss::{Criterion, Targets};
use crate::network::model::Model;

/// What a batch gives, on the first device and without autodiff.
pub(super) struct Sum {
    /// For each tensor of the model, where it learns and took part.
    pub(super) gradients: Vec<Option<Tensor<1>>>,
    /// Loss of the main output, `[1]`.
    pub(super) loss: Tensor<1>,
    /// `[batch, classes]`
    pub(super) logits: Tensor<2>,
}

/// Forward and backward on one device, of the loss of all classifiers times a factor; the loss that
/// comes back is without it.
pub(super) fn differentiate(
    model: &mut Model,
    images: Tensor<4>,
    (criterion, targets): (&Criterion, &Targets),
    draw: (u64, u64),
    factor: f64,
) -> Sum {
    let mut seen = None;
    let gradients = model.differentiate(images, draw, |output| {
        let logits = output.logits.clone().inner();
        let main = criterion.mean(output.logits, targets);
        seen = Some((main.clone().inner(), logits));
        let total = output.auxiliary.into_iter().fold(main, |sum, (weight, head)| {
            sum + criterion.mean(head, targets).mul_scalar(weight)
        });
        if factor == 1.0 { total } else { total.mul_scalar(factor) }
    });
    let (loss, logits) = seen.expect("the loss is asked for once");
    Sum { gradients, loss, logits }
}

/// Forward and backward on all devices; the others first take the weights of the first.
pub(super) fn learn(
    (first, others): (&mut Model, &mut [Model]),
    criterion: &Criterion,
    (images, shape): (&[f32], [usize; 4]),
    labels: &[usize],
    (seed, step): (u64, u64),
    factor: f64,
) -> Sum {
    let home = first.device().clone();
    let ranges = pieces(labels.len(), others.len() + 1);
    for other in others.iter_mut() {
        other.follow(first);
    }
    let image_length = images.len() / labels.len().max(1);
    let models = std::iter::once(first).chain(others);
    let mut done: Vec<(Sum, f64)> = Vec::new();
    for (number, (model, range)) in models.zip(&ranges).enumerate() {
        let values = &images[range.start * image_length..range.end * image_length];
        let own = &labels[range.clone()];
        let shape = [own.len(), shape[1], shape[2], shape[3]];
        let batch = Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), model.device());
        // Another draw of dropout for each piece.
        let seed = seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let share = criterion.weight_of(own) / criterion.weight_of(labels);
        let targets = criterion.targets(own, model.device());
        let what = (criterion, &targets);
        done.push((differentiate(model, batch, what, (seed, step), factor * share), share));
    }
    let mut sum: Vec<Option<Tensor<1>>> = Vec::new();
    let (mut loss, mut logits) = (None, Vec::new());
    for (piece, share) in done {
        let own = piece.gradients.into_iter();
        let own = own.map(|gradient| gradient.map(|gradient| gradient.to_device(&home)));
        sum = if sum.is_empty() {
            own.collect()
        } else {
            sum.into_iter().zip(own).map(add).collect()
        };
        let part = piece.loss.to_device(&home).mul_scalar(share);
        loss = Some(loss.map_or_else(|| part.clone(), |loss: Tensor<1>| loss + part.clone()));
        logits.push(piece.logits.to_device(&home));
    }
    let loss = loss.unwrap_or_else(|| Tensor::zeros([1], &home));
    Sum { gradients: sum, loss, logits: Tensor::cat(logits, 0) }
}

fn add(pair: (Option<Tensor<1>>, Option<Tensor<1>>)) -> Option<Tensor<1>> {
    match pair {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// Equal pieces of a batch, of two images at least where there are so many: batch normalisation
/// has no variance of one.
fn pieces(images: usize, devices: usize) -> Vec<Range<usize>> {
    let count = devices.min(images / 2).max(1);
    (0..count).map(|k| images * k / count..images * (k + 1) / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::inputs::Images;
    use crate::train::journal::{Checkpoint, Position};
    use crate::train::learner::Learner;
    use crate::train::{ClassWeights, Plan};
    use burn::tensor::Device;

    /// A factor of the loss that float16 does not bear is halved until it does, and the step is made.
    #[test]
    fn a_pass_that_overflows_is_made_anew() {
        let flex = Device::flex();
        let network = crate::architectures::build("lenet5", [1, 32, 32], 3).unwrap();
        let plan = Plan { precision: crate::network::Precision::F16, ..Plan::default() };
        let model = Model::new(&network, 5, &flex).unwrap();
        let mut learner = Learner::new(model, &plan).unwrap();
        let first = learner.checkpoint(&Position::default()).unwrap();
        let large = Position { loss_scale: 16_777_216.0, ..first.position.clone() };
        learner.restore(Checkpoint { position: large, ..first.clone() }).unwrap();
        let criterion = Criterion::new(plan.loss, 0.1, vec![1.0; 3]);
        let images = (0..4 * 1024).map(|k| (k as f32 * 0.37).sin()).collect();
        let images = Images::Drawn(images, [4, 1, 32, 32]);
        let learned = learner.learn(&criterion, images, &[0, 1, 2, 0], 0.01, (1, 0));
        let norm = learned.norm.into_scalar::<f32>();
        assert!(norm.is_finite() && norm > 0.0, "{norm}");
        let after = learner.checkpoint(&Position::default()).unwrap();
        let scale = after.position.loss_scale;
        assert!((1024.0..16_777_216.0).contains(&scale), "{scale}");
        assert_ne!(after.model, first.model);
    }

    #[test]
    fn pieces_cover_the_batch() {
        assert_eq!(pieces(8, 3), [0..2, 2..5, 5..8]);
        assert_eq!(pieces(3, 4).len(), 1);
        assert_eq!(pieces(1, 2).len(), 1);
    }

    /// Losses and a weight of a few steps on so many devices, which are all the processor.
    fn train(devices: usize) -> (Vec<f32>, Vec<f32>) {
        let flex = Device::flex();
        let network = crate::architectures::build("lenet5", [1, 32, 32], 3).unwrap();
        let plan = Plan { class_weights: ClassWeights::None, ..Plan::default() };
        let model = Model::new(&network, 5, &flex).unwrap();
        let mut learner = Learner::new(model, &plan).unwrap();
        learner.share(&vec![flex; devices - 1]);
        let criterion = Criterion::new(plan.loss, 0.1, vec![1.0, 2.0, 0.5]);
        let labels: Vec<usize> = (0..7).map(|k| k % 3).collect();
        let mut losses = Vec::new();
        for step in 0..3 {
            let wave = |k: usize| ((k + 31 * step) as f32 * 0.37).sin();
            let images: Vec<f32> = (0..7 * 32 * 32).map(wave).collect();
            let images = Images::Drawn(images, [7, 1, 32, 32]);
            let learned = learner.learn(&criterion, images, &labels, 0.01, (1, step as u64));
            losses.extend(learned.loss.into_data().try_into_vec::<f32>().unwrap());
        }
        let weight = learner.model.parameters()[0].value();
        (losses, weight.into_data().try_into_vec().unwrap())
    }

    #[test]
    fn two_devices_learn_what_one_does_with_the_whole_batch() {
        let (losses, weight) = train(1);
        assert!(losses[0] != losses[2]);
        for devices in [2, 3] {
            let (shared, shared_weight) = train(devices);
            let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(close(&losses, &shared), "{losses:?} {shared:?}");
            assert!(close(&weight, &shared_weight));
        }
    }
}
