//! The gradient of a class by the pixels, plain or guided.

use super::{Attribution, Method, View, read, read_value};
use crate::explain::ExplainError;
use crate::network::model::{Aim, Rectifiers};

/// The largest magnitude over the channels at each pixel.
pub(super) fn map(view: &View<'_>) -> Result<Attribution, ExplainError> {
    let aim = Aim { node: view.model.network().output, channel: view.question.class };
    let rectifiers = match view.question.method {
        Method::Guided => Rectifiers::Guided,
        _ => Rectifiers::Plain,
    };
    let image = view.batch(view.input.data.clone());
    let traced = view.model.trace(image, &[0], aim, rectifiers);
    let score = read(traced.score)?.first().copied().unwrap_or_default();
    let mut values = Vec::new();
    for (_, gradient) in traced.layers {
        let (gradients, [_, height, width]) = read_value(gradient)?;
        values = largest_magnitudes(&gradients, height * width);
    }
    Ok(view.found(values, score))
}

fn largest_magnitudes(values: &[f32], area: usize) -> Vec<f32> {
    let mut largest = vec![0.0_f32; area];
    for plane in values.chunks_exact(area) {
        for (largest, value) in largest.iter_mut().zip(plane) {
            *largest = largest.max(value.abs());
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_channel_counts() {
        assert_eq!(largest_magnitudes(&[1.0, -2.0, -3.0, 0.5], 2), [3.0, 2.0]);
    }
}
