//! Inception-v4, in timm's order and names, and the form of it that measures lenses.

use super::Architecture;
use super::inception_v3::{column, row};
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Initialization, Layer, Network, NetworkError, NodeId};

pub(super) const INCEPTION_V4: Architecture = Architecture {
    name: "inception-v4",
    title: "Inception-v4",
    reference: "Szegedy, Ioffe, Vanhoucke & Alemi 2017, AAAI, 4278; names and weights of timm",
    default_input: [3, 299, 299],
    default_classes: 1000,
    text: "Inception-v3's ideas in a deeper and more uniform order: four, seven and three blocks \
           with two reductions between. Takes images from 75×75 pixels.",
    build: |name, input, classes| inception_v4(name, input, classes, true),
};

pub(super) const HEZAVEH_INCEPTION_V4: Architecture = Architecture {
    name: "hezaveh-inception-v4",
    title: "Lens parameters: Inception-v4 (Hezaveh et al.)",
    reference: "Hezaveh, Perreault Levasseur & Marshall 2017, Nature 548, 555",
    default_input: [1, 192, 192],
    default_classes: 5,
    text: "Inception-v4 for the parameters of a lens: the one band is given three times, and batch \
           normalisation has a shift but no factor.",
    build: |name, input, classes| inception_v4(name, input, classes, false),
};

/// The network as it is written down: convolutions with batch normalisation with or without a
/// trained factor.
struct Inception {
    b: Builder,
    scale: bool,
}

fn inception_v4(
    name: &str,
    input: [usize; 3],
    classes: usize,
    scale: bool,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::TruncatedNormal { std: 0.1 });
    let mut x = b.input();
    if !scale && input[0] == 1 {
        x = b.concat("bands", &[x, x, x]);
    }
    let mut net = Inception { b, scale };
    x = net.unit("features.0", x, conv(32, 3).stride(2));
    x = net.unit("features.1", x, conv(32, 3));
    x = net.unit("features.2", x, conv(64, 3).pad(1));
    x = net.block("features.3", x, Inception::mixed_3a);
    x = net.block("features.4", x, Inception::mixed_4a);
    x = net.block("features.5", x, Inception::mixed_5a);
    for number in 6..=9 {
        x = net.block(&format!("features.{number}"), x, Inception::block_a);
    }
    x = net.block("features.10", x, Inception::reduction_a);
    for number in 11..=17 {
        x = net.block(&format!("features.{number}"), x, Inception::block_b);
    }
    x = net.block("features.18", x, Inception::reduction_b);
    for number in 19..=21 {
        x = net.block(&format!("features.{number}"), x, Inception::block_c);
    }
    let Inception { mut b, .. } = net;
    let x = b.adaptive_avg_pool("global_pool", x, 1);
    let x = b.flatten("flatten", x);
    let x = b.dropout("head_drop", x, 0.2);
    let logits = b.linear("last_linear", x, classes);
    b.finish(logits)
}

impl Inception {
    /// Convolution, batch normalisation, ReLU.
    fn unit(&mut self, name: &str, x: NodeId, convolution: Conv) -> NodeId {
        let b = &mut self.b;
        let x = b.conv(&format!("{name}.conv"), x, convolution);
        let norm = Layer::BatchNorm { eps: 1e-3, momentum: 0.1, scale: self.scale };
        let x = b.add_layer(&format!("{name}.bn"), &[x], norm);
        b.relu(&format!("{name}.bn.act"), x)
    }

    /// A block, its layers within the scope of this name.
    fn block(&mut self, name: &str, x: NodeId, layers: fn(&mut Self, NodeId) -> NodeId) -> NodeId {
        self.within(name, |net| layers(net, x))
    }

    fn within<T>(&mut self, name: &str, layers: impl FnOnce(&mut Self) -> T) -> T {
        let scale = self.scale;
        self.b.scope(name, |b| {
            let placeholder = Builder::new("", [1; 3], 1);
            let mut inner = Self { b: std::mem::replace(b, placeholder), scale };
            let value = layers(&mut inner);
            *b = inner.b;
            value
        })
    }

    /// Units one after another, numbered from `first`.
    fn branch<const N: usize>(
        &mut self,
        name: &str,
        x: NodeId,
        first: usize,
        convolutions: [Conv; N],
    ) -> NodeId {
        self.within(name, |net| {
            let numbered = convolutions.into_iter().zip(first..);
            numbered.fold(x, |x, (convolution, n)| net.unit(&n.to_string(), x, convolution))
        })
    }

    /// Mean over 3×3 without the border, then 1×1.
    fn pooled(&mut self, x: NodeId, out: usize) -> NodeId {
        let mean = self.within("branch3", |net| net.b.avg_pool("0", x, pool(3, 1).pad(1)));
        self.branch("branch3", mean, 1, [conv(out, 1)])
    }

    fn joined(&mut self, branches: &[NodeId]) -> NodeId {
        self.b.concat("concat", branches)
    }

    fn mixed_3a(&mut self, x: NodeId) -> NodeId {
        let pooled = self.b.max_pool("maxpool", x, pool(3, 2));
        let y = self.unit("conv", x, conv(96, 3).stride(2));
        self.joined(&[pooled, y])
    }

    fn mixed_4a(&mut self, x: NodeId) -> NodeId {
        let y0 = self.branch("branch0", x, 0, [conv(64, 1), conv(96, 3)]);
        let long = [conv(64, 1), row(64, 7), column(64, 7), conv(96, 3)];
        let y1 = self.branch("branch1", x, 0, long);
        self.joined(&[y0, y1])
    }

    fn mixed_5a(&mut self, x: NodeId) -> NodeId {
        let y = self.unit("conv", x, conv(192, 3).stride(2));
        let pooled = self.b.max_pool("maxpool", x, pool(3, 2));
        self.joined(&[y, pooled])
    }

    /// Figure 4 of the paper.
    fn block_a(&mut self, x: NodeId) -> NodeId {
        let y0 = self.unit("branch0", x, conv(96, 1));
        let y1 = self.branch("branch1", x, 0, [conv(64, 1), conv(96, 3).pad(1)]);
        let twice = [conv(64, 1), conv(96, 3).pad(1), conv(96, 3).pad(1)];
        let y2 = self.branch("branch2", x, 0, twice);
        let y3 = self.pooled(x, 96);
        self.joined(&[y0, y1, y2, y3])
    }

    /// Figure 7.
    fn reduction_a(&mut self, x: NodeId) -> NodeId {
        let y0 = self.unit("branch0", x, conv(384, 3).stride(2));
        let threes = [conv(192, 1), conv(224, 3).pad(1), conv(256, 3).stride(2)];
        let y1 = self.branch("branch1", x, 0, threes);
        let y2 = self.b.max_pool("branch2", x, pool(3, 2));
        self.joined(&[y0, y1, y2])
    }

    /// Figure 5.
    fn block_b(&mut self, x: NodeId) -> NodeId {
        let y0 = self.unit("branch0", x, conv(384, 1));
        let once = [conv(192, 1), row(224, 7), column(256, 7)];
        let y1 = self.branch("branch1", x, 0, once);
        let twice = [conv(192, 1), column(192, 7), row(224, 7), column(224, 7), row(256, 7)];
        let y2 = self.branch("branch2", x, 0, twice);
        let y3 = self.pooled(x, 128);
        self.joined(&[y0, y1, y2, y3])
    }

    /// Figure 8.
    fn reduction_b(&mut self, x: NodeId) -> NodeId {
        let y0 = self.branch("branch0", x, 0, [conv(192, 1), conv(192, 3).stride(2)]);
        let sevens = [conv(256, 1), row(256, 7), column(320, 7), conv(320, 3).stride(2)];
        let y1 = self.branch("branch1", x, 0, sevens);
        let y2 = self.b.max_pool("branch2", x, pool(3, 2));
        self.joined(&[y0, y1, y2])
    }

    /// Figure 6: a row and a column of three side by side.
    fn block_c(&mut self, x: NodeId) -> NodeId {
        let y0 = self.unit("branch0", x, conv(256, 1));
        let y = self.unit("branch1_0", x, conv(384, 1));
        let y1a = self.unit("branch1_1a", y, row(256, 3));
        let y1b = self.unit("branch1_1b", y, column(256, 3));
        let y = self.unit("branch2_0", x, conv(384, 1));
        let y = self.unit("branch2_1", y, column(448, 3));
        let y = self.unit("branch2_2", y, row(512, 3));
        let y2a = self.unit("branch2_3a", y, row(256, 3));
        let y2b = self.unit("branch2_3b", y, column(256, 3));
        let y3 = self.pooled(x, 256);
        self.joined(&[y0, y1a, y1b, y2a, y2b, y3])
    }
}
