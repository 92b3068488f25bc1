//! Arclet's own baseline: the plain network to try first on a few thousand small images.

use super::Architecture;
use crate::network::builder::{Builder, conv, pool};
use crate::network::{Initialization, Network, NetworkError};

pub(super) const SIMPLE_CNN: Architecture = Architecture {
    name: "simple-cnn",
    title: "Simple CNN",
    reference: "Arclet's own baseline",
    default_input: [3, 64, 64],
    default_classes: 5,
    text: "Four convolutions with batch normalisation, each followed by pooling, then a global \
           average. Quick on a CPU; the measure for larger networks.",
    build: simple_cnn,
};

/// Four times convolution 3×3, batch normalisation, ReLU, pooling; 32 to 256 maps; global mean;
/// one dense layer.
fn simple_cnn(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::HeFanOut);
    let mut x = b.input();
    for (index, width) in [32, 64, 128, 256].into_iter().enumerate() {
        x = b.scope(&format!("block{}", index + 1), |b| {
            let x = b.conv("conv", x, conv(width, 3).pad(1));
            let x = b.batch_norm("bn", x, 1e-5);
            let x = b.relu("relu", x);
            b.max_pool("pool", x, pool(2, 2))
        });
    }
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    let x = b.dropout("dropout", x, 0.2);
    let logits = b.linear("fc", x, classes);
    b.finish(logits)
}
