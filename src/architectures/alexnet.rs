//! AlexNet, in torchvision's reading: one column, without response normalisation.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Network, NetworkError};

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
