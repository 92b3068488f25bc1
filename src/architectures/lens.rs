//! Networks made for gravitational lenses.

use super::Architecture;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Initialization, Network, NetworkError, NodeId};

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
