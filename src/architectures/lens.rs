//! Networks that find gravitational lenses.

use super::Architecture;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Activation, Initialization, Network, NetworkError, NodeId};

pub(super) const RESNET50_KERAS: Architecture = Architecture {
    name: "resnet50-keras",
    title: "ResNet-50 (Keras, lens finder)",
    reference: "He, Zhang, Ren & Sun 2016, CVPR, 770, as in Keras' applications",
    default_input: [3, 224, 224],
    default_classes: 2,
    text: "ResNet-50 with biased convolutions and the step in the first 1×1 of a unit. With two \
           classes it is a lens finder of 23,591,810 weights.",
    build: resnet50_keras,
};

pub(super) const DEEPLENS: Architecture = Architecture {
    name: "deeplens",
    title: "DeepLens",
    reference: "Lanusse et al. 2018, MNRAS 473, 3895",
    default_input: [1, 101, 101],
    default_classes: 1,
    text: "A pre-activation residual network with ELU in five groups; the best of the first lens \
           challenge on ground-based images.",
    build: deeplens,
};

pub(super) const LASTRO: Architecture = Architecture {
    name: "lastro",
    title: "LASTRO",
    reference: "Schaefer, Geiger, Kuntzer & Kneib 2018, A&A 611, A2",
    default_input: [1, 101, 101],
    default_classes: 1,
    text: "Eight convolutions and three dense layers with batch normalisation and dropout; an \
           entry of the first lens challenge.",
    build: lastro,
};

/// Keras' constant in batch normalisation of this network.
const EPS: f64 = 1.001e-5;

/// 7×7/2, pool 3×3/2, four stages of bottlenecks, global mean, dense. Layers bear Keras' names,
/// with a dot behind the unit's.
fn resnet50_keras(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let x = b.conv("conv1_conv", b.input(), conv(64, 7).stride(2).pad(3).bias());
    let x = b.batch_norm("conv1_bn", x, EPS);
    let x = b.relu("conv1_relu", x);
    let mut x = b.max_pool("pool1_pool", x, pool(3, 2).pad(1));
    let stages = [(2, 64, 3, 1), (3, 128, 4, 2), (4, 256, 6, 2), (5, 512, 3, 2)];
    for (stage, width, units, stride) in stages {
        for unit in 1..=units {
            let first = (unit == 1).then_some(stride);
            x = b.scope(&format!("conv{stage}_block{unit}"), |b| bottleneck(b, x, width, first));
        }
    }
    let x = b.adaptive_avg_pool("avg_pool", x, 1);
    let x = b.flatten("flatten", x);
    let logits = b.linear("predictions", x, classes);
    b.finish(logits)
}

/// 1×1, 3×3, 1×1 to four times the width; the first unit of a stage has a step and projects its
/// input.
fn bottleneck(b: &mut Builder, x: NodeId, width: usize, first: Option<usize>) -> NodeId {
    let shortcut = match first {
        Some(stride) => normalised(b, 0, x, conv(4 * width, 1).stride(stride)),
        None => x,
    };
    let y = normalised(b, 1, x, conv(width, 1).stride(first.unwrap_or(1)));
    let y = b.relu("1_relu", y);
    let y = normalised(b, 2, y, conv(width, 3).pad(1));
    let y = b.relu("2_relu", y);
    let y = normalised(b, 3, y, conv(4 * width, 1));
    let y = b.add("add", [shortcut, y]);
    b.relu("out", y)
}

fn normalised(b: &mut Builder, number: usize, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(&format!("{number}_conv"), x, convolution.bias());
    b.batch_norm(&format!("{number}_bn"), x, EPS)
}

/// 7×7, batch normalisation and ELU, five groups of three units, global mean, dense.
fn deeplens(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let x = b.conv("conv1", b.input(), conv(32, 7).pad(3));
    let mut x = elu_unit(&mut b, "", x);
    let mut channels = 32;
    let groups = [(16, 32, 1), (32, 64, 2), (64, 128, 2), (128, 256, 2), (256, 512, 2)];
    for (group, (mid, out, stride)) in (1..).zip(groups) {
        for unit in 1..=3 {
            let stride = if unit == 1 { stride } else { 1 };
            // The first unit's input is activated already.
            let activated = group == 1 && unit == 1;
            x = b.scope(&format!("group{group}.unit{unit}"), |b| {
                let ready = if activated { x } else { elu_unit(b, "pre_", x) };
                let y = b.conv("conv1", ready, conv(mid, 1).stride(stride));
                let y = elu_unit(b, "1_", y);
                let y = b.conv("conv2", y, conv(mid, 3).pad(1));
                let y = elu_unit(b, "2_", y);
                let y = b.conv("conv3", y, conv(out, 1).bias());
                let shortcut = if channels == out && stride == 1 {
                    x
                } else {
                    b.conv("shortcut", ready, conv(out, 1).stride(stride).bias())
                };
                b.add("add", [y, shortcut])
            });
            channels = out;
        }
    }
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    let logits = b.linear("fc", x, classes);
    b.finish(logits)
}

fn elu_unit(b: &mut Builder, name: &str, x: NodeId) -> NodeId {
    let x = b.batch_norm(&format!("{name}bn"), x, 1e-5);
    b.activation(&format!("{name}elu"), x, Activation::Elu(1.0))
}

/// Pairs of convolutions without padding, each pair ended by batch normalisation; three dense
/// layers of 1024.
fn lastro(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let mut x = b.input();
    for (stage, (width, first)) in (1..).zip([(16, 4), (32, 3), (64, 3)]) {
        x = rectified(&mut b, &format!("conv{stage}a"), x, conv(width, first));
        x = rectified(&mut b, &format!("conv{stage}b"), x, conv(width, 3));
        x = b.max_pool(&format!("pool{stage}"), x, pool(2, 2));
        x = b.batch_norm(&format!("bn{stage}"), x, 1e-5);
    }
    let x = b.dropout("drop3", x, 0.5);
    let x = rectified(&mut b, "conv4a", x, conv(128, 3));
    let x = b.dropout("drop4", x, 0.5);
    let x = rectified(&mut b, "conv4b", x, conv(128, 3));
    let x = b.batch_norm("bn4", x, 1e-5);
    let x = b.dropout("drop5", x, 0.5);
    let mut x = b.flatten("flatten", x);
    for number in 1..=3 {
        x = b.linear(&format!("fc{number}"), x, 1024);
        x = b.relu(&format!("fc{number}_relu"), x);
        if number < 3 {
            x = b.dropout(&format!("fc{number}_drop"), x, 0.5);
        }
    }
    let x = b.batch_norm("bn5", x, 1e-5);
    let logits = b.linear("output", x, classes);
    b.finish(logits)
}

fn rectified(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(name, x, convolution.bias());
    b.relu(&format!("{name}_relu"), x)
}
