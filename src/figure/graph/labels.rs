//! The words and sizes of boxes, and the rows of the CSV.

use super::scopes::Group;
use super::{PictureBox, Rect, Role, SUBTITLE_SIZE, TITLE_SIZE};
use crate::figure::text::width;
use crate::network::{Layer, LayerSummary, Network, NodeId, Shape, Summary};

/// Room left and right of the words in a box, in points.
const MARGIN: f64 = 10.0;

/// A box without a place: its words, its kind, its size.
pub(super) fn boxed(
    network: &Network,
    summary: &Summary,
    nodes: Vec<NodeId>,
    folded: Option<&Group>,
    frame: &str,
) -> PictureBox {
    let layers = || nodes.iter().map(|&node| &summary.layers[node]);
    let (title, subtitle, role) = match folded {
        Some(group) => (block_title(group), contents(group, layers()), Role::Block),
        None => (
            layer_title(layers()),
            second_line(&summary.layers[nodes[0]].name, frame),
            role(&network.nodes[nodes[0]].layer, network.nodes[nodes[0]].inputs.len()),
        ),
    };
    let dim = layers().all(|layer| layer.only_training);
    let shape = nodes.last().map_or(Shape::Vector([1]), |&last| summary.layers[last].shape);
    let rect = size(&title, &subtitle, shape);
    let block = folded.map(|group| group.name.clone());
    PictureBox { rect, title, subtitle, role, nodes, block, dim }
}

/// What stands below the title of a layer: its name, where that says more than the title.
fn second_line(name: &str, frame: &str) -> String {
    let name = within(name, frame);
    if name == "input" { "image".to_owned() } else { name.to_owned() }
}

/// The name of a layer without that of its frame.
fn within<'a>(name: &'a str, frame: &str) -> &'a str {
    let inner = name.strip_prefix(frame).and_then(|rest| rest.strip_prefix('.'));
    inner.filter(|_| !frame.is_empty()).unwrap_or(name)
}

/// `conv 3×3, BN, ReLU`; a flatten behind another layer goes without saying.
fn layer_title<'a>(layers: impl Iterator<Item = &'a LayerSummary>) -> String {
    let mut words: Vec<String> = layers.map(|layer| layer.kind.clone()).collect();
    for word in words.iter_mut().skip(1) {
        *word = word.replace("batch norm", "BN");
    }
    let first = words.remove(0);
    words.retain(|word| word != "flatten");
    std::iter::once(first).chain(words).collect::<Vec<_>>().join(", ")
}

/// The name of a group with what it holds, e.g. `inception3a · 4 branches`.
fn block_title(group: &Group) -> String {
    match (group.children, group.branches) {
        (0, 0 | 1) => group.name.clone(),
        (0, branches) => format!("{} · {branches} branches", group.name),
        (children, _) => format!("{} · {children} blocks", group.name),
    }
}

/// `24 layers, 163.7 k parameters`.
fn contents<'a>(group: &Group, layers: impl Iterator<Item = &'a LayerSummary> + Clone) -> String {
    let parameters = layers.clone().map(|layer| layer.trainable).sum();
    let weights = layers.clone().filter(|layer| layer.multiply_adds > 0).count();
    let layers = if group.children > 0 || weights > 0 { weights } else { layers.count() };
    let noun = if layers == 1 { "layer" } else { "layers" };
    format!("{layers} weighted {noun}, {} parameters", short(parameters))
}

/// What the upper left corner of a frame says.
pub(super) fn frame_title(group: &Group) -> String {
    if group.children > 0 { block_title(group) } else { group.name.clone() }
}

pub(super) fn role(layer: &Layer, inputs: usize) -> Role {
    match layer {
        Layer::Input => Role::Input,
        Layer::Conv2d { .. } => Role::Convolution,
        Layer::Linear { .. } => Role::Dense,
        Layer::MaxPool { .. }
        | Layer::AvgPool { .. }
        | Layer::AdaptiveAvgPool { .. }
        | Layer::Subsample { .. } => Role::Pooling,
        _ if inputs > 1 => Role::Merge,
        _ => Role::Other,
    }
}

/// Width by the logarithm of the channels, height by that of the side of the maps, both with room
/// for the words.
fn size(title: &str, subtitle: &str, shape: Shape) -> Rect {
    let words = width(title, TITLE_SIZE).max(width(subtitle, SUBTITLE_SIZE));
    let channels = 56.0 + 16.0 * (shape.channels().max(1) as f64).log2();
    let side = match shape {
        Shape::Map([_, height, width]) => height.max(width).max(1) as f64,
        Shape::Vector(_) => 1.0,
    };
    let height = 36.0 + 2.4 * side.log2();
    Rect {
        x: 0.0,
        y: 0.0,
        width: (words + 2.0 * MARGIN).max(channels).round(),
        height: height.round(),
    }
}

/// Totals for the heading of a file.
pub(super) fn totals(summary: &Summary) -> String {
    let [channels, height, width] = summary.input;
    format!(
        "{} parameters, {} multiply-adds for an image of {channels}×{height}×{width}, {} outputs",
        short(summary.trainable),
        short(summary.multiply_adds),
        summary.classes
    )
}

/// The rows of the CSV: one a layer.
pub(super) fn rows(summary: &Summary) -> impl Iterator<Item = Vec<String>> {
    let header = [
        "layer",
        "kind",
        "block",
        "shape",
        "trainable",
        "not_trained",
        "multiply_adds",
        "receptive_field",
        "activation_bytes",
        "only_training",
    ];
    let row = |layer: &LayerSummary| {
        let [height, width] = layer.receptive_field;
        vec![
            layer.name.clone(),
            layer.kind.clone(),
            layer.block.clone(),
            layer.shape.to_string(),
            layer.trainable.to_string(),
            layer.non_trainable.to_string(),
            layer.multiply_adds.to_string(),
            format!("{height}×{width}"),
            layer.activation_bytes.to_string(),
            layer.only_training.to_string(),
        ]
    };
    std::iter::once(header.map(String::from).to_vec()).chain(summary.layers.iter().map(row))
}

/// 1814073344 as 1.81 G.
fn short(count: u64) -> String {
    match count as f64 {
        n if n >= 1e9 => format!("{:.2} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n if n >= 1e4 => format!("{:.0} k", n / 1e3),
        n if n >= 1e3 => format!("{:.1} k", n / 1e3),
        _ => count.to_string(),
    }
}
