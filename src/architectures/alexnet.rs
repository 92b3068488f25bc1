//! AlexNet: as published in 2012, in two groups with response normalisation, and in torchvision's
//! reading, one column without.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Network, NetworkError, NodeId};

pub(super) const ALEXNET: Architecture = Architecture {
    name: "alexnet",
    title: "AlexNet (torchvision)",
    reference: "Krizhevsky 2014, arXiv:1404.5997; names and weights of torchvision",
    default_input: [3, 224, 224],
    default_classes: 1000,
    text: "Five convolutions, the first with large kernels, and three dense layers. The network \
           with which deep learning won ImageNet, in the form that is used today.",
    build: alexnet,
};

pub(super) const ALEXNET_2012: Architecture = Architecture {
    name: "alexnet-2012",
    title: "AlexNet (2012, two groups)",
    reference: "Krizhevsky, Sutskever & Hinton 2012, NIPS 25, 1097",
    default_input: [3, 227, 227],
    default_classes: 1000,
    text: "AlexNet as it was published: local response normalisation, and convolutions in two \
           groups, which once were two graphics cards.",
    build: |name, input, classes| alexnet_2012(name, input, classes, 2),
};

pub(super) const ALEXNET_2012_UNGROUPED: Architecture = Architecture {
    name: "alexnet-2012-ungrouped",
    title: "AlexNet (2012, ungrouped)",
    text: "As the AlexNet of 2012 with convolutions that see all maps.",
    build: |name, input, classes| alexnet_2012(name, input, classes, 1),
    ..ALEXNET_2012
};

fn alexnet(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = b.conv("features.0", b.input(), conv(64, 11).stride(4).pad(2).bias());
    let x = b.relu("features.1", x);
    let x = b.max_pool("features.2", x, pool(3, 2));
    let x = b.conv("features.3", x, conv(192, 5).pad(2).bias());
    let x = b.relu("features.4", x);
    let x = b.max_pool("features.5", x, pool(3, 2));
    let x = b.conv("features.6", x, conv(384, 3).pad(1).bias());
    let x = b.relu("features.7", x);
    let x = b.conv("features.8", x, conv(256, 3).pad(1).bias());
    let x = b.relu("features.9", x);
    let x = b.conv("features.10", x, conv(256, 3).pad(1).bias());
    let x = b.relu("features.11", x);
    let x = b.max_pool("features.12", x, pool(3, 2));
    let x = b.adaptive_avg_pool("avgpool", x, 6);
    let x = b.flatten("flatten", x);
    let x = b.dropout("classifier.0", x, 0.5);
    let x = b.linear("classifier.1", x, 4096);
    let x = b.relu("classifier.2", x);
    let x = b.dropout("classifier.3", x, 0.5);
    let x = b.linear("classifier.4", x, 4096);
    let x = b.relu("classifier.5", x);
    let logits = b.linear("classifier.6", x, classes);
    b.finish(logits)
}

/// Layers by the paper's names; convolutions 2, 4 and 5 in groups.
fn alexnet_2012(
    name: &str,
    input: [usize; 3],
    classes: usize,
    groups: usize,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = b.conv("conv1", b.input(), conv(96, 11).stride(4).bias());
    let x = b.relu("relu1", x);
    let x = b.local_response_norm("norm1", x);
    let x = b.max_pool("pool1", x, pool(3, 2));
    let x = b.conv("conv2", x, conv(256, 5).pad(2).groups(groups).bias());
    let x = b.relu("relu2", x);
    let x = b.local_response_norm("norm2", x);
    let x = b.max_pool("pool2", x, pool(3, 2));
    let x = b.conv("conv3", x, conv(384, 3).pad(1).bias());
    let x = b.relu("relu3", x);
    let x = b.conv("conv4", x, conv(384, 3).pad(1).groups(groups).bias());
    let x = b.relu("relu4", x);
    let x = b.conv("conv5", x, conv(256, 3).pad(1).groups(groups).bias());
    let x = b.relu("relu5", x);
    let x = b.max_pool("pool5", x, pool(3, 2));
    let logits = dense_head(&mut b, x, [4096, 4096]);
    b.finish(logits)
}

/// Two dense layers with ReLU and dropout behind, and the output: `fc6`, `fc7`, `fc8`.
pub(super) fn dense_head(b: &mut Builder, x: NodeId, widths: [usize; 2]) -> NodeId {
    let mut x = b.flatten("flatten", x);
    for (number, width) in (6..).zip(widths) {
        x = b.linear(&format!("fc{number}"), x, width);
        x = b.relu(&format!("relu{number}"), x);
        x = b.dropout(&format!("drop{number}"), x, 0.5);
    }
    b.linear("fc8", x, b.classes())
}
