//! Which layer or block to look at, and which maps that means.

use std::sync::Arc;

use egui::{Id, RichText, ScrollArea, Ui};

use crate::app::theme::Theme;
use crate::network::{Block, Layer, Network, NodeId};

/// A layer or a block of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// The output of one layer, by its name.
    Layer(String),
    /// A block: its branches side by side.
    Block(String),
}

/// Maps that stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// What they are, e.g. `branch2` or `F(x)`.
    pub(super) title: String,
    /// The layers on the way, e.g. `conv 1×1 › conv 3×3`.
    pub(super) path: String,
    /// Name of the node whose output it is.
    pub(super) layer: String,
}

impl Choice {
    /// Where to begin: behind the first activation, or else the first layer.
    pub(super) fn first(network: &Network) -> Self {
        let active = |layer: &Layer| matches!(layer, Layer::Activation { .. });
        let node = network.nodes.iter().find(|node| active(&node.layer));
        let node = node.or_else(|| network.nodes.get(1)).or_else(|| network.nodes.first());
        Self::Layer(node.map_or_else(String::new, |node| node.name.clone()))
    }

    /// Whether the network has it.
    pub(super) fn is_in(&self, network: &Network) -> bool {
        match self {
            Self::Layer(name) => network.nodes.iter().any(|node| node.name == *name),
            Self::Block(name) => !network.block(name).nodes.is_empty(),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Layer(name) | Self::Block(name) => name,
        }
    }

    /// The maps that show it.
    pub(super) fn columns(&self, network: &Network) -> Vec<Column> {
        match self {
            Self::Layer(name) => {
                let node = network.nodes.iter().find(|node| node.name == *name);
                let path = node.map_or_else(String::new, |node| node.layer.describe());
                vec![Column { title: name.clone(), path, layer: name.clone() }]
            }
            Self::Block(name) => block_columns(network, name),
        }
    }
}

/// The branches of a block, or the sum of a residual one with its two terms.
fn block_columns(network: &Network, name: &str) -> Vec<Column> {
    let block = network.block(name);
    let merges = |node: &&NodeId| {
        let node = &network.nodes[**node];
        matches!(node.layer, Layer::Add | Layer::Concat) && node.inputs.len() > 1
    };
    let Some(&merge) = block.nodes.iter().rev().find(merges) else {
        let last = block.nodes.last().map(|node| network.nodes[*node].name.clone());
        return last.map_or_else(Vec::new, |last| Choice::Layer(last).columns(network));
    };
    let inputs = &network.nodes[merge].inputs;
    let column = |title: String, node: NodeId, path: String| Column {
        title,
        path,
        layer: network.nodes[node].name.clone(),
    };
    if network.nodes[merge].layer == Layer::Concat {
        let branch = |(index, node): (usize, &NodeId)| {
            let of = block.branches.iter().find(|branch| branch.nodes.contains(node));
            let title = of.map_or_else(|| format!("input {}", index + 1), |b| b.name.clone());
            column(title, *node, path(network, name, *node))
        };
        return inputs.iter().enumerate().map(branch).collect();
    }
    let terms = ["F(x)", "x"].into_iter().zip(inputs).map(|(title, node)| {
        let path = path(network, name, *node);
        let shortcut = title == "x" && path.is_empty();
        let path = if shortcut { "shortcut, unchanged".into() } else { path };
        column(title.into(), *node, path)
    });
    let sum = column("F(x) + x".into(), merge, "sum".into());
    terms.chain([sum]).collect()
}

/// Convolutions and poolings on the way to a node within its block, in their order.
fn path(network: &Network, block: &str, mut node: NodeId) -> String {
    let inside = |node: NodeId| {
        let scope = &network.nodes[node].block;
        scope == block || scope.strip_prefix(block).is_some_and(|rest| rest.starts_with('.'))
    };
    let mut kinds = Vec::new();
    while inside(node) {
        let layer = &network.nodes[node].layer;
        if matches!(layer, Layer::Conv2d { .. } | Layer::MaxPool { .. } | Layer::AvgPool { .. }) {
            kinds.push(layer.describe());
        }
        match network.nodes[node].inputs.first() {
            Some(&before) if before < node => node = before,
            _ => break,
        }
    }
    kinds.reverse();
    kinds.join(" › ")
}

/// The tree of blocks and layers. Returns what was clicked.
pub(super) fn choice_ui(
    ui: &mut Ui,
    theme: &Theme,
    network: &Arc<Network>,
    chosen: &Choice,
) -> Option<Choice> {
    let mut clicked = None;
    let blocks = blocks(ui, network);
    ui.label(RichText::new("Layers").color(theme.text_strong));
    let scroll = ScrollArea::vertical().id_salt("layers").auto_shrink([false, false]);
    scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let mut shown = vec![false; network.nodes.len()];
        for node in 0..network.nodes.len() {
            if shown[node] {
                continue;
            }
            match blocks.iter().find(|block| block.nodes.contains(&node)) {
                None => layer_ui(ui, theme, network, node, "", chosen, &mut clicked),
                Some(block) => {
                    block.nodes.iter().for_each(|node| shown[*node] = true);
                    block_ui(ui, theme, network, block, chosen, &mut clicked);
                }
            }
        }
    });
    clicked
}

/// The blocks of a network, found once.
fn blocks(ui: &Ui, network: &Arc<Network>) -> Arc<Vec<Block>> {
    type Known = (Arc<Network>, Arc<Vec<Block>>);
    let id = Id::unique("blocks of the network");
    let known: Option<Known> = ui.data(|data| data.get_temp(id));
    if let Some((_, blocks)) = known.filter(|known| Arc::ptr_eq(&known.0, network)) {
        return blocks;
    }
    let blocks = Arc::new(network.blocks());
    ui.data_mut(|data| data.insert_temp(id, (network.clone(), blocks.clone())));
    blocks
}

fn block_ui(
    ui: &mut Ui,
    theme: &Theme,
    network: &Network,
    block: &Block,
    chosen: &Choice,
    clicked: &mut Option<Choice>,
) {
    let this = Choice::Block(block.name.clone());
    let within = |name: &str| block.nodes.iter().any(|node| network.nodes[*node].name == name);
    let open = matches!(chosen, Choice::Layer(name) if within(name));
    let id = ui.make_persistent_id(("block", &block.name));
    let state =
        egui::collapsing_header::CollapsingState::load_with_default_open(ui.ctx(), id, open);
    let header = state.show_header(ui, |ui| {
        let text = match block.branches.len() {
            0 => block.name.clone(),
            n => format!("{}  ({n} branches)", block.name),
        };
        let text = RichText::new(text).color(theme.text_strong);
        let hint = "Its branches side by side";
        if ui.selectable_label(*chosen == this, text).on_hover_text(hint).clicked() {
            *clicked = Some(this.clone());
        }
    });
    header.body(|ui| {
        for node in &block.nodes {
            layer_ui(ui, theme, network, *node, &block.name, chosen, clicked);
        }
    });
}

fn layer_ui(
    ui: &mut Ui,
    theme: &Theme,
    network: &Network,
    node: NodeId,
    block: &str,
    chosen: &Choice,
    clicked: &mut Option<Choice>,
) {
    let node = &network.nodes[node];
    let short =
        node.name.strip_prefix(block).map_or(&*node.name, |rest| rest.trim_start_matches('.'));
    let this = Choice::Layer(node.name.clone());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let label = ui.selectable_label(*chosen == this, short);
        let kind = RichText::new(node.layer.describe()).small().color(theme.text_weak);
        ui.add(egui::Label::new(kind).truncate().selectable(false));
        let name = node.name.clone();
        let is_chosen = *chosen == this;
        label
            .widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, &name));
        if label.clicked() {
            *clicked = Some(this);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    #[test]
    fn an_inception_block_shows_its_branches_with_their_kernels() {
        let network = architectures::build("googlenet", [3, 224, 224], 4).unwrap();
        let columns = Choice::Block("inception3a".into()).columns(&network);
        let titles: Vec<_> = columns.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles, ["branch1", "branch2", "branch3", "branch4"]);
        assert_eq!(columns[1].path, "conv 1×1 › conv 3×3");
        assert!(columns[3].path.starts_with("max pool 3×3"));
    }

    #[test]
    fn a_residual_block_shows_its_sum_and_terms() {
        let network = architectures::build("resnet18", [3, 64, 64], 4).unwrap();
        let columns = Choice::Block("layer1.0".into()).columns(&network);
        let titles: Vec<_> = columns.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles, ["F(x)", "x", "F(x) + x"]);
        assert_eq!(columns[0].path, "conv 3×3 › conv 3×3");
        assert_eq!(columns[1].path, "shortcut, unchanged");
        let strided = Choice::Block("layer2.0".into()).columns(&network);
        assert_eq!(strided[1].path, "conv 1×1 / 2");
    }

    #[test]
    fn one_begins_behind_the_first_activation() {
        let network = architectures::build("resnet18", [3, 64, 64], 4).unwrap();
        let first = Choice::first(&network);
        assert_eq!(first, Choice::Layer("relu".into()));
        assert!(first.is_in(&network) && !Choice::Block("none".into()).is_in(&network));
    }
}
