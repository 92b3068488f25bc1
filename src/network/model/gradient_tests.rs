//! Gradients against finite differences, learning by plain gradient descent, and the GPU.

use burn::tensor::loss::cross_entropy_with_logits;
use burn::tensor::{Device, DeviceKind, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Model, TrainOutput};
use crate::architectures;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Activation, Layer, Network, Padding};

fn random(dims: [usize; 4], seed: u64, device: &Device) -> Tensor<4> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut value = || (rng.next_u32() as f32 / u32::MAX as f32) * 2.0 - 1.0;
    let values: Vec<f32> = (0..dims.iter().product()).map(|_| value()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// A network with one of every smooth kind of layer, and an auxiliary head.
fn every_kind() -> Network {
    let mut b = Builder::new("every-kind", [2, 9, 8], 3);
    // Its kink is at the pixels, which do not move.
    let x = b.activation("prelu", b.input(), Activation::Prelu);
    let x = b.conv("conv1", x, conv(4, 3).padding(Padding::Same).stride(2));
    let x = b.batch_norm("bn1", x, 1e-5);
    let x = b.tanh("tanh1", x);
    let left = b.avg_pool("left", x, pool(3, 1).pad(1));
    let right = b.conv("right", x, conv(4, 1).groups(2).bias());
    let sum = b.add("add", [left, right]);
    let product = b.add_layer("multiply", &[sum, right], Layer::Multiply);
    let mean = b.add_layer("average", &[product, left], Layer::Average);
    let x = b.concat("concat", &[sum, x, mean]);
    let norm = Layer::LocalResponseNorm { size: 3, alpha: 0.1, beta: 0.75, k: 2.0 };
    let x = b.add_layer("response", &[x], norm);
    let connections = vec![vec![0, 3], vec![11], vec![1, 5, 8], vec![7]];
    let x = b.add_layer("partial", &[x], Layer::PartialConv2d { connections, kernel: [1, 1] });
    let x = b.activation("arctan", x, Activation::ArcTan);
    let x = b.add_layer("subsample", &[x], Layer::Subsample { kernel: [2, 2] });
    let head = b.adaptive_avg_pool("aux.mean", x, 1);
    let head = b.flatten("aux.flatten", head);
    let head = b.linear("aux.fc", head, 3);
    b.auxiliary(head, 0.3);
    let x = b.flatten("flatten", x);
    let x = b.linear("fc1", x, 5);
    let x = b.tanh("tanh2", x);
    let codes = b.add_layer("codes", &[x], Layer::RadialBasis { out: 3 });
    let logits = b.linear("fc2", x, 3);
    let logits = b.add_layer("subtract", &[logits, codes], Layer::Subtract);
    b.finish(logits).unwrap()
}

fn loss(output: TrainOutput, labels: &[usize]) -> Tensor<1> {
    let [_, classes] = output.logits.dims();
    let mut hot = vec![0.0_f32; labels.len() * classes];
    for (row, &label) in labels.iter().enumerate() {
        hot[row * classes + label] = 1.0;
    }
    let device = output.logits.device();
    let target = Tensor::<2>::from_data(TensorData::new(hot, [labels.len(), classes]), &device);
    let main = cross_entropy_with_logits(output.logits, target.clone());
    output.auxiliary.into_iter().fold(main, |all, (weight, logits)| {
        all + cross_entropy_with_logits(logits, target.clone()).mul_scalar(weight)
    })
}

fn number(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.inner().try_into_vec_as::<f32>().unwrap()[0])
}

/// All gradients by name.
fn gradients(
    model: &mut Model,
    images: &Tensor<4>,
    labels: &[usize],
) -> (f64, Vec<(String, Vec<f32>)>) {
    let loss = loss(model.forward_train(images.clone(), 0, 0), labels);
    let mut all = loss.backward();
    let by_name = |parameter: &super::Parameter| {
        let gradient = parameter.gradient(&mut all)?;
        Some((parameter.name().to_owned(), gradient.try_into_vec_as().unwrap()))
    };
    let named = model.parameters().iter().filter_map(by_name).collect();
    (number(loss), named)
}

#[test]
fn gradients_equal_finite_differences() {
    let device = Device::flex();
    let mut model = Model::new(&every_kind(), 5, &device).unwrap();
    let images = random([4, 2, 9, 8], 1, &device);
    let labels = [0, 1, 2, 1];
    let (_, analytic) = gradients(&mut model, &images, &labels);
    let learning = model.parameters().iter().filter(|p| p.learns()).count();
    assert_eq!(analytic.len(), learning);
    let step = 1e-2_f32;
    for (name, gradient) in analytic {
        let index = gradient.len() / 2;
        let shifted = |by: f32| {
            let mut copy = model.clone();
            let parameter = copy.parameters_mut().iter_mut().find(|p| p.name() == name).unwrap();
            let mut values: Vec<f32> = parameter.value().try_into_vec_as().unwrap();
            values[index] += by;
            parameter.set(values, &device).unwrap();
            number(loss(copy.forward_train(images.clone(), 0, 0), &labels))
        };
        let numeric = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
        let difference = (numeric - f64::from(gradient[index])).abs();
        // Losses near 1 in 32 bits, over 0.02: about 1e-5; and the third derivative.
        assert!(difference < 2e-4 + 1e-2 * numeric.abs(), "{name}: {} {numeric}", gradient[index]);
    }
}

#[test]
fn frozen_layers_have_no_gradient() {
    let device = Device::flex();
    let mut model = Model::new(&every_kind(), 5, &device).unwrap();
    assert_eq!(model.freeze(&["conv1".into(), "bn1".into()]), 5);
    let images = random([2, 2, 9, 8], 1, &device);
    let (_, named) = gradients(&mut model, &images, &[0, 1]);
    assert!(named.iter().all(|(name, _)| !name.starts_with("conv1") && !name.starts_with("bn1")));
    assert!(named.iter().any(|(name, _)| name == "right.weight"));
    model.freeze(&[]);
    let (_, named) = gradients(&mut model, &images, &[0, 1]);
    assert!(named.iter().any(|(name, _)| name == "conv1.weight"));
}

/// One step of gradient descent; returns the loss before it.
fn descend(model: &mut Model, images: &Tensor<4>, labels: &[usize], rate: f64, step: u64) -> f64 {
    let loss = loss(model.forward_train(images.clone(), 0, step), labels);
    let mut all = loss.backward();
    for parameter in model.parameters_mut() {
        if let Some(gradient) = parameter.gradient(&mut all) {
            parameter.update(|value| value - gradient.mul_scalar(rate));
        }
    }
    number(loss)
}

#[test]
fn lenet5_learns_sixteen_samples_by_heart() {
    let device = Device::flex();
    let network = architectures::build("lenet5", [1, 32, 32], 10).unwrap();
    let mut model = Model::new(&network, 0, &device).unwrap();
    let images = random([16, 1, 32, 32], 2, &device);
    let labels: Vec<usize> = (0..16).map(|i| i * 7 % 10).collect();
    let first = descend(&mut model, &images, &labels, 0.1, 0);
    for step in 1..400 {
        descend(&mut model, &images, &labels, 0.1, step);
    }
    let last = descend(&mut model, &images, &labels, 0.0, 400);
    assert!(last < 0.05 && first > 2.0, "{first} to {last}");
    let classes = model.forward(images).argmax(1).flatten::<1>(0, 1);
    let classes: Vec<i64> = classes.into_data().iter::<i64>().collect();
    assert!(classes.iter().zip(&labels).all(|(&ours, &label)| ours == label as i64));
}

#[test]
fn a_repeated_run_is_the_same_run() {
    let device = Device::flex();
    let run = || {
        let network = architectures::build("simple-cnn", [1, 16, 16], 3).unwrap();
        let mut model = Model::new(&network, 9, &device).unwrap();
        let images = random([4, 1, 16, 16], 2, &device);
        let losses: Vec<f64> =
            (0..3).map(|step| descend(&mut model, &images, &[0, 1, 2, 0], 0.1, step)).collect();
        (losses, model.state().unwrap())
    };
    assert_eq!(run(), run());
}

/// Needs a wgpu adapter (a software one will do) and minutes to prepare its kernels.
#[test]
#[ignore = "needs a wgpu adapter and minutes to compile kernels"]
fn flex_and_wgpu_agree_on_lenet5() {
    let network = architectures::build("lenet5", [1, 32, 32], 10).unwrap();
    let labels = [3, 1, 4, 1];
    let on = |device: &Device| {
        let mut model = Model::new(&network, 0, device).unwrap();
        let images = random([4, 1, 32, 32], 2, device);
        let logits: Vec<f32> = model.forward(images.clone()).try_into_vec_as().unwrap();
        (logits, gradients(&mut model, &images, &labels))
    };
    let (logits, (loss, flex)) = on(&Device::flex());
    let (gpu_logits, (gpu_loss, gpu)) = on(&Device::wgpu(DeviceKind::DefaultDevice));
    assert!((loss - gpu_loss).abs() < 1e-4, "{loss} {gpu_loss}");
    assert!(logits.iter().zip(&gpu_logits).all(|(a, b)| (a - b).abs() < 1e-4));
    assert_eq!(flex.len(), 10);
    for ((name, ours), (_, theirs)) in flex.iter().zip(&gpu) {
        let largest = ours.iter().fold(0.0_f32, |all, v| all.max(v.abs()));
        let worst = ours.iter().zip(theirs).fold(0.0_f32, |all, (a, b)| all.max((a - b).abs()));
        assert!(worst <= 1e-3 * largest + 1e-6, "{name}: {worst} of {largest}");
    }
}
