//! The weights of a network, looked at: the filters of a convolution and histograms by layer.

use super::ExplainError;
use super::attribution::read;
use crate::network::model::{Model, Parameter};
use crate::network::{Distribution, Layer, Network, Role};

/// The kernels of a convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    /// The layer.
    pub layer: String,
    /// Output channels, input channels, height, width.
    pub shape: [usize; 4],
    /// Row-major values.
    pub data: Vec<f32>,
}

impl Filters {
    /// The kernels of one output channel, `[input channels, height, width]`; empty beyond the last.
    pub fn of(&self, output: usize) -> &[f32] {
        let size: usize = self.shape[1..].iter().product();
        self.data.get(output * size..(output + 1) * size).unwrap_or(&[])
    }

    /// Whether a filter can be shown as one coloured picture.
    pub fn is_rgb(&self) -> bool {
        self.shape[1] == 3
    }
}

/// The kernels of a convolution, of the first one where no name is given.
///
/// # Errors
/// When there is no such layer, it is no convolution, or the device fails.
pub fn filters(model: &Model, layer: Option<&str>) -> Result<Filters, ExplainError> {
    let network = model.network();
    let names = convolutions(network);
    let none = || ExplainError::Setting {
        reason: format!("{} has no convolution, so there are no filters", network.name),
    };
    let name = layer.or_else(|| names.first().map(String::as_str)).ok_or_else(none)?;
    if !names.iter().any(|known| known == name) {
        super::look::find_all(network, &[name.to_owned()])?;
        let reason = format!("`{name}` is no convolution; there are {}", names.join(", "));
        return Err(ExplainError::Setting { reason });
    }
    let weight = format!("{name}.weight");
    let parameter = model.parameters().iter().find(|parameter| parameter.name() == weight);
    let parameter = parameter.ok_or_else(none)?;
    let &[out, inputs, height, width] = parameter.shape() else { return Err(none()) };
    let shape = [out, inputs, height, width];
    Ok(Filters { layer: name.to_owned(), shape, data: read(parameter.value())? })
}

/// The names of the convolutions, in order.
pub fn convolutions(network: &Network) -> Vec<String> {
    let is_convolution = |layer: &Layer| matches!(layer, Layer::Conv2d { .. });
    let nodes = network.nodes.iter().filter(|node| is_convolution(&node.layer));
    nodes.map(|node| node.name.clone()).collect()
}

/// The values of each weight of a network in figures with a histogram (not of biases and
/// statistics), by name, in the order of the layers.
///
/// # Errors
/// When the device fails.
pub fn weight_distributions(
    model: &Model,
    bins: usize,
) -> Result<Vec<(String, Distribution)>, ExplainError> {
    let weights = model.parameters().iter().filter(|parameter| parameter.role() == Role::Weight);
    let figures = |parameter: &Parameter| -> Result<(String, Distribution), ExplainError> {
        let values = read(parameter.value())?;
        Ok((parameter.name().to_owned(), Distribution::of(&values, bins)))
    };
    weights.map(figures).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;

    #[test]
    fn filters_are_those_of_the_first_convolution_or_the_one_named() {
        let network = architectures::build("googlenet", [3, 32, 32], 2).unwrap();
        let model = Model::new(&network, 1, &Device::flex()).unwrap();
        let first = filters(&model, None).unwrap();
        assert_eq!((first.layer.as_str(), first.shape), ("conv1.conv", [64, 3, 7, 7]));
        assert!(first.is_rgb() && first.of(63).len() == 147 && first.of(64).is_empty());
        let weight = &model.parameters()[0];
        assert_eq!(first.data, weight.value().try_into_vec_as::<f32>().unwrap());
        let other = filters(&model, Some("inception3a.branch2.1.conv")).unwrap();
        assert_eq!(other.shape, [128, 96, 3, 3]);
        let error = filters(&model, Some("fc")).unwrap_err().to_string();
        assert!(error.contains("no convolution") && error.contains("conv1.conv"), "{error}");
        assert!(filters(&model, Some("nothing")).is_err());
    }

    #[test]
    fn every_weight_has_a_histogram() {
        let network = architectures::build("resnet18", [3, 32, 32], 2).unwrap();
        let model = Model::new(&network, 1, &Device::flex()).unwrap();
        let all = weight_distributions(&model, 16).unwrap();
        assert_eq!(all.len(), 21); // 20 convolutions and the dense layer
        assert_eq!((all[0].0.as_str(), all[0].1.count), ("conv1.weight", 64 * 3 * 49));
        assert!(all.iter().all(|(_, d)| d.bins.iter().sum::<u64>() == d.count as u64));
    }
}
