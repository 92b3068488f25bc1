//! GoogLeNet as torchvision has it: batch normalisation, and 3×3 in the "5×5" branch.

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
    build: |name, input, classes| googlenet(name, input, classes, false),
};

pub(super) const GOOGLENET_AUX: Architecture = Architecture {
    name: "googlenet-aux",
    title: "GoogLeNet with auxiliary classifiers",
    text: "As GoogLeNet; two further classifiers in the middle help it to learn from scratch.",
    build: |name, input, classes| googlenet(name, input, classes, true),
    ..GOOGLENET
};

/// Weight of an auxiliary loss. Source: section 5 of the paper.
const AUXILIARY_WEIGHT: f64 = 0.3;

/// Maps of the branches: 1×1; 3×3 reduced, 3×3; 5×5 reduced, 5×5; pooled and projected.
type Widths = (usize, [usize; 2], [usize; 2], usize);

fn googlenet(
    name: &str,
    input: [usize; 3],
    classes: usize,
    auxiliary: bool,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::TruncatedNormal { std: 0.01 });
    let image = b.input();
    let x = basic(&mut b, "conv1.", image, conv(64, 7).stride(2).pad(3));
    let x = b.max_pool("maxpool1", x, pool(3, 2).ceil());
    let x = basic(&mut b, "conv2.", x, conv(64, 1));
    let x = basic(&mut b, "conv3.", x, conv(192, 3).pad(1));
    let x = b.max_pool("maxpool2", x, pool(3, 2).ceil());

    let x = inception(&mut b, "inception3a", x, (64, [96, 128], [16, 32], 32));
    let x = inception(&mut b, "inception3b", x, (128, [128, 192], [32, 96], 64));
    let x = b.max_pool("maxpool3", x, pool(3, 2).ceil());

    let after_4a = inception(&mut b, "inception4a", x, (192, [96, 208], [16, 48], 64));
    let x = inception(&mut b, "inception4b", after_4a, (160, [112, 224], [24, 64], 64));
    let x = inception(&mut b, "inception4c", x, (128, [128, 256], [24, 64], 64));
    let after_4d = inception(&mut b, "inception4d", x, (112, [144, 288], [32, 64], 64));
    let x = inception(&mut b, "inception4e", after_4d, (256, [160, 320], [32, 128], 128));
    let x = b.max_pool("maxpool4", x, pool(2, 2).ceil());

    let x = inception(&mut b, "inception5a", x, (256, [160, 320], [32, 128], 128));
    let x = inception(&mut b, "inception5b", x, (384, [192, 384], [48, 128], 128));

    if auxiliary {
        for (scope, x) in [("aux1", after_4a), ("aux2", after_4d)] {
            let logits = b.scope(scope, |b| auxiliary_head(b, x));
            b.auxiliary(logits, AUXILIARY_WEIGHT);
        }
    }
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    let x = b.dropout("dropout", x, 0.2);
    let logits = b.linear("fc", x, classes);
    b.finish(logits)
}

/// torchvision's `BasicConv2d`: convolution, batch normalisation, ReLU. `name` ends with the dot
/// before `conv`, or is empty.
pub(super) fn basic(b: &mut Builder, name: &str, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(&format!("{name}conv"), x, convolution);
    let x = b.batch_norm(&format!("{name}bn"), x, 1e-3);
    b.relu(&format!("{name}relu"), x)
}

/// Four branches side by side, joined along the channels.
fn inception(b: &mut Builder, name: &str, x: NodeId, widths: Widths) -> NodeId {
    let (ones, [reduce3, three], [reduce5, five], projected) = widths;
    b.scope(name, |b| {
        let branch1 = b.scope("branch1", |b| basic(b, "", x, conv(ones, 1)));
        let branch2 = b.scope("branch2", |b| {
            let y = basic(b, "0.", x, conv(reduce3, 1));
            basic(b, "1.", y, conv(three, 3).pad(1))
        });
        let branch3 = b.scope("branch3", |b| {
            let y = basic(b, "0.", x, conv(reduce5, 1));
            basic(b, "1.", y, conv(five, 3).pad(1))
        });
        let branch4 = b.scope("branch4", |b| {
            let y = b.max_pool("0", x, pool(3, 1).pad(1).ceil());
            basic(b, "1.", y, conv(projected, 1))
        });
        b.concat("concat", &[branch1, branch2, branch3, branch4])
    })
}

/// Mean to 4×4, 1×1 convolution, two dense layers with dropout between.
fn auxiliary_head(b: &mut Builder, x: NodeId) -> NodeId {
    let x = b.adaptive_avg_pool("avgpool", x, 4);
    let x = basic(b, "conv.", x, conv(128, 1));
    let x = b.flatten("flatten", x);
    let x = b.linear("fc1", x, 1024);
    let x = b.relu("relu", x);
    let x = b.dropout("dropout", x, 0.7);
    b.linear("fc2", x, b.classes())
}
