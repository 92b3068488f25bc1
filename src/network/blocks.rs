//! The blocks of a network and their parallel branches, for pictures and side-by-side maps.

use super::{Network, NodeId};

/// Layers that belong together, e.g. `inception3a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Name of the block.
    pub name: String,
    /// Its nodes, those of its branches included.
    pub nodes: Vec<NodeId>,
    /// Its parallel branches, if it has any.
    pub branches: Vec<Branch>,
}

/// One of the parallel ways through a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Name within the block, e.g. `branch2`.
    pub name: String,
    /// Its nodes in order; the last gives the branch's output.
    pub nodes: Vec<NodeId>,
}

impl Network {
    /// The blocks in order: the outermost scope that is no mere container of other blocks, so
    /// `inception3a` with its branches, `layer1.0` for a ResNet's.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for node in &self.nodes {
            let Some(name) = self.block_name(&node.block) else { continue };
            if blocks.iter().all(|block| block.name != name) {
                blocks.push(self.block(name));
            }
        }
        blocks
    }

    /// The block of this name with its branches; without nodes when there is none.
    pub fn block(&self, name: &str) -> Block {
        let nodes: Vec<NodeId> =
            (0..self.nodes.len()).filter(|&node| within(&self.nodes[node].block, name)).collect();
        let mut branches: Vec<Branch> = Vec::new();
        for &node in &nodes {
            let Some(branch) = branch_name(&self.nodes[node].block, name) else { continue };
            match branches.iter_mut().find(|known| known.name == branch) {
                Some(known) => known.nodes.push(node),
                None => branches.push(Branch { name: branch.to_owned(), nodes: vec![node] }),
            }
        }
        Block { name: name.to_owned(), nodes, branches }
    }

    /// The shortest prefix of a node's scope that itself holds a layer.
    fn block_name<'a>(&self, scope: &'a str) -> Option<&'a str> {
        let ends = scope.match_indices('.').map(|(at, _)| at).chain([scope.len()]);
        let mut prefixes = ends.map(|end| &scope[..end]).filter(|prefix| !prefix.is_empty());
        prefixes.find(|prefix| self.nodes.iter().any(|node| node.block == *prefix))
    }
}

fn within(scope: &str, block: &str) -> bool {
    scope == block || branch_name(scope, block).is_some()
}

/// First part of a scope below a block: `branch2` of `inception3a.branch2` in `inception3a`.
fn branch_name<'a>(scope: &'a str, block: &str) -> Option<&'a str> {
    let inner = scope.strip_prefix(block)?.strip_prefix('.')?;
    inner.split('.').next()
}

#[cfg(test)]
mod tests {
    use crate::network::builder::{Builder, conv};

    #[test]
    fn branches_are_listed_by_name() {
        let mut b = Builder::new("two-ways", [1, 8, 8], 2);
        let x = b.input();
        let joined = b.scope("mixed", |b| {
            let left = b.scope("branch1", |b| b.conv("conv", x, conv(2, 1)));
            let right = b.scope("branch2", |b| {
                let y = b.conv("0.conv", x, conv(2, 1));
                b.conv("1.conv", y, conv(3, 3).pad(1))
            });
            b.concat("concat", &[left, right])
        });
        let y = b.flatten("flatten", joined);
        let logits = b.linear("fc", y, 2);
        let network = b.finish(logits).unwrap();
        let blocks = network.blocks();
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].name, "mixed");
        assert_eq!(blocks[0].nodes, [1, 2, 3, 4]);
        let names: Vec<&str> = blocks[0].branches.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(names, ["branch1", "branch2"]);
        assert_eq!(blocks[0].branches[1].nodes, [2, 3]);
        assert_eq!(network.nodes[3].name, "mixed.branch2.1.conv");
    }
}
