//! The blocks of a network and the containers around them, as a tree.

use std::collections::BTreeSet;

use crate::network::Network;

/// More boxes than this are too many for a first look.
const AT_A_GLANCE: usize = 40;

/// A block, or a container of blocks such as `layer1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    /// The container around it.
    pub(super) parent: Option<usize>,
    /// Blocks directly within it; 0 for a block.
    pub(super) children: usize,
    /// Parallel branches of a block.
    pub(super) branches: usize,
}

/// The groups of a network, outer ones before those within them.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    pub(super) groups: Vec<Group>,
    /// The innermost group of each node.
    pub(super) of: Vec<Option<usize>>,
}

impl Scopes {
    /// The tree of a network. Groups that a way leaves and enters again cannot be one box and are
    /// left out.
    pub(super) fn of(network: &Network) -> Self {
        let mut scopes = Self { groups: Vec::new(), of: vec![None; network.nodes.len()] };
        let blocks = network.blocks();
        let names: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
        for block in &blocks {
            let group = scopes.add(&block.name, &names, block.branches.len());
            block.nodes.iter().for_each(|&node| scopes.of[node] = Some(group));
        }
        if scopes.is_acyclic(network) {
            scopes
        } else {
            Self { groups: Vec::new(), of: vec![None; network.nodes.len()] }
        }
    }

    /// Adds a block and the containers around it that hold other blocks too.
    fn add(&mut self, name: &str, blocks: &[&str], branches: usize) -> usize {
        let mut parent = None;
        for (end, _) in name.match_indices('.') {
            let outer = &name[..=end];
            if blocks.iter().filter(|block| block.starts_with(outer)).count() > 1 {
                parent = Some(self.find_or_add(&name[..end], parent, 0));
            }
        }
        self.find_or_add(name, parent, branches)
    }

    fn find_or_add(&mut self, name: &str, parent: Option<usize>, branches: usize) -> usize {
        if let Some(known) = self.groups.iter().position(|group| group.name == name) {
            return known;
        }
        if let Some(parent) = parent {
            self.groups[parent].children += 1;
        }
        self.groups.push(Group { name: name.to_owned(), parent, children: 0, branches });
        self.groups.len() - 1
    }

    /// The group and those around it, from the inside out.
    pub(super) fn ancestors(&self, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(group, |&inner| self.groups[inner].parent)
    }

    /// The outermost of the folded groups around a node.
    pub(super) fn folded(&self, node: usize, folded: &BTreeSet<String>) -> Option<usize> {
        self.ancestors(self.of[node])
            .filter(|&group| folded.contains(&self.groups[group].name))
            .last()
    }

    /// Whether the network stays without cycles when every group at one depth becomes one box.
    fn is_acyclic(&self, network: &Network) -> bool {
        let depth = |group: usize| self.ancestors(Some(group)).count();
        let deepest = (0..self.groups.len()).map(depth).max().unwrap_or(0);
        (1..=deepest).all(|level| {
            let name = |node: usize| {
                let outer = self.ancestors(self.of[node]).find(|&group| depth(group) <= level);
                outer.map_or(self.groups.len() + node, |group| group)
            };
            acyclic(network, self.groups.len() + network.nodes.len(), name)
        })
    }
}

/// Whether the graph of the names of the nodes has an order (Kahn).
fn acyclic(network: &Network, count: usize, name: impl Fn(usize) -> usize) -> bool {
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (node, inputs) in network.nodes.iter().map(|node| &node.inputs).enumerate() {
        edges.extend(inputs.iter().map(|&input| (name(input), name(node))));
    }
    edges.retain(|(from, to)| from != to);
    let mut waiting = vec![0_usize; count];
    for &(_, to) in &edges {
        waiting[to] += 1;
    }
    let mut ready: Vec<usize> = (0..count).filter(|&name| waiting[name] == 0).collect();
    let mut done = 0;
    while let Some(from) = ready.pop() {
        done += 1;
        for &(_, to) in edges.range((from, 0)..=(from, count)) {
            waiting[to] -= 1;
            if waiting[to] == 0 {
                ready.push(to);
            }
        }
    }
    done == count
}

/// See [`super::folded_at_first`].
pub(super) fn folded_at_first(network: &Network) -> BTreeSet<String> {
    let scopes = Scopes::of(network);
    let shown = |folded: &BTreeSet<String>| {
        let loose = (0..network.nodes.len()).filter(|&node| scopes.folded(node, folded).is_none());
        let boxes: BTreeSet<usize> =
            (0..network.nodes.len()).filter_map(|node| scopes.folded(node, folded)).collect();
        loose.count() + boxes.len()
    };
    let names = |container: bool| {
        let of_kind = scopes.groups.iter().filter(move |group| (group.children > 0) == container);
        of_kind.map(|group| group.name.clone())
    };
    let mut folded = BTreeSet::new();
    for container in [false, true] {
        if shown(&folded) <= AT_A_GLANCE {
            break;
        }
        folded.extend(names(container));
    }
    folded
}
