//! The rows of the table: layers, and blocks that fold their layers away.

use crate::network::{Network, Summary};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// A block, by its number in [`Rows::blocks`].
    Block(usize),
    /// A layer, by its number in the summary, and whether it stands within a block.
    Layer(usize, bool),
}

/// A block with the sums of its layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlockRow {
    /// Name of the block.
    pub(super) name: String,
    /// Number of its branches.
    pub(super) branches: usize,
    /// Its layers.
    pub(super) layers: Vec<usize>,
    /// Values that learn.
    pub(super) trainable: u64,
    /// Products for one image.
    pub(super) multiply_adds: u64,
    /// Only the block's own row is shown.
    pub(super) folded: bool,
}

/// All rows of a network.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// The blocks, in order.
    pub(super) blocks: Vec<BlockRow>,
    all: Vec<Row>,
    /// Those that are not folded away.
    pub(super) shown: Vec<Row>,
    /// Largest number of parameters of a layer or block, for the bars.
    pub(super) most_parameters: u64,
    /// Largest number of products of a layer or block.
    pub(super) most_multiply_adds: u64,
}

/// Networks of more layers than this begin folded.
const FOLDED_FROM: usize = 40;

impl Rows {
    /// The rows of a network.
    pub(super) fn new(network: &Network, summary: &Summary) -> Self {
        let mut rows = Self {
            blocks: Vec::new(),
            all: Vec::new(),
            shown: Vec::new(),
            most_parameters: 1,
            most_multiply_adds: 1,
        };
        let blocks = network.blocks();
        let mut of = vec![None; network.nodes.len()];
        for (index, block) in blocks.iter().enumerate() {
            block.nodes.iter().for_each(|node| of[*node] = Some(index));
        }
        let folded = network.nodes.len() > FOLDED_FROM;
        for (index, block) in blocks.iter().enumerate() {
            rows.blocks.push(block_row(block, summary, folded));
            debug_assert_eq!(rows.blocks.len(), index + 1);
        }
        for node in 0..network.nodes.len() {
            let before = node.checked_sub(1).and_then(|before| of[before]);
            if let Some(block) = of[node].filter(|block| Some(*block) != before) {
                rows.all.push(Row::Block(block));
            }
            rows.all.push(Row::Layer(node, of[node].is_some()));
        }
        rows.measure(summary);
        rows.list(&of);
        rows
    }

    fn measure(&mut self, summary: &Summary) {
        let layers = summary.layers.iter();
        let parameters = layers.clone().map(|layer| layer.trainable).max().unwrap_or(1);
        let products = layers.map(|layer| layer.multiply_adds).max().unwrap_or(1);
        let block = |count: fn(&BlockRow) -> u64| self.blocks.iter().map(count).max().unwrap_or(1);
        self.most_parameters = parameters.max(block(|block| block.trainable)).max(1);
        self.most_multiply_adds = products.max(block(|block| block.multiply_adds)).max(1);
    }

    fn list(&mut self, of: &[Option<usize>]) {
        let visible = |row: &&Row| match row {
            Row::Block(_) => true,
            Row::Layer(node, _) => of[*node].is_none_or(|block| !self.blocks[block].folded),
        };
        self.shown = self.all.iter().filter(visible).cloned().collect();
    }

    fn relist(&mut self) {
        let layers = self.all.iter().filter(|row| matches!(row, Row::Layer(..))).count();
        let mut of = vec![None; layers];
        for (index, block) in self.blocks.iter().enumerate() {
            block.layers.iter().for_each(|node| of[*node] = Some(index));
        }
        self.list(&of);
    }

    /// Folds or unfolds a block.
    pub(super) fn toggle(&mut self, block: usize) {
        self.blocks[block].folded = !self.blocks[block].folded;
        self.relist();
    }

    /// Folds or unfolds all blocks.
    pub(super) fn fold_all(&mut self, folded: bool) {
        self.blocks.iter_mut().for_each(|block| block.folded = folded);
        self.relist();
    }
}

fn block_row(block: &crate::network::Block, summary: &Summary, folded: bool) -> BlockRow {
    let layers = || block.nodes.iter().map(|node| &summary.layers[*node]);
    BlockRow {
        name: block.name.clone(),
        branches: block.branches.len(),
        layers: block.nodes.clone(),
        trainable: layers().map(|layer| layer.trainable).sum(),
        multiply_adds: layers().map(|layer| layer.multiply_adds).sum(),
        folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    fn rows(name: &str) -> (Rows, Summary) {
        let network = architectures::build(name, [3, 64, 64], 4).unwrap();
        let summary = network.summary().unwrap();
        (Rows::new(&network, &summary), summary)
    }

    #[test]
    fn large_networks_begin_folded() {
        let (mut rows, summary) = rows("resnet18");
        assert_eq!(rows.blocks.len(), 8);
        assert!(rows.shown.len() < 20);
        let loose = rows.shown.iter().filter(|row| matches!(row, Row::Layer(..))).count();
        rows.fold_all(false);
        assert_eq!(rows.shown.len(), summary.layers.len() + 8);
        rows.toggle(0);
        let hidden = rows.blocks[0].layers.len();
        assert_eq!(rows.shown.len(), summary.layers.len() + 8 - hidden);
        rows.fold_all(true);
        assert_eq!(rows.shown.len(), loose + 8);
    }

    #[test]
    fn blocks_sum_up_their_layers() {
        let (rows, summary) = rows("resnet18");
        let in_blocks: u64 = rows.blocks.iter().map(|block| block.trainable).sum();
        let loose: u64 = rows
            .shown
            .iter()
            .filter_map(|row| match row {
                Row::Layer(node, false) => Some(summary.layers[*node].trainable),
                _ => None,
            })
            .sum();
        assert_eq!(in_blocks + loose, summary.trainable);
    }
}
