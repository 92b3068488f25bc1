//! Inception-v3 as torchvision has it: large kernels factorised into 1×n and n×1.

use super::Architecture;
use super::inception::basic;
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Initialization, Network, NetworkError, NodeId, Padding};

pub(super) const INCEPTION_V3: Architecture = Architecture {
    name: "inception-v3",
    title: "Inception-v3",
    reference: "Szegedy et al. 2016, CVPR, 2818; names and weights of torchvision",
    default_input: [3, 299, 299],
    default_classes: 1000,
    text: "Inception blocks whose 5×5 is two 3×3 and whose 7×7 is 1×7 and 7×1 in turn: the same \
           view for far fewer products. Takes images from 75×75 pixels.",
    build: |name, input, classes| inception_v3(name, input, classes, false),
};

pub(super) const INCEPTION_V3_AUX: Architecture = Architecture {
    name: "inception-v3-aux",
    title: "Inception-v3 with auxiliary classifier",
    text: "As Inception-v3; a further classifier behind the blocks of 17×17 helps it to learn from \
           scratch. Takes images from 299×299 pixels or a little less.",
    build: |name, input, classes| inception_v3(name, input, classes, true),
    ..INCEPTION_V3
};

/// Weight of the auxiliary loss, as in TensorFlow's models; the paper gives none.
const AUXILIARY_WEIGHT: f64 = 0.4;

fn inception_v3(
    name: &str,
    input: [usize; 3],
    classes: usize,
    auxiliary: bool,
) -> Result<Network, NetworkError> {
    let mut b = Builder::new(name, input, classes);
    b.initialize(Initialization::TruncatedNormal { std: 0.1 });
    let image = b.input();
    let x = basic(&mut b, "Conv2d_1a_3x3.", image, conv(32, 3).stride(2));
    let x = basic(&mut b, "Conv2d_2a_3x3.", x, conv(32, 3));
    let x = basic(&mut b, "Conv2d_2b_3x3.", x, conv(64, 3).pad(1));
    let x = b.max_pool("maxpool1", x, pool(3, 2));
    let x = basic(&mut b, "Conv2d_3b_1x1.", x, conv(80, 1));
    let x = basic(&mut b, "Conv2d_4a_3x3.", x, conv(192, 3));
    let x = b.max_pool("maxpool2", x, pool(3, 2));

    let x = b.scope("Mixed_5b", |b| block_a(b, x, 32));
    let x = b.scope("Mixed_5c", |b| block_a(b, x, 64));
    let x = b.scope("Mixed_5d", |b| block_a(b, x, 64));
    let x = b.scope("Mixed_6a", |b| block_b(b, x));
    let x = b.scope("Mixed_6b", |b| block_c(b, x, 128));
    let x = b.scope("Mixed_6c", |b| block_c(b, x, 160));
    let x = b.scope("Mixed_6d", |b| block_c(b, x, 160));
    let x = b.scope("Mixed_6e", |b| block_c(b, x, 192));
    if auxiliary {
        let logits = b.scope("AuxLogits", |b| auxiliary_head(b, x));
        b.auxiliary(logits, AUXILIARY_WEIGHT);
    }
    let x = b.scope("Mixed_7a", |b| block_d(b, x));
    let x = b.scope("Mixed_7b", |b| block_e(b, x));
    let x = b.scope("Mixed_7c", |b| block_e(b, x));

    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.dropout("dropout", x, 0.5);
    let x = b.flatten("flatten", x);
    let logits = b.linear("fc", x, classes);
    b.finish(logits)
}

/// A kernel of one row.
pub(super) const fn row(out: usize, length: usize) -> Conv {
    let half = length / 2;
    conv(out, 1).kernel(1, length).padding(Padding::Explicit([0, half, 0, half]))
}

/// A kernel of one column.
pub(super) const fn column(out: usize, length: usize) -> Conv {
    let half = length / 2;
    conv(out, 1).kernel(length, 1).padding(Padding::Explicit([half, 0, half, 0]))
}

/// Convolutions one after another, named `name_1`, `name_2`…
fn chain<const N: usize>(
    b: &mut Builder,
    name: &str,
    x: NodeId,
    convolutions: [Conv; N],
) -> NodeId {
    let numbered = convolutions.into_iter().zip(1..);
    numbered.fold(x, |x, (convolution, n)| basic(b, &format!("{name}_{n}."), x, convolution))
}

/// Mean over 3×3 (the border counts as zeros), then 1×1.
fn pooled(b: &mut Builder, x: NodeId, out: usize) -> NodeId {
    let x = b.avg_pool("pool", x, pool(3, 1).pad(1).count_padding());
    basic(b, "branch_pool.", x, conv(out, 1))
}

/// Figure 5 of the paper: 1×1, 5×5, two 3×3, pooling.
fn block_a(b: &mut Builder, x: NodeId, projected: usize) -> NodeId {
    let ones = basic(b, "branch1x1.", x, conv(64, 1));
    let fives = chain(b, "branch5x5", x, [conv(48, 1), conv(64, 5).pad(2)]);
    let threes = [conv(64, 1), conv(96, 3).pad(1), conv(96, 3).pad(1)];
    let threes = chain(b, "branch3x3dbl", x, threes);
    let pooled = pooled(b, x, projected);
    b.concat("concat", &[ones, fives, threes, pooled])
}

/// Figure 10: half the size.
fn block_b(b: &mut Builder, x: NodeId) -> NodeId {
    let three = basic(b, "branch3x3.", x, conv(384, 3).stride(2));
    let threes = [conv(64, 1), conv(96, 3).pad(1), conv(96, 3).stride(2)];
    let threes = chain(b, "branch3x3dbl", x, threes);
    let pooled = b.max_pool("pool", x, pool(3, 2));
    b.concat("concat", &[three, threes, pooled])
}

/// Figure 6: 7×7 as 1×7 and 7×1, once and twice.
fn block_c(b: &mut Builder, x: NodeId, width: usize) -> NodeId {
    let ones = basic(b, "branch1x1.", x, conv(192, 1));
    let once = chain(b, "branch7x7", x, [conv(width, 1), row(width, 7), column(192, 7)]);
    let twice = [conv(width, 1), column(width, 7), row(width, 7), column(width, 7), row(192, 7)];
    let twice = chain(b, "branch7x7dbl", x, twice);
    let pooled = pooled(b, x, 192);
    b.concat("concat", &[ones, once, twice, pooled])
}

/// Half the size again.
fn block_d(b: &mut Builder, x: NodeId) -> NodeId {
    let three = chain(b, "branch3x3", x, [conv(192, 1), conv(320, 3).stride(2)]);
    let seven = [conv(192, 1), row(192, 7), column(192, 7), conv(192, 3).stride(2)];
    let seven = chain(b, "branch7x7x3", x, seven);
    let pooled = b.max_pool("pool", x, pool(3, 2));
    b.concat("concat", &[three, seven, pooled])
}

/// Figure 7: 1×3 and 3×1 side by side.
fn block_e(b: &mut Builder, x: NodeId) -> NodeId {
    let ones = basic(b, "branch1x1.", x, conv(320, 1));
    let three = basic(b, "branch3x3_1.", x, conv(384, 1));
    let three = both(b, ["branch3x3_2a", "branch3x3_2b", "branch3x3"], three);
    let double = chain(b, "branch3x3dbl", x, [conv(448, 1), conv(384, 3).pad(1)]);
    let double = both(b, ["branch3x3dbl_3a", "branch3x3dbl_3b", "branch3x3dbl"], double);
    let pooled = pooled(b, x, 192);
    b.concat("concat", &[ones, three, double, pooled])
}

/// A row and a column of three on the same maps, joined.
fn both(b: &mut Builder, [across, down, joined]: [&str; 3], x: NodeId) -> NodeId {
    let across = basic(b, &format!("{across}."), x, row(384, 3));
    let down = basic(b, &format!("{down}."), x, column(384, 3));
    b.concat(&format!("{joined}.concat"), &[across, down])
}

/// Mean over 5×5, 1×1, 5×5, dense.
fn auxiliary_head(b: &mut Builder, x: NodeId) -> NodeId {
    let x = b.avg_pool("pool", x, pool(5, 3));
    let x = basic(b, "conv0.", x, conv(128, 1));
    let x = basic(b, "conv1.", x, conv(768, 5));
    let x = b.adaptive_avg_pool("avgpool", x, 1);
    let x = b.flatten("flatten", x);
    b.linear("fc", x, b.classes())
}
