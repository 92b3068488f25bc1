//! Layers of several inputs.

use burn::tensor::Tensor;

use super::Value;
use crate::kernels::add_relu;
use crate::network::Layer;

/// What a layer of several inputs makes of them; the network was checked, so they fit.
pub(super) fn merge(layer: &Layer, inputs: Vec<Value>) -> Value {
    let count = inputs.len() as f64;
    match layer {
        Layer::Subtract => fold(inputs, Tensor::sub, Tensor::sub),
        Layer::Multiply => fold(inputs, Tensor::mul, Tensor::mul),
        Layer::Maximum => fold(inputs, Tensor::max_pair, Tensor::max_pair),
        Layer::Average => match sum(inputs, false) {
            Value::Map(x) => Value::Map(x.div_scalar(count)),
            Value::Vector(x) => Value::Vector(x.div_scalar(count)),
        },
        Layer::Dot => match fold(inputs, Tensor::mul, Tensor::mul) {
            Value::Map(x) => Value::Map(x.sum_dim(1)),
            Value::Vector(x) => Value::Vector(x.sum_dim(1)),
        },
        _ => concatenated(inputs),
    }
}

fn fold(
    inputs: Vec<Value>,
    maps: fn(Tensor<4>, Tensor<4>) -> Tensor<4>,
    vectors: fn(Tensor<2>, Tensor<2>) -> Tensor<2>,
) -> Value {
    let both = |left: Value, right: Value| match (left, right) {
        (Value::Map(left), Value::Map(right)) => Value::Map(maps(left, right)),
        (left, right) => Value::Vector(vectors(left.into_vector(), right.into_vector())),
    };
    inputs.into_iter().reduce(both).expect("such layers have inputs")
}

fn concatenated(inputs: Vec<Value>) -> Value {
    match inputs.first() {
        Some(Value::Vector(_)) => {
            Value::Vector(Tensor::cat(inputs.into_iter().map(Value::into_vector).collect(), 1))
        }
        _ => Value::Map(Tensor::cat(inputs.into_iter().map(Value::into_map).collect(), 1)),
    }
}

/// The sum of some values, with a ReLU behind it if wanted.
pub(super) fn sum(mut values: Vec<Value>, rectify: bool) -> Value {
    let last = if rectify { values.pop() } else { None };
    let sum = fold(values, Tensor::add, Tensor::add);
    match (sum, last) {
        (sum, None) => sum,
        (Value::Map(left), Some(Value::Map(right))) => Value::Map(add_relu(left, right)),
        (left, Some(right)) => Value::Vector(add_relu(left.into_vector(), right.into_vector())),
    }
}
