//! OverFeat, the fast and the accurate network.

use super::Architecture;
use super::alexnet::dense_head;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Network, NetworkError, NodeId};

pub(super) const OVERFEAT_FAST: Architecture = Architecture {
    name: "overfeat-fast",
    title: "OverFeat (fast)",
    reference: "Sermanet et al. 2014, ICLR, arXiv:1312.6229, table 1",
    default_input: [3, 231, 231],
    default_classes: 1000,
    text: "AlexNet's successor without response normalisation and without overlapping poolings. \
           Most of its 146 million weights are in the first dense layer.",
    build: fast,
};

pub(super) const OVERFEAT_ACCURATE: Architecture = Architecture {
    name: "overfeat-accurate",
    title: "OverFeat (accurate)",
    reference: "Sermanet et al. 2014, ICLR, arXiv:1312.6229, table 3",
    default_input: [3, 221, 221],
    text: "OverFeat with a finer first layer and one layer more: about twice the work.",
    build: accurate,
    ..OVERFEAT_FAST
};

fn fast(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = rectified(&mut b, 1, 0, conv(96, 11).stride(4));
    let x = b.max_pool("pool1", x, pool(2, 2));
    let x = rectified(&mut b, 2, x, conv(256, 5));
    let x = b.max_pool("pool2", x, pool(2, 2));
    let x = rectified(&mut b, 3, x, conv(512, 3).pad(1));
    let x = rectified(&mut b, 4, x, conv(1024, 3).pad(1));
    let x = rectified(&mut b, 5, x, conv(1024, 3).pad(1));
    let x = b.max_pool("pool5", x, pool(2, 2));
    let logits = dense_head(&mut b, x, [3072, 4096]);
    b.finish(logits)
}

fn accurate(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = rectified(&mut b, 1, 0, conv(96, 7).stride(2));
    let x = b.max_pool("pool1", x, pool(3, 3));
    let x = rectified(&mut b, 2, x, conv(256, 7));
    let x = b.max_pool("pool2", x, pool(2, 2));
    let x = rectified(&mut b, 3, x, conv(512, 3).pad(1));
    let x = rectified(&mut b, 4, x, conv(512, 3).pad(1));
    let x = rectified(&mut b, 5, x, conv(1024, 3).pad(1));
    let x = rectified(&mut b, 6, x, conv(1024, 3).pad(1));
    let x = b.max_pool("pool6", x, pool(3, 3));
    let logits = dense_head(&mut b, x, [4096, 4096]);
    b.finish(logits)
}

fn rectified(b: &mut Builder, number: usize, x: NodeId, convolution: Conv) -> NodeId {
    let x = b.conv(&format!("conv{number}"), x, convolution.bias());
    b.relu(&format!("relu_conv{number}"), x)
}
