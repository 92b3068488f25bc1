//! VGG: small kernels, many of them (torchvision's names).

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Initialization, Network, NetworkError};

/// Convolutions of the five stages, all 3×3: column A, B, D or E of the paper's table 1.
type Stages = [usize; 5];

const A: Stages = [1, 1, 2, 2, 2];
const B: Stages = [2, 2, 2, 2, 2];
const D: Stages = [2, 2, 3, 3, 3];
const E: Stages = [2, 2, 4, 4, 4];
/// Maps of each stage.
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 512];

const PLAIN: Architecture = Architecture {
    name: "vgg16",
    title: "VGG-16",
    reference: "Simonyan & Zisserman 2015, ICLR; names and weights of torchvision",
    default_input: [3, 224, 224],
    default_classes: 1000,
    text: "Stacks of 3×3 convolutions between poolings, then three dense layers that hold most of \
           its many weights. Slow to learn from scratch without batch normalisation.",
    build: |name, input, classes| vgg(name, input, classes, D, false),
};

const NORMALISED: Architecture = Architecture {
    text: "As the plain network of this depth, with batch normalisation behind each convolution, \
           which lets it learn from scratch.",
    ..PLAIN
};

pub(super) const VGG11: Architecture = Architecture {
    name: "vgg11",
    title: "VGG-11",
    build: |name, input, classes| vgg(name, input, classes, A, false),
    ..PLAIN
};

pub(super) const VGG13: Architecture = Architecture {
    name: "vgg13",
    title: "VGG-13",
    build: |name, input, classes| vgg(name, input, classes, B, false),
    ..PLAIN
};

pub(super) const VGG16: Architecture = PLAIN;

pub(super) const VGG19: Architecture = Architecture {
    name: "vgg19",
    title: "VGG-19",
    build: |name, input, classes| vgg(name, input, classes, E, false),
    ..PLAIN
};

pub(super) const VGG11_BN: Architecture = Architecture {
    name: "vgg11-bn",
    title: "VGG-11 with batch norm",
    build: |name, input, classes| vgg(name, input, classes, A, true),
    ..NORMALISED
};

pub(super) const VGG13_BN: Architecture = Architecture {
    name: "vgg13-bn",
    title: "VGG-13 with batch norm",
    build: |name, input, classes| vgg(name, input, classes, B, true),
    ..NORMALISED
};

pub(super) const VGG16_BN: Architecture = Architecture {
    name: "vgg16-bn",
    title: "VGG-16 with batch norm",
    build: |name, input, classes| vgg(name, input, classes, D, true),
    ..NORMALISED
};

pub(super) const VGG19_BN: Architecture = Architecture {
    name: "vgg19-bn",
    title: "VGG-19 with batch norm",
    build: |name, input, classes| vgg(name, input, classes, E, true),
    ..NORMALISED
};

/// Five stages of 3×3 convolutions, each ended by pooling; three dense layers on a mean of 7×7.
fn vgg(
    name: &str,
    input: [usize; 3],
    classes: usize,
    stages: Stages,
    normalised: bool,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let mut x = b.input();
    let mut number = 0;
    let mut next = || {
        number += 1;
        format!("features.{}", number - 1)
    };
    for (count, width) in stages.into_iter().zip(WIDTHS) {
        for _ in 0..count {
            x = b.conv(&next(), x, conv(width, 3).pad(1).bias());
            if normalised {
                x = b.batch_norm(&next(), x, 1e-5);
            }
            x = b.relu(&next(), x);
        }
        x = b.max_pool(&next(), x, pool(2, 2));
    }
    let x = b.adaptive_avg_pool("avgpool", x, 7);
    let x = b.flatten("flatten", x);
    let x = b.linear("classifier.0", x, 4096);
    let x = b.relu("classifier.1", x);
    let x = b.dropout("classifier.2", x, 0.5);
    let x = b.linear("classifier.3", x, 4096);
    let x = b.relu("classifier.4", x);
    let x = b.dropout("classifier.5", x, 0.5);
    let logits = b.linear("classifier.6", x, classes);
    b.finish(logits)
}
