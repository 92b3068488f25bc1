//! Which layers are worth a look, and the branches of a block side by side.

use super::FeatureMaps;
use crate::network::{Layer, Network, NodeId};

/// The maps of one branch of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BranchMaps<'a> {
    /// Name of the branch, e.g. `branch2`.
    pub branch: &'a str,
    /// Values of its last layer, if they were asked for.
    pub maps: Option<&'a FeatureMaps>,
}

/// Branches of a block with the name of each one's last layer; empty for a block without.
pub fn branches(network: &Network, block: &str) -> Vec<(String, String)> {
    let branches = network.block(block).branches;
    let output = |branch: crate::network::Branch| {
        let last = *branch.nodes.last()?;
        Some((branch.name, network.nodes[last].name.clone()))
    };
    branches.into_iter().filter_map(output).collect()
}

impl<'a> BranchMaps<'a> {
    /// Sorts maps to the branches that [`branches`] named.
    pub fn group(branches: &'a [(String, String)], maps: &'a [FeatureMaps]) -> Vec<Self> {
        let of = |(branch, layer): &'a (String, String)| BranchMaps {
            branch,
            maps: maps.iter().find(|maps| maps.layer == *layer),
        };
        branches.iter().map(of).collect()
    }
}

/// The layers a chooser offers first: the input, the activations outside blocks, the last layer
/// of each block, and the output. Auxiliary classifiers are left out.
pub fn landmarks(network: &Network) -> Vec<String> {
    let needed = network.ancestors(network.output);
    let ends: Vec<NodeId> =
        network.blocks().iter().filter_map(|block| block.nodes.last().copied()).collect();
    let landmark = |&node: &NodeId| {
        let at = &network.nodes[node];
        let outside = at.block.is_empty() && matches!(at.layer, Layer::Activation { .. });
        needed[node] && (node == 0 || node == network.output || outside || ends.contains(&node))
    };
    (0..network.nodes.len()).filter(landmark).map(|node| network.nodes[node].name.clone()).collect()
}

/// The layer that Grad-CAM looks at unless told otherwise: the deepest landmark that still has
/// places, at least 4×4 where there is one.
pub fn cam_layer(network: &Network) -> Option<String> {
    let shapes = network.shapes().ok()?;
    let side = |name: &String| match *shapes[network.find(name)?].dims() {
        [_, height, width] => Some(height.min(width)),
        _ => None,
    };
    let sides: Vec<(String, usize)> =
        landmarks(network).into_iter().filter_map(|n| side(&n).map(|s| (n, s))).skip(1).collect();
    let deepest = |least: usize| sides.iter().rev().find(|(_, side)| *side >= least);
    deepest(4).or_else(|| deepest(2)).map(|(name, _)| name.clone())
}

/// A row of the lecture's figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// What stands before the row.
    pub title: &'static str,
    /// The layer whose maps are shown.
    pub layer: String,
}

/// The layers of the lecture's figure: the first convolution (behind its activation), the first
/// and the last block whose branches meet, by concatenation (Inception) or by a sum (residual). For
/// networks without such blocks the convolutions in the middle and at the end.
pub fn lecture_stations(network: &Network) -> Vec<Station> {
    let needed = network.ancestors(network.output);
    let is_convolution =
        |&node: &NodeId| needed[node] && matches!(network.nodes[node].layer, Layer::Conv2d { .. });
    let convolutions: Vec<NodeId> = (0..network.nodes.len()).filter(is_convolution).collect();
    let station = |title, node: NodeId| Station { title, layer: network.nodes[node].name.clone() };
    let Some(&first) = convolutions.first() else { return Vec::new() };
    let mut stations = vec![station("First convolution", behind(network, first))];
    let meets = |node: NodeId| match network.nodes[node].layer {
        Layer::Concat => Some(["First Inception block", "Last Inception block"]),
        Layer::Add => Some(["First residual block", "Last residual block"]),
        _ => None,
    };
    let end = |block: crate::network::Block| {
        let titles = block.nodes.iter().rev().find_map(|&node| meets(node))?;
        let last = block.nodes.last().copied().filter(|&node| needed[node])?;
        Some((titles, last))
    };
    let ends: Vec<_> = network.blocks().into_iter().filter_map(end).collect();
    if let (Some((first, at)), Some((last, end))) = (ends.first(), ends.last()) {
        stations.push(station(first[0], *at));
        if at != end {
            stations.push(station(last[1], *end));
        }
        return stations;
    }
    let rest = &convolutions[1..];
    if let Some(&last) = rest.last() {
        if rest.len() > 1 {
            stations
                .push(station("Middle convolution", behind(network, rest[(rest.len() - 1) / 2])));
        }
        stations.push(station("Last convolution", behind(network, last)));
    }
    stations
}

/// The activation that follows a layer directly or after its normalisation; itself if none does.
fn behind(network: &Network, node: NodeId) -> NodeId {
    let mut at = node;
    loop {
        let mut readers = (at + 1..network.nodes.len())
            .filter(|&later| network.nodes[later].inputs.contains(&at));
        let (Some(next), None) = (readers.next(), readers.next()) else { return node };
        match network.nodes[next].layer {
            Layer::Activation { .. } => return next,
            Layer::BatchNorm { .. } => at = next,
            _ => return node,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    #[test]
    fn an_inception_block_is_shown_branch_by_branch() {
        let network = architectures::build("googlenet", [3, 64, 64], 5).unwrap();
        let branches = branches(&network, "inception3a");
        let layers: Vec<&str> = branches.iter().map(|(_, layer)| layer.as_str()).collect();
        assert_eq!(
            layers,
            [
                "inception3a.branch1.relu",
                "inception3a.branch2.1.relu",
                "inception3a.branch3.1.relu",
                "inception3a.branch4.1.relu"
            ]
        );
        let maps = [FeatureMaps { layer: layers[2].into(), shape: [1, 1, 1], data: vec![0.0] }];
        let grouped = BranchMaps::group(&branches, &maps);
        assert_eq!(grouped.len(), 4);
        assert!(grouped[2].maps.is_some() && grouped[0].maps.is_none());
        assert_eq!(grouped[2].branch, "branch3");
    }

    #[test]
    fn landmarks_are_block_ends() {
        let network = architectures::build("resnet18", [3, 64, 64], 5).unwrap();
        let names = landmarks(&network);
        assert_eq!(names.len(), 11); // input, relu, eight units, fc
        assert_eq!((names[0].as_str(), names[1].as_str()), ("input", "relu"));
        assert_eq!(names[2], "layer1.0.relu");
        let network = architectures::build("googlenet-aux", [3, 64, 64], 5).unwrap();
        assert!(landmarks(&network).iter().all(|name| !name.starts_with("aux")));
    }

    #[test]
    fn grad_cam_begins_where_there_are_places() {
        let of = |name: &str, side: usize| {
            cam_layer(&architectures::build(name, [3, side, side], 5).unwrap()).unwrap()
        };
        assert_eq!(of("googlenet", 224), "inception5b.concat");
        assert_eq!(of("googlenet", 64), "inception4e.concat");
        assert_eq!(of("resnet18", 64), "layer3.1.relu");
        assert_eq!(of("simple-cnn", 64), "block4.pool");
    }

    #[test]
    fn the_lecture_shows_the_first_and_the_last() {
        let of = |name: &str| {
            let network = architectures::build(name, [3, 64, 64], 5).unwrap();
            let stations = lecture_stations(&network);
            stations.into_iter().map(|s| format!("{}: {}", s.title, s.layer)).collect::<Vec<_>>()
        };
        let expected = [
            "First convolution: conv1.relu",
            "First Inception block: inception3a.concat",
            "Last Inception block: inception5b.concat",
        ];
        assert_eq!(of("googlenet"), expected);
        let expected = [
            "First convolution: relu",
            "First residual block: layer1.0.relu",
            "Last residual block: layer4.1.relu",
        ];
        assert_eq!(of("resnet18"), expected);
        let expected = [
            "First convolution: block1.relu",
            "Middle convolution: block3.relu",
            "Last convolution: block4.relu",
        ];
        assert_eq!(of("simple-cnn"), expected);
    }
}
