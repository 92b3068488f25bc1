//! One named tensor of a model.

use burn::tensor::{Device, FloatDType, Gradients, Tensor, TensorData};

use crate::network::{NetworkError, Role, TensorSpec};

/// A tensor of one of the ranks that parameters have.
#[derive(Debug, Clone)]
pub enum ParameterTensor {
    /// `[channels]`
    Vector(Tensor<1>),
    /// `[out, in]`
    Matrix(Tensor<2>),
    /// `[out, in / groups, height, width]`
    Kernel(Tensor<4>),
}

/// Does the same to a tensor of any of the ranks.
macro_rules! each_rank {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            ParameterTensor::Vector($tensor) => $body,
            ParameterTensor::Matrix($tensor) => $body,
            ParameterTensor::Kernel($tensor) => $body,
        }
    };
}

/// As [`each_rank`], wrapping the result in the rank it came from.
macro_rules! map_rank {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            ParameterTensor::Vector($tensor) => ParameterTensor::Vector($body),
            ParameterTensor::Matrix($tensor) => ParameterTensor::Matrix($body),
            ParameterTensor::Kernel($tensor) => ParameterTensor::Kernel($body),
        }
    };
}

impl ParameterTensor {
    pub(super) fn cast(self, to: FloatDType) -> Self {
        map_rank!(self, tensor => tensor.cast(to))
    }
}

/// A named tensor: a weight that learns, one that is frozen, or a moving statistic.
#[derive(Debug, Clone)]
pub struct Parameter {
    spec: TensorSpec,
    frozen: bool,
    /// A leaf of the autodiff graph when it learns, else a tensor without autodiff.
    value: ParameterTensor,
}

impl Parameter {
    pub(super) fn new(
        spec: TensorSpec,
        values: Vec<f32>,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        let value = upload(&spec, values, device)?;
        let mut parameter = Self { spec, frozen: false, value };
        parameter.mark();
        Ok(parameter)
    }

    /// PyTorch's name, e.g. `layer1.0.conv1.weight`.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// PyTorch's shape.
    pub fn shape(&self) -> &[usize] {
        &self.spec.shape
    }

    /// What it is for.
    pub fn role(&self) -> Role {
        self.spec.role
    }

    /// Whether gradients change it: neither frozen nor a moving statistic.
    pub fn learns(&self) -> bool {
        self.spec.role.is_trainable() && !self.frozen
    }

    /// Whether it was frozen by name.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Its gradient as a vector, row-major, without autodiff; taken out of `gradients`. `None`
    /// when it does not learn or did not take part in the loss.
    pub fn gradient(&self, gradients: &mut Gradients) -> Option<Tensor<1>> {
        if !self.learns() {
            return None;
        }
        let count = self.spec.count();
        each_rank!(&self.value, tensor => {
            tensor.grad_remove(gradients).map(|gradient| gradient.reshape([count]))
        })
    }

    /// Its values as a vector, row-major, without autodiff.
    pub fn value(&self) -> Tensor<1> {
        let count = self.spec.count();
        each_rank!(&self.value, tensor => tensor.clone().inner().reshape([count]))
    }

    /// Replaces its values, given and taken as a vector without autodiff. The old tensor is
    /// handed over, so that arithmetic on it may work in place.
    pub fn update(&mut self, change: impl FnOnce(Tensor<1>) -> Tensor<1>) {
        let count = self.spec.count();
        let old = each_rank!(&mut self.value, tensor => tensor.extract().inner().reshape([count]));
        self.value = shaped(&self.spec, change(old).inner());
        self.mark();
    }

    /// Replaces its values by these, row-major.
    ///
    /// # Errors
    /// When their number is another one.
    pub fn set(&mut self, values: Vec<f32>, device: &Device) -> Result<(), NetworkError> {
        self.value = upload(&self.spec, values, device)?;
        self.mark();
        Ok(())
    }

    /// Takes over the values and the freezing of the same tensor of another model, onto a device.
    pub(super) fn follow(&mut self, leader: &Self, device: &Device) {
        self.frozen = leader.frozen;
        self.value = map_rank!(&leader.value, tensor => tensor.clone().inner().to_device(device));
        self.mark();
    }

    pub(super) fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
        self.mark();
    }

    /// Makes the value a leaf of the autodiff graph if it learns, and a constant if not.
    fn mark(&mut self) {
        let learns = self.learns();
        self.value = map_rank!(self.value.clone(), tensor => {
            let plain = tensor.inner();
            if learns { plain.autodiff().require_grad() } else { plain }
        });
    }

    /// The value as a forward pass uses it: with its gradient tracked, or without autodiff.
    pub(super) fn operand(&self, tracked: bool) -> ParameterTensor {
        if tracked {
            return self.value.clone();
        }
        map_rank!(&self.value, tensor => tensor.clone().inner())
    }
}

fn upload(
    spec: &TensorSpec,
    values: Vec<f32>,
    device: &Device,
) -> Result<ParameterTensor, NetworkError> {
    let count = spec.count();
    if values.len() != count {
        return Err(NetworkError::WrongShape {
            name: spec.name.clone(),
            expected: spec.shape.clone(),
            found: vec![values.len()],
        });
    }
    let device = device.clone().inner();
    let flat = Tensor::<1>::from_data(TensorData::new(values, [count]), &device);
    Ok(shaped(spec, flat))
}

fn shaped(spec: &TensorSpec, flat: Tensor<1>) -> ParameterTensor {
    match *spec.shape {
        [out, inputs] => ParameterTensor::Matrix(flat.reshape([out, inputs])),
        [out, inputs, height, width] => {
            ParameterTensor::Kernel(flat.reshape([out, inputs, height, width]))
        }
        _ => ParameterTensor::Vector(flat),
    }
}
