//! Operations of prediction, which know no gradients.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, backend_extension};

use super::{Plain, contiguous, tensor, values};
use crate::kernels::convolution::{Finish, Shape};
use crate::kernels::prepared::Prepared;

/// What the kernels add to a backend for prediction. The shapes were checked before.
#[backend_extension(Flex)]
pub(in crate::kernels) trait Prediction: burn::backend::Backend {
    /// `[batch, output, height, width]`, with a ReLU behind if wanted.
    fn convolve_prepared(
        x: FloatTensor<Self>,
        weights: Prepared,
        shape: Shape,
        rectify: bool,
    ) -> FloatTensor<Self>;

    /// As [`Prediction::convolve_prepared`], with `rest` added before the ReLU.
    fn convolve_prepared_add(
        x: FloatTensor<Self>,
        rest: FloatTensor<Self>,
        weights: Prepared,
        shape: Shape,
        rectify: bool,
    ) -> FloatTensor<Self>;
}

impl Prediction for Flex {
    fn convolve_prepared(x: Plain, weights: Prepared, shape: Shape, rectify: bool) -> Plain {
        let x = contiguous(x);
        let finish = Finish { bias: Some(&weights.shift), rest: None, rectify };
        tensor(shape.forward_packed(values(&x), &weights.panels, finish), shape.output())
    }

    fn convolve_prepared_add(
        x: Plain,
        rest: Plain,
        weights: Prepared,
        shape: Shape,
        rectify: bool,
    ) -> Plain {
        let (x, rest) = (contiguous(x), contiguous(rest));
        let finish = Finish { bias: Some(&weights.shift), rest: Some(values(&rest)), rectify };
        tensor(shape.forward_packed(values(&x), &weights.panels, finish), shape.output())
    }
}
