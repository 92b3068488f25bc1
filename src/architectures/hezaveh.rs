//! The networks that measure gravitational lenses, of Hezaveh, Perreault Levasseur & Marshall
//! (2017): Einstein radius, complex ellipticity and position from one image. Their Inception-v4
//! stands beside the original in `inception_v4`.

use super::Architecture;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Network, NetworkError, NodeId, Padding};

pub(super) const HEZAVEH: Architecture = Architecture {
    name: "hezaveh",
    title: "Lens parameters: own net (Hezaveh et al.)",
    reference: "Hezaveh, Perreault Levasseur & Marshall 2017, Nature 548, 555",
    default_input: [1, 192, 192],
    default_classes: 5,
    text: "Eight convolutions with kernels up to 10×10, each followed by a 1×1 of equal width, for \
           the five parameters of a lens.",
    build: own,
};

pub(super) const HEZAVEH_ALEXNET: Architecture = Architecture {
    name: "hezaveh-alexnet",
    title: "Lens parameters: AlexNet (Hezaveh et al.)",
    text: "AlexNet for one band and the five parameters of a lens.",
    build: alexnet,
    ..HEZAVEH
};

pub(super) const HEZAVEH_OVERFEAT: Architecture = Architecture {
    name: "hezaveh-overfeat",
    title: "Lens parameters: OverFeat (Hezaveh et al.)",
    text: "OverFeat for one band and the five parameters of a lens, its dense layers as \
           convolutions.",
    build: overfeat,
    ..HEZAVEH
};

pub(super) const HEZAVEH_SMALL: Architecture = Architecture {
    name: "hezaveh-small",
    title: "Lens parameters: small net (Hezaveh et al.)",
    text: "Five narrow convolutions with pooling and 61,517 weights: quick on a CPU.",
    build: small,
    ..HEZAVEH
};

fn own(name: &str, input: [usize; 3], outputs: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, outputs);
    let mut x = b.input();
    let pairs = [(32, 3, 1), (32, 5, 1), (32, 10, 2), (32, 10, 1)];
    let wide = [(64, 10, 2), (64, 10, 1), (128, 10, 2), (256, 3, 1)];
    for (number, (out, kernel, stride)) in (1..).zip(pairs.into_iter().chain(wide)) {
        // The first pair and the 5×5 have no activation.
        x = same(&mut b, &format!("conv{number}"), x, conv(out, kernel).stride(stride));
        if number > 2 {
            x = b.relu(&format!("conv{number}_relu"), x);
        }
        x = same(&mut b, &format!("conv{number}_1x1"), x, conv(out, 1));
        if number > 1 {
            x = b.relu(&format!("conv{number}_1x1_relu"), x);
        }
    }
    let x = b.flatten("flatten", x);
    let x = b.linear("fc1", x, 512);
    let x = b.relu("fc1_relu", x);
    let logits = b.linear("fc2", x, outputs);
    b.finish(logits)
}

fn alexnet(name: &str, input: [usize; 3], outputs: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, outputs);
    let x = valid(&mut b, "conv1", 0, conv(64, 11).stride(4));
    let x = b.max_pool("pool1", x, pool(3, 2));
    let x = rectified(&mut b, "conv2", x, conv(192, 5));
    let x = b.max_pool("pool2", x, pool(3, 2));
    let x = rectified(&mut b, "conv3", x, conv(384, 3));
    let x = rectified(&mut b, "conv4", x, conv(384, 3));
    let x = rectified(&mut b, "conv5", x, conv(256, 3));
    let x = b.max_pool("pool5", x, pool(3, 2));
    // At 192×192 the dense layer is the paper's 4×4 convolution.
    let x = b.flatten("flatten", x);
    let x = b.linear("fc6", x, 4096);
    let x = b.relu("fc6_relu", x);
    let x = b.linear("fc7", x, 4096);
    let x = b.relu("fc7_relu", x);
    let logits = b.linear("fc8", x, outputs);
    b.finish(logits)
}

fn overfeat(name: &str, input: [usize; 3], outputs: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, outputs);
    let x = valid(&mut b, "conv1", 0, conv(64, 11).stride(4));
    let x = b.max_pool("pool1", x, pool(2, 2));
    let x = valid(&mut b, "conv2", x, conv(256, 5));
    let x = b.max_pool("pool2", x, pool(2, 2));
    let x = rectified(&mut b, "conv3", x, conv(512, 3));
    let x = rectified(&mut b, "conv4", x, conv(1024, 3));
    let x = rectified(&mut b, "conv5", x, conv(1024, 3));
    let x = b.max_pool("pool5", x, pool(2, 2));
    let x = valid(&mut b, "fc6", x, conv(3072, 2));
    let x = valid(&mut b, "fc7", x, conv(4096, 1));
    let x = b.conv("fc8", x, conv(outputs, 1).bias());
    let x = b.flatten("flatten", x);
    let logits = b.linear("output", x, outputs);
    b.finish(logits)
}

fn small(name: &str, input: [usize; 3], outputs: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, outputs);
    let mut x = b.input();
    let rows = [(8, 3, 3), (8, 5, 3), (16, 5, 2), (16, 3, 3), (16, 3, 2)];
    for (number, (out, kernel, window)) in (1..).zip(rows) {
        x = rectified(&mut b, &format!("conv{number}"), x, conv(out, kernel));
        x = b.max_pool(&format!("pool{number}"), x, pool(window, 2));
    }
    let x = b.flatten("flatten", x);
    let x = b.linear("fc1", x, 128);
    let x = b.relu("fc1_relu", x);
    let logits = b.linear("fc2", x, outputs);
    b.finish(logits)
}

/// Convolution with a bias that keeps the size, as far as its step lets it.
fn same(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    b.conv(name, x, convolution.padding(Padding::Same).bias())
}

/// As [`same`], with ReLU.
fn rectified(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    let x = same(b, name, x, convolution);
    b.relu(&format!("{name}_relu"), x)
}

/// Convolution with a bias and ReLU where the whole kernel lies in the map.
fn valid(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(name, x, convolution.bias());
    b.relu(&format!("{name}_relu"), x)
}
