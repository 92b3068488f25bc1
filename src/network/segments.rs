//! Where a pass may be cut, so that what lies between two cuts can be computed again on the way
//! back and need not be kept.

use super::{Network, NodeId, Shape};

/// A pass in segments: only the values at the cuts are kept.
/// Source: Chen et al. (2016), "Training deep nets with sublinear memory cost", arXiv:1604.06174.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segments {
    /// The nodes that end a segment and whose maps the next begins with, in order. Empty where
    /// nothing would be saved.
    pub cuts: Vec<NodeId>,
    /// Bytes for one image in 32-bit numbers: the values at the cuts and those of the largest segment.
    pub bytes: u64,
}

impl Network {
    /// The segments that need the least memory, for the shapes of all nodes.
    pub fn segments(&self, shapes: &[Shape]) -> Segments {
        let places = self.places_to_cut(shapes);
        let bytes: Vec<u64> = shapes.iter().map(|shape| shape.count() as u64 * 4).collect();
        let total = bytes.iter().sum();
        let whole = Segments { cuts: Vec::new(), bytes: total };
        let tries =
            (2..=places.len() as u64 + 1).map(|pieces| cut(&places, &bytes, total / pieces));
        std::iter::once(whole).chain(tries).min_by_key(|found| found.bytes).unwrap_or_default()
    }

    /// Nodes whose map alone is all that later nodes need of what came before them.
    fn places_to_cut(&self, shapes: &[Shape]) -> Vec<NodeId> {
        let count = self.nodes.len();
        // The earliest value that a node or any behind it reads.
        let mut earliest = vec![count; count + 1];
        for node in (0..count).rev() {
            let own = self.nodes[node].inputs.iter().copied().min().unwrap_or(count);
            earliest[node] = own.min(earliest[node + 1]);
        }
        let is_place = |&node: &NodeId| {
            earliest[node + 1] == node
                && matches!(shapes[node], Shape::Map(_))
                && !self.is_passed(node)
        };
        (1..count.saturating_sub(1)).filter(is_place).collect()
    }

    /// Whether a value is computed along with the ReLU behind it and never stored.
    fn is_passed(&self, node: NodeId) -> bool {
        let mut readers = self.nodes.iter().filter(|later| later.inputs.contains(&node));
        let first = readers.next();
        first.is_some_and(|reader| matches!(reader.layer, super::Layer::Activation { .. }))
    }
}

/// Segments of at most `limit` bytes where the places allow it.
fn cut(places: &[NodeId], bytes: &[u64], limit: u64) -> Segments {
    let (mut cuts, mut largest, mut kept) = (Vec::new(), 0, 0);
    let mut begin = 0;
    let held = |begin: NodeId, end: NodeId| bytes[begin..end].iter().sum::<u64>();
    for (at, &place) in places.iter().enumerate() {
        let next = places.get(at + 1).map_or(bytes.len(), |next| next + 1);
        if held(begin, next) > limit {
            largest = largest.max(held(begin, place + 1));
            kept += bytes[place];
            cuts.push(place);
            begin = place + 1;
        }
    }
    largest = largest.max(held(begin, bytes.len()));
    Segments { cuts, bytes: kept + largest }
}

#[cfg(test)]
mod tests {
    use crate::architectures;

    fn segments(name: &str, side: usize) -> (Vec<String>, u64, u64) {
        let network = architectures::build(name, [3, side, side], 5).unwrap();
        let found = network.segments(&network.shapes().unwrap());
        let names = found.cuts.iter().map(|&node| network.nodes[node].name.clone()).collect();
        (names, found.bytes, network.summary().unwrap().activation_bytes)
    }

    #[test]
    fn residual_networks_are_cut_between_blocks() {
        let (cuts, bytes, all) = segments("resnet50", 224);
        assert!(cuts.len() > 3, "{cuts:?}");
        assert!(cuts.iter().all(|name| !name.contains("conv") && !name.contains("bn")), "{cuts:?}");
        assert!(bytes < all / 3, "{bytes} of {all}");
    }

    #[test]
    fn auxiliary_heads_stay_within_a_segment() {
        let (cuts, bytes, all) = segments("googlenet", 224);
        assert!(cuts.iter().all(|name| !name.contains("aux") && !name.contains("branch")));
        assert!(bytes < all / 2, "{bytes} of {all}");
    }

    #[test]
    fn a_plain_network_is_cut_too() {
        let (cuts, bytes, all) = segments("vgg16", 64);
        assert!(!cuts.is_empty());
        assert!(bytes < all, "{bytes} of {all}");
    }
}
