//! Which tensors a list of names freezes, and the blocks that such a list may name.

use super::{Network, NetworkError};

/// For each tensor whether one of `frozen` names it.
///
/// A name stands for the layer or block that is called so, and for all within it: `layer1` is
/// not `layer10`. One that nothing is called stands for all that begins with it: `conv` for
/// `conv1` and `conv2`. Empty names stand for nothing.
pub fn frozen(tensors: &[&str], frozen: &[String]) -> Vec<bool> {
    let mut marks = vec![false; tensors.len()];
    for name in frozen.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let is_block = tensors.iter().any(|tensor| is_within(tensor, name));
        for (mark, tensor) in marks.iter_mut().zip(tensors) {
            *mark |= if is_block { is_within(tensor, name) } else { tensor.starts_with(name) };
        }
    }
    marks
}

/// Whether a tensor is this, or in a layer or block of this name.
pub fn is_within(tensor: &str, block: &str) -> bool {
    tensor.strip_prefix(block).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Network {
    /// Names for [`frozen`] that part the network, in the order of its layers: `conv1`, `layer1`,
    /// … `fc`. A part with most of the layers, such as VGG's `features`, is given by its own parts.
    ///
    /// # Errors
    /// Those of [`Network::shapes`].
    pub fn freezable(&self) -> Result<Vec<String>, NetworkError> {
        let mut layers: Vec<&str> = Vec::new();
        for spec in self.tensors()? {
            let name = self.nodes[spec.node].name.as_str();
            if layers.last() != Some(&name) {
                layers.push(name);
            }
        }
        let large = |part: &str| {
            2 * layers.iter().filter(|layer| is_within(layer, part)).count() > layers.len()
        };
        let mut parts: Vec<String> = Vec::new();
        for layer in &layers {
            let mut ends = layer.match_indices('.').map(|(at, _)| at).chain([layer.len()]);
            let part = ends.find(|&end| !large(&layer[..end])).map_or(*layer, |end| &layer[..end]);
            if !parts.iter().any(|known| known == part) {
                parts.push(part.to_owned());
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(tensors: &[&str], names: &[&str]) -> Vec<bool> {
        frozen(tensors, &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_block_is_not_its_longer_namesake() {
        let tensors = ["layer1.0.conv1.weight", "layer10.0.conv1.weight", "fc.bias"];
        assert_eq!(marks(&tensors, &["layer1"]), [true, false, false]);
        assert_eq!(marks(&tensors, &["layer1", "fc"]), [true, false, true]);
        // Nothing is called so: the beginning counts, as it always did.
        assert_eq!(marks(&tensors, &["layer"]), [true, true, false]);
        assert_eq!(marks(&tensors, &["layer1.0.conv1.weight", " "]), [true, false, false]);
        assert_eq!(marks(&tensors, &["", "features"]), [false; 3]);
    }
}
