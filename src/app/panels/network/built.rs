//! A network with everything that is known of it without a weight.

use std::sync::Arc;

use super::canvas::{Canvas, Chosen};
use super::rows::Rows;
use crate::figure::graph::foldable;
use crate::network::{Network, NetworkError, NodeId, Summary, TensorSpec};

/// A network, its counts, its rows and its picture.
pub(super) struct Built {
    pub(super) network: Arc<Network>,
    pub(super) summary: Summary,
    pub(super) rows: Rows,
    pub(super) canvas: Canvas,
    /// Names of the blocks that fold.
    pub(super) blocks: Vec<String>,
    tensors: Vec<TensorSpec>,
}

impl Built {
    /// Counts and lays out a network.
    pub(super) fn new(network: Arc<Network>) -> Result<Self, NetworkError> {
        let summary = network.summary()?;
        let tensors = network.tensors()?;
        let (rows, canvas) = (Rows::new(&network, &summary), Canvas::new(&network, &summary));
        let blocks = foldable(&network);
        Ok(Self { network, summary, rows, canvas, blocks, tensors })
    }

    /// Folds or unfolds a block in the picture.
    pub(super) fn toggle(&mut self, block: &str) {
        self.canvas.toggle(&self.network, &self.summary, block);
    }

    /// Folds or unfolds the chosen block, or the block around the chosen layer.
    pub(super) fn toggle_chosen(&mut self) {
        let block = match &self.canvas.chosen {
            Some(Chosen::Block(block)) => Some(block.clone()),
            Some(chosen) => {
                let index = self.canvas.box_of(chosen);
                index.and_then(|index| self.canvas.frame_around(index)).map(str::to_owned)
            }
            None => None,
        };
        if let Some(block) = block {
            self.toggle(&block);
        }
    }

    /// The nodes of what is chosen.
    pub(super) fn nodes_of(&self, chosen: &Chosen) -> Vec<NodeId> {
        match chosen {
            Chosen::Block(name) => self.network.block(name).nodes,
            Chosen::Layer(node) => {
                let index = self.canvas.box_of(chosen);
                index.map_or_else(|| vec![*node], |i| self.canvas.picture.boxes[i].nodes.clone())
            }
        }
    }

    /// Names of the tensors of some nodes.
    pub(super) fn tensors_of(&self, nodes: &[NodeId]) -> Vec<&str> {
        let of = self.tensors.iter().filter(|tensor| nodes.contains(&tensor.node));
        of.map(|tensor| tensor.name.as_str()).collect()
    }
}
