//! Residual networks: torchvision's five, the small one for CIFAR, and the ResNet-26 for
//! galaxies. Layers that torchvision has bear its names.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Initialization, Layer, Network, NetworkError, NodeId, Padding};

const HE_2016: &str = "He, Zhang, Ren & Sun 2016, CVPR, 770; names and weights of torchvision";
const DAI_TONG: &str = "Dai & Tong 2018, arXiv:1807.10406";

pub(super) const RESNET18: Architecture = Architecture {
    name: "resnet18",
    title: "ResNet-18",
    reference: HE_2016,
    default_input: [3, 224, 224],
    default_classes: 1000,
    text: "The smallest of the ImageNet ResNets and the usual start for a few thousand images; \
           works from 64×64 up.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Basic, [2, 2, 2, 2]),
};

pub(super) const RESNET34: Architecture = Architecture {
    name: "resnet34",
    title: "ResNet-34",
    text: "As ResNet-18 with twice the depth.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Basic, [3, 4, 6, 3]),
    ..RESNET18
};

pub(super) const RESNET50: Architecture = Architecture {
    name: "resnet50",
    title: "ResNet-50",
    text: "Bottleneck units; the common start for transfer learning from ImageNet.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Bottleneck, [3, 4, 6, 3]),
    ..RESNET18
};

pub(super) const RESNET101: Architecture = Architecture {
    name: "resnet101",
    title: "ResNet-101",
    text: "As ResNet-50, deeper; for a GPU.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Bottleneck, [3, 4, 23, 3]),
    ..RESNET18
};

pub(super) const RESNET152: Architecture = Architecture {
    name: "resnet152",
    title: "ResNet-152",
    text: "The deepest of the ImageNet ResNets; for a GPU.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Bottleneck, [3, 8, 36, 3]),
    ..RESNET18
};

pub(super) const RESNET20: Architecture = Architecture {
    name: "resnet20",
    title: "ResNet-20 (CIFAR)",
    reference: "He, Zhang, Ren & Sun 2016, CVPR, 770, section 4.2, with projections as shortcuts",
    default_input: [3, 32, 32],
    default_classes: 10,
    text: "A narrow residual network for small images: 16, 32, 64 maps and no pooling at the \
           start, 0.27 million weights.",
    build: |name, input, classes| cifar(name, input, classes, Unit::Basic),
};

pub(super) const RESNET26: Architecture = Architecture {
    name: "resnet26",
    title: "ResNet-26 (Dai & Tong)",
    reference: DAI_TONG,
    default_input: [3, 64, 64],
    default_classes: 5,
    text: "Pre-activation bottlenecks of double width (k = 2) with dropout, made for the five \
           classes of Galaxy Zoo.",
    build: |name, input, classes| dai_tong(name, input, classes, 2),
};

pub(super) const RESNET26_NARROW: Architecture = Architecture {
    name: "resnet26-k1",
    title: "ResNet-26, k = 1 (Dai & Tong)",
    text: "As ResNet-26 with single width: a quarter of the weights.",
    build: |name, input, classes| dai_tong(name, input, classes, 1),
    ..RESNET26
};

pub(super) const PLAIN20: Architecture = Architecture {
    name: "plain20",
    title: "Plain 20 (CIFAR, no shortcuts)",
    text: "ResNet-20 without its shortcuts, to see what they are good for.",
    build: |name, input, classes| cifar(name, input, classes, Unit::Plain),
    ..RESNET20
};

pub(super) const PLAIN18: Architecture = Architecture {
    name: "plain18",
    title: "Plain 18 (no shortcuts)",
    reference: "He, Zhang, Ren & Sun 2016, CVPR, 770, section 3.3",
    text: "ResNet-18 without its shortcuts, to see what they are good for.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Plain, [2, 2, 2, 2]),
    ..RESNET18
};

pub(super) const PLAIN34: Architecture = Architecture {
    name: "plain34",
    title: "Plain 34 (no shortcuts)",
    text: "ResNet-34 without its shortcuts: deeper than Plain 18 and, in the paper, worse.",
    build: |name, input, classes| imagenet(name, input, classes, Unit::Plain, [3, 4, 6, 3]),
    ..PLAIN18
};

/// PyTorch's and the papers' constant in batch normalisation.
const EPS: f64 = 1e-5;

/// The units of the first paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// 3×3, 3×3.
    Basic,
    /// The same without a shortcut.
    Plain,
    /// 1×1, 3×3, 1×1 to four times the width.
    Bottleneck,
}

impl Unit {
    fn outputs(self, width: usize) -> usize {
        match self {
            Self::Basic | Self::Plain => width,
            Self::Bottleneck => 4 * width,
        }
    }
}

/// 7×7/2, pool 3×3/2, four stages of 64 to 512 maps, global mean, dense.
fn imagenet(
    name: &str,
    input: [usize; 3],
    classes: usize,
    unit: Unit,
    units: [usize; 4],
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let x = b.conv("conv1", b.input(), conv(64, 7).stride(2).pad(3));
    let x = b.batch_norm("bn1", x, EPS);
    let x = b.relu("relu", x);
    let mut x = b.max_pool("maxpool", x, pool(3, 2).pad(1));
    let mut channels = 64;
    for (stage, (width, count)) in [64, 128, 256, 512].into_iter().zip(units).enumerate() {
        let stride = if stage == 0 { 1 } else { 2 };
        let layer = format!("layer{}", stage + 1);
        (x, channels) = self::stage(&mut b, &layer, x, channels, unit, width, count, stride);
    }
    head(b, x)
}

/// 3×3, three stages of three units with 16 to 64 maps, global mean, dense.
fn cifar(
    name: &str,
    input: [usize; 3],
    classes: usize,
    unit: Unit,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let x = b.conv("conv1", b.input(), conv(16, 3).pad(1));
    let x = b.batch_norm("bn1", x, EPS);
    let mut x = b.relu("relu", x);
    let mut channels = 16;
    for (layer, width, stride) in [("layer1", 16, 1), ("layer2", 32, 2), ("layer3", 64, 2)] {
        (x, channels) = stage(&mut b, layer, x, channels, unit, width, 3, stride);
    }
    head(b, x)
}

fn head(mut b: Builder, x: NodeId) -> Result<Network, NetworkError> {
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    let logits = b.linear("fc", x, b.classes());
    b.finish(logits)
}

/// `count` units, the first with the stride; returns the channels behind them too.
#[expect(clippy::too_many_arguments, reason = "a row of the paper's table has that many columns")]
fn stage(
    b: &mut Builder,
    layer: &str,
    mut x: NodeId,
    mut channels: usize,
    unit: Unit,
    width: usize,
    count: usize,
    stride: usize,
) -> (NodeId, usize) {
    for index in 0..count {
        let stride = if index == 0 { stride } else { 1 };
        x = b.scope(&format!("{layer}.{index}"), |b| {
            residual_unit(b, x, channels, unit, width, stride)
        });
        channels = unit.outputs(width);
    }
    (x, channels)
}

/// Convolutions with batch normalisation, plus the shortcut if it has one, then ReLU. The stride is in the
/// 3×3 convolution, as torchvision has it ("ResNet v1.5").
fn residual_unit(
    b: &mut Builder,
    x: NodeId,
    channels: usize,
    unit: Unit,
    width: usize,
    stride: usize,
) -> NodeId {
    let out = unit.outputs(width);
    let convolutions = match unit {
        Unit::Basic | Unit::Plain => {
            vec![conv(width, 3).stride(stride).pad(1), conv(width, 3).pad(1)]
        }
        Unit::Bottleneck => {
            vec![conv(width, 1), conv(width, 3).stride(stride).pad(1), conv(out, 1)]
        }
    };
    let last = convolutions.len();
    let mut y = x;
    for (index, convolution) in (1..).zip(convolutions) {
        y = b.conv(&format!("conv{index}"), y, convolution);
        y = b.batch_norm(&format!("bn{index}"), y, EPS);
        if index < last {
            y = b.relu(&format!("relu{index}"), y);
        }
    }
    if unit == Unit::Plain {
        return b.relu("relu", y);
    }
    let shortcut = if stride != 1 || channels != out {
        let projected = b.conv("downsample.0", x, conv(out, 1).stride(stride));
        b.batch_norm("downsample.1", projected, EPS)
    } else {
        x
    };
    let sum = b.add("add", [y, shortcut]);
    b.relu("relu", sum)
}

/// The ResNet-26 of Dai & Tong, `k` times as wide as their first.
fn dai_tong(
    name: &str,
    input: [usize; 3],
    classes: usize,
    k: usize,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let before_and_after = Padding::Explicit([2, 2, 3, 3]);
    let x = b.conv("conv1", b.input(), conv(64, 6).padding(before_and_after).bias());
    let mut x = b.max_pool("pool1", x, pool(2, 2));
    let mut channels = 64;
    for (block, stride) in [(1, 2), (2, 2), (3, 2), (4, 1)] {
        let mid = (64 * k) << (block - 1);
        for (unit, stride) in [(1, 1), (2, stride)] {
            let scope = format!("block{block}.unit{unit}");
            x = b.scope(&scope, |b| preactivation_unit(b, x, channels, mid, stride));
            channels = 4 * mid;
        }
    }
    let x = slow_batch_norm(&mut b, "norm", x);
    let x = b.relu("relu", x);
    head(b, x)
}

/// BN-ReLU, 1×1 (BN, ReLU), 3×3 (BN, ReLU), dropout, biased 1×1, plus the shortcut: a biased
/// 1×1 of the activated input where the depth changes, else the input, subsampled.
fn preactivation_unit(
    b: &mut Builder,
    x: NodeId,
    channels: usize,
    mid: usize,
    stride: usize,
) -> NodeId {
    let out = 4 * mid;
    let y = slow_batch_norm(b, "preact.bn", x);
    let active = b.relu("preact.relu", y);
    let y = b.conv("conv1", active, conv(mid, 1));
    let y = slow_batch_norm(b, "bn1", y);
    let y = b.relu("relu1", y);
    let y = b.conv("conv2", y, conv(mid, 3).stride(stride).pad(1));
    let y = slow_batch_norm(b, "bn2", y);
    let y = b.relu("relu2", y);
    let y = b.dropout("dropout", y, 0.2);
    let y = b.conv("conv3", y, conv(out, 1).bias());
    let shortcut = match (channels == out, stride) {
        (false, _) => b.conv("shortcut", active, conv(out, 1).stride(stride).bias()),
        (true, 1) => x,
        (true, _) => b.max_pool("shortcut", x, pool(1, stride)),
    };
    b.add("add", [y, shortcut])
}

/// Batch normalisation whose moving statistics decay by 0.997 a step.
fn slow_batch_norm(b: &mut Builder, name: &str, x: NodeId) -> NodeId {
    b.add_layer(name, &[x], Layer::BatchNorm { eps: EPS, momentum: 0.003, scale: true })
}
