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
}
