//! Our CPU kernels beside burn's own operations on Flex: milliseconds of single operations, and
//! images per second of whole training steps. Run with `cargo bench --bench kernels`, or name
//! what to measure: `cargo bench --bench kernels -- resnet18`.

use std::time::Instant;

use arclet::architectures;
use arclet::kernels;
use arclet::network::model::Model;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

/// Name, input, and outputs, kernel, stride, padding of the convolutions.
const CONVOLUTIONS: [(&str, [usize; 4], [usize; 4]); 6] = [
    ("first 7x7/2", [16, 3, 64, 64], [64, 7, 2, 3]),
    ("3x3 64 at 16", [16, 64, 16, 16], [64, 3, 1, 1]),
    ("3x3 128 at 8", [16, 128, 8, 8], [128, 3, 1, 1]),
    ("3x3 256 at 4", [16, 256, 4, 4], [256, 3, 1, 1]),
    ("3x3 512 at 2", [16, 512, 2, 2], [512, 3, 1, 1]),
    ("1x1 256 at 8", [16, 256, 8, 8], [256, 1, 1, 0]),
];

/// Networks and batch sizes, at 64 × 64 with three channels.
const NETWORKS: [(&str, usize); 5] =
    [("resnet18", 16), ("resnet18", 32), ("googlenet", 16), ("lenet5", 32), ("simple-cnn", 32)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` asks only whether it runs.
    let short = arguments.iter().any(|argument| argument == "--test");
    let names: Vec<&String> = arguments.iter().filter(|name| !name.starts_with('-')).collect();
    let wanted = &|name: &str| names.is_empty() || names.iter().any(|part| name.contains(&**part));
    let rounds = if short { 1 } else { 12 };
    println!("{:<22} {:>8} {:>8} {:>7}", "milliseconds", "burn", "ours", "ratio");
    for (name, x, [outputs, size, stride, padding]) in CONVOLUTIONS {
        if wanted(name) {
            let weight = [outputs, x[1], size, size];
            let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
            convolution(name, x, weight, &options, rounds);
        }
    }
    others([16, 64, 32, 32], wanted, rounds);
    for (name, batch) in NETWORKS.into_iter().take(if short { 1 } else { NETWORKS.len() }) {
        if wanted(name) {
            network(name, batch, rounds / 2);
        }
    }
}

/// The least time of both in alternating rounds, in milliseconds.
fn alternate(rounds: usize, mut run: impl FnMut()) -> [f64; 2] {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..=rounds {
        for (i, own) in [false, true].into_iter().enumerate() {
            kernels::enable(own);
            let start = Instant::now();
            run();
            least[i] = least[i].min(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    least
}

fn report(name: &str, [burn, ours]: [f64; 2]) {
    println!("{name:<22} {burn:>8.2} {ours:>8.2} {:>7.2}", burn / ours);
}

fn noise<const D: usize>(dims: [usize; D], device: &Device) -> Tensor<D> {
    let value = |i: usize| ((i.wrapping_mul(0x9E37_79B9) >> 9) % 2001) as f32 / 1000.0 - 1.0;
    let values: Vec<f32> = (0..dims.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

fn convolution(
    name: &str,
    x: [usize; 4],
    weight: [usize; 4],
    options: &ConvOptions<2>,
    rounds: usize,
) {
    let device = Device::flex();
    let (input, kernel) = (noise(x, &device), noise(weight, &device));
    let forward = || {
        kernels::conv2d(input.clone(), kernel.clone(), None, options.clone());
    };
    report(&format!("{name} fwd"), alternate(rounds, forward));
    // The images themselves have no gradient.
    let input = input.clone().autodiff().set_require_grad(x[1] > 3);
    let kernel = kernel.clone().autodiff().require_grad();
    let both = || {
        let y = kernels::conv2d(input.clone(), kernel.clone(), None, options.clone());
        y.sum().backward();
    };
    report(&format!("{name} fwd+bwd"), alternate(rounds, both));
}

/// Normalisation with a ReLU, and pooling.
fn others(dims: [usize; 4], wanted: impl Fn(&str) -> bool, rounds: usize) {
    let device = Device::flex().autodiff();
    let x = noise(dims, &device).require_grad();
    let [scale, shift] = [1, 2].map(|_| noise([dims[1]], &device).require_grad());
    if wanted("batch norm and ReLU") {
        let both = || {
            let (x, scale, shift) = (x.clone(), scale.clone(), shift.clone());
            kernels::batch_norm_train(x, scale, shift, 1e-5, true).output.sum().backward();
        };
        report("batch norm and ReLU", alternate(rounds, both));
    }
    if wanted("max pool 3x3/2") {
        let options = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
        let both = || {
            kernels::max_pool2d(x.clone(), options.clone()).sum().backward();
        };
        report("max pool 3x3/2", alternate(rounds, both));
    }
}

/// Steps of plain gradient descent, without the loader.
fn network(name: &str, batch: usize, rounds: usize) {
    let device = Device::flex();
    let network = architectures::build(name, [3, 64, 64], 5).expect("networks take 64 × 64");
    let mut model = Model::new(&network, 1, &device).expect("the network is sound");
    let images = noise([batch, 3, 64, 64], &device);
    let step = || {
        let output = model.forward_train(images.clone(), 1, 1);
        let loss = |logits: Tensor<2>| -activation::log_softmax(logits, 1).narrow(1, 0, 1).mean();
        let auxiliary = output.auxiliary.into_iter();
        let total = auxiliary
            .fold(loss(output.logits), |sum, (weight, logits)| sum + loss(logits) * weight);
        let mut gradients = total.backward();
        for parameter in model.parameters_mut() {
            if let Some(gradient) = parameter.gradient(&mut gradients) {
                parameter.update(|old| old - gradient * 1e-3);
            }
        }
    };
    let times = alternate(rounds, step);
    report(&format!("{name} step of {batch}"), times);
    let [burn, ours] = times.map(|time| batch as f64 / time * 1e3);
    println!("{:<22} {burn:>8.1} {ours:>8.1}", "    images per second");
}
