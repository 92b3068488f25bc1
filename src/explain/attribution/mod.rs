//! Where a network looks: for each pixel of the input, how much it speaks for a class.

mod grad_cam;
mod integrated;
mod occlusion;
mod question;
#[cfg(test)]
mod reference_tests;
mod saliency;

pub use question::{Fill, Method, Question};

use burn::tensor::{Tensor, TensorData};

use super::ExplainError;
use super::look::{check_input, find_all};
use crate::network::NetworkError;
use crate::network::NodeId;
use crate::network::model::{Model, Value};
use crate::pipeline::{Input, Pipeline};

/// Values of all layers that are held at once for several images, in numbers: 256 MiB.
const VALUES_AT_ONCE: usize = 1 << 26;
/// Most images that go through the network together.
const MOST_AT_ONCE: usize = 16;

/// A map of what speaks for a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// How it was found.
    pub method: Method,
    /// The class.
    pub class: usize,
    /// The layer, where the method takes one.
    pub layer: Option<String>,
    /// Height and width of the network's input.
    pub shape: [usize; 2],
    /// Row-major values, first row at the top of the picture.
    pub values: Vec<f32>,
    /// Logit of the class.
    pub score: f32,
    /// For integrated gradients: what the attributions must add up to.
    pub completeness: Option<Completeness>,
}

/// Whether attributions add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Completeness {
    /// Sum of the attributions.
    pub sum: f64,
    /// Logit of the image less that of the baseline.
    pub difference: f64,
    /// Steps that were taken.
    pub steps: usize,
}

impl Completeness {
    /// How far the sum is from the difference, as a share of it.
    pub fn gap(&self) -> f64 {
        let off = (self.sum - self.difference).abs();
        if off == 0.0 { 0.0 } else { off / self.difference.abs() }
    }
}

impl Attribution {
    /// The largest magnitude among its values; 0 for none.
    pub fn largest(&self) -> f32 {
        let magnitudes = self.values.iter().map(|value| value.abs());
        magnitudes.filter(|value| value.is_finite()).fold(0.0, f32::max)
    }
}

/// Answers a question about an image. `go_on` hears the share done, 0–1, and ends the work by
/// returning false.
///
/// # Errors
/// When a setting makes no sense, the layer or class is unknown, the image has another shape than
/// the network takes, the device fails, or the work was ended.
pub fn attribute(
    model: &Model,
    pipeline: &Pipeline,
    input: &Input,
    question: &Question,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<Attribution, ExplainError> {
    let network = model.network();
    check_input(network, input)?;
    question.check(network)?;
    if !go_on(0.0) {
        return Err(ExplainError::Cancelled);
    }
    let view = View { model, pipeline, input, question };
    let mut found = match question.method {
        Method::GradCam | Method::GradCamPlusPlus => grad_cam::map(&view),
        Method::Gradient | Method::Guided => saliency::map(&view),
        Method::Integrated => integrated::map(&view, go_on),
        Method::Occlusion => occlusion::map(&view, go_on),
    }?;
    if !question.method.takes_layer() {
        found.layer = None;
    }
    go_on(1.0);
    Ok(found)
}

/// What every method looks at.
struct View<'a> {
    model: &'a Model,
    pipeline: &'a Pipeline,
    input: &'a Input,
    question: &'a Question,
}

impl View<'_> {
    /// Images of the input's shape as a batch.
    fn batch(&self, images: Vec<f32>) -> Tensor<4> {
        let [channels, height, width] = self.input.shape;
        let count = images.len() / (channels * height * width).max(1);
        let data = TensorData::new(images, [count, channels, height, width]);
        Tensor::from_data(data, self.model.device())
    }

    /// Images that go through the network together.
    fn at_once(&self) -> Result<usize, NetworkError> {
        images_at_once(self.model)
    }

    fn node(&self) -> Result<NodeId, ExplainError> {
        let layer = std::slice::from_ref(&self.question.layer);
        Ok(find_all(self.model.network(), layer)?[0])
    }

    /// The answer with these values.
    fn found(&self, values: Vec<f32>, score: f32) -> Attribution {
        let [_, height, width] = self.input.shape;
        Attribution {
            method: self.question.method,
            class: self.question.class,
            layer: Some(self.question.layer.clone()),
            shape: [height, width],
            values,
            score,
            completeness: None,
        }
    }

    /// The input with which an absent pixel is filled, `[channels]`.
    fn filling(&self) -> Vec<f32> {
        let channels = self.input.shape[0];
        match self.question.fill {
            Fill::Mean => vec![0.0; channels],
            Fill::Black => {
                self.pipeline.input_range(channels).into_iter().map(|[low, _]| low).collect()
            }
        }
    }
}

/// How many images of a network may be held with the values of all its layers.
pub(super) fn images_at_once(model: &Model) -> Result<usize, NetworkError> {
    let shapes = model.network().shapes()?;
    let values: usize = shapes.iter().map(crate::network::Shape::count).sum();
    Ok((VALUES_AT_ONCE / values.max(1)).clamp(1, MOST_AT_ONCE))
}

/// The numbers of a tensor.
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, NetworkError> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| NetworkError::Device { reason: format!("{error:?}") })
}

/// The numbers of a layer's value, and its channels, height and width.
pub(super) fn read_value(value: Value) -> Result<(Vec<f32>, [usize; 3]), NetworkError> {
    match value {
        Value::Map(tensor) => {
            let [_, channels, height, width] = tensor.dims();
            Ok((read(tensor)?, [channels, height, width]))
        }
        Value::Vector(tensor) => {
            let [_, length] = tensor.dims();
            Ok((read(tensor)?, [length, 1, 1]))
        }
    }
}
