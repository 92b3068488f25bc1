//! Steps of optimisers, on tensors without gradients.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata, backend_extension};

use super::{Plain, contiguous, own, tensor, values};
use crate::kernels::descent::{self, AdamFactors};

/// What the kernels add to a backend for optimisers. All tensors of a call have one shape.
#[backend_extension(Flex)]
pub(in crate::kernels) trait Descent: burn::backend::Backend {
    /// The new parameter and its new momentum, given [momentum, rate].
    fn descend_with_momentum(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        momentum: FloatTensor<Self>,
        factors: [f32; 2],
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The new parameter, mean and mean square.
    fn descend_by_adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        square: FloatTensor<Self>,
        factors: AdamFactors,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Σ g², `[1]`.
    fn square_sum(gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// A tensor whose values nobody else holds.
fn unshared(tensor_or_view: Plain) -> Plain {
    let mut plain = contiguous(tensor_or_view);
    if own(&mut plain).is_some() { plain } else { tensor(values(&plain).to_vec(), plain.shape()) }
}

fn changed(tensor: &mut Plain) -> &mut [f32] {
    own(tensor).expect("nobody else holds it")
}

impl Descent for Flex {
    fn descend_with_momentum(p: Plain, g: Plain, b: Plain, factors: [f32; 2]) -> (Plain, Plain) {
        let (mut p, mut b, g) = (unshared(p), unshared(b), contiguous(g));
        descent::momentum(changed(&mut p), values(&g), changed(&mut b), factors);
        (p, b)
    }

    fn square_sum(gradient: Plain) -> Plain {
        let gradient = contiguous(gradient);
        tensor(vec![descent::square_sum(values(&gradient))], [1])
    }

    fn descend_by_adam(
        p: Plain,
        g: Plain,
        m: Plain,
        v: Plain,
        factors: AdamFactors,
    ) -> (Plain, Plain, Plain) {
        let ([mut p, mut m, mut v], g) = ([p, m, v].map(unshared), contiguous(g));
        let all = [&mut p, &mut m, &mut v].map(changed);
        let [new, mean, square] = all;
        descent::adam(new, values(&g), mean, square, factors);
        (p, m, v)
    }
}
