//! LeNet-5, the network that began it.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Activation, Layer, Network, NetworkError, NodeId};

pub(super) const LENET5: Architecture = Architecture {
    name: "lenet5",
    title: "LeNet-5",
    reference: "LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86, 2278",
    default_input: [1, 32, 32],
    default_classes: 10,
    text: "Two convolutions with average pooling and three dense layers, in the usual modern \
           reading: C3 sees all of S2, plain averages, tanh, dense output.",
    build: lenet5,
};

pub(super) const LENET5_ORIGINAL: Architecture = Architecture {
    name: "lenet5-original",
    title: "LeNet-5 (1998)",
    text: "LeNet-5 as published: C3 sees some of the maps of S2, averages have a trained factor \
           and shift, and the outputs are distances to fixed codes. For the history lesson.",
    build: original,
    ..LENET5
};

/// Which maps of S2 each map of C3 sees. Source: table I of the paper.
const C3_SEES: [&[usize]; 16] = [
    &[0, 1, 2],
    &[1, 2, 3],
    &[2, 3, 4],
    &[3, 4, 5],
    &[0, 4, 5],
    &[0, 1, 5],
    &[0, 1, 2, 3],
    &[1, 2, 3, 4],
    &[2, 3, 4, 5],
    &[0, 3, 4, 5],
    &[0, 1, 4, 5],
    &[0, 1, 2, 5],
    &[0, 1, 3, 4],
    &[1, 2, 4, 5],
    &[0, 2, 3, 5],
    &[0, 1, 2, 3, 4, 5],
];

/// LeNet-5 with the paper's layer names. C5 is a dense layer on the flattened S4, which at
/// 32×32 is the paper's 5×5 convolution and elsewhere fits any size.
fn lenet5(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = b.conv("c1", b.input(), conv(6, 5).bias());
    let x = b.tanh("c1.tanh", x);
    let x = b.avg_pool("s2", x, pool(2, 2));
    let x = b.conv("c3", x, conv(16, 5).bias());
    let x = b.tanh("c3.tanh", x);
    let x = b.avg_pool("s4", x, pool(2, 2));
    let x = b.flatten("flatten", x);
    let x = b.linear("c5", x, 120);
    let x = b.tanh("c5.tanh", x);
    let x = b.linear("f6", x, 84);
    let x = b.tanh("f6.tanh", x);
    let logits = b.linear("output", x, classes);
    b.finish(logits)
}

/// LeNet-5 of 1998. The codes of the outputs are ±1 at random, as section II.B allows: the
/// stylised digits of the paper would mean nothing for galaxies.
fn original(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    let x = b.conv("c1", b.input(), conv(6, 5).bias());
    let x = squashed(&mut b, "c1", x);
    let x = subsampled(&mut b, "s2", x);
    let connections = C3_SEES.map(<[usize]>::to_vec).to_vec();
    let x = b.add_layer("c3", &[x], Layer::PartialConv2d { connections, kernel: [5, 5] });
    let x = squashed(&mut b, "c3", x);
    let x = subsampled(&mut b, "s4", x);
    let x = b.flatten("flatten", x);
    let x = b.linear("c5", x, 120);
    let x = squashed(&mut b, "c5", x);
    let x = b.linear("f6", x, 84);
    let x = squashed(&mut b, "f6", x);
    let logits = b.add_layer("output", &[x], Layer::RadialBasis { out: classes });
    b.finish(logits)
}

fn subsampled(b: &mut Builder, name: &str, x: NodeId) -> NodeId {
    let x = b.add_layer(name, &[x], Layer::Subsample { kernel: [2, 2] });
    squashed(b, name, x)
}

fn squashed(b: &mut Builder, name: &str, x: NodeId) -> NodeId {
    b.activation(&format!("{name}.tanh"), x, Activation::ScaledTanh)
}
