//! What becomes a box: layers with those merged into them, and folded blocks; and what flows
//! between the boxes.

use std::collections::BTreeSet;

use super::scopes::Scopes;
use super::{Detail, PictureBox, PictureOptions, Role, labels};
use crate::network::{Layer, Network, NodeId, Summary};

/// A value that flows between two boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The node that gives it.
    pub(super) source: NodeId,
    pub(super) label: String,
}

/// The boxes of a picture before they have a place.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub(super) boxes: Vec<PictureBox>,
    /// The innermost unfolded group of each box.
    pub(super) group: Vec<Option<usize>>,
    pub(super) flows: Vec<Flow>,
    pub(super) scopes: Scopes,
    /// Groups that only training needs.
    pub(super) dim_groups: Vec<bool>,
}

impl Units {
    /// Divides a network into boxes.
    pub(super) fn of(network: &Network, summary: &Summary, options: &PictureOptions) -> Self {
        let scopes = Scopes::of(network);
        let (box_of, count) = boxes_of(network, summary, &scopes, options);
        let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); count];
        box_of.iter().enumerate().for_each(|(node, &shown)| nodes[shown].push(node));
        let mut units = Self {
            boxes: Vec::with_capacity(count),
            group: Vec::with_capacity(count),
            flows: flows(network, summary, &box_of),
            dim_groups: dim_groups(summary, &scopes),
            scopes,
        };
        for nodes in nodes {
            let folded = units.scopes.folded(nodes[0], &options.folded);
            let inner = folded.map_or(units.scopes.of[nodes[0]], |f| units.scopes.groups[f].parent);
            let group = folded.map(|group| &units.scopes.groups[group]);
            let frame = inner.map_or("", |inner| units.scopes.groups[inner].name.as_str());
            units.boxes.push(labels::boxed(network, summary, nodes, group, frame));
            units.group.push(inner);
        }
        units
    }
}

/// The box of each node, numbered in the order of their first nodes, and how many there are.
fn boxes_of(
    network: &Network,
    summary: &Summary,
    scopes: &Scopes,
    options: &PictureOptions,
) -> (Vec<usize>, usize) {
    let mut uses = vec![0_usize; network.nodes.len()];
    network.nodes.iter().flat_map(|node| &node.inputs).for_each(|&input| uses[input] += 1);
    let mut of_group = vec![None; scopes.groups.len()];
    let mut box_of: Vec<usize> = Vec::with_capacity(network.nodes.len());
    let mut count = 0;
    for node in 0..network.nodes.len() {
        let folded = scopes.folded(node, &options.folded);
        let known = match folded {
            Some(group) => of_group[group],
            None if options.detail == Detail::Compact => {
                let host = host(network, summary, scopes, node);
                host.filter(|&host| uses[host] == 1).map(|host| box_of[host])
            }
            None => None,
        };
        let shown = known.unwrap_or(count);
        count += usize::from(known.is_none());
        if let Some(group) = folded {
            of_group[group] = Some(shown);
        }
        box_of.push(shown);
    }
    (box_of, count)
}

/// The layer before, when this one only changes its values one by one: the same shape, the same
/// sight, no products. Such a layer needs no box of its own.
fn host(network: &Network, summary: &Summary, scopes: &Scopes, node: NodeId) -> Option<NodeId> {
    let [host] = network.nodes[node].inputs[..] else { return None };
    let (layer, before) = (&summary.layers[node], &summary.layers[host]);
    let by_value = layer.shape == before.shape
        && layer.receptive_field == before.receptive_field
        && layer.multiply_adds == 0;
    let flat = matches!(network.nodes[node].layer, Layer::Flatten);
    let input = matches!(network.nodes[host].layer, Layer::Input);
    // A pooling that happens to keep the size, as VGG's at 224 pixels, is a pooling all the same.
    let pools = labels::role(&network.nodes[node].layer, 1) == Role::Pooling;
    let by_value = by_value && !pools;
    ((by_value || flat) && !input && scopes.of[node] == scopes.of[host]).then_some(host)
}

/// Each value once for each box that takes it.
fn flows(network: &Network, summary: &Summary, box_of: &[usize]) -> Vec<Flow> {
    let mut known = BTreeSet::new();
    let mut flows = Vec::new();
    for (node, layer) in network.nodes.iter().enumerate() {
        for &source in &layer.inputs {
            let (from, to) = (box_of[source], box_of[node]);
            if from != to && known.insert((source, to)) {
                let label = summary.layers[source].shape.to_string();
                flows.push(Flow { from, to, source, label });
            }
        }
    }
    flows
}

fn dim_groups(summary: &Summary, scopes: &Scopes) -> Vec<bool> {
    let mut dim = vec![true; scopes.groups.len()];
    for (node, layer) in summary.layers.iter().enumerate() {
        if !layer.only_training {
            scopes.ancestors(scopes.of[node]).for_each(|group| dim[group] = false);
        }
    }
    dim
}
