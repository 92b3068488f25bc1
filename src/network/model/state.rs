//! The values of a model on the host: to save, to compare, to load by name.

use std::collections::BTreeMap;

use burn::tensor::Transaction;

use super::Model;
use crate::network::NetworkError;

/// Values of a tensor in memory, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Sizes, slowest axis first.
    pub shape: Vec<usize>,
    /// As many as the product of the sizes.
    pub values: Vec<f32>,
}

/// The tensors of a model by PyTorch's names.
pub type StateDict = BTreeMap<String, HostTensor>;

/// What became of a state that was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Tensors of the model that now have the given values.
    pub matched: Vec<String>,
    /// Tensors of the model that were not given and stay as they were.
    pub missing: Vec<String>,
    /// Tensors given that the model does not have.
    pub unexpected: Vec<String>,
    /// Tensors given in another shape, which stay as they were.
    pub wrong_shape: Vec<WrongShape>,
}

/// A tensor whose values have another shape than the model's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongShape {
    /// Name of the tensor.
    pub name: String,
    /// Shape in the model.
    pub expected: Vec<usize>,
    /// Shape given.
    pub found: Vec<usize>,
}

impl LoadReport {
    /// Whether every tensor was given, and no other.
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty()
    }
}

impl Model {
    /// All values, read back from the device at once.
    ///
    /// # Errors
    /// When the device fails.
    pub fn state(&self) -> Result<StateDict, NetworkError> {
        let device = |reason: String| NetworkError::Device { reason };
        let read = self
            .parameters
            .iter()
            .fold(Transaction::default(), |all, parameter| all.register(parameter.value()))
            .try_execute()
            .map_err(|error| device(error.to_string()))?;
        let tensor = |(parameter, data): (&super::Parameter, burn::tensor::TensorData)| {
            let values = data.as_slice::<f32>().map_err(|error| device(format!("{error:?}")))?;
            let shape = parameter.shape().to_vec();
            Ok((parameter.name().to_owned(), HostTensor { shape, values: values.to_vec() }))
        };
        self.parameters.iter().zip(read).map(tensor).collect()
    }

    /// Loads values by name and tells what fitted. What does not fit stays as it was.
    ///
    /// # Errors
    /// When a tensor's values are not as many as its shape says.
    pub fn load_state(&mut self, state: &StateDict) -> Result<LoadReport, NetworkError> {
        let mut report = LoadReport::default();
        let device = self.device.clone();
        for parameter in self.parameters_mut() {
            let name = parameter.name().to_owned();
            match state.get(&name) {
                None => report.missing.push(name),
                Some(given) if given.shape != parameter.shape() => {
                    let (expected, found) = (parameter.shape().to_vec(), given.shape.clone());
                    report.wrong_shape.push(WrongShape { name, expected, found });
                }
                Some(given) => {
                    parameter.set(given.values.clone(), &device)?;
                    report.matched.push(name);
                }
            }
        }
        let known = |name: &&String| {
            report.matched.contains(name) || report.wrong_shape.iter().any(|w| w.name == **name)
        };
        report.unexpected = state.keys().filter(|name| !known(name)).cloned().collect();
        Ok(report)
    }
}
