//! A step on several devices: each takes a piece of the batch with the same weights, and the
//! gradients are added on the first, as if it had taken the whole.
//!
//! What differs from one device: batch normalisation sees the pieces one by one (as PyTorch's
//! `DistributedDataParallel` does), the moving statistics are those of the first piece, and dropout
//! draws otherwise. burn launches work without waiting for it, so graphics cards compute at once;
//! on the processor the pieces take turns.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::loss::Criterion;
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

/// One device's piece after its forward pass.
struct Piece {
    /// What is differentiated: the piece's share of the loss of the batch.
    total: Tensor<1>,
    loss: Tensor<1>,
    logits: Tensor<2>,
}

/// Forward and backward on all devices; `others` first take the weights of `first`.
pub(super) fn learn(
    first: &mut Model,
    others: &mut [Model],
    criterion: &Criterion,
    (images, shape): (&[f32], [usize; 4]),
    labels: &[usize],
    (seed, step): (u64, u64),
) -> Sum {
    let home = first.device().clone();
    let ranges = pieces(labels.len(), others.len() + 1);
    for other in others.iter_mut() {
        other.follow(first);
    }
    let image_length = images.len() / labels.len().max(1);
    let mut models: Vec<&mut Model> = std::iter::once(first).chain(others).collect();
    let mut done: Vec<Piece> = Vec::new();
    for (number, (model, range)) in models.iter_mut().zip(&ranges).enumerate() {
        let values = &images[range.start * image_length..range.end * image_length];
        let own = &labels[range.clone()];
        let shape = [own.len(), shape[1], shape[2], shape[3]];
        let batch = Tensor::<4>::from_data(TensorData::new(values.to_vec(), shape), model.device());
        // Another draw of dropout for each piece.
        let seed = seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let share = criterion.weight_of(own) / criterion.weight_of(labels);
        done.push(forward(model, criterion, batch, own, share, (seed, step)));
    }
    let mut sum: Vec<Option<Tensor<1>>> = Vec::new();
    let (mut loss, mut logits) = (None, Vec::new());
    for (model, piece) in models.iter().zip(done) {
        let mut gradients = piece.total.backward();
        let own = model.parameters().iter().map(|parameter| parameter.gradient(&mut gradients));
        let own = own.map(|gradient| gradient.map(|gradient| gradient.to_device(&home)));
        sum = if sum.is_empty() {
            own.collect()
        } else {
            sum.into_iter().zip(own).map(add).collect()
        };
        let part = piece.loss.to_device(&home);
        loss = Some(loss.map_or_else(|| part.clone(), |loss: Tensor<1>| loss + part.clone()));
        logits.push(piece.logits.to_device(&home));
    }
    let loss = loss.unwrap_or_else(|| Tensor::zeros([1], &home));
    Sum { gradients: sum, loss, logits: Tensor::cat(logits, 0) }
}

fn forward(
    model: &mut Model,
    criterion: &Criterion,
    images: Tensor<4>,
    labels: &[usize],
    share: f64,
    (seed, step): (u64, u64),
) -> Piece {
    let targets = criterion.targets(labels, model.device());
    let output = model.forward_train(images, seed, step);
    let logits = output.logits.clone().inner();
    let main = criterion.mean(output.logits, &targets).mul_scalar(share);
    let loss = main.clone().inner();
    let total = output.auxiliary.into_iter().fold(main, |sum, (weight, head)| {
        sum + criterion.mean(head, &targets).mul_scalar(weight * share)
    });
    Piece { total, loss, logits }
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
    use crate::train::learner::Learner;
    use crate::train::{ClassWeights, Plan};
    use burn::tensor::Device;

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
            let images = (images, [7, 1, 32, 32]);
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
