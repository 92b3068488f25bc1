//! LeNet-5, the network that began it.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Network, NetworkError};

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
