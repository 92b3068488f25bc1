//! The exponential moving average of the weights and moving statistics.
//!
//! The average is what is evaluated, kept as best and used for predictions; the weights
//! themselves go on learning undisturbed.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::error::TrainError;
use super::optimizer::read_back;
use crate::network::NetworkError;
use crate::network::model::{Model, Parameter, StateDict};

/// Averages of all tensors of a model, in its order.
pub(super) struct Average {
    decay: f64,
    steps: u64,
    values: Vec<Tensor<1>>,
}

impl Average {
    /// Begins at the model's own values.
    pub(super) fn new(decay: f64, model: &Model) -> Self {
        let values = model.parameters().iter().map(Parameter::value).collect();
        Self { decay, steps: 0, values }
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes in the model after a step: d·average + (1 − d)·value.
    ///
    /// d is `decay`, but (1 + t)/(10 + t) as long as that is smaller, so that the first values
    /// are forgotten soon (as TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    pub(super) fn update(&mut self, model: &Model) {
        let t = self.steps as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        for (average, parameter) in self.values.iter_mut().zip(model.parameters()) {
            let old = std::mem::replace(average, parameter.value());
            let new = average.clone();
            *average = old.mul_scalar(decay) + new.mul_scalar(1.0 - decay);
        }
        self.steps += 1;
    }

    /// A model with the averages as its weights.
    pub(super) fn model(&self, model: &Model) -> Model {
        let mut averaged = model.clone();
        for (parameter, value) in averaged.parameters_mut().iter_mut().zip(&self.values) {
            parameter.update(|_| value.clone());
        }
        averaged
    }

    /// All averages by name, for a checkpoint.
    pub(super) fn save(&self, model: &Model) -> Result<StateDict, NetworkError> {
        let names = model.parameters().iter().map(|p| p.name().to_owned()).collect();
        let all = self.values.iter().fold(Transaction::default(), |all, v| all.register(v.clone()));
        read_back(names, all)
    }

    /// Takes up saved averages.
    pub(super) fn restore(
        &mut self,
        steps: u64,
        saved: &StateDict,
        model: &Model,
    ) -> Result<(), TrainError> {
        self.steps = steps;
        for (value, parameter) in self.values.iter_mut().zip(model.parameters()) {
            let name = parameter.name();
            let missing = || TrainError::Checkpoint(format!("it has no average of `{name}`"));
            let saved = saved.get(name).ok_or_else(missing)?;
            let data = TensorData::new(saved.values.clone(), [saved.values.len()]);
            *value = Tensor::from_data(data, model.device());
        }
        Ok(())
    }
}
