//! A network as the text of a file, layer by layer.

use std::fmt::Write;

use super::super::Architecture;
use crate::network::{Activation, Initialization, Layer, Network, Node, NodeId, Padding};

/// The text of a file that gives this network again. Outputs as many as there are classes become
/// `"classes"`, so that the file serves any number of them.
pub fn write(network: &Network) -> String {
    let mut text = head(network);
    for id in 1..network.nodes.len() {
        text.push_str("\n[[layer]]\n");
        for (key, value) in keys(network, id) {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{key} = {value}");
        }
    }
    text
}

fn head(network: &Network) -> String {
    let known: Option<&Architecture> = super::super::find(&network.name).ok();
    let mut lines = vec![format!("name = {}", quoted(&network.name))];
    if let Some(known) = known {
        lines.push(format!("reference = {}", quoted(known.reference)));
        lines.push(format!("text = {}", quoted(known.text)));
    }
    let [channels, height, width] = network.input;
    lines.push(format!("input = [{channels}, {height}, {width}]"));
    lines.push(format!("classes = {}", network.classes));
    match network.initialization {
        Initialization::Uniform => {}
        Initialization::HeFanOut => {
            lines.push("initialization = { kind = \"he-fan-out\" }".into());
        }
        Initialization::TruncatedNormal { std } => {
            let std = real(std);
            lines.push(format!("initialization = {{ kind = \"truncated-normal\", std = {std} }}"));
        }
    }
    if network.output + 1 != network.nodes.len() {
        lines.push(format!("output = {}", quoted(&network.nodes[network.output].name)));
    }
    let heads: Vec<String> = network
        .auxiliary
        .iter()
        .map(|&(node, weight)| {
            let layer = quoted(&network.nodes[node].name);
            format!("{{ layer = {layer}, weight = {} }}", real(weight))
        })
        .collect();
    if !heads.is_empty() {
        lines.push(format!("auxiliary = [{}]", heads.join(", ")));
    }
    lines.join("\n") + "\n"
}

/// Keys and values of one layer, those that are as usual left out.
fn keys(network: &Network, id: NodeId) -> Vec<(&'static str, String)> {
    let node = &network.nodes[id];
    let prefix = if node.block.is_empty() { String::new() } else { format!("{}.", node.block) };
    let own = node.name.strip_prefix(&prefix).unwrap_or(&node.name);
    let mut keys = vec![("name", quoted(own))];
    if !node.block.is_empty() {
        keys.push(("scope", quoted(&node.block)));
    }
    if node.inputs != [id - 1] {
        let names: Vec<String> =
            node.inputs.iter().map(|&source| quoted(&network.nodes[source].name)).collect();
        keys.push(("from", format!("[{}]", names.join(", "))));
    }
    keys.extend(layer_keys(network, id, node));
    keys
}

fn layer_keys(network: &Network, id: NodeId, node: &Node) -> Vec<(&'static str, String)> {
    let is_head = id == network.output || network.auxiliary.iter().any(|&(head, _)| head == id);
    let outputs = |out: usize| {
        if is_head && out == network.classes { quoted("classes") } else { out.to_string() }
    };
    let mut keys = vec![("kind", quoted(kind(&node.layer)))];
    let mut key = |name, value| keys.push((name, value));
    match &node.layer {
        Layer::Conv2d { out, kernel, stride, padding, dilation, groups, bias } => {
            key("out", outputs(*out));
            key("kernel", pair(*kernel));
            unless(*stride == [1, 1], || key("stride", pair(*stride)));
            unless(*padding == Padding::all(0), || key("padding", sides(*padding)));
            unless(*dilation == [1, 1], || key("dilation", pair(*dilation)));
            unless(*groups == 1, || key("groups", groups.to_string()));
            unless(*bias, || key("bias", "false".into()));
        }
        Layer::PartialConv2d { connections, kernel } => {
            key("connections", format!("{connections:?}"));
            key("kernel", pair(*kernel));
        }
        Layer::BatchNorm { eps, momentum, scale } => {
            unless(*eps == 1e-5, || key("eps", real(*eps)));
            unless(*momentum == 0.1, || key("momentum", real(*momentum)));
            unless(*scale, || key("scale", "false".into()));
        }
        Layer::LocalResponseNorm { size, alpha, beta, k } => {
            key("size", size.to_string());
            key("alpha", real(*alpha));
            key("beta", real(*beta));
            key("k", real(*k));
        }
        Layer::MaxPool { kernel, stride, padding, ceil }
        | Layer::AvgPool { kernel, stride, padding, ceil, .. } => {
            key("kernel", pair(*kernel));
            unless(stride == kernel, || key("stride", pair(*stride)));
            unless(*padding == Padding::all(0), || key("padding", sides(*padding)));
            unless(!*ceil, || key("ceil", "true".into()));
            let counts = matches!(node.layer, Layer::AvgPool { count_padding: true, .. });
            unless(!counts, || key("count-padding", "true".into()));
        }
        Layer::AdaptiveAvgPool { out } => unless(*out == [1, 1], || key("out", pair(*out))),
        Layer::Subsample { kernel } => key("kernel", pair(*kernel)),
        Layer::Dropout { p } => key("p", real(*p)),
        Layer::Linear { out, bias } => {
            key("out", outputs(*out));
            unless(*bias, || key("bias", "false".into()));
        }
        Layer::RadialBasis { out } => key("out", outputs(*out)),
        Layer::Activation { function: Activation::LeakyRelu(slope) } => key("slope", real(*slope)),
        Layer::Activation { function: Activation::Elu(alpha) } => key("alpha", real(*alpha)),
        _ => {}
    }
    keys
}

fn kind(layer: &Layer) -> &'static str {
    match layer {
        Layer::Input => "input",
        Layer::Conv2d { .. } => "conv2d",
        Layer::PartialConv2d { .. } => "partial-conv2d",
        Layer::BatchNorm { .. } => "batch-norm",
        Layer::LocalResponseNorm { .. } => "local-response-norm",
        Layer::Activation { function } => function.name(),
        Layer::MaxPool { .. } => "max-pool",
        Layer::AvgPool { .. } => "avg-pool",
        Layer::AdaptiveAvgPool { out: [1, 1] } => "global-avg-pool",
        Layer::AdaptiveAvgPool { .. } => "adaptive-avg-pool",
        Layer::GlobalMaxPool => "global-max-pool",
        Layer::Subsample { .. } => "subsample",
        Layer::Dropout { .. } => "dropout",
        Layer::Flatten => "flatten",
        Layer::Linear { .. } => "linear",
        Layer::RadialBasis { .. } => "radial-basis",
        Layer::Add => "add",
        Layer::Subtract => "subtract",
        Layer::Multiply => "multiply",
        Layer::Average => "average",
        Layer::Maximum => "maximum",
        Layer::Dot => "dot",
        Layer::Concat => "concat",
    }
}

fn unless(usual: bool, write: impl FnOnce()) {
    if !usual {
        write();
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn pair([height, width]: [usize; 2]) -> String {
    if height == width { height.to_string() } else { format!("[{height}, {width}]") }
}

fn sides(padding: Padding) -> String {
    match padding {
        Padding::Same => quoted("same"),
        Padding::Explicit(sides) if sides == [sides[0]; 4] => sides[0].to_string(),
        Padding::Explicit([above, left, below, right]) if [above, left] == [below, right] => {
            format!("[{above}, {left}]")
        }
        Padding::Explicit(sides) => format!("{sides:?}"),
    }
}

/// A number that reads back as itself and as a float.
fn real(value: f64) -> String {
    toml::Value::from(value).to_string()
}
