//! One image through a model, with the values of chosen layers.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::{ExplainError, FeatureMaps};
use crate::network::model::{Model, Value};
use crate::network::{Network, NetworkError, NodeId};
use crate::pipeline::Input;

/// Softmax probabilities of the classes and the values of these layers for one image, read from
/// the device at once.
///
/// # Errors
/// When a layer is unknown, the image has another shape than the network takes, or the device
/// fails.
pub fn look(
    model: &Model,
    input: &Input,
    layers: &[String],
) -> Result<(Vec<f32>, Vec<FeatureMaps>), ExplainError> {
    let (logits, maps) = logits_and_maps(model, input, layers)?;
    Ok((softmax(&logits), maps))
}

/// As [`look`], with the logits as they are.
///
/// # Errors
/// Those of [`look`].
pub fn logits_and_maps(
    model: &Model,
    input: &Input,
    layers: &[String],
) -> Result<(Vec<f32>, Vec<FeatureMaps>), ExplainError> {
    let network = model.network();
    let nodes = find_all(network, layers)?;
    let image = upload(model, input)?;
    let (logits, values) = model.forward_recorded(image, &nodes);
    let shapes: Vec<[usize; 3]> = values.iter().map(|(_, value)| shape(value)).collect();
    let transaction =
        values.into_iter().fold(Transaction::default().register(logits), |all, (_, value)| {
            match value {
                Value::Map(tensor) => all.register(tensor),
                Value::Vector(tensor) => all.register(tensor),
            }
        });
    let failed = |reason: String| NetworkError::Device { reason };
    let read = transaction.try_execute().map_err(|error| failed(error.to_string()))?;
    let mut numbers = read.into_iter().map(|data| {
        let values = data.as_slice::<f32>().map(<[f32]>::to_vec);
        values.map_err(|error| failed(format!("{error:?}")))
    });
    let logits = numbers.next().transpose()?.unwrap_or_default();
    let maps =
        layers.iter().zip(shapes).zip(numbers).map(|((layer, shape), data)| {
            Ok(FeatureMaps { layer: layer.clone(), shape, data: data? })
        });
    Ok((logits, maps.collect::<Result<_, NetworkError>>()?))
}

/// Probabilities from logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().fold(f32::NEG_INFINITY, |all, &v| all.max(v));
    let powers: Vec<f32> = logits.iter().map(|v| (v - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

pub(super) fn find_all(network: &Network, layers: &[String]) -> Result<Vec<NodeId>, ExplainError> {
    layers.iter().map(|layer| find(network, layer)).collect()
}

/// The node of a layer.
pub(super) fn find(network: &Network, layer: &str) -> Result<NodeId, ExplainError> {
    network.find(layer).ok_or_else(|| ExplainError::UnknownLayer {
        network: network.name.clone(),
        layer: layer.to_owned(),
        close: close_names(network, layer),
    })
}

/// Up to five layers whose name contains the given one or begins like it.
fn close_names(network: &Network, layer: &str) -> Vec<String> {
    let first = layer.split('.').next().unwrap_or(layer);
    let names = network.nodes.iter().map(|node| node.name.as_str());
    let close =
        |name: &&str| !first.is_empty() && (name.contains(layer) || name.starts_with(first));
    names.filter(close).take(5).map(str::to_owned).collect()
}

/// Whether an image is what the network takes.
pub(super) fn check_input(network: &Network, input: &Input) -> Result<(), ExplainError> {
    let expected = network.input;
    if input.shape != expected || input.data.len() != expected.iter().product::<usize>() {
        return Err(ExplainError::WrongInput { expected, found: input.shape });
    }
    Ok(())
}

fn upload(model: &Model, input: &Input) -> Result<Tensor<4>, ExplainError> {
    check_input(model.network(), input)?;
    let [channels, height, width] = input.shape;
    let data = TensorData::new(input.data.clone(), [1, channels, height, width]);
    Ok(Tensor::from_data(data, model.device()))
}

fn shape(value: &Value) -> [usize; 3] {
    match value {
        Value::Map(tensor) => {
            let [_, channels, height, width] = tensor.dims();
            [channels, height, width]
        }
        Value::Vector(tensor) => [tensor.dims()[1], 1, 1],
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;

    fn model() -> Model {
        let network = architectures::build("lenet5", [1, 32, 32], 3).unwrap();
        Model::new(&network, 1, &Device::flex()).unwrap()
    }

    fn input() -> Input {
        let data = (0..1024).map(|i| (i as f32 * 0.1).sin()).collect();
        Input { shape: [1, 32, 32], data }
    }

    #[test]
    fn maps_have_the_layers_shapes() {
        let model = model();
        let layers = ["input", "c1", "f6", "output"].map(str::to_owned);
        let (probabilities, maps) = look(&model, &input(), &layers).unwrap();
        assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let shapes: Vec<[usize; 3]> = maps.iter().map(|map| map.shape).collect();
        assert_eq!(shapes, [[1, 32, 32], [6, 28, 28], [84, 1, 1], [3, 1, 1]]);
        assert_eq!(maps[0].data, input().data);
        assert_eq!(softmax(&maps[3].data), probabilities);
        assert!(maps[2].is_vector() && !maps[1].is_vector());
        assert_eq!(maps[1].map(5).len(), 784);
        assert!(maps[1].map(6).is_empty());
    }

    #[test]
    fn what_cannot_be_looked_at_is_said() {
        let model = model();
        let error = look(&model, &input(), &["c1.relu".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`c1.relu`") && error.contains("c1.tanh"), "{error}");
        let wrong = Input { shape: [3, 16, 16], data: vec![0.0; 768] };
        let error = look(&model, &wrong, &[]).unwrap_err().to_string();
        assert!(error.contains("1 channels and 32×32") && error.contains("3 and 16×16"), "{error}");
    }

    #[test]
    fn softmax_survives_large_logits() {
        assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
    }
}
