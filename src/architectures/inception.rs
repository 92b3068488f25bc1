//! GoogLeNet: as torchvision has it, with batch normalisation and 3×3 in the "5×5" branch; the
//! same with a true 5×5; and as published, with biases and response normalisation.

use super::Architecture;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Initialization, Network, NetworkError, NodeId};

pub(super) const GOOGLENET: Architecture = Architecture {
    name: "googlenet",
    title: "GoogLeNet",
    reference: "Szegedy et al. 2015, CVPR, 1; names and weights of torchvision",
    default_input: [3, 224, 224],
    default_classes: 1000,
    text: "Nine Inception blocks of four parallel branches (Inception v1), with batch \
           normalisation.",
    build: |name, input, classes| googlenet(name, input, classes, TORCHVISION, false),
};

pub(super) const GOOGLENET_AUX: Architecture = Architecture {
    name: "googlenet-aux",
    title: "GoogLeNet with auxiliary classifiers",
    text: "As GoogLeNet; two further classifiers in the middle help it to learn from scratch.",
    build: |name, input, classes| googlenet(name, input, classes, TORCHVISION, true),
    ..GOOGLENET
};

pub(super) const GOOGLENET_5X5: Architecture = Architecture {
    name: "googlenet-5x5",
    title: "GoogLeNet with true 5×5",
    text: "As GoogLeNet, with the 5×5 convolutions of the paper where torchvision has 3×3.",
    build: |name, input, classes| googlenet(name, input, classes, TRUE_FIVES, false),
    ..GOOGLENET
};

pub(super) const GOOGLENET_5X5_AUX: Architecture = Architecture {
    name: "googlenet-5x5-aux",
    title: "GoogLeNet with true 5×5 and auxiliary classifiers",
    text: "As GoogLeNet with true 5×5, with the two classifiers in the middle.",
    build: |name, input, classes| googlenet(name, input, classes, TRUE_FIVES, true),
    ..GOOGLENET
};

pub(super) const GOOGLENET_ORIGINAL: Architecture = Architecture {
    name: "googlenet-original",
    title: "GoogLeNet (2014)",
    reference: "Szegedy et al. 2015, CVPR, 1",
    text: "GoogLeNet as published: biases, local response normalisation, 5×5 convolutions. Hard \
           to train from scratch without its auxiliary classifiers.",
    build: |name, input, classes| googlenet(name, input, classes, ORIGINAL, false),
    ..GOOGLENET
};

pub(super) const GOOGLENET_ORIGINAL_AUX: Architecture = Architecture {
    name: "googlenet-original-aux",
    title: "GoogLeNet (2014) with auxiliary classifiers",
    text: "As GoogLeNet of 2014, with the two classifiers in the middle.",
    build: |name, input, classes| googlenet(name, input, classes, ORIGINAL, true),
    ..GOOGLENET_ORIGINAL
};

/// Weight of an auxiliary loss. Source: section 5 of the paper.
const AUXILIARY_WEIGHT: f64 = 0.3;

/// What the readings of the paper differ in.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Batch normalisation; else biases, and response normalisation in the stem.
    normalised: bool,
    /// Kernel of the third branch.
    large: usize,
    /// Dropout before the classifier.
    dropout: f64,
}

const TORCHVISION: Reading = Reading { normalised: true, large: 3, dropout: 0.2 };
const TRUE_FIVES: Reading = Reading { large: 5, ..TORCHVISION };
const ORIGINAL: Reading = Reading { normalised: false, large: 5, dropout: 0.4 };

/// Maps of the branches: 1×1; 3×3 reduced, 3×3; 5×5 reduced, 5×5; pooled and projected.
type Widths = (usize, [usize; 2], [usize; 2], usize);

/// The blocks between the poolings: name and widths. Source: table 1 of the paper.
const STAGES: [&[(&str, Widths)]; 3] = [
    &[
        ("inception3a", (64, [96, 128], [16, 32], 32)),
        ("inception3b", (128, [128, 192], [32, 96], 64)),
    ],
    &[
        ("inception4a", (192, [96, 208], [16, 48], 64)),
        ("inception4b", (160, [112, 224], [24, 64], 64)),
        ("inception4c", (128, [128, 256], [24, 64], 64)),
        ("inception4d", (112, [144, 288], [32, 64], 64)),
        ("inception4e", (256, [160, 320], [32, 128], 128)),
    ],
    &[
        ("inception5a", (256, [160, 320], [32, 128], 128)),
        ("inception5b", (384, [192, 384], [48, 128], 128)),
    ],
];

fn googlenet(
    name: &str,
    input: [usize; 3],
    classes: usize,
    reading: Reading,
    auxiliary: bool,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    if reading.normalised {
        b.initialize(Initialization::TruncatedNormal { std: 0.01 });
    }
    let mut x = stem(&mut b, reading);
    let mut heads = Vec::new();
    for (number, stage) in STAGES.into_iter().enumerate() {
        for &(name, widths) in stage {
            x = b.scope(name, |b| inception(b, x, widths, reading));
            match name {
                "inception4a" => heads.push(("aux1", x)),
                "inception4d" => heads.push(("aux2", x)),
                _ => {}
            }
        }
        // torchvision's last pooling is 2×2, the paper's 3×3.
        let last = if reading.normalised { 2 } else { 3 };
        match number {
            0 => x = b.max_pool("maxpool3", x, pool(3, 2).ceil()),
            1 => x = b.max_pool("maxpool4", x, pool(last, 2).ceil()),
            _ => {}
        }
    }
    for (scope, x) in heads.into_iter().filter(|_| auxiliary) {
        let logits = b.scope(scope, |b| auxiliary_head(b, x, reading));
        b.auxiliary(logits, AUXILIARY_WEIGHT);
    }
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    let x = b.dropout("dropout", x, reading.dropout);
    let logits = b.linear("fc", x, classes);
    b.finish(logits)
}

/// 7×7/2, pooling, 1×1, 3×3, pooling.
fn stem(b: &mut Builder, reading: Reading) -> NodeId {
    let image = b.input();
    let mut x = unit(b, "conv1.", image, conv(64, 7).stride(2).pad(3), reading);
    x = b.max_pool("maxpool1", x, pool(3, 2).ceil());
    if !reading.normalised {
        x = b.local_response_norm("norm1", x);
    }
    x = unit(b, "conv2.", x, conv(64, 1), reading);
    x = unit(b, "conv3.", x, conv(192, 3).pad(1), reading);
    if !reading.normalised {
        x = b.local_response_norm("norm2", x);
    }
    b.max_pool("maxpool2", x, pool(3, 2).ceil())
}

/// Convolution and ReLU, in the way of the reading.
fn unit(b: &mut Builder, name: &str, x: NodeId, convolution: Conv, reading: Reading) -> NodeId {
    if reading.normalised {
        return basic(b, name, x, convolution);
    }
    let x = b.conv(&format!("{name}conv"), x, convolution.bias());
    b.relu(&format!("{name}relu"), x)
}

/// torchvision's `BasicConv2d`: convolution, batch normalisation, ReLU. `name` ends with the dot
/// before `conv`, or is empty.
pub(super) fn basic(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(&format!("{name}conv"), x, convolution);
    let x = b.batch_norm(&format!("{name}bn"), x, 1e-3);
    b.relu(&format!("{name}relu"), x)
}

/// Four branches side by side, joined along the channels.
fn inception(b: &mut Builder, x: NodeId, widths: Widths, reading: Reading) -> NodeId {
    let (ones, [reduce3, three], [reduce5, five], projected) = widths;
    let large = reading.large;
    let branch1 = b.scope("branch1", |b| unit(b, "", x, conv(ones, 1), reading));
    let branch2 = b.scope("branch2", |b| {
        let y = unit(b, "0.", x, conv(reduce3, 1), reading);
        unit(b, "1.", y, conv(three, 3).pad(1), reading)
    });
    let branch3 = b.scope("branch3", |b| {
        let y = unit(b, "0.", x, conv(reduce5, 1), reading);
        unit(b, "1.", y, conv(five, large).pad(large / 2), reading)
    });
    let branch4 = b.scope("branch4", |b| {
        let y = b.max_pool("0", x, pool(3, 1).pad(1).ceil());
        unit(b, "1.", y, conv(projected, 1), reading)
    });
    b.concat("concat", &[branch1, branch2, branch3, branch4])
}

/// Mean to 4×4, 1×1 convolution, two dense layers with dropout between.
fn auxiliary_head(b: &mut Builder, x: NodeId, reading: Reading) -> NodeId {
    let x = b.adaptive_avg_pool("avgpool", x, 4);
    let x = unit(b, "conv.", x, conv(128, 1), reading);
    let x = b.flatten("flatten", x);
    let x = b.linear("fc1", x, 1024);
    let x = b.relu("relu", x);
    let x = b.dropout("dropout", x, 0.7);
    b.linear("fc2", x, b.classes())
}
